"""What a form asks is done one time, however often it is sent."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction

from bangfu.access.models import SentForm


def once(session: int, sent: str, at: datetime, act: Callable[[], Any]) -> tuple[Any, bool]:
    """Do what a form asks; `sent` is a digest of what was sent. Returns what came of it, and whether it had been done already.

    Noted in the act's own transaction: whoever sends the same while it is under way waits for it, and what is refused may be sent again. Of
    what was done already a row's number comes back, and nothing else.
    """
    with transaction.atomic():
        row, new = SentForm.objects.get_or_create(session_id=session, digest=sent, defaults={"at": at})
        if not new:
            return row.made, True
        value = act()
        if type(value) is int:
            SentForm.objects.filter(pk=row.pk).update(made=value)
        return value, False


def was_done(session: int, sent: str) -> bool:
    """Whether what a form asks was done already."""
    return SentForm.objects.filter(session_id=session, digest=sent).exists()

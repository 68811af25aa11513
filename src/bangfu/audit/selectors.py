"""Reads of the record."""

from datetime import datetime

from bangfu.audit.models import Waiting


def oldest_waiting() -> datetime | None:
    """When the oldest entry that is not yet in the chain was written; None where none waits."""
    return Waiting.objects.order_by("entry__at").values_list("entry__at", flat=True).first()

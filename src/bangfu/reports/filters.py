"""Filters that somebody keeps: whose they are nobody else's business. They say nothing of any household, and leave no entry in the record."""

from dataclasses import dataclass

from django.db import transaction

from bangfu.access.data import Actor, NotThere
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.reports.models import SavedFilter

MOST = 30


@dataclass(frozen=True, slots=True)
class Kept:
    id: int
    name: str
    asked: str


def kept_filters(actor: Actor) -> list[Kept]:
    """One's own, by name."""
    rows = SavedFilter.objects.seen_by(actor).order_by("name")
    return [Kept(row.pk, row.name, row.asked) for row in rows]


def keep_filter(actor: Actor, name: str, asked: str) -> int:
    """Keep what is asked under a name; under one that is there, in its place. Raises NotThere for who is nobody, DomainError for one too many."""
    if actor.account is None:
        raise NotThere
    with transaction.atomic():
        mine = SavedFilter.objects.seen_by(actor)
        if mine.exclude(name=name).count() >= MOST:
            raise DomainError(
                "TOO_MANY_FILTERS",
                Text(f"最多保存 {MOST} 个筛选。请先删去一个。", f"Keep {MOST} filters at most; let go of one first."),
            )
        row, _ = SavedFilter.objects.unscoped("one's own").update_or_create(
            account_id=actor.account, name=name, defaults={"asked": asked}
        )
        return row.pk


def forget_filter(actor: Actor, kept: int) -> None:
    """Raises NotThere."""
    gone, _ = SavedFilter.objects.seen_by(actor).filter(pk=kept).delete()
    if not gone:
        raise NotThere

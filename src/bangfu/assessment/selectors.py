"""Reads of the room: runs and what they changed. Households only as far as the actor sees them."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.paginator import Page, Paginator

from bangfu.access.data import Actor, NotThere
from bangfu.access.policy import may_open, require
from bangfu.assessment.data import Unfinished
from bangfu.assessment.models import Change, Run
from bangfu.assessment.services.runs import TRIES, failed_since_whole
from bangfu.assessment.services.storing import current_run
from bangfu.policies.in_force import in_force, number_in
from bangfu.registry.models import Touched

A_PAGE = 50
OF_SEEN = "of a household that the actor sees"


@dataclass(frozen=True, slots=True)
class ChangedRow:
    """A household whose verdicts changed, as the page of a run lists it."""

    household: int
    number: str
    at: datetime
    correction: bool
    causes: tuple[str, ...]


def runs(actor: Actor) -> list[Run]:
    """The last runs, the latest first. Raises Denied."""
    require(actor, "runs.see")
    return list(Run.objects.select_related("entry").order_by("-pk")[:A_PAGE])


def run_of(actor: Actor, run: int) -> Run:
    """Raises Denied, NotThere."""
    require(actor, "runs.see")
    found = Run.objects.select_related("entry").filter(pk=run).first()
    if found is None:
        raise NotThere
    return found


def last_run() -> Run | None:
    """The run whose verdicts stand: as of which day they are is no secret to whoever sees some."""
    return current_run()


def changed_by(actor: Actor, run: int, page: str | None) -> Page[Any]:
    """Households that the actor sees whose verdicts a run changed, its corrections included, the latest change first."""
    rows = Change.objects.seen_by(actor).filter(run=run).select_related("household").order_by("-pk")
    shown: Page[Any] = Paginator(rows, A_PAGE).get_page(page)
    shown.object_list = [
        ChangedRow(row.household_id, row.household.number, row.at, row.correction, tuple(row.causes.split(";")))
        for row in shown.object_list
    ]
    return shown


def causes_of(actor: Actor, run: int) -> list[tuple[str, int]]:
    """How many changes of a run, of households that the actor sees, had which causes."""
    counted = Counter(Change.objects.seen_by(actor).filter(run=run).values_list("causes", flat=True).iterator())
    return sorted(counted.items(), key=lambda each: -each[1])


def unfinished(actor: Actor) -> Unfinished | None:
    """What it means that runs failed since the last whole one; None where none did, or for who sees no runs."""
    failed = failed_since_whole() if may_open(actor, "runs.see") else 0
    if not failed:
        return None
    whole = current_run()
    published = in_force().number - (number_in(whole.book_version) if whole else 0)
    return Unfinished(failed, published, bool(published) and failed < TRIES, settings.NIGHT_HOUR is not None)


def stale_count(actor: Actor) -> int:
    """How many households that the actor sees have verdicts that are being made anew."""
    rows = Touched.objects.seen_by(actor).filter(assessed=False)
    return rows.values("household").distinct().count()

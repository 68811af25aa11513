"""Rectification periods (C2.2.1): set once, and measured at the end of each day from the steps that were taken by then.

Every step has its moment and nothing is ever changed, so that a day's figures can be worked out on any later day: what a server that was off
has missed is written when it is on again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce

from bangfu.access.data import Actor
from bangfu.access.policy import require
from bangfu.assessment.models import VERDICTS
from bangfu.audit.data import Act, By
from bangfu.audit.services import number_ahead, record
from bangfu.casework.kinds import zero_errors
from bangfu.casework.models import DayFigures, Rectification, Task, TaskStep
from bangfu.casework.states import QUESTIONS, UNSETTLED, State
from bangfu.kernel.clock import office_day, office_midnight
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.places.selectors import places_within

NAMELESS = "a period's figures name nobody; they are shown to those of its place"
LONGEST = timedelta(366)


@dataclass(frozen=True, slots=True)
class NewRectification:
    """A time to put the register of a place right: `starts` and `ends` are included, `baseline` is a day before."""

    place: int
    title: str
    baseline: date
    starts: date
    ends: date


def open_rectification(by: By, actor: Actor, new: NewRectification) -> int:
    """Returns the period. Raises Denied, DomainError for days out of order, too many, or a baseline yet to come."""
    if not 0 < len(new.title.strip()) <= 50:
        raise DomainError("TITLE_NEEDED", Text("请写明名称，50 字以内。", "Give it a name of at most 50 signs."))
    if not new.baseline < new.starts <= new.ends <= new.starts + LONGEST or new.baseline > actor.day:
        raise DomainError(
            "DAYS_OUT_OF_ORDER",
            Text(
                "基准日须早于开始日且不晚于今天，开始日不晚于结束日，整改期不超过一年。",
                "The baseline comes before the start and not after today, the end not before the start, a year later at most.",
            ),
        )
    with transaction.atomic():
        require(actor, "rectification.manage", new.place)
        number = number_ahead(Rectification)
        words = {"name": new.title.strip(), "since": str(new.starts), "until": str(new.ends)}
        made = Rectification.objects.create(
            pk=number,
            place_id=new.place,
            title=new.title.strip(),
            baseline=new.baseline,
            starts=new.starts,
            ends=new.ends,
            entry_id=record(by, Act("casework.open_rectification", f"rectification:{number}", new.place, words)),
        )
    write_days(by.at)
    return made.pk


def write_days(at: datetime) -> int:
    """Write the figures of all days that are over and have none: of each period the baseline, and from its start until its end. Returns how many."""
    today, made = office_day(at), 0
    for period in Rectification.objects.unscoped(NAMELESS).order_by("pk"):
        there = set(DayFigures.objects.unscoped(NAMELESS).filter(of=period).values_list("day", flat=True))
        last = min(period.ends, today - timedelta(1))
        days = [period.starts + timedelta(n) for n in range((last - period.starts).days + 1)]
        missing = [day for day in (period.baseline, *days) if day < today and day not in there]
        rows = [DayFigures(of=period, day=day, **figures_at(period.place_id, day)) for day in missing]
        # Somebody else may just have written the same.
        made += len(DayFigures.objects.bulk_create(rows, ignore_conflicts=True))
    return made


def figures_at(place: int, day: date) -> dict[str, int]:
    """How a place stood at the end of a day. Where households live is as of now. Five queries."""
    end = office_midnight(day + timedelta(1))
    within = places_within([place])
    then = TaskStep.objects.unscoped(NAMELESS).filter(task=OuterRef("pk"), at__lt=end).order_by("-pk")
    found = Task.objects.unscoped(NAMELESS).filter(found_at__lt=end, place__in=within)
    tasks = found.annotate(then=Coalesce(Subquery(then.values("state")[:1]), Value(State.OPEN.value)))
    figures: dict[str, int] = {}
    for name, zero in zero_errors().items():
        against = tasks.filter(Q(kind__in=zero.kinds) | Q(kind="finding", about__in=zero.checks))
        counted: Mapping[str, int] = against.aggregate(
            asked=Count("pk", filter=Q(then__in=QUESTIONS)), wrong=Count("pk", filter=Q(then=State.ERROR))
        )
        figures |= {f"{name}_questions": counted["asked"], f"{name}_errors": counted["wrong"]}
    stood = (
        VERDICTS["assessment"]
        .objects.unscoped(NAMELESS)
        .filter(Q(until=None) | Q(until__at__gte=end), since__at__lt=end, household__place__in=within)
    )
    inexact = tasks.filter(Q(then=State.ERROR) | Q(severity="error", then__in=UNSETTLED))
    figures["households"] = stood.values("household").distinct().count()
    # Not as those that are not among all inexact ones: more than PostgreSQL can hash, they would be gone through for each household.
    exact = stood.filter(~Exists(inexact.filter(household=OuterRef("household"))))
    figures["exact"] = exact.values("household").distinct().count()
    return figures

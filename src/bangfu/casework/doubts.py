"""What the verdicts that stand ask for, beside the tasks that there are: queries alone, through which a sweep looks and from which it writes."""

from collections.abc import Collection, Iterator
from typing import Any

from django.db.models import BigIntegerField, Case, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Cast, Coalesce, Greatest

from bangfu.assessment.models import VERDICTS, Run
from bangfu.casework.kinds import Kind, kinds
from bangfu.casework.models import Task
from bangfu.registry.models import Listed

ALL = "tasks follow the verdicts of every household; each is shown to those within whose scope it lies"
_TABLES = {"finding": "finding", "policy": "entitlement", "household": "assessment"}
_ABOUT = {"finding": "check_id", "policy": "policy_id"}
# PostgreSQL takes a NULL that nobody gave a type for a text.
NOTHING = Cast(Value(None), BigIntegerField())


def differing(run: Run) -> "Iterator[QuerySet[Any, Any]]":
    """Of each kind, rows of households whose tasks are not those that their verdicts ask for: doubts without a task, and tasks that are to change."""
    for kind, severity in severities():
        yield unmade(kind, severity, year_of(kind, run), None)
    for kind in kinds().values():
        known = known_of(kind, run, None)
        yield from (vanished(kind, known), returned(kind, known), outdated(kind, known))


def severities() -> Iterator[tuple[Kind, str]]:
    """The kinds of tasks, with each severity that they have."""
    for kind in kinds().values():
        for severity in kind.days:
            yield kind, severity


def year_of(kind: Kind, run: Run) -> int:
    """The year to which tasks of a kind belong: 0, where one is the same from year to year."""
    return run.as_of.year if kind.yearly else 0


def _doubts(kind: Kind) -> "QuerySet[Any, Any]":
    """The rows that ask for a task, each with what it is `about` and `whom`."""
    if kind.source == "dossier":
        return Listed.objects.unscoped(ALL).filter(missing_papers__gt=0).alias(about=Value(""), whom=Value(0))
    rows = VERDICTS[_TABLES[kind.source]].objects.unscoped(ALL).filter(_stands(kind))
    if of_household(kind):
        return rows.alias(about=Value(""), whom=Value(0))
    return rows.alias(about=F(_ABOUT[kind.source]), whom=Coalesce(F("person_id"), 0))


def of_household(kind: Kind) -> bool:
    """That there is one task of it for a household, and none of a person."""
    return kind.together or kind.source == "household"


def _stands(kind: Kind) -> Q:
    asked = Q(until=None)
    for column, values in kind.where.items():
        known = [value for value in values if value is not None]
        asked &= Q((f"{column}__in", known)) if known else Q((column, None))
    return asked


def doubts_behind(kind: Kind) -> "QuerySet[Any, Any]":
    """Of the task that the query around is of: the doubts that still ask for it."""
    return _doubts(kind).filter(household=OuterRef("household"), about=OuterRef("about"), whom=OuterRef("whom"))


def unmade(kind: Kind, severity: str, year: int, households: Collection[int] | None) -> "QuerySet[Any, Any]":
    """The doubts of which there is no task."""
    rows = _doubts(kind)
    rows = rows if households is None else rows.filter(household__in=households)
    rows = rows.filter(severity=severity) if severity else rows
    there = Task.objects.unscoped(ALL).filter(
        kind=kind.name, year=year, household=OuterRef("household"), about=OuterRef("about"), whom=OuterRef("whom")
    )
    return rows.filter(~Exists(there))


def known_of(kind: Kind, run: Run, households: Collection[int] | None) -> "QuerySet[Task]":
    """The tasks of a kind that there are, of these households or (None) of all."""
    known = Task.objects.unscoped(ALL).filter(kind=kind.name, year=year_of(kind, run))
    return known if households is None else known.filter(household__in=households)


def vanished(kind: Kind, known: "QuerySet[Task]") -> "QuerySet[Task]":
    """Those that no doubt asks for any more."""
    return known.filter(~Exists(doubts_behind(kind)), stands=True)


def returned(kind: Kind, known: "QuerySet[Task]") -> "QuerySet[Task]":
    """Those that a doubt asks for again."""
    return known.filter(Exists(doubts_behind(kind)), stands=False)


def outdated(kind: Kind, known: "QuerySet[Task]") -> "QuerySet[Task]":
    """Those that another verdict asks for than the one to which they point."""
    asking = doubts_behind(kind)
    return known.filter(Exists(asking)).exclude(verdict=Subquery(asking.order_by("pk").values("pk")[:1]))


def amount_of(kind: Kind) -> Any:
    """How much surely did not come, or came without a reason found yet; None where the verdict does not say."""
    if not kind.money:
        return NOTHING
    short = F("due_low") - F("received")
    over = Case(When(due_high=None, then=F("received")), default=F("received") - F("due_high"))
    return Greatest(short if kind.name == "missing" else over, Value(0), output_field=BigIntegerField())

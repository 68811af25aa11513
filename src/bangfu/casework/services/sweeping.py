"""Tasks follow verdicts: what the last assessment doubts becomes a question, and a question that it no longer asks closes by itself.

A sweep lays all verdicts that stand, and the counts of what dossiers lack, beside all tasks (`casework/doubts.py`) and writes what differs,
so that it can be done at any time, again, and after anything that went wrong (docs/decisions/0020). After an edit the same is done of its
household alone. New tasks, which after a first run are very many, are written by the database from its own rows; those that change are few.

Whoever writes tasks holds the places first in which they lie, as whoever moves a household does; a sweep holds all. So it looks before that for
the households of which anything differs, while others work on, and where these are few it follows them alone.
"""

import logging
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.db.models import BigIntegerField, F, Min, OuterRef, QuerySet, Subquery

from bangfu.assessment.models import Change, Run
from bangfu.assessment.services.corrections import correct_after
from bangfu.assessment.services.storing import current_run
from bangfu.audit.data import Act, By
from bangfu.audit.services import record
from bangfu.casework.astray import astray, village_helpers
from bangfu.casework.doubts import (
    ALL,
    NOTHING,
    amount_of,
    differing,
    doubts_behind,
    known_of,
    of_household,
    outdated,
    returned,
    severities,
    unmade,
    vanished,
    year_of,
)
from bangfu.casework.kinds import Kind, kinds, office_days_after
from bangfu.casework.models import Sweep, Task, TaskStep
from bangfu.casework.services.placing import place_tasks
from bangfu.casework.services.tallying import hold_tasks, tally, tally_all
from bangfu.casework.states import MOVES, UNSETTLED, Proof, State, What
from bangfu.kernel.clock import office_day
from bangfu.places.holding import hold
from bangfu.registry.bulk import chunked
from bangfu.registry.missing_papers import count_missing_papers_of_all

# PostgreSQL's lock: one sweep at a time. SQLite's transactions exclude each other.
SWEEP_LOCK = 20114_62027
# Households more than which are followed by laying everything beside each other once more.
MANY = 500
_COLUMNS = ("household_id", "person_id", "about", "whom", "place_id", "verdict", "amount", "post_id")
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Swept:
    """How many tasks were made, closed by themselves, asked again, asked by another verdict than before, and let go of by a post."""

    made: int = 0
    closed: int = 0
    returned: int = 0
    renewed: int = 0
    released: int = 0


def is_behind() -> bool:
    """Whether any verdict changed, or a run was made, since the last sweep. Three queries."""
    last, run = _last_change(), current_run()
    return last is not None and run is not None and (last, run.pk) != _last_swept()


def sweep(by: By) -> Swept:
    """Let tasks be those that the verdicts which stand ask for. One transaction; where they lie is looked at once more after it.

    The first one after a run counts before that what every dossier lacks, in transactions of its own: a day has passed.
    """
    run, change = current_run(), _last_change()
    if run is None or change is None:
        return Swept()
    anew = run.pk != _last_swept()[1]
    if anew:
        count_missing_papers_of_all(office_day(by.at))
    households = _households_behind(run, office_day(by.at))
    with transaction.atomic():
        _alone()
        hold()
        swept = _follow(by, run, households)
        if anew or households is None:
            tally_all()
        else:
            _tally(households)
        Sweep.objects.create(
            at=by.at, change=change, run=run.pk, made=swept.made, closed=swept.closed, returned=swept.returned
        )
    place_tasks()
    return swept


def correct_and_follow(by: By, household: int) -> None:
    """Judge a household anew after an edit, and let its tasks follow. Never raises, as `correct_after`; a sweep does what was not done."""
    correct_after(household, by.at)
    follow_after(by, household)


def follow_after(by: By, *households: int) -> None:
    """Let the tasks of households follow an act by which no verdict changed. Never raises, either."""
    try:
        follow(by, *households)
    except Exception:  # the act is done, whatever becomes of this
        _logger.exception("tasks could not follow the verdicts of their households; the next sweep sees to it")


def follow(by: By, *households: int) -> Swept:
    """Sweep one household or some, as `sweep` does all."""
    run = current_run()
    if run is None:
        return Swept()
    with transaction.atomic():
        hold_tasks(households)
        swept = _follow(By("system:casework", by.at, by.ring), run, households)
        if swept != Swept():
            _tally(households)
    place_tasks(households)
    return swept


def _households_behind(run: Run, day: date) -> list[int] | None:
    """Those whose tasks are not the ones that their verdicts ask for, or are of a post that answers for them no more; None: more than MANY."""
    found: set[int] = set(astray(day, None).values())
    for rows in differing(run):
        # Not the first of them alone: databases would look for these one by one, and through everything where there are none.
        found.update(rows.order_by().values_list("household_id", flat=True).distinct())
        if len(found) > MANY:
            return None
    return sorted(found)


def _follow(by: By, run: Run, households: Collection[int] | None) -> Swept:
    """Of these households, or (None) of all. The places in which their tasks lie are held."""
    if households is not None and not households:
        return Swept()
    day = office_day(by.at)
    made = sum(_make(by, kind, severity, year_of(kind, run), day, households) for kind, severity in severities())
    renewed = 0
    closing: list[int] = []
    returning: list[int] = []
    for kind in kinds().values():
        known = known_of(kind, run, households)
        closing += vanished(kind, known).values_list("pk", flat=True)
        returning += returned(kind, known).values_list("pk", flat=True)
        renewed += _renew(kind, known)
    _move(by, What.VANISH, closing, day)
    _move(by, What.RETURN, returning, day)
    released = _release(by, list(astray(day, households)), day)
    return Swept(made, len(closing), len(returning), renewed, released)


def _tally(households: Collection[int]) -> None:
    """Count the tasks anew of the places in which those of these households lie."""
    mine = Task.objects.unscoped(ALL).filter(household__in=households)
    tally(set(mine.values_list("place", flat=True)))


def _make(by: By, kind: Kind, severity: str, year: int, day: date, households: Collection[int] | None) -> int:
    """Write the tasks that are not there, each given to the household's helper of its village, who is asked first."""
    person = NOTHING if of_household(kind) else F("person_id")
    helping = village_helpers(day).filter(household=OuterRef("household"))
    found = (
        unmade(kind, severity, year, households)
        .order_by()
        .values(
            a_household=F("household_id"),
            a_person=person,
            an_about=F("about"),
            a_whom=F("whom"),
            a_place=F("household__place_id"),
        )
        # A check may find the same of several rows of a person: that is one thing to look into.
        .annotate(a_verdict=Min("pk"), an_amount=Min(amount_of(kind)))
        .annotate(
            a_post=Subquery(helping.order_by("held_from", "pk").values("seat")[:1], output_field=BigIntegerField())
        )
    )
    named = ("a_household", "a_person", "an_about", "a_whom", "a_place", "a_verdict", "an_amount", "a_post")
    said, given = found.query.sql_with_params()
    constant: Mapping[str, Any] = {
        "kind": kind.name,
        "year": year,
        "severity": severity,
        "found_at": connection.ops.adapt_datetimefield_value(by.at),
        "stands": True,
        "state": State.OPEN.value,
        "unsettled": True,
        "due_on": connection.ops.adapt_datefield_value(office_days_after(day, kind.days[severity])),
    }
    columns = ", ".join((*_COLUMNS, *constant))
    shown = ", ".join((*(f"d.{name}" for name in named), *("%s" for _ in constant)))
    with connection.cursor() as cursor:
        # Somebody else may just have made the same: whose it is does not matter.
        cursor.execute(
            f"INSERT INTO {Task._meta.db_table} ({columns}) SELECT {shown} FROM ({said}) d WHERE true ON CONFLICT DO NOTHING",
            [*constant.values(), *given],
        )
        return int(cursor.rowcount)


def _renew(kind: Kind, known: "QuerySet[Task]") -> int:
    """Let tasks point to the verdict that now asks for them, and bear its amount. Returns how many."""
    first = doubts_behind(kind).order_by("pk")
    tasks = list(outdated(kind, known).values_list("pk", flat=True))
    for some in chunked(tasks):
        Task.objects.unscoped(ALL).filter(pk__in=some).update(
            verdict=Subquery(first.values("pk")[:1], output_field=BigIntegerField()),
            amount=Subquery(first.values(said=amount_of(kind))[:1], output_field=BigIntegerField()),
        )
    return len(tasks)


def _move(by: By, what: What, tasks: Sequence[int], day: date) -> None:
    """Take the assessment's own step with these tasks, one entry of the record for all. What was settled stays as it is when a doubt goes."""
    if not tasks:
        return
    asked = what == What.RETURN
    entry = record(by, Act(f"casework.{what.value}", words={"tasks": len(tasks)}))
    for some in chunked(tasks):
        rows = list(Task.objects.unscoped(ALL).select_for_update().filter(pk__in=some).order_by("pk"))
        steps = [_step(by, entry, what, row, day) for row in rows if row.state in MOVES[what]]
        for row in rows:
            row.stands = asked
        _write(rows, "state", "unsettled", "stands", "due_on")
        TaskStep.objects.bulk_create(steps)


def _write(tasks: Sequence[Task], *columns: str) -> None:
    """Write columns of tasks, in a statement for all that are to have the same: Django's own, with a case for each row, took most of a sweep's time."""
    alike: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for task in tasks:
        alike[tuple(getattr(task, column) for column in columns)].append(task.pk)
    for values, theirs in alike.items():
        said = dict(zip(columns, values, strict=True))
        Task.objects.unscoped(ALL).filter(pk__in=theirs).update(**said)


def _step(by: By, entry: int, what: What, task: Task, day: date) -> TaskStep:
    task.state = MOVES[what][task.state]
    task.unsettled = task.state in UNSETTLED
    proof = ""
    kind = kinds()[task.kind]
    if what == What.VANISH:
        proof = (Proof.DOSSIER if kind.source == "dossier" else Proof.VERDICT).value
    else:
        task.due_on = office_days_after(day, kind.days[task.severity])
    return _taken(by, entry, what, task, proof)


def _taken(by: By, entry: int, what: What, task: Task, proof: str = "") -> TaskStep:
    """The step by which a task has become what it is."""
    return TaskStep(
        task=task,
        at=by.at,
        entry_id=entry,
        what=what,
        state=task.state,
        post_id=task.post_id,
        due_on=task.due_on,
        verdict=task.verdict,
        proof=proof,
    )


def _release(by: By, tasks: Sequence[int], day: date) -> int:
    """Give these to their household's helper of its village, or where there is none to nobody. Returns how many."""
    if not tasks:
        return 0
    entry = record(by, Act("casework.assign", words={"tasks": len(tasks)}))
    for some in chunked(tasks):
        rows = list(Task.objects.unscoped(ALL).select_for_update().filter(pk__in=some).order_by("pk"))
        helpers = village_helpers(day).filter(household__in={row.household_id for row in rows})
        # The first of several comes last.
        posts = dict(helpers.order_by("-held_from", "-pk").values_list("household", "seat"))
        for row in rows:
            row.post_id = posts.get(row.household_id)
        _write(rows, "post_id")
        TaskStep.objects.bulk_create([_taken(by, entry, What.ASSIGN, row) for row in rows])
    return len(tasks)


def _last_change() -> int | None:
    return Change.objects.unscoped(ALL).order_by("-pk").values_list("pk", flat=True).first()


def _last_swept() -> tuple[int | None, int | None]:
    """Up to which change, and after which run."""
    return Sweep.objects.order_by("-pk").values_list("change", "run").first() or (None, None)


def _alone() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SWEEP_LOCK])

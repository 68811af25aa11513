"""Corrections: after an edit its household is judged again as of the current run's day, and only what differs is written.

The edit itself left a row of `Touched` in its own transaction. Until a correction or a run has taken it up, the household's verdicts are
known to be stale; so an edit never fails because of an assessment, and nothing is stale unseen.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.db import transaction

from bangfu.assessment.models import VERDICTS, Change, Run
from bangfu.assessment.services.counting import counted
from bangfu.assessment.services.locking import together
from bangfu.assessment.services.storing import RUNS, columns_of, current_run, forget_erased, keys_of
from bangfu.assessment.services.tallying import tally
from bangfu.engine.request import book_of
from bangfu.kernel.clock import office_day
from bangfu.kernel.days import day_from_date
from bangfu.policies.in_force import InForce, in_force
from bangfu.registry.homes import home_of
from bangfu.registry.missing_papers import count_missing_papers
from bangfu.registry.models import Erasure, Household, Person, Touched
from bangfu.rulebook.evaluate import Home
from bangfu.rulebook.judge import Judge
from bangfu.rulebook.resolve import places_of, resolve

# Households that one request judges; of an act that touched more, the rest waits for whoever sweeps.
MOST_AT_ONCE = 5
_logger = logging.getLogger(__name__)
Rows = dict[str, list[dict[str, Any]]]


def correct_after(household: int, at: datetime) -> None:
    """Judge a household anew, and a few others that the same acts touched. Never raises: what fails is logged, and stays stale."""
    stale = Touched.objects.unscoped(RUNS).filter(assessed=False)
    acts = stale.filter(household=household).values("act")
    others = (
        stale.filter(act__in=acts).exclude(household=household).order_by("pk").values_list("household_id", flat=True)
    )
    for each in [household, *dict.fromkeys(others[:MOST_AT_ONCE])][:MOST_AT_ONCE]:
        _try_to_correct(each, at)


def sweep_stale(at: datetime, most: int) -> int:
    """Judge households anew that stayed stale, some of them. Returns how many are no longer. Never raises, as `correct_after`."""
    stale = Touched.objects.unscoped(RUNS).filter(assessed=False).order_by("pk").values_list("household_id", flat=True)
    return sum(_try_to_correct(household, at) for household in dict.fromkeys(stale[:most]))


def _try_to_correct(household: int, at: datetime) -> bool:
    try:
        return correct(household, at)
    except Exception:  # the edit is done, whatever becomes of this
        _logger.exception("a household could not be assessed again; it stays stale")
        return False


def correct(household: int, at: datetime) -> bool:
    """Judge a household anew and let what comes of it stand, as a correction of the current run. One transaction.

    What its dossier lacks is counted anew with it: of the day, which is that of the run unless no run was made in the night.
    Returns whether its verdicts are no longer stale: not where there is no run to correct, its rules are not ours, or one is being stored.
    """
    with transaction.atomic():
        if not together():
            return False
        of = Household.objects.unscoped(RUNS).select_for_update(no_key=True).get(pk=household)
        run, ruled = current_run(), in_force()
        # What was published since counts from the next run on: no household is judged by another book than its neighbours.
        if run is None or run.book != ruled.digest:
            return False
        touched = Touched.objects.unscoped(RUNS).filter(household=household, assessed=False)
        acts = dict(touched.values_list("pk", "act_id"))
        if not acts:
            return True
        home = home_of(household, run.as_of)
        found = judged(home, run.as_of, ruled) if home else {table: [] for table in VERDICTS}
        with counted(of):
            _replace(household, run, at, max(acts.values()), found)
        day = office_day(at)
        count_missing_papers(household, day, home if day == run.as_of else home_of(household, day))
        touched.filter(pk__in=acts).update(assessed=True)
        if Erasure.objects.filter(household=household).exists():
            forget_erased()
        return True


def judged(home: Home, day: date, ruled: InForce) -> Rows:
    """The rows of each table of verdicts for a household, persons by number: those that a run keeps."""
    made = judge_of(day, str(home.facts["village_code"]), ruled).judge(home)
    return {
        "assessment": [made.assessment],
        "entitlement": made.entitlement(relevant=True),
        "finding": made.findings,
    }


def judge_of(day: date, village: str, ruled: InForce, lang: Any = "zh") -> Judge:
    return _judge(day, places_of(ruled.book, village), ruled.layers, lang)


@lru_cache(maxsize=16)
def _judge(day: date, places: tuple[str, ...], layers: tuple[Path, ...], lang: Any) -> Judge:
    """A book in force, compiled once: layers of other bytes lie elsewhere."""
    return Judge(resolve(book_of(layers), as_of=day_from_date(day), income_year=None, places=places, settings={}), lang)


def _replace(household: int, run: Run, at: datetime, act: int, found: Rows) -> None:
    """End the verdicts that no longer hold, and make those that do."""
    persons = _persons(found)
    change: Change | None = None
    for table, model in VERDICTS.items():
        names = (*keys_of(table), *columns_of(table))
        stands = list(model.objects.unscoped(RUNS).filter(household=household, until=None))
        before = [(tuple(getattr(row, _attribute(name)) for name in names), row.pk) for row in stands]
        after = [_values(names, household, persons, row) for row in found[table]]
        gone, new = _differing(before, after)
        if not gone and not new:
            continue
        if change is None:
            causes = "facts" if _had_any(household) else "first"
            change = Change.objects.create(
                run=run, household_id=household, at=at, correction=True, causes=causes, act_id=act
            )
        model.objects.unscoped(RUNS).filter(pk__in=gone).update(until=change)
        model.objects.bulk_create(
            [
                model(since=change, **{_attribute(name): value for name, value in zip(names, values, strict=True)})
                for values in new
            ]
        )
    if change is not None:
        tally([household])


def _had_any(household: int) -> bool:
    # Asked apart, since each is answered by an index of its own.
    mine = VERDICTS["assessment"].objects.unscoped(RUNS).filter(household=household)
    return mine.filter(until=None).exists() or mine.filter(until__isnull=False).exists()


def _persons(found: Rows) -> dict[str, int]:
    numbers = {row["person_id"] for rows in found.values() for row in rows if row.get("person_id")}
    return dict(Person.objects.unscoped(RUNS).filter(number__in=numbers).values_list("number", "pk"))


def _attribute(name: str) -> str:
    return f"{name}_id" if name in ("household", "person") else name


def _values(names: Iterable[str], household: int, persons: dict[str, int], row: dict[str, Any]) -> tuple[Any, ...]:
    ids = {"household": household, "person": persons.get(row.get("person_id") or "")}
    # As the result files have them: no reasons are none.
    return tuple(ids[name] if name in ids else (row[name] if row[name] != "" else None) for name in names)


def _differing(
    before: Sequence[tuple[tuple[Any, ...], int]], after: Sequence[tuple[Any, ...]]
) -> tuple[list[int], list[tuple[Any, ...]]]:
    """The ids of rows that are no longer there, and the rows that were not; equal ones are paired off."""
    wanted = Counter(after)
    gone = []
    for values, row in before:
        if wanted[values]:
            wanted[values] -= 1
        else:
            gone.append(row)
    return gone, list(wanted.elements())


def stale_households() -> int:
    """How many households have verdicts that are not made anew yet."""
    return Touched.objects.unscoped(RUNS).filter(assessed=False).values("household").distinct().count()

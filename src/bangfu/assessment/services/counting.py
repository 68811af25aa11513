"""How many households of each village are what to each policy, kept beside the verdicts: a district is counted by some thousand rows, not millions.

Whatever changes verdicts, or where their households live, keeps these rows in its own transaction, so that the two never differ: a correction adds
what it changed of its household, a move counts both villages anew, a run all of them.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from bangfu.assessment.by_policy import WHICH
from bangfu.assessment.models import PolicyTally, PolicyVerdict
from bangfu.places.holding import hold
from bangfu.places.models import Place
from bangfu.registry.bulk import chunked
from bangfu.registry.listed import Move
from bangfu.registry.models import Household

COUNTED = "households of a village are counted for whoever may see all of them"
# Of the verdicts of a household about a policy, summed up for a village; as both databases and DuckDB take it.
_SUMS = {
    **{name: f"max(CASE WHEN {which.sql} THEN 1 ELSE 0 END)" for name, which in WHICH.items()},
    "yearly": f"coalesce(sum(CASE WHEN {WHICH['due'].sql} THEN annual_amount END), 0)",
}
# What they ask of a verdict.
ASKED = {
    "household": "BIGINT",
    **dict.fromkeys(("policy_id", "verdict", "reconciliation"), "VARCHAR"),
    **dict.fromkeys(("received", "annual_amount"), "BIGINT"),
}
COLUMNS = ("place_id", "policy_id", *_SUMS)


@contextmanager
def counted(household: Household) -> Iterator[None]:
    """Count what changes within of the verdicts of a household that nobody else changes or moves. Two queries, and two more where anything does."""
    before = _told(household)
    yield
    after = _told(household)
    nothing = (0,) * len(_SUMS)
    changes = {
        policy: [now - was for now, was in zip(after.get(policy, nothing), before.get(policy, nothing), strict=True)]
        for policy in before.keys() | after.keys()
    }
    rows = [(household.place_id, policy, *change) for policy, change in sorted(changes.items()) if any(change)]
    if rows and household.place_id is not None:
        hold([household.place_id])
        _add(rows)


def count(places: Iterable[int | None]) -> None:
    """Count the verdicts of these places (None: of no place) anew. Four queries."""
    some = sorted({place for place in places if place is not None})
    hold(some)
    PolicyTally.objects.unscoped(COUNTED).filter(place__in=some).delete()
    _insert(summed(*_of(f"place_id IN ({_listed(some)})")))


@transaction.atomic
def count_uncounted() -> None:
    """Where verdicts stand and no place was counted yet: after a migration."""
    stands = PolicyVerdict.objects.unscoped(COUNTED).filter(until=None)
    if not PolicyTally.objects.unscoped(COUNTED).exists() and stands.exists():
        for some in chunked(list(Place.objects.order_by("pk").values_list("pk", flat=True))):
            count(some)


def moved(moves: Sequence[Move]) -> None:
    """Within the transaction that moves households."""
    count({place for move in moves for place in (move.was, move.lives)})


def _told(household: Household) -> dict[str, tuple[int, ...]]:
    """What the verdicts of one household add to its village, by policy."""
    with connection.cursor() as cursor:
        cursor.execute(summed(*_of(f"id = {household.pk}")))
        return {policy: tuple(map(int, sums)) for _, policy, *sums in cursor.fetchall()}


def _add(rows: Sequence[Sequence[Any]]) -> None:
    """Add to what is kept: (place, policy, what is more of each)."""
    table = PolicyTally._meta.db_table
    values = ", ".join(f"({', '.join(['%s'] * len(COLUMNS))})" for _ in rows)
    more = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in _SUMS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(COLUMNS)}) VALUES {values} ON CONFLICT (place_id, policy_id) DO UPDATE SET {more}",
            [value for row in rows for value in row],
        )


def _insert(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {PolicyTally._meta.db_table} ({', '.join(COLUMNS)}) {sql}")


def each_of(stands: str) -> str:
    """A query for what each household is to each policy, out of one for verdicts."""
    each = ", ".join(f"{sql} AS {name}" for name, sql in _SUMS.items())
    return f"SELECT household, policy_id, {each} FROM ({stands}) s GROUP BY household, policy_id"


def summed(lives: str, each: str) -> str:
    """A query for the rows of villages, out of one for where households live (household, place) and one of `each_of`."""
    every = ", ".join(f"sum({name})" for name in _SUMS)
    return f"""
        SELECT place, policy_id, {every} FROM ({each}) e JOIN ({lives}) l ON l.household = e.household
        GROUP BY place, policy_id
    """


def _of(some: str) -> tuple[str, str]:
    """Where some households live, and what they are to the policies about which verdicts of theirs stand."""
    lives = f"SELECT id AS household, place_id AS place FROM {Household._meta.db_table} WHERE {some}"
    named = ", ".join(name for name in ASKED if name != "household")
    stands = f"""
        SELECT household_id AS household, {named} FROM {PolicyVerdict._meta.db_table}
        WHERE until_id IS NULL AND household_id IN (SELECT id FROM {Household._meta.db_table} WHERE {some})
    """
    return lives, each_of(stands)


def _listed(ids: Iterable[int]) -> str:
    return ", ".join(map(str, ids)) or "NULL"

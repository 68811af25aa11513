"""Households as lists find and count them, kept beside what they are derived from.

Over 300,000 households no list could be filtered, counted and summed while somebody waits, were it to read versions and verdicts. So a
household has one narrow row (`Listed`), and the parts by which its members' names are found (`NamePart`). Both are made anew, and never
by hand, in the transaction of whatever changed: here for what is recorded, by the room assessment for what is judged.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from bangfu.places.holding import hold
from bangfu.registry.bulk import chunked, insert_rows
from bangfu.registry.facts import groups
from bangfu.registry.models import VERSIONS, Household, Listed, NamePart, Touched
from bangfu.registry.spelling import parts_of

DERIVED = "derived rows of whatever households changed; each is shown by its own rule"
# The groups of which lists show something.
SHOWN = frozenset({"residence", "registration", "membership", "identity"})


@dataclass(frozen=True, slots=True)
class Move:
    """That a household lives elsewhere than lists said; None: they showed it nowhere, or it lives nowhere."""

    household: int
    was: int | None
    lives: int | None


# What rooms above let follow, within the transaction in which households move; the places concerned are held.
FOLLOWING: list[Callable[[Sequence[Move]], None]] = []
_RECORDED = ("number", "place_id", "head", "members", "status", "category", "cause")


def relist_after(group: str, things: Any) -> None:
    """Make the rows anew of the households whose facts of a group changed; of persons, of every household that they ever belonged to."""
    if group not in SHOWN:
        return
    if groups()[group].of == "person":
        belonged: Any = VERSIONS["membership"].objects.unscoped(DERIVED).filter(thing__in=things)
        things = belonged.values_list("household_id", flat=True).distinct()
    elif isinstance(things, QuerySet):
        things = things.values_list("thing_id", flat=True).distinct()
    relist(things)


@transaction.atomic
def relist(households: Iterable[int]) -> None:
    """Make the rows of these households anew, from what is current; then, with all places held at once, let what follows of their moves follow.

    A run too writes these rows first and holds places then, and a sweep of tasks holds them all, in their order: nobody who has some waits for others.
    """
    every = list(chunked(sorted(set(households))))
    moving = [move for some in every for move in _moving(some)]
    for some in every:
        listed = ", ".join(str(int(each)) for each in some)
        with connection.cursor() as cursor:
            cursor.execute(_upsert(listed))
        _rename(some)
    if moving:
        hold({place for move in moving for place in (move.was, move.lives) if place is not None})
    for some_moving in chunked(moving):
        for follow in FOLLOWING:
            follow(some_moving)


def relist_touched(act: int) -> None:
    """The same of every household that an act touched."""
    relist(Touched.objects.unscoped(DERIVED).filter(act=act).values_list("household_id", flat=True))


def list_unlisted() -> None:
    """Make the rows that are not there: of registers from before there were such rows."""
    # Not as what is not among all of them: beyond what PostgreSQL can hash, it would go through them once for each household.
    listed = Exists(Listed.objects.unscoped(DERIVED).filter(household=OuterRef("pk")))
    relist(Household.objects.unscoped(DERIVED).filter(~listed).values_list("pk", flat=True))


def begins(column: str, text: str) -> Q:
    """That a text begins so, in a way in which the database uses its index: SQLite's LIKE uses none, and PostgreSQL's order is that of a language."""
    if connection.vendor == "postgresql":
        return Q((f"{column}__startswith", text))
    return Q((f"{column}__gte", text), (f"{column}__lt", f"{text}\U0010ffff"))


def _moving(households: Collection[int]) -> list[Move]:
    """Of those that live elsewhere than their rows still say."""
    rows = Listed.objects.unscoped(DERIVED).filter(pk__in=households)
    said = rows.values_list("pk", "place_id", "household__place_id")
    return [Move(*each) for each in said if each[1] != each[2]]


def _upsert(listed: str) -> str:
    residence, registration, membership, identity = (
        VERSIONS[name]._meta.db_table for name in ("residence", "registration", "membership", "identity")
    )
    return f"""
        INSERT INTO {Listed._meta.db_table} (household_id, {", ".join(_RECORDED)})
        SELECT h.id, h.number, CASE WHEN r.dissolved THEN NULL ELSE h.place_id END,
            coalesce(m.head, ''), coalesce(m.members, 0),
            coalesce(g.status, ''), coalesce(g.category, ''), coalesce(g.main_cause, '')
        FROM {Household._meta.db_table} h
        LEFT JOIN {residence} r ON r.thing_id = h.id AND r.is_current
        LEFT JOIN {registration} g ON g.thing_id = h.id AND g.is_current
        LEFT JOIN (
            SELECT b.household_id, count(CASE WHEN i.died_on IS NULL THEN 1 END) AS members,
                coalesce(
                    max(CASE WHEN b.relation = 'head' AND i.died_on IS NULL THEN coalesce(i.name, '') END),
                    max(CASE WHEN b.relation = 'head' THEN i.name END)
                ) AS head
            FROM {membership} b LEFT JOIN {identity} i ON i.thing_id = b.thing_id AND i.is_current
            WHERE b.household_id IN ({listed}) AND b.is_current AND b.left_on IS NULL GROUP BY b.household_id
        ) m ON m.household_id = h.id
        WHERE h.id IN ({listed})
        ON CONFLICT (household_id) DO UPDATE SET {", ".join(f"{each} = excluded.{each}" for each in _RECORDED)}
    """


def _rename(households: Any) -> None:
    """Whoever belongs to them is found by their name, also those who died or left."""
    NamePart.objects.unscoped(DERIVED).filter(household__in=households).delete()
    named: Any = VERSIONS["identity"].objects.unscoped(DERIVED).filter(is_current=True, name__isnull=False)
    found = named.filter(thing__household__in=households).values_list("thing__household_id", "name")
    rows = {(household, part) for household, name in found for part in parts_of(name)}
    insert_rows(NamePart._meta.db_table, ("household_id", "part"), sorted(rows))

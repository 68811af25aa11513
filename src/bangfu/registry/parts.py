"""A part of the register laid out in DuckDB: of households that somebody may see, all that is known as of a day, with names.

Of numbers of IDs only the ids of their sealed rows are laid out; whoever may show them opens them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import duckdb
from django.db.models import Exists, OuterRef

from bangfu.access.data import Actor
from bangfu.engine.register.staging import quoted
from bangfu.kernel.days import day_from_date
from bangfu.places.selectors import places_within, village_codes
from bangfu.registry.facts import Field, Group, groups, groups_of
from bangfu.registry.imports.state import duck_type, fill
from bangfu.registry.models import THINGS, VERSIONS, Household, LedgerLine, Person, Receipt
from bangfu.registry.versions import attribute

SEEN = "of households that the actor sees"
# Of each table of amounts: the model, what its amounts are of, and where the day of a payment lies.
LINES: Mapping[str, tuple[Any, str, str]] = {
    "ledger": (LedgerLine, "item", "receipt__paid_on"),
    "receipt": (Receipt, "policy", "paid_on"),
}


@dataclass(frozen=True, slots=True)
class Part:
    """Households as of a day: `households` is a query of their ids, `persons` of the ids of whoever belonged to them then."""

    day: date
    households: Any
    persons: Any

    def sizes(self) -> tuple[int, int]:
        """How many households and persons there are."""
        return self.households.count(), self.persons.count()


def part_of(actor: Actor, place: int, day: date, among: Any = None) -> Part:
    """The households that lived in a place on a day, of those that the actor sees now. One that was merged into another is none.

    `among`: a query of ids of households, of which alone.
    """
    lived = _held_on("residence", day).filter(place__in=places_within([place])).exclude(dissolved=True)
    seen = lived.filter(thing__in=Household.objects.seen_by(actor).values("pk"))
    households = (seen if among is None else seen.filter(thing__in=among)).values("thing")
    return Part(day, households, _held_on("membership", day).filter(household__in=households).values("thing"))


def lay_out(con: duckdb.DuckDBPyConnection, part: Part) -> None:
    """Make `i_household` and `i_person` (id, number), `i_village` (place, code), for each group of facts of a household, a person or a telephone
    `h_<group>` (thing, and its facts as they held), `l_ledger` and `l_receipt` (household, person, year, what, amount).

    `l_ledger` and `l_receipt` are of all years; a payment of a day counts from that day on. What was somebody's who belonged to another household
    on the day is the household's own, as a register states it. Days are integers, amounts fen, decimals ten-thousandths.
    """
    for name, model, ids in (("household", Household, part.households), ("person", Person, part.persons)):
        rows: Any = model.objects.unscoped(SEEN).filter(pk__in=ids)
        fill(con, f"i_{name}", {"id": "BIGINT", "number": "VARCHAR"}, rows.values_list("pk", "number").iterator())
    fill(con, "i_village", {"place": "BIGINT", "code": "VARCHAR"}, list(village_codes(part.day).items()))
    for group in groups_of("household"):
        _held(con, group, part.day, part.households)
    for group in groups_of("person"):
        _held(con, group, part.day, part.persons)
    phones: Any = THINGS["phone"]
    theirs = phones.objects.unscoped(SEEN).filter(household__in=part.households)
    fill(con, "i_phone", {"id": "BIGINT", "household": "BIGINT"}, theirs.values_list("pk", "household_id").iterator())
    _held(con, groups()["phone"], part.day, theirs.values("pk"))
    for name in LINES:
        _lines(con, name, part)


def _held_on(group: str, day: date) -> Any:
    """Of each thing, the version of a group that stands and holds on a day."""
    rows = VERSIONS[group].objects.unscoped(SEEN).filter(stands=True, valid_from__lte=day)
    return rows.filter(~Exists(rows.filter(thing=OuterRef("thing"), valid_from__gt=OuterRef("valid_from"))))


def _held(con: duckdb.DuckDBPyConnection, group: Group, day: date, things: Any) -> None:
    paths = [attribute(group.name, name) for name in group.fields]
    kinds = {"thing": "BIGINT", **{quoted(name): _kind(field) for name, field in group.fields.items()}}
    rows = _held_on(group.name, day).filter(thing__in=things).values_list("thing_id", *paths)
    fill(con, f"h_{group.name}", kinds, _plain(rows.iterator()))


def _kind(field: Field) -> str:
    return "BIGINT" if field.type in ("household", "place") else duck_type(field)


def _plain(rows: Iterator[Sequence[Any]]) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        yield tuple(_plain_value(value) for value in row)


def _plain_value(value: Any) -> Any:
    if isinstance(value, date):
        return day_from_date(value)
    return value.hex if isinstance(value, UUID) else value


def _lines(con: duckdb.DuckDBPyConnection, name: str, part: Part) -> None:
    model, what, paid_on = LINES[name]
    rows = model.objects.unscoped(SEEN).filter(stands=True, household__in=part.households)
    rows = rows.exclude(**{f"{paid_on}__gt": part.day})
    kinds = {"household": "BIGINT", "person": "BIGINT", "year": "INTEGER", "what": "VARCHAR", "amount": "BIGINT"}
    listed = rows.values_list("household_id", "person_id", "year", what, "amount")
    fill(con, f"l_{name}", kinds, listed.iterator())
    con.execute(f"""
        UPDATE l_{name} SET person = NULL
        WHERE person IS NOT NULL AND NOT EXISTS (SELECT 1 FROM h_membership m WHERE m.thing = person AND m.household = l_{name}.household)
    """)

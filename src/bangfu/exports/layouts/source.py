"""Of what a file is made: a part of the register as of a day, laid out in DuckDB."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import duckdb

from bangfu.privacy.keys import KeyRing
from bangfu.privacy.models import SealedNumber
from bangfu.privacy.services import open_number
from bangfu.registry.facts import Thing, groups_of

BATCH = 500
# The group of facts by which each thing lies where it does.
_BY: Mapping[Thing, str] = {"household": "residence", "person": "membership"}


@dataclass(frozen=True, slots=True)
class Source:
    """`ring`: where ID numbers are to stand in full; None where they are left out."""

    con: duckdb.DuckDBPyConnection
    day: date
    ring: KeyRing | None

    def rows(self, sql: str, number: int | None = None) -> Iterator[list[Any]]:
        """The rows of a query, some at a time; what stands at `number` is the id of a sealed number, and becomes the number, or nothing.

        Nothing else may be asked of the connection meanwhile.
        """
        result = self.con.execute(sql)
        while some := result.fetchmany(BATCH):
            opened = {} if number is None else self._numbers(row[number] for row in some)
            for row in some:
                values = list(row)
                if number is not None:
                    values[number] = opened.get(row[number])
                yield values

    def _numbers(self, ids: Iterable[str | None]) -> dict[str, str]:
        if self.ring is None:
            return {}
        found = SealedNumber.objects.in_bulk([UUID(each) for each in ids if each])
        return {pk.hex: open_number(self.ring, number) for pk, number in found.items()}


def joined(thing: Thing) -> str:
    """FROM, with all facts of households, or of persons (whose household is `o`); `i` is the thing and `v` the village."""
    facts = [f"LEFT JOIN h_{g.name} ON h_{g.name}.thing = i.id" for g in groups_of(thing) if g.name != _BY[thing]]
    household = "i" if thing == "household" else "o"
    member = "JOIN h_membership ON h_membership.thing = i.id JOIN i_household o ON o.id = h_membership.household"
    return f"""
        FROM i_{thing} i {member if thing == "person" else ""} JOIN h_residence ON h_residence.thing = {household}.id
        JOIN i_village v ON v.place = h_residence.place {" ".join(facts)}
    """

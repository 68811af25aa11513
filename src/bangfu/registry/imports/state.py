"""What the register holds of the households and persons of a file, laid beside the file in DuckDB.

Tables: `k_household` (number, id, place), `k_person` (number, id, household: its number now), for each group `s_<group>` (thing, version,
valid_from, is_current and the facts), `s_ledger` and `s_receipt` (id, household and person by number, year, item or policy, amount, theirs, fixed).
Days are integers as in kernel.days, sealed numbers their index, places their ids, households their numbers.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import islice
from typing import Any

import duckdb
import pyarrow as pa
from django.db.models import Case, Exists, F, OuterRef, Q, When

from bangfu.kernel.days import day_from_date
from bangfu.registry.bulk import chunked
from bangfu.registry.columns import WHOLE
from bangfu.registry.facts import Field, Group, groups_of
from bangfu.registry.models import VERSIONS, Household, LedgerLine, Person, Receipt

COMPARED = "an import is compared with whatever the register holds under the file's numbers"
ROWS = 10_000


def load_state(con: duckdb.DuckDBPyConnection) -> None:
    """Lay the register's rows beside `household` and `person` of the file."""
    households = _load_identities(con, "household", Household, F("place"))
    persons = _load_identities(con, "person", Person, F("household__number"))
    for groups, things in ((groups_of("household"), households), (groups_of("person"), persons)):
        for group in groups:
            _load_group(con, group, things)
    _load_lines(con, "ledger", LedgerLine, "item", households)
    _load_lines(con, "receipt", Receipt, "policy", households)


def duck_type(field: Field) -> str:
    """The type of a fact's column in DuckDB."""
    if field.type == "yes_no":
        return "BOOLEAN"
    if field.type == "date":
        return "INTEGER"
    return "BIGINT" if field.type in WHOLE or field.type == "place" else "VARCHAR"


def fill(con: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, str], rows: Iterable[Sequence[Any]]) -> None:
    """Make a table of rows, some at a time."""
    con.execute(f"CREATE OR REPLACE TABLE {table} ({', '.join(f'{name} {kind}' for name, kind in columns.items())})")
    kinds = {"BOOLEAN": pa.bool_(), "INTEGER": pa.int64(), "BIGINT": pa.int64(), "VARCHAR": pa.string()}
    listed = iter(rows)
    while some := list(islice(listed, ROWS)):
        arrays = [
            pa.array(column, kinds[kind])
            for column, kind in zip(zip(*some, strict=True), columns.values(), strict=True)
        ]
        con.register("some_rows", pa.table(arrays, names=list(columns)))
        try:
            con.execute(f"INSERT INTO {table} FROM some_rows")
        finally:
            con.unregister("some_rows")


def _load_identities(con: duckdb.DuckDBPyConnection, name: str, model: Any, about: F) -> list[int]:
    numbers = [number for (number,) in con.execute(f"SELECT {name}_id FROM {name}").fetchall()]
    kind = "BIGINT" if name == "household" else "VARCHAR"
    rows = [
        row
        for some in chunked(numbers)
        for row in model.objects.unscoped(COMPARED).filter(number__in=some).values_list("number", "pk", about)
    ]
    fill(con, f"k_{name}", {"number": "VARCHAR", "id": "BIGINT", "about": kind}, rows)
    return [row[1] for row in rows]


def _load_group(con: duckdb.DuckDBPyConnection, group: Group, things: Sequence[int]) -> None:
    columns = {"thing": "BIGINT", "version": "BIGINT", "valid_from": "INTEGER", "is_current": "BOOLEAN"}
    facts = {f'"{name}"': duck_type(field) for name, field in group.fields.items()}
    paths = [_path(field) for field in group.fields.values()]
    fill(con, f"s_{group.name}", {**columns, **facts}, _versions(group, things, paths))


def _versions(group: Group, things: Sequence[int], paths: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    rows = VERSIONS[group.name].objects.unscoped(COMPARED).filter(stands=True)
    for some in chunked(things):
        found = rows.filter(thing__in=some).values_list("thing_id", "pk", "valid_from", "is_current", *paths)
        for row in found:
            yield tuple(day_from_date(each) if isinstance(each, date) else each for each in row)


def _path(field: Field) -> str:
    """Where the compared value of a fact lies."""
    links = {"number": f"{field.name}__exact_index", "household": f"{field.name}__number", "place": f"{field.name}_id"}
    return links.get(field.type, field.name)


def _load_lines(con: duckdb.DuckDBPyConnection, name: str, model: Any, what: str, households: Sequence[int]) -> None:
    """`theirs`: whose it is belongs to the household. `fixed`: no import changes it (a line that a receipt booked, such a receipt, a payment of a day)."""
    booked = LedgerLine.objects.unscoped(COMPARED).filter(receipt=OuterRef("pk"), stands=True)
    fixed = Q(receipt__isnull=False) if name == "ledger" else Q(paid_on__isnull=False) | Q(Exists(booked))
    columns = {
        "id": "BIGINT",
        "household_id": "VARCHAR",
        "person_id": "VARCHAR",
        "year": "INTEGER",
        what: "VARCHAR",
        "amount": "BIGINT",
        "theirs": "BOOLEAN",
        "fixed": "BOOLEAN",
    }

    def rows() -> Iterator[tuple[Any, ...]]:
        for some in chunked(households):
            of_these = model.objects.unscoped(COMPARED).filter(stands=True, household__in=some)
            theirs = Case(When(Q(person=None) | Q(person__household=F("household")), then=True), default=False)
            paths = ("pk", "household__number", "person__number", "year", what, "amount", theirs)
            for condition, is_fixed in ((~fixed, False), (fixed, True)):
                for row in of_these.filter(condition).values_list(*paths):
                    yield (*row, is_fixed)

    fill(con, f"s_{name}", columns, rows())
    # As a register states it: what was somebody's who belongs to another household by now stays the household's own. A file that has them there
    # still, as one of an earlier day does, states theirs as theirs.
    con.execute(f"""
        UPDATE s_{name} SET person_id = NULL WHERE NOT theirs AND NOT EXISTS (
            SELECT 1 FROM person p JOIN household h USING (household_no)
            WHERE p.person_id = s_{name}.person_id AND h.household_id = s_{name}.household_id
        )
    """)

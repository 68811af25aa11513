"""Households one by one, out of the tables of a prepared register, for the evaluator."""

from collections.abc import Iterator, Mapping
from operator import itemgetter
from typing import Any

import duckdb

from bangfu.rulebook.evaluate import Home

Row = Mapping[str, Any]

_QUERIES = {
    "household": "SELECT * FROM household",
    "person": "SELECT household.household_id, person.* FROM person JOIN household USING (household_no)",
    **{
        table: f"SELECT household.household_id, person.person_id, {table}.* FROM {table} JOIN household USING (household_no) "
        "LEFT JOIN person USING (person_no)"
        for table in ("ledger", "receipt")
    },
}


def homes(con: duckdb.DuckDBPyConnection, household_id: str | None = None) -> Iterator[Home]:
    """Every household, or the one named, in order of number, with its persons, ledger and receipts."""
    tables = {name: _rows(con, query, household_id) for name, query in _QUERIES.items()}
    every = sorted(tables.pop("household"), key=itemgetter("household_no"))
    grouped: dict[str, dict[str, list[Row]]] = {name: {} for name in tables}
    for name, rows in tables.items():
        for row in rows:
            grouped[name].setdefault(row["household_id"], []).append(row)
    for facts in every:
        mine = facts["household_id"]
        yield Home.of(facts, *(grouped[name].get(mine, []) for name in ("person", "ledger", "receipt")))


def _rows(con: duckdb.DuckDBPyConnection, query: str, household_id: str | None) -> list[Row]:
    where = " WHERE household.household_id = $id" if household_id is not None else ""
    result = con.execute(query + where, {"id": household_id} if household_id is not None else None)
    names = [d[0] for d in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

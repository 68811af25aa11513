"""Households one by one, out of the typed tables of a register, for the evaluator."""

from collections.abc import Iterator, Mapping
from typing import Any

import duckdb

from bangfu.rulebook.evaluate import Home

Row = Mapping[str, Any]


def homes(con: duckdb.DuckDBPyConnection, household_id: str | None = None) -> Iterator[Home]:
    """Every household, or the one named, in order of number, with its persons, ledger and receipts."""
    tables = {name: _rows(con, name, household_id) for name in ("household", "person", "ledger", "receipt")}
    grouped: dict[str, dict[str, list[Row]]] = {name: {} for name in tables}
    for name, rows in tables.items():
        for row in rows:
            grouped[name].setdefault(row["household_id"], []).append(row)
    for number, (facts,) in sorted((h, rows) for h, rows in grouped["household"].items()):
        yield Home.of(facts, *(grouped[name].get(number, []) for name in ("person", "ledger", "receipt")))


def _rows(con: duckdb.DuckDBPyConnection, table: str, household_id: str | None) -> list[Row]:
    where = " WHERE household_id = $id" if household_id is not None else ""
    result = con.execute(f"SELECT * FROM {table}{where}", {"id": household_id} if household_id is not None else None)
    names = [d[0] for d in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

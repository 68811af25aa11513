"""Few households judged one by one, by the evaluator: planning the statements for all at once would take longer (docs/decisions/0024)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb
import pyarrow as pa

from bangfu.engine.homes import homes
from bangfu.engine.request import Wanted
from bangfu.kernel.schema import ResultTable, Table, schema
from bangfu.rulebook.judge import HouseholdJudgement, Judge

FEW = 1_000  # households that are judged so
_ARROW = {"money": pa.int64(), "count": pa.int64(), "yes_no": pa.bool_()}


@contextmanager
def judged_one_by_one(
    con: duckdb.DuckDBPyConnection, judges: Sequence[tuple[Judge, Sequence[str]]], wanted: Wanted
) -> Iterator[dict[ResultTable, str]]:
    """Judge the households in the tables of `con`; inside, a query for the rows of each result table, as a plan's are: with `position`, the book's order.

    Each judge comes with the villages that are its own.
    """
    shown: dict[ResultTable, str] = {}
    try:
        for table, rows in _rows_of_all(con, judges, wanted).items():
            shown[table] = f"made_{table}"
            con.register(shown[table], rows)
        yield {table: f"SELECT * FROM {name}" for table, name in shown.items()}
    finally:
        for name in shown.values():
            con.unregister(name)


def _rows_of_all(
    con: duckdb.DuckDBPyConnection, judges: Sequence[tuple[Judge, Sequence[str]]], wanted: Wanted
) -> dict[ResultTable, pa.Table]:
    of_village = {village: judge for judge, villages in judges for village in villages}
    made: dict[ResultTable, list[dict[str, Any]]] = {name: [] for name in wanted.tables}
    for home in homes(con):
        judge = of_village[str(home.facts["village_code"])]
        found = judge.judge(home, with_findings="finding" in made)
        for name, rows in made.items():
            rows.extend(_rows(name, found, wanted))
    book = judges[0][0].book
    orders = {"entitlement": ("policy_id", book.policies), "finding": ("check_id", book.checks)}
    for name, rows in made.items():
        if name in orders:
            column, listed = orders[name]
            positions = {id_: position for position, id_ in enumerate(listed)}
            for row in rows:
                row["position"] = positions[row[column]]
    return {name: pa.Table.from_pylist(rows, schema=_shape(schema().results[name])) for name, rows in made.items()}


def _rows(name: ResultTable, found: HouseholdJudgement, wanted: Wanted) -> list[dict[str, Any]]:
    match name:
        case "assessment":
            return [found.assessment]
        case "entitlement":
            return found.entitlement(relevant=wanted.relevant)
        case "finding":
            return found.findings


def _shape(table: Table) -> pa.Schema:
    columns = [pa.field(column.name, _ARROW.get(column.type, pa.string())) for column in table.columns.values()]
    return pa.schema([*columns, pa.field("position", pa.int32())])

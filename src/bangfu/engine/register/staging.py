"""The register as text inside DuckDB: one table of raw cells for each table of the contract, and the faults found."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from bangfu.engine.register.batches import Batch
from bangfu.engine.register.cells import Mark
from bangfu.engine.register.headers import PADDING
from bangfu.kernel.schema import Schema, Table

SPACE = "register_staging"
_FAULT = pa.schema(
    [
        (name, pa.int32() if name == "row" else pa.string())
        for name in ("table", "row", "column", "value", "kind", "detail")
    ]
)


@dataclass(slots=True)
class Staged:
    """What of a table lies in the staging area; `missing` are required columns its file does not have."""

    table: Table
    missing: frozenset[str] = frozenset()
    whole: bool = True


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def raw(table: str) -> str:
    return f"{SPACE}.{quoted('raw_' + table)}"


def typed(table: str) -> str:
    return f"{SPACE}.{quoted('typed_' + table)}"


def open_staging(con: duckdb.DuckDBPyConnection, contract: Schema) -> None:
    """Make the empty staging area: raw_<table> (row, every column as text) and fault."""
    close_staging(con)
    con.execute(f"CREATE SCHEMA {SPACE}")
    for table in contract.tables.values():
        columns = ", ".join(f"{quoted(name)} VARCHAR" for name in table.columns)
        con.execute(f'CREATE TABLE {raw(table.name)} ("row" INTEGER, {columns})')
    con.execute(
        f'CREATE TABLE {SPACE}.fault ("table" VARCHAR, "row" INTEGER, "column" VARCHAR, '
        "value VARCHAR, kind VARCHAR, detail VARCHAR)"
    )


def close_staging(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(f"DROP SCHEMA IF EXISTS {SPACE} CASCADE")


def stage(con: duckdb.DuckDBPyConnection, table: Table, batches: Iterable[Batch]) -> None:
    """Put rows into the staging area: cells trimmed, empty ones NULL, wholly blank rows left out."""
    for batch in batches:
        _insert_cells(con, table, batch)
        _insert_marks(con, table, batch.marks)


def _insert_cells(con: duckdb.DuckDBPyConnection, table: Table, batch: Batch) -> None:
    names = batch.columns.column_names
    if not names:
        return
    # Arrow trims ten times as fast as DuckDB does.
    cells = {name: pc.utf8_trim(batch.columns[name], characters=PADDING) for name in names}
    filled = ", ".join(f"nullif({quoted(name)}, '') AS {quoted(name)}" for name in names)
    listed = ", ".join(quoted(name) for name in names)
    con.register("register_batch", pa.table({"row": pa.array(batch.rows, pa.int32()), **cells}))
    try:
        con.execute(
            f'INSERT INTO {raw(table.name)} ("row", {listed}) SELECT "row", {listed} '
            f'FROM (SELECT "row", {filled} FROM register_batch) WHERE coalesce({listed}) IS NOT NULL'
        )
    finally:
        con.unregister("register_batch")


def _insert_marks(con: duckdb.DuckDBPyConnection, table: Table, marks: Sequence[Mark]) -> None:
    if not marks:
        return
    lines = [
        {"table": table.name, "row": m.row, "column": m.column, "value": m.value, "kind": m.kind, "detail": m.detail}
        for m in marks
    ]
    con.register("register_marks", pa.Table.from_pylist(lines, schema=_FAULT))
    try:
        con.execute(f"INSERT INTO {SPACE}.fault SELECT * FROM register_marks")
    finally:
        con.unregister("register_marks")

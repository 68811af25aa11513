"""Faults of single cells: empty though required, or not to be read as what they should be."""

import duckdb

from bangfu.engine.register.staging import SPACE, Staged, literal, quoted, raw, typed
from bangfu.engine.register.typing_sql import fault_sql


def find_cell_faults(con: duckdb.DuckDBPyConnection, staged: Staged) -> None:
    """Add to `fault` every faulty cell of a table that no mark has named yet; typed_<table> must stand."""
    table = staged.table
    if con.execute(f"SELECT 1 FROM {typed(table.name)} WHERE faulty LIMIT 1").fetchone() is None:
        return
    raws = ", ".join(f"r.{quoted(name)} AS {quoted('raw ' + name)}" for name in table.columns)
    con.execute(f"""
        CREATE TABLE {SPACE}.faulty AS
        SELECT t.*, {raws} FROM {typed(table.name)} t JOIN {raw(table.name)} r ON r."row" = t."row" WHERE t.faulty
    """)
    for column in table.columns.values():
        cell = quoted("raw " + column.name)
        con.execute(f"""
            INSERT INTO {SPACE}.fault
            SELECT {literal(table.name)}, f."row", {literal(column.name)}, coalesce(f.{cell}, ''),
                CASE WHEN f.{cell} IS NULL THEN 'required' ELSE 'cell' END, ''
            FROM {SPACE}.faulty f WHERE {fault_sql(column, staged)} AND {unmarked_sql(table.name, column.name)}
        """)
    con.execute(f"DROP TABLE {SPACE}.faulty")


def unmarked_sql(table: str, column: str) -> str:
    """Whether the row `f` has no fault in this column yet."""
    return f"""NOT EXISTS (
        SELECT 1 FROM {SPACE}.fault a
        WHERE a."table" = {literal(table)} AND a."row" = f."row" AND a."column" = {literal(column)}
    )"""

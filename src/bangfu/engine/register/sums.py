"""The ledger's two wide tables: sums by household or person and year, one column an item.

SQL would make forty aggregates of each row and sort the result, all its columns along. The ledger is in order already:
here each amount is put where it belongs.
"""

from collections.abc import Sequence

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from bangfu.engine.register.staging import literal, quoted

# Rows of a wide table made at once: a row group, and little memory.
ROWS = 122_880


def make_sums(con: duckdb.DuckDBPyConnection, items: Sequence[str]) -> None:
    """Make ledger_by_household and ledger_by_person out of `ledger`, which must be sorted and summed."""
    code = f"enum_code(item::ENUM({', '.join(map(literal, items))}))::UTINYINT AS item"
    by_household = f"""
        SELECT household_no, year, {code}, amount FROM (
            SELECT household_no, year, item, sum(amount)::BIGINT AS amount FROM ledger GROUP BY ALL
        ) ORDER BY household_no, year
    """
    by_person = f"SELECT person_no, household_no, year, {code}, amount FROM ledger WHERE person_no IS NOT NULL"
    _spread(con, "ledger_by_household", by_household, items)
    _spread(con, "ledger_by_person", by_person, items)


def _spread(con: duckdb.DuckDBPyConnection, table: str, cells_sql: str, items: Sequence[str]) -> None:
    """Make `table` with a row for each key, in order, and a column an item.

    A cell is a key (all columns but the last two, in order), an item's place in `items`, and an amount; a key has an
    item once.
    """
    cells = con.sql(cells_sql).to_arrow_table().combine_chunks()
    keys = cells.column_names[:-2]
    made = ", ".join([*(f"{key} INTEGER" for key in keys), *(f"{quoted(item)} BIGINT" for item in items)])
    con.execute(f"CREATE OR REPLACE TABLE {table} ({made})")
    starts = _starts(cells.select(keys))
    for first in range(0, len(starts), ROWS):
        here = starts.slice(first, ROWS + 1)
        begin = here[0].as_py()
        end = here[ROWS].as_py() if len(here) > ROWS else cells.num_rows
        rows = cells.select(keys).take(here.slice(0, ROWS))
        for name, column in zip(items, _columns(cells.slice(begin, end - begin), keys, len(items)), strict=True):
            rows = rows.append_column(name, column)
        con.register("spread_rows", rows)
        try:
            con.execute(f"INSERT INTO {table} SELECT * FROM spread_rows")
        finally:
            con.unregister("spread_rows")


def _starts(keys: pa.Table) -> pa.Array:
    """Where each new key begins."""
    if not keys.num_rows:
        return pa.array([], pa.uint64())
    return pc.indices_nonzero(pa.chunked_array([pa.array([True]), *_changes(keys).chunks]))


def _changes(keys: pa.Table) -> pa.ChunkedArray:
    """For each row but the first, whether its key differs from the one before."""
    differs = pa.scalar(False)
    for column in keys.columns:
        differs = pc.or_(differs, pc.not_equal(column.slice(1), column.slice(0, len(column) - 1)))
    return differs


def _columns(cells: pa.Table, keys: Sequence[str], items: int) -> list[pa.Array]:
    """The amounts of each item, each at the place of its key among the keys of these cells."""
    steps = pa.chunked_array([pa.array([0], pa.int32()), *_changes(cells.select(keys)).cast(pa.int32()).chunks])
    places = pc.cumulative_sum(steps)
    height = places[-1].as_py() + 1
    order = pc.sort_indices(cells["item"])
    places, amounts = places.take(order).combine_chunks(), cells["amount"].take(order).combine_chunks()
    counts = {counted["values"]: counted["counts"] for counted in pc.value_counts(cells["item"]).to_pylist()}
    options = pc.ScatterOptions(max_index=height - 1)
    columns, start = [], 0
    for item in range(items):
        count = counts.get(item, 0)
        amount, place = amounts.slice(start, count), places.slice(start, count)
        columns.append(pc.scatter(amount, place, options=options) if count else pa.nulls(height, pa.int64()))
        start += count
    return columns

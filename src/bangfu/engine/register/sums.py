"""The ledger's two wide tables: sums by household or person and year, one column an item.

SQL would make forty aggregates of each row and sort the result, all its columns along. Households are numbered and the ledger
is in their order: here each amount is added where it belongs, some households at a time.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from bangfu.engine.register.staging import literal
from bangfu.kernel.schema import schema

# Each wide table's keys, in the order of its rows; the first numbers whose sums they are.
WIDE = {"ledger_by_household": ("household_no", "year"), "ledger_by_person": ("person_no", "household_no", "year")}
# Households whose sums are made at once: those of a column of theirs stay in the processor's cache.
AT_ONCE = 40_960
_Ints = npt.NDArray[np.integer]


def make_sums(con: duckdb.DuckDBPyConnection) -> None:
    """Make ledger_by_household and ledger_by_person out of `ledger`, which must be sorted and summed: what a plan reads of it."""
    [(last,)] = con.execute("SELECT coalesce(max(household_no), -1) FROM ledger").fetchall()
    for table in WIDE:
        with sums(con, table, 0, last) as rows:
            con.execute(f"CREATE OR REPLACE TABLE {table} AS FROM {rows}")


@contextmanager
def sums(con: duckdb.DuckDBPyConnection, table: str, first: int, last: int) -> Iterator[str]:
    """A relation of a wide table's rows for the households from `first` to `last`, made as they are read, once; the ledger must be committed."""

    def batches() -> Iterator[pa.RecordBatch]:
        # Whoever reads them has `con` in use.
        with closing(con.cursor()) as own:
            yield from _batches(own, table, first, last)

    con.register("wide_rows", pa.RecordBatchReader.from_batches(_shape(table), batches()))
    try:
        yield "wide_rows"
    finally:
        con.unregister("wide_rows")


def _shape(table: str) -> pa.Schema:
    keys = [pa.field(key, pa.int32()) for key in WIDE[table]]
    return pa.schema([*keys, *(pa.field(item, pa.int64()) for item in schema().codes["item"])])


def _batches(con: duckdb.DuckDBPyConnection, table: str, first: int, last: int) -> Iterator[pa.RecordBatch]:
    whose, *_ = WIDE[table]
    items = schema().codes["item"]
    code = f"enum_code(item::ENUM({', '.join(map(literal, items))}))::UTINYINT"
    shape = _shape(table)
    for start in range(first, last + 1, AT_ONCE):
        rows = con.execute(f"""
            SELECT household_no, {whose} AS whose, year, {code} AS item, amount FROM ledger
            WHERE household_no BETWEEN {start} AND {min(start + AT_ONCE - 1, last)} AND {whose} IS NOT NULL
        """).fetchnumpy()
        if len(rows["year"]):
            keys, columns = _spread(rows, len(items))
            made = [pa.array(keys["whose" if key == whose else key], pa.int32()) for key in WIDE[table]]
            yield pa.record_batch([*made, *columns], schema=shape)


def _spread(rows: dict[str, _Ints], items: int) -> tuple[dict[str, _Ints], list[pa.Array]]:
    """Rows of the ledger (household_no, whose, year, item, amount) as one row for each `whose` and year: the keys in order, and the sums by item."""
    who, year, places = _places(rows["whose"], rows["year"])
    household = np.empty_like(who)
    household[places] = rows["household_no"]
    height = len(who)
    cells = rows["item"].astype(np.intp) * height + places
    # An amount has bounds, so that what fits in memory adds up to no more than 64 bits.
    added, said = np.zeros(items * height, np.int64), np.zeros(items * height, np.bool_)
    np.add.at(added, cells, rows["amount"])
    said[cells] = True
    columns = []
    for start in range(0, items * height, height):
        here = slice(start, start + height)
        buffers = [pa.py_buffer(np.packbits(said[here], bitorder="little")), pa.py_buffer(added[here])]
        columns.append(pa.Array.from_buffers(pa.int64(), height, buffers))
    return {"whose": who, "household_no": household, "year": year}, columns


def _places(who: _Ints, year: _Ints) -> tuple[_Ints, _Ints, _Ints]:
    """Each pair of a number and a year that there is, once and in order; and for each row, the place of its own among them."""
    first, earliest = who.min(), year.min()
    years = int(year.max() - earliest) + 1
    slots = (who - first).astype(np.intp) * years + (year - earliest)
    taken = np.zeros(int(slots.max()) + 1, np.bool_)
    taken[slots] = True
    there = np.flatnonzero(taken)
    places = np.cumsum(taken, dtype=np.int32)[slots] - 1
    return first + there // years, earliest + there % years, places

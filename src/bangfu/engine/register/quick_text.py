"""Text cells typed a column at a time: each distinct text is read once, and any that cannot be read ends it.

The careful way keeps every cell as text to be able to show it. Where nothing has to be shown, that is most of the work.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from bangfu.engine.register.batches import Batch
from bangfu.engine.register.headers import PADDING
from bangfu.engine.register.staging import quoted, typed
from bangfu.engine.register.typing_sql import sql_type, type_said
from bangfu.kernel.schema import Code, Schema, Table

# Each distinct text is read once for so many rows.
ROWS = 200_000
# Columns with no more distinct texts than this are typed in one statement: what one vector of the engine holds.
FEW = 2_048
TEXTS = ("id", "text")
# Made once: to make one of Python's values Arrow looks for packages that need not be there, each time anew.
_EMPTY, _NOTHING = pa.scalar(""), pa.scalar(None, pa.string())


def type_quickly(
    con: duckdb.DuckDBPyConnection,
    table: Table,
    batches: Iterable[Batch],
    contract: Schema,
    codes: Mapping[str, Mapping[str, Code]],
) -> bool:
    """Make typed_<table> out of rows of text; whether every cell could be read and none that is required is empty."""
    columns = ", ".join(f"{quoted(c.name)} {sql_type(c)}" for c in table.columns.values())
    con.execute(f"CREATE TABLE {typed(table.name)} ({columns})")
    for batch in _gathered(batches):
        if batch.marks or not _insert(con, table, batch.columns, contract, codes):
            return False
    empty = " OR ".join(f"{quoted(c.name)} IS NULL" for c in table.columns.values() if c.required)
    return not con.execute(f"SELECT 1 FROM {typed(table.name)} WHERE {empty} LIMIT 1").fetchall()


def _gathered(batches: Iterable[Batch]) -> Iterator[Batch]:
    """The same rows in larger batches."""
    kept: list[Batch] = []
    for batch in batches:
        kept.append(batch)
        if sum(b.columns.num_rows for b in kept) >= ROWS:
            yield _one(kept)
            kept = []
    if kept:
        yield _one(kept)


def _one(batches: list[Batch]) -> Batch:
    columns = pa.concat_tables([batch.columns for batch in batches])
    return Batch(columns, batches[0].rows, list(chain.from_iterable(batch.marks for batch in batches)))


def _insert(
    con: duckdb.DuckDBPyConnection,
    table: Table,
    cells: pa.Table,
    contract: Schema,
    codes: Mapping[str, Mapping[str, Code]],
) -> bool:
    made = {name: _filled(cells[name]) for name in cells.column_names if table.columns[name].type in TEXTS}
    # All chunks of one have the same dictionary.
    coded = {name: cells[name].dictionary_encode() for name in cells.column_names if name not in made}
    said = {name: _filled(texts.chunk(0).dictionary) for name, texts in coded.items() if texts.num_chunks}
    for names in _together(said):
        columns = [table.columns[name] for name in names]
        values = type_said(con, columns, contract, codes, {name: said[name] for name in names})
        if any(values[name].null_count > said[name].null_count for name in names):
            return False
        made |= {
            name: pa.chunked_array([values[name].take(chunk.indices) for chunk in coded[name].chunks]) for name in names
        }
    if not made:
        return True
    listed = ", ".join(map(quoted, made))
    filled = " OR ".join(f"{quoted(name)} IS NOT NULL" for name in made)
    con.register("register_typed", pa.table(made))
    try:
        con.execute(f"INSERT INTO {typed(table.name)} ({listed}) SELECT {listed} FROM register_typed WHERE {filled}")
    finally:
        con.unregister("register_typed")
    return True


def _together(said: Mapping[str, pa.Array]) -> Iterator[list[str]]:
    """Columns with few distinct texts at once, each of the others by itself."""
    few = [name for name, texts in said.items() if len(texts) <= FEW]
    if few:
        yield few
    yield from ([name] for name in said if name not in few)


def _filled(texts: pa.Array) -> pa.Array:
    """The texts without padding; NULL for those that are nothing else."""
    trimmed = pc.utf8_trim(texts, characters=PADDING)
    return pc.if_else(pc.equal(trimmed, _EMPTY), _NOTHING, trimmed)

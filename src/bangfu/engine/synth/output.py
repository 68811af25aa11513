"""Write the tables of a synthetic register to CSV or Parquet, chunk by chunk, in an order no chunk can change."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Protocol

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from bangfu.kernel.schema import Code, Column, Table, schema
from bangfu.kernel.words import Lang

Format = Literal["csv", "parquet"]

# Gaps come in rows that somebody was careless with: three rows in ten hold them all.
CARELESS_TENTHS = 3
_GAPPED = frozenset({"household", "person"})
ROW_GROUP = 131_072

_STORED: Mapping[str, str] = {
    "date": "DATE",
    "year": "INTEGER",
    "months": "INTEGER",
    "yes_no": "BOOLEAN",
    "money": "DECIMAL(12, 2)",
    "area": "DECIMAL(9, 2)",
}


class Sink(Protocol):
    """Takes the rows of one table, chunk after chunk."""

    rows: int

    def add(self, con: duckdb.DuckDBPyConnection) -> None: ...

    def close(self) -> None: ...


def parquet_query(table: Table, gap_rate: int) -> str:
    """The query for a table's rows of the chunk in the connection: contract columns, typed, in the order of making."""
    return _query(table, {column.name: _cell(table, column, gap_rate) for column in table.columns.values()})


def text_query(table: Table, gap_rate: int, lang: Lang, policies: Mapping[str, Code]) -> str:
    """The same as CSV shows it: codes and 1/0 under English headers, what people read under Chinese ones."""
    return _query(
        table,
        {
            column.label.zh if lang == "zh" else column.name: _said(
                _cell(table, column, gap_rate), column, lang, policies
            )
            for column in table.columns.values()
        },
    )


def _query(table: Table, cells: Mapping[str, str]) -> str:
    shown = ", ".join(f'{value} AS "{header}"' for header, value in cells.items())
    return f"SELECT {shown} FROM {table.name}_written"


def _cell(table: Table, column: Column, gap_rate: int) -> str:
    """SQL for a cell as stored: typed, in yuan, empty where a careless hand left it so.

    Columns whose emptiness means something other than unknown get no gaps: an emptied death date would be a statement.
    """
    value = f'"{column.name}"::{_STORED.get(column.type, "VARCHAR")}'
    if not gap_rate or table.name not in _GAPPED or column.required or column.empty:
        return value
    dense = gap_rate * 10 // CARELESS_TENTHS
    careless = f"draw(k, 'careless', 10) < {CARELESS_TENTHS}"
    gap = f"chance_in_100000(k, 'gap {column.name}', {dense})"
    # AND would work out the second draw for the careful rows, too.
    return f"CASE WHEN NOT {careless} THEN {value} WHEN {gap} THEN NULL ELSE {value} END"


def _said(value: str, column: Column, lang: Lang, policies: Mapping[str, Code]) -> str:
    if column.type == "yes_no":
        yes, no = ("是", "否") if lang == "zh" else ("1", "0")
        return f"CASE {value} WHEN true THEN '{yes}' WHEN false THEN '{no}' END"
    codes = policies if column.codes == "policy" else schema().codes.get(column.codes)
    if lang == "en" or not codes:
        return value
    labels = f"MAP {{{', '.join(f'{_quoted(code)}: {_quoted(entry.label.zh)}' for code, entry in codes.items())}}}"
    if column.type == "codes":
        return f"array_to_string(list_transform(string_split({value}, ';'), lambda one: {labels}[one]), ';')"
    # A policy that the rulebook given does not hold keeps its id, and the reader names it.
    return f"coalesce({labels}[{value}], {value})"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


class CsvSink:
    """Appends chunks to one CSV file; the header is written once, by the first chunk."""

    def __init__(self, path: Path, query: str, *, bom: bool = False) -> None:
        self.path, self.query, self.rows = path, query, 0
        self._begun = False
        self._bom = bom

    def add(self, con: duckdb.DuckDBPyConnection) -> None:
        piece = self.path.with_suffix(".piece")
        header = "false" if self._begun else "true"
        done = con.execute(f"COPY ({self.query}) TO {_quoted(str(piece))} (FORMAT csv, HEADER {header})").fetchone()
        with piece.open("rb") as source, self.path.open("ab") as target:
            if self._bom and not self._begun:
                target.write(b"\xef\xbb\xbf")
            shutil.copyfileobj(source, target, 1 << 20)
        piece.unlink()
        self._begun = True
        self.rows += done[0] if done else 0

    def close(self) -> None:
        """Nothing is held back."""


class ParquetSink:
    """Writes row groups of one fixed size, whatever the chunks: what does not fill a group waits for the next chunk."""

    def __init__(self, path: Path, query: str) -> None:
        self.path, self.query, self.rows = path, query, 0
        self._waiting: list[pa.RecordBatch] = []
        self._waiting_rows = 0
        self._writer: pq.ParquetWriter | None = None

    def add(self, con: duckdb.DuckDBPyConnection) -> None:
        reader = con.sql(self.query).to_arrow_reader(ROW_GROUP)
        if self._writer is None:
            self._writer = pq.ParquetWriter(self.path, reader.schema, compression="zstd", write_statistics=True)
        for batch in reader:
            self._waiting.append(batch)
            self._waiting_rows += batch.num_rows
            if self._waiting_rows >= ROW_GROUP:
                self._write_groups(keep_rest=True)

    def close(self) -> None:
        if self._writer is not None:
            self._write_groups(keep_rest=False)
            self._writer.close()

    def _write_groups(self, *, keep_rest: bool) -> None:
        table = pa.Table.from_batches(self._waiting, schema=self._writer.schema)  # type: ignore[union-attr]
        whole = table.num_rows // ROW_GROUP * ROW_GROUP if keep_rest else table.num_rows
        for start in range(0, whole, ROW_GROUP):
            # One contiguous piece a group: page limits would otherwise follow the batches that came in.
            group = table.slice(start, min(ROW_GROUP, whole - start)).combine_chunks()
            self._writer.write_table(group, row_group_size=ROW_GROUP)  # type: ignore[union-attr]
        self.rows += whole
        rest = table.slice(whole)
        self._waiting, self._waiting_rows = rest.to_batches(), rest.num_rows

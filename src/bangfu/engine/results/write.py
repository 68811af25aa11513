"""The result tables as files people and programs read, and the manifest that vouches for them."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bangfu import __version__
from bangfu.engine.request import PlacedRules, Wanted
from bangfu.engine.results.target import Format
from bangfu.kernel.days import iso_from_day
from bangfu.kernel.money import yuan_from_fen
from bangfu.kernel.schema import Column, Table
from bangfu.rulebook.resolve import Rules, Value

RESULT_SCHEMA_VERSION = 1
# Ids and amounts are looked up in no dictionary: it would hold nearly all of them, and takes a fifth of the time of writing.
PARQUET = "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, PARQUET_VERSION V2, DICTIONARY_SIZE_LIMIT 1000"
# What money is in such files: fen, as an exact number of yuan.
_MONEY = pa.decimal64(18, 2)
_ANY_SIZE = 1 << 30
_ORDER = {
    "assessment": "household_id",
    "entitlement": "household_id, person_id NULLS LAST, position",
    "finding": "household_id, position, person_id NULLS FIRST, message",
    "rejected": '"table", "row", "column"',
}
# A cell that begins like this may be taken for a formula by a spreadsheet program, full-width signs included.
FORMULA_START = "=+-@\t\r\n＝＋－＠"


def write_table(con: duckdb.DuckDBPyConnection, table: Table, query: str, file: Path, form: Format) -> None:
    """Write a query's rows (money in fen) as a result table's file, its columns as such files have them."""
    shown = ", ".join(f'{_EXPRESSIONS[form](column)} AS "{column.name}"' for column in table.columns.values())
    options = PARQUET if form == "parquet" else "FORMAT csv, HEADER, NULLSTR ''"
    con.execute(f"COPY (SELECT {shown} FROM ({query})) TO {_quoted(file)} ({options})")


def copy_rows(con: duckdb.DuckDBPyConnection, table: Table, blocks: Iterable[pa.Table], file: Path) -> None:
    """Write rows as a result table's Parquet file, to the byte as `write_table` does; money in fen becomes yuan without being touched."""
    con.register("shown", pa.concat_tables([_as_written(table, block) for block in blocks]))
    try:
        con.execute(f"COPY shown TO {_quoted(file)} ({PARQUET})")
    finally:
        con.unregister("shown")


def write_rows(table: Table, blocks: Iterable[pa.Table], file: Path) -> None:
    """Write rows as a result table's Parquet file, its columns as `write_table` has them: each block a row group, money in fen.

    Texts come as places in a list that a block has in common, and are written as such: where several rows share an id this takes a
    third of the time. Whoever reads the file finds texts.
    """
    writer = None
    try:
        for block in blocks:
            shown = _as_written(table, block)
            writer = writer or _writer(file, shown.schema)
            writer.write_table(shown, row_group_size=max(1, len(shown)))
    finally:
        if writer:
            writer.close()


def _as_written(table: Table, block: pa.Table) -> pa.Table:
    return pa.table({column.name: _shown(column, block[column.name]) for column in table.columns.values()})


def _writer(file: Path, schema: pa.Schema) -> pq.ParquetWriter:
    listed = [field.name for field in schema if pa.types.is_dictionary(field.type)]
    return pq.ParquetWriter(
        file,
        schema,
        compression="zstd",
        use_dictionary=listed,
        column_encoding={field.name: "DELTA_BINARY_PACKED" for field in schema if pa.types.is_decimal(field.type)},
        store_decimal_as_integer=True,
        store_schema=False,
        dictionary_pagesize_limit=_ANY_SIZE,
        write_statistics=False,  # of each policy all households of a block: nobody could leave a row group out
    )


def _shown(column: Column, cells: pa.ChunkedArray) -> pa.Array:
    if pa.types.is_dictionary(cells.type):
        return _listed(column, cells)
    whole = cells.combine_chunks()
    match column.type:
        case "money":
            return pa.Array.from_buffers(_MONEY, len(whole), whole.buffers())
        case "count":
            return whole.cast(pa.int32())
        case _:
            return whole


def _listed(column: Column, cells: pa.ChunkedArray) -> pa.DictionaryArray:
    """Texts as places in one list. Where nothing is known a chunk may come with none; an empty list is nothing."""
    said = next(
        (chunk.dictionary for chunk in cells.chunks if chunk.null_count < len(chunk)), pa.array([], pa.string())
    )
    kind = cells.type.index_type
    places = pa.concat_arrays(
        [chunk.indices if chunk.null_count < len(chunk) else pa.nulls(len(chunk), kind) for chunk in cells.chunks]
    )
    if column.type == "list" and (empty := pc.index(said, "").as_py()) >= 0:
        places = pc.if_else(pc.equal(places, empty), pa.scalar(None, kind), places)
    return pa.DictionaryArray.from_arrays(places, said)


def show_table(con: duckdb.DuckDBPyConnection, table: Table, name: str, file: Path) -> None:
    """Show a result table's Parquet file as a temporary view, money in fen again."""
    con.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS SELECT {in_fen(table)} FROM read_parquet({_quoted(file)})")


def in_fen(table: Table) -> str:
    """SQL for the columns of a result table's Parquet files, money in fen again."""
    return ", ".join(
        f'CAST("{c.name}" * 100 AS BIGINT) AS "{c.name}"' if c.type == "money" else f'"{c.name}"'
        for c in table.columns.values()
    )


def ordered(name: str, table: Table, source: str = "") -> str:
    """The rows of a result table, in `main` or in `source`, in the order in which they are written."""
    columns = ", ".join(f'"{c}"' for c in table.columns)
    return f"SELECT {columns} FROM {source or f'main.{name}'} ORDER BY {_ORDER[name]}"


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


# ---- cells


def _csv(column: Column) -> str:
    name = f'"{column.name}"'
    match column.type:
        case "money":
            size = f"ABS({name})"
            return f"(CASE WHEN {name} < 0 THEN '-' ELSE '' END || CAST({size} // 100 AS VARCHAR) || '.' || LPAD(CAST({size} % 100 AS VARCHAR), 2, '0'))"
        case "yes_no":
            return f"CASE WHEN {name} THEN 'true' WHEN NOT {name} THEN 'false' END"
        case "id" | "text":
            starts = " OR ".join(f"starts_with({name}, {_char(c)})" for c in FORMULA_START)
            return f"CASE WHEN {starts} THEN '''' || {name} ELSE {name} END"
        case "list":
            return f"NULLIF({name}, '')"
        case _:
            return name


def _char(c: str) -> str:
    return f"CHR({ord(c)})"


def _parquet(column: Column) -> str:
    name = f'"{column.name}"'
    match column.type:
        case "money":
            return f"CAST(CAST({name} AS DECIMAL(18, 0)) * 0.01 AS DECIMAL(18, 2))"
        case "yes_no":
            return f"CAST({name} AS BOOLEAN)"
        case "count":
            return f"CAST({name} AS INTEGER)"
        case "list":
            return f"CAST(NULLIF({name}, '') AS VARCHAR)"
        case _:
            return f"CAST({name} AS VARCHAR)"


_EXPRESSIONS = {"csv": _csv, "parquet": _parquet}


# ---- manifest


def manifest_of(
    placed: Sequence[PlacedRules],
    wanted: Wanted,
    *,
    register: Mapping[str, int],
    set_aside: tuple[int, int],
    rows: Mapping[str, int],
    files: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    """What was assessed, by which rules, and the digest of each file. The same input gives the same manifest.

    `register` and `rows` count rows by table, `set_aside` households and rows.
    """
    rules = placed[0].rules
    book = rules.book
    return {
        "schema_version": RESULT_SCHEMA_VERSION,
        "bangfu": __version__,
        "rulebook": {
            "id": book.id,
            "version": book.version,
            "layers": [{"name": x.name, "sha256": x.digest} for x in book.layers],
        },
        "as_of": iso_from_day(rules.days.as_of),
        "income_year": rules.days.income_year,
        "places": [
            {"places": list(p.rules.places), "villages": len(p.villages), "parameters": _parameters(p.rules)}
            for p in placed
        ],
        "only_relevant": wanted.relevant,
        "register": dict(register),
        "set_aside": {"households": set_aside[0], "rows": set_aside[1]},
        "rows": dict(rows),
        "files": dict(files),
    }


def _parameters(rules: Rules) -> dict[str, dict[str, Any]]:
    def shown(name: str, value: Value) -> Any:
        unit = rules.book.parameters[name].unit
        if isinstance(value.value, bool | str):
            return value.value
        return yuan_from_fen(value.value) if unit in ("yuan", "percent") else value.value

    return {
        name: {"value": shown(name, v), "unit": rules.book.parameters[name].unit, "layer": v.layer}
        | ({"place": v.place} if v.place else {})
        | ({"unverified": True} if v.unverified else {})
        | ({"varies_within_the_year": True} if name in rules.varying else {})
        for name, v in sorted(rules.given.items())
    }


def digest_of(file: Path) -> str:
    with file.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()

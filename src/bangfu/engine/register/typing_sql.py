"""SQL that gives a raw cell its type, or NULL where it cannot be read as what it should be."""

from collections.abc import Mapping, Sequence

import duckdb
import pyarrow as pa

from bangfu.engine.register.cells import DECIMALS
from bangfu.engine.register.headers import PADDING
from bangfu.engine.register.staging import SPACE, Staged, literal, quoted, raw, typed
from bangfu.kernel.schema import INTEGER_TYPES, Code, Column, Schema, Table

YES = ("是", "1", "true", "yes")
NO = ("否", "0", "false", "no")
SEPARATORS = ";；、,，"
_HALF_WIDTH = str.maketrans("（）", "()")
_FULL_WIDTH = str.maketrans("()", "（）")


def sql_type(column: Column) -> str:
    """The DuckDB type of a typed column."""
    if column.type in DECIMALS:
        return "BIGINT"
    if column.type in INTEGER_TYPES:
        return "INTEGER"
    return "BOOLEAN" if column.type == "yes_no" else "VARCHAR"


def load_labels(con: duckdb.DuckDBPyConnection, codes: Mapping[str, Mapping[str, Code]]) -> None:
    """Make the table `label` (list, said, code): everything that may stand in a cell for a code."""
    lines = [
        {"list": name, "said": said, "code": code}
        for name, entries in codes.items()
        for said, code in said_for(entries).items()
    ]
    schema = pa.schema([(name, pa.string()) for name in ("list", "said", "code")])
    con.register("register_labels", pa.Table.from_pylist(lines, schema=schema))
    try:
        con.execute(f"CREATE TABLE {SPACE}.label AS SELECT * FROM register_labels")
    finally:
        con.unregister("register_labels")


def said_for(entries: Mapping[str, Code]) -> dict[str, str]:
    """What may be said for each code: the code itself, its Chinese value, and labels that mean the same.

    A label that two codes share says neither, unless it is itself a code.
    """
    labels: dict[str, set[str]] = {}
    for code, entry in entries.items():
        for said in (entry.label.zh, *entry.also):
            for form in {said, said.translate(_HALF_WIDTH), said.translate(_FULL_WIDTH)}:
                labels.setdefault(form, set()).add(code)
    plain = {label: next(iter(meant)) for label, meant in labels.items() if len(meant) == 1}
    return plain | {code: code for code in entries}


def type_table(con: duckdb.DuckDBPyConnection, staged: Staged, contract: Schema) -> None:
    """Make typed_<table>: "row", every column typed, and `faulty` where some cell could not be read."""
    table = staged.table
    columns = list(table.columns.values())
    reads = ", ".join(f"{_value_sql(c, contract)}::{sql_type(c)} AS {quoted(c.name)}" for c in columns)
    raws = ", ".join(f"r.{quoted(c.name)} AS {quoted('raw ' + c.name)}" for c in columns)
    kept = ", ".join(quoted(c.name) for c in columns)
    faulty = " OR ".join(f"({fault_sql(c, staged)})" for c in columns)
    con.execute(
        f'CREATE TABLE {typed(table.name)} AS SELECT "row", {kept}, {faulty} AS faulty '
        f'FROM (SELECT r."row", {raws}, {reads} FROM {raw(table.name)} r {_joins_sql(table)})'
    )


def type_said(
    con: duckdb.DuckDBPyConnection,
    columns: Sequence[Column],
    contract: Schema,
    codes: Mapping[str, Mapping[str, Code]],
    said: Mapping[str, pa.Array],
) -> dict[str, pa.Array]:
    """Trimmed texts of some columns, by name, as values of each column's type, one by one; NULL where a text cannot be read as one.

    All but codes, which are looked up, in one statement, each column filled up to the longest: where texts are few, planning is what takes time.
    """
    read = {c.name: _codes_said(said[c.name], codes[c.codes]) for c in columns if c.type == "code"}
    others = [c for c in columns if c.name not in read]
    return read | _typed_said(con, others, contract, said) if others else read


def _codes_said(texts: pa.Array, entries: Mapping[str, Code]) -> pa.Array:
    codes = said_for(entries)
    return pa.array([codes.get(text) for text in texts.to_pylist()], pa.string())


def _typed_said(
    con: duckdb.DuckDBPyConnection, columns: Sequence[Column], contract: Schema, said: Mapping[str, pa.Array]
) -> dict[str, pa.Array]:
    rows = max(len(said[c.name]) for c in columns)
    filled_up = {
        c.name: pa.concat_arrays([said[c.name], pa.nulls(rows - len(said[c.name]), said[c.name].type)]) for c in columns
    }
    con.register("register_said", pa.table({"place": pa.array(range(rows), pa.int64()), **filled_up}))
    values = ", ".join(f"{_value_sql(c, contract)}::{sql_type(c)} AS {quoted(c.name)}" for c in columns)
    try:
        read = con.sql(f"SELECT {values} FROM register_said r ORDER BY r.place").to_arrow_table()
    finally:
        con.unregister("register_said")
    return {c.name: read[c.name].combine_chunks()[: len(said[c.name])] for c in columns}


def fault_sql(column: Column, staged: Staged) -> str:
    """Whether a cell is faulty, over a row that has its raw ("raw <name>") and its typed value."""
    if column.required and column.name not in staged.missing:
        return f"{quoted(column.name)} IS NULL"
    return f"{quoted('raw ' + column.name)} IS NOT NULL AND {quoted(column.name)} IS NULL"


def _joins_sql(table: Table) -> str:
    return " ".join(_join_sql(column) for column in table.columns.values())


def _join_sql(column: Column) -> str:
    """What brings the code of a cell's label; nothing for columns that hold no code."""
    if column.type != "code":
        return ""
    alias = _alias(column)
    return (
        f"LEFT JOIN {SPACE}.label {alias} ON {alias}.list = {literal(column.codes)} "
        f"AND {alias}.said = r.{quoted(column.name)}"
    )


def _alias(column: Column) -> str:
    return quoted("label of " + column.name)


def _value_sql(column: Column, contract: Schema) -> str:
    cell = f"r.{quoted(column.name)}"
    match column.type:
        case "code":
            return f"{_alias(column)}.code"
        case "codes":
            return _codes_sql(cell, column, contract.codes[column.codes])
        case "village_code":
            return f"CASE WHEN regexp_full_match({cell}, '[0-9]{{12}}') THEN {cell} END"
        case "date":
            return _date_sql(cell)
        case "yes_no":
            yes, no = (", ".join(literal(said) for said in words) for words in (YES, NO))
            return f"CASE WHEN lower({cell}) IN ({yes}) THEN true WHEN lower({cell}) IN ({no}) THEN false END"
        case "money" | "area" | "decimal":
            return _decimal_sql(cell, DECIMALS[column.type], contract.bounds[column.type])
        case "balance":
            return _balance_sql(cell)
        case "year" | "months" | "count":
            return _whole_sql(cell, contract.bounds.get(column.type, (0, 2**31 - 1)))
    return cell


def _date_sql(cell: str) -> str:
    # DuckDB's own cast also takes 2017-3-1 and reads the year 0000 as 1 BC; ISO days from year 1 on are wanted.
    return (
        f"CASE WHEN regexp_full_match({cell}, '[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}') AND {cell} >= '0001' "
        f"AND TRY_CAST({cell} AS DATE) IS NOT NULL THEN TRY_CAST(replace({cell}, '-', '') AS INTEGER) END"
    )


def _decimal_sql(cell: str, places: int, bounds: tuple[int, int]) -> str:
    number = f"CAST(TRY_CAST({cell} AS DECIMAL(18, {places})) * {10**places} AS BIGINT)"
    return (
        f"CASE WHEN regexp_full_match({cell}, '[0-9]+(\\.[0-9]{{1,{places}}})?') "
        f"AND {number} BETWEEN {bounds[0]} AND {bounds[1]} THEN {number} END"
    )


def _balance_sql(cell: str) -> str:
    # What somebody divided has as many decimals as their program gave it.
    number = f"CAST(TRY_CAST({cell} AS DECIMAL(18, 2)) * 100 AS BIGINT)"
    return f"CASE WHEN regexp_full_match({cell}, '-?[0-9]+(\\.[0-9]+)?') THEN {number} END"


def _whole_sql(cell: str, bounds: tuple[int, int]) -> str:
    number = f"TRY_CAST(split_part({cell}, '.', 1) AS INTEGER)"
    return (
        f"CASE WHEN regexp_full_match({cell}, '[0-9]+(\\.0+)?') "
        f"AND {number} BETWEEN {bounds[0]} AND {bounds[1]} THEN {number} END"
    )


def _codes_sql(cell: str, column: Column, entries: Mapping[str, Code]) -> str:
    pieces = (
        f"list_filter(list_transform(regexp_split_to_array({cell}, '[{SEPARATORS}]'), "
        f"lambda piece: trim(piece, {literal(PADDING)})), lambda piece: piece <> '')"
    )
    meanings = ", ".join(f"{literal(said)}: {literal(code)}" for said, code in said_for(entries).items())
    found = f"list_transform({pieces}, lambda piece: map {{{meanings}}}[piece])"
    # list_distinct drops what is NULL, so an unknown label and one said twice both make the lengths differ.
    return (
        f"CASE WHEN len({found}) BETWEEN 1 AND {column.most} AND len(list_distinct({found})) = len({found}) "
        f"THEN array_to_string({found}, ';') END"
    )

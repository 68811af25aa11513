"""A Parquet file as most programs write them, each column of the type that the contract would choose for it.

DuckDB reads it where it lies and one query proves that no cell is at fault. Whatever is unusual is no error here: it
goes through text, cell by cell, as everything else does.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from itertools import permutations

import duckdb

from bangfu.engine.duck import open_engine
from bangfu.engine.register.cells import DECIMALS
from bangfu.engine.register.headers import PADDING
from bangfu.engine.register.parquet_file import FIRST_ROW, ParquetFile
from bangfu.engine.register.staging import literal, quoted
from bangfu.engine.register.typing_sql import sql_type
from bangfu.kernel.schema import INTEGER_TYPES, Code, Column, Schema, Table

_TEXT = {"id", "text", "village_code", "code", "codes"}
_WHOLE = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"}
# An id that is not among the household's or person's own ids is a fault anyway, padded or not.
_OWN_IDS = {("household", "household_id"), ("person", "person_id")}


def plain_sql(
    file: ParquetFile,
    table: Table,
    places: Mapping[str, int],
    contract: Schema,
    codes: Mapping[str, Mapping[str, Code]],
) -> str | None:
    """A query for the table's typed columns and the number of each row ("row", as other readers count), or None where some cell is at fault
    or of another type.

    `places` are those of the columns to be looked at; of others the query has nothing.
    """
    path, names = str(file.path.absolute()), file.header()
    if any(sign in path for sign in "*?["):  # DuckDB would look for files of such a pattern
        return None
    said = {column: names[place] for column, place in places.items()}
    source = f"read_parquet({literal(path)}, hive_partitioning = false, file_row_number = true)"
    # In a database of its own, so that a damaged file can do no harm to the caller's.
    con = open_engine()
    try:
        types = _types(con, source)
        if not all(_fits(types.get(name, ""), table.columns[column]) for column, name in said.items()):
            return None
        wrong = [_wrong(quoted(name), table, table.columns[column], contract, codes) for column, name in said.items()]
        # An aggregate and no filter: a filter would believe the smallest and largest values that the file claims.
        (found,) = con.execute(f"SELECT bool_or({' OR '.join(filter(None, wrong))}) FROM {source}").fetchall()[0]
    except duckdb.Error:  # The careful reader says what is the matter with the file.
        return None
    finally:
        con.close()
    if found:
        return None
    made = {c.name: f"NULL::{sql_type(c)}" for c in table.columns.values()}
    made |= {column: _typed(quoted(name), types[name], table.columns[column]) for column, name in said.items()}
    listed = ", ".join(f"{sql} AS {quoted(column)}" for column, sql in made.items())
    return f'SELECT (file_row_number + {FIRST_ROW})::INTEGER AS "row", {listed} FROM {source}'


def _types(con: duckdb.DuckDBPyConnection, source: str) -> dict[str, str]:
    return {line[0]: line[1] for line in con.execute(f"DESCRIBE FROM {source}").fetchall()}


def _fits(kind: str, column: Column) -> bool:
    if column.type in _TEXT:
        return kind == "VARCHAR"
    if column.type in ("date", "yes_no"):
        return kind == {"date": "DATE", "yes_no": "BOOLEAN"}[column.type]
    return kind in _WHOLE or (kind.startswith("DECIMAL(") and _scale(kind) <= DECIMALS.get(column.type, 0))


def _scale(decimal: str) -> int:
    return int(decimal.removesuffix(")").rpartition(",")[2])


def _wrong(cell: str, table: Table, column: Column, contract: Schema, codes: Mapping[str, Mapping[str, Code]]) -> str:
    """Whether a cell is at fault, "" where it cannot be."""
    missing = f"{cell} IS NULL OR " if column.required else ""
    match column.type:
        case "id" | "text":
            if column.type == "id" and (table.name, column.name) not in _OWN_IDS:
                return missing.removesuffix(" OR ")
            return f"{missing}{cell} = '' OR regexp_matches({cell}, {literal(f'^[{PADDING}]|[{PADDING}]$')})"
        case "village_code":
            return f"{missing}NOT regexp_full_match({cell}, '[0-9]{{12}}')"
        case "code":
            return missing + _unlisted(cell, codes[column.codes])
        case "codes":
            several = (p for n in range(1, column.most + 1) for p in permutations(codes[column.codes], n))
            return missing + _unlisted(cell, [";".join(each) for each in several])
        case "date":
            return f"{missing}{cell} NOT BETWEEN DATE '0001-01-01' AND DATE '9999-12-31'"
        case "yes_no":
            return missing.removesuffix(" OR ")
    # Compared in the column's own unit: a factor could overflow before the number is seen to be too large.
    places = DECIMALS.get(column.type, 0)
    least, most = (f"{Decimal(bound).scaleb(-places):f}" for bound in contract.bounds[column.type])
    return f"{missing}{cell} < {least} OR {cell} > {most}"


def _unlisted(cell: str, texts: Iterable[str]) -> str:
    # The cast looks at each text of the file's own dictionary once, where IN looks at every row.
    return f"({cell} IS NOT NULL AND TRY_CAST({cell} AS ENUM({', '.join(map(literal, texts))})) IS NULL)"


def _typed(cell: str, kind: str, column: Column) -> str:
    if column.type == "date":
        return f"(year({cell}) * 10000 + month({cell}) * 100 + day({cell}))::INTEGER"
    if column.type in DECIMALS:
        places = DECIMALS[column.type]
        return f"({cell}::DECIMAL(18, {places}) * {10**places})::BIGINT"
    return f"{cell}::INTEGER" if column.type in INTEGER_TYPES else cell

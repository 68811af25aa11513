"""Set aside every household that has a refused row, whole, and keep account of each of its rows."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from bangfu.engine.register.reasons import ALONG, Reasons
from bangfu.engine.register.staging import SPACE, Staged, literal, quoted, raw, typed
from bangfu.engine.register.typing_sql import sql_type
from bangfu.kernel.schema import Schema
from bangfu.kernel.words import Lang

LINES = 10_000
_ASIDE = f"(SELECT household_id FROM {SPACE}.aside_household)"


@dataclass(frozen=True, slots=True)
class SetAside:
    """How many households (of the household table) and rows (of all tables) are not used; `strays` are the rows of none of these households."""

    households: int = 0
    rows: int = 0
    strays: int = 0


def set_aside(con: duckdb.DuckDBPyConnection, tables: Mapping[str, Staged]) -> SetAside:
    """Move faulty households out of typed_<table>, into `aside` (table, row, household_id)."""
    _collect_rows(con, tables)
    _collect_households(con)
    while _follow_persons(con):
        pass
    con.execute(f"""
        CREATE TABLE {SPACE}.aside AS
        SELECT "table", "row", household_id FROM {SPACE}.every WHERE refused OR household_id IN {_ASIDE}
    """)
    for name in tables:
        gone = f'SELECT "row" FROM {SPACE}.aside WHERE "table" = {literal(name)}'
        con.execute(f'DELETE FROM {typed(name)} WHERE "row" IN ({gone})')
    known = f"""(SELECT household_id FROM {SPACE}.aside WHERE "table" = 'household')"""
    counted = con.execute(f"""
        SELECT count(DISTINCT household_id) FILTER (WHERE "table" = 'household'), count(*),
            (SELECT count(*) FROM {SPACE}.aside a ANTI JOIN {known} k ON k.household_id = a.household_id)
        FROM {SPACE}.aside
    """).fetchone()
    return SetAside(*counted) if counted else SetAside()


def create_rejected(con: duckdb.DuckDBPyConnection, contract: Schema) -> None:
    """Make the empty table `rejected`."""
    columns = contract.results["rejected"].columns.values()
    con.execute(f"CREATE OR REPLACE TABLE rejected ({', '.join(f'{quoted(c.name)} {sql_type(c)}' for c in columns)})")


def write_rejected(con: duckdb.DuckDBPyConnection, tables: Mapping[str, Staged], reasons: Reasons, lang: Lang) -> None:
    """Make the table `rejected`: a line for each fault, and one for each row that went along with its household."""
    columns = reasons.contract.results["rejected"].columns
    create_rejected(con, reasons.contract)
    for staged in tables.values():
        for lines in _lines(con, staged, reasons, lang):
            con.register("register_rejected", pa.Table.from_pylist(lines))
            try:
                con.execute(f"INSERT INTO rejected SELECT {', '.join(map(quoted, columns))} FROM register_rejected")
            finally:
                con.unregister("register_rejected")


def _collect_rows(con: duckdb.DuckDBPyConnection, tables: Mapping[str, Staged]) -> None:
    """`every`: each row of the register, whom it names, and whether it was refused itself."""
    parts = []
    for name, staged in tables.items():
        person = "t.person_id" if "person_id" in staged.table.columns else "NULL::VARCHAR"
        faulty = f'SELECT "row" FROM {SPACE}.fault WHERE "table" = {literal(name)}'
        parts.append(f"""
            SELECT {literal(name)} AS "table", t."row", t.household_id, {person} AS person_id,
                t."row" IN ({faulty}) AS refused
            FROM {typed(name)} t
        """)
    con.execute(f"CREATE TABLE {SPACE}.every AS {' UNION ALL '.join(parts)}")


def _collect_households(con: duckdb.DuckDBPyConnection) -> None:
    """Households that a refused row names, that share a repeated person, or whose person another's row is about."""
    con.execute(f"""
        CREATE TABLE {SPACE}.aside_household AS
        SELECT household_id FROM {SPACE}.every WHERE refused AND household_id IS NOT NULL
        UNION
        SELECT household_id FROM {SPACE}.every WHERE "table" = 'person' AND household_id IS NOT NULL AND person_id IN (
            SELECT value FROM {SPACE}.fault WHERE "table" = 'person' AND kind = 'repeated'
        )
        UNION
        SELECT detail FROM {SPACE}.fault WHERE kind = 'stranger'
    """)


def _follow_persons(con: duckdb.DuckDBPyConnection) -> bool:
    """Add households that have a row pointing to a person who is set aside; whether there was any."""
    found = con.execute(f"""
        INSERT INTO {SPACE}.aside_household
        SELECT DISTINCT household_id FROM {SPACE}.every
        WHERE "table" <> 'person' AND household_id IS NOT NULL AND household_id NOT IN {_ASIDE} AND person_id IN (
            SELECT person_id FROM {SPACE}.every
            WHERE "table" = 'person' AND person_id IS NOT NULL AND (refused OR household_id IN {_ASIDE})
        )
    """).fetchone()
    return found is not None and found[0] > 0


def _lines(
    con: duckdb.DuckDBPyConnection, staged: Staged, reasons: Reasons, lang: Lang
) -> Iterator[list[dict[str, Any]]]:
    """The lines of one table, by row and column, some thousands at a time."""
    name, columns = staged.table.name, list(staged.table.columns)
    # A cursor of its own, because the lines are written while they are read.
    cursor = con.cursor().execute(f"""
        SELECT a."row", a.household_id, f."column", f.value, f.kind, f.detail,
            {", ".join(f"r.{quoted(column)}" for column in columns)}
        FROM {SPACE}.aside a
        LEFT JOIN {SPACE}.fault f ON f."table" = a."table" AND f."row" = a."row"
        LEFT JOIN {raw(name)} r ON r."row" = a."row"
        WHERE a."table" = {literal(name)}
        ORDER BY a."row", list_position([{", ".join(map(literal, columns))}], f."column") NULLS FIRST
    """)
    while rows := cursor.fetchmany(LINES):
        lines = []
        for row, household, column, value, kind, detail, *cells in rows:
            text = reasons.of(name, column, value, kind, detail) if kind else ALONG
            record = {said: cell for said, cell in zip(columns, cells, strict=True) if cell is not None}
            lines.append(
                {
                    "table": name,
                    "row": row,
                    "household_id": household,
                    "column": column or None,
                    "value": value or None,
                    "reason": text.say(lang),
                    "record": json.dumps(record, ensure_ascii=False),
                }
            )
        yield lines

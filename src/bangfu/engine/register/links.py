"""Faults between rows: an id used twice, and rows that point to a household or person that is not there."""

from collections.abc import Mapping

import duckdb

from bangfu.engine.register.cell_faults import unmarked_sql
from bangfu.engine.register.staging import SPACE, Staged, literal, typed

# Which column of which table names a row of its own.
KEYS = {"household": "household_id", "person": "person_id"}


def find_link_faults(con: duckdb.DuckDBPyConnection, tables: Mapping[str, Staged]) -> None:
    """Add to `fault` repeated ids and rows that point nowhere.

    Only where both ends could be read: a household file that is damaged must not make every person a fault.
    """
    for name, key in KEYS.items():
        if _known(tables, name, key):
            _find_repeats(con, name, key)
    for name in tables:
        for target, key in KEYS.items():
            if name != target and _known(tables, target, key) and _known(tables, name, key):
                _find_dangling(con, name, key, target)
        if name not in KEYS and _known(tables, "person", "household_id") and _known(tables, name, "household_id"):
            _find_strangers(con, name)


def _known(tables: Mapping[str, Staged], name: str, column: str) -> bool:
    staged = tables.get(name)
    return staged is not None and staged.whole and column in staged.table.columns and column not in staged.missing


def _find_repeats(con: duckdb.DuckDBPyConnection, name: str, key: str) -> None:
    """Every row whose id an earlier row has; `detail` is the first such row."""
    con.execute(f"""
        INSERT INTO {SPACE}.fault
        SELECT {literal(name)}, f."row", {literal(key)}, f.{key}, 'repeated', first_row::VARCHAR
        FROM {typed(name)} f JOIN (
            SELECT {key}, min("row") AS first_row FROM {typed(name)} WHERE {key} IS NOT NULL
            GROUP BY {key} HAVING count(*) > 1
        ) AS repeated ON repeated.{key} = f.{key}
        WHERE f."row" > first_row
    """)


def _find_dangling(con: duckdb.DuckDBPyConnection, name: str, key: str, target: str) -> None:
    con.execute(f"""
        INSERT INTO {SPACE}.fault
        SELECT {literal(name)}, f."row", {literal(key)}, f.{key}, {literal("no_" + target)}, ''
        FROM {typed(name)} f WHERE f.{key} IS NOT NULL AND {unmarked_sql(name, key)}
            AND f.{key} NOT IN (SELECT {key} FROM {typed(target)} WHERE {key} IS NOT NULL)
    """)


def _find_strangers(con: duckdb.DuckDBPyConnection, name: str) -> None:
    """Rows whose person belongs to another household than the row; `detail` is that household.

    A person who stands twice belongs to both households; that is a fault of its own.
    """
    con.execute(f"""
        INSERT INTO {SPACE}.fault
        SELECT {literal(name)}, f."row", 'person_id', f.person_id, 'stranger', home
        FROM {typed(name)} f
        JOIN (
            SELECT person_id, min_by(household_id, "row") AS home FROM {typed("person")}
            WHERE household_id IS NOT NULL GROUP BY person_id
        ) AS p ON p.person_id = f.person_id
        WHERE f.household_id IS NOT NULL AND f.household_id <> home AND NOT EXISTS (
            SELECT 1 FROM {typed("person")} o WHERE o.person_id = f.person_id AND o.household_id = f.household_id
        )
    """)

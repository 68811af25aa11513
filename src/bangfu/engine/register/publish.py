"""The prepared register of docs/snapshot.md: typed rows numbered, sorted, the ledger summed."""

from collections.abc import Mapping

import duckdb

from bangfu.engine.register.identity import derived_sql, numbered_sql
from bangfu.engine.register.staging import quoted
from bangfu.engine.register.sums import make_sums
from bangfu.engine.register.typing_sql import sql_type
from bangfu.kernel.schema import Schema, Table, schema


class BrokenLinks(Exception):
    """An id stands twice, or a row points to a household or person that is not there or not each other's."""


def publish(con: duckdb.DuckDBPyConnection, sources: Mapping[str, str]) -> dict[str, int]:
    """Make the six prepared tables, replacing them, out of one relation for each table of the contract.

    A relation holds the contract's columns, typed, without any fault of its own. Returns the number of rows of each.
    Raises BrokenLinks; then nothing has changed.
    """
    contract = schema()
    counts = {name: _count(con, source) for name, source in sources.items()}
    con.begin()
    try:
        _make_household(con, contract.tables["household"], sources["household"])
        _make_person(con, contract, sources["person"])
        _make_ledger(con, sources["ledger"], counts["ledger"])
        _make_receipt(con, sources["receipt"], counts["receipt"])
        for table, key in (("household", "household_id"), ("person", "person_id")):
            if _count(con, table, f"DISTINCT {key}") != counts[table]:
                raise BrokenLinks
        make_sums(con, list(contract.codes["item"]))
    except BaseException:
        con.rollback()
        raise
    con.commit()
    return counts


def _make_household(con: duckdb.DuckDBPyConnection, table: Table, source: str) -> None:
    columns = ", ".join(map(quoted, table.columns))
    con.execute(f"""
        CREATE OR REPLACE TABLE household AS
        SELECT {_numbered("household_no")}, * FROM (SELECT {columns} FROM {source} ORDER BY village_code, household_id)
    """)


def _make_person(con: duckdb.DuckDBPyConnection, contract: Schema, source: str) -> None:
    """Persons whose household is not there are left out, which their count then shows."""
    table = contract.tables["person"]
    made = {name: quoted(name) for name in table.columns if name != "household_id"}
    made["birth_date"] = "coalesce(birth_date, id_day)"
    made |= {name: f"({sql})::{sql_type(table.derived[name])}" for name, sql in derived_sql(contract).items()}
    columns = ", ".join(f"{sql} AS {quoted(name)}" for name, sql in made.items())
    con.execute(f"""
        CREATE OR REPLACE TABLE person AS
        SELECT {_numbered("person_no")}, * FROM (
            SELECT household_no, {columns}
            FROM {numbered_sql(source)} JOIN (SELECT household_no, household_id FROM household) USING (household_id)
            ORDER BY household_no, person_id
        )
    """)


def _numbered(name: str) -> str:
    # A window without any order takes the rows as they come; one with an order would sort all columns once more.
    return f"(row_number() OVER () - 1)::INTEGER AS {name}"


def _make_ledger(con: duckdb.DuckDBPyConnection, source: str, count: int) -> None:
    con.execute(f"""
        CREATE OR REPLACE TABLE ledger AS
        SELECT household_no, person_no, year, item, amount FROM {_linked(source)}
        ORDER BY household_no, person_no NULLS FIRST, year, item
    """)
    _check_links(con, "ledger", source, count)
    _add_up_repeats(con)


def _add_up_repeats(con: duckdb.DuckDBPyConnection) -> None:
    """Make of several ledger rows with one key a single one; the ledger must have just been made, sorted.

    They are few, and stand one after the other: adding the later ones to the first spares grouping the whole ledger.
    """
    keys = ("household_no", "person_no", "year", "item")
    before = ", ".join(f"lag({key}) OVER () AS {key}_before" for key in keys)
    same = " AND ".join(f"{key} IS NOT DISTINCT FROM {key}_before" for key in keys)
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE repeat AS
        SELECT place, amount FROM (SELECT rowid AS place, *, {before} FROM ledger) WHERE {same}
    """)
    # Between two runs of repeats stands at least the first row of the second, so within a run this difference is one.
    con.execute("""
        UPDATE ledger SET amount = amount + more FROM (
            SELECT min(place) - 1 AS first, sum(amount)::BIGINT AS more
            FROM (SELECT *, place - row_number() OVER (ORDER BY place) AS run FROM repeat) GROUP BY run
        ) WHERE ledger.rowid = first
    """)
    con.execute("DELETE FROM ledger WHERE rowid IN (SELECT place FROM repeat)")
    con.execute("DROP TABLE repeat")


def _make_receipt(con: duckdb.DuckDBPyConnection, source: str, count: int) -> None:
    con.execute(f"""
        CREATE OR REPLACE TABLE receipt AS
        SELECT household_no, person_no, policy_id, year, amount FROM {_linked(source)}
        ORDER BY household_no, person_no NULLS FIRST, policy_id, year, amount
    """)
    _check_links(con, "receipt", source, count)


def _linked(source: str) -> str:
    """Rows with the number of their household and, where that household has the person they name, of the person."""
    return f"""
        {source} JOIN (SELECT household_no, household_id FROM household) USING (household_id)
        LEFT JOIN (SELECT person_no, person_id, household_no FROM person) USING (person_id, household_no)
    """


def _check_links(con: duckdb.DuckDBPyConnection, table: str, source: str, count: int) -> None:
    named = _count(con, source, "person_id")
    if (_count(con, table), _count(con, table, "person_no")) != (count, named):
        raise BrokenLinks


def _count(con: duckdb.DuckDBPyConnection, relation: str, what: str = "*") -> int:
    # All is fetched, because a result half read bars the connection's Arrow interface.
    [(counted,)] = con.execute(f"SELECT count({what}) FROM {relation}").fetchall()
    return int(counted)

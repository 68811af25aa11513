"""The prepared register of docs/snapshot.md, but for its wide tables (sums.py): typed rows numbered and sorted, the ledger summed."""

from collections.abc import Mapping

import duckdb

from bangfu.engine.duck import counted
from bangfu.engine.register.identity import derived_sql, numbered_sql
from bangfu.engine.register.staging import quoted
from bangfu.engine.register.typing_sql import sql_type
from bangfu.kernel.schema import Schema, schema


class BrokenLinks(Exception):
    """An id stands twice, or a row points to a household or person that is not there or not each other's."""


def publish(con: duckdb.DuckDBPyConnection, sources: Mapping[str, str]) -> dict[str, int]:
    """Make the prepared tables, replacing them, out of one relation for each table of the contract.

    A relation holds the contract's columns, typed, without any fault of its own. Returns the number of rows of each.
    Raises BrokenLinks; then nothing has changed.
    """
    contract = schema()
    counts = {name: counted(con, source) for name, source in sources.items()}
    con.begin()
    try:
        make_household(con, _sorted_households(sources["household"]))
        make_person(con, _worked_out(contract, sources["person"]))
        make_ledger(con, _linked(sources["ledger"]))
        _check_links(con, "ledger", sources["ledger"], counts["ledger"])
        add_up_repeats(con)
        make_receipt(con, _linked(sources["receipt"]))
        _check_links(con, "receipt", sources["receipt"], counts["receipt"])
        for table, key in (("household", "household_id"), ("person", "person_id")):
            if counted(con, table, f"DISTINCT {key}") != counts[table]:
                raise BrokenLinks
    except BaseException:
        con.rollback()
        raise
    con.commit()
    return counts


def make_household(con: duckdb.DuckDBPyConnection, rows: str) -> None:
    """Number the households that a query gives, with the contract's columns, in the order of village_code and household_id."""
    con.execute(f"CREATE OR REPLACE TABLE household AS SELECT {_numbered('household_no')}, * FROM ({rows})")


def make_person(con: duckdb.DuckDBPyConnection, rows: str) -> None:
    """Number the persons that a query gives in the order of household_no and person_id: these, and the contract's columns but for the household's id."""
    con.execute(f"CREATE OR REPLACE TABLE person AS SELECT {_numbered('person_no')}, * FROM ({rows})")


def make_ledger(con: duckdb.DuckDBPyConnection, rows: str) -> None:
    """Sort the ledger that a query gives: household_no, person_no, year, item, amount. To be followed by `add_up_repeats`."""
    con.execute(f"""
        CREATE OR REPLACE TABLE ledger AS
        SELECT household_no, person_no, year, item, amount FROM ({rows})
        ORDER BY household_no, person_no NULLS FIRST, year, item
    """)


def make_receipt(con: duckdb.DuckDBPyConnection, rows: str) -> None:
    """Sort the receipts that a query gives: household_no, person_no, policy_id, year, amount."""
    con.execute(f"""
        CREATE OR REPLACE TABLE receipt AS
        SELECT household_no, person_no, policy_id, year, amount FROM ({rows})
        ORDER BY household_no, person_no NULLS FIRST, policy_id, year, amount
    """)


def _sorted_households(source: str) -> str:
    columns = ", ".join(map(quoted, schema().tables["household"].columns))
    return f"SELECT {columns} FROM {source} ORDER BY village_code, household_id"


def _worked_out(contract: Schema, source: str) -> str:
    """The persons, sorted, with what their numbers tell. Those whose household is not there are left out, which their count then shows."""
    table = contract.tables["person"]
    made = {name: quoted(name) for name in table.columns if name != "household_id"}
    made["birth_date"] = "coalesce(birth_date, id_day)"
    made |= {name: f"({sql})::{sql_type(table.derived[name])}" for name, sql in derived_sql(contract).items()}
    columns = ", ".join(f"{sql} AS {quoted(name)}" for name, sql in made.items())
    return f"""
        SELECT household_no, {columns}
        FROM {numbered_sql(source)} JOIN (SELECT household_no, household_id FROM household) USING (household_id)
        ORDER BY household_no, person_id
    """


def _numbered(name: str) -> str:
    # A window without any order takes the rows as they come; one with an order would sort all columns once more.
    return f"(row_number() OVER () - 1)::INTEGER AS {name}"


def add_up_repeats(con: duckdb.DuckDBPyConnection) -> None:
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


def _linked(source: str) -> str:
    """Rows with the number of their household and, where that household has the person they name, of the person."""
    return f"""
        SELECT * FROM {source} JOIN (SELECT household_no, household_id FROM household) USING (household_id)
        LEFT JOIN (SELECT person_no, person_id, household_no FROM person) USING (person_id, household_no)
    """


def _check_links(con: duckdb.DuckDBPyConnection, table: str, source: str, count: int) -> None:
    named = counted(con, source, "person_id")
    if (counted(con, table), counted(con, table, "person_no")) != (count, named):
        raise BrokenLinks

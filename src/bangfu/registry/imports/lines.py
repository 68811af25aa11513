"""Amounts and telephones that another system states of a household, beside the lines that the register holds.

A total over several items says less than lines do. One that the lines held already make up changes nothing. Where a household has no line of it at all, it
is entered as one line, which a later file may correct. Anything else is a difference that somebody has to settle with the household.
"""

from collections.abc import Iterable, Mapping

import duckdb

from bangfu.registry.imports.state import COMPARED, fill
from bangfu.registry.layouts import Total
from bangfu.registry.models import VERSIONS

_DIGITS = "regexp_replace({0}, '[^0-9]', '', 'g')"


def no_lines(con: duckdb.DuckDBPyConnection) -> None:
    """As `add_totals` and `add_phones`, for a file that states none."""
    con.execute("CREATE OR REPLACE TABLE p_phone (household_id VARCHAR, phone VARCHAR)")
    con.execute(
        "CREATE OR REPLACE TABLE p_total (household_id VARCHAR, year INTEGER, total VARCHAR, held BIGINT, said BIGINT)"
    )


def add_totals(con: duckdb.DuckDBPyConnection, totals: Mapping[str, Total]) -> None:
    """Add to `p_ledger` the totals of `x_total` that are entered as a line, and make `p_total` of those that somebody has to settle."""
    fill(
        con,
        "total_item",
        {"total": "VARCHAR", "item": "VARCHAR"},
        [(name, item) for name, total in totals.items() for item in total.items],
    )
    fill(con, "total_books", {"total": "VARCHAR", "books": "VARCHAR"}, [(name, t.books) for name, t in totals.items()])
    con.execute("""
        CREATE OR REPLACE TEMP TABLE compared AS
        WITH held AS (
            SELECT household_id, year, total, sum(amount)::BIGINT AS held, list(id) AS ids,
                count(*) = 1 AND bool_and(person_id IS NULL AND item = books AND NOT fixed) AS is_total
            FROM s_ledger JOIN total_item USING (item) JOIN total_books USING (total) GROUP BY ALL
        )
        SELECT s.household_id, s.year, s.total, b.books, held, s.amount AS said, coalesce(ids, []) AS ids, coalesce(is_total, true) AS entered
        FROM x_total s JOIN total_books b USING (total) LEFT JOIN held h USING (household_id, year, total)
        WHERE s.amount <> coalesce(held, 0)
    """)
    con.execute("""
        INSERT INTO p_ledger BY NAME
        SELECT household_id, NULL::VARCHAR AS person_id, year, books AS item, said AS amount, ids AS old, held AS total, said FROM compared WHERE entered
    """)
    con.execute("INSERT INTO p_total SELECT household_id, year, total, held, said FROM compared WHERE NOT entered")


def add_phones(con: duckdb.DuckDBPyConnection) -> None:
    """Make `p_phone` of the telephones of `x_phone` that were never recorded of their household, also not as gone."""
    households = [each for (each,) in con.execute("SELECT id FROM k_household").fetchall()]
    fill(con, "s_phone", {"household": "BIGINT", "phone": "VARCHAR"}, _phones(households))
    con.execute(f"""
        INSERT INTO p_phone SELECT household_id, phone FROM x_phone LEFT JOIN k_household k ON k.number = household_id
        WHERE NOT EXISTS (
            SELECT 1 FROM s_phone s WHERE s.household = k.id AND {_DIGITS.format("s.phone")} = {_DIGITS.format("x_phone.phone")}
        )
    """)


def _phones(households: list[int]) -> Iterable[tuple[int, str]]:
    rows = VERSIONS["phone"].objects.unscoped(COMPARED).filter(stands=True)
    for start in range(0, len(households), 500):
        of_these = rows.filter(thing__household__in=households[start : start + 500])
        yield from of_these.values_list("thing__household_id", "number")

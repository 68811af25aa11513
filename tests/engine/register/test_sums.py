"""The wide tables say what the ledger's rows add up to, in order, wherever a block of households begins."""

from collections import defaultdict

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bangfu.engine.register import sums
from bangfu.engine.register.sums import WIDE, make_sums
from bangfu.kernel.schema import schema
from tests.examples import few

ITEMS = tuple(schema().codes["item"])
MONEY = schema().bounds["money"]
YEARS = schema().bounds["year"]
# Household and person: of nobody, of one alone and of one beside others.
WHOSE = st.tuples(st.integers(0, 9), st.sampled_from((None, 0, 1)))
ROW = st.tuples(WHOSE, st.integers(*YEARS), st.sampled_from((*ITEMS[:2], ITEMS[-1])), st.integers(*MONEY))
LEDGERS = st.lists(ROW, max_size=40, unique_by=lambda row: row[:3])


def ledger_of(rows):
    con = duckdb.connect()
    con.execute(
        "CREATE TABLE ledger (household_no INTEGER, person_no INTEGER, year INTEGER, item VARCHAR, amount BIGINT)"
    )
    said = [
        (household, None if who is None else 2 * household + who, year, item, amount)
        for (household, who), year, item, amount in rows
    ]
    con.executemany("INSERT INTO ledger VALUES (?, ?, ?, ?, ?)", [(-1, None, 1990, ITEMS[0], 0), *said])
    con.execute("DELETE FROM ledger WHERE household_no < 0")
    con.execute(
        "CREATE OR REPLACE TABLE ledger AS FROM ledger ORDER BY household_no, person_no NULLS FIRST, year, item"
    )
    return con


def added_up(rows, table):
    """The rows of a wide table, one key and one item after the other."""
    found: dict[tuple[int, ...], dict[str, int | None]] = defaultdict(lambda: dict.fromkeys(ITEMS))
    for (household, who), year, item, amount in rows:
        person = None if who is None else 2 * household + who
        key = {"household_no": household, "person_no": person, "year": year}
        if key[WIDE[table][0]] is not None:
            line = found[tuple(key[name] for name in WIDE[table])]
            line[item] = (line[item] or 0) + amount
    return [(*key, *line.values()) for key, line in sorted(found.items())]


@pytest.fixture(scope="module", params=[2, sums.AT_ONCE])
def at_once(request):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sums, "AT_ONCE", request.param)
        yield


@pytest.mark.usefixtures("at_once")
@few(40)
@given(rows=LEDGERS, first=st.integers(0, 9), more=st.integers(-1, 9))
def test_an_item_of_a_year_is_what_its_rows_add_up_to_and_the_same_where_some_households_are_read(rows, first, more):
    """And it is nothing where there is none."""
    con = ledger_of(rows)
    make_sums(con)
    for table in WIDE:
        assert con.execute(f"FROM {table}").fetchall() == added_up(rows, table)
        with sums.sums(con, table, first, first + more) as streamed:
            of_some = con.execute(f"FROM {streamed}").fetchall()
        whole = con.execute(f"FROM {table} WHERE household_no BETWEEN {first} AND {first + more}").fetchall()
        assert of_some == whole

"""Rows by the hundred thousand: all of a query's, or none."""

import duckdb
import pytest
from django.db import connection, transaction

from bangfu.engine.duck import open_engine
from bangfu.registry.bulk import insert_query, update_query

ROWS = 200_000


def held() -> list[tuple[int, int, str | None]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(said), max(said) FROM rows_held")
        return list(cursor.fetchall())


@pytest.fixture
def some(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE rows_held (n bigint, said varchar(20))")


@pytest.mark.usefixtures("some")
def test_rows_come_as_they_are_and_are_given_other_values() -> None:
    with open_engine() as con:
        insert_query(con, "rows_held", ("n", "said"), f"SELECT i, 'a,\"b' FROM range({ROWS}) t(i)")
        assert held() == [(ROWS, ROWS, 'a,"b')]
        update_query(con, "rows_held", ("n", "said"), f"SELECT i, NULL FROM range({ROWS}) t(i) WHERE i > {ROWS} - 20")
        update_query(con, "rows_held", ("n", "said"), "SELECT 0, 'z'")
    assert held() == [(ROWS, ROWS - 19, "z")]


@pytest.mark.usefixtures("some")
@pytest.mark.parametrize("at", [-1, ROWS - 1])
def test_of_a_query_that_fails_on_its_way_nothing_is_inserted(at: int) -> None:
    fails = f"SELECT i, CASE WHEN i = {at} OR {at} < 0 THEN error('no more') ELSE 'x' END FROM range({ROWS}) t(i)"
    with open_engine() as con, pytest.raises(duckdb.Error, match="no more"), transaction.atomic():
        insert_query(con, "rows_held", ("n", "said"), fails)
    assert held() == [(0, 0, None)]

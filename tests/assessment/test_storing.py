"""What a run stores is summed up in the rows that lists read as corrections sum it up."""

from typing import Any

import pytest
from django.db import connection

from bangfu.assessment.services.tallying import tally
from bangfu.registry.models import Listed
from tests.assessment.conftest import Office, households


def rows() -> list[Any]:
    return list(Listed.objects.unscoped("test").order_by("pk").values())


def test_a_run_sums_up_what_it_found_as_the_database_sums_up_what_stands(crowd: Office) -> None:
    crowd.run()
    by_the_run = rows()
    assert {row["assessed"] for row in by_the_run} == {True}
    assert any(row["due"] for row in by_the_run)
    assert any(row["warnings"] for row in by_the_run)
    Listed.objects.unscoped("test").update(assessed=False, due=0, received=0, net_income=None, warnings=0, errors=0)
    tally(households())
    assert rows() == by_the_run


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="PostgreSQL alone leaves room on a page")
@pytest.mark.parametrize(("room", "in_place"), [(100, False), (40, True)])
def test_rows_of_lists_are_changed_where_they_lie(db: None, room: int, in_place: bool) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT reloptions FROM pg_class WHERE relname = 'registry_listed'")
        assert cursor.fetchone() == (["fillfactor=40"],)
        cursor.execute("CREATE TEMP TABLE lists (LIKE registry_listed INCLUDING ALL)")
        cursor.execute(f"ALTER TABLE lists SET (fillfactor = {room})")
        named = "household_id, number, head, members, status, category, cause"
        cursor.execute(
            f"INSERT INTO lists ({named}) SELECT n, n::text, '', 1, '', '', '' FROM generate_series(1, 400) n"
        )
        cursor.execute(
            "UPDATE lists SET assessed = true, net_income = 1, net_income_per_capita = 1, missing_amount = 1, due = 1, below_line = true"
        )
        cursor.execute("SELECT pg_stat_get_xact_tuples_hot_updated('lists'::regclass)")
        assert (cursor.fetchone() == (400,)) is in_place

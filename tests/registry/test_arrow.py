"""The database read past the ORM: all of it as of one moment, by however many connections."""

from contextlib import closing

import pytest

from bangfu.engine.duck import open_engine
from bangfu.registry.arrow import Asked, reading
from bangfu.registry.models import Household
from tests.households import new_household
from tests.organisation import Organisation

COUNTED = f"SELECT count(*) AS number FROM {Household._meta.db_table}"
KINDS = {"number": "BIGINT"}
MANY = 12


def test_whatever_is_committed_after_the_first_look_is_in_none_of_the_tables(
    committed: None, org: Organisation
) -> None:
    new_household(org, "H1", "371102008201")
    with closing(open_engine()) as con, reading() as reader:
        reader.fill(con, "first", KINDS, COUNTED)
        new_household(org, "H2", "371102008201")
        reader.fill_all(con, [Asked(f"t{n}", KINDS, COUNTED) for n in range(MANY)])
        reader.fill(con, "last", KINDS, COUNTED)
        tables = ["first", *(f"t{n}" for n in range(MANY)), "last"]
        assert {con.sql(f"FROM {table}").fetchall()[0][0] for table in tables} == {1}
    assert Household.objects.unscoped("test").count() == 2


def test_a_table_that_cannot_be_read_is_told_and_not_passed_over(committed: None, org: Organisation) -> None:
    wrong = [Asked(f"t{n}", KINDS, COUNTED) for n in range(MANY)] + [Asked("x", KINDS, "SELECT number FROM nothing")]
    with (
        closing(open_engine()) as con,
        pytest.raises(Exception, match="nothing"),
        reading() as reader,
    ):
        reader.fill_all(con, wrong)

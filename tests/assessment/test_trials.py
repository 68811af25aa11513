"""Which way a trial says that a household goes, by what is due it on both sides."""

from collections.abc import Iterator

import duckdb
import pytest

from bangfu.assessment.services import trials
from bangfu.assessment.services.trials import _effects, _show, _sum_money, _Sums
from bangfu.kernel.schema import RESULT_TABLES
from bangfu.policies.models import Way


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        for side in trials.SIDES:
            for table in RESULT_TABLES:
                _show(con, f"{side}_{table}", table, None)
        yield con


Said = tuple[str, int | None, int | None]


def put(con: duckdb.DuckDBPyConnection, side: str, *said: Said) -> None:
    """A household's verdicts on policies p0, p1, …"""
    for number, (verdict, yearly, due) in enumerate(said):
        con.execute(
            f"INSERT INTO {side}_entitlement (household_id, policy_id, verdict, annual_amount, due_low, due_high) "
            "VALUES ('H1', ?, ?, ?, ?, ?)",
            [f"p{number}", verdict, yearly, due, due],
        )


def test_money_due_before_another_policy_took_its_place_is_gained_and_lost_as_other_money(
    con: duckdb.DuckDBPyConnection,
) -> None:
    put(con, "before", ("excluded", None, 16_000), ("entitled", 90_000, 30_000))
    put(con, "after", ("excluded", None, 16_001), ("entitled", 90_000, 30_000))
    assert told(con) == (Way.GAIN, 0, 0, {"p0": (1, 0)})


@pytest.mark.parametrize(
    ("before", "after", "way"),
    [
        # What was due until a day is due, whatever its verdict is called by now.
        (("excluded", None, 16_000), ("excluded", None, 15_999), Way.LOSE),
        (("ended", None, 16_000), ("excluded", None, 16_000), Way.OTHER),
        (("ended", None, 16_000), ("excluded", None, 16_001), Way.GAIN),
        (("excluded", None, 16_000), ("ended", None, 15_999), Way.LOSE),
        (("excluded", None, 0), ("not_entitled", None, None), Way.OTHER),
        (("excluded", None, 1), ("not_entitled", None, None), Way.LOSE),
        (("not_entitled", None, None), ("excluded", None, 1), Way.GAIN),
        # Of one that is due, what it is a year counts first.
        (("excluded", None, 90_000), ("entitled", 1, 0), Way.GAIN),
        (("entitled", 96_000, 48_000), ("entitled", 96_000, 48_001), Way.GAIN),
        (("entitled", 96_000, 48_000), ("unknown", None, None), Way.LOSE),
    ],
)
def test_a_household_goes_the_way_of_all_that_is_due_it(
    con: duckdb.DuckDBPyConnection, before: Said, after: Said, way: Way
) -> None:
    put(con, "before", before)
    put(con, "after", after)
    assert told(con)[0] == way


def test_what_only_moves_from_one_policy_to_another_is_no_gain_of_the_household_but_of_the_policy(
    con: duckdb.DuckDBPyConnection,
) -> None:
    put(con, "before", ("excluded", None, 16_000), ("entitled", 90_000, 30_000))
    put(con, "after", ("excluded", None, 15_000), ("entitled", 90_000, 31_000))
    assert told(con) == (Way.OTHER, 90_000, 90_000, {"p0": (0, 1), "p1": (1, 0)})


def told(con: duckdb.DuckDBPyConnection) -> tuple[str, int, int, dict[str, tuple[int, int]]]:
    """Of the one household: its way, money a year before and after; and of each policy how many gain and lose."""
    sums = _Sums()
    _sum_money(con, sums)
    ((_, effect),) = _effects(con, sums)
    return effect.way, effect.before, effect.after, {p: (s["gain"], s["lose"]) for p, s in sums.policies.items()}

"""The verdict of a benchmark: whose result is the same, which goals are missed."""

import sys
from pathlib import Path

import duckdb
import pytest

from bangfu.kernel.schema import schema
from bench.compare import differences, fingerprint
from bench.contenders import OURS, Contender, Goal
from bench.measure import MIB, Measured
from bench.outcome import Outcome, Size, faults, missed
from bench.run import entrants

KINDS = {"money": "1.23::DECIMAL(18, 2)", "count": "3", "yes_no": "NULL::BOOLEAN"}
ROW = {column.name: KINDS.get(column.type, "'h1'") for column in schema().results["assessment"].columns.values()}
PEER = Contender("peer", (), goal=Goal(1.0, memory=0.5))


def written(folder: Path, *rows: dict[str, str]) -> dict[str, int]:
    folder.mkdir()
    for number, row in enumerate(rows):
        cells = ", ".join(f"{cell} AS {name}" for name, cell in row.items())
        duckdb.sql(f"COPY (SELECT {cells}) TO '{folder}/{number}.parquet'")
    return fingerprint(folder, "*.parquet")


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ([ROW | {"household_id": "'h2'"}, ROW], []),
        ([ROW, ROW | {"household_id": "'h2'", "wage": "1.24"}], ["wage"]),
        ([ROW, ROW | {"household_id": "'h2'", "food": "false"}], ["food"]),
        ([ROW, ROW | {"household_id": "'h2'", "members": "NULL::INTEGER"}], ["members"]),
        ([ROW], ["rows"]),
    ],
)
def test_a_cell_that_differs_is_found_whatever_the_order(
    tmp_path: Path, other: list[dict[str, str]], said: list[str]
) -> None:
    ours = written(tmp_path / "ours", ROW, ROW | {"household_id": "'h2'"})
    assert differences(ours, written(tmp_path / "other", *other)) == said


def size(ours: Outcome, *peers: Outcome) -> Size:
    return Size({"household": 1000, "person": 3000}, [ours, *peers])


def outcome(contender: Contender, *seconds: float, mib: int = 100) -> Outcome:
    return Outcome(contender, [Measured(s, s, mib * MIB) for s in seconds])


def test_goals_hold_where_the_median_ratio_of_the_rounds_holds() -> None:
    # The second round was slow for both.
    assert missed([size(outcome(OURS, 1.0, 9.0, 1.0), outcome(PEER, 1.1, 10.0, 0.9, mib=200))]) == []


def test_a_missed_goal_is_named_with_what_was_measured() -> None:
    assert missed([size(outcome(OURS, 1.2, 1.2), outcome(PEER, 1.0, 1.0, mib=150))]) == [
        "1,000 households, peer: we take 1.20 of its time, at most 1.00",
        "1,000 households, peer: we take 0.67 of its memory, at most 0.50",
    ]


def test_memory_that_grows_with_the_register_misses_its_goal() -> None:
    small, large = size(outcome(OURS, 1.0, mib=100)), size(outcome(OURS, 9.0, mib=131))
    assert missed([small, large]) == ["memory grows 1.31 times, at most 1.3"]


def test_a_peer_whose_result_differs_is_a_fault_and_no_yardstick() -> None:
    wrong = outcome(PEER, 0.1, mib=150)
    wrong.differs = ["wage"]
    measured = [size(outcome(OURS, 1.0), wrong)]
    assert missed(measured) == []
    assert faults(measured) == ["1,000 households, peer: not as ours: wage"]


def test_who_knows_only_yes_and_no_takes_part_where_everything_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    # Whatever interpreter runs this has the one module that this peer needs.
    peer = Contender("two-valued", (), needs=("json",), two_valued=True)
    monkeypatch.setattr("bench.run.CONTENDERS", (OURS, peer))
    said = {
        known: ([entry.contender.name for entry in entries], absent)
        for known in (True, False)
        for entries, absent in [entrants(None, sys.executable, known=known)]
    }
    assert said == {
        True: (["bangfu", "two-valued"], []),
        False: (["bangfu"], ["two-valued: knows only yes and no (--known)"]),
    }

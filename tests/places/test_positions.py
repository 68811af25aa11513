"""Where villages lie is pasted line by line: all of it is taken or none, what is wrong is said with its line, and nothing is overwritten."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bangfu.audit.data import By
from bangfu.audit.models import Entry
from bangfu.places.models import Level, Position
from bangfu.places.positions import EAST, NORTH, Lies, PositionsRefused, lines_of, locate, positions_in, positions_of
from bangfu.places.services import Described, add_place
from bangfu.privacy.keys import KeyRing

pytestmark = pytest.mark.django_db
FIRST, SECOND = "371102008201", "371102008202"


@pytest.fixture
def by() -> By:
    return By("account:1", datetime(2017, 12, 1, 1, 0, tzinfo=UTC), KeyRing.made(), "测试")


@pytest.fixture
def tree(by: By) -> dict[str, int]:
    """A subdistrict with two villages, and one with none, by code."""
    made: dict[str, int] = {}
    for code, level, above in (
        ("37", Level.PROVINCE, None),
        ("3711", Level.PREFECTURE, "37"),
        ("371102", Level.COUNTY, "3711"),
        ("371102008", Level.TOWNSHIP, "371102"),
        ("371102009", Level.TOWNSHIP, "371102"),
        (FIRST, Level.VILLAGE, "371102008"),
        (SECOND, Level.VILLAGE, "371102008"),
    ):
        made[code] = add_place(by, level, Described(code, f"甲 {code}", made.get(above or ""), date(2014, 1, 1)))
    return made


def refused(by: By, within: int, lines: str) -> str:
    with pytest.raises(PositionsRefused) as refusal:
        locate(by, within, lines)
    assert not Position.objects.exists()
    return refusal.value.text.zh


@pytest.mark.parametrize(
    "line",
    [
        f"{FIRST} 119.53125 35.42113",
        f"{FIRST}\t甲 村\t119.53125\t35.42113",
        f"{FIRST},甲村,119.53125,35.42113",
        f"  {FIRST}，119.531250，35.421131 ",
    ],
)
def test_a_line_is_read_as_people_paste_it(by: By, tree: dict[str, int], line: str) -> None:
    assert locate(by, tree["371102"], f"\n{line}\r\n\n") == 1
    assert positions_of([tree[FIRST]]) == {tree[FIRST]: Lies(11_953_125, 3_542_113)}


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    east=st.integers(EAST[0] * 100_000, EAST[1] * 100_000), north=st.integers(NORTH[0] * 100_000, NORTH[1] * 100_000)
)
def test_what_is_shown_is_read_back_as_it_was(by: By, tree: dict[str, int], east: int, north: int) -> None:
    Position.objects.filter(place=tree[FIRST], is_current=True).update(is_current=False)
    now = {"recorded_at": by.at, "recorded_by": by.actor, "is_current": True}
    Position.objects.create(place_id=tree[FIRST], east=east, north=north, **now)
    assert locate(by, tree["371102"], lines_of(tree["371102"])) == 0
    assert positions_of([tree[FIRST]]) == {tree[FIRST]: Lies(east, north)}


def test_a_line_without_them_takes_a_position_away_and_what_was_stays_recorded(by: By, tree: dict[str, int]) -> None:
    locate(by, tree["371102"], f"{FIRST} 119.5 35.4\n{SECOND} 119.6 35.4")
    assert locate(by, tree["371102"], f"{FIRST} 甲村") == 1
    assert list(positions_of(tree.values())) == [tree[SECOND]]
    assert Position.objects.filter(place=tree[FIRST]).count() == 2
    assert Entry.objects.filter(act="places.locate").count() == 2


def test_what_is_said_again_is_no_act(by: By, tree: dict[str, int]) -> None:
    locate(by, tree["371102"], f"{FIRST} 119.5 35.4")
    assert locate(by, tree["371102"], f"{FIRST} 119.50000 35.40") == 0
    assert Entry.objects.filter(act="places.locate").count() == 1


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("371102009201 119.5 35.4", "没有代码为“371102009201”的村"),
        (f"{FIRST} 119.5", "要么都写，要么都不写"),
        (f"{FIRST} 119.5 35.4 7", "要么都写，要么都不写"),
        (f"{FIRST} 35.4 119.5", "先经度后纬度"),
        (f"{FIRST} 0 0", "先经度后纬度"),
        (f"{FIRST} 1e9 35", "先经度后纬度"),
        (f"{SECOND} 119.5 35.4", "在前面已经有一行"),
        ("=cmd()", "没有代码为“=cmd()”的村"),
    ],
)
def test_a_line_that_cannot_be_is_refused_with_its_number(by: By, tree: dict[str, int], line: str, what: str) -> None:
    said = refused(by, tree["371102"], f"{SECOND} 119.4 35.3\n\n{line}")
    assert said.startswith("第 3 行：")
    assert what in said


def test_of_very_many_faults_some_are_told_and_the_rest_counted(by: By, tree: dict[str, int]) -> None:
    assert "另有 95 行有误" in refused(by, tree["371102"], "x\n" * 100)


def test_a_place_is_where_the_villages_in_it_are_and_one_of_which_nothing_is_known_is_nowhere(
    by: By, tree: dict[str, int]
) -> None:
    locate(by, tree["371102"], f"{FIRST} 119.5 35.4\n{SECOND} 119.7 35.6")
    both = [Lies(11_950_000, 3_540_000), Lies(11_970_000, 3_560_000)]
    found = positions_in([tree["371102008"], tree["371102009"], tree[FIRST]])
    assert {place: sorted(lying, key=lambda lies: lies.east) for place, lying in found.items()} == {
        tree["371102008"]: both,
        tree[FIRST]: both[:1],
    }

"""Places keep what they are when codes, names and parents change; a zone runs subdistricts that no prefix names."""

from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, transaction

from bangfu.audit.data import By
from bangfu.audit.models import Entry
from bangfu.kernel.divisions import divisions
from bangfu.kernel.errors import DomainError
from bangfu.places.models import Below, Level, Place, PlaceVersion, UnitKind
from bangfu.places.selectors import area_of_unit, place_of_code, places_that_lay_in, places_within, version_as_of
from bangfu.places.services import (
    Described,
    add_place,
    change_place,
    found_unit,
    give_area,
    load_divisions,
    take_area,
)
from bangfu.privacy.keys import KeyRing

FIRST, LATER = date(2014, 1, 1), date(2017, 7, 1)
NOW = datetime(2017, 12, 1, 1, 0, tzinfo=UTC)
BEFORE = datetime(2016, 12, 1, 1, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def by() -> By:
    return By("account:1", NOW, KeyRing.made(), "测试")


@pytest.fixture
def tree(by: By) -> dict[str, int]:
    """A small country by code: a district with two subdistricts, the first with two villages."""
    made: dict[str, int] = {}
    for code, level, above in (
        ("37", Level.PROVINCE, None),
        ("3711", Level.PREFECTURE, "37"),
        ("371102", Level.COUNTY, "3711"),
        ("371102008", Level.TOWNSHIP, "371102"),
        ("371102009", Level.TOWNSHIP, "371102"),
        ("371102008201", Level.VILLAGE, "371102008"),
        ("371102008202", Level.VILLAGE, "371102008"),
    ):
        made[code] = add_place(by, level, Described(code, f"甲{code}", made.get(above or ""), FIRST))
    return made


def refusal(code: str) -> "pytest.RaisesExc[DomainError]":
    return pytest.raises(DomainError, match=f"^{code}:")


def test_the_shipped_divisions_are_loaded_once(by: By) -> None:
    assert load_divisions(by, FIRST) == len(divisions())
    assert load_divisions(by, FIRST) == 0
    district = place_of_code("371102", LATER, NOW)
    assert district is not None
    assert places_within([district]).count() == 1 + 12 + 616
    assert Entry.objects.filter(act="places.load").count() == 1


def test_a_village_that_moves_keeps_its_past(by: By, tree: dict[str, int]) -> None:
    village, new_home = tree["371102008201"], tree["371102009"]
    change_place(by, village, Described("371102009301", "乙村", new_home, LATER))
    before, since = version_as_of(village, date(2017, 6, 30), NOW), version_as_of(village, LATER, NOW)
    assert before is not None
    assert since is not None
    assert (before.code, before.above_id) == ("371102008201", tree["371102008"])
    assert (since.code, since.name, since.above_id) == ("371102009301", "乙村", new_home)
    assert place_of_code("371102008201", date(2017, 6, 30), NOW) == village
    assert place_of_code("371102008201", LATER, NOW) is None
    assert place_of_code("371102009301", LATER, NOW) == village
    assert village in places_within([new_home])
    assert village not in places_within([tree["371102008"]])


def test_what_was_not_known_yet_does_not_count(by: By, tree: dict[str, int]) -> None:
    assert version_as_of(tree["371102008"], LATER, BEFORE) is None
    assert version_as_of(tree["371102008"], date(2013, 12, 31), NOW) is None


def test_what_is_recorded_late_does_not_replace_what_holds(by: By, tree: dict[str, int]) -> None:
    village = tree["371102008201"]
    change_place(by, village, Described("371102008201", "新名", tree["371102008"], LATER))
    change_place(by, village, Described("371102008201", "旧名", tree["371102008"], date(2015, 1, 1)))
    assert [
        version.name if (version := version_as_of(village, day, NOW)) else None
        for day in (FIRST, date(2015, 1, 1), date(2017, 6, 30), LATER)
    ] == ["甲371102008201", "旧名", "旧名", "新名"]
    assert PlaceVersion.objects.get(place=village, is_current=True).name == "新名"


def test_of_two_versions_of_a_day_the_later_recorded_holds(by: By, tree: dict[str, int]) -> None:
    village = tree["371102008201"]
    change_place(by, village, Described("371102008201", "改正", tree["371102008"], FIRST))
    version = version_as_of(village, FIRST, NOW)
    assert version is not None
    assert (version.name, version.is_current) == ("改正", True)


@pytest.mark.parametrize("code", ["", "3711020082", "37110200820１", "371102008abc", "371102008201 "])
def test_a_malformed_code_is_refused(by: By, tree: dict[str, int], code: str) -> None:
    with refusal("CODE_MALFORMED"):
        change_place(by, tree["371102008202"], Described(code, "村", tree["371102008"], LATER))


def test_a_code_is_never_given_to_another_place_even_after_it_was_given_up(by: By, tree: dict[str, int]) -> None:
    change_place(by, tree["371102008201"], Described("371102009301", "乙村", tree["371102009"], LATER))
    with refusal("CODE_TAKEN"):
        add_place(by, Level.VILLAGE, Described("371102008201", "丙村", tree["371102008"], LATER))


@pytest.mark.parametrize("above", ["371102", "371102008202", "371102008201", None])
def test_a_village_lies_in_a_subdistrict_and_nowhere_else(by: By, tree: dict[str, int], above: str | None) -> None:
    described = Described("371102008201", "村", tree[above] if above else None, LATER)
    with refusal("PARENT_UNFIT"):
        change_place(by, tree["371102008201"], described)


def test_a_subdistrict_with_villages_is_not_abolished(by: By, tree: dict[str, int]) -> None:
    gone = Described("371102008", "街道", tree["371102"], LATER, abolished=True)
    with refusal("PLACE_NOT_EMPTY"):
        change_place(by, tree["371102008"], gone)


def test_an_abolished_village_lies_nowhere_and_is_found_on_earlier_days(by: By, tree: dict[str, int]) -> None:
    village = tree["371102008201"]
    change_place(by, village, Described("371102008201", "村", tree["371102008"], LATER, abolished=True))
    assert not Below.objects.filter(place=village).exists()
    assert place_of_code("371102008201", LATER, NOW) is None
    assert place_of_code("371102008201", FIRST, NOW) == village


def test_an_abolished_village_that_is_taken_back_lies_where_it_lay(by: By, tree: dict[str, int]) -> None:
    village, above = tree["371102008201"], tree["371102008"]
    change_place(by, village, Described("371102008201", "村", above, LATER, abolished=True))
    assert [row.id for row in places_that_lay_in(above)] == [village]
    change_place(by, village, Described("371102008201", "村", above, LATER))
    assert village in places_within([above])
    assert places_that_lay_in(above) == []
    assert place_of_code("371102008201", LATER, NOW) == village


def test_nothing_comes_to_lie_in_an_abolished_place(by: By, tree: dict[str, int]) -> None:
    gone = tree["371102009"]
    change_place(by, gone, Described("371102009", "街道", tree["371102"], LATER, abolished=True))
    with refusal("PARENT_UNFIT"):
        add_place(by, Level.VILLAGE, Described("371102009201", "村", gone, LATER))
    with refusal("PARENT_UNFIT"):
        change_place(by, tree["371102008201"], Described("371102008201", "村", gone, LATER))


def test_a_place_that_a_unit_runs_is_not_abolished_before_that_ended(by: By, tree: dict[str, int]) -> None:
    village, unit = tree["371102008201"], found_unit(by, "甲局", UnitKind.HELPING_UNIT)
    give_area(by, unit, village, FIRST)
    take_area(by, unit, village, LATER)
    early = Described("371102008201", "村", tree["371102008"], date(2017, 6, 30), abolished=True)
    with refusal("PLACE_NOT_EMPTY"):
        change_place(by, village, early)
    change_place(by, village, Described("371102008201", "村", tree["371102008"], LATER, abolished=True))
    assert not Below.objects.filter(place=village).exists()


def test_a_change_is_recorded_on_its_first_day_and_not_before(by: By, tree: dict[str, int]) -> None:
    village, above = tree["371102008201"], tree["371102008"]
    change_place(by, village, Described("371102008201", "今日", above, date(2017, 12, 1)))
    with refusal("NOT_YET"):
        change_place(by, village, Described("371102008201", "明日", above, date(2017, 12, 2)))


def test_a_refused_change_leaves_neither_version_nor_entry(by: By, tree: dict[str, int]) -> None:
    before = PlaceVersion.objects.count(), Entry.objects.count(), Place.objects.count()
    with refusal("CODE_TAKEN"):
        add_place(by, Level.VILLAGE, Described("371102008201", "村", tree["371102008"], LATER))
    assert (PlaceVersion.objects.count(), Entry.objects.count(), Place.objects.count()) == before


def test_the_database_holds_one_current_version_and_one_place_a_code(by: By, tree: dict[str, int]) -> None:
    one = PlaceVersion.objects.get(place=tree["371102008201"], is_current=True)
    for place, code in ((one.place_id, "371102008999"), (tree["371102008202"], "371102008201")):
        with pytest.raises(IntegrityError), transaction.atomic():
            PlaceVersion.objects.create(
                place_id=place,
                code=code,
                name="村",
                above_id=one.above_id,
                valid_from=LATER,
                recorded_at=NOW,
                recorded_by="account:1",
                is_current=True,
            )


def test_a_zone_runs_two_subdistricts_from_its_first_day_to_before_its_last(by: By, tree: dict[str, int]) -> None:
    zone = found_unit(by, "旅游度假区管委会", UnitKind.ZONE)
    for code in ("371102008", "371102009"):
        give_area(by, zone, tree[code], FIRST)
    with refusal("AREA_HELD"):
        give_area(by, zone, tree["371102008"], LATER)
    take_area(by, zone, tree["371102009"], LATER)
    both, one = [tree["371102008"], tree["371102009"]], [tree["371102008"]]
    assert area_of_unit(zone, date(2013, 12, 31)) == []
    assert area_of_unit(zone, FIRST) == both
    assert area_of_unit(zone, date(2017, 6, 30)) == both
    assert area_of_unit(zone, LATER) == one
    assert set(places_within(both)) == {tree[code] for code in tree if len(code) > 6}
    with refusal("AREA_NOT_HELD"):
        take_area(by, zone, tree["371102009"], LATER)
    with refusal("AREA_NOT_HELD"):
        take_area(by, zone, tree["371102008"], FIRST)


def test_two_units_do_not_share_a_name(by: By) -> None:
    found_unit(by, "甲局", UnitKind.OFFICE)
    with refusal("UNIT_KNOWN"):
        found_unit(by, "甲局", UnitKind.HELPING_UNIT)

"""The record is read by auditors, for the places of their post."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from bangfu.access.selectors import Asked, entries, names_of
from bangfu.access.services.territory import add_place, change_place
from bangfu.audit.data import Act
from bangfu.audit.services import record
from bangfu.places.models import Level
from bangfu.places.services import Described
from tests.organisation import FIRST, NOW, TODAY, Organisation, founded


@pytest.fixture
def org(db: None) -> Organisation:
    made = founded()
    made.add("foreign", "371103")
    made.open("foreign", "auditor", "371103")
    made.seat("foreign", "foreign")
    return made


def seen(org: Organisation, name: str, asked: Asked = Asked()) -> set[str]:  # noqa: B008  # it cannot be changed
    return {entry.subject for entry in entries(org.actor(name), asked)}


def test_an_auditor_reads_what_concerns_the_area_and_what_concerns_no_place(org: Organisation) -> None:
    record(replace(org.by, actor="anonymous"), Act("access.sign_in", "account:0"))
    here, there = f"account:{org.accounts['village']}", f"account:{org.accounts['stranger']}"
    assert {here, "account:0"} <= seen(org, "auditor")
    assert there not in seen(org, "auditor")
    assert {there, "account:0"} <= seen(org, "foreign")
    assert here not in seen(org, "foreign")


def test_what_happened_in_a_place_that_was_abolished_is_read_by_whoever_reads_of_the_one_in_which_it_lay(
    org: Organisation,
) -> None:
    admin, made = org.actor("admin"), list[Described]()
    for level, code, above in ((Level.TOWNSHIP, "371102010", "371102"), (Level.VILLAGE, "371102010201", "371102010")):
        described = Described(code, "南边", org.places[above], FIRST)
        org.places[code] = add_place(org.by, admin, level, described)
        made.insert(0, described)
    for described in made:
        gone = replace(described, valid_from=TODAY, abolished=True)
        change_place(org.by, admin, org.places[described.code], gone)
    subjects = {f"place:{org.places[described.code]}" for described in made}
    assert subjects <= seen(org, "auditor")
    assert not subjects & seen(org, "foreign")
    acts = {entry.act for entry in entries(org.actor("auditor"), Asked(subject=f"place:{org.places['371102010201']}"))}
    assert acts == {"places.add", "places.abolish"}


@pytest.mark.parametrize("name", ["admin", "officer", "subdistrict", "village", "district", "nobody"])
def test_nobody_else_reads_anything_not_even_of_themselves(org: Organisation, name: str) -> None:
    assert seen(org, name) == set()


def test_what_is_asked_narrows_and_never_widens(org: Organisation) -> None:
    there = f"account:{org.accounts['stranger']}"
    assert seen(org, "auditor", Asked(subject=there)) == set()
    here = f"post:{org.posts['village']}"
    assert seen(org, "auditor", Asked(subject=here, act="access.hand_over")) == {here}
    assert seen(org, "auditor", Asked(actor="account:1")) == set()


def test_days_are_whole_days_of_the_office(org: Organisation) -> None:
    midnight = datetime(2018, 3, 31, 16, 0, tzinfo=UTC)  # the first of April there
    for n, at in enumerate((midnight.replace(hour=15, minute=59), midnight)):
        record(replace(org.by, at=at), Act("access.sign_in", f"account:{n}"))
    april = Asked(since=date(2018, 4, 1), until=date(2018, 4, 1))
    assert seen(org, "auditor", april) == {"account:1"}
    assert seen(org, "auditor", Asked(since=date(2018, 3, 31), until=date(2018, 3, 31))) == {"account:0"}
    assert seen(org, "auditor", Asked(until=FIRST)) == set()
    assert NOW.date() < date(2018, 3, 31)


def test_names_are_told_of_who_may_be_seen(org: Organisation) -> None:
    things = [f"account:{org.accounts['stranger']}", f"post:{org.posts['stranger']}"]
    assert names_of(org.actor("auditor"), things) == {}
    assert list(names_of(org.actor("foreign"), things).values()) == ["人stranger", "岗stranger"]


def test_places_and_units_are_named_to_whoever_sees_any(org: Organisation) -> None:
    things = [f"place:{org.places['371103001201']}", f"unit:{org.unit}", "place:999999", "run:1", "file:x.backup"]
    assert list(names_of(org.actor("auditor"), things).values()) == ["北一村", "区扶贫办"]
    assert names_of(org.actor("nobody"), things) == {}


def test_all_of_a_kind_can_be_asked_for_and_no_kind_that_only_begins_like_it(org: Organisation) -> None:
    for subject in ("account:1", "post:1"):
        record(replace(org.by, actor="anonymous"), Act("access.denied", subject))
    denied = Asked(act="access.denied")
    assert seen(org, "auditor", replace(denied, subject="account")) == {"account:1"}
    assert seen(org, "auditor", replace(denied, subject="post")) == {"post:1"}
    assert seen(org, "auditor", replace(denied, subject="po")) == set()
    assert seen(org, "auditor", replace(denied, actor="anonymous")) == {"account:1", "post:1"}
    assert seen(org, "auditor", replace(denied, actor="account")) == set()


def test_what_is_looked_at_along_with_a_subject_is_read_with_it(org: Organisation) -> None:
    for subject in ("household:1", "person:1", "person:2"):
        record(org.by, Act("privacy.reveal", subject))
    asked = Asked(subject="household:1", along=frozenset({"person:2"}))
    assert seen(org, "auditor", asked) == {"household:1", "person:2"}


def test_a_place_is_asked_for_with_all_that_lies_in_it_and_never_beyond_what_is_read(org: Organisation) -> None:
    for code in ("371102008201", "371102009201", "371103001201"):
        record(org.by, Act("places.locate", f"place:{org.places[code]}", org.places[code]))
    located = Asked(act="places.locate")
    east, region = org.places["371102008"], org.places["3711"]
    assert seen(org, "auditor", replace(located, place=east)) == {f"place:{org.places['371102008201']}"}
    wide = seen(org, "auditor", replace(located, place=region))
    assert wide == {f"place:{org.places[code]}" for code in ("371102008201", "371102009201")}
    assert seen(org, "auditor", replace(located, place=org.places["371103"])) == set()

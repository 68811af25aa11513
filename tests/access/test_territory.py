"""Places are abolished once nobody answers for them, and taken back by whoever keeps the place in which they lay."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from django.db import connection

from bangfu.access.data import Denied
from bangfu.access.models import PostArea
from bangfu.access.services.people import change_account
from bangfu.access.services.posts import close_post, hand_over, narrow_post, widen_post
from bangfu.access.services.territory import add_place, change_place, give_area, take_area
from bangfu.audit.models import Entry
from bangfu.kernel.errors import DomainError
from bangfu.places import services, tree
from bangfu.places.models import Below, Level, PlaceVersion, UnitArea, UnitKind
from bangfu.places.services import Described, found_unit
from tests.organisation import FIRST, TODAY, Organisation, founded
from tests.races import at_once, meeting, unprotected

NEW, EAST = "371102008203", "371102008"


@pytest.fixture
def org(db: None) -> Organisation:
    """With a village more, in which nothing is."""
    return with_a_village(founded())


def with_a_village(org: Organisation) -> Organisation:
    described = Described(NEW, "东三村", org.places[EAST], FIRST)
    org.places[NEW] = add_place(org.by, org.actor("admin"), Level.VILLAGE, described)
    return org


def refusal(code: str) -> "pytest.RaisesExc[DomainError]":
    return pytest.raises(DomainError, match=f"^{code}:")


def described(org: Organisation, *, abolished: bool) -> Described:
    return Described(NEW, "东三村", org.places[EAST], TODAY, abolished)


def abolish(org: Organisation, who: str = "admin") -> None:
    change_place(org.by, org.actor(who), org.places[NEW], described(org, abolished=True))


def lies(org: Organisation) -> bool:
    return Below.objects.filter(place=org.places[NEW], within=org.places["371102"]).exists()


def test_a_village_for_which_a_post_answers_is_not_abolished(org: Organisation) -> None:
    admin, new = org.actor("admin"), org.places[NEW]
    org.open("new", "village", NEW)
    with refusal("PLACE_NOT_EMPTY"):
        abolish(org)
    close_post(org.by, admin, org.posts["new"], org.posts["village"], TODAY)
    # Its places are now the other's, beside its own.
    with refusal("PLACE_NOT_EMPTY"):
        abolish(org)
    narrow_post(org.by, admin, org.posts["village"], new, TODAY + (TODAY - FIRST))
    with refusal("PLACE_NOT_EMPTY"):  # until then
        abolish(org)
    assert lies(org)


def test_once_a_post_answers_for_it_no_more_it_is_abolished_and_the_post_can_be_handed_over(org: Organisation) -> None:
    admin, post = org.actor("admin"), org.posts["village"]
    widen_post(org.by, admin, post, org.places[NEW], FIRST)
    narrow_post(org.by, admin, post, org.places[NEW], TODAY)
    abolish(org)
    assert not lies(org)
    hand_over(org.by, admin, post, None, TODAY)


def test_a_village_to_which_accounts_belong_is_not_abolished(org: Organisation) -> None:
    org.add("idle", NEW)
    with refusal("PLACE_NOT_EMPTY"):
        abolish(org)
    change_account(org.by, org.actor("admin"), org.accounts["idle"], name="某", phone="", home=org.places[EAST])
    abolish(org)
    assert not lies(org)


def test_whatever_is_left_is_told_at_once(org: Organisation) -> None:
    org.add("idle", NEW)
    org.open("new", "village", NEW)
    with refusal("PLACE_NOT_EMPTY") as told:
        abolish(org)
    assert "岗位" in told.value.text.zh
    assert "账号" in told.value.text.zh


def test_that_a_village_was_abolished_is_taken_back_by_whoever_keeps_the_place_in_which_it_lay(
    org: Organisation,
) -> None:
    abolish(org)
    back, entries = described(org, abolished=False), Entry.objects.filter(act="places.change")
    for who in ("officer", "subdistrict", "auditor", "nobody"):
        with pytest.raises(Denied):
            change_place(org.by, org.actor(who), org.places[NEW], back)
    org.open("elsewhere", "admin", "371103")
    hand_over(org.by, org.founder, org.posts["elsewhere"], org.accounts["nobody"], FIRST)
    with pytest.raises(Denied):
        change_place(org.by, org.actor("nobody"), org.places[NEW], back)
    assert not entries.exists()
    change_place(org.by, org.actor("admin"), org.places[NEW], back)
    assert lies(org)
    assert entries.count() == 1


def test_nobody_takes_a_village_back_into_a_place_that_they_do_not_keep(org: Organisation) -> None:
    abolish(org)
    elsewhere = replace(described(org, abolished=False), above=org.places["371103001"])
    with pytest.raises(Denied):
        change_place(org.by, org.actor("admin"), org.places[NEW], elsewhere)
    assert PlaceVersion.objects.get(place=org.places[NEW], is_current=True).abolished


def test_no_place_is_taken_from_a_unit_whose_administrator_alone_answers_for_it(org: Organisation) -> None:
    """An administrator of whatever a unit runs, in another county, which nobody else keeps."""
    county, on = org.places["371103"], TODAY
    unit = found_unit(org.by, "东港区扶贫办", UnitKind.OFFICE)
    give_area(org.by, org.founder, unit, county, FIRST)
    org.open("unit", "admin", units=(unit,))
    take = partial(take_area, org.by, org.founder, unit, county, on)
    org.add("keeper")
    org.seat("keeper", "unit")
    with refusal("LAST_ADMINISTRATOR"):
        take()
    assert UnitArea.objects.filter(unit=unit, held_until=None).exists()
    org.open("elsewhere", "admin", "371103")
    org.add("second")
    org.seat("second", "elsewhere")
    take()
    assert not UnitArea.objects.filter(unit=unit, held_until=None).exists()


def widened_and_abolished_at_once(
    org: Organisation, monkeypatch: pytest.MonkeyPatch, *, surely: bool = False
) -> tuple[list[str], bool]:
    """A post is given the village, and the village abolished, both having looked before either writes, if nothing stops them.

    Returns how they were refused or failed, and whether a post then answers for a village that is no more.
    """
    create, check, meet = PostArea.objects.create, services._check, meeting(surely=surely)

    def create_after_both_looked(**values: object) -> PostArea:
        meet()
        return create(**values)

    def check_and_meet(*given: Any) -> None:
        check(*given)
        meet()

    with monkeypatch.context() as held:
        held.setattr(PostArea.objects, "create", create_after_both_looked)
        held.setattr(services, "_check", check_and_meet)
        widen = partial(widen_post, org.by, org.actor("admin"), org.posts["village"], org.places[NEW], FIRST)
        problems = at_once([widen, partial(abolish, org)])
    failed = [getattr(problem, "code", type(problem).__name__) for problem in problems]
    return failed, PostArea.objects.unscoped("test").filter(place=org.places[NEW]).exists() and not lies(org)


def test_a_village_is_not_abolished_while_a_post_is_given_it(committed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    refused, left_behind = widened_and_abolished_at_once(with_a_village(founded()), monkeypatch)
    assert refused in (["PLACE_NOT_EMPTY"], ["NOT_GRANTED"])
    assert not left_behind


def test_without_the_lock_the_post_answers_for_what_is_no_more_or_one_fails_without_a_reason(
    committed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    org = with_a_village(founded())
    with monkeypatch.context() as off:
        off.setattr(tree, "_lock", lambda how: None)
        # On SQLite the transaction is the lock, from its start on; a deferred one is none.
        off.setattr("bangfu.access.services.posts.transaction.atomic", unprotected)
        came_out = widened_and_abolished_at_once(org, off, surely=True)
    assert came_out == {"postgresql": ([], True), "sqlite": (["OperationalError"], False)}[connection.vendor]

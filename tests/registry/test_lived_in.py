"""Villages are abolished once nobody lives in them, and nobody comes to live in one that was: such a household would be seen by nobody."""

from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from bangfu.access.services.territory import add_place, change_place
from bangfu.kernel.errors import DomainError
from bangfu.places import services, tree
from bangfu.places.models import Below, Level
from bangfu.places.services import Described
from bangfu.privacy.keys import KeyRing
from bangfu.registry import lived_in, versions
from bangfu.registry.imports import apply
from bangfu.registry.models import Household, Person
from bangfu.registry.services.acts import undo
from bangfu.registry.services.procedures import Event, merge_households, move_household
from tests.households import new_household
from tests.organisation import FIRST, TODAY, Organisation, founded
from tests.races import at_once, meeting, unprotected
from tests.registry.test_imports import Desk, changed

# Of nobody's post and no account, so that its households alone keep it.
NEW, NEXT, EAST = "371102008203", "371102008202", "371102008"
MAY = date(2017, 5, 1)


@pytest.fixture
def village(org: Organisation) -> Organisation:
    return with_a_village(org)


def with_a_village(org: Organisation) -> Organisation:
    described = Described(NEW, "东三村", org.places[EAST], FIRST)
    org.places[NEW] = add_place(org.by, org.actor("admin"), Level.VILLAGE, described)
    return org


def settled(org: Organisation, number: str = "H1", village: str = NEW) -> int:
    return new_household(org, number, village, who="subdistrict")


def abolish(org: Organisation, on: date = TODAY, *, abolished: bool = True) -> None:
    described = Described(NEW, "东三村", org.places[EAST], on, abolished)
    change_place(org.by, org.actor("admin"), org.places[NEW], described)


def move(org: Organisation, household: int, to: str = NEXT, on: date = MAY) -> int:
    return move_household(org.by, org.actor("officer"), Event(household, on), org.places[to])


def lies(org: Organisation) -> bool:
    return Below.objects.filter(place=org.places[NEW]).exists()


def refusal(code: str) -> "pytest.RaisesExc[DomainError]":
    return pytest.raises(DomainError, match=f"^{code}:")


def sees(org: Organisation, who: str) -> set[str]:
    return set(Household.objects.seen_by(org.actor(who)).values_list("number", flat=True))


def test_a_village_in_which_a_household_lives_is_not_abolished_and_everybody_sees_it_still(
    village: Organisation,
) -> None:
    settled(village)
    with refusal("PLACE_NOT_EMPTY"):
        abolish(village)
    assert [sees(village, who) for who in ("subdistrict", "officer", "auditor")] == [{"H1"}] * 3


def test_it_is_abolished_from_the_day_on_which_they_have_moved_and_not_before(village: Organisation) -> None:
    household = settled(village)
    move(village, household)
    with refusal("PLACE_NOT_EMPTY"):
        abolish(village, date(2017, 4, 30))
    abolish(village, MAY)
    assert not lies(village)
    assert sees(village, "sibling") == {"H1"}


def test_a_household_that_was_merged_into_another_keeps_no_village(village: Organisation) -> None:
    merged, into = settled(village), settled(village, "H2")
    persons = Person.objects.unscoped("test").filter(household=merged).values_list("pk", flat=True)
    relations = dict.fromkeys(persons, "other")
    merge_households(village.by, village.actor("officer"), Event(merged, MAY), into, relations)
    with refusal("PLACE_NOT_EMPTY"):
        abolish(village)
    move(village, into)
    abolish(village)
    assert not lies(village)
    # What was recorded of it is found again once the village is.
    assert sees(village, "officer") == {"H2"}
    abolish(village, abolished=False)
    assert sees(village, "officer") == {"H1", "H2"}


def test_a_move_out_of_it_is_not_undone_once_it_was_abolished(village: Organisation) -> None:
    act = move(village, settled(village))
    abolish(village)
    with refusal("VILLAGE_ABOLISHED"):
        undo(village.by, village.actor("officer"), act)
    assert sees(village, "sibling") == {"H1"}
    abolish(village, abolished=False)
    undo(village.by, village.actor("officer"), act)
    assert sees(village, "sibling") == set()
    assert sees(village, "subdistrict") == {"H1"}


@pytest.mark.parametrize("held", ["H1", "H2"])
@pytest.mark.parametrize(("look", "code"), [("planned", "REGISTER_REFUSED"), ("compared", "VILLAGE_ABOLISHED")])
def test_a_file_that_was_read_before_brings_nobody_into_it(  # fixtures
    village: Organisation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: str, look: str, code: str
) -> None:
    """Be it a household that the register has elsewhere (H1), or one that it has not; after the first look or the last."""
    desk = Desk(village, tmp_path, "subdistrict")
    settled(village, held, NEXT)

    looks = getattr(apply, look)

    def abolished_meanwhile(*given: Any) -> Any:
        plan = looks(*given)
        abolish(village)
        return plan

    monkeypatch.setattr(apply, look, abolished_meanwhile)
    with refusal(code):
        desk.bring(changed("household", 0, village_code=NEW))
    assert sees(village, "officer") == {held}


def moved_and_abolished_at_once(
    org: Organisation, monkeypatch: pytest.MonkeyPatch, *, surely: bool = False
) -> tuple[list[str], bool]:
    """A household moves into the village, and the village is abolished, both having looked before either ends, if nothing stops them.

    Returns how they were refused or failed, and whether a household then lives in a village that is no more.
    """
    household = settled(org, village=NEXT)
    check, meet = services._check, meeting(surely=surely)

    def check_and_meet(*given: Any) -> None:
        check(*given)
        meet()

    def refuse_and_meet(households: Any) -> None:
        lived_in.refuse_abolished(households)
        meet()

    with monkeypatch.context() as held:
        held.setattr(services, "_check", check_and_meet)
        held.setattr(versions, "refuse_abolished", refuse_and_meet)
        problems = at_once([partial(move, org, household, NEW), partial(abolish, org)])
    failed = [getattr(problem, "code", type(problem).__name__) for problem in problems]
    here = Household.objects.unscoped("test").filter(place=org.places[NEW]).exists()
    return failed, here and not lies(org)


def test_a_village_is_not_abolished_while_a_household_moves_into_it(
    committed: None, ring: KeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused, unseen = moved_and_abolished_at_once(with_a_village(founded(ring)), monkeypatch)
    assert refused in (["PLACE_NOT_EMPTY"], ["VILLAGE_ABOLISHED"], ["NO_VILLAGE"])
    assert not unseen


def test_without_the_lock_nobody_would_see_it_or_one_fails_without_a_reason(
    committed: None, ring: KeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    org = with_a_village(founded(ring))
    with monkeypatch.context() as off:
        off.setattr(tree, "_lock", lambda how: None)
        # On SQLite the transaction is the lock, from its start on; a deferred one is none.
        off.setattr("bangfu.registry.services.procedures.transaction.atomic", unprotected)
        came_out = moved_and_abolished_at_once(org, off, surely=True)
    assert came_out == {"postgresql": ([], True), "sqlite": (["OperationalError"], False)}[connection.vendor]

"""A post is assigned to several households of a village at once, all or none, and withdrawn again as a whole or one by one."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection

from bangfu.access.data import Actor, Denied, NotThere
from bangfu.audit.models import Entry, EntryText
from bangfu.kernel.errors import DomainError
from bangfu.privacy.keys import KeyRing
from bangfu.registry.helping import assignments, gaps, helped_together, lately_helped, seats_of, without_helper
from bangfu.registry.models import Assignment, Household, Person
from bangfu.registry.selectors import acts
from bangfu.registry.services import assignments as services
from bangfu.registry.services.acts import undo
from bangfu.registry.services.assignments import (
    HELPED,
    MOVED,
    Together,
    assign,
    assign_together,
    end_assignment,
    foreseen,
    withdraw_assignments,
)
from bangfu.registry.services.procedures import Event, merge_households
from tests.households import move, new_household
from tests.organisation import TODAY, Organisation, founded
from tests.races import at_once, meeting, unprotected
from tests.registry.conftest import World

SINCE = date(2017, 6, 1)
VILLAGE, NEXT = "371102008201", "371102008202"
REASON = "街道会议定的"


@pytest.fixture
def three(world: World) -> list[int]:
    """The households of a village that nobody helps."""
    return [world.household, *(new_household(world.org, number, VILLAGE) for number in ("H2", "H3"))]


def asked(org: Organisation, post: str = "village", on: date = SINCE) -> Together:
    return Together(org.places[VILLAGE], org.posts[post], on)


def together(world: World, households: Collection[int], post: str = "village", who: str = "subdistrict") -> int:
    by = replace(world.by, reason=REASON)
    return assign_together(by, world.actor(who), households, asked(world.org, post))


def refused(world: World, households: Collection[int], post: str = "village") -> DomainError:
    """Why none of these was assigned."""
    before = (Assignment.objects.unscoped("test").count(), Entry.objects.count())
    with pytest.raises(DomainError) as refusal:
        together(world, households, post)
    assert (Assignment.objects.unscoped("test").count(), Entry.objects.count()) == before
    return refusal.value


def withdraw(world: World, chosen: Collection[int], who: str = "subdistrict") -> None:
    withdraw_assignments(replace(world.by, reason="选错了村"), world.actor(who), chosen)


def test_a_post_helps_all_that_were_chosen_by_one_act_and_no_gap_of_them_remains(
    world: World, three: list[int]
) -> None:
    made = together(world, three)
    assert gaps(world.actor("officer")) == {"district": 3, "village": 0}
    rows = Assignment.objects.unscoped("test").order_by("household")
    said = list(rows.values_list("household", "post", "held_from", "act"))
    assert said == [(each, world.org.posts["village"], SINCE, made) for each in three]


def test_each_household_has_an_entry_of_its_own_with_the_reason_and_the_village_one_of_the_whole(
    world: World, three: list[int]
) -> None:
    together(world, three)
    post = world.org.posts["village"]
    own = Entry.objects.filter(act="registry.assign").order_by("pk")
    assert list(own.values_list("subject", flat=True)) == [f"household:{each}" for each in three]
    said = [EntryText.objects.get(entry=entry).body for entry in own]
    assert said == [{"reason": REASON, "post": post, "since": "2017-06-01"}] * 3
    whole = Entry.objects.get(act="registry.assign_together")
    assert whole.subject == f"place:{world.org.places[VILLAGE]}"
    # What a reason says of somebody has to be found where an erasure looks for it: under the household.
    body = EntryText.objects.get(entry=whole).body
    assert body == {"post": post, "since": "2017-06-01", "households": 3}


def test_all_or_none_are_assigned_and_the_refusal_names_which_and_why(world: World, three: list[int]) -> None:
    assign(world.by, world.actor("subdistrict"), three[1], world.org.posts["village"], SINCE)
    refusal = refused(world, three)
    assert refusal.code == "NOT_ALL_ASSIGNED"
    assert "H2：已经结对，不用重复安排。" in refusal.text.zh
    assert "H2: This post helps the household already." in refusal.text.en


def test_what_would_come_of_it_is_said_of_each_household_before(world: World, three: list[int]) -> None:
    org, lead = world.org, world.actor("subdistrict")
    others = [new_household(org, number, VILLAGE) for number in ("H4", "H5", "H6")]
    second = org.open("mate", "village", VILLAGE)
    assign(world.by, lead, three[1], second, SINCE)
    assign(world.by, lead, three[2], org.posts["village"], SINCE)
    move(org, others[0], NEXT)
    persons = Person.objects.unscoped("test").filter(household=others[1]).values_list("pk", flat=True)
    relations = dict.fromkeys(persons, "other")
    merge_households(world.by, world.actor(), Event(others[1], TODAY, "户口本"), others[2], relations)
    before = Entry.objects.count()
    said = foreseen(lead, [*three, *others, 10**9], asked(org))
    why = {each: None if text is None else text.zh[:6] for each, text in said.items()}
    assert why == {
        three[0]: None,
        three[1]: HELPED.zh[:6],
        three[2]: "已经结对，不",
        others[0]: MOVED.zh[:6],
        others[1]: "这一户已并入",
        others[2]: None,
    }
    assert Entry.objects.count() == before


def test_who_helps_in_another_tier_or_did_until_then_leaves_a_gap(world: World, three: list[int]) -> None:
    lead, org = world.actor("subdistrict"), world.org
    assign(world.by, lead, three[0], org.posts["district"], SINCE)
    mate = org.open("mate", "village", VILLAGE)
    ended = assign(world.by, lead, three[1], mate, date(2017, 1, 1))
    end_assignment(world.by, lead, ended, date(2017, 9, 1))
    together(world, three)
    assert gaps(lead)["village"] == 0


def test_somebody_who_is_to_begin_fills_the_gap(world: World, three: list[int]) -> None:
    mate = world.org.open("mate", "village", VILLAGE)
    assign(world.by, world.actor("subdistrict"), three[0], mate, date(2018, 1, 1))
    assert foreseen(world.actor("subdistrict"), three[:1], asked(world.org)) == {three[0]: HELPED}


def test_whoever_may_not_assign_is_refused_and_told_so_before(world: World, three: list[int]) -> None:
    said = foreseen(world.actor("village"), three, asked(world.org))
    assert all(text is not None and "没有“安排结对帮扶”的权限" in text.zh for text in said.values())
    with pytest.raises(Denied):
        together(world, three, who="village")
    with pytest.raises(NotThere):
        together(world, three, who="sibling")
    with pytest.raises(NotThere):
        together(world, [*three, 10**9])
    assert not Assignment.objects.unscoped("test").exists()


@pytest.mark.parametrize("post", ["subdistrict", "officer", "admin"])
def test_only_posts_that_help_single_households_are_assigned_together(
    world: World, three: list[int], post: str
) -> None:
    assert refused(world, three, post).code == "NO_HELPER_OF_HOUSEHOLDS"


def test_a_reason_is_asked_for_and_neither_none_nor_too_many_are_chosen(
    world: World, three: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DomainError, match="REASON_NEEDED"):
        assign_together(replace(world.by, reason=" "), world.actor("subdistrict"), three, asked(world.org))
    assert refused(world, []).code == "TOO_MANY_AT_ONCE"
    monkeypatch.setattr(services, "MOST_AT_ONCE", 2)
    assert refused(world, three).code == "TOO_MANY_AT_ONCE"


def test_it_is_withdrawn_one_by_one_or_as_a_whole_and_the_gaps_are_there_again(world: World, three: list[int]) -> None:
    lead, made = world.actor("subdistrict"), together(world, three)
    rows = helped_together(lead, made).rows
    assert [row.household.number for row in rows] == ["H1", "H2", "H3"]
    withdraw(world, [rows[1].assignment])
    (gap,) = without_helper(lead, "village", None, world.org.places[VILLAGE])
    assert gap.number == "H2"
    assert [row.withdrawn for row in helped_together(lead, made).rows] == [False, True, False]
    withdraw(world, [rows[0].assignment, rows[2].assignment])
    assert gaps(lead)["village"] == 3
    assert assignments(lead, three[0]) == []
    taken_back = Entry.objects.filter(act="registry.withdraw_assignment").order_by("pk")
    subjects = [f"household:{each}" for each in (three[1], three[0], three[2])]
    assert list(taken_back.values_list("subject", flat=True)) == subjects
    assert "registry.withdraw_assignment" in {row.entry.act for row in acts(lead, three[0])}
    # And may be assigned anew.
    together(world, three)


def test_what_was_withdrawn_is_not_withdrawn_again_and_then_none_of_them_is(world: World, three: list[int]) -> None:
    lead, made = world.actor("subdistrict"), together(world, three)
    first, second, _ = (row.assignment for row in helped_together(lead, made).rows)
    withdraw(world, [first])
    with pytest.raises(DomainError, match="WITHDRAWN_ALREADY"):
        withdraw(world, [first, second])
    with pytest.raises(DomainError, match="REASON_NEEDED"):
        withdraw_assignments(replace(world.by, reason=""), lead, [second])
    assert [row.withdrawn for row in helped_together(lead, made).rows] == [True, False, False]


def test_only_whoever_may_assign_withdraws(world: World, three: list[int]) -> None:
    made = together(world, three)
    chosen = [row.assignment for row in helped_together(world.actor("subdistrict"), made).rows]
    with pytest.raises(Denied):
        withdraw(world, chosen, who="village")
    with pytest.raises(NotThere):
        withdraw(world, chosen, who="other")
    with pytest.raises(NotThere):
        helped_together(world.actor("other"), made)


def test_an_act_on_one_household_is_none_on_several(world: World) -> None:
    lead = world.actor("subdistrict")
    assign(world.by, lead, world.household, world.org.posts["village"], SINCE)
    with pytest.raises(NotThere):
        helped_together(lead, Assignment.objects.unscoped("test").get().act_id)


def test_what_ended_by_mistake_is_withdrawn_too_and_stands_in_the_way_of_nothing(world: World) -> None:
    """A household that was entered in error, and whose helper was assigned and ended, can be taken back step by step."""
    added = min(act.id for act in acts(world.actor("officer"), world.household))
    made = assign(world.by, world.actor("subdistrict"), world.household, world.org.posts["village"], SINCE)
    end_assignment(world.by, world.actor("subdistrict"), made, TODAY)
    with pytest.raises(DomainError, match="BUILT_ON") as refusal:
        undo(world.by, world.actor("officer"), added)
    assert "请先在户的“结对帮扶”里撤销那项结对" in refusal.value.text.zh
    withdraw(world, [made])
    undo(world.by, world.actor("officer"), added)


def test_the_last_acts_of_a_village_are_told_with_how_many_were_withdrawn(world: World, three: list[int]) -> None:
    lead, village = world.actor("subdistrict"), world.org.places[VILLAGE]
    first, second = together(world, three), together(world, three[:2], "district")
    withdraw(world, [helped_together(lead, first).rows[0].assignment])
    told = [(row.act, row.post, row.households, row.withdrawn) for row in lately_helped(lead, village)]
    assert told == [(second, "岗district", 2, 0), (first, "岗village", 3, 1)]
    assert lately_helped(lead, world.org.places[NEXT]) == []
    assert lately_helped(world.actor("other"), village) == []


def test_posts_of_the_tier_that_answer_for_a_village_are_offered(world: World) -> None:
    lead, village = world.actor("subdistrict"), world.org.places[VILLAGE]
    assert [(seat.title, seat.holder) for seat in seats_of(lead, village, ["village"])] == [("岗village", "人village")]
    assert [seat.title for seat in seats_of(lead, village, ["district"])] == ["岗district"]


# ---- two at one moment


def filled_at_once(org: Organisation, monkeypatch: pytest.MonkeyPatch, *, surely: bool = False) -> tuple[Any, int]:
    """Two give the same households to two posts, both having looked before either ends, if nothing stops them: what failed, and how many help."""
    chosen = [new_household(org, number, VILLAGE) for number in ("H1", "H2")]
    org.open("mate", "village", VILLAGE)
    look, meet = services._refused_together, meeting(surely=surely)

    def look_and_meet(*given: Any) -> Any:
        seen = look(*given)
        meet()
        return seen

    def fill(actor: Actor, post: str) -> None:
        assign_together(replace(org.by, reason=REASON), actor, chosen, asked(org, post))

    monkeypatch.setattr(services, "_refused_together", look_and_meet)
    actors = [org.actor(who) for who in ("subdistrict", "officer")]
    problems = at_once([partial(fill, actors[0], "village"), partial(fill, actors[1], "mate")])
    failed = [getattr(problem, "code", type(problem).__name__) for problem in problems]
    return failed, Assignment.objects.unscoped("test").count()


def test_two_who_fill_the_same_gaps_at_one_moment_fill_them_once(
    committed: None, ring: KeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert filled_at_once(founded(ring), monkeypatch) == (["NOT_ALL_ASSIGNED"], 2)


def test_without_the_lock_they_would_be_filled_twice_or_one_fails_without_a_reason(
    committed: None, ring: KeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unlocked(actor: Actor, households: Collection[int], permission: str) -> dict[int, Household]:
        return Household.objects.seen_by(actor).in_bulk(households)

    monkeypatch.setattr(services, "lock_households", unlocked)
    monkeypatch.setattr(services, "transaction", SimpleNamespace(atomic=unprotected))
    came_out = filled_at_once(founded(ring), monkeypatch, surely=True)
    assert came_out == {"postgresql": ([], 4), "sqlite": (["OperationalError"], 2)}[connection.vendor]

"""Births, deaths, marriages, moves: each a procedure with its own checks, undone only by another act."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import Phase, given
from hypothesis import strategies as st

from bangfu.access import policy
from bangfu.access.data import Denied, NotThere
from bangfu.kernel.errors import DomainError
from bangfu.privacy.keys import KeyRing
from bangfu.registry.data import NewPerson
from bangfu.registry.helping import assignments
from bangfu.registry.household_file import File, file
from bangfu.registry.models import VERSIONS, Household, Listed, Person
from bangfu.registry.selectors import acts, households
from bangfu.registry.services import procedures
from bangfu.registry.services.acts import undo
from bangfu.registry.services.assignments import assign
from bangfu.registry.services.procedures import Event
from tests.examples import few
from tests.households import new_household
from tests.listed import found_by, listed, should_be_found_by, should_be_listed
from tests.organisation import NOW, TODAY, founded
from tests.races import at_once, meeting
from tests.registry.conftest import World

LATER = NOW + timedelta(days=1)
MAY = date(2017, 5, 1)
BEFORE = MAY - timedelta(days=1)


def do(
    world: World, name: str, *given_: Any, household: int | None = None, on: date = MAY, who: str = "village"
) -> int:
    act: int = getattr(procedures, name)(
        world.by, world.actor(who), Event(household or world.household, on, "户口本"), *given_
    )
    return act


def read(world: World, day: date = MAY, household: int | None = None, who: str = "officer") -> File:
    return file(world.actor(who), household or world.household, day, LATER)


def relations(world: World, day: date = MAY, household: int | None = None) -> dict[int, str]:
    return {m.id: m.relation for m in read(world, day, household).members if m.present}


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(DomainError) as refusal:
        act()
    return refusal.value.code


def child(number: str, relation: str = "daughter") -> NewPerson:
    return NewPerson(number, {"membership": {"relation": relation}, "identity": {"name": "甲丫", "sex": "2"}})


@pytest.fixture
def couple(world: World) -> tuple[int, int, int]:
    return world.persons["head"], world.persons["spouse"], world.persons["son"]


def test_a_head_who_dies_is_followed_by_another(world: World, couple: tuple[int, int, int]) -> None:
    head, spouse, son = couple
    assert refused(lambda: do(world, "record_death", head, {})) == "NOT_EVERYBODY"
    assert refused(lambda: do(world, "record_death", head, {spouse: "head", son: "head"})) == "ONE_HEAD"
    do(world, "record_death", head, {spouse: "head", son: "son"})
    assert relations(world, BEFORE) == {head: "head", spouse: "spouse", son: "son"}
    assert relations(world) == {spouse: "head", son: "son"}
    with pytest.raises(NotThere):
        do(world, "record_death", head, {})


@pytest.mark.parametrize(("led", "follows"), [("head", "spouse"), ("spouse", "head")])
def test_a_household_is_called_after_whoever_follows_a_head_who_died(world: World, led: str, follows: str) -> None:
    son = world.persons["son"]
    head, other = world.persons[led], world.persons[follows]
    # Whoever leads has to be given anew on another day.
    do(world, "change_head", {head: "head", other: "other", son: "son"}, on=BEFORE)
    do(world, "record_death", head, {other: "head", son: "son"})
    (row,) = households(world.actor(), "", None, world.org.by.ring, None).object_list
    named = {read(world).head, row.head, Listed.objects.unscoped("test").get(pk=world.household).head}
    assert named == {f"甲{follows}"}
    assert listed() == should_be_listed()


def test_a_household_of_which_nobody_is_left_keeps_the_name_of_its_last_head(
    world: World, couple: tuple[int, int, int]
) -> None:
    head, spouse, son = couple
    do(world, "record_death", spouse, {})
    do(world, "record_death", son, {})
    do(world, "record_death", head, {})
    assert read(world).head == Listed.objects.unscoped("test").get(pk=world.household).head == "甲head"


def test_the_death_of_another_needs_no_relations(world: World, couple: tuple[int, int, int]) -> None:
    do(world, "record_death", couple[2], {})
    assert relations(world) == {couple[0]: "head", couple[1]: "spouse"}


def test_the_last_one_who_dies_leaves_a_household_without_members(world: World, couple: tuple[int, int, int]) -> None:
    head, spouse, son = couple
    do(world, "record_death", son, {})
    do(world, "record_death", spouse, {})
    do(world, "record_death", head, {})
    assert relations(world) == {}


def test_who_leaves_is_no_longer_present_and_a_birth_counts_from_its_day(
    world: World, couple: tuple[int, int, int]
) -> None:
    do(world, "record_leaving", couple[2], {})
    do(world, "record_birth", child("新1"))
    found = read(world)
    assert sorted(m.relation for m in found.members if m.present) == ["daughter", "head", "spouse"]
    born = next(m for m in found.members if m.number == "新1")
    assert born.facts["identity"].values["birth_date"] == MAY
    assert len(relations(world, BEFORE)) == 3


def test_a_new_head_is_one_of_them_and_everybodys_relation_is_given(world: World, couple: tuple[int, int, int]) -> None:
    head, spouse, son = couple
    for wrong in (
        {spouse: "head", head: "spouse"},
        {spouse: "head", head: "spouse", son: "son", 10**9: "other"},
        {spouse: "wife", head: "head", son: "son"},
    ):
        refused(lambda wrong=wrong: do(world, "change_head", wrong))  # type: ignore[misc]
    do(world, "change_head", {spouse: "head", head: "spouse", son: "son"})
    assert relations(world)[spouse] == "head"


def test_a_move_takes_the_household_out_of_sight_with_its_address_and_keeps_the_liaison(world: World) -> None:
    officer = world.actor("officer")
    for post in ("village", "district"):
        assign(world.by, officer, world.household, world.org.posts[post], date(2017, 2, 1))
    world.record("residence", world.household, date(2017, 2, 1), {"hamlet": "东头"})
    west = world.org.places["371102009201"]
    act = do(world, "move_household", west)
    with pytest.raises(NotThere):
        read(world, who="village")
    found = read(world, who="other")
    assert (found.place, found.facts["residence"].values["hamlet"]) == (west, None)
    spans = {row.post: row.held_until for row in assignments(officer, world.household)}
    assert spans == {world.org.posts["village"]: MAY, world.org.posts["district"]: None}
    undo(world.by, officer, act)
    assert read(world, who="village").facts["residence"].values["hamlet"] == "东头"
    assert all(row.held_until is None for row in assignments(officer, world.household))


@pytest.mark.parametrize("code", ["371102008201", "371102008"])
def test_a_move_leads_to_another_village(world: World, code: str) -> None:
    assert refused(lambda: do(world, "move_household", world.org.places[code])) in ("SAME_VILLAGE", "NO_VILLAGE")


def test_a_household_splits_with_its_registration_and_its_helpers(world: World, couple: tuple[int, int, int]) -> None:
    head, spouse, son = couple
    assign(world.by, world.actor("officer"), world.household, world.org.posts["village"], date(2017, 2, 1))
    act = do(world, "split_household", "H9", ({spouse: "head", son: "son"}, {}))
    made = Household.objects.unscoped("test").get(number="H9").pk
    assert relations(world) == {head: "head"}
    assert relations(world, household=made) == {spouse: "head", son: "son"}
    assert read(world, household=made).facts["registration"].values["status"] == "poor"
    assert [row.post for row in assignments(world.actor(), made)] == [world.org.posts["village"]]
    undo(world.by, world.actor("officer"), act)
    assert len(relations(world)) == 3
    shown = households(world.actor("officer"), "", None, world.org.by.ring, None)
    assert [row.number for row in shown] == ["H1"]


def test_a_split_leaves_somebody_and_gives_those_who_stay_a_head(world: World, couple: tuple[int, int, int]) -> None:
    head, spouse, son = couple
    everybody = {head: "head", spouse: "spouse", son: "son"}
    assert refused(lambda: do(world, "split_household", "H9", (everybody, {}))) == "NOT_ALL_AND_NOT_NONE"
    assert refused(lambda: do(world, "split_household", "H9", ({}, {}))) == "NOT_ALL_AND_NOT_NONE"
    assert refused(lambda: do(world, "split_household", "H1", ({son: "head"}, {}))) == "NUMBER_TAKEN"
    assert refused(lambda: do(world, "split_household", "H9", ({head: "head"}, {}))) == "NOT_EVERYBODY"
    do(world, "split_household", "H9", ({head: "head"}, {spouse: "head", son: "son"}))
    assert relations(world) == {spouse: "head", son: "son"}


def test_two_households_become_one_that_is_listed(world: World, couple: tuple[int, int, int]) -> None:
    other = new_household(world.org, "H2", "371102008201")
    theirs = relations(world, household=other)
    act = do(world, "merge_households", other, dict(zip(couple, ("sibling", "brothers_wife", "nephew"), strict=True)))
    assert len(relations(world, household=other)) == 6
    shown = households(world.actor(), "", None, world.org.by.ring, None)
    assert [row.number for row in shown] == ["H2"]
    assert read(world, BEFORE).members
    assert refused(lambda: do(world, "record_birth", child("新1"))) == "NOT_THEN"
    undo(world.by, world.actor(), act)
    assert relations(world, household=other) == theirs
    assert len(relations(world)) == 3


@pytest.mark.parametrize("name", ["move_household", "merge_households", "split_household"])
def test_a_helper_of_a_later_day_ends_or_goes_along_with_what_is_recorded_of_an_earlier_one(
    world: World, couple: tuple[int, int, int], name: str
) -> None:
    officer, village, later = world.actor("officer"), world.org.posts["village"], MAY + timedelta(days=9)
    assign(world.by, officer, world.household, village, later)
    other = new_household(world.org, "H2", "371102008201")
    given: dict[str, tuple[Any, ...]] = {
        "move_household": (world.org.places["371102009201"],),
        "merge_households": (other, dict.fromkeys(couple, "other")),
        "split_household": ("H9", ({couple[2]: "head"}, {})),
    }
    act = do(world, name, *given[name])
    helped = {
        household.number: [(row.post, row.held_from) for row in assignments(officer, household.pk)]
        for household in Household.objects.unscoped("test")
    }
    both = {"H1": [(village, later)], "H2": [], "H9": [(village, later)]}
    assert helped == (both if name == "split_household" else {"H1": [], "H2": []})
    undo(world.by, officer, act)
    assert [row.held_from for row in assignments(officer, world.household)] == [later]


def test_only_households_of_one_village_merge(world: World, couple: tuple[int, int, int]) -> None:
    other = new_household(world.org, "H2", "371102008202", who="sibling")
    given_ = dict.fromkeys(couple, "other")
    assert refused(lambda: do(world, "merge_households", other, given_, who="officer")) == "NOT_OF_ONE_VILLAGE"
    assert refused(lambda: do(world, "merge_households", world.household, given_)) == "NOT_OF_ONE_VILLAGE"
    with pytest.raises(NotThere):
        do(world, "merge_households", other, given_)


def test_somebody_marries_in_from_outside_or_from_another_household(world: World) -> None:
    do(world, "record_marriage", child("新1", ""), "daughter_in_law")
    other = new_household(world.org, "H2", "371102008201")
    theirs = {m.relation: m.id for m in read(world, household=other).members}
    assert refused(lambda: do(world, "record_marriage", theirs["head"], "son_in_law")) == "HEAD_OR_LAST"
    assert refused(lambda: do(world, "record_marriage", theirs["son"], "spouse")) == "ONE_HEAD"
    do(world, "record_marriage", theirs["son"], "son_in_law")
    assert sorted(relations(world).values()) == ["daughter_in_law", "head", "son", "son_in_law", "spouse"]
    assert sorted(relations(world, household=other).values()) == ["head", "spouse"]


def test_a_split_stands_among_the_acts_of_both_households_and_is_undone_from_either(
    world: World, couple: tuple[int, int, int]
) -> None:
    act = do(world, "split_household", "H9", ({couple[2]: "head"}, {}))
    made = Household.objects.unscoped("test").get(number="H9").pk
    of_both = [acts(world.actor(), each)[0] for each in (world.household, made)]
    assert [(row.id, row.may_be_undone) for row in of_both] == [(act, True)] * 2
    undone = undo(world.by, world.actor(), act)
    assert [(row.id, row.may_be_undone) for row in acts(world.actor(), world.household)[:2]] == [
        (undone, False),
        (act, False),
    ]


def test_a_marriage_out_of_the_village_is_read_there_and_undone_by_whoever_sees_both(world: World) -> None:
    other = new_household(world.org, "H2", "371102009201", who="other")
    act = do(world, "record_marriage", world.persons["son"], "son_in_law", household=other, who="officer")
    read_by = {who: acts(world.actor(who), world.household)[0] for who in ("village", "officer")}
    assert {who: (row.id, row.may_be_undone) for who, row in read_by.items()} == {
        "village": (act, False),
        "officer": (act, True),
    }
    assert act in {row.id for row in acts(world.actor("other"), other)}


def test_nobody_joins_a_household_as_of_a_day_before_it_was_merged_into_another(
    world: World, couple: tuple[int, int, int]
) -> None:
    other, third = (new_household(world.org, number, "371102008201") for number in ("H2", "H3"))
    merged = do(world, "merge_households", other, dict.fromkeys(couple, "other"))
    theirs = {m.relation: m.id for m in read(world, household=third).members}
    for name, given_ in (
        ("record_birth", (child("新1"),)),
        ("record_member", (child("新1"),)),
        ("record_marriage", (child("新1", ""), "daughter_in_law")),
        ("record_marriage", (theirs["son"], "son_in_law")),
    ):
        assert refused(lambda: do(world, name, *given_, on=BEFORE)) == "MERGED_SINCE"  # noqa: B023
    into = (world.household, dict.fromkeys(theirs.values(), "other"))
    assert refused(lambda: do(world, "merge_households", *into, household=third, on=BEFORE)) == "MERGED_SINCE"
    undo(world.by, world.actor(), merged)
    do(world, "record_birth", child("新1"), on=BEFORE)


def test_nobody_joins_as_of_a_day_that_has_passed_as_a_second_spouse_of_a_later_one(
    world: World, couple: tuple[int, int, int]
) -> None:
    do(world, "record_leaving", couple[1], {}, on=BEFORE)
    do(world, "record_marriage", child("新1", ""), "spouse", on=MAY + timedelta(days=9))
    assert refused(lambda: do(world, "record_marriage", child("新2", ""), "spouse")) == "ONE_HEAD_LATER"
    do(world, "record_marriage", child("新2", ""), "daughter_in_law")
    at = MAY + timedelta(days=9)
    assert sorted(relations(world, at).values()) == ["daughter_in_law", "head", "son", "spouse"]


def test_no_household_is_merged_away_as_of_a_day_before_somebody_joined_it(
    world: World, couple: tuple[int, int, int]
) -> None:
    other = new_household(world.org, "H2", "371102008201")
    born = do(world, "record_birth", child("新1"), on=MAY + timedelta(days=9))
    given_ = (other, dict.fromkeys(couple, "other"))
    assert refused(lambda: do(world, "merge_households", *given_)) == "LATER_FACTS"
    undo(world.by, world.actor(), born)
    do(world, "merge_households", *given_)
    assert len(relations(world, household=other)) == 6


def test_a_new_head_as_of_a_day_that_has_passed_leaves_no_second_spouse_with_who_joined_later(
    world: World, couple: tuple[int, int, int]
) -> None:
    head, spouse, son = couple
    do(world, "record_leaving", spouse, {}, on=BEFORE)
    do(world, "record_member", child("新1", "daughter_in_law"), on=BEFORE)
    wife = Person.objects.unscoped("test").get(number="新1").pk
    do(world, "record_marriage", child("新2", ""), "spouse", on=MAY + timedelta(days=9))
    as_head = {son: "head", head: "father", wife: "spouse"}
    assert refused(lambda: do(world, "change_head", as_head)) == "ONE_HEAD_LATER"
    do(world, "change_head", {**as_head, wife: "other"})


@pytest.mark.parametrize("name", ["record_leaving", "record_death", "record_marriage"])
def test_no_first_spouse_comes_back_beside_a_second_one(world: World, couple: tuple[int, int, int], name: str) -> None:
    other = new_household(world.org, "H2", "371102008201")
    given_: tuple[Any, ...] = (couple[1], "other") if name == "record_marriage" else (couple[1], {})
    first = do(world, name, *given_, household=other if name == "record_marriage" else world.household)
    second = do(world, "record_marriage", child("新1", ""), "spouse", on=MAY + timedelta(days=9))
    assert refused(lambda: undo(world.by, world.actor(), first)) == "BUILT_ON"
    undo(world.by, world.actor(), second)
    undo(world.by, world.actor(), first)
    assert sorted(relations(world).values()) == ["head", "son", "spouse"]


def test_nothing_is_done_behind_the_back_of_what_was_recorded_later(world: World, couple: tuple[int, int, int]) -> None:
    head, spouse, son = couple
    do(world, "change_head", {spouse: "head", head: "spouse", son: "son"}, on=date(2017, 8, 1))
    assert refused(lambda: do(world, "change_head", {son: "head", head: "father", spouse: "mother"})) == "LATER_FACTS"
    assert refused(lambda: do(world, "record_birth", child("新1"), on=TODAY + timedelta(days=1))) == "DAY_TO_COME"
    assert refused(lambda: do(world, "record_birth", child("新1"), on=date(2016, 12, 31))) == "NOT_THEN"


@pytest.mark.parametrize(
    "attempt",
    [
        lambda world, who: do(world, "record_birth", child("新1"), who=who),
        lambda world, who: do(world, "record_death", world.persons["son"], {}, who=who),
        lambda world, who: do(world, "move_household", world.org.places["371102009201"], who=who),
    ],
)
def test_who_may_not_is_refused(world: World, attempt: Callable[[World, str], object]) -> None:
    with pytest.raises(Denied):
        attempt(world, "auditor")
    for stranger in ("sibling", "district", "admin"):
        with pytest.raises(NotThere):
            attempt(world, stranger)


def test_what_made_a_household_is_not_undone_while_something_is_recorded_of_it(
    world: World, couple: tuple[int, int, int]
) -> None:
    _, spouse, son = couple
    split = do(world, "split_household", "H9", ({spouse: "head", son: "son"}, {}))
    made = Household.objects.unscoped("test").get(number="H9").pk
    birth = do(world, "record_birth", child("新1"), household=made, on=date(2017, 6, 1))
    assert refused(lambda: undo(world.by, world.actor(), split)) == "BUILT_ON"
    undo(world.by, world.actor(), birth)
    undo(world.by, world.actor(), split)
    assert len(relations(world)) == 3


# ---- any of them, in any order


def test_a_number_that_two_give_at_one_moment_is_the_ones_and_the_other_is_told(
    committed: None, ring: KeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    org, meet, require = founded(ring), meeting(), policy.require

    def together(*asked: Any) -> None:
        require(*asked)
        meet()

    monkeypatch.setattr("bangfu.registry.services.households.require", together)
    problems = at_once([partial(new_household, org, "H1", "371102008201", who=who) for who in ("village", "officer")])
    assert [getattr(problem, "code", problem) for problem in problems] == ["NUMBER_TAKEN"]
    assert Person.objects.unscoped("test").count() == 3


@dataclass
class Village:
    """Two households of one village, to which anything may happen."""

    world: World
    numbers: int = 0

    def all(self) -> list[int]:
        rows = Household.objects.unscoped("test").exclude(place=None).order_by("pk")
        return [h.pk for h in rows]

    def alive(self) -> dict[int, dict[int, str]]:
        found = {}
        for household in self.all():
            kept = read(self.world, TODAY, household)
            if not kept.facts["residence"].values["dissolved"]:
                found[household] = {m.id: m.relation for m in kept.members if m.present}
        return found

    def number(self) -> str:
        self.numbers += 1
        return f"新{self.numbers}-{Person.objects.unscoped('test').count()}"


# Each example costs a second; a failing one is short enough as it was found.
SEARCH = (Phase.explicit, Phase.reuse, Phase.generate)


def heads(members: list[int]) -> dict[int, str]:
    return {person: "head" if at == 0 else "other" for at, person in enumerate(members)}


def step(village: Village, what: str, which: int, whom: int, day: date) -> int | None:
    """Try something; the act, if it was done."""
    homes = village.alive()
    household = sorted(homes)[which % len(homes)]
    members = sorted(homes[household])
    other = sorted(homes)[(which + 1) % len(homes)]
    person = members[whom % len(members)] if members else 0
    rest = [each for each in members if each != person]
    tries: dict[str, tuple[Any, ...]] = {
        "record_birth": (child(village.number()),),
        "record_death": (person, heads(rest) if homes[household].get(person) == "head" else {}),
        "record_leaving": (person, heads(rest) if homes[household].get(person) == "head" else {}),
        "change_head": (heads([person, *rest]),),
        "split_household": (village.number(), ({person: "head"}, heads(rest))),
        "merge_households": (other, dict.fromkeys(members, "other")),
        "record_marriage": (person, "other"),
    }
    try:
        into = other if what == "record_marriage" else household
        return do(village.world, what, *tries[what], household=into, on=day)
    except DomainError:
        return None


@few(3, phases=SEARCH)
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(
                [
                    "record_birth",
                    "record_death",
                    "record_leaving",
                    "change_head",
                    "split_household",
                    "merge_households",
                    "record_marriage",
                ]
            ),
            st.integers(0, 3),
            st.integers(0, 5),
            st.sampled_from([MAY, date(2017, 7, 1), date(2017, 9, 1)]),
            st.booleans(),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_whatever_happens_everybody_belongs_to_one_household_with_one_head_and_can_be_undone(
    world: World, steps: list[Any]
) -> None:
    if Household.objects.unscoped("test").count() < 2:
        new_household(world.org, "H2", "371102008201")
    village = Village(world)
    done: list[int] = []
    for what, which, whom, day, and_undo in steps:
        before = village.alive()
        act = step(village, what, which, whom, day)
        if act is None:
            assert village.alive() == before
            continue
        check(village)
        if and_undo:
            undo(world.by, world.actor(), act)
            assert village.alive() == before
        else:
            done.append(act)
    # The first first: what a later one rests on stays, and whatever else is undone leaves everybody somewhere.
    left = [act for act in done if not undone(world, act)]
    # The next example begins where this one did.
    for act in reversed(left):
        undo(world.by, world.actor(), act)


def living() -> set[int]:
    """Whoever is, whichever household that leaves them in."""
    members = VERSIONS["membership"].objects.unscoped("test").filter(is_current=True, left_on=None)
    dead = VERSIONS["identity"].objects.unscoped("test").filter(is_current=True, died_on__isnull=False)
    return set(members.values_list("thing", flat=True)) - set(dead.values_list("thing", flat=True))


def undone(world: World, act: int) -> bool:
    try:
        undo(world.by, world.actor(), act)
    except DomainError as refusal:
        if refusal.code != "BUILT_ON":
            raise
        return False
    check(Village(world))
    return True


def check(village: Village) -> None:
    homes = village.alive()
    everybody = [person for members in homes.values() for person in members]
    assert sorted(everybody) == sorted(living())
    for members in homes.values():
        assert list(members.values()).count("head") == (1 if members else 0)
    belongs = dict(Person.objects.unscoped("test").filter(pk__in=everybody).values_list("pk", "household_id"))
    assert belongs == {person: household for household, members in homes.items() for person in members}
    assert listed() == should_be_listed()
    assert found_by() == should_be_found_by()

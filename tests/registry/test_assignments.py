"""Who helps whom, from when until when; and what a district liaison sees by it."""

from datetime import date, timedelta

import pytest

from bangfu.access.data import Denied, NotThere
from bangfu.access.services.posts import close_post
from bangfu.kernel.errors import DomainError
from bangfu.registry.helping import assignments, gaps
from bangfu.registry.household_file import file
from bangfu.registry.services.acts import undo
from bangfu.registry.services.assignments import assign, end_assignment
from bangfu.registry.services.procedures import Event, merge_households
from bangfu.reports.data import Asked
from bangfu.reports.households import rows_asked
from tests.households import new_household
from tests.organisation import NOW, TODAY
from tests.registry.conftest import World

SINCE = date(2017, 6, 1)


def test_a_liaison_sees_the_households_of_the_post_while_it_lasts_and_no_others(world: World) -> None:
    neighbour = new_household(world.org, "H2", "371102008201")
    later = NOW + timedelta(days=1)
    with pytest.raises(NotThere):
        file(world.actor("district"), world.household, TODAY, later)
    made = assign(world.by, world.actor("subdistrict"), world.household, world.org.posts["district"], SINCE)
    assert file(world.actor("district"), world.household, TODAY, later).number == "H1"
    with pytest.raises(NotThere):
        file(world.actor("district"), neighbour, TODAY, later)
    end_assignment(world.by, world.actor("subdistrict"), made, TODAY)
    with pytest.raises(NotThere):
        file(world.actor("district"), world.household, TODAY, later)


def test_a_change_of_helper_adds_a_row_and_gaps_are_counted_by_tier(world: World) -> None:
    assert gaps(world.actor("subdistrict")) == {"district": 1, "village": 1}
    first = assign(world.by, world.actor("subdistrict"), world.household, world.org.posts["village"], SINCE)
    assert gaps(world.actor("subdistrict")) == {"district": 1, "village": 0}
    end_assignment(world.by, world.actor("subdistrict"), first, date(2017, 9, 1))
    assign(world.by, world.actor("subdistrict"), world.household, world.org.posts["village"], date(2017, 10, 1))
    spans = [(row.held_from, row.held_until) for row in assignments(world.actor(), world.household)]
    assert spans == [(date(2017, 10, 1), None), (SINCE, date(2017, 9, 1))]


def test_whoever_may_not_assign_is_refused(world: World) -> None:
    with pytest.raises(Denied):
        assign(world.by, world.actor("village"), world.household, world.org.posts["village"], SINCE)
    with pytest.raises(NotThere):
        assign(world.by, world.actor("sibling"), world.household, world.org.posts["village"], SINCE)


@pytest.mark.parametrize("post", ["subdistrict", "officer", "admin"])
def test_only_village_and_district_tiers_help_single_households(world: World, post: str) -> None:
    with pytest.raises(DomainError):
        assign(world.by, world.actor("subdistrict"), world.household, world.org.posts[post], SINCE)


def test_no_post_helps_a_household_twice_at_once(world: World) -> None:
    assign(world.by, world.actor("subdistrict"), world.household, world.org.posts["village"], SINCE)
    with pytest.raises(DomainError):
        assign(world.by, world.actor("subdistrict"), world.household, world.org.posts["village"], TODAY)


def test_nobody_is_assigned_to_a_household_that_was_merged_into_another(world: World) -> None:
    other = new_household(world.org, "H2", "371102008201")
    event = Event(world.household, TODAY, "户口本")
    merged = merge_households(world.by, world.actor(), event, other, dict.fromkeys(world.persons.values(), "other"))
    with pytest.raises(DomainError, match="NO_HOUSEHOLD_THERE"):
        assign(world.by, world.actor("subdistrict"), world.household, world.org.posts["village"], SINCE)
    undo(world.by, world.actor(), merged)
    assign(world.by, world.actor("subdistrict"), world.household, world.org.posts["village"], SINCE)


@pytest.fixture
def taken_over(world: World) -> World:
    """A liaison's post helped the household, and was closed in favour of another."""
    closed = world.org.open("mate", "district", "371102")
    assign(world.by, world.actor("subdistrict"), world.household, closed, SINCE)
    close_post(world.org.by, world.org.founder, closed, world.org.posts["district"], TODAY)
    return world


def test_a_post_that_took_over_another_helps_the_households_that_the_other_helped(taken_over: World) -> None:
    heir, officer = taken_over.org.posts["district"], taken_over.actor("officer")
    assert gaps(officer) == {"district": 0, "village": 1}
    (shown,) = assignments(officer, taken_over.household)
    assert (shown.post, shown.title, shown.holder) == (heir, "岗district", "人district")
    wanted = rows_asked(officer, Asked(helper=heir))
    assert list(wanted.values_list("household", flat=True)) == [taken_over.household]
    with pytest.raises(DomainError, match="ASSIGNED_ALREADY"):
        assign(taken_over.by, taken_over.actor("subdistrict"), taken_over.household, heir, TODAY)


def test_a_help_that_ended_before_its_post_was_closed_stays_as_it_was(world: World) -> None:
    closed = world.org.open("mate", "district", "371102")
    made = assign(world.by, world.actor("subdistrict"), world.household, closed, SINCE)
    end_assignment(world.by, world.actor("subdistrict"), made, date(2017, 9, 1))
    close_post(world.org.by, world.org.founder, closed, world.org.posts["district"], TODAY)
    (shown,) = assignments(world.actor("officer"), world.household)
    assert (shown.post, shown.title, shown.holder) == (closed, "岗mate", "")

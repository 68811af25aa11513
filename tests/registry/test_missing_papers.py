"""What dossiers lack, counted for lists: what each dossier says itself, after whatever changed it and whoever counts all at that moment."""

from collections.abc import Callable
from datetime import date
from threading import Event
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from bangfu.audit.data import Act as Said
from bangfu.registry import missing_papers as counting
from bangfu.registry.data import NewFacts
from bangfu.registry.dossiers import dossier, dossiers
from bangfu.registry.homes import home_of
from bangfu.registry.missing_papers import count_missing_papers_of_all, missing_papers
from bangfu.registry.models import How, Listed
from bangfu.registry.services.acts import begin
from bangfu.registry.services.dossiers import NewPaper, add_paper, check_paper, withdraw_paper
from bangfu.registry.services.facts import write_facts
from bangfu.registry.values import Value
from tests.files import hostile
from tests.households import full_household, new_household, put_paper
from tests.organisation import TODAY
from tests.races import at_once
from tests.registry.conftest import World

SCAN = hostile.jpeg()


def add(world: World, kind: str = "hukou_booklet", **more: Any) -> int:
    return add_paper(world.by, world.actor(), world.household, NewPaper(kind, [SCAN], TODAY, **more))


def counted(world: World) -> int | None:
    return Listed.objects.unscoped("test").get(pk=world.household).missing_papers


def said(world: World) -> int:
    """As the dossier itself says."""
    return len(dossier(world.actor(), world.household, TODAY, world.at, "zh").missing)


def test_nothing_is_said_of_a_dossier_before_it_was_first_counted(world: World) -> None:
    assert counted(world) is None


def test_a_paper_added_and_one_withdrawn_is_counted_in_its_own_act(world: World) -> None:
    before = said(world)
    paper = add(world)
    assert (counted(world), said(world)) == (before - 1, before - 1)
    withdraw_paper(world.by, world.actor(), paper, "存错了户")
    assert (counted(world), said(world)) == (before, before)


def test_a_second_paper_of_a_kind_and_one_that_is_not_wanted_lack_nothing_less(world: World) -> None:
    add(world)
    before = counted(world)
    add(world)
    add(world, "loan_paper")
    assert counted(world) == said(world) == before


def test_a_paper_that_was_found_wrong_or_has_expired_is_there_all_the_same(world: World) -> None:
    paper = add(world, expires_on=TODAY)
    before = counted(world)
    check_paper(world.by, world.actor("officer"), paper, right=False, why="第二页看不清")
    count_missing_papers_of_all(date(2017, 12, 31))
    assert counted(world) == said(world) == before


def test_all_are_counted_as_each_dossier_says_and_twice_is_once(world: World) -> None:
    every = [world.household, full_household(world.org, "H2", "371102008201", "village")]
    every += [new_household(world.org, f"M{number}", "371102008202", who="sibling") for number in range(3)]
    put_paper(world.org, every[2], "sibling", "id_copy", world.persons["head"])
    found = dossiers(world.actor("officer"), every, TODAY, world.at)
    assert count_missing_papers_of_all(TODAY) == len(every)
    rows = dict(Listed.objects.unscoped("test").values_list("pk", "missing_papers"))
    assert rows == {household: len(each.missing) for household, each in found.items()}
    assert rows == {each: len(missing_papers(each, TODAY, home_of(each, TODAY))) for each in every}
    assert len(set(rows.values())) > 1
    assert count_missing_papers_of_all(TODAY) == 0


def test_all_are_counted_as_they_are_committed(committed: None, world: World) -> None:
    add(world)
    Listed.objects.unscoped("test").update(missing_papers=99)
    assert count_missing_papers_of_all(TODAY) == 1
    assert counted(world) == said(world)
    assert count_missing_papers_of_all(TODAY) == 0


@pytest.mark.parametrize(("day", "more"), [(date(2019, 2, 28), 0), (date(2019, 3, 1), 1)])
def test_a_day_alone_changes_what_is_missing(world: World, day: date, more: int) -> None:
    """The son is 16 on 1 March 2019, and has to have a copy of his ID card."""
    count_missing_papers_of_all(date(2018, 12, 31))
    before = counted(world)
    assert before is not None
    assert count_missing_papers_of_all(day) == more
    assert counted(world) == before + more


def test_what_is_in_no_list_any_more_lacks_nothing(world: World) -> None:
    count_missing_papers_of_all(TODAY)
    act = begin(world.by, How.PROCEDURE, Said("registry.record_facts"))
    facts: dict[str, Value] = {"place": world.org.places["371102008201"], "dissolved": True}
    write_facts(world.org.by.ring, act, NewFacts("residence", world.household, facts, TODAY))
    assert count_missing_papers_of_all(TODAY) == 1
    assert counted(world) == 0


def test_many_are_counted_with_as_many_queries_as_one(world: World) -> None:
    count_missing_papers_of_all(TODAY)
    with CaptureQueriesContext(connection) as one:
        count_missing_papers_of_all(TODAY)
    for number in range(4):
        new_household(world.org, f"M{number}", "371102008201")
    count_missing_papers_of_all(TODAY)
    with CaptureQueriesContext(connection) as many:
        count_missing_papers_of_all(TODAY)
    assert len(many) == len(one)


def test_what_was_killed_on_its_way_is_done_again_to_the_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    others = [new_household(world.org, f"M{number}", "371102008201") for number in range(3)]
    monkeypatch.setattr(counting, "AT_ONCE", 1)
    before = counting._recount

    def killed(households: Any, day: date) -> int:
        assert others[1] not in households, "killed"
        return before(households, day)

    monkeypatch.setattr(counting, "_recount", killed)
    with pytest.raises(AssertionError, match="killed"):
        count_missing_papers_of_all(TODAY)
    assert Listed.objects.unscoped("test").filter(missing_papers=None).count() == 2
    monkeypatch.setattr(counting, "_recount", before)
    assert count_missing_papers_of_all(TODAY) == 2


Told = Callable[..., Any]


def interrupted(told: Told, act: Callable[[], object]) -> Told:
    """What reads, with somebody who acts right after the first time."""
    acts = [act]

    def read(*given: Any) -> Any:
        found = told(*given)
        while acts:
            acts.pop()()
        return found

    return read


def test_what_somebody_adds_while_all_are_counted_is_not_overwritten(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "_outdated_of_all", interrupted(counting._outdated_of_all, lambda: add(world)))
    count_missing_papers_of_all(TODAY)
    assert counted(world) == said(world)


def test_it_would_be_if_what_was_read_before_were_believed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    before = counting._outdated(Listed.objects.unscoped("test"), TODAY)
    monkeypatch.setattr(counting, "_outdated_of_all", interrupted(counting._outdated_of_all, lambda: add(world)))
    monkeypatch.setattr(counting, "_outdated", lambda *_: before)
    count_missing_papers_of_all(TODAY)
    assert counted(world) == said(world) + 1


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite's one writer keeps the others out")
def test_a_row_that_somebody_holds_is_left_to_them(committed: None, world: World) -> None:
    held, done = Event(), Event()

    def hold() -> None:
        with transaction.atomic():
            Listed.objects.unscoped("test").filter(pk=world.household).update(missing_papers=99)
            held.set()
            assert done.wait(10)

    def count() -> None:
        assert held.wait(10)
        assert count_missing_papers_of_all(TODAY) == 0
        done.set()

    assert at_once([hold, count]) == []
    assert counted(world) == 99

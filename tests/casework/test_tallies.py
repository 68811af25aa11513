"""How many tasks there are in a village is kept beside them, whoever writes at the same time; lists and cuts say what tasks one by one would say.

That the kept numbers are those of the tasks is looked at after every test of this room (`tallied` in conftest.py).
"""

from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bangfu.access.services.posts import close_post
from bangfu.casework import selectors
from bangfu.casework.models import Tally, Task
from bangfu.casework.selectors import CUTS, NOBODY, CutRow, Wanted, cut, tasks
from bangfu.casework.services import tallying
from bangfu.casework.services.tasks import assign as give
from bangfu.casework.services.tasks import confirm
from bangfu.registry.services.assignments import assign
from tests.assessments import assess
from tests.casework.conftest import CHECK, WRONG, Desk, counted_tallies, kept_tallies
from tests.households import new_household
from tests.organisation import TODAY
from tests.races import at_once, meeting, unprotected


@pytest.fixture
def two(committed: None, desk: Desk) -> tuple[int, int]:
    """The same doubt of two households of a village."""
    other = new_household(desk.org, "H2", "371102008201")
    assess(desk.org, [other])
    desk.record(WRONG, other)
    desk.sweep()
    return desk.task().pk, desk.task(household=other).pk


def confirmed_at_once(desk: Desk, two: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> list[Exception]:
    """Both are confirmed, each having taken away the old numbers before either writes new ones, if they can."""
    meet, count = meeting(), tallying._count

    def wait(places: list[int]) -> None:
        meet()
        count(places)

    with monkeypatch.context() as held:
        held.setattr(tallying, "_count", wait)
        whos = ("village", "officer")
        return at_once(
            [partial(confirm, desk.by(who), desk.actor(who), task, "open") for who, task in zip(whos, two, strict=True)]
        )


def test_of_two_who_decide_at_once_in_a_village_both_are_counted(
    desk: Desk, two: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert confirmed_at_once(desk, two, monkeypatch) == []
    errors = Tally.objects.unscoped("test").filter(about=CHECK, state="error")
    assert [row.number for row in errors] == [2]


def test_without_the_lock_one_of_them_fails_or_is_not_counted(
    desk: Desk, two: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as off:
        off.setattr(tallying, "hold", lambda places: None)
        off.setattr("bangfu.casework.services.tasks.transaction.atomic", unprotected)
        failed = confirmed_at_once(desk, two, monkeypatch)
    assert failed or kept_tallies() != counted_tallies()


def rows_of(desk: Desk, who: str, by: str) -> list[CutRow]:
    return list(cut(desk.actor(who), by, None, None).page)


@pytest.mark.parametrize("by", sorted(CUTS))
def test_whoever_sees_one_household_of_a_village_sees_its_tasks_counted_and_no_others(desk: Desk, by: str) -> None:
    other = new_household(desk.org, "H2", "371102008201")
    assess(desk.org, [other])
    desk.record(WRONG, other)
    desk.sweep()
    assign(desk.by("officer"), desk.actor("officer"), other, desk.org.posts["district"], TODAY)
    mine = Task.objects.unscoped("test").filter(household=other, unsettled=True)
    of_it = {"policy": mine.filter(kind__in=("missing", "unexplained"))}.get(by, mine)
    assert sum(row.questions + row.errors for row in rows_of(desk, "district", by)) == of_it.count()
    assert tasks(desk.actor("district"), Wanted(), None).tasks == mine.count()


def test_the_tasks_of_a_post_that_was_closed_are_counted_and_listed_with_those_of_its_heir(desk: Desk) -> None:
    every, post = list(Task.objects.unscoped("test").values_list("pk", flat=True)), desk.org.posts["village"]
    closed, by, officer = desk.org.open("mate", "village", "371102008201"), desk.by("officer"), desk.actor("officer")
    give(by, officer, every[:1], closed)
    give(by, officer, every[1:2], post)
    close_post(desk.org.by, desk.org.founder, closed, post, TODAY)
    counted: dict[Any, int] = {row.key or NOBODY: row.questions for row in rows_of(desk, "officer", "post")}
    assert counted == {post: 2, NOBODY: len(every) - 2}
    assert counted == {key: tasks(desk.actor("officer"), Wanted(post=key), None).tasks for key in counted}


def test_of_more_tasks_than_are_listed_all_are_counted(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = tasks(desk.actor(), Wanted(), None)
    monkeypatch.setattr(selectors, "MOST", whole.tasks - 1)
    listed = tasks(desk.actor(), Wanted(), None)
    assert (whole.households, listed.households) == (1, None)
    assert (listed.tasks, listed.overdue, listed.amount) == (whole.tasks, whole.overdue, whole.amount)
    assert listed.page.paginator.count == whole.tasks - 1


def test_of_very_many_tasks_a_village_is_chosen_before_households_are_told_apart(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = cut(desk.actor(), "household", None, None)
    monkeypatch.setattr(selectors, "MOST_BY_HOUSEHOLD", Task.objects.unscoped("test").count() - 1)
    asked = cut(desk.actor(), "household", None, None)
    assert (told.by, [row.key for row in told.page]) == ("household", [desk.household])
    assert (asked.by, [row.key for row in asked.page]) == ("village", [desk.org.places["371102008201"]])


def test_a_list_takes_as_many_queries_however_many_tasks_there_are(desk: Desk) -> None:
    before = queries(desk)
    for n in range(3):
        assess(desk.org, [new_household(desk.org, f"N{n}", "371102008201")])
    desk.sweep()
    assert queries(desk) == before


def queries(desk: Desk) -> int:
    with CaptureQueriesContext(connection) as asked:
        tasks(desk.actor(), Wanted(), None)
    return len(asked)

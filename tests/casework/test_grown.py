"""What was settled for less money than is asked for now is not lost sight of."""

from importlib import import_module

import pytest
from django.db import connection

from bangfu.casework.models import Task
from bangfu.casework.printed import task_rows
from bangfu.casework.selectors import Wanted, all_tasks, tasks, waiting
from bangfu.casework.services.tasks import Grounds, clear, reopen
from bangfu.privacy.keys import KeyRing
from bangfu.registry.services.receipts import NewReceipt, record_receipt
from tests.casework.conftest import DAY, RIGHT, Desk, kept_tallies, new_desk
from tests.kept import kept
from tests.organisation import founded


def money_task() -> Task:
    return Task.objects.unscoped("test").get(kind="unexplained")


@pytest.fixture
def grown(db: None, ring: KeyRing) -> Desk:
    """A task of 100 yuan was cleared, and is of 150 now."""
    return kept("grown", lambda: new_grown(new_desk(founded(ring))))


def new_grown(desk: Desk) -> Desk:
    person = desk.person()
    record_receipt(desk.by(), desk.actor(), desk.household, NewReceipt("child_in_hardship", 2017, 10_000, person, DAY))
    desk.record(RIGHT)
    desk.sweep()
    clear(desk.by(), desk.actor(), money_task().pk, "open", Grounds())
    record_receipt(desk.by(), desk.actor(), desk.household, NewReceipt("child_in_hardship", 2017, 5_000, person, DAY))
    desk.record({"planned_exit_year": 2016})
    desk.sweep()
    return desk


def told(desk: Desk, who: str) -> list[int]:
    return [each.count for each in waiting(desk.actor(who)) if each.query == (("standing", "grown"),)]


def grown_tasks(desk: Desk, who: str = "village") -> list[tuple[int, int | None, int | None]]:
    listed = tasks(desk.actor(who), Wanted(standing="grown"), None)
    return [(row.id, row.grown_from, row.amount) for row in listed.page]


def test_a_settled_task_whose_amount_has_grown_is_found_in_lists_and_waits_for_whoever_may_work_on_it(
    grown: Desk,
) -> None:
    money = money_task()
    assert (money.state, money.amount) == ("cleared", 15_000)
    assert grown_tasks(grown) == grown_tasks(grown, "officer") == [(money.pk, 10_000, 15_000)]
    assert [told(grown, who) for who in ("village", "subdistrict", "officer", "auditor")] == [[1], [1], [1], []]
    # In lists of all that is settled it is marked.
    settled = tasks(grown.actor(), Wanted(standing="settled"), None)
    assert {row.id: row.grown_from for row in settled.page}[money.pk] == 10_000


def test_it_waits_no_more_once_somebody_decided_on_the_new_amount(grown: Desk) -> None:
    money = money_task()
    reopen(grown.by(), grown.actor(), money.pk, "cleared")
    assert (grown_tasks(grown), told(grown, "village")) == ([], [0])
    clear(grown.by(), grown.actor(), money.pk, "reopened", Grounds(), verdict=money.verdict)
    grown.sweep()
    assert (grown_tasks(grown), told(grown, "village")) == ([], [0])


def test_of_an_amount_that_fell_or_stayed_nobody_is_told(desk: Desk) -> None:
    person = desk.person()
    receipt = NewReceipt("child_in_hardship", 2017, 10_000, person, DAY)
    record_receipt(desk.by(), desk.actor(), desk.household, receipt)
    desk.record(RIGHT)
    desk.sweep()
    clear(desk.by(), desk.actor(), money_task().pk, "open", Grounds())
    desk.record({"planned_exit_year": 2016})
    desk.sweep()
    assert (grown_tasks(desk), told(desk, "village")) == ([], [0])


def test_the_workbook_says_so_too(grown: Desk) -> None:
    rows = all_tasks(grown.actor(), Wanted(standing="grown"), 10)
    assert rows is not None
    assert [row["state"] for row in task_rows(rows, "zh")] == ["核实无误，金额又增加"]
    assert [row["state"] for row in task_rows(rows, "en")] == ["no error, of more money since"]


def test_what_was_settled_before_amounts_were_kept_is_compared_with_the_verdict_that_was_decided_on(
    grown: Desk,
) -> None:
    decided = import_module("bangfu.casework.migrations.0002_grown").DECIDED
    Task.objects.unscoped("test").update(decided_amount=None)
    with connection.cursor() as cursor:
        cursor.execute(decided)
    assert grown_tasks(grown) == [(money_task().pk, 10_000, 15_000)]


def test_tasks_counted_by_the_migration_are_those_that_are_counted_from_then_on(grown: Desk) -> None:
    counted = import_module("bangfu.casework.migrations.0002_grown").COUNTED
    before = kept_tallies()
    with connection.cursor() as cursor:
        # As they were: of what is of more money now nobody knew.
        cursor.execute("UPDATE casework_tally SET grown = false")
        for statement in counted:
            cursor.execute(statement)
    assert kept_tallies() == before

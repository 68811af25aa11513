"""Tasks are those that the verdicts ask for: made once, closed when nothing is asked any more, asked again when it is."""

from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from bangfu.access.services.posts import close_post
from bangfu.assessment.models import VERDICTS, Run
from bangfu.audit.data import By
from bangfu.audit.models import Entry
from bangfu.casework.kinds import kinds, office_days_after, zero_errors
from bangfu.casework.models import Sweep, Task, TaskStep
from bangfu.casework.selectors import Wanted, tasks
from bangfu.casework.services import sweeping
from bangfu.casework.services.sweeping import Swept, correct_and_follow, follow, is_behind
from bangfu.casework.services.tasks import Grounds, clear, confirm, finish
from bangfu.casework.services.tasks import assign as give
from bangfu.engine.request import book_of
from bangfu.kernel.errors import DomainError
from bangfu.registry.data import NewFacts
from bangfu.registry.models import Listed
from bangfu.registry.services.assignments import assign, end_assignment
from bangfu.registry.services.facts import record_facts
from bangfu.registry.services.receipts import NewReceipt, record_receipt
from tests.assessments import assess
from tests.casework.conftest import CHECK, DAY, RIGHT, WRONG, Desk
from tests.households import move, new_household
from tests.organisation import TODAY


def asked() -> set[tuple[object, ...]]:
    """What the verdicts that stand ask for, worked out row by row."""
    found: set[tuple[object, ...]] = set()
    year = Run.objects.get().as_of.year
    for row in VERDICTS["finding"].objects.unscoped("test").filter(until=None):
        found.add((row.household_id, "finding", row.check_id, 0, row.person_id or 0))
    for row in VERDICTS["entitlement"].objects.unscoped("test").filter(until=None):
        if row.verdict == "unknown":
            found.add((row.household_id, "unknown", "", 0, 0))
        if row.reconciliation in ("missing", "under"):
            found.add((row.household_id, "missing", row.policy_id, year, row.person_id or 0))
        if row.reconciliation in ("over", "unexplained"):
            found.add((row.household_id, "unexplained", row.policy_id, year, row.person_id or 0))
    for row in VERDICTS["assessment"].objects.unscoped("test").filter(until=None):
        if row.net_income is None:
            found.add((row.household_id, "income", "", year, 0))
    for row in Listed.objects.unscoped("test").filter(missing_papers__gt=0):
        found.add((row.pk, "papers", "", 0, 0))
    return found


def standing() -> set[tuple[object, ...]]:
    rows = Task.objects.unscoped("test").filter(stands=True)
    return set(rows.values_list("household_id", "kind", "about", "year", "whom"))


def unexplained() -> Task:
    return Task.objects.unscoped("test").get(kind="unexplained")


def test_a_sweep_makes_one_task_of_each_doubt_and_doing_it_again_none(desk: Desk) -> None:
    assert standing() == asked()
    assert desk.sweep() == Swept()
    assert Task.objects.unscoped("test").count() == len(asked())
    assert TaskStep.objects.unscoped("test").count() == 0


def test_a_task_is_due_so_many_office_days_after_it_was_found_and_its_helpers(desk: Desk) -> None:
    other = new_household(desk.org, "H2", "371102008201")
    assign(desk.by("officer"), desk.actor("officer"), other, desk.org.posts["village"], DAY)
    assess(desk.org, [other])
    desk.record(WRONG, other)
    desk.sweep()
    assert (desk.task().post_id, desk.task(household=other).post_id) == (None, desk.org.posts["village"])
    # Friday 1 December, and ten days of the offices for a warning.
    assert (desk.task().severity, desk.task().due_on) == ("warning", date(2017, 12, 15))


@pytest.mark.parametrize(
    ("day", "days", "due"),
    [
        (date(2017, 12, 1), 1, date(2017, 12, 4)),
        (date(2017, 12, 2), 1, date(2017, 12, 4)),
        (date(2017, 12, 3), 5, date(2017, 12, 8)),
        (date(2017, 12, 4), 5, date(2017, 12, 11)),
        (date(2017, 12, 4), 0, date(2017, 12, 4)),
    ],
)
def test_saturdays_and_sundays_are_no_days_of_the_offices(day: date, days: int, due: date) -> None:
    assert office_days_after(day, days) == due


def test_a_question_that_is_no_longer_asked_closes_by_itself_and_says_so(desk: Desk) -> None:
    desk.record(RIGHT)
    assert desk.sweep().closed >= 1
    assert (desk.task().state, desk.task().stands) == ("gone", False)
    assert desk.steps() == [("vanish", "gone", "verdict")]
    entry = TaskStep.objects.unscoped("test").filter(task=desk.task()).get().entry
    assert (entry.act, entry.actor) == ("casework.vanish", f"account:{desk.org.accounts['officer']}")


def test_an_error_of_which_nothing_is_found_any_more_is_put_right(desk: Desk) -> None:
    confirm(desk.by(), desk.actor(), desk.task().pk, "open")
    desk.record(RIGHT)
    desk.sweep()
    assert desk.steps() == [("confirm", "error", ""), ("vanish", "done", "verdict")]


def test_the_same_doubt_found_again_is_the_same_task_asked_again(desk: Desk) -> None:
    task = desk.task().pk
    desk.record(RIGHT)
    desk.sweep()
    desk.record(WRONG | {"exited_on": None})
    assert desk.sweep().returned >= 1
    assert (desk.task().pk, desk.task().state, desk.task().stands) == (task, "reopened", True)
    assert desk.steps() == [("vanish", "gone", "verdict"), ("return", "reopened", "")]


def test_what_a_person_cleared_stays_cleared_while_the_assessment_goes_on_asking(desk: Desk) -> None:
    clear(desk.by(), desk.actor(), desk.task().pk, "open", Grounds())
    desk.sweep()
    assert (desk.task().state, desk.task().stands) == ("cleared", True)
    desk.record(RIGHT)
    desk.sweep()
    assert (desk.task().state, desk.task().stands) == ("cleared", False)
    desk.record(WRONG | {"exited_on": None})
    desk.sweep()
    assert desk.task().state == "reopened"


def test_what_was_put_right_while_it_is_still_found_waits_for_the_assessment(desk: Desk) -> None:
    confirm(desk.by(), desk.actor(), desk.task().pk, "open")
    finish(desk.by(), desk.actor(), desk.task().pk, "error", Grounds())
    desk.sweep()
    assert (desk.task().state, desk.task().stands) == ("done", True)


def test_after_an_edit_the_tasks_of_the_household_follow_at_once(desk: Desk) -> None:
    by = desk.by()
    record_facts(by, desk.actor(), desk.household, NewFacts("registration", desk.household, RIGHT, DAY))
    correct_and_follow(by, desk.household)
    assert desk.task().state == "gone"
    assert standing() == asked()
    entry = Entry.objects.get(act="casework.vanish")
    assert entry.actor == "system:casework"


@pytest.mark.parametrize("many", [0, 1, 2])
def test_few_that_are_behind_are_swept_by_themselves_and_many_with_all_others_to_the_same_end(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    other = new_household(desk.org, "H2", "371102008202", who="sibling")
    assess(desk.org, [other])
    desk.record(RIGHT)
    followed, follow_them = list[list[int] | None](), sweeping._follow

    def following(by: By, run: Run, households: list[int] | None) -> Swept:
        followed.append(households)
        return follow_them(by, run, households)

    monkeypatch.setattr(sweeping, "_follow", following)
    monkeypatch.setattr(sweeping, "MANY", many)
    swept = desk.sweep()
    assert (swept.made > 0, swept.closed > 0) == (True, True)
    assert standing() == asked()
    assert desk.sweep() == Swept()
    assert followed == [sorted([desk.household, other]) if many == 2 else None, []]


def test_what_was_due_before_another_policy_took_its_place_and_never_came_is_asked_for(desk: Desk) -> None:
    verdicts = VERDICTS["entitlement"].objects.unscoped("test").filter(household=desk.household)
    since = VERDICTS["assessment"].objects.unscoped("test").get(household=desk.household, until=None).since
    verdicts.filter(policy_id="house_repair").delete()
    said: dict[str, Any] = {"verdict": "excluded", "reconciliation": "missing", "due_low": 48_000, "due_high": 48_000}
    verdicts.create(household_id=desk.household, since=since, policy_id="house_repair", received=0, **said)
    assert desk.sweep().made == 1
    assert Task.objects.unscoped("test").get(kind="missing").amount == 48_000


def test_a_household_is_followed_alone(desk: Desk) -> None:
    other = new_household(desk.org, "H2", "371102008202", who="sibling")
    assess(desk.org, [other])
    before = Task.objects.unscoped("test").filter(household=desk.household).count()
    desk.record(RIGHT)
    assert follow(desk.by(), other).made > 0
    assert desk.task().stands
    assert Task.objects.unscoped("test").filter(household=desk.household).count() == before


def test_a_task_lies_where_its_household_lives_and_moves_with_it(desk: Desk) -> None:
    villages = [desk.org.places[code] for code in ("371102008201", "371102008202")]
    assert places() == {villages[0]}
    move(desk.org, desk.household, "371102008202")
    assert places() == {villages[1]}
    assert [row.place_id for row in Task.objects.seen_by(desk.actor("sibling"))] == [
        villages[1]
    ] * Task.objects.unscoped("test").count()
    assert not Task.objects.seen_by(desk.actor("village")).exists()


@pytest.mark.parametrize("by", ["sweep", "follow"])
@pytest.mark.parametrize("helped", [False, True])
def test_tasks_of_a_household_that_moved_away_are_its_new_helpers_or_nobodys(
    desk: Desk, by: str, *, helped: bool
) -> None:
    every = list(Task.objects.unscoped("test").values_list("pk", flat=True))
    give(desk.by("officer"), desk.actor("officer"), every, desk.org.posts["village"])
    # Who helped it before may still be down as its helper.
    assign(desk.by("officer"), desk.actor("officer"), desk.household, desk.org.posts["village"], DAY)
    assert desk.sweep() == Swept()
    move(desk.org, desk.household, "371102008202")
    if helped:
        assign(desk.by("officer"), desk.actor("officer"), desk.household, desk.org.posts["sibling"], DAY)
    swept = desk.sweep() if by == "sweep" else follow(desk.by(), desk.household)
    assert swept.released == len(every)
    assert {row.post_id for row in Task.objects.unscoped("test").all()} == {
        desk.org.posts["sibling"] if helped else None
    }
    assert desk.steps() == [("assign", "open", ""), ("assign", "open", "")]
    assert desk.sweep() == Swept()


def test_a_post_that_took_over_its_village_helper_is_asked_first_of_a_household(desk: Desk) -> None:
    officer, heir = desk.actor("officer"), desk.org.posts["village"]
    closed = desk.org.open("mate", "village", "371102008201")
    other = new_household(desk.org, "H2", "371102008201")
    assign(desk.by("officer"), officer, other, closed, DAY)
    close_post(desk.org.by, desk.org.founder, closed, heir, TODAY)
    assess(desk.org, [other])
    assert desk.sweep().made > 0
    assert {row.post_id for row in Task.objects.unscoped("test").filter(household=other)} == {heir}


def test_tasks_of_a_liaison_whose_help_ended_are_nobodys(desk: Desk) -> None:
    post, officer = desk.org.posts["district"], desk.actor("officer")
    helps = assign(desk.by("officer"), officer, desk.household, post, DAY)
    give(desk.by("officer"), officer, [desk.task().pk], post)
    assert desk.sweep() == Swept()
    end_assignment(desk.by("officer"), officer, helps, TODAY)
    assert desk.sweep().released == 1
    assert desk.task().post_id is None


@pytest.mark.parametrize("last", ["sweep", "follow", "move"])
def test_whichever_of_a_move_and_a_sweep_ends_last_sees_both(
    desk: Desk, last: str, django_capture_on_commit_callbacks: Any
) -> None:
    """Neither sees what the other has written and not yet committed: as if a sweep had written tasks of where the household lived before."""
    with django_capture_on_commit_callbacks() as after:
        move(desk.org, desk.household, "371102008202")
    Task.objects.unscoped("test").update(place=desk.org.places["371102008201"])
    ends = {
        "sweep": desk.sweep,
        "follow": lambda: follow(desk.by(), desk.household),
        "move": lambda: [do() for do in after],
    }
    ends[last]()
    assert places() == {desk.org.places["371102008202"]}


@pytest.mark.parametrize(
    ("who", "code", "sees"),
    [
        ("village", "371102008201", True),
        ("village", "371102008", True),
        ("sibling", "371102008201", False),
        ("sibling", "371102008", False),
        ("officer", "371102008", True),
        ("officer", "371102008202", False),
    ],
)
def test_a_list_of_a_place_holds_what_lies_there_and_is_seen(desk: Desk, who: str, code: str, sees: bool) -> None:
    listed = tasks(desk.actor(who), Wanted(place=desk.org.places[code]), None)
    assert {row.household for row in listed.page} == ({desk.household} if sees else set())


def places() -> set[int | None]:
    return set(Task.objects.unscoped("test").values_list("place_id", flat=True))


def test_where_no_verdict_changed_nothing_has_to_be_swept(desk: Desk) -> None:
    assert not is_behind()
    desk.record(RIGHT)
    assert is_behind()
    assert desk.sweep().closed >= 1
    assert not is_behind()
    assert Sweep.objects.count() == 2


def test_money_of_a_year_is_a_task_of_that_year_which_another_year_does_not_close(desk: Desk) -> None:
    receipt = NewReceipt("child_in_hardship", 2017, 10_000, desk.person(), DAY)
    record_receipt(desk.by(), desk.actor(), desk.household, receipt)
    desk.record(RIGHT)
    desk.sweep()
    money = unexplained()
    assert (money.kind, money.year, money.amount, money.person_id) == ("unexplained", 2017, 10_000, desk.person())
    Run.objects.update(as_of=date(2018, 3, 1))
    desk.sweep()
    assert Task.objects.unscoped("test").filter(pk=money.pk, state="open", stands=True).exists()


def test_a_task_points_to_the_verdict_that_asks_for_it_now_and_bears_its_amount(desk: Desk) -> None:
    person = desk.person()
    record_receipt(desk.by(), desk.actor(), desk.household, NewReceipt("child_in_hardship", 2017, 10_000, person, DAY))
    desk.record(RIGHT)
    desk.sweep()
    seen = unexplained()
    record_receipt(desk.by(), desk.actor(), desk.household, NewReceipt("child_in_hardship", 2017, 5_000, person, DAY))
    desk.record({"planned_exit_year": 2016})
    desk.sweep()
    money = unexplained()
    stands = VERDICTS["entitlement"].objects.unscoped("test").get(pk=money.verdict)
    assert (money.amount, money.state, stands.until) == (15_000, "open", None)
    # Nobody decides on the amount of before by a form that was open meanwhile.
    with pytest.raises(DomainError, match="VERDICT_MOVED"):
        clear(desk.by(), desk.actor(), seen.pk, "open", Grounds(), verdict=seen.verdict)
    clear(desk.by(), desk.actor(), money.pk, "open", Grounds(), verdict=money.verdict)


def test_the_lists_of_the_three_zero_errors_name_what_there_is_and_nothing_twice() -> None:
    checks = [check for zero in zero_errors().values() for check in zero.checks]
    assert set(checks) - book_of(()).checks.keys() == set()
    assert len(checks) == len(set(checks))
    assert {kind for zero in zero_errors().values() for kind in zero.kinds} <= kinds().keys()


def test_the_database_takes_no_second_task_of_a_doubt(desk: Desk) -> None:
    row = desk.task()
    row.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


def test_a_check_is_due_by_its_severity() -> None:
    assert {check.severity for check in book_of(()).checks.values()} == kinds()["finding"].days.keys()
    assert CHECK in book_of(()).checks

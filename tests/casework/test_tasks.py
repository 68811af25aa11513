"""Only a person makes a doubt an error; nothing closes without a reason and a ground; every step is kept, and stays as it was written."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from bangfu.access.data import Denied, NotThere
from bangfu.access.scope import ScopedQuerySet
from bangfu.access.services.posts import close_post, hand_over
from bangfu.audit.models import Entry
from bangfu.casework import protection as kept
from bangfu.casework.kinds import kinds, office_days_after
from bangfu.casework.models import Task, TaskStep
from bangfu.casework.services import tasks
from bangfu.casework.services.tasks import Grounds, assign, clear, confirm, finish, postpone, reopen
from bangfu.casework.states import MOVES, SETTLED, STATES, STEPS, Proof, State, What
from bangfu.kernel.errors import DomainError
from bangfu.registry import protection
from bangfu.registry.models import Act
from bangfu.registry.services.assignments import assign as help_
from bangfu.registry.services.erasure import erase
from tests.casework.conftest import DAY, RIGHT, WRONG, Desk, desk
from tests.examples import few
from tests.households import add_booklet, new_household
from tests.organisation import NOW, TODAY
from tests.races import at_once, meeting, unprotected

__all__ = ["desk"]


def code_of(act: Callable[[], object]) -> str:
    with pytest.raises(DomainError) as refused:
        act()
    return refused.value.code


def test_a_question_becomes_an_error_by_a_decision_and_is_put_right_with_a_ground(desk: Desk) -> None:
    task = desk.task().pk
    confirm(desk.by(reason="档案里有退出表，登记漏填"), desk.actor(), task, "open")
    finish(desk.by(reason="已补登"), desk.actor(), task, "error", Grounds())
    assert desk.steps() == [("confirm", "error", ""), ("finish", "done", "text")]
    entry = TaskStep.objects.unscoped("test").order_by("pk")[0].entry
    assert (entry.subject, entry.actor) == (f"household:{desk.household}", f"account:{desk.org.accounts['village']}")
    assert entry.text.body["reason"] == "档案里有退出表，登记漏填"
    assert entry.text.body["task"] == task


def test_an_act_or_a_paper_of_the_household_can_be_the_ground(desk: Desk) -> None:
    paper = add_booklet(desk.org, desk.household, "village")
    desk.record(RIGHT)
    task = desk.task().pk
    confirm(desk.by(), desk.actor(), task, "open")
    act = Act.objects.order_by("-pk")[0].pk
    finish(desk.by(), desk.actor(), task, "error", Grounds(Proof.ACT, act=act))
    reopen(desk.by(), desk.actor(), task, "done")
    clear(desk.by(), desk.actor(), task, "reopened", Grounds(Proof.PAPER, paper=paper))
    rows = TaskStep.objects.unscoped("test").filter(task=task).order_by("pk").values_list("proof", "paper_id", "act_id")
    assert list(rows) == [("", None, None), ("act", None, act), ("", None, None), ("paper", paper, None)]


def test_what_belongs_to_another_household_is_no_ground(desk: Desk) -> None:
    other = new_household(desk.org, "H2", "371102008201")
    paper, act = add_booklet(desk.org, other, "village"), Act.objects.order_by("-pk")[0].pk
    task = desk.task().pk
    for grounds in (Grounds(Proof.PAPER, paper=paper), Grounds(Proof.ACT, act=act), Grounds(Proof.PAPER, paper=10**9)):
        with pytest.raises(NotThere):
            clear(desk.by(), desk.actor(), task, "open", grounds)
    assert code_of(lambda: clear(desk.by(), desk.actor(), task, "open", Grounds(Proof.PAPER))) == "GROUNDS_UNFIT"
    assert code_of(lambda: clear(desk.by(), desk.actor(), task, "open", Grounds(Proof.VERDICT))) == "GROUNDS_UNFIT"
    assert desk.steps() == []


@pytest.mark.parametrize("reason", ["", "  ", "长" * 201])
def test_nothing_is_decided_without_a_reason_that_can_be_read(desk: Desk, reason: str) -> None:
    task = desk.task().pk
    acts: list[Callable[[], object]] = [
        lambda: confirm(desk.by(reason=reason), desk.actor(), task, "open"),
        lambda: clear(desk.by(reason=reason), desk.actor(), task, "open", Grounds()),
        lambda: postpone(desk.by(reason=reason), desk.actor(), task, "open", TODAY + timedelta(9)),
    ]
    assert [code_of(act) for act in acts] == ["REASON_NEEDED"] * 3
    assert desk.steps() == []


def test_who_decides_on_what_has_moved_meanwhile_is_told(desk: Desk) -> None:
    task = desk.task().pk
    confirm(desk.by(), desk.actor(), task, "open")
    assert code_of(lambda: clear(desk.by(), desk.actor("officer"), task, "open", Grounds())) == "TASK_MOVED"
    assert code_of(lambda: confirm(desk.by(), desk.actor(), task, "error")) == "TASK_NOT_SO"
    assert desk.steps() == [("confirm", "error", "")]


def test_tasks_are_worked_on_where_one_answers_for_the_household(desk: Desk) -> None:
    task = desk.task().pk
    for who in ("sibling", "other", "stranger", "admin", "nobody", "district"):
        with pytest.raises(NotThere):
            confirm(desk.by(who), desk.actor(who), task, "open")
    with pytest.raises(Denied):
        confirm(desk.by("auditor"), desk.actor("auditor"), task, "open")
    with pytest.raises(Denied):
        assign(desk.by(), desk.actor(), [task], desk.org.posts["village"])
    assert desk.steps() == []


def test_tasks_are_given_to_a_post_and_a_hand_over_carries_them_along(desk: Desk) -> None:
    every = list(Task.objects.unscoped("test").values_list("pk", flat=True))
    post = desk.org.posts["village"]
    assert assign(desk.by("officer"), desk.actor("officer"), every, post, date(2017, 12, 29)) == len(every)
    assert assign(desk.by("officer"), desk.actor("officer"), every, post, date(2017, 12, 29)) == 0
    assert set(Task.objects.unscoped("test").values_list("post_id", "due_on")) == {(post, date(2017, 12, 29))}
    assert Entry.objects.filter(act="casework.assign").count() == len(every)
    desk.org.add("new", "371102008201")
    hand_over(desk.org.by, desk.org.founder, post, desk.org.accounts["new"], TODAY)
    assert post in desk.actor("new").posts
    confirm(desk.by("new"), desk.actor("new"), every[0], "open")


@pytest.mark.parametrize("post", ["sibling", "auditor", "district", "admin"])
def test_no_task_is_given_to_a_post_that_could_not_work_on_it(desk: Desk, post: str) -> None:
    task, seat = desk.task().pk, desk.org.posts[post]
    assert code_of(lambda: assign(desk.by("officer"), desk.actor("officer"), [task], seat)) in (
        "OWNER_UNFIT",
        "NOT_THERE",
    )
    assert desk.task().post_id is None


def test_a_post_that_took_over_another_is_given_tasks_of_the_households_that_the_other_helped(desk: Desk) -> None:
    officer, heir = desk.actor("officer"), desk.org.posts["district"]
    closed = desk.org.open("mate", "district", "371102")
    help_(desk.by("officer"), officer, desk.household, closed, DAY)
    close_post(desk.org.by, desk.org.founder, closed, heir, TODAY)
    assert assign(desk.by("officer"), officer, [desk.task().pk], heir) == 1
    assert desk.sweep().released == 0
    confirm(desk.by("district"), desk.actor("district"), desk.task().pk, "open")


def test_all_are_given_or_none(desk: Desk) -> None:
    give: Any = partial(assign, desk.by("officer"), desk.actor("officer"))
    post = desk.org.posts["village"]
    assert code_of(lambda: give([], post)) == "TOO_MANY_TASKS"
    assert code_of(lambda: give(list(range(201)), post)) == "TOO_MANY_TASKS"
    assert code_of(lambda: give([desk.task().pk, 10**9], post)) == "NOT_THERE"
    assert code_of(lambda: give([desk.task().pk], post, TODAY - timedelta(1))) == "DAY_PASSED"
    assert TaskStep.objects.unscoped("test").count() == 0


def test_a_deadline_is_moved_with_a_reason_and_the_old_one_can_be_read(desk: Desk) -> None:
    task, before = desk.task().pk, desk.task().due_on
    postpone(desk.by(), desk.actor(), task, "open", before + timedelta(30))
    assert desk.task().due_on == before + timedelta(30)
    assert code_of(lambda: postpone(desk.by(), desk.actor(), task, "open", TODAY - timedelta(1))) == "DAY_PASSED"
    assert TaskStep.objects.unscoped("test").get().due_on == before + timedelta(30)


def test_what_is_opened_again_is_due_as_a_new_task_would_be_and_not_overdue_at_once(desk: Desk) -> None:
    task = desk.task()
    clear(desk.by(), desk.actor(), task.pk, "open", Grounds())
    reopen(desk.by(), desk.org.actor("village", at=NOW + timedelta(90)), task.pk, "cleared")
    due = office_days_after(TODAY + timedelta(90), kinds()[task.kind].days[task.severity])
    assert (desk.task().due_on, TaskStep.objects.unscoped("test").latest("pk").due_on) == (due, due)


def test_a_deadline_that_lies_later_stays_where_a_task_is_opened_again(desk: Desk) -> None:
    task, later = desk.task().pk, TODAY + timedelta(90)
    postpone(desk.by(), desk.actor(), task, "open", later)
    clear(desk.by(), desk.actor(), task, "open", Grounds())
    reopen(desk.by(), desk.actor(), task, "cleared")
    assert desk.task().due_on == later


def test_every_state_and_step_has_its_words_and_no_step_leads_out_of_them() -> None:
    assert STATES.keys() == set(State)
    assert STEPS.keys() == set(What) == MOVES.keys()
    assert {state for moves in MOVES.values() for pair in moves.items() for state in pair} <= set(State)
    # Nothing that a machine says makes an error.
    machine = [MOVES[what].values() for what in (What.VANISH, What.RETURN)]
    assert State.ERROR not in {state for states in machine for state in states}


STEPS_TAKEN = st.lists(
    st.sampled_from(["confirm", "clear", "finish", "reopen", "assign", "right", "wrong"]), min_size=1, max_size=9
)


@few(5)
@given(acts=STEPS_TAKEN)
def test_whatever_is_done_in_any_order_a_task_is_what_its_last_step_says(desk: Desk, acts: list[str]) -> None:
    """The model: a state and whether the doubt stands; a step that does not fit is refused and changes nothing."""
    with transaction.atomic():
        task, model, stands = desk.task(), "open", True
        for act in acts:
            model, stands = _done(desk, act, task.pk, model, stands=stands)
            task.refresh_from_db()
            last = TaskStep.objects.unscoped("test").filter(task=task).order_by("-pk").first()
            said = ("open", None) if last is None else (last.state, last.post_id)
            assert (task.state, task.stands) == (model, stands)
            assert (task.state, task.post_id) == said
        closed = TaskStep.objects.unscoped("test").filter(task=task, state__in=SETTLED)
        assert all(step.proof for step in closed)
        transaction.set_rollback(True)


def _done(desk: Desk, act: str, task: int, state: str, *, stands: bool) -> tuple[str, bool]:
    """Do it, and say what the task should be then."""
    if act in ("right", "wrong"):
        now = act == "wrong"
        if now == stands:
            return state, stands
        desk.record(WRONG | {"exited_on": None} if now else RIGHT)
        desk.sweep()
        return MOVES[What.RETURN if now else What.VANISH].get(state, state), now
    by, actor = desk.by("officer"), desk.actor("officer")
    do: dict[str, Callable[[], object]] = {
        "confirm": lambda: confirm(by, actor, task, state),
        "clear": lambda: clear(by, actor, task, state, Grounds()),
        "finish": lambda: finish(by, actor, task, state, Grounds()),
        "reopen": lambda: reopen(by, actor, task, state),
        "assign": lambda: assign(by, actor, [task], desk.org.posts["village"]),
    }
    again = act == "assign" and Task.objects.unscoped("test").get(pk=task).post_id is not None
    if state in MOVES[act] or again:
        do[act]()
        return MOVES[act].get(state, state), stands
    assert code_of(do[act]) == "TASK_NOT_SO"
    return state, stands


# ---- what the database refuses


def run(sql: str, *given_: Any) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, given_)
        return int(cursor.rowcount)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE casework_task SET about = 'other'",
        "UPDATE casework_task SET found_at = '2016-01-01 00:00:00+00:00'",
        "DELETE FROM casework_task",
        "UPDATE casework_taskstep SET what = 'clear'",
        "UPDATE casework_taskstep SET at = '2016-01-01 00:00:00+00:00'",
        "DELETE FROM casework_taskstep",
    ],
)
def test_no_step_is_changed_and_nothing_deleted(desk: Desk, sql: str) -> None:
    confirm(desk.by(), desk.actor(), desk.task().pk, "open")
    with pytest.raises(IntegrityError, match=protection.MESSAGE):
        run(sql)
    protection.lift(connection, kept.ROOM)
    assert protection.installed(connection, kept.ROOM) == {}
    assert protection.installed(connection)
    protection.protect(connection, apps, kept.ROOM)
    assert set(protection.installed(connection, kept.ROOM)) == protection.wanted_of(connection, apps, kept.ROOM)


def test_every_model_of_the_room_says_what_of_it_may_change() -> None:
    names = {model._meta.model_name for model in apps.get_app_config("casework").get_models()}
    assert names - {"sweep", "tally"} == set(kept.KEPT)


def test_the_database_takes_no_step_that_closes_without_a_ground(desk: Desk) -> None:
    finished: Any = {"at": desk.at, "entry_id": Entry.objects.order_by("pk")[0].pk, "what": "clear", "verdict": 1}
    for wrong in (
        {"state": "cleared", "proof": ""},
        {"state": "error", "proof": "text"},
        {"state": "done", "proof": "act"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            TaskStep.objects.create(task=desk.task(), due_on=TODAY, **finished, **wrong)


def test_an_erasure_takes_the_reasons_of_a_households_tasks_with_it(desk: Desk) -> None:
    confirm(desk.by(reason="甲head的退出表在村委会"), desk.actor(), desk.task().pk, "open")
    erase(desk.by("officer", "本人要求"), "household", "H1", "officer", keep=True)
    entry = TaskStep.objects.unscoped("test").get().entry
    assert not hasattr(entry, "text")
    assert desk.steps() == [("confirm", "error", "")]


# ---- two at once


@pytest.fixture
def meeting_desk(committed: None, desk: Desk) -> Desk:
    return desk


def decided_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], list[str]]:
    """One confirms and another clears, both having looked before either wrote, if they can: what failed, and what is on record."""
    task, meet, write = desk.task().pk, meeting(), tasks._write

    def wait(*given_: Any) -> None:
        meet()
        write(*given_)

    with monkeypatch.context() as held:
        held.setattr(tasks, "_write", wait)
        acts = [
            partial(confirm, desk.by(), desk.actor(), task, "open"),
            partial(clear, desk.by("officer"), desk.actor("officer"), task, "open", Grounds()),
        ]
        failed = at_once(acts)
    return [getattr(each, "code", type(each).__name__) for each in failed], [what for what, _, _ in desk.steps()]


def test_of_two_who_decide_at_once_one_is_told_that_it_moved(
    meeting_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed, steps = decided_at_once(meeting_desk, monkeypatch)
    assert failed == ["TASK_MOVED"]
    assert len(steps) == 1


def test_without_the_lock_both_decide_or_one_fails_without_a_reason(
    meeting_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as off:
        off.setattr(ScopedQuerySet, "select_for_update", lambda rows: rows)
        off.setattr("bangfu.casework.services.tasks.transaction.atomic", unprotected)
        failed, steps = decided_at_once(meeting_desk, monkeypatch)
    assert (failed, len(steps)) != (["TASK_MOVED"], 1)

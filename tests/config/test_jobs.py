"""Jobs: done in turn, done again after a kill, forgotten in time."""

import multiprocessing
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone
from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult
from pytest_django import Settings

from bangfu.cli import serve
from bangfu.config.job_process import name_of
from bangfu.config.jobs import ATTEMPTS, KEPT, LONGEST, Jobs, forget_jobs, take_up_left_behind
from tests.audit.conftest import committed
from tests.organisation import RING

__all__ = ["committed"]

DONE: list[int] = []


@task
def note(number: int) -> int:
    DONE.append(number)
    return number


@task
def fail(number: str) -> None:
    raise ValueError(f"nobody foresaw {number}")


@pytest.fixture(autouse=True)
def waiting(committed: None, settings: Settings) -> None:
    """Jobs that wait in the database, as in an installation."""
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
    DONE.clear()


def states() -> list[str]:
    return list(DBTaskResult.objects.order_by("enqueued_at").values_list("status", flat=True))


def test_what_waits_is_done_in_its_order_and_told_of() -> None:
    note.enqueue(1)
    asked = note.enqueue(2)
    Jobs("one").turn()
    assert DONE == [1, 2]
    asked.refresh()
    assert (asked.status, asked.return_value) == (TaskResultStatus.SUCCESSFUL, 2)


def test_a_job_that_fails_stops_none_after_it_and_leaves_no_words_in_the_database() -> None:
    fail.enqueue("110101199003071234")
    note.enqueue(2)
    Jobs("one").turn()
    assert states() == [TaskResultStatus.FAILED, TaskResultStatus.SUCCESSFUL]
    assert set(DBTaskResult.objects.values_list("traceback", flat=True)) == {""}


def test_what_was_under_way_when_its_process_was_killed_is_done_again() -> None:
    begun("one")
    again = Jobs("one")
    again.take_up_abandoned()
    again.turn()
    assert DONE == [1]
    assert states() == [TaskResultStatus.SUCCESSFUL]


def test_what_another_process_is_doing_is_left_to_it() -> None:
    begun("another")
    jobs = Jobs("one")
    jobs.take_up_abandoned()
    jobs.turn()
    assert DONE == []
    assert states() == [TaskResultStatus.RUNNING]


def test_what_killed_its_process_each_time_is_given_up() -> None:
    begun(*["one"] * ATTEMPTS)
    Jobs("one").take_up_abandoned()
    assert states() == [TaskResultStatus.FAILED]


@pytest.mark.parametrize(("since", "left"), [(timedelta(minutes=-1), 0), (timedelta(minutes=1), 1)])
def test_what_a_server_of_another_name_began_begins_anew_once_no_job_takes_as_long(since: timedelta, left: int) -> None:
    begun("a machine that was renamed")
    now = timezone.now()
    DBTaskResult.objects.update(started_at=now)
    assert take_up_left_behind(now + LONGEST + since) == left
    assert states() == [TaskResultStatus.READY if left else TaskResultStatus.RUNNING]
    Jobs("its name now").turn()
    assert [1] * left == DONE


def test_what_was_taken_up_meanwhile_is_left_to_who_does_it(monkeypatch: pytest.MonkeyPatch) -> None:
    begun("one")
    now = timezone.now()
    DBTaskResult.objects.update(started_at=now - 2 * LONGEST)
    seen = list(DBTaskResult.objects.all())
    monkeypatch.setattr("bangfu.config.jobs.list", lambda _: seen, raising=False)
    DBTaskResult.objects.get().claim("another")
    assert take_up_left_behind(now) == 0
    assert states() == [TaskResultStatus.RUNNING]


def test_what_stands_as_going_on_is_told_that_its_job_was_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []
    monkeypatch.setattr("bangfu.config.jobs.GIVEN_UP", {note.module_path: lambda number, _: told.append(number)})
    begun(*["one"] * (ATTEMPTS - 1))
    Jobs("one").take_up_abandoned()
    assert told == []
    DBTaskResult.objects.update(status=TaskResultStatus.RUNNING, worker_ids=["one"] * ATTEMPTS)
    Jobs("one").take_up_abandoned()
    assert told == [1]


def test_what_a_server_was_doing_waits_again_before_it_looks_for_what_nobody_carries_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Otherwise a run would be given up that it begins anew a moment later, after hours in which it was off."""
    begun(name_of(8000))
    seen = []

    @contextmanager
    def beside(*_: object) -> Iterator[None]:
        seen.append(states())
        yield

    nothing: Any = SimpleNamespace(on_startup=lambda _: None, serve=lambda: None, say=lambda _: None)
    monkeypatch.setattr(multiprocessing, "set_start_method", lambda _: None)
    monkeypatch.setattr(serve, "ready", lambda _: RING)
    monkeypatch.setattr(serve, "_server", lambda _: nothing)
    monkeypatch.setattr(serve, "sealing", beside)
    monkeypatch.setattr(serve, "working", beside)
    given = Namespace(host="127.0.0.1", port=8000, certificate=None, key=None, behind_proxy=False, workers=1)
    assert serve.run(given, nothing) == 0
    assert seen == [[TaskResultStatus.READY]] * 2


def test_told_to_leave_between_jobs_it_leaves_at_once() -> None:
    jobs = Jobs("one")
    with pytest.raises(SystemExit):
        jobs.leave()
    assert not jobs.going_on


def test_a_database_that_does_not_answer_ends_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def unanswered(_: Any) -> None:
        raise OSError("gone")

    monkeypatch.setattr("bangfu.config.jobs.close_old_connections", lambda: unanswered(None))
    Jobs("one").turn()


@pytest.mark.parametrize(("age", "left"), [(KEPT - timedelta(minutes=1), 1), (KEPT + timedelta(minutes=1), 0)])
def test_ended_jobs_are_forgotten_when_their_time_has_come(age: timedelta, left: int) -> None:
    note.enqueue(1)
    Jobs("one").turn()
    forget_jobs(timezone.now() + age)
    assert DBTaskResult.objects.count() == left


def test_a_job_that_waits_is_never_forgotten() -> None:
    note.enqueue(1)
    assert forget_jobs(timezone.now() + 10 * KEPT) == 0


def test_a_server_does_jobs_under_a_name_of_its_own_that_stays() -> None:
    assert name_of(8000) == name_of(8000)
    assert name_of(8000) != name_of(8001)
    assert len(name_of(65_535)) <= 64


def begun(*workers: str) -> None:
    """A job that these began, and none ended."""
    note.enqueue(1)
    DBTaskResult.objects.update(status=TaskResultStatus.RUNNING, worker_ids=list(workers))

"""Runs: what they store and why it changed, what ends them, what goes on meanwhile, and which of them are due."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult
from pytest_django import Settings

from bangfu.access.data import Denied, NotThere
from bangfu.assessment import selectors, tasks
from bangfu.assessment.data import Unfinished
from bangfu.assessment.household import changes as changes_of_household
from bangfu.assessment.household import glance
from bangfu.assessment.models import VERDICTS, Change, Occasion, Run, State, Step
from bangfu.assessment.services import runs, storing
from bangfu.assessment.services.corrections import correct, sweep_stale
from bangfu.assessment.services.runs import LONGEST, TRIES, Stopped, ask_run, carry_out, folder_of, stop_run
from bangfu.assessment.services.storing import current_run
from bangfu.assessment.tasks import tend
from bangfu.audit.models import Entry
from bangfu.engine.regions import assess_snapshot
from bangfu.engine.snapshot import open_snapshot
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.policies.in_force import in_force
from bangfu.registry.services.ledger import NewLine, record_ledger
from bangfu.reports.waiting import waits
from tests.assessment.conftest import Office, changes, stale, standing
from tests.examples import first_of
from tests.households import new_household
from tests.kept import kept
from tests.organisation import TODAY, founded

EARLIER = date(2017, 11, 30)


@pytest.fixture
def lived_in(committed: None, settings: Settings, tmp_path: Path) -> tuple[Office, int]:
    """The office, and the one household of its district."""
    settings.RUNS_FOLDER = tmp_path / "runs"
    return kept("lived in", lambda: new_lived_in(Office(founded())))


def new_lived_in(office: Office) -> tuple[Office, int]:
    return office, new_household(office.org, "H1", "371102008201")


@pytest.fixture
def office(lived_in: tuple[Office, int]) -> Office:
    return lived_in[0]


@pytest.fixture
def household(lived_in: tuple[Office, int]) -> int:
    return lived_in[1]


def earn(office: Office, household: int, amount: int) -> None:
    record_ledger(office.by, office.actor, household, 2016, [NewLine("crop", amount)])


def causes(run: Run) -> list[tuple[str, bool]]:
    return [(change.causes, change.correction) for change in changes(run)]


def test_each_change_says_what_made_it_and_what_had_changed(office: Office, household: int) -> None:
    first = office.run(EARLIER)
    assert causes(first) == [("first", False)]
    assert (first.state, first.households, first.persons, first.changed, stale()) == (State.DONE, 1, 3, 1, set())
    assert open_snapshot(folder_of(first.pk) / "snapshot").counts["person"] == 3
    earn(office, household, 900_000)
    assert stale() == {household}
    assert correct(household, office.at)
    assert causes(first)[1:] == [("facts", True)]
    earn(office, household, 100_000)
    second = office.run(TODAY)
    assert causes(second) == [("facts;day", False)]
    (figures,) = standing()["assessment"]
    assert 1_000_000 in figures
    seen = glance(office.actor, household)
    assert seen is not None
    assert (seen.stale, seen.figures["net_income"]) == (False, 1_000_000)
    told = changes_of_household(office.actor, household, "en")
    assert [row.causes for row in told] == [("facts", "day"), ("facts",), ("first",)]
    assert "Net income 9,000.00" in told[0].ended
    assert "Net income 10,000.00" in told[0].made


@pytest.mark.parametrize("at", first_of(1, [Step.SNAPSHOT, Step.READ, Step.JUDGE]))
def test_a_run_that_is_stopped_on_its_way_leaves_the_last_whole_one_current(
    office: Office, household: int, at: Step
) -> None:
    done = office.run()
    before = standing()
    earn(office, household, 900_000)
    run = ask_run(office.by, office.actor, TODAY)

    def stop_there(told: Text) -> None:
        if told.en == f"{at.value}…":
            stop_run(office.by, office.actor, run)

    with pytest.raises(Stopped, match="RUN_STOPPED"):
        carry_out(run, office.clock, stop_there)
    stopped = Run.objects.get(pk=run)
    assert (stopped.state, stopped.failure, folder_of(run).exists()) == (State.STOPPED, "", False)
    assert (current_run(), standing(), stale()) == (done, before, {household})
    assert Entry.objects.filter(act="assessment.stop", subject=f"run:{run}").count() == 1
    assert office.run().changed == 1


def test_a_run_that_waits_is_stopped_before_it_begins(office: Office, household: int) -> None:
    run = ask_run(office.by, office.actor, TODAY)
    stop_run(office.by, office.actor, run)
    assert not carry_out(run, office.clock, print, again=True)
    assert Run.objects.get(pk=run).state == State.STOPPED
    assert office.run().state == State.DONE


def test_what_is_being_stored_or_has_ended_is_not_stopped(office: Office, household: int) -> None:
    refused = []
    run = ask_run(office.by, office.actor, TODAY)

    def stop_late(told: Text) -> None:
        if told.en == "store…":
            with pytest.raises(DomainError) as late:
                stop_run(office.by, office.actor, run)
            refused.append(late.value.code)

    assert carry_out(run, office.clock, stop_late)
    with pytest.raises(DomainError) as ended:
        stop_run(office.by, office.actor, run)
    assert (refused, ended.value.code) == (["RUN_ENDED"], "RUN_ENDED")
    assert Run.objects.get(pk=run).state == State.DONE


def test_a_job_that_is_stopped_has_not_failed(office: Office, household: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(run: int, *_: object, **__: object) -> bool:
        raise Stopped(run)

    monkeypatch.setattr(tasks, "carry_out", stopped)
    assert tasks.assess.call(ask_run(office.by, office.actor, TODAY)) is False


def test_only_who_may_start_a_run_may_stop_one(office: Office, household: int) -> None:
    run = ask_run(office.by, office.actor, TODAY)
    with pytest.raises(Denied):
        stop_run(office.by, office.org.actor("auditor"), run)
    with pytest.raises(NotThere):
        stop_run(office.by, office.actor, run + 1)
    assert Run.objects.get(pk=run).state == State.WAITING


def test_a_run_that_fails_leaves_the_last_whole_one_current(
    office: Office, household: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = office.run()
    before = standing()
    earn(office, household, 900_000)
    monkeypatch.setattr(runs, "store", broken)
    run = ask_run(office.by, office.actor, TODAY)
    with pytest.raises(OSError, match="disk"):
        carry_out(run, office.clock, print)
    failed = Run.objects.get(pk=run)
    assert (failed.state, failed.failure, folder_of(run).exists()) == (State.FAILED, "OSError", False)
    assert (current_run(), standing(), stale()) == (done, before, {household})


def test_a_run_that_is_refused_keeps_the_words_of_the_refusal(
    office: Office, household: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "store", refused)
    run = ask_run(office.by, office.actor, TODAY)
    with pytest.raises(DomainError, match="UNKNOWN_POLICIES"):
        carry_out(run, office.clock, print)
    assert Run.objects.get(pk=run).why_failed == Text("没有这些政策", "no such policies")


def refused(*_: object) -> None:
    raise DomainError("UNKNOWN_POLICIES", Text("没有这些政策", "no such policies"))


def broken(*_: object) -> None:
    raise OSError("disk")


def meanwhile(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Let something happen after a run has read the register."""

    def late(*given: Any, **more: Any) -> Any:
        act()
        return assess_snapshot(*given, **more)

    monkeypatch.setattr(runs, "assess_snapshot", late)


def edited(office: Office, household: int) -> None:
    earn(office, household, 900_000)
    assert correct(household, office.at)


def test_what_is_recorded_after_the_reading_is_not_overwritten_and_stays_stale(
    office: Office, household: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.run()
    meanwhile(monkeypatch, lambda: edited(office, household))
    office.run()
    assert stale() == {household}
    assert income() == 900_000
    assert sweep_stale(office.at, 10) == 1
    monkeypatch.undo()
    assert office.run().changed == 0


def test_without_that_the_run_would_bring_back_what_was_before(
    office: Office, household: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.run()
    meanwhile(monkeypatch, lambda: edited(office, household))
    monkeypatch.setattr(storing, "OVERTAKEN", "SELECT household FROM touched WHERE false")
    office.run()
    assert income() is None


def income() -> int | None:
    (figures,) = VERDICTS["assessment"].objects.unscoped("test").filter(until=None)
    found: int | None = figures.net_income
    return found


def test_two_runs_do_not_go_on_at_once_and_not_everybody_may_ask(office: Office, household: int) -> None:
    run = ask_run(office.by, office.actor, TODAY)
    with pytest.raises(DomainError) as problem:
        ask_run(office.by, office.actor, TODAY)
    assert problem.value.code == "RUN_AT_WORK"
    with pytest.raises(Denied):
        ask_run(office.by, office.org.actor("village"), TODAY)
    assert carry_out(run, office.clock, print)
    assert not carry_out(run, office.clock, print)


def test_a_run_whose_process_was_killed_begins_anew(office: Office, household: int) -> None:
    run = ask_run(office.by, office.actor, TODAY)
    Run.objects.filter(pk=run).update(state=State.RUNNING, started_at=office.at)
    (folder_of(run) / "snapshot.partial").mkdir(parents=True)
    assert not carry_out(run, office.clock, print)
    assert carry_out(run, office.clock, print, again=True)


def test_the_night_is_assessed_once_and_what_stayed_stale_is_swept_up(office: Office, household: int) -> None:
    ring = office.org.by.ring
    tend(datetime(2017, 12, 1, 17, 59, tzinfo=UTC), ring)
    assert not Run.objects.exists()
    tend(datetime(2017, 12, 1, 18, 0, tzinfo=UTC), ring)
    (night,) = Run.objects.all()
    assert (night.occasion, night.as_of, night.state) == (Occasion.NIGHT, date(2017, 12, 2), State.DONE)
    earn(office, household, 900_000)
    tend(datetime(2017, 12, 1, 19, 0, tzinfo=UTC), ring)
    assert (Run.objects.count(), stale()) == (1, set())
    assert Change.objects.unscoped("test").filter(correction=True).count() == 1


@pytest.fixture
def published(office: Office, household: int, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The current run; a parameter was published since, and whatever is to assess by it fails."""
    whole = office.run()
    ruled = replace(in_force(), number=1)
    for room in (tasks, runs, selectors):
        monkeypatch.setattr(room, "in_force", lambda: ruled)
    monkeypatch.setattr(runs, "store", refused)
    return whole


def a_day_passes(office: Office, since: datetime) -> None:
    for hour in range(24):
        tend(since + timedelta(hours=hour), office.org.by.ring)


def test_what_fails_is_tried_a_few_times_and_then_each_night_until_it_is_whole(
    office: Office, published: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_day_passes(office, datetime(2017, 12, 1, 1, tzinfo=UTC))
    occasions = Run.objects.filter(pk__gt=published.pk).order_by("pk").values_list("occasion", flat=True)
    assert list(occasions) == [Occasion.NIGHT, *[Occasion.PUBLICATION] * (TRIES - 1), Occasion.NIGHT]
    assert Entry.objects.filter(act="assessment.run", actor="system:assessment").count() == TRIES + 1
    a_day_passes(office, datetime(2017, 12, 2, 1, tzinfo=UTC))
    assert occasions.all().count() == TRIES + 2
    # Nothing of what was published is lost.
    monkeypatch.setattr(runs, "store", storing.store)
    a_day_passes(office, datetime(2017, 12, 3, 1, tzinfo=UTC))
    latest = current_run()
    assert latest is not None
    assert (latest.occasion, latest.book_version.partition("+")[2]) == (Occasion.NIGHT, "1")
    assert occasions.all().count() == TRIES + 3


def test_who_starts_runs_is_told_what_failed_and_what_to_do(office: Office, published: Run) -> None:
    actor, ring = office.actor, office.org.by.ring
    assert selectors.unfinished(actor) is None
    tend(office.at, ring)
    told = selectors.unfinished(actor)
    assert told == Unfinished(1, 1, again=True, nightly=True)
    assert "已发布的 1 项还没有用于评估" in told.said.zh
    a_day_passes(office, office.at)
    told = selectors.unfinished(actor)
    assert told is not None
    assert (told.again, "每夜评估时会再试" in told.said.zh) == (False, True)
    (waiting,) = [each for each in waits(actor, office.at).some if each.page == "web:runs"]
    assert (waiting.count, waiting.says) == (told.runs, told.said)
    village = office.org.actor("village")
    assert selectors.unfinished(village) is None
    assert not [each for each in waits(village, office.at).some if each.page == "web:runs"]


def test_many_that_stay_stale_while_runs_fail_are_corrected_some_at_a_time(
    office: Office, household: int, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.run()
    earn(office, household, 900_000)
    settings.NIGHT_HOUR = None
    monkeypatch.setattr(tasks, "MANY", 0)
    monkeypatch.setattr(runs, "store", refused)
    swept: list[int] = []
    monkeypatch.setattr(tasks, "sweep_stale", lambda at, most: swept.append(most))
    for hour in range(1, TRIES + 2):
        tend(datetime(2017, 12, 1, hour, tzinfo=UTC), office.org.by.ring)
    assert Run.objects.filter(occasion=Occasion.MANY_EDITS).count() == TRIES
    assert len(swept) == 1


NIGHT = datetime(2017, 12, 1, 18, 0, tzinfo=UTC)
WAITS, UNDER_WAY, FAILED = TaskResultStatus.READY, TaskResultStatus.RUNNING, TaskResultStatus.FAILED


@pytest.fixture
def jobs(settings: Settings) -> None:
    """Jobs that wait in the database, as in an installation."""
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}


def begun(office: Office, state: State, job: str) -> Run:
    """A night's run, waiting or begun, and what became of its job."""
    tend(NIGHT, office.org.by.ring)
    DBTaskResult.objects.update(status=job, started_at=NIGHT, worker_ids=["a server that is no more"])
    night = Run.objects.latest("pk")
    night.state, night.started_at = state, NIGHT if state == State.RUNNING else None
    night.save()
    return night


@pytest.mark.parametrize(
    ("state", "job"),
    [
        (State.RUNNING, FAILED),  # its process was killed for the third time
        (State.RUNNING, UNDER_WAY),  # its server has another name now, or was restored from a backup
        (State.WAITING, UNDER_WAY),  # the same, before it could begin
        (State.WAITING, FAILED),
    ],
)
def test_a_run_that_nobody_carries_on_is_given_up_and_the_next_night_is_assessed(
    office: Office, household: int, jobs: None, state: State, job: str
) -> None:
    broken, ring = begun(office, state, job), office.org.by.ring
    tend(NIGHT + LONGEST, ring)
    assert Run.objects.get(pk=broken.pk).state == state
    tend(NIGHT + LONGEST + timedelta(minutes=1), ring)
    given_up = Run.objects.get(pk=broken.pk)
    assert (given_up.state, given_up.failure) == (State.FAILED, "BROKEN_OFF")
    tend(NIGHT + timedelta(days=1), ring)
    latest = Run.objects.latest("pk")
    assert (latest.occasion, latest.as_of, latest.state) == (Occasion.NIGHT, date(2017, 12, 3), State.WAITING)


def test_after_a_broken_run_what_stayed_stale_is_swept_up_the_same_night(
    office: Office, household: int, jobs: None
) -> None:
    office.run()
    begun(office, State.RUNNING, FAILED)
    earn(office, household, 900_000)
    tend(NIGHT + LONGEST, office.org.by.ring)
    assert not DBTaskResult.objects.ready().exists()
    tend(NIGHT + LONGEST + timedelta(hours=1), office.org.by.ring)
    assert DBTaskResult.objects.ready().get().task_path == tasks.sweep.module_path


@pytest.mark.parametrize("state", [State.WAITING, State.RUNNING])
def test_a_run_whose_job_waits_for_its_turn_is_not_given_up(
    office: Office, household: int, jobs: None, state: State
) -> None:
    """Behind a job that takes long, or taken up again after a server was off for hours: it begins anew."""
    begun(office, state, WAITS)
    tend(NIGHT + timedelta(days=1), office.org.by.ring)
    assert Run.objects.get().state == state


def test_a_run_whose_job_has_just_begun_is_not_given_up_however_long_it_waited(
    office: Office, household: int, jobs: None
) -> None:
    begun(office, State.WAITING, UNDER_WAY)
    DBTaskResult.objects.update(started_at=NIGHT + timedelta(hours=5))
    tend(NIGHT + timedelta(hours=6), office.org.by.ring)
    assert Run.objects.get().state == State.WAITING


def test_a_run_that_waits_for_a_job_that_is_gone_does_not_keep_others_from_asking(
    office: Office, household: int
) -> None:
    """As of a command that was killed between asking and beginning."""
    broken = ask_run(office.by, office.actor, TODAY)
    later = replace(office.by, at=office.at + LONGEST + timedelta(minutes=2))
    assert ask_run(later, office.actor, TODAY) != broken
    assert Run.objects.get(pk=broken).failure == "BROKEN_OFF"


def test_a_run_that_was_given_up_while_it_went_on_after_all_stores_nothing(
    office: Office, household: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    done, before = office.run(), standing()
    earn(office, household, 900_000)

    def slowly() -> None:
        Run.objects.filter(state=State.RUNNING).update(state=State.FAILED, failure="BROKEN_OFF")

    monkeypatch.setattr(storing, "take_indexes_away", slowly)
    with pytest.raises(DomainError, match="RUN_GIVEN_UP"):
        office.run()
    assert (current_run(), standing(), stale()) == (done, before, {household})


def test_the_job_of_a_run_is_known_by_its_name() -> None:
    assert tasks.assess.module_path == runs.JOB


def test_only_the_last_runs_are_kept(office: Office, household: int, settings: Settings) -> None:
    settings.RUNS_KEPT = 1
    kept = [office.run(EARLIER), office.run()]
    assert [folder.name for folder in Path(settings.RUNS_FOLDER).iterdir()] == [str(kept[-1].pk)]

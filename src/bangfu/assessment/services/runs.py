"""Runs over the whole register: asked for, carried out, and those that are too old taken away.

A run reads the register as of one moment, writes the snapshot, lets the engine assess it, and only then, in one transaction, lets what
came out be current. Whatever ends it before that leaves the last whole run current.
"""

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Callable
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from bangfu.access.data import Actor, NotThere
from bangfu.access.policy import require
from bangfu.assessment.data import BROKEN_OFF
from bangfu.assessment.models import GOING, Occasion, Run, State, Step
from bangfu.assessment.services.indexing import make_missing_indexes
from bangfu.assessment.services.storing import Taken, current_run, read_taken, store
from bangfu.audit.data import Act, By
from bangfu.audit.services import number_ahead, record
from bangfu.engine.duck import open_engine
from bangfu.engine.regions import assess_snapshot
from bangfu.engine.request import Request, Wanted
from bangfu.engine.results import Target
from bangfu.engine.results.target import MANIFEST
from bangfu.engine.snapshot.write import SnapshotTarget, prepare_shown
from bangfu.kernel.days import day_from_date
from bangfu.kernel.errors import DomainError
from bangfu.kernel.schema import schema
from bangfu.kernel.words import Text
from bangfu.policies.in_force import in_force
from bangfu.registry.arrow import reading
from bangfu.registry.snapshots import prepare_tables, read_tables, read_villages

# A run that has not ended by then was broken off with its process; one that has not begun, and whose job does not wait for its turn, with that.
LONGEST = timedelta(hours=2)
# Runs that failed one after the other, after which no other is begun by itself but the night's: whatever ended them will end the next one, too.
TRIES = 3
# The job that carries a run out (tasks.assess), as the table of jobs calls it; its first argument is the run.
JOB = "bangfu.assessment.tasks.assess"
MEMORY = "1500MB"  # of what the register is read into; beyond that it spills
Clock = Callable[[], datetime]
Progress = Callable[[Text], None]
_logger = logging.getLogger(__name__)


def ask_run(by: By, actor: Actor, day: date, occasion: Occasion = Occasion.ASKED) -> int:
    """Let the register be assessed as of a day, by whoever carries runs out. Returns the run.

    Raises Denied, and DomainError for a day to come, where a run waits or goes on already, and for a second night of one day.
    """
    require(actor, "runs.start")
    if day > actor.day:
        raise DomainError("DAY_TO_COME", Text("日期还没有到，不能评估。", "That day is still to come."))
    with transaction.atomic():
        give_up_broken(by.at)
        if Run.objects.filter(state__in=GOING).exists():
            raise _busy()
        number = number_ahead(Run)
        entry = record(by, Act("assessment.run", f"run:{number}", words={"as_of": str(day)}))
        try:
            with transaction.atomic():
                run = Run.objects.create(
                    pk=number, state=State.WAITING, occasion=occasion, as_of=day, asked_at=by.at, entry_id=entry
                )
        except IntegrityError as problem:
            raise _busy() from problem
        return run.pk


class Stopped(DomainError):
    """That somebody stopped a run on its way; the last whole one stays current."""

    def __init__(self, run: int) -> None:
        text = Text(
            f"第 {run} 次评估已停止，原来的结论照常有效。需要时请重新评估。",
            f"Assessment {run} was stopped; the verdicts stay as they were. Start another one when you need it.",
        )
        super().__init__("RUN_STOPPED", text)


def stop_run(by: By, actor: Actor, run: int) -> None:
    """Stop a run that waits, or goes on, which ends at its next step. Raises Denied, NotThere, and DomainError where it ended or is being stored."""
    require(actor, "runs.start")
    if not Run.objects.filter(pk=run).exists():
        raise NotThere
    with transaction.atomic():
        going = Run.objects.filter(pk=run, state__in=GOING).exclude(step=Step.STORE)
        if not going.update(state=State.STOPPED, finished_at=by.at):
            raise DomainError(
                "RUN_ENDED",
                Text(
                    "这次评估已经结束，或正在保存结论，不能停止。请刷新页面查看结果。",
                    "It has ended, or its verdicts are being stored: it cannot be stopped. Load the page again to see what came of it.",
                ),
            )
        record(by, Act("assessment.stop", f"run:{run}"))


def carry_out(run: int, clock: Clock, progress: Progress, *, again: bool = False) -> bool:
    """Carry out a run that waits; with `again`, one too whose process was killed. Returns whether it did: not where another goes on.

    Raises Stopped, and what else ended it; the run then says that it failed.
    """
    states = GOING if again else (State.WAITING,)
    try:
        began = Run.objects.filter(pk=run, state__in=states).update(state=State.RUNNING, started_at=clock())
    except IntegrityError:
        return False
    if not began:
        return False
    try:
        _carry_out(Run.objects.get(pk=run), clock, progress)
    except Stopped:
        shutil.rmtree(folder_of(run), ignore_errors=True)
        raise
    except BaseException as problem:
        code, words = type(problem).__name__, []
        if isinstance(problem, DomainError):
            code, words = problem.code, [problem.text.zh, problem.text.en]
        Run.objects.filter(pk=run).update(state=State.FAILED, failure=code, failure_words=words, finished_at=clock())
        shutil.rmtree(folder_of(run), ignore_errors=True)
        raise
    # It is current already, and stays so whatever comes of this.
    make_missing_indexes()
    _take_away_old()
    return True


def folder_of(run: int) -> Path:
    """Where a run's snapshot and results lie, as long as they are kept."""
    return Path(settings.RUNS_FOLDER) / str(run)


def _carry_out(run: Run, clock: Clock, progress: Progress) -> None:
    folder = folder_of(run.pk)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    day = run.as_of
    # Once: what is published while the run goes on is for the next one.
    ruled = in_force()
    with closing(open_engine(folder / "spill", memory=MEMORY)) as con:
        _tell(run, Step.READ, progress)
        read_villages(con, day)
        with reading() as reader:
            read_tables(con, reader, day)
            read_taken(con, reader)
        report = prepare_tables(con, day)
        _tell(run, Step.SNAPSHOT, progress)
        snapshot = prepare_shown(
            con,
            report,
            SnapshotTarget(folder / "snapshot", "parquet"),
            name="registry",
            # A region a core: each is planned anew, which costs as much as judging some ten thousand households.
            regions=os.cpu_count() or 1,
            made_at=clock().isoformat(timespec="seconds"),
        )
        for table in schema().tables:
            # The engine reads the snapshot, and has its own memory.
            con.execute(f"DROP TABLE {table}")
        _tell(run, Step.JUDGE, progress)
        request = Request(register=snapshot.path, as_of=day_from_date(day), rules=ruled.layers)
        target = Target(folder / "results", "parquet")

        def tell(so_far: Text) -> None:
            _tell(run, Step.JUDGE, progress, so_far)

        assess_snapshot(request, target, Wanted(relevant=True), resume=False, progress=tell)
        _tell(run, Step.STORE, progress)
        taken = Taken(run, target.path, clock())
        run.snapshot, run.results = _digest(snapshot.path), _digest(target.path)
        run.households, run.persons = report.counts["household"], report.counts["person"]
        run.book, run.book_version = ruled.digest, ruled.version
        run.income_year = json.loads((target.path / MANIFEST).read_text(encoding="utf-8"))["income_year"]
        store(con, taken, clock)
    shutil.rmtree(folder / "spill", ignore_errors=True)


def _tell(run: Run, step: Step, progress: Progress, so_far: Text | None = None) -> None:
    """Say how far it is. Raises Stopped; once it is being stored, nobody stops it any more."""
    if not Run.objects.filter(pk=run.pk, state=State.RUNNING).update(step=step):
        raise Stopped(run.pk)
    progress(so_far or Text(f"{step.label}…", f"{step.value}…"))


def _digest(folder: Path) -> str:
    return hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()


def give_up_broken(at: datetime) -> None:
    """Let runs have failed that nobody carries on.

    Their job was killed too often, or its server has come up under another name or from a backup: nothing else would end them, and while one goes
    on there is no other. A job that waits for its turn begins its run anew, however long ago that began.
    """
    since = at - LONGEST
    waits = Q(status=TaskResultStatus.READY) | Q(status=TaskResultStatus.RUNNING, started_at__gte=since)
    jobs = DBTaskResult.objects.filter(waits, task_path=JOB).values_list("args_kwargs", flat=True)
    broken = Q(state=State.RUNNING, started_at__lt=since) | Q(state=State.WAITING, asked_at__lt=since)
    Run.objects.filter(broken).exclude(pk__in=[each["args"][0] for each in jobs]).update(
        state=State.FAILED, failure=BROKEN_OFF, finished_at=at
    )


def failed_since_whole() -> int:
    """How many runs have failed since the last whole one. Two queries."""
    whole = current_run()
    failed = Run.objects.filter(state=State.FAILED)
    return (failed.filter(pk__gt=whole.pk) if whole else failed).count()


def _take_away_old() -> None:
    """Keep the folders of the last runs. A folder that somebody reads at this moment goes the next time."""
    done = Run.objects.filter(state=State.DONE).order_by("-pk").values_list("pk", flat=True)
    kept = {str(run) for run in done[: settings.RUNS_KEPT]}
    for folder in Path(settings.RUNS_FOLDER).iterdir():
        if folder.name.isdigit() and folder.name not in kept and not _is_at_work(int(folder.name)):
            shutil.rmtree(folder, ignore_errors=True)


def _is_at_work(run: int) -> bool:
    return Run.objects.filter(pk=run, state=State.RUNNING).exists()


def _busy() -> DomainError:
    return DomainError(
        "RUN_AT_WORK",
        Text(
            "已有一次评估在等待或进行，或当日的夜间评估已做过。请等它结束后查看结果。",
            "An assessment waits or goes on already, or that night's was made. Wait for its end, and look at the result.",
        ),
    )

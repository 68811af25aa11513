"""Jobs: work that takes longer than a request may. They wait in the database, and one process beside each server does them, one at a time.

A job that is killed on its way is done again from its start, a few times at most: whatever a job does has to be safe to do twice.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import close_old_connections, transaction
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from bangfu.assessment.services.trials import give_up_trial
from bangfu.assessment.tasks import try_proposal
from bangfu.audit.data import By
from bangfu.casework.services.sweeping import is_behind, sweep
from bangfu.documents.batches import give_up_batch
from bangfu.documents.tasks import print_batch
from bangfu.privacy.keys import load_ring

ATTEMPTS = 3
KEPT = timedelta(days=14)
# So long no job takes.
LONGEST = timedelta(hours=6)
# What stands as going on, and is told that its job was given up. Runs and uploads look for themselves.
GIVEN_UP: Mapping[str, Callable[[int, datetime], None]] = {
    print_batch.module_path: lambda batch, _: give_up_batch(batch),
    try_proposal.module_path: give_up_trial,
}
_logger = logging.getLogger(__name__)


class Jobs:
    """What does jobs, under a name that is the same after each start: what it had begun before is abandoned."""

    def __init__(self, name: str) -> None:
        self._worker = Worker(
            queue_names=["*"],
            interval=0,
            batch=True,
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            worker_id=name,
            excluded_queue_names=[],
        )

    def take_up_abandoned(self) -> None:
        """Let what was begun under this name and never ended begin anew; what was begun too often has failed."""
        running = DBTaskResult.objects.running()
        for job in [each for each in running if each.worker_ids[-1:] == [self._worker.worker_id]]:
            _take_up(job, timezone.now())

    def turn(self) -> None:
        """Do what waits, until nothing does. Where nothing waits, nothing is locked. A failure is logged: it never ends the process."""
        try:
            close_old_connections()
            if DBTaskResult.objects.ready().exists():
                self._worker.run()
                # The log has them, without numbers.
                DBTaskResult.objects.exclude(traceback="").update(traceback="")
                # A job may have changed verdicts: whoever waits for it finds the tasks that follow.
                if is_behind():
                    sweep(By("system:casework", timezone.now(), load_ring(settings.KEY_RING_FILE)))
        except Exception:  # where this job ends
            _logger.exception("jobs could not be done; they will be tried again")

    def leave(self, *_: object) -> None:
        """End after the job under way; at once where there is none."""
        self._worker.running = False
        if not self._worker.running_task:
            raise SystemExit(0)

    @property
    def going_on(self) -> bool:
        return self._worker.running


def take_up_left_behind(at: datetime) -> int:
    """Let begin anew what was begun longer ago than any job takes, by whoever it was: its server is no more, or has another name now.

    Returns how many. What was begun too often has failed.
    """
    left = list(DBTaskResult.objects.running().filter(started_at__lt=at - LONGEST))
    return sum(_take_up(job, at) for job in left)


def _take_up(job: "DBTaskResult[Any, Any]", at: datetime) -> bool:
    """Let a job that nobody does wait again, or have failed; not where somebody else has taken it up meanwhile."""
    again = len(job.worker_ids) < ATTEMPTS
    status = TaskResultStatus.READY if again else TaskResultStatus.FAILED
    as_seen = DBTaskResult.objects.filter(pk=job.pk, status=TaskResultStatus.RUNNING, started_at=job.started_at)
    with transaction.atomic():
        taken = as_seen.update(status=status) == 1
        if taken and not again and job.task_path in GIVEN_UP:
            GIVEN_UP[job.task_path](job.args_kwargs["args"][0], at)
    return taken


def forget_jobs(at: datetime) -> int:
    """Delete the jobs that ended long ago, and return how many."""
    gone, _ = DBTaskResult.objects.finished().filter(enqueued_at__lt=at - KEPT).delete()
    return gone

"""Jobs: work that takes longer than a request may. They wait in the database, and one process beside each server does them, one at a time.

A job that is killed on its way is done again from its start, a few times at most: whatever a job does has to be safe to do twice.
"""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import close_old_connections
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from bangfu.audit.data import By
from bangfu.casework.services.sweeping import is_behind, sweep
from bangfu.privacy.keys import load_ring

ATTEMPTS = 3
KEPT = timedelta(days=14)
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
            again = len(job.worker_ids) < ATTEMPTS
            job.status = TaskResultStatus.READY if again else TaskResultStatus.FAILED
            job.save(update_fields=["status"])

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


def forget_jobs(at: datetime) -> int:
    """Delete the jobs that ended long ago, and return how many."""
    gone, _ = DBTaskResult.objects.finished().filter(enqueued_at__lt=at - KEPT).delete()
    return gone

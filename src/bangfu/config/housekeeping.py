"""What is done every hour beside a server: what has served its time is deleted, what failed is tried again, what is due is begun."""

import logging
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from django.conf import settings

from bangfu.access.services.housekeeping import sweep
from bangfu.assessment.tasks import tend
from bangfu.audit.data import By
from bangfu.casework.services.rectification import write_days
from bangfu.casework.services.sweeping import is_behind
from bangfu.casework.services.sweeping import sweep as sweep_tasks
from bangfu.config.jobs import forget_jobs, take_up_left_behind
from bangfu.documents.batches import forget_batches
from bangfu.exports.services.housekeeping import sweep as sweep_exports
from bangfu.exports.services.housekeeping import try_again
from bangfu.files.store import sweep as sweep_files
from bangfu.intake.services import remove_old
from bangfu.kernel.aside import PREFIX
from bangfu.privacy.keys import load_ring
from bangfu.registry.imports.staged import let_go_of_stuck

# Longer than anything here takes, job or command.
LIES_OPEN = timedelta(days=1)
_logger = logging.getLogger(__name__)


def hourly(at: datetime) -> int:
    """Delete what is due, and return how many rows and files; let tasks follow the verdicts; see to the night's assessment.

    What fails is logged, and tried again in an hour; the rest is done all the same.
    """
    ring = load_ring(settings.KEY_RING_FILE)
    by = By("system:exports", at, ring)
    _each(partial(take_up_left_behind, at), partial(try_again, by), partial(let_go_of_stuck, at))
    # Files last: those that uploads, papers and exports have just let go of are among them.
    kept = (remove_left_lying, sweep, forget_jobs, remove_old, forget_batches)
    gone = _each(*(partial(delete, at) for delete in kept), partial(sweep_exports, by), partial(sweep_files, at))
    _each(partial(_follow, By("system:casework", at, ring)), partial(write_days, at), partial(tend, at, ring))
    return gone


def remove_left_lying(at: datetime) -> int:
    """Remove what a process that was killed left in the system's temporary folder: names and numbers that are sealed everywhere else lie open there."""
    before, mine, gone = (at - LIES_OPEN).timestamp(), os.getuid(), 0
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(FileNotFoundError):  # its process has just done so
            seen = folder.lstat()
            if stat.S_ISDIR(seen.st_mode) and seen.st_uid == mine and seen.st_mtime < before:
                shutil.rmtree(folder)
                gone += 1
    return gone


def _each(*works: Callable[[], object]) -> int:
    """Do these one after the other. Returns how many rows and files they say that it was."""
    done: Iterable[object] = [_tried(work) for work in works]
    return sum(each for each in done if isinstance(each, int))


def _tried(work: Callable[[], object]) -> object:
    try:
        return work()
    except Exception:  # where this job ends
        _logger.exception("a part of the hourly work failed; it will be tried again")
        return None


def _follow(by: By) -> None:
    if is_behind():
        sweep_tasks(by)

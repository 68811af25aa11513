"""The sealer: chains what was committed within seconds, and leaves a checkpoint when it starts, every hour and when it stops.

One runs beside every server; where several do, the database's own lock lets one of them seal at a time.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

from django.db import close_old_connections, connection

from bangfu.audit.checkpoints import Checkpoint, add_checkpoint, checkpoints
from bangfu.audit.models import Link, Waiting
from bangfu.audit.services import seal_waiting
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.privacy.keys import KeyRing

PAUSE_S = 2.0
BETWEEN_CHECKPOINTS = timedelta(hours=1)
AFTER_FAILURE = timedelta(minutes=1)
FAILED = "sealing failed; it will be tried again"
_logger = logging.getLogger(__name__)


def seal_all() -> int:
    """Seal until nothing waits, one transaction a batch. Returns how many. Where nothing waits, nothing is locked."""
    sealed = 0
    while Waiting.objects.exists():
        sealed += seal_waiting()
    return sealed


def leave_checkpoint(path: Path, *, at: datetime, ring: KeyRing) -> Checkpoint | None:
    """Mark how far the chain has come, where it has grown since the last mark. Returns the last mark; None where nothing is sealed.

    Raises DomainError where the chain is not what that mark saw, or the file holds a line that this program did not write.
    """
    marked = [None, *checkpoints(path, ring)][-1]
    if marked:
        _check_still_there(marked)
    last = Link.objects.order_by("-number").first()
    if last is None or (marked and marked.number == last.number):
        return marked
    return add_checkpoint(path, last.number, last.digest, at=at, ring=ring)


class Sealer:
    """What seals in the background. A failure is logged and tried again: it never ends the server."""

    def __init__(
        self,
        ring: KeyRing,
        path: Path,
        clock: Callable[[], datetime],
        hourly: Callable[[datetime], object] | None = None,
    ) -> None:
        """`hourly` is other work of the background, done as often as checkpoints are left."""
        self._clock = clock
        self._checkpoint = _Hourly(lambda at: leave_checkpoint(path, at=at, ring=ring), FAILED)
        self._due = [self._checkpoint]
        if hourly is not None:
            self._due.append(_Hourly(hourly, "the hourly work failed; it will be tried again"))

    def run(self, stop: Event) -> None:
        """Seal until told to stop, and then once more."""
        self.turn()
        while not stop.wait(PAUSE_S):
            self.turn()
        self._checkpoint.due = self._clock()
        self.turn()
        connection.close()

    def turn(self) -> None:
        """Seal what waits, and do what is due. Each is done whatever became of the others: a record that contradicts its last mark gets no other
        before somebody has looked at it, and meanwhile what has served its time is deleted all the same."""
        try:
            close_old_connections()
            seal_all()
        except Exception:  # where this job ends
            _logger.exception(FAILED)
        for work in self._due:
            work.turn(self._clock())


class _Hourly:
    """Work that is done every hour, and after a failure in a minute."""

    def __init__(self, work: Callable[[datetime], object], failed: str) -> None:
        self.due = datetime.min.replace(tzinfo=UTC)
        self._work, self._failed = work, failed

    def turn(self, at: datetime) -> None:
        if at < self.due:
            return
        self.due = at + AFTER_FAILURE
        try:
            self._work(at)
            self.due = at + BETWEEN_CHECKPOINTS
        except Exception:  # where this job ends
            _logger.exception(self._failed)


@contextmanager
def sealing(sealer: Sealer) -> Iterator[None]:
    """Let a sealer work in a thread of its own; what was committed meanwhile is sealed on leaving."""
    stop = Event()
    thread = Thread(target=sealer.run, args=[stop], name="sealer")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _check_still_there(mark: Checkpoint) -> None:
    if not Link.objects.filter(number=mark.number, digest=mark.digest).exists():
        raise DomainError(
            "CHAIN_DIFFERS",
            Text(
                f"留痕的第 {mark.number} 环与检查点不符，未写新的检查点。请运行 bangfu audit verify。",
                f"Link {mark.number} of the record is not what a checkpoint saw; no new one was written. "
                "Run bangfu audit verify.",
            ),
        )

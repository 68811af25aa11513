"""What tests of races share: threads that meet, and transactions that exclude nobody."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Barrier, Event, Semaphore, Thread

from django.db import connection, transaction


def at_once(acts: Sequence[Callable[[], object]]) -> list[Exception]:
    """Do these at one moment, each in a thread with a connection of its own. Returns what went wrong."""
    failed: list[Exception] = []
    ready = Barrier(len(acts))

    def run(act: Callable[[], object]) -> None:
        ready.wait()
        try:
            act()
        except Exception as problem:  # noqa: BLE001  # the test looks at it
            failed.append(problem)
        finally:
            connection.close()

    threads = [Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failed


def meeting(parties: int = 2, *, surely: bool = False) -> Callable[[], None]:
    """Waits for the others, but not for ever: where something keeps them apart, nobody comes. Once they have met or will not, nobody waits any more.

    `surely`: nothing does, but for SQLite, which lets one write at a time. On a busy machine it may take them long.
    """
    patience = 30 if surely and connection.vendor == "postgresql" else 1
    coming, over = Semaphore(parties - 1), Event()

    def meet() -> None:
        end = time.monotonic() + patience
        if not coming.acquire(blocking=False):
            over.set()
        while not over.wait(0.02):
            if time.monotonic() > end or _is_waited_for():
                over.set()

    return meet


def _is_waited_for() -> bool:
    """Whether another waits for what this thread's transaction has locked, and so will not come."""
    if connection.vendor != "postgresql":
        return False
    waits = (
        "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))"
    )
    with connection.cursor() as cursor:
        cursor.execute(waits)
        return bool(cursor.fetchone()[0])


@contextmanager
def unprotected(using: str | None = None, savepoint: bool = True, durable: bool = False) -> Iterator[None]:
    """In place of `transaction.atomic`: on SQLite a transaction excludes others from its start on; a deferred one does not."""
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        connection.transaction_mode = "DEFERRED"  # type: ignore[attr-defined]
    with transaction.Atomic(using, savepoint, durable):
        yield

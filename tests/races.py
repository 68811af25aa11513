"""What tests of races share: threads that meet, and transactions that exclude nobody."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Barrier, BrokenBarrierError, Thread

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
    """Waits for the others, but not for ever: where something keeps them apart, nobody comes.

    `surely`: nothing does, but for SQLite, which lets one write at a time. On a busy machine it may take them long.
    """
    barrier = Barrier(parties)
    patience = 30 if surely and connection.vendor == "postgresql" else 1

    def meet() -> None:
        with suppress(BrokenBarrierError):
            barrier.wait(timeout=patience)

    return meet


@contextmanager
def unprotected(using: str | None = None, savepoint: bool = True, durable: bool = False) -> Iterator[None]:
    """In place of `transaction.atomic`: on SQLite a transaction excludes others from its start on; a deferred one does not."""
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        connection.transaction_mode = "DEFERRED"  # type: ignore[attr-defined]
    with transaction.Atomic(using, savepoint, durable):
        yield

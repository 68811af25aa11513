"""Do jobs side by side in processes of their own, which end with their parent, however that ends."""

import atexit
import os
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import connection, get_context, parent_process
from typing import Self, TypeVar

from bangfu.engine.results.target import KEPT
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text

Job = TypeVar("Job")
Made = TypeVar("Made")


class Workers:
    """Processes for the jobs to come. They start at once, so that they are ready when whoever wants them has said what there is to do.

    With fewer than two the jobs are done in this process.
    """

    def __init__(self, count: int, ready: Callable[[], None] | None = None) -> None:
        """At most as many as there are cores. Each does `ready` first: what it loads for that is loaded when a job comes."""
        count = min(count, os.cpu_count() or 1)
        # Not forked: a copy of a process in which DuckDB's threads ran may hang.
        context = get_context("spawn")
        self._pool = ProcessPoolExecutor(count, mp_context=context, initializer=_serve) if count > 1 else None
        if self._pool and ready:
            for _ in range(count):
                self._pool.submit(ready)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool:
            self._pool.shutdown(cancel_futures=True)

    def do_each(
        self,
        act: Callable[[Job], Made],
        jobs: Sequence[Job],
        done: Callable[[int], None],
        *,
        size: Callable[[Job], int] = lambda _: 0,
    ) -> list[Made]:
        """Do every job; the results in the order of the jobs. `done` hears how many are.

        Several processes begin with those of the largest `size`, so that none of them is left to one at the end.

        Raises what a job raises (the others are then left), DomainError where a process was ended.
        """
        if self._pool is None or len(jobs) < 2:  # one is no sooner done elsewhere
            made = []
            for job in jobs:
                made.append(act(job))
                done(len(made))
            return made
        try:
            places = sorted(range(len(jobs)), key=lambda place: -size(jobs[place]))
            given = {place: self._pool.submit(act, jobs[place]) for place in places}
            try:
                for count, future in enumerate(as_completed(given.values()), start=1):
                    future.result()
                    done(count)
            except BaseException:
                self._pool.shutdown(wait=False, cancel_futures=True)
                raise
            return [given[place].result() for place in range(len(jobs))]
        except BrokenProcessPool as problem:
            raise DomainError(
                "WORKER_LOST",
                Text(
                    f"一个工作进程被系统结束了，多半是内存不足。{KEPT.zh}",
                    f"The system ended a working process, most likely for want of memory. {KEPT.en}",
                ),
            ) from problem


def do_each(
    act: Callable[[Job], Made], jobs: Sequence[Job], *, workers: int, done: Callable[[int], None]
) -> list[Made]:
    """Do every job as `Workers.do_each` does, by processes that live no longer than that."""
    with Workers(min(workers, len(jobs))) as some:
        return some.do_each(act, jobs, done)


def _serve() -> None:
    """A worker ends with its parent, however that ends, and without a word when somebody presses Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    parent = parent_process()
    assert parent
    ended, end = connection.Pipe(duplex=False)

    def follow() -> None:
        if parent.sentinel in connection.wait([parent.sentinel, ended]):
            os._exit(1)

    watch = threading.Thread(target=follow, daemon=True)
    watch.start()

    def let_go() -> None:
        # A thread that outlives the interpreter makes DuckDB's binding complain of leaks on its way out.
        end.close()
        watch.join()

    atexit.register(let_go)

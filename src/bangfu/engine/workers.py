"""Do jobs side by side in several processes, this one among them; the others end with it, however it ends."""

import atexit
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing import connection, get_context, parent_process
from pathlib import Path
from typing import Generic, Self, TypeVar

from bangfu.kernel.errors import BrokenOff
from bangfu.kernel.words import Text

Job = TypeVar("Job")
Made = TypeVar("Made")


class Workers:
    """This process and others for the jobs to come. The others start at once, so that they are ready when whoever wants them has said what there is to do."""

    def __init__(self, count: int, ready: Callable[[], None] | None = None) -> None:
        """At most as many as there are cores. Each other does `ready` first: what it loads for that is loaded when a job comes."""
        self._others = min(count, os.cpu_count() or 1) - 1
        # Not forked: a copy of a process in which DuckDB's threads ran may hang.
        context = get_context("spawn")
        self._pool = (
            ProcessPoolExecutor(self._others, mp_context=context, initializer=_serve) if self._others > 0 else None
        )
        if self._pool and ready:
            for _ in range(self._others):
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
        """Do every job; the results in the order of the jobs. `done` hears how many are, in this thread, whenever it has done one itself.

        Several processes begin with those of the largest `size`, so that none of them is left to one at the end.

        Raises what a job raises (the others are then left), DomainError where a process was ended.
        """
        pool = self._pool if len(jobs) > 1 else None  # one is no sooner done elsewhere
        if pool is None:
            left = _Left[Job, Made](jobs, range(len(jobs)))
            left.go_on(act, done)
            return left.results()
        left = _Left[Job, Made](jobs, sorted(range(len(jobs)), key=lambda place: -size(jobs[place])))
        try:
            # A thread hands one job after another to each of the others, while this one does its own.
            with ThreadPoolExecutor(self._others) as hands:
                others = [
                    hands.submit(left.go_on, lambda job: pool.submit(act, job).result()) for _ in range(self._others)
                ]
                left.go_on(act, done)
                for other in as_completed(others):
                    other.result()
                    left.tell(done)
        except BrokenProcessPool as problem:
            raise BrokenOff(
                "WORKER_LOST",
                Text(
                    "一个工作进程被系统结束了，多半是内存不足。",
                    "The system ended a working process, most likely for want of memory.",
                ),
            ) from problem
        return left.results()


class _Left(Generic[Job, Made]):
    """Jobs that are left, to be taken in some order by several at once, and what those that were done made."""

    def __init__(self, jobs: Sequence[Job], places: Iterable[int]) -> None:
        self._jobs, self._places = jobs, deque(places)
        self._made: dict[int, Made] = {}
        self._told = 0

    def go_on(self, do: Callable[[Job], Made], done: Callable[[int], None] | None = None) -> None:
        """Do one after another until none is left; after a failure none is, for anybody."""
        try:
            while (place := self._taken()) is not None:
                self._made[place] = do(self._jobs[place])
                if done:
                    self.tell(done)
        except BaseException:
            self._places.clear()
            raise

    def _taken(self) -> int | None:
        try:
            return self._places.popleft()
        except IndexError:
            return None

    def tell(self, done: Callable[[int], None]) -> None:
        """Say how many are done, where that is more than was said before."""
        count = len(self._made)
        if count > self._told:
            self._told = count
            done(count)

    def results(self) -> list[Made]:
        return [self._made[place] for place in range(len(self._jobs))]


def do_each(
    act: Callable[[Job], Made], jobs: Sequence[Job], *, workers: int, done: Callable[[int], None]
) -> list[Made]:
    """Do every job as `Workers.do_each` does, by processes that live no longer than that."""
    with Workers(min(workers, len(jobs))) as some:
        return some.do_each(act, jobs, done)


def _serve() -> None:
    """A worker ends with its parent, however that ends, and without a word when somebody presses Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    with suppress(OSError):  # Linux alone has it
        # Where memory runs out a worker is ended, and its parent stays to say so.
        Path("/proc/self/oom_score_adj").write_text("500", encoding="ascii")
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

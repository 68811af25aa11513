"""Do jobs side by side in processes of their own, which end with their parent, however that ends."""

import atexit
import os
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import connection, get_context, parent_process
from typing import TypeVar

from bangfu.engine.results.target import KEPT
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text

Job = TypeVar("Job")
Made = TypeVar("Made")


def do_each(
    act: Callable[[Job], Made], jobs: Sequence[Job], *, workers: int, done: Callable[[int], None]
) -> list[Made]:
    """Do every job, by several processes where there are several of both; the results in the order of the jobs.

    `done` hears how many are. Raises what a job raises (the others are then left), DomainError where a process was ended.
    """
    workers = min(workers, os.cpu_count() or 1, len(jobs))
    if workers <= 1:
        made = []
        for job in jobs:
            made.append(act(job))
            done(len(made))
        return made
    # Not forked: a copy of a process in which DuckDB's threads ran may hang.
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_serve)
    try:
        with pool:
            given = [pool.submit(act, job) for job in jobs]
            try:
                for count, future in enumerate(as_completed(given), start=1):
                    future.result()
                    done(count)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
            return [future.result() for future in given]
    except BrokenProcessPool as problem:
        raise DomainError(
            "WORKER_LOST",
            Text(
                f"一个工作进程被系统结束了，多半是内存不足。{KEPT.zh}",
                f"The system ended a working process, most likely for want of memory. {KEPT.en}",
            ),
        ) from problem


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

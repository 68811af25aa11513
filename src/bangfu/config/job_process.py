"""The process that does jobs beside a server, and what starts it again if it dies. Imported before Django is set up."""

import logging
import multiprocessing
import platform
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from multiprocessing.connection import wait
from threading import Event, Thread

import django

from bangfu.config import env

PAUSE_S = 1.0
AFTER_FAILURE_S = 5.0
# A job that is still under way then is killed, and done again after the next start.
STOP_WITHIN_S = 30.0
_logger = logging.getLogger(__name__)


def work(name: str) -> None:
    """The process: do jobs until told to end, or until whoever started it is gone."""
    # Ctrl+C reaches every process of a terminal; the one that started this tells it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    django.setup()
    from bangfu.config.jobs import Jobs  # noqa: PLC0415  # not before Django is set up

    jobs = Jobs(name)
    signal.signal(signal.SIGTERM, jobs.leave)
    parent = multiprocessing.parent_process()
    assert parent is not None
    jobs.take_up_abandoned()
    jobs.turn()
    while jobs.going_on and not wait([parent.sentinel], PAUSE_S):
        jobs.turn()


@contextmanager
def working(name: str) -> Iterator[None]:
    """Let a process do jobs meanwhile; one that dies is started again."""
    stop = Event()
    thread = Thread(target=_supervise, args=[name, stop], name="jobs")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def name_of(port: int) -> str:
    """The name under which the server on a port does jobs: the same after each start, and no other server's."""
    folder = sha256(str(env.data_folder()).encode()).hexdigest()[:12]
    return f"{platform.node()[:40]}:{folder}:{port}"


def _supervise(name: str, stop: Event) -> None:
    while not stop.is_set():
        try:
            _one_process(name, stop)
        except Exception:  # where this job ends
            _logger.exception("the process for jobs could not be started; it will be tried again")
        if not stop.is_set():
            _logger.warning("the process for jobs ended; it is started again")
            stop.wait(AFTER_FAILURE_S)


def _one_process(name: str, stop: Event) -> None:
    """Until it ends, or is told to."""
    # One that is forked would share this process's database connections.
    process = multiprocessing.get_context("spawn").Process(target=work, args=[name], name="jobs", daemon=True)
    process.start()
    while process.is_alive() and not stop.wait(PAUSE_S / 4):
        pass
    if process.is_alive():
        process.terminate()
        process.join(STOP_WITHIN_S)
        process.kill()
    process.join()

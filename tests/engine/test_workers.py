"""Jobs side by side: results in order, what a job raises, and workers that end when their parent does."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bangfu.engine.workers import Workers, do_each
from bangfu.kernel.errors import DomainError, RegisterRefused
from bangfu.kernel.words import Text


def halved(number: int) -> float:
    return 10 / number


def refused(code: str) -> None:
    raise DomainError(code, Text("不行", "no"))


def refused_with_faults(_: int) -> None:
    raise RegisterRefused([], 7)


def end_at_once(parent: int) -> None:
    if os.getpid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.1)


def both_there(folder: Path) -> int:
    """Done where two processes have begun it."""
    (folder / str(os.getpid())).touch()
    until = time.monotonic() + 60
    while len(list(folder.iterdir())) < 2:
        assert time.monotonic() < until, "alone"
        time.sleep(0.01)
    return os.getpid()


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_the_order_of_the_jobs(workers: int) -> None:
    heard: list[int] = []
    assert do_each(halved, [1, 2, 5], workers=workers, done=heard.append) == [10, 5, 2]
    assert heard == sorted(set(heard))
    assert heard[-1] == 3


def test_two_processes_are_this_one_and_another_at_work_at_the_same_time(tmp_path: Path) -> None:
    made = do_each(both_there, [tmp_path, tmp_path], workers=2, done=lambda _: None)
    assert len(set(made)) == 2
    assert os.getpid() in made
    assert do_each(both_there, [tmp_path, tmp_path], workers=1, done=lambda _: None) == [os.getpid()] * 2


def noted(job: tuple[Path, str]) -> str:
    folder, name = job
    (folder / f"{len(list(folder.iterdir()))}-{name}").touch()
    return name


def test_several_begin_with_the_largest_and_results_keep_their_order(tmp_path: Path) -> None:
    jobs = [(tmp_path, name) for name in ("a", "bbb", "cc")]
    with Workers(2) as some:
        assert some.do_each(noted, jobs, lambda _: None, size=lambda job: len(job[1])) == ["a", "bbb", "cc"]
    # The smallest is left to whichever has done one of the others.
    assert not (tmp_path / "0-a").exists()
    with Workers(1) as alone:
        assert alone.do_each(noted, [(tmp_path, "x")], lambda _: None) == ["x"]


def test_a_refusal_comes_from_a_worker_as_it_was() -> None:
    with pytest.raises(DomainError) as caught:
        do_each(refused, ["A", "A"], workers=2, done=lambda _: None)
    assert (caught.value.code, caught.value.text) == ("A", Text("不行", "no"))
    with pytest.raises(RegisterRefused) as of_faults:
        do_each(refused_with_faults, [1, 2], workers=2, done=lambda _: None)
    assert of_faults.value.total == 7


def test_a_worker_that_the_system_ends_is_a_refusal_that_says_so() -> None:
    with pytest.raises(DomainError, match="WORKER_LOST"):
        do_each(end_at_once, [os.getpid()] * 40, workers=2, done=lambda _: None)


def has_anybody(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_workers_end_with_a_parent_that_is_killed() -> None:
    program = (
        "import time; from bangfu.engine.workers import Workers, do_each\n"
        "if __name__ == '__main__': do_each(time.sleep, [0] * 9 + [600] * 2, workers=2, done=lambda _: print('one', flush=True))"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, start_new_session=True)
    assert parent.stdout
    assert parent.stdout.readline() == b"one\n"  # this process has done one before another has started
    parent.kill()
    parent.stdout.close()
    parent.wait()
    until = time.monotonic() + 30
    while has_anybody(parent.pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert not has_anybody(parent.pid)

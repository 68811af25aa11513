"""Run one command to its end and tell how long it took, what the processors did, and how much memory it held at most."""

import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

SAMPLE_SECONDS = 0.05
# After a look so many times as long as it took: of processes that hold much it takes long, and keeps them from taking more.
REST = 20
PROC = Path("/proc")
MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Measured:
    """`cpu` is user and system time of the process and all it waited for. `memory` is bytes, as `Watch` counts them."""

    seconds: float
    cpu: float
    memory: int


class CommandFailed(Exception):
    """The command ended with an error; its last words are the message."""


def measure(command: Sequence[str], *, cwd: Path, environment: Mapping[str, str]) -> Measured:
    """Raises CommandFailed where the command ends with anything but 0."""
    with TemporaryFile() as said:
        begun = time.perf_counter()
        # Waited for by hand: that alone tells what this one child and its children used.
        process = subprocess.Popen(
            command, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT
        )
        with Watch(process.pid) as watch:
            _, status, used = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            words = said.read().decode(errors="replace")[-2000:]
            raise CommandFailed(f"{' '.join(command)}: exit {process.returncode}\n{words}")
    return Measured(seconds, used.ru_utime + used.ru_stime, watch.most)


class Watch:
    """Looks every twentieth of a second, or less often where that takes long, at a process and all below it; `most` is the most that they held together.

    Together is the sum of proportional set sizes (PSS): a page that several of the processes share, such as a library, counts
    once. Where one process alone held more between two looks, the kernel's high-water mark of it (VmHWM) is what counts.
    The `ru_maxrss` of getrusage would not do: it begins with what the process that started it held.
    """

    def __init__(self, root: int) -> None:
        self.most = 0
        self._root = root
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        rest = SAMPLE_SECONDS
        while not self._over.wait(rest):
            begun = time.perf_counter()
            pids = tree_of(self._root)
            together = sum(_kilobytes(pid, "smaps_rollup", "Pss:") for pid in pids)
            self.most = max(self.most, together * 1024, *(_kilobytes(pid, "status", "VmHWM:") * 1024 for pid in pids))
            rest = max(SAMPLE_SECONDS, REST * (time.perf_counter() - begun))


def tree_of(root: int) -> list[int]:
    """A process and all its descendants, as far as they are still there."""
    found = [root]
    for pid in found:
        for children in (PROC / str(pid) / "task").glob("*/children"):
            found += map(int, _read(children).split())
    return found


def _kilobytes(pid: int, file: str, name: str) -> int:
    """A figure that the kernel keeps of a process; 0 of one that has gone."""
    for line in _read(PROC / str(pid) / file).splitlines():
        if line.startswith(name):
            return int(line.split()[1])
    return 0


def _read(file: Path) -> str:
    """What the kernel says, or nothing where the process has ended in between."""
    try:
        return file.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""

"""What is measured is the whole tree of processes, and a command that fails is no measurement."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench.measure import MIB, CommandFailed, Watch, measure

# Held until its input ends, and not for a time: on a busy machine a look comes late.
HOLD = "import sys; held = bytearray(b'x') * (60 << 20); sys.stdin.read()"
PATIENCE_SECONDS = 60


def watched(script: str, *, enough: int) -> int:
    """What is seen of a script that holds until its input ends: looked at until it is `enough`, or patience ends."""
    process = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE)
    with process, Watch(process.pid) as watch:
        over = time.monotonic() + PATIENCE_SECONDS
        while watch.most <= enough and time.monotonic() < over:
            time.sleep(0.01)
        process.communicate()
    return watch.most


def test_memory_is_the_sum_over_processes_that_run_at_once() -> None:
    children = "a = [subprocess.Popen([sys.executable, '-c', hold]) for _ in range(3)]; [p.wait() for p in a]"
    assert 60 * MIB < watched(HOLD, enough=60 * MIB) < 100 * MIB
    assert watched(f"import subprocess, sys; hold = {HOLD!r}; {children}", enough=180 * MIB) > 180 * MIB


def test_processor_time_counts_children() -> None:
    busy = "x = sum(range(20_000_000))"
    script = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {busy!r}])"
    assert measure([sys.executable, "-c", script], cwd=Path.cwd(), environment=os.environ).cpu > 0.15


def test_what_a_command_held_is_measured() -> None:
    script = "import time; held = bytearray(b'x') * (60 << 20); time.sleep(3)"
    assert measure([sys.executable, "-c", script], cwd=Path.cwd(), environment=os.environ).memory > 60 * MIB


def test_a_command_that_fails_says_its_last_words() -> None:
    with pytest.raises(CommandFailed, match="exit 3\nwoe"):
        measure([sys.executable, "-c", "import sys; print('woe'); sys.exit(3)"], cwd=Path.cwd(), environment=os.environ)

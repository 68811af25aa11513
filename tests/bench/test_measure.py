"""What is measured is the whole tree of processes, and a command that fails is no measurement."""

import os
import sys
from pathlib import Path

import pytest

from bench.measure import CommandFailed, measure

MIB = 1024 * 1024
HOLD = "import time; held = bytearray(b'x') * (60 << 20); time.sleep(0.6)"


def run(script: str) -> int:
    return measure([sys.executable, "-c", script], cwd=Path.cwd(), environment=os.environ).memory


def test_memory_is_the_sum_over_processes_that_run_at_once() -> None:
    alone = run(HOLD)
    children = "a = [subprocess.Popen([sys.executable, '-c', hold]) for _ in range(3)]; [p.wait() for p in a]"
    together = run(f"import subprocess, sys; hold = {HOLD!r}; {children}")
    assert 60 * MIB < alone < 100 * MIB
    assert together > 180 * MIB


def test_processor_time_counts_children() -> None:
    busy = "x = sum(range(20_000_000))"
    script = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {busy!r}])"
    assert measure([sys.executable, "-c", script], cwd=Path.cwd(), environment=os.environ).cpu > 0.15


def test_a_command_that_fails_says_its_last_words() -> None:
    with pytest.raises(CommandFailed, match="exit 3\nwoe"):
        run("import sys; print('woe'); sys.exit(3)")

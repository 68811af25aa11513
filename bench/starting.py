"""Measure `bangfu assess` of a small workbook, where starting is most of it, beside loading the packages that any such program loads.

    python -m bench.starting [--rounds 11] [--json]

Whole processes, one after the other, round by round; medians count, and the ratio is the median of the ratios within a round.
"""

import os
import statistics
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bangfu.engine.synth import write_synthetic_register
from bench.command import options, spread, table, tell
from bench.data import ROOT, write_workbook
from bench.measure import Measured, measure

GOAL = 1.0  # seconds, on an idle machine of two cores
HOUSEHOLDS = 20
PACKAGES = "duckdb, pyarrow.compute, python_calamine, xlsxwriter, yaml"


def main(arguments: Sequence[str] | None = None) -> int:
    given = options("starting", __doc__, rounds=11).parse_args(arguments)
    with TemporaryDirectory() as folder:
        runs = _runs(Path(folder), given.rounds)
    ours, packages = runs["bangfu assess WORKBOOK"], runs["packages alone"]
    found = {
        "households": HOUSEHOLDS,
        "rounds": given.rounds,
        "contenders": {name: spread(measured) for name, measured in runs.items()},
        "times_of_packages": round(statistics.median(a.cpu / b.cpu for a, b in zip(ours, packages, strict=True)), 2),
        "goal_seconds": GOAL,
    }
    tell(found, _shown, as_json=given.json)
    return 0


def _runs(folder: Path, rounds: int) -> dict[str, list[Measured]]:
    tables, workbook = folder / "tables", folder / "register.xlsx"
    write_synthetic_register(tables, households=HOUSEHOLDS, seed=7, format="parquet")
    write_workbook(tables, workbook)
    assess = (sys.executable, "-m", "bangfu", "assess", "--as-of", "2017-12-31", "--force")
    commands = {
        "bangfu assess WORKBOOK": (*assess, str(workbook), "--out", str(folder / "assessed.xlsx")),
        "bangfu assess TABLES": (*assess, str(tables), "--out", str(folder / "assessed")),
        "packages alone": (sys.executable, "-c", f"import {PACKAGES}"),
    }
    runs: dict[str, list[Measured]] = {name: [] for name in commands}
    # The first of each is not counted: what is compiled and kept, or read from the disk for the first time.
    for round_ in range(rounds + 1):
        for name, command in commands.items():
            measured = measure(command, cwd=ROOT, environment=os.environ)
            if round_:
                runs[name].append(measured)
    return runs


def _shown(found: Mapping[str, Any]) -> Iterator[str]:
    yield f"{found['households']} households, {found['rounds']} rounds"
    yield ""
    yield from table("contender", found["contenders"])
    yield ""
    yield f"a workbook: {found['times_of_packages']:.2f} times the processor time of its packages alone"
    yield f"goal: a workbook in less than {found['goal_seconds']} s on an idle machine"


if __name__ == "__main__":
    sys.exit(main())

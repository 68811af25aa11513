"""Measure `bangfu assess` of a small workbook, where starting is most of it, beside loading the packages that any such program loads.

    python -m bench.starting [--rounds 11] [--json]

Whole processes, one after the other, round by round; medians count, and the ratio is the median of the ratios within a round.
"""

import argparse
import json
import os
import statistics
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bangfu.engine.synth import write_synthetic_register
from bench.data import write_workbook
from bench.measure import Measured, measure
from bench.report import MIB, machine, versions

ROOT = Path(__file__).resolve().parents[1]
GOAL = 1.0  # seconds, on an idle machine of two cores
HOUSEHOLDS = 20
PACKAGES = "duckdb, pyarrow.compute, python_calamine, xlsxwriter, yaml"


def main(arguments: Sequence[str] | None = None) -> int:
    given = _parse(arguments)
    with TemporaryDirectory() as folder:
        runs = _runs(Path(folder), given.rounds)
    ours, packages = runs["bangfu assess WORKBOOK"], runs["packages alone"]
    found = {
        "households": HOUSEHOLDS,
        "rounds": given.rounds,
        "contenders": {name: _middle(measured) for name, measured in runs.items()},
        "times_of_packages": round(statistics.median(a.cpu / b.cpu for a, b in zip(ours, packages, strict=True)), 2),
        "goal_seconds": GOAL,
        "machine": {**machine(), "versions": versions([sys.executable])},
    }
    print(json.dumps(found, ensure_ascii=False, indent=2) if given.json else _shown(found))
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.starting", description=__doc__.splitlines()[0] if __doc__ else ""
    )
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(arguments)


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


def _middle(runs: Sequence[Measured]) -> dict[str, float]:
    return {
        "seconds": round(statistics.median(run.seconds for run in runs), 3),
        "least_seconds": round(min(run.seconds for run in runs), 3),
        "cpu_seconds": round(statistics.median(run.cpu for run in runs), 3),
        "peak_mib": round(max(run.memory for run in runs) / MIB),
    }


def _shown(found: Mapping[str, Any]) -> str:
    where = found["machine"]
    lines = [
        f"{where['cpu']}, {where['cores']} cores; {', '.join(f'{n} {v}' for n, v in where['versions'].items())}",
        f"{found['households']} households, {found['rounds']} rounds",
        "",
        "| contender | median s | least s | CPU s | peak MiB |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {m['seconds']:.2f} | {m['least_seconds']:.2f} | {m['cpu_seconds']:.2f} | {m['peak_mib']:,} |"
        for name, m in found["contenders"].items()
    ]
    lines += ["", f"a workbook: {found['times_of_packages']:.2f} times the processor time of its packages alone"]
    lines.append(f"goal: a workbook in less than {found['goal_seconds']} s on an idle machine")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())

"""Measure runs over an installation's register, and the assessment of one household after an edit, on either database.

    python -m bench.running [--households 20000] [--edits 200] [--json]
    python -m tests.database python -m bench.running --households 300000      # on PostgreSQL

Makes an installation, fills its registry (bench.filling; not measured), lets a run find everything for the first time, lets another find
nothing new, and then edits households one after another.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.importing import DAY, ROOT, database, register_of
from bench.measure import Measured, measure
from bench.report import MIB, machine, versions

STORE = ("-m", "bangfu", "assess", "--from-registry", "--store", *DAY)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--households", type=int, default=20_000)
    parser.add_argument("--edits", type=int, default=200)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    with TemporaryDirectory(prefix="bangfu-bench-") as folder:
        register = register_of(Path(folder), given.households)
        env = {
            **os.environ,
            "BANGFU_DATA": str(Path(folder) / "data"),
            "DATABASE_URL": database(),
            "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
        }
        said = Path(folder) / "edits.json"

        def run(*words: str) -> Measured:
            return measure([sys.executable, *words], cwd=ROOT, environment=env)

        run("-m", "bangfu", "server", "setup")
        steps = {
            "filling": run("-m", "bench.filling", str(register)),
            "first run": run(*STORE),
            "run again": run(*STORE),
            "edits": run("-m", "bench.editing", str(given.edits), str(said)),
        }
        edits = json.loads(said.read_text(encoding="utf-8"))
    found = {
        "households": given.households,
        "database": "PostgreSQL" if os.environ.get("DATABASE_URL") else "SQLite",
        "steps": {name: asdict(step) for name, step in steps.items()},
        "edits_ms": edits,
        "machine": {**machine(), "versions": versions([sys.executable])},
    }
    if given.json:
        print(json.dumps(found, ensure_ascii=False, indent=2))
        return 0
    print(
        f"{given.households:,} households, {found['database']}\n\n| step | s | CPU s (ours) | peak MiB |\n|---|---|---|---|"
    )
    for name, step in steps.items():
        print(f"| {name} | {step.seconds:.1f} | {step.cpu:.1f} | {step.memory // MIB:,} |")
    print(f"after an edit: {edits}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

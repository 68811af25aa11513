"""Measure how long the desk's pages take over a large register, on either database.

    python -m bench.pages [--households 20000] [--rounds 20] [--json] [--keep DIR]
    python -m tests.database python -m bench.pages --households 300000      # on PostgreSQL

Makes an installation with the demo organisation, fills its registry (bench.filling), lets a run assess it, and asks each page again and
again (bench.asking). With --keep the installation stays in a folder, and is asked again the next time (SQLite only).
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.importing import ROOT, database, register_of
from bench.measure import measure
from bench.report import machine, versions
from bench.running import STORE

GOAL_MS = 250


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--households", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args(arguments)
    with TemporaryDirectory(prefix="bangfu-bench-") as folder:
        kept = given.keep or Path(folder)
        data = kept / "data"
        env = {
            **os.environ,
            "BANGFU_DATA": str(data),
            "DATABASE_URL": database(),
            "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
        }

        def run(*words: str) -> None:
            measure([sys.executable, *words], cwd=ROOT, environment=env)

        if not (data / "made").exists():
            register = register_of(Path(folder), given.households)
            run("-m", "bangfu", "server", "setup")
            run("-m", "bangfu", "server", "demo")
            run("-m", "bench.filling", str(register))
            run(*STORE)
            (data / "made").touch()
        told = Path(folder) / "told.json"
        run("-m", "bench.asking", str(given.rounds), str(told))
        found = json.loads(told.read_text(encoding="utf-8"))
    kind = "PostgreSQL" if os.environ.get("DATABASE_URL") else "SQLite"
    if given.json:
        about = {"households": given.households, "database": kind, "pages": found}
        print(json.dumps({**about, "machine": {**machine(), "versions": versions([sys.executable])}}, indent=2))
        return 0
    print(f"{given.households:,} households, {kind}; goal: p95 of {GOAL_MS} ms\n")
    print("| page | p50 ms | p95 ms | queries | slowest query ms |\n|---|---|---|---|---|")
    for name, each in found.items():
        over = " **" if each["p95"] > GOAL_MS else ""
        print(f"| {name} | {each['p50']} | {each['p95']}{over} | {each['queries']} | {each['slowest'][0]} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())

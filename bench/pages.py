"""Measure how long the desk's pages take over a large register, on either database.

    python -m bench.pages [--households 20000] [--rounds 20] [--json] [--keep DIR]
    python -m tests.database python -m bench.pages --households 300000      # on PostgreSQL

Makes an installation with the demo organisation, fills its registry (bench.filling), lets a run assess it, and asks each page again and
again (bench.asking). With --keep the installation stays in a folder, and is asked again the next time (SQLite only).
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.command import options, tell
from bench.installation import Installation, kind, register_of

GOAL_MS = 250


def main(arguments: Sequence[str] | None = None) -> int:
    parser = options("pages", __doc__, households=20_000, rounds=20)
    parser.add_argument("--keep", type=Path, metavar="DIR", help="where the installation stays")
    given = parser.parse_args(arguments)
    with TemporaryDirectory(prefix="bangfu-bench-") as folder:
        data = (given.keep or Path(folder)) / "data"
        here = Installation.at(data)
        if not (data / "made").exists():
            register = register_of(Path(folder), given.households)
            here.run("server", "setup")
            here.run("server", "demo")
            here.module("bench.filling", str(register))
            here.store()
            (data / "made").touch()
        told = Path(folder) / "told.json"
        here.module("bench.asking", str(given.rounds), str(told))
        pages = json.loads(told.read_text(encoding="utf-8"))
    found = {"households": given.households, "database": kind(), "goal_ms": GOAL_MS, "pages": pages}
    tell(found, _shown, as_json=given.json)
    return 0


def _shown(found: Mapping[str, Any]) -> Iterator[str]:
    yield f"{found['households']:,} households, {found['database']}; goal: p95 of {found['goal_ms']} ms"
    yield ""
    yield "| page | p50 ms | p95 ms | queries | slowest query ms |"
    yield "|---|---|---|---|---|"
    for name, each in found["pages"].items():
        over = " **" if each["p95"] > found["goal_ms"] else ""
        yield f"| {name} | {each['p50']} | {each['p95']}{over} | {each['queries']} | {each['slowest'][0]} |"


if __name__ == "__main__":
    sys.exit(main())

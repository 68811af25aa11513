"""Measure runs over an installation's register, and the assessment of one household after an edit, on either database.

    python -m bench.running [--households 20000] [--edits 200] [--json]
    python -m tests.database python -m bench.running --households 300000      # on PostgreSQL

Makes an installation, fills its registry (bench.filling; not measured), lets a run find everything for the first time, lets another find
nothing new, and then edits households one after another.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.command import options, spread, table, tell
from bench.installation import Installation, kind, register_of


def main(arguments: Sequence[str] | None = None) -> int:
    given = options("running", __doc__, households=20_000, edits=200).parse_args(arguments)
    with TemporaryDirectory(prefix="bangfu-bench-") as folder:
        register = register_of(Path(folder), given.households)
        here = Installation.at(Path(folder) / "data")
        said = Path(folder) / "edits.json"
        here.run("server", "setup")
        steps = {
            "filling": here.module("bench.filling", str(register)),
            "first run": here.store(),
            "run again": here.store(),
            "edits": here.module("bench.editing", str(given.edits), str(said)),
        }
        edits = json.loads(said.read_text(encoding="utf-8"))
    found = {
        "households": given.households,
        "database": kind(),
        "steps": {name: spread([step]) for name, step in steps.items()},
        "edits_ms": edits,
    }
    tell(found, _shown, as_json=given.json)
    return 0


def _shown(found: Mapping[str, Any]) -> Iterator[str]:
    yield f"{found['households']:,} households, {found['database']}"
    yield ""
    yield from table("step", found["steps"])
    yield f"after an edit: {found['edits_ms']}"


if __name__ == "__main__":
    sys.exit(main())

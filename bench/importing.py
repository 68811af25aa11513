"""Measure bringing a register in, and reading it out again for an assessment, on either database.

    python -m bench.importing [--households 20000] [--rounds 3] [--xlsx] [--json]
    python -m tests.database python -m bench.importing          # on PostgreSQL

--xlsx brings it in as one workbook, with numbers in cells of their own kind, as people hand it in. Each round makes an installation, brings the register in (every fact is new), brings the same in again (nothing is), assesses what is
held, and exports it in both layouts. What it is held against is `bangfu prepare` of the same files in the same round: reading, checking and writing without a database.
"""

import statistics
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.command import options, spread, table, tell
from bench.data import write_workbook
from bench.installation import DAY, TOWNSHIPS, Installation, kind, register_of
from bench.measure import Measured

STEPS = ("prepare", "import", "again", "assess", "export", "export, national")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = options("importing", __doc__, households=20_000, rounds=3)
    parser.add_argument("--xlsx", action="store_true", help="as one workbook")
    given = parser.parse_args(arguments)
    with TemporaryDirectory(prefix="bangfu-bench-") as folder:
        register = register_of(Path(folder), given.households, format="parquet" if given.xlsx else "csv")
        if given.xlsx:
            workbook = Path(folder) / "register.xlsx"
            write_workbook(register, workbook)
            register = workbook
        rounds = [_round(Path(folder) / f"round{n}", register) for n in range(given.rounds)]
    found = {
        "households": given.households,
        "form": "xlsx" if given.xlsx else "csv",
        "database": kind(),
        "steps": {step: spread([each[step] for each in rounds]) for step in STEPS},
        "import_to_prepare": statistics.median(each["import"].seconds / each["prepare"].seconds for each in rounds),
    }
    tell(found, _shown, as_json=given.json)
    return 0


def _round(folder: Path, register: Path) -> dict[str, Measured]:
    here = Installation.at(folder / "data")
    here.run("server", "setup")
    leave = ("export", "--place", TOWNSHIPS[0][:6], *DAY, "--reason", "核对", "--out")
    return {
        "prepare": here.run("prepare", str(register), "--out", str(folder / "snapshot")),
        "import": here.run("import", str(register), *DAY, "--apply"),
        "again": here.run("import", str(register), *DAY, "--apply"),
        "assess": here.run("assess", "--from-registry", *DAY, "--out", str(folder / "out"), "--format", "parquet"),
        "export": here.run(*leave, str(folder / "contract.xlsx")),
        "export, national": here.run(*leave, str(folder / "national.xlsx"), "--layout", "national"),
    }


def _shown(found: Mapping[str, Any]) -> Iterator[str]:
    yield f"{found['households']:,} households as {found['form']}, {found['database']}"
    yield ""
    yield from table("step", found["steps"])
    yield f"import: {found['import_to_prepare']:.1f} times prepare"


if __name__ == "__main__":
    sys.exit(main())

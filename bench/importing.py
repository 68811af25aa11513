"""Measure bringing a register in, and reading it out again for an assessment, on either database.

    python -m bench.importing [--households 20000] [--rounds 3] [--xlsx] [--json]
    python -m tests.database python -m bench.importing          # on PostgreSQL

--xlsx brings it in as one workbook, with numbers in cells of their own kind, as people hand it in. Each round makes an installation, brings the register in (every fact is new), brings the same in again (nothing is), assesses what is
held, and exports it in both layouts. What it is held against is `bangfu prepare` of the same files in the same round: reading, checking and writing without a database.
"""

import argparse
import csv
import json
import os
import statistics
import sys
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

from bangfu.engine.packing import new_workbook
from bangfu.engine.synth import write_synthetic_register
from bangfu.kernel.divisions import villages
from bangfu.kernel.schema import schema
from bench.data import GAPS, LEDGER_YEARS, MEAN_SIZE
from bench.measure import Measured, measure
from bench.report import MIB, machine, versions

# Two subdistricts of real villages, as in the demo district.
TOWNSHIPS = ("371102008", "371102009")
ROOT = Path(__file__).resolve().parents[1]
DAY = ("--as-of", "2017-12-31")
NUMBERS = ("money", "area", "year", "months")
STEPS = ("prepare", "import", "again", "assess", "export", "export, national")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--households", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--xlsx", action="store_true")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    with TemporaryDirectory(prefix="bangfu-bench-") as folder:
        register = register_of(Path(folder), given.households)
        if given.xlsx:
            register = _workbook(register, Path(folder) / "register.xlsx")
        rounds = [_round(Path(folder) / f"round{n}", register) for n in range(given.rounds)]
    found = {
        "households": given.households,
        "form": "xlsx" if given.xlsx else "csv",
        "database": "PostgreSQL" if os.environ.get("DATABASE_URL") else "SQLite",
        "steps": {step: _spread([each[step] for each in rounds]) for step in STEPS},
        "import_to_prepare": statistics.median(each["import"].seconds / each["prepare"].seconds for each in rounds),
        "machine": {**machine(), "versions": versions([sys.executable])},
    }
    print(json.dumps(found, ensure_ascii=False, indent=2) if given.json else _shown(found))
    return 0


def register_of(folder: Path, households: int) -> Path:
    """A synthetic register whose villages are such as an installation knows."""
    out = folder / "register"
    write_synthetic_register(
        out,
        households=households,
        seed=1,
        villages=[village for township in TOWNSHIPS for village in villages(township)],
        gap_rate=float(GAPS),
        error_rate=0.0,
        mean_size=float(MEAN_SIZE),
        ledger_years=int(LEDGER_YEARS),
    )
    return out


def _workbook(register: Path, path: Path) -> Path:
    """The same as one workbook."""
    contract = schema()
    with new_workbook(path) as book:
        for table in contract.tables.values():
            sheet = book.add_worksheet(table.label.zh)
            with (register / f"{table.name}.csv").open(encoding="utf-8-sig", newline="") as file:
                lines = csv.reader(file)
                header = next(lines)
                types = [
                    next(c.type for c in table.columns.values() if name in (c.name, c.label.zh)) for name in header
                ]
                for column, name in enumerate(header):
                    sheet.write_string(0, column, name)
                for row, line in enumerate(lines, start=1):
                    for column, (cell, kind) in enumerate(zip(line, types, strict=True)):
                        if cell and kind in NUMBERS:
                            sheet.write_number(row, column, float(cell))
                        elif cell:
                            sheet.write_string(row, column, cell)
    return path


def database() -> str:
    """A new one on the server that DATABASE_URL names; "" where it names none."""
    server = os.environ.get("DATABASE_URL")
    if not server:
        return ""
    name = f"bangfu_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))


def _round(folder: Path, register: Path) -> dict[str, Measured]:
    data = folder / "data"
    environment = {**os.environ, "BANGFU_DATA": str(data), "DATABASE_URL": database(), "PYTHONPATH": str(ROOT / "src")}
    _run(environment, "server", "setup")
    leave = ("export", "--place", TOWNSHIPS[0][:6], *DAY, "--reason", "核对", "--out")
    return {
        "prepare": _run(environment, "prepare", str(register), "--out", str(folder / "snapshot")),
        "import": _run(environment, "import", str(register), *DAY, "--apply"),
        "again": _run(environment, "import", str(register), *DAY, "--apply"),
        "assess": _run(
            environment, "assess", "--from-registry", *DAY, "--out", str(folder / "out"), "--format", "parquet"
        ),
        "export": _run(environment, *leave, str(folder / "contract.xlsx")),
        "export, national": _run(environment, *leave, str(folder / "national.xlsx"), "--layout", "national"),
    }


def _run(environment: Mapping[str, str], *words: str) -> Measured:
    return measure([sys.executable, "-m", "bangfu", *words], cwd=ROOT, environment=environment)


def _spread(runs: Sequence[Measured]) -> dict[str, float]:
    return {
        "seconds": statistics.median(each.seconds for each in runs),
        "cpu_seconds": statistics.median(each.cpu for each in runs),
        "peak_mib": max(each.memory for each in runs) // MIB,
    }


def _shown(found: Mapping[str, Any]) -> str:
    lines = [
        f"{found['households']:,} households as {found['form']}, {found['database']}",
        "",
        "| step | median s | CPU s | peak MiB |",
        "|---|---|---|---|",
    ]
    for step, spread in found["steps"].items():
        lines.append(f"| {step} | {spread['seconds']:.1f} | {spread['cpu_seconds']:.1f} | {spread['peak_mib']:,} |")
    return "\n".join([*lines, f"import: {found['import_to_prepare']:.1f} times prepare"])


if __name__ == "__main__":
    sys.exit(main())

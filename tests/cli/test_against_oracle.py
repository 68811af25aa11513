"""From files to files: what the command writes is what the oracle says, cell by cell."""

import csv
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bangfu.cli.main import main
from bangfu.kernel.money import yuan_from_fen
from bangfu.kernel.schema import Column, schema
from tests.examples import first_of
from tests.oracle.oracle import assess
from tests.oracle.registers import random_case

Row = dict[str, Any]


def cell(value: Any, column: Column) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    return yuan_from_fen(value) if column.type == "money" else str(value)


def write(folder: Path, tables: dict[str, list[Row]]) -> None:
    folder.mkdir()
    for name, table in schema().tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as handle:
            writer = csv.writer(handle)
            writer.writerow(table.columns)
            for row in tables[name]:
                writer.writerow([cell(row.get(c.name), c) for c in table.columns.values()])


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


@pytest.mark.parametrize("seed", first_of(1, [11, 12, 13]))
def test_the_files_written_hold_what_the_oracle_says(tmp_path: Path, seed: int) -> None:
    case = random_case(seed, 40)
    s = case.settings
    write(tmp_path / "register", case.register)
    settings = {
        "poverty_line": yuan_from_fen(case.poverty_line_fen),
        "count_pension": "yes" if s.count_pension else "no",
        "count_living_costs": "yes" if s.count_living_costs else "no",
        "entry_margin": f"{float(s.entry_margin) * 100:g}",
        "exit_margin": f"{float(s.exit_margin) * 100:g}",
        "payment_lag_months": str(s.payment_lag_months),
        "hardship_scope": s.hardship_scope,
        "apply_unverified_exclusions": "yes" if s.apply_unverified_exclusions else "no",
    }
    words = ["assess", str(tmp_path / "register"), "--as-of", case.as_of.isoformat(), "--out", str(tmp_path / "out")]
    words += [part for name, value in settings.items() for part in ("--set", f"{name}={value}")]
    if case.income_year is not None:
        words += ["--income-year", str(case.income_year)]
    assert main(words) == 0

    expected = assess(
        case.register,
        as_of=case.as_of,
        income_year=case.income_year,
        poverty_line_fen=case.poverty_line_fen,
        settings=s,
    )
    for name, rows in (("assessment", expected.assessment), ("entitlement", expected.entitlement)):
        columns = [c for c in schema().results[name].columns.values() if c.name != "why"]
        wanted = sorted(tuple(cell(row.get(c.name), c) for c in columns) for row in rows)
        found = sorted(tuple(row[c.name] for c in columns) for row in read(tmp_path / "out" / f"{name}.csv"))
        assert found == wanted

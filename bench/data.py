"""The registers that contenders run over: made once by size, kept under var/bench, made by the program itself."""

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import xlsxwriter

from bangfu.engine.results.target import MANIFEST
from bangfu.engine.results.workbook import SHEET_ROWS
from bangfu.engine.synth import write_synthetic_register
from bangfu.kernel.schema import schema

ROOT = Path(__file__).resolve().parents[1]
# The national register of 2014: 89.62 million people in 29.48 million households, one year's ledger.
MEAN_SIZE = 3.04
LEDGER_YEARS = 1
GAPS = 0.05
# One fact in twenty unknown, as registers are; and none, for those who know only yes and no.
AS_THEY_ARE = ("--gaps", str(GAPS))
KNOWN = ("--gaps", "0", "--errors", "0")


@dataclass(frozen=True, slots=True)
class Data:
    register: Path
    snapshot: Path

    def counts(self) -> dict[str, int]:
        """Rows by table, as the snapshot's manifest has them."""
        manifest = json.loads((self.snapshot / MANIFEST).read_text(encoding="utf-8"))
        return {table: int(count) for table, count in manifest["counts"].items()}


def made(cache: Path, households: int, *, known: bool = False) -> Data:
    """The register and the snapshot of a size, made where they are not there yet; with `known`, everything in it is known."""
    folder = cache / (f"{households}-known" if known else str(households))
    data = Data(folder / "register", folder / "snapshot")
    if not data.register.exists():
        # Under another name until it is whole: what is left of an interruption is no register.
        making = folder / "register.making"
        shutil.rmtree(making, ignore_errors=True)
        unknown = KNOWN if known else AS_THEY_ARE
        shape = ("--mean-size", str(MEAN_SIZE), "--ledger-years", str(LEDGER_YEARS), *unknown, "--format", "parquet")
        _bangfu("synth", "--households", str(households), "--regions", *shape, "--out", str(making))
        making.rename(data.register)
    if not data.snapshot.exists():
        _bangfu("prepare", str(data.register), "--out", str(data.snapshot))
    return data


def _bangfu(*words: str) -> None:
    print(f"bangfu {' '.join(words)}", file=sys.stderr, flush=True)
    subprocess.run([sys.executable, "-m", "bangfu", *words, "--lang", "en"], check=True, stdout=sys.stderr)


def write_register(out: Path, households: int, **more: Any) -> dict[str, int]:
    """A register of one region, in a folder, as these are by size and shape; returns rows by table. `more` is what `write_synthetic_register` takes."""
    return write_synthetic_register(
        out, households=households, seed=1, mean_size=MEAN_SIZE, ledger_years=LEDGER_YEARS, gap_rate=GAPS, **more
    )


def write_workbook(register: Path, path: Path) -> None:
    """A register in Parquet as Excel would save it: text shared between cells, numbers and days in cells of their own kinds, 是 and 否."""
    con = duckdb.connect()
    with xlsxwriter.Workbook(str(path)) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for table in schema().tables.values():
            sheet = book.add_worksheet(table.label.zh)
            sheet.write_row(0, 0, [column.label.zh for column in table.columns.values()])
            rows = con.execute("FROM read_parquet(?) LIMIT ?", [str(register / f"{table.name}.parquet"), SHEET_ROWS])
            for i, row in enumerate(iter(rows.fetchone, None), start=1):
                for j, value in enumerate(row):
                    if isinstance(value, bool):
                        sheet.write_string(i, j, "是" if value else "否")
                    elif isinstance(value, str):
                        sheet.write_string(i, j, value)  # `write` would make numbers of ids
                    elif isinstance(value, date):
                        sheet.write_datetime(i, j, value, day)
                    elif value is not None:
                        sheet.write_number(i, j, value)

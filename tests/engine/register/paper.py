"""A small valid register, and ways to put it on paper: CSV, Parquet and a workbook. Every person in it is invented."""

import csv
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
import xlsxwriter
from pyarrow import parquet

from bangfu.engine.register import RegisterReport, read_register
from bangfu.engine.register.sums import WIDE, make_sums
from bangfu.kernel.errors import RegisterRefused
from bangfu.kernel.schema import Code, schema
from bangfu.kernel.words import Text

Value = str | int | bool | date | Decimal | None
Row = dict[str, Value]
Register = dict[str, list[Row]]

POLICIES = {
    "dibao": Code("dibao", Text("低保", "dibao")),
    "rain_dew": Code("rain_dew", Text("雨露计划（职业教育）", "rain and dew")),
}
TABLES = tuple(schema().tables)
PREPARED = (*TABLES, *WIDE)


def small() -> Register:
    """Two households, three persons, two ledger rows, one receipt."""
    village = "371102001201"
    return {
        "household": [
            {"household_id": "H1", "village_code": village, "status": "poor", "cultivated_mu": Decimal("1.2500")},
            {"household_id": "H2", "village_code": village, "status": "exited", "exited_on": date(2016, 12, 31)},
        ],
        "person": [
            {"person_id": "P1", "household_id": "H1", "name": "甲", "sex": "1", "birth_date": date(1950, 2, 28)},
            {"person_id": "P2", "household_id": "H1", "name": "乙", "work_months": 7, "boarding": True},
            {"person_id": "P3", "household_id": "H2", "name": "丙", "dibao_monthly": Decimal("340.00")},
        ],
        "ledger": [
            {"household_id": "H1", "person_id": "P1", "year": 2016, "item": "crop", "amount": Decimal("3402.50")},
            {"household_id": "H2", "person_id": None, "year": 2016, "item": "rent", "amount": Decimal("0.01")},
        ],
        "receipt": [
            {"household_id": "H2", "person_id": "P3", "policy_id": "dibao", "year": 2017, "amount": Decimal("680.00")}
        ],
    }


def with_cell(table: str, column: str, value: Value, *, row: int = 2) -> Register:
    """The small register with one cell changed; `row` as in a spreadsheet."""
    register = small()
    register[table][row - 2][column] = value
    return register


def with_rows(*cells: tuple[str, str, Value]) -> Register:
    """The small register with a row more for each cell: the first of its table, with this cell changed."""
    register = small()
    for n, (table, column, value) in enumerate(cells):
        itself = {f"{table}_id": f"X{n}"} if f"{table}_id" in register[table][0] else {}
        register[table].append({**register[table][0], **itself, column: value})
    return register


def rows_added(*cells: tuple[str, str, Value]) -> list[int]:
    """Where each of these rows stands, as in a spreadsheet."""
    before = {table: len(rows) + 2 for table, rows in small().items()}
    return [before[table] + [c[0] for c in cells[:n]].count(table) for n, (table, *_) in enumerate(cells)]


def columns_of(table: str, rows: Sequence[Row]) -> list[str]:
    """The table's required columns and those that some row fills, in the contract's order."""
    return [c.name for c in schema().tables[table].columns.values() if c.required or any(c.name in row for row in rows)]


def words(value: Value) -> str:
    """A value as CSV has it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    return value.isoformat() if isinstance(value, date) else str(value)


def write_csv(folder: Path, register: Register, *, encoding: str = "utf-8", label: bool = False) -> Path:
    """A folder of CSV files; with `label`, files and headers bear their Chinese names."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in register.items():
        table = schema().tables[name]
        columns = columns_of(name, rows)
        with (folder / f"{table.label.zh if label else name}.csv").open("w", encoding=encoding, newline="") as file:
            out = csv.writer(file)
            out.writerow([table.columns[c].label.zh if label else c for c in columns])
            out.writerows([[words(row.get(c)) for c in columns] for row in rows])
    return folder


def write_parquet(folder: Path, register: Register) -> Path:
    """A folder of Parquet files whose columns have the types that their values suggest."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in register.items():
        columns = columns_of(name, rows)
        arrays = {c: pa.array([row.get(c) for row in rows], None if rows else pa.string()) for c in columns}
        parquet.write_table(pa.table(arrays), folder / f"{name}.parquet")
    return folder


def write_workbook(path: Path, register: Register) -> Path:
    """A workbook with numbers, dates and truth values in cells of their own kinds."""
    with xlsxwriter.Workbook(str(path)) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, rows in register.items():
            sheet = book.add_worksheet(schema().tables[name].label.zh)
            columns = columns_of(name, rows)
            sheet.write_row(0, 0, columns)
            for i, row in enumerate(rows, start=1):
                for j, column in enumerate(columns):
                    value = row.get(column)
                    if isinstance(value, str):
                        sheet.write_string(i, j, value)
                    elif isinstance(value, date):
                        sheet.write_datetime(i, j, value, day)
                    elif value is not None:
                        sheet.write(i, j, value)
    return path


WRITERS: Mapping[str, Callable[[Path, Register], Path]] = {
    "csv": lambda folder, register: write_csv(folder / "register", register),
    "parquet": lambda folder, register: write_parquet(folder / "register", register),
    "workbook": lambda folder, register: write_workbook(folder / "register.xlsx", register),
}


def read(path: Path, *, skip_bad_rows: bool = False) -> tuple[duckdb.DuckDBPyConnection, RegisterReport]:
    con = duckdb.connect()
    return con, read_register(path, into=con, policies=POLICIES, skip_bad_rows=skip_bad_rows)


def rows_of(con: duckdb.DuckDBPyConnection, table: str, columns: str = "*") -> list[tuple[object, ...]]:
    """The rows of a prepared table in its order; with the ids of its household and person as columns, too."""
    return con.execute(f"SELECT {columns} FROM ({_WITH_IDS.get(table, f'FROM {table}')})").fetchall()


_WITH_IDS = {
    "person": "SELECT p.*, household_id FROM person p JOIN household USING (household_no) ORDER BY person_no",
    **{
        table: f"""
            SELECT t.*, household_id, person_id FROM {table} t JOIN household USING (household_no)
            LEFT JOIN person p ON p.person_no = t.person_no ORDER BY t.rowid
        """
        for table in ("ledger", "receipt")
    },
}


def all_rows(con: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[object, ...]]]:
    """Of the prepared tables, and of those that are made of them."""
    make_sums(con)
    return {table: con.execute(f"FROM {table}").fetchall() for table in PREPARED}


def refusal(path: Path, *, skip_bad_rows: bool = False) -> RegisterRefused:
    with pytest.raises(RegisterRefused) as caught:
        read(path, skip_bad_rows=skip_bad_rows)
    return caught.value


def faults(path: Path) -> list[tuple[str, int, str, str]]:
    """(table, row, column, value) of every fault."""
    return [(f.table, f.row, f.column, f.value) for f in refusal(path).faults]

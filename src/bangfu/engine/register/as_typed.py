"""A register's file as its author sees it: every sheet, every row, every cell with the value that was typed."""

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from python_calamine import CalamineWorkbook

from bangfu.engine.register.batches import Reader
from bangfu.engine.register.csv_file import CsvFile
from bangfu.engine.register.folder import find_in_folder, folded, table_names
from bangfu.engine.register.headers import match_header
from bangfu.engine.register.package import Package, Sheet
from bangfu.engine.register.sheet_scan import scan_sheet
from bangfu.engine.register.workbook import open_sheet, open_workbook
from bangfu.engine.sheets import NOT_REGISTER
from bangfu.kernel.errors import DomainError, RegisterRefused
from bangfu.kernel.schema import Table, schema

Rows = Iterator[Sequence[object]]


@dataclass(frozen=True, slots=True)
class AsTyped:
    """A sheet of a workbook, or a file of a folder: its name, the table that it holds (None: none), and its rows from row 1 on.

    It is opened when its rows are asked for, so that one at a time takes memory.
    """

    name: str
    table: Table | None
    rows: Callable[[], Rows]


def sheets_as_typed(path: Path) -> Iterator[AsTyped]:
    """The sheets or files in their order, but for sheets of our own and what reaches too far to be read."""
    return _of_folder(path) if path.is_dir() else _of_workbook(path)


def _of_workbook(path: Path) -> Iterator[AsTyped]:
    package = Package(path)
    package.check()
    book, names = open_workbook(path), table_names(schema())
    for sheet in package.sheets:
        if sheet.name not in NOT_REGISTER and _is_sound(package, sheet):
            yield AsTyped(sheet.name, names.get(folded(sheet.name)), partial(_cells, book, sheet.name))


def _is_sound(package: Package, sheet: Sheet) -> bool:
    """Whether the reader, which knows no bounds, may see it."""
    try:
        scan_sheet(package, sheet.part)
    except DomainError:
        return False
    return True


def _cells(book: CalamineWorkbook, name: str) -> Rows:
    try:
        sheet = open_sheet(book, name)
    except DomainError:
        return
    left = [""] * (sheet.start or (0, 0))[1]
    for row in sheet.iter_rows():
        yield [*left, *row]


def _of_folder(path: Path) -> Iterator[AsTyped]:
    contract = schema()
    for name, open_file in find_in_folder(path, contract).readers.items():
        table = contract.tables[name]
        yield AsTyped(table.label.zh, table, partial(_lines, open_file, table))


def _lines(open_file: Callable[[], Reader], table: Table) -> Rows:
    """As far as a file can be read, and its lines told apart."""
    try:
        file = open_file()
        if isinstance(file, CsvFile):
            yield from file.records()
            return
        # Of Parquet, the columns that are the contract's.
        places = match_header(table, file.header()).places
        yield [file.header()[place] for place in places.values()]
        for batch in file.batches(places):
            yield from zip(*(batch.columns.column(name).to_pylist() for name in places), strict=True)
    except (RegisterRefused, csv.Error):
        return

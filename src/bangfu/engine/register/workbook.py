"""Which sheet of a workbook holds which table, and its rows as text."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from bangfu.engine.register.batches import Batch, Reader
from bangfu.engine.register.cells import Mark, texts_of
from bangfu.engine.register.folder import Found, folded, missing_tables, table_names
from bangfu.engine.register.package import Package, Sheet, damaged
from bangfu.engine.register.sheet_scan import OddCell, SheetTooLarge, scan_sheet
from bangfu.engine.sheets import NOT_REGISTER
from bangfu.kernel.errors import DomainError, Fault, RegisterRefused
from bangfu.kernel.schema import Schema, Table
from bangfu.kernel.words import Text

T = TypeVar("T")
# Rows at once: so few that the processor's own memory holds their cells while they are put into columns.
ROWS = 4_000
# A sheet of so many bytes takes a second or two to open. Smaller ones wait for their turn: the memory of a second one counts for more.
SLOW_BYTES = 100 << 20


def find_in_workbook(path: Path, contract: Schema) -> Found:
    """Look for one sheet for each table. Raises DomainError where the file is no safe workbook."""
    if path.suffix.lower() != ".xlsx":
        raise _no_workbook(path)
    package = Package(path)
    names = table_names(contract)
    sheets: dict[str, list[Sheet]] = {}
    notes = []
    for sheet in package.sheets:
        table = names.get(folded(sheet.name))
        if table is not None:
            sheets.setdefault(table.name, []).append(sheet)
        elif sheet.name not in NOT_REGISTER:
            notes.append(
                Text(
                    f"工作表“{sheet.name}”不属于登记资料，已忽略。",
                    f"The sheet {sheet.name} is no part of a register; ignored.",
                )
            )
    faults = [_two_sheets(contract.tables[name], found) for name, found in sheets.items() if len(found) > 1]
    faults += missing_tables(contract, sheets, Text("工作表", "sheet"))
    package.check(besides=[found[0].part for found in sheets.values() if len(found) == 1])
    book = open_workbook(path)
    readers: dict[str, Callable[[], Reader]] = {}
    for name, (sheet, *others) in sheets.items():
        if others:
            continue
        try:
            odd = odd_cells(package, sheet, contract.tables[name])
        except RegisterRefused as refused:
            faults += refused.faults
        else:
            readers[name] = partial(SheetReader, book, sheet, odd, contract.tables[name])
    slow = frozenset(name for name in readers if package.size(sheets[name][0].part) > SLOW_BYTES)
    return Found(readers, faults, notes, slow)


def odd_cells(package: Package, sheet: Sheet, table: Table) -> Sequence[OddCell]:
    """The cells without a usable value of a sheet that holds a table, looked for before the reader sees it.

    Raises RegisterRefused where it is not there or reaches too far, DomainError where the workbook is damaged or not safe.
    """
    if sheet.part not in package:
        raise _refused(table, sheet, damaged(f"no {sheet.part}"))
    try:
        return scan_sheet(package, sheet.part)
    except SheetTooLarge as error:
        raise _refused(table, sheet, error) from error


def _refused(table: Table, sheet: Sheet, error: DomainError) -> RegisterRefused:
    return RegisterRefused([Fault(table.name, 0, "", sheet.name, error.text)])


class SheetReader:
    """One sheet that holds one table, with `above` rows above its header; `odd` are its cells without a usable value.

    Raises RegisterRefused where it cannot be read.
    """

    def __init__(
        self, book: CalamineWorkbook, sheet: Sheet, odd: Sequence[OddCell], table: Table, above: int = 0
    ) -> None:
        self._table = table
        self._above = above
        self._odd = odd
        try:
            opened = open_sheet(book, sheet.name)
        except DomainError as error:
            raise _refused(table, sheet, error) from error
        self._left = (opened.start or (0, 0))[1]
        self._rows: Iterator[Sequence[object]] = opened.iter_rows()
        self._merged = opened.merged_cell_ranges or []
        self._header = self._read_header()

    def header(self) -> Sequence[str]:
        return self._header

    def batches(self, places: Mapping[str, int]) -> Iterator[Batch]:
        """Rows of the columns at `places`."""
        odd: dict[tuple[int, str], OddCell] = {}
        columns = {place: name for name, place in places.items()}
        for cell in self._odd:
            if cell.column in columns:
                odd[cell.row + 1, columns[cell.column]] = cell
        merged = self._merged_marks(columns)
        first = self._above + 2
        while rows := list(islice(self._rows, ROWS)):
            last = first + len(rows) - 1
            values = list(zip(*rows, strict=True))
            batch = self._batch(values, places, first, {k: c for k, c in odd.items() if first <= k[0] <= last})
            yield Batch(batch.columns, batch.rows, [*batch.marks, *(m for m in merged if first <= m.row <= last)])
            first = last + 1
        self._rows = iter(())  # the sheet may go before what was read of it is typed

    def _read_header(self) -> list[str]:
        row = self._above
        if any(
            top <= row <= bottom and (bottom, right) != (top, left) for (top, left), (bottom, right) in self._merged
        ):
            raise RegisterRefused([_merged_header(self._table, row + 1)])
        cells = next(islice(self._rows, row, None), [])
        return [""] * self._left + [cell if isinstance(cell, str) else str(cell) for cell in cells]

    def _batch(
        self,
        values: Sequence[Sequence[object]],
        places: Mapping[str, int],
        first: int,
        odd: Mapping[tuple[int, str], OddCell],
    ) -> Batch:
        marks: list[Mark] = []
        texts: dict[str, list[str | None]] = {}
        height = len(values[0])
        for name, place in places.items():
            said, found = texts_of(values[place - self._left], self._table.columns[name], first)
            marks += found
            texts[name] = list(said)
        for (row, name), cell in odd.items():
            # The reader leaves such a cell empty; put back what stands there, so that the row is not taken for blank.
            texts[name][row - first] = cell.value or "="
            marks.append(Mark(row, name, cell.value, cell.kind))
        return Batch(
            pa.table({n: pa.array(t, pa.string()) for n, t in texts.items()}), range(first, first + height), marks
        )

    def _merged_marks(self, columns: Mapping[int, str]) -> list[Mark]:
        """A mark at the first used cell of every merged area that spans more than one."""
        marks = []
        for (top, left), (bottom, right) in self._merged:
            name = next((columns[place] for place in sorted(columns) if left <= place <= right), None)
            if name is not None and top > self._above and (top, left) != (bottom, right):
                marks.append(Mark(top + 1, name, "", "merged"))
        return marks


def open_workbook(path: Path) -> CalamineWorkbook:
    """Raises DomainError for a file that is damaged."""
    try:
        return _guarded(lambda: CalamineWorkbook.from_path(str(path)))
    except (CalamineError, OSError) as error:
        raise damaged(error) from error


def open_sheet(book: CalamineWorkbook, name: str) -> CalamineSheet:
    """Raises DomainError for a sheet that is damaged."""
    try:
        return _guarded(lambda: book.get_sheet_by_name(name))
    except CalamineError as error:
        raise damaged(error) from error


def _guarded(read: Callable[[], T]) -> T:
    """Run the reader; its own panics, which Python could not catch as errors, become a damaged workbook."""
    try:
        return read()
    except BaseException as panic:
        if type(panic).__name__ != "PanicException":
            raise
        raise damaged("the reader gave up") from panic


def _no_workbook(path: Path) -> DomainError:
    return DomainError(
        "NOT_A_REGISTER",
        Text(
            f"“{path.name}”不是登记资料。请给出一个 .xlsx 工作簿，或存放各表 CSV 或 Parquet 文件的文件夹；"
            ".xls 请先另存为 .xlsx。",
            f"{path.name} is no register. Give an .xlsx workbook, or the folder that holds the CSV or Parquet files; "
            "save an .xls as .xlsx first.",
        ),
    )


def _two_sheets(table: Table, sheets: Sequence[Sheet]) -> Fault:
    listed = ", ".join(sheet.name for sheet in sheets)
    return Fault(
        table.name,
        0,
        "",
        listed,
        Text(
            f"“{table.label.zh}”表有多个工作表：{listed}。请只保留一个。",
            f"The table {table.name} stands in several sheets: {listed}. Keep one.",
        ),
    )


def _merged_header(table: Table, row: int) -> Fault:
    return Fault(
        table.name,
        row,
        "",
        "",
        Text(
            f"第 {row} 行有合并的单元格。第 {row} 行应是列名，每列一格；请取消合并，删去标题行。",
            f"Row {row} has merged cells. It must hold the column names, one cell each; "
            "unmerge it and delete any title above the names.",
        ),
    )

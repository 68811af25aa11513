"""Which sheet or file of somebody's holds which table of a layout, under which header on which row. Nothing is believed of names: headers decide."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from python_calamine import CalamineWorkbook

from bangfu.engine.register.batches import Batch, Reader
from bangfu.engine.register.csv_file import CsvFile
from bangfu.engine.register.folder import folded, table_names
from bangfu.engine.register.package import Package, Sheet
from bangfu.engine.register.sheet_scan import scan_sheet
from bangfu.engine.register.workbook import SheetReader, odd_cells, open_sheet, open_workbook
from bangfu.kernel.schema import Table, schema
from bangfu.kernel.words import Text
from bangfu.registry.layouts import TABLES, Layout, TableName, plain

# How many rows a title, a unit and a date may take above the header.
LOOKED_AT = 10
# A row with fewer known headers is none.
FEWEST = 3


@dataclass(frozen=True, slots=True)
class Found:
    """A table of a layout as it lies in a file: `sheet` as people call it ("" for a CSV file's only one), `above` rows above the header,
    and for each of its columns the place and the header as it stands there. `twice`: headers that mean a column which another means too.
    """

    table: TableName
    file: Path
    sheet: str
    above: int
    places: Mapping[str, int]
    headers: Mapping[str, str]
    twice: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.sheet or self.file.name


def tables_in(path: Path, form: Layout) -> list[Found]:
    """The tables of a layout that a workbook, a CSV file or a folder of them holds, as far as they are that rather than a register of our own.

    Raises DomainError where a file is no safe workbook, RegisterRefused where it is no text.
    """
    files = (
        sorted(each for each in path.iterdir() if not each.name.startswith((".", "~$"))) if path.is_dir() else [path]
    )
    if _is_ours(files):
        return []
    found = [_recognised(form, file, sheet, rows) for file in files for sheet, rows in _beginnings(file)]
    return [each for each in found if each is not None]


def reader_of(found: Found, table: Table, names: Mapping[str, str]) -> Reader:
    """What reads a table; its columns are called by `names`, from the layout's."""
    return _Renamed(_opened(found, table), found, names)


def _is_ours(files: Sequence[Path]) -> bool:
    """Whether names alone show a register of our own, which is then not opened twice: no other layout has a ledger."""
    names = table_names(schema())
    said = [names.get(folded(file.stem)) for file in files]
    if len(files) == 1 and files[0].suffix.lower() == ".xlsx" and files[0].is_file():
        said = [names.get(folded(sheet.name)) for sheet in Package(files[0]).sheets]
    return any(table is not None and table.name in ("ledger", "receipt") for table in said)


def _opened(found: Found, table: Table) -> Reader:
    if found.file.suffix.lower() == ".csv":
        return CsvFile(found.file, table, found.above)
    package = Package(found.file)
    sheet = next(each for each in package.sheets if each.name == found.sheet)
    package.check(besides=[sheet.part])
    return SheetReader(open_workbook(found.file), sheet, odd_cells(package, sheet, table), table, found.above)


class _Renamed:
    """A reader whose header has our names at the places that were found."""

    def __init__(self, inner: Reader, found: Found, names: Mapping[str, str]) -> None:
        self._inner = inner
        self._names = {place: names[column] for column, place in found.places.items()}

    def header(self) -> Sequence[str]:
        return [self._names.get(place, "") for place, _ in enumerate(self._inner.header())]

    def batches(self, places: Mapping[str, int]) -> Iterator[Batch]:
        return self._inner.batches(places)


def _beginnings(file: Path) -> Iterator[tuple[str, list[list[str]]]]:
    """The first rows of each sheet. Files that are neither workbooks nor CSV hold none."""
    if file.suffix.lower() == ".csv" and file.is_file():
        # A beginning that is no CSV cannot be a header; the reader says what is wrong with the rest.
        with suppress(csv.Error):
            yield (
                "",
                list(islice(CsvFile(file, Table(file.name, Text(file.name, file.name), {}, {})).records(), LOOKED_AT)),
            )
    elif file.suffix.lower() == ".xlsx" and file.is_file():
        package = Package(file)
        package.check()
        book = open_workbook(file)
        for sheet in package.sheets:
            yield sheet.name, _first_rows(book, package, sheet)


def _first_rows(book: CalamineWorkbook, package: Package, sheet: Sheet) -> list[list[str]]:
    scan_sheet(package, sheet.part)
    cells = open_sheet(book, sheet.name)
    left = (cells.start or (0, 0))[1]
    return [[""] * left + [str(cell) for cell in row] for row in islice(cells.iter_rows(), LOOKED_AT)]


def _recognised(form: Layout, file: Path, sheet: str, rows: Sequence[Sequence[str]]) -> Found | None:
    """The table of which a row has the most headers; none where a table of our own has as many."""
    tried = [_matched(form, name, file, sheet, above, row) for above, row in enumerate(rows) for name in TABLES]
    best = max((each for each in tried if each is not None), key=lambda each: len(each.places), default=None)
    if best is None or len(best.places) < FEWEST or len(best.places) <= _of_ours(rows[best.above]):
        return None
    return best


def _matched(form: Layout, name: TableName, file: Path, sheet: str, above: int, row: Sequence[str]) -> Found | None:
    columns = form.tables[name].columns
    spelt = {
        plain(said): column.name for column in columns.values() for said in (column.name, column.label.zh, *column.also)
    }
    places: dict[str, int] = {}
    headers: dict[str, str] = {}
    twice, unknown = [], []
    for place, cell in enumerate(row):
        said = plain(cell)
        column = spelt.get(said) or spelt.get(said.partition("(")[0])
        if column is None:
            unknown += [cell] if said else []
        elif column in places:
            twice.append(cell)
        else:
            places[column], headers[column] = place, cell.strip()
    keys = {column.name for column in columns.values() if column.key}
    if not keys <= set(places):
        return None
    return Found(name, file, sheet, above, places, headers, tuple(twice), tuple(unknown))


def _of_ours(row: Sequence[str]) -> int:
    """Of how many columns of a table of our own this is the header."""
    said = {plain(cell) for cell in row}
    return max(
        sum(bool(said & {plain(column.name), plain(column.label.zh)}) for column in table.columns.values())
        for table in schema().tables.values()
    )

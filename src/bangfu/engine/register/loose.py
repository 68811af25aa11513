"""Lists that others made for their own use: the header anywhere near the top, a title over it, sums below, columns called this or that.

Rows are handed over as they stand, with the row numbers that a person sees; what they mean is the caller's to say.
"""

import csv
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bangfu.engine.register.cells import text_of
from bangfu.engine.register.csv_file import CsvFile, why_apart
from bangfu.engine.register.headers import PADDING
from bangfu.engine.register.package import Package
from bangfu.engine.register.sheet_scan import scan_sheet
from bangfu.engine.register.workbook import open_sheet, open_workbook
from bangfu.kernel.errors import DomainError, RegisterRefused
from bangfu.kernel.schema import Table
from bangfu.kernel.words import Text

# A title, a unit and a day may stand over the header, and not a whole page.
HEADER_WITHIN = 15


@dataclass(frozen=True, slots=True)
class LooseRow:
    """One row below the header: its number in the sheet, its cells by column, and everything that stands in it.

    `odd`: the columns whose cell holds no usable value, and the kind of its fault (a key of reasons.py). `others`: what further columns of the
    same meaning say.
    """

    number: int
    cells: Mapping[str, str]
    all: tuple[str, ...]
    odd: Mapping[str, str]
    others: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class LooseSheet:
    """The rows below the header, the number of the header's row, and how the columns that it has are called there: the first of a name counts."""

    rows: Sequence[LooseRow]
    header: int
    columns: Mapping[str, tuple[str, ...]]


def read_loose(path: Path, table: Table, spellings: Mapping[str, str]) -> LooseSheet:
    """The rows of the first sheet that has the table's required columns; `spellings` leads from a header (`plain_header`) to a column.

    Raises DomainError where no sheet has such a header, and for a file that cannot be read, or is no safe workbook.
    """
    sheets = _of_workbook(path) if path.suffix.lower() == ".xlsx" else [_of_csv(path, table)]
    for rows, odd in sheets:
        found = _header(rows, table, spellings)
        if found is not None:
            return _sheet(rows, odd, *found, table)
    wanted = [column.label for column in table.columns.values() if column.required]
    raise DomainError(
        "NO_LIST",
        Text(
            f"前 {HEADER_WITHIN} 行里没有找到表头。至少应有这些列：{'、'.join(each.zh for each in wanted)}。",
            f"No header was found in the first {HEADER_WITHIN} rows. These columns at least are needed: {', '.join(each.en for each in wanted)}.",
        ),
    )


Rows = list[tuple[int, Sequence[object]]]
Odd = Mapping[tuple[int, int], str]


def _of_csv(path: Path, table: Table) -> tuple[Rows, Odd]:
    try:
        return [(number, record) for number, record in enumerate(CsvFile(path, table).records(), start=1)], {}
    except csv.Error as error:
        why = why_apart(error)
        said = Text(f"无法分列：{why.zh}。", f"Cells cannot be told apart: {why.en}.")
        raise DomainError("LIST_UNREADABLE", said) from error
    except RegisterRefused as refused:
        raise DomainError("LIST_UNREADABLE", refused.faults[0].reason) from refused


def _of_workbook(path: Path) -> list[tuple[Rows, Odd]]:
    package = Package(path)
    package.check()
    book = open_workbook(path)
    found: list[tuple[Rows, Odd]] = []
    for sheet in package.sheets:
        odd = {(cell.row + 1, cell.column): cell.kind for cell in scan_sheet(package, sheet.part)}
        opened = open_sheet(book, sheet.name)
        # The reader gives every row, and cells from the first column that any row has.
        left = (opened.start or (0, 0))[1]
        cells: list[Sequence[object]] = [[""] * left + list(row) for row in opened.iter_rows()]
        found.append((list(enumerate(cells, start=1)), odd))
    return found


def _header(rows: Rows, table: Table, spellings: Mapping[str, str]) -> tuple[int, dict[str, list[int]]] | None:
    """The row of the header and where each column stands, those of one name from the left."""
    required = {column.name for column in table.columns.values() if column.required}
    for at, (_, row) in enumerate(rows[:HEADER_WITHIN]):
        places: dict[str, list[int]] = {}
        for place, cell in enumerate(row):
            name = spellings.get(plain_header(str(cell)))
            if name is not None:
                places.setdefault(name, []).append(place)
        if required <= places.keys():
            return at, places
    return None


def _sheet(rows: Rows, odd: Odd, at: int, places: Mapping[str, list[int]], table: Table) -> LooseSheet:
    def said(row: Sequence[object], name: str, place: int) -> tuple[str, str]:
        text, kind = text_of(row[place] if place < len(row) else None, table.columns[name])
        return (text or "").strip(PADDING), kind

    listed = []
    for number, row in rows[at + 1 :]:
        cells: dict[str, str] = {}
        wrong: dict[str, str] = {}
        others: dict[str, tuple[str, ...]] = {}
        for name, (place, *further) in places.items():
            cells[name], kind = said(row, name, place)
            if kind := odd.get((number, place), kind):
                wrong[name] = kind
            if further:
                others[name] = tuple(said(row, name, each)[0] for each in further)
        everything = tuple(text for cell in row if (text := str(cell).strip(PADDING)))
        if everything or wrong:
            listed.append(LooseRow(number, cells, everything, wrong, others))
    number, header = rows[at]
    called = {name: tuple(str(header[place]).strip(PADDING) for place in those) for name, those in places.items()}
    return LooseSheet(listed, number, called)


def plain_header(said: str) -> str:
    """A header as headers are compared: without width, case, blanks, and the unit behind it."""
    plain = "".join(unicodedata.normalize("NFKC", said).split()).casefold()
    return _UNIT.sub("", plain)


_UNIT = re.compile(r"\((元|:元|单位:元|yuan)\)$")

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

    `odd`: the columns whose cell holds no usable value, and the kind of its fault (a key of reasons.py).
    """

    number: int
    cells: Mapping[str, str]
    all: tuple[str, ...]
    odd: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LooseSheet:
    """The rows below the header, and the columns that it has."""

    rows: Sequence[LooseRow]
    columns: frozenset[str]


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


def _header(rows: Rows, table: Table, spellings: Mapping[str, str]) -> tuple[int, dict[str, int]] | None:
    """The row of the header and where each column stands; the first column of a name counts."""
    required = {column.name for column in table.columns.values() if column.required}
    for at, (_, row) in enumerate(rows[:HEADER_WITHIN]):
        places: dict[str, int] = {}
        for place, cell in enumerate(row):
            name = spellings.get(plain_header(str(cell)))
            if name is not None:
                places.setdefault(name, place)
        if required <= places.keys():
            return at, places
    return None


def _sheet(rows: Rows, odd: Odd, at: int, places: Mapping[str, int], table: Table) -> LooseSheet:
    listed = []
    for number, row in rows[at + 1 :]:
        cells: dict[str, str] = {}
        wrong: dict[str, str] = {}
        for name, place in places.items():
            said, kind = text_of(row[place] if place < len(row) else None, table.columns[name])
            cells[name] = (said or "").strip(PADDING)
            if kind := odd.get((number, place), kind):
                wrong[name] = kind
        everything = tuple(text for cell in row if (text := str(cell).strip(PADDING)))
        if everything or wrong:
            listed.append(LooseRow(number, cells, everything, wrong))
    return LooseSheet(listed, frozenset(places))


def plain_header(said: str) -> str:
    """A header as headers are compared: without width, case, blanks, and the unit behind it."""
    plain = "".join(unicodedata.normalize("NFKC", said).split()).casefold()
    return _UNIT.sub("", plain)


_UNIT = re.compile(r"\((元|:元|单位:元|yuan)\)$")

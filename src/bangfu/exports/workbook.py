"""A register as a workbook that people read, print, and may bring back in: what it is on the first sheet, then the tables, marked all over."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bangfu.engine.packing import new_workbook
from bangfu.engine.sheets import ABOUT
from bangfu.exports.data import stopped
from bangfu.exports.marks import NAME, ROW_MARK, Marking
from bangfu.exports.picture import picture_of
from bangfu.kernel.days import date_from_day, iso_from_day
from bangfu.kernel.words import width_of

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

SHEET_ROWS = 1_000_000
A4 = 9
FONT = "Microsoft YaHei"
# In characters of the default font, of which a Chinese one takes two.
_PAGE_WIDTH, _LEADING = 150, 2
_WIDTHS = {"date": 12, "money": 13, "area": 10, "whole": 8}
_WIDEST, _NARROWEST = 34, 8
_NUMBER_FORMATS = {"date": "yyyy-mm-dd", "money": "#,##0.00", "area": "0.00##", "whole": "0", "text": "@"}
# Spreadsheets take 1900 for a leap year, so that earlier days are another day's number, or none.
_FIRST_DAY = 19000301


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading, and its kind: text, date (20170331), money (fen), area (ten-thousandths) or whole (a number)."""

    heading: str
    kind: str = "text"
    width: int = 0


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table; rows have a value a column, None for an empty cell."""

    name: str
    columns: tuple[Column, ...]
    rows: Iterable[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class About:
    """What the first sheet says, line by line, and under which title."""

    title: str
    lines: Sequence[tuple[str, str]]
    warning: str


def write_workbook(
    path: Path, about: About, marking: Marking, made_at: datetime, sheets: Iterable[Sheet]
) -> dict[str, int]:
    """Write a file, and return the rows of each sheet. Raises DomainError (SHEET_FULL) for more than a sheet holds, OSError."""
    with new_workbook(path) as book:
        book.set_properties(
            {
                "title": about.title,
                "comments": marking.code,
                "keywords": marking.code,
                "created": made_at.replace(tzinfo=None, microsecond=0),
            }
        )
        book.set_custom_property(NAME, marking.code)
        # Hidden, and carried along by whatever saves the workbook anew.
        book.define_name(NAME, f'="{marking.code}"')
        book.defined_names[-1][3] = 1
        writer = _Writer(book, marking, picture_of(f"{marking.code} {marking.when.upper()}"))
        writer.about(about)
        return {sheet.name: writer.table(sheet) for sheet in sheets}


class _Writer:
    """One workbook being written, sheet by sheet and row by row."""

    def __init__(self, book: "Workbook", marking: Marking, picture: bytes) -> None:
        self._book, self._marking, self._picture = book, marking, picture
        font = {"font_name": FONT, "font_size": 10, "valign": "vcenter"}
        ruled = {**font, "bottom": 4, "bottom_color": "#BFBFBF"}
        self._cells = {kind: book.add_format({**ruled, "num_format": said}) for kind, said in _NUMBER_FORMATS.items()}
        self._faint = book.add_format({**font, "font_size": 8, "font_color": "#A6A6A6"})
        self._head = book.add_format(
            {**font, "bold": True, "bg_color": "#1F4E79", "font_color": "#FFFFFF", "border": 1, "text_wrap": True, "align": "center"}
        )  # fmt: skip
        self._title = book.add_format({**font, "bold": True, "font_size": 16})
        self._label = book.add_format({**ruled, "font_color": "#595959"})
        self._said = book.add_format({**ruled, "text_wrap": True})
        self._warning = book.add_format(
            {**font, "bold": True, "font_color": "#B42318", "text_wrap": True, "valign": "top"}
        )

    def about(self, about: About) -> None:
        sheet = self._book.add_worksheet(ABOUT.zh)
        sheet.hide_gridlines(2)
        sheet.set_column(0, 0, 26)
        sheet.set_column(1, 1, 80)
        sheet.set_row(0, 34)
        sheet.write_string(0, 0, about.title, self._title)
        for row, (label, said) in enumerate(about.lines, start=2):
            sheet.set_row(row, 18 * sum(1 + width_of(line) // 78 for line in said.split("\n")))
            sheet.write_string(row, 0, label, self._label)
            sheet.write_string(row, 1, said, self._said)
        row = len(about.lines) + 3
        sheet.set_row(row, 72)
        sheet.merge_range(row, 0, row, 1, about.warning, self._warning)
        self._mark(sheet)
        sheet.fit_to_pages(1, 1)

    def table(self, sheet: Sheet) -> int:
        """Returns how many rows there are."""
        made = self._book.add_worksheet(sheet.name)
        mark = len(sheet.columns)
        for place, column in enumerate(sheet.columns):
            made.set_column(place, place, _width(column), self._cells[column.kind])
        made.set_column(mark, mark, 14, self._faint, {"hidden": True})
        made.set_row(0, 36)
        made.freeze_panes(1, min(_LEADING, len(sheet.columns) - 1))
        # Numbers that identify are text on purpose; no green corner need say so in every cell.
        made.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
        for place, heading in enumerate([column.heading for column in sheet.columns] + [ROW_MARK.zh]):
            made.write_string(0, place, heading, self._head)
        row = 0
        for row, values in enumerate(sheet.rows, start=1):
            if row > SHEET_ROWS:
                raise stopped("SHEET_FULL")
            for place, (column, value) in enumerate(zip(sheet.columns, values, strict=True)):
                if value is not None:
                    self._write(made, row, place, column.kind, value)
            made.write_string(row, mark, self._marking.code, self._faint)
        made.autofilter(0, 0, max(row, 1), mark - 1)
        self._mark(made)
        self._set_up_print(made, sheet.columns)
        return row

    def _write(self, sheet: "Worksheet", row: int, place: int, kind: str, value: Any) -> None:
        look = self._cells[kind]
        match kind:
            case "money":
                sheet.write_number(row, place, value / 100, look)
            case "area":
                sheet.write_number(row, place, value / 10_000, look)
            case "whole":
                sheet.write_number(row, place, value, look)
            case "date" if value >= _FIRST_DAY:
                sheet.write_datetime(row, place, date_from_day(value), look)
            case "date":
                sheet.write_string(row, place, iso_from_day(value), look)
            case _:
                sheet.write_string(row, place, value, look)

    def _mark(self, sheet: "Worksheet") -> None:
        """On the screen the picture lies behind the cells; in print it does too, by way of the header."""
        sheet.set_landscape()
        sheet.set_paper(A4)
        sheet.set_margins(left=0.4, right=0.4, top=0.7, bottom=0.6)
        sheet.set_background(BytesIO(self._picture))
        sheet.set_header(
            self._marking.header,
            {"image_center": "mark.png", "image_data_center": BytesIO(self._picture)},
        )
        sheet.set_footer(self._marking.footer)

    def _set_up_print(self, sheet: "Worksheet", columns: Sequence[Column]) -> None:
        sheet.repeat_rows(0)
        wide = sum(map(_width, columns))
        if wide > _PAGE_WIDTH:
            # What is too wide for one page goes on several, each with the columns that say whose row it is.
            repeated = sum(map(_width, columns[:_LEADING]))
            sheet.repeat_columns(0, _LEADING - 1)
            sheet.fit_to_pages(-(-(wide - repeated) // (_PAGE_WIDTH - repeated)), 0)
        else:
            sheet.fit_to_pages(1, 0)


def _width(column: Column) -> int:
    heading = -(-width_of(column.heading) // 2) + 3
    return column.width or min(_WIDEST, max(_NARROWEST, heading, _WIDTHS.get(column.kind, 0)))

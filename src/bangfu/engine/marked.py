"""A register that was refused, given back as a workbook: every faulty cell coloured, with a note that says what is wrong and what would be right.

The first sheet lists the faults and leads to their cells. The others are the author's own, with the values that were typed; what is mended in
them can be read again as it is.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from xlsxwriter.utility import xl_rowcol_to_cell

from bangfu.engine.packing import MADE_AT, new_workbook
from bangfu.engine.register.as_typed import AsTyped, sheets_as_typed
from bangfu.engine.register.headers import match_header
from bangfu.engine.sheets import FAULTS
from bangfu.kernel.errors import Fault, RegisterRefused
from bangfu.kernel.schema import Table, schema
from bangfu.kernel.words import Lang, Text

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

# Whoever has mended these sees the rest the next time; a note for each of a hundred thousand would open slowly.
MOST_MARKED = 5_000
SHEET_ROWS, LONGEST_TEXT, LONGEST_NAME = 1_048_576, 32_767, 31
_NOT_IN_A_NAME = re.compile(r"[\[\]:*?/\\]|^'|'$")
_HEADINGS = (
    (Text("序号", "No."), 7),
    (Text("表", "Table"), 12),
    (Text("单元格", "Cell"), 10),
    (Text("列", "Column"), 18),
    (Text("现在的内容", "As it stands"), 26),
    (Text("问题和改法", "What is wrong, and what would be right"), 90),
)
_AUTHOR = "帮扶 Bangfu"

At = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a fault stands in the new workbook: its sheet, and its cell (None: the sheet as a whole)."""

    sheet: str
    cell: At | None


@dataclass(frozen=True, slots=True)
class _Marked:
    """A sheet to be written: what it is called there, its rows, and the notes on its cells."""

    name: str
    typed: AsTyped
    notes: Mapping[At, Sequence[Text]]


def write_marked(register: Path, refused: RegisterRefused, path: Path, lang: Lang) -> list[str]:
    """Write the register back with its faults marked, and return the cell of each ("户!B4"; "" where it has none).

    The file appears whole or not at all. Raises OSError.

    For a register in one piece: a folder of several has a file of its own for each.
    """
    faults = refused.faults[:MOST_MARKED]
    sheets, places = _placed(register, faults)
    aside = path.with_name(path.name + ".partial")
    try:
        with new_workbook(aside) as book:
            book.set_properties({"title": FAULTS.say(lang), "author": _AUTHOR, "created": MADE_AT})
            formats = _formats(book)
            _write_list(book, formats, faults, places, refused.total, lang)
            for sheet in sheets:
                _write_sheet(book, formats, sheet, lang)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    return [_address(place) for place in places]


def _address(place: _Place | None) -> str:
    return "" if place is None or place.cell is None else f"{place.sheet}!{xl_rowcol_to_cell(*place.cell)}"


def _placed(register: Path, faults: Sequence[Fault]) -> tuple[list[_Marked], list[_Place | None]]:
    """The sheets to be written, and the place of each fault (None: it is of no sheet that is there)."""
    sheets: list[_Marked] = []
    by_table: dict[str, tuple[str, Mapping[str, int]]] = {}
    notes: dict[str, dict[At, list[Text]]] = defaultdict(lambda: defaultdict(list))
    for typed in sheets_as_typed(register):
        name = _fresh_name(typed.name, {sheet.name.casefold() for sheet in sheets})
        if typed.table is not None:
            by_table.setdefault(typed.table.name, (name, _columns(typed, typed.table)))
        sheets.append(_Marked(name, typed, notes[name]))
    places: list[_Place | None] = []
    for fault in faults:
        if fault.table not in by_table:
            places.append(None)
            continue
        name, columns = by_table[fault.table]
        cell = (fault.row - 1, columns.get(fault.column, 0)) if 0 < fault.row <= SHEET_ROWS else None
        places.append(_Place(name, cell))
        if cell is not None:
            notes[name][cell].append(fault.reason)
    return sheets, places


def _columns(typed: AsTyped, table: Table) -> Mapping[str, int]:
    header = next(typed.rows(), [])
    return match_header(table, [str(cell) for cell in header]).places


def _fresh_name(name: str, taken: set[str]) -> str:
    """A name that a workbook takes: as it was, if it can be."""
    plain = _NOT_IN_A_NAME.sub("_", name)[:LONGEST_NAME] or "_"
    taken = taken | {said.casefold() for said in (FAULTS.zh, FAULTS.en)}
    fresh, number = plain, 1
    while fresh.casefold() in taken:
        number += 1
        fresh = f"{plain[: LONGEST_NAME - 5]} ({number})"
    return fresh


def _formats(book: "Workbook") -> dict[str, "Format"]:
    font = {"font_name": "Microsoft YaHei", "font_size": 10, "valign": "vcenter"}
    marked = {**font, "bg_color": "#FFC7CE", "font_color": "#9C0006", "border": 1, "border_color": "#9C0006"}
    kinds = {
        "text": "@",
        "number": "General",
        "date": "yyyy-mm-dd",
        "moment": "yyyy-mm-dd hh:mm:ss",
        "time": "hh:mm:ss",
    }
    formats = {kind: book.add_format({**font, "num_format": form}) for kind, form in kinds.items()}
    head = {**font, "bold": True, "bg_color": "#1F4E79", "font_color": "#FFFFFF", "border": 1, "text_wrap": True}
    for look, said in (("marked", marked), ("head", head)):
        formats |= {f"{kind} {look}": book.add_format({**said, "num_format": form}) for kind, form in kinds.items()}
    formats["title"] = book.add_format({**font, "bold": True, "font_size": 12, "font_color": "#9C0006"})
    formats["wrapped"] = book.add_format({**font, "num_format": "@", "text_wrap": True, "valign": "top"})
    formats["link"] = book.add_format({**font, "font_color": "#0563C1", "underline": 1, "valign": "top"})
    return formats


def _write_list(
    book: "Workbook",
    formats: Mapping[str, "Format"],
    faults: Sequence[Fault],
    places: Sequence[_Place | None],
    total: int,
    lang: Lang,
) -> None:
    sheet = book.add_worksheet(FAULTS.say(lang))
    sheet.set_tab_color("#C00000")
    for n, (_, width) in enumerate(_HEADINGS):
        sheet.set_column(n, n, width)
    sheet.write_string(0, 0, _title(len(faults), total).say(lang), formats["title"])
    for n, (heading, _) in enumerate(_HEADINGS):
        sheet.write_string(1, n, heading.say(lang), formats["text head"])
    sheet.freeze_panes(2, 0)
    for row, (fault, place) in enumerate(zip(faults, places, strict=True), start=2):
        table = schema().tables.get(fault.table)
        column = table.columns.get(fault.column) if table else None
        sheet.write_number(row, 0, row - 1, formats["wrapped"])
        sheet.write_string(row, 1, table.label.say(lang) if table else fault.table, formats["wrapped"])
        _write_link(sheet, row, place, formats)
        sheet.write_string(row, 3, column.label.say(lang) if column else fault.column, formats["wrapped"])
        sheet.write_string(row, 4, fault.value[:LONGEST_TEXT], formats["wrapped"])
        sheet.write_string(row, 5, fault.reason.say(lang)[:LONGEST_TEXT], formats["wrapped"])
    sheet.autofilter(1, 0, max(len(faults) + 1, 2), len(_HEADINGS) - 1)


def _title(marked: int, total: int) -> Text:
    rest = total - marked
    if not rest:
        return Text(
            f"共 {total:,} 处错误，都已在各表中标红；改正后可直接用本文件重新提交。",
            f"{total:,} fault(s), each marked in its sheet. Mend them, and hand in this file again as it is.",
        )
    return Text(
        f"共 {total:,} 处错误，这里列出并标红前 {marked:,} 处，另有 {rest:,} 处未列；改正后可直接用本文件重新提交。",
        f"{total:,} faults, of which the first {marked:,} are listed and marked and {rest:,} are not. Mend them, and hand in this file again.",
    )


def _write_link(sheet: "Worksheet", row: int, place: _Place | None, formats: Mapping[str, "Format"]) -> None:
    if place is None:
        sheet.write_blank(row, 2, None, formats["wrapped"])
        return
    cell = xl_rowcol_to_cell(*(place.cell or (0, 0)))
    name = place.sheet.replace("'", "''")
    said = cell if place.cell else place.sheet
    sheet.write_url(row, 2, f"internal:'{name}'!{cell}", formats["link"], said)


def _write_sheet(book: "Workbook", formats: Mapping[str, "Format"], marked: _Marked, lang: Lang) -> None:
    sheet = book.add_worksheet(marked.name)
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, 60, 14)
    if marked.notes:
        sheet.set_tab_color("#C00000")
    by_row: dict[int, set[int]] = defaultdict(set)
    for at, column in marked.notes:
        by_row[at].add(column)
    for at, cells in enumerate(_rows(marked, max(by_row, default=-1))):
        noted = by_row.get(at, set())
        wide = max(len(cells), *(column + 1 for column in noted)) if noted else len(cells)
        for column in range(wide):
            value = cells[column] if column < len(cells) else ""
            _write_cell(sheet, (at, column), value, formats, _look(at, marked=column in noted))
        for column in sorted(noted):
            said = "\n".join(dict.fromkeys(reason.say(lang) for reason in marked.notes[at, column]))
            look = {"author": _AUTHOR, "x_scale": 2.4, "y_scale": 1 + len(said) / 90, "font_size": 10}
            sheet.write_comment(at, column, said[:LONGEST_TEXT], look)


def _rows(marked: _Marked, last: int) -> Iterator[Sequence[object]]:
    """The rows as typed, and empty ones on to the last that has a note."""
    there = 0
    for row in islice(marked.typed.rows(), SHEET_ROWS):
        there += 1
        yield row
    for _ in range(there, last + 1):
        yield ()


def _look(row: int, *, marked: bool) -> str:
    return " marked" if marked else " head" if row == 0 else ""


def _write_cell(sheet: "Worksheet", at: At, value: object, formats: Mapping[str, "Format"], suffix: str) -> None:
    """A value as it was typed; text always as text."""
    match value:
        case bool():
            sheet.write_boolean(*at, value, formats["number" + suffix])
        case int():
            sheet.write_number(*at, value, formats["number" + suffix])
        case float() if isfinite(value):
            sheet.write_number(*at, value, formats["number" + suffix])
        case datetime() if value.time() == time():
            sheet.write_datetime(*at, value, formats["date" + suffix])
        case datetime():
            sheet.write_datetime(*at, value, formats["moment" + suffix])
        case date():
            sheet.write_datetime(*at, value, formats["date" + suffix])
        case time() | timedelta():
            sheet.write_datetime(*at, value, formats["time" + suffix])
        case None | "":
            if suffix:
                sheet.write_blank(*at, None, formats["text" + suffix])
        case _:
            sheet.write_string(*at, str(value)[:LONGEST_TEXT], formats["text" + suffix])

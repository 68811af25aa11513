"""An assessment as a workbook that people read: summary first, then the tables, with words instead of codes and real numbers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from bangfu.engine.packing import MADE_AT, new_workbook
from bangfu.engine.summary import said_everywhere
from bangfu.kernel.schema import Column, Table, schema
from bangfu.kernel.words import Lang, Text

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

    from bangfu.engine.request import PlacedRules
    from bangfu.engine.summary import Summary

SHEET_ROWS = 1_000_000  # a sheet holds 1,048,576 rows; more go on a second sheet
_BATCH = 10_000
_WIDTHS = {"id": 19, "money": 14, "yes_no": 11, "count": 8, "code": 15, "list": 44, "text": 90}


def write_workbook(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    tables: Mapping[str, tuple[Table, str]],
    placed: "Sequence[PlacedRules]",
    summary: "Summary",
    lang: Lang,
) -> None:
    """Write each table from its query."""
    with new_workbook(path) as book:
        _fill(book, con, tables, placed, summary, lang)


def _fill(
    book: "Workbook",
    con: duckdb.DuckDBPyConnection,
    tables: Mapping[str, tuple[Table, str]],
    placed: "Sequence[PlacedRules]",
    summary: "Summary",
    lang: Lang,
) -> None:
    book.set_properties({"title": Text("帮扶评估结果", "Bangfu assessment").say(lang), "created": MADE_AT})
    formats = _formats(book)
    _summary_sheet(book, formats, summary, lang)
    cells = _Cells(_words(placed, lang), formats)
    for table, query in tables.values():
        _table_sheets(book, table, _rows(con, query), cells, lang)


def _formats(book: "Workbook") -> dict[str, "Format"]:
    font = {"font_name": "Microsoft YaHei", "font_size": 10, "valign": "vcenter"}
    ruled = {**font, "bottom": 4, "bottom_color": "#BFBFBF"}
    return {
        "head": book.add_format(
            {
                **font,
                "bold": True,
                "bg_color": "#1F4E79",
                "font_color": "#FFFFFF",
                "border": 1,
                "text_wrap": True,
                "align": "center",
            }
        ),
        "title": book.add_format({**font, "bold": True, "font_size": 16}),
        "section": book.add_format({**font, "bold": True, "font_size": 12, "bottom": 1, "font_color": "#1F4E79"}),
        "text": book.add_format({**ruled, "num_format": "@", "indent": 1}),
        "right": book.add_format({**ruled, "num_format": "@", "align": "right", "font_color": "#595959"}),
        "money": book.add_format({**ruled, "num_format": "#,##0.00"}),
        "count": book.add_format({**ruled, "num_format": "#,##0"}),
        "centre": book.add_format({**ruled, "align": "center"}),
    }


def _summary_sheet(book: "Workbook", formats: Mapping[str, "Format"], summary: "Summary", lang: Lang) -> None:
    sheet = book.add_worksheet(Text("汇总", "Summary").say(lang))
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 40)
    sheet.set_column(1, 3, 14)
    sheet.set_column(4, 4, 36)
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 1)
    row = 0
    sheet.set_row(row, 28)
    sheet.write_string(row, 0, summary.title.say(lang), formats["title"])
    for section in summary.sections:
        row += 2
        sheet.write_string(row, 0, section.title.say(lang), formats["section"])
        for line in section.rows:
            row += 1
            headings = all(isinstance(cell, Text) or cell is None for cell in line)
            for column, cell in enumerate(line):
                _summary_cell(
                    sheet,
                    (row, column),
                    cell,
                    formats["right" if headings and column in (1, 2, 3) else "text"],
                    formats,
                    lang,
                )


def _summary_cell(
    sheet: "Worksheet", at: tuple[int, int], cell: Any, text: "Format", formats: Mapping[str, "Format"], lang: Lang
) -> None:
    if isinstance(cell, Text):
        sheet.write_string(*at, cell.say(lang), text)
    elif isinstance(cell, int):
        sheet.write_number(*at, cell, formats["count"])
    elif cell is not None and not isinstance(cell, str):
        sheet.write_number(*at, cell.fen / 100, formats["money"])
    else:
        sheet.write_string(*at, cell or "", text)


@dataclass(frozen=True, slots=True)
class _Cells:
    """Writes values as people read them: words for codes, real numbers, text that never becomes a formula."""

    words: Mapping[str, Mapping[str, str]]
    formats: Mapping[str, "Format"]

    def write(self, sheet: "Worksheet", at: tuple[int, int], column: Column, value: Any, policy: str) -> None:
        """`policy` is the one that the row is about: a condition is worded as that policy has it."""
        words, formats = self.words, self.formats
        match column.type:
            case "money":
                sheet.write_number(*at, value / 100, formats["money"])
            case "count":
                sheet.write_number(*at, value, formats["count"])
            case "yes_no":
                sheet.write_string(*at, words["yes_no"]["yes" if value else "no"], formats["centre"])
            case "code":
                sheet.write_string(*at, words.get(column.codes, {}).get(value, value), formats["text"])
            case "list":
                why = words["why"]
                named = [why.get(f"{policy}.{word}", why.get(word, word)) for word in value.split(";") if word]
                if named:
                    sheet.write_string(*at, "、".join(named), formats["text"])
            case _:
                sheet.write_string(*at, str(value), formats["text"])


def _table_sheets(book: "Workbook", table: Table, rows: Iterator[tuple[Any, ...]], cells: _Cells, lang: Lang) -> None:
    """Fill as many sheets as the rows need, one at least."""
    waiting = list(islice(rows, 1))
    for number in count(1):
        name = table.label.say(lang) + (f" ({number})" if number > 1 else "")
        _table_sheet(book.add_worksheet(name[:31]), table, islice(chain(waiting, rows), SHEET_ROWS), cells, lang)
        waiting = list(islice(rows, 1))
        if not waiting:
            return


def _table_sheet(
    sheet: "Worksheet",
    table: Table,
    rows: Iterable[tuple[Any, ...]],
    cells: _Cells,
    lang: Lang,
) -> None:
    """Fill one sheet."""
    columns = list(table.columns.values())
    sheet.freeze_panes(1, 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_footer("&C&P / &N")
    for n, column in enumerate(columns):
        sheet.set_column(n, n, _WIDTHS.get(column.type, 14))
    sheet.set_row(0, 32)
    for n, column in enumerate(columns):
        sheet.write_string(0, n, column.label.say(lang) if lang == "zh" else column.name, cells.formats["head"])
    policy = next((n for n, column in enumerate(columns) if column.name == "policy_id"), None)
    number = 0
    for number, row in enumerate(rows, start=1):
        about = "" if policy is None else row[policy]
        for n, (column, value) in enumerate(zip(columns, row, strict=True)):
            if value is not None:
                cells.write(sheet, (number, n), column, value, about)
    sheet.autofilter(0, 0, max(number, 1), len(columns) - 1)


def _rows(con: duckdb.DuckDBPyConnection, query: str) -> Iterator[tuple[Any, ...]]:
    cursor = con.cursor().execute(query)
    while batch := cursor.fetchmany(_BATCH):
        yield from batch


def _words(placed: "Sequence[PlacedRules]", lang: Lang) -> dict[str, dict[str, str]]:
    """What people read for each code: from the schema and from the book; conditions by policy, with the values in force."""
    book = placed[0].rules.book
    conditions = {
        f"{policy.id}.{condition.id}": said_everywhere(placed, condition.label, lang)
        for policy in book.evaluated
        for condition in policy.conditions
    }
    return {
        **{
            name: {code: entry.label.say(lang) for code, entry in codes.items()}
            for name, codes in schema().codes.items()
        },
        "yes_no": {"yes": Text("是", "yes").say(lang), "no": Text("否", "no").say(lang)},
        "policy": {p.id: p.label.say(lang) for p in book.policies.values()},
        "check": {c.id: c.label.say(lang) for c in book.checks.values()},
        "why": {
            "person": Text("收据未写明个人", "the receipt names no person").say(lang),
            **{p.id: p.label.say(lang) for p in book.policies.values()},
            **conditions,
        },
    }

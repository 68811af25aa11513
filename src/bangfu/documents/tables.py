"""Lists as workbooks that offices print and sort: real numbers and days, a heading that stays, A4 with repeated head, totals as numbers."""

import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from bangfu.documents.papers import Column, Paper, PaperWrong, line_of
from bangfu.engine.template import write_template
from bangfu.kernel.aside import open_folder
from bangfu.kernel.words import Lang, Text, width_of
from bangfu.rulebook.kept import shipped_book

_FONT = {"font_name": "FangSong", "font_size": 11, "valign": "vcenter"}
# As officers print them: figures in the font of figures.
_FORMATS: Mapping[str, Mapping[str, Any]] = {
    "text": {"num_format": "@", "text_wrap": True},
    "money": {"num_format": "#,##0.00", "align": "right"},
    "decimal": {"num_format": "0.####", "align": "right"},
    "count": {"num_format": "0", "align": "center"},
    "date": {"num_format": "yyyy-mm-dd", "align": "center"},
}
_SCALE = {"money": 100, "decimal": 10_000}
_A4, _LONG_AGO = 9, datetime(2000, 1, 1)  # noqa: DTZ001  # a workbook knows no zones
_HEAD_ROWS = 3
# The height of a line of text, and the most that a row can have, in points.
_LINE, _HIGHEST = 16.5, 408


def write_table(paper: Paper, declared: Path, data: Mapping[str, Any], lang: Lang) -> bytes:
    """The workbook of a table paper. Raises PaperWrong with the line of the declaration that names what is not given.

    Text is written as text, whatever it begins with, so that no cell becomes a formula.
    """
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(out, options)
    book.set_properties({"title": data["title"], "created": _LONG_AGO})
    sheet = book.add_worksheet(paper.label.say(lang)[:31])
    formats = {name: book.add_format({**_FONT, **look, "border": 1}) for name, look in _FORMATS.items()}
    head = book.add_format(
        {
            **_FONT,
            "font_name": "SimHei",
            "bold": True,
            "align": "center",
            "text_wrap": True,
            "border": 1,
            "bg_color": "#E7EEF7",
        }
    )
    title = book.add_format({**_FONT, "font_name": "SimSun", "font_size": 18, "bold": True, "align": "center"})
    quiet = book.add_format({**_FONT, "font_size": 10, "text_wrap": True})
    last = len(paper.columns) - 1
    sheet.merge_range(0, 0, 0, last, "", title)
    sheet.write_string(
        0, 0, Text(f"{data['place']}{data['title']}", f"{data['place']} {data['title']}").say(lang), title
    )
    sheet.merge_range(1, 0, 1, last, "", quiet)
    about = _about(data, len(data["rows"]), lang)
    labels = [column.label.say(lang) for column in paper.columns]
    widths = [max(column.width, _longest_word(label)) for column, label in zip(paper.columns, labels, strict=True)]
    sheet.set_row(1, _LINE * _lines(about, sum(widths)))
    sheet.write_string(1, 0, about, quiet)
    for number, (label, width) in enumerate(zip(labels, widths, strict=True)):
        sheet.set_column(number, number, width)
        sheet.write_string(_HEAD_ROWS - 1, number, label, head)
    _give_room(sheet, _HEAD_ROWS - 1, labels, widths)
    known: list[list[int]] = [[] for _ in paper.columns]
    for at, row in enumerate(data["rows"], _HEAD_ROWS):
        values = [_value(column, row, declared) for column in paper.columns]
        _give_room(sheet, at, [value if isinstance(value, str) else "" for value in values], widths)
        for number, (column, value) in enumerate(zip(paper.columns, values, strict=True)):
            _write(sheet, at, number, column, value, formats[column.type])
            if column.total and isinstance(value, int):
                known[number].append(value)
    end = _HEAD_ROWS + len(data["rows"])
    if any(column.total for column in paper.columns):
        for number, column in enumerate(paper.columns):
            if column.total:
                _write(sheet, end, number, column, _sum(known[number], len(data["rows"])), formats[column.type])
            else:
                sheet.write_string(end, number, Text("合计", "Total").say(lang) if number == 0 else "", head)
        missing = _unsettled(paper, known, len(data["rows"]), lang)
        if missing:
            sheet.merge_range(end + 1, 0, end + 1, last, "", quiet)
            sheet.set_row(end + 1, _LINE * _lines(missing, sum(widths)))
            sheet.write_string(end + 1, 0, missing, quiet)
    if data["rows"]:
        sheet.autofilter(_HEAD_ROWS - 1, 0, end - 1, last)
    _printed(sheet, paper, data, lang)
    book.close()
    return out.getvalue()


def _sum(known: Sequence[int], rows: int) -> int | None:
    """Of rows of which nothing is known there is no sum: zero would say that it was reckoned."""
    return sum(known) if known or not rows else None


def _unsettled(paper: Paper, known: Sequence[Sequence[int]], rows: int, lang: Lang) -> str:
    """Of how many households an amount is not in its total, by how many; "" where all are.

    Only where a row is a household: elsewhere an empty amount may be none, and not unknown.
    """
    if paper.rows != "households":
        return ""
    missing: dict[int, list[str]] = {}
    for column, values in zip(paper.columns, known, strict=True):
        if column.total and column.type == "money" and len(values) < rows:
            missing.setdefault(rows - len(values), []).append(column.label.say(lang))
    comma, stop = Text("、", ", ").say(lang), Text("；", "; ").say(lang)
    said = [
        Text(f"另有 {count} 户未核定（{comma.join(labels)}）", f"{count} more not settled ({comma.join(labels)})").say(
            lang
        )
        for count, labels in sorted(missing.items())
    ]
    return Text("合计不含未核定的：", "Not in the totals: ").say(lang) + stop.join(said) if said else ""


def write_fillable(rows: Mapping[str, Any], lang: Lang) -> bytes:
    """The register's own workbook, filled with what is held: changed in it and imported, it changes just that."""
    with open_folder("form") as folder:
        path = Path(folder) / "form.xlsx"
        write_template(path, policies=shipped_book().policy_codes(), lang=lang, rows=rows)
        return path.read_bytes()


def _write(sheet: Any, at: int, number: int, column: Column, value: Any, look: Any) -> None:
    if value is None or value == "":
        sheet.write_blank(at, number, None, look)
    elif column.type == "date":
        day = date.fromisoformat(value)
        # Workbooks know no day before 1900, and take one of early 1900 for another.
        if day.year > 1900:
            sheet.write_datetime(at, number, datetime(day.year, day.month, day.day), look)  # noqa: DTZ001
        else:
            sheet.write_string(at, number, value, look)
    elif column.type == "text":
        sheet.write_string(at, number, str(value), look)
    else:
        sheet.write_number(at, number, int(value) / _SCALE[column.type] if column.type in _SCALE else int(value), look)


def _give_room(sheet: Any, at: int, texts: Sequence[str], widths: Sequence[int]) -> None:
    """Say how high a row is in which something wraps: not every program works it out when it opens the file."""
    lines = max(map(_lines, texts, widths))
    if lines > 1:
        sheet.set_row(at, min(_LINE * lines, _HIGHEST))


def _lines(text: str, width: int) -> int:
    """Over how many lines a text goes in a column; its edges take two signs, since the face is wider than that by which columns are measured."""
    return max(1, -(-width_of(text) // (width - 2)))


def _longest_word(label: str) -> int:
    """The room that a head needs to be broken at its spaces alone, in bold. Chinese breaks anywhere."""
    return max((len(word) + 3 for word in label.split() if word.isascii()), default=0)


def _printed(sheet: Any, paper: Paper, form: Mapping[str, Any], lang: Lang) -> None:
    sheet.freeze_panes(_HEAD_ROWS, 0)
    sheet.repeat_rows(_HEAD_ROWS - 1)
    sheet.set_paper(_A4)
    if paper.landscape:
        sheet.set_landscape()
    sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
    sheet.fit_to_pages(1, 0)
    sheet.center_horizontally()
    book = Text("规则库", "rulebook").say(lang)
    sheet.set_footer(f"&L&9{paper.form} {paper.version}&C&9&P/&N&R&9{book} {form['rulebook']} · {form['day']}")


def _about(form: Mapping[str, Any], rows: int, lang: Lang) -> str:
    said = Text(f"情况截至 {form['day_said']}，共 {rows} 行", f"As of {form['day_said']}, {rows} rows").say(lang)
    narrowed = Text(f"，筛选：{form['narrowed']}", f", filtered by {form['narrowed']}").say(lang)
    return said + narrowed if form["narrowed"] else said


def _value(column: Column, row: Mapping[str, Any], declared: Path) -> Any:
    found: Any = row
    for name in column.path.split("."):
        if not isinstance(found, Mapping) or name not in found:
            raise PaperWrong(
                declared.name,
                line_of(declared, column.path),
                Text(f"资料里没有这一项：{column.path}", f"there is no {column.path} in the data"),
            )
        found = found[name]
    return found

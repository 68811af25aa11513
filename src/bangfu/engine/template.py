"""An empty workbook to fill in: the contract's four sheets with lists to choose from, notes, and a page that says how.

Everything about tables, columns and codes comes from the contract; this module only says how it looks in a workbook.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from bangfu.engine.sheets import GUIDE, LISTS
from bangfu.kernel.errors import DomainError
from bangfu.kernel.schema import Code, Column, Table, schema
from bangfu.kernel.words import Lang, Text, width_of

# A spreadsheet refuses lists longer than this that stand in the validation itself.
LONGEST_LIST = 255
LAST_ROW = 1_048_575
EARLIEST_DAY, LATEST_DAY = date(1900, 1, 1), date(2100, 12, 31)
# Nothing below the interface asks the clock: the same rulebook gives the same file.
MADE_AT = datetime(2017, 1, 1, tzinfo=UTC)
# More values than these are not told in a note; the drop-down shows them.
MOST_TOLD = 12
A4 = 9
# Characters across a page in print at full size, and the most that shrinking keeps readable.
PAGE_WIDTH, READABLE_WIDTH = 130, 190

FONT = "Microsoft YaHei"
REQUIRED_COLOUR, OPTIONAL_COLOUR, LINE_COLOUR = "#C55A11", "#44546A", "#BFBFBF"


_TYPE_SAID: Mapping[str, Text] = {
    "id": Text("编号，按文本填写", "A number, written as text"),
    "text": Text("文字", "Text"),
    "village_code": Text("12位数字，按文本填写", "12 digits, written as text"),
    "code": Text("从下拉列表中选一项", "Choose one from the list"),
    "codes": Text("可填几项，用分号“;”隔开", "Several, joined by ;"),
    "date": Text("日期，如 2017-03-31", "A day, such as 2017-03-31"),
    "year": Text("年份，如 2017", "A year, such as 2017"),
    "months": Text("月数，0到12的整数", "Whole months, 0 to 12"),
    "yes_no": Text("填“是”或“否”", "yes or no"),
    "money": Text("金额，单位：元，至多两位小数", "Yuan, at most two decimals"),
    "area": Text("面积，单位：亩，至多四位小数", "Mu, at most four decimals"),
}
_EMPTY_SAID: Mapping[str, Text] = {
    "": Text("空白表示不清楚，不等于“否”或0。", "Empty means unknown, neither no nor zero."),
    "absent": Text("空白表示没有。", "Empty means there is none."),
    "open": Text("空白表示这一端不限。", "Empty leaves the span open on this side."),
}
_REQUIRED_SAID = Text("必填。", "Required.")
_WRONG = Text("请改正", "Please correct")
_NUMBER_FORMATS: Mapping[str, str] = {
    "date": "yyyy-mm-dd",
    "money": "#,##0.00",
    "area": "0.00##",
    "year": "0",
    "months": "0",
}
_SCALES: Mapping[str, int] = {"money": 100, "area": 10_000}
# In characters of the default font; a Chinese character takes two.
_WIDTHS: Mapping[str, int] = {
    "id": 19,
    "text": 10,
    "village_code": 15,
    "codes": 18,
    "date": 11,
    "year": 8,
    "months": 8,
    "yes_no": 8,
    "money": 12,
    "area": 9,
}
_WIDEST, _NARROWEST_CODE, _IDENTIFIER_WIDTH = 34, 9, 24


class TemplateExists(DomainError):
    """A file stands where the template would go."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            "TEMPLATE_EXISTS",
            Text(
                f"{path} 已存在，未作改动。请换一个文件名，或用 --force 替换它。",
                f"{path} is there already and was left alone. Choose another name, or replace it with --force.",
            ),
        )


class NotAWorkbookName(DomainError):
    """The name given is not that of an .xlsx workbook, so that no spreadsheet would open it."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            "TEMPLATE_NOT_XLSX",
            Text(f"“{path.name}”应以 .xlsx 结尾。", f"{path.name} must end in .xlsx."),
        )


# What a workbook is filled with: rows by table, each by column. Days are ISO texts, money is fen, land ten-thousandths of a mu; None is left empty.
Rows = Mapping[str, Sequence[Mapping[str, Any]]]


def write_template(
    path: Path, *, policies: Mapping[str, Code], lang: Lang = "zh", force: bool = False, rows: Rows | None = None
) -> None:
    """Write an empty workbook to `path` that reads back as a register without rows; or one that is filled with `rows`, and reads back as those.

    Sheets: how to fill, the four tables, and a hidden sheet with long lists. `policies` is the code list of receipts.
    Under `en` headers are the contract's English names and coded cells hold codes. The file appears whole or not at
    all. Raises TemplateExists where a file is there already and `force` is not given, NotAWorkbookName where the name
    does not end in .xlsx.
    """
    if path.suffix.lower() != ".xlsx":
        raise NotAWorkbookName(path)
    if path.exists() and not force:
        raise TemplateExists(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.stem}.part.xlsx")
    try:
        _Template(aside, {**schema().codes, "policy": policies}, lang).write(rows or {})
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class _Choices:
    """What a cell may hold, and how a validation names it: the values themselves or a range of the hidden sheet."""

    values: Sequence[str]
    source: Sequence[str] | str


class _Template:
    """One workbook being written."""

    def __init__(self, path: Path, codes: Mapping[str, Mapping[str, Code]], lang: Lang) -> None:
        self._book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
        self._book.set_properties({"title": GUIDE.say(lang), "created": MADE_AT})
        self._lang = lang
        self._codes = codes
        self._ranges: dict[str, str] = {}
        self._formats: dict[tuple[tuple[str, Any], ...], Format] = {}

    def write(self, rows: Rows) -> None:
        guide = self._book.add_worksheet(GUIDE.say(self._lang))
        sheets = {table.name: self._book.add_worksheet(self._name(table)) for table in schema().tables.values()}
        self._write_lists()
        self._write_guide(guide, _IMPORTED if rows else _ASSESSED)
        for table in schema().tables.values():
            self._write_table(sheets[table.name], table)
            self._write_rows(sheets[table.name], table, rows.get(table.name, ()))
        guide.activate()
        self._book.close()

    def _name(self, named: Table | Column) -> str:
        return named.label.zh if self._lang == "zh" else named.name

    def _format(self, **properties: Any) -> Format:
        """A format of the workbook's font; one for each set of properties, since workbooks have a limit."""
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            self._formats[key] = self._book.add_format({"font_name": FONT, "font_size": 10, **properties})
        return self._formats[key]

    def _values(self, codes: str) -> list[str]:
        entries = self._codes[codes]
        return [entry.label.zh for entry in entries.values()] if self._lang == "zh" else list(entries)

    # Lists

    def _write_lists(self) -> None:
        """Put every list that is too long for its cells onto a hidden sheet, one a column, and note where it stands."""
        used = {c.codes for table in schema().tables.values() for c in table.columns.values() if c.type == "code"}
        long = [codes for codes in self._codes if codes in used and not _fits(self._values(codes))]
        if not long:
            return
        sheet = self._book.add_worksheet(LISTS.say(self._lang))
        sheet.hide()
        for place, codes in enumerate(long):
            values = self._values(codes)
            sheet.write_string(0, place, codes)
            sheet.write_column(1, place, values)
            letter = xlsxwriter.utility.xl_col_to_name(place, col_abs=True)
            self._ranges[codes] = f"='{sheet.get_name()}'!{letter}$2:{letter}${len(values) + 1}"

    def _choices(self, column: Column) -> _Choices | None:
        if column.type == "yes_no":
            values = ["是", "否"] if self._lang == "zh" else ["yes", "no"]
            return _Choices(values, values)
        if column.type != "code" or not self._codes[column.codes]:
            return None
        values = self._values(column.codes)
        return _Choices(values, self._ranges.get(column.codes, values))

    # Tables

    def _write_table(self, sheet: Worksheet, table: Table) -> None:
        columns = list(table.columns.values())
        for place, column in enumerate(columns):
            self._write_column(sheet, place, column)
        # Numbers that identify are text on purpose; no green corner need say so in every cell.
        sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
        sheet.set_row(0, 36)
        sheet.freeze_panes(1, _leading(columns))
        sheet.set_zoom(110)
        self._set_up_print(sheet, table)

    def _write_rows(self, sheet: Worksheet, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        for at, row in enumerate(rows, 1):
            for place, column in enumerate(table.columns.values()):
                if row.get(column.name) is not None:
                    self._write_cell(sheet, (at, place), column, row[column.name])

    def _write_cell(self, sheet: Worksheet, place: tuple[int, int], column: Column, value: Any) -> None:
        look = self._cell_format(column)
        if column.type == "date":
            day = date.fromisoformat(value)
            if day > EARLIEST_DAY:
                sheet.write_datetime(*place, datetime(day.year, day.month, day.day), look)  # noqa: DTZ001  # a workbook knows no zones
            else:
                sheet.write_string(*place, value, look)
        elif column.type in _SCALES:
            sheet.write_number(*place, value / _SCALES[column.type], look)
        elif column.type in ("year", "months"):
            sheet.write_number(*place, value, look)
        else:
            sheet.write_string(*place, self._said(column, value), look)

    def _said(self, column: Column, value: Any) -> str:
        if column.type == "yes_no":
            return {True: "是", False: "否"}[value] if self._lang == "zh" else {True: "yes", False: "no"}[value]
        if column.type in ("code", "codes") and self._lang == "zh":
            return ";".join(self._codes[column.codes][code].label.zh for code in str(value).split(";"))
        return str(value)

    def _write_column(self, sheet: Worksheet, place: int, column: Column) -> None:
        choices = self._choices(column)
        sheet.set_column(place, place, self._width(column, choices), self._cell_format(column))
        colour = REQUIRED_COLOUR if column.required else OPTIONAL_COLOUR
        look = self._format(
            bold=True, font_color="#FFFFFF", bg_color=colour, border=1, border_color=LINE_COLOUR,
            align="center", valign="vcenter", text_wrap=True,
        )  # fmt: skip
        sheet.write_string(0, place, self._name(column), look)
        note = self._note(column, choices)
        lines = sum(1 + width_of(line) // 38 for line in note.splitlines())
        sheet.write_comment(
            0, place, note, {"width": 260, "height": 18 * lines + 12, "font_name": FONT, "font_size": 9}
        )
        validation = self._validation(column, choices)
        if validation:
            sheet.data_validation(1, place, LAST_ROW, place, validation)

    def _cell_format(self, column: Column) -> Format:
        # Long numbers lose their last digits unless the column is text before anything is typed into it.
        number_format = _NUMBER_FORMATS.get(column.type, "@")
        align = "center" if column.type in ("yes_no", "date", "year", "months") else ""
        return self._format(num_format=number_format, **({"align": align} if align else {}))

    def _width(self, column: Column, choices: _Choices | None) -> int:
        # A header may break into two lines, which English names cannot, and needs room for the drop-down's arrow.
        header = width_of(self._name(column))
        header = (header if self._lang == "en" else -(-header // 2)) + 3
        if column.type == "code" and choices:
            # A few values are much longer than the rest; the list shows them whole.
            values = max(_NARROWEST_CODE, max(map(width_of, choices.values)) + 3)
        else:
            values = _IDENTIFIER_WIDTH if column.identifies and column.note else _WIDTHS.get(column.type, 12)
        return min(_WIDEST, max(header, values))

    def _note(self, column: Column, choices: _Choices | None) -> str:
        """What a person should know of the column: meaning, kind, need, emptiness, values."""
        lang = self._lang
        kind = _TYPE_SAID[column.type].say(lang)
        least_most = schema().bounds.get(column.type)
        if least_most and column.type in ("money", "area"):
            least, most = (f"{_bound(column, bound):,}" for bound in least_most)
            kind += f"，{least} 到 {most}" if lang == "zh" else f", {least} to {most}"
        lines = [f"【{column.label.zh}】" if lang == "zh" else column.label.en]
        if column.note:
            lines.append(_sentence(column.note.say(lang), lang))
        lines.append(_sentence(kind, lang))
        if column.required:
            lines.append(_REQUIRED_SAID.say(lang))
        elif not (column.note and "空白" in column.note.zh):
            # A note that says itself what emptiness means here has the last word.
            lines.append(_EMPTY_SAID[column.empty].say(lang))
        if choices and column.type == "code" and len(choices.values) <= MOST_TOLD:
            lines.append("、".join(choices.values) if lang == "zh" else self._codes_explained(column))
        elif column.type == "codes":
            lines.append(
                "、".join(self._values(column.codes)) if lang == "zh" else ", ".join(self._values(column.codes))
            )
        return "\n".join(lines)

    def _codes_explained(self, column: Column) -> str:
        return "; ".join(f"{code} = {entry.label.en}" for code, entry in self._codes[column.codes].items())

    def _validation(self, column: Column, choices: _Choices | None) -> dict[str, Any] | None:
        rule = _rule(column, choices)
        if rule is None:
            return None
        message = _TYPE_SAID[column.type].say(self._lang)
        return {
            **rule,
            "ignore_blank": True,
            "error_title": _WRONG.say(self._lang),
            "error_message": f"{self._name(column)}: {_sentence(message, self._lang)}"[:LONGEST_LIST],
        }

    def _set_up_print(self, sheet: Worksheet, table: Table) -> None:
        columns = list(table.columns.values())
        sheet.set_landscape()
        sheet.set_paper(A4)
        sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
        sheet.repeat_rows(0)
        widths = [self._width(column, self._choices(column)) for column in columns]
        if sum(widths) > PAGE_WIDTH:
            # What is too wide for one page goes on several, each with the columns that say whose row it is.
            repeated = sum(widths[: _leading(columns)])
            pages = -(-(sum(widths) - repeated) // (READABLE_WIDTH - repeated))
            sheet.fit_to_pages(pages, 0)
            sheet.repeat_columns(0, _leading(columns) - 1)
        sheet.set_header(f"&C&14{self._name(table)}")
        sheet.set_footer("&C&P / &N")

    # Guide

    def _write_guide(self, sheet: Worksheet, at_last: Text) -> None:
        lang = self._lang
        sheet.hide_gridlines(2)
        sheet.set_column(0, 0, 5)
        sheet.set_column(1, 1, 18)
        sheet.set_column(2, 2, 84)
        sheet.write_string(0, 0, _TITLE.say(lang), self._format(bold=True, font_size=16, valign="vcenter"))
        sheet.set_row(0, 34)
        row = self._write_steps(sheet, 1, at_last)
        row = self._write_colours(sheet, row + 1)
        self._write_sheets(sheet, row + 1)
        sheet.set_landscape()
        sheet.set_paper(A4)
        sheet.fit_to_pages(1, 0)

    def _write_steps(self, sheet: Worksheet, row: int, at_last: Text) -> int:
        said = self._format(text_wrap=True, valign="vcenter", font_size=11)
        for number, step in enumerate(_steps(at_last), start=1):
            text = step.say(self._lang)
            sheet.write_string(row, 0, f"{number}.", self._format(valign="vcenter", align="right", font_size=11))
            sheet.merge_range(row, 1, row, 2, text, said)
            # A merged cell does not grow with its text.
            sheet.set_row(row, 19 * (1 + width_of(text) // LINE_WIDTH[self._lang]) + 3)
            row += 1
        return row

    def _write_colours(self, sheet: Worksheet, row: int) -> int:
        for colour, meaning in ((REQUIRED_COLOUR, _REQUIRED_LEGEND), (OPTIONAL_COLOUR, _OPTIONAL_LEGEND)):
            name = self._format(bold=True, font_color="#FFFFFF", bg_color=colour, align="center", border=1)
            sheet.write_string(row, 1, _HEADER_LEGEND.say(self._lang), name)
            sheet.write_string(row, 2, meaning.say(self._lang), self._format(indent=1))
            row += 1
        return row

    def _write_sheets(self, sheet: Worksheet, row: int) -> None:
        link = self._format(font_color="#0563C1", underline=1)
        for table in schema().tables.values():
            sheet.write_url(row, 1, f"internal:'{self._name(table)}'!A2", link, self._name(table))
            sheet.write_string(row, 2, _ROW_SAID[table.name].say(self._lang), self._format(indent=1))
            row += 1


# Half-width characters in a line of the guide; Latin letters are narrower than half a Chinese one.
LINE_WIDTH: Mapping[Lang, int] = {"zh": 92, "en": 108}

_TITLE = Text("帮扶登记资料：填写说明", "Register of poor households: how to fill")
_HEADER_LEGEND = Text("列名", "header")
_REQUIRED_LEGEND = Text("必填，缺了就不能评估。", "Required: without it nothing can be assessed.")
_OPTIONAL_LEGEND = Text("知道多少填多少；不清楚就空着。", "Fill in what is known; leave the rest empty.")
_ROW_SAID: Mapping[str, Text] = {
    "household": Text("一行一户。户编号不能重复。", "One row a household; its number stands once."),
    "person": Text(
        "一行一人，户主也要有一行。人编号不能重复。", "One row a person, the head too; the number stands once."
    ),
    "ledger": Text(
        "一行一笔收入或支出，同一项目可以有几行。", "One row an amount earned or spent; an item may have several."
    ),
    "receipt": Text("一行一项：哪一年实际领到多少钱。", "One row a benefit: what was received in which year."),
}


# What becomes of the workbook once it is filled in: an empty one is assessed, one that was filled with what is held is imported.
_ASSESSED = Text(
    "填好后保存，运行 bangfu assess 和这个文件名。有填错的地方，会逐格指出。",
    "Save it and run bangfu assess with the file's name. Whatever is wrong is pointed out cell by cell.",
)
_IMPORTED = Text(
    "改好后保存，在系统的“导入”页上交，或运行 bangfu import 和这个文件名。改了哪些格就只变动哪些；证件号码没有列出，空着不会变动。",
    "Save it and hand it in under Import, or run bangfu import with the file's name. What you changed is changed, and nothing else; ID numbers are left out, and stay.",
)


def _steps(at_last: Text) -> list[Text]:
    absent = [c for t in schema().tables.values() for c in t.columns.values() if c.empty == "absent" and c.type != "id"]
    return [
        Text(
            "先填“户”，再填“人”，然后填“收支”和“已享受政策”。同一户在各表中的户编号要一致。",
            "Fill households first, then persons, ledger and receipts. A household has the same number in all of them.",
        ),
        Text(
            "空白表示“不清楚”，不等于“否”，也不等于0。不清楚的不要猜，空着就好，系统会提示还缺什么。",
            "Empty means unknown, neither no nor zero. Do not guess: leave it empty; what is lacking will be named.",
        ),
        Text(
            f"只有这些列空白表示“没有”：{'、'.join(c.label.zh for c in absent)}。起止日期空白表示那一端不限。",
            f"Only in these does empty mean none: {', '.join(c.name for c in absent)}. An empty end of a span is open.",
        ),
        Text(
            "有下拉箭头的格子请从列表中选。日期写成 2017-03-31；金额以元为单位；土地以亩为单位。",
            "Where a cell has an arrow, choose from its list. Days look like 2017-03-31; money is in yuan, land in mu.",
        ),
        Text(
            "编号和证件号码已设为文本，直接输入或“选择性粘贴—数值”即可；粘贴时不要带入别的格式。",
            "Numbers that identify are text already: type them, or paste values only so that the format stays.",
        ),
        Text(
            "鼠标停在列名上，可以看到这一列怎么填。",
            "Rest the mouse on a header to read how its column is filled.",
        ),
        Text(
            "表名和列名请不要改，第一行请不要合并。可以在右边加自己的列，评估时会忽略。",
            "Keep the names of sheets and columns; merge nothing in the first row. Columns of your own are ignored.",
        ),
        at_last,
        Text(
            "本表含个人信息：请妥善保管，不要发到群里，用完及时删除多余的副本。",
            "It holds personal data: keep it safe, do not post it in chats, and delete spare copies.",
        ),
    ]


def _rule(column: Column, choices: _Choices | None) -> dict[str, Any] | None:
    """The bare validation of a column's cells; None where anything may be typed."""
    if choices:
        return {"validate": "list", "source": choices.source}
    if column.type == "date":
        return {"validate": "date", "criteria": "between", "minimum": EARLIEST_DAY, "maximum": LATEST_DAY}
    if column.type == "village_code":
        return {"validate": "length", "criteria": "==", "value": 12}
    if column.type not in schema().bounds:
        return None
    least, most = schema().bounds[column.type]
    kind = "decimal" if column.type in ("money", "area") else "integer"
    return {
        "validate": kind,
        "criteria": "between",
        "minimum": _bound(column, least),
        "maximum": _bound(column, most),
    }


def _bound(column: Column, value: int) -> int | float:
    """A bound of the contract in the unit that people type: fen as yuan, ten-thousandths as mu."""
    units = {"money": 100, "area": 10_000}.get(column.type, 1)
    return value // units if value % units == 0 else value / units


def _leading(columns: Sequence[Column]) -> int:
    """How many columns on the left say whose row it is: ids, and a name behind them."""
    count = 0
    while count < len(columns) and columns[count].type == "id":
        count += 1
    named = count < len(columns) and columns[count].identifies and not columns[count].note
    return count + 1 if named else count


def _fits(values: Sequence[str]) -> bool:
    """Whether a list may stand in the validation itself, where commas divide its values."""
    joined = ",".join(values)
    return len(joined) <= LONGEST_LIST and not any("," in value for value in values)


def _sentence(said: str, lang: Lang) -> str:
    end = "。" if lang == "zh" else "."
    return said if said.endswith(end) else said + end

"""The empty workbook: it reads back as no rows, and every cell offers and accepts what the contract allows."""

import hashlib
import re
from datetime import date
from pathlib import Path

import duckdb
import openpyxl
import pytest
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.workbook import Workbook
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from bangfu.engine.register import RegisterReport, read_register
from bangfu.engine.template import NotAWorkbookName, TemplateExists, write_template
from bangfu.kernel.schema import Code, Column, Table, schema
from bangfu.kernel.words import Lang, Text
from bangfu.rulebook.kept import shipped_book

POLICIES = shipped_book().policy_codes()
CODES = {**schema().codes, "policy": POLICIES}
TABLES = list(schema().tables.values())
COLUMNS = [(table, column) for table in TABLES for column in table.columns.values()]
IDS = [f"{table.name}.{column.name}" for table, column in COLUMNS]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("template") / "登记资料.xlsx"
    write_template(file, policies=POLICIES)
    return file


@pytest.fixture(scope="module")
def book(path: Path) -> Workbook:
    return openpyxl.load_workbook(path)


def read(path: Path) -> RegisterReport:
    return read_register(path, into=duckdb.connect(), policies=POLICIES)


def place(sheet: Worksheet, header: str) -> int:
    return [cell.value for cell in sheet[1]].index(header) + 1


def validation(sheet: Worksheet, header: str) -> DataValidation | None:
    """The validation that holds for the column's cells, first to last row."""
    letter = get_column_letter(place(sheet, header))
    found = [v for v in sheet.data_validations.dataValidation if str(v.sqref).startswith(f"{letter}2:")]
    assert len(found) <= 1
    return found[0] if found else None


def listed(book: Workbook, rule: DataValidation) -> list[str]:
    """The values that a drop-down shows."""
    formula = rule.formula1.lstrip("=")
    if formula.startswith('"'):
        return str(formula).strip('"').split(",")
    sheet, cells = formula.replace("$", "").replace("'", "").split("!")
    left, top, _, bottom = range_boundaries(cells)
    return [str(book[sheet].cell(row, left).value) for row in range(top, bottom + 1)]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_it_reads_back_as_an_empty_register(lang: Lang, tmp_path: Path) -> None:
    write_template(tmp_path / "empty.xlsx", policies=POLICIES, lang=lang)
    report = read(tmp_path / "empty.xlsx")
    assert report.counts == {table.name: 0 for table in TABLES}
    # Only its own two sheets are unknown to the reader; no column is.
    assert [note.en for note in report.notes if not note.en.startswith("The sheet")] == []


def test_sheets_stand_in_order_and_the_lists_are_hidden(book: Workbook) -> None:
    assert book.sheetnames == ["填写说明", *(table.label.zh for table in TABLES), "选项"]
    assert [name for name in book.sheetnames if book[name].sheet_state != "visible"] == ["选项"]
    assert book.active is book["填写说明"]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_headers_are_the_contracts_labels(table: Table, book: Workbook) -> None:
    assert [cell.value for cell in book[table.label.zh][1]] == [column.label.zh for column in table.columns.values()]
    assert book[table.label.zh].max_row == 1


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=IDS)
def test_every_header_says_how_to_fill(table: Table, column: Column, book: Workbook) -> None:
    sheet = book[table.label.zh]
    cell = sheet.cell(1, place(sheet, column.label.zh))
    assert cell.comment is not None
    assert column.label.zh in cell.comment.text
    assert ("必填" in cell.comment.text) == column.required
    assert ("空白" in cell.comment.text) != column.required
    if column.note:
        assert column.note.zh in cell.comment.text
    assert (cell.fill.fgColor.rgb == "FFC55A11") == column.required


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=IDS)
def test_every_choice_is_offered(table: Table, column: Column, book: Workbook) -> None:
    rule = validation(book[table.label.zh], column.label.zh)
    if column.type == "code":
        assert rule is not None
        assert listed(book, rule) == [code.label.zh for code in CODES[column.codes].values()]
    elif column.type == "yes_no":
        assert rule is not None
        assert listed(book, rule) == ["是", "否"]
    else:
        assert rule is None or rule.type != "list"


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=IDS)
def test_every_cell_is_formatted_before_it_is_filled(table: Table, column: Column, book: Workbook) -> None:
    sheet = book[table.label.zh]
    at = place(sheet, column.label.zh)
    # Neighbours that look alike share one entry.
    (style,) = [d for d in sheet.column_dimensions.values() if d.min <= at <= d.max]
    wanted = {"date": "yyyy-mm-dd", "money": "#,##0.00", "year": "0", "months": "0", "area": "0.00##"}
    assert style.number_format == wanted.get(column.type, "@")
    assert 8 <= style.width <= 36


@pytest.mark.parametrize(
    ("sheet", "header", "kind", "least", "most"),
    [
        ("收支", "金额", "decimal", 0, 99_999_999.99),
        ("收支", "年度", "whole", 1990, 2100),
        ("人", "务工时间(月)", "whole", 0, 12),
        ("户", "耕地", "decimal", 0, 99_999.9999),
    ],
)
def test_numbers_are_held_to_the_contracts_bounds(
    sheet: str, header: str, kind: str, least: float, most: float, book: Workbook
) -> None:
    rule = validation(book[sheet], header)
    assert rule is not None
    assert (rule.type, rule.operator or "between") == (kind, "between")
    assert (float(rule.formula1), float(rule.formula2)) == (least, most)


def test_dates_and_village_codes_are_checked(book: Workbook) -> None:
    day, code = validation(book["人"], "出生日期"), validation(book["户"], "村代码")
    assert day is not None
    assert code is not None
    assert (day.type, code.type, code.formula1) == ("date", "textLength", "12")


def test_long_lists_stand_on_the_hidden_sheet(book: Workbook) -> None:
    for rule in (v for name in book.sheetnames for v in book[name].data_validations.dataValidation):
        if rule.type == "list" and rule.formula1.startswith('"'):
            assert len(rule.formula1) <= 257
    policy = validation(book["已享受政策"], "政策")
    assert policy is not None
    assert policy.formula1.startswith("'选项'!") or policy.formula1.startswith("选项!")


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_it_prints_on_a4_with_its_header(table: Table, book: Workbook) -> None:
    sheet = book[table.label.zh]
    assert (sheet.page_setup.orientation, int(sheet.page_setup.paperSize)) == ("landscape", 9)
    assert sheet.print_title_rows in ("1:1", "$1:$1")
    assert sheet.freeze_panes is not None
    assert re.fullmatch("[B-D]2", sheet.freeze_panes)


def test_what_is_filled_in_reads_back(path: Path, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(path)
    fill(book["户"], {"户编号": "37000000000001", "村代码": "371102009201", "脱贫状态": "已脱贫", "耕地": 3.25})
    fill(
        book["人"],
        {
            "人编号": "3700000000000101",
            "户编号": "37000000000001",
            "姓名": "王某",
            "出生日期": date(1950, 2, 28),
            "与户主关系": "户主",
            "低保对象": "是",
            "低保月补助": 260.5,
        },
    )
    fill(book["收支"], {"户编号": "37000000000001", "年度": 2017, "收支项目": "种植", "金额": 1200})
    title = POLICIES["dibao"].label.zh
    fill(
        book["已享受政策"],
        {"户编号": "37000000000001", "人编号": "3700000000000101", "政策": title, "年度": 2017, "金额": 3126},
    )
    book.save(tmp_path / "filled.xlsx")
    con = duckdb.connect()
    read_register(tmp_path / "filled.xlsx", into=con, policies=POLICIES)
    assert con.execute("SELECT status, cultivated_mu FROM household").fetchall() == [("exited", 32_500)]
    assert con.execute("SELECT birth_date, relation, dibao_member, dibao_monthly FROM person").fetchall() == [
        (19500228, "head", True, 26_050)
    ]
    assert con.execute("SELECT item, amount FROM ledger").fetchall() == [("crop", 120_000)]
    assert con.execute("SELECT policy_id, amount FROM receipt").fetchall() == [("dibao", 312_600)]


def fill(sheet: Worksheet, row: dict[str, object]) -> None:
    for header, value in row.items():
        sheet.cell(2, place(sheet, header)).value = value


def test_in_english_it_shows_names_and_codes(tmp_path: Path) -> None:
    write_template(tmp_path / "empty.xlsx", policies=POLICIES, lang="en")
    book = openpyxl.load_workbook(tmp_path / "empty.xlsx")
    assert book.sheetnames == ["How to fill", *schema().tables, "Lists"]
    assert [cell.value for cell in book["ledger"][1]] == list(schema().tables["ledger"].columns)
    status, member = validation(book["household"], "status"), validation(book["person"], "dibao_member")
    assert status is not None
    assert member is not None
    assert listed(book, status) == list(schema().codes["status"])
    assert listed(book, member) == ["yes", "no"]


def test_a_policy_title_with_a_comma_stays_one_choice(tmp_path: Path) -> None:
    policies = {"one": Code("one", Text("甲,乙", "one")), "two": Code("two", Text("丙", "two"))}
    write_template(tmp_path / "empty.xlsx", policies=policies)
    book = openpyxl.load_workbook(tmp_path / "empty.xlsx")
    rule = validation(book["已享受政策"], "政策")
    assert rule is not None
    assert listed(book, rule) == ["甲,乙", "丙"]


def test_the_same_rulebook_gives_the_same_file(path: Path, tmp_path: Path) -> None:
    write_template(tmp_path / "again.xlsx", policies=POLICIES)
    assert hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256((tmp_path / "again.xlsx").read_bytes()).digest()


def test_a_file_that_is_there_is_replaced_only_on_request(tmp_path: Path) -> None:
    there = tmp_path / "mine.xlsx"
    there.write_bytes(b"kept")
    with pytest.raises(TemplateExists, match="TEMPLATE_EXISTS"):
        write_template(there, policies=POLICIES)
    assert there.read_bytes() == b"kept"
    write_template(there, policies=POLICIES, force=True)
    assert read(there).counts["household"] == 0
    assert list(tmp_path.iterdir()) == [there]


def test_a_name_that_no_spreadsheet_opens_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotAWorkbookName, match="xlsx"):
        write_template(tmp_path / "empty.xls", policies=POLICIES)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("bangfu.engine.template._Template.write", fail)
    with pytest.raises(OSError, match="disk full"):
        write_template(tmp_path / "empty.xlsx", policies=POLICIES)
    assert list(tmp_path.iterdir()) == []


def test_the_template_s_own_sheets_earn_no_note_when_it_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "empty.xlsx"
    write_template(path, policies=shipped_book().policy_codes())
    report = read_register(path, into=duckdb.connect(), policies=shipped_book().policy_codes())
    assert report.notes == []

"""A register that was refused, given back as a workbook in which every fault is marked, and nothing else is changed."""

import csv
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from openpyxl.worksheet.worksheet import Worksheet

from bangfu.engine import marked
from bangfu.engine.marked import write_marked
from bangfu.kernel.errors import Fault, RegisterRefused
from bangfu.kernel.schema import schema
from bangfu.kernel.words import Lang, Text
from tests.engine.register.paper import WRITERS, Register, Value, read, rows_of, small, with_cell, write_csv

TABLES = ("household", "person", "ledger", "receipt")
HOSTILE = ["=1+1", "=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "{=1}", "http://x.example/", "\x07bell", "长" * 40_000]


def refused(path: Path) -> RegisterRefused:
    with pytest.raises(RegisterRefused) as problem:
        read(path)
    return problem.value


def marked_of(path: Path, out: Path, lang: Lang = "zh") -> Any:
    write_marked(path, refused(path), out, lang)
    return openpyxl.load_workbook(out)


def sheet_of(book: Any, table: str) -> Worksheet:
    sheet: Worksheet = book[schema().tables[table].label.zh]
    return sheet


def noted(book: Any) -> dict[str, str]:
    """The notes by sheet and cell."""
    return {
        f"{sheet.title}!{cell.coordinate}": cell.comment.text
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.comment
    }


def coloured(book: Any) -> set[str]:
    return {
        f"{sheet.title}!{cell.coordinate}"
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.fill.fgColor.rgb == "FFFFC7CE"
    }


def faulty() -> Register:
    """Five faults: two in cells that are filled, one where nothing stands, two that only another table shows."""
    register = with_cell("household", "village_code", "12")
    register["person"][0]["sex"] = "女士"
    register["ledger"][0]["amount"] = None
    register["receipt"][0]["household_id"] = "H9"
    return register


@pytest.mark.parametrize("kind", sorted(WRITERS))
def test_each_faulty_cell_is_coloured_and_says_what_is_wrong_and_what_would_be_right(tmp_path: Path, kind: str) -> None:
    path = WRITERS[kind](tmp_path, faulty())
    book = marked_of(path, tmp_path / "marked.xlsx")
    notes = noted(book)
    assert coloured(book) == set(notes)
    assert {where: book[where.split("!")[0]][where.split("!")[1]].value for where in notes} == {
        "户!B2": "12",
        "人!D2": "女士",
        "收支!E2": None,
        "已享受政策!A2": "H9",
        "已享受政策!B2": "P3",
    }
    assert notes["户!B2"] == "村代码应为 12 位数字。"
    assert "必填" in notes["收支!E2"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_first_sheet_lists_every_fault_and_leads_to_its_cell(tmp_path: Path, lang: Lang) -> None:
    path = WRITERS["csv"](tmp_path, faulty())
    book = marked_of(path, tmp_path / "marked.xlsx", lang)
    first = book.worksheets[0]
    rows = list(first.iter_rows(min_row=3))
    assert len(rows) == len(refused(path).faults) == 5
    links = {row[2].hyperlink.location for row in rows}
    assert links == {"'户'!B2", "'人'!D2", "'收支'!E2", "'已享受政策'!A2", "'已享受政策'!B2"}
    assert [row[5].value for row in rows] == [fault.reason.say(lang) for fault in refused(path).faults]
    assert first.freeze_panes == "A3"
    assert {sheet.freeze_panes for sheet in book.worksheets[1:]} == {"A2"}


@pytest.mark.parametrize("kind", sorted(WRITERS))
def test_what_was_typed_stands_as_it_was_and_once_mended_the_file_is_read_as_the_author_s_own(
    tmp_path: Path, kind: str
) -> None:
    path = WRITERS[kind](tmp_path, with_cell("household", "status", "很穷"))
    book = marked_of(path, tmp_path / "marked.xlsx")
    (where,) = noted(book)
    sheet_of(book, "household")[where.split("!")[1]].value = "poor"
    book.save(tmp_path / "mended.xlsx")
    con, report = read(tmp_path / "mended.xlsx")
    (tmp_path / "own").mkdir()
    own, _ = read(WRITERS[kind](tmp_path / "own", small()))
    assert report.notes == [] or all("没有这些列" in note.zh for note in report.notes)
    for table in TABLES:
        assert rows_of(con, table) == rows_of(own, table), table


def test_dates_numbers_and_truths_keep_their_kind(tmp_path: Path) -> None:
    path = WRITERS["workbook"](tmp_path, with_cell("person", "sex", "女士"))
    book = marked_of(path, tmp_path / "marked.xlsx")
    household, person = sheet_of(book, "household"), sheet_of(book, "person")
    assert cells(household, "exited_on")[1] == datetime(2016, 12, 31)  # noqa: DTZ001  # as a workbook has it
    assert cells(household, "cultivated_mu")[0] == 1.25
    assert cells(person, "boarding")[1] is True
    assert cells(person, "work_months")[1] == 7


def test_no_cell_is_a_formula_or_a_link_of_the_author_s(tmp_path: Path) -> None:
    register = small()
    register["person"] = [
        {**register["person"][0], "person_id": f"P{n}", "name": each} for n, each in enumerate(HOSTILE)
    ]
    path = write_csv(tmp_path / "register", register)
    write_marked(path, refused_with(path, "person"), tmp_path / "marked.xlsx", "zh")
    book = openpyxl.load_workbook(tmp_path / "marked.xlsx")
    every = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in every} <= {"s", "n"}
    assert [cell for cell in every if cell.hyperlink and cell.parent.title != "错误"] == []
    said = cells(sheet_of(book, "person"), "name")
    assert said[:7] == HOSTILE[:7]
    assert said[8] == "长" * 32_767


def test_more_faults_than_are_marked_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marked, "MOST_MARKED", 3)
    book = marked_of(WRITERS["csv"](tmp_path, faulty()), tmp_path / "marked.xlsx")
    assert len(noted(book)) == 3
    assert "前 3 处，另有 2 处" in book.worksheets[0]["A1"].value


def test_two_faults_of_one_cell_share_its_note(tmp_path: Path) -> None:
    path = WRITERS["csv"](tmp_path, small())
    faults = [Fault("person", 2, "name", "甲", Text(f"错{n}", f"wrong {n}")) for n in range(2)]
    write_marked(path, RegisterRefused(faults), tmp_path / "marked.xlsx", "zh")
    assert list(noted(openpyxl.load_workbook(tmp_path / "marked.xlsx")).values()) == ["错0\n错1"]


@pytest.mark.parametrize(
    ("fault", "link"),
    [
        (Fault("person", 0, "", "", Text("整表", "whole")), "'人'!A1"),
        (Fault("person", 1, "no_such", "", Text("缺列", "missing")), "'人'!A1"),
        (Fault("person", 9, "name", "", Text("在末行之后", "below")), "'人'!C9"),
        (Fault("elsewhere", 3, "name", "", Text("别处", "elsewhere")), None),
    ],
    ids=["a table as a whole", "a column that is missing", "below the last row", "a table that is not there"],
)
def test_a_fault_that_no_cell_has_is_listed_all_the_same(tmp_path: Path, fault: Fault, link: str | None) -> None:
    path = WRITERS["csv"](tmp_path, small())
    write_marked(path, RegisterRefused([fault]), tmp_path / "marked.xlsx", "zh")
    book = openpyxl.load_workbook(tmp_path / "marked.xlsx")
    cell = book.worksheets[0]["C3"]
    assert (cell.hyperlink.location if cell.hyperlink else None) == link
    assert book.worksheets[0]["F3"].value == fault.reason.zh


def test_sheets_of_the_author_s_own_come_along_and_ours_do_not(tmp_path: Path) -> None:
    path = tmp_path / "register.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        for name in TABLES:
            book.add_worksheet(schema().tables[name].label.zh).write_string(0, 0, "没有这一列")
        book.add_worksheet("我的备注").write_string(4, 3, "记一笔")
        book.add_worksheet("错误").write_string(0, 0, "上次的")
    again = marked_of(path, tmp_path / "marked.xlsx")
    assert again.sheetnames == ["错误", "户", "人", "收支", "已享受政策", "我的备注"]
    assert again["我的备注"]["D5"].value == "记一笔"
    assert again["错误"]["A1"].value != "上次的"


def test_lines_that_cannot_be_told_apart_are_given_as_far_as_they_go(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "register", small())
    with (path / "person.csv").open("a", encoding="utf-8") as file:
        file.write('P9,H1,"never closed\n')
    book = marked_of(path, tmp_path / "marked.xlsx")
    assert sheet_of(book, "person").max_row >= 4


def test_a_file_that_cannot_be_written_leaves_nothing_and_the_old_one_as_it_was(tmp_path: Path) -> None:
    path = WRITERS["csv"](tmp_path, faulty())
    (tmp_path / "marked.xlsx.partial").mkdir()
    (tmp_path / "marked.xlsx").write_bytes(b"old")
    with pytest.raises(OSError, match="directory"):
        write_marked(path, refused(path), tmp_path / "marked.xlsx", "zh")
    assert (tmp_path / "marked.xlsx").read_bytes() == b"old"


def test_the_same_register_gives_the_same_bytes(tmp_path: Path) -> None:
    path = WRITERS["csv"](tmp_path, faulty())
    for name in ("a.xlsx", "b.xlsx"):
        write_marked(path, refused(path), tmp_path / name, "zh")
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_numbers_days_and_text_of_csv_stay_the_text_that_was_typed(tmp_path: Path) -> None:
    values: Mapping[str, Value] = {"work_months": "07", "birth_date": "1950/2/8", "dibao_monthly": "1e3"}
    register = small()
    register["person"][0] |= values
    path = write_csv(tmp_path / "register", register)
    write_marked(path, refused_with(path, "person"), tmp_path / "marked.xlsx", "zh")
    person = sheet_of(openpyxl.load_workbook(tmp_path / "marked.xlsx"), "person")
    with (path / "person.csv").open(encoding="utf-8", newline="") as file:
        assert [[cell.value or "" for cell in row] for row in person.iter_rows()] == list(csv.reader(file))


def cells(sheet: Worksheet, column: str) -> list[Any]:
    (place,) = [cell.column for cell in next(sheet.iter_rows(max_row=1)) if cell.value == column]
    return [row[place - 1].value for row in sheet.iter_rows(min_row=2)]


def refused_with(path: Path, table: str) -> RegisterRefused:
    assert path.exists()
    return RegisterRefused([Fault(table, 2, "", "", Text("不对", "wrong"))])


def test_money_with_more_digits_than_a_cell_shows_is_not_rounded(tmp_path: Path) -> None:
    register = with_cell("ledger", "amount", Decimal("0.1"))
    register["person"][0]["sex"] = "女士"
    book = marked_of(WRITERS["workbook"](tmp_path, register), tmp_path / "marked.xlsx")
    assert cells(sheet_of(book, "ledger"), "amount")[0] == 0.1

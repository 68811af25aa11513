"""Workbooks as they come: numbers where text should be, formulas, merged cells, and files made to do harm."""

import re
import struct
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from bangfu.engine.register import workbook
from bangfu.kernel.errors import DomainError
from bangfu.kernel.schema import schema
from tests.engine.register.paper import Register, all_rows, faults, read, refusal, rows_of, small, write_workbook

DAY = date(2017, 3, 31)
MIDNIGHT = datetime.combine(DAY, time())
SHEETS = {table.name: table.label.zh for table in schema().tables.values()}


def edited(folder: Path, change) -> Path:
    """The small register as a workbook after `change` has had its way with it through openpyxl."""
    path = write_workbook(folder / "register.xlsx", small())
    book = openpyxl.load_workbook(path)
    change(book)
    book.save(path)
    return path


def with_cell(folder: Path, table: str, column: str, value: object, number_format: str | None = None) -> Path:
    """The small register with one cell of its second row set to a value of any kind."""

    def change(book):
        sheet = book[SHEETS[table]]
        place = (
            [cell.value for cell in sheet[1]].index(column)
            if column in [c.value for c in sheet[1]]
            else sheet.max_column
        )
        sheet.cell(1, place + 1).value = column
        cell = sheet.cell(2, place + 1)
        cell.value = value
        if number_format:
            cell.number_format = number_format

    return edited(folder, change)


def repacked(path: Path, change) -> Path:
    """The same workbook with `change` applied to each part's name and bytes; None drops the part."""
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in parts.items():
            changed = change(name, data)
            if changed is not None:
                new.writestr(name, changed)
    return path


def refused(path: Path) -> DomainError:
    with pytest.raises(DomainError) as caught:
        read(path)
    assert caught.value.text.zh
    assert caught.value.text.en
    return caught.value


@pytest.mark.parametrize(
    ("table", "column", "value", "stored"),
    [
        ("ledger", "amount", 1234.56, 123_456),
        ("ledger", "amount", 0.1 + 0.2, 30),
        ("ledger", "amount", 99_999_999.99, 9_999_999_999),
        ("ledger", "amount", -0.0000001, 0),
        ("ledger", "amount", "1234.5", 123_450),
        ("household", "cultivated_mu", 1.1 + 2.2, 33_000),
        ("person", "sex", 2, "2"),
        ("person", "boarding", True, True),
        ("person", "boarding", 0, False),
        ("person", "died_on", MIDNIGHT, 20170331),
        ("person", "died_on", "2017-03-31", 20170331),
        ("household", "village_code", 371102001201, "371102001201"),
        ("person", "id_number", 371102, "371102"),
        ("ledger", "year", 2016.0, 2016),
    ],
)
def test_cells_of_every_kind_are_read(tmp_path, table, column, value, stored):
    con, _ = read(with_cell(tmp_path, table, column, value))
    assert rows_of(con, table, column)[0] == (stored,)


@pytest.mark.parametrize(
    ("table", "column", "value", "shown", "hint"),
    [
        ("ledger", "amount", 1.005, "1.005", "两位小数"),
        ("ledger", "amount", 100_000_000, "100000000.00", "99999999.99"),
        ("ledger", "amount", -5, "-5.00", "0.00"),
        ("ledger", "year", 2016.5, "2016.5", "整数"),
        ("person", "died_on", 42825, "42825", "序号"),
        ("person", "died_on", datetime.combine(DAY, time(8, 30)), "2017-03-31 08:30:00", "时刻"),
        ("person", "died_on", time(8, 30), "08:30:00", "2017-03-31"),
        ("person", "died_on", timedelta(days=3), "3 days, 0:00:00", "2017-03-31"),
        ("person", "id_number", 371102195602290012, "371102195602290000", "15 位"),
        ("person", "id_number", 1234567890123456, "1234567890123460", "15 位"),
        ("person", "name", 1.5, "1.5", "小数"),
        ("person", "name", DAY, "2017-03-31", "文本格式"),
        ("person", "name", True, "true", "文本格式"),
        ("person", "name", "=NA()", "", "公式"),
        ("ledger", "amount", "#N/A", "#N/A", "错误值"),
        ("person", "name", "#REF!", "#REF!", "错误值"),
    ],
)
def test_cells_that_cannot_be_right_are_refused(tmp_path, table, column, value, shown, hint):
    (fault,) = refusal(with_cell(tmp_path, table, column, value)).faults
    assert (fault.table, fault.row, fault.column, fault.value) == (table, 2, column, shown)
    assert hint in fault.reason.zh


def test_a_formula_never_calculated_is_refused_and_a_calculated_one_read(tmp_path):
    path = write_workbook(tmp_path / "r.xlsx", small())

    def with_formula(value: bytes):
        def change(name: str, data: bytes) -> bytes:
            if name == "xl/workbook.xml":
                return data.replace(b' fullCalcOnLoad="1"', b"")
            return data.replace(b"<v>3402.50</v>", b"<f>1+1</f>" + value)

        return change

    repacked(path, with_formula(b"<v>2.25</v>"))
    assert rows_of(read(path)[0], "ledger", "amount")[0] == (225,)
    repacked(path, lambda _, data: data.replace(b"<v>2.25</v>", b"<v></v>"))
    assert faults(path) == [("ledger", 2, "amount", "")]


def test_formulas_written_by_a_program_that_cannot_calculate_are_refused(tmp_path):
    path = write_workbook(tmp_path / "r.xlsx", small())
    repacked(path, lambda _, data: data.replace(b"<v>3402.50</v>", b"<f>1+1</f><v>0</v>"))  # xlsxwriter's own default
    assert faults(path) == [("ledger", 2, "amount", "")]


def test_formulas_in_ignored_columns_do_no_harm(tmp_path):
    def change(book):
        book["收支"].cell(1, 9).value = "合计"
        book["收支"].cell(2, 9).value = "=1/0"

    assert read(edited(tmp_path, change))[1].counts["ledger"] == 2


def test_an_error_is_found_in_an_otherwise_blank_row(tmp_path):
    def change(book):
        book["收支"].cell(9, 5).value = "#VALUE!"

    found = faults(edited(tmp_path, change))
    assert ("ledger", 9, "amount", "#VALUE!") in found


def test_blank_rows_and_columns_keep_their_place(tmp_path):
    def change(book):
        book["人"].insert_rows(3, 2)
        book["人"].insert_cols(1, 3)

    con, _ = read(edited(tmp_path, change))
    assert rows_of(con, "person", "person_id") == [("P1",), ("P2",), ("P3",)]

    def change_and_spoil(book):
        book["人"].cell(3, 2).value = "H9"
        change(book)

    assert faults(edited(tmp_path, change_and_spoil)) == [("person", 5, "household_id", "H9")]


def test_a_title_above_the_header_is_refused(tmp_path):
    assert faults(edited(tmp_path, lambda book: book["人"].insert_rows(1)))[0] == ("person", 1, "", "")

    def title(book):
        book["人"].insert_rows(1)
        book["人"].cell(1, 1).value = "某县名册"
        book["人"].merge_cells("A1:D1")

    assert faults(edited(tmp_path, title)) == [("person", 1, "", "")]


def test_merged_cells_among_the_data_are_refused(tmp_path):
    def change(book):
        place = [cell.value for cell in book["人"][1]].index("name")
        book["人"].merge_cells(start_row=2, end_row=3, start_column=place + 1, end_column=place + 1)

    (fault,) = refusal(edited(tmp_path, change)).faults
    assert (fault.table, fault.row, fault.column) == ("person", 2, "name")
    assert "取消合并" in fault.reason.zh


def test_other_sheets_are_ignored_with_a_note(tmp_path):
    _, report = read(edited(tmp_path, lambda book: book.create_sheet("填表说明")))
    assert any("填表说明" in note.zh for note in report.notes)


def test_an_empty_sheet_has_no_header(tmp_path):
    def change(book):
        book["收支"].delete_rows(1, 9)

    assert faults(edited(tmp_path, change)) == [("ledger", 1, "", "")]


@pytest.mark.parametrize("format_", ["yyyy-mm-dd", 'yyyy"年"m"月"d"日"', "m/d/yy"])
def test_dates_are_dates_however_they_are_shown(tmp_path, format_):
    con, _ = read(with_cell(tmp_path, "person", "died_on", MIDNIGHT, format_))
    assert rows_of(con, "person", "died_on")[0] == (20170331,)


def test_workbooks_of_the_1904_calendar_are_read_right(tmp_path):
    path = tmp_path / "r.xlsx"
    with xlsxwriter.Workbook(str(path), {"date_1904": True}) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, label in SHEETS.items():
            sheet = book.add_worksheet(label)
            required = [c.name for c in schema().tables[name].columns.values() if c.required]
            sheet.write_row(0, 0, [*required, "registered_on"] if name == "household" else required)
            if name == "household":
                sheet.write_row(1, 0, ["H1", "371102001201", "poor"])
                sheet.write_datetime(1, 3, date(2016, 12, 31), day)
    assert rows_of(read(path)[0], "household", "registered_on") == [(20161231,)]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "WORKBOOK_DAMAGED"),
        (b"hello", "WORKBOOK_DAMAGED"),
        (b"PK\x03\x04" + b"\0" * 100, "WORKBOOK_DAMAGED"),
        (b"PK\x05\x06" + b"\0" * 18, "WORKBOOK_DAMAGED"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "WORKBOOK_OLD_FORMAT"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "WORKBOOK_ENCRYPTED"),
    ],
)
def test_files_that_are_no_workbooks_are_refused_with_what_to_do(tmp_path, data, code):
    path = tmp_path / "r.xlsx"
    path.write_bytes(data)
    assert refused(path).code == code


def test_a_truncated_workbook_is_refused_wherever_it_is_cut(tmp_path):
    whole = write_workbook(tmp_path / "r.xlsx", small()).read_bytes()
    for length in range(4, len(whole) - 1, len(whole) // 12):
        (tmp_path / "r.xlsx").write_bytes(whole[:length])
        said = refused(tmp_path / "r.xlsx").text
        assert "not a zip file" in said.en
        assert "zip" not in said.zh


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/_rels/workbook.xml.rels"])
def test_a_workbook_without_its_index_is_refused(tmp_path, part):
    path = write_workbook(tmp_path / "r.xlsx", small())
    assert refused(repacked(path, lambda name, data: None if name == part else data)).code in (
        "WORKBOOK_DAMAGED",
        "REGISTER_REFUSED",
    )


def test_a_workbook_without_one_of_its_sheets_is_refused(tmp_path):
    path = write_workbook(tmp_path / "r.xlsx", small())
    repacked(path, lambda name, data: None if name.endswith("sheet2.xml") else data)
    assert [(table, column) for table, _, column, _ in faults(path)] == [("person", "")]


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml", "docProps/app.xml"])
def test_xml_that_defines_entities_is_refused(tmp_path, part):
    laughs = b'<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]>'
    path = write_workbook(tmp_path / "r.xlsx", small())
    repacked(path, lambda name, data: data.replace(b"?>", b"?>" + laughs, 1) if name == part else data)
    assert refused(path).code == "WORKBOOK_UNSAFE"


@pytest.mark.parametrize("encoding", ["utf-16", "cp037", "gb18030", "no-such-encoding"])
def test_xml_in_another_encoding_is_refused(tmp_path, encoding):
    """Declarations could hide in it; every spreadsheet program writes UTF-8."""
    path = write_workbook(tmp_path / "r.xlsx", small())

    def change(name: str, data: bytes) -> bytes:
        if not name.endswith("sheet2.xml"):
            return data
        text = data.decode().replace('encoding="UTF-8"', f'encoding="{encoding}"')
        return text.encode("utf-16") if encoding == "utf-16" else text.encode()

    assert refused(repacked(path, change)).code == "WORKBOOK_DAMAGED"


def test_a_zip_bomb_is_refused_before_it_is_inflated(tmp_path):
    path = write_workbook(tmp_path / "r.xlsx", small())
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/media/x.xml", "w") as part:
        for _ in range(100):
            part.write(b" " * (1 << 20))
    assert refused(path).code == "WORKBOOK_TOO_LARGE"


def test_a_zip_bomb_that_lies_about_its_size_is_refused(tmp_path):
    path = write_workbook(tmp_path / "r.xlsx", small())
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/x.xml", b" " * (100 << 20))
    data = bytearray(path.read_bytes())
    place = data.rfind(b"PK\x01\x02")
    struct.pack_into("<L", data, place + 24, 1000)
    path.write_bytes(data)
    assert refused(path).code == "WORKBOOK_TOO_LARGE"


def test_parts_that_overlap_or_repeat_are_refused(tmp_path):
    path = write_workbook(tmp_path / "r.xlsx", small())
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("xl/workbook.xml", b"<workbook/>")
    assert refused(path).code == "WORKBOOK_DAMAGED"


@pytest.mark.parametrize("count", [b"4294967295", b"18446744073709551615", b"+99999999999", b"&#57;99999999999", b"x"])
@pytest.mark.parametrize("part", ["xl/sharedStrings.xml", "xl/styles.xml"])
def test_counts_that_cannot_be_are_refused(tmp_path, part, count):
    """The reader would set memory aside for all of them, and the process would end there and then."""
    path = write_workbook(tmp_path / "r.xlsx", small())

    def change(name: str, data: bytes) -> bytes:
        return re.sub(rb'(uniqueCount|cellXfs count)="[0-9]+"', rb'\1="' + count + b'"', data) if name == part else data

    assert refused(repacked(path, change)).code == "WORKBOOK_DAMAGED"


def _sheet_xml(path: Path, cells: bytes) -> Path:
    def change(name: str, data: bytes) -> bytes:
        return data.replace(b"</sheetData>", cells + b"</sheetData>") if name.endswith("sheet3.xml") else data

    return repacked(path, change)


@pytest.mark.parametrize(
    "cells",
    [
        b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        b"<row r='1048576'><c r='XFD1048576'><v>1</v></c></row>",
        b'<row r="1048576"><c  r = "XFD1048576" ><v>1</v></c></row>',
        b'<x:row xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main" r="1048576">'
        b'<x:c r="XFD1048576"><x:v>1</x:v></x:c></x:row>',
    ],
)
def test_one_cell_at_the_far_corner_is_refused_and_eats_no_memory(tmp_path, cells):
    path = _sheet_xml(write_workbook(tmp_path / "r.xlsx", small()), cells)
    (fault,) = refusal(path).faults
    assert (fault.table, fault.row, fault.column) == ("ledger", 0, "")
    assert "1048576" in fault.reason.zh


def test_an_absurd_dimension_alone_does_no_harm(tmp_path):
    path = write_workbook(tmp_path / "r.xlsx", small())
    repacked(path, lambda _, data: data.replace(b'<dimension ref="A1:E3"/>', b'<dimension ref="A1:XFD1048576"/>'))
    assert read(path)[1].counts["ledger"] == 2


def test_empty_formatted_cells_far_away_do_no_harm(tmp_path):
    path = _sheet_xml(write_workbook(tmp_path / "r.xlsx", small()), b'<row r="1048576"><c r="XFD1048576" s="1"/></row>')
    assert read(path)[1].counts["ledger"] == 2


@pytest.mark.parametrize(
    "cells",
    [
        b'<row r="0"><c r="A0"><v>1</v></c></row>',
        b'<row r="9"><c r="??"><v>1</v></c></row>',
        b'<row r="9"><c r="A99999999999"><v>1</v></c></row>',
        b'<row r="9"><c r="A9" t="s"><v>99999999</v></c></row>',
        b'<row r="9"><c r="A9" t="b"><v>7</v></c></row>',
        b'<row r="9"><c r="A9"',
        b"</row>",
    ],
)
def test_cells_that_no_program_writes_end_in_a_plain_refusal(tmp_path, cells):
    refused(_sheet_xml(write_workbook(tmp_path / "r.xlsx", small()), cells))


def test_a_chart_in_place_of_a_sheet_is_refused(tmp_path):
    path = tmp_path / "r.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        for label in SHEETS.values():
            book.add_worksheet(label) if label != "人" else book.add_chartsheet(label)
    refused(path)


def test_names_longer_than_any_and_emoji_are_kept(tmp_path):
    register: Register = small()
    register["person"][0]["name"] = "𠮷" * 200
    assert rows_of(read(write_workbook(tmp_path / "r.xlsx", register))[0], "person", "name")[0] == ("𠮷" * 200,)


def test_a_workbook_made_by_openpyxl_reads_like_one_made_by_xlsxwriter(tmp_path):
    (tmp_path / "other").mkdir()
    ours, _ = read(write_workbook(tmp_path / "r.xlsx", small()))
    theirs, _ = read(edited(tmp_path / "other", lambda book: None))
    assert all_rows(ours) == all_rows(theirs)


def test_sheets_that_are_opened_ahead_read_like_others_and_faults_stay_with_their_table(tmp_path, monkeypatch):
    path = write_workbook(tmp_path / "r.xlsx", small())
    damaged = _sheet_xml(
        write_workbook(tmp_path / "d.xlsx", small()), b'<row r="9"><c r="A9" t="s"><v>99999999</v></c></row>'
    )
    in_turn, said = all_rows(read(path)[0]), refused(damaged)
    monkeypatch.setattr(workbook, "SLOW_BYTES", 0)
    assert all_rows(read(path)[0]) == in_turn
    assert refused(damaged).text == said.text

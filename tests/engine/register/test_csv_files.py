"""CSV files as they come: damaged, ragged, oddly quoted, in the wrong encoding."""

import os
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bangfu.engine.register.csv_file import CsvFile
from bangfu.kernel.errors import RegisterRefused
from bangfu.kernel.schema import schema
from tests.engine.register.paper import faults, read, refusal, rows_of, small, write_csv

HEADER = "household_id,person_id,year,item,amount\n"


def with_ledger(folder: Path, text: str | bytes) -> Path:
    write_csv(folder, small())
    (folder / "ledger.csv").write_bytes(text.encode() if isinstance(text, str) else text)
    return folder


@pytest.mark.parametrize(
    "text",
    [
        "H1,P1,2016,crop,1.00\nH2,,2016,rent,2.00\n",
        "H1,P1,2016,crop,1.00\nH2,,2016,rent,2.00",
        "H1,P1,2016,crop,1.00\r\nH2,,2016,rent,2.00\r\n",
        "H1,P1,2016,crop,1.00\rH2,,2016,rent,2.00\r",
        'H1,P1,2016,crop,"1.00"\n"H2","","2016","rent","2.00"\n',
        'H1,P1,2016,crop,"\n1.00"\nH2,,2016,rent,2.00\n',
    ],
)
def test_line_ends_and_quotes_of_every_kind_read_alike(tmp_path, text):
    con, _ = read(with_ledger(tmp_path, HEADER + text))
    assert rows_of(con, "ledger", "household_id, person_id, amount") == [("H1", "P1", 100), ("H2", None, 200)]


@pytest.mark.parametrize("blank", ["\n", ",,,,\n", " , ,,\u3000,\n", "   \n", ",,,,,,\n"])
def test_blank_rows_are_left_out_and_still_counted(tmp_path, blank):
    con, _ = read(with_ledger(tmp_path / "right", HEADER + blank + "H1,P1,2016,crop,1.00\n" + blank))
    assert rows_of(con, "ledger", "amount") == [(100,)]
    wrong = with_ledger(tmp_path / "wrong", HEADER + blank + "H1,P1,2016,crop,x\n" + blank)
    assert faults(wrong) == [("ledger", 3, "amount", "x")]


def test_quoted_commas_and_quotes_stay_in_the_cell(tmp_path):
    folder = write_csv(tmp_path, small())
    (folder / "person.csv").write_text('person_id,household_id,name\nP1,H1,"甲,""乙"""\nP3,H2,x"y\n')
    assert rows_of(read(folder)[0], "person", "name") == [('甲,"乙"',), ('x"y',)]


@pytest.mark.parametrize(
    "line", ["H1,P1,2016,crop", "H1,P1,2016,crop,1.00,", "H1,P1,2016,crop,1,000.00", "H1", "H1,P1,2016,crop,1.00,,,"]
)
def test_ragged_lines_are_faults_of_their_rows(tmp_path, line):
    folder = with_ledger(tmp_path, HEADER + "H2,,2016,rent,2.00\n" + line + "\nH2,,2016,rent,2.00\n")
    found = [f for f in refusal(folder).faults if f.column == ""]
    assert [(f.table, f.row, f.value) for f in found] == [("ledger", 3, line)]
    assert f"{line.count(',') + 1} 格" in found[0].reason.zh


@pytest.mark.parametrize(
    ("tail", "zh", "en"),
    [
        ('H1,P1,2016,crop,"1.00\n', "有一个引号到文件末尾也没有配对", "still open where the file ends"),
        ('H1,"P"1,2016,crop,1.00\n', "引号结束后还有别的内容", "follows the quote that ends a cell"),
        ('"H1,P1,2016,crop,1.00\nx\ny', "有一个引号到文件末尾也没有配对", "still open where the file ends"),
    ],
)
def test_broken_quotes_are_a_fault_of_the_file_worded_in_each_language(tmp_path, tail, zh, en):
    (fault,) = refusal(with_ledger(tmp_path, HEADER + "H2,,2016,rent,2.00\n" + tail)).faults
    assert (fault.table, fault.row, fault.column) == ("ledger", 3, "")
    assert zh in fault.reason.zh
    assert not re.search("[A-Za-z]", fault.reason.zh)
    assert en in fault.reason.en


def test_a_cell_of_a_megabyte_is_a_fault(tmp_path):
    # an unpaired quote swallows the rest of a file into one cell
    folder = with_ledger(tmp_path, HEADER + 'H1,P1,2016,crop,"' + "x\n" * 500_000)
    (fault,) = refusal(folder).faults
    assert (fault.table, fault.row) == ("ledger", 2)
    assert "过长" in fault.reason.zh
    assert not re.search("[A-Za-z]", fault.reason.zh)


@pytest.mark.parametrize(
    ("data", "row"),
    [
        (b"", 0),
        (b"\xef\xbb\xbf", 0),
        (b"\n\n", 0),
        (HEADER.encode() + b"H1,P1,2016,crop,\0\n", 2),
        (HEADER.encode("utf-16"), 1),
        ("户编号,人编号,年度,收支项目,金额\nH1,,2016,".encode() + b"\xd6\xd6\xd6\xb2,1\n", 2),
        (("\ufeff" + HEADER).encode() + b"H1,\xd6\xd6,2016,crop,1\n", 2),
        (HEADER.encode() + b"H1,\xff\xff,2016,crop,1\n", 2),
    ],
)
def test_files_that_are_empty_or_no_text_are_refused(tmp_path, data, row):
    found = faults(with_ledger(tmp_path, data))
    assert [(f[0], f[1], f[2]) for f in found] == [("ledger", row, "")]


def test_a_first_row_without_names_is_refused(tmp_path):
    assert faults(with_ledger(tmp_path, "\n" + HEADER + "H1,P1,2016,crop,1.00\n")) == [("ledger", 1, "", "")]


def test_a_folder_or_a_pipe_named_like_a_file_is_refused(tmp_path):
    folder = write_csv(tmp_path, small())
    (folder / "ledger.csv").unlink()
    (folder / "ledger.csv").mkdir()
    (folder / "receipt.csv").unlink()
    os.mkfifo(folder / "receipt.csv")
    assert [(table, column) for table, _, column, _ in faults(folder)] == [("ledger", ""), ("receipt", "")]


_PIECES = st.sampled_from(["1", "x", " ", ",", ",", ",", '"', '""', "\n", "\n", "\r\n", "\r", "甲", 'a"', '",'])


@settings(max_examples=200)
@given(st.lists(_PIECES, max_size=25).map("".join))
def test_the_quick_and_the_careful_reader_never_disagree(tmp_path_factory, body):
    path = tmp_path_factory.getbasetemp() / "ledger.csv"
    path.write_bytes(("year,item,amount\n" + body).encode())
    file = CsvFile(path, schema().tables["ledger"])
    places = {"year": 0, "item": 1, "amount": 2}
    quick = file._at_once(places, 3)
    if quick is None:
        return
    rows = {row: tuple(cells) for row, cells in enumerate(zip(*quick.to_pydict().values(), strict=True), start=2)}
    filled = {row: cells for row, cells in rows.items() if any(cell.strip() for cell in cells)}
    try:
        careful = list(file._one_by_one(places, 3))
    except RegisterRefused:
        pytest.fail("the quick reader took what the careful one refuses")
    assert not any(batch.marks for batch in careful)
    found = {
        row: cells
        for batch in careful
        for row, cells in zip(batch.rows, zip(*batch.columns.to_pydict().values(), strict=True), strict=True)
    }
    assert found == filled

"""Faults of the register as a whole and between its rows."""

from pathlib import Path

import duckdb
import openpyxl
import pytest

from bangfu.engine.register import read_register
from bangfu.kernel.errors import DomainError
from tests.engine.register.paper import (
    POLICIES,
    WRITERS,
    faults,
    read,
    refusal,
    small,
    with_cell,
    write_csv,
    write_parquet,
    write_workbook,
)


@pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS)
def test_every_table_must_be_there(tmp_path, writer):
    register = small()
    del register["ledger"], register["receipt"]
    refused = refusal(writer(tmp_path, register))
    assert [(f.table, f.row, f.column) for f in refused.faults] == [("ledger", 0, ""), ("receipt", 0, "")]
    assert "收支" in refused.faults[0].reason.zh


def test_an_empty_folder_lacks_all_four_tables(tmp_path):
    assert [table for table, *_ in faults(tmp_path)] == ["household", "person", "ledger", "receipt"]


def test_a_required_column_must_be_there_and_is_told_once(tmp_path):
    folder = write_csv(tmp_path, small())
    lines = [line.split(",") for line in (folder / "household.csv").read_text().splitlines()]
    place = lines[0].index("village_code")
    (folder / "household.csv").write_text("\n".join(",".join(c for i, c in enumerate(x) if i != place) for x in lines))
    assert faults(folder) == [("household", 1, "village_code", "")]


def test_a_missing_household_id_column_brings_no_false_alarms(tmp_path):
    folder = write_csv(tmp_path, small())
    text = (folder / "household.csv").read_text().replace("household_id", "number")
    (folder / "household.csv").write_text(text)
    assert faults(folder) == [("household", 1, "household_id", "")]


@pytest.mark.parametrize("second", ["year", "年度", " YEAR "])
def test_a_column_may_stand_only_once(tmp_path, second):
    folder = write_csv(tmp_path, small())
    lines = (folder / "ledger.csv").read_text().splitlines()
    (folder / "ledger.csv").write_text("\n".join([f"{lines[0]},{second}", *(f"{line},2016" for line in lines[1:])]))
    assert faults(folder) == [("ledger", 1, "year", second.strip())]


@pytest.mark.parametrize("second", ["人.csv", "PERSON.csv", "person.parquet", "人.parquet"])
def test_two_files_for_one_table_are_refused(tmp_path, second):
    folder = write_csv(tmp_path, small())
    if second.endswith(".csv"):
        (folder / second).write_bytes((folder / "person.csv").read_bytes())
    else:
        write_parquet(tmp_path / "other", small())
        (tmp_path / "other" / "person.parquet").rename(folder / second)
    assert [(table, column) for table, _, column, _ in faults(folder) if table == "person"] == [("person", "")]


def test_two_sheets_for_one_table_are_refused(tmp_path):
    path = write_workbook(tmp_path / "r.xlsx", small())
    book = openpyxl.load_workbook(path)
    book.create_sheet("Person")
    book.save(path)
    assert [(table, column) for table, _, column, _ in faults(path) if table == "person"] == [("person", "")]


def test_repeated_ids_are_all_listed_with_the_row_of_the_first(tmp_path):
    register = small()
    register["household"] += [dict(register["household"][0]), dict(register["household"][0])]
    register["person"].append(dict(register["person"][1]))
    refused = refusal(write_csv(tmp_path, register))
    assert [(f.table, f.row, f.column, f.value) for f in refused.faults] == [
        ("household", 4, "household_id", "H1"),
        ("household", 5, "household_id", "H1"),
        ("person", 5, "person_id", "P2"),
    ]
    assert "第 2 行" in refused.faults[1].reason.zh
    assert "row 3" in refused.faults[2].reason.en


@pytest.mark.parametrize("table", ["person", "ledger", "receipt"])
def test_a_row_of_a_household_that_is_not_there_is_refused(tmp_path, table):
    register = with_cell(table, "household_id", "H9")
    for other in ("ledger", "receipt"):
        register[other] = register[other] if other == table else []
        register[other] = [{**row, "person_id": None} for row in register[other]]
    assert faults(write_csv(tmp_path, register)) == [(table, 2, "household_id", "H9")]


@pytest.mark.parametrize("table", ["ledger", "receipt"])
def test_a_row_of_a_person_who_is_not_there_is_refused(tmp_path, table):
    assert faults(write_csv(tmp_path, with_cell(table, "person_id", "P9"))) == [(table, 2, "person_id", "P9")]


@pytest.mark.parametrize("table", ["ledger", "receipt"])
def test_a_persons_row_must_name_that_persons_household(tmp_path, table):
    stranger, home = ("P3", "H2") if table == "ledger" else ("P1", "H1")
    (fault,) = refusal(write_csv(tmp_path, with_cell(table, "person_id", stranger))).faults
    assert (fault.table, fault.row, fault.column, fault.value) == (table, 2, "person_id", stranger)
    assert home in fault.reason.zh


def test_an_unreadable_table_brings_no_false_alarms_in_the_others(tmp_path):
    folder = write_csv(tmp_path, small())
    (folder / "household.csv").write_bytes(b"household_id\0")
    assert [(table, column) for table, _, column, _ in faults(folder)] == [("household", "")]


def test_a_register_that_is_not_there_is_said_plainly(tmp_path):
    with pytest.raises(DomainError) as caught:
        read(tmp_path / "nothing")
    assert caught.value.code == "NO_SUCH_REGISTER"


@pytest.mark.parametrize("name", ["person.csv", "r.xls", "r.xlsm", "r", "r.zip"])
def test_a_file_that_is_no_workbook_is_said_plainly(tmp_path, name):
    (tmp_path / name).write_bytes(b"PK\x03\x04")
    with pytest.raises(DomainError) as caught:
        read(tmp_path / name)
    assert caught.value.code == "NOT_A_REGISTER"


def test_a_path_with_a_nul_is_said_plainly():
    with pytest.raises(DomainError):
        read(Path("a\0b"))


def test_reading_again_replaces_what_was_read(tmp_path):
    con, _ = read(write_csv(tmp_path / "a", small()))
    register = small()
    register["receipt"] = []
    report = read_register(write_csv(tmp_path / "b", register), into=con, policies=POLICIES)
    assert report.counts["receipt"] == 0
    assert con.execute("SELECT count(*) FROM receipt").fetchone() == (0,)


def test_progress_names_each_table(tmp_path):
    said: list[str] = []
    read_register(
        write_csv(tmp_path, small()),
        into=duckdb.connect(),
        policies=POLICIES,
        progress=lambda text: said.append(text.zh),
    )
    assert sum("正在读取" in line for line in said) == 4

"""With skip_bad_rows, a household with a refused row is set aside whole and every one of its rows is accounted for."""

import json

import duckdb
import pytest

from bangfu.engine.register import read_register
from bangfu.kernel.schema import schema
from tests.engine.register.paper import POLICIES, TABLES, read, refusal, rows_of, small, with_cell, write_csv


def rejected(con, columns='"table", "row", household_id, "column", value'):
    return con.execute(f"SELECT {columns} FROM rejected").fetchall()


def left(con):
    """household ids of the rows still in use, by table."""
    return {table: [h for (h,) in rows_of(con, table, "household_id")] for table in TABLES}


def test_a_register_without_faults_loses_nothing(tmp_path):
    con, report = read(write_csv(tmp_path, small()), skip_bad_rows=True)
    assert (report.set_aside_households, report.set_aside_rows) == (0, 0)
    assert rejected(con) == []


def test_rejected_has_the_columns_of_the_contract(tmp_path):
    con, _ = read(write_csv(tmp_path, small()), skip_bad_rows=True)
    found = [line[0] for line in con.execute("DESCRIBE rejected").fetchall()]
    assert found == list(schema().results["rejected"].columns)


@pytest.mark.parametrize(
    ("table", "column"), [("household", "status"), ("person", "sex"), ("ledger", "amount"), ("ledger", "item")]
)
def test_one_refused_cell_sets_the_whole_household_aside(tmp_path, table, column):
    con, report = read(write_csv(tmp_path, with_cell(table, column, "x")), skip_bad_rows=True)
    assert left(con) == {"household": ["H2"], "person": ["H2"], "ledger": ["H2"], "receipt": ["H2"]}
    assert (report.set_aside_households, report.set_aside_rows) == (1, 4)
    assert report.counts == {"household": 1, "person": 1, "ledger": 1, "receipt": 1}
    lines = rejected(con)
    assert [(t, r, h) for t, r, h, *_ in lines] == [
        ("household", 2, "H1"),
        ("person", 2, "H1"),
        ("person", 3, "H1"),
        ("ledger", 2, "H1"),
    ]
    assert [line for line in lines if line[3] is not None] == [(table, 2, "H1", column, "x")]
    reasons = {reason for (reason,) in rejected(con, "reason")}
    assert "同户其他行未被采用" in reasons


def test_a_line_holds_the_row_as_it_stood(tmp_path):
    con, _ = read(write_csv(tmp_path, with_cell("ledger", "amount", "1.234")), skip_bad_rows=True)
    ((record,),) = con.execute("SELECT record FROM rejected WHERE \"table\" = 'ledger'").fetchall()
    assert json.loads(record) == {
        "household_id": "H1",
        "person_id": "P1",
        "year": "2016",
        "item": "crop",
        "amount": "1.234",
    }


def test_each_fault_of_a_row_has_its_own_line(tmp_path):
    register = with_cell("ledger", "amount", "x")
    register["ledger"][0]["year"] = "y"
    con, report = read(write_csv(tmp_path, register), skip_bad_rows=True)
    assert [line[3] for line in rejected(con) if line[0] == "ledger"] == ["year", "amount"]
    assert report.set_aside_rows == 4


def test_a_repeated_household_is_set_aside_with_all_its_rows(tmp_path):
    register = small()
    register["household"].append({**register["household"][0], "status": "exited"})
    con, report = read(write_csv(tmp_path, register), skip_bad_rows=True)
    assert left(con)["household"] == ["H2"]
    assert (report.set_aside_households, report.set_aside_rows) == (1, 5)


def test_households_that_share_a_person_are_all_set_aside(tmp_path):
    register = small()
    register["person"].append({**register["person"][0], "household_id": "H2"})
    con, report = read(write_csv(tmp_path, register), skip_bad_rows=True)
    assert left(con) == {table: [] for table in TABLES}
    assert report.set_aside_households == 2


def test_a_row_about_another_households_person_sets_both_aside(tmp_path):
    con, report = read(write_csv(tmp_path, with_cell("ledger", "person_id", "P3")), skip_bad_rows=True)
    assert left(con)["household"] == []
    assert report.set_aside_households == 2


def test_a_row_of_no_known_household_goes_alone(tmp_path):
    register = small()
    register["ledger"].append({"household_id": "H9", "year": 2016, "item": "crop", "amount": 1})
    register["ledger"].append({"household_id": None, "year": 2016, "item": "crop", "amount": 1})
    con, report = read(write_csv(tmp_path, register), skip_bad_rows=True)
    assert report.counts == {"household": 2, "person": 3, "ledger": 2, "receipt": 1}
    assert (report.set_aside_households, report.set_aside_rows, report.set_aside_strays) == (0, 2, 2)
    assert rejected(con) == [("ledger", 4, "H9", "household_id", "H9"), ("ledger", 5, None, "household_id", None)]


def test_rows_of_no_known_household_are_told_from_those_of_households_set_aside(tmp_path):
    register = with_cell("person", "sex", "x")
    register["ledger"].append({"household_id": "H9", "year": 2016, "item": "crop", "amount": 1})
    register["household"].append({"household_id": None, "village_code": "371102001201", "status": "poor"})
    _, report = read(write_csv(tmp_path, register), skip_bad_rows=True)
    assert (report.set_aside_households, report.set_aside_rows, report.set_aside_strays) == (1, 6, 2)


def test_a_person_without_a_household_takes_along_the_households_whose_rows_name_that_person(tmp_path):
    con, _ = read(write_csv(tmp_path, with_cell("person", "household_id", None)), skip_bad_rows=True)
    assert left(con) == {"household": ["H2"], "person": ["H2"], "ledger": ["H2"], "receipt": ["H2"]}


def test_what_is_left_has_no_dangling_row(tmp_path):
    register = small()
    for i in range(3, 60):
        register["household"].append({"household_id": f"H{i}", "village_code": "371102001201", "status": "poor"})
        register["person"].append(
            {"person_id": f"P{i + 9}", "household_id": f"H{i}", "sex": "x" if i % 7 == 0 else "1"}
        )
        register["ledger"].append(
            {"household_id": f"H{i}", "person_id": f"P{(i * 5) % 57 + 12}", "year": 2016, "item": "crop", "amount": 1}
        )
    con, report = read(write_csv(tmp_path, register), skip_bad_rows=True)
    # A row whose household or person had gone would find no number to stand under and be lost.
    assert {table: con.execute(f"SELECT count(*) FROM {table}").fetchone() for table in TABLES} == {
        table: (count,) for table, count in report.counts.items()
    }
    assert sum(report.counts.values()) + report.set_aside_rows == sum(map(len, register.values()))
    named = sum(row["person_id"] is not None for row in register["ledger"]) - len(rejected_about_persons(con))
    assert con.execute("SELECT count(person_no) FROM ledger").fetchone() == (named,)


def rejected_about_persons(con):
    """The ledger rows set aside that name a person."""
    found = con.execute('SELECT DISTINCT "row", record FROM rejected WHERE "table" = \'ledger\'').fetchall()
    return [record for _, record in found if "person_id" in json.loads(record)]


def test_a_ragged_line_sets_aside_the_household_it_begins_with(tmp_path):
    folder = write_csv(tmp_path, small())
    text = (folder / "ledger.csv").read_text().replace("H1,P1,2016,crop,3402.50", "H1,P1,2016,crop,3,402.50")
    (folder / "ledger.csv").write_text(text)
    con, _ = read(folder, skip_bad_rows=True)
    assert left(con)["household"] == ["H2"]


def test_faults_of_a_file_as_a_whole_are_still_refused(tmp_path):
    folder = write_csv(tmp_path, small())
    (folder / "receipt.csv").unlink()
    assert [f.table for f in refusal(folder, skip_bad_rows=True).faults] == ["receipt"]


def test_reasons_can_be_had_in_english(tmp_path):
    con = duckdb.connect()
    folder = write_csv(tmp_path, with_cell("ledger", "amount", "x"))
    read_register(folder, into=con, policies=POLICIES, skip_bad_rows=True, lang="en")
    assert ("another row of this household was refused",) in rejected(con, "reason")

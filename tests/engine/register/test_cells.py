"""What each kind of cell may say, and what is refused."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bangfu.engine.register import read_register
from bangfu.engine.register.cells import Mark, text_of, texts_of
from bangfu.kernel.errors import RegisterRefused
from bangfu.kernel.schema import Column
from bangfu.kernel.words import Text
from tests.engine.register.paper import (
    POLICIES,
    faults,
    read,
    refusal,
    rows_added,
    rows_of,
    small,
    with_cell,
    with_rows,
    write_csv,
)

CAUSES = "illness;land"
DAY = date(2017, 3, 31)


def reads(folder: Path, table: str, column: str, said: str) -> object:
    con, _ = read(write_csv(folder, with_cell(table, column, said)))
    return rows_of(con, table, column)[0][0]


def expected(*cells: tuple[str, str, str]) -> list[tuple[str, int, str, str]]:
    """The faults of rows of which one cell each is wrong, in the order in which faults are told."""
    tables = list(small())
    told = [(table, row, column, said) for (table, column, said), row in zip(cells, rows_added(*cells), strict=True)]
    return sorted(told, key=lambda fault: (tables.index(fault[0]), fault[1]))


def refused_of(folder: Path, *cells: tuple[str, str, str]) -> bool:
    """Whether of a register with a row for each of these cells these are refused, and nothing else."""
    assert faults(write_csv(folder, with_rows(*cells))) == expected(*cells)
    return True


@pytest.mark.parametrize(
    ("said", "fen"),
    [("0", 0), ("0.00", 0), ("12", 1200), ("12.5", 1250), ("99999999.99", 9_999_999_999), ("007.10", 710)],
)
def test_money_is_read_exactly(tmp_path, said, fen):
    assert reads(tmp_path, "ledger", "amount", said) == fen


def test_what_is_no_amount_is_refused(tmp_path):
    wrong = (
        "100000000.00",
        "100000000",
        "-1",
        "+1",
        "1.500",
        "1e3",
        "1,000",
        "1.",
        ".5",
        "NaN",
        "inf",
        "１２",
        "12元",
        "9" * 40,
    )
    assert refused_of(tmp_path, *(("ledger", "amount", said) for said in wrong))


@pytest.mark.parametrize(
    ("said", "stored"), [("0", 0), ("1.2", 12_000), ("1.2345", 12_345), ("99999.9999", 999_999_999)]
)
def test_land_is_read_to_four_decimals(tmp_path, said, stored):
    assert reads(tmp_path, "household", "forest_mu", said) == stored


def test_land_beyond_its_bounds_is_refused(tmp_path):
    assert refused_of(tmp_path, *(("household", "forest_mu", said) for said in ("1.23456", "100000", "-0.1")))


@pytest.mark.parametrize(("said", "day"), [("2017-03-31", 20170331), ("2016-02-29", 20160229), ("0001-01-01", 10101)])
def test_dates_are_iso_days(tmp_path, said, day):
    assert reads(tmp_path, "household", "exited_on", said) == day


NO_DAYS = {
    "2017-02-30": "没有这一天",
    "2017-02-29": "没有这一天",
    "0000-01-01": "没有这一天",
    "2017-03-31 08:00:00": "时刻",
    "42825": "序号",
    "2017/03/31": "2017-03-31",
    "2017-3-31": "2017-03-31",
    "20170331": "2017-03-31",
    "２０１７-０３-３１": "2017-03-31",
    "infinity": "2017-03-31",
    "epoch": "2017-03-31",
}


def test_what_is_no_day_is_refused_with_a_hint(tmp_path):
    cells = [("household", "exited_on", said) for said in NO_DAYS]
    found = refusal(write_csv(tmp_path, with_rows(*cells))).faults
    assert [(f.table, f.row, f.column, f.value) for f in found] == expected(*cells)
    assert [hint in fault.reason.zh for fault, hint in zip(found, NO_DAYS.values(), strict=True)] == [True] * len(cells)
    assert all(fault.reason.en for fault in found)


SPELLINGS = {
    "是": True,
    "1": True,
    "TRUE": True,
    "Yes": True,
    "否": False,
    "0": False,
    "false": False,
    "NO": False,
}


def test_yes_and_no_have_four_spellings(tmp_path):
    con, _ = read(write_csv(tmp_path, with_rows(*(("person", "boarding", said) for said in SPELLINGS))))
    told = rows_of(con, "person", "person_id, boarding")
    assert {(f"X{n}", value) for n, value in enumerate(SPELLINGS.values())} <= set(told)


@pytest.mark.parametrize(
    ("table", "column", "said", "value"),
    [
        ("household", "status", "已脱贫不享受政策", "exited_no_policy"),
        ("household", "house_grade", "C级", "C"),
        ("person", "schooling", "七年级", "junior"),
        ("person", "schooling", "初中", "junior"),
        ("person", "sex", "女", "2"),
        ("receipt", "policy_id", "雨露计划（职业教育）", "rain_dew"),
        ("receipt", "policy_id", "雨露计划(职业教育)", "rain_dew"),
        ("household", "other_causes", "因病", "illness"),
        ("household", "other_causes", "因病；缺土地", CAUSES),
        ("household", "other_causes", " 因病 ; land;", CAUSES),
        ("household", "other_causes", "因病、缺土地", CAUSES),
        ("ledger", "year", "2017.0", 2017),
        ("ledger", "year", "1990", 1990),
        ("ledger", "year", "2100", 2100),
        ("person", "work_months", "12", 12),
        ("person", "work_months", "0", 0),
    ],
)
def test_codes_labels_and_whole_numbers_are_read(tmp_path, table, column, said, value):
    assert reads(tmp_path, table, column, said) == value


def test_values_outside_the_contract_are_refused(tmp_path):
    assert refused_of(
        tmp_path,
        ("household", "status", "贫困"),
        ("household", "status", "not registered"),
        ("household", "house_grade", "E"),
        ("person", "sex", "3"),
        ("receipt", "policy_id", "nothing"),
        ("household", "other_causes", "因病;因残;因学"),
        ("household", "other_causes", "因病;因病"),
        ("household", "other_causes", "因病;没有"),
        ("household", "other_causes", ";"),
        ("household", "village_code", "37110200120"),
        ("household", "village_code", "3711020012011"),
        ("household", "village_code", "37110200120１"),
        ("ledger", "year", "1989"),
        ("ledger", "year", "2101"),
        ("ledger", "year", "2017.5"),
        ("ledger", "year", "99999999999999"),
        ("person", "work_months", "13"),
        ("person", "work_months", "-1"),
        ("person", "boarding", "有"),
    )


def test_a_refused_code_lists_what_may_stand_there(tmp_path):
    refused = refusal(write_csv(tmp_path, with_cell("household", "category", "x")))
    assert "一般贫困户、低保贫困户、五保贫困户" in refused.faults[0].reason.zh
    assert "general, dibao, wubao" in refused.faults[0].reason.en


def test_an_unknown_policy_lists_the_rulebooks_policies(tmp_path):
    (fault,) = refusal(write_csv(tmp_path, with_cell("receipt", "policy_id", "x"))).faults
    assert all(code.label.zh in fault.reason.zh for code in POLICIES.values())


def test_a_required_cell_must_be_filled(tmp_path):
    cells = [
        ("household", "household_id", " "),
        ("household", "village_code", " "),
        ("household", "status", " "),
        ("ledger", "year", " "),
        ("ledger", "item", " "),
        ("ledger", "amount", " "),
        ("receipt", "policy_id", " "),
    ]
    found = faults(write_csv(tmp_path, with_rows(*cells)))
    assert {(table, row, column, "") for table, row, column, _ in expected(*cells)} <= set(found)


def test_every_fault_is_listed_by_table_row_and_column(tmp_path):
    register = with_cell("household", "status", "x")
    register["household"][0]["exited_on"] = "x"
    register["household"][1]["village_code"] = "x"
    register["person"][2]["sex"] = "x"
    register["ledger"][0]["amount"] = "x"
    refused = refusal(write_csv(tmp_path, register))
    assert [(f.table, f.row, f.column) for f in refused.faults] == [
        ("household", 2, "status"),
        ("household", 2, "exited_on"),
        ("household", 3, "village_code"),
        ("person", 4, "sex"),
        ("ledger", 2, "amount"),
    ]
    assert refused.total == 5


def test_faults_beyond_the_cap_are_counted_but_not_kept(tmp_path, monkeypatch):
    monkeypatch.setattr("bangfu.engine.register.read.MOST_FAULTS", 2)
    register = with_cell("ledger", "amount", "x")
    register["household"][0]["status"] = "x"
    register["person"][0]["sex"] = "x"
    refused = refusal(write_csv(tmp_path, register))
    assert [f.table for f in refused.faults] == ["household", "person"]
    assert refused.total == 3
    assert "3" in refused.text.zh


def test_a_refused_register_leaves_nothing_behind(tmp_path):
    con = duckdb.connect()
    with pytest.raises(RegisterRefused):
        read_register(write_csv(tmp_path, with_cell("ledger", "year", "x")), into=con, policies=POLICIES)
    assert con.execute("SELECT count(*) FROM duckdb_tables()").fetchone() == (0,)


def test_a_date_may_stand_where_any_text_may(tmp_path):
    con, _ = read(write_csv(tmp_path, with_cell("person", "name", date(2017, 3, 31))))
    assert rows_of(con, "person", "name")[0] == ("2017-03-31",)


@given(
    values=st.lists(
        st.one_of(
            st.sampled_from(
                ["", "是", True, False, 0, 1, 2, -0.0, 0.0, 1.0, 2.0, 0.1 + 0.2, Decimal(1), Decimal("1.50")]
            ),
            st.floats(),
            st.sampled_from(
                [DAY, datetime.combine(DAY, time()), datetime.combine(DAY, time(8)), time(8), timedelta(1)]
            ),
        )
    ),
    kind=st.sampled_from(["text", "money", "area", "count", "yes_no", "date"]),
)
def test_a_columns_cells_say_what_each_says_by_itself(values, kind):
    column = Column("x", Text("某", "x"), kind)
    texts, marks = texts_of(values, column, first_row=2)
    each = [text_of(value, column) for value in values]
    assert list(texts) == [text for text, _ in each]
    assert marks == [Mark(row, column.name, text or "", kind) for row, (text, kind) in enumerate(each, start=2) if kind]

"""Parquet files of every sensible type, and damaged ones."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.engine.register.paper import faults, read, refusal, rows_of, small, with_cell, write_parquet

DAY = date(2017, 3, 31)
MIDNIGHT = datetime.combine(DAY, time())


def with_column(folder: Path, table: str, column: str, array: pa.Array) -> Path:
    """The small register with one column of a table replaced; the array has a value for each row."""
    write_parquet(folder, small())
    path = folder / f"{table}.parquet"
    whole = parquet.read_table(path)
    if column in whole.column_names:
        whole = whole.drop_columns([column])
    parquet.write_table(whole.append_column(column, array), path)
    return folder


@pytest.mark.parametrize(
    ("column", "array", "stored"),
    [
        ("amount", pa.array([1.1, None]).fill_null(0.30000000000000004), [110, 30]),
        ("amount", pa.array([1.5, 0.25], pa.float32()), [150, 25]),
        ("amount", pa.array([3, 4], pa.int8()), [300, 400]),
        ("amount", pa.array([3, 4], pa.uint64()), [300, 400]),
        ("amount", pa.array([Decimal("1.50"), Decimal("99999999.99")]), [150, 9_999_999_999]),
        ("amount", pa.array([Decimal("1.5000"), Decimal("2.0000")]), [150, 200]),
        ("amount", pa.array(["1.5", "2"], pa.large_string()), [150, 200]),
        ("amount", pa.array(["1.5", "2"]).dictionary_encode(), [150, 200]),
        ("amount", pa.array([b"1.5", b"2"]), [150, 200]),
        ("amount", pa.array(["1.5", "2"], pa.string_view()), [150, 200]),
        ("year", pa.array([2016.0, 2017.0]), [2016, 2017]),
        ("year", pa.array([2016, 2017], pa.int16()), [2016, 2017]),
        ("person_id", pa.nulls(2), [None, None]),
        ("item", pa.array(["种植", "rent"]).dictionary_encode(), ["crop", "rent"]),
    ],
)
def test_numbers_and_text_of_every_width_are_read(tmp_path, column, array, stored):
    con, _ = read(with_column(tmp_path, "ledger", column, array))
    assert [value for (value,) in rows_of(con, "ledger", column)] == stored


@pytest.mark.parametrize(
    "array",
    [
        pa.array([DAY] * 2),
        pa.array([DAY] * 2, pa.date64()),
        pa.array([DAY] * 2).dictionary_encode(),
        pa.array([MIDNIGHT] * 2),
        pa.array([MIDNIGHT] * 2, pa.timestamp("ns")),
        pa.array([MIDNIGHT] * 2, pa.timestamp("s")),
        pa.array(["2017-03-31"] * 2),
    ],
)
def test_days_of_every_type_are_read(tmp_path, array):
    con, _ = read(with_column(tmp_path, "household", "exited_on", array))
    assert rows_of(con, "household", "exited_on") == [(20170331,)] * 2


@pytest.mark.parametrize(
    "array",
    [
        pa.array([datetime.combine(DAY, time(8)), None]),
        pa.array([1490918400000000001, None], pa.timestamp("ns")),
        pa.array([2**50, None], pa.timestamp("s")),
        pa.array([2**31 - 1, None], pa.date32()),
        pa.array([MIDNIGHT.replace(tzinfo=UTC), None]),
        pa.array([time(8), None]),
        pa.array([42825, None]),
        pa.array([20170331, None]),
        pa.array([True, None]),
    ],
)
def test_what_is_no_day_is_a_fault_of_its_cell(tmp_path, array):
    found = faults(with_column(tmp_path, "household", "exited_on", array))
    assert [(f[0], f[1], f[2]) for f in found] == [("household", 2, "exited_on")]


def test_truth_values_are_read(tmp_path):
    con, _ = read(with_column(tmp_path, "household", "water_safe", pa.array([True, None])))
    assert rows_of(con, "household", "water_safe") == [(True,), (None,)]


def test_whole_numbers_serve_as_ids_without_losing_digits(tmp_path):
    con, _ = read(with_column(tmp_path, "person", "id_number", pa.array([371102195602290012, None, 1])))
    assert rows_of(con, "person", "id_number") == [("371102195602290012",), (None,), ("1",)]


def test_fractions_and_long_doubles_are_no_ids(tmp_path):
    folder = with_column(tmp_path, "person", "id_number", pa.array([371102195602290012.0, 1.5, 7.0]))
    assert [(row, value) for _, row, _, value in faults(folder)] == [(2, "371102195602290000"), (3, "1.5")]


@pytest.mark.parametrize("value", [1.005, -1.0, float("nan"), float("inf"), 1e9])
def test_doubles_that_are_no_amounts_are_refused(tmp_path, value):
    found = faults(with_column(tmp_path, "ledger", "amount", pa.array([value, 1.0], from_pandas=False)))
    assert [(f[0], f[1], f[2]) for f in found] == [("ledger", 2, "amount")]


@pytest.mark.parametrize(
    ("column", "array"),
    [
        ("person_id", pa.array([DAY] * 2)),
        ("person_id", pa.array([True, False])),
        ("amount", pa.array([[1], [2]])),
        ("amount", pa.array([{"a": 1}, {"a": 2}])),
        ("amount", pa.array([timedelta(1), timedelta(2)])),
    ],
)
def test_types_that_hold_no_such_cell_are_refused_once(tmp_path, column, array):
    found = faults(with_column(tmp_path, "ledger", column, array))
    assert [(table, row, name) for table, row, name, _ in found] == [("ledger", 0, column)]


def test_bytes_that_are_no_text_are_refused(tmp_path):
    found = faults(with_column(tmp_path, "ledger", "person_id", pa.array([b"\xff", b"P1"])))
    assert [(f[0], f[1]) for f in found] == [("ledger", 0)]


def test_blank_rows_are_left_out_and_still_counted(tmp_path):
    write_parquet(tmp_path, small())
    whole = parquet.read_table(tmp_path / "ledger.parquet").to_pylist()
    blank = dict.fromkeys(whole[0])

    def write(last: dict[str, object]) -> None:
        rows = [blank, whole[0], blank, last]
        parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "ledger.parquet", row_group_size=1)

    write(whole[1])
    assert rows_of(read(tmp_path)[0], "ledger", "household_id") == [("H1",), ("H2",)]
    write({**whole[1], "year": 1})
    assert faults(tmp_path) == [("ledger", 5, "year", "1")]


def test_two_columns_of_one_name_are_refused(tmp_path):
    folder = with_column(tmp_path, "ledger", "年度", pa.array([2016, 2016]))
    assert faults(folder) == [("ledger", 1, "year", "年度")]


def test_a_column_that_stands_twice_is_refused_and_the_other_cells_are_looked_at(tmp_path):
    """Under one name, which no data frame has, but files that were joined may."""
    write_parquet(tmp_path, with_cell("person", "sex", "x"))
    table = parquet.read_table(tmp_path / "person.parquet")
    parquet.write_table(table.append_column("name", table["name"]), tmp_path / "person.parquet")
    assert faults(tmp_path) == [("person", 1, "name", "name"), ("person", 2, "sex", "x")]


@pytest.mark.parametrize("data", [b"", b"PAR1", b"hello, this is text\n" * 9, b"PAR1" + b"\0" * 40 + b"PAR1"])
def test_files_that_are_no_parquet_are_refused(tmp_path, data):
    write_parquet(tmp_path, small())
    (tmp_path / "ledger.parquet").write_bytes(data)
    (fault,) = refusal(tmp_path).faults
    assert (fault.table, fault.row, fault.column) == ("ledger", 0, "")
    # What the library says of it is English, and stands in the English text alone.
    assert fault.reason.zh == "文件不是完好的 Parquet 文件。请重新导出或重新复制。"
    assert fault.reason.en.startswith("This is no intact Parquet file (")


def test_csv_and_parquet_may_lie_in_one_folder(tmp_path):
    write_parquet(tmp_path, small())
    (tmp_path / "receipt.parquet").unlink()
    (tmp_path / "receipt.csv").write_text("household_id,policy_id,year,amount\nH1,低保,2017,1\n")
    assert read(tmp_path)[1].counts["receipt"] == 1

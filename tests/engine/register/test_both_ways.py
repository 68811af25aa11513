"""The quick way and the careful way to read a register agree: on what is right, and on what is at fault."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

import bangfu.engine.register.read
from bangfu.engine.register import quick_text, read_register
from bangfu.engine.register.quick import read_quickly
from bangfu.kernel.errors import RegisterRefused
from tests.engine.register.paper import (
    POLICIES,
    WRITERS,
    Register,
    Row,
    all_rows,
    read,
    small,
    with_cell,
    write_csv,
    write_parquet,
)
from tests.engine.register.test_parquet_files import with_column
from tests.examples import few, first_of

NO_ROWS = {"household": 0, "person": 0, "ledger": 0, "receipt": 0}


def outcome(path: Path, *, skip_bad_rows: bool = False) -> object:
    """Everything that reading leaves or says."""
    try:
        con, report = read(path, skip_bad_rows=skip_bad_rows)
    except RegisterRefused as refused:
        return refused.total, refused.faults
    rejected = con.execute("FROM rejected").fetchall() if skip_bad_rows else []
    return all_rows(con), rejected, report


def both_ways(path: Path, *, skip_bad_rows: bool = False) -> tuple[object, object, bool]:
    """What comes of it as it is read, what the careful way alone makes of it, and whether the quick way sufficed."""
    sufficed = []

    def watched(*given: object) -> object:
        quickly = read_quickly(*given)  # type: ignore[arg-type]
        sufficed.append(quickly is not None)
        return quickly

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bangfu.engine.register.read, "read_quickly", watched)
        usual = outcome(path, skip_bad_rows=skip_bad_rows)
        patch.setattr(bangfu.engine.register.read, "read_quickly", lambda *_: None)
        return usual, outcome(path, skip_bad_rows=skip_bad_rows), sufficed == [True]


def rich() -> Register:
    """A register in which every type of column has a value."""
    register = small()
    register["household"][0].update(
        category="dibao",
        registered_on=date(2014, 2, 28),
        planned_exit_year=2018,
        other_causes="illness;land",
        water_safe=False,
        house_grade="C",
        forest_mu=Decimal("99999.9999"),
    )
    register["person"][0].update(id_number="37110219500228001X42", work_months=12, tuition=Decimal("0.00"))
    register["person"][1].update(id_number="37110219500228001x", birth_date=None, died_on=date(2017, 1, 1))
    register["ledger"].append({**register["ledger"][0]})
    return register


@pytest.mark.parametrize(
    ("writer", "skip"),
    first_of(4, [*((writer, False) for writer in WRITERS.values()), *((writer, True) for writer in WRITERS.values())]),
)
def test_the_quick_way_suffices_for_a_register_without_fault(tmp_path, writer, skip):
    usual, careful, quick = both_ways(writer(tmp_path, rich()), skip_bad_rows=skip)
    assert usual == careful
    assert quick


@pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS)
def test_tables_of_no_rows_are_read_quickly_too(tmp_path, writer):
    usual, careful, quick = both_ways(writer(tmp_path, {table: [] for table in NO_ROWS}))
    assert usual == careful
    assert quick


def test_labels_quotes_and_padding_are_no_hindrance(tmp_path):
    register = rich()
    register["household"][0].update(status=" 未脱贫", other_causes="因病；缺土地", house_grade="C级")
    register["person"][0].update(person_id="\u3000P1", name='甲,"乙"')
    usual, careful, quick = both_ways(write_csv(tmp_path, register, label=True))
    assert usual == careful
    assert quick


@pytest.fixture(scope="module")
def usually(tmp_path_factory):
    """What comes of a register without fault."""
    return outcome(write_csv(tmp_path_factory.mktemp("usually"), rich()))


@pytest.mark.parametrize("most", [0, 1, 2])
def test_columns_of_many_texts_are_typed_by_themselves_and_no_cell_moves(tmp_path, monkeypatch, usually, most):
    monkeypatch.setattr(quick_text, "FEW", most)
    assert both_ways(write_csv(tmp_path, rich())) == (usually, usually, True)


@pytest.mark.parametrize("most", [0, 2])
def test_a_text_that_is_no_value_is_found_in_a_short_column_beside_a_long_one(tmp_path, monkeypatch, most):
    monkeypatch.setattr(quick_text, "FEW", most)
    register = rich()
    register["person"][0]["birth_date"] = "2017-02-30"
    usual, careful, quick = both_ways(write_csv(tmp_path, register))
    assert usual == careful
    assert not quick


HOSTILE = [
    ("household", "household_id", "H2"),
    ("household", "household_id", " "),
    ("household", "village_code", "37110200120"),
    ("household", "status", "x"),
    ("household", "other_causes", "illness;illness"),
    ("household", "exited_on", "2017-02-29"),
    ("household", "forest_mu", "100000"),
    ("person", "person_id", "P2"),
    ("person", "household_id", "H9"),
    ("person", "household_id", None),
    ("person", "sex", "3"),
    ("person", "boarding", "x"),
    ("person", "work_months", "13"),
    ("ledger", "person_id", "P3"),
    ("ledger", "person_id", "P9"),
    ("ledger", "household_id", "H9"),
    ("ledger", "amount", "1.001"),
    ("ledger", "amount", None),
    ("ledger", "year", "2101"),
    ("receipt", "policy_id", "x"),
    ("receipt", "person_id", "P1"),
]


# That each is a fault is asked in test_cells.py; here, that the quick way leaves none of them out: of every second one in ./test, refused and skipped in turn.
TRIED = [(*cell, n % 2 != other) for other in (0, 1) for half in (0, 1) for n, cell in enumerate(HOSTILE[half::2])]


@pytest.mark.parametrize(("table", "column", "value", "skip"), first_of(11, TRIED))
def test_a_fault_is_never_passed_over(tmp_path, table, column, value, skip):
    usual, careful, quick = both_ways(write_csv(tmp_path, with_cell(table, column, value)), skip_bad_rows=skip)
    assert usual == careful
    assert not quick


WRONG = [
    ("household", "household_id", pa.array(["H1", "H1"])),
    ("household", "household_id", pa.array(["H1", ""])),
    ("household", "village_code", pa.array(["371102001201", "37110200120１"])),
    ("household", "status", pa.array(["poor", None])),
    ("household", "status", pa.array(["poor", "none "]).cast(pa.string()).dictionary_encode().filter([True, True])),
    ("household", "other_causes", pa.array(["illness;illness", None])),
    ("household", "exited_on", pa.array([2**31 - 2, None], pa.int32()).cast(pa.date32())),
    ("household", "forest_mu", pa.array([Decimal("100000.0000"), None])),
    ("household", "planned_exit_year", pa.array([1989, 2000], pa.int16())),
    ("ledger", "amount", pa.array([Decimal("-0.01"), Decimal("1.00")])),
    ("ledger", "amount", pa.array([Decimal("100000000.00"), Decimal("1.00")])),
    ("ledger", "amount", pa.array([None, Decimal("1.00")])),
    ("ledger", "amount", pa.array([2**64 - 1, 1], pa.uint64())),
    ("ledger", "amount", pa.array([Decimal("9" * 36 + ".00"), Decimal("1.00")])),
    ("ledger", "person_id", pa.array(["P9", None])),
    ("ledger", "person_id", pa.array(["P3", None])),
    ("ledger", "household_id", pa.array(["H1", "H9"])),
]


@pytest.mark.parametrize(("table", "column", "array"), first_of(9, [*WRONG[::2], *WRONG[1::2]]))
def test_no_fault_hides_in_a_typed_column(tmp_path, table, column, array):
    usual, careful, quick = both_ways(with_column(tmp_path, table, column, array))
    assert usual == careful
    if table != "household" or column != "status":
        assert not quick


UNUSUAL = [
    ("household", "household_id", pa.array(["H1", "\u00a0H2"])),
    ("household", "status", pa.array(["未脱贫", "已脱贫"])),
    ("household", "village_code", pa.array([371102001201] * 2)),
    ("household", "exited_on", pa.array(["2017-03-31", None])),
    ("person", "household_id", pa.array(["H1", "H1", "H2 "])),
    ("person", "name", pa.array([" 甲", "", None])),
    ("ledger", "amount", pa.array([1.25, 0.30000000000000004])),
    ("ledger", "amount", pa.array([Decimal("1.5000"), Decimal("2.0000")])),
    ("ledger", "person_id", pa.array(["", " P3"])),
]


@pytest.mark.parametrize(("table", "column", "array"), first_of(5, [*UNUSUAL[::2], *UNUSUAL[1::2]]))
def test_what_is_unusual_and_right_is_read_alike(tmp_path, table, column, array):
    usual, careful, _ = both_ways(with_column(tmp_path, table, column, array))
    assert usual == careful


def test_a_folders_name_says_nothing_about_what_is_in_its_files(tmp_path):
    usual, careful, _ = both_ways(write_parquet(tmp_path / "year=2001" / "[a]" / "a*" / "a?" / "it's", rich()))
    assert usual == careful


def test_a_file_that_lies_about_its_smallest_and_largest_values_is_not_believed(tmp_path):
    folder = write_parquet(tmp_path, small())
    path = folder / "ledger.parquet"
    whole = parquet.read_table(path)
    years = pa.array([2016, 1901], pa.int32())
    wrong = whole.set_column(whole.column_names.index("year"), "year", years)
    parquet.write_table(wrong, path, compression="none", use_dictionary=False)
    first, last, claimed = (year.to_bytes(4, "little") for year in (2016, 1901, 1999))
    # Where the one follows the other are the values; anywhere else it is what the file says of them.
    parts = path.read_bytes().split(first + last)
    assert sum(part.count(last) for part in parts) > 0
    path.write_bytes((first + last).join(part.replace(last, claimed) for part in parts))
    usual, careful, quick = both_ways(folder)
    assert usual == careful
    assert not quick


def test_a_text_file_of_many_pieces_is_read_alike(tmp_path, monkeypatch):
    monkeypatch.setattr("bangfu.engine.register.csv_file.CHUNK", 256)
    monkeypatch.setattr("bangfu.engine.register.sums.AT_ONCE", 7)
    usual, careful, quick = both_ways(write_csv(tmp_path, _many()))
    assert usual == careful
    assert quick


def _many() -> Register:
    rows: list[Row] = [
        {
            "household_id": f"H{i % 2 + 1}",
            "person_id": f"P{1 + 2 * (i % 2)}",
            "year": 1990 + i % 23,
            "item": ["crop", "rent", "pension"][i % 3],
            "amount": Decimal(i) / 100,
        }
        for i in range(200)
    ]
    return {**small(), "ledger": rows}


@few(3)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["H1", "H2"]),
            st.sampled_from([None, "P1", "P2", "P3"]),
            st.sampled_from([2015, 2016]),
            st.sampled_from(["crop", "rent"]),
            st.integers(0, 3),
        ),
        max_size=30,
    )
)
def test_any_ledger_adds_up_alike_in_text_and_in_parquet(rows):
    """Also where every row repeats another, or names a person of another household."""
    register = small()
    register["ledger"] = [
        {"household_id": h, "person_id": p, "year": y, "item": i, "amount": Decimal(a)} for h, p, y, i, a in rows
    ]
    homes = {"P1": "H1", "P2": "H1", "P3": "H2", None: None}
    right = all(homes[p] in (h, None) for h, p, *_ in rows)
    writers: dict[str, Callable[[Path, Register], Path]] = {"csv": write_csv, "parquet": write_parquet}
    with TemporaryDirectory() as folder:
        for name, writer in writers.items():
            usual, careful, quick = both_ways(writer(Path(folder) / name, register))
            assert usual == careful
            assert quick is right
            if isinstance(usual, tuple) and right:
                sums: dict[tuple[object, ...], int] = {}
                for *key, amount in rows:
                    sums[tuple(key)] = sums.get(tuple(key), 0) + amount * 100
                found = read_back(Path(folder) / name)
                assert found == sums


def read_back(folder: Path) -> dict[tuple[object, ...], int]:
    con, _ = read(folder)
    rows = con.execute("""
        SELECT household_id, person_id, year, item, amount
        FROM ledger l JOIN household USING (household_no) LEFT JOIN person p ON p.person_no = l.person_no
    """).fetchall()
    assert len({row[:4] for row in rows}) == len(rows)
    return {row[:4]: row[4] for row in rows}


def test_a_register_refused_leaves_what_was_read_before(tmp_path):
    con, _ = read(write_csv(tmp_path / "right", small()))
    before = all_rows(con)
    for name, register in (
        ("cell", with_cell("ledger", "year", "x")),
        ("link", with_cell("ledger", "person_id", "P3")),
    ):
        with pytest.raises(RegisterRefused):
            read_register(
                write_parquet(tmp_path / name, register) if name == "link" else write_csv(tmp_path / name, register),
                into=con,
                policies=POLICIES,
            )
        assert all_rows(con) == before

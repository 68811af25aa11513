"""A register reads the same from CSV, Parquet and a workbook, under English names or Chinese labels."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bangfu.kernel.days import day_from_date
from bangfu.kernel.schema import Column, schema
from tests.engine.register.paper import (
    PREPARED,
    TABLES,
    WRITERS,
    Register,
    Value,
    all_rows,
    columns_of,
    read,
    rows_of,
    small,
    write_csv,
)
from tests.examples import few


@pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS)
def test_a_valid_register_becomes_typed_tables(tmp_path, writer):
    con, report = read(writer(tmp_path, small()))
    assert report.counts == {"household": 2, "person": 3, "ledger": 2, "receipt": 1}
    assert rows_of(con, "household", "household_id, status, exited_on, cultivated_mu") == [
        ("H1", "poor", None, 12_500),
        ("H2", "exited", 20161231, None),
    ]
    assert rows_of(con, "person", "person_id, birth_date, work_months, boarding, dibao_monthly") == [
        ("P1", 19500228, None, None, None),
        ("P2", None, 7, True, None),
        ("P3", None, None, None, 34_000),
    ]
    assert rows_of(con, "ledger", "person_id, year, item, amount") == [
        ("P1", 2016, "crop", 340_250),
        (None, 2016, "rent", 1),
    ]
    assert rows_of(con, "receipt", "policy_id, amount") == [("dibao", 68_000)]


@pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS)
def test_a_table_may_hold_only_its_header(tmp_path, writer):
    con, report = read(writer(tmp_path, {table: [] for table in TABLES}))
    assert report.counts == dict.fromkeys(TABLES, 0)
    assert all_rows(con) == {table: [] for table in PREPARED}


def test_chinese_labels_serve_as_file_names_headers_and_values(tmp_path):
    register = small()
    register["household"][0]["status"] = "未脱贫"
    register["person"][0]["sex"] = "男"
    register["receipt"][0]["policy_id"] = "低保"
    labelled, _ = read(write_csv(tmp_path / "labels", register, label=True))
    plain, _ = read(write_csv(tmp_path / "names", small()))
    assert all_rows(labelled) == all_rows(plain)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_files_are_utf8_or_gb18030(tmp_path, encoding):
    con, _ = read(write_csv(tmp_path, small(), encoding=encoding, label=True))
    assert rows_of(con, "person", "name") == [("甲",), ("乙",), ("丙",)]


def test_letters_only_gb18030_holds_survive(tmp_path):
    register = small()
    register["person"][0]["name"] = "\U00020c34㐱"  # ideographs outside GBK
    con, _ = read(write_csv(tmp_path, register, encoding="gb18030", label=True))
    assert rows_of(con, "person", "name")[0] == ("\U00020c34㐱",)


def test_file_names_ignore_letter_case(tmp_path):
    write_csv(tmp_path, small())
    (tmp_path / "person.csv").rename(tmp_path / "Person.CSV")
    assert read(tmp_path)[1].counts["person"] == 3


def test_a_folder_whose_name_has_quotes_and_wildcards_is_read(tmp_path):
    assert read(write_csv(tmp_path / 'it\'s [a] "register"*?', small()))[1].counts["person"] == 3


def test_other_columns_and_files_are_ignored_with_a_note(tmp_path):
    write_csv(tmp_path, small())
    (tmp_path / "readme.txt").write_text("x")
    ledger = (tmp_path / "ledger.csv").read_text().splitlines()
    (tmp_path / "ledger.csv").write_text("\n".join(f"{line},备注" for line in ledger))
    _, report = read(tmp_path)
    notes = "\n".join(note.zh for note in report.notes)
    assert "readme.txt" in notes
    assert "备注" in notes


def test_absent_columns_are_named_in_a_note_and_read_as_unknown(tmp_path):
    con, report = read(write_csv(tmp_path, small()))
    assert rows_of(con, "household", "food_secure") == [(None,), (None,)]
    assert any("不愁吃" in note.zh and "food_secure" in note.en for note in report.notes)


def test_parentheses_of_either_width_match(tmp_path):
    write_csv(tmp_path, small(), label=True)
    text = (tmp_path / "人.csv").read_text()
    assert "务工时间(月)" in text
    (tmp_path / "人.csv").write_text(text.replace("务工时间(月)", " 务工时间（月）\u3000"))
    assert rows_of(read(tmp_path)[0], "person", "work_months")[1] == (7,)


def test_cells_lose_outer_spaces_of_every_kind(tmp_path):
    register = small()
    register["person"][0].update(person_id="\u3000P1\u00a0", name=" \t ")
    con, _ = read(write_csv(tmp_path, register))
    assert rows_of(con, "person", "person_id, name")[0] == ("P1", None)


def _values(column: Column) -> st.SearchStrategy[Value]:
    """Values of one column's type that any format can hold."""
    letters = st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters="_")
    match column.type:
        case "village_code":
            return st.text("0123456789", min_size=12, max_size=12)
        case "code":
            return st.sampled_from(["dibao"] if column.codes == "policy" else list(schema().codes[column.codes]))
        case "codes":
            return st.sampled_from(["illness", "illness;land", "other;water"])
        case "date":
            return st.dates(date(1900, 3, 1), date(2100, 12, 31))
        case "year":
            return st.integers(1990, 2100)
        case "months":
            return st.integers(0, 12)
        case "yes_no":
            return st.booleans()
        case "money":
            return st.decimals(0, Decimal("99999999.99"), places=2)
        case "area":
            return st.decimals(0, Decimal("99999.9999"), places=4)
    return st.text(letters, min_size=1, max_size=12)


@st.composite
def registers(draw: st.DrawFn) -> Register:
    """Registers whose rows link; any cell that may be empty is empty half the time."""
    persons = draw(st.integers(0, 4))

    def row(table: str, keys: dict[str, Value]) -> dict[str, Value]:
        made: dict[str, Value] = {}
        for column in schema().tables[table].columns.values():
            if column.name in keys:
                made[column.name] = keys[column.name]
            elif column.required or draw(st.booleans()):
                made[column.name] = draw(_values(column))
        return made

    homes = [f"H{i % 2}" for i in range(persons)]
    return {
        "household": [row("household", {"household_id": f"H{i}"}) for i in range(2)],
        "person": [row("person", {"person_id": f"P{i}", "household_id": home}) for i, home in enumerate(homes)],
        "ledger": [row("ledger", {"household_id": h, "person_id": f"P{i}"}) for i, h in enumerate(homes)],
        "receipt": [row("receipt", {"household_id": h, "person_id": None}) for h in homes],
    }


def _stored(value: Value, column: Column) -> object:
    if isinstance(value, Decimal):
        return int(value * (100 if column.type == "money" else 10_000))
    return day_from_date(value) if isinstance(value, date) else value


@few(4)
@given(registers())
def test_what_is_written_in_any_format_is_what_is_read(register):
    with TemporaryDirectory() as folder:
        read_back = {}
        for name, writer in WRITERS.items():
            (Path(folder) / name).mkdir()
            con, _ = read(writer(Path(folder) / name, register))
            read_back[name] = all_rows(con)
            for table, rows in register.items():
                columns = [schema().tables[table].columns[c] for c in columns_of(table, rows)]
                # upper case and dates out of numbers are the identity tests' matter
                kept = [c for c in columns if c.name not in ("id_number", "birth_date")]
                found = rows_of(con, table, ", ".join(c.name for c in kept))
                assert sorted(found, key=repr) == sorted(
                    (tuple(_stored(row.get(c.name), c) for c in kept) for row in rows), key=repr
                )
    assert read_back["csv"] == read_back["parquet"] == read_back["workbook"]

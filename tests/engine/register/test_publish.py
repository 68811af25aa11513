"""The prepared register is what docs/snapshot.md says: its tables, dense numbers, order, sums."""

from decimal import Decimal

from bangfu.engine.register.sums import make_sums
from bangfu.kernel.schema import INTEGER_TYPES, Column, schema
from tests.engine.register.paper import PREPARED, TABLES, Register, all_rows, read, small, write_csv

ITEMS = tuple(schema().codes["item"])


def prepared(folder, register: Register):
    return read(write_csv(folder, register))[0]


def mixed() -> Register:
    """The small register in another order, with rows of one item twice and of nobody in particular."""
    register = small()
    register["household"].append({"household_id": "H0", "village_code": "371102001299", "status": "poor"})
    register["person"].append({"person_id": "P0", "household_id": "H1"})
    register["ledger"] += [
        {"household_id": "H1", "person_id": "P1", "year": 2016, "item": "crop", "amount": Decimal("0.50")},
        {"household_id": "H1", "person_id": None, "year": 2016, "item": "crop", "amount": Decimal("1.00")},
        {"household_id": "H1", "person_id": "P0", "year": 2016, "item": "rent", "amount": Decimal("0.00")},
        {"household_id": "H1", "person_id": "P1", "year": 2015, "item": "crop", "amount": Decimal("7.00")},
    ]
    register["receipt"] += [
        {"household_id": "H1", "person_id": None, "policy_id": "dibao", "year": 2017, "amount": Decimal("2.00")},
        {"household_id": "H1", "person_id": None, "policy_id": "dibao", "year": 2017, "amount": Decimal("1.00")},
        {"household_id": "H1", "person_id": None, "policy_id": "dibao", "year": 2017, "amount": Decimal("1.00")},
    ]
    return {table: list(reversed(rows)) for table, rows in register.items()}


def sql_type(column: Column) -> str:
    wanted = {"yes_no": "BOOLEAN", "money": "BIGINT", "area": "BIGINT"}
    return wanted.get(column.type, "INTEGER" if column.type in INTEGER_TYPES else "VARCHAR")


def test_a_reader_leaves_the_contracts_tables_and_nothing_else(tmp_path):
    con = prepared(tmp_path, small())
    assert {table for (table,) in con.execute("SELECT table_name FROM duckdb_tables()").fetchall()} == set(TABLES)


def test_six_tables_with_their_columns_and_types_are_what_is_judged(tmp_path):
    con = prepared(tmp_path, small())
    make_sums(con)
    found = {
        table: [(line[0], line[1]) for line in con.execute(f"DESCRIBE {table}").fetchall()]
        for (table,) in con.execute("SELECT table_name FROM duckdb_tables()").fetchall()
    }
    contract = schema().tables
    person = contract["person"]
    no, person_no, year = ("household_no", "INTEGER"), ("person_no", "INTEGER"), ("year", "INTEGER")
    sums = [(item, "BIGINT") for item in ITEMS]
    assert set(found) == set(PREPARED)
    assert found["household"] == [no, *((c.name, sql_type(c)) for c in contract["household"].columns.values())]
    assert found["person"] == [
        person_no,
        no,
        *((c.name, sql_type(c)) for c in person.columns.values() if c.name != "household_id"),
        *((c.name, sql_type(c)) for c in person.derived.values()),
    ]
    assert found["ledger"] == [no, person_no, year, ("item", "VARCHAR"), ("amount", "BIGINT")]
    assert found["receipt"] == [no, person_no, ("policy_id", "VARCHAR"), year, ("amount", "BIGINT")]
    assert found["ledger_by_household"] == [no, year, *sums]
    assert found["ledger_by_person"] == [person_no, no, year, *sums]


def test_households_are_numbered_by_village_and_id_and_persons_within_them(tmp_path):
    con = prepared(tmp_path, mixed())
    assert con.execute("SELECT household_no, household_id FROM household").fetchall() == [
        (0, "H1"),
        (1, "H2"),
        (2, "H0"),
    ]
    assert con.execute("SELECT person_no, household_no, person_id FROM person").fetchall() == [
        (0, 0, "P0"),
        (1, 0, "P1"),
        (2, 0, "P2"),
        (3, 1, "P3"),
    ]


def test_ids_are_ordered_bytewise(tmp_path):
    register = small()
    ids = ["a", "B", "10", "9", "甲", "é", "Z"]
    register["household"] = [
        {"household_id": i, "village_code": "371102001201", "status": "poor"} for i in (*ids, "H1", "H2")
    ]
    con = prepared(tmp_path, register)
    found = [i for (i,) in con.execute("SELECT household_id FROM household").fetchall()]
    assert found == sorted([*ids, "H1", "H2"], key=str.encode)


def test_ledger_rows_of_one_item_are_one_row_with_their_sum_in_order(tmp_path):
    assert prepared(tmp_path, mixed()).execute("FROM ledger").fetchall() == [
        (0, None, 2016, "crop", 100),
        (0, 0, 2016, "rent", 0),
        (0, 1, 2015, "crop", 700),
        (0, 1, 2016, "crop", 340_300),
        (1, None, 2016, "rent", 1),
    ]


def test_receipts_stay_as_they_came_in_order(tmp_path):
    assert prepared(tmp_path, mixed()).execute("FROM receipt").fetchall() == [
        (0, None, "dibao", 2017, 100),
        (0, None, "dibao", 2017, 100),
        (0, None, "dibao", 2017, 200),
        (1, 3, "dibao", 2017, 68_000),
    ]


def test_wide_tables_hold_sums_and_nothing_where_there_is_no_row(tmp_path):
    con = prepared(tmp_path, mixed())
    make_sums(con)
    assert con.execute("SELECT household_no, year, crop, rent, pension FROM ledger_by_household").fetchall() == [
        (0, 2015, 700, None, None),
        (0, 2016, 340_400, 0, None),
        (1, 2016, None, 1, None),
    ]
    assert con.execute("SELECT person_no, household_no, year, crop, rent FROM ledger_by_person").fetchall() == [
        (0, 0, 2016, None, 0),
        (1, 0, 2015, 700, None),
        (1, 0, 2016, 340_300, None),
    ]


def test_the_order_of_the_rows_in_the_files_does_not_matter(tmp_path):
    register = mixed()
    other = {table: sorted(rows, key=str) for table, rows in register.items()}
    one, two = prepared(tmp_path / "one", register), prepared(tmp_path / "two", other)
    assert all_rows(one) == all_rows(two)

"""Small registers in two prefectures and a third, whole or one folder for each, and what stands in a snapshot of them."""

from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb

from bangfu.engine.duck import open_engine
from bangfu.engine.register import read_register
from bangfu.engine.register.sums import make_sums
from bangfu.engine.snapshot import Snapshot, load
from bangfu.engine.snapshot.layout import TABLES, columns_of
from bangfu.engine.snapshot.write import Order, Prepared, SnapshotTarget, prepare
from tests.engine.register.paper import POLICIES, Register, Row, write_csv

MADE_AT = "2018-01-01T00:00:00+00:00"
RIZHAO, JINAN, KUNMING = "371102009201", "370199001201", "530199001201"
# What sorts the rows of each table, and after it the rest, where the order says no more.
Rows = dict[str, list[tuple[object, ...]]]


def household(number: str, village: str, *, people: int = 2, **facts: object) -> Register:
    """A household with people, ledger rows (two of one item) and a receipt."""
    persons: list[Row] = [
        {"person_id": f"{number}-{n}", "household_id": number, "name": "某", "birth_date": None, "id_number": None}
        for n in range(people)
    ]
    money: Row = {"household_id": number, "year": 2016, "amount": 10}
    return {
        "household": [{"household_id": number, "village_code": village, "status": "poor", **facts}],  # type: ignore[dict-item]
        "person": persons,
        "ledger": [
            {**money, "person_id": None, "item": "crop"},
            {**money, "person_id": f"{number}-0", "item": "crop"},
            {**money, "person_id": f"{number}-0", "item": "crop"},
            {**money, "person_id": None, "item": "rent", "year": 2017},
        ],
        "receipt": [{**money, "person_id": f"{number}-0", "policy_id": "dibao"}],
    }


def together(*registers: Register) -> Register:
    return {table: [row for register in registers for row in register[table]] for table in registers[0]}


def three() -> list[Register]:
    """A register for each prefecture, in no order."""
    return [
        together(household("K2", KUNMING), household("K1", KUNMING, people=1)),
        together(household("R1", RIZHAO), household("R3", "371102009202"), household("R2", RIZHAO, people=3)),
        household("J1", JINAN),
    ]


def written(folder: Path, registers: Sequence[Register]) -> Path:
    """A folder of registers, a, b, c …"""
    for name, register in zip("abcdefgh", registers, strict=False):
        write_csv(folder / name, register)
    return folder


def with_number(register: Register, person_id: str, number: str) -> Register:
    people = [{**row, "id_number": number} if row["person_id"] == person_id else row for row in register["person"]]
    return {**register, "person": people}


def snapshot_of(source: Path, out: Path, *, force: bool = False, **asked: object) -> Prepared:
    order = Order(source, POLICIES, **{"workers": 1, **asked})  # type: ignore[arg-type]
    return prepare(order, SnapshotTarget(out, "parquet", force), made_at=MADE_AT, progress=lambda _: None)


def rows_in(con: duckdb.DuckDBPyConnection) -> Rows:
    """Of the six tables, the columns that a snapshot has, in the order in which the rows lie."""
    listed = {table: ", ".join(f'"{name}"' for name in columns_of(table)) for table in TABLES}
    return {table: con.execute(f"SELECT {listed[table]} FROM {table}").fetchall() for table in TABLES}


def rows_of_register(path: Path) -> Rows:
    con = open_engine()
    read_register(path, into=con, policies=POLICIES)
    make_sums(con)
    return rows_in(con)


Show = Callable[..., None]


def rows_of_snapshot(snapshot: Snapshot, show: Show = load, **asked: object) -> Rows:
    con = open_engine()
    show(con, snapshot, snapshot.regions, **asked)
    return rows_in(con)

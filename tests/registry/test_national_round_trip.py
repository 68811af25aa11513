"""What our register holds, written in the national layout and read again, changes nothing, whatever it holds."""

from collections.abc import Mapping
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bangfu.engine.duck import open_engine
from bangfu.engine.register import read_register
from bangfu.kernel.schema import Column, schema
from bangfu.registry.imports.plan import Order, planned, workbench
from bangfu.registry.layouts import layout
from bangfu.registry.layouts.write import write_layout
from tests.examples import few
from tests.registry.test_imports import Desk, Tables, written
from tests.registry.test_national import AS_OF, National, desk

__all__ = ["desk"]
RUNS = count()
VILLAGES = ("371102008201", "371102008202")
ITEMS = [code for code, item in schema().codes["item"].items() if item.group not in ("rigid", "land_loss")]


def cells(table: str) -> st.SearchStrategy[dict[str, str]]:
    """Any values that a row of ours may have; each may be unknown."""
    columns = {name: column for name, column in schema().tables[table].columns.items() if not column.required}
    said = {
        name: cell(column) for name, column in columns.items() if column.name not in ("id_number", "died_on", "left_on")
    }
    return st.fixed_dictionaries({name: st.one_of(st.just(""), each) for name, each in said.items()})


def cell(column: Column) -> st.SearchStrategy[str]:
    codes = list(schema().codes.get(column.codes, ()))
    drawn: Mapping[str, st.SearchStrategy[str]] = {
        "code": st.sampled_from(codes or [""]),
        "codes": st.lists(st.sampled_from(codes or [""]), min_size=1, max_size=max(column.most, 1), unique=True).map(
            ";".join
        ),
        "yes_no": st.sampled_from(["1", "0"]),
        "date": st.dates(min_value=AS_OF.replace(year=2000), max_value=AS_OF).map(str),
        "year": st.integers(2014, 2020).map(str),
        "months": st.integers(0, 12).map(str),
        "area": st.decimals(0, 99, places=4).map(str),
        "money": st.decimals(0, 9999, places=2).map(str),
        "text": st.sampled_from(["甲", "=1+1", "欧阳,乙", '"丙"', "𠮷丁"]),
    }
    return drawn[column.type]


@st.composite
def registers(draw: st.DrawFn) -> Tables:
    households, persons, ledger = [], [], []
    for i in range(draw(st.integers(1, 2))):
        key = {"household_id": f"3711020000000{i}"}
        status = draw(st.sampled_from(list(schema().codes["status"])))
        households.append(
            {**key, "village_code": draw(st.sampled_from(VILLAGES)), "status": status, **draw(cells("household"))}
        )
        for j in range(draw(st.integers(0, 2))):
            persons.append({"person_id": f"P{i}{j}", **key, **draw(cells("person"))})
        for item in draw(st.lists(st.sampled_from(ITEMS), max_size=4, unique=True)):
            owner = draw(
                st.sampled_from(["", *(p["person_id"] for p in persons if p["household_id"] == key["household_id"])])
            )
            amount = draw(st.decimals(0, 99_999, places=2).map(str))
            ledger.append({**key, "person_id": owner, "year": "2016", "item": item, "amount": amount})
    blank = {"household_id": "", "person_id": "", "year": "", "item": "", "amount": ""}
    return {
        "household": households,
        "person": persons or [{"person_id": "", "household_id": ""}],
        "ledger": ledger or [blank],
        "receipt": [{"household_id": "", "person_id": "", "policy_id": "", "year": "", "amount": ""}],
    }


def of_its_own(tables: Tables) -> Tables:
    """With numbers that no example before had: what is held of those is held still."""
    run = next(RUNS)

    def numbered(row: dict[str, str]) -> dict[str, str]:
        return {
            name: f"{run}-{said}" if said and name in ("household_id", "person_id") else said
            for name, said in row.items()
        }

    return {name: [numbered(row) for row in rows] for name, rows in tables.items()}


def in_national(register: Path, out: Path) -> Path:
    with TemporaryDirectory() as folder:
        con = open_engine(Path(folder))
        read_register(register, into=con, policies={})
        write_layout(con, layout(), 2016, out)
        con.close()
    return out


@few(4)
@given(tables=registers())
def test_a_register_written_in_the_national_layout_changes_nothing_that_it_was_written_from(
    desk: National, tables: Tables
) -> None:
    tables = of_its_own(tables)
    Desk.bring(desk, tables)
    with TemporaryDirectory() as folder, workbench() as con:
        national = in_national(written(Path(folder) / "ours", tables), Path(folder) / "national")
        plan = planned(desk.by, desk.actor, Order(national, AS_OF, "全国", "0" * 64, "national"), con, _quiet)
        assert con.execute("SELECT * FROM change").fetchall() == []
        assert plan.counts["totals"] == 0


def _quiet(_: Any) -> None:
    """Nobody looks."""

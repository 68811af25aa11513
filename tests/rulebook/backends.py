"""Judge one plain register (rows as tests/oracle/registers.py makes them) by each back end, as comparable rows."""

import contextlib
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow as pa

from bangfu.engine.arrays import AMOUNTS, Beyond, OverArrays, over_arrays
from bangfu.engine.duck import open_engine
from bangfu.engine.homes import homes as engine_homes
from bangfu.engine.judging import execute, judged
from bangfu.engine.register.publish import publish
from bangfu.engine.register.sums import make_sums
from bangfu.engine.snapshot.layout import TABLES
from bangfu.kernel.days import day_from_date
from bangfu.kernel.schema import INTEGER_TYPES, RESULT_TABLES, Column, schema
from bangfu.rulebook.evaluate import Home
from bangfu.rulebook.judge import Judge
from bangfu.rulebook.plan import Plan, compile_plan
from bangfu.rulebook.resolve import Rules

Row = dict[str, Any]
Register = dict[str, list[Row]]
Results = dict[str, list[Row]]


def typed(register: Register) -> Register:
    """The register as the engine reads it: days as integers, birth dates from the number, every column there."""
    made: Register = {}
    for name, table in schema().tables.items():
        columns = {**table.columns, **table.derived}
        made[name] = [{c: _plain(row.get(c)) for c in columns} for row in register.get(name, [])]
    for person in made["person"]:
        number = person["id_number"] or ""
        if person["birth_date"] is None and len(number) in (18, 20, 22):
            with contextlib.suppress(ValueError):
                person["birth_date"] = day_from_date(
                    date.fromisoformat(f"{number[6:10]}-{number[10:12]}-{number[12:14]}")
                )
    return made


def _plain(value: Any) -> Any:
    return day_from_date(value) if isinstance(value, date) else value


def _arrow_type(column: Column) -> pa.DataType:
    if column.type == "yes_no":
        return pa.bool_()
    if column.type in ("money", "area"):
        return pa.int64()
    return pa.int32() if column.type in INTEGER_TYPES else pa.string()


def tables_in(con: duckdb.DuckDBPyConnection, register: Register) -> None:
    """Make the prepared register of a typed one in a connection; what it says of ID numbers stands, whatever the numbers are."""
    contract = schema().tables
    for name, table in contract.items():
        columns = {**table.columns, **table.derived}
        arrow_schema = pa.schema([pa.field(c.name, _arrow_type(c)) for c in columns.values()])
        con.register(f"typed_{name}", pa.Table.from_pylist(register[name], schema=arrow_schema))
    publish(con, {name: f"typed_{name}" for name in contract})
    make_sums(con)
    said = ", ".join(f"{c} = t.{c}" for c in contract["person"].derived)
    con.execute(f"UPDATE person SET {said} FROM typed_person t WHERE t.person_id = person.person_id")
    for name in contract:
        con.unregister(f"typed_{name}")


def by_sql(register: Register, rules: Rules, *, plan: Plan | None = None) -> Results:
    plan = plan or compile_plan(rules)
    con = open_engine()
    tables_in(con, register)
    with judged(con, plan):
        papers = {"evidence": _rows(con, plan.evidence, plan)} if plan.evidence else {}
        return {**{name: _rows(con, sql, plan) for name, sql in plan.results.items()}, **papers}


def by_arrays(register: Register, rules: Rules, *, size: int = 7) -> Results | None:
    """Over arrays, so many households at a time, with relevant entitlements; None where the rules ask for what arrays do not do.

    Amounts are taken for usual ones where they are.
    """
    for most_money in AMOUNTS:
        arrays = over_arrays(rules, "zh", RESULT_TABLES, relevant=True, most_money=most_money)
        if arrays is None:
            return None
        with contextlib.suppress(Beyond):
            return _by_arrays(register, arrays, size)
    raise AssertionError("no register's amounts are beyond the last of these")


def _by_arrays(register: Register, arrays: OverArrays, size: int) -> Results:
    con = open_engine()
    tables_in(con, register)
    with TemporaryDirectory() as folder:
        for table in TABLES:
            con.execute(f"COPY {table} TO '{folder}/{table}.parquet' (ROW_GROUP_SIZE 2048)")
        tables = arrays.tables(Path(folder), (0, len(register["household"]) - 1), size=size)
    with arrays.judged(con, tables) as results:
        queries = {name: made if isinstance(made, str) else f"SELECT * FROM {name}" for name, made in results.items()}
        return {name: _rows(con, query) for name, query in queries.items()}


def _rows(con: duckdb.DuckDBPyConnection, sql: str, plan: Plan | None = None) -> list[Row]:
    result = execute(con, sql, plan) if plan else con.execute(sql)
    names = [d[0] for d in result.description or []]
    inner = ("position", "household_no", "person_no")
    return [{n: v for n, v in zip(names, row, strict=True) if n not in inner} for row in result.fetchall()]


def by_evaluator(register: Register, rules: Rules) -> Results:
    judge = Judge(rules)
    results: Results = {"assessment": [], "entitlement": [], "finding": [], "evidence": []}
    for home in homes(register):
        judged_home = judge.judge(home)
        results["assessment"].append(judged_home.assessment)
        results["entitlement"] += judged_home.entitlement()
        results["finding"] += judged_home.findings
        results["evidence"] += judge.evidence_of(home)
    return results


def homes(register: Register) -> list[Home]:
    con = open_engine()
    tables_in(con, register)
    return list(engine_homes(con))


def key_of(row: Row) -> tuple[str, ...]:
    return tuple(str(row.get(k)) for k in ("household_id", "person_id", "policy_id", "check_id", "kind_id", "message"))


def differences(one: list[Row], other: list[Row], columns: Sequence[str]) -> list[str]:
    """What differs between two sets of rows, cell by cell, nulls included."""
    left, right = sorted(one, key=key_of), sorted(other, key=key_of)
    if [key_of(r)[:5] for r in left] != [key_of(r)[:5] for r in right]:
        extra = {key_of(r)[:5] for r in left} ^ {key_of(r)[:5] for r in right}
        return [f"rows differ: {sorted(extra)[:5]} ({len(left)} against {len(right)})"]
    return [
        f"{key_of(a)[:5]} {c}: {a.get(c)!r} against {b.get(c)!r}"
        for a, b in zip(left, right, strict=True)
        for c in columns
        if a.get(c) != b.get(c)
    ]

"""Statements such as plans are made of, over arrays and by DuckDB: the same rows; and data that no contract allows, which arrays refuse."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from bangfu.engine.arrays import Beyond
from bangfu.engine.arrays.kernel import compile_kernel
from bangfu.engine.duck import open_engine
from bangfu.engine.snapshot.layout import TABLES
from bangfu.rulebook.plan import Plan
from tests.oracle.registers import random_case
from tests.rulebook.backends import Register, tables_in, typed

OF_GROUPS = (
    "SELECT household.household_no, household.household_id, s.x AS x, COALESCE(s.x, 7) AS filled, (s.x IS NULL) AS missing FROM household "
    "LEFT JOIN (SELECT household_no, {} AS x FROM receipt GROUP BY household_no) AS s ON s.household_no = household.household_no"
)


def plan_of(sql: str) -> Plan:
    return Plan((("wanted", sql),), {}, {})


def by_both(register: Register, sql: str, folder: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    con = open_engine()
    tables_in(con, register)
    for table in TABLES:
        con.execute(f"COPY {table} TO '{folder}/{table}.parquet'")
    kernel = compile_kernel((plan_of(sql), ["wanted"]))
    blocks = kernel.tables(folder, (0, len(register["household"]) - 1), size=5)["wanted"]
    made = pa.concat_tables(blocks).drop("household_no").to_pylist()
    result = con.execute(f"{sql} ORDER BY 1")
    names = [about[0] for about in result.description or []]
    # Within a block arrays count from its first household.
    return made, [dict(zip(names[1:], row[1:], strict=True)) for row in result.fetchall()]


def assert_the_same(sql: str, folder: Path) -> None:
    made, expected = by_both(typed(random_case(5, 25).register), sql, folder)
    assert made == expected
    assert len(made) == 25


@pytest.mark.parametrize(
    "aggregate",
    [
        "SUM(CASE WHEN year = 2017 THEN amount END)",
        "SUM(CASE WHEN year = 2017 THEN 0 END)",
        "SUM(CASE WHEN year = 2017 THEN 3 ELSE 0 END)",
        "BIT_OR(CASE WHEN year = 2017 THEN 0 END)",
        "BIT_OR(CASE WHEN year = 2017 THEN 4 WHEN year < 2017 THEN 1 END)",
        "BIT_AND(CASE WHEN year = 2017 THEN 6 WHEN year < 2017 THEN 3 END)",
        "MIN(CASE WHEN year <> 2017 THEN amount END)",
        "MAX(CASE WHEN year <> 2017 THEN amount END)",
        "SUM(NULL)",
    ],
)
def test_what_groups_come_to_is_unknown_only_where_all_of_a_groups_rows_are(aggregate: str, tmp_path: Path) -> None:
    assert_the_same(OF_GROUPS.format(aggregate), tmp_path)


LOW = "CASE WHEN household.house_grade = 'C' THEN 'low' END"


@pytest.mark.parametrize(
    "parts",
    [
        "'always'",
        "'always', 'and'",
        "'always', NULL",
        "NULL",
        "'always', {low}",
        "{low}, 'always'",
        "{low}, 'always', {low}, 'always'",
        "NULL, {low}, 'low'",
    ],
)
def test_lists_of_reasons_hold_those_that_always_hold_too(parts: str, tmp_path: Path) -> None:
    shown = f"CONCAT_WS(';', {parts.format(low=LOW)})"
    assert_the_same(f"SELECT household.household_no, household.household_id, {shown} AS x FROM household", tmp_path)


@pytest.mark.parametrize(
    ("table", "column", "value"), [("receipt", "year", 1980), ("person", "tuition", -1), ("receipt", "amount", 10**12)]
)
def test_a_number_that_the_contract_does_not_allow_is_beyond_arrays(
    table: str, column: str, value: int, tmp_path: Path
) -> None:
    register = typed(random_case(5, 25).register)
    register[table][0][column] = value
    sql = f"SELECT household_no, SUM({column}) AS x FROM {table} GROUP BY household_no"
    with pytest.raises(Beyond):
        by_both(
            register,
            f"SELECT household.household_no, household.household_id, s.x FROM household LEFT JOIN ({sql}) AS s ON s.household_no = household.household_no",
            tmp_path,
        )

"""The hand-written peer gives what the oracle gives: else beating it would mean nothing."""

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from bangfu.kernel.schema import schema
from bench.peers import hand
from tests.examples import first_of
from tests.oracle.oracle import assess
from tests.oracle.registers import random_case
from tests.rulebook.backends import differences, tables_in, typed

AS_OF = date(2017, 12, 31)
COLUMNS = schema().results["assessment"].columns
MONEY = {column.name for column in COLUMNS.values() if column.type == "money"}


def rows(con: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    result = con.execute(query)
    names = [about[0] for about in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def in_fen(row: dict[str, Any]) -> dict[str, Any]:
    return {name: int(cell * 100) if name in MONEY and cell is not None else cell for name, cell in row.items()}


@pytest.mark.parametrize(("seed", "contested"), first_of(1, [(2, True), (1, False)]))
def test_it_agrees_with_the_oracle_on_every_cell_of_hostile_registers(seed: int, contested: bool) -> None:
    register = random_case(seed, 150, as_of=AS_OF, contested=contested).register
    with duckdb.connect() as con:
        tables_in(con, typed(register))
        con.execute(hand.SQL.read_text(encoding="utf-8"))
        found = [in_fen(row) for row in rows(con, "FROM assessment")]

    expected = assess(register, as_of=AS_OF, poverty_line_fen=3402_00).assessment
    assert list(found[0]) == list(COLUMNS)
    assert differences(found, expected, list(COLUMNS)) == []


def test_it_writes_one_file_a_region_whatever_the_number_of_workers(tmp_path: Path) -> None:
    with duckdb.connect() as con:
        for region, seed in (("3710", 3), ("3711", 4)):
            folder = tmp_path / "snapshot" / region
            folder.mkdir(parents=True)
            tables_in(con, typed(random_case(seed, 5, as_of=AS_OF).register))
            for table in hand.TABLES:
                con.execute(f"COPY {table} TO '{folder / table}.parquet'")
        for workers in ("1", "2"):
            hand.main([str(tmp_path / "snapshot"), str(tmp_path / workers), workers])
            written = sorted(file.name for file in (tmp_path / workers).iterdir())
            assert written == ["3710.parquet", "3711.parquet"]
        assert rows(con, f"FROM '{tmp_path}/1/*.parquet'") == rows(con, f"FROM '{tmp_path}/2/*.parquet'")

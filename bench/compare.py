"""Whether two contenders wrote the same `assessment`, whatever the order of rows and the files they lie in."""

from pathlib import Path

import duckdb

from bangfu.kernel.schema import Column, schema

COLUMNS = tuple(schema().results["assessment"].columns.values())


def fingerprint(result: Path, pattern: str) -> dict[str, int]:
    """The number of rows, and of each column the sum of the hashes of (household, cell), unknown cells included.

    Sums of 64-bit hashes are equal where all cells are, and else with no probability worth speaking of; they take one pass and no
    memory, so that thirty million households can be compared.
    """
    sums = ", ".join(f"sum(hash(household_id, {_cell(column)}))::HUGEINT" for column in COLUMNS)
    with duckdb.connect() as con:
        con.execute("SET enable_progress_bar = false")
        row = con.execute(f"SELECT count(*), {sums} FROM read_parquet(?)", [str(result / pattern)]).fetchone()
    assert row
    return dict(zip(("rows", *(column.name for column in COLUMNS)), row, strict=True))


def _cell(column: Column) -> str:
    """A cell as the contract has it, whatever type a contender stored: money as fen."""
    name = f'"{column.name}"'
    match column.type:
        case "money":
            return f"round({name} * 100)::BIGINT"
        case "count":
            return f"{name}::BIGINT"
        case "yes_no":
            return f"{name}::BOOLEAN"
        case _:
            return f"{name}::VARCHAR"


def differences(one: dict[str, int], other: dict[str, int]) -> list[str]:
    """The columns in which two fingerprints differ; only `rows` where the numbers of rows do."""
    if one["rows"] != other["rows"]:
        return ["rows"]
    return [name for name in one if one[name] != other[name]]

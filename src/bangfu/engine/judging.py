"""Run a compiled plan in DuckDB over the tables of a prepared register."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb

from bangfu.engine.request import nobody_there
from bangfu.engine.snapshot.layout import Region
from bangfu.engine.snapshot.read import Snapshot
from bangfu.rulebook.plan import Plan
from bangfu.rulebook.sql import literal

# Texts are passed over, so that a message may speak of dollars.
_BOUND = re.compile(r"'(?:[^']|'')*'|\$(\w+)")


@dataclass(frozen=True, slots=True)
class Shown:
    """Some households of a region: those of the numbers from first to last and, where `villages` are named, of these."""

    snapshot: Snapshot
    region: Region
    households: tuple[int, int]
    villages: Sequence[str] = ()


def filled(sql: str, plan: Plan) -> str:
    """A statement with the run's values put in for their names: numbers, yes-nos and codes of the book, quoted.

    Not bound as parameters, because the engine folds only what it sees.
    """
    return _BOUND.sub(lambda m: literal(plan.bound[m[1]]) if m[1] else m[0], sql)


def execute(con: duckdb.DuckDBPyConnection, sql: str, plan: Plan) -> duckdb.DuckDBPyConnection:
    return con.execute(filled(sql, plan))


@contextmanager
def judged(con: duckdb.DuckDBPyConnection, plan: Plan) -> Iterator[None]:
    """Judge the households in the tables of `con`; inside, the plan's results can be queried."""
    try:
        for name, sql in plan.prepare:
            execute(con, f"CREATE OR REPLACE TEMP TABLE {name} AS {sql}", plan)
        yield
    finally:
        for name, _ in reversed(plan.prepare):
            con.execute(f"DROP TABLE IF EXISTS {name}")


def keep_place(con: duckdb.DuckDBPyConnection, place: str, codes: Sequence[str]) -> None:
    """Leave only the households of a place, whose prefixes are `codes`, in the tables. Raises DomainError where it has none."""
    if not codes:
        return
    con.execute(f"DELETE FROM household WHERE NOT ({inside(codes)})", list(codes))
    if con.execute("SELECT COUNT(*) FROM household").fetchone() == (0,):
        raise nobody_there(place)
    for table in ("person", "ledger", "receipt"):
        con.execute(f"DELETE FROM {table} WHERE household_no NOT IN (SELECT household_no FROM household)")


def inside(codes: Sequence[str]) -> str:
    """SQL for a household of one of the prefixes, which are bound."""
    return " OR ".join("starts_with(village_code, ?)" for _ in codes)

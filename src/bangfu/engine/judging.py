"""Run a compiled plan in DuckDB over the typed tables of a register."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from bangfu.rulebook.plan import Plan

_BOUND = re.compile(r"\$(\w+)")


def execute(con: duckdb.DuckDBPyConnection, sql: str, plan: Plan) -> duckdb.DuckDBPyConnection:
    """Execute one statement with the plan's values bound to the names it uses."""
    names = dict.fromkeys(_BOUND.findall(sql))
    return con.execute(sql, {name: plan.bound[name] for name in names})


@contextmanager
def judged(con: duckdb.DuckDBPyConnection, plan: Plan) -> Iterator[None]:
    """Judge the households in the tables `household`, `person`, `ledger`, `receipt` of `con`; inside, the plan's queries can be run."""
    try:
        for name, sql in plan.prepare:
            execute(con, f"CREATE OR REPLACE TEMP TABLE {name} AS {sql}", plan)
        yield
    finally:
        for name, _ in reversed(plan.prepare):
            con.execute(f"DROP TABLE IF EXISTS {name}")

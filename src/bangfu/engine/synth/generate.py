"""Make the households of one chunk in DuckDB: the steps in order, and what they are told."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files

import duckdb

from bangfu.engine.synth.geography import BLOCK, MOST_HOUSEHOLDS, block_villages, spread
from bangfu.kernel.divisions import Village
from bangfu.kernel.errors import DomainError
from bangfu.kernel.schema import schema
from bangfu.kernel.words import Text

# Mean sizes of the two kinds of household in composition.sql; the share of small ones is solved from them.
SMALL_MEAN = 1.69
LARGE_MEAN = 4.07
MEAN_SIZE = 2.36
AS_OF_YEAR = 2017
LEDGER_YEARS = 2
GAP_RATE = 0.05
ERROR_RATE = 0.02
RATE = 100_000
MOST_GAPS = 0.3
MOST_ERRORS = 0.25
# Between which numbers, both included, what shapes a register may be.
BOUNDS: Mapping[str, tuple[float, float]] = {
    "households": (1, MOST_HOUSEHOLDS),
    "as_of_year": (2000, 2099),
    "gap_rate": (0, MOST_GAPS),
    "error_rate": (0, MOST_ERRORS),
    "mean_size": (SMALL_MEAN, LARGE_MEAN),
    "ledger_years": (1, LEDGER_YEARS),
}

STEPS = ("body", "facts", "dues", "ledger", "slips", "receipt", "written")


class NotMakeable(DomainError):
    """What was asked of the synthetic register cannot be made."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One synthetic register: serials `first` to `first + households` (excluded), as at the end of `as_of_year`.

    Ledger and receipts are those of the last `ledger_years`, one or two: the facts know of no earlier ones.
    """

    households: int
    seed: int
    as_of_year: int = AS_OF_YEAR
    gap_rate: float = GAP_RATE
    error_rate: float = ERROR_RATE
    first: int = 0
    mean_size: float = MEAN_SIZE
    ledger_years: int = LEDGER_YEARS
    villages: tuple[Village, ...] | None = None

    def __post_init__(self) -> None:
        _refuse_outside("households", self.households, 1, MOST_HOUSEHOLDS - self.first)
        _refuse_outside("first_household", self.first, 0, MOST_HOUSEHOLDS - 1)
        for name in ("as_of_year", "gap_rate", "error_rate", "mean_size", "ledger_years"):
            _refuse_outside(name, getattr(self, name), *BOUNDS[name])

    @property
    def end(self) -> int:
        return self.first + self.households


def _refuse_outside(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise NotMakeable(
            "SYNTH_OUT_OF_BOUNDS",
            Text(
                f"{name} 为 {value}，应在 {least} 到 {most} 之间。请改正后重试。",
                f"{name} is {value}; it must lie between {least} and {most}. Change it and run again.",
            ),
        )


def connect(plan: Plan, threads: int | None = None) -> duckdb.DuckDBPyConnection:
    """A connection in memory that knows the macros, the compositions and what the plan says."""
    con = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    con.execute("SET enable_progress_bar = false")
    # As in the engine: with this pass DuckDB 2.0.0 fails on some expressions, depending on the data.
    con.execute("SET disabled_optimizers = 'statistics_propagation'")
    if threads:
        con.execute(f"SET threads = {threads}")
    _set(con, "seed_key", int.from_bytes(sha256(f"bangfu synth {plan.seed}".encode()).digest()[:8], "big"), "UBIGINT")
    _set(con, "as_of_year", plan.as_of_year, "INTEGER")
    _set(con, "ledger_years", plan.ledger_years, "INTEGER")
    _set(con, "small_share", round(1_000_000 * (LARGE_MEAN - plan.mean_size) / (LARGE_MEAN - SMALL_MEAN)), "INTEGER")
    _set(con, "gap_rate", round(plan.gap_rate * RATE), "INTEGER")
    _set(con, "error_rate", round(plan.error_rate * RATE), "INTEGER")
    for step in ("macros", "composition"):
        con.execute(_sql(step))
    _fill_items(con)
    return con


def make_chunk(con: duckdb.DuckDBPyConnection, plan: Plan, start: int, stop: int) -> None:
    """Fill <table>_written for each of the four tables with the households start to stop (excluded)."""
    _set(con, "chunk_from", start, "BIGINT")
    _set(con, "chunk_until", stop, "BIGINT")
    _fill_villages(con, plan, start, stop)
    for step in STEPS:
        con.execute(_sql(step))


def _sql(step: str) -> str:
    return (files("bangfu.engine.synth") / "sql" / f"{step}.sql").read_text(encoding="utf-8")


def _set(con: duckdb.DuckDBPyConnection, name: str, value: int, kind: str) -> None:
    con.execute(f"SET VARIABLE {name} = {value}::{kind}")


def _fill_items(con: duckdb.DuckDBPyConnection) -> None:
    """The items in the contract's order, which is the ledger's; their groups; and the key of a draw that each needs."""
    items = schema().codes["item"]
    con.execute("CREATE TYPE ledger_item AS ENUM ('" + "', '".join(items) + "')")
    con.execute("CREATE TABLE item_group (item ledger_item, name VARCHAR, whose UBIGINT)")
    rows = [(code, item.group, f"whose {code}") for code, item in items.items()]
    con.executemany("INSERT INTO item_group VALUES (?, ?, field_key(?))", rows)


def _fill_villages(con: duckdb.DuckDBPyConnection, plan: Plan, start: int, stop: int) -> None:
    """Say from which serial on each village of the chunk begins."""
    con.execute("CREATE OR REPLACE TEMP TABLE village (starts_at BIGINT, code VARCHAR)")
    if plan.villages is None:
        blocks = range(start // BLOCK, (stop - 1) // BLOCK + 1)
        rows = [row for block in blocks for row in block_villages(block, plan.end)]
    else:
        rows = spread([v.code for v in plan.villages], plan.first, plan.end)
    con.executemany("INSERT INTO village VALUES (?, ?)", rows)

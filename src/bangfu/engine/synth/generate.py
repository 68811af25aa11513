"""Make the households of one chunk in DuckDB: the steps in order, and what they are told."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files

import duckdb

from bangfu.kernel.divisions import Village, villages
from bangfu.kernel.errors import DomainError
from bangfu.kernel.schema import schema
from bangfu.kernel.words import Text

# Mean sizes of the two kinds of household in composition.sql; the share of small ones is solved from them.
SMALL_MEAN = 1.69
LARGE_MEAN = 4.07
MEAN_SIZE = 2.36
# Within a block of one county ID numbers cannot meet; body.sql explains.
BLOCK = 16_384
HOME_COUNTY = "371102"
# Invented counties 01..20 by 03..99 of province 37, beside the home county.
MOST_HOUSEHOLDS = BLOCK * (1 + 20 * 97)
VILLAGES_A_BLOCK = 70
RATE = 100_000
MOST_GAPS = 0.3
MOST_ERRORS = 0.25

STEPS = ("body", "facts", "dues", "ledger", "slips", "receipt", "written")


class NotMakeable(DomainError):
    """What was asked of the synthetic register cannot be made."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One synthetic register: serials `first` to `first + households` (excluded), as at the end of `as_of_year`."""

    households: int
    seed: int
    as_of_year: int
    gap_rate: float
    error_rate: float
    first: int = 0
    mean_size: float = MEAN_SIZE
    villages: tuple[Village, ...] | None = None

    def __post_init__(self) -> None:
        _refuse_outside("households", self.households, 1, MOST_HOUSEHOLDS - self.first)
        _refuse_outside("first_household", self.first, 0, MOST_HOUSEHOLDS - 1)
        _refuse_outside("as_of_year", self.as_of_year, 2000, 2099)
        _refuse_outside("gap_rate", self.gap_rate, 0, MOST_GAPS)
        _refuse_outside("error_rate", self.error_rate, 0, MOST_ERRORS)
        _refuse_outside("mean_size", self.mean_size, SMALL_MEAN, LARGE_MEAN)


def _refuse_outside(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise NotMakeable(
            "SYNTH_OUT_OF_BOUNDS",
            Text(
                f"{name} 为 {value}，应在 {least} 到 {most} 之间。请改正后重试。",
                f"{name} is {value}; it must lie between {least} and {most}. Change it and run again.",
            ),
        )


def connect(plan: Plan) -> duckdb.DuckDBPyConnection:
    """A connection in memory that knows the macros, the compositions and what the plan says."""
    con = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    con.execute("SET enable_progress_bar = false")
    # As in the engine: with this pass DuckDB 2.0.0 fails on some expressions, depending on the data.
    con.execute("SET disabled_optimizers = 'statistics_propagation'")
    for step in ("macros", "composition"):
        con.execute(_sql(step))
    _set(con, "seed_key", int.from_bytes(sha256(f"bangfu synth {plan.seed}".encode()).digest()[:8], "big"), "UBIGINT")
    _set(con, "as_of_year", plan.as_of_year, "INTEGER")
    _set(con, "small_share", round(1_000_000 * (LARGE_MEAN - plan.mean_size) / (LARGE_MEAN - SMALL_MEAN)), "INTEGER")
    _set(con, "gap_rate", round(plan.gap_rate * RATE), "INTEGER")
    _set(con, "error_rate", round(plan.error_rate * RATE), "INTEGER")
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
    con.execute("CREATE TABLE item_group (item VARCHAR, name VARCHAR, rank INTEGER)")
    rows = [(code, item.group, rank) for rank, (code, item) in enumerate(schema().codes["item"].items())]
    con.executemany("INSERT INTO item_group VALUES (?, ?, ?)", rows)


def _fill_villages(con: duckdb.DuckDBPyConnection, plan: Plan, start: int, stop: int) -> None:
    """Say from which serial on each village of the chunk begins."""
    con.execute("CREATE OR REPLACE TEMP TABLE village (starts_at BIGINT, code VARCHAR)")
    if plan.villages is None:
        blocks = range(start // BLOCK, (stop - 1) // BLOCK + 1)
        rows = [row for block in blocks for row in _block_villages(plan, block)]
    else:
        rows = _spread([v.code for v in plan.villages], plan.first, plan.first + plan.households)
    con.executemany("INSERT INTO village VALUES (?, ?)", rows)


def _block_villages(plan: Plan, block: int) -> list[tuple[int, str]]:
    codes = [v.code for v in villages(HOME_COUNTY)] if block == 0 else _invented_villages(block)
    return _spread(codes, block * BLOCK, min((block + 1) * BLOCK, plan.first + plan.households))


def _invented_villages(block: int) -> list[str]:
    """Village codes of a county that does not exist; counties rise with the block."""
    city, county = divmod(block - 1, 97)
    township = (f"37{city + 1:02d}{county + 3:02d}{100 + n // 10:03d}" for n in range(VILLAGES_A_BLOCK))
    return [f"{code}{201 + n % 10:03d}" for n, code in enumerate(township)]


def _spread(codes: Sequence[str], start: int, stop: int) -> list[tuple[int, str]]:
    """Divide the serials over villages of unequal size: between one and five shares each."""
    shares = [1 + sha256(code.encode()).digest()[0] % 5 for code in codes]
    starts: dict[int, str] = {}
    before = 0
    for code, share in zip(codes, shares, strict=True):
        # Where there are more villages than households, the first village to begin at a serial has it.
        starts.setdefault(start + (stop - start) * before // sum(shares), code)
        before += share
    return list(starts.items())

"""Judge one piece of a snapshot, a region or a part of a large one, by itself and in bounded memory; what came of it stands with a record of its own.

Kept apart from the run (regions.py), so that a process that judges pieces loads no more than that takes.
"""

import os
import pickle
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from bangfu.engine import one_by_one
from bangfu.engine.duck import counted, open_engine
from bangfu.engine.figures import Figures, gather
from bangfu.engine.judging import Shown, filled, judged, keep_place
from bangfu.engine.request import PlacedRules, Request, Wanted, rules_by_place, villages_in
from bangfu.engine.results.target import Format
from bangfu.engine.results.write import copy_rows, digest_of, show_table, write_rows, write_table
from bangfu.engine.snapshot.layout import ROW_GROUP, Region
from bangfu.engine.snapshot.read import Snapshot, attach, drop, load
from bangfu.engine.unfinished import read_json, write_json
from bangfu.kernel.schema import Table, schema
from bangfu.rulebook.book import Book
from bangfu.rulebook.judge import Judge
from bangfu.rulebook.plan import Plan

if TYPE_CHECKING:
    from bangfu.engine.arrays import OverArrays, Results
    from bangfu.engine.spark.session import Spark

# Households of a region judged at once: the rows of a group, so that no group of households is read for two pieces.
PORTION = ROW_GROUP
# An assessment alone is judged in so many times larger pieces; above so many households in still larger ones, but for so many regions at the end.
ALONE = 2
ALONE_OF_MANY = 4
MANY = 64 * PORTION
FEW = 8
MEMORY = "700MB"  # of each worker's engine; beyond that it spills
# A snapshot below this is assessed in the time that other processes take to start.
SMALL = 16 << 20


@dataclass(frozen=True, slots=True)
class Finished:
    """The record of a piece whose results are whole: rows by table, each file with its bytes and digest, and the numbers of it."""

    households: int
    rows: Mapping[str, int]
    files: Mapping[str, Mapping[str, Any]]
    figures: Figures

    def as_json(self) -> dict[str, Any]:
        return {
            "households": self.households,
            "rows": self.rows,
            "files": self.files,
            "figures": self.figures.as_json(),
        }


@dataclass(frozen=True, slots=True)
class Run:
    """What is the same for every piece; `plans`, `arrays` and `judges` keep what was compiled, by the places whose rules they are."""

    request: Request
    wanted: Wanted
    form: Format
    book: Book
    snapshot: Snapshot
    work: Path
    plans: dict[tuple[str, ...], Plan] = field(default_factory=dict)
    arrays: "dict[tuple[tuple[str, ...], int], OverArrays | None]" = field(default_factory=dict)
    judges: dict[tuple[str, ...], Judge] = field(default_factory=dict)

    def plan(self, placed: PlacedRules) -> Plan:
        places = placed.rules.places
        if places not in self.plans:
            self.plans[places] = self.wanted.plan(placed.rules)
        return self.plans[places]

    def judge(self, placed: PlacedRules) -> Judge:
        places = placed.rules.places
        if places not in self.judges:
            self.judges[places] = Judge(placed.rules, self.wanted.lang)
        return self.judges[places]

    def over_arrays(self, placed: PlacedRules) -> "Iterator[OverArrays]":
        """How arrays do it, first for amounts as they usually are, then for any; nothing where DuckDB does it sooner, or alone can."""
        if self.snapshot.bytes <= SMALL:
            return
        # What reads a plan's SQL takes long to load, and small snapshots, and whoever only asks for a run, have no use for it.
        from bangfu.engine import arrays  # noqa: PLC0415

        for most_money in arrays.AMOUNTS:
            key, wanted = (placed.rules.places, most_money), self.wanted
            if key not in self.arrays:
                self.arrays[key] = arrays.over_arrays(
                    placed.rules, wanted.lang, wanted.tables, relevant=wanted.relevant, most_money=most_money
                )
            if made := self.arrays[key]:
                yield made


@dataclass(frozen=True, slots=True)
class Piece:
    """A region, or a part of a large one: the households from one number to another, both included."""

    region: Region
    name: str
    households: tuple[int, int]

    @property
    def size(self) -> int:
        return self.households[1] - self.households[0] + 1


@dataclass(frozen=True, slots=True)
class Job:
    """One piece to assess. `run` is a pickled Run: packed once, unpacked by each worker once, though the pieces are many."""

    run: bytes
    piece: Piece


def ready() -> None:
    """What a process that will judge pieces does first: this module is loaded by then."""


def pieces_of(regions: Iterable[Region], wanted: Wanted) -> list[Piece]:
    """Regions in pieces that are small enough to be judged at once, all but the last of each region of one size.

    An assessment alone takes larger ones, and still larger ones where there are many; but for the last regions, so that no process is long left
    waiting for another.
    """
    regions = list(regions)
    alone = wanted.tables == ("assessment",)
    large = len(regions) - FEW if sum(region.households for region in regions) > MANY else 0
    pieces = []
    for place, region in enumerate(regions):
        size = PORTION * ((ALONE_OF_MANY if place < large else ALONE) if alone else 1)
        firsts = range(region.first_household, region.last_household + 1, size)
        for n, first in enumerate(firsts, start=1):
            name = region.name if len(firsts) == 1 else f"{region.name}-{n:03d}"
            pieces.append(Piece(region, name, (first, min(first + size - 1, region.last_household))))
    return pieces


def cut() -> list[int]:
    """What `pieces_of` goes by: a run that was begun in other pieces cannot be gone on with."""
    return [PORTION, ALONE, ALONE_OF_MANY, MANY, FEW]


def _record(run: Run, piece: Piece) -> Path:
    return run.work / "done" / f"{piece.name}.json"


def finished(run: Run, piece: Piece) -> Finished | None:
    """What an earlier run finished of a piece, its files and its record still what they were."""
    said = read_json(_record(run, piece))
    try:
        for name, file in said["files"].items():
            path = run.work / "result" / name
            if not path.is_file() or path.stat().st_size != file["bytes"] or digest_of(path) != file["sha256"]:
                return None  # cut short when the machine went down: it is made again
        return Finished(said["households"], said["rows"], said["files"], Figures.from_json(said["figures"]))
    except (KeyError, TypeError, ValueError, AttributeError):  # no record, or none that says this
        return None


def assess_piece(job: Job, *, spark: "Spark | None" = None) -> Finished:
    """Judge a piece; its files come to stand in `result` together, then its record is written."""
    run, piece = _unpacked(job.run), job.piece
    making = run.work / f"making-{piece.name}"
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir()
    _check(job.run, piece.region.name)
    done = _judge(_engine(run.work), run, piece, making, spark)
    for name in done.files:
        (run.work / "result" / name).parent.mkdir(exist_ok=True)
        (making / name).replace(run.work / "result" / name)
    shutil.rmtree(making)
    write_json(_record(run, piece), done.as_json())
    return done


@lru_cache(maxsize=1)
def _engine(work: Path) -> duckdb.DuckDBPyConnection:
    """One for all the pieces that this process judges: to close one hands the system all memory, and to get it back takes as long as a tenth of a piece.

    Of one thread: the same input then gives the same bytes, and pieces fill the cores.
    """
    return open_engine(work / f"spill-{os.getpid()}", threads=1, memory=MEMORY)


def spills(work: Path) -> Iterable[Path]:
    """Where the engines of a run put what does not fit into memory."""
    return work.glob("spill-*")


def let_go() -> None:
    """What a process that judged pieces does last, unless it ends: its engine is closed and what was compiled forgotten."""
    for kept in (_engine, _check, _unpacked):
        kept.cache_clear()


@lru_cache(maxsize=64)
def _check(packed: bytes, region: str) -> None:
    """Read a region's files through, once for all the pieces of it that this process judges. Raises DomainError."""
    snapshot = _unpacked(packed).snapshot
    snapshot.check(next(each for each in snapshot.regions if each.name == region))


@lru_cache(maxsize=1)
def _unpacked(packed: bytes) -> Run:
    run: Run = pickle.loads(packed)  # noqa: S301  # made by this program a moment ago
    return run


def _judge(con: duckdb.DuckDBPyConnection, run: Run, piece: Piece, making: Path, spark: "Spark | None") -> Finished:
    rows: dict[str, int] = dict.fromkeys(run.wanted.tables, 0)
    files: dict[str, dict[str, Any]] = {}
    figures = Figures()
    households = 0
    for stem, placed, shown in _placed(con, run, piece):
        judging = spark.judged(run.plan(placed), shown, making) if spark else _judging(con, run, placed, shown)
        with judging as results:
            for table, rows_or_query in results.items():
                file = Path(table) / f"{stem}.{run.form}"
                (making / table).mkdir(exist_ok=True)
                _write(con, schema().results[table], rows_or_query, making / file, run.form)
                rows[table] += counted(con, table)
                files[file.as_posix()] = {
                    "sha256": digest_of(making / file),
                    "bytes": (making / file).stat().st_size,
                }
            households += counted(con, "household")
            figures += gather(con, run.book, run.wanted.tables)
        drop(con, run.wanted.tables)
    return Finished(households, rows, files, figures)


def _write(
    con: duckdb.DuckDBPyConnection, table: Table, made: str | Sequence[pa.Table], file: Path, form: Format
) -> None:
    """Write a result table, which then stands in `con` under its own name."""
    if not isinstance(made, str):
        if form != "parquet":
            write_table(con, table, f"SELECT * FROM {table.name}", file, form)
        elif table.name == "entitlement":
            write_rows(table, made, file)
        else:
            # A household has a dozen entitlements and one assessment: only lists that several rows share are worth keeping.
            copy_rows(con, table, made, file)
    elif form == "parquet":
        write_table(con, table, made, file, form)
        show_table(con, table, table.name, file)
    else:
        con.execute(f"CREATE OR REPLACE TEMP TABLE {table.name} AS {made}")
        write_table(con, table, f"SELECT * FROM {table.name}", file, form)


def _judging(
    con: duckdb.DuckDBPyConnection, run: Run, placed: PlacedRules, shown: Shown
) -> "AbstractContextManager[Results]":
    """Judge the households shown in `con`, over arrays where that can be and pays, few one by one; inside, the results."""
    for arrays in run.over_arrays(placed) if not shown.villages else ():
        if judging := arrays.judging(con, shown):
            return judging
    if counted(con, "household") <= one_by_one.FEW:
        return one_by_one.judged_one_by_one(con, [(run.judge(placed), placed.villages)], run.wanted)
    return _by_duckdb(con, run.plan(placed))


@contextmanager
def _by_duckdb(con: duckdb.DuckDBPyConnection, plan: Plan) -> "Iterator[Results]":
    with judged(con, plan):
        yield {table: filled(sql, plan) for table, sql in plan.results.items()}


def _placed(con: duckdb.DuckDBPyConnection, run: Run, piece: Piece) -> Iterator[tuple[str, PlacedRules, Shown]]:
    """Show a piece's households in `con`, those under one set of rules at a time; with a name for the files of each.

    The last says which these are to whoever reads the snapshot's own files.
    """
    request, snapshot, region = run.request, run.snapshot, piece.region
    codes = request.codes(run.book)
    attach(con, snapshot, [region], households=piece.households, check=False)
    every = villages_in(con)
    mine = [village for village in every if not codes or village.startswith(codes)]
    groups = list(rules_by_place(request, run.book, mine)) if mine else []
    for n, placed in enumerate(groups, start=1):
        some = placed.villages if len(placed.villages) < len(every) else ()
        if some:
            load(con, snapshot, [region], households=piece.households, check=False)
            keep_place(con, request.place, placed.villages)
        name = piece.name if len(groups) == 1 else f"{piece.name}.{n}"
        yield name, placed, Shown(snapshot, region, piece.households, some)

"""Assess a snapshot region by region: each judged by itself in bounded memory, its results kept as soon as they are whole.

The result is a folder with one folder a table and one file a region in it, and a manifest, written last. What an interruption
leaves in OUT.partial (finished regions, with a record of each) is taken up again with `resume`.
"""

import json
import os
import pickle
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import duckdb

from bangfu import __version__
from bangfu.engine.assess import Outcome, Progress, keep_place, report_of
from bangfu.engine.duck import open_engine
from bangfu.engine.figures import Figures, gather
from bangfu.engine.judging import filled, judged
from bangfu.engine.register import RegisterReport
from bangfu.engine.request import PlacedRules, Request, Wanted, nobody_there, rules_by_place, villages_in
from bangfu.engine.results import Target
from bangfu.engine.results.target import KEPT, MANIFEST, Format
from bangfu.engine.results.write import digest_of, manifest_of, show_table, write_table
from bangfu.engine.snapshot import Snapshot, attach, load, open_snapshot
from bangfu.engine.snapshot.layout import Region
from bangfu.engine.snapshot.parts import find_parts, fingerprint
from bangfu.engine.snapshot.regions import write_json
from bangfu.engine.snapshot.write import Listing, Order, SnapshotTarget, prepare
from bangfu.engine.spark.session import Shown, Spark
from bangfu.engine.summary import Summary, summarise
from bangfu.engine.workers import do_each
from bangfu.kernel.errors import DomainError, RegisterRefused
from bangfu.kernel.schema import ResultTable, schema
from bangfu.kernel.words import Text
from bangfu.rulebook.book import Book
from bangfu.rulebook.plan import Plan

PORTION = 200_000  # households of a region judged at once
MEMORY = "700MB"  # of each worker's engine; beyond that it spills
# A snapshot below this is assessed in the time that other processes take to start.
SMALL = 16 << 20
_WORTH_KEEPING = ("done/*.json", "snapshot/manifest.json", "snapshot.partial/done/*.json")


@dataclass(frozen=True, slots=True)
class Finished:
    """The record of a region whose results are whole: rows by table, each file with its bytes and digest, and the numbers of it."""

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
class _Run:
    """What is the same for every region; `plans` keeps what was compiled, by the places whose rules they are."""

    request: Request
    wanted: Wanted
    form: Format
    book: Book
    snapshot: Snapshot
    work: Path
    plans: dict[tuple[str, ...], Plan] = field(default_factory=dict)

    def plan(self, placed: PlacedRules) -> Plan:
        places = placed.rules.places
        if places not in self.plans:
            self.plans[places] = self.wanted.plan(placed.rules)
        return self.plans[places]


@dataclass(frozen=True, slots=True)
class _Job:
    """One region to assess. `run` is a pickled _Run: packed once, unpacked by each worker once, though the regions are many."""

    run: bytes
    region: Region


def assess_snapshot(  # noqa: PLR0913  # the whole of a run
    request: Request,
    target: Target,
    wanted: Wanted,
    *,
    resume: bool,
    progress: Progress,
    workers: int | None = None,
    spark: Spark | None = None,
) -> Outcome:
    """Assess a snapshot and write the results, csv or parquet. Without `workers` its size decides how many.

    With `spark` it judges the regions, one after another and each with all that it has, and DuckDB only writes what came out.

    Raises DomainError; regions that were finished before are kept in OUT.partial.
    """
    book = request.book()
    request.check_settings(book)
    snapshot = open_snapshot(request.register)
    placed = _rules_of_all(request, book, snapshot)
    source = [[r.name, *(piece.sha256 for piece in r.files.values())] for r in snapshot.regions]
    with target.aside(resume=resume, keeps=_keeps(target)) as work:
        _begin(request, wanted, target.format, book, source, work)
        run = _Run(request, wanted, target.format, book, snapshot, work)
        return _assess(run, placed, target, {}, workers=workers, progress=progress, spark=spark)


def assess_registers(  # noqa: PLR0913  # the whole of a run
    request: Request,
    target: Target,
    wanted: Wanted,
    *,
    resume: bool,
    progress: Progress,
    workers: int | None = None,
    spark: Spark | None = None,
) -> Outcome:
    """Assess a folder of raw registers: prepared first, inside OUT.partial, and then as `assess_snapshot` does.

    Raises RegisterRefused too, and then leaves nothing. Rows set aside are listed in `rejected`, a file a register.
    """
    book = request.book()
    request.check_settings(book)
    source = [request.skip_bad_rows, fingerprint(find_parts(request.register))]
    with target.aside(resume=resume, keeps=_keeps(target)) as work:
        _begin(request, wanted, target.format, book, source, work)
        rejected = _prepare(request, target.format, wanted, book, work, workers=workers, progress=progress)
        snapshot = open_snapshot(work / "snapshot")
        placed = _rules_of_all(request, book, snapshot)
        run = _Run(request, wanted, target.format, book, snapshot, work)
        return _assess(run, placed, target, rejected, workers=workers, progress=progress, spark=spark)


def _keeps(target: Target) -> Callable[[BaseException], bool]:
    """What was finished outlives every end of a run but a refusal of what it was asked for."""

    def keeps(problem: BaseException) -> bool:
        refused = isinstance(problem, RegisterRefused) or (
            isinstance(problem, DomainError) and problem.code == "NO_SUCH_PLACE"
        )
        work = target.partial
        return not refused and any(any(work.glob(done)) for done in _WORTH_KEEPING)

    return keeps


def _prepare(  # noqa: PLR0913  # the whole of a run, once more
    request: Request, form: Format, wanted: Wanted, book: Book, work: Path, *, workers: int | None, progress: Progress
) -> Mapping[str, Mapping[str, Any]]:
    """Make the snapshot of the registers, unless an earlier run did; the lists of what was set aside, by the file's name."""
    record = work / "prepared.json"
    if not record.exists():
        # Forced, because a run may have been killed when the snapshot stood and the record did not.
        target = SnapshotTarget(work / "snapshot", "parquet", force=True)
        listing = Listing(work / "result" / "rejected", form, wanted.lang) if request.skip_bad_rows else None
        order = Order(
            request.register,
            policies=book.policy_codes(),
            skip_bad_rows=request.skip_bad_rows,
            resume=target.partial.exists(),
            workers=workers,
            listing=listing,
        )
        prepared = prepare(order, target, made_at="", progress=progress)
        write_json(record, {f"rejected/{name}": asdict(piece) for name, piece in prepared.rejected.items()})
    said: dict[str, dict[str, Any]] = json.loads(record.read_text(encoding="utf-8"))
    return said


def _rules_of_all(request: Request, book: Book, snapshot: Snapshot) -> list[PlacedRules]:
    """The rules of every village asked for. Raises DomainError where there is none, or where no rules are in force.

    Looked at first, so that nobody hears after an hour what could be said at once.
    """
    codes = request.codes(book)
    regions = snapshot.regions_of(codes)
    villages: list[str] = []
    if regions:
        with closing(open_engine()) as con:
            try:
                attach(con, snapshot, regions, check=False)
                villages = [village for village in villages_in(con) if not codes or village.startswith(codes)]
            except duckdb.Error:
                for region in regions:
                    snapshot.check(region)  # names the file that cannot be read
                raise
    if not villages:
        raise nobody_there(request.place)
    return list(rules_by_place(request, book, villages))


def _assess(  # noqa: PLR0913  # the whole of a run, from two doors
    run: _Run,
    placed: Sequence[PlacedRules],
    target: Target,
    rejected: Mapping[str, Mapping[str, Any]],
    *,
    workers: int | None,
    progress: Progress,
    spark: Spark | None,
) -> Outcome:
    """`rejected` are files that stand in the result already, with rows, bytes and digest."""
    regions = run.snapshot.regions_of(run.request.codes(run.book))
    finished = {region.name: done for region in regions if (done := _finished(run, region))}
    left = [region for region in regions if region.name not in finished]
    before = len(finished)
    packed = pickle.dumps(run)
    try:
        made = do_each(
            partial(_assess_region, spark=spark),
            [_Job(packed, region) for region in left],
            # Spark itself spreads a region over what it has.
            workers=1 if spark else workers or ((os.cpu_count() or 1) if run.snapshot.bytes > SMALL else 1),
            done=lambda n: progress(_so_far(before + n, len(regions))),
        )
    except DomainError as problem:
        if problem.code in ("SNAPSHOT_DAMAGED", "SNAPSHOT_INCOMPLETE", "SPARK_FAILED", "SPARK_LOST"):
            text = problem.text
            raise DomainError(problem.code, Text(f"{text.zh}{KEPT.zh}", f"{text.en} {KEPT.en}")) from problem
        raise
    finished |= {region.name: done for region, done in zip(left, made, strict=True)}
    summary, report = _assemble(run, placed, [finished[region.name] for region in regions], rejected)
    target.take(run.work / "result")
    return Outcome(summary, target.path, report)


def _assemble(
    run: _Run, placed: Sequence[PlacedRules], finished: Sequence[Finished], rejected: Mapping[str, Mapping[str, Any]]
) -> tuple[Summary, RegisterReport]:
    """Write the manifest of all regions; what is said of them."""
    snapshot, tables = run.snapshot, run.wanted.tables
    report = report_of(snapshot)
    rows: dict[str, int] = {table: sum(done.rows[table] for done in finished) for table in tables}
    files = {name: said for done in finished for name, said in done.files.items()}
    if rejected:
        rows["rejected"] = sum(said["rows"] for said in rejected.values())
        files |= {name: {"sha256": said["sha256"], "bytes": said["bytes"]} for name, said in rejected.items()}
    manifest = manifest_of(
        placed,
        run.wanted,
        register=snapshot.counts,
        set_aside=(report.set_aside_households, report.set_aside_rows),
        rows=rows,
        files=files,
    )
    write_json(run.work / "result" / MANIFEST, manifest)
    figures = sum((done.figures for done in finished if done.households), Figures())
    return summarise(figures, placed, report.set_aside_households, tables), report


def _so_far(done: int, of: int) -> Text:
    return Text(f"已评估 {done}/{of} 个地区", f"assessed {done} of {of} regions")


# ---- what was done before


def _begin(request: Request, wanted: Wanted, form: Format, book: Book, source: Sequence[Any], work: Path) -> None:
    """Note what the working folder is for; `source` tells one snapshot, or folder of registers, from another.

    Raises DomainError where it was begun for something else.
    """
    asked = {
        "versions": [__version__, duckdb.__version__],
        "source": source,
        "as_of": request.as_of,
        "income_year": request.income_year,
        "settings": dict(request.settings),
        "layers": [layer.digest for layer in book.layers],
        "place": request.place,
        "wanted": [list(wanted.tables), wanted.relevant, wanted.lang, form],
    }
    record = work / "asked.json"
    if not record.exists():
        # Left by a run of another kind, which keeps no record: none of it must get into the result.
        for left in work.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()
    elif json.loads(record.read_text(encoding="utf-8")) != asked:
        raise DomainError(
            "RESUME_OTHER",
            Text(
                f"{work} 里没有做完的评估出自别的资料、规则或选项（或资料后来有改动），不能接着做。请去掉 --resume 重做，或换一个 --out。",
                f"The unfinished assessment in {work} is of other data, rules or options (or the data have changed since). "
                "Leave out --resume to begin anew, or choose another --out.",
            ),
        )
    write_json(record, asked)
    for folder in ("done", "result"):
        (work / folder).mkdir(exist_ok=True)


def _record(run: _Run, region: Region) -> Path:
    return run.work / "done" / f"{region.name}.json"


def _finished(run: _Run, region: Region) -> Finished | None:
    """What an earlier run finished of a region, its files still what they were."""
    if not _record(run, region).exists():
        return None
    said = json.loads(_record(run, region).read_text(encoding="utf-8"))
    for name, file in said["files"].items():
        path = run.work / "result" / name
        if not path.is_file() or path.stat().st_size != file["bytes"] or digest_of(path) != file["sha256"]:
            return None  # cut short when the machine went down: it is made again
    return Finished(said["households"], said["rows"], said["files"], Figures.from_json(said["figures"]))


# ---- one region


def _assess_region(job: _Job, *, spark: Spark | None = None) -> Finished:
    """Judge a region portion by portion; its files come to stand in `result` together, then its record is written."""
    run, region = _unpacked(job.run), job.region
    making = run.work / f"making-{region.name}"
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir()
    # One thread: the same input then gives the same bytes, and regions fill the cores.
    with closing(open_engine(making / "spill", threads=1, memory=MEMORY)) as con:
        run.snapshot.check(region)
        done = _judge(con, run, region, making, spark)
    for name in done.files:
        (run.work / "result" / name).parent.mkdir(exist_ok=True)
        (making / name).replace(run.work / "result" / name)
    shutil.rmtree(making)
    write_json(_record(run, region), done.as_json())
    return done


@lru_cache(maxsize=1)
def _unpacked(packed: bytes) -> _Run:
    run: _Run = pickle.loads(packed)  # noqa: S301  # made by this program a moment ago
    return run


def _judge(con: duckdb.DuckDBPyConnection, run: _Run, region: Region, making: Path, spark: Spark | None) -> Finished:
    rows: dict[str, int] = dict.fromkeys(run.wanted.tables, 0)
    files: dict[str, dict[str, Any]] = {}
    figures = Figures()
    households = 0
    portions = list(_portions(region))
    for n, portion in enumerate(portions, start=1):
        name = region.name if len(portions) == 1 else f"{region.name}-{n:03d}"
        for stem, placed, shown in _placed(con, run, region, portion, name):
            plan = run.plan(placed)
            with spark.judged(plan, shown, making) if spark else _by_duckdb(con, plan) as results:
                for table, query in results.items():
                    file = Path(table) / f"{stem}.{run.form}"
                    (making / table).mkdir(exist_ok=True)
                    if run.form == "parquet":
                        write_table(con, schema().results[table], query, making / file, run.form)
                        show_table(con, schema().results[table], table, making / file)
                    else:
                        con.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS {query}")
                        write_table(con, schema().results[table], f"SELECT * FROM {table}", making / file, run.form)
                    rows[table] += _count(con, table)
                    files[file.as_posix()] = {
                        "sha256": digest_of(making / file),
                        "bytes": (making / file).stat().st_size,
                    }
                households += _count(con, "household")
                figures += gather(con, run.book, run.wanted.tables)
    return Finished(households, rows, files, figures)


@contextmanager
def _by_duckdb(con: duckdb.DuckDBPyConnection, plan: Plan) -> Iterator[dict[ResultTable, str]]:
    """Judge the households shown in `con`; inside, queries for the plan's results, by table."""
    with judged(con, plan):
        yield {table: filled(sql, plan) for table, sql in plan.results.items()}


def _portions(region: Region) -> Iterator[tuple[int, int]]:
    for first in range(region.first_household, region.last_household + 1, PORTION):
        yield first, min(first + PORTION - 1, region.last_household)


def _placed(
    con: duckdb.DuckDBPyConnection, run: _Run, region: Region, portion: tuple[int, int], name: str
) -> Iterator[tuple[str, PlacedRules, Shown]]:
    """Show a portion's households in `con`, those under one set of rules at a time; with a name for the files of each.

    The last says which these are to whoever reads the snapshot's own files.
    """
    request, snapshot = run.request, run.snapshot
    codes = request.codes(run.book)
    attach(con, snapshot, [region], households=portion, check=False)
    every = villages_in(con)
    mine = [village for village in every if not codes or village.startswith(codes)]
    groups = list(rules_by_place(request, run.book, mine)) if mine else []
    for n, placed in enumerate(groups, start=1):
        some = placed.villages if len(placed.villages) < len(every) else ()
        if some:
            load(con, snapshot, [region], households=portion, check=False)
            keep_place(con, request.place, placed.villages)
        yield name if len(groups) == 1 else f"{name}.{n}", placed, Shown(snapshot, region, portion, some)


def _count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    row = con.execute(f"SELECT COUNT(*) FROM {table}").fetchone()
    return int(row[0]) if row else 0

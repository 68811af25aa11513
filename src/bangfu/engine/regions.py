"""Assess a snapshot piece by piece, a region or a part of one: each judged by itself in bounded memory, its results kept as soon as they are whole.

The result is a folder with one folder a table and one file a region in it, and a manifest, written last. What an interruption
leaves in OUT.partial (finished pieces, with a record of each) is taken up again with `resume`.
"""

import os
import pickle
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from bangfu import __version__
from bangfu.engine.assess import Outcome, Progress, report_of
from bangfu.engine.duck import open_engine
from bangfu.engine.figures import Figures
from bangfu.engine.known_policies import refuse_unknown_in_snapshot
from bangfu.engine.pieces import (
    SMALL,
    Finished,
    Job,
    Run,
    assess_piece,
    cut,
    finished,
    let_go,
    pieces_of,
    ready,
    spills,
)
from bangfu.engine.register import RegisterReport
from bangfu.engine.request import PlacedRules, Request, Wanted, nobody_there, rules_by_place, villages_in
from bangfu.engine.results import Target
from bangfu.engine.results.target import MANIFEST, Format
from bangfu.engine.results.write import manifest_of
from bangfu.engine.snapshot import Snapshot, attach, open_snapshot
from bangfu.engine.snapshot.parts import find_parts, fingerprint
from bangfu.engine.snapshot.write import Listing, Order, SnapshotTarget, prepare
from bangfu.engine.summary import Summary, summarise
from bangfu.engine.unfinished import any_finished, begin, read_json, write_json
from bangfu.engine.workers import Workers
from bangfu.kernel.errors import DomainError, RegisterRefused
from bangfu.kernel.words import Text
from bangfu.rulebook.book import Book

if TYPE_CHECKING:
    from bangfu.engine.spark.session import Spark


def assess_snapshot(  # noqa: PLR0913  # the whole of a run
    request: Request,
    target: Target,
    wanted: Wanted,
    *,
    resume: bool,
    progress: Progress,
    workers: int | None = None,
    spark: "Spark | None" = None,
) -> Outcome:
    """Assess a snapshot and write the results, csv or parquet. Without `workers` its size decides how many.

    With `spark` it judges the regions, one after another and each with all that it has, and DuckDB only writes what came out.

    Raises DomainError; regions that were finished before are kept in OUT.partial.
    """
    snapshot = open_snapshot(request.register)
    with _crew(request, snapshot, wanted, workers, spark) as crew:
        book = request.book()
        request.check_settings(book)
        placed = _rules_of_all(request, book, snapshot)
        source = [[r.name, *(piece.sha256 for piece in r.files.values())] for r in snapshot.regions]
        with target.aside(resume=resume, keeps=_keeps(target)) as work:
            _begin(request, wanted, target.format, book, source, work)
            run = Run(request, wanted, target.format, book, snapshot, work)
            return _assess(run, placed, target, {}, crew=crew, progress=progress, spark=spark)


def _crew(request: Request, snapshot: Snapshot, wanted: Wanted, workers: int | None, spark: "Spark | None") -> Workers:
    """As many processes as there is work for. Spark itself spreads a piece over what it has."""
    codes = request.codes(request.book()) if request.place else ()
    pieces = len(pieces_of(snapshot.regions_of(codes), wanted))
    count = 1 if spark else workers or ((os.cpu_count() or 1) if snapshot.bytes > SMALL else 1)
    return Workers(min(count, pieces), ready)


def assess_registers(  # noqa: PLR0913  # the whole of a run
    request: Request,
    target: Target,
    wanted: Wanted,
    *,
    resume: bool,
    progress: Progress,
    workers: int | None = None,
    spark: "Spark | None" = None,
) -> Outcome:
    """Assess a folder of raw registers: prepared first, inside OUT.partial, and then as `assess_snapshot` does.

    Raises RegisterRefused too, and then leaves nothing. Rows set aside are listed in `rejected`, a file a register.
    """
    _refuse_target(request.register, target)
    book = request.book()
    request.check_settings(book)
    source = [request.skip_bad_rows, fingerprint(find_parts(request.register))]
    with target.aside(resume=resume, keeps=_keeps(target)) as work:
        _begin(request, wanted, target.format, book, source, work)
        rejected = _prepare(request, target.format, wanted, book, work, workers=workers, progress=progress)
        snapshot = open_snapshot(work / "snapshot")
        placed = _rules_of_all(request, book, snapshot)
        run = Run(request, wanted, target.format, book, snapshot, work)
        with _crew(request, snapshot, wanted, workers, spark) as crew:
            return _assess(run, placed, target, rejected, crew=crew, progress=progress, spark=spark)


def _refuse_target(registers: Path, target: Target) -> None:
    """Raises DomainError where the result would stand among the registers, and next time be taken for one of them."""
    if registers.resolve() in target.path.resolve().parents:
        raise DomainError(
            "OUT_IN_REGISTER",
            Text(
                f"结果要写到 {target.path}，在登记资料“{registers}”里面，以后会被当作其中一份。请用 --out 写到别处。",
                f"The result would be written to {target.path}, which lies among the registers in {registers} and would be taken for one of them. "
                "Choose another place with --out.",
            ),
        )


def _keeps(target: Target) -> Callable[[BaseException], bool]:
    """What was finished outlives every end of a run but a refusal of what it was asked for."""

    def keeps(problem: BaseException) -> bool:
        refused = isinstance(problem, RegisterRefused) or (
            isinstance(problem, DomainError) and problem.code == "NO_SUCH_PLACE"
        )
        return not refused and any_finished(target.partial)

    return keeps


def _prepare(  # noqa: PLR0913  # the whole of a run, once more
    request: Request, form: Format, wanted: Wanted, book: Book, work: Path, *, workers: int | None, progress: Progress
) -> Mapping[str, Mapping[str, Any]]:
    """Make the snapshot of the registers, unless an earlier run did; the lists of what was set aside, by the file's name."""
    record = work / "prepared.json"
    said: dict[str, dict[str, Any]] | None = read_json(record)
    if said is None:
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
        said = {f"rejected/{name}": asdict(piece) for name, piece in prepared.rejected.items()}
        write_json(record, said)
    return said


def _rules_of_all(request: Request, book: Book, snapshot: Snapshot) -> list[PlacedRules]:
    """The rules of every village asked for. Raises DomainError where there is none, where no rules are in force, or for a receipt of no policy of theirs.

    Looked at first, so that nobody hears after an hour what could be said at once.
    """
    refuse_unknown_in_snapshot(snapshot, book)
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
    run: Run,
    placed: Sequence[PlacedRules],
    target: Target,
    rejected: Mapping[str, Mapping[str, Any]],
    *,
    crew: Workers,
    progress: Progress,
    spark: "Spark | None",
) -> Outcome:
    """`rejected` are files that stand in the result already, with rows, bytes and digest."""
    pieces = pieces_of(run.snapshot.regions_of(run.request.codes(run.book)), run.wanted)
    whole = {piece.name: done for piece in pieces if (done := finished(run, piece))}
    left = [piece for piece in pieces if piece.name not in whole]
    before = len(whole)
    if len(placed) == 1:
        # Compiled here for all, while they start; where there are several, each finds those of its own pieces.
        next(run.over_arrays(placed[0]), None)
    packed = pickle.dumps(run)
    try:
        made = crew.do_each(
            partial(assess_piece, spark=spark),
            [Job(packed, piece) for piece in left],
            lambda n: progress(_so_far(before + n, len(pieces))),
            size=lambda job: job.piece.size,
        )
    finally:
        let_go()
    whole |= {piece.name: done for piece, done in zip(left, made, strict=True)}
    summary, report = _assemble(run, placed, [whole[piece.name] for piece in pieces], rejected)
    target.take(run.work / "result")
    return Outcome(summary, target.path, report)


def _assemble(
    run: Run, placed: Sequence[PlacedRules], finished: Sequence[Finished], rejected: Mapping[str, Mapping[str, Any]]
) -> tuple[Summary, RegisterReport]:
    """Write the manifest of all pieces; what is said of them."""
    snapshot, tables = run.snapshot, run.wanted.tables
    report = report_of(snapshot)
    aside = (report.set_aside_households, report.set_aside_rows)
    rows: dict[str, int] = {table: sum(done.rows[table] for done in finished) for table in tables}
    files = {name: said for done in finished for name, said in done.files.items()}
    if rejected:
        rows["rejected"] = sum(said["rows"] for said in rejected.values())
        files |= {name: {"sha256": said["sha256"], "bytes": said["bytes"]} for name, said in rejected.items()}
    manifest = manifest_of(
        placed,
        run.wanted,
        register=snapshot.counts,
        set_aside=aside,
        rows=rows,
        files=files,
    )
    write_json(run.work / "result" / MANIFEST, manifest)
    figures = sum((done.figures for done in finished if done.households), Figures())
    return summarise(figures, placed, aside, tables), report


def _so_far(done: int, of: int) -> Text:
    return Text(f"已评估 {done}/{of} 个分片", f"assessed {done} of {of} parts")


# ---- what was done before


def _begin(request: Request, wanted: Wanted, form: Format, book: Book, source: Sequence[Any], work: Path) -> None:
    """Note what the working folder is for; `source` tells one snapshot, or folder of registers, from another.

    Raises DomainError where it was begun for something else.
    """
    asked = {
        "versions": [__version__, duckdb.__version__],
        "source": source,
        "cut": cut(),
        "as_of": request.as_of,
        "income_year": request.income_year,
        "settings": dict(request.settings),
        "layers": [layer.digest for layer in book.layers],
        "place": request.place,
        "wanted": [list(wanted.tables), wanted.relevant, wanted.lang, form],
    }
    begin(work, Target.thing, asked)
    for spilled in spills(work):  # by processes that were ended
        shutil.rmtree(spilled)
    for folder in ("done", "result"):
        (work / folder).mkdir(exist_ok=True)

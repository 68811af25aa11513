"""The main job: a register in, an assessed register out, all of it or nothing.

A raw register, or what becomes a workbook, is read whole: lay the book's layers · read · group its households by the rules in force where
they live · judge each group (in portions, so that memory stays bounded) · write beside the target and rename. A snapshot is else assessed
region by region (regions.py).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from bangfu.engine import one_by_one
from bangfu.engine.duck import counted, open_engine
from bangfu.engine.figures import gather
from bangfu.engine.judging import execute, inside, judged, keep_place
from bangfu.engine.known_policies import refuse_unknown_in_registry, refuse_unknown_in_snapshot
from bangfu.engine.register import RegisterReport, read_register
from bangfu.engine.register.sums import make_sums
from bangfu.engine.request import PlacedRules, Request, Wanted, nobody_there, rules_by_place, villages_in
from bangfu.engine.results import Target
from bangfu.engine.results.whole import Results, write_results
from bangfu.engine.results.workbook import SHEET_ROWS
from bangfu.engine.snapshot import Snapshot, attach, is_snapshot, open_snapshot, read_in
from bangfu.engine.snapshot.layout import TABLES
from bangfu.engine.summary import Summary, summarise
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.rulebook.book import Book
from bangfu.rulebook.judge import Judge

PORTION = 200_000  # households judged at once; bounds memory
Progress = Callable[[Text], None]
Read = Callable[[duckdb.DuckDBPyConnection], RegisterReport]


@dataclass(frozen=True, slots=True)
class Outcome:
    summary: Summary
    written: Path
    report: RegisterReport


def assess(
    request: Request, target: Target, wanted: Wanted, *, progress: Progress, read: Read | None = None
) -> Outcome:
    """Assess a raw register, or a snapshot that fits a workbook's sheet, and write the results.

    `read` fills the prepared tables from elsewhere than `request.register`.
    Raises DomainError (RegisterRefused among them); then nothing is left behind.
    """
    book = request.book()
    codes = request.codes(book)
    # Before anything is read: what is asked for must be readable.
    request.check_settings(book)
    with target.aside() as work:
        con = open_engine(work / "spill")
        try:
            if read is not None:
                report = read(con)
                refuse_unknown_in_registry(con, book)
            elif is_snapshot(request.register):
                report = _read_snapshot(con, request, book, codes)
            else:
                report = read_register(
                    request.register,
                    into=con,
                    policies=book.policy_codes(),
                    skip_bad_rows=request.skip_bad_rows,
                    progress=progress,
                    lang=wanted.lang,
                )
            keep_place(con, request.place, codes)
            every = list(rules_by_place(request, book, villages_in(con)))
            _judge_all(con, every, wanted, progress=progress)
            aside = (report.set_aside_households, report.set_aside_rows)
            summary = summarise(gather(con, book, wanted.tables), every, aside, wanted.tables)
            progress(Text("写出结果", "Writing the results"))
            written = write_results(con, Results(every, report, wanted, summary), work, target)
        finally:
            con.close()
    return Outcome(summary, written, report)


def _read_snapshot(
    con: duckdb.DuckDBPyConnection, request: Request, book: Book, codes: Sequence[str]
) -> RegisterReport:
    """Read the regions with households asked for. Raises DomainError where these are more than people can read in a sheet."""
    snapshot = open_snapshot(request.register)
    refuse_unknown_in_snapshot(snapshot, book)
    regions = snapshot.regions_of(codes)
    if not regions:
        raise nobody_there(request.place)
    attach(con, snapshot, regions, check=False)
    where = f" WHERE {inside(codes)}" if codes else ""
    asked = con.execute(f"SELECT COUNT(*) FROM household{where}", list(codes)).fetchone()
    if asked and asked[0] > SHEET_ROWS:
        raise DomainError(
            "TOO_LARGE_FOR_A_WORKBOOK",
            Text(
                f"要评估的有 {asked[0]:,} 户，一张工作表放不下（至多 {SHEET_ROWS:,} 户）。请用 --place 缩小范围，或用 --format csv 或 parquet。",
                f"There are {asked[0]:,} households to assess, more than a sheet holds ({SHEET_ROWS:,}). "
                "Narrow it with --place, or choose --format csv or parquet.",
            ),
        )
    read_in(con, snapshot, regions)
    return report_of(snapshot)


def report_of(snapshot: Snapshot) -> RegisterReport:
    """What was said of the register when the snapshot was made."""
    aside = snapshot.manifest["set_aside"]
    notes = [Text(**note) for note in snapshot.manifest["as_told"]]
    # Snapshots made before strays were counted do not tell them from other rows, but where no household was set aside.
    strays = aside.get("strays", 0 if aside["households"] else aside["rows"])
    return RegisterReport(snapshot.counts, notes, aside["households"], aside["rows"], strays)


def _judge_all(
    con: duckdb.DuckDBPyConnection, every: Sequence[PlacedRules], wanted: Wanted, *, progress: Progress
) -> None:
    """Fill the result tables (with the numbers of household and person, and `position`: the book's order)."""
    total = counted(con, "household")
    if total <= one_by_one.FEW:
        judges = [(Judge(placed.rules, wanted.lang), placed.villages) for placed in every]
        with one_by_one.judged_one_by_one(con, judges, wanted) as results:
            for name, sql in results.items():
                con.execute(f"CREATE TABLE main.{name} AS {sql}")
        return
    make_sums(con)
    done = 0
    made = False
    for placed in every:
        plan = wanted.plan(placed.rules)
        for part in _portions(con, placed, whole=len(every) == 1 and total <= PORTION):
            with judged(con, plan):
                for name, sql in plan.results.items():
                    execute(
                        con,
                        f"INSERT INTO main.{name} BY NAME {sql}" if made else f"CREATE TABLE main.{name} AS {sql}",
                        plan,
                    )
            made = True
            done += part
            if total > PORTION:
                progress(Text(f"已评估 {done:,}/{total:,} 户", f"assessed {done:,} of {total:,} households"))
    if "assessment" in wanted.tables:
        # A household left out would look like one that is due nothing.
        assert counted(con, "main.assessment") == total


def _portions(con: duckdb.DuckDBPyConnection, placed: PlacedRules, *, whole: bool) -> Iterator[int]:
    """Show the register's tables portion by portion under their own names; yields the number of households shown.

    The whole tables are named with their catalog: `main.household` alone would mean the temporary one, the portion before.
    """
    if whole:
        yield counted(con, "household")
        return
    catalog = con.execute("SELECT current_database()").fetchone()
    assert catalog
    con.execute(
        "CREATE OR REPLACE TEMP TABLE village_here AS SELECT unnest(?::VARCHAR[]) AS village_code",
        [list(placed.villages)],
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE portion_of AS SELECT household_no, (row_number() OVER (ORDER BY household_no) - 1) // ? AS portion "
        f"FROM {catalog[0]}.main.household SEMI JOIN village_here USING (village_code)",
        [PORTION],
    )
    portions = con.execute("SELECT portion, COUNT(*) FROM portion_of GROUP BY portion ORDER BY portion").fetchall()
    try:
        for portion, count in portions:
            con.execute(
                "CREATE OR REPLACE TEMP TABLE here AS SELECT household_no FROM portion_of WHERE portion = ?", [portion]
            )
            for table in TABLES:
                con.execute(
                    f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT * FROM {catalog[0]}.main.{table} SEMI JOIN here USING (household_no)"
                )
            yield int(count)
    finally:
        for table in TABLES:
            con.execute(f"DROP TABLE IF EXISTS temp.{table}")

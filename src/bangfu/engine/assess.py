"""The main job: a register in, an assessed register out, all of it or nothing.

Steps: lay the book's layers · read the register · group its households by the rules in force where they live · judge each group
(in portions, so that memory stays bounded) · write beside the target and rename.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from bangfu.engine.judging import execute, judged
from bangfu.engine.register import RegisterReport, read_register
from bangfu.engine.results import Results, Target, write_results
from bangfu.engine.summary import Summary, summarise
from bangfu.kernel.errors import DomainError
from bangfu.kernel.schema import schema
from bangfu.kernel.words import Lang, Text
from bangfu.rulebook.book import Book, ParameterValue
from bangfu.rulebook.load import load_book, shipped_book, shipped_rules
from bangfu.rulebook.plan import compile_plan
from bangfu.rulebook.resolve import Rules, places_of, read_settings, resolve

PORTION = 200_000  # households judged at once; bounds memory
Progress = Callable[[Text], None]


@dataclass(frozen=True, slots=True)
class Request:
    """What to assess and how. `as_of` is a day as in kernel.days; `place` a division-code prefix or a unit's id ("" for all)."""

    register: Path
    as_of: int
    income_year: int | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    rules: Sequence[Path] = ()
    place: str = ""
    skip_bad_rows: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    summary: Summary
    written: Path
    report: RegisterReport


def open_engine(spill: Path | None = None) -> duckdb.DuckDBPyConnection:
    """A DuckDB of our own: in memory, spilling to `spill`, never reaching out for extensions."""
    con = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    con.execute("SET enable_progress_bar = false")
    # DuckDB 2.0.0 fails on some of our expressions when the values' statistics let it fold them ("BindBuiltinScalarFunction did not
    # return a BoundFunctionExpression"): an error that depends on the data.
    con.execute("SET disabled_optimizers = 'statistics_propagation'")
    if spill:
        con.execute("SET temp_directory = ?", [str(spill)])
    return con


def book_of(rules: Sequence[Path]) -> Book:
    """The shipped book, with local layers over it where any are given."""
    # Resolved, because a layer bears its folder's name, and `.` is none.
    return load_book([shipped_rules(), *(folder.resolve() for folder in rules)]) if rules else shipped_book()


def assess(request: Request, target: Target, *, lang: Lang = "zh", only_relevant: bool, progress: Progress) -> Outcome:
    """Assess a register and write the results. Raises DomainError (RegisterRefused among them); then nothing is left behind."""
    book = book_of(request.rules)
    settings = read_settings(book, request.settings)
    with target.aside() as work:
        con = open_engine(work / "spill")
        try:
            report = read_register(
                request.register,
                into=con,
                policies=book.policy_codes(),
                skip_bad_rows=request.skip_bad_rows,
                progress=progress,
                lang=lang,
            )
            keep_place(con, book, request.place)
            every = list(rules_by_place(con, book, request, settings))
            _judge_all(con, every, lang=lang, only_relevant=only_relevant, progress=progress)
            summary = summarise(con, every, report)
            progress(Text("写出结果", "Writing the results"))
            written = write_results(con, Results(every, report, lang, summary), work, target)
        finally:
            con.close()
    return Outcome(summary, written, report)


def keep_place(con: duckdb.DuckDBPyConnection, book: Book, place: str) -> None:
    """Leave only the households of a place in the tables. Raises DomainError where it has none."""
    if not place:
        return
    codes = book.units[place].codes if place in book.units else (place,)
    inside = " OR ".join("starts_with(village_code, ?)" for _ in codes)
    con.execute(f"DELETE FROM household WHERE NOT ({inside})", list(codes))
    count = con.execute("SELECT COUNT(*) FROM household").fetchone()
    if not count or not count[0]:
        raise DomainError(
            "NO_SUCH_PLACE",
            Text(
                f"登记资料里没有“{place}”的户；--place 应为区划代码（可只写前几位）。",
                f"The register has no household in '{place}'; --place wants a division code or its first digits.",
            ),
        )
    for table in ("person", "ledger", "receipt"):
        con.execute(f"DELETE FROM {table} WHERE household_id NOT IN (SELECT household_id FROM household)")


@dataclass(frozen=True, slots=True)
class PlacedRules:
    """The rules in force in some villages."""

    rules: Rules
    villages: tuple[str, ...]


def rules_by_place(
    con: duckdb.DuckDBPyConnection, book: Book, request: Request, settings: Mapping[str, ParameterValue]
) -> Iterator[PlacedRules]:
    """One set of rules for each distinct set of places that the register's villages lie in."""
    villages = [row[0] for row in con.execute("SELECT DISTINCT village_code FROM household ORDER BY 1").fetchall()]
    grouped: dict[tuple[str, ...], list[str]] = {}
    for village in villages:
        grouped.setdefault(places_of(book, village), []).append(village)
    for places, mine in grouped.items() or [((), [])]:
        try:
            rules = resolve(
                book, as_of=request.as_of, income_year=request.income_year, places=places, settings=settings
            )
        except DomainError as problem:
            raise _at(mine, problem) from problem
        yield PlacedRules(rules, tuple(mine))


def _at(villages: Sequence[str], problem: DomainError) -> DomainError:
    """The same refusal with the villages that it is about: the book may have no name for where they lie."""
    if not villages:
        return problem
    more = len(villages) - 1
    return DomainError(
        problem.code,
        Text(
            f"村 {villages[0]}{f' 等 {more + 1} 个村' if more else ''}：{problem.text.zh}",
            f"Village {villages[0]}{f' and {more} more' if more else ''}: {problem.text.en}",
        ),
    )


def _judge_all(
    con: duckdb.DuckDBPyConnection, every: Sequence[PlacedRules], *, lang: Lang, only_relevant: bool, progress: Progress
) -> None:
    """Fill the tables assessment, entitlement and finding (with `position`: the book's order)."""
    total = _count(con, "household")
    done = 0
    made = False
    for placed in every:
        plan = compile_plan(placed.rules, lang)
        for part in _portions(con, placed, whole=len(every) == 1 and total <= PORTION):
            with judged(con, plan):
                for name, sql in (
                    ("assessment", plan.assessment),
                    ("entitlement", plan.entitlement_relevant if only_relevant else plan.entitlement),
                    ("finding", plan.finding),
                ):
                    execute(
                        con,
                        f"INSERT INTO main.{name} BY NAME {sql}" if made else f"CREATE TABLE main.{name} AS {sql}",
                        plan,
                    )
            made = True
            done += part
            if total > PORTION:
                progress(Text(f"已评估 {done:,}/{total:,} 户", f"assessed {done:,} of {total:,} households"))
    # A household left out would look like one that is due nothing.
    assert _count(con, "main.assessment") == total


def _portions(con: duckdb.DuckDBPyConnection, placed: PlacedRules, *, whole: bool) -> Iterator[int]:
    """Show the register's tables portion by portion under their own names; yields the number of households shown.

    The whole tables are named with their catalog: `main.household` alone would mean the temporary one, the portion before.
    """
    if whole:
        yield _count(con, "household")
        return
    catalog = con.execute("SELECT current_database()").fetchone()
    assert catalog
    con.execute(
        "CREATE OR REPLACE TEMP TABLE village_here AS SELECT unnest(?::VARCHAR[]) AS village_code",
        [list(placed.villages)],
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE portion_of AS SELECT household_id, (row_number() OVER (ORDER BY village_code, household_id) - 1) // ? AS portion "
        f"FROM {catalog[0]}.main.household SEMI JOIN village_here USING (village_code)",
        [PORTION],
    )
    portions = con.execute("SELECT portion, COUNT(*) FROM portion_of GROUP BY portion ORDER BY portion").fetchall()
    try:
        for portion, count in portions:
            con.execute(
                "CREATE OR REPLACE TEMP TABLE here AS SELECT household_id FROM portion_of WHERE portion = ?", [portion]
            )
            for table in schema().tables:
                con.execute(
                    f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT * FROM {catalog[0]}.main.{table} SEMI JOIN here USING (household_id)"
                )
            yield int(count)
    finally:
        for table in schema().tables:
            con.execute(f"DROP TABLE IF EXISTS temp.{table}")


def _count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    row = con.execute(f"SELECT COUNT(*) FROM {table}").fetchone()
    return int(row[0]) if row else 0

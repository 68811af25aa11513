"""What is asked of an assessment, and the rules in force in the places that it is about."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import duckdb

from bangfu.kernel.errors import DomainError
from bangfu.kernel.schema import RESULT_TABLES, ResultTable
from bangfu.kernel.words import Lang, Text
from bangfu.rulebook.book import Book, ParameterValue
from bangfu.rulebook.kept import read_book, shipped_book, shipped_rules
from bangfu.rulebook.plan import Plan, compile_plan
from bangfu.rulebook.resolve import Rules, by_places, read_settings, resolve
from bangfu.rulebook.source import digest_of_folder


def book_of(rules: Sequence[Path]) -> Book:
    """The shipped book, with local layers over it where any are given. Read anew only where a layer's files have changed."""
    # Resolved, because a layer bears its folder's name, and `.` is none.
    folders = tuple(folder.resolve() for folder in rules)
    return _laid_over(folders, tuple(digest_of_folder(folder) for folder in folders)) if rules else shipped_book()


@lru_cache(maxsize=8)
def _laid_over(folders: tuple[Path, ...], _digests: tuple[str, ...]) -> Book:
    return read_book([shipped_rules(), *folders])


def digest_of_book(book: Book) -> str:
    """One digest of all layers."""
    return hashlib.sha256("\n".join(layer.digest for layer in book.layers).encode()).hexdigest()


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

    def book(self) -> Book:
        return book_of(self.rules)

    def check_settings(self, book: Book) -> None:
        """Raises SettingRefused for a name or value that the book does not take."""
        read_settings(book, self.settings)

    def codes(self, book: Book) -> tuple[str, ...]:
        """The prefixes of the village codes asked for; none where all are."""
        if not self.place:
            return ()
        return book.units[self.place].codes if self.place in book.units else (self.place,)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to come of it: which result tables, whether with relevant entitlement rows only, in which language."""

    tables: tuple[ResultTable, ...] = RESULT_TABLES
    relevant: bool = False
    lang: Lang = "zh"

    def plan(self, rules: Rules) -> Plan:
        return compile_plan(rules, self.lang, tables=self.tables, relevant=self.relevant)


@dataclass(frozen=True, slots=True)
class PlacedRules:
    """The rules in force in some villages."""

    rules: Rules
    villages: tuple[str, ...]


def rules_by_place(request: Request, book: Book, villages: Sequence[str]) -> Iterator[PlacedRules]:
    """One set of rules for each distinct set of places that the villages lie in; for no villages, those of no place."""
    settings = read_settings(book, request.settings)
    for places, mine in by_places(book, villages).items() or [((), [])]:
        yield PlacedRules(_resolved(request, book, places, mine, settings), tuple(mine))


def _resolved(
    request: Request,
    book: Book,
    places: tuple[str, ...],
    villages: Sequence[str],
    settings: Mapping[str, ParameterValue],
) -> Rules:
    try:
        return resolve(book, as_of=request.as_of, income_year=request.income_year, places=places, settings=settings)
    except DomainError as problem:
        raise _at(villages, problem) from problem


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


def villages_in(con: duckdb.DuckDBPyConnection) -> list[str]:
    """The villages that have a household in the register shown in `con`."""
    return [row[0] for row in con.execute("SELECT DISTINCT village_code FROM household ORDER BY 1").fetchall()]


def nobody_there(place: str) -> DomainError:
    if not place:
        return DomainError(
            "NOBODY_THERE",
            Text("快照里一户也没有，没有可评估的。", "The snapshot holds no household: there is nothing to assess."),
        )
    return DomainError(
        "NO_SUCH_PLACE",
        Text(
            f"登记资料里没有“{place}”的户；--place 应为区划代码（可只写前几位）。",
            f"The register has no household in '{place}'; --place wants a division code or its first digits.",
        ),
    )

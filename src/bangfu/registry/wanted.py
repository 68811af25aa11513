"""Which papers the rulebook wants of households as of a day: in bulk by its SQL, and of one household with what is to be found out."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import duckdb

from bangfu.engine.duck import open_engine
from bangfu.engine.judging import execute, filled, judged
from bangfu.engine.register.staging import literal
from bangfu.engine.register.sums import make_sums
from bangfu.engine.request import book_of
from bangfu.kernel.days import day_from_date
from bangfu.kernel.words import Lang
from bangfu.registry.homes import home_of
from bangfu.registry.snapshots import read_registry
from bangfu.rulebook import tree
from bangfu.rulebook.book import Book, EvidenceKind
from bangfu.rulebook.evaluate import Home, Moment, present_on
from bangfu.rulebook.evidence import for_evidence
from bangfu.rulebook.judge import Judge
from bangfu.rulebook.plan import Plan, compile_plan
from bangfu.rulebook.resolve import Rules, by_places, places_of, resolve
from bangfu.rulebook.trail import Trail


@dataclass(frozen=True, slots=True)
class Wanted:
    """A paper that is wanted of a household or a member (by their numbers); `required` None: not known, for want of `unknown`."""

    household: str
    person: str | None
    kind: str
    required: bool | None
    unknown: tuple[str, ...] = ()


def wanted_of_all(households: Collection[int], day: date) -> list[Wanted]:
    """Of these households, however many: the same number of queries, and one statement for each set of places with rules of their own."""
    con = open_engine()
    try:
        read_registry(con, day, households)
        make_sums(con)
        by_village: dict[str, set[str]] = defaultdict(set)
        for number, village in con.execute("SELECT household_id, village_code FROM household").fetchall():
            by_village[village].add(number)
        return [
            each
            for places, villages in by_places(_book(), by_village).items()
            for each in _by_sql(con, _plan(day, places), set().union(*map(by_village.__getitem__, villages)))
        ]
    finally:
        con.close()


def require_of_all(con: duckdb.DuckDBPyConnection, day: date) -> None:
    """`required` (household, person, kind; by number): the papers that whoever is in the register of `con` surely has to have; as many statements."""
    make_sums(con)
    con.execute("CREATE OR REPLACE TABLE required (household VARCHAR, person VARCHAR, kind VARCHAR)")
    every = [village for (village,) in con.execute("SELECT DISTINCT village_code FROM household").fetchall()]
    for places, villages in by_places(_book(), every).items():
        plan = _plan(day, places)
        mine = f"SELECT household_id FROM household WHERE village_code IN ({', '.join(map(literal, villages))})"
        with judged(con, plan):
            con.execute(f"""
                INSERT INTO required SELECT household_id, person_id, kind_id FROM ({filled(plan.evidence, plan)})
                WHERE required AND household_id IN ({mine})
            """)


def wanted_of_one(household: int, day: date, lang: Lang) -> list[Wanted]:
    """Of one household, by the evaluator, with the facts for want of which it is not known."""
    home = home_of(household, day)
    if home is None:
        return []
    places = _places(home)
    judge, trail = _judge(day, places, lang), Trail(_rules(day, places), lang)
    start = judge.start(home)
    moments: dict[str | None, Moment] = {None: start}
    moments |= {p.id: m for p, m in zip(home.people, start.people, strict=True) if present_on(p.facts, start.day)}
    return [
        Wanted(
            row["household_id"],
            row["person_id"],
            row["kind_id"],
            row["required"],
            () if row["required"] else _unknown(judge, trail, row["kind_id"], moments[row["person_id"]]),
        )
        for row in judge.evidence_of(home)
    ]


def required_of(home: Home, day: date) -> list[Wanted]:
    """Of one household, as it is on the day: the papers that it surely has to have."""
    found = _judge(day, _places(home), "zh").evidence_of(home)
    return [Wanted(row["household_id"], row["person_id"], row["kind_id"], True) for row in found if row["required"]]


def _by_sql(con: duckdb.DuckDBPyConnection, plan: Plan, numbers: set[str]) -> Iterator[Wanted]:
    with judged(con, plan):
        result = execute(con, plan.evidence, plan)
        at = {d[0]: n for n, d in enumerate(result.description or [])}
        for row in result.fetchall():
            if row[at["household_id"]] in numbers:
                yield Wanted(*(row[at[name]] for name in ("household_id", "person_id", "kind_id", "required")))


def _unknown(judge: Judge, trail: Trail, kind: str, m: Moment) -> tuple[str, ...]:
    """The facts that a kind asks for and nobody knows; where it knows them all, the named conditions that do not hold."""
    asked: EvidenceKind = judge.book.evidence[kind]
    assert asked.required is not None
    facts = dict.fromkeys(seen.label.say(judge.lang) for seen in trail.of(asked.required)(m) if seen.unknown)
    parts = [node.name for node in asked.required.walk() if isinstance(node, tree.Part)]
    not_so = (name for name in parts if judge.parts[name](m) is not True)
    return tuple(facts or dict.fromkeys(judge.book.parts[name].label.say(judge.lang) for name in not_so))


def _places(home: Home) -> tuple[str, ...]:
    return places_of(_book(), str(home.facts["village_code"]))


@lru_cache(maxsize=1)
def _book() -> Book:
    return for_evidence(book_of(()))


@lru_cache(maxsize=32)
def _rules(day: date, places: tuple[str, ...]) -> Rules:
    return resolve(_book(), as_of=day_from_date(day), places=places)


@lru_cache(maxsize=32)
def _judge(day: date, places: tuple[str, ...], lang: Lang) -> Judge:
    return Judge(_rules(day, places), lang)


@lru_cache(maxsize=32)
def _plan(day: date, places: tuple[str, ...]) -> Plan:
    return compile_plan(_rules(day, places), tables=(), evidence=True)

"""What is asked only where it can change says what it would say if it were asked of every day, person and value."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from bangfu.kernel.days import YEAR
from bangfu.kernel.schema import schema
from bangfu.rulebook import questions
from bangfu.rulebook.compiled import compile_found, compile_node
from bangfu.rulebook.evaluate import Home, Moment
from bangfu.rulebook.explain import Explainer, Explanation
from bangfu.rulebook.judge import Answers, Hearing, HouseholdJudgement, Judge
from bangfu.rulebook.questions import OLDEST
from bangfu.rulebook.series import Clocks, Span
from bangfu.rulebook.trail import columns
from bangfu.rulebook.tree import BOOL, And, Const, Node, Not, Or
from tests.examples import first_of
from tests.oracle.registers import random_case
from tests.rulebook.backends import homes, typed
from tests.rulebook.test_agreement import rules_of

Outcome = tuple[Any, ...]


def hostile(seed: int, households: int) -> tuple[Judge, list[Home]]:
    """Made-up households of which a quarter of all facts is unknown, with the judge of their day and settings."""
    case = random_case(seed, households, contested=seed % 2 == 1)
    return Judge(rules_of(case), "en"), homes(typed(case.register))


# ---- days


def asked_day_by_day(judge: Judge, home: Home) -> Iterator[tuple[str, Any, Any]]:
    """Each condition of each person: as the hearing has it, and as every day says for itself."""
    hearing = Hearing(judge, home)
    every = [judge.start(home).on(day, values) for day, values in zip(judge.span.days, judge.values, strict=True)]
    for who in (hearing.house, *hearing.people):
        moments = [m if who.number < 0 else m.people[who.number] for m in every]
        for asked in judge.asked[: len(who.values)]:
            yield str(asked.node), hearing.series(who, asked), tuple(asked.found(m) for m in moments)


@pytest.mark.parametrize("seed", first_of(3, range(8)))
def test_a_condition_changes_on_no_day_that_is_passed_over(seed: int) -> None:
    judge, found = hostile(seed, 25)
    assert [(c, one, all_) for home in found for c, one, all_ in asked_day_by_day(judge, home) if one != all_] == []


def test_most_days_are_passed_over() -> None:
    judge, found = hostile(1, 25)
    hearing = Hearing(judge, max(found, key=lambda home: len(home.people)))
    starts = [len(judge.span.starts(a.clock(who.m))) for who, a in daily(judge, hearing)]
    assert sum(starts) < len(starts) * judge.span.size / 3


def daily(judge: Judge, hearing: Hearing) -> Iterator[tuple[Answers, Any]]:
    for who in hearing.people:
        yield from ((who, asked) for asked in judge.asked if asked.clock)


@pytest.mark.parametrize("seed", first_of(2, range(4)))
def test_no_coming_month_is_passed_over_in_which_a_condition_changes(seed: int) -> None:
    """The clocks hold over years ahead too, birthdays and school years included."""
    judge, found = hostile(seed, 10)
    months = [judge.days.as_of // YEAR * 12 + judge.days.as_of // 100 % 100 + n for n in range(36)]
    span = Span(judge.days, [n // 12 * YEAR + (n % 12 + 1) * 100 + 1 for n in months])
    clocks = Clocks(span, judge.book.parts, frozenset())
    assert [wrong for home in found for wrong in turns_missed(judge, home, span, clocks)] == []


def turns_missed(judge: Judge, home: Home, span: Span, clocks: Clocks) -> Iterator[tuple[str, int]]:
    start = judge.start(home)
    every = [start.on(day, start.values) for day in span.days]
    for asked in judge.asked:
        clock = clocks.of(asked.node)
        for number, m in enumerate(start.people):
            values = [asked.found(then.people[number]) for then in every]
            turns = clock(m) if clock else 0
            changed = (n for n in range(1, span.size) if values[n] != values[n - 1])
            yield from ((str(asked.node), span.days[n]) for n in changed if not turns >> n & 1)


# ---- checks


@pytest.mark.parametrize("seed", first_of(2, range(4)))
def test_a_check_that_stops_at_the_first_that_fails_finds_the_same(seed: int) -> None:
    judge, found = hostile(seed, 25)
    checks = [
        (c.id, compile_node(c.when), compile_found({0: c.when}, of_person=True))
        for c in judge.book.checks.values()
        if c.table == "person"
    ]
    moments = [m for home in found for m in judge.start(home).people]
    assert [id_ for id_, value, holds in checks for m in moments if (value(m) is True) != bool(holds(m))] == []


def said(value: bool | None) -> Node:
    return Const(BOOL, False, value)


def joined(kind: type[And] | type[Or], *items: Node) -> Node:
    return kind(BOOL, False, items)


@pytest.mark.parametrize("outer", [And, Or])
@pytest.mark.parametrize("inner", [And, Or])
@pytest.mark.parametrize("negated", [True, False])
def test_of_a_yes_and_no_only_the_yes_is_told(outer: type[And], inner: type[And], negated: bool) -> None:
    """Whatever holds, fails or is unknown in (a ? b) ? c ? d, negated or not."""
    here = Moment(None, None, 0, {}, {})  # type: ignore[arg-type]  # nothing here looks at a household
    four = [outer_of(outer, inner, negated, values) for values in product((True, False, None), repeat=4)]
    assert [
        n for n in four if bool(compile_found({0: n}, of_person=False)(here)) != (compile_node(n)(here) is True)
    ] == []


def outer_of(outer: type[And], inner: type[And], negated: bool, values: tuple[bool | None, ...]) -> Node:
    a, b, c, d = map(said, values)
    node = joined(outer, Not(BOOL, False, joined(inner, a, b)), c, d)
    return Not(BOOL, False, node) if negated else node


# ---- questions


def unknown_facts(x: Explanation) -> set[tuple[str, str]]:
    """The facts that are wanting behind what is unknown."""
    unknown = [p.conditions for p in x.policies if p.row["verdict"] == "unknown"]
    unknown += [v.conditions for v in (*x.guarantees, *x.standards) if v.held is None]
    facts = [fact for conditions in unknown for c in conditions for fact in c.facts]
    return {(fact.person_id, fact.column) for fact in facts if fact.unknown and fact.column}


def the_long_way(judge: Judge, home: Home, fact: tuple[str, str]) -> tuple[set[str], int]:
    """What a fact changes and the most that it brings: the whole household judged anew for each value."""
    base = outcomes(judge, judge.judge(home))
    others = [outcomes(judge, judge.judge(but(home, *fact, value))) for value in every_value(judge, fact[1])]
    changes = [{key: said for key, said in other.items() if said != base.get(key)} for other in others]
    ids = {id_ for changed in changes for _, id_ in changed}
    return ids, max(sum(map(worth, changed.values())) for changed in changes)


def outcomes(judge: Judge, judged: HouseholdJudgement) -> dict[tuple[str, str], Outcome]:
    verdicts = (*judge.book.guarantees, *judge.book.standards)
    return {
        **{(j.person.id if j.person else "", j.policy.id): j.dues.outcome for j in judged.policies},
        **{("", name): (judged.parts[name],) for name in verdicts},
    }


def worth(outcome: Outcome) -> int:
    return sum(amount or 0 for amount in outcome[1:3])


def but(home: Home, person_id: str, column: str, value: Any) -> Home:
    facts = home.facts if person_id else {**home.facts, column: value}
    people = [{**p.facts, column: value} if p.id == person_id else p.facts for p in home.people]
    return Home.of(facts, people, home.ledger_rows_raw, home.receipt_rows_raw)


def every_value(judge: Judge, name: str) -> list[Any]:
    column = columns()[name]
    if column.type == "date":
        return [judge.days.as_of - age * YEAR for age in range(OLDEST)]
    if column.type == "code":
        return list(schema().codes[column.codes])
    return [True, False] if column.type == "yes_no" else list(schema().bounds[column.type])


@pytest.mark.parametrize("seed", first_of(1, [5, 0, 1]))
def test_questions_are_those_of_judging_everything_for_every_value(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "MOST_QUESTIONS", 1_000)
    judge, found = hostile(seed, 5)
    explanations = [(home, Explainer(judge).explain(home)) for home in found]
    facts = [(home, x, fact) for home, x in explanations for fact in sorted(unknown_facts(x))]
    wrong = [
        (fact, expected) for home, x, fact in facts if not says(x, fact, expected := the_long_way(judge, home, fact))
    ]
    assert wrong == []
    assert len(facts) > 10


def says(x: Explanation, fact: tuple[str, str], expected: tuple[set[str], int]) -> bool:
    """Whether the fact is asked for what it changes; one that brings no money may say what its policies would be worth."""
    ids, money = expected
    asked = [(set(q.policies), q.money) for q in x.questions if (q.person_id, q.column) == fact]
    return asked == [(ids, asked[0][1] if asked and not money else money)] if ids else asked == []

"""One household explained in full: every line, guarantee and policy with its reasons, what to ask, and what would change a verdict."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from operator import itemgetter
from typing import Any, TypeAlias

from bangfu.kernel.collecting import uncollected
from bangfu.kernel.days import YEAR, iso_from_day
from bangfu.kernel.money import round_half_away, yuan_from_fen
from bangfu.kernel.schema import schema
from bangfu.kernel.words import Lang, Text
from bangfu.rulebook import book as b
from bangfu.rulebook.compiled import compile_node
from bangfu.rulebook.evaluate import Evaluator, Home, Moment, Person
from bangfu.rulebook.judge import Asked, Hearing, HouseholdJudgement, Judge, Plan, PolicyJudgement, Standing, picker
from bangfu.rulebook.questions import Inquiry, Question
from bangfu.rulebook.series import Clocks, Span
from bangfu.rulebook.trail import FactSeen, Seer, Trail

MOST_MISSES = 5
_MONTHS_AHEAD = 24


@dataclass(slots=True, eq=False)
class ConditionSeen:
    """A condition as it stood on `as_of`: True held, False failed, None unknown; with the facts it looked at."""

    id: str
    label: str
    clause: str
    held: bool | None
    facts: tuple[FactSeen, ...]


@dataclass(frozen=True, slots=True)
class LineSeen:
    """A line of the income statement; `entries` are (item, amount) of the ledger behind it, in fen. None = unknown."""

    id: str
    label: str
    clause: str
    amount: int | None
    entries: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class VerdictSeen:
    """A guarantee, standard or line test."""

    id: str
    label: str
    clause: str
    held: bool | None
    conditions: tuple[ConditionSeen, ...]


@dataclass(slots=True, eq=False)
class PolicySeen:
    """One policy for one beneficiary: the row of `entitlement`, its conditions, and the days and sums behind the dues, in words."""

    row: dict[str, Any]
    label: str
    clause: str
    conditions: tuple[ConditionSeen, ...]
    instead: str
    sums: tuple[str, ...]
    papers: tuple[str, ...]
    apply_at: str


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A policy not due for one reason only, and what would change that."""

    person_id: str
    policy_id: str
    label: str
    change: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Of one household; `unnamed` are the entitlement rows of receipts that name no person."""

    household_id: str
    members: int
    lines: tuple[LineSeen, ...]
    tests: tuple[VerdictSeen, ...]
    guarantees: tuple[VerdictSeen, ...]
    standards: tuple[VerdictSeen, ...]
    policies: tuple[PolicySeen, ...]
    questions: tuple[Question, ...]
    misses: tuple[NearMiss, ...]
    findings: tuple[dict[str, Any], ...]
    unnamed: tuple[dict[str, Any], ...]


_Conditions: TypeAlias = Mapping[Person | None, list[ConditionSeen]]


class _Worded:
    """A condition with its words, and the place of its answer among those of a hearing."""

    def __init__(self, condition: b.Condition, place: int, label: str, trail: Trail) -> None:
        self.id = condition.id
        self.label = label
        self.clause = condition.clause
        self.place = place
        self.seen = trail.of(condition.node)
        self.seen_failed = trail.of(condition.node, failed=True)

    def told(self, held: bool | None, m: Moment) -> ConditionSeen:
        seen = self.seen_failed if held is False else self.seen
        return ConditionSeen(self.id, self.label, self.clause, held, seen(m))


@dataclass(frozen=True, slots=True)
class _PolicyWords:
    """What is said of a policy in every household; `pick` takes its conditions out of a person's."""

    label: str
    papers: tuple[str, ...]
    apply_at: str
    pick: Callable[[Sequence[ConditionSeen]], tuple[ConditionSeen, ...]]
    amount: Seer | None


@dataclass(frozen=True, slots=True)
class _Statement:
    """A line of the income statement: its label, the items behind it, and those of them that have a line of their own."""

    part: b.Part
    label: str
    behind: tuple[str, ...]
    apart: frozenset[str]


class Explainer:
    """Explains households under one set of rules. What is the same in all of them is put into words once."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.rules = judge.rules
        self.book = judge.book
        self.lang: Lang = judge.lang
        self.trail = Trail(self.rules, self.lang)
        self.items = {code: item.label.say(self.lang) for code, item in schema().codes["item"].items()}
        self.statement = [self._statement(part) for part in self.book.lines.values()]
        parts = (*self.book.tests.values(), *self.book.guarantees.values(), *self.book.standards.values())
        self.parts = {part.id: self._worded_part(part) for part in parts}
        self.of_house: list[_Worded] = []
        self.of_person: list[_Worded] = []
        self.words = self._policy_words()
        self.inquiry = Inquiry(judge)
        self.days_ahead = _DaysAhead(judge)
        self.never = judge.standings["not"]
        self.places = range(judge.span.size)
        self._tell_sums = lru_cache(maxsize=4096)(self._sums_told)

    @uncollected()
    def explain(self, home: Home, policy_id: str = "") -> Explanation:
        """Explain a household; with `policy_id`, of its policies and questions those of that policy alone."""
        hearing = Hearing(self.judge, home)
        judged = self.judge.judged(hearing)
        conditions = self._conditions(hearing)
        tests, guarantees, standards = (
            tuple([self._verdict(part, judged, hearing.start) for part in parts.values()])
            for parts in (self.book.tests, self.book.guarantees, self.book.standards)
        )
        household_id = judged.assessment["household_id"]
        unknown = self._unknown(judged, conditions, (*guarantees, *standards))
        return Explanation(
            household_id=household_id,
            members=judged.assessment["members"],
            lines=tuple([self._line(line, judged, home) for line in self.statement]),
            tests=tests,
            guarantees=guarantees,
            standards=standards,
            policies=tuple(
                [self._policy(j, conditions, household_id) for j in judged.policies if policy_id in ("", j.policy.id)]
            ),
            questions=tuple(self.inquiry.questions(hearing, judged, unknown, policy_id)),
            misses=tuple(self.misses(judged, hearing, conditions)),
            findings=tuple(judged.findings),
            unnamed=tuple(judged.unnamed),
        )

    # ---- what is said of every household

    def label(self, text: Text) -> str:
        return self.rules.fill(text.say(self.lang), self.lang)

    def say(self, zh: str, en: str) -> str:
        return Text(zh, en).say(self.lang)

    def _statement(self, part: b.Part) -> _Statement:
        """A line that is itself a group or an item of the ledger shows the entries behind it."""
        behind = (part.id,) if part.id in self.items else schema().items_of(part.id)
        apart = frozenset(i for i in behind if i in self.book.lines and len(behind) > 1)
        return _Statement(part, self.label(part.label), behind, apart)

    def _worded_part(self, part: b.Part) -> tuple[str, list[tuple[_Worded, Evaluator]]]:
        worded = [(_Worded(c, 0, self.label(c.label), self.trail), compile_node(c.node)) for c in part.conditions]
        return self.label(part.label), worded

    def _policy_words(self) -> dict[str, _PolicyWords]:
        """The words of each policy; conditions that several have in the same words are worded once for each person."""
        asked = {a.node: a for a in self.judge.asked}
        worded: dict[Any, _Worded] = {}
        for policy in self.book.evaluated:
            for c in policy.conditions:
                key = (asked[c.node].place, c.id, c.label, c.clause)
                if key not in worded:
                    worded[key] = _Worded(c, asked[c.node].place, self.label(c.label), self.trail)
        ordered = sorted(worded, key=lambda key: key[0])
        places = {key: n for n, key in enumerate(ordered)}
        persons = self.judge.first_of_person
        self.of_house = [worded[key] for key in ordered if key[0] < persons]
        self.of_person = [worded[key] for key in ordered if key[0] >= persons]
        return {
            policy.id: _PolicyWords(
                self.label(policy.label),
                tuple(self.label(paper) for paper in policy.papers),
                self.label(policy.apply_at) if policy.apply_at else "",
                picker([places[asked[c.node].place, c.id, c.label, c.clause] for c in policy.conditions]),
                self._amount_words(policy.benefit),
            )
            for policy in self.book.evaluated
        }

    def _amount_words(self, benefit: b.Benefit | None) -> Seer | None:
        """What tells the facts that an amount is worked out from, where there are any."""
        amount = benefit.amount if benefit and benefit.kind == "cash" else None
        return self.trail.of(amount) if amount and self.trail.looks(amount) else None

    # ---- wording

    def _line(self, line: _Statement, judged: HouseholdJudgement, home: Home) -> LineSeen:
        year, sums, behind = self.rules.days.income_year, home.ledger, line.behind
        amount = judged.parts[line.part.id]
        recorded = [i for i in behind if (i, year) in sums]
        if line.apart and sum([sums[i, year] for i in recorded]) != amount:
            # What a parameter leaves out of a group (pension, living costs) is no entry of it; pension has a line of its own.
            recorded = [i for i in recorded if i not in line.apart]
        entries = tuple([(self.items[i], sums[i, year]) for i in recorded])
        return LineSeen(line.part.id, line.label, line.part.clause, amount, entries)

    def _verdict(self, part: b.Part, judged: HouseholdJudgement, m: Moment) -> VerdictSeen:
        label, worded = self.parts[part.id]
        conditions = tuple([condition.told(found(m), m) for condition, found in worded])
        return VerdictSeen(part.id, label, part.clause, judged.parts[part.id], conditions)

    def _conditions(self, hearing: Hearing) -> _Conditions:
        house = [c.told(hearing.house.values[c.place], hearing.start) for c in self.of_house]
        people = {
            who.m.person: [*house, *(c.told(who.values[c.place], who.m) for c in self.of_person)]
            for who in hearing.people
        }
        return {None: house, **people}

    def _policy(self, j: PolicyJudgement, conditions: _Conditions, household_id: str) -> PolicySeen:
        words = self.words[j.policy.id]
        return PolicySeen(
            row=j.row(household_id),
            label=words.label,
            clause=j.policy.clause,
            conditions=words.pick(conditions[j.person]),
            instead=self.words[j.why].label if j.verdict == "excluded" else "",
            sums=self._sums(j, words) if j.plan.cash and (words.amount or j.standing is not self.never) else (),
            papers=words.papers,
            apply_at=words.apply_at,
        )

    def _sums(self, j: PolicyJudgement, words: _PolicyWords) -> tuple[str, ...]:
        """What the amount is worked out from, the days counted and the sums, in words."""
        seen = words.amount(j.m) if words.amount else ()
        shown = self.say("；", "; ").join([f"{f.label.say(self.lang)}={f.value}" for f in seen])
        made = (self.say(f"计算依据：{shown}", f"worked out from: {shown}"),) if seen else ()
        if j.plan.benefit.accrues in ("once", "event"):
            return made
        low, high = j.dues.due_low, j.dues.due_high
        amounts = None if low is None or high is None else tuple(j.plan.amounts_on(j.m, self.places))
        return made + self._tell_sums(j.plan, j.standing, amounts, low, high)

    def _sums_told(
        self, plan: Plan, standing: Sequence[Standing], amounts: Sequence[int] | None, *due: int | None
    ) -> tuple[str, ...]:
        """The days counted and the sums; the same for most of those who are due the same."""
        made = []
        for wanted, zh, en in (
            ("due", "应享", "due"),
            ("unknown", "待核实", "unknown"),
            ("excluded", "因不重复享受不计", "excluded"),
        ):
            days = [place for place in plan.accrual if standing[place] == wanted]
            if days:
                shown = self._days(days)
                made.append(
                    self.say(f"{zh}的计发日 {len(days)} 个：{shown}", f"{len(days)} accrual day(s) {en}: {shown}")
                )
        if amounts is None:
            return tuple(made)
        for days, total, zh, en in zip(
            plan.days_due(standing),
            due,
            ("至今确定应发", "至今最多应发"),
            ("surely due by now", "at most due by now"),
            strict=True,
        ):
            shown = (
                f"{self._times(plan, [amounts[place] for place in days])} = {yuan_from_fen(total or 0, grouped=True)}"
            )
            made.append(self.say(f"{zh}：{shown}", f"{en}: {shown}"))
        return tuple(made)

    def _times(self, plan: Plan, amounts: Sequence[int]) -> str:
        """80.00 × 6 + 100.00 × 5: each rate with the accrual days on which it was in force."""
        share = f" ÷ {plan.shares}" if plan.benefit.accrues in ("year", "term") else ""
        parts = [
            f"{yuan_from_fen(round_half_away(rate, plan.scale), grouped=True)}{share} × {n}"
            for rate, n in Counter(amounts).items()
        ]
        return " + ".join(parts) or "0"

    def _days(self, places: Sequence[int]) -> str:
        """Firsts of months, runs of them joined."""
        runs: list[list[int]] = []
        for place in places:
            if runs and place == runs[-1][-1] + 1:
                runs[-1].append(place)
            else:
                runs.append([place])
        named = [f"{r[0] + 1}/1" if len(r) == 1 else f"{r[0] + 1}/1—{r[-1] + 1}/1" for r in runs]
        return self.say("、", ", ").join(named)

    # ---- what to ask

    def _unknown(
        self, judged: HouseholdJudgement, conditions: _Conditions, parts: Iterable[VerdictSeen]
    ) -> list[FactSeen]:
        """The unknown facts behind unknown verdicts and amounts, each once."""
        found: dict[tuple[str, str], FactSeen] = {}
        for j in judged.policies:
            if j.standing is self.never:
                continue
            words = self.words[j.policy.id]
            seen: list[FactSeen] = []
            # Of a policy that another one bars today, it may be open whether it was due before.
            if j.verdict == "unknown" or j.dues.due_low != j.dues.due_high:
                seen += [fact for c in words.pick(conditions[j.person]) for fact in c.facts]
            if j.plan.cash and words.amount and j.verdict in ("entitled", "ended"):
                seen += words.amount(j.m)
            for fact in seen:
                if fact.unknown and fact.column:
                    found.setdefault((fact.person_id, fact.column), fact)
        for part in parts:
            if part.held is None:
                for fact in (fact for c in part.conditions for fact in c.facts):
                    if fact.unknown and fact.column:
                        found.setdefault((fact.person_id, fact.column), fact)
        return list(found.values())

    # ---- what would change a verdict

    def misses(self, judged: HouseholdJudgement, hearing: Hearing, conditions: _Conditions) -> list[NearMiss]:
        """Policies kept from being due by one condition: first those that time alone will bring, then cash that one fact stands between."""
        by_time, by_fact = [], []
        ahead = _Ahead(self.days_ahead, hearing)
        for j in judged.policies:
            place = j.heard.alone
            if place < 0 or j.plan.names[place] == "present" or j.verdict != "not_entitled":
                continue
            day = ahead.day(j, place)
            words = self.words[j.policy.id]
            failed = words.pick(conditions[j.person])[place]
            person_id = j.person.id if j.person else ""
            if day:
                change = self.say(
                    f"自 {iso_from_day(day)} 起符合“{failed.label}”",
                    f"from {iso_from_day(day)} on, '{failed.label}' will hold",
                )
                by_time.append((day, NearMiss(person_id, j.policy.id, words.label, change)))
            elif j.person and j.plan.cash and len(j.held) >= 4:
                # Of several persons who say the same, once.
                facts = dict.fromkeys(f"{f.label.say(self.lang)}={f.value}" for f in failed.facts)
                shown = self.say("；", "; ").join(facts)
                change = self.say(
                    f"只差“{failed.label}”（现为：{shown}）", f"only '{failed.label}' is wanting (now: {shown})"
                )
                by_fact.append((-j.plan.yearly(j.m), NearMiss(person_id, j.policy.id, words.label, change)))
        ordered = [miss for _, miss in sorted(by_time, key=itemgetter(0))] + [
            miss for _, miss in sorted(by_fact, key=itemgetter(0))
        ]
        return ordered[:MOST_MISSES]


class _DaysAhead:
    """The firsts of the coming months, and what lets each condition change between them."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        as_of = judge.days.as_of
        months = [as_of // YEAR * 12 + as_of // 100 % 100 + n for n in range(_MONTHS_AHEAD)]
        self.span = Span(judge.days, [n // 12 * YEAR + (n % 12 + 1) * 100 + 1 for n in months])
        # Values ahead are those of `as_of`: what will be decided is not known.
        clocks = Clocks(self.span, judge.book.parts, frozenset())
        self.clocks = {asked.place: clocks.of(asked.node) for asked in judge.asked}

    def starts(self, asked: Iterable[Asked], m: Moment) -> tuple[int, ...]:
        bits = 0
        for one in asked:
            clock = self.clocks[one.place]
            bits |= clock(m) if clock else 0
        return self.span.starts(bits)


class _Ahead:
    """One household as it will be if nothing happens: whoever changed school since spring will not go back to the old one."""

    def __init__(self, days: _DaysAhead, hearing: Hearing) -> None:
        self.days = days
        self.hearing = hearing
        self._moments: dict[tuple[int, int], Moment] = {}

    @cached_property
    def start(self) -> Moment:
        home = self.hearing.home
        if all(p.facts["schooling_spring"] is None for p in home.people):
            return self.hearing.start
        return self.days.judge.start(home.but(home.facts, [p.but(schooling_spring=None) for p in home.people]))

    def day(self, j: PolicyJudgement, place: int) -> int | None:
        """The first of a coming month on which the condition at `place`, which fails today, will hold by itself, and the others still do."""
        failing = j.plan.asked[place]
        if not failing.node.daily:
            return None
        number = self.hearing.home.people.index(j.person) if j.person else -1
        now = self.start.people[number] if j.person else self.start
        if not any(failing.found(self._then(n, number, now)) is True for n in self.days.starts([failing], now)):
            return None
        for n in self.days.starts(j.plan.asked, now):
            then = self._then(n, number, now)
            if all(asked.found(then) is True for asked in j.plan.asked):
                return self.days.span.days[n]
        return None

    def _then(self, place: int, number: int, now: Moment) -> Moment:
        m = self._moments.get((place, number))
        if m is None:
            house = self._moments.get((place, -1))
            if house is None:
                house = self._moments[place, -1] = self.start.on(self.days.span.days[place], self.start.values)
            m = self._moments[place, number] = house if number < 0 else house.one(number, now)
        return m

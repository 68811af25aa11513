"""Judge one household with the evaluator: the same rows as the SQL, plus the trail behind each.

Written day by day, as rules.md words it, and not by masks as the SQL is: the two are compared cell by cell in the tests. What cannot
differ from one household, person or day to the next is worked out once: see Plan and series.py.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, TypeAlias

from bangfu.kernel.money import round_half_away
from bangfu.kernel.words import Lang
from bangfu.rulebook import book as b
from bangfu.rulebook import tree
from bangfu.rulebook.compiled import compile_each, compile_found, compile_node, constant
from bangfu.rulebook.evaluate import Evaluator, Facts, Home, Moment, Person, present_on
from bangfu.rulebook.looks import own_cells
from bangfu.rulebook.messages import message_teller
from bangfu.rulebook.resolve import Rules
from bangfu.rulebook.run_days import NOW_BIT
from bangfu.rulebook.series import Clock, Clocks, Series, Span
from bangfu.rulebook.standing import ONE_FEN, Ranking, bars, rankings
from bangfu.rulebook.tree import Node, constant_amount

Standing = Literal["due", "unknown", "excluded", "not"]
# How a policy stands by place of the run's days; and the policies behind that, where it is because of others.
Standings: TypeAlias = tuple[Standing, ...]
Rivals: TypeAlias = Mapping[int, list[str]]
# A policy that may be due to a person, how it stands by its own conditions, and whether anything was received of it.
Claim: TypeAlias = tuple[str, Standings, bool]
_TOLERANCE = 1
_KNOWN = 4096  # how many answers of a condition are kept


@dataclass(slots=True, eq=False)
class Asked:
    """One condition, however many policies have it: its answer on `as_of`, and what lets it change from day to day.

    Those that only the household decides stand first, and are answered once for all its persons.
    """

    place: int
    node: Node
    found: Evaluator
    of_house: bool
    clock: Clock | None
    # Of one that a person's own cells decide: which, and what it says on each day of the run, by their values.
    cells: Callable[[Facts], Any] | None
    known: dict[Any, Series]


class Heard(NamedTuple):
    """What follows from a policy's conditions as they are on `as_of`: how it stands then, which fail, which are unknown,
    and whether one fails on every day; else `passing` are those that fail then and may have held on other days.

    `alone` is the place of the one condition that fails where all others hold, else -1.
    """

    now: Standing
    failing: str
    unknown: str
    never: bool
    passing: tuple["Asked", ...]
    alone: int


class Dues(NamedTuple):
    """A verdict with its money in fen, and the number of days that are surely and that may be due."""

    verdict: str = "not_entitled"
    annual_amount: int | None = None
    once_amount: int | None = None
    due_low: int | None = None
    due_high: int | None = None
    low_days: int = 0
    high_days: int = 0

    @property
    def outcome(self) -> tuple[str, int | None, int | None, int | None, int | None]:
        """What anybody could care about: to be excluded from nothing is to be not entitled."""
        seen = self[:5]
        return NOTHING_DUE[:5] if seen == EXCLUDED_FROM_NOTHING[:5] else seen


NOTHING_DUE = Dues()
EXCLUDED_FROM_NOTHING = Dues("excluded", due_low=0, due_high=0)


class Plan:
    """One policy, compiled for a run. Places are those of the run's days; the last is `as_of`."""

    def __init__(self, policy: b.Policy, number: int, asked: Sequence[Asked], rules: Rules, span: Span) -> None:
        benefit = policy.benefit
        assert benefit is not None
        self.policy = policy
        self.number = number  # among those of persons, or of the household
        self.benefit = benefit
        self.asked = tuple(asked)
        self.daily = tuple(a for a in asked if a.clock)
        self.cash = benefit.kind == "cash"
        self.over_days = benefit.accrues not in (None, "once")
        self.ever = benefit.accrues == "once"
        self.names = tuple(c.id for c in policy.conditions)
        self.pick = picker([a.place for a in asked])
        self.heard: dict[Series, Heard] = {}
        accrual = rules.days.accrual(benefit.accrues) if benefit.accrues else 0
        expected = rules.days.expected(benefit.accrues) if benefit.accrues else 0
        # Bit and place are the same but for the last.
        self.accrual = tuple(bit for bit in range(NOW_BIT) if accrual >> bit & 1)
        self.expected = tuple(bit for bit in range(NOW_BIT) if expected >> bit & 1)
        self.node = benefit.amount
        self.found = compile_node(benefit.amount) if benefit.amount else None
        self.scale = benefit.amount.type.denominator if benefit.amount else 1
        # Into how many accrual days the amount goes.
        self.shares = {"year": 12, "term": max(1, len(rules.book.calendar.terms))}.get(benefit.accrues or "", 1)
        self.values = [values_on(rules, bit) for bit in rules.days.bits]
        self.fixed = self._fixed()
        self.varies = benefit.amount is not None and any(
            isinstance(n, tree.Param) and n.name in rules.varying for n in benefit.amount.walk()
        )
        self.always_known = self.fixed is not None and None not in self.fixed
        # Of what no household's own numbers go into, the dues are the same for all who are due on the same days.
        self._same_dues = None if self.cash and not self.fixed else lru_cache(maxsize=1024)(self._dues)

    def _fixed(self) -> tuple[Any, ...] | None:
        """The amount by day where parameters alone decide it."""
        amount = self.benefit.amount
        if amount is None or not constant_amount(amount):
            return None
        return tuple(constant(amount, values) for values in self.values)

    def hear(self, held: Series) -> Heard:
        """Worked out once for each set of answers: there are few."""
        found = self.heard.get(held)
        if found is None:
            now: Standing = "not" if False in held else "unknown" if None in held else "due"
            failing, unknown = (
                ";".join(n for n, value in zip(self.names, held, strict=True) if value is wanted)
                for wanted in (False, None)
            )
            passing = tuple(a for a, value in zip(self.asked, held, strict=True) if value is False)
            never = any(a.clock is None for a in passing) or (now == "not" and not self.over_days)
            alone = held.index(False) if held.count(False) == 1 and None not in held else -1
            found = self.heard[held] = Heard(now, failing, unknown, never, passing, alone)
        return found

    def amount(self, m: Moment | None) -> int | None:
        """The amount over its scale, as at `as_of`; `m` may be None where parameters alone decide it."""
        if self.fixed:
            return None if self.fixed[-1] is None else int(self.fixed[-1])
        assert self.found is not None
        assert m is not None
        value = self.found(m)
        return None if value is None else int(value)

    # ---- verdict and dues

    def dues(self, standing: Standings, m: Moment) -> Dues:
        """What follows from how it stands on each day."""
        return self._same_dues(standing) if self._same_dues else self._dues(standing, m)

    def _dues(self, standing: Sequence[Standing], m: Moment | None = None) -> Dues:
        amount = self.amount(m) if self.cash else None
        verdict = self._verdict(standing, amount)
        if not self.cash or verdict not in ("entitled", "ended", "excluded"):
            return Dues(verdict)
        accrues = self.benefit.accrues
        annual = once = None
        if verdict == "entitled" and amount is not None:
            worth = round_half_away(amount * (12 if accrues == "month" else 1), self.scale)
            once, annual = (worth, None) if accrues == "once" else (None, worth)
        if accrues in ("event", "once"):
            both = 0 if verdict == "excluded" else None if amount is None else round_half_away(amount, self.scale)
            return Dues(verdict, annual, once, both, both, 1, 1)
        low, high = self.days_due(standing)
        return Dues(verdict, annual, once, self._worth(m, low), self._worth(m, high), len(low), len(high))

    def _verdict(self, standing: Sequence[Standing], amount: int | None) -> str:
        now = standing[-1]
        if now != "not":
            return {"due": "entitled", "excluded": "excluded", "unknown": "unknown"}[now]
        accrual = [standing[place] for place in self.accrual]
        was_due, was_unknown = "due" in accrual, "unknown" in accrual
        if self.benefit.accrues == "event":
            was_unknown = was_unknown or (was_due and amount is None)
            was_due = was_due and amount is not None and amount > 0
        return "ended" if was_due else "unknown" if was_unknown else "not_entitled"

    def _worth(self, m: Moment | None, places: Sequence[int]) -> int | None:
        """What the accrual days are worth: each at the rate in force on it, rounded once."""
        amounts = self.amounts_on(m, places)
        return None if None in amounts else round_half_away(sum(amounts), self.shares * self.scale)

    def days_due(self, standing: Sequence[Standing]) -> tuple[list[int], list[int]]:
        """The accrual days whose money must have come by now, and those for which it may be due."""
        low = [place for place in self.expected if standing[place] == "due"]
        return low, [place for place in self.accrual if standing[place] in ("due", "unknown")]

    def yearly(self, m: Moment) -> int:
        """What it would be worth a year, were it due; 0 for what is no money or not known."""
        amount = self.amount(m) if self.cash else None
        return (
            0
            if amount is None
            else round_half_away(amount * (12 if self.benefit.accrues == "month" else 1), self.scale)
        )

    def amounts_on(self, m: Moment | None, places: Sequence[int]) -> list[Any]:
        """The amounts of some days, each with the values in force on it."""
        if self.fixed:
            return [self.fixed[place] for place in places]
        assert self.found is not None
        assert m is not None
        if not self.varies:
            return [self.found(m)] * len(places)
        return [self.found(m.on(m.day, self.values[place])) for place in places]


class PolicyJudgement:
    """One policy for one possible beneficiary. Money in fen; `held` are its conditions on `as_of`, `standing` how it stands by place
    of the run's days, after exclusions, `said` before them; `rivals` the policies behind an exclusion or an unsettled choice, by place.
    """

    dues = NOTHING_DUE
    reconciliation: str | None = None
    why = ""
    rivals: Rivals = MappingProxyType({})

    def __init__(self, plan: Plan, who: "Answers", held: Series, heard: Heard, said: Standings) -> None:
        self.plan = plan
        self.policy = plan.policy
        self.who = who
        self.m = who.m
        self.person = who.m.person
        self.held = held
        self.heard = heard
        self.said = said
        self.standing = said
        self.received = who.received.get(plan.policy.id, 0) if who.received else 0

    @property
    def verdict(self) -> str:
        return self.dues.verdict

    @property
    def conditions(self) -> list[tuple[b.Condition, bool | None]]:
        return list(zip(self.policy.conditions, self.held, strict=True))

    def row(self, household_id: str) -> dict[str, Any]:
        """The row of `entitlement`."""
        dues = self.dues
        return {
            "household_id": household_id,
            "person_id": self.person.id if self.person else None,
            "policy_id": self.policy.id,
            "verdict": dues.verdict,
            "annual_amount": dues.annual_amount,
            "once_amount": dues.once_amount,
            "due_low": dues.due_low,
            "due_high": dues.due_high,
            "received": self.received,
            "reconciliation": self.reconciliation,
            "why": self.why,
        }


@dataclass(slots=True)
class HouseholdJudgement:
    """All verdicts of one household: `assessment` and `findings` as rows, `policies` with their trail, `parts` the named parts as at `as_of`.

    `of_people` are all policies of each person, also of those who cannot have them this year; `of_house` the household's.
    """

    assessment: dict[str, Any]
    policies: list[PolicyJudgement]
    unnamed: list[dict[str, Any]]
    findings: list[dict[str, Any]]
    parts: dict[str, Any]
    of_people: list[list[PolicyJudgement]]
    of_house: list[PolicyJudgement]

    def entitlement(self, *, relevant: bool = False) -> list[dict[str, Any]]:
        """All entitlement rows, those of receipts that name no person included; `relevant` as of a plan."""
        household = self.assessment["household_id"]
        rows = [p.row(household) for p in self.policies] + self.unnamed
        return [r for r in rows if not relevant or r["verdict"] != "not_entitled" or r["received"] > ONE_FEN]


class Answers:
    """What the conditions say of one person (or of the household, `number` -1): `values` on `as_of` by place, `series` on all days, as asked for."""

    __slots__ = ("m", "number", "received", "series", "values")

    def __init__(
        self, m: Moment, number: int, values: list[bool | None], series: dict[int, Series], received: dict[str, int]
    ) -> None:
        self.m = m
        self.number = number
        self.values = values
        self.series = series
        self.received = received

    def but(self, m: Moment, of_house: Sequence[bool | None]) -> "Answers":
        """The same answers at another moment, apart; those of the household come first."""
        values = [*of_house, *self.values[len(of_house) :]]
        return Answers(m, self.number, values, dict(self.series), self.received)


class _Claimed:
    """A policy beside those that may bar it."""

    def __init__(self, said: Standings, got: bool) -> None:
        self.said = said
        self.got = got
        self.standing = list(said)
        self.rivals: dict[int, list[str]] = {}

    def stand(self, place: int, standing: Standing, rivals: list[str]) -> None:
        """Let it stand otherwise on a day, because of its rivals."""
        self.standing[place] = standing
        self.rivals[place] = rivals


class Hearing:
    """One household before the judge: its moments by day, and the answers of each of its persons."""

    def __init__(self, judge: "Judge", home: Home) -> None:
        self.judge = judge
        self.home = home
        self.start = judge.start(home)
        self._moments: dict[tuple[int, int], Moment] = {}
        values = judge.of_house(self.start)
        self.house = Answers(self.start, -1, values, {}, judge.received(home))
        self.people = [
            Answers(m, n, values + judge.of_person(m), {}, judge.received(person))
            for n, (person, m) in enumerate(zip(home.people, self.start.people, strict=True))
        ]

    def but(self, home: Home, number: int, afresh: Mapping[int, Iterable[Asked]], kept: Mapping[str, Any]) -> "Hearing":
        """The same household with another fact, of the person `number` or (-1) of itself. Only the conditions `afresh` are asked again, by
        number of the person; of the others the answers stay, and so do the household's parts `kept`."""
        made: Hearing = object.__new__(Hearing)
        made.judge = self.judge
        made.home = home
        made.start = start = self.judge.start(home)
        start.memo.update(kept)
        start.keep_people(self.start, number)
        made._moments = {}
        made.house = self.house.but(start, ())
        made.anew(made.house, [a for a in afresh.get(-1, ()) if a.of_house])
        made.people = [*self.people]
        for n, asked in afresh.items():
            if n >= 0:
                who = made.people[n] = self.people[n].but(start.one(n), made.house.values)
                made.anew(who, [a for a in asked if not a.of_house])
        return made

    def who(self, number: int) -> Answers:
        return self.people[number] if number >= 0 else self.house

    def number(self, person_id: str) -> int:
        """The number of a person; -1 where none is named, which is the household's."""
        return next((n for n, person in enumerate(self.home.people) if person_id and person.id == person_id), -1)

    def at(self, place: int, who: Answers) -> Moment:
        """The person's (or household's) moment on a day of the run."""
        m = self._moments.get((place, who.number))
        if m is None:
            house = self._moments.get((place, -1))
            if house is None:
                house = self.start.on(self.judge.span.days[place], self.judge.values[place])
                self._moments[place, -1] = house
            m = self._moments[place, who.number] = house if who.number < 0 else house.one(who.number, who.m)
        return m

    def series(self, who: Answers, asked: Asked) -> Series:
        """What a condition says on each day of the run."""
        if asked.of_house:
            who = self.house
        found = who.series.get(asked.place)
        if found is None:
            found = who.series[asked.place] = self._series(who, asked, who.values[asked.place])
        return found

    def anew(self, who: Answers, asked: Iterable[Asked]) -> None:
        """Ask conditions again."""
        for one in asked:
            if one.cells is None:
                who.values[one.place] = one.found(who.m)
                who.series.pop(one.place, None)
                continue
            cells = one.cells(who.m.facts)
            series = one.known.get(cells)
            if series is None:
                if len(one.known) >= _KNOWN:
                    one.known.clear()
                series = one.known[cells] = self._series(who, one, one.found(who.m))
            who.series[one.place] = series
            who.values[one.place] = series[-1]

    def _series(self, who: Answers, asked: Asked, now: bool | None) -> Series:
        span = self.judge.span
        bits = asked.clock(who.m) if asked.clock else 0
        if not bits:
            return span.always[now]
        starts = span.starts(bits)
        # Nothing changes between the last of them and `as_of`, of which the answer is known.
        return span.spread(starts, [*(asked.found(self.at(place, who)) for place in starts[:-1]), now])


class Judge:
    """A book in force, compiled once; judges any number of households."""

    def __init__(self, rules: Rules, lang: Lang = "zh") -> None:
        self.rules = rules
        self.book = rules.book
        self.days = rules.days
        self.lang: Lang = lang
        self.parts = {name: self._part(part) for name, part in rules.book.parts.items()}
        # By way of their names, so that a part is worked out once, whoever asks first.
        self.house_parts = {
            name: compile_node(tree.Part(part.node.type, False, name, "household"))
            for name, part in self.book.parts.items()
            if part.signature.table == "household"
        }
        self.values = [values_on(rules, bit) for bit in self.days.bits]
        self.segments = [segment_on(rules, bit) for bit in self.days.bits]
        turns = sum(1 << n for n in range(1, len(self.segments)) if self.segments[n] != self.segments[n - 1])
        self.span = Span(self.days, [self.days.day(bit) for bit in self.days.bits], turns)
        self.standings: Mapping[str, Standings] = {s: (s,) * self.span.size for s in ("due", "unknown", "not")}
        self.never = self.standings["not"]
        asked = self._asked()
        self.asked = tuple(asked.values())
        of_house = [a.node for a in self.asked if a.of_house]
        self.first_of_person = len(of_house)
        self.of_house = compile_each(tuple(of_house), of_person=False)
        self.of_person = compile_each(tuple([a.node for a in self.asked if not a.of_house]), of_person=True)
        self.person_plans, self.house_plans = (
            [Plan(p, n, [asked[c.node] for c in p.conditions], rules, self.span) for n, p in enumerate(policies)]
            for policies in (
                [p for p in self.book.evaluated if p.person],
                [p for p in self.book.evaluated if not p.person],
            )
        )
        self.plans = {plan.policy.id: plan for plan in (*self.person_plans, *self.house_plans)}
        self.ever = frozenset(id_ for id_, plan in self.plans.items() if plan.ever)
        self.explained = {
            p.id: compile_node(p.receipt_explained_when) for p in self.book.evaluated if p.receipt_explained_when
        }
        self.checks = tuple(self.book.checks.values())
        self.met = {
            table: compile_found(
                {n: c.when for n, c in enumerate(self.checks) if c.table == table}, of_person=table == "person"
            )
            for table in ("household", "person", "ledger", "receipt")
        }
        self.shown = {
            check.id: {n: compile_node(x) for n, x in check.show.items()} for check in self.book.checks.values()
        }
        self.tellers = {c.id: message_teller(c, rules, lang) for c in self.book.checks.values()}
        self.evidence = [(k, compile_node(k.required)) for k in self.book.evidence.values() if k.required is not None]
        self.rankings = rankings(rules)
        self.groups = {p: g for g in self.rankings for p in g.group.policies}
        self.bars = bars(rules)
        contested = {*self.groups, *self.bars, *(id_ for by in self.bars.values() for id_ in by)}
        self.contested = tuple(plan.number for plan in self.person_plans if plan.policy.id in contested)
        self.settle = lru_cache(maxsize=4096)(self._settled)

    def _part(self, part: b.Part) -> Evaluator:
        """A part's function. An income line is unknown unless income is settled. What does not vary by day is asked as at `as_of` alone."""
        found = compile_node(part.node)
        if part.role != "line":
            return found
        settled = compile_node(tree.Part(tree.BOOL, False, self.book.settled.id, "household"))
        return lambda m: found(m) if settled(m) is True else None

    def _asked(self) -> dict[Node, Asked]:
        """Each condition of the policies once, the household's first."""
        nodes = dict.fromkeys(c.node for p in self.book.evaluated for c in p.conditions)
        clocks = Clocks(self.span, self.book.parts, self.rules.varying)
        ordered = sorted(nodes, key=looks_at_person)
        return {
            node: Asked(
                n, node, compile_node(node), not looks_at_person(node), clocks.of(node), self._cells_of(node), {}
            )
            for n, node in enumerate(ordered)
        }

    def _cells_of(self, node: Node) -> Callable[[Facts], Any] | None:
        cells = own_cells(node, self.book.parts)
        return itemgetter(*cells) if cells else None

    # ---- a household

    def start(self, home: Home) -> Moment:
        """The household on `as_of`."""
        return Moment(home, self.days, self.days.as_of, self.rules.values, self.parts)

    def judge(self, home: Home, *, with_findings: bool = True) -> HouseholdJudgement:
        return self.judged(Hearing(self, home), with_findings=with_findings)

    def judged(self, hearing: Hearing, *, with_findings: bool = True) -> HouseholdJudgement:
        home, start = hearing.home, hearing.start
        of_people = [self._of_person(who, hearing) for who in hearing.people]
        of_house = [self.said(plan, hearing, hearing.house) for plan in self.house_plans]
        policies = self._concluded(hearing, of_people, of_house)
        parts = {name: found(start) for name, found in self.house_parts.items()}
        return HouseholdJudgement(
            self._assessment(home, parts, policies),
            policies,
            self._unnamed(home),
            self._findings(home, start) if with_findings else [],
            parts,
            of_people,
            of_house,
        )

    def _assessment(self, home: Home, parts: Mapping[str, Any], policies: Sequence[PolicyJudgement]) -> dict[str, Any]:
        annual = once = missing = 0
        for p in policies:
            if not p.plan.cash or p.dues is NOTHING_DUE:
                continue
            annual += p.dues.annual_amount or 0
            once += p.dues.once_amount or 0
            if p.reconciliation in ("missing", "under") and p.dues.due_low is not None:
                missing += p.dues.due_low - p.received
        return {
            "household_id": home.facts["household_id"],
            "members": sum(present_on(p.facts, self.days.as_of) for p in home.people),
            **{name: parts[name] for name in self.book.lines},
            "poverty_line": self.rules.values["poverty_line"],
            **{name: parts[name] for name in ("below_line", *self.book.guarantees, *self.book.standards)},
            "entitled_annual": annual,
            "entitled_once": once,
            "missing_amount": missing,
        }

    # ---- policies

    def _of_person(self, who: Answers, hearing: Hearing) -> list[PolicyJudgement]:
        judged = [self.said(plan, hearing, who) for plan in self.person_plans]
        self._exclude(judged)
        return judged

    def _concluded(
        self, hearing: Hearing, of_people: Sequence[list[PolicyJudgement]], of_house: list[PolicyJudgement]
    ) -> list[PolicyJudgement]:
        """The policies of those who may have them this year, or have received something, and the household's."""
        made: list[PolicyJudgement] = []
        for who, judged in zip(hearing.people, of_people, strict=True):
            made += judged if self.candidate(who.m.facts) else [j for j in judged if j.received > ONE_FEN]
        made += of_house
        for j in made:
            if j.standing is not self.never or j.received > ONE_FEN:
                self._conclude(j, hearing)
        return made

    def candidate(self, facts: Facts) -> bool:
        """Present on some day of the policy year up to `as_of`; the first possible day is the later of 1 January and birth."""
        first = max(self.span.days[0], facts["birth_date"] or 0)
        return first <= self.days.as_of and present_on(facts, first)

    def said(self, plan: Plan, hearing: Hearing, who: Answers) -> PolicyJudgement:
        """What the conditions say on each day asked about."""
        held = plan.pick(who.values)
        heard = plan.heard.get(held) or plan.hear(held)
        made = PolicyJudgement(plan, who, held, heard, self._stands(plan, heard, hearing, who))
        if made.said is self.never:
            made.why = heard.failing
        return made

    def stands(self, plan: Plan, hearing: Hearing, who: Answers) -> Standings:
        """How a policy stands on each day asked about, by its own conditions."""
        held = plan.pick(who.values)
        return self._stands(plan, plan.heard.get(held) or plan.hear(held), hearing, who)

    def _stands(self, plan: Plan, heard: Heard, hearing: Hearing, who: Answers) -> Standings:
        if heard.never:
            return self.never
        always = self.span.always
        for asked in heard.passing:
            if hearing.series(who, asked) is always[False]:
                return self.never
        if plan.over_days:
            for asked in plan.daily:
                series = hearing.series(who, asked)
                if series is not always[series[-1]]:
                    return self._day_by_day([hearing.series(who, a) for a in plan.asked])
        return self.standings[heard.now]

    @staticmethod
    def _day_by_day(conditions: Sequence[Series]) -> Standings:
        return tuple(
            ["not" if False in day else "unknown" if None in day else "due" for day in zip(*conditions, strict=True)]
        )

    def received(self, holder: Home | Person) -> dict[str, int]:
        """What was received of each policy in the policy year; of what is given once, up to it."""
        sums: dict[str, int] = {}
        for (id_, year), amount in holder.received.items():
            if year == self.days.policy_year or (year < self.days.policy_year and id_ in self.ever):
                sums[id_] = sums.get(id_, 0) + amount
        return sums

    # ---- exclusions, day by day

    def _exclude(self, judged: Sequence[PolicyJudgement]) -> None:
        """Let the policies of one person bar each other. Those that are never due nor unknown have no part in it."""
        live = [j for n in self.contested if (j := judged[n]).said is not self.never]
        if len(live) > 1:
            settled = self.settle(tuple([(j.policy.id, j.said, j.received > ONE_FEN) for j in live]))
            for j, (standing, rivals) in zip(live, settled, strict=True):
                j.standing, j.rivals = standing, rivals

    def beside_each_other(
        self, judged: Sequence[PolicyJudgement], moved: Mapping[int, Standings]
    ) -> dict[int, Standings]:
        """How the policies of one person that may bar each other stand where some of them say something else, by number."""
        claims = {
            n: (judged[n].policy.id, said, judged[n].received > ONE_FEN)
            for n in self.contested
            if (said := moved.get(n, judged[n].said)) is not self.never
        }
        settled = self.settle(tuple(claims.values()))
        return {n: standing for n, (standing, _) in zip(claims, settled, strict=True)}

    def _settled(self, claims: tuple[Claim, ...]) -> tuple[tuple[Standings, Rivals], ...]:
        """How a person's policies stand beside each other; the same for all who claim the same."""
        live = {id_: _Claimed(said, got) for id_, said, got in claims}
        for place in range(self.span.size):
            for id_ in live:
                self._bar(id_, live, place)
            for group in self.rankings:
                self._choose(group, live, place)
        return tuple((tuple(c.standing), c.rivals) for c in live.values())

    def _bar(self, id_: str, live: "Mapping[str, _Claimed]", place: int) -> None:
        barred = live[id_]
        if barred.said[place] == "not":
            return
        by = [x for x in self.bars.get(id_, ()) if x in live]
        due = [x for x in by if live[x].said[place] == "due"]
        unknown = [x for x in by if live[x].said[place] == "unknown"]
        if due:
            barred.stand(place, "excluded", due[:1])
        elif unknown and barred.said[place] == "due":
            barred.stand(place, "unknown", unknown)

    def _choose(self, ranking: Ranking, live: "Mapping[str, _Claimed]", place: int) -> None:
        order = [p for p in ranking.orders[self.segments[place]] if p in live]
        due = [p for p in order if live[p].standing[place] == "due"]
        if not due:
            return
        chosen, by_receipt = self._chosen(due, live)
        threats = []
        if not by_receipt:
            for u in ranking.group.policies:
                if u in live and live[u].standing[place] == "unknown":
                    beside = [p for p in order if p in due or p == u]
                    if self._chosen(beside, live)[0] == u:
                        threats.append(u)
        for p in due:
            if p != chosen:
                live[p].stand(place, "excluded", [chosen])
        if threats:
            live[chosen].stand(place, "unknown", threats)

    @staticmethod
    def _chosen(ranked: Sequence[str], live: "Mapping[str, _Claimed]") -> tuple[str, bool]:
        """The one chosen of a set in order of rank, and whether by receipt."""
        got = [p for p in ranked if live[p].got]
        return (got[0], True) if len(got) == 1 else (ranked[0], False)

    # ---- verdict, dues, reconciliation, why

    def _conclude(self, j: PolicyJudgement, hearing: Hearing) -> None:
        """Verdict, dues, reconciliation and reasons. Where a condition fails on every day there is only a receipt to wonder about."""
        if j.standing is self.never:
            if j.plan.cash and j.received > ONE_FEN:
                j.reconciliation = self._otherwise(j.policy, j.m)
            return
        j.dues = j.plan.dues(j.standing, j.m)
        if j.plan.cash:
            j.reconciliation = self._reconcile(j)
        j.why = self._why(j, hearing)

    def _reconcile(self, j: PolicyJudgement) -> str | None:
        got, dues, plan = j.received > ONE_FEN, j.dues, j.plan
        if dues.verdict == "unknown":
            return "unverified" if got else None
        if dues.verdict == "not_entitled":
            return self._otherwise(j.policy, j.m) if got else None
        if not plan.always_known and None in plan.amounts_on(j.m, range(self.span.size)):
            return "unverified" if got else "missing" if dues.low_days else "pending" if dues.high_days else None
        assert dues.due_low is not None
        assert dues.due_high is not None
        if not got:
            return "missing" if dues.due_low > _TOLERANCE else "pending" if dues.due_high > _TOLERANCE else None
        if dues.verdict == "excluded" and dues.due_high <= _TOLERANCE:
            return "unexplained"
        nature = plan.benefit.nature
        if nature in ("fixed", "minimum") and j.received < dues.due_low - _TOLERANCE:
            return "under"
        if nature in ("fixed", "ceiling") and j.received > dues.due_high + _TOLERANCE:
            return "over"
        return "matched"

    def _otherwise(self, policy: b.Policy, m: Moment | None) -> str | None:
        if policy.benefit is None or policy.benefit.kind != "cash":
            return None
        if policy.id in self.explained and m:
            explained = self.explained[policy.id](m)
            return "unverified" if explained is None else "matched" if explained else "unexplained"
        return "unverified" if policy.benefit.drawn_elsewhere else "unexplained"

    def _why(self, j: PolicyJudgement, hearing: Hearing) -> str:
        heard = j.heard
        if j.verdict == "excluded":
            return j.rivals[self.span.size - 1][0]
        if j.verdict == "unknown":
            if not j.plan.over_days:
                return heard.unknown
            if j.standing[-1] == "unknown":
                unknown, places = heard.unknown, [self.span.size - 1]
            else:
                places = [x for x in j.plan.accrual if j.standing[x] == "unknown"]
                asked = zip(j.plan.names, [hearing.series(j.who, a) for a in j.plan.asked], strict=True)
                unknown = ";".join([n for n, series in asked if any(series[x] is None for x in places)])
            rivals = {r for x in places for r in j.rivals.get(x, ())} if j.rivals else ()
            return ";".join(filter(None, [unknown, *self._in_book_order(j.policy.id, rivals)])) if rivals else unknown
        return heard.failing if j.verdict in ("not_entitled", "ended") else ""

    def _in_book_order(self, policy: str, rivals: Collection[str]) -> list[str]:
        order = [*self.bars.get(policy, ()), *(self.groups[policy].group.policies if policy in self.groups else ())]
        return [r for r in dict.fromkeys(order) if r in rivals]

    def _unnamed(self, home: Home) -> list[dict[str, Any]]:
        """Receipts of a person policy that name no person."""
        sums: dict[str, int] = {}
        for row in home.receipt_rows_raw:
            policy = self.book.policies[row["policy_id"]]
            if row["person_id"] is None and policy.person and policy.evaluated and row["year"] == self.days.policy_year:
                sums[policy.id] = sums.get(policy.id, 0) + row["amount"]
        empty = dict.fromkeys(("annual_amount", "once_amount", "due_low", "due_high"))
        return [
            {
                "household_id": home.facts["household_id"],
                "person_id": None,
                "policy_id": id_,
                "verdict": "not_entitled",
                **empty,
                "received": total,
                "reconciliation": self._otherwise(self.book.policies[id_], None) if total > ONE_FEN else None,
                "why": "person",
            }
            for id_, total in sums.items()
        ]

    # ---- findings

    def _findings(self, home: Home, start: Moment) -> list[dict[str, Any]]:
        """What the checks find, check by check in the book's order."""
        people = {p.id: m for p, m in zip(home.people, start.people, strict=True)}
        met: list[tuple[int, str | None, Moment]] = [(n, None, start) for n in self.met["household"](start)]
        met += [(n, id_, m) for id_, m in people.items() for n in self.met["person"](m)]
        for table, rows in (("ledger", home.ledger_rows_raw), ("receipt", home.receipt_rows_raw)):
            of_row = self.met[table]
            for row in rows:
                m = people.get(row["person_id"], start).at_row(row)
                met += [(n, row["person_id"], m) for n in of_row(m)]
        return [self._finding(self.checks[n], person_id, m) for n, person_id, m in sorted(met, key=itemgetter(0))]

    def _finding(self, check: b.Check, person_id: str | None, m: Moment) -> dict[str, Any]:
        values = {name: value(m) for name, value in self.shown[check.id].items()}
        return {
            "household_id": m.home.facts["household_id"],
            "person_id": person_id,
            "check_id": check.id,
            "severity": check.severity,
            "message": self.tellers[check.id](values),
        }

    # ---- evidence

    def evidence_of(self, home: Home) -> list[dict[str, Any]]:
        """The papers that the household, and each member, has to have (`required` true), and of which that is not known (None)."""
        start = self.start(home)
        members = [(p.id, m) for p, m in zip(home.people, start.people, strict=True) if present_on(p.facts, start.day)]
        asked: dict[str, list[tuple[str | None, Moment]]] = {"household": [(None, start)], "person": [*members]}
        return [
            {
                "household_id": home.facts["household_id"],
                "person_id": person_id,
                "kind_id": kind.id,
                "required": True if required else None,
            }
            for kind, found in self.evidence
            for person_id, m in asked[kind.table]
            if (required := found(m)) is not False
        ]


def values_on(rules: Rules, bit: int) -> Mapping[str, b.ParameterValue]:
    """The values in force on a day of the run."""
    return rules.segments[segment_on(rules, bit)][1]


def segment_on(rules: Rules, bit: int) -> int:
    return next(n for n, (mask, _) in enumerate(rules.segments) if mask >> bit & 1)


def picker(places: Sequence[int]) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
    """What takes the values at some places out of a list, as a tuple."""
    if len(places) == 1:
        (only,) = places
        return lambda values: (values[only],)
    return itemgetter(*places)


def looks_at_person(node: Node) -> bool:
    """Whether an expression looks at the one person asked about; an aggregate looks at all of them."""
    match node:
        case tree.Of():
            return False
        case tree.Builtin():
            return node.name in ("present", "member", "age", "school_age", "stage")
        case tree.Fact() | tree.Part() | tree.Ledger() | tree.Received():
            return node.table == "person"
        case _:
            return any(map(looks_at_person, node.children()))


__all__ = ["HouseholdJudgement", "Judge", "PolicyJudgement"]

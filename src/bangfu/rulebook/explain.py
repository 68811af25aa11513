"""One household explained in full: every line, guarantee and policy with its reasons, what to ask, and what would change a verdict."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bangfu.kernel.days import YEAR, iso_from_day
from bangfu.kernel.money import round_half_away, yuan_from_fen
from bangfu.kernel.schema import schema
from bangfu.kernel.words import Lang, Text
from bangfu.rulebook import book as b
from bangfu.rulebook.evaluate import Home, Moment, compile_node
from bangfu.rulebook.judge import HouseholdJudgement, Judge, PolicyJudgement
from bangfu.rulebook.messages import show
from bangfu.rulebook.run_days import NOW_BIT
from bangfu.rulebook.trail import FactSeen, columns, facts_seen

MOST_QUESTIONS = 5
MOST_MISSES = 5
_OLDEST = 110
_MONTHS_AHEAD = 24


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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
class Question:
    """A fact to ask for: `money` is what a year may hang on it, in fen; `policies` those whose verdict it can still change."""

    person_id: str
    column: str
    label: str
    money: int
    policies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A policy not due for one reason only, and what would change that."""

    person_id: str
    policy_id: str
    label: str
    change: str


@dataclass(frozen=True, slots=True)
class Explanation:
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
    judgement: HouseholdJudgement


class Explainer:
    """Explains households under one set of rules."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.rules = judge.rules
        self.book = judge.book
        self.lang: Lang = judge.lang

    def explain(self, home: Home, policy_id: str = "") -> Explanation:
        """Explain a household; with `policy_id`, of its policies and questions those of that policy alone."""
        judged = self.judge.judge(home)
        m = self.judge.start(home)
        return Explanation(
            household_id=judged.assessment["household_id"],
            members=judged.assessment["members"],
            lines=tuple(self._line(part, judged, home) for part in self.book.lines.values()),
            tests=tuple(self._verdict(part, judged, m) for part in self.book.tests.values()),
            guarantees=tuple(self._verdict(part, judged, m) for part in self.book.guarantees.values()),
            standards=tuple(self._verdict(part, judged, m) for part in self.book.standards.values()),
            policies=tuple(self._policy(j, m) for j in judged.policies if policy_id in ("", j.policy.id)),
            questions=tuple(self.questions(home, judged, m, policy_id)),
            misses=tuple(self.misses(judged, m)),
            findings=tuple(judged.findings),
            judgement=judged,
        )

    # ---- wording

    def label(self, text: Text) -> str:
        return self.rules.fill(text.say(self.lang), self.lang)

    def say(self, zh: str, en: str) -> str:
        return Text(zh, en).say(self.lang)

    def _line(self, part: b.Part, judged: HouseholdJudgement, home: Home) -> LineSeen:
        """A line that is itself a group or an item of the ledger shows the entries behind it."""
        year, items = self.rules.days.income_year, schema().codes["item"]
        behind = (part.id,) if part.id in items else schema().items_of(part.id)
        amount = judged.parts[part.id]
        if sum(home.ledger.get((i, year), 0) for i in behind) != amount:
            # What a parameter leaves out of a group (pension, living costs) is no entry of it; pension has a line of its own.
            left_out = {i for i in behind if i in self.book.lines and len(behind) > 1}
            behind = tuple(i for i in behind if i not in left_out)
        entries = tuple(
            (items[i].label.say(self.lang), home.ledger[i, year]) for i in behind if (i, year) in home.ledger
        )
        return LineSeen(part.id, self.label(part.label), part.clause, amount, entries)

    def _verdict(self, part: b.Part, judged: HouseholdJudgement, m: Moment) -> VerdictSeen:
        conditions = tuple(self._condition(c, self._held(c, m), m) for c in part.conditions)
        return VerdictSeen(part.id, self.label(part.label), part.clause, judged.parts[part.id], conditions)

    def _held(self, condition: b.Condition, m: Moment) -> bool | None:
        value = compile_node(condition.node)(m)
        return None if value is None else bool(value)

    def _condition(self, condition: b.Condition, held: bool | None, m: Moment) -> ConditionSeen:
        facts = tuple(facts_seen(condition.node, m, self.rules, self.lang))
        return ConditionSeen(condition.id, self.label(condition.label), condition.clause, held, facts)

    def _policy(self, j: PolicyJudgement, start: Moment) -> PolicySeen:
        m = start.of(j.person) if j.person else start
        policy = j.policy
        instead = self.label(self.book.policies[j.why].label) if j.verdict == "excluded" else ""
        return PolicySeen(
            row=j.row(str(start.home.facts["household_id"])),
            label=self.label(policy.label),
            clause=policy.clause,
            conditions=tuple(self._condition(c, held, m) for c, held in j.conditions),
            instead=instead,
            sums=tuple(self._sums(j, m)),
            papers=tuple(self.label(p) for p in policy.papers),
            apply_at=self.label(policy.apply_at) if policy.apply_at else "",
        )

    def _sums(self, j: PolicyJudgement, m: Moment) -> Iterator[str]:
        """The days counted and the sums, in words."""
        benefit = j.policy.benefit
        if benefit is None or benefit.kind != "cash" or benefit.amount is None:
            return
        seen = facts_seen(benefit.amount, m, self.rules, self.lang)
        if seen:
            shown = self.say("；", "; ").join(f"{f.label.say(self.lang)}={f.value}" for f in seen)
            yield self.say(f"计算依据：{shown}", f"worked out from: {shown}")
        if benefit.accrues in (None, "once", "event"):
            return
        accrual = self.judge.days.accrual(benefit.accrues)
        for standing, zh, en in (
            ("due", "应享", "due"),
            ("unknown", "待核实", "unknown"),
            ("excluded", "因不重复享受不计", "excluded"),
        ):
            days = [bit for bit in range(NOW_BIT) if accrual >> bit & 1 and j.standing.get(bit) == standing]
            if days:
                yield self.say(
                    f"{zh}的计发日 {len(days)} 个：{self._days(days)}",
                    f"{len(days)} accrual day(s) {en}: {self._days(days)}",
                )
        if j.due_low is None or j.due_high is None:
            return
        low = [
            bit
            for bit in range(NOW_BIT)
            if self.judge.days.expected(benefit.accrues) >> bit & 1 and j.standing.get(bit) == "due"
        ]
        high = [bit for bit in range(NOW_BIT) if accrual >> bit & 1 and j.standing.get(bit) in ("due", "unknown")]
        for days, total, zh, en in (
            (low, j.due_low, "至今确定应发", "surely due by now"),
            (high, j.due_high, "至今最多应发", "at most due by now"),
        ):
            shown = f"{self._times(j.policy, m, days)} = {yuan_from_fen(total, grouped=True)}"
            yield self.say(f"{zh}：{shown}", f"{en}: {shown}")

    def _times(self, policy: b.Policy, m: Moment, bits: Sequence[int]) -> str:
        """80.00 × 6 + 100.00 × 5: each rate with the accrual days on which it was in force."""
        assert policy.benefit is not None
        assert policy.benefit.amount is not None
        scale = policy.benefit.amount.type.denominator
        counts: dict[int, int] = {}
        for bit in bits:
            amount = self.judge.amounts[policy.id](m.on(m.day, self.judge.day_values[bit]))
            counts[amount] = counts.get(amount, 0) + 1
        share = {"year": " ÷ 12", "term": f" ÷ {max(1, len(self.book.calendar.terms))}"}.get(
            policy.benefit.accrues or "", ""
        )
        parts = [
            f"{yuan_from_fen(round_half_away(rate, scale), grouped=True)}{share} × {n}" for rate, n in counts.items()
        ]
        return " + ".join(parts) or "0"

    def _days(self, bits: Sequence[int]) -> str:
        """Firsts of months, runs of them joined."""
        runs: list[list[int]] = []
        for bit in bits:
            if runs and bit == runs[-1][-1] + 1:
                runs[-1].append(bit)
            else:
                runs.append([bit])
        named = [f"{r[0] + 1}/1" if len(r) == 1 else f"{r[0] + 1}/1—{r[-1] + 1}/1" for r in runs]
        return self.say("、", ", ").join(named)

    # ---- what to ask

    def questions(self, home: Home, judged: HouseholdJudgement, m: Moment, policy_id: str = "") -> list[Question]:
        """The unknown facts that can still change a verdict or an amount (that of `policy_id` where given), most money first, at most five.

        Each unknown fact behind an unknown verdict is tried with every value it can take (ages one by one); one that changes nothing is not asked.
        """
        made = []
        base = self._outcomes(judged)
        for seen in self._unknown_facts(judged, m):
            changed: dict[str, None] = {}
            gain = 0
            for value in self._values(seen.column):
                other = self.judge.judge(self._with(home, seen, value), with_findings=False)
                outcomes = self._outcomes(other)
                mine = [key for key, outcome in outcomes.items() if outcome != base.get(key)]
                changed |= dict.fromkeys(key[1] for key in mine)
                gain = max(gain, sum(self._worth(other, key) for key in mine))
            if policy_id in changed or (changed and not policy_id):
                gain = gain or max((self._potential(judged, key, m) for key in base if key[1] in changed), default=0)
                made.append(
                    Question(
                        seen.person_id, seen.column, columns()[seen.column].label.say(self.lang), gain, tuple(changed)
                    )
                )
        return sorted(made, key=lambda q: (-q.money, q.person_id, q.column))[:MOST_QUESTIONS]

    def _unknown_facts(self, judged: HouseholdJudgement, m: Moment) -> list[FactSeen]:
        found: dict[tuple[str, str], FactSeen] = {}
        nodes: list[tuple[Any, Moment]] = []
        for j in judged.policies:
            of = m.of(j.person) if j.person else m
            if j.verdict == "unknown":
                nodes += [(c.node, of) for c in j.policy.conditions]
            benefit = j.policy.benefit
            if benefit and benefit.amount and benefit.kind == "cash" and j.verdict in ("entitled", "ended"):
                nodes.append((benefit.amount, of))
        nodes += [
            (p.node, m)
            for p in (*self.book.guarantees.values(), *self.book.standards.values())
            if judged.parts[p.id] is None
        ]
        for node, of in nodes:
            for seen in facts_seen(node, of, self.rules, self.lang):
                if seen.unknown and seen.column:
                    found.setdefault((seen.person_id, seen.column), replace(seen, value=""))
        return list(found.values())

    def _values(self, name: str) -> list[Any]:
        column = columns()[name]
        match column.type:
            case "yes_no":
                return [True, False]
            case "code":
                return list(schema().codes[column.codes])
            case "date":
                now = self.rules.days.as_of
                return [now - age * YEAR for age in range(_OLDEST)]
            case "money" | "months" | "area":
                return list(schema().bounds[column.type])
            case _:
                return []

    @staticmethod
    def _with(home: Home, seen: FactSeen, value: Any) -> Home:
        """The household as it would be with one fact known."""
        facts: Mapping[str, Any] = home.facts if seen.person_id else {**home.facts, seen.column: value}
        people = [{**p.facts, seen.column: value} if p.id == seen.person_id else p.facts for p in home.people]
        return Home.of(facts, people, home.ledger_rows_raw, home.receipt_rows_raw)

    def _outcomes(self, judged: HouseholdJudgement) -> dict[tuple[str, str], tuple[Any, ...]]:
        """What can change, by (person, policy or guarantee)."""
        policies = {
            (j.person.id if j.person else "", j.policy.id): (
                j.verdict,
                j.annual_amount,
                j.once_amount,
                j.due_low,
                j.due_high,
            )
            for j in judged.policies
        }
        verdicts = {("", name): (judged.parts[name],) for name in (*self.book.guarantees, *self.book.standards)}
        return {**policies, **verdicts}

    @staticmethod
    def _worth(judged: HouseholdJudgement, key: tuple[str, str]) -> int:
        for j in judged.policies:
            if (j.person.id if j.person else "", j.policy.id) == key:
                return (j.annual_amount or 0) + (j.once_amount or 0)
        return 0

    def _potential(self, judged: HouseholdJudgement, key: tuple[str, str], m: Moment) -> int:
        """What a policy would be worth a year, were it due."""
        for j in judged.policies:
            if (
                (j.person.id if j.person else "", j.policy.id) == key
                and j.policy.benefit
                and j.policy.benefit.amount
                and j.policy.benefit.kind == "cash"
            ):
                amount = self.judge.amounts[j.policy.id](m.of(j.person) if j.person else m)
                times = 12 if j.policy.benefit.accrues == "month" else 1
                return (
                    0 if amount is None else round_half_away(amount * times, j.policy.benefit.amount.type.denominator)
                )
        return 0

    # ---- what would change a verdict

    def misses(self, judged: HouseholdJudgement, m: Moment) -> list[NearMiss]:
        """Policies kept from being due by one condition: first those that time alone will bring, then cash that one fact stands between."""
        by_time, by_fact = [], []
        ahead = self.judge.start(self._ahead(m.home))
        people = {p.id: p for p in ahead.home.people}
        for j in judged.policies:
            failed = [c for c, held in j.conditions if held is False]
            if (
                j.verdict != "not_entitled"
                or len(failed) != 1
                or any(held is None for _, held in j.conditions)
                or failed[0].id == "present"
            ):
                continue
            of = m.of(j.person) if j.person else m
            person = j.person.id if j.person else ""
            day = self._day_ahead(j.policy, failed[0], ahead.of(people[person]) if person else ahead)
            label, needed = self.label(j.policy.label), self.label(failed[0].label)
            if day:
                change = self.say(
                    f"自 {iso_from_day(day)} 起符合“{needed}”", f"from {iso_from_day(day)} on, '{needed}' will hold"
                )
                by_time.append((day, NearMiss(person, j.policy.id, label, change)))
            elif j.person and j.policy.benefit and j.policy.benefit.kind == "cash" and len(j.conditions) >= 4:
                seen = self.say("；", "; ").join(
                    f"{f.label.say(self.lang)}={show(None, failed[0].node.type, self.rules, self.lang) if f.unknown else f.value}"
                    for f in facts_seen(failed[0].node, of, self.rules, self.lang)
                )
                change = self.say(f"只差“{needed}”（现为：{seen}）", f"only '{needed}' is wanting (now: {seen})")
                by_fact.append(
                    (-self._potential(judged, (person, j.policy.id), m), NearMiss(person, j.policy.id, label, change))
                )
        ordered = [miss for _, miss in sorted(by_time, key=lambda x: x[0])] + [
            miss for _, miss in sorted(by_fact, key=lambda x: x[0])
        ]
        return ordered[:MOST_MISSES]

    @staticmethod
    def _ahead(home: Home) -> Home:
        """The household as it will be if nothing happens: whoever changed school since spring will not go back to the old one."""
        people = [{**p.facts, "schooling_spring": None} for p in home.people]
        return Home.of(home.facts, people, home.ledger_rows_raw, home.receipt_rows_raw)

    def _day_ahead(self, policy: b.Policy, failed: b.Condition, m: Moment) -> int | None:
        """The first of a coming month on which a condition that fails today will hold by itself, and the others still do."""
        if not failed.node.daily:
            return None
        holds = [compile_node(c.node) for c in policy.conditions]
        year, month = self.rules.days.as_of // YEAR, self.rules.days.as_of // 100 % 100
        for _ in range(_MONTHS_AHEAD):
            year, month = (year + 1, 1) if month == 12 else (year, month + 1)
            then = m.on(year * YEAR + month * 100 + 1, m.values)
            if all(held(then) is True for held in holds):
                return year * YEAR + month * 100 + 1
        return None

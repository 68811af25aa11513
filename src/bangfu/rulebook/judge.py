"""Judge one household with the evaluator: the same rows as the SQL, plus the trail behind each.

Written day by day, as rules.md words it, and not by masks as the SQL is: the two are compared cell by cell in the tests.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from bangfu.kernel.money import round_half_away
from bangfu.kernel.words import Lang
from bangfu.rulebook import book as b
from bangfu.rulebook.evaluate import Evaluator, Home, Moment, Person, compile_node, present_on
from bangfu.rulebook.messages import message_text
from bangfu.rulebook.resolve import Rules
from bangfu.rulebook.run_days import NOW_BIT
from bangfu.rulebook.standing import ONE_FEN, Ranking, bars, rankings

Standing = Literal["due", "unknown", "excluded", "not"]
_TOLERANCE = 1


@dataclass(slots=True)
class PolicyJudgement:
    """One policy for one possible beneficiary. Money in fen; `standing` by bit of the run's days; `conditions` as they are on `as_of`.

    `rivals` names, per bit, the policies behind an exclusion or an unsettled choice.
    """

    policy: b.Policy
    person: Person | None
    conditions: list[tuple[b.Condition, bool | None]]
    on_days: dict[int, list[bool | None]]
    standing: dict[int, Standing]
    rivals: dict[int, list[str]] = field(default_factory=dict)
    verdict: str = "not_entitled"
    annual_amount: int | None = None
    once_amount: int | None = None
    due_low: int | None = None
    due_high: int | None = None
    low_days: int = 0
    high_days: int = 0
    received: int = 0
    reconciliation: str | None = None
    why: str = ""

    def row(self, household_id: str) -> dict[str, Any]:
        """The row of `entitlement`."""
        return {
            "household_id": household_id,
            "person_id": self.person.id if self.person else None,
            "policy_id": self.policy.id,
            "verdict": self.verdict,
            "annual_amount": self.annual_amount,
            "once_amount": self.once_amount,
            "due_low": self.due_low,
            "due_high": self.due_high,
            "received": self.received,
            "reconciliation": self.reconciliation,
            "why": self.why,
        }


@dataclass(slots=True)
class HouseholdJudgement:
    """All verdicts of one household: `assessment` and `findings` as rows, `policies` with their trail, `parts` the named parts as at `as_of`."""

    assessment: dict[str, Any]
    policies: list[PolicyJudgement]
    unnamed: list[dict[str, Any]]
    findings: list[dict[str, Any]]
    parts: dict[str, Any]

    def entitlement(self) -> list[dict[str, Any]]:
        """All entitlement rows, those of receipts that name no person included."""
        household = self.assessment["household_id"]
        return [p.row(household) for p in self.policies] + self.unnamed


class Judge:
    """A book in force, compiled to closures once; judges any number of households."""

    def __init__(self, rules: Rules, lang: Lang = "zh") -> None:
        self.rules = rules
        self.book = rules.book
        self.days = rules.days
        self.lang: Lang = lang
        self.parts = {name: self._part(part) for name, part in rules.book.parts.items()}
        self.conditions = {p.id: [(c, compile_node(c.node)) for c in p.conditions] for p in self.book.evaluated}
        self.amounts = {
            p.id: compile_node(p.benefit.amount) for p in self.book.evaluated if p.benefit and p.benefit.amount
        }
        self.explained = {
            p.id: compile_node(p.receipt_explained_when) for p in self.book.evaluated if p.receipt_explained_when
        }
        self.checks = [
            (c, compile_node(c.when), {n: compile_node(x) for n, x in c.show.items()})
            for c in self.book.checks.values()
        ]
        self.groups = {p: g for g in rankings(rules) for p in g.group.policies}
        self.bars = bars(rules)
        self.day_values = {bit: next(v for mask, v in rules.segments if mask >> bit & 1) for bit in self.days.bits}
        self.segment_of = {
            bit: next(k for k, (mask, _) in enumerate(rules.segments) if mask >> bit & 1) for bit in self.days.bits
        }

    def _part(self, part: b.Part) -> Evaluator:
        """A part's closure. What does not vary by day is taken as at `as_of`; an income line is unknown unless income is settled."""
        found = compile_node(part.node)
        if part.signature.daily:
            return found

        def now(m: Moment) -> Any:
            then = m if m.day == self.days.as_of and m.values is self.rules.values else self._now(m)
            return found(then)

        if part.role != "line":
            return now
        settled = self.book.settled.id
        return lambda m: now(m) if m.parts[settled](m) is True else None

    def _now(self, m: Moment) -> Moment:
        return m.on(self.days.as_of, self.rules.values)

    # ---- a household

    def start(self, home: Home) -> Moment:
        """The household on `as_of`."""
        return Moment(home, self.days, self.days.as_of, self.rules.values, self.parts)

    def judge(self, home: Home, *, with_findings: bool = True) -> HouseholdJudgement:
        start = self.start(home)
        policies = self._policies(home, start)
        unnamed = self._unnamed(home)
        parts = {
            name: self.parts[name](start)
            for name, part in self.book.parts.items()
            if part.signature.table == "household"
        }
        return HouseholdJudgement(
            self._assessment(home, parts, policies),
            policies,
            unnamed,
            self._findings(home, start) if with_findings else [],
            parts,
        )

    def _assessment(self, home: Home, parts: Mapping[str, Any], policies: Sequence[PolicyJudgement]) -> dict[str, Any]:
        cash = [p for p in policies if p.policy.benefit and p.policy.benefit.kind == "cash"]
        missing = sum(
            p.due_low - p.received for p in cash if p.reconciliation in ("missing", "under") and p.due_low is not None
        )
        return {
            "household_id": home.facts["household_id"],
            "members": sum(present_on(p.facts, self.days.as_of) for p in home.people),
            **{name: parts[name] for name in self.book.lines},
            "poverty_line": self.rules.values["poverty_line"],
            **{name: parts[name] for name in ("below_line", *self.book.guarantees, *self.book.standards)},
            "entitled_annual": sum(p.annual_amount or 0 for p in cash),
            "entitled_once": sum(p.once_amount or 0 for p in cash),
            "missing_amount": missing,
        }

    # ---- policies

    def _policies(self, home: Home, start: Moment) -> list[PolicyJudgement]:
        made = []
        for person in home.people:
            of_person = [self._said(p, start.of(person)) for p in self.book.evaluated if p.person]
            self._exclude({j.policy.id: j for j in of_person})
            candidate = self._candidate(person)
            made += [j for j in of_person if candidate or j.received > ONE_FEN]
        made += [self._said(p, start) for p in self.book.evaluated if not p.person]
        for judgement in made:
            self._conclude(judgement, start.of(judgement.person) if judgement.person else start)
        return made

    def _candidate(self, person: Person) -> bool:
        """Present on some day of the policy year up to `as_of`; the first possible day is the later of 1 January and birth."""
        birth = person.facts["birth_date"]
        first = max(self.days.year_base + 101, birth or 0)
        return first <= self.days.as_of and present_on(person.facts, first)

    def _said(self, policy: b.Policy, m: Moment) -> PolicyJudgement:
        """What the conditions say on each day asked about."""
        assert policy.benefit is not None
        conditions = self.conditions[policy.id]
        bits = self.days.bits if policy.benefit.accrues not in (None, "once") else (NOW_BIT,)
        on_days: dict[int, list[bool | None]] = {}
        standing: dict[int, Standing] = {}
        for bit in bits:
            moment = m if bit == NOW_BIT else m.on(self.days.day(bit), self.day_values[bit])
            values = [found(moment) for _, found in conditions]
            on_days[bit] = values
            standing[bit] = "not" if False in values else "unknown" if None in values else "due"
        judged = PolicyJudgement(
            policy,
            m.person,
            [(c, v) for (c, _), v in zip(conditions, on_days[NOW_BIT], strict=True)],
            on_days,
            standing,
        )
        judged.received = self._received(policy, m)
        return judged

    def _received(self, policy: b.Policy, m: Moment) -> int:
        holder = m.person or m.home
        assert policy.benefit is not None
        up_to = policy.benefit.accrues == "once"
        year = self.days.policy_year
        return sum(
            amount
            for (id_, y), amount in holder.received.items()
            if id_ == policy.id and (y == year or (up_to and y < year))
        )

    # ---- exclusions, day by day

    def _exclude(self, judged: dict[str, PolicyJudgement]) -> None:
        for bit in self.days.bits:
            before = {id_: j.standing[bit] for id_, j in judged.items() if bit in j.standing}
            for id_, by in self.bars.items():
                self._bar(judged[id_], before, by, bit)
            for group in {g.group.id: g for g in self.groups.values()}.values():
                self._choose(group, judged, bit)

    def _bar(self, barred: PolicyJudgement, before: Mapping[str, Standing], by: Sequence[str], bit: int) -> None:
        if before[barred.policy.id] == "not":
            return
        due = [x for x in by if before[x] == "due"]
        unknown = [x for x in by if before[x] == "unknown"]
        if due:
            barred.standing[bit] = "excluded"
            barred.rivals[bit] = due[:1]
        elif unknown and before[barred.policy.id] == "due":
            barred.standing[bit] = "unknown"
            barred.rivals[bit] = unknown

    def _choose(self, ranking: Ranking, judged: dict[str, PolicyJudgement], bit: int) -> None:
        order = ranking.orders[self.segment_of[bit]]
        due = [p for p in order if judged[p].standing[bit] == "due"]
        if not due:
            return
        chosen, by_receipt = self._chosen(due, judged)
        threats = []
        if not by_receipt:
            for u in ranking.group.policies:
                if judged[u].standing[bit] == "unknown":
                    beside = [p for p in order if p in due or p == u]
                    if self._chosen(beside, judged)[0] == u:
                        threats.append(u)
        for p in due:
            if p != chosen:
                judged[p].standing[bit] = "excluded"
                judged[p].rivals[bit] = [chosen]
        if threats:
            judged[chosen].standing[bit] = "unknown"
            judged[chosen].rivals[bit] = threats

    @staticmethod
    def _chosen(ranked: Sequence[str], judged: Mapping[str, PolicyJudgement]) -> tuple[str, bool]:
        """The one chosen of a set in order of rank, and whether by receipt."""
        got = [p for p in ranked if judged[p].received > ONE_FEN]
        return (got[0], True) if len(got) == 1 else (ranked[0], False)

    # ---- verdict, dues, reconciliation, why

    def _conclude(self, j: PolicyJudgement, m: Moment) -> None:
        benefit = j.policy.benefit
        assert benefit is not None
        cash = benefit.kind == "cash"
        amount = self._amount(j.policy, m) if cash else None
        self._verdict(j, amount)
        if cash:
            self._dues(j, m, amount)
            j.reconciliation = self._reconcile(j, amount_known=self._amount_known(j, m), m=m)
        j.why = self._why(j)

    def _amount(self, policy: b.Policy, m: Moment) -> int | None:
        """The amount over its scale, as at `as_of`."""
        value = self.amounts[policy.id](m)
        return None if value is None else int(value)

    def _amount_known(self, j: PolicyJudgement, m: Moment) -> bool:
        return all(self.amounts[j.policy.id](m.on(m.day, values)) is not None for _, values in self.rules.segments)

    def _verdict(self, j: PolicyJudgement, amount: int | None) -> None:
        now = j.standing[NOW_BIT]
        if now != "not":
            j.verdict = {"due": "entitled", "excluded": "excluded", "unknown": "unknown"}[now]
            return
        accrual = [j.standing[bit] for bit in self._bits(self._accrual_mask(j.policy))]
        was_due, was_unknown = "due" in accrual, "unknown" in accrual
        if j.policy.benefit and j.policy.benefit.accrues == "event":
            was_unknown = was_unknown or (was_due and amount is None)
            was_due = was_due and amount is not None and amount > 0
        j.verdict = "ended" if was_due else "unknown" if was_unknown else "not_entitled"

    def _accrual_mask(self, policy: b.Policy) -> int:
        accrues = policy.benefit.accrues if policy.benefit else None
        return self.days.accrual(accrues) if accrues else 0

    @staticmethod
    def _bits(mask: int) -> list[int]:
        return [bit for bit in range(mask.bit_length()) if mask >> bit & 1]

    def _dues(self, j: PolicyJudgement, m: Moment, amount: int | None) -> None:
        benefit = j.policy.benefit
        assert benefit is not None
        assert benefit.accrues is not None
        assert benefit.amount is not None
        scale = benefit.amount.type.denominator
        if j.verdict == "entitled" and amount is not None:
            worth = round_half_away(amount * (12 if benefit.accrues == "month" else 1), scale)
            j.once_amount, j.annual_amount = (worth, None) if benefit.accrues == "once" else (None, worth)
        if j.verdict not in ("entitled", "ended", "excluded"):
            return
        if benefit.accrues in ("event", "once"):
            j.low_days = j.high_days = 1
            both = 0 if j.verdict == "excluded" else None if amount is None else round_half_away(amount, scale)
            j.due_low = j.due_high = both
            return
        expected = self.days.expected(benefit.accrues)
        accrual = self.days.accrual(benefit.accrues)
        low = [bit for bit in self._bits(expected) if j.standing[bit] == "due"]
        high = [bit for bit in self._bits(accrual) if j.standing[bit] in ("due", "unknown")]
        j.low_days, j.high_days = len(low), len(high)
        j.due_low, j.due_high = self._worth(j.policy, m, low), self._worth(j.policy, m, high)

    def _worth(self, policy: b.Policy, m: Moment, bits: Sequence[int]) -> int | None:
        """What the accrual days are worth: each at the rate in force on it, rounded once."""
        benefit = policy.benefit
        assert benefit is not None
        assert benefit.amount is not None
        amounts = [self.amounts[policy.id](m.on(m.day, self.day_values[bit])) for bit in bits]
        if None in amounts:
            return None
        shares = (
            12
            if benefit.accrues == "year"
            else max(1, len(self.book.calendar.terms))
            if benefit.accrues == "term"
            else 1
        )
        return round_half_away(sum(amounts), shares * benefit.amount.type.denominator)

    def _reconcile(self, j: PolicyJudgement, *, amount_known: bool, m: Moment) -> str | None:
        got = j.received > ONE_FEN
        benefit = j.policy.benefit
        assert benefit is not None
        if j.verdict == "unknown":
            return "unverified" if got else None
        if j.verdict == "not_entitled":
            return self._otherwise(j.policy, m) if got else None
        if not amount_known:
            return "unverified" if got else "missing" if j.low_days else "pending" if j.high_days else None
        assert j.due_low is not None
        assert j.due_high is not None
        if not got:
            return "missing" if j.due_low > _TOLERANCE else "pending" if j.due_high > _TOLERANCE else None
        if j.verdict == "excluded" and j.due_high <= _TOLERANCE:
            return "unexplained"
        if benefit.nature in ("fixed", "minimum") and j.received < j.due_low - _TOLERANCE:
            return "under"
        if benefit.nature in ("fixed", "ceiling") and j.received > j.due_high + _TOLERANCE:
            return "over"
        return "matched"

    def _otherwise(self, policy: b.Policy, m: Moment | None) -> str | None:
        if policy.benefit is None or policy.benefit.kind != "cash":
            return None
        if policy.id in self.explained and m:
            explained = self.explained[policy.id](m)
            return "unverified" if explained is None else "matched" if explained else "unexplained"
        return "unverified" if policy.benefit.drawn_elsewhere else "unexplained"

    def _why(self, j: PolicyJudgement) -> str:
        if j.verdict == "excluded":
            return j.rivals[NOW_BIT][0]
        names = [c.id for c, _ in j.conditions]
        if j.verdict == "unknown":
            now = j.standing[NOW_BIT] == "unknown"
            bits = (
                [NOW_BIT]
                if now
                else [x for x in self._bits(self._accrual_mask(j.policy)) if j.standing[x] == "unknown"]
            )
            unknown = [n for i, n in enumerate(names) if any(j.on_days[x][i] is None for x in bits)]
            rivals = {r for x in bits for r in j.rivals.get(x, [])}
            return ";".join([*unknown, *self._in_book_order(j.policy.id, rivals)])
        if j.verdict in ("not_entitled", "ended"):
            return ";".join(c.id for c, value in j.conditions if value is False)
        return ""

    def _in_book_order(self, policy: str, rivals: set[str]) -> list[str]:
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
        by_id = {p.id: p for p in home.people}
        moments: dict[str, list[tuple[str | None, Moment]]] = {
            "household": [(None, start)],
            "person": [(p.id, start.of(p)) for p in home.people],
        }
        for table, rows in (("ledger", home.ledger_rows_raw), ("receipt", home.receipt_rows_raw)):
            moments[table] = [
                (
                    row["person_id"],
                    Moment(
                        home,
                        self.days,
                        start.day,
                        start.values,
                        self.parts,
                        by_id.get(row["person_id"]),
                        row,
                        start.memo,
                    ),
                )
                for row in rows
            ]
        found = []
        for check, when, show in self.checks:
            for person_id, m in moments[check.table]:
                if when(m) is True:
                    values = {name: value(m) for name, value in show.items()}
                    found.append(
                        {
                            "household_id": home.facts["household_id"],
                            "person_id": person_id,
                            "check_id": check.id,
                            "severity": check.severity,
                            "message": message_text(check, values, self.rules, self.lang),
                        }
                    )
        return found


__all__ = ["HouseholdJudgement", "Judge", "PolicyJudgement"]

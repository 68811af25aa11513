"""What a policy comes to for one beneficiary, as columns: verdict, dues, reconciliation and why (rules.md, Policies and Reconciliation)."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from bangfu.rulebook import book as b
from bangfu.rulebook import tree
from bangfu.rulebook.compiled import constant
from bangfu.rulebook.resolve import Rules
from bangfu.rulebook.sql import Emitter, possible, rounded
from bangfu.rulebook.standing import ONE_FEN, bars, rankings

_CENT = 1  # the tolerance of every comparison in a reconciliation, in fen


def judged_by_days(policy: b.Policy) -> bool:
    """Whether a policy's standing matters on more days than `as_of`."""
    return policy.benefit is not None and policy.benefit.accrues not in (None, "once")


def conjunction(policy: b.Policy) -> tree.Node:
    """All conditions of a policy as one."""
    items = tuple(
        inner for c in policy.conditions for inner in (c.node.items if isinstance(c.node, tree.And) else (c.node,))
    )
    return items[0] if len(items) == 1 else tree.And(tree.BOOL, any(i.daily for i in items), items)


def _without_ledger(node: tree.Node) -> tree.Node:
    """The same expression where every ledger sum is 0."""
    if isinstance(node, tree.Ledger):
        return tree.Const(node.type, False, 0)

    def changed(value: object) -> object:
        if isinstance(value, tree.Node):
            return _without_ledger(value)
        return tuple(map(changed, value)) if isinstance(value, tuple) else value

    kept: dict[str, Any] = {f.name: changed(getattr(node, f.name)) for f in fields(node)}
    return replace(node, **kept)


class BenefitColumns:
    """The columns of one policy `p`, all named `p__…`, over a frame that has the standing of it (`p__d`, `p__u`, `p__x`, or `p__is`)."""

    def __init__(self, policy: b.Policy, rules: Rules, emitter: Emitter) -> None:
        assert policy.benefit is not None
        self.policy = policy
        self.id = policy.id
        self.rules = rules
        self.emitter = emitter
        self.benefit = policy.benefit
        self.cash = policy.benefit.kind == "cash"
        self.days = judged_by_days(policy)
        table = "person" if policy.person else "household"
        self.received = emitter.aggregates.received_column(policy.id, table, ever=policy.benefit.accrues == "once")
        self.amounts = self._amounts()
        self.amount_now = emitter.scalar(policy.benefit.amount) if self.cash and policy.benefit.amount else "NULL"
        self.scale = policy.benefit.amount.type.denominator if policy.benefit.amount else 1

    def standing(self) -> dict[str, str]:
        """What the conditions say, before exclusions."""
        p, asked = self.id, conjunction(self.policy)
        if not self.days:
            return {f"{p}__is": self.emitter.scalar(asked)}
        masks = self.emitter.masks(asked)
        return {f"{p}__sure": masks.sure, f"{p}__maybe": masks.maybe}

    def made(self) -> dict[str, str]:
        """The columns by name, each over those before it."""
        p = self.id
        columns = {f"{p}__verdict": self._verdict(), f"{p}__why": self._why()}
        if self.cash:
            low, high = self._dues()
            once = self.benefit.accrues == "once"
            columns |= {
                f"{p}__low": low,
                f"{p}__high": high,
                f"{p}__open": "(" + " OR ".join(f"({a}) IS NULL" for a in self.amounts) + ")",
                f"{p}__once" if once else f"{p}__annual": self._yearly(),
                f"{p}__annual" if once else f"{p}__once": "NULL",
                f"{p}__says": self._reconciliation(),
                f"{p}__missing": f"(CASE WHEN {p}__says IN ('missing', 'under') THEN {p}__low - {self.received} END)",
            }
        return columns

    def relevant(self) -> str:
        """Rows worth showing: the policy stands, or may, or has stood on some day; or something was received."""
        return f"({self.stands('d', 'u', 'x')} OR {self.received} > {ONE_FEN})"

    def counts(self) -> str:
        """Rows that can add to a household's sums."""
        return self.stands("d", "x")

    def stands(self, *how: str) -> str:
        if self.days:
            return "((" + " | ".join(f"{self.id}__{h}" for h in how) + ") <> 0)"
        return f"({self.id}__is IS NOT FALSE)" if "u" in how else f"({self.id}__is IS TRUE)"

    def possible(self, parts: Mapping[str, tree.Node]) -> str:
        """A cheap condition outside of which the policy is surely not due on any day."""
        asked = conjunction(self.policy)
        if self.days:
            return possible(asked, self.emitter, parts) or "TRUE"
        items = asked.items if isinstance(asked, tree.And) else (asked,)
        cheap = [i for i in items if not any(isinstance(n, tree.Ledger | tree.Received | tree.Of) for n in i.walk())]
        return "(" + " AND ".join(f"({self.emitter.scalar(i)} IS NOT FALSE)" for i in cheap) + ")" if cheap else "TRUE"

    def at_stake(self) -> str:
        """Where the amount comes of ledger sums alone and is nothing without them: a condition outside of which it adds to no sum."""
        amount = self.benefit.amount
        if self.benefit.accrues != "event" or amount is None:
            return ""
        if any(isinstance(n, tree.Fact | tree.Builtin | tree.Part | tree.Of | tree.Received) for n in amount.walk()):
            return ""
        if constant(_without_ledger(amount), self.rules.values) != 0:
            return ""
        sums = dict.fromkeys(self.emitter.scalar(n) for n in amount.walk() if isinstance(n, tree.Ledger))
        return "(" + " OR ".join(f"{name} <> 0" for name in sums) + ")"

    # ---- amounts

    def _amounts(self) -> list[str]:
        """The amount per segment of the run's days: one, unless a parameter of it changes within the year."""
        node = self.benefit.amount
        if node is None or not self.cash:
            return []
        if self.emitter.varies(node):
            return [self.emitter.within(k).scalar(node) for k in range(len(self.rules.segments))]
        return [self.emitter.scalar(node)]

    @property
    def shares(self) -> int:
        """Into how many equal parts a yearly sum falls."""
        match self.benefit.accrues:
            case "year":
                return 12
            case "term":
                return max(1, len(self.rules.book.calendar.terms))
            case _:
                return 1

    def _due(self, days: str) -> str:
        """What the accrual days in a mask are worth; 0 for no day even where the amount is unknown."""
        if len(self.amounts) == 1:
            worth = rounded(f"(CAST(bit_count({days}) AS BIGINT) * {self.amounts[0]})", self.shares * self.scale)
            return f"(CASE WHEN ({days}) = 0 THEN 0 ELSE {worth} END)"
        parts = [f"(CAST(bit_count({days} & $segment__{k}) AS BIGINT) * {a})" for k, a in enumerate(self.amounts)]
        known = [f"(CASE WHEN ({days} & $segment__{k}) = 0 THEN 0 ELSE {part} END)" for k, part in enumerate(parts)]
        return rounded("(" + " + ".join(known) + ")", self.shares * self.scale)

    def _counted(self) -> tuple[str, str]:
        """The days that count in the low and in the high due."""
        p = self.id
        return f"({p}__d & $expected_{self.benefit.accrues})", f"(({p}__d | {p}__u) & $accrual_{self.benefit.accrues})"

    def _dues(self) -> tuple[str, str]:
        """due_low and due_high of rows that are entitled, ended or excluded."""
        verdict = f"{self.id}__verdict"
        if self.benefit.accrues in ("event", "once"):
            worth = rounded(f"({self.amount_now})", self.scale)
            both = f"(CASE WHEN {verdict} IN ('entitled', 'ended') THEN {worth} WHEN {verdict} = 'excluded' THEN 0 END)"
            return both, both
        low, high = self._counted()
        holds = f"{verdict} IN ('entitled', 'ended', 'excluded')"
        return f"(CASE WHEN {holds} THEN {self._due(low)} END)", f"(CASE WHEN {holds} THEN {self._due(high)} END)"

    def _yearly(self) -> str:
        """A full year's worth (or the sum paid once), of entitled rows."""
        amount = f"(12 * {self.amount_now})" if self.benefit.accrues == "month" else f"({self.amount_now})"
        return f"(CASE WHEN {self.id}__verdict = 'entitled' THEN {rounded(amount, self.scale)} END)"

    # ---- verdict

    def _verdict(self) -> str:
        p, accrual = self.id, f"$accrual_{self.benefit.accrues}"
        if not self.days:
            return f"(CASE WHEN {p}__is THEN 'entitled' WHEN {p}__is IS NULL THEN 'unknown' ELSE 'not_entitled' END)"
        was_due = f"({p}__d & {accrual}) <> 0"
        was_unknown = f"({p}__u & {accrual}) <> 0"
        if self.benefit.accrues == "event":
            was_unknown = f"({was_unknown} OR ({was_due} AND ({self.amount_now}) IS NULL))"
            was_due = f"({was_due} AND ({self.amount_now}) > 0)"
        return (
            f"(CASE WHEN ({p}__d & $now) <> 0 THEN 'entitled' WHEN ({p}__x & $now) <> 0 THEN 'excluded' WHEN ({p}__u & $now) <> 0 THEN 'unknown' "
            f"WHEN {was_due} THEN 'ended' WHEN {was_unknown} THEN 'unknown' ELSE 'not_entitled' END)"
        )

    # ---- reconciliation

    def _reconciliation(self) -> str:
        """Words by rules.md, Reconciliation; NULL where there is nothing to say."""
        p, received = self.id, self.received
        low, high, verdict = f"{p}__low", f"{p}__high", f"{p}__verdict"
        got, none = f"{received} > {ONE_FEN}", f"{received} <= {ONE_FEN}"
        under, over = f"{received} < {low} - {_CENT}", f"{received} > {high} + {_CENT}"
        # Whether some day counts in each due: asked where the amount is unknown.
        days = ["TRUE", "TRUE"] if self.benefit.accrues in ("event", "once") else [f"{d} <> 0" for d in self._counted()]
        match self.benefit.nature:
            case "fixed":
                compared = f"CASE WHEN {under} THEN 'under' WHEN {over} THEN 'over' ELSE 'matched' END"
            case "minimum":
                compared = f"CASE WHEN {under} THEN 'under' ELSE 'matched' END"
            case "ceiling":
                compared = f"CASE WHEN {over} THEN 'over' ELSE 'matched' END"
            case _:
                compared = "'matched'"
        return (
            f"(CASE WHEN {verdict} = 'unknown' THEN CASE WHEN {got} THEN 'unverified' END "
            f"WHEN {verdict} = 'not_entitled' THEN CASE WHEN {got} THEN {self._otherwise()} END "
            f"WHEN {p}__open THEN CASE WHEN {got} THEN 'unverified' WHEN {days[0]} THEN 'missing' WHEN {days[1]} THEN 'pending' END "
            f"WHEN {none} THEN CASE WHEN {low} > {_CENT} THEN 'missing' WHEN {high} > {_CENT} THEN 'pending' END "
            f"WHEN {verdict} = 'excluded' AND {high} <= {_CENT} THEN 'unexplained' ELSE {compared} END)"
        )

    def _otherwise(self) -> str:
        """What a receipt is where the policy is not due."""
        node = self.policy.receipt_explained_when
        if node is None:
            return self.without_person()
        explained = self.emitter.scalar(node)
        return f"(CASE WHEN {explained} THEN 'matched' WHEN ({explained}) IS NULL THEN 'unverified' ELSE 'unexplained' END)"

    def without_person(self) -> str:
        """What a receipt is that nobody present can be entitled to."""
        if not self.cash:
            return "NULL"
        return "'unverified'" if self.benefit.drawn_elsewhere else "'unexplained'"

    # ---- why

    def _why(self) -> str:
        """The conditions that failed or are unknown, by name; of an excluded row the policy that took its place."""
        p, verdict = self.id, f"{self.id}__verdict"
        if not self.days:
            scalars = [(c.id, self.emitter.scalar(c.node)) for c in self.policy.conditions]
            named = ", ".join(
                f"CASE WHEN ({verdict} = 'unknown' AND ({sql}) IS NULL) OR ({verdict} = 'not_entitled' AND NOT ({sql})) THEN '{id_}' END"
                for id_, sql in scalars
            )
            return f"CONCAT_WS(';', {named})"
        accrual = f"$accrual_{self.benefit.accrues}"
        asked = f"(CASE WHEN {verdict} <> 'unknown' OR ({p}__u & $now) <> 0 THEN $now ELSE {p}__u & {accrual} END)"
        by_day = [(c.id, self.emitter.masks(c.node)) for c in self.policy.conditions]
        named = ", ".join(
            f"CASE WHEN {verdict} = 'unknown' AND (({m.maybe} - {m.sure}) & {asked}) <> 0 THEN '{id_}' "
            f"WHEN {verdict} IN ('not_entitled', 'ended') AND ({m.maybe} & $now) = 0 THEN '{id_}' END"
            for id_, m in by_day
        )
        named += "".join(f", {sql}" for sql in self._unsettling(asked))
        return f"(CASE WHEN {verdict} = 'excluded' THEN {self._instead()} ELSE CONCAT_WS(';', {named}) END)"

    def _instead(self) -> str:
        """The first listed barring policy that is due on `as_of`, else the one of the group that was chosen."""
        by = bars(self.rules).get(self.id, ())
        mates = [
            m for g in rankings(self.rules) for m in g.group.policies if self.id in g.group.policies and m != self.id
        ]
        branches = [f"WHEN ({b_}__sure & $now) <> 0 THEN '{b_}'" for b_ in by] + [
            f"WHEN ({m}__chosen & $now) <> 0 THEN '{m}'" for m in mates
        ]
        return f"(CASE {' '.join(branches)} END)" if branches else "NULL"

    def _unsettling(self, asked: str) -> list[str]:
        """Policies whose own uncertainty makes this one unknown: an unknown one that bars it, or that would be chosen in its place."""
        p = self.id
        when: dict[str, list[str]] = {}
        for other in bars(self.rules).get(p, ()):
            when.setdefault(other, []).append(f"({p}__sure & ({other}__maybe - {other}__sure) & {asked}) <> 0")
        for g in rankings(self.rules):
            if p in g.group.policies:
                for mate in g.group.policies:
                    if mate != p:
                        threat = f"({p}__chosen & {g.group.id}__threat & {mate}__unknown & {asked}) <> 0"
                        when.setdefault(mate, []).append(threat)
        return [
            f"CASE WHEN {p}__verdict = 'unknown' AND ({' OR '.join(tests)}) THEN '{id_}' END"
            for id_, tests in when.items()
        ]

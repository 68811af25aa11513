"""How policies of a person stand to each other on each day, after exclusions (rules.md, Exclusions), as layers of mask columns.

For a policy `p` the layers end in three columns: `p__d` the days on which it is due, `p__u` unknown, `p__x` excluded.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bangfu.rulebook.book import Exclusion, Policy
from bangfu.rulebook.compiled import constant
from bangfu.rulebook.resolve import Rules

Layer = list[tuple[str, str]]

ONE_FEN = 1  # "something received" means more than this


@dataclass(frozen=True, slots=True)
class Ranking:
    """The policies of a one_of group in the order in which one is chosen without receipts: per segment of the run's days,
    the largest yearly amount first, ties in the order listed."""

    group: Exclusion
    orders: tuple[tuple[str, ...], ...]

    def before(self, policy: str) -> list[tuple[str, list[int]]]:
        """The policies that outrank one, each with the segments in which it does."""
        found: dict[str, list[int]] = {}
        for segment, order in enumerate(self.orders):
            for other in order[: order.index(policy)]:
                found.setdefault(other, []).append(segment)
        return list(found.items())


def yearly_amount(policy: Policy, values: object) -> int:
    """What a policy made of parameters alone is worth a year, in fen."""
    assert policy.benefit is not None
    assert policy.benefit.amount is not None
    amount = constant(policy.benefit.amount, values)  # type: ignore[arg-type]
    scale = policy.benefit.amount.type.denominator
    return int(amount) * (12 if policy.benefit.accrues == "month" else 1) * 10_000 // scale


def rankings(rules: Rules) -> tuple[Ranking, ...]:
    """The groups that apply to a run, each with its order."""

    def order(group: Exclusion, values: object) -> tuple[str, ...]:
        amount = {p: yearly_amount(rules.book.policies[p], values) for p in group.policies}
        return tuple(sorted(group.policies, key=lambda p: -amount[p]))

    groups = [e for e in rules.exclusions if e.kind == "one_of"]
    return tuple(Ranking(g, tuple(order(g, values) for _, values in rules.segments)) for g in groups)


def bars(rules: Rules) -> dict[str, tuple[str, ...]]:
    """For each policy that can be barred, who bars it, in the order listed."""
    found: dict[str, tuple[str, ...]] = {}
    for exclusion in rules.exclusions:
        if exclusion.kind == "barred":
            for policy in exclusion.policies:
                found[policy] = (*found.get(policy, ()), *(b for b in exclusion.by if b not in found.get(policy, ())))
    return found


def standing_layers(policies: Sequence[str], rules: Rules) -> list[Layer]:
    """Layers of columns from `p__sure`, `p__maybe` (what the conditions say) to `p__d`, `p__u`, `p__x`; needs `person_received_now__p` of grouped policies."""
    barred_by, groups = bars(rules), rankings(rules)
    grouped = {p for g in groups for p in g.group.policies}
    after_bars: Layer = []
    for p in policies:
        by = barred_by.get(p, ())
        suffix = ("due", "unknown", "barred") if p in grouped else ("d", "u", "x")
        after_bars += [(f"{p}__{name}", sql) for name, sql in zip(suffix, _after_bars(p, by), strict=True)]
    chosen, final = [], []
    got: Layer = [
        (f"{p}__got", f"(CASE WHEN person_received_now__{p} > {ONE_FEN} THEN {p}__due ELSE 0 END)")
        for g in groups
        for p in g.group.policies
    ]
    counted = [column for g in groups for column in _receipt_counts(g)]
    for g in groups:
        chosen += _choice(g)
    threats = [(f"{g.group.id}__threat", _threat(g)) for g in groups]
    for g in groups:
        for p in g.group.policies:
            threat = f"{g.group.id}__threat"
            final += [
                (f"{p}__d", f"({p}__chosen & ($full - {threat}))"),
                (f"{p}__u", f"({p}__unknown | ({p}__chosen & {threat}))"),
                (f"{p}__x", f"({p}__barred | ({p}__due - {p}__chosen))"),
            ]
    return [layer for layer in (after_bars, got, counted, [*chosen, *threats], final) if layer]


def _after_bars(p: str, by: tuple[str, ...]) -> tuple[str, str, str]:
    """Where a barring policy is due, the barred one is excluded; where none is due and one unknown, one that was due is unknown."""
    unknown = f"({p}__maybe - {p}__sure)"
    if not by:
        return f"{p}__sure", unknown, "0"
    due = "(" + " | ".join(f"{b}__sure" for b in by) + ")"
    maybe = "(" + " | ".join(f"{b}__maybe" for b in by) + ")"
    return (
        f"({p}__sure & ($full - {maybe}))",
        f"(({unknown} & ($full - {due})) | ({p}__sure & ({maybe} - {due})))",
        f"({p}__maybe & {due})",
    )


def _receipt_counts(g: Ranking) -> Layer:
    """The days on which something was received for any, and for exactly one, of those due."""
    got = [f"{p}__got" for p in g.group.policies]
    two = [f"({a} & {b})" for i, a in enumerate(got) for b in got[i + 1 :]] or ["0"]
    return [
        (f"{g.group.id}__any_got", "(" + " | ".join(got) + ")"),
        (f"{g.group.id}__one_got", "((" + " | ".join(got) + ") & ($full - (" + " | ".join(two) + ")))"),
    ]


def _before(g: Ranking, p: str) -> str:
    """The days on which one that outranks `p` is due."""
    every = len(g.orders)
    parts = [
        f"{other}__due" if len(where) == every else f"({other}__due & ({' | '.join(f'$segment__{k}' for k in where)}))"
        for other, where in g.before(p)
    ]
    return "(" + (" | ".join(parts) or "0") + ")"


def _choice(g: Ranking) -> Layer:
    one = f"{g.group.id}__one_got"
    return [
        (f"{p}__chosen", f"(({p}__got & {one}) | ({p}__due & ($full - {_before(g, p)}) & ($full - {one})))")
        for p in g.group.policies
    ]


def _threat(g: Ranking) -> str:
    """The days on which some unknown one, put beside the due ones, would be chosen instead of what rank chose."""
    some_due = "(" + " | ".join(f"{p}__due" for p in g.group.policies) + ")"
    each = []
    for p in g.group.policies:
        outranks = f"($full - {_before(g, p)})"
        by_receipt = f"(CASE WHEN person_received_now__{p} > {ONE_FEN} THEN ($full - {g.group.id}__any_got) ELSE 0 END)"
        each.append(f"({p}__unknown & ({outranks} | {by_receipt}))")
    return f"(({' | '.join(each)}) & {some_due} & ($full - {g.group.id}__one_got))"

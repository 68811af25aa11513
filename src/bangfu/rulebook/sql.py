"""The tree as SQL, in two ways: as at `as_of` (plain three-valued SQL), and on all days of a run at once (masks).

A mask pair (sure, maybe) stands for a three-valued yes/no on each day of RunDays: `sure` has the bits of the days on which it is true,
`maybe` those on which it is not false. AND is &, OR is |, NOT swaps and complements; so the whole of Kleene's logic over a year
costs a few integer operations a row, and aggregates over persons are bit_or and bit_and.

Names of columns are the book's own (the checker refuses collisions); run values are bound parameters ($name), never pasted in.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bangfu.rulebook import tree
from bangfu.rulebook.resolve import Rules
from bangfu.rulebook.run_days import NOW_BIT
from bangfu.rulebook.tree import Node, Type

_EVER = 100_000 * 10_000  # keeps a day's difference positive, so that integer division floors
_FIRST_OF_NEXT = 1 << NOW_BIT
_FLAGS = 30  # pairs of bits in a word
_FLIPPED: Mapping[tree.CompareOp, tree.CompareOp] = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_AGED = {"age": "$as_of", "school_age": "$school_age_day"}


@dataclass(frozen=True, slots=True)
class Masks:
    """SQL for the days on which something is surely so, and for those on which it may be."""

    sure: str
    maybe: str

    def bracketed(self) -> "Masks":
        return Masks(f"({self.sure})", f"({self.maybe})")


@dataclass
class Emitter:
    """Writes expressions of one run. `prefix` says which relation a table's columns come from (none where one relation holds all).

    `aggregates` gathers what an expression needs beside the register's own columns: ledger and receipt sums, aggregates over persons.
    """

    rules: Rules
    aggregates: "Aggregates"
    prefix: Mapping[str, str] = field(default_factory=dict)
    segment: int | None = None

    # ---- as at as_of

    def scalar(self, node: Node) -> str:
        """SQL for the value as at `as_of`; NULL is unknown."""
        return _SCALAR[type(node)](self, node)

    def at(self, table: str, name: str) -> str:
        return f"{self.prefix.get(table, '')}{name}"

    def fact(self, node: tree.Fact) -> str:
        name = self.at(node.table, node.name)
        if not node.span:
            return name
        outside = "FALSE" if node.type.kind == "bool" else "'none'"
        holds = self.at("person", span_now(node.span))
        return f"(CASE WHEN {name} IS NULL THEN NULL WHEN {holds} THEN {name} ELSE {outside} END)"

    def builtin(self, node: tree.Builtin) -> str:
        match node.name:
            case "day" | "as_of":
                return "$as_of"
            case "policy_year" | "income_year":
                return f"${node.name}"
            case "present" | "member":
                return self.at("person", "member")
            case "age":
                return self.age("$as_of")
            case "school_age":
                return self.age("$school_age_day")
            case "stage":
                return self.at("person", "schooling")
            case "members":
                raise AssertionError("members is an aggregate by now")

    def age(self, on: str) -> str:
        return f"(({on} - {self.at('person', 'birth_date')} + {_EVER}) // 10000 - {_EVER // 10_000})"

    def age_test(self, on: str, op: str, years: str) -> str:
        """An age on a day against a number of years, without dividing: age reaches n where birth plus n years is not after the day."""
        birth = self.at("person", "birth_date")
        reached, passed = (f"({birth} + CAST({n} * 10000 AS INTEGER) <= {on})" for n in (years, f"({years} + 1)"))
        match op:
            case ">=":
                return reached
            case ">":
                return passed
            case "<":
                return f"(NOT {reached})"
            case "<=":
                return f"(NOT {passed})"
            case "=":
                return f"({reached} AND NOT {passed})"
            case _:
                return f"(NOT {reached} OR {passed})"

    def param(self, node: tree.Param) -> str:
        if self.segment is not None and node.name in self.rules.varying:
            return f"$p_{node.name}__{self.segment}"
        return f"$p_{node.name}"

    def part(self, node: tree.Part) -> str:
        return self.at(node.table, node.name)

    def const(self, node: tree.Const) -> str:
        return literal(node.value)

    def join(self, word: str, items: tuple[Node, ...]) -> str:
        return "(" + f" {word} ".join(self.scalar(i) for i in items) + ")"

    def compare(self, node: tree.Compare) -> str:
        left, op, right = node.left, node.op, node.right
        if isinstance(right, tree.Builtin) and right.name in _AGED:
            left, op, right = right, _FLIPPED.get(op, op), left
        if isinstance(left, tree.Builtin) and left.name in _AGED and not isinstance(right, tree.Builtin):
            return self.age_test(_AGED[left.name], op, self.scalar(right))
        return f"({self.scalar(node.left)} {node.op} {self.scalar(node.right)})"

    def in_(self, node: tree.In) -> str:
        return f"({self.scalar(node.item)} IN ({', '.join(self.scalar(v) for v in node.values)}))"

    def arith(self, node: tree.Arith) -> str:
        left = self.scalar(node.left)
        return f"({f'CAST({left} AS BIGINT)' if node.op == '*' else left} {node.op} {self.scalar(node.right)})"

    def extreme(self, node: tree.Extreme) -> str:
        items = [self.scalar(i) for i in node.items]
        unknown = " OR ".join(f"{i} IS NULL" for i in items)
        return f"(CASE WHEN {unknown} THEN NULL ELSE {node.which.upper()}({', '.join(items)}) END)"

    def coalesce(self, node: tree.Coalesce) -> str:
        return f"COALESCE({', '.join(self.scalar(i) for i in node.items)})"

    def case(self, node: tree.Case) -> str:
        branches = " ".join(f"WHEN {self.scalar(c)} THEN {self.scalar(v)}" for c, v in node.branches)
        return f"(CASE {branches} ELSE {self.scalar(node.default)} END)"

    def has(self, node: tree.Has) -> str:
        return f"(COALESCE(';' || {self.scalar(node.item)} || ';', '') LIKE '%;{node.code};%')"

    def year_of(self, node: tree.YearOf) -> str:
        return f"({self.scalar(node.item)} // 10000)"

    def round_div(self, node: tree.RoundDiv) -> str:
        bottom = self.scalar(node.denominator)
        divisor = bottom if node.numerator.type.denominator == 1 else f"({bottom} * {node.numerator.type.denominator})"
        return f"(CASE WHEN {bottom} > 0 THEN {rounded(self.scalar(node.numerator), divisor)} END)"

    def ledger(self, node: tree.Ledger) -> str:
        return self.at(node.table, self.aggregates.ledger_column(node))

    def received(self, node: tree.Received) -> str:
        return self.at(node.table, self.aggregates.received_column(node.policy, node.table))

    def of(self, node: tree.Of) -> str:
        return self.at("household", self.aggregates.scalar_column(node))

    # ---- on all days

    def masks(self, node: Node) -> Masks:
        """SQL for a yes/no on every day of the run."""
        if not node.daily:
            return self.spread(node)
        handler = _MASKS.get(type(node))
        if handler is None:
            raise AssertionError(f"not day-wise: {type(node).__name__}")
        return handler(self, node)

    def spread(self, node: Node) -> Masks:
        """The same answer on every day; segment by segment where a parameter changes within the year."""
        if not self.varies(node):
            return spread_over(self.scalar(node), "$full")
        pieces = [spread_over(self.within(k).scalar(node), f"$segment__{k}") for k in range(len(self.rules.segments))]
        return Masks(" | ".join(p.sure for p in pieces), " | ".join(p.maybe for p in pieces)).bracketed()

    def varies(self, node: Node) -> bool:
        """Whether a parameter that the node names changes within the year."""
        return any(isinstance(n, tree.Param) and n.name in self.rules.varying for n in node.walk())

    def within(self, segment: int) -> "Emitter":
        return Emitter(self.rules, self.aggregates, self.prefix, segment)

    def all_masks(self, node: tree.And | tree.Or) -> Masks:
        """Timeless items are joined as plain SQL first, so that they are spread once."""
        sign = "&" if isinstance(node, tree.And) else "|"
        timeless = tuple(i for i in node.items if not i.daily)
        made = [self.masks(i) for i in node.items if i.daily]
        if timeless:
            made.append(self.spread(timeless[0] if len(timeless) == 1 else type(node)(node.type, False, timeless)))
        return Masks(f" {sign} ".join(m.sure for m in made), f" {sign} ".join(m.maybe for m in made)).bracketed()

    def not_masks(self, node: tree.Not) -> Masks:
        item = self.masks(node.item)
        return Masks(f"($full - {item.maybe})", f"($full - {item.sure})")

    def builtin_masks(self, node: tree.Builtin) -> Masks:
        column = self.at("person", "present_days")
        return Masks(column, column)

    def fact_masks(self, node: tree.Fact) -> Masks:
        """A spelled yes/no: on the days of its span where it says so; unknown on every day where unknown."""
        name, days = self.at("person", node.name), self.at("person", span_mask(node.span))
        sure = where(f"{name} IS TRUE", days)
        return Masks(sure, f"({sure} | {where(f'{name} IS NULL', '$full')})")

    def part_masks(self, node: tree.Part) -> Masks:
        return Masks(self.at(node.table, f"{node.name}__sure"), self.at(node.table, f"{node.name}__maybe"))

    def of_masks(self, node: tree.Of) -> Masks:
        column = self.aggregates.masks_column(node)
        return Masks(self.at("household", f"{column}__sure"), self.at("household", f"{column}__maybe"))

    def compare_masks(self, node: tree.Compare) -> Masks:
        left, right, op = node.left, node.right, node.op
        if isinstance(right, tree.Builtin) and right.name in ("day", "age"):
            left, right, op = right, left, _FLIPPED.get(op, op)
        if isinstance(left, tree.Builtin) and left.name in ("day", "age"):
            return self.threshold(left.name, op, right)
        return self.piecewise((left, right), lambda a, b: f"({a} {op} {b})")

    def threshold(self, word: str, op: str, bound: Node) -> Masks:
        """`day` or `age` against a bound: the days from the bound's day on. Age reaches n on the day n years after birth."""
        pieces = self.pieces(bound)
        if pieces is None or len(pieces) > 1 or pieces[0][0] != "$full":
            assert pieces is not None
            made = [self.threshold_at(word, op, value, f"({days})") for days, value in pieces]
            return Masks(" | ".join(m.sure for m in made), " | ".join(m.maybe for m in made)).bracketed()
        return self.threshold_at(word, op, pieces[0][1], "$full")

    def threshold_at(self, word: str, op: str, value: str, days: str) -> Masks:
        birth = self.at("person", "birth_date")
        known = [value] if word == "day" else [value, birth]

        def reached(plus: int) -> str:
            """The days on which day (or age) >= value + plus."""
            if word == "day":
                return from_day(f"({value} + {plus})" if plus else f"({value})")
            years = f"({value} + {plus})" if plus else value
            return from_day(f"({birth} + CAST({years} * 10000 AS INTEGER))")

        at_least, more = reached(0), reached(1)
        chosen = {
            ">=": at_least,
            ">": more,
            "<": f"($full - {at_least})",
            "<=": f"($full - {more})",
            "=": f"({at_least} - {more})",
            "<>": f"($full - ({at_least} - {more}))",
        }[op]
        chosen = chosen if days == "$full" else f"({chosen} & {days})"
        unknown = " OR ".join(f"{k} IS NULL" for k in known if not k.startswith("$"))
        if not unknown:
            return Masks(chosen, chosen)
        return Masks(
            f"(CASE WHEN {unknown} THEN 0 ELSE {chosen} END)", f"(CASE WHEN {unknown} THEN {days} ELSE {chosen} END)"
        )

    def in_masks(self, node: tree.In) -> Masks:
        codes = ", ".join(self.scalar(v) for v in node.values)
        return self.piecewise((node.item,), lambda a: f"({a} IN ({codes}))")

    def null_masks(self, node: tree.IsNull) -> Masks:
        if isinstance(node.item, tree.Builtin) and node.item.name == "age":
            return spread_over(f"({self.at('person', 'birth_date')} IS NULL)", "$full")
        if node.item.type.kind == "bool":
            item = self.masks(node.item)
            return Masks(f"({item.maybe} - {item.sure})", f"({item.maybe} - {item.sure})")
        return self.piecewise((node.item,), lambda a: f"({a} IS NULL)")

    def piecewise(self, items: tuple[Node, ...], test: Callable[..., str]) -> Masks:
        """A test over values that are constant on sets of days: the union over the sets of the test's answer there."""
        combined: list[tuple[str, tuple[str, ...]]] = [("$full", ())]
        for item in items:
            pieces = self.pieces(item)
            assert pieces is not None, "refused by the checker"
            combined = [
                (days if more == "$full" else more if days == "$full" else f"({days} & {more})", (*values, value))
                for days, values in combined
                for more, value in pieces
            ]
        made = [spread_over(test(*values), days) for days, values in combined]
        return Masks(" | ".join(m.sure for m in made), " | ".join(m.maybe for m in made)).bracketed()

    def pieces(self, node: Node) -> list[tuple[str, str]] | None:
        """(days, value) pairs that cover the run's days without overlap."""
        if not node.daily:
            if self.varies(node):
                return [(f"$segment__{k}", self.within(k).scalar(node)) for k in range(len(self.rules.segments))]
            return [("$full", self.scalar(node))]
        if isinstance(node, tree.Builtin) and node.name == "school_age":
            before, this = self.age("$school_age_day_before"), self.age("$school_age_day_this")
            return [("$before_school_age_day", before), ("$after_school_age_day", this)]
        if isinstance(node, tree.Builtin) and node.name == "stage":
            now = self.at("person", "schooling")
            return [("$autumn", now), ("$spring", f"COALESCE({self.at('person', 'schooling_spring')}, {now})")]
        if isinstance(node, tree.Fact) and node.span:
            name, days = self.at("person", node.name), self.at("person", span_mask(node.span))
            outside = "FALSE" if node.type.kind == "bool" else "'none'"
            return [(days, name), (f"($full - {days})", f"(CASE WHEN {name} IS NOT NULL THEN {outside} END)")]
        return None


class Aggregates:
    """The sums and aggregates that a run's expressions ask for, each once, with the column that holds it."""

    def __init__(self) -> None:
        self.ledgers: dict[str, tree.Ledger] = {}
        self.receipts: dict[str, tuple[str, str, bool]] = {}
        self._asked: dict[tuple[tree.Of, bool], str] = {}

    def ledger_column(self, node: tree.Ledger) -> str:
        name = f"{node.table}_{'recorded' if node.recorded else 'sum'}__{node.name}__{node.year}"
        self.ledgers[name] = node
        return name

    def received_column(self, policy: str, table: str, *, ever: bool = False) -> str:
        """Received in the policy year, or in any year up to it."""
        name = f"{table}_received_{'ever' if ever else 'now'}__{policy}"
        self.receipts[name] = (policy, table, ever)
        return name

    def scalar_column(self, node: tree.Of) -> str:
        return self._asked.setdefault((node, False), f"of_{len(self._asked) + 1}")

    def masks_column(self, node: tree.Of) -> str:
        return self._asked.setdefault((node, True), f"of_{len(self._asked) + 1}")

    @property
    def asked(self) -> int:
        """How many aggregates have been asked for so far."""
        return len(self._asked)

    def columns(self, emitter: Emitter) -> dict[str, "Aggregate"]:
        """How each column is brought from a household's persons."""
        made: dict[str, Aggregate] = {}
        for n, ((node, on_all_days), name) in enumerate(list(self._asked.items())):
            word, bit = f"flags_{n // _FLAGS}", 2 * (n % _FLAGS)
            made |= (
                _masks_of(node, name, emitter) if on_all_days else {name: _scalar_of(node, name, emitter, word, bit)}
            )
        return made


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A column over a household's persons: the `words` that it needs, by name, and SQL that reads it out of them.

    A word is an aggregate in SQL, or with `flags` a piece of an integer that is put together of pieces and joined by BIT_OR: one for many
    columns, since each aggregate costs far more than a bit. `read` is right for a household that has no persons.
    """

    words: Mapping[str, str]
    read: str
    flags: Mapping[str, str] = field(default_factory=dict)


def _scalar_of(node: tree.Of, name: str, emitter: Emitter, word: str, bit: int) -> Aggregate:
    """An aggregate as at `as_of`. Engines' own BOOL_AND, MIN and the like skip unknowns; these do not.

    Of the two bits one says that some person decides it, the other that some person leaves it unknown.
    """
    who, value = emitter.scalar(node.who), emitter.scalar(node.value)
    both = value if who == "TRUE" else f"({who} AND {value})"
    decides, doubts = 1 << bit, 2 << bit
    flag = f"of_persons.{word}"
    doubted = f"({flag} & {doubts}) <> 0"
    match node.how:
        case "some" | "every":
            against = both if node.how == "some" else f"(NOT {value})" if who == "TRUE" else f"({who} AND NOT {value})"
            found, else_ = ("TRUE", "FALSE") if node.how == "some" else ("FALSE", "TRUE")
            piece = f"(CASE WHEN {against} THEN {decides} WHEN {against} IS NULL THEN {doubts} ELSE 0 END)"
            read = f"(CASE WHEN ({flag} & {decides}) <> 0 THEN {found} WHEN {doubted} THEN NULL ELSE {else_} END)"
            return Aggregate({}, read, {word: piece})
        case "count":
            counted = f"CAST(SUM(CASE WHEN {both} THEN 1 ELSE 0 END) AS INTEGER)"
            piece = f"(CASE WHEN {both} IS NULL THEN {doubts} ELSE 0 END)"
            read = f"(CASE WHEN {doubted} THEN NULL ELSE COALESCE(of_persons.{name}, 0) END)"
            return Aggregate({name: counted}, read, {word: piece})
        case "lowest" | "highest":
            extreme = f"{'MIN' if node.how == 'lowest' else 'MAX'}(CASE WHEN {who} THEN {value} END)"
            piece = f"(CASE WHEN {who} IS NULL OR ({who} AND {value} IS NULL) THEN {doubts} ELSE 0 END)"
            read = f"(CASE WHEN {doubted} THEN NULL ELSE of_persons.{name} END)"
            return Aggregate({name: extreme}, read, {word: piece})


def _masks_of(node: tree.Of, name: str, emitter: Emitter) -> dict[str, Aggregate]:
    """some_of and every_of on all days: the union, or the intersection, of the persons' days."""
    how, start = ("BIT_OR", "0") if node.how == "some" else ("BIT_AND", "$full")
    who = node.who if node.how == "some" else tree.Not(node.who.type, node.who.daily, node.who)
    joined = (tree.And if node.how == "some" else tree.Or)(node.type, True, (who, node.value))
    masks = emitter.masks(joined)
    return {
        f"{name}__{side}": Aggregate(
            {f"{name}__{side}": f"{how}({sql})"}, f"COALESCE(of_persons.{name}__{side}, {start})"
        )
        for side, sql in (("sure", masks.sure), ("maybe", masks.maybe))
    }


def possible(node: Node, emitter: Emitter, parts: Mapping[str, Node]) -> str | None:
    """A cheap condition on persons outside of which a yes/no is surely no on every day of the run; None where nothing cheap can be said.

    Never narrower than the node itself, often wider: it only spares the exact reckoning where that could have no effect.
    """
    match node:
        case tree.And():
            items = [p for p in (possible(i, emitter, parts) for i in node.items) if p]
            return "(" + " AND ".join(items) + ")" if items else None
        case tree.Or():
            each = [possible(i, emitter, parts) for i in node.items]
            return "(" + " OR ".join(str(p) for p in each) + ")" if all(each) else None
        case tree.Part() if node.daily and node.table == "person":
            return possible(parts[node.name], emitter, parts)
        case tree.Part():
            return f"({node.name}__maybe <> 0)" if node.daily else f"({node.name} IS NOT FALSE)"
        case tree.Builtin():
            return None
        case tree.Fact() if node.daily:
            return f"({emitter.at(node.table, node.name)} IS NOT FALSE)"
        case tree.Compare(op="=", left=tree.Fact(span=span, name=name), right=tree.Const(value=str(value))) if (
            span and value != "none"
        ):
            return f"(({emitter.at('person', name)} = {literal(value)}) IS NOT FALSE)"
        case tree.In(item=tree.Builtin(name="stage")):
            codes = ", ".join(emitter.scalar(v) for v in node.values)
            now, spring = (emitter.at("person", c) for c in ("schooling", "schooling_spring"))
            return f"(({now} IN ({codes})) IS NOT FALSE OR ({spring} IN ({codes})) IS TRUE)"
        case tree.Compare(op="<" | "<=" | ">" | ">=" as op, left=tree.Builtin(name="age"), right=bound) if not (
            bound.daily or emitter.varies(bound)
        ):
            # Who is old enough on some day is so on the last one; who is young enough, on the first.
            on = "$as_of" if op in (">", ">=") else "LEAST($year_base + 101, $as_of)"
            return f"({emitter.age_test(on, op, emitter.scalar(bound))} IS NOT FALSE)"
        case _ if node.daily or emitter.varies(node):
            return f"({emitter.masks(node).maybe} <> 0)"
        case _ if any(isinstance(n, tree.Ledger | tree.Received | tree.Of) for n in node.walk()):
            return None
        case _:
            return f"({emitter.scalar(node)} IS NOT FALSE)"


def literal(value: bool | int | str | None) -> str:
    match value:
        case None:
            return "NULL"
        case bool():
            return "TRUE" if value else "FALSE"
        case int():
            return str(value)
        case str():
            return "'" + value.replace("'", "''") + "'"


def span_mask(span: str) -> str:
    """The column with the days of a spelled fact's span."""
    return f"{span}_days"


def span_now(span: str) -> str:
    """The column that says whether `as_of` lies in the span."""
    return f"{span}_now"


def spread_over(condition: str, days: str) -> Masks:
    """A plain three-valued condition on a set of days."""
    if condition in ("TRUE", "FALSE"):
        return Masks(days, days) if condition == "TRUE" else Masks("0", "0")
    return Masks(where(f"({condition}) IS TRUE", days), where(f"({condition}) IS NOT FALSE", days))


def where(condition: str, days: str) -> str:
    """Some days, or none."""
    return f"(CASE WHEN {condition} THEN {days} ELSE 0 END)"


def from_day(day: str) -> str:
    """The run's days on or after a day that is known.

    Most days lie before the policy year or after `as_of`, which two comparisons settle. Of the others as many firsts of a month lie
    before as the month's number, less one where the day is itself the first; that works for 29 February of a common year and for a
    day plus one alike, since only the order of the integers counts.
    """
    within = f"((({_FIRST_OF_NEXT} - (1 << (({day} - $year_base - 2) // 100))) & $active) | $now)"
    return f"(CASE WHEN {day} <= $year_base + 101 THEN $full WHEN {day} > $as_of THEN 0 ELSE {within} END)"


def rounded(numerator: str, divisor: str | int) -> str:
    """Division rounded half away from zero; the divisor is positive."""
    if divisor == 1:
        return numerator
    return f"(CASE WHEN {numerator} < 0 THEN -((2 * -({numerator}) + {divisor}) // (2 * {divisor})) ELSE (2 * {numerator} + {divisor}) // (2 * {divisor}) END)"


_SCALAR: dict[type[Node], Callable[[Emitter, Any], str]] = {
    tree.Fact: Emitter.fact,
    tree.Builtin: Emitter.builtin,
    tree.Param: Emitter.param,
    tree.Part: lambda self, node: self.part(node),
    tree.Const: Emitter.const,
    tree.And: lambda self, node: self.join("AND", node.items),
    tree.Or: lambda self, node: self.join("OR", node.items),
    tree.Not: lambda self, node: f"(NOT {self.scalar(node.item)})",
    tree.Compare: Emitter.compare,
    tree.In: Emitter.in_,
    tree.IsNull: lambda self, node: f"({self.scalar(node.item)} IS NULL)",
    tree.Arith: Emitter.arith,
    tree.Extreme: Emitter.extreme,
    tree.Coalesce: Emitter.coalesce,
    tree.Case: Emitter.case,
    tree.Of: Emitter.of,
    tree.Ledger: Emitter.ledger,
    tree.Received: Emitter.received,
    tree.Has: Emitter.has,
    tree.YearOf: Emitter.year_of,
    tree.RoundDiv: Emitter.round_div,
}
_MASKS: dict[type[Node], Callable[[Emitter, Any], Masks]] = {
    tree.And: Emitter.all_masks,
    tree.Or: Emitter.all_masks,
    tree.Not: Emitter.not_masks,
    tree.Compare: Emitter.compare_masks,
    tree.In: Emitter.in_masks,
    tree.IsNull: Emitter.null_masks,
    tree.Builtin: Emitter.builtin_masks,
    tree.Fact: Emitter.fact_masks,
    tree.Part: lambda self, node: self.part_masks(node),
    tree.Of: Emitter.of_masks,
}
__all__ = [
    "Aggregates",
    "Emitter",
    "Masks",
    "Type",
    "from_day",
    "literal",
    "possible",
    "rounded",
    "span_mask",
    "spread_over",
]

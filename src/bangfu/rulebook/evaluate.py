"""One household at a time: the tree as plain Python, one closure a node, with the null table of docs/rulebook-language.md.

A closure takes a Moment (a household, perhaps a person or a row of it, on a day) and returns bool, int, str or None for unknown.
Days are integers as in kernel.days. Independent of the SQL back end, which judges all days of a run at once by masks.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, cast

from bangfu.kernel.days import YEAR, full_years
from bangfu.kernel.money import round_half_away
from bangfu.kernel.schema import schema
from bangfu.rulebook import tree
from bangfu.rulebook.book import ParameterValue
from bangfu.rulebook.run_days import RunDays
from bangfu.rulebook.tree import Node

Value: TypeAlias = bool | int | str | None
Evaluator: TypeAlias = Callable[["Moment"], Any]
Facts: TypeAlias = Mapping[str, Any]


@dataclass(slots=True)
class Person:
    """One person: facts by column name (days and fen as integers), ledger sums and row counts by (item, year), receipts by (policy, year)."""

    facts: Facts
    ledger: dict[tuple[str, int], int] = field(default_factory=dict)
    ledger_rows: dict[tuple[str, int], int] = field(default_factory=dict)
    received: dict[tuple[str, int], int] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return str(self.facts["person_id"])


@dataclass(slots=True)
class Home:
    """One household with all that is known of it. Ledger and receipts count every row, those of no person and of the dead included."""

    facts: Facts
    people: Sequence[Person]
    ledger_rows_raw: Sequence[Facts]
    receipt_rows_raw: Sequence[Facts]
    ledger: dict[tuple[str, int], int] = field(default_factory=dict)
    ledger_rows: dict[tuple[str, int], int] = field(default_factory=dict)
    received: dict[tuple[str, int], int] = field(default_factory=dict)

    @classmethod
    def of(cls, facts: Facts, people: Sequence[Facts], ledger: Sequence[Facts], receipts: Sequence[Facts]) -> "Home":
        persons = [Person(p) for p in sorted(people, key=lambda p: str(p["person_id"]))]
        by_id = {p.id: p for p in persons}
        home = cls(facts, persons, ledger, receipts)
        for row in ledger:
            key = (row["item"], row["year"])
            for holder in (home, by_id.get(row["person_id"])):
                if holder:
                    holder.ledger[key] = holder.ledger.get(key, 0) + row["amount"]
                    holder.ledger_rows[key] = holder.ledger_rows.get(key, 0) + 1
        for row in receipts:
            key = (row["policy_id"], row["year"])
            for holder in (home, by_id.get(row["person_id"])):
                if holder:
                    holder.received[key] = holder.received.get(key, 0) + row["amount"]
        return home


@dataclass(slots=True)
class Moment:
    """Where an expression is asked: a home, a day and the values in force on it; a person or a row where the rule is of one."""

    home: Home
    days: RunDays
    day: int
    values: Mapping[str, ParameterValue]
    parts: Mapping[str, Evaluator]
    person: Person | None = None
    row: Facts | None = None
    memo: dict[tuple[str, int, int], Any] = field(default_factory=dict)

    def of(self, person: Person) -> "Moment":
        """The same moment, asked of one person."""
        return Moment(self.home, self.days, self.day, self.values, self.parts, person, None, self.memo)

    def on(self, day: int, values: Mapping[str, ParameterValue]) -> "Moment":
        return Moment(self.home, self.days, day, values, self.parts, self.person, self.row, self.memo)


def constant(node: Node, values: Mapping[str, ParameterValue]) -> Any:
    """The value of an expression that parameters alone decide."""
    return compile_node(node)(Moment(cast(Home, None), cast(RunDays, None), 0, values, {}))


def compile_node(node: Node) -> Evaluator:
    """Return the closure of a node."""
    return _COMPILERS[type(node)](node)


# ---- leaves


def present_on(facts: Facts, day: int) -> bool:
    """Neither dead nor gone on or before the day, and not born after it (facts.md)."""
    gone = any(facts[end] is not None and facts[end] <= day for end in ("died_on", "left_on"))
    return not gone and (facts["birth_date"] is None or facts["birth_date"] <= day)


def _fact(node: tree.Fact) -> Evaluator:
    name = node.name
    if node.table == "household":
        return lambda m: m.home.facts[name]
    if node.table == "row":
        return lambda m: m.row[name] if m.row else None
    if not node.span:
        return lambda m: m.person.facts[name] if m.person else None
    start, end = f"{node.span}_from", f"{node.span}_until"
    outside = False if node.type.kind == "bool" else "none"

    def spelled(m: Moment) -> Any:
        if m.person is None:
            return None
        facts = m.person.facts
        value = facts[name]
        within = (facts[start] is None or facts[start] <= m.day) and (facts[end] is None or m.day <= facts[end])
        return value if value is None or within else outside

    return spelled


def _age(m: Moment, on: int) -> int | None:
    birth = m.person.facts["birth_date"] if m.person else None
    return None if birth is None else full_years(birth, on)


def _school_age(m: Moment) -> int | None:
    this = m.day // YEAR * YEAR + m.days.calendar.school_age_day
    return _age(m, this if m.day >= this else this - YEAR)


def _stage(m: Moment) -> Any:
    if m.person is None:
        return None
    facts = m.person.facts
    spring = m.day < m.days.year_base + m.days.calendar.autumn_starts and m.day != m.days.as_of
    return facts["schooling_spring"] if spring and facts["schooling_spring"] is not None else facts["schooling"]


_WORDS: dict[str, Evaluator] = {
    "day": lambda m: m.day,
    "as_of": lambda m: m.days.as_of,
    "policy_year": lambda m: m.days.policy_year,
    "income_year": lambda m: m.days.income_year,
    "present": lambda m: present_on(m.person.facts, m.day) if m.person else None,
    "member": lambda m: present_on(m.person.facts, m.days.as_of) if m.person else None,
    "age": lambda m: _age(m, m.day),
    "school_age": _school_age,
    "stage": _stage,
}


def _builtin(node: tree.Builtin) -> Evaluator:
    return _WORDS[node.name]


def _param(node: tree.Param) -> Evaluator:
    name = node.name
    return lambda m: m.values[name]


def _part(node: tree.Part) -> Evaluator:
    name, daily, personal = node.name, node.daily, node.table == "person"

    def named(m: Moment) -> Any:
        if personal and m.person is None:
            return None
        key = (name, m.day if daily else 0, id(m.person) if personal else 0)
        if key not in m.memo:
            m.memo[key] = m.parts[name](m)
        return m.memo[key]

    return named


def _const(node: tree.Const) -> Evaluator:
    value = node.value
    return lambda _: value


# ---- logic


def _all(items: Sequence[Evaluator], deciding: bool) -> Evaluator:
    """AND (deciding=False) and OR (deciding=True): the deciding value wins, else one unknown leaves it unknown."""

    def joined(m: Moment) -> bool | None:
        result: bool | None = not deciding
        for item in items:
            value = item(m)
            if value is deciding:
                return value is True
            if value is None:
                result = None
        return result

    return joined


def _and(node: tree.And) -> Evaluator:
    return _all([compile_node(i) for i in node.items], deciding=False)


def _or(node: tree.Or) -> Evaluator:
    return _all([compile_node(i) for i in node.items], deciding=True)


def _not(node: tree.Not) -> Evaluator:
    item = compile_node(node.item)

    def negated(m: Moment) -> bool | None:
        value = item(m)
        return None if value is None else not value

    return negated


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: bool(a == b),
    "<>": lambda a, b: bool(a != b),
    "<": lambda a, b: bool(a < b),
    "<=": lambda a, b: bool(a <= b),
    ">": lambda a, b: bool(a > b),
    ">=": lambda a, b: bool(a >= b),
}


def _strict(items: Sequence[Evaluator], work: Callable[..., Any]) -> Evaluator:
    """Unknown where any part is unknown."""

    def strict(m: Moment) -> Any:
        values = [item(m) for item in items]
        return None if None in values else work(*values)

    return strict


def _compare(node: tree.Compare) -> Evaluator:
    return _strict([compile_node(node.left), compile_node(node.right)], _COMPARE[node.op])


def _in(node: tree.In) -> Evaluator:
    values = frozenset(v.value for v in node.values if isinstance(v, tree.Const))
    return _strict([compile_node(node.item)], lambda value: value in values)


def _is_null(node: tree.IsNull) -> Evaluator:
    item = compile_node(node.item)
    return lambda m: item(m) is None


# ---- numbers


_ARITH: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
}


def _arith(node: tree.Arith) -> Evaluator:
    return _strict([compile_node(node.left), compile_node(node.right)], _ARITH[node.op])


def _extreme(node: tree.Extreme) -> Evaluator:
    return _strict([compile_node(i) for i in node.items], min if node.which == "least" else max)


def _coalesce(node: tree.Coalesce) -> Evaluator:
    items = [compile_node(i) for i in node.items]

    def first_known(m: Moment) -> Any:
        for item in items:
            value = item(m)
            if value is not None:
                return value
        return None

    return first_known


def _case(node: tree.Case) -> Evaluator:
    branches = [(compile_node(condition), compile_node(value)) for condition, value in node.branches]
    default = compile_node(node.default)

    def chosen(m: Moment) -> Any:
        for condition, value in branches:
            if condition(m) is True:
                return value(m)
        return default(m)

    return chosen


def _year_of(node: tree.YearOf) -> Evaluator:
    return _strict([compile_node(node.item)], lambda day: day // YEAR)


def _round_div(node: tree.RoundDiv) -> Evaluator:
    scale = node.numerator.type.denominator
    return _strict(
        [compile_node(node.numerator), compile_node(node.denominator)],
        lambda top, bottom: round_half_away(top, bottom * scale) if bottom > 0 else None,
    )


# ---- sums and persons


def _ledger(node: tree.Ledger) -> Evaluator:
    items, household, rows, of_income = node.items, node.table == "household", node.rows, node.year == "income_year"

    def total(m: Moment) -> int:
        holder = m.home if household else m.person
        if holder is None:
            return 0
        year = m.days.income_year if of_income else m.days.policy_year
        sums = holder.ledger_rows if rows else holder.ledger
        return sum(sums.get((item, year), 0) for item in items)

    return total


def _received(node: tree.Received) -> Evaluator:
    policy, household = node.policy, node.table == "household"

    def total(m: Moment) -> int:
        holder = m.home if household else m.person
        return holder.received.get((policy, m.days.policy_year), 0) if holder else 0

    return total


def _has(node: tree.Has) -> Evaluator:
    item, code = compile_node(node.item), node.code
    return lambda m: code in (item(m) or "").split(";")


def _of(node: tree.Of) -> Evaluator:
    who, value = compile_node(node.who), compile_node(node.value)

    def pairs(m: Moment) -> list[tuple[bool | None, Any]]:
        return [(who(p), value(p)) for p in map(m.of, m.home.people)]

    def some(m: Moment) -> bool | None:
        found: list[bool | None] = [_both(w, v) for w, v in pairs(m)]
        return True if True in found else None if None in found else False

    def every(m: Moment) -> bool | None:
        found: list[bool | None] = [_implied(w, v) for w, v in pairs(m)]
        return False if False in found else None if None in found else True

    def count(m: Moment) -> int | None:
        found = [_both(w, v) for w, v in pairs(m)]
        return None if None in found else found.count(True)

    def extreme(m: Moment) -> Any:
        mine = pairs(m)
        if any(w is None or (w and v is None) for w, v in mine):
            return None
        values = [v for w, v in mine if w]
        return (min if node.how == "lowest" else max)(values) if values else None

    return {"some": some, "every": every, "count": count, "lowest": extreme, "highest": extreme}[node.how]


def _both(a: bool | None, b: bool | None) -> bool | None:
    return False if a is False or b is False else None if a is None or b is None else True


def _implied(a: bool | None, b: bool | None) -> bool | None:
    return True if a is False or b is True else None if a is None or b is None else False


_COMPILERS: dict[type[Node], Callable[[Any], Evaluator]] = {
    tree.Fact: _fact,
    tree.Builtin: _builtin,
    tree.Param: _param,
    tree.Part: _part,
    tree.Const: _const,
    tree.And: _and,
    tree.Or: _or,
    tree.Not: _not,
    tree.Compare: _compare,
    tree.In: _in,
    tree.IsNull: _is_null,
    tree.Arith: _arith,
    tree.Extreme: _extreme,
    tree.Coalesce: _coalesce,
    tree.Case: _case,
    tree.Of: _of,
    tree.Ledger: _ledger,
    tree.Received: _received,
    tree.Has: _has,
    tree.YearOf: _year_of,
    tree.RoundDiv: _round_div,
}


def person_columns() -> tuple[str, ...]:
    """Every column of a person that a rule may look at."""
    person = schema().tables["person"]
    return (*person.columns, *person.derived)

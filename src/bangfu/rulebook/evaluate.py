"""One household at a time: the tree as plain Python, one closure a node, with the null table of docs/rulebook-language.md.

A closure takes a Moment (a household, perhaps a person or a row of it, on a day) and returns bool, int, str or None for unknown.
Days are integers as in kernel.days. Independent of the SQL back end, which judges all days of a run at once by masks.

Each shape of node that is common in the book has a closure of its own: a call costs more than what most nodes do.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, cast

from bangfu.kernel.days import YEAR, full_years
from bangfu.kernel.money import round_half_away
from bangfu.rulebook import tree
from bangfu.rulebook.book import ParameterValue
from bangfu.rulebook.run_days import RunDays
from bangfu.rulebook.tree import BOOL, COUNT, Node

Evaluator: TypeAlias = Callable[["Moment"], Any]
Facts: TypeAlias = Mapping[str, Any]


class _Nobody(dict[str, Any]):
    """The facts of no person: all unknown."""

    def __missing__(self, name: str) -> None:
        return None


NOBODY: Facts = _Nobody()
_NEW = object()


@dataclass(slots=True, eq=False)
class Person:
    """One person: facts by column name (days and fen as integers), ledger sums by (item, year), receipts by (policy, year)."""

    facts: Facts
    ledger: dict[tuple[str, int], int] = field(default_factory=dict)
    received: dict[tuple[str, int], int] = field(default_factory=dict)
    id: str = field(init=False)

    def __post_init__(self) -> None:
        self.id = str(self.facts["person_id"])

    def but(self, **facts: Any) -> "Person":
        """The same person with other facts."""
        return Person({**self.facts, **facts}, self.ledger, self.received)


@dataclass(slots=True, eq=False)
class Home:
    """One household with all that is known of it. Ledger and receipts count every row, those of no person and of the dead included."""

    facts: Facts
    people: Sequence[Person]
    ledger_rows_raw: Sequence[Facts]
    receipt_rows_raw: Sequence[Facts]
    ledger: dict[tuple[str, int], int] = field(default_factory=dict)
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
        for row in receipts:
            key = (row["policy_id"], row["year"])
            for holder in (home, by_id.get(row["person_id"])):
                if holder:
                    holder.received[key] = holder.received.get(key, 0) + row["amount"]
        return home

    def but(self, facts: Facts, people: Sequence[Person]) -> "Home":
        """The same household with other facts or persons; what was earned, spent and received stays."""
        return Home(facts, people, self.ledger_rows_raw, self.receipt_rows_raw, self.ledger, self.received)


class Moment:
    """Where an expression is asked: a home, a day and the values in force on it; a person or a row where the rule is of one.

    `house` is the household's moment on that day, `now` the same household or person on the run's own day, at which everything is taken
    that does not vary by day. The memo holds the named parts already worked out here.
    """

    __slots__ = ("_people", "day", "days", "facts", "home", "house", "memo", "now", "parts", "person", "row", "values")

    def __init__(
        self,
        home: Home,
        days: RunDays,
        day: int,
        values: Mapping[str, ParameterValue],
        parts: Mapping[str, Evaluator],
    ) -> None:
        self.home = home
        self.days = days
        self.day = day
        self.values = values
        self.parts = parts
        self.person: Person | None = None
        self.facts = NOBODY
        self.row: Facts = NOBODY
        self.house = self
        self.now = self
        self.memo: dict[Any, Any] = {}
        self._people: list[Moment] | None = None

    @property
    def people(self) -> "list[Moment]":
        """The same day, asked of each person of the household."""
        house = self.house
        if house._people is None:
            nows = [house] * len(house.home.people) if house.now is house else house.now.people
            house._people = [house._of(p, now) for p, now in zip(house.home.people, nows, strict=True)]
        return house._people

    def one(self, number: int, now: "Moment | None" = None) -> "Moment":
        """The same day, asked of one person alone; `now` is that person's moment on the run's own day, if this is another."""
        return self._of(self.home.people[number], now or self)

    def _of(self, person: Person, now: "Moment") -> "Moment":
        made = Moment(self.home, self.days, self.day, self.values, self.parts)
        made.person = person
        made.facts = person.facts
        made.house = self
        made.now = made if now is self else now
        return made

    def of(self, person: Person) -> "Moment":
        """The same day, asked of one person."""
        return self.people[self.home.people.index(person)]

    def at_row(self, row: Facts) -> "Moment":
        """The same moment, asked of a row of the ledger or the receipts."""
        made = Moment(self.home, self.days, self.day, self.values, self.parts)
        made.person, made.facts, made.row = self.person, self.facts, row
        made.house, made.now, made.memo = self.house, self.now, self.memo
        return made

    def on(self, day: int, values: Mapping[str, ParameterValue]) -> "Moment":
        """The same household or person on another day."""
        made = Moment(self.home, self.days, day, values, self.parts)
        made.now = self.house.now
        return made if self.person is None else made.of(self.person)


def constant(node: Node, values: Mapping[str, ParameterValue]) -> Any:
    """The value of an expression that parameters alone decide."""
    return compile_node(node)(Moment(cast(Home, None), cast(RunDays, None), 0, values, {}))


def compile_node(node: Node) -> Evaluator:
    """Return the closure of a node."""
    return _COMPILERS[type(node)](node)


def compile_holds(node: Node) -> Evaluator:
    """The closure of a yes/no of which only a yes matters: true where it surely holds, else false or None.

    What is unknown need not be told from what fails, so that the first of several conditions that is not met ends the search.
    """
    match node:
        case tree.And():
            return _first_decides([compile_holds(i) for i in _cheapest_first(node.items)], until=False)
        case tree.Or():
            return _first_decides([compile_holds(i) for i in _cheapest_first(node.items)], until=True)
        case tree.Not():
            return _compile_fails(node.item)
        case _:
            return compile_node(node)


def _compile_fails(node: Node) -> Evaluator:
    """The closure of a yes/no of which only a no matters: true where it surely fails."""
    match node:
        case tree.And():
            return _first_decides([_compile_fails(i) for i in _cheapest_first(node.items)], until=True)
        case tree.Or():
            return _first_decides([_compile_fails(i) for i in _cheapest_first(node.items)], until=False)
        case tree.Not():
            return compile_holds(node.item)
        case _:
            found = compile_node(node)
            return lambda m: found(m) is False


def _first_decides(items: Sequence[Evaluator], *, until: bool) -> Evaluator:
    """Whether one is true (until=True), or all are. Two is what most have."""
    if len(items) == 2:
        one, other = items
        return (lambda m: one(m) or other(m)) if until else (lambda m: one(m) and other(m))

    def decided(m: Moment) -> bool:
        for item in items:
            if bool(item(m)) is until:
                return until
        return not until

    return decided


def _cheapest_first(items: Sequence[Node]) -> list[Node]:
    return sorted(items, key=_cost)


def _cost(node: Node) -> int:
    """Roughly, in what it takes to look at one fact. An aggregate asks every person, a sum every item."""
    own = {tree.Of: 50, tree.Ledger: 6, tree.Received: 4, tree.Part: 4, tree.Builtin: 3, tree.Const: 0}
    return own.get(type(node), 1) + sum(map(_cost, node.children()))


# ---- leaves


def present_on(facts: Facts, day: int) -> bool:
    """Neither dead nor gone on or before the day, and not born after it (facts.md)."""
    died, left, born = facts["died_on"], facts["left_on"], facts["birth_date"]
    return (died is None or died > day) and (left is None or left > day) and (born is None or born <= day)


def _fact(node: tree.Fact) -> Evaluator:
    name = node.name
    if node.table == "household":
        return lambda m: m.home.facts[name]
    if node.table == "row":
        return lambda m: m.row[name]
    if not node.span:
        return lambda m: m.facts[name]
    start, end = f"{node.span}_from", f"{node.span}_until"
    outside = False if node.type.kind == "bool" else "none"

    def spelled(m: Moment) -> Any:
        facts = m.facts
        value = facts[name]
        if value is None:
            return None
        since, until = facts[start], facts[end]
        within = (since is None or since <= m.day) and (until is None or m.day <= until)
        return value if within else outside

    return spelled


def _age(m: Moment, on: int) -> int | None:
    birth = m.facts["birth_date"]
    return None if birth is None else full_years(birth, on)


def _school_age(m: Moment) -> int | None:
    this = m.day // YEAR * YEAR + m.days.calendar.school_age_day
    return _age(m, this if m.day >= this else this - YEAR)


def in_spring(days: RunDays, day: int) -> bool:
    """Whether a student's stage is still that of spring: until autumn starts, but not on the run's own day."""
    return day < days.year_base + days.calendar.autumn_starts and day != days.as_of


def _stage(m: Moment) -> Any:
    facts = m.facts
    spring = facts["schooling_spring"]
    return spring if spring is not None and in_spring(m.days, m.day) else facts["schooling"]


def _member(m: Moment) -> bool | None:
    """Half of all conditions ask it, so it is kept."""
    if m.person is None:
        return None
    memo = m.now.memo
    found: bool | None = memo.get("member")
    if found is None:
        found = memo["member"] = present_on(m.facts, m.days.as_of)
    return found


_WORDS: dict[str, Evaluator] = {
    "day": lambda m: m.day,
    "as_of": lambda m: m.days.as_of,
    "policy_year": lambda m: m.days.policy_year,
    "income_year": lambda m: m.days.income_year,
    "present": lambda m: present_on(m.facts, m.day) if m.person else None,
    "member": _member,
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
    """A named part, worked out once for each household or person and day; what does not vary by day, once."""
    name, daily, personal = node.name, node.daily, node.table == "person"

    def named(m: Moment) -> Any:
        if not daily:
            m = m.now
        if not personal:
            m = m.house
        elif m.person is None:
            return None
        value = m.memo.get(name, _NEW)
        if value is _NEW:
            value = m.memo[name] = m.parts[name](m)
        return value

    return named


def _const(node: tree.Const) -> Evaluator:
    value = node.value
    return lambda _: value


# ---- logic


def _all(items: Sequence[Evaluator], deciding: bool) -> Evaluator:
    """AND (deciding=False) and OR (deciding=True): the deciding value wins, else one unknown leaves it unknown."""
    otherwise = not deciding

    def joined(m: Moment) -> bool | None:
        result: bool | None = otherwise
        for item in items:
            value: bool | None = item(m)
            if value is not otherwise:
                if value is deciding:
                    return deciding
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
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _strict(items: Sequence[Evaluator], work: Callable[..., Any]) -> Evaluator:
    """Unknown where any part is unknown."""
    if len(items) == 1:
        (only,) = items

        def of_one(m: Moment) -> Any:
            value = only(m)
            return None if value is None else work(value)

        return of_one
    if len(items) == 2:
        first, second = items

        def of_two(m: Moment) -> Any:
            one = first(m)
            if one is None:
                return None
            other = second(m)
            return None if other is None else work(one, other)

        return of_two

    def strict(m: Moment) -> Any:
        values = [item(m) for item in items]
        return None if None in values else work(*values)

    return strict


def _compare(node: tree.Compare) -> Evaluator:
    work = _COMPARE[node.op]
    if isinstance(node.right, tree.Const) and node.right.value is not None:
        wanted = node.right.value
        if name := _own_cell(node.left):
            return lambda m: None if (value := m.facts[name]) is None else work(value, wanted)
        left = compile_node(node.left)
        return lambda m: None if (value := left(m)) is None else work(value, wanted)
    if isinstance(node.right, tree.Param):
        left, param = compile_node(node.left), node.right.name
        return lambda m: None if (value := left(m)) is None else work(value, m.values[param])
    return _strict([compile_node(node.left), compile_node(node.right)], work)


def _in(node: tree.In) -> Evaluator:
    values = frozenset(v.value for v in node.values if isinstance(v, tree.Const))
    if name := _own_cell(node.item):
        return lambda m: None if (value := m.facts[name]) is None else value in values
    return _strict([compile_node(node.item)], values.__contains__)


def _is_null(node: tree.IsNull) -> Evaluator:
    if name := _own_cell(node.item):
        return lambda m: m.facts[name] is None
    item = compile_node(node.item)
    return lambda m: item(m) is None


def _own_cell(node: Node) -> str:
    """The column of a person's cell that is read as it stands; "" for anything else."""
    return node.name if isinstance(node, tree.Fact) and node.table == "person" and not node.span else ""


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
    """The sum of a household's or person's rows of some items, or whether there is any row of them."""
    items, household, of_income = node.items, node.table == "household", node.year == "income_year"
    found = _any_of(items) if node.recorded else _sum_of(items)

    def asked(m: Moment) -> int | bool:
        holder = m.home if household else m.person
        return found(holder.ledger if holder else {}, m.days.income_year if of_income else m.days.policy_year)

    return asked


def _sum_of(items: Sequence[str]) -> Callable[[Mapping[tuple[str, int], int], int], int]:
    if len(items) == 1:
        (only,) = items
        return lambda sums, year: sums.get((only, year), 0)
    return lambda sums, year: sum([sums[item, year] for item in items if (item, year) in sums])


def _any_of(items: Sequence[str]) -> Callable[[Mapping[tuple[str, int], int], int], bool]:
    return lambda sums, year: any((item, year) in sums for item in items)


def _received(node: tree.Received) -> Evaluator:
    policy, household = node.policy, node.table == "household"

    def total(m: Moment) -> int:
        holder = m.home if household else m.person
        return holder.received.get((policy, m.days.policy_year), 0) if holder and holder.received else 0

    return total


def _has(node: tree.Has) -> Evaluator:
    item, code = compile_node(node.item), node.code
    return lambda m: code in (item(m) or "").split(";")


def _of(node: tree.Of) -> Evaluator:
    if node == _MEMBERS:
        return _members
    return _AGGREGATES[node.how](compile_node(node.who), compile_node(node.value))


_MEMBERS = tree.Of(COUNT, False, "count", tree.Builtin(BOOL, False, "member"), tree.Const(BOOL, False, True))


def _members(m: Moment) -> int:
    """How many are counted: the guarantees ask it again and again, so it is kept."""
    memo = m.house.now.memo
    found: int | None = memo.get("members")
    if found is None:
        found = memo["members"] = [_member(p) for p in m.people].count(True)
    return found


def _some(who: Evaluator, value: Evaluator) -> Evaluator:
    def some(m: Moment) -> bool | None:
        found: bool | None = False
        for p in m.people:
            both = _both(p, who, value)
            if both is True:
                return True
            if both is None:
                found = None
        return found

    return some


def _every(who: Evaluator, value: Evaluator) -> Evaluator:
    def every(m: Moment) -> bool | None:
        found: bool | None = True
        for p in m.people:
            mine = who(p)
            if mine is False:
                continue
            held = value(p)
            if held is False and mine:
                return False
            if held is not True:
                found = None
        return found

    return every


def _count(who: Evaluator, value: Evaluator) -> Evaluator:
    def count(m: Moment) -> int | None:
        found = [_both(p, who, value) for p in m.people]
        return None if None in found else found.count(True)

    return count


def _extreme_of(which: Callable[[list[Any]], Any]) -> Callable[[Evaluator, Evaluator], Evaluator]:
    def of(who: Evaluator, value: Evaluator) -> Evaluator:
        def extreme(m: Moment) -> Any:
            asked = [(who(p), p) for p in m.people]
            values = [value(p) for mine, p in asked if mine]
            if None in values or any(mine is None for mine, _ in asked):
                return None
            return which(values) if values else None

        return extreme

    return of


def _both(p: Moment, who: Evaluator, value: Evaluator) -> bool | None:
    mine = who(p)
    if mine is False:
        return False
    held: bool | None = value(p)
    return False if held is False else None if mine is None or held is None else True


_AGGREGATES: dict[str, Callable[[Evaluator, Evaluator], Evaluator]] = {
    "some": _some,
    "every": _every,
    "count": _count,
    "lowest": _extreme_of(min),
    "highest": _extreme_of(max),
}


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

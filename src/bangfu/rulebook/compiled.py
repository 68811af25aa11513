"""Rules as Python functions: each expression is written out as the source of one, with the null table of docs/rulebook-language.md.

A function takes a Moment (a household, perhaps a person or a row of it, on a day) and returns bool, int, str or None for unknown.
What it says is the rule's tree and nothing else, so that one function does for every run, whatever its days and values.

Source rather than closures, because a call costs more than what most nodes do: an expression is one function, and all conditions of
a person are one too. Where nothing can be unknown, nothing is asked about it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, TypeAlias, cast

from bangfu.kernel.days import YEAR
from bangfu.kernel.money import round_half_away
from bangfu.rulebook import tree
from bangfu.rulebook.book import ParameterValue
from bangfu.rulebook.evaluate import NEW, Evaluator, Home, Moment, in_spring, members, present_on, school_day
from bangfu.rulebook.run_days import RunDays
from bangfu.rulebook.tree import BOOL, COUNT, Node

# Parentheses within parentheses that Python reads are some two hundred; what lies deeper has a function of its own.
_DEEPEST = 16
_KEPT = 4096

Answering: TypeAlias = Callable[[Moment], list[Any]]


@lru_cache(maxsize=_KEPT)
def compile_node(node: Node) -> Evaluator:
    """The function of an expression."""
    return cast(Evaluator, _compiled(lambda body: [f"return {body.of(node)}"]))


@lru_cache(maxsize=_KEPT)
def compile_each(nodes: tuple[Node, ...], *, of_person: bool) -> Answering:
    """The function of several expressions at once: their values, in order. What several look at is worked out once."""

    def written(body: _Body) -> Iterable[str]:
        for node in _common(nodes):
            yield body.keep(node)
        yield f"return [{', '.join([body.of(node) for node in nodes])}]"

    return cast(Answering, _compiled(written, of_person=of_person))


def compile_found(nodes: Mapping[int, Node], *, of_person: bool) -> Answering:
    """The function that tells which of several yes/no surely hold, by their numbers."""
    return _compile_found(tuple(nodes.items()), of_person=of_person)


@lru_cache(maxsize=_KEPT)
def _compile_found(nodes: tuple[tuple[int, Node], ...], *, of_person: bool) -> Answering:
    def written(body: _Body) -> Iterable[str]:
        yield "found = []"
        for number, node in nodes:
            yield f"if {body.holds(node)}: found.append({number})"
        yield "return found"

    return cast(Answering, _compiled(written, of_person=of_person))


def constant(node: Node, values: Mapping[str, ParameterValue]) -> Any:
    """The value of an expression that parameters alone decide."""
    return compile_node(node)(Moment(cast(Home, None), cast(RunDays, None), 0, values, {}))


def _common(nodes: Sequence[Node]) -> list[Node]:
    """The expressions that stand in several places, each after those that it is made of. What persons of an aggregate are asked is apart."""
    seen: Counter[Node] = Counter()
    ordered: dict[Node, None] = {}

    def look(node: Node) -> None:
        seen[node] += 1
        if seen[node] == 1:
            if not isinstance(node, tree.Of):
                for child in node.children():
                    look(child)
            ordered[node] = None

    for node in nodes:
        look(node)
    return [node for node in ordered if seen[node] > 1 and not isinstance(node, tree.Const | tree.Param)]


# ---- unknowns


def _sure(node: Node, of_person: bool) -> bool:
    """Whether an expression is never unknown. `of_person`: whether it is asked of a person for sure."""
    match node:
        case tree.Const():
            return node.value is not None
        case tree.Builtin():
            return node.name in ("day", "as_of", "policy_year", "income_year") or (
                of_person and node.name in ("present", "member")
            )
        case tree.Param() | tree.IsNull() | tree.Has() | tree.Ledger() | tree.Received():
            return True
        case tree.Coalesce():
            return any(_sure(item, of_person) for item in node.items)
        case tree.Of():
            return node.how in ("some", "every", "count") and _sure(node.who, True) and _sure(node.value, True)
        case tree.Case():
            return all(_sure(value, of_person) for _, value in node.branches) and _sure(node.default, of_person)
        case tree.Fact() | tree.Part() | tree.RoundDiv():
            return False
        case _:
            return all(_sure(child, of_person) for child in node.children())


def _cheapest_first(items: Sequence[Node]) -> list[Node]:
    return sorted(items, key=_cost)


def _cost(node: Node) -> int:
    """Roughly, in what it takes to look at one fact. An aggregate asks every person, a sum every item."""
    own = {tree.Of: 50, tree.Ledger: 6, tree.Received: 4, tree.Part: 4, tree.Builtin: 3, tree.Const: 0}
    return own.get(type(node), 1) + sum(map(_cost, node.children()))


# ---- source

# What a function looks up at its beginning, where it names it.
_BEFORE: Mapping[str, str] = {
    "facts": "m.facts",
    "home": "m.home.facts",
    "row": "m.row",
    "values": "m.values",
    "day": "m.day",
    "as_of": "m.days.as_of",
    "policy_year": "m.days.policy_year",
    "income_year": "m.days.income_year",
    "school": "school_day(m.days, m.day)",
    "spring": "in_spring(m.days, m.day)",
    "sums": "m.home.ledger",
    "own_sums": "m.person.ledger if m.person else {}",
    "received": "m.home.received",
    "own_received": "m.person.received if m.person else {}",
    "now": "m.now",
    "house": "m.house",
    "house_now": "m.now.house",
}
_SEEN_BY: Mapping[str, Any] = {
    "NEW": NEW,
    "in_spring": in_spring,
    "members": members,
    "present_on": present_on,
    "round_half_away": round_half_away,
    "school_day": school_day,
}
_COMPARE = {"=": "==", "<>": "!="}
_MEMBERS = tree.Of(COUNT, False, "count", tree.Builtin(BOOL, False, "member"), tree.Const(BOOL, False, True))


def _compiled(written: "Callable[[_Body], Iterable[str]]", *, of_person: bool = False) -> Callable[..., Any]:
    functions: list[str] = []
    name = _function(functions, _Body(functions, of_person=of_person), written)
    names = dict(_SEEN_BY)
    exec(compile("\n".join(functions), "<rules>", "exec"), names)  # noqa: S102  # what is run was written here, of the tree
    return cast(Callable[..., Any], names[name])


def _function(functions: list[str], body: "_Body", written: "Callable[[_Body], Iterable[str]]") -> str:
    """Write a function, those that it calls before it; returns its name."""
    lines = [*written(body)]
    return _defined(functions, [*body.before(), *lines])


def _defined(functions: list[str], lines: Iterable[str]) -> str:
    name = f"f{len(functions)}"
    functions.append("\n  ".join([f"def {name}(m):", *lines]))
    return name


class _Body:
    """What stands in one function: source of expressions, the names looked up before them, and values kept under a name."""

    def __init__(self, functions: list[str], *, of_person: bool) -> None:
        self.functions = functions
        self.of_person = of_person
        self.looked_up: dict[str, None] = {}
        self.known: dict[Node, str] = {}
        self.names = 0
        self.depth = 0

    def before(self) -> list[str]:
        return [f"{name} = {_BEFORE[name]}" for name in self.looked_up]

    def keep(self, node: Node) -> str:
        """The line that keeps an expression's value for those that look at it."""
        source = self.of(node)
        self.known[node] = self.name()
        return f"{self.known[node]} = {source}"

    def name(self) -> str:
        self.names += 1
        return f"v{self.names}"

    def up(self, name: str) -> str:
        self.looked_up[name] = None
        return name

    def sure(self, node: Node) -> bool:
        return _sure(node, self.of_person)

    # ---- values

    def of(self, node: Node) -> str:
        """The source of an expression's value."""
        if node in self.known:
            return self.known[node]
        if self.depth == _DEEPEST:
            return self.apart(lambda body: [f"return {body.of(node)}"])
        self.depth += 1
        source = _WRITTEN[type(node)](self, node)
        self.depth -= 1
        return source

    def apart(self, written: "Callable[[_Body], Iterable[str]]") -> str:
        body = _Body(self.functions, of_person=self.of_person)
        return f"{_function(self.functions, body, written)}(m)"

    def fact(self, node: tree.Fact) -> str:
        cell = f"{self.up({'household': 'home', 'row': 'row', 'person': 'facts'}[node.table])}[{{!r}}]"
        if not node.span:
            return cell.format(node.name)
        value, since, until, day = self.name(), self.name(), self.name(), self.up("day")
        outside = False if node.type.kind == "bool" else "none"
        return (
            f"(None if ({value} := {cell.format(node.name)}) is None else {value} "
            f"if (({since} := {cell.format(f'{node.span}_from')}) is None or {since} <= {day}) "
            f"and (({until} := {cell.format(f'{node.span}_until')}) is None or {day} <= {until}) else {outside!r})"
        )

    def word(self, node: tree.Builtin) -> str:
        match node.name:
            case "present":
                present = f"present_on({self.up('facts')}, {self.up('day')})"
                return present if self.of_person else f"({present} if m.person else None)"
            case "member":
                return "m.member"
            case "age" | "school_age":
                birth, on = self.name(), self.up("day" if node.name == "age" else "school")
                return (
                    f"(None if ({birth} := {self.up('facts')}['birth_date']) is None else ({on} - {birth}) // {YEAR})"
                )
            case "stage":
                facts = self.up("facts")
                return f"({facts}['schooling_spring'] if {self.up('spring')} and {facts}['schooling_spring'] is not None else {facts}['schooling'])"
            case _:
                return self.up(node.name)

    def part(self, node: tree.Part) -> str:
        """A named part, worked out once for each household or person and day; what does not vary by day, once."""
        personal = node.table == "person"
        at = ("m" if node.daily else self.up("now")) if personal else self.up("house" if node.daily else "house_now")
        found = self.name()
        asked = f"{found} if ({found} := {at}.memo.get({node.name!r}, NEW)) is not NEW else {at}.part({node.name!r})"
        return f"(None if m.person is None else {asked})" if personal and not self.of_person else f"({asked})"

    def ledger(self, node: tree.Ledger) -> str:
        """The sum of a household's or person's rows of some items, or whether there is any row of them."""
        sums = self.up("sums" if node.table == "household" else "own_sums")
        keys = [f"({item!r}, {self.up(node.year)})" for item in node.items]
        if node.recorded:
            return f"({' or '.join(f'{key} in {sums}' for key in keys)})" if keys else "False"
        return f"({' + '.join(f'{sums}.get({key}, 0)' for key in keys)})" if keys else "0"

    def received(self, node: tree.Received) -> str:
        sums = self.up("received" if node.table == "household" else "own_received")
        return f"{sums}.get(({node.policy!r}, {self.up('policy_year')}), 0)"

    def case(self, node: tree.Case) -> str:
        branches = [f"{self.of(value)} if {self.holds(when)} else" for when, value in node.branches]
        return f"({' '.join(branches)} {self.of(node.default)})"

    def within(self, node: tree.In) -> str:
        values = [repr(value.value) for value in node.values if isinstance(value, tree.Const)]
        return self.strict([node.item], f"{{}} in ({', '.join(values)},)" if values else "False")

    def extreme(self, node: tree.Extreme) -> str:
        work = "min" if node.which == "least" else "max"
        return self.strict(node.items, f"{work}({', '.join(['{}'] * len(node.items))})")

    def round_div(self, node: tree.RoundDiv) -> str:
        top, bottom = self.name(), self.name()
        return (
            f"(None if ({top} := {self.of(node.numerator)}) is None or ({bottom} := {self.of(node.denominator)}) is None or {bottom} <= 0 "
            f"else round_half_away({top}, {bottom} * {node.numerator.type.denominator}))"
        )

    # ---- unknowns

    def strict(self, items: Sequence[Node], work: str) -> str:
        """Unknown where any part is unknown."""
        values, unknown = [], []
        for item in items:
            source = self.of(item)
            if self.sure(item):
                values.append(source)
            else:
                values.append(source if source.isidentifier() else self.name())
                unknown.append(f"{self._named(values[-1], source)} is None")
        made = work.format(*values)
        return f"(None if {' or '.join(unknown)} else {made})" if unknown else f"({made})"

    @staticmethod
    def _named(name: str, source: str) -> str:
        return name if name == source else f"({name} := {source})"

    def all_hold(self, items: Sequence[Node]) -> str:
        """False where one is false, else unknown where one is unknown."""
        if all(map(self.sure, items)):
            return f"({' and '.join(map(self.of, items)) or True})"
        fails, unsure = [], []
        for item in items:
            if self.sure(item):
                fails.append(f"not {self.of(item)}")
            else:
                unsure.append(self.name())
                fails.append(f"({unsure[-1]} := {self.of(item)}) is False")
        return f"(False if {' or '.join(fails)} else {' and '.join(unsure)})"

    def some_hold(self, items: Sequence[Node]) -> str:
        """True where one is true, else unknown where one is unknown."""
        if all(map(self.sure, items)):
            return f"({' or '.join(map(self.of, items)) or False})"
        holds, unsure = [], []
        for item in items:
            if self.sure(item):
                holds.append(self.of(item))
            else:
                unsure.append(self.name())
                holds.append(f"({unsure[-1]} := {self.of(item)})")
        return f"(True if {' or '.join(holds)} else None if {' or '.join(f'{name} is None' for name in unsure)} else False)"

    def coalesce(self, node: tree.Coalesce) -> str:
        tried: list[str] = []
        for item in node.items:
            if self.sure(item):
                return f"({' '.join(tried)} {self.of(item)})"
            name = self.name()
            tried.append(f"{name} if ({name} := {self.of(item)}) is not None else")
        return f"({' '.join(tried)} None)"

    # ---- where only a yes, or only a no, matters

    def holds(self, node: Node) -> str:
        """True where it surely holds, else false or None."""
        match node:
            case tree.And():
                return self._joined(node.items, "and", self.holds)
            case tree.Or():
                return self._joined(node.items, "or", self.holds)
            case tree.Not():
                return self.fails(node.item)
            case _:
                return self.of(node)

    def fails(self, node: Node) -> str:
        """True where it surely fails, else false."""
        match node:
            case tree.And():
                return self._joined(node.items, "or", self.fails)
            case tree.Or():
                return self._joined(node.items, "and", self.fails)
            case tree.Not():
                return self.holds(node.item)
            case _:
                return f"({self.of(node)} is False)"

    def _joined(self, items: Sequence[Node], word: str, each: Callable[[Node], str]) -> str:
        if self.depth == _DEEPEST:
            return self.apart(
                lambda body: [f"return {body._joined(items, word, body.fails if each == self.fails else body.holds)}"]
            )
        self.depth += 1
        joined = f" {word} ".join(map(each, _cheapest_first(items)))
        self.depth -= 1
        return f"({joined or word == 'and'})"

    # ---- persons

    def aggregate(self, node: tree.Of) -> str:
        """What calls the function that asks each person of the household."""
        if node == _MEMBERS:
            return "members(m)"
        body = _Body(self.functions, of_person=True)
        start, each, end = _AGGREGATES[node.how](body.of(node.who), body.of(node.value))
        loop = "\n    ".join(["for m in m.people:", *body.before(), *each])
        return f"{_defined(self.functions, [start, loop, end])}(m)"


_WRITTEN: Mapping[type[Node], Callable[[_Body, Any], str]] = {
    tree.Fact: _Body.fact,
    tree.Builtin: _Body.word,
    tree.Param: lambda body, node: f"{body.up('values')}[{node.name!r}]",
    tree.Part: _Body.part,
    tree.Const: lambda _, node: repr(node.value),
    tree.And: lambda body, node: body.all_hold(_cheapest_first(node.items)),
    tree.Or: lambda body, node: body.some_hold(_cheapest_first(node.items)),
    tree.Not: lambda body, node: body.strict([node.item], "not {}"),
    tree.Compare: lambda body, node: body.strict(
        [node.left, node.right], f"{{}} {_COMPARE.get(node.op, node.op)} {{}}"
    ),
    tree.In: _Body.within,
    tree.IsNull: lambda body, node: f"({body.of(node.item)} is None)",
    tree.Arith: lambda body, node: body.strict([node.left, node.right], f"{{}} {node.op} {{}}"),
    tree.Extreme: _Body.extreme,
    tree.Coalesce: _Body.coalesce,
    tree.Case: _Body.case,
    tree.Of: _Body.aggregate,
    tree.Ledger: _Body.ledger,
    tree.Received: _Body.received,
    tree.Has: lambda body, node: f"({node.code!r} in ({body.of(node.item)} or '').split(';'))",
    tree.YearOf: lambda body, node: body.strict([node.item], f"{{}} // {YEAR}"),
    tree.RoundDiv: _Body.round_div,
}


def _extreme_of(which: str, who: str, value: str) -> tuple[str, list[str], str]:
    each = [
        f"if (mine := {who}) is None: return None",
        "if not mine: continue",
        f"if (held := {value}) is None: return None",
        "found.append(held)",
    ]
    return "found = []", each, f"return {which}(found) if found else None"


# How the persons of an aggregate are gone through: what stands before, for each of them, and after.
_AGGREGATES: Mapping[str, Callable[[str, str], tuple[str, list[str], str]]] = {
    "some": lambda who, value: (
        "found = False",
        [
            f"if (mine := {who}) is False: continue",
            f"if (held := {value}) is False: continue",
            "if mine and held: return True",
            "found = None",
        ],
        "return found",
    ),
    "every": lambda who, value: (
        "found = True",
        [
            f"if (mine := {who}) is False: continue",
            f"held = {value}",
            "if held is False and mine: return False",
            "if not held: found = None",
        ],
        "return found",
    ),
    "count": lambda who, value: (
        "found = 0",
        [
            f"if (mine := {who}) is False: continue",
            f"if (held := {value}) is False: continue",
            "if mine is None or held is None: return None",
            "found += 1",
        ],
        "return found",
    ),
    "lowest": partial(_extreme_of, "min"),
    "highest": partial(_extreme_of, "max"),
}

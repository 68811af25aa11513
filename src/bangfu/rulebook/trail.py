"""Why a verdict is what it is: the facts that a condition looked at, in words."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from bangfu.kernel.schema import Column, schema
from bangfu.kernel.words import Lang, Text
from bangfu.rulebook import tree
from bangfu.rulebook.compiled import compile_node, constant
from bangfu.rulebook.evaluate import Moment
from bangfu.rulebook.messages import shower
from bangfu.rulebook.resolve import Rules

_WORDS = {
    "present": Text("在户", "living in the household"),
    "member": Text("计入人口", "counted member"),
    "age": Text("周岁", "age"),
    "school_age": Text("学龄（8月31日周岁）", "school age (on 31 August)"),
    "stage": Text("就读阶段", "stage of schooling"),
}
_NONE = Text("无", "none")
_ASKED_FOR = {"age": "birth_date", "school_age": "birth_date", "stage": "schooling"}


@dataclass(slots=True, eq=False)
class FactSeen:
    """A fact as a rule saw it. `person_id` is "" for the household's; `column` the register's column that would have to change.

    Not frozen, only because making a frozen one takes three times as long, and a household has hundreds.
    """

    person_id: str
    column: str
    label: Text
    value: str
    unknown: bool


Seer: TypeAlias = Callable[[Moment], tuple[FactSeen, ...]]


def columns() -> dict[str, Column]:
    """Every column of household and person that a rule may look at, by name."""
    household, person = schema().tables["household"], schema().tables["person"]
    return {**person.columns, **person.derived, **household.columns}


class Trail:
    """Tells the facts that expressions look at, each once, in the order in which they name them.

    What the parameters in force decide by themselves, on every day of the run, looks at no fact: under `hardship_scope` dibao a
    household's status has no part in whether it is in hardship, and to name it as a reason would send somebody after the wrong thing.
    Where a parameter changes within the year, what one of its values asks for is told: days of the year may still hang on it.
    """

    def __init__(self, rules: Rules, lang: Lang) -> None:
        self.rules = rules
        self.values = [rules.values, *(values for _, values in rules.segments)]
        self.lang = lang
        self.columns = columns()
        # What a fact is kept under in a moment's memo; a node itself takes long to hash.
        self._keys: dict[tree.Node, object] = {}

    def of(self, node: tree.Node, *, failed: bool = False) -> Seer:
        """What tells the facts of an expression; with `failed`, of a condition where it fails, as nobody may be found of whom it holds."""
        found = self._seers(node, failed)
        match list(found.values()):
            case []:
                return lambda _: ()
            case [only]:
                return only
            case [one, other] if not _any_aggregate(found):
                return lambda m: one(m) + other(m)
            case several if not _any_aggregate(found):
                return lambda m: tuple([fact for seen in several for fact in seen(m)])
            case several:
                # Persons may be looked at twice; a fact is one object however often.
                return lambda m: tuple({id(fact): fact for seen in several for fact in seen(m)}.values())

    def looks(self, node: tree.Node) -> bool:
        """Whether an expression looks at any fact."""
        return bool(self._seers(node, failed=False))

    def _seers(self, node: tree.Node, failed: bool) -> dict[tree.Node, Seer]:
        """What tells each fact, by the leaf that looks at it."""
        match node:
            case tree.Fact() if node.table != "row":
                return {node: self._fact(node)}
            case tree.Builtin() if node.name in _WORDS:
                return {node: self._leaf(node, _ASKED_FOR.get(node.name, ""), _WORDS[node.name], of_house=False)}
            case tree.Part() if node.name in self.rules.book.lines:
                label = self.rules.book.lines[node.name].label
                filled = Text(self.rules.fill(label.zh, "zh"), self.rules.fill(label.en, "en"))
                return {node: self._leaf(node, "", filled, of_house=True)}
            case tree.Part():
                # A guarantee has its own conditions to say why; through a standard it would name everybody with everything.
                return self._seers(
                    self.rules.book.parts[node.name].node, failed and node.name not in self.rules.book.guarantees
                )
            case tree.And() | tree.Or() if self._settled(node) is not None:
                return {}
            case tree.Case():
                return self._seers_of(self._open(node), failed)
            case tree.Of():
                return {node: self._aggregate(node, failed)}
            case tree.Ledger() if not node.recorded:
                return {node: self._leaf(node, "", self._ledger_label(node), of_house=node.table == "household")}
            case _:
                return self._seers_of(node.children(), failed)

    def _seers_of(self, nodes: Iterable[tree.Node], failed: bool) -> dict[tree.Node, Seer]:
        return {leaf: seer for node in nodes for leaf, seer in self._seers(node, failed).items()}

    def _settled(self, node: tree.Node) -> bool | None:
        """What a yes/no is whatever the facts, on every day of the run; None where facts or the day have a say."""
        match node:
            case tree.And() | tree.Or():
                decides = isinstance(node, tree.Or)
                held = [self._settled(item) for item in node.items]
                return decides if decides in held else None if None in held else not decides
            case tree.Not():
                held_not = self._settled(node.item)
                return None if held_not is None else not held_not
            case tree.Part():
                return self._settled(self.rules.book.parts[node.name].node)
            case _ if node.type == tree.BOOL and tree.constant_amount(node):
                said = {constant(node, values) for values in self.values}
                return said.pop() if len(said) == 1 else None
            case _:
                return None

    def _open(self, node: tree.Case) -> list[tree.Node]:
        """The parts of a choice that parameters do not switch off."""
        left: list[tree.Node] = []
        for when, value in node.branches:
            settled = self._settled(when)
            if settled is not False:
                left += [when, value]
            if settled is True:
                return left
        return [*left, node.default]

    def _ledger_label(self, node: tree.Ledger) -> Text:
        item = schema().codes["item"].get(node.name)
        label = schema().item_groups.get(node.name) or (item.label if item else Text(node.name, node.name))
        days = self.rules.days
        year = days.income_year if node.year == "income_year" else days.policy_year
        return Text(f"{label.zh}（{year}年）", f"{label.en} ({year})")

    def _fact(self, node: tree.Fact) -> Seer:
        column = self.columns[node.name]
        # An empty date that means "nothing recorded" is an answer; an empty reason for being out of school is none.
        recorded = column.empty != "" and column.type != "code"
        none = _NONE.say(self.lang) if recorded else ""
        return self._leaf(node, node.name, column.label, of_house=node.table == "household", none=none)

    def _leaf(self, node: tree.Node, column: str, label: Text, *, of_house: bool, none: str = "") -> Seer:
        """What tells one fact, made once for each household or person. `none` is what an empty one says, where that is an answer."""
        value, show = compile_node(node), shower(node.type, self.rules, self.lang)
        key = self._keys.setdefault(node, object())

        def seen(m: Moment) -> tuple[FactSeen, ...]:
            at = m.house if of_house else m
            found: tuple[FactSeen, ...] | None = at.memo.get(key)
            if found is None:
                held = value(at)
                owner = at.person.id if at.person else ""
                shown = none if held is None and none else show(held)
                found = at.memo[key] = (FactSeen(owner, column, label, shown, held is None and not none),)
            return found

        return seen

    def _aggregate(self, node: tree.Of, failed: bool) -> Seer:
        """Of an aggregate, the facts of the persons that decide it: those for whom it holds or may hold (fails or may fail, for `every`).

        Where a condition failed because there is nobody (nobody draws dibao), that is what all those say who were asked. Where one holds for
        want of anybody (no child is out of school), there is nothing to tell.
        """
        who, value, seen = compile_node(node.who), compile_node(node.value), self.of(node.value, failed=failed)
        decided = node.how == "every"

        def each(m: Moment) -> tuple[FactSeen, ...]:
            asked = [p for p in m.people if who(p) is not False]
            deciding = [p for p in asked if value(p) is not decided]
            return tuple(fact for p in deciding or (asked if failed else ()) for fact in seen(p))

        return each


def _any_aggregate(nodes: Iterable[tree.Node]) -> bool:
    return any(isinstance(node, tree.Of) for node in nodes)

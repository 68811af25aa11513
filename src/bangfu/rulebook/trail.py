"""Why a verdict is what it is: the facts that a condition looked at, in words."""

from collections.abc import Iterator
from dataclasses import dataclass

from bangfu.kernel.schema import Column, schema
from bangfu.kernel.words import Lang, Text
from bangfu.rulebook import tree
from bangfu.rulebook.evaluate import Moment, compile_node
from bangfu.rulebook.messages import show
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


@dataclass(frozen=True, slots=True)
class FactSeen:
    """A fact as a rule saw it. `person_id` is "" for the household's; `column` the register's column that would have to change."""

    person_id: str
    column: str
    label: Text
    value: str
    unknown: bool


def columns() -> dict[str, Column]:
    """Every column of household and person that a rule may look at, by name."""
    household, person = schema().tables["household"], schema().tables["person"]
    return {**person.columns, **person.derived, **household.columns}


def facts_seen(node: tree.Node, m: Moment, rules: Rules, lang: Lang) -> list[FactSeen]:
    """The facts that an expression looks at, each once, in the order in which it names them."""
    return list(dict.fromkeys(_seen(node, m, rules, lang)))


def _seen(node: tree.Node, m: Moment, rules: Rules, lang: Lang) -> Iterator[FactSeen]:
    owner = m.person.id if m.person else ""
    match node:
        case tree.Fact() if node.table != "row":
            value = compile_node(node)(m)
            column = columns()[node.name]
            # An empty date that means "nothing recorded" is an answer; an empty reason for being out of school is none.
            recorded_as_none = value is None and column.empty != "" and column.type != "code"
            shown = _NONE.say(lang) if recorded_as_none else show(value, node.type, rules, lang)
            unknown = value is None and not recorded_as_none
            yield FactSeen("" if node.table == "household" else owner, node.name, column.label, shown, unknown)
        case tree.Builtin() if node.name in _WORDS:
            value = compile_node(node)(m)
            yield FactSeen(
                owner,
                _ASKED_FOR.get(node.name, ""),
                _WORDS[node.name],
                show(value, node.type, rules, lang),
                value is None,
            )
        case tree.Part() if node.name in rules.book.lines:
            value = compile_node(node)(m)
            label = rules.book.lines[node.name].label
            named = Text(rules.fill(label.zh, "zh"), rules.fill(label.en, "en"))
            yield FactSeen("", "", named, show(value, node.type, rules, lang), value is None)
        case tree.Part():
            yield from _seen(rules.book.parts[node.name].node, m, rules, lang)
        case tree.Of():
            yield from _of(node, m, rules, lang)
        case tree.Ledger() if not node.rows:
            labels = schema().item_groups.get(node.name)
            item = schema().codes["item"].get(node.name)
            label = labels or (item.label if item else Text(node.name, node.name))
            year = rules.days.income_year if node.year == "income_year" else rules.days.policy_year
            shown = show(compile_node(node)(m), node.type, rules, lang)
            yield FactSeen(
                owner if node.table == "person" else "",
                "",
                Text(f"{label.zh}（{year}年）", f"{label.en} ({year})"),
                shown,
                False,
            )
        case _:
            for child in node.children():
                yield from _seen(child, m, rules, lang)


def _of(node: tree.Of, m: Moment, rules: Rules, lang: Lang) -> Iterator[FactSeen]:
    """Of an aggregate, the facts of the persons that decide it: those for whom it holds or may hold (fails or may fail, for `every`)."""
    who, value = compile_node(node.who), compile_node(node.value)
    for person in m.home.people:
        of_person = m.of(person)
        if who(of_person) is False:
            continue
        held = value(of_person)
        if held is not (node.how == "every"):
            if node.how == "some" and held is False:
                continue
            yield from _seen(node.value, of_person, rules, lang)

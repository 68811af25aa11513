"""The typed tree of a rule: a closed set of operators that every back end implements.

What each operator does with an unknown is written in docs/rulebook-language.md. A node is `daily` where its value may differ
from day to day; such a node is only a yes/no, or something compared to make one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

TableName = Literal["household", "person", "row"]
Kind = Literal["bool", "number", "date", "text", "list"]


# Before a parameter's name: the code list of its choices.
CHOICES_OF = "param:"


@dataclass(frozen=True, slots=True)
class Type:
    """What a value is. `money`: a number of fen rather than a count. `denominator`: the value stands for itself divided by this
    (percents are ten-thousandths), so that products stay exact and are rounded once. `codes`: the code list of a text."""

    kind: Kind
    money: bool = False
    denominator: int = 1
    codes: str = ""

    @property
    def zh(self) -> str:
        """The type as Chinese messages name it."""
        if self.kind == "number":
            return "金额" if self.money else "整数" if self.denominator == 1 else "小数"
        words = {
            "bool": "是非",
            "date": "日期",
            "list": "列表",
            "text": f"代码（{self.codes}）" if self.codes else "文字",
        }
        return words.get(self.kind, "空值")

    def __str__(self) -> str:
        if self.kind == "number":
            return "money" if self.money else "number" if self.denominator == 1 else "decimal"
        return {
            "bool": "yes/no",
            "date": "date",
            "text": f"text ({self.codes})" if self.codes else "text",
            "list": "list",
        }[self.kind]


BOOL = Type("bool")
COUNT = Type("number")
MONEY = Type("number", money=True)
PERCENT = Type("number", denominator=10_000)
AREA = Type("number", denominator=10_000)
DATE = Type("date")


@dataclass(frozen=True, slots=True)
class Node:
    type: Type
    daily: bool

    def children(self) -> Iterator["Node"]:
        # The names of all fields. `fields()` makes them anew each time, which took a fifth of compiling a book.
        for name in self.__match_args__:
            yield from _nodes_in(getattr(self, name))

    def walk(self) -> Iterator["Node"]:
        yield self
        for child in self.children():
            yield from child.walk()


def _nodes_in(value: Any) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _nodes_in(item)


@dataclass(frozen=True, slots=True)
class Fact(Node):
    """A cell of the household, the person or the row. `spelled` facts hold only within the span named."""

    name: str
    table: TableName
    span: str = ""


Word = Literal[
    "day", "as_of", "policy_year", "income_year", "present", "member", "members", "age", "school_age", "stage"
]


@dataclass(frozen=True, slots=True)
class Builtin(Node):
    name: Word


@dataclass(frozen=True, slots=True)
class Param(Node):
    name: str


@dataclass(frozen=True, slots=True)
class Part(Node):
    """A named part of the book: term, income line, test, guarantee or standard."""

    name: str
    table: Literal["household", "person"]


@dataclass(frozen=True, slots=True)
class Const(Node):
    value: bool | int | str | None


@dataclass(frozen=True, slots=True)
class And(Node):
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or(Node):
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not(Node):
    item: Node


CompareOp = Literal["=", "<>", "<", "<=", ">", ">="]


@dataclass(frozen=True, slots=True)
class Compare(Node):
    op: CompareOp
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class In(Node):
    item: Node
    values: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class IsNull(Node):
    item: Node


@dataclass(frozen=True, slots=True)
class Arith(Node):
    """+, - or *. Both sides of + and - have the node's denominator (the checker puts a factor where they differ)."""

    op: Literal["+", "-", "*"]
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Extreme(Node):
    which: Literal["least", "greatest"]
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Coalesce(Node):
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Case(Node):
    branches: tuple[tuple[Node, Node], ...]
    default: Node


@dataclass(frozen=True, slots=True)
class Of(Node):
    """An aggregate over the persons of the household for whom `who` holds."""

    how: Literal["some", "every", "count", "lowest", "highest"]
    who: Node
    value: Node


@dataclass(frozen=True, slots=True)
class Ledger(Node):
    """Sum of amounts of the ledger items named (or whether there is any row of them), in the income year or the policy year."""

    name: str
    items: tuple[str, ...]
    year: Literal["income_year", "policy_year"]
    recorded: bool
    table: Literal["household", "person"]


@dataclass(frozen=True, slots=True)
class Received(Node):
    policy: str
    table: Literal["household", "person"]


@dataclass(frozen=True, slots=True)
class Has(Node):
    item: Node
    code: str


@dataclass(frozen=True, slots=True)
class YearOf(Node):
    item: Node


@dataclass(frozen=True, slots=True)
class RoundDiv(Node):
    numerator: Node
    denominator: Node


# What parameters may be put together with, and the value still be theirs alone.
_OF_PARAMETERS = (Param, Const, Arith, Extreme, Case, Compare, And, Or, Not, In, Coalesce, RoundDiv)


def constant_amount(node: Node) -> bool:
    """Whether parameters alone decide a value."""
    return all(isinstance(n, _OF_PARAMETERS) for n in node.walk())

"""What an expression looks at: whose cells, by way of the named parts too, and whether it adds up rows of the ledger or of the receipts."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, TypeAlias

from bangfu.rulebook import tree
from bangfu.rulebook.book import Part
from bangfu.rulebook.tree import Node

# Whose cell: that of the one asked about, the household's, or that of any of its persons.
Whose: TypeAlias = Literal["own", "house", "each"]
Look: TypeAlias = tuple[Whose, str]
_WORDS: Mapping[str, tuple[str, ...]] = {
    "present": ("birth_date", "died_on", "left_on"),
    "member": ("birth_date", "died_on", "left_on"),
    "age": ("birth_date",),
    "school_age": ("birth_date",),
    "stage": ("schooling", "schooling_spring"),
}
_ROWS = frozenset(("ledger", "receipt"))


def looks(node: Node, parts: Mapping[str, Part]) -> frozenset[Look]:
    """Whose cells of which columns; "ledger" and "receipt" stand for sums of rows."""
    return frozenset(_looks(node, parts))


def own_cells(node: Node, parts: Mapping[str, Part]) -> tuple[str, ...]:
    """The columns of the person asked about that decide an expression by themselves; none where it looks at anything else."""
    seen = looks(node, parts)
    alone = all(whose == "own" and column not in _ROWS for whose, column in seen)
    return tuple(sorted(column for _, column in seen)) if alone else ()


def _looks(node: Node, parts: Mapping[str, Part]) -> Iterator[Look]:
    match node:
        case tree.Fact() if node.table != "row":
            whose: Whose = "house" if node.table == "household" else "own"
            yield whose, node.name
            if node.span:
                yield from ((whose, f"{node.span}_{end}") for end in ("from", "until"))
        case tree.Ledger() | tree.Received():
            yield (
                "house" if node.table == "household" else "own",
                "ledger" if isinstance(node, tree.Ledger) else "receipt",
            )
        case tree.Builtin():
            yield from (("own", column) for column in _WORDS.get(node.name, ()))
        case tree.Part():
            yield from looks(parts[node.name].node, parts)
        case tree.Of():
            for whose, column in (*_looks(node.who, parts), *_looks(node.value, parts)):
                yield ("each" if whose == "own" else whose), column
        case _:
            for child in node.children():
                yield from _looks(child, parts)


def told_apart(node: Node, column: str, parts: Mapping[str, Part]) -> frozenset[frozenset[str]] | None:
    """The sets of codes between which and all others an expression tells a column's codes apart; None where it makes other use of them."""
    match node:
        case tree.Compare(op="=" | "<>", left=cell, right=tree.Const(value=str(code))) if _reads(cell, column):
            return frozenset({frozenset({code})})
        case tree.In(item=cell) if _reads(cell, column):
            return frozenset({frozenset(str(v.value) for v in node.values if isinstance(v, tree.Const))})
        case tree.IsNull(item=cell) if _reads(cell, column):
            return frozenset()
        case tree.Part():
            return told_apart(parts[node.name].node, column, parts)
        case _ if _reads(node, column):
            return None
        case _:
            return all_told_apart(node.children(), column, parts)


def all_told_apart(nodes: Iterable[Node], column: str, parts: Mapping[str, Part]) -> frozenset[frozenset[str]] | None:
    each = [told_apart(node, column, parts) for node in nodes]
    return None if None in each else frozenset().union(*(sets for sets in each if sets))


def _reads(node: Node, column: str) -> bool:
    """Whether an expression is a column's cell as it stands."""
    match node:
        case tree.Fact():
            return node.name == column
        case tree.Builtin(name="stage"):
            return column in _WORDS["stage"]
        case _:
            return False

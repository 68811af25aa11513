"""What the papers of a dossier rest on: the part of a book by which they can be asked of any day, also of one of which no poverty line is known; and the
ledger items that a kind of paper bears out."""

from dataclasses import replace

from bangfu.rulebook import tree
from bangfu.rulebook.book import Book, EvidenceKind
from bangfu.rulebook.tree import Node

# Every run has these.
_OF_THE_RUN = ("payment_lag_months",)


def for_evidence(book: Book) -> Book:
    """The book without policies and checks, and with those parameters alone of which a kind of evidence makes use."""
    nodes = [kind.required for kind in book.evidence.values() if kind.required is not None]
    used = _parameters(book, nodes).union(_OF_THE_RUN)
    kept = {id_: parameter for id_, parameter in book.parameters.items() if id_ in used}
    return replace(book, policies={}, exclusions={}, checks={}, parameters=kept)


def borne_out(kind: EvidenceKind) -> frozenset[str]:
    """The ledger items for the sake of which a kind of paper is required: those that its condition adds up. What it takes off has a paper of its own."""
    return _added(kind.required) if kind.required is not None else frozenset()


def _added(node: Node) -> frozenset[str]:
    if isinstance(node, tree.Ledger):
        return frozenset(node.items)
    if isinstance(node, tree.Arith) and node.op == "-":
        return _added(node.left) - _added(node.right)
    return frozenset().union(*map(_added, node.children()))


def _parameters(book: Book, nodes: list[Node]) -> set[str]:
    """What the expressions ask for, also by way of the named parts they name."""
    found: set[str] = set()
    seen: set[str] = set()
    while nodes:
        for node in nodes.pop().walk():
            if isinstance(node, tree.Param):
                found.add(node.name)
            if isinstance(node, tree.Part) and node.name not in seen:
                seen.add(node.name)
                nodes.append(book.parts[node.name].node)
    return found

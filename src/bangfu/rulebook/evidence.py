"""The part of a book that the papers of a dossier rest on, so that they can be asked of any day: also of one of which no poverty line is known."""

from dataclasses import replace

from bangfu.rulebook import tree
from bangfu.rulebook.book import Book
from bangfu.rulebook.tree import Node

# Every run has these.
_OF_THE_RUN = ("payment_lag_months",)


def for_evidence(book: Book) -> Book:
    """The book without policies and checks, and with those parameters alone of which a kind of evidence makes use."""
    nodes = [kind.required for kind in book.evidence.values() if kind.required is not None]
    used = _parameters(book, nodes).union(_OF_THE_RUN)
    kept = {id_: parameter for id_, parameter in book.parameters.items() if id_ in used}
    return replace(book, policies={}, exclusions={}, checks={}, parameters=kept)


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

"""In which shape a register leaves: which sheets, with which columns, filled from the register laid out in DuckDB (registry/parts.py)."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial

from bangfu.exports.layouts import contract, others
from bangfu.exports.layouts.source import Source
from bangfu.exports.workbook import Sheet
from bangfu.kernel.words import Text
from bangfu.registry.layouts import layout, layout_names

__all__ = ["Layout", "Source", "layouts"]


@dataclass(frozen=True, slots=True)
class Layout:
    """A shape of file."""

    name: str
    label: Text
    sheets: Callable[[Source], Iterator[Sheet]]


@cache
def layouts() -> Mapping[str, Layout]:
    """By name, in the order in which they are offered."""
    own = Layout("contract", contract.LABEL, contract.sheets)
    further = [Layout(name, layout(name).label, partial(others.sheets, name)) for name in layout_names()]
    return {each.name: each for each in (own, *further)}

"""What a file is read as: the contract's own layout, or another system's, which its headers show."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import duckdb

from bangfu.engine.register import RegisterReport, read_register
from bangfu.engine.register.rows import cells_of
from bangfu.engine.request import book_of
from bangfu.kernel.errors import DomainError, Fault
from bangfu.kernel.words import Text
from bangfu.registry.facts import groups
from bangfu.registry.imports.lines import no_lines
from bangfu.registry.imports.national import NationalFile, national_file
from bangfu.registry.layouts import layout, layout_names
from bangfu.registry.layouts.recognise import tables_in

if TYPE_CHECKING:
    from bangfu.registry.imports.plan import Order

OWN = "own"


class Source(Protocol):
    """A file that is brought in."""

    def read(self, con: duckdb.DuckDBPyConnection, progress: Callable[[Text], None]) -> RegisterReport:
        """Make the prepared tables. Raises RegisterRefused, with each fault where it stands in the file."""

    def stated(self) -> Mapping[str, str]:
        """SQL for each fact that the file states, by group.field: over `f`, a prepared table, and `x`, what it states beside the contract."""

    def add_lines(self, con: duckdb.DuckDBPyConnection) -> None:
        """Make `p_phone` and `p_total`, and add to `p_ledger` what the file states as totals, once the register's rows are there."""

    def doubts(self, con: duckdb.DuckDBPyConnection) -> tuple[Fault, ...]:
        """Cells that can hardly be right and are read all the same."""

    def faults(self, table: str, key: str, column: str, why: Mapping[str, Text]) -> list[Fault]:
        """Faults at a column of the rows that have these keys."""


@dataclass(frozen=True, slots=True)
class OwnFile:
    """A register in the contract's layout."""

    path: Path

    def read(self, con: duckdb.DuckDBPyConnection, progress: Callable[[Text], None]) -> RegisterReport:
        return read_register(self.path, into=con, policies=book_of(()).policy_codes(), progress=progress)

    def stated(self) -> Mapping[str, str]:
        return {
            f"{group.name}.{fact.name}": f'f."{fact.name}"'
            for group in groups().values()
            for fact in group.fields.values()
            if fact.column or fact.derived
        }

    def add_lines(self, con: duckdb.DuckDBPyConnection) -> None:
        no_lines(con)

    def doubts(self, con: duckdb.DuckDBPyConnection) -> tuple[Fault, ...]:
        # Whatever can be read is told by the assessment's findings.
        return ()

    def faults(self, table: str, key: str, column: str, why: Mapping[str, Text]) -> list[Fault]:
        cells = cells_of(self.path, table, key, column, set(why))
        return [Fault(table, *_split(cells.get(each, (0, "")), column), reason) for each, reason in why.items()]


def _split(cell: tuple[int, str], column: str) -> tuple[int, str, str]:
    row, value = cell
    return row, column, value


def source_of(order: "Order") -> OwnFile | NationalFile:
    """The layout that the file has. Raises DomainError where it has not the one that it must have."""
    if order.layout == OWN or not order.file.exists():
        # What reads it says that it is not there.
        return OwnFile(order.file)
    for name in layout_names() if order.layout is None else (order.layout,):
        found = tables_in(order.file, layout(name))
        if found:
            return national_file(order.file, layout(name), found, income_year(order.as_of), order.as_of)
    if order.layout is None:
        return OwnFile(order.file)
    raise DomainError(
        "OTHER_LAYOUT",
        Text(
            f"“{order.name}”中没有{layout(order.layout).label.zh}的表头。请核对文件。",
            f"{order.name} has no header of the layout {layout(order.layout).label.en}. Check the file.",
        ),
    )


def income_year(day: date) -> int:
    """The last year whose income is known on a day, as an assessment takes it."""
    return day.year if (day.month, day.day) == (12, 31) else day.year - 1

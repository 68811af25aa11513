"""Which column of a file is which column of the contract."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bangfu.kernel.errors import Fault
from bangfu.kernel.schema import Column, Table
from bangfu.kernel.words import Text

# Every character that a cell or a header may be padded with: ASCII spaces, NBSP, the ideographic space, a stray BOM.
PADDING = " \t\r\n\v\f\u00a0\u3000\ufeff"
_PARENTHESES = str.maketrans("（）", "()")


@dataclass(frozen=True, slots=True)
class Header:
    """The place of every column that was found; `missing` are required columns that are not there."""

    places: Mapping[str, int]
    missing: frozenset[str] = frozenset()
    faults: Sequence[Fault] = field(default_factory=tuple)
    notes: Sequence[Text] = field(default_factory=tuple)


def match_header(table: Table, cells: Sequence[str]) -> Header:
    """Match header cells with the table's columns by English name or Chinese label."""
    names = _names(table)
    places: dict[str, int] = {}
    faults: list[Fault] = []
    ignored: list[str] = []
    for place, cell in enumerate(cells):
        said = cell.strip(PADDING)
        name = names.get(_plain(said))
        if name is None:
            ignored += [said] if said else []
        elif name in places:
            faults.append(_twice(table, table.columns[name], said, cells[places[name]].strip(PADDING)))
        else:
            places[name] = place
    if not any(cell.strip(PADDING) for cell in cells):
        return Header({}, frozenset(table.columns), [_no_header(table)], [])
    missing = [c for c in table.columns.values() if c.required and c.name not in places]
    faults += [_missing(table, column) for column in missing]
    return Header(places, frozenset(c.name for c in missing), faults, _notes(table, places, ignored))


def _names(table: Table) -> dict[str, str]:
    return {_plain(said): c.name for c in table.columns.values() for said in (c.name, c.label.zh)}


def _plain(said: str) -> str:
    return said.translate(_PARENTHESES).casefold()


def _notes(table: Table, places: Mapping[str, int], ignored: Sequence[str]) -> list[Text]:
    notes = []
    if ignored:
        some = [said[:40] for said in ignored[:20]]
        zh, en = "、".join(some), ", ".join(some)
        if len(ignored) > len(some):
            zh, en = f"{zh}等 {len(ignored)} 列", f"{en} and {len(ignored) - len(some)} more"
        notes.append(
            Text(
                f"“{table.label.zh}”表中未识别的列，已忽略：{zh}。",
                f"Columns of {table.name} not known, ignored: {en}.",
            )
        )
    absent = [c for c in table.columns.values() if not c.required and c.name not in places]
    if absent:
        zh, en = "、".join(c.label.zh for c in absent), ", ".join(c.name for c in absent)
        notes.append(
            Text(
                f"“{table.label.zh}”表没有这些列，按空白处理：{zh}。",
                f"Columns of {table.name} that are absent, read as empty: {en}.",
            )
        )
    return notes


def _no_header(table: Table) -> Fault:
    some = list(table.columns.values())[:3]
    return Fault(
        table.name,
        1,
        "",
        "",
        Text(
            f"第 1 行没有表头。第 1 行应为列名，如“{'”“'.join(c.label.zh for c in some)}”。",
            f"Row 1 has no header. Row 1 must hold the column names, such as {', '.join(c.name for c in some)}.",
        ),
    )


def _twice(table: Table, column: Column, said: str, first: str) -> Fault:
    return Fault(
        table.name,
        1,
        column.name,
        said,
        Text(
            f"同一列“{column.label.zh}”出现了两次（“{first}”与“{said}”）。请只保留一列。",
            f"Column {column.name} stands twice ('{first}' and '{said}'). Keep one of them.",
        ),
    )


def _missing(table: Table, column: Column) -> Fault:
    return Fault(
        table.name,
        1,
        column.name,
        "",
        Text(
            f"缺少必需的列“{column.label.zh}”。请加上这一列。", f"The required column {column.name} is missing. Add it."
        ),
    )

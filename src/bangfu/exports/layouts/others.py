"""Files in other systems' layouts (registry/layouts): their columns, in their words, in their order; what the register does not keep stays empty.

Who died or left is in none of them. Amounts and figures are those of the year to which the day belongs.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from bangfu.engine.register.staging import literal, quoted
from bangfu.exports.layouts.source import Source, joined
from bangfu.exports.workbook import Column, Sheet
from bangfu.kernel.days import YEAR, day_from_date
from bangfu.places.selectors import way_to
from bangfu.registry.facts import Field
from bangfu.registry.layouts import Layout, LayoutColumn, LayoutTable, fact_of, layout

# What of a chain of places stands in which column.
_LEVELS = {"province": "province", "city": "prefecture", "county": "county", "town": "township", "village": "village"}
_KINDS = {"date": "date", "money": "money", "area": "area", "decimal": "area", "year": "whole", "months": "whole"}
_YES_NO = {True: "是", False: "否"}
_NUMBER_WIDTH = 24


@dataclass(frozen=True, slots=True)
class _Cell:
    """How a column is filled: SQL for what it is made of, and what is said of that. Without SQL it is worked out of other columns, or empty."""

    column: LayoutColumn
    kind: str = "text"
    sql: str = "NULL"
    say: Callable[[Any], Any] = lambda value: value


def income_year(day: date) -> int:
    """The year of whose income a register of a day tells: its own on the last day, else the one before."""
    return day.year if (day.month, day.day) == (12, 31) else day.year - 1


def sheets(name: str, source: Source) -> Iterator[Sheet]:
    form = layout(name)
    for table in form.tables.values():
        cells = [_cell(form, table, column, source) for column in table.columns.values()]
        shown = tuple(_heading(cell) for cell in cells)
        yield Sheet(table.label.zh, shown, _rows(source, table, cells))


def _heading(cell: _Cell) -> Column:
    return Column(cell.column.label.zh, cell.kind, _NUMBER_WIDTH if cell.column.fact == "papers.id_number" else 0)


def _rows(source: Source, table: LayoutTable, cells: Sequence[_Cell]) -> Iterator[list[Any]]:
    number = next((place for place, cell in enumerate(cells) if cell.column.fact == "papers.id_number"), None)
    chosen = ", ".join(cell.sql for cell in cells)
    for row in source.rows(f"SELECT {chosen} {_FROM[table.name](day_from_date(source.day))}", number):
        said = {cell.column.name: cell.say(value) for cell, value in zip(cells, row, strict=True)}
        yield list(_worked_out(table, said).values())


def _worked_out(table: LayoutTable, said: dict[str, Any]) -> dict[str, Any]:
    """With the figures that are made of other columns; nothing where none of those is known, or nobody is there to share it."""
    for column in table.columns.values():
        if column.adds:
            parts = [said[each] for each in (*column.adds, *column.takes) if said[each] is not None]
            whole = sum(said[each] or 0 for each in column.adds) - sum(said[each] or 0 for each in column.takes)
            shares = said[column.per] if column.per else 1
            said[column.name] = None if not parts or not shares else _shared(whole, shares)
    return said


def _shared(fen: int, heads: int) -> int:
    """Rounded to the fen, half away from zero."""
    whole = (2 * abs(fen) + heads) // (2 * heads)
    return whole if fen >= 0 else -whole


def _cell(form: Layout, table: LayoutTable, column: LayoutColumn, source: Source) -> _Cell:
    if column.year:
        return _Cell(column, "whole", str(income_year(source.day)))
    if column.key:
        return _Cell(column, sql="i.number" if column.key == table.name else "o.number")
    if column.place == "code":
        return _Cell(column, sql="v.code")
    if column.place:
        level = _LEVELS[column.place]
        return _Cell(column, sql="h_residence.place", say=lambda place: _chain(place).get(level))
    if column.phone:
        return _Cell(column, sql="phone.number")
    if column.total is not None:
        return _Cell(column, "money", _total(column.total.items, income_year(source.day)))
    if column.figure:
        return _figure(column)
    if column.joined:
        # The text is one here: it stands whole in the last of its columns.
        last = [each.name for each in table.columns.values() if each.joined == column.joined][-1]
        return _Cell(column, sql=_at(column.joined)) if column.name == last else _Cell(column)
    if column.marks:
        marks = [f"{_at(path)}" for path in column.marks.values()]
        return _Cell(column, sql=f"[{', '.join(marks)}]", say=lambda known: _marked(column, known))
    if column.fact:
        return _fact(form, column)
    return _Cell(column)


def _figure(column: LayoutColumn) -> _Cell:
    figures = {
        "head_number": ("text", "head.number"),
        "head_name": ("text", "head.name"),
        "members": ("whole", "coalesce(members.present, 0)"),
    }
    return _Cell(column, *figures.get(column.figure, ("money", "NULL")))


def _fact(form: Layout, column: LayoutColumn) -> _Cell:
    fact = fact_of(column.fact)
    sql = _at(column.fact)
    if column.part == "year":
        return _Cell(column, "whole", f"{sql} // {YEAR}")
    return _Cell(column, _KINDS.get(fact.type, "text"), sql, _in_words(form, column, fact))


def _in_words(form: Layout, column: LayoutColumn, fact: Field) -> Callable[[Any], Any]:
    words = form.words.get(column.words)
    if fact.type == "yes_no" and words is not None:
        return lambda value: None if value is None else words.written("yes" if value else "no")
    if fact.type == "yes_no":
        return _YES_NO.get
    if words is not None:
        return lambda value: (value and ";".join(filter(None, map(words.written, value.split(";"))))) or None
    return lambda value: value


def _marked(column: LayoutColumn, known: Sequence[bool | None]) -> str | None:
    """The words of what is so; the one for none where all is known not to be so."""
    words = [word for word, value in zip(column.marks, known, strict=True) if value]
    if words:
        return ";".join(words)
    return column.none if all(value is False for value in known) else None


def _at(path: str) -> str:
    group, _, name = path.partition(".")
    return f"h_{group}.{quoted(name)}"


def _total(items: Sequence[str], year: int) -> str:
    listed = ", ".join(map(literal, items))
    return f"(SELECT sum(amount)::BIGINT FROM l_ledger l WHERE l.household = i.id AND year = {year} AND what IN ({listed}))"


@cache
def _chain(place: int) -> Mapping[str, str]:
    """The names of a village and of what it lies in, by level."""
    return {row.level: row.name for row in way_to(place)}


def _households(day: int) -> str:
    present = _present(day)
    return f"""
        {joined("household")}
        LEFT JOIN (SELECT household, min_by(h.number, h.thing) AS number FROM h_phone h JOIN i_phone p ON p.id = h.thing
            WHERE h.gone IS NOT true GROUP BY household) phone ON phone.household = i.id
        LEFT JOIN (SELECT household, count(*) AS present FROM {present} GROUP BY household) members ON members.household = i.id
        LEFT JOIN (SELECT household, min(number) AS number, min_by(name, number) AS name FROM {present} WHERE relation = 'head' GROUP BY household) head
            ON head.household = i.id
        ORDER BY v.code, i.number
    """


def _persons(day: int) -> str:
    return f"""
        {joined("person")} WHERE i.id IN (SELECT id FROM {_present(day)})
        ORDER BY v.code, o.number, h_membership.relation IS DISTINCT FROM 'head', i.number
    """


def _present(day: int) -> str:
    """Who neither died nor left by a day."""
    return f"""
        (SELECT p.id, p.number, m.household, m.relation, n.name FROM i_person p JOIN h_membership m ON m.thing = p.id
        LEFT JOIN h_identity n ON n.thing = p.id WHERE coalesce(m.left_on > {day}, true) AND coalesce(n.died_on > {day}, true))
    """


_FROM: Mapping[str, Callable[[int], str]] = {"household": _households, "person": _persons}

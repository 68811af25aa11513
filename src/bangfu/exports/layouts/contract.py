"""The contract's four tables, as the empty workbook has them: what goes out and is brought in again changes nothing.

Without ID numbers their column is left out. An empty cell means unknown, and a hidden number would be read as another one.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from bangfu.engine.register.staging import quoted
from bangfu.engine.register.typing_sql import said_for
from bangfu.engine.request import book_of
from bangfu.exports.layouts.source import Source, joined
from bangfu.exports.workbook import Column, Sheet
from bangfu.kernel.schema import Column as Stated
from bangfu.kernel.schema import Table, schema
from bangfu.kernel.words import Text
from bangfu.registry.facts import Thing, groups_of

LABEL = Text("登记资料（户、人、收支、已享受政策）", "The register's own (four tables)")
NUMBER = "id_number"
_KINDS = {"date": "date", "money": "money", "area": "area", "year": "whole", "months": "whole"}
_NUMBER_WIDTH = 24
# The tables whose rows are things of which facts are kept.
OF: tuple[Thing, ...] = ("household", "person")
# Where the columns of each table lie that are no facts of a version.
_LIES: Mapping[str, Mapping[str, str]] = {
    "household": {"household_id": "i.number", "village_code": "v.code"},
    "person": {"person_id": "i.number", "household_id": "o.number"},
    "ledger": {"household_id": "o.number", "person_id": "i.number", "year": "l.year", "item": "l.what", "amount": "l.amount"},
    "receipt": {"household_id": "o.number", "person_id": "i.number", "year": "l.year", "policy_id": "l.what", "amount": "l.amount"},
}  # fmt: skip
# Rows stand as people look for them: by village and household, the head first.
_AMOUNTS = """
    FROM l_{} l JOIN i_household o ON o.id = l.household LEFT JOIN i_person i ON i.id = l.person
    JOIN h_residence ON h_residence.thing = o.id JOIN i_village v ON v.place = h_residence.place
    ORDER BY v.code, o.number, l.year, i.number NULLS FIRST, l.what, l.amount
"""


def sheets(source: Source) -> Iterator[Sheet]:
    for table in schema().tables.values():
        columns = [each for each in table.columns.values() if each.name != NUMBER or source.ring is not None]
        yield Sheet(table.label.zh, tuple(map(_heading, columns)), _rows(source, table, columns))


def _heading(column: Stated) -> Column:
    width = _NUMBER_WIDTH if column.name == NUMBER else 0
    return Column(column.label.zh, _KINDS.get(column.type, "text"), width)


def _rows(source: Source, table: Table, columns: Sequence[Stated]) -> Iterator[list[Any]]:
    said = [_said(column) for column in columns]
    number = next((place for place, column in enumerate(columns) if column.name == NUMBER), None)
    lies = {**_facts(table.name), **_LIES[table.name]}
    chosen = ", ".join(lies[column.name] for column in columns)
    for row in source.rows(f"SELECT {chosen} {_from(table.name)}", number):
        yield [say(value) for say, value in zip(said, row, strict=True)]


def _from(table: str) -> str:
    if table == "household":
        return f"{joined('household')} ORDER BY v.code, i.number"
    if table == "person":
        return f"{joined('person')} ORDER BY v.code, o.number, h_membership.relation IS DISTINCT FROM 'head', i.number"
    return _AMOUNTS.format(table)


def _facts(table: str) -> Mapping[str, str]:
    """Where each column of a table of facts lies."""
    of = [group for thing in OF if thing == table for group in groups_of(thing)]
    return {
        field.column: f"h_{group.name}.{quoted(name)}"
        for group in of
        for name, field in group.fields.items()
        if field.column
    }


def _said(column: Stated) -> Callable[[Any], Any]:
    """A value as it stands in a cell."""
    if column.type == "yes_no":
        return {True: "是", False: "否"}.get
    if column.type == "code":
        words = _words(column.codes)
        return lambda value: words.get(value, value)
    if column.type == "codes":
        words = _words(column.codes)
        return lambda value: None if value is None else ";".join(words.get(code, code) for code in value.split(";"))
    return lambda value: value


@cache
def _words(codes: str) -> Mapping[str, str]:
    """What people read for each code of a list; the code itself where its label could be read as another."""
    listed = book_of(()).policy_codes() if codes == "policy" else schema().codes[codes]
    readable = said_for(listed)
    return {code: each.label.zh if readable.get(each.label.zh) == code else code for code, each in listed.items()}

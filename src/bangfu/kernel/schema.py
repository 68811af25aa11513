"""The contract's tables, columns, labels and codes, read once from schema.yaml."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from bangfu.kernel.listed import listed_in
from bangfu.kernel.words import Lang, Text

ColumnType = Literal[
    "id",
    "text",
    "village_code",
    "code",
    "codes",
    "date",
    "year",
    "months",
    "yes_no",
    "money",
    "area",
    "count",
    "list",
    "decimal",
    "balance",
]

# What an assessment returns; a run may ask for some of them only.
ResultTable = Literal["assessment", "entitlement", "finding"]
RESULT_TABLES: tuple[ResultTable, ...] = ("assessment", "entitlement", "finding")

# Types that hold an integer: days as 20170331, money as fen, area as ten-thousandths of a mu. A decimal is any number of ten-thousandths, a balance
# money that may be below zero; only other systems' files have them.
INTEGER_TYPES = frozenset({"date", "year", "months", "money", "area", "count", "decimal", "balance"})


@dataclass(frozen=True, slots=True)
class Code:
    """One code of a list with the value that people read; `also` are further labels that mean the same.

    Of a ledger item, `group` is where it is summed, `reduces` the cost that it is taken off.
    """

    code: str
    label: Text
    also: tuple[str, ...] = ()
    group: str = ""
    reduces: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table; `codes` names its code list, `span` the prefix of its _from/_until pair.

    `empty` says what an empty cell means: "" unknown, "absent" nothing recorded, "open" a span without that end.
    """

    name: str
    label: Text
    type: ColumnType
    codes: str = ""
    required: bool = False
    empty: Literal["", "absent", "open"] = ""
    most: int = 0
    span: str = ""
    identifies: bool = False
    note: Text | None = None


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    label: Text
    columns: Mapping[str, Column]
    derived: Mapping[str, Column]


@dataclass(frozen=True, slots=True)
class Schema:
    """Register tables, result tables and code lists; amounts in bounds are inclusive, in each type's own unit."""

    tables: Mapping[str, Table]
    results: Mapping[str, Table]
    codes: Mapping[str, Mapping[str, Code]]
    bounds: Mapping[str, tuple[int, int]]
    item_groups: Mapping[str, Text]

    def items_of(self, group: str) -> tuple[str, ...]:
        """The ledger items of one group, in the contract's order."""
        return tuple(code for code, item in self.codes["item"].items() if item.group == group)

    def label(self, codes: str, code: str, lang: Lang) -> str:
        """What people read for a code; the code itself where the list does not hold it."""
        found = self.codes.get(codes, {}).get(code)
        return found.label.say(lang) if found else code


def _text(raw: Mapping[str, str]) -> Text:
    return Text(raw["zh"], raw["en"])


def _column(name: str, raw: Mapping[str, Any]) -> Column:
    known = {k: v for k, v in raw.items() if k not in ("label", "note")}
    note = _text(raw["note"]) if "note" in raw else None
    return Column(name=name, label=_text(raw["label"]), note=note, **known)


def _table(name: str, raw: Mapping[str, Any]) -> Table:
    return Table(
        name=name,
        label=_text(raw["label"]),
        columns={n: _column(n, c) for n, c in raw["columns"].items()},
        derived={n: _column(n, c) for n, c in raw.get("derived", {}).items()},
    )


def _codes(raw: Mapping[str, Mapping[str, Any]]) -> dict[str, Code]:
    return {
        code: Code(
            code=code,
            label=_text(entry),
            also=tuple(entry.get("also", ())),
            group=entry.get("group", ""),
            reduces=entry.get("reduces", ""),
        )
        for code, entry in raw.items()
    }


@cache
def schema() -> Schema:
    """The contract. Read once; immutable."""
    raw = listed_in("bangfu.kernel", "schema.yaml")
    return Schema(
        tables={name: _table(name, table) for name, table in raw["tables"].items()},
        results={name: _table(name, table) for name, table in raw["results"].items()},
        codes={name: _codes(entries) for name, entries in {**raw["codes"], **raw["result_codes"]}.items()},
        bounds={name: (b["least"], b["most"]) for name, b in raw["bounds"].items()},
        item_groups={name: _text(label) for name, label in raw["item_groups"].items()},
    )

"""The columns of a payer's list, as layout.yaml has them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from bangfu.engine.register.loose import plain_header
from bangfu.kernel.listed import listed_in
from bangfu.kernel.schema import Column, Table
from bangfu.kernel.words import Text


@dataclass(frozen=True, slots=True)
class Layout:
    """`spellings` leads from a header, as headers are compared, to its column; `whole` and `part` begin rows that sum up others."""

    table: Table
    spellings: Mapping[str, str]
    whole: frozenset[str]
    part: frozenset[str]


@cache
def layout() -> Layout:
    raw = listed_in("bangfu.registry.payments", "layout.yaml")
    columns, spellings = {}, {}
    for name, each in raw["columns"].items():
        label = Text(each["zh"], each["en"])
        columns[name] = Column(name, label, each["of"], required=each.get("required", False))
        for said in (label.zh, label.en, *each.get("also", ())):
            spellings[plain_header(said)] = name
    table = Table("payment", Text(raw["label"]["zh"], raw["label"]["en"]), columns, {})
    return Layout(table, spellings, frozenset(raw["sums"]["whole"]), frozenset(raw["sums"]["part"]))

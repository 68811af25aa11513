"""Which facts there are, read once from facts.yaml and the contract: the one list that tables, forms, imports and exports are made of."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal

from bangfu.kernel.listed import listed_in
from bangfu.kernel.schema import Code, Column, schema
from bangfu.kernel.words import Lang, Text

Thing = Literal["household", "person", "asset", "production", "kin", "need", "phone"]

# How long a text may be, by its type.
LENGTHS: Mapping[str, int] = {
    "id": 32,
    "text": 100,
    "long_text": 1_000,
    "phone": 20,
    "code": 32,
    "codes": 100,
    "village_code": 12,
}
# What an erasure takes whatever it says: words, and numbers that lead to somebody.
_IDENTIFYING = frozenset({"text", "long_text", "phone", "number"})
_UNITS = {"area": Text("亩", "mu"), "money": Text("元", "yuan"), "months": Text("个月", "months")}
# What then stands where something has to.
ERASED = "已抹去"


@dataclass(frozen=True, slots=True)
class Field:
    """One fact of a group.

    `column` is the column of the contract that states it ("" where the contract does not ask for it); `derived` facts are worked out from a
    number and never given; `procedure`: only a procedure changes it; `empty` is what an empty cell of a register means, as in the contract; `span` as in the contract.
    `erased`: an erasure of its person or household empties it. `unit`: in what its number is given; `bounds`: the least and the most that it
    may be, where they are not the contract's.
    """

    name: str
    label: Text
    type: str
    codes: str = ""
    required: bool = False
    column: str = ""
    derived: bool = False
    procedure: bool = False
    empty: str = ""
    span: str = ""
    most: int = 0
    privacy: str = "personal"
    note: Text | None = None
    erased: bool = False
    unit: Text | None = None
    bounds: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Facts of one kind of thing that change together, and are versioned together."""

    name: str
    of: Thing
    label: Text
    fields: Mapping[str, Field]

    def contract(self) -> Mapping[str, Field]:
        """The fields that stand in a register, by the contract's name of their column."""
        return {field.column: field for field in self.fields.values() if field.column}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing that facts are kept of. `several`: a household has any number of them."""

    name: Thing
    label: Text
    several: bool = False


@cache
def things() -> Mapping[str, Kind]:
    return {
        name: Kind(name, _text(said["label"]), said.get("several", False)) for name, said in _listed()["things"].items()
    }


@cache
def groups() -> Mapping[str, Group]:
    """By name, in the order in which people read them."""
    return {name: _group(name, said) for name, said in _listed()["groups"].items()}


@cache
def groups_of(thing: Thing) -> tuple[Group, ...]:
    return tuple(group for group in groups().values() if group.of == thing)


@cache
def codes() -> Mapping[str, Mapping[str, Code]]:
    """Every code list: the contract's and the register's own."""
    own = {
        name: {code: Code(code, _text(said), tuple(said.get("also", ()))) for code, said in entries.items()}
        for name, entries in _listed()["codes"].items()
    }
    return {**schema().codes, **own}


def label_of(field: Field, code: str, lang: Lang) -> str:
    """What people read for a code; the code itself where its list does not hold it."""
    found = codes()[field.codes].get(code)
    return found.label.say(lang) if found else code


@cache
def _listed() -> Any:
    return listed_in("bangfu.registry", "facts.yaml")


def _group(name: str, said: Mapping[str, Any]) -> Group:
    privacy = said.get("privacy", "personal")
    of = said["of"]
    made = {each: _field(each, of, raw or {}, privacy) for each, raw in said["fields"].items()}
    erased = {each: replace(field, erased=_is_erased(field, said)) for each, field in made.items()}
    return Group(name, of, _text(said["label"]), erased)


def _is_erased(field: Field, group: Mapping[str, Any]) -> bool:
    """Sensitive facts are, and whatever identifies; other codes and amounts stay, since counts and sums rest on them."""
    identifies = field.type in _IDENTIFYING or field.derived or field.name in group.get("identifies", ())
    return identifies or field.privacy == "sensitive"


def _field(name: str, of: str, raw: Mapping[str, Any], privacy: str) -> Field:
    if raw.get("derived"):
        return _of_contract(schema().tables["person"].derived[name], privacy, derived=True)
    if not raw:
        return _of_contract(schema().tables[of].columns[name], privacy)
    if raw["type"] == "number":
        # What the version holds is where the sealed number lies.
        return Field(name, _text(raw["label"]), "number", column=name, privacy="internal")
    return Field(
        name=name,
        label=_text(raw["label"]),
        type=raw["type"],
        codes=raw.get("codes", ""),
        required=raw.get("required", False),
        column=raw.get("column", ""),
        procedure=raw.get("procedure", False),
        privacy=privacy,
        note=_text(raw["note"]) if "note" in raw else None,
        unit=_text(raw["unit"]) if "unit" in raw else _UNITS.get(raw["type"]),
        bounds=(raw["bounds"][0], raw["bounds"][1]) if "bounds" in raw else None,
    )


def _of_contract(column: Column, privacy: str, *, derived: bool = False) -> Field:
    return Field(
        name=column.name,
        label=column.label,
        type=column.type,
        codes=column.codes,
        required=column.required,
        column="" if derived else column.name,
        derived=derived,
        empty=column.empty,
        span=column.span,
        most=column.most,
        privacy=privacy,
        note=column.note,
        unit=_UNITS.get(column.type),
    )


def _text(said: Mapping[str, str]) -> Text:
    return Text(said["zh"], said["en"])

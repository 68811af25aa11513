"""Layouts of other systems' files, as data: which column of theirs says which fact of ours, in whose words, and in which order people type it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

from bangfu.kernel.listed import listed_in
from bangfu.kernel.schema import schema
from bangfu.kernel.words import Text
from bangfu.registry.facts import Field, codes, groups

TableName = Literal["household", "person"]
TABLES: tuple[TableName, ...] = ("household", "person")
_HALF_WIDTH = str.maketrans("（），", "(),")


@dataclass(frozen=True, slots=True)
class Words:
    """What a form says for the codes of a list of ours (`of`; "" for yes and no, whose codes are "yes" and "no").

    `words`: what is written for each code; `meanings`: every word that may be read, as `plain` makes it, with the codes that it may mean (none: the
    register has no such thing), and `spellings` the same words as they are spelt. `unsaid` codes have no word; an empty cell means `blank`.
    """

    name: str
    of: str
    words: Mapping[str, tuple[str, ...]]
    meanings: Mapping[str, frozenset[str]]
    spellings: tuple[str, ...]
    unsaid: frozenset[str]
    blank: str = ""

    def codes_of(self, said: str) -> frozenset[str] | None:
        """The codes that a word may mean; None for a word that the form does not have."""
        return self.meanings.get(plain(said))

    def written(self, code: str) -> str:
        """What a file says for a code: the form's word if it has exactly one, else our own label, which is read too; "" where there is none."""
        if code in self.unsaid:
            return ""
        said = self.words[code]
        return said[0] if len(said) == 1 else codes()[self.of][code].label.zh


@dataclass(frozen=True, slots=True)
class Total:
    """An amount of the year over several items; `books` is the one under which a total is entered where there is no line of any."""

    items: tuple[str, ...]
    books: str


@dataclass(frozen=True, slots=True)
class LayoutColumn:
    """One column: exactly one of the things that national.yaml lists is set. `name` is the national field code where one is known."""

    name: str
    label: Text
    page: str
    also: tuple[str, ...] = ()
    key: str = ""
    place: str = ""
    fact: str = ""
    part: str = ""
    other: str = ""
    joined: str = ""
    marks: Mapping[str, str] = field(default_factory=dict)
    none: str = ""
    phone: bool = False
    total: Total | None = None
    figure: str = ""
    adds: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    per: str = ""
    year: bool = False
    words: str = ""

    @property
    def kept(self) -> bool:
        """Whether it says anything that the register keeps or works out."""
        said = (
            self.key,
            self.place,
            self.fact,
            self.joined,
            self.marks,
            self.phone,
            self.total,
            self.figure,
            self.year,
        )
        return any(said)

    @property
    def facts(self) -> tuple[str, ...]:
        """The facts that it states, as group.field."""
        return (self.fact,) if self.fact else (self.joined,) if self.joined else tuple(self.marks.values())


@dataclass(frozen=True, slots=True)
class LayoutTable:
    """One table of a layout, columns in the order in which people type them."""

    name: TableName
    label: Text
    columns: Mapping[str, LayoutColumn]


@dataclass(frozen=True, slots=True)
class Layout:
    """One layout; `pages` in the order in which the form is filled in."""

    name: str
    label: Text
    pages: Mapping[str, Text]
    tables: Mapping[TableName, LayoutTable]
    words: Mapping[str, Words]


@cache
def layout(name: str = "national") -> Layout:
    """A layout by its name; KeyError for one that is not there."""
    if name not in layout_names():
        raise KeyError(name)
    raw = listed_in("bangfu.registry.layouts", f"{name}.yaml")
    return Layout(
        raw["name"],
        _text(raw["label"]),
        {page: _text(said) for page, said in raw["pages"].items()},
        {table: _table(table, raw["tables"][table], raw["pages"]) for table in TABLES},
        {each: _words(each, said) for each, said in raw["words"].items()},
    )


def layout_names() -> tuple[str, ...]:
    return ("national",)


def fact_of(path: str) -> Field:
    """The fact that `group.field` names."""
    group, _, name = path.partition(".")
    return groups()[group].fields[name]


def plain(said: str) -> str:
    """A header or a word as it is compared: half-width signs, no spaces, small letters."""
    return "".join(said.translate(_HALF_WIDTH).split()).casefold()


def _table(name: TableName, raw: Mapping[str, Any], pages: Mapping[str, Any]) -> LayoutTable:
    columns = [_column(each, page, said) for page in pages for each, said in raw.get(page, {}).items()]
    return LayoutTable(name, _text(raw["label"]), {column.name: column for column in columns})


def _column(name: str, page: str, raw: Mapping[str, Any]) -> LayoutColumn:
    plainly = ("key", "place", "fact", "part", "joined", "none", "phone", "figure", "per", "year", "words")
    return LayoutColumn(
        name=name,
        label=_text(raw["label"]),
        page=page,
        also=tuple(raw.get("also", ())),
        other=raw.get("or", ""),
        marks=raw.get("marks", {}),
        total=_total(raw["total"]) if "total" in raw else None,
        adds=tuple(raw.get("adds", ())),
        takes=tuple(raw.get("takes", ())),
        **{each: raw[each] for each in plainly if each in raw},
    )


def _total(raw: Mapping[str, Any]) -> Total:
    items = raw["of"] if "of" in raw else schema().items_of(raw["group"])
    without = raw.get("without", ())
    return Total(tuple(item for item in items if item not in without), raw["books"])


def _words(name: str, raw: Mapping[str, Any]) -> Words:
    of = "" if raw.get("yes_no") else raw.get("of", name)
    listed = codes()[of] if of else {}
    own = {code: tuple(said) for code, said in raw.get("words", {}).items()}
    unsaid = frozenset(raw.get("unsaid", ()))
    taken = {}
    if "use" in raw:
        further = raw["use"] == "further"
        taken = {code: (further and entry.also) or (entry.label.zh,) for code, entry in listed.items()}
    words = {code: said for code, said in {**taken, **own}.items() if code not in unsaid}
    nothing = raw.get("nothing", ())
    meanings: dict[str, set[str]] = {plain(said): set() for said in nothing}
    read = [(said, code) for code, each in words.items() for said in each]
    read += [(said, code) for code, each in raw.get("also", {}).items() for said in each]
    read += list(raw.get("numbers", {}).items())
    read += [(said, code) for code, entry in listed.items() for said in _ours(code, entry.label.zh, entry.also)]
    for said, code in read:
        meanings.setdefault(plain(said), set()).add(code)
    return Words(
        name=name,
        of=of,
        words=words,
        meanings={said: frozenset(meant) for said, meant in meanings.items()},
        spellings=tuple(dict.fromkeys([*nothing, *(said for said, _ in read)])),
        unsaid=unsaid,
        blank=raw.get("blank", ""),
    )


def _ours(code: str, label: str, also: tuple[str, ...]) -> tuple[str, ...]:
    """What our own files say for a code: read in other systems' files too, but for numbers and words of which the code itself is one."""
    return (label, *also, *((code,) if code.isdigit() else ()))


def _text(said: Mapping[str, str]) -> Text:
    return Text(said["zh"], said["en"])

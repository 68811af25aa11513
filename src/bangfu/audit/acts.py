"""What leaves a trace and how people read it, from the lists beside this file: acts, what they are done to and by whom, the words of their texts."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from bangfu.kernel.listed import listed_in
from bangfu.kernel.words import Text


@dataclass(frozen=True, slots=True)
class Subject:
    """A kind of thing that acts are done to. `sole`: its name belongs to one alone."""

    text: Text
    sole: bool


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text. `holds` says what kind of value stands under it, where that is a code or a number and not what people read."""

    text: Text
    holds: str


@cache
def acts() -> Mapping[str, Text]:
    return {name: _text(said) for name, said in _listed("acts.yaml")}


@cache
def actors() -> Mapping[str, Text]:
    """Whoever acts and is no account."""
    return {name: _text(said) for name, said in _listed("actors.yaml")}


@cache
def subjects() -> Mapping[str, Subject]:
    return {kind: Subject(_text(said), said.get("sole", False)) for kind, said in _listed("subjects.yaml")}


@cache
def words() -> Mapping[str, Word]:
    return {name: Word(_text(said), said.get("holds", "")) for name, said in _listed("words.yaml")}


def _listed(name: str) -> Any:
    return listed_in("bangfu.audit", name).items()


def _text(said: Mapping[str, str]) -> Text:
    return Text(said["zh"], said["en"])

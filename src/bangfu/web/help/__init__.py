"""Help: a short section for each area, read once from the list beside this file."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from bangfu.kernel.listed import listed_in
from bangfu.kernel.words import Text


@dataclass(frozen=True, slots=True)
class Section:
    """An area's help. `paths`: the beginnings of addresses that it is about; `answers`: what somebody wants to do, and how."""

    name: str
    title: Text
    paths: tuple[str, ...]
    answers: tuple[tuple[Text, Text], ...]


@dataclass(frozen=True, slots=True)
class Key:
    """Keys that do the same, or the opposite."""

    keys: tuple[str, ...]
    does: Text


@cache
def sections() -> tuple[Section, ...]:
    """In the order in which the page has them."""
    return tuple(_section(name, said) for name, said in _listed()["sections"].items())


@cache
def keys() -> tuple[Key, ...]:
    return tuple(Key(tuple(said["keys"]), Text(said["zh"], said["en"])) for said in _listed()["keys"])


def area_of(path: str) -> str:
    """The section about an address, by its longest beginning; "" where none is."""
    found = [(len(each), section.name) for section in sections() for each in section.paths if path.startswith(each)]
    return max(found)[1] if found else ""


def _section(name: str, said: Mapping[str, Any]) -> Section:
    answers = tuple((Text(*pair[:2]), Text(*pair[2:])) for pair in map(_words, said["answers"]))
    return Section(name, Text(said["zh"], said["en"]), tuple(said["paths"]), answers)


def _words(said: Mapping[str, Mapping[str, str]]) -> tuple[str, str, str, str]:
    return said["want"]["zh"], said["want"]["en"], said["do"]["zh"], said["do"]["en"]


def _listed() -> Any:
    return listed_in(__package__, "help.yaml")

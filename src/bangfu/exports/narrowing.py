"""Exports of what a list of households is filtered by. This room knows no list: whichever room keeps it says here how its filter is read."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from django.utils.module_loading import import_string

from bangfu.access.data import Actor
from bangfu.exports.data import READERS
from bangfu.kernel.words import Text
from bangfu.registry.parts import Part, part_of


@dataclass(frozen=True, slots=True)
class Reader:
    """How a filter is read: as a query of the ids of the households of a place that it finds for an actor now, and in words.

    Both raise DomainError (FILTER_GONE) for what is no filter, or no longer one.
    """

    found: Callable[[Actor, int, str], Any]
    said: Callable[[Actor, str], Text]


def part_asked(actor: Actor, place: int, day: date, narrowed_to: str) -> Part:
    """The households of an export: of a place on a day, and of those, where it is narrowed, the ones that the filter finds now."""
    return part_of(actor, place, day, _reader().found(actor, place, narrowed_to) if narrowed_to else None)


def said(actor: Actor, narrowed_to: str) -> list[str]:
    """A filter in words, in both languages; nothing where there is none."""
    if not narrowed_to:
        return []
    text = _reader().said(actor, narrowed_to)
    return [text.zh, text.en]


def _reader() -> Reader:
    """Where nobody reads filters none is taken for no filter: ValueError."""
    (name,) = READERS
    return cast(Reader, import_string(name))

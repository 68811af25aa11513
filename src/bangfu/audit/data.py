"""What crosses the room's border: who does what, and what a check of the record found."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bangfu.kernel.words import Text
from bangfu.privacy.keys import KeyRing


@dataclass(frozen=True, slots=True)
class By:
    """Who does something, when, why, from where, and with which keys it is witnessed: the first argument of every service.

    `actor` is `account:7`, `system:sealer` or `anonymous`. The reason may name persons, and can be erased.
    """

    actor: str
    at: datetime
    ring: KeyRing
    reason: str = ""
    source: str = ""
    request: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """What is done, as it is to be recorded: a listed act, its subject as `account:7`, the place it concerns.

    `words` (old and new values) may name persons, and can be erased. Everything else must not.
    """

    name: str
    subject: str = ""
    place: int | None = None
    words: Mapping[str, Any] = field(default_factory=dict)


def kind_of(thing: str) -> str:
    """`household` of `household:8`."""
    return thing.partition(":")[0]


def numbers_of(kind: str, things: Iterable[str]) -> set[int]:
    """The numbers of those things that are of a kind."""
    parted = (thing.partition(":") for thing in things)
    return {int(number) for each, _, number in parted if each == kind and number.isdecimal()}


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that is wrong with the record. `entry` and `number` are None where there is none to name."""

    code: str
    text: Text
    entry: int | None = None
    number: int | None = None

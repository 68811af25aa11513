"""What crosses the room's border: what is to be recorded, and what is known."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from bangfu.registry.values import Value


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one group of facts of one thing: the values of its version, since which day, and by which act.

    `version` is 0 and the values are all None where nothing was recorded. `erased`: an erasure emptied it.
    """

    group: str
    thing: int
    values: Mapping[str, Value]
    version: int = 0
    valid_from: date | None = None
    act: int = 0
    recorded_at: datetime | None = None
    erased: bool = False


@dataclass(frozen=True, slots=True)
class Inherited:
    """A later version that still holds the value which a back-dated one has changed."""

    version: int
    valid_from: date
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What came of recording facts: the new version, and the later ones that inherited what it changed.

    `reissued` are the corrections of those, where they were asked for.
    """

    version: int
    inherited: tuple[Inherited, ...] = ()
    reissued: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class NewFacts:
    """Facts of one group of one thing: only those named are changed. `valid_from` is the first day on which they hold.

    `base` is the version that whoever decided this had before them (0: none; None: they had looked at none). With `carry` later versions
    that inherited what is changed are corrected too.
    """

    group: str
    thing: int
    values: Mapping[str, Value]
    valid_from: date
    base: int | None = None
    carry: bool = False


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Somebody to be added to a household, with facts by group (their membership says the relation to the head)."""

    number: str
    facts: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewHousehold:
    """A household to be added, with facts by group and its members."""

    number: str
    facts: Mapping[str, Mapping[str, Value]]
    persons: tuple[NewPerson, ...] = ()

"""What tasks are about, and which of them stand against the three zero-errors; read once from the list beside this file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from typing import Any

from bangfu.kernel.listed import listed_in
from bangfu.kernel.words import Text

WEEKEND = 5


@dataclass(frozen=True, slots=True)
class Kind:
    """`source`: the verdicts it is made of, `where` which of them, by column; or "dossier". `days` by severity ("" where there is none)."""

    name: str
    text: Text
    source: str
    days: Mapping[str, int]
    where: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    yearly: bool = False
    money: bool = False
    together: bool = False


@dataclass(frozen=True, slots=True)
class ZeroError:
    """One of the three: the kinds of task and the checks whose findings stand against it."""

    name: str
    text: Text
    kinds: tuple[str, ...]
    checks: tuple[str, ...]


@cache
def kinds() -> Mapping[str, Kind]:
    return {name: _kind(name, said) for name, said in _listed()["kinds"].items()}


@cache
def zero_errors() -> Mapping[str, ZeroError]:
    return {
        name: ZeroError(name, Text(said["zh"], said["en"]), tuple(said["kinds"]), tuple(said["checks"]))
        for name, said in _listed()["zero_errors"].items()
    }


def money_kinds() -> tuple[str, ...]:
    return tuple(kind.name for kind in kinds().values() if kind.money)


def policy_kinds() -> tuple[str, ...]:
    return tuple(kind.name for kind in kinds().values() if kind.source == "policy" and not kind.together)


def office_days_after(day: date, days: int) -> date:
    """The last of so many days of the offices after a day. Saturdays and Sundays are none; feasts are moved by decree each year, and count."""
    left = days
    while left:
        day += timedelta(1)
        left -= day.weekday() < WEEKEND
    return day


def _kind(name: str, said: Mapping[str, Any]) -> Kind:
    days = said["days"]
    return Kind(
        name,
        Text(said["zh"], said["en"]),
        said["from"],
        days if isinstance(days, dict) else {"": days},
        {column: tuple(values) for column, values in said.get("where", {}).items()},
        said.get("yearly", False),
        said.get("money", False),
        said.get("together", False),
    )


@cache
def _listed() -> dict[str, Any]:
    listed: dict[str, Any] = listed_in("bangfu.casework", "kinds.yaml")
    return listed

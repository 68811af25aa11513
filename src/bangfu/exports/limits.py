"""How much may leave and for how long, read once from the list beside this file."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from bangfu.access.data import Actor
from bangfu.kernel.listed import listed_in
from bangfu.places.selectors import places_around


@dataclass(frozen=True, slots=True)
class Limit:
    """What one file may hold at most, and how many persons (of them with full numbers) without anybody else's approval."""

    households: int
    alone: int
    numbers_alone: int

    def needs_second(self, persons: int, *, full_numbers: bool) -> bool:
        return persons > (self.numbers_alone if full_numbers else self.alone)


@dataclass(frozen=True, slots=True)
class Limits:
    a_day: int
    decided_within: timedelta
    kept: timedelta


@cache
def limits() -> Limits:
    said = _listed()
    return Limits(said["a_day"], timedelta(said["decided_within_days"]), timedelta(said["kept_days"]))


@cache
def by_role() -> dict[str, Limit]:
    return {role: Limit(**said) for role, said in _listed()["roles"].items()}


def limit_of(actor: Actor, place: int) -> Limit:
    """The most generous of what the actor's posts allow there. The caller asked the policy; a role that may export has a limit, or KeyError."""
    around = set(places_around([place]))
    allowed = [
        by_role()[grant.role]
        for grant in actor.grants
        if "households.export" in grant.permissions and not around.isdisjoint(grant.places)
    ]
    return Limit(
        max(each.households for each in allowed),
        max(each.alone for each in allowed),
        max(each.numbers_alone for each in allowed),
    )


def _listed() -> dict[str, Any]:
    listed: dict[str, Any] = listed_in("bangfu.exports", "limits.yaml")
    return listed

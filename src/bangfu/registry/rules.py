"""Whose households an actor may see, as conditions on rows; the same grants answer `access.policy.may`."""

from collections.abc import Callable
from typing import Any

from django.db.models import BigIntegerField, ExpressionWrapper, F, Q

from bangfu.access.data import Actor, Grant
from bangfu.access.roles import roles
from bangfu.places.selectors import places_within
from bangfu.places.spans import lasts

# A subdistrict lead answers for villages, and not for single households (glossary: helper).
TIERS = ("village", "district")
Rule = Callable[[Actor], Q]


def households(path: str = "", place: str = "") -> Rule:
    """The rule of rows that belong to a household; `path` leads to it, `place` to where it lives, if the row says that itself.

    Where a household lives now decides; a district liaison sees the households that its post helps, wherever they live.
    """

    def rule(actor: Actor) -> Q:
        in_area = Q((f"{place or f'{path}place'}__in", places_within(seen_whole(actor))))
        if not sees_some_only(actor):
            return in_area
        helped = Q((f"{path}assignments__post__in", actor.posts), (f"{path}assignments__undone", None))
        return in_area | (lasts(actor.day, f"{path}assignments") & helped)

    return rule


def in_turn(model: Any, actor: Actor) -> Any:
    """The rows that the actor sees of a model that says where its households live, to be read in the order in which they lie, or in that of another column.

    Where most rows are the actor's, SQLite would jump from place to place, or gather all before it sorts a few: an index by place is of no use.
    """
    if sees_some_only(actor):
        return model.objects.seen_by(actor)
    rows = model.objects.unscoped("narrowed to the places in which the actor sees every household")
    lies = ExpressionWrapper(F("place_id") + 0, BigIntegerField())
    return rows.alias(lies=lies).filter(lies__in=places_within(seen_whole(actor)))


def seen_whole(actor: Actor) -> frozenset[int]:
    """The places of which the actor sees every household."""
    areas = (grant.places for grant in _seeing(actor) if not roles()[grant.role].own_households)
    return frozenset().union(*areas)


def whole_places(actor: Actor) -> Q:
    """The rule of rows that sum up a place: whoever sees all of its households, and not only those that their post helps."""
    return Q(place__in=places_within(seen_whole(actor)))


def sees_some_only(actor: Actor) -> bool:
    """Whether the actor sees, of a place or beside it, some households only: those that its posts help."""
    return any(roles()[grant.role].own_households for grant in _seeing(actor))


def of_either(*paths: str) -> Rule:
    """The rule of rows that belong to a household by one of several paths."""
    each = [households(path) for path in paths]

    def rule(actor: Actor) -> Q:
        seen = Q(pk__in=())
        for one in each:
            seen |= one(actor)
        return seen

    return rule


def _seeing(actor: Actor) -> list[Grant]:
    return [grant for grant in actor.grants if "households.see" in grant.permissions]

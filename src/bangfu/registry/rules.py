"""Whose households an actor may see, as conditions on rows; the same grants answer `access.policy.may`."""

from collections.abc import Callable
from typing import Any

from django.db.models import BigIntegerField, ExpressionWrapper, F, Q

from bangfu.access.data import Actor
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
        everywhere = [grant for grant in actor.grants if "households.see" in grant.permissions]
        areas = [grant.places for grant in everywhere if not roles()[grant.role].own_households]
        in_area = Q((f"{place or f'{path}place'}__in", places_within(frozenset().union(*areas))))
        if len(areas) == len(everywhere):
            return in_area
        helped = Q((f"{path}assignments__post__in", actor.posts), (f"{path}assignments__undone", None))
        return in_area | (lasts(actor.day, f"{path}assignments") & helped)

    return rule


def in_turn(model: Any, actor: Actor) -> Any:
    """The rows that the actor sees of a model that says where its households live, to be read in the order in which they lie, or in that of another column.

    Where most rows are the actor's, SQLite would jump from place to place, or gather all before it sorts a few: an index by place is of no use.
    """
    everywhere = [grant for grant in actor.grants if "households.see" in grant.permissions]
    if any(roles()[grant.role].own_households for grant in everywhere):
        return model.objects.seen_by(actor)
    rows = model.objects.unscoped("narrowed to the places in which the actor sees every household")
    lies = ExpressionWrapper(F("place_id") + 0, BigIntegerField())
    return rows.alias(lies=lies).filter(lies__in=places_within(actor.places_for("households.see")))


def of_either(*paths: str) -> Rule:
    """The rule of rows that belong to a household by one of several paths."""
    each = [households(path) for path in paths]

    def rule(actor: Actor) -> Q:
        seen = Q(pk__in=())
        for one in each:
            seen |= one(actor)
        return seen

    return rule

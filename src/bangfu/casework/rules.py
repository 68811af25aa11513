"""Which rounds, signatures, rectification periods and sums an actor may see; tasks are seen where their household is."""

from collections.abc import Callable

from django.db.models import Q

from bangfu.access.data import Actor
from bangfu.places.selectors import places_around, places_within


def of_place(permission: str, path: str = "place") -> Callable[[Actor], Q]:
    """The rule of rows of a place in the actor's area."""
    return lambda actor: Q((f"{path}__in", places_within(actor.places_for(permission))))


def touching(permission: str, path: str = "place") -> Callable[[Actor], Q]:
    """The rule of rows of a place in the actor's area, or around it: a village is told what its district is about to do."""

    def rule(actor: Actor) -> Q:
        places = actor.places_for(permission)
        return Q((f"{path}__in", places_within(places))) | Q((f"{path}__in", places_around(places)))

    return rule

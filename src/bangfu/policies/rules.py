"""Which rows of the room an actor may see, as conditions on rows."""

from collections.abc import Callable

from django.db.models import Q

from bangfu.access.data import Actor
from bangfu.places.selectors import places_within


def proposals(path: str = "") -> Callable[[Actor], Q]:
    """Those of places in which the actor may see parameters being changed; `path` leads to the proposal."""

    def rule(actor: Actor) -> Q:
        return Q((f"{path}place__in", places_within(actor.places_for("parameters.see"))))

    return rule

"""Whose papers an actor may see: those of the households that they see, and of places the lists of their own area."""

from django.db.models import Q

from bangfu.access.data import Actor
from bangfu.access.rules import NONE
from bangfu.places.selectors import places_within
from bangfu.registry.rules import households

doors = households("household__")
_of_household = households("household__")


def issues(actor: Actor) -> Q:
    """Papers of a household go with it, wherever it lives now; lists stay with their place, for who may print there."""
    of_place = Q(household=None, place__in=places_within(actor.places_for("papers.list")))
    return (Q(household__isnull=False) & _of_household(actor)) | of_place


def of_batches(actor: Actor) -> Q:
    """What was made for oneself, of households that one sees now: whoever has left a village takes none of its papers along."""
    return NONE if actor.account is None else Q(batch__account=actor.account) & _of_household(actor)

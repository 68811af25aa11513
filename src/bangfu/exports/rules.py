"""Which exports an actor may see: their own, and those of places in which they approve or audit."""

from django.db.models import Q

from bangfu.access.data import Actor
from bangfu.places.selectors import places_within


def exports(actor: Actor) -> Q:
    theirs = actor.places_for("exports.approve") | actor.places_for("record.read")
    own = Q(pk__in=()) if actor.account is None else Q(asked_by=actor.account)
    return own | Q(place__in=places_within(theirs))

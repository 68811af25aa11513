"""Which rows an actor may see, as conditions on the rows; the same grants answer `policy.may`.

Written in lookups, without the room's own models, so that each can name its rule where it is declared.
"""

from collections.abc import Iterable
from datetime import date

from django.db.models import Q

from bangfu.access.data import Actor
from bangfu.places.selectors import places_around, places_within
from bangfu.places.spans import lasts

# What is true of no row.
NONE = Q(pk__in=())


def accounts(actor: Actor) -> Q:
    """Oneself; who holds a post in one's area, or above it; and, for those who manage or audit people, all who belong there."""
    colleagues = (
        Q(disabled_at=None) & lasts(actor.day, "holdings") & _current_posts(actor, "people.see", "holdings__post__")
    )
    theirs = actor.places_for("people.manage") | actor.places_for("record.read")
    return Q(pk=actor.account) | colleagues | Q(home__in=places_within(theirs))


def posts(actor: Actor) -> Q:
    """Open posts in one's area, or above it; closed ones too for those who manage posts or audit them."""
    theirs = actor.places_for("posts.manage") | actor.places_for("record.read")
    return _current_posts(actor, "posts.see", "") | Q(areas__place__in=places_within(theirs)) | _by_unit(theirs)


def of_posts(actor: Actor) -> Q:
    """Rows that hang on a post: areas, holdings."""
    theirs = actor.places_for("posts.manage") | actor.places_for("record.read")
    every = Q(post__areas__place__in=places_within(theirs)) | _by_unit(theirs, "post__")
    return _current_posts(actor, "posts.see", "post__") | every


def own(actor: Actor) -> Q:
    """Only what belongs to the actor's own account."""
    return NONE if actor.account is None else Q(account=actor.account)


def _current_posts(actor: Actor, permission: str, prefix: str) -> Q:
    area, places = f"{prefix}areas", actor.places_for(permission)
    by_unit = lasts(actor.day, f"{area}__unit__areas") & _touches(f"{area}__unit__areas__place", places)
    still = _open(actor.day, prefix) & lasts(actor.day, area)
    return still & (_touches(f"{area}__place", places) | by_unit)


def _open(day: date, prefix: str) -> Q:
    """That a post is not closed by a day: it may be known long before from which day on it is."""
    return Q((f"{prefix}closed_on", None)) | Q((f"{prefix}closed_on__gt", day))


def _by_unit(places: Iterable[int], prefix: str = "") -> Q:
    return Q((f"{prefix}areas__unit__areas__place__in", places_within(places)))


def _touches(place: str, places: Iterable[int]) -> Q:
    """The place lies in one of these, or one of these in it: a helper sees who leads the subdistrict.

    As subqueries: joined, each post over a county would meet all of its villages.
    """
    return Q((f"{place}__in", places_within(places))) | Q((f"{place}__in", places_around(places)))

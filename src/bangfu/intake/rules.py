"""Which files an actor may see, as conditions on rows: those that they brought, and those of whoever may bring no more than they."""

from collections.abc import Callable

from django.db.models import Q

from bangfu.access.data import Actor
from bangfu.intake.kinds import kinds
from bangfu.places.selectors import places_within

Rule = Callable[[Actor], Q]


def uploads(path: str = "") -> Rule:
    """`path` leads to the upload. Who may no longer bring such files sees none."""

    def rule(actor: Actor) -> Q:
        found = Q(pk__in=())
        for kind in kinds().values():
            places = actor.places_for(kind.permission)
            mine = Q((f"{path}account", actor.account)) if places and actor.account is not None else Q(pk__in=())
            found |= Q((f"{path}kind", kind.name)) & (mine | Q((f"{path}place__in", places_within(places))))
        return found

    return rule

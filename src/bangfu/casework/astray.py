"""Whose tasks are: of a post that answers for their household, or of nobody."""

from collections.abc import Collection
from datetime import date
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from bangfu.access.models import SEAT, PostArea
from bangfu.access.roles import roles
from bangfu.casework.doubts import ALL
from bangfu.casework.models import Tally, Task
from bangfu.places.spans import lasts
from bangfu.registry.bulk import chunked
from bangfu.registry.models import Assignment

# So many posts with a place are asked for at once.
PAIRS = 200


def astray(day: date, households: Collection[int] | None) -> dict[int, int]:
    """The unsettled tasks, each with its household, of a post that answers for the household no more.

    It moved, or the post's area changed, or a liaison's help ended. The post does not see them then, and nobody counts them as nobody's.
    """
    owned = Task.objects.unscoped(ALL).filter(unsettled=True, post__isnull=False)
    owned = owned if households is None else owned.filter(household__in=households)
    own = [role.name for role in roles().values() if role.own_households]
    helping = (
        Assignment.objects.unscoped(ALL)
        .filter(lasts(day), household=OuterRef("household"), undone=None)
        .annotate(of=SEAT)
        .filter(of=OuterRef("seat"))
    )
    found: list[Any] = [owned.filter(post__role__in=own).annotate(seat=SEAT).filter(~Exists(helping))]
    if households is not None:
        found.append(_uncovered(owned.exclude(post__role__in=own), day))
    else:
        # By the tallies, of which there are few, which posts have any; most have none.
        tallies = Tally.objects.unscoped(ALL).filter(unsettled=True, post__isnull=False).exclude(post__role__in=own)
        pairs = _uncovered(tallies, day).order_by().values_list("post", "place").distinct()
        found += [
            owned.filter(reduce(or_, [Q(post=post, place=place) for post, place in some]))
            for some in chunked(list(pairs), PAIRS)
        ]
    return {task: household for rows in found for task, household in rows.values_list("pk", "household")}


def _uncovered(rows: Any, day: date) -> Any:
    """Of tasks, or their tallies, those in places for which their post does not answer."""
    return rows.annotate(seat=SEAT).exclude(_answers(day, "seat", "place"))


def _answers(day: date, seat: str, place: str) -> Q:
    """That a post answers for a place; of both the names of columns are given."""
    areas = PostArea.objects.unscoped(ALL).filter(lasts(day), post=OuterRef(seat))
    by_unit = areas.filter(lasts(day, "unit__areas"), unit__areas__place__holds__place=OuterRef(place))
    return Q(Exists(areas.filter(place__holds__place=OuterRef(place)))) | Q(Exists(by_unit))


def village_helpers(day: date) -> "QuerySet[Any, Any]":
    """Who of the village helps (`seat`), and is asked first of everything. One of the village in which a household lived before does not see it."""
    helping = Assignment.objects.unscoped(ALL).filter(lasts(day), undone=None, post__role="village")
    return helping.annotate(seat=SEAT).filter(_answers(day, "seat", "household__place"))

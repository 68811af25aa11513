"""Reads of the room. Which places there are is no secret; what is in them is, and asks the policy."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db.models import Q, QuerySet

from bangfu.places.models import Below, PlaceVersion, UnitArea


def version_as_of(place: int, day: date, known_at: datetime) -> PlaceVersion | None:
    """What held of a place on a day, as far as was known at a moment; None before its first version."""
    versions = PlaceVersion.objects.filter(place=place, valid_from__lte=day, recorded_at__lte=known_at)
    return versions.order_by("-valid_from", "-recorded_at", "-pk").first()


def place_of_code(code: str, day: date, known_at: datetime) -> int | None:
    """The place that had a code on a day, whatever its code is now."""
    for place in (
        PlaceVersion.objects.filter(code=code).order_by("place_id").values_list("place_id", flat=True).distinct()
    ):
        version = version_as_of(place, day, known_at)
        if version and version.code == code and not version.abolished:
            return place
    return None


def places_within(places: Iterable[int]) -> "QuerySet[Below, int]":
    """Ids of these places and of all that lie in them now; a subquery, to be used with `__in`."""
    return Below.objects.filter(within__in=places).order_by().values_list("place_id", flat=True)


def area_of_unit(unit: int, day: date) -> list[int]:
    """The places that a unit runs on a day, in order of id."""
    held = UnitArea.objects.filter(unit=unit, held_from__lte=day).filter(Q(held_until=None) | Q(held_until__gt=day))
    return list(held.order_by("place_id").values_list("place_id", flat=True).distinct())

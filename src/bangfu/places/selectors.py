"""Reads of the room. Which places there are is no secret; what is in them is, and asks the policy."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, QuerySet, Sum

from bangfu.kernel.words import Text
from bangfu.places.data import UNIT_KINDS
from bangfu.places.models import Below, Place, PlaceVersion, Unit, UnitArea
from bangfu.places.spans import lasts


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


def places_of_codes(codes: Iterable[str], day: date, known_at: datetime, *, level: str) -> dict[str, int]:
    """The places of a level that had these codes on a day, by code; a code that no place had then is left out."""
    wanted = set(codes)
    current = PlaceVersion.objects.filter(is_current=True, abolished=False, valid_from__lte=day, place__level=level)
    found = {code: place for code, place in current.values_list("code", "place_id") if code in wanted}
    # A few codes were another place's on that day, or are nobody's now.
    later = PlaceVersion.objects.filter(valid_from__gt=day).values("place")
    moved = set(PlaceVersion.objects.filter(place__in=later).values_list("code", flat=True))
    for code in wanted & moved | wanted - found.keys():
        place = place_of_code(code, day, known_at)
        found.pop(code, None)
        if place is not None and Place.objects.filter(pk=place, level=level).exists():
            found[code] = place
    return found


def village_codes(day: date, places: Collection[int] | None = None) -> dict[int, str]:
    """The code that each village, or each of these, had on a day, as far as is known now, by place."""
    rows = PlaceVersion.objects.filter(valid_from__lte=day, place__level="village").order_by("valid_from", "pk")
    if places is not None:
        rows = rows.filter(place__in=places)
    return dict(rows.values_list("place_id", "code"))


def named_villages(day: date) -> dict[str, dict[str, str]]:
    """The villages that there were on a day by their codes, each with the names of all in which it lay, by level."""
    held: dict[int, PlaceVersion] = {}
    rows = PlaceVersion.objects.filter(valid_from__lte=day).select_related("place")
    for version in rows.order_by("valid_from", "recorded_at", "pk"):
        held[version.place_id] = version
    return {
        village.code: {each.place.level: each.name for each in _upwards(village, held)}
        for village in held.values()
        if village.place.level == "village" and not village.abolished
    }


def _upwards(version: PlaceVersion, held: Mapping[int, PlaceVersion]) -> Iterator[PlaceVersion]:
    while True:
        yield version
        above = held.get(version.above_id) if version.above_id is not None else None
        if above is None:
            return
        version = above


def places_within(places: Iterable[int]) -> "QuerySet[Below, int]":
    """Ids of these places and of all that lie in them now; a subquery, to be used with `__in`."""
    return Below.objects.filter(within__in=places).order_by().values_list("place_id", flat=True)


def abolished_in(places: Iterable[int]) -> list[int]:
    """Abolished places that last lay in these, or in an abolished one that did. Two queries: there are few."""
    gone = PlaceVersion.objects.filter(is_current=True, abolished=True)
    above = dict(gone.order_by("place_id").values_list("place_id", "above_id"))
    lay_in = {place: _up_to_what_is(place, above) for place in above}
    within = set(
        Below.objects.filter(place__in=set(lay_in.values()), within__in=places).values_list("place", flat=True)
    )
    return [place for place, there in lay_in.items() if there in within]


def _up_to_what_is(place: int, above: Mapping[int, int | None]) -> int | None:
    """The first place over one that is not among the abolished ones."""
    over: int | None = place
    while over is not None and over in above:
        over = above[over]
    return over


def places_around(places: Iterable[int]) -> "QuerySet[Below, int]":
    """Ids of these places and of all in which they lie now; a subquery, to be used with `__in`."""
    return Below.objects.filter(place__in=places).order_by().values_list("within_id", flat=True)


def smallest_around(places: Iterable[int]) -> int:
    """The smallest place in which all of these lie now. Raises LookupError where there is none."""
    wanted = set(places)
    around = Below.objects.filter(place__in=wanted).values("within").annotate(held=Count("place"), steps=Sum("steps"))
    found = around.filter(held=len(wanted)).order_by("steps", "within").values_list("within", flat=True).first()
    if found is None:
        raise LookupError("no place holds all of these")
    return int(found)


def area_of_unit(unit: int, day: date) -> list[int]:
    """The places that a unit runs on a day, in order of id."""
    held = UnitArea.objects.filter(lasts(day), unit=unit)
    return list(held.order_by("place_id").values_list("place_id", flat=True).distinct())


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A place as it is now. `above` is None for the top; `abolished` from the day in `since` on."""

    id: int
    level: str
    code: str
    name: str
    above: int | None
    since: date
    abolished: bool


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit and the places that it runs on the day asked for, each with its name."""

    id: int
    name: str
    kind: str
    kind_text: Text
    areas: tuple[tuple[int, str], ...]


def places_named(places: Iterable[int]) -> dict[int, str]:
    """The names that places have now."""
    return dict(PlaceVersion.objects.filter(place__in=places, is_current=True).values_list("place_id", "name"))


def names_of_codes(codes: Iterable[str]) -> dict[str, str]:
    """The names of the places that have these codes now, by code."""
    return dict(PlaceVersion.objects.filter(code__in=set(codes), is_current=True).values_list("code", "name"))


def place_row(place: int) -> PlaceRow | None:
    """One place as it is now."""
    return next(_rows(PlaceVersion.objects.filter(place=place, is_current=True)), None)


def places_directly_in(place: int | None) -> list[PlaceRow]:
    """The places of the next level down, or (None) the topmost, in order of code; abolished ones are left out."""
    return list(_rows(PlaceVersion.objects.filter(above=place, is_current=True, abolished=False)))


def places_that_lay_in(place: int) -> list[PlaceRow]:
    """The abolished places that last lay directly in a place, in order of code."""
    return list(_rows(PlaceVersion.objects.filter(above=place, is_current=True, abolished=True)))


def places_of_level(level: str, within: Iterable[int]) -> list[PlaceRow]:
    """The places of a level in these places, in order of code; abolished ones are left out."""
    current = PlaceVersion.objects.filter(is_current=True, abolished=False, place__level=level)
    return list(_rows(current.filter(place__in=places_within(within))))


def places_in(within: Iterable[int]) -> list[PlaceRow]:
    """These places and all that lie in them, in order of code; abolished ones are left out."""
    current = PlaceVersion.objects.filter(is_current=True, abolished=False, place__in=places_within(within))
    return list(_rows(current))


def way_to(place: int) -> list[PlaceRow]:
    """The places in which a place lies, topmost first, itself last."""
    above = Below.objects.filter(place=place).order_by("-steps").values_list("within_id", flat=True)
    rows = {row.id: row for row in _rows(PlaceVersion.objects.filter(place__in=list(above), is_current=True))}
    return [rows[each] for each in above]


def place_history(place: int) -> list[PlaceVersion]:
    """All that was ever recorded of a place, the latest day first."""
    return list(PlaceVersion.objects.filter(place=place).order_by("-valid_from", "-recorded_at", "-pk"))


def units(day: date) -> list[UnitRow]:
    """All units, by name."""
    return [_unit(unit, day) for unit in Unit.objects.order_by("name")]


def unit_row(unit: int, day: date) -> UnitRow | None:
    """One unit; None where there is none."""
    found = Unit.objects.filter(pk=unit).first()
    return None if found is None else _unit(found, day)


def units_named(units: Iterable[int]) -> dict[int, str]:
    """The names of units."""
    return dict(Unit.objects.filter(pk__in=units).order_by("pk").values_list("pk", "name"))


def _unit(unit: Unit, day: date) -> UnitRow:
    areas = area_of_unit(unit.pk, day)
    names = places_named(areas)
    return UnitRow(
        unit.pk, unit.name, unit.kind, UNIT_KINDS[unit.kind], tuple((place, names.get(place, "")) for place in areas)
    )


def _rows(versions: "QuerySet[PlaceVersion]") -> Iterator[PlaceRow]:
    for version in versions.select_related("place").order_by("code"):
        yield PlaceRow(
            version.place_id,
            version.place.level,
            version.code,
            version.name,
            version.above_id,
            version.valid_from,
            version.abolished,
        )

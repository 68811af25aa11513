"""Places laid out on a map, as far as it is known where their villages lie."""

from collections.abc import Collection
from math import cos, radians

from bangfu.places.positions import A_DEGREE, Lies, positions_in
from bangfu.reports.data import Located, Measured

# Of a degree of latitude, and of one of longitude at the equator, as on a sphere: a district is small.
METRES = 111_195
# Fewer say nothing by where they lie.
LEAST = 2


def located(places: Collection[Measured]) -> tuple[Located, ...]:
    """Those of which it is known, if there are two at least. One query."""
    known = positions_in(place.place for place in places if place.place is not None)
    found = [(place, _middle(known[place.place])) for place in places if place.place in known]
    if len(found) < LEAST:
        return ()
    west, south = min(lies.east for _, lies in found), min(lies.north for _, lies in found)
    north = max(lies.north for _, lies in found)
    narrow = cos(radians((south + north) / 2 / A_DEGREE))
    return tuple(
        Located(
            place,
            round((lies.east - west) / A_DEGREE * METRES * narrow),
            round((lies.north - south) / A_DEGREE * METRES),
        )
        for place, lies in found
    )


def _middle(lying: Collection[Lies]) -> Lies:
    return Lies(sum(each.east for each in lying) // len(lying), sum(each.north for each in lying) // len(lying))

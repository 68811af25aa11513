"""Where villages lie, as somebody pastes it: a line each, with code, name if they like, longitude and latitude, in degrees.

A line without the two takes the village's position away; villages that are not listed keep theirs. All lines are taken, or none.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import transaction

from bangfu.audit.data import Act, By
from bangfu.audit.services import record
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.places.holding import hold
from bangfu.places.models import Level, Position
from bangfu.places.selectors import PlaceRow, places_of_level

A_DEGREE = 100_000
# Where villages of the country lie, in degrees: what is outside was mixed up or mistyped.
EAST, NORTH = (73, 136), (3, 54)
MOST_TOLD = 5
LONGEST = 200_000
_APART = re.compile(r"[,，\s]+")


@dataclass(frozen=True, slots=True)
class Lies:
    """In hundred-thousandths of a degree."""

    east: int
    north: int


class PositionsRefused(DomainError):
    """Some lines cannot be read; nothing was recorded."""

    field = "lines"

    def __init__(self, faults: list[tuple[int, Text]]) -> None:
        told = faults[:MOST_TOLD]
        more = len(faults) - len(told)
        zh = "；".join(f"第 {line} 行：{what.zh}" for line, what in told) + (f"；另有 {more} 行有误" if more else "")
        en = "; ".join(f"line {line}: {what.en}" for line, what in told) + (f"; and {more} more" if more else "")
        super().__init__(
            "POSITIONS_FAULTY",
            Text(f"{zh}。没有登记，请改正后再保存。", f"{en}. Nothing was recorded; correct it and save again."),
        )


def positions_of(places: Iterable[int]) -> dict[int, Lies]:
    """Of those of which it is known."""
    return dict(_known("place", place__in=list(places)))


def positions_in(places: Iterable[int]) -> dict[int, list[Lies]]:
    """By place, where the villages lie that lie in it, or are it, as far as it is known; a place of which nothing is known is left out. One query."""
    found: dict[int, list[Lies]] = defaultdict(list)
    for place, lies in _known("place__lies_in__within", place__lies_in__within__in=list(places)):
        found[place].append(lies)
    return found


def lines_of(within: int) -> str:
    """The villages of a place in order of code, as `locate` reads them."""
    villages = places_of_level(Level.VILLAGE, [within])
    known = positions_of(village.id for village in villages)
    return "".join(f"{_line(village, known.get(village.id))}\n" for village in villages)


def locate(by: By, within: int, lines: str) -> int:
    """Record where villages of a place lie. Returns how many lie elsewhere than was known. Raises PositionsRefused."""
    with transaction.atomic():
        villages = {village.code: village for village in places_of_level(Level.VILLAGE, [within])}
        # What is current is flipped.
        hold([village.id for village in villages.values()])
        said = {villages[code].id: lies for code, lies in _read(lines, villages).items()}
        known = positions_of(said)
        new = {place: lies for place, lies in said.items() if lies != known.get(place)}
        if new:
            Position.objects.filter(place__in=new, is_current=True).update(is_current=False)
            Position.objects.bulk_create(
                Position(
                    place_id=place,
                    east=lies.east if lies else None,
                    north=lies.north if lies else None,
                    recorded_at=by.at,
                    recorded_by=by.actor,
                    is_current=True,
                )
                for place, lies in new.items()
            )
            record(by, Act("places.locate", f"place:{within}", within, {"places": len(new)}))
        return len(new)


def _known(of: str, **among: Any) -> Iterator[tuple[int, Lies]]:
    rows: Any = Position.objects.filter(is_current=True, east__isnull=False, **among)
    return ((place, Lies(east, north)) for place, east, north in rows.values_list(of, "east", "north"))


def _line(village: PlaceRow, lies: Lies | None) -> str:
    where = (_degrees(lies.east), _degrees(lies.north)) if lies else ()
    return "\t".join((village.code, village.name, *where))


def _degrees(value: int) -> str:
    return f"{Decimal(value) / A_DEGREE:.5f}"


def _read(lines: str, villages: Mapping[str, PlaceRow]) -> dict[str, Lies | None]:
    found: dict[str, Lies | None] = {}
    faults = []
    for number, line in enumerate(lines.splitlines(), start=1):
        code, *rest = _APART.sub(" ", line).strip().split(" ", 1)
        if not code:
            continue
        said = _numbers(" ".join(rest), villages[code].name) if code in villages else []
        if code not in villages:
            faults.append((number, Text(f"这里没有代码为“{code}”的村", f"no village here has the code '{code}'")))
        elif code in found:
            faults.append((number, Text(f"{code} 在前面已经有一行", f"{code} has a line above already")))
        elif len(said) not in (0, 2):
            faults.append(
                (number, Text("经度和纬度要么都写，要么都不写", "give both longitude and latitude, or neither"))
            )
        elif said and not (EAST[0] <= said[0] <= EAST[1] and NORTH[0] <= said[1] <= NORTH[1]):
            faults.append(
                (
                    number,
                    Text(
                        f"经度应在 {EAST[0]} 到 {EAST[1]} 度之间，纬度应在 {NORTH[0]} 到 {NORTH[1]} 度之间，先经度后纬度",
                        f"longitude lies between {EAST[0]} and {EAST[1]} degrees and latitude between {NORTH[0]} and {NORTH[1]}; longitude first",
                    ),
                )
            )
        else:
            found[code] = Lies(*(int((degrees * A_DEGREE).to_integral_value()) for degrees in said)) if said else None
    if faults:
        raise PositionsRefused(faults)
    return found


def _numbers(said: str, name: str) -> list[Decimal]:
    """What is said behind the village's name, if that stands there: it may have numbers of its own. Other words are passed over."""
    name = _APART.sub(" ", name).strip()
    found = []
    for word in said.removeprefix(name).split():
        try:
            number = Decimal(word)
        except InvalidOperation:
            continue
        if number.is_finite():
            found.append(number)
    return found

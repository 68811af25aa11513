"""Writes of the room, one transaction each, each with its entry in the record."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from bangfu.audit.data import Act, By
from bangfu.audit.services import record
from bangfu.kernel.clock import office_day
from bangfu.kernel.divisions import divisions
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.places.models import Below, Level, Place, PlaceVersion, Unit, UnitArea, UnitKind
from bangfu.places.spans import ends_after
from bangfu.places.tree import change_tree

LEVELS = {2: Level.PROVINCE, 4: Level.PREFECTURE, 6: Level.COUNTY, 9: Level.TOWNSHIP, 12: Level.VILLAGE}
_ABOVE = {4: 2, 6: 4, 9: 6, 12: 9}
# What rooms above know to lie in a place on a day or after it, each said with what is to be done about it first.
LYING: list[Callable[[int, date], Iterable[Text]]] = []


@dataclass(frozen=True, slots=True)
class Described:
    """What is to hold of a place from a day on (included)."""

    code: str
    name: str
    above: int | None
    valid_from: date
    abolished: bool = False


def level_below(level: str) -> Level | None:
    """The level of what lies directly in a place; None for a village."""
    order = list(Level)
    at = order.index(Level(level)) + 1
    return order[at] if at < len(order) else None


def load_divisions(by: By, valid_from: date) -> int:
    """Make places of the divisions that ship with the program and are not there yet. Returns how many were made."""
    with transaction.atomic():
        change_tree()
        known = dict(PlaceVersion.objects.filter(is_current=True).values_list("code", "place_id"))
        new = {code: division for code, division in divisions().items() if code not in known}
        places = Place.objects.bulk_create(Place(level=LEVELS[len(code)]) for code in new)
        known |= {code: place.pk for code, place in zip(new, places, strict=True)}
        described = {
            code: Described(
                code,
                division.name,
                known[code[: _ABOVE[len(code)]]] if len(code) in _ABOVE else None,
                division.valid_from or valid_from,
            )
            for code, division in new.items()
        }
        PlaceVersion.objects.bulk_create(_version(by, known[code], each) for code, each in described.items())
        _tree_anew()
        if new:
            record(by, Act("places.load", words={"places": len(new)}))
        return len(new)


def add_place(by: By, level: Level, described: Described) -> int:
    """Make a place and return its id. Raises DomainError where its code is taken or its parent is none."""
    with transaction.atomic():
        change_tree()
        _check(described, level)
        place = Place.objects.create(level=level)
        _add_version(by, place.pk, described)
        _tree_anew()
        record(by, Act("places.add", f"place:{place.pk}", place.pk, {"code": described.code, "name": described.name}))
        return place.pk


def change_place(by: By, place: int, described: Described) -> None:
    """Give a place another code, name or parent from a day on, abolish it, or take that back; what held before that day stays as it was.

    Raises DomainError where the code is taken, the parent lies in the place itself or is abolished, or anything is left in an abolished one.
    """
    with transaction.atomic():
        change_tree()
        found = Place.objects.get(pk=place)
        _check(described, Level(found.level), place)
        _add_version(by, place, described)
        _tree_anew()
        words = {"code": described.code, "name": described.name, "from": described.valid_from.isoformat()}
        record(by, Act("places.abolish" if described.abolished else "places.change", f"place:{place}", place, words))


def found_unit(by: By, name: str, kind: UnitKind) -> int:
    """Make a unit and return its id. Raises DomainError where the name is taken."""
    with transaction.atomic():
        if Unit.objects.filter(name=name).exists():
            raise DomainError("UNIT_KNOWN", Text(f"已有单位“{name}”。", f"There is a unit '{name}' already."))
        unit = Unit.objects.create(name=name, kind=kind)
        record(by, Act("places.found_unit", f"unit:{unit.pk}", words={"name": name}))
        return unit.pk


def give_area(by: By, unit: int, place: int, held_from: date) -> None:
    """Let a unit run a place from a day on (included). Raises DomainError where it does already."""
    with transaction.atomic():
        if UnitArea.objects.filter(unit=unit, place=place, held_until=None).exists():
            raise DomainError("AREA_HELD", Text("该单位已管辖此地。", "The unit runs this place already."))
        UnitArea.objects.create(unit_id=unit, place_id=place, held_from=held_from)
        record(by, Act("places.give_area", f"unit:{unit}", place))


def take_area(by: By, unit: int, place: int, held_until: date) -> None:
    """End it on a day (the first on which it no longer holds). Raises DomainError where the unit does not run the place, or did not yet."""
    with transaction.atomic():
        area = UnitArea.objects.select_for_update().filter(unit=unit, place=place, held_until=None).first()
        if area is None or area.held_from >= held_until:
            raise DomainError(
                "AREA_NOT_HELD", Text("该单位到那天并不管辖此地。", "The unit does not run this place by that day.")
            )
        area.held_until = held_until
        area.save(update_fields=["held_until"])
        record(by, Act("places.take_area", f"unit:{unit}", place))


def _check(described: Described, level: Level, place: int | None = None) -> None:
    length = next(digits for digits, known in LEVELS.items() if known is level)
    if not (described.code.isascii() and described.code.isdigit() and len(described.code) == length):
        raise DomainError(
            "CODE_MALFORMED",
            Text(
                f"“{described.code}”不是{level.label}代码，应为 {length} 位数字。",
                f"'{described.code}' is no code of a {level.value}: it should have {length} digits.",
            ),
        )
    taken = PlaceVersion.objects.filter(code=described.code).exclude(place=place)
    if taken.exists():
        raise DomainError(
            "CODE_TAKEN",
            Text(f"代码 {described.code} 已属于另一地方。", f"The code {described.code} belongs to another place."),
        )
    _check_above(described, level, place)
    if described.abolished and place is not None:
        _check_empty(place, described.valid_from)


def _check_empty(place: int, on: date) -> None:
    """An abolished place lies in nobody's area: whoever and whatever were left in it would be found and answered for by nobody."""
    left = list(_left_in(place, on))
    if left:
        zh, en = "；".join(each.zh for each in left), "; ".join(each.en for each in left)
        raise DomainError("PLACE_NOT_EMPTY", Text(f"还不能撤销：{zh}。", f"It cannot be abolished yet: {en}."))


def _left_in(place: int, on: date) -> Iterator[Text]:
    if Below.objects.filter(within=place, steps=1).exists():
        yield Text("下面还有地方，请先将它们撤销或划归别处", "there are places below it, abolish or move them first")
    if UnitArea.objects.filter(ends_after(on), place=place).exists():
        yield Text(
            "那天起还有单位管辖此地，请先划出管辖",
            "units run it on that day or later, take it out of their areas first",
        )
    for each in LYING:
        yield from each(place, on)


def _check_above(described: Described, level: Level, place: int | None) -> None:
    above = None if described.above is None else Place.objects.filter(pk=described.above).first()
    order = list(Level)
    fits = level is Level.PROVINCE if above is None else order.index(Level(above.level)) == order.index(level) - 1
    # An abolished place lies in nothing, not even in itself.
    gone = above is not None and not Below.objects.filter(place=above, steps=0).exists()
    if not fits or gone or Below.objects.filter(within=place, place=described.above).exists():
        raise DomainError("PARENT_UNFIT", Text(f"{level.label}不能隶属于那里。", f"A {level.value} cannot lie there."))


def _add_version(by: By, place: int, described: Described) -> None:
    version = _version(by, place, described)
    current = PlaceVersion.objects.filter(place=place, is_current=True).first()
    version.is_current = current is None or current.valid_from <= described.valid_from
    if current and version.is_current:
        current.is_current = False
        current.save(update_fields=["is_current"])
    version.save()


def _version(by: By, place: int, described: Described) -> PlaceVersion:
    """The version that is current unless a later one is there. Raises DomainError where it does not hold yet."""
    if described.valid_from > office_day(by.at):
        # What is current decides who sees what, today.
        raise DomainError(
            "NOT_YET",
            Text(
                "变更还没有生效，请在生效当天或之后登记。",
                "This does not hold yet; record it on its first day or later.",
            ),
        )
    return PlaceVersion(
        place_id=place,
        code=described.code,
        name=described.name,
        above_id=described.above,
        abolished=described.abolished,
        valid_from=described.valid_from,
        recorded_at=by.at,
        recorded_by=by.actor,
        is_current=True,
    )


def _tree_anew() -> None:
    rows = PlaceVersion.objects.filter(is_current=True, abolished=False).values_list("place_id", "above_id")
    above = dict(rows)
    pairs = []
    for place in above:
        within: int | None = place
        steps = 0
        while within is not None:
            pairs.append(Below(place_id=place, within_id=within, steps=steps))
            within, steps = above.get(within), steps + 1
    Below.objects.all().delete()
    Below.objects.bulk_create(pairs, batch_size=2_000)

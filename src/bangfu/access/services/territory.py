"""Changes of places and units, once the policy has allowed them: the room of places stands below this one and knows no actors."""

from datetime import date

from django.db import transaction

from bangfu.access.data import Actor, NotThere
from bangfu.access.policy import require
from bangfu.audit.data import By
from bangfu.places import positions
from bangfu.places import services as places
from bangfu.places.models import Level, UnitKind
from bangfu.places.selectors import place_row, unit_row


def add_place(by: By, actor: Actor, level: Level, described: places.Described) -> int:
    """A place below one in the actor's area. Raises Denied, DomainError."""
    with transaction.atomic():
        require(actor, "places.manage", described.above)
        return places.add_place(by, level, described)


def change_place(by: By, actor: Actor, place: int, described: places.Described) -> None:
    """Another code, name or parent from a day on; both parents are asked for. Raises NotThere, Denied, DomainError."""
    with transaction.atomic():
        if place_row(place) is None:
            raise NotThere
        require(actor, "places.manage", place)
        if described.above is not None:
            require(actor, "places.manage", described.above)
        places.change_place(by, place, described)


def locate(by: By, actor: Actor, within: int, lines: str) -> int:
    """Say where villages of a place of the actor's area lie. Raises NotThere, Denied, PositionsRefused."""
    with transaction.atomic():
        if place_row(within) is None:
            raise NotThere
        require(actor, "places.manage", within)
        return positions.locate(by, within, lines)


def found_unit(by: By, actor: Actor, name: str, kind: UnitKind) -> int:
    """Raises Denied, DomainError for a name that is taken."""
    with transaction.atomic():
        require(actor, "places.manage")
        return places.found_unit(by, name, kind)


def give_area(by: By, actor: Actor, unit: int, place: int, held_from: date) -> None:
    """Let a unit run a place of the actor's area. Raises NotThere, Denied, DomainError."""
    with transaction.atomic():
        if unit_row(unit, actor.day) is None:
            raise NotThere
        require(actor, "places.manage", place)
        places.give_area(by, unit, place, held_from)


def take_area(by: By, actor: Actor, unit: int, place: int, held_until: date) -> None:
    """Raises NotThere, Denied, DomainError."""
    with transaction.atomic():
        if unit_row(unit, actor.day) is None:
            raise NotThere
        require(actor, "places.manage", place)
        places.take_area(by, unit, place, held_until)

"""Changes of places and units, once the policy has allowed them: the room of places stands below this one and knows no actors."""

from collections.abc import Iterator
from datetime import date

from django.db import transaction

from bangfu.access.data import Actor, NotThere
from bangfu.access.models import Account, PostArea
from bangfu.access.policy import require
from bangfu.access.services.posts import require_left_administered
from bangfu.audit.data import By
from bangfu.kernel.words import Text
from bangfu.places import positions
from bangfu.places import services as places
from bangfu.places.models import Level, UnitKind
from bangfu.places.selectors import PlaceRow, place_row, unit_row
from bangfu.places.spans import ends_after
from bangfu.places.tree import keep_tree

LEFT = "whatever is left in a place keeps it from being abolished, whoever sees it"


def add_place(by: By, actor: Actor, level: Level, described: places.Described) -> int:
    """A place below one in the actor's area. Raises Denied, DomainError."""
    with transaction.atomic():
        require(actor, "places.manage", described.above)
        return places.add_place(by, level, described)


def change_place(by: By, actor: Actor, place: int, described: places.Described) -> None:
    """Another code, name or parent from a day on, or its end; both parents are asked for. Raises NotThere, Denied, DomainError."""
    with transaction.atomic():
        found = place_row(place)
        if found is None:
            raise NotThere
        require_keeping(actor, found)
        if described.above is not None:
            require(actor, "places.manage", described.above)
        places.change_place(by, place, described)


def require_keeping(actor: Actor, place: PlaceRow) -> None:
    """Raises Denied. An abolished place lies nowhere: whoever keeps the one in which it lay may take that back."""
    require(actor, "places.manage", place.above if place.abolished and place.above is not None else place.id)


def left_in(place: int, on: date) -> Iterator[Text]:
    """What of this room lies in a place on a day or later (`places.services.LYING`): seats, and accounts that its administrators look after.

    A seat that answers for other places too could be handed over no more than one that does not: whoever changes it is asked for each.
    """
    if PostArea.objects.unscoped(LEFT).filter(ends_after(on), place=place).exists():
        yield Text(
            "那天起还有岗位负责此地，请先缩小其范围，或并入其他岗位",
            "posts answer for it on that day or later, narrow them or close them into others first",
        )
    if Account.objects.unscoped(LEFT).filter(home=place).exists():
        yield Text("还有账号的所属地是这里，请先改到别处", "accounts have their home there, give them another first")


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
        keep_tree()
        require(actor, "places.manage", place)
        places.give_area(by, unit, place, held_from)


def take_area(by: By, actor: Actor, unit: int, place: int, held_until: date) -> None:
    """Raises NotThere, Denied, DomainError, also where nobody else would administer the place."""
    with transaction.atomic():
        if unit_row(unit, actor.day) is None:
            raise NotThere
        require(actor, "places.manage", place)
        places.take_area(by, unit, place, held_until)
        require_left_administered(unit, place, held_until)

"""Households live in villages that there are: none is abolished while a household lives in it, and none comes to live in one that was abolished.

Such a household would be seen by nobody: an abolished place lies in nobody's area.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef

from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.places.tree import keep_tree
from bangfu.registry.models import VERSIONS

LEFT = "a household keeps its village from being abolished, whoever sees it"


def left_in(place: int, on: date) -> Iterator[Text]:
    """Whether a household lives in a place on a day or later (`places.services.LYING`). One that was merged into another lives nowhere."""
    stands = VERSIONS["residence"].objects.unscoped(LEFT).filter(stands=True)
    by_then = stands.filter(thing=OuterRef("thing"), valid_from__gt=OuterRef("valid_from"), valid_from__lte=on)
    if stands.filter(~Exists(by_then), place=place).exclude(dissolved=True).exists():
        yield Text(
            "那天起还有户住在这里，请先为它们办理迁移，从那天或更早起",
            "households live there on that day or later, let them move from that day or an earlier one on first",
        )


def refuse_abolished(households: Any) -> None:
    """Raises DomainError where one of these households, ids or a query of them, lives in a village that was abolished."""
    keep_tree()
    lives: Any = VERSIONS["residence"].objects.unscoped(LEFT).filter(thing__in=households, is_current=True)
    lives = lives.exclude(dissolved=True)
    if lives.filter(place__versions__is_current=True, place__versions__abolished=True).exists():
        raise DomainError(
            "VILLAGE_ABOLISHED",
            Text(
                "这样会有户住在已撤销的村里，没有保存。请先恢复该村，或另选现有的村。",
                "A household would then live in a village that was abolished; nothing was saved. Take the village back first, or choose one that there is.",
            ),
        )

"""The village that a form asks for: by its code, or by its name, which is what people know."""

from collections.abc import Collection
from datetime import date, datetime

from django import forms

from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.places.selectors import PlaceRow, place_of_code, places_of_level, way_to
from bangfu.web.forms import Suggested

# As long as a village's name may be.
NAME_SIGNS = 100
VILLAGE = Text("哪个村", "Which village")
PICKED = Text(
    "打村名的前几个字，从列出的村里选；也可以填12位村代码。",
    "Type how its name begins and pick it, or give its code of 12 digits.",
)


def villages_kept(places: Collection[int]) -> list[PlaceRow]:
    """Where somebody may keep households."""
    return places_of_level("village", places)


def villages_near(place: int | None) -> list[PlaceRow]:
    """All of the county in which a place lies: whoever moves goes there most often, and it need not be one's own area."""
    return places_of_level("village", [each.id for each in way_to(place) if each.level == "county"]) if place else []


def suggest_villages(field: forms.Field, villages: Collection[PlaceRow]) -> None:
    """Let a field list these by name."""
    field.widget = Suggested((village.code, village.name) for village in villages)
    field.widget.is_required = field.required


def village_of(typed: str, villages: Collection[PlaceRow], day: date, at: datetime) -> int:
    """The village with a code on a day, or the one among these that is called so. Raises DomainError where that is none, or several are."""
    called = [village.id for village in villages if village.name == typed]
    if len(called) > 1:
        raise DomainError(
            "SEVERAL_VILLAGES",
            Text(
                f"叫“{typed}”的村有 {len(called)} 个，请填12位村代码。",
                f"{len(called)} villages are called {typed}; give the code of 12 digits.",
            ),
        )
    found = called[0] if called else place_of_code(typed, day, at)
    if found is None:
        raise DomainError(
            "NO_VILLAGE",
            Text(
                "没有这个村代码或村名。请打村名的前几个字，从列出的村里选；别的区县的村，填12位村代码。",
                "No village has this code or name. Type how its name begins and pick it; for a village of another county give the code of 12 digits.",
            ),
        )
    return found

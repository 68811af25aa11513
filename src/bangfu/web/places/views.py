"""Places as they are and were, and the units that run them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from bangfu.access import selectors as access
from bangfu.access.data import NotThere
from bangfu.access.policy import may_open, require
from bangfu.access.services import territory
from bangfu.kernel.words import Text
from bangfu.places import positions, selectors
from bangfu.places.data import LEVELS
from bangfu.places.services import Described, level_below
from bangfu.web.carried_out import carried_out, saved
from bangfu.web.page import BOTH, page
from bangfu.web.places.forms import PlaceForm, PositionsForm, UnitForm
from bangfu.web.posts.forms import PlaceOnForm
from bangfu.web.request import Request


@dataclass(frozen=True, slots=True)
class Row:
    """A place in a list, with what its villages lack: of a village who does not answer for it, of any other place in how many somebody does not.

    Who may not see posts is told of no gaps (`lacking` None).
    """

    place: selectors.PlaceRow
    lacking: int | None = None
    tiers: tuple[Text, ...] = ()


@page("places.see")
def places(request: Request) -> HttpResponse:
    """Where one's own area begins."""
    rows = [row for row in map(selectors.place_row, sorted(request.actor.places_for("places.see"))) if row is not None]
    return render(request, "web/places/list.html", {"rows": _rows(request, rows), "levels": LEVELS})


@page("places.see")
def place(request: Request, place: int) -> HttpResponse:
    found = _place(place)
    # An abolished one is shown under the place in which it lay.
    lay_in = found.above if found.abolished else None
    said = {
        "place": found,
        "level": LEVELS[found.level],
        "way": selectors.way_to(place)[:-1] if lay_in is None else selectors.way_to(lay_in),
        "below": _rows(request, selectors.places_directly_in(place)),
        "gone": [Row(row) for row in selectors.places_that_lay_in(place)],
        "history": selectors.place_history(place),
        "keeps": may_open(request.actor, "places.manage"),
        "may_hold": level_below(found.level) is not None,
    }
    return render(request, "web/places/place.html", said)


def _rows(request: Request, rows: Sequence[selectors.PlaceRow]) -> list[Row]:
    if not may_open(request.actor, "posts.see"):
        return [Row(row) for row in rows]
    found = access.gaps_in(request.actor, [row.id for row in rows])
    return [_row(row, found.get(row.id, [])) for row in rows]


def _row(row: selectors.PlaceRow, gaps: Sequence[access.Gap]) -> Row:
    tiers = tuple(gap.tier for gap in gaps) if level_below(row.level) is None else ()
    return Row(row, len({gap.village.id for gap in gaps}), tiers)


@page("places.manage", methods=BOTH)
def add(request: Request, place: int) -> HttpResponse:
    """A place directly in this one."""
    above = _place(place)
    require(request.actor, "places.manage", place)
    level = level_below(above.level)
    if level is None:
        raise NotThere
    start = {"above": place, "valid_from": request.actor.day, "code": above.code}
    form = PlaceForm(request.POST or None, initial=start, lang=request.lang, places=_parents(request), new=True)
    made = carried_out(
        request, form, lambda given: territory.add_place(request.by, request.actor, level, _described(given))
    )
    if made is not None:
        return saved(request, reverse("web:place", args=[made.value]))
    return _form(request, form, Text("新增下级区划", "Add a place"), Text("新增", "Add"), place, above.name)


@page("places.manage", methods=BOTH)
def change(request: Request, place: int) -> HttpResponse:
    found = _place(place)
    territory.require_keeping(request.actor, found)
    now = {"code": found.code, "name": found.name, "above": found.above, "valid_from": request.actor.day}
    now["abolished"] = found.abolished
    form = PlaceForm(request.POST or None, initial=now, lang=request.lang, places=_parents(request), new=False)
    if carried_out(
        request, form, lambda given: territory.change_place(request.by, request.actor, place, _described(given))
    ):
        return saved(request, reverse("web:place", args=[place]))
    return _form(request, form, Text("变更区划", "Change the place"), Text("保存", "Save"), place, found.name)


@page("places.manage", methods=BOTH)
def locate(request: Request, place: int) -> HttpResponse:
    """Where the villages of a place lie."""
    found = _place(place)
    require(request.actor, "places.manage", place)
    form = PositionsForm(request.POST or None, initial={"lines": positions.lines_of(place)}, lang=request.lang)
    done = carried_out(request, form, lambda given: territory.locate(request.by, request.actor, place, given["lines"]))
    if done is not None:
        return saved(request, reverse("web:place", args=[place]))
    return _form(request, form, Text("村的位置", "Where villages lie"), Text("保存", "Save"), place, found.name)


@page("places.see")
def units(request: Request) -> HttpResponse:
    said = {"rows": selectors.units(request.actor.day), "keeps": may_open(request.actor, "places.manage")}
    return render(request, "web/places/units.html", said)


@page("places.manage", methods=BOTH)
def found_unit(request: Request) -> HttpResponse:
    form = UnitForm(request.POST or None, lang=request.lang)
    made = carried_out(
        request, form, lambda given: territory.found_unit(request.by, request.actor, given["name"], given["kind"])
    )
    if made is not None:
        return saved(request, reverse("web:units"))
    said = {
        "form": form,
        "title": Text("新设单位", "Found a unit"),
        "submit": Text("新设", "Found"),
        "back": reverse("web:units"),
    }
    return render(request, "web/form.html", said)


@page("places.manage", methods=BOTH)
def unit_give(request: Request, unit: int) -> HttpResponse:
    return _area(request, unit, territory.give_area, Text("划入管辖", "Give an area"), Text("划入", "Give"))


@page("places.manage", methods=BOTH)
def unit_take(request: Request, unit: int) -> HttpResponse:
    return _area(request, unit, territory.take_area, Text("划出管辖", "Take an area away"), Text("划出", "Take away"))


def _area(request: Request, unit: int, act: Any, title: Text, submit: Text) -> HttpResponse:
    found = selectors.unit_row(unit, request.actor.day)
    if found is None:
        raise NotThere
    form = PlaceOnForm(
        request.POST or None, initial={"on": request.actor.day}, lang=request.lang, places=_parents(request)
    )
    if carried_out(request, form, lambda given: act(request.by, request.actor, unit, given["place"], given["on"])):
        return saved(request, reverse("web:units"))
    said = {"form": form, "title": title, "submit": submit, "about": found.name, "back": reverse("web:units")}
    return render(request, "web/form.html", said)


def _place(place: int) -> selectors.PlaceRow:
    found = selectors.place_row(place)
    if found is None:
        raise NotThere
    return found


def _parents(request: Request) -> list[tuple[str, list[tuple[int, str]]]]:
    return access.places_to_choose(request.actor, "places.manage")


def _described(given: Mapping[str, Any]) -> Described:
    return Described(given["code"], given["name"], given["above"], given["valid_from"], given.get("abolished", False))


def _form(request: Request, form: object, title: Text, submit: Text, place: int, about: str) -> HttpResponse:
    said = {"form": form, "title": title, "submit": submit, "about": about, "back": reverse("web:place", args=[place])}
    return render(request, "web/form.html", said)

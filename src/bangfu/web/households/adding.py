"""Households entered by hand: the head first; the other members then on the household's own page."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.http import HttpResponse

from bangfu.kernel.words import Text
from bangfu.places.selectors import PlaceRow
from bangfu.registry.data import NewHousehold, NewPerson
from bangfu.registry.services.households import add_household
from bangfu.registry.values import Value
from bangfu.web.households.answers import Heading, carried, done, form_page
from bangfu.web.households.forms import HouseholdForm
from bangfu.web.households.villages import village_of, villages_kept
from bangfu.web.page import BOTH, page
from bangfu.web.request import Request


@page("households.keep", methods=BOTH)
def household_add(request: Request) -> HttpResponse:
    today = request.actor.day
    villages = _villages(request)
    # Whoever keeps one village alone means that one.
    own = villages[0].code if len(villages) == 1 else ""
    form = HouseholdForm(
        request.POST or None, villages=villages, lang=request.lang, today=today, initial={"on": today, "village": own}
    )

    def act(given: Mapping[str, Any]) -> int:
        return add_household(request.by, request.actor, _household(request, given), given["on"], given["source"])

    made = carried(request, form, act)
    if made:
        return done(request, made.value)
    intro = Text(
        "先登记户和户主，保存后在户的页面上补登其他成员。",
        "The household and its head first; add the other members on its page.",
    )
    return form_page(request, None, form, Heading(Text("新增户", "Add a household"), "", intro))


def _villages(request: Request) -> list[PlaceRow]:
    return villages_kept(request.actor.places_for("households.keep"))


def _household(request: Request, given: Mapping[str, Any]) -> NewHousehold:
    on: date = given["on"]
    village = village_of(given["village"], _villages(request), on, request.by.at)
    facts: dict[str, dict[str, Value]] = {
        "residence": {"place": village, "hamlet": given["hamlet"] or None},
        "registration": {"status": given["status"]},
    }
    said: dict[str, Value] = {"name": given["name"], "sex": given["sex"] or None, "birth_date": given["born"]}
    identity = {name: value for name, value in said.items() if value is not None}
    head = NewPerson(given["head"], {"membership": {"relation": "head"}, "identity": identity})
    return NewHousehold(given["number"], facts, (head,))

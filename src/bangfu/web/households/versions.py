"""What was ever recorded of one group of facts of a thing: each version, by whom, from what, and whether it still counts."""

from django.http import HttpResponse
from django.shortcuts import render

from bangfu.access.selectors import names_of
from bangfu.places.selectors import places_named
from bangfu.registry import selectors
from bangfu.registry.facts import groups
from bangfu.registry.services.households import record_look
from bangfu.web.households.answers import shown
from bangfu.web.page import page
from bangfu.web.request import Request


@page("households.see")
def facts_history(request: Request, household: int, group: str, thing: int) -> HttpResponse:
    rows = selectors.history(request.actor, household, group, thing)
    record_look(request.by, request.actor, household)
    villages = {row.known.values.get("place") for row in rows}
    names = places_named(int(str(place)) for place in villages if place is not None)
    text = {
        "household": household,
        "label": groups()[group].label,
        "about": selectors.whose(request.actor, household, group, thing),
        "versions": [(row, shown(row.known, request.lang, names)) for row in rows],
        "names": names_of(request.actor, [row.entry.actor for row in rows]),
    }
    return render(request, "web/households/versions.html", text)

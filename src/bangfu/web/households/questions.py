"""What to ask, household by household, to be read before a visit or taken along on paper."""

from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render

from bangfu.reports.households import places_offered
from bangfu.reports.questions import OF_MONEY, to_ask
from bangfu.web.page import page
from bangfu.web.request import Request, id_in


@page("households.see")
def questions(request: Request) -> HttpResponse:
    place = id_in(request, "place")
    asked = {"place": place} if place else {}
    text = {
        "rows": to_ask(request.actor, place, request.GET.get("page"), request.lang),
        "place": place,
        "places": [(each, "　" * depth + name) for each, name, depth in places_offered(request.actor, place)],
        "asked": urlencode(asked),
        "listed": urlencode({**asked, "gaps": OF_MONEY}),
    }
    return render(request, "web/households/questions.html", text)

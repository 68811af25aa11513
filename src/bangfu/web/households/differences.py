"""Three that should agree (三相符): the fields in which a household differs, to be retyped, and how many there are of each household."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from bangfu.access.policy import may_open
from bangfu.registry.differences import differences, differences_page
from bangfu.registry.services.households import record_look
from bangfu.web.page import page
from bangfu.web.request import Request, id_in


@page("households.see")
def household_differences(request: Request, household: int) -> HttpResponse:
    every = request.GET.get("all") == "1"
    found = differences(request.actor, [household], request.actor.day, timezone.now(), every=every)[household]
    record_look(request.by, request.actor, household)
    return render(request, "web/households/differences.html", {"found": found, "every": every, "name": found.head})


@page("households.see")
def differences_list(request: Request) -> HttpResponse:
    place = id_in(request, "place")
    rows = differences_page(
        request.actor, place, request.by.ring, request.GET.get("page"), request.actor.day, timezone.now()
    )
    text = {"rows": rows, "place": place, "asked": f"place={place}" if place is not None else ""}
    text["lists"] = may_open(request.actor, "papers.list")
    return render(request, "web/households/differences_list.html", text)

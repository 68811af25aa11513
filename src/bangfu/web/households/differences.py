"""Three that should agree (三相符): the fields in which a household differs, to be retyped, and how many there are of each household."""

from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from bangfu.access.policy import may_open
from bangfu.registry.differences import Differences, differences, differences_page
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
    """Of each page of households those that differ, and how many others were compared; or (`all`) every one."""
    place, every = id_in(request, "place"), request.GET.get("all") == "1"
    rows = differences_page(
        request.actor, place, request.by.ring, request.GET.get("page"), request.actor.day, timezone.now()
    )
    looked_at: list[Differences] = [found for _, found in rows.object_list]
    if not every:
        rows.object_list = [(row, found) for row, found in rows.object_list if found.count]
    within, other = {} if place is None else {"place": place}, {} if every else {"all": 1}
    told = {
        "rows": rows,
        "place": place,
        "every": every,
        "differ": sum(1 for each in looked_at if each.count),
        "compared": sum(1 for each in looked_at if each.compared),
        "agree": sum(1 for each in looked_at if each.compared and not each.count),
        "not_compared": sum(1 for each in looked_at if not each.compared),
        "asked": urlencode({**within, **({"all": 1} if every else {})}),
        "otherwise": urlencode({**within, **other}),
        "lists": may_open(request.actor, "papers.list"),
    }
    return render(request, "web/households/differences_list.html", told)

"""Who helps a household: assigned and ended, and where nobody does."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from bangfu.access.data import NotThere
from bangfu.access.roles import roles
from bangfu.kernel.words import Text
from bangfu.registry import selectors
from bangfu.registry.rules import TIERS
from bangfu.registry.services import assignments as service
from bangfu.web.households.answers import Heading, carried, done, file_of, form_page
from bangfu.web.households.forms import AssignForm, EndForm
from bangfu.web.page import BOTH, page
from bangfu.web.request import Request


@page("households.assign", methods=BOTH)
def assign(request: Request, household: int) -> HttpResponse:
    found = file_of(request, household)
    vacant = Text("空缺", "vacant").say(request.lang)
    listed = [
        (seat.post, f"{seat.title} · {seat.tier.say(request.lang)} · {seat.holder or vacant}")
        for seat in selectors.seats(request.actor, household)
    ]
    form = AssignForm(request.POST or None, lang=request.lang, posts=listed, initial={"on": request.actor.day})

    def act(given: Mapping[str, Any]) -> int:
        return service.assign(request.by, request.actor, household, given["post"], given["on"])

    if carried(request, form, act):
        return done(request, household)
    intro = Text(
        "帮扶的是岗位：换了人，工作随岗位移交。这里列出管到本户的岗位。",
        "Posts help: whoever sits there next takes over. These are the posts that answer for this household.",
    )
    return form_page(request, household, form, Heading(Text("安排结对帮扶", "Assign a helper"), found.called, intro))


@page("households.assign", methods=BOTH)
def end(request: Request, household: int, assignment: int) -> HttpResponse:
    rows = selectors.assignments(request.actor, household)
    row = next((each for each in rows if each.id == assignment), None)
    if row is None:
        raise NotThere
    form = EndForm(request.POST or None, lang=request.lang, initial={"on": request.actor.day})

    def act(given: Mapping[str, Any]) -> bool:
        by = replace(request.by, reason=given["reason"])
        service.end_assignment(by, request.actor, assignment, given["on"])
        return True

    if carried(request, form, act):
        return done(request, household)
    return form_page(
        request,
        household,
        form,
        Heading(Text("结束结对帮扶", "End an assignment"), f"{row.title} {row.holder}", grave=True),
    )


@page("households.see")
def gaps(request: Request) -> HttpResponse:
    tier = request.GET.get("tier", "")
    tier = tier if tier in TIERS else TIERS[0]
    counts = selectors.gaps(request.actor)
    text = {
        "tiers": [(role.tier, role.text, counts[role.tier]) for role in roles().values() if role.tier in TIERS],
        "tier": tier,
        "villages": selectors.gaps_by_village(request.actor, tier),
        "rows": selectors.without_helper(request.actor, tier, request.GET.get("page")),
        "asked": f"tier={tier}",
    }
    return render(request, "web/households/gaps.html", text)

"""The first page: what waits for somebody, which posts they hold, and where nobody answers for a village."""

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation

from bangfu.access.policy import may_open
from bangfu.access.selectors import gaps, held_posts
from bangfu.access.services.people import choose_language
from bangfu.kernel.words import Lang
from bangfu.reports.waiting import waits
from bangfu.web.cookies import LANGUAGE, YEAR, remember
from bangfu.web.middleware.actor import CATALOGUES
from bangfu.web.onward import came_from, where_next
from bangfu.web.page import page
from bangfu.web.request import Request
from bangfu.web.signing.held import FIELD
from bangfu.web.signing.views import going_on

# So many at once, and so many in all; under Places stands what each lacks.
SHOWN, LISTED = 10, 50


@page()
def home(request: Request) -> HttpResponse:
    assert request.actor.account is not None
    day = request.actor.day
    held = [
        post
        for post in held_posts(request.actor, request.actor.account)
        if post.held_until is None or post.held_until > day
    ]
    missing = gaps(request.actor) if may_open(request.actor, "posts.see") else []
    found = waits(request.actor, timezone.now())
    text = {
        "waits": [(each, reverse(each.page, query=each.pairs)) for each in found.some],
        "none": found.none,
        "posts": held,
        "gaps": missing[:SHOWN],
        "more": missing[SHOWN:LISTED],
        "rest": len(missing[LISTED:]),
        "lacking": len({gap.village.id for gap in missing}),
        "day": day,
        "sees": may_open(request.actor, "households.see"),
        # Who only looks is told how things stand, and not what to do.
        "works": may_open(request.actor, "tasks.work"),
    }
    return render(request, "web/home.html", text)


@page(methods=("POST",), public=True)
def language(request: Request) -> HttpResponse:
    """For this browser, and for the account of who is signed in; back to the page where they are.

    That is the one the browser says it came from: parts of a page that came later leave the form with the address from before.
    Where what was sent before is carried along, that page is made anew, since nothing else has it.
    """
    chosen: Lang = "en" if request.POST.get("language") == "en" else "zh"
    if request.actor.account is not None:
        choose_language(request.actor, chosen)
    response: HttpResponse
    if request.POST.get(FIELD):
        request.lang = chosen
        with translation.override(CATALOGUES[chosen]):
            response = going_on(request, request.POST.get("step", ""))
    else:
        response = HttpResponseRedirect(came_from(request) or where_next(request))
    remember(response, LANGUAGE, chosen, lasts=YEAR)
    return response

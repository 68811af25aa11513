"""Rectification periods: three zero-errors and three rises day by day, as a table and a line."""

from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from bangfu.access.policy import may_open
from bangfu.access.selectors import places_to_choose
from bangfu.casework import periods as selectors
from bangfu.casework.kinds import zero_errors
from bangfu.casework.periods import BASELINE, DayRow, PeriodPage
from bangfu.casework.services.rectification import NewRectification, open_rectification
from bangfu.kernel.words import Text
from bangfu.web.carried_out import carried_out_once, saved
from bangfu.web.page import BOTH, page
from bangfu.web.papers.sending import machine, sent
from bangfu.web.rectification.forms import PeriodForm
from bangfu.web.request import Request

MONTHS_TWO = timedelta(60)
# The two that a day counts of each zero-error, as the list of tasks calls them.
COUNTED = ("questions", "errors")


@page("rectification.see")
def rectifications(request: Request) -> HttpResponse:
    told = {
        "rows": selectors.periods(request.actor, request.GET.get("page")),
        "opens": may_open(request.actor, "rectification.manage"),
    }
    return render(request, "web/rectification/list.html", told)


@page("rectification.see")
def rectification(request: Request, period: int) -> HttpResponse:
    found = selectors.period(request.actor, period)
    told = {
        "found": found,
        "days": _days(found, _lists(request, found.row.place)),
        "left": selectors.days_left(found.row, request.actor.day),
        "drawn": _drawn(request, found),
    }
    return render(request, "web/rectification/period.html", told)


@page("rectification.see", methods=("POST",))
def rectification_report(request: Request, period: int) -> HttpResponse:
    with machine() as press:
        return sent(selectors.print_report(request.by, request.actor, period, request.lang, press))


@page("rectification.manage", methods=BOTH)
def rectification_open(request: Request) -> HttpResponse:
    day = request.actor.day
    form = PeriodForm(
        request.POST or None,
        lang=request.lang,
        places=places_to_choose(request.actor, "rectification.manage"),
        initial={"baseline": day - timedelta(1), "starts": day, "ends": day + MONTHS_TWO},
    )
    made = carried_out_once(
        request, form, lambda given: open_rectification(request.by, request.actor, NewRectification(**given))
    )
    if made is not None:
        return saved(request, reverse("web:rectification", args=[made.value]))
    told = {
        "form": form,
        "title": Text("设立整改期", "Set a rectification period"),
        "submit": Text("设立", "Set"),
        "back": reverse("web:rectifications"),
        "once": True,
    }
    return render(request, "web/form.html", told)


def _days(found: PeriodPage, lists: list[dict[str, str]]) -> list[tuple[dict[str, Any], Text | None]]:
    """The rows of the table, the baseline first and marked."""
    every = [(found.baseline, BASELINE)] if found.baseline else []
    return [(_shown(found, each, lists), mark) for each, mark in [*every, *((each, None) for each in found.days)]]


def _lists(request: Request, place: int) -> list[dict[str, str]]:
    """Where the tasks of each zero-error are, as today's row counts them; nowhere for who does not see those of the whole place."""
    offered = COUNTED if may_open(request.actor, "tasks.see", place) else ()
    asked = [
        {standing: {"standing": standing, "zero": zero, "place": place} for standing in offered}
        for zero in zero_errors()
    ]
    return [{standing: reverse("web:tasks", query=pairs) for standing, pairs in each.items()} for each in asked]


def _shown(found: PeriodPage, each: DayRow, lists: list[dict[str, str]]) -> dict[str, Any]:
    leads = lists if each.live else [{} for _ in lists]
    return {
        "day": each.day,
        "live": each.live,
        "zeros": list(zip(found.zeros, each.questions, each.errors, leads, strict=True)),
        "rises": [(label, _share(rise)) for label, rise in zip(found.rises, each.rises, strict=True)],
    }


def _share(rise: int | None) -> str:
    return "—" if rise is None else f"{rise // 100}.{rise % 100:02d}%"


def _unsettled(each: DayRow, at: int) -> int | None:
    """Of the zero-error in one place of them; the line has a gap where it is not known."""
    questions, errors = each.questions[at], each.errors[at]
    return None if questions is None or errors is None else questions + errors


def _drawn(request: Request, found: PeriodPage) -> dict[str, Any]:
    """What the line is drawn of: questions and errors together, of each zero-error."""
    days = [found.baseline, *found.days] if found.baseline else list(found.days)
    return {
        "days": [each.day.isoformat() for each in days],
        "lines": [
            {"name": zero.say(request.lang), "values": [_unsettled(each, at) for each in days]}
            for at, zero in enumerate(found.zeros)
        ],
    }

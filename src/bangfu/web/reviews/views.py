"""What villages report: rounds, who has not signed, what was signed, and its review by somebody else."""

from collections.abc import Mapping
from dataclasses import replace

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from bangfu.access.policy import may, may_open
from bangfu.access.selectors import places_to_choose
from bangfu.casework import reported
from bangfu.casework.services import reviews as services
from bangfu.casework.services.reviews import NewRound
from bangfu.kernel.words import Text
from bangfu.web.carried_out import carried_out, carried_out_once, saved
from bangfu.web.forms import Sure
from bangfu.web.page import BOTH, page
from bangfu.web.request import Request
from bangfu.web.reviews.forms import RoundForm, SendBackForm, SignForm

# Of what a village signs, what has a list.
LISTED: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "households": ("web:households", {}),
    "unsettled": ("web:households", {"gaps": "unsettled"}),
    "below_line": ("web:households", {"gaps": "below_line"}),
    "missing": ("web:households", {"gaps": "missing"}),
    "questions": ("web:tasks", {"standing": "questions"}),
    "errors": ("web:tasks", {"standing": "errors"}),
}


@page("reviews.see")
def reviews(request: Request) -> HttpResponse:
    told = {
        "rows": reported.rounds(request.actor, request.GET.get("page")),
        "opens": may_open(request.actor, "reviews.review"),
    }
    return render(request, "web/reviews/list.html", told)


@page("reviews.review", methods=BOTH)
def round_open(request: Request) -> HttpResponse:
    places = places_to_choose(request.actor, "reviews.review")
    form = RoundForm(request.POST or None, lang=request.lang, places=places, initial={"due_on": request.actor.day})
    made = carried_out_once(
        request,
        form,
        lambda given: services.open_round(
            request.by, request.actor, NewRound(given["place"], given["title"], given["due_on"])
        ),
    )
    if made is not None:
        return saved(request, reverse("web:round", args=[made.value]))
    told = {
        "form": form,
        "title": Text("布置一次上报", "Ask villages to report"),
        "submit": Text("布置", "Ask"),
        "intro": Text(
            "所选地方的每个村都要核对户、人、收入和疑点，确认后由街道审核。",
            "Each village of the place checks its households, persons, income and doubts, and signs; the subdistrict reviews.",
        ),
        "back": reverse("web:reviews"),
        "once": True,
    }
    return render(request, "web/form.html", told)


@page("reviews.see")
def round_(request: Request, round_: int) -> HttpResponse:
    row, villages = reported.round_of(request.actor, round_)
    reviews = bool(may(request.actor, "reviews.review", row.place))
    told = {"row": row, "villages": villages, "reviews": reviews, "closes": reviews and not row.closed}
    return render(request, "web/reviews/round.html", told)


@page("reviews.review", methods=BOTH)
def round_close(request: Request, round_: int) -> HttpResponse:
    row, _ = reported.round_of(request.actor, round_)
    form = Sure(request.POST if request.method == "POST" else None, lang=request.lang)
    back = reverse("web:round", args=[round_])
    if carried_out(request, form, lambda _: services.close_round(request.by, request.actor, round_)):
        return saved(request, back)
    told = {
        "form": form,
        "title": Text("结束这次上报", "Close this round"),
        "submit": Text("结束", "Close"),
        "about": row.title,
        "intro": Text(
            f"还有 {row.unsigned + row.returned} 个村没有确认。结束后不能再确认。",
            f"{row.unsigned + row.returned} village(s) have not signed. Once closed nobody can sign any more.",
        ),
        "back": back,
        "grave": True,
    }
    return render(request, "web/form.html", told)


@page("reviews.sign", methods=BOTH)
def report_sign(request: Request, round_: int, village: int) -> HttpResponse:
    found = reported.preview(request.actor, round_, village)
    form = SignForm(request.POST if request.method == "POST" else None, lang=request.lang)
    made = carried_out(
        request, form, lambda given: services.sign(request.by, request.actor, round_, village, given["seen"])
    )
    if made is not None:
        return saved(request, reverse("web:submission", args=[made.value]))
    told = {"form": form, "found": found, "round": round_, "village": village, "lists": _lists(village)}
    return render(request, "web/reviews/sign.html", told)


def _lists(village: int) -> dict[str, str]:
    """Where what a figure counts, or sums, is listed, by its name: whoever signs is to check each."""
    return {name: reverse(page, query={**asked, "place": village}) for name, (page, asked) in LISTED.items()}


@page("reviews.see")
def submission(request: Request, submission: int) -> HttpResponse:
    found = reported.submission(request.actor, submission)
    return render(request, "web/reviews/submission.html", {"found": found})


@page("reviews.review", methods=("POST",))
def submission_accept(request: Request, submission: int) -> HttpResponse:
    found = reported.submission(request.actor, submission)
    form = Sure(request.POST, lang=request.lang)
    if carried_out(request, form, lambda _: services.accept(request.by, request.actor, submission)):
        return saved(request, reverse("web:round", args=[found.round]))
    return render(request, "web/reviews/submission.html", {"found": found, "form": form})


@page("reviews.review", methods=BOTH)
def submission_return(request: Request, submission: int) -> HttpResponse:
    found = reported.submission(request.actor, submission)
    form = SendBackForm(request.POST or None, lang=request.lang)
    if carried_out(
        request,
        form,
        lambda given: services.send_back(replace(request.by, reason=given["reason"]), request.actor, submission),
    ):
        return saved(request, reverse("web:round", args=[found.round]))
    told = {
        "form": form,
        "title": Text("退回上报", "Send the report back"),
        "submit": Text("退回", "Send back"),
        "about": f"{found.name} {found.title}",
        "back": reverse("web:submission", args=[submission]),
    }
    return render(request, "web/form.html", told)

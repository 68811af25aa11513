"""The catalogue: policies by sector, one of them, the households that it is about, and the readings that stand to be confirmed."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from bangfu.access.data import NotThere
from bangfu.access.policy import may_open
from bangfu.assessment import by_policy
from bangfu.assessment.by_policy import LABELS, NONE, WHICH
from bangfu.assessment.selectors import last_run
from bangfu.kernel.words import Text
from bangfu.policies import selectors
from bangfu.policies.services.answering import let_answer
from bangfu.rulebook.catalogue import PolicyShown
from bangfu.web.carried_out import carried_out, saved
from bangfu.web.page import BOTH, page
from bangfu.web.policies.forms import AnswerForm
from bangfu.web.request import Request


@page("households.see")
def policies(request: Request) -> HttpResponse:
    shown = selectors.shown(request.lang)
    counted = by_policy.counts(request.actor)
    told = {
        "sectors": [
            (name, [(line, _counts(counted.get(line.id, NONE))) for line in lines])
            for name, lines in shown.catalogue.sectors
        ],
        "ruled": shown.ruled,
        "run": last_run(),
        "changes": may_open(request.actor, "parameters.see"),
    }
    return render(request, "web/policies/list.html", told)


@page("households.see")
def policy(request: Request, policy: str) -> HttpResponse:
    shown = selectors.shown(request.lang)
    counted = by_policy.counts(request.actor, policy).get(policy, NONE)
    told = {
        "policy": _policy(shown, policy),
        "counts": _counts(counted),
        "yearly": counted.yearly,
        "places": shown.places,
        "answers": selectors.answers(request.actor),
        "run": last_run(),
        "changes": may_open(request.actor, "parameters.see"),
    }
    return render(request, "web/policies/policy.html", told)


@page("households.see")
def policy_households(request: Request, policy: str, which: str) -> HttpResponse:
    found = _policy(selectors.shown(request.lang), policy)
    rows = by_policy.households(request.actor, policy, which, request.GET.get("page"))
    counted = by_policy.counts(request.actor, policy).get(policy, NONE)
    told = {
        "policy": found,
        "which": which,
        "which_said": LABELS[which],
        "counts": _counts(counted),
        "rows": rows,
        "run": last_run(),
    }
    return render(request, "web/policies/households.html", told)


@page("households.see")
def readings(request: Request) -> HttpResponse:
    made = selectors.shown(request.lang).catalogue
    counted = by_policy.counts(request.actor)
    every = request.GET.get("all") == "1"
    told = {
        "listed": [
            (each, [(name, label, counted.get(name, NONE)) for name, label in each.policies])
            for each in made.readings
            if every or each.id in made.money
        ],
        "every": every,
        "answers": selectors.answers(request.actor),
        "assigns": may_open(request.actor, "readings.assign"),
        "changes": may_open(request.actor, "parameters.see"),
    }
    return render(request, "web/policies/readings.html", told)


@page("readings.assign", methods=BOTH)
def reading_assign(request: Request, reading: str) -> HttpResponse:
    found = next((each for each in selectors.shown(request.lang).catalogue.readings if each.id == reading), None)
    if found is None:
        raise NotThere
    form = AnswerForm(request.POST or None, lang=request.lang, posts=selectors.posts_to_answer(request.actor))

    def act(given: Mapping[str, Any]) -> None:
        let_answer(request.by, request.actor, reading, given["post"])

    if carried_out(request, form, act):
        return saved(request, f"{reverse('web:readings')}?all=1#{reading}")
    told = {
        "form": form,
        "title": Text("由谁核实", "Who answers for it"),
        "about": found.question,
        "submit": Text("指定", "Say so"),
        "back": reverse("web:readings"),
    }
    return render(request, "web/form.html", told)


def _policy(shown: selectors.Shown, policy: str) -> PolicyShown:
    found = shown.catalogue.policies.get(policy)
    if found is None:
        raise NotThere
    return found


def _counts(counted: by_policy.Counts) -> list[tuple[str, Text, int]]:
    return [(which, LABELS[which], counted[which]) for which in WHICH]

"""Lists of payments: handed in, looked at and settled line by line on a page of their own, and booked as they were looked at."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from bangfu.engine.request import book_of
from bangfu.intake import selectors
from bangfu.intake.data import Seen
from bangfu.intake.services import OPEN
from bangfu.kernel.words import Text
from bangfu.registry.payments import LONGEST_REASON, Settled, staged
from bangfu.registry.payments.lines import PayLine
from bangfu.registry.payments.plan import PayPlan
from bangfu.registry.payments.staged import Decided
from bangfu.registry.payments.words import candidate_said, figures_said
from bangfu.registry.services.acts import is_undone
from bangfu.web.carried_out import carried_out, saved
from bangfu.web.imports.forms import ApplyForm
from bangfu.web.imports.shared import STATES, as_listed, taken_in
from bangfu.web.page import BOTH, page
from bangfu.web.payments.forms import ListForm, SettleForm
from bangfu.web.request import Request

# What one page asks about at once.
MOST_SHOWN = 100
ASIDE = "aside"
OF_LISTS: Mapping[str, Text] = {
    **STATES,
    "staged": Text("待核对", "To be looked at"),
    "previewed": Text("待核对", "To be looked at"),
    "refused": Text("读不出来", "Cannot be read"),
    "applied": Text("已记入", "Booked"),
}


@dataclass(frozen=True, slots=True)
class Open:
    """A line to be settled: what is wrong with it, who may be meant, the policies to choose from, and what was just chosen."""

    line: PayLine
    whose: list[tuple[str, str]]
    policies: list[tuple[str, str]]
    chosen: str
    policy: str
    why: str


@page("households.import", methods=BOTH)
def payments(request: Request) -> HttpResponse:
    form = ListForm(request.POST or None, request.FILES or None, lang=request.lang)
    done = taken_in(request, form, staged.KIND)
    if done is not None:
        staged.first_look(request.by, request.actor, done.value[0])
        return _back(done.value[0])
    rows = selectors.uploads(request.actor, staged.KIND, request.GET.get("page"))
    told = {"form": form, "rows": rows, "listed": as_listed(rows, _state), "shaken": staged.shaken(rows)}
    return render(request, "web/payments/list.html", {**told, "address": "web:payment-list"})


@page("households.import", methods=BOTH)
def payment_list(request: Request, upload: int) -> HttpResponse:
    seen = staged.list_handed_in(request.actor, upload)
    policies = [(name, code.label.say(request.lang)) for name, code in book_of(()).policy_codes().items()]
    before = staged.decisions(request.by, seen) if staged.is_open(seen) else Decided()
    initial = {"policy": before.policy, "paid_on": before.paid_on}
    form = SettleForm(request.POST or None, lang=request.lang, policies=policies, initial=initial)

    def act(_: Mapping[str, Any]) -> bool:
        def decide(now: Decided) -> Decided:
            settled = {**now.settled, **_chosen(request, now)}
            settled.pop(_row(request.POST.get("reopen", "")), None)
            return Decided(form.decided("policy", now.policy), form.decided("paid_on", now.paid_on), settled)

        staged.settle(request.by, request.actor, upload, decide)
        return True

    if carried_out(request, form, act):
        return _back(upload)
    told: dict[str, Any] = {"seen": seen, "state": _state(seen), "form": form}
    booked = seen.said.get("act")
    told["undone"] = booked is not None and is_undone(booked)
    told["withdrawable"] = seen.state in OPEN
    if staged.is_open(seen):
        looked = staged.look_at(request.by, request.actor, seen)
        if looked.why is not None:
            told["state"] = OF_LISTS["refused"]
        elif booked is None and looked.plan is not None and not _is_done(seen, looked.plan):
            told["state"] = OF_LISTS["previewed"]
        told |= {"looked": looked, **(_shown(request, seen, looked.plan, dict(policies)) if looked.plan else {})}
    elif "figures" in seen.said:
        told["figures"] = figures_said(seen.said["figures"], request.lang)
        told["lost"] = staged.lost(request.by, request.actor, seen)
        told["shaken"] = not told["undone"] and bool(staged.shaken([seen]))
    return render(request, "web/payments/payment_list.html", told)


@page("households.import", methods=("POST",))
def book(request: Request, upload: int) -> HttpResponse:
    staged.list_handed_in(request.actor, upload)
    form = ApplyForm(request.POST, lang=request.lang)

    def act(given: Mapping[str, Any]) -> bool:
        staged.book(request.by, request.actor, upload, given["agreed"])
        return True

    if carried_out(request, form, act):
        return saved(request, reverse("web:payment-list", args=[upload]))
    for said in form.non_field_errors():
        messages.error(request, str(said))
    return _back(upload)


def _state(seen: Seen) -> Text:
    """Also of what could be read when it was handed in: its file is kept for a while only."""
    gone = seen.state in OPEN and "raw" not in seen.kept
    return OF_LISTS["refused" if gone else seen.state]


def _is_done(seen: Seen, plan: PayPlan) -> bool:
    """Whether it was booked, and all of it is still: of lines that had been booked with another list, what booked that may have been undone."""
    return seen.state == "applied" and plan.ready and not plan.of("booked")


def _shown(request: Request, seen: Seen, plan: PayPlan, labels: Mapping[str, str]) -> dict[str, Any]:
    """What the page shows of a plan."""
    opened = plan.of("open")
    decided = [line for line in plan.lines if line.outcome == "aside" or line.settled]
    return {
        "plan": plan,
        "figures": figures_said(plan.figures(), request.lang),
        "open": [_open(request, line, labels) for line in opened[:MOST_SHOWN]],
        "more": len(opened) - MOST_SHOWN,
        "decided": decided[:MOST_SHOWN],
        "agreed": ApplyForm(lang=request.lang, initial={"agreed": plan.digest})
        if plan.ready and not _is_done(seen, plan)
        else None,
    }


def _open(request: Request, line: PayLine, labels: Mapping[str, str]) -> Open:
    whose = [(str(each.person), candidate_said(each)) for each in line.offered]
    chosen, policy, why = (request.POST.get(f"{what}_{line.said.row}", "") for what in ("whose", "policy", "why"))
    return Open(line, whose, [(each, labels[each]) for each in line.policies], chosen, policy, why)


def _chosen(request: Request, before: Decided) -> dict[int, Settled]:
    """What was decided line by line, by row; a line left undecided is left out. A policy that was chosen before, and is not asked about again, stays."""
    found = {}
    for name, whose in request.POST.items():
        row = _row(name.removeprefix("whose_")) if name.startswith("whose_") else 0
        if row and (whose == ASIDE or re.fullmatch(r"[0-9]{1,18}", str(whose))):
            person = None if whose == ASIDE else int(str(whose))
            chosen = before.settled[row].policy if row in before.settled else ""
            why, policy, beside = (
                str(request.POST.get(f"{what}_{row}", otherwise))
                for what, otherwise in (("why", ""), ("policy", chosen), ("beside", ""))
            )
            found[row] = Settled(person, why[:LONGEST_REASON], policy, beside)
    return found


def _row(said: str) -> int:
    """The number of a row; 0 for what is none."""
    return int(said) if re.fullmatch(r"[0-9]{1,7}", said) else 0


def _back(upload: int) -> HttpResponse:
    return HttpResponseRedirect(reverse("web:payment-list", args=[upload]))

"""Papers printed on the desk: of one household at once; of a place as a list, or of each household in the background."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from bangfu.access.data import NotThere
from bangfu.access.policy import may_open
from bangfu.access.selectors import names_of, places_to_choose
from bangfu.access.services.throttle import attempt
from bangfu.assessment.selectors import last_run
from bangfu.documents import batches
from bangfu.documents.papers import Paper
from bangfu.documents.selectors import agreement, called, household_behind, issues
from bangfu.documents.services import Order, Printed, print_list, print_paper, printed_elsewhere
from bangfu.documents.tasks import print_batch
from bangfu.kernel.words import Text
from bangfu.registry.household_file import file
from bangfu.web.carried_out import carried_out, done_once
from bangfu.web.page import BOTH, page
from bangfu.web.papers.forms import PaperForm, PlacePaperForm
from bangfu.web.papers.sending import answered, machine, sent
from bangfu.web.request import Request, id_in

# What a paper says, by the portion of data that says it.
PORTIONS_SAID = {
    "household": Text("户的情况", "the household"),
    "members": Text("家庭成员", "members"),
    "policies": Text("政策", "policies"),
    "guarantees": Text("保障和标准", "guarantees and standards"),
    "statement": Text("明细账", "the income statement"),
    "ledger": Text("收支", "income and expense"),
    "receipts": Text("已享受政策", "receipts"),
    "contacts": Text("帮扶责任人", "helpers"),
    "questions": Text("待核实的事", "questions"),
    "possessions": Text("财产、生产、亲邻和需求", "possessions, production, kin and needs"),
    "health": Text("健康", "health"),
    "dossier": Text("档案袋", "the dossier"),
    "proofs": Text("收支的证明材料", "papers that bear out the ledger"),
    "register": Text("登记内容", "what is registered"),
}


@page("papers.print", methods=BOTH)
def household_papers(request: Request, household: int) -> HttpResponse:
    found = file(request.actor, household, request.actor.day, timezone.now(), ())
    with machine() as press:
        offered = [each for each in press.shelf.papers.values() if each.of == "household"]
        form = PaperForm(
            request.POST or None,
            lang=request.lang,
            today=request.actor.day,
            papers=offered,
            whole=may_open(request.actor, "households.reveal", found.place),
            assessed=_assessed(request),
            initial={"language": request.lang, "paper": request.GET.get("paper", "")},
        )

        def act(given: Mapping[str, Any]) -> Printed:
            by = replace(request.by, reason=given.get("reason", ""))
            return print_paper(by, request.actor, household, _order(given), press)

        printed = carried_out(request, form, act)
    if printed:
        return sent(printed.value)
    listed = issues(request.actor, household)
    asked = next((each.id for each in listed if str(each.id) == request.GET.get("check")), None)
    text = {
        "form": form,
        "household": household,
        "number": found.number,
        "name": found.head,
        "issues": [(each, _called(offered, each.kind)) for each in listed],
        "asked": asked,
        "changed": []
        if asked is None
        else [PORTIONS_SAID[each] for each in agreement(request.by, request.actor, asked)],
        "names": names_of(request.actor, [each.actor for each in listed]),
    }
    return render(request, "web/papers/household.html", text)


@page("papers.list", methods=BOTH)
def papers(request: Request) -> HttpResponse:
    with machine() as press:
        every = [each for each in press.shelf.papers.values() if each.permission in ("papers.list", "papers.print")]
        offered = [each for each in every if not printed_elsewhere(each)]
        # Lists first: they are what a place is asked for.
        form = PlacePaperForm(
            request.POST or None,
            lang=request.lang,
            today=request.actor.day,
            papers=sorted(offered, key=lambda each: each.of != "place"),
            places=places_to_choose(request.actor, "papers.list"),
            whole=may_open(request.actor, "households.reveal"),
            assessed=_assessed(request),
            initial={
                "language": request.lang,
                "paper": request.GET.get("paper", ""),
                "place": id_in(request, "place"),
            },
        )

        def act(given: Mapping[str, Any]) -> Printed | int:
            by, order = replace(request.by, reason=given.get("reason", "")), _order(given)
            if press.shelf.paper(order.kind).of == "place":
                return print_list(by, request.actor, given["place"], order, press)
            ordered: int = done_once(request, lambda: batches.order_batch(by, request.actor, given["place"], order))
            return ordered

        done = carried_out(request, form, act)
    if done and isinstance(done.value, Printed):
        return sent(done.value)
    if done and isinstance(done.value, int):
        where = HttpResponseRedirect(reverse("web:paper-batch", args=[done.value]))
        return where if request.sent_again else _under_way(request, done.value)
    ordered = [(each, _called(offered, each.kind)) for each in batches.batches(request.actor)]
    return render(request, "web/papers/list.html", {"form": form, "ordered": ordered})


@page("papers.list")
def batch(request: Request, batch: int) -> HttpResponse:
    row = batches.batch_row(request.actor, batch)
    with machine() as press:
        name = _called(list(press.shelf.papers.values()), row.kind)
    told = {
        "row": row,
        "name": name,
        "going": row.state in ("waiting", "going"),
        "to_fetch": batches.to_fetch(request.actor, batch),
        "unprinted": batches.unprinted_of(request.actor, batch),
    }
    return render(request, "web/papers/batch.html", told)


@page("papers.list", methods=("POST",))
def batch_stop(request: Request, batch: int) -> HttpResponse:
    batches.stop_batch(request.by, request.actor, batch)
    return HttpResponseRedirect(reverse("web:paper-batch", args=[batch]))


@page("papers.list", methods=("POST",))
def batch_resume(request: Request, batch: int) -> HttpResponse:
    batches.resume_batch(request.by, request.actor, batch)
    return _under_way(request, batch)


@page("papers.list")
def batch_file(request: Request, batch: int) -> HttpResponse:
    return answered(f"papers-{batch}.zip", batches.batch_file(request.by, request.actor, batch))


@page(public=True)
def door(request: Request, sign: str) -> HttpResponse:
    """Where a paper's code leads: to the household for who may see it, and for everybody else to whom to call."""
    told = called(sign, request.actor.day)
    if told is None:
        # Whoever tries signs is slowed down as one who guesses passwords; a sign that is right is never held up.
        attempt(request.by, f"door:{sign}")
        raise NotThere
    signed = request.signed is not None and not request.signed.code_due and not request.signed.password_due
    household = household_behind(request.actor, sign) if signed else None
    if household is not None:
        return HttpResponseRedirect(reverse("web:household", args=[household]))
    return render(request, "web/papers/door.html", {"told": told})


def _order(given: Mapping[str, Any]) -> Order:
    kind, _, format = given["paper"].rpartition(".")
    return Order(
        kind,
        given["day"],
        format,
        given["language"],
        given["year"],
        given.get("numbers", False),
        settings.ADDRESS + "/d/{}/",
    )


def _assessed(request: Request) -> date | None:
    """As of which day verdicts stand; None where there are none, or they are of a day to come."""
    run = last_run()
    return run.as_of if run is not None and run.as_of <= request.actor.day else None


def _called(offered: list[Paper], kind: str) -> Text:
    return next((each.label for each in offered if each.id == kind), Text(kind, kind))


def _under_way(request: Request, batch: int) -> HttpResponse:
    assert request.actor.account is not None
    print_batch.enqueue(batch, request.actor.account)
    return HttpResponseRedirect(reverse("web:paper-batch", args=[batch]))

"""Acts as a whole: procedures gone through, an act undone, an ID number revealed."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from bangfu.access.data import NotThere
from bangfu.audit.acts import acts
from bangfu.casework.services.sweeping import correct_and_follow
from bangfu.kernel.words import Text
from bangfu.registry import selectors
from bangfu.registry.services.acts import undo as undo_act
from bangfu.registry.services.households import reveal_id_number
from bangfu.registry.services.procedures import Event
from bangfu.web.carried_out import carried_out, saved, sent_again
from bangfu.web.forms import ReasonForm
from bangfu.web.households.answers import Heading, carried, done, file_of, form_page, led_back
from bangfu.web.households.parts import MEMBERS
from bangfu.web.households.procedures import PROCEDURES, Procedure, ProcedureForm
from bangfu.web.page import BOTH, page
from bangfu.web.request import Request


@page("households.keep", methods=BOTH)
def procedure(request: Request, household: int, name: str) -> HttpResponse:
    if name not in PROCEDURES:
        raise NotThere
    asked = PROCEDURES[name]
    if sent_again(request):
        return _after(request, asked, household)
    found = file_of(request, household)
    today = request.actor.day
    form = ProcedureForm(
        request.POST or None, procedure=asked, file=found, lang=request.lang, today=today, initial={"on": today}
    )

    def act(given: Mapping[str, Any]) -> int:
        relations = {which: form.relations(which) for which in asked.relations}
        event = Event(household, given["on"], given["source"])
        return asked.carry(request.by, request.actor, event, {**given, "relations": relations, "near": form.near})

    if carried(request, form, act):
        correct_and_follow(request.by, household)
        return _after(request, asked, household)
    return form_page(request, household, form, Heading(asked.title, found.called, asked.intro, part=MEMBERS.url))


def _after(request: Request, asked: Procedure, household: int) -> HttpResponse:
    return saved(request, reverse("web:households")) if asked.parts else led_back(request, household, MEMBERS.url)


@page("households.keep", methods=BOTH)
def act_undo(request: Request, household: int, act: int) -> HttpResponse:
    row = next((each for each in selectors.acts(request.actor, household) if each.id == act), None)
    if row is None:
        raise NotThere
    form = ReasonForm(request.POST or None, lang=request.lang)
    if carried(request, form, lambda given: undo_act(replace(request.by, reason=given["reason"]), request.actor, act)):
        return done(request, household)
    intro = Text(
        "这次登记的全部内容都不再算数，之前的内容恢复；撤销本身也留痕。",
        "Everything that this act recorded counts no more, and what was before comes back. The undoing is recorded too.",
    )
    called = selectors.whose(request.actor, household, "residence", household)
    return form_page(
        request,
        household,
        form,
        Heading(
            Text("撤销一次登记", "Undo an act"),
            about=f"{called} · {acts()[row.entry.act].say(request.lang)} #{act}",
            intro=intro,
            grave=True,
        ),
    )


@page("households.reveal", methods=BOTH)
def member_reveal(request: Request, household: int, person: int) -> HttpResponse:
    found = file_of(request, household)
    member = next((each for each in found.members if each.id == person), None)
    if member is None:
        raise NotThere
    form = ReasonForm(request.POST or None, lang=request.lang)
    told_number = carried_out(
        request,
        form,
        lambda given: reveal_id_number(replace(request.by, reason=given["reason"]), request.actor, person),
    )
    if told_number is None:
        return form_page(
            request, household, form, Heading(Text("查看证件号码", "Reveal the ID number"), about=member.name)
        )
    told = {
        "title": Text("证件号码", "ID number"),
        "intro": Text("本次查看已留痕。", "That you saw this is recorded."),
        "secrets": [told_number.value],
        "onward": reverse("web:household", args=[household]),
    }
    return render(request, "web/shown_once.html", told)

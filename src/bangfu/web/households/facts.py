"""Facts of a household, its members and belongings: recorded, and things added."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from django.http import HttpResponse

from bangfu.access.data import NotThere
from bangfu.kernel.words import Text
from bangfu.registry import selectors
from bangfu.registry.data import Known, NewFacts
from bangfu.registry.facts import Group, groups, things
from bangfu.registry.foreseen import facts_foreseen
from bangfu.registry.homes import Foreseen
from bangfu.registry.services.facts import inherited_by, record_facts
from bangfu.registry.services.households import add_thing
from bangfu.registry.values import Value
from bangfu.web.households.answers import Heading, carried, done, done_before, file_of, form_page
from bangfu.web.households.forms import CARRY, FactsForm, shown_in_form
from bangfu.web.households.overtaken import merged, number_of, overtaken, plain, say_refusal
from bangfu.web.households.parts import part_of
from bangfu.web.page import BOTH, page
from bangfu.web.request import Request


@page("households.keep", methods=BOTH)
def facts_change(request: Request, household: int, group: str, thing: int) -> HttpResponse:
    asked = request.GET.get("ask", "")
    part = "household" if asked or group not in groups() else part_of(group).url
    if again := done_before(request, household, part):
        return again
    now = selectors.known_on(request.actor, household, group, thing, request.actor.day)
    form = _form(request, household, now)
    held = _overtaken_by(request, household, now, form)
    if held is not None:
        form = _beside(request, form, held)

    def new(given: Mapping[str, Any]) -> NewFacts:
        return NewFacts(group, thing, given["facts"], given["valid_from"], None, given["carry"] == CARRY)

    def act(given: Mapping[str, Any]) -> object:
        # Nobody came between, as was just seen; should somebody come now, the service tells.
        on_day = selectors.known_on(request.actor, household, group, thing, given["valid_from"])
        facts = replace(new(given), base=on_day.version)
        if not given["carry"]:
            form.ask_carry(inherited_by(request.actor, household, facts))
        return record_facts(request.by, request.actor, household, facts, given["source"])

    def foresee(given: Mapping[str, Any], day: date) -> Foreseen:
        return facts_foreseen(request.by.ring, request.actor, household, new(given), day)

    if held is None and carried(request, form, act):
        return done(request, household, part)
    about = selectors.whose(request.actor, household, group, thing)
    judged = groups()[group].of in ("household", "person")
    heading = Heading(groups()[group].label, about, part=part)
    return form_page(request, household, form, heading, foresee=foresee if judged else None)


@page("households.keep", methods=BOTH)
def thing_add(request: Request, household: int, group: str) -> HttpResponse:
    found = file_of(request, household)
    if group not in groups() or not things()[groups()[group].of].several:
        raise NotThere
    form = FactsForm(
        request.POST or None,
        group=groups()[group],
        values={},
        lang=request.lang,
        today=request.actor.day,
        initial={"valid_from": request.actor.day, "version": 0},
    )

    def act(given: Mapping[str, Any]) -> object:
        facts = {name: value for name, value in given["facts"].items() if value is not None}
        return add_thing(
            request.by, request.actor, household, NewFacts(group, 0, facts, given["valid_from"]), given["source"]
        )

    part = part_of(group).url
    if carried(request, form, act):
        return done(request, household, part)
    return form_page(request, household, form, Heading(groups()[group].label, found.called, part=part))


def _form(request: Request, household: int, now: Known) -> FactsForm:
    """Of what is known now; or of what somebody opened and sent, beside what they had opened before where they were overtaken once."""
    group = groups()[now.group]
    who: dict[str, Any] = {"lang": request.lang, "today": request.actor.day}
    if request.method != "POST":
        first = {"valid_from": request.actor.day, "version": now.version}
        ask = request.GET.get("ask", "")
        return FactsForm(group=group, values=now.values, initial=first, ask=ask, **who)
    opened = _as(request, household, now, request.POST.get("version"))
    was = request.POST.get("was")
    both: dict[str, Any] = {}
    if was:
        before = _as(request, household, now, was)
        both = {"opened": _plain(group, before.values), "stored": _plain(group, opened.values)}
    return FactsForm(request.POST, group=group, values=opened.values, ask="", **who, **both)


def _overtaken_by(request: Request, household: int, now: Known, form: FactsForm) -> Known | None:
    """What somebody else recorded since the form was opened; None where nobody did, or it cannot be told yet."""
    if request.method != "POST" or not form.is_valid():
        return None
    held = selectors.known_on(request.actor, household, now.group, now.thing, form.cleaned_data["valid_from"])
    # A day further back has a version of its own, which nobody else need have touched.
    return None if form.cleaned_data["version"] in (held.version, now.version) else held


def _beside(request: Request, form: FactsForm, held: Known) -> FactsForm:
    """The same form over what is stored now, with what was opened and what was typed beside it."""
    group: Group = form.group
    opened, stored = _plain(group, form.known), _plain(group, held.values)
    data = merged(form, opened, stored, version=held.version, was=form.cleaned_data["version"] or "0")
    who: dict[str, Any] = {"lang": request.lang, "today": request.actor.day}
    made = FactsForm(data, group=group, values=held.values, opened=opened, stored=stored, **who)
    say_refusal(made, overtaken(Text(f"“{group.label.zh}”", group.label.en)), request.lang)
    return made


def _as(request: Request, household: int, now: Known, version: str | None) -> Known:
    return selectors.known_as(request.actor, household, now.group, now.thing, number_of(version))


def _plain(group: Group, values: Mapping[str, Value]) -> dict[str, Any]:
    return {name: plain(value) for name, value in shown_in_form(group, values).items()}

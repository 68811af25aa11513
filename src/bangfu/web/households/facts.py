"""Facts of a household, its members and belongings: recorded, and things added."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse

from bangfu.access.data import NotThere
from bangfu.registry.data import Known, NewFacts
from bangfu.registry.facts import groups
from bangfu.registry.services.facts import inherited_by, record_facts
from bangfu.registry.services.households import add_thing
from bangfu.web.households.answers import Heading, done, file_of, form_page
from bangfu.web.households.forms import CARRY, FactsForm
from bangfu.web.page import BOTH, carried_out, page
from bangfu.web.request import Request


@page("households.keep", methods=BOTH)
def facts_change(request: Request, household: int, group: str, thing: int) -> HttpResponse:
    known, about = _known(request, household, group, thing)
    form = FactsForm(
        request.POST or None,
        group=groups()[group],
        values=known.values,
        lang=request.lang,
        initial={"valid_from": request.actor.day, "version": known.version},
    )

    def act(given: Mapping[str, Any]) -> object:
        new = NewFacts(group, thing, given["facts"], given["valid_from"], given["version"], given["carry"] == CARRY)
        if not given["carry"]:
            form.ask_carry(inherited_by(request.actor, household, new))
        return record_facts(request.by, request.actor, household, new, given["source"])

    if carried_out(request, form, act):
        return done(request, household)
    return form_page(request, household, form, Heading(groups()[group].label, about=about))


@page("households.keep", methods=BOTH)
def thing_add(request: Request, household: int, group: str) -> HttpResponse:
    found = file_of(request, household)
    if group not in found.several:
        raise NotThere
    form = FactsForm(
        request.POST or None,
        group=groups()[group],
        values={},
        lang=request.lang,
        initial={"valid_from": request.actor.day, "version": 0},
    )

    def act(given: Mapping[str, Any]) -> object:
        facts = {name: value for name, value in given["facts"].items() if value is not None}
        return add_thing(
            request.by, request.actor, household, NewFacts(group, 0, facts, given["valid_from"]), given["source"]
        )

    if carried_out(request, form, act):
        return done(request, household)
    return form_page(request, household, form, Heading(groups()[group].label, about=found.number))


def _known(request: Request, household: int, group: str, thing: int) -> tuple[Known, str]:
    """What is known of a thing of the household today, and whose it is. Raises NotThere."""
    found = file_of(request, household)
    if group in found.facts and thing == household:
        return found.facts[group], found.number
    for member in found.members:
        if member.id == thing and group in member.facts:
            return member.facts[group], member.name or member.number
    for each in found.several.get(group, ()):
        if each.thing == thing:
            return each, found.number
    raise NotThere

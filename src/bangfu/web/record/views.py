"""Who did what to whom, when and why. That somebody looked is recorded too."""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render

from bangfu.access.data import Actor
from bangfu.access.selectors import Asked, entries, names_of, places_to_choose
from bangfu.audit.acts import acts
from bangfu.audit.data import Act, numbers_of
from bangfu.audit.services import record_read
from bangfu.audit.telling import in_order, things_in
from bangfu.kernel.words import Text
from bangfu.registry.selectors import entries_of, ever_members, household_of_number, numbers_told
from bangfu.web.page import page
from bangfu.web.record.forms import HOUSEHOLD, AskForm, named_whole, number_field
from bangfu.web.record.values import Told
from bangfu.web.request import Request
from bangfu.web.things import page_of, thing_said

A_PAGE = 50
WITH_MEMBERS = Text("{}及家庭成员", "{} and its members")
WITHIN = Text("{}（含下级）", "{} and what lies in it")


@page("record.read")
def record(request: Request) -> HttpResponse:
    actor = request.actor
    form = AskForm(
        request.GET,
        lang=request.lang,
        places=places_to_choose(actor, "record.read"),
        names=_names(actor, named_whole(request.GET).values()),
        household=partial(household_of_number, actor),
    )
    given: Mapping[str, Any] = form.cleaned_data if form.is_valid() else {}
    asked = Asked(**given, **_along(actor, given.get("subject", "")))
    shown = Paginator(entries(actor, asked), A_PAGE).get_page(request.GET.get("page"))
    # Before this look is recorded: it would push the last of them off the page.
    found = list(shown)
    asked_for = {name: value for name, value in given.items() if value}
    record_read(request.by, Act("audit.read", words={name: str(value) for name, value in asked_for.items()}))
    names = _names(actor, {thing for row in found for thing in _things(row)} | set(_asked_things(asked)))
    told = Told(names, request.lang)
    said = {
        "form": form,
        "rows": shown,
        "listed": [_row(row, told) for row in found],
        "names": names,
        "chips": list(_chips(request, asked_for, told)),
        "asked": _address(request, "page"),
    }
    return render(request, "web/record/list.html", said)


def _row(row: Any, told: Told) -> dict[str, Any]:
    return {
        "entry": row,
        "subject": thing_said(row.subject, told.names, told.lang) if row.subject else "",
        "page": page_of(row.subject, told.names),
        "text": [(word, told.said(word, value)) for word, value in in_order(_body(row))],
    }


def _body(row: Any) -> Mapping[str, Any]:
    """Empty where nothing was said, or what was said is erased."""
    text = getattr(row, "text", None)
    return {} if text is None else text.body


def _things(row: Any) -> Iterator[str]:
    yield row.actor
    yield row.subject
    yield from things_in(_body(row))


def _names(actor: Actor, things: Iterable[str]) -> dict[str, str]:
    """What the rooms call these things, each as far as the actor may see them."""
    told = set(things)
    return names_of(actor, told) | numbers_told(actor, told)


def _along(actor: Actor, subject: str) -> dict[str, Any]:
    """Of a household also what was done to its members, as a number shown, and to it among others, as a split of another."""
    of = numbers_of(HOUSEHOLD, [subject])
    return {
        "along": frozenset().union(*(ever_members(actor, each) for each in of)),
        "entries": frozenset().union(*(entries_of(actor, each) for each in of)),
    }


def _asked_things(asked: Asked) -> Iterator[str]:
    yield from (asked.actor, asked.subject)
    if asked.place is not None:
        yield f"place:{asked.place}"


def _chips(request: Request, asked: Mapping[str, Any], told: Told) -> Iterator[tuple[str, str]]:
    """What the record is narrowed to, in words, each with the address without it."""
    for name, value in asked.items():
        yield (
            f"{AskForm.labels[name].say(told.lang)} {_chip(name, value, told)}",
            _address(request, name, number_field(name), "page"),
        )


def _chip(name: str, value: Any, told: Told) -> str:
    match name:
        case "act":
            return acts()[value].say(told.lang)
        case "place":
            return WITHIN.say(told.lang).format(thing_said(f"place:{value}", told.names, told.lang, kind=False))
        case "actor" | "subject":
            said = thing_said(value, told.names, told.lang, kind=name == "subject")
            return WITH_MEMBERS.say(told.lang).format(said) if numbers_of(HOUSEHOLD, [value]) else said
    return str(value)


def _address(request: Request, *without: str) -> str:
    """What was asked for, for the links to other pages of the same, and to more than that."""
    asked = request.GET.copy()
    for name in without:
        asked.pop(name, None)
    return asked.urlencode()

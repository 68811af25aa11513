"""What the pages of a household share: its file, a group of facts as it is shown, a form and what comes after it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from bangfu.access.data import Denied, NotThere
from bangfu.assessment.preview import preview
from bangfu.casework.services.sweeping import correct_and_follow
from bangfu.engine.request import book_of
from bangfu.kernel.errors import DomainError
from bangfu.kernel.money import grouped_in
from bangfu.kernel.words import Lang, Text
from bangfu.registry import household_file
from bangfu.registry.data import Known
from bangfu.registry.facts import Field, groups
from bangfu.registry.homes import Foreseen
from bangfu.registry.household_file import File
from bangfu.registry.values import ERASED, Value, said
from bangfu.web.carried_out import Done, carried_out_once, saved, sent_again
from bangfu.web.request import Request

T = TypeVar("T")
# What a form's values would make of a household, as of a day.
Foresee = Callable[[Mapping[str, Any], date], Foreseen]
_NO_WORD = re.compile(r"[^a-z0-9]+")
# Said only where it is so.
UNLESS_SO = frozenset({"gone", "dissolved"})
# What an empty cell means where it means that there is no such day or matter: nothing that would have to be filled in.
NONE_SUCH = frozenset({"absent", "open"})


@dataclass(frozen=True, slots=True)
class Shown:
    """One group of facts as a page shows it: its label, and each fact with what is known of it ("" where it is not known)."""

    group: str
    label: Text
    thing: int
    rows: tuple[tuple[Text, str], ...]
    since: object

    @property
    def known(self) -> int:
        return sum(1 for _, value in self.rows if value)

    @property
    def unknown(self) -> tuple[Text, ...]:
        return tuple(label for label, value in self.rows if not value)


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands over and around a form. `grave`: what it does is not lightly done.

    `part`: the name of the address where one comes from and goes back to; `action`: where the form is sent, if not to where it came from.
    """

    title: Text
    about: str
    intro: Text | None = None
    grave: bool = False
    part: str = "household"
    action: str = ""
    template: str = "web/households/_form.html"


def file_of(request: Request, household: int) -> File:
    """Of the file as of today who belongs to the household and where it lives: what a form says it is of. Raises NotThere."""
    return household_file.file(request.actor, household, request.actor.day, timezone.now(), ())


def shown(known: Known, lang: Lang, places: Mapping[int, str]) -> Shown:
    group = groups()[known.group]
    rows = []
    for name, field in group.fields.items():
        value = known.values[name]
        if field.derived or field.type in ("household", "number") or (value is None and name in UNLESS_SO):
            continue
        if field.type == "place":
            rows.append((field.label, places.get(int(str(value)), "") if value is not None else ""))
        elif value is not None or field.empty not in NONE_SUCH or (known.erased and field.erased):
            rows.append((field.label, _said(field, known, value, lang)))
    return Shown(known.group, group.label, known.thing, tuple(rows), known.valid_from)


def _said(field: Field, known: Known, value: Value, lang: Lang) -> str:
    if value is None:
        return ERASED.say(lang) if known.erased and field.erased else ""
    unit = f" {field.unit.say(lang)}" if field.unit is not None else ""
    text = said(field, value, lang)
    return f"{grouped_in(text) if field.type == 'money' else text}{unit}"


def who_of(found: File, lang: Lang) -> dict[int, str]:
    """Who is who among the members and, of those who have left since, whom money of the file names."""
    whose = {line.person for line in found.ledger} | {receipt.person for receipt in found.receipts}
    return dict(named_by(found, lang, *whose))


def named_members(found: File) -> list[tuple[int, str]]:
    return [(each.id, each.name or each.number) for each in found.members]


def named_by(found: File, lang: Lang, *persons: int | None) -> list[tuple[int, str]]:
    """The same, and those who have left since whom money of the household names: what is corrected of it stays theirs unless somebody says otherwise."""
    members = named_members(found)
    left = {each for each in persons if each is not None} - {each for each, _ in members}
    return [*members, *((each, said.say(lang)) for each, said in household_file.named_as_left(left).items())]


def policy_labels(lang: Lang) -> dict[str, str]:
    return {name: code.label.say(lang) for name, code in book_of(()).policy_codes().items()}


def carried(request: Request, form: forms.Form, act: Callable[[Mapping[str, Any]], T]) -> Done[T] | None:
    """As `carried_out`; nothing is done where somebody only wants to see what would come of it, and nothing twice of a form that is sent twice."""
    return None if previews(request) else carried_out_once(request, form, act)


def previews(request: Request) -> bool:
    return request.method == "POST" and "preview" in request.POST


def done(request: Request, household: int, part: str = "household") -> HttpResponse:
    # After the act, which stands whatever becomes of this.
    correct_and_follow(request.by, household)
    return led_back(request, household, part)


def done_before(request: Request, household: int, part: str = "household") -> HttpResponse | None:
    """What a second click on a form is answered that was done by the first: as that one, and not that somebody else was faster, or that nothing is there."""
    return led_back(request, household, part) if sent_again(request) else None


def led_back(request: Request, household: int, part: str) -> HttpResponse:
    """To the part of a household's page from which a form was opened, told that it was saved."""
    onward = saved(request, reverse(f"web:{part}", args=[household]))
    if not in_place(request):
        return onward
    # The page that the form was opened in shows the change, and the verdicts made anew.
    return HttpResponse(status=204, headers={"HX-Refresh": "true"})


def in_place(request: Request) -> bool:
    """Whether a piece of a page is asked for, to be put into the page that is open."""
    return "HX-Request" in request.headers and "HX-Boosted" not in request.headers


def form_page(
    request: Request,
    household: int | None,
    form: forms.Form,
    heading: Heading,
    *,
    foresee: Foresee | None = None,
    **more: object,
) -> HttpResponse:
    """A page with a form, from which one can go back to the household (None: to the list); or the form alone, to be opened in a page.

    With `foresee` what would come of it is shown beside it, when asked for.
    """
    sent_to = heading.action or request.get_full_path()
    form.auto_id = f"{_NO_WORD.sub('-', sent_to).strip('-')}_%s" if in_place(request) else "id_%s"
    told = {
        "form": form,
        "title": heading.title,
        "submit": Text("确定", "Do it") if heading.grave else Text("保存", "Save"),
        "about": heading.about,
        "intro": heading.intro,
        "grave": heading.grave,
        "back": reverse("web:households") if household is None else reverse(f"web:{heading.part}", args=[household]),
        "action": sent_to,
        "in_place": in_place(request),
        "slot": _NO_WORD.sub("-", request.path).strip("-"),
        "foresees": foresee is not None,
        "form_template": heading.template,
        **more,
    }
    if household is not None and foresee is not None and previews(request):
        told |= _previewed(request, household, form, foresee)
        if in_place(request) and request.headers.get("HX-Target", "").startswith("preview"):
            return render(request, "web/households/_preview.html", told)
    return render(request, heading.template if in_place(request) else "web/households/form.html", told)


def _previewed(request: Request, household: int, form: forms.Form, foresee: Foresee) -> dict[str, Any]:
    """What would come of it, or why that cannot be told; and who is who."""
    if "reason" in form.fields:
        # Why it is done is asked once it is done.
        form.fields["reason"].required = False
    if not form.is_valid():
        return {"asked": True, "wrong": True}
    try:
        seen = preview(request.actor, household, lambda day: foresee(form.cleaned_data, day), request.lang)
    except (Denied, NotThere):
        raise
    except DomainError as refusal:
        return {"asked": True, "refusal": refusal.say(request.lang)}
    found = file_of(request, household)
    return {"asked": True, "preview": seen, "who": {each.number: each.name or each.number for each in found.members}}

"""What the pages of a household share: its file, a group of facts as it is shown, a form and what comes after it."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from bangfu.assessment.services.corrections import correct_after
from bangfu.engine.request import book_of
from bangfu.kernel.words import Lang, Text
from bangfu.registry import selectors
from bangfu.registry.data import Known
from bangfu.registry.facts import Field, groups
from bangfu.registry.selectors import File
from bangfu.registry.values import ERASED, Value, said
from bangfu.web.page import saved
from bangfu.web.request import Request

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
    """What stands over a form. `grave`: what it does is not lightly done."""

    title: Text
    about: str
    intro: Text | None = None
    grave: bool = False


def file_of(request: Request, household: int) -> File:
    """The file as of today. Raises NotThere."""
    return selectors.file(request.actor, household, request.actor.day, timezone.now())


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
    return f"{said(field, value, lang)}{unit}"


def name_of(found: File, person: int | None) -> str:
    """The name of a member; "" for the household's own."""
    return next((each.name for each in found.members if each.id == person), "")


def named_members(found: File) -> list[tuple[int, str]]:
    return [(each.id, each.name or each.number) for each in found.members]


def policy_labels(lang: Lang) -> dict[str, str]:
    return {name: code.label.say(lang) for name, code in book_of(()).policy_codes().items()}


def done(request: Request, household: int) -> HttpResponse:
    # After the act, which stands whatever becomes of this.
    correct_after(household, request.by.at)
    return saved(request, reverse("web:household", args=[household]))


def form_page(request: Request, household: int | None, form: object, heading: Heading) -> HttpResponse:
    """A page with a form, from which one can go back to the household (None: to the list)."""
    told = {
        "form": form,
        "title": heading.title,
        "submit": Text("确定", "Do it") if heading.grave else Text("保存", "Save"),
        "about": heading.about,
        "intro": heading.intro,
        "grave": heading.grave,
        "back": reverse("web:households") if household is None else reverse("web:household", args=[household]),
    }
    return render(request, "web/form.html", told)

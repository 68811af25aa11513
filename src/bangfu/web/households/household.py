"""A household's file as of a day, a page for each of its parts under one head."""

from collections.abc import Callable, Collection
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode

from bangfu.access.policy import may, may_open
from bangfu.access.selectors import names_of
from bangfu.assessment import household as assessment
from bangfu.assessment.household import Glance
from bangfu.kernel.schema import schema
from bangfu.places.selectors import places_named
from bangfu.registry import helping, household_file, selectors
from bangfu.registry.facts import groups, label_of
from bangfu.registry.household_file import File, Member, NotYetThere
from bangfu.registry.services.households import record_look
from bangfu.web.households import parts
from bangfu.web.households.answers import policy_labels, shown, who_of
from bangfu.web.households.bar import WIDTH, bar_of
from bangfu.web.households.forms import AsOfForm
from bangfu.web.households.parts import HEAD, PARTS, Part
from bangfu.web.households.procedures import PROCEDURE_GROUPS, PROCEDURES
from bangfu.web.households.statement import statement_of, years_of
from bangfu.web.households.verdicts import asked_of, guarantees_of, policies_of
from bangfu.web.page import page
from bangfu.web.request import Request
from bangfu.web.runs.views import causes_said

# The last so many acts are shown at once, those before them folded.
ACTS = 8
SHARED = ("residence", "registration", "daily_life", "housing", "land")
Told = Callable[[Request, File, Glance | None], dict[str, Any]]


@page("households.see")
def overview(request: Request, household: int) -> HttpResponse:
    def told(request: Request, found: File, seen: Glance | None) -> dict[str, Any]:
        explained = assessment.explained(request.actor, household, request.lang) if seen is not None else None
        return {
            "bar": bar_of(seen) if seen is not None else None,
            "bar_width": WIDTH,
            "questions": asked_of(explained, found) if explained else (),
            "findings": [
                (
                    schema().label("severity", row["severity"], request.lang),
                    _who(found, row["person_id"]),
                    row["message"],
                )
                for row in (explained.told.findings if explained else ())
            ],
        }

    return _shown(request, household, parts.OVERVIEW, told)


@page("households.see")
def members(request: Request, household: int) -> HttpResponse:
    def told(request: Request, found: File, seen: Glance | None) -> dict[str, Any]:
        lang = request.lang
        listed = [
            (
                each,
                _label("identity", "sex", each, request),
                _label("membership", "relation", each, request),
                [shown(each.facts[name], lang, {}) for name in each.facts if name not in ("membership", "papers")],
                shown(each.facts["papers"], lang, {}),
            )
            for each in found.members
        ]
        return {
            "members": listed,
            "numbers": household_file.masked_numbers(request.by.ring, found.members),
            "reveals": may_open(request.actor, "households.reveal", found.place),
            "procedures": [
                (label, [(name, PROCEDURES[name].title) for name in group]) for label, group in PROCEDURE_GROUPS
            ],
            **_several(request, found, ("kin", "phone")),
        }

    return _shown(request, household, parts.MEMBERS, told)


@page("households.see")
def income(request: Request, household: int) -> HttpResponse:
    def told(request: Request, found: File, seen: Glance | None) -> dict[str, Any]:
        return {
            "years": years_of(found, request.lang),
            "statement": statement_of(seen, request.lang) if seen is not None else (),
            "to_enter": request.actor.day.year,
        }

    return _shown(request, household, parts.INCOME, told)


@page("households.see")
def guarantees(request: Request, household: int) -> HttpResponse:
    def told(request: Request, found: File, seen: Glance | None) -> dict[str, Any]:
        explained = assessment.explained(request.actor, household, request.lang) if seen is not None else None
        return {"told": guarantees_of(explained, found) if explained else ()}

    return _shown(request, household, parts.GUARANTEES, told)


@page("households.see")
def policies(request: Request, household: int) -> HttpResponse:
    def told(request: Request, found: File, seen: Glance | None) -> dict[str, Any]:
        explained = assessment.explained(request.actor, household, request.lang) if seen is not None else None
        labels = policy_labels(request.lang)
        names = who_of(found, request.lang)
        return {
            "told": policies_of(explained, found, request.lang) if explained else None,
            "receipts": [
                (row, labels.get(row.policy, row.policy), names.get(row.person or 0, "")) for row in found.receipts
            ],
        }

    return _shown(request, household, parts.POLICIES, told)


@page("households.see")
def needs(request: Request, household: int) -> HttpResponse:
    return _shown(request, household, parts.NEEDS, lambda request, found, seen: _several(request, found, ("need",)))


@page("households.see")
def living(request: Request, household: int) -> HttpResponse:
    def told(request: Request, found: File, seen: Glance | None) -> dict[str, Any]:
        names = places_named([found.place] if found.place else [])
        return {
            "groups": [shown(found.facts[name], request.lang, names) for name in SHARED],
            **_several(request, found, ("asset", "production")),
        }

    return _shown(request, household, parts.LIVING, told)


@page("households.see")
def history(request: Request, household: int) -> HttpResponse:
    def told(request: Request, found: File, seen: Glance | None) -> dict[str, Any]:
        acts = selectors.acts(request.actor, household)
        changes = assessment.changes(request.actor, household, request.lang)
        return {
            "acts": (acts[:ACTS], acts[ACTS:]),
            "names": names_of(request.actor, [act.entry.actor for act in acts]),
            "changes": [(row, causes_said(row.causes, request.lang)) for row in changes],
        }

    return _shown(request, household, parts.HISTORY, told)


def _shown(request: Request, household: int, part: Part, told: Told) -> HttpResponse:
    """One part under the head, as of the day and as known at the moment asked for."""
    given = {name: request.GET[name] for name in ("day", "known") if request.GET.get(name)}
    form = AsOfForm(given or None, lang=request.lang, today=request.actor.day)
    found = file_asked(request, household, form, (*HEAD, *part.reads))
    record_look(request.by, request.actor, household)
    seen = assessment.glance(request.actor, household)
    text = {
        **head_of(request, found, seen, part),
        "form": form,
        "known_at": form.cleaned_data.get("known") if form.is_valid() else None,
        "query": f"?{urlencode(given)}" if form.is_valid() else "",
        **told(request, found, seen),
    }
    return render(request, f"web/households/{part.url.removeprefix('household-')}.html", text)


def file_asked(request: Request, household: int, form: AsOfForm, only: Collection[str]) -> File:
    """The file as of the day and as known at the moment that a form asks for.

    Where there is none the form says so at its field, and the file is that of now: the page stays the one that somebody was on.
    """
    asked = form.cleaned_data if form.is_valid() else {}
    now = request.actor.day, timezone.now()
    try:
        day, known_at = asked.get("day") or now[0], asked.get("known") or now[1]
        return household_file.file(request.actor, household, day, known_at, only)
    except NotYetThere as refusal:
        if not asked.get(refusal.field):
            raise
        form.add_error(refusal.field, refusal.say(request.lang))
        return household_file.file(request.actor, household, *now, only)


def head_of(request: Request, found: File, seen: Glance | None, part: Part) -> dict[str, Any]:
    """What stands over every part of a household's file."""
    place = found.facts["residence"].values["place"]
    names = places_named([int(str(place))] if place else [])
    registration = found.facts["registration"].values
    codes = schema()
    return {
        "file": found,
        "seen": seen,
        "part": part,
        "parts": PARTS,
        "name": found.head,
        "place_name": next(iter(names.values()), ""),
        "present": sum(1 for each in found.members if each.present),
        "status": codes.label("status", str(registration["status"]), request.lang) if registration["status"] else "",
        "category": (
            codes.label("category", str(registration["category"]), request.lang) if registration["category"] else ""
        ),
        "phones": [(each.values["number"], each.values["whose"] or "") for each in found.several["phone"]],
        "helpers": helping.assignments(request.actor, found.id),
        "day": request.actor.day,
        "keeps": bool(may(request.actor, "households.keep", found.place)),
        "assigns": bool(may(request.actor, "households.assign", found.place)),
        "prints": bool(may(request.actor, "papers.print")),
    }


def _several(request: Request, found: File, kinds: tuple[str, ...]) -> dict[str, Any]:
    return {
        "several": [
            (groups()[kind].label, kind, [shown(each, request.lang, {}) for each in found.several[kind]])
            for kind in kinds
        ]
    }


def _who(found: File, number: str | None) -> str:
    """A member of the file by their number."""
    return next((each.name or each.number for each in found.members if each.number == number), "")


def _label(group: str, name: str, member: Member, request: Request) -> str:
    value = member.facts[group].values[name]
    return "" if value is None else label_of(groups()[group].fields[name], str(value), request.lang)

"""A household's file as of a day."""

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from bangfu.access.policy import may
from bangfu.access.selectors import names_of
from bangfu.assessment.selectors import assessed
from bangfu.kernel.money import yuan_from_fen
from bangfu.kernel.schema import schema
from bangfu.kernel.words import Lang, Text
from bangfu.places.selectors import places_named
from bangfu.registry import selectors
from bangfu.registry.facts import groups, label_of
from bangfu.registry.selectors import File, LineRow, Member
from bangfu.registry.services.households import record_look
from bangfu.web.households.answers import name_of, policy_labels, shown
from bangfu.web.households.forms import AsOfForm
from bangfu.web.households.procedures import PROCEDURE_GROUPS, PROCEDURES
from bangfu.web.page import page
from bangfu.web.request import Request
from bangfu.web.runs.views import causes_said

# Where the page leads within itself, from top to bottom.
PARTS = (
    ("assessment", Text("评估", "Assessment")),
    ("members", Text("家庭成员", "Members")),
    ("facts", Text("户情况", "Living conditions")),
    ("ledger", Text("收支", "Income and expense")),
    ("receipts", Text("已享受政策", "Receipts")),
    ("several", Text("牲畜、亲邻、需求等", "Belongings, kin, needs")),
    ("helpers", Text("结对帮扶", "Helpers")),
    ("acts", Text("历次登记", "History")),
)
# The last so many acts are shown at once, those before them folded.
ACTS = 8
SHARED = ("residence", "registration", "daily_life", "housing", "land")


@dataclass(frozen=True, slots=True)
class YearShown:
    """A year of the ledger, its lines by the contract's groups with their sums, in fen."""

    year: int
    settled: object
    groups: tuple[tuple[Text, int, tuple[tuple[LineRow, str], ...]], ...]


@page("households.see")
def household(request: Request, household: int) -> HttpResponse:
    form = AsOfForm(request.GET if request.GET.get("day") or request.GET.get("known") else None, lang=request.lang)
    asked = form.cleaned_data if form.is_valid() else {}
    day, known_at = asked.get("day") or request.actor.day, asked.get("known")
    found = selectors.file(request.actor, household, day, known_at or timezone.now())
    record_look(request.by, request.actor, household)
    lang = request.lang
    names = places_named([found.place] if found.place else [])
    members = [
        (
            each,
            _label("identity", "sex", each, lang),
            _label("membership", "relation", each, lang),
            [shown(each.facts[name], lang, {}) for name in each.facts if name not in ("membership", "papers")],
        )
        for each in found.members
    ]
    history = selectors.acts(request.actor, household)
    text = {
        **_assessed(request, found),
        "file": found,
        "form": form,
        "known_at": known_at,
        "name": next((each.name for each in found.members if each.relation == "head"), ""),
        "groups": [shown(found.facts[name], lang, names) for name in SHARED],
        "members": members,
        "numbers": selectors.masked_numbers(request.by.ring, found.members),
        "several": [
            (groups()[kind].label, kind, [shown(each, lang, {}) for each in found.several[kind]])
            for kind in found.several
        ],
        "years": _years(found, lang),
        "receipts": [
            (row, policy_labels(lang).get(row.policy, row.policy), name_of(found, row.person)) for row in found.receipts
        ],
        "helpers": selectors.assignments(request.actor, household),
        "acts": (history[:ACTS], history[ACTS:]),
        "names": names_of(request.actor, [act.entry for act in history]),
        "keeps": bool(may(request.actor, "households.keep", found.place)),
        "assigns": bool(may(request.actor, "households.assign", found.place)),
        "prints": bool(may(request.actor, "papers.print")),
        "reveals": bool(
            may(replace(request.actor, second_factor=True, confirmed=True), "households.reveal", found.place)
        ),
        "procedures": [
            (label, [(name, PROCEDURES[name].title) for name in group]) for label, group in PROCEDURE_GROUPS
        ],
        "parts": PARTS,
        "place_name": names.get(found.place or 0, ""),
    }
    return render(request, "web/households/household.html", text)


def _assessed(request: Request, found: File) -> dict[str, Any]:
    """What stands of the household, as the page shows it."""
    lang = request.lang
    stands = assessed(request.actor, found.id, lang)
    if stands is None:
        return {"assessed": None}
    numbers = {member.number: member.name or member.number for member in found.members}
    rows = [(row, name_of(found, row.person)) for row in stands.policies]
    return {
        "assessed": stands,
        "line": yuan_from_fen(stands.figures["poverty_line"], grouped=True),
        "policies": ([row for row in rows if row[0].is_open], [row for row in rows if not row[0].is_open]),
        "others": sum(1 for row, _ in rows if not row.is_open),
        "questions": [(numbers.get(each.person_id, ""), each) for each in stands.questions],
        "findings": [
            (schema().label("severity", severity, lang), name_of(found, person), message)
            for severity, person, message in stands.findings
        ],
        "changes": [(row, causes_said(row.causes, lang)) for row in stands.changes],
    }


def _years(found: File, lang: Lang) -> list[YearShown]:
    by_year: dict[int, dict[str, list[LineRow]]] = defaultdict(lambda: defaultdict(list))
    contract = schema()
    for line in found.ledger:
        by_year[line.year][contract.codes["item"][line.item].group].append(line)
    return [
        YearShown(
            year,
            found.settled.get(year),
            tuple(
                (
                    text,
                    sum(line.amount for line in lines[name]),
                    tuple((line, _line(found, line, lang)) for line in lines[name]),
                )
                for name, text in contract.item_groups.items()
                if name in lines
            ),
        )
        for year, lines in sorted(by_year.items(), reverse=True)
    ]


def _line(found: File, line: LineRow, lang: Lang) -> str:
    parts = (schema().label("item", line.item, lang), name_of(found, line.person), line.note)
    return " · ".join(part for part in parts if part)


def _label(group: str, name: str, member: Member, lang: Lang) -> str:
    value = member.facts[group].values[name]
    return "" if value is None else label_of(groups()[group].fields[name], str(value), lang)

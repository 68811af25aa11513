"""A household's dossier: which papers it has and lacks, scans added and given out, papers compared and taken out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header, urlencode

from bangfu.assessment.household import glance
from bangfu.casework.services.sweeping import follow_after
from bangfu.engine.request import book_of
from bangfu.files.scans import ENDINGS, Media
from bangfu.kernel.words import Lang, Text
from bangfu.registry import dossiers
from bangfu.registry.dossiers import Dossier, Item, label_of
from bangfu.registry.household_file import File
from bangfu.registry.services.dossiers import NewPaper, add_paper, check_paper, open_scans, withdraw_paper
from bangfu.web.carried_out import carried_out, done_once, saved
from bangfu.web.forms import ReasonForm
from bangfu.web.households.answers import Heading, carried, file_of
from bangfu.web.households.forms import AsOfForm, CheckForm, PaperForm
from bangfu.web.households.household import file_asked, head_of
from bangfu.web.households.parts import DOSSIER, HEAD
from bangfu.web.page import BOTH, page
from bangfu.web.request import Request


@dataclass(frozen=True, slots=True)
class ItemShown:
    """An item with its words: the kind's label, whose it is ("" for the household's), and what to add it with."""

    item: Item
    label: str
    who: str
    query: str


@page("households.see")
def dossier(request: Request, household: int) -> HttpResponse:
    form = AsOfForm(request.GET if request.GET.get("day") else None, lang=request.lang, today=request.actor.day)
    file = file_asked(request, household, form, HEAD)
    found = dossiers.dossier(request.actor, household, file.day, file.known_at, request.lang)
    shown = {id(item): _shown(item, file, request.lang) for item in found.items}
    told = {
        **head_of(request, file, glance(request.actor, household), DOSSIER),
        "form": form,
        "found": found,
        "figures": [
            (Text("全", "Complete"), Text("必须有的资料都在", "Every required paper is there"), found.complete),
            (Text("整", "Whole"), Text("页数齐全、都在有效期内", "No page missing, none expired"), found.whole),
            (Text("准", "Right"), Text("都经他人核对，准确", "Each was compared by somebody else"), found.right),
        ],
        "missing": [shown[id(item)] for item in found.missing],
        "unknown": [shown[id(item)] for item in found.unknown],
        "groups": _groups(found, shown),
    }
    return render(request, "web/households/dossier.html", told)


@page("households.keep", methods=BOTH)
def paper_add(request: Request, household: int) -> HttpResponse:
    file = file_of(request, household)
    form = PaperForm(
        request.POST or None,
        request.FILES or None,
        lang=request.lang,
        members=[(each.id, each.name or each.number) for each in file.members],
        kinds=_kinds(request.lang),
        initial={
            "kept_from": request.actor.day,
            "kind": request.GET.get("kind", ""),
            "person": request.GET.get("person", ""),
        },
    )

    def act(given: Mapping[str, Any]) -> int:
        said = {name: value for name, value in given.items() if name != "scans"}
        scans = given["scans"]
        paper = NewPaper(files=[each.read() for each in scans], names=[each.name for each in scans], **said)
        opened = open_scans(request.by, request.actor, household, paper)
        made: int = done_once(request, lambda: add_paper(request.by, request.actor, household, paper, opened=opened))
        return made

    if carried_out(request, form, act):
        return _done(request, household)
    title = Text("存入档案资料", "Add a paper to the dossier")
    return _form(request, household, form, Heading(title, file.called))


@page("households.keep", methods=BOTH)
def paper_check(request: Request, household: int, paper: int) -> HttpResponse:
    found = dossiers.paper_of(request.actor, household, paper)
    form = CheckForm(request.POST or None, lang=request.lang)

    def act(given: Mapping[str, Any]) -> int:
        return check_paper(request.by, request.actor, paper, right=given["result"] == "right", why=given["why"])

    if carried(request, form, act):
        return _done(request, household)
    title = Text("核对档案资料", "Check a paper")
    return _form(request, household, form, Heading(title, label_of(found.kind).say(request.lang)))


@page("households.keep", methods=BOTH)
def paper_withdraw(request: Request, household: int, paper: int) -> HttpResponse:
    found = dossiers.paper_of(request.actor, household, paper)
    form = ReasonForm(request.POST or None, lang=request.lang)
    if carried(request, form, lambda given: withdraw_paper(request.by, request.actor, paper, given["reason"])):
        return _done(request, household)
    title = Text("撤下档案资料", "Take a paper out")
    about = label_of(found.kind).say(request.lang)
    return _form(request, household, form, Heading(title, about, grave=True))


@page("households.see")
def scan(request: Request, household: int, file: int) -> HttpResponse:
    """Given to be saved and never to be shown in the browser: what it holds comes from outside."""
    found, opened = dossiers.open_scan(request.by, request.actor, household, file)
    with opened:
        answer = HttpResponse(opened.read(), content_type=found.media)
    label = label_of(found.evidence.kind).say(request.lang)
    name = f"{label}-{found.evidence_id}-{found.position}.{ENDINGS[cast(Media, found.media)]}"
    answer["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    return answer


def _shown(item: Item, file: File, lang: Lang) -> ItemShown:
    who = next((each.name or each.number for each in file.members if each.id == item.person), "")
    query = urlencode({"kind": item.kind, "person": item.person or ""})
    return ItemShown(item, label_of(item.kind).say(lang), who, query)


def _groups(found: Dossier, shown: Mapping[int, ItemShown]) -> list[tuple[Text, list[ItemShown]]]:
    """What there is, by group; papers of a kind that the rulebook has no more stand last."""
    book = book_of(())
    by_group: dict[str, list[ItemShown]] = {group: [] for group in (*book.evidence_groups, "")}
    for item in found.items:
        if item.papers:
            by_group[book.evidence[item.kind].group if item.kind in book.evidence else ""].append(shown[id(item)])
    labels = {**book.evidence_groups, "": Text("其他", "Others")}
    return [(labels[group], items) for group, items in by_group.items() if items]


def _kinds(lang: Lang) -> list[tuple[str, list[tuple[str, str]]]]:
    book = book_of(())
    return [
        (label.say(lang), [(kind.id, kind.label.say(lang)) for kind in book.evidence.values() if kind.group == group])
        for group, label in book.evidence_groups.items()
    ]


def _done(request: Request, household: int) -> HttpResponse:
    follow_after(request.by, household)
    return saved(request, reverse("web:dossier", args=[household]))


def _form(request: Request, household: int, form: object, heading: Heading) -> HttpResponse:
    told = {
        "form": form,
        "title": heading.title,
        "about": heading.about,
        "submit": Text("确定", "Do it") if heading.grave else Text("保存", "Save"),
        "grave": heading.grave,
        "back": reverse("web:dossier", args=[household]),
        "once": True,
    }
    return render(request, "web/form.html", told)

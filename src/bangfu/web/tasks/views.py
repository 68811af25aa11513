"""Tasks: lists that can be cut six ways, one with its history, and the steps that people take. Nothing closes from a list."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from bangfu.access.data import NotThere
from bangfu.access.policy import may_open
from bangfu.access.selectors import names_of, places_to_choose
from bangfu.audit.acts import acts as acts_named
from bangfu.casework import selectors
from bangfu.casework.printed import MOST, OF_ONE, about_said, print_tasks
from bangfu.casework.selectors import CUTS, TaskPage, Wanted
from bangfu.casework.services import tasks as services
from bangfu.casework.services.tasks import Grounds
from bangfu.casework.states import MOVES, PROOFS, Proof, What
from bangfu.kernel.words import Text
from bangfu.places.selectors import places_named
from bangfu.registry.dossiers import Item, dossier, label_of
from bangfu.registry.household_file import person_names
from bangfu.registry.selectors import acts
from bangfu.web.carried_out import carried_out, saved
from bangfu.web.forms import Sure, WordedForm
from bangfu.web.page import BOTH, page
from bangfu.web.papers.sending import machine, sent
from bangfu.web.request import Request, id_in, id_said
from bangfu.web.tasks.forms import AssignForm, FilterForm, GroundsForm, PostponeForm, ReasonForm

# So many of a household's acts are offered as grounds, the latest first.
OFFERED = 15
Given = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Act:
    """A step as a page offers it: its form, what is done, and its words."""

    what: What
    title: Text
    button: Text
    form: type[ReasonForm]
    do: Callable[[Request, int, Given], None]
    intro: Text | None = None


def _confirm(request: Request, task: int, given: Given) -> None:
    by = replace(request.by, reason=given["reason"])
    services.confirm(by, request.actor, task, given["seen"], verdict=given["verdict"])


def _clear(request: Request, task: int, given: Given) -> None:
    by = replace(request.by, reason=given["reason"])
    services.clear(by, request.actor, task, given["seen"], _grounds(given["ground"]), verdict=given["verdict"])


def _finish(request: Request, task: int, given: Given) -> None:
    by = replace(request.by, reason=given["reason"])
    services.finish(by, request.actor, task, given["seen"], _grounds(given["ground"]), verdict=given["verdict"])


def _reopen(request: Request, task: int, given: Given) -> None:
    services.reopen(replace(request.by, reason=given["reason"]), request.actor, task, given["seen"])


def _postpone(request: Request, task: int, given: Given) -> None:
    by = replace(request.by, reason=given["reason"])
    services.postpone(by, request.actor, task, given["seen"], given["due_on"])


ACTS = {
    act.what.value: act
    for act in (
        Act(
            What.CONFIRM,
            Text("确认有误", "Confirm the error"),
            Text("确认有误", "Confirm"),
            ReasonForm,
            _confirm,
            Text(
                "机器提出的只是疑点；确认后才算差错，须整改到位。",
                "What the assessment found is a question. Once you confirm it, it counts as an error, to be put right.",
            ),
        ),
        Act(What.CLEAR, Text("核实无误", "No error"), Text("核实无误", "No error"), GroundsForm, _clear),
        Act(What.FINISH, Text("整改办结", "Put right"), Text("办结", "Put right"), GroundsForm, _finish),
        Act(What.REOPEN, Text("重新打开", "Open again"), Text("重新打开", "Open again"), ReasonForm, _reopen),
        Act(What.POSTPONE, Text("调整期限", "Move the deadline"), Text("保存", "Save"), PostponeForm, _postpone),
    )
}


@page("tasks.see")
def tasks(request: Request) -> HttpResponse:
    owners = selectors.owners(request.actor)
    form = _filter(request, owners)
    wanted = _wanted(form)
    found = selectors.tasks(request.actor, wanted, request.GET.get("page"))
    told = {
        "form": form,
        "rows": found.page,
        "totals": found,
        "listed": selectors.MOST,
        "narrowed_to": _narrowed_to(wanted),
        "asked": _asked(request),
        "prints": may_open(request.actor, "papers.list"),
        "most": MOST,
        # The filter has a field of the same name.
        "assign": AssignForm(lang=request.lang, owners=owners, auto_id="give_%s")
        if may_open(request.actor, "tasks.assign")
        else None,
        "cuts": _cuts(),
        **_neighbours(request),
    }
    return render(request, "web/tasks/list.html", told)


@page("papers.list", methods=("POST",))
def tasks_workbook(request: Request) -> HttpResponse:
    """The list of the address as a workbook; refused, the list says why."""
    wanted = _wanted(_filter(request, selectors.owners(request.actor)))
    form = Sure(request.POST, lang=request.lang)
    with machine() as press:
        made = carried_out(request, form, lambda _: print_tasks(request.by, request.actor, wanted, request.lang, press))
    if made is not None:
        return sent(made.value)
    for said in form.non_field_errors():
        messages.error(request, str(said))
    return HttpResponseRedirect(_list_as_asked(request))


@page("tasks.see")
def cut(request: Request, by: str) -> HttpResponse:
    within = id_in(request, "place")
    found = selectors.cut(request.actor, by, within, request.GET.get("page"))
    told = {
        "rows": found.page,
        "by": by,
        "counted_by": found.by,
        "title": CUTS[found.by].title,
        "row_is": CUTS[found.by].row,
        "asked": urlencode({"place": within} if within else {}),
        "cuts": _cuts(),
        **_neighbours(request),
    }
    return render(request, "web/tasks/cut.html", told)


@page("tasks.see")
def task(request: Request, task: int) -> HttpResponse:
    found = selectors.task(request.actor, task, request.lang)
    offered = [act for act in ACTS.values() if found.row.state in MOVES[act.what]] if found.works else []
    told = {
        "task": found,
        "row": found.row,
        "proofs": PROOFS,
        "offered": offered,
        "names": names_of(request.actor, [step.entry.actor for step in found.steps]),
    }
    return render(request, "web/tasks/task.html", told)


@page("tasks.work", methods=BOTH)
def task_step(request: Request, task: int, step: str) -> HttpResponse:
    found = selectors.task(request.actor, task, request.lang)
    if step not in ACTS:
        raise NotThere
    act = ACTS[step]
    more: dict[str, Any] = {"grounds": _offered(request, found)} if issubclass(act.form, GroundsForm) else {}
    start = {"seen": found.row.state, "verdict": found.verdict, "due_on": found.row.due_on}
    form = act.form(request.POST or None, lang=request.lang, initial=start, **more)
    if carried_out(request, form, lambda given: act.do(request, task, given)):
        return saved(request, reverse("web:task", args=[task]))
    return _form(request, form, act.title, act.button, found, act.intro)


@page("tasks.assign", methods=BOTH)
def task_assign(request: Request, task: int) -> HttpResponse:
    found = selectors.task(request.actor, task, request.lang)
    start = {"post": found.row.post}
    form = AssignForm(request.POST or None, lang=request.lang, owners=selectors.owners(request.actor), initial=start)
    if carried_out(request, form, lambda given: _assign(request, [task], given)):
        return saved(request, reverse("web:task", args=[task]))
    return _form(request, form, Text("安排责任人", "Give it to somebody"), Text("安排", "Give"), found)


@page("tasks.assign", methods=("POST",))
def tasks_assign(request: Request) -> HttpResponse:
    """Those ticked in the list, all or none; refused, the form says why, with the same tasks still chosen.

    The address says to what the list was narrowed, and there one is led back.
    """
    back = _list_as_asked(request)
    chosen = sorted({task for each in request.POST.getlist("task") if (task := id_said(each)) is not None})
    form = AssignForm(request.POST, lang=request.lang, owners=selectors.owners(request.actor))
    if carried_out(request, form, lambda given: _assign(request, chosen, given)):
        return saved(request, back)
    told = {
        "form": form,
        "title": Text("安排责任人", "Give tasks to somebody"),
        "submit": Text("安排", "Give"),
        "intro": Text(f"选了 {len(chosen)} 项任务。", f"{len(chosen)} tasks are chosen."),
        "back": back,
        "chosen": chosen,
    }
    return render(request, "web/tasks/assign.html", told)


def _assign(request: Request, chosen: list[int], given: Given) -> int:
    return services.assign(request.by, request.actor, chosen, given["post"], given["due_on"])


def _filter(request: Request, owners: list[tuple[int, str]]) -> FilterForm:
    """Cuts lead to whatever post and village has some tasks: left out as one that is not offered, it would list those of all."""
    places, post, place = places_to_choose(request.actor, "tasks.see"), id_in(request, "post"), id_in(request, "place")
    more = [(post, selectors.ELSEWHERE)] if post and post not in dict(owners) else []
    # A liaison helps households wherever they live.
    known = {each for _, group in places for each, _ in group}
    elsewhere = places_named([place]) if place and place not in known else {}
    offered = [*places, *([("", list(elsewhere.items()))] if elsewhere else [])]
    return FilterForm(request.GET, lang=request.lang, places=offered, owners=[*owners, *more])


def _list_as_asked(request: Request) -> str:
    asked = _asked(request)
    return f"{reverse('web:tasks')}?{asked}" if asked else reverse("web:tasks")


def _asked(request: Request) -> str:
    """The list's address without its page."""
    asked = request.GET.copy()
    asked.pop("page", None)
    return asked.urlencode()


def _wanted(form: FilterForm) -> Wanted:
    """What was asked for; what makes no sense is left out."""
    form.is_valid()
    # A post of 0 is nobody's, and no False.
    given = {name: value for name, value in form.cleaned_data.items() if value not in ("", None) and value is not False}
    return Wanted(**given)


def _narrowed_to(wanted: Wanted) -> Text | None:
    """What a list is of that no field of its form says."""
    if wanted.about:
        return about_said(wanted)
    return OF_ONE if wanted.household else None


def _grounds(chosen: str) -> Grounds:
    kind, _, said = chosen.partition(":")
    number = id_said(said)
    of = {kind: number} if number is not None else {}
    return Grounds(Proof(kind), of.get("paper"), of.get("act"))


def _offered(request: Request, found: TaskPage) -> list[Any]:
    """The household's papers, and what was recorded of it, the latest first."""
    household = found.row.household
    papers = dossier(request.actor, household, request.actor.day, timezone.now(), request.lang)
    kept = [(item, paper) for item in papers.items for paper in item.papers]
    names = person_names({item.person for item, _ in kept if item.person is not None})
    recorded = [each for each in acts(request.actor, household) if each.may_be_undone][:OFFERED]
    groups = [
        (
            PROOFS[Proof.PAPER],
            [
                (f"paper:{paper.id}", " ".join(filter(None, [_said_of(item, names).say(request.lang), paper.title])))
                for item, paper in kept
            ],
        ),
        (
            PROOFS[Proof.ACT],
            [
                (f"act:{each.id}", f"{each.at:%Y-%m-%d} {acts_named()[each.entry.act].say(request.lang)} {each.source}")
                for each in recorded
            ],
        ),
    ]
    return [(text.say(request.lang), choices) for text, choices in groups if choices]


def _said_of(item: Item, names: Mapping[int, str]) -> Text:
    """What a paper is, and whose, where it is a member's and not the household's: each has an ID card."""
    kind, name = label_of(item.kind), names.get(item.person or 0)
    return Text(f"{name}：{kind.zh}", f"{name}: {kind.en}") if name else kind


def _cuts() -> list[tuple[str, Text]]:
    return [(name, cut.title) for name, cut in CUTS.items()]


def _neighbours(request: Request) -> dict[str, bool]:
    """The other pages of this room, as far as they are open to who looks."""
    return {
        "reports": may_open(request.actor, "reviews.see"),
        "periods": may_open(request.actor, "rectification.see"),
    }


def _form(
    request: Request, form: WordedForm, title: Text, submit: Text, found: TaskPage, intro: Text | None = None
) -> HttpResponse:
    row = found.row
    told = {
        "form": form,
        "title": title,
        "submit": submit,
        "about": f"{row.head or row.number}（{row.village}）{row.person} {row.about.say(request.lang)}",
        "intro": intro,
        "back": reverse("web:task", args=[row.id]),
    }
    return render(request, "web/form.html", told)

"""Runs: the list with the latest first, one of them with the households that it changed, and asking for one."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from bangfu.access.policy import may_open
from bangfu.access.selectors import names_of
from bangfu.assessment import selectors
from bangfu.assessment.data import CAUSES, OCCASIONS, STATES, STEPS
from bangfu.assessment.services.runs import stop_run
from bangfu.assessment.tasks import start_run
from bangfu.kernel.words import Lang, Text
from bangfu.web.carried_out import carried_out, saved
from bangfu.web.forms import Day, WordedForm
from bangfu.web.page import BOTH, page
from bangfu.web.request import Request


class RunForm(WordedForm):
    labels: ClassVar[Mapping[str, Text]] = {"day": Text("评估到哪一天", "As of which day")}
    helps: ClassVar[Mapping[str, Text]] = {
        "day": Text(
            "收入年度：12月31日为当年，其余为上一年。",
            "Income is that of the same year on 31 December, and else of the year before.",
        )
    }
    day = Day()


@page("runs.see")
def runs(request: Request) -> HttpResponse:
    listed = selectors.runs(request.actor)
    told = {
        "runs": [(run, STATES[run.state], OCCASIONS[run.occasion], STEPS[run.step]) for run in listed],
        "names": names_of(request.actor, [run.entry.actor for run in listed]),
        "starts": may_open(request.actor, "runs.start"),
        "stale": selectors.stale_count(request.actor),
        "unfinished": selectors.unfinished(request.actor),
    }
    return render(request, "web/runs/list.html", told)


@page("runs.see")
def run(request: Request, run: int) -> HttpResponse:
    found = selectors.run_of(request.actor, run)
    rows = selectors.changed_by(request.actor, run, request.GET.get("page"))
    told = {
        "run": found,
        "state": STATES[found.state],
        "step": STEPS[found.step],
        "occasion": OCCASIONS[found.occasion],
        "stops": found.stoppable and may_open(request.actor, "runs.start"),
        "names": names_of(request.actor, [found.entry.actor]),
        "causes": [
            (causes_said(causes.split(";"), request.lang), n) for causes, n in selectors.causes_of(request.actor, run)
        ],
        "rows": rows,
        "listed": [(row, causes_said(row.causes, request.lang)) for row in rows],
    }
    return render(request, "web/runs/run.html", told)


@page("runs.start", methods=BOTH)
def run_start(request: Request) -> HttpResponse:
    form = RunForm(request.POST or None, lang=request.lang, initial={"day": request.actor.day})
    done = carried_out(request, form, lambda given: start_run(request.by, request.actor, given["day"]))
    if done is not None:
        return saved(request, reverse("web:run", args=[done.value]))
    told = {
        "form": form,
        "title": Text("评估全部在册户", "Assess the whole register"),
        "intro": Text(
            "在后台进行，20 万户约需几十秒；做完之前，原来的结论照常显示。",
            "It goes on in the background, and takes well under a minute for 200,000 households; until its end the verdicts stay as they are.",
        ),
        "submit": Text("开始评估", "Start"),
        "back": reverse("web:runs"),
    }
    return render(request, "web/form.html", told)


@page("runs.start", methods=("POST",))
def run_stop(request: Request, run: int) -> HttpResponse:
    stop_run(request.by, request.actor, run)
    return HttpResponseRedirect(reverse("web:run", args=[run]))


def causes_said(causes: Sequence[str], lang: Lang) -> str:
    return ("；" if lang == "zh" else "; ").join(CAUSES[cause].say(lang) for cause in causes)

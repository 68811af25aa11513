"""Exports: asked for, taken back, decided on by another person, taken. Each look that hands something out is an act of its own."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from bangfu.access.data import NotThere
from bangfu.access.policy import may_open
from bangfu.access.selectors import places_to_choose
from bangfu.exports import selectors
from bangfu.exports.data import NewExport
from bangfu.exports.limits import limits
from bangfu.exports.services import asking, deciding, taking
from bangfu.kernel.errors import DomainError
from bangfu.kernel.schema import schema
from bangfu.kernel.words import Text
from bangfu.registry.layouts import layout
from bangfu.reports.data import Asked
from bangfu.reports.exporting import offered
from bangfu.web.carried_out import carried_out, carried_out_once, saved
from bangfu.web.exports.forms import ApproveForm, AskForm, CodeForm, RefuseForm
from bangfu.web.forms import Sure
from bangfu.web.households.listing import FilterForm
from bangfu.web.page import BOTH, page
from bangfu.web.request import Request

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@page("exports.see")
def exports(request: Request) -> HttpResponse:
    form = CodeForm(request.GET if request.GET.get("code") else None, lang=request.lang)
    code = form.cleaned_data["code"] if form.is_valid() else ""
    now = timezone.now()
    told = {
        "form": form,
        "sought": code,
        "rows": selectors.exports(request.actor, now, code, request.GET.get("page")),
        "waiting": selectors.waiting(request.actor, now),
        "may_ask": may_open(request.actor, "households.export"),
    }
    return render(request, "web/exports/list.html", told)


@page("exports.see")
def export(request: Request, export: int) -> HttpResponse:
    found = selectors.export(request.actor, timezone.now(), export)
    labels = [table.label for table in schema().tables.values()] + [table.label for table in layout().tables.values()]
    named = {label.zh: label for label in labels}
    sheets = [(named.get(sheet, Text(sheet, sheet)).say(request.lang), count) for sheet, count in found.rows]
    return render(request, "web/exports/export.html", {"export": found, "sheets": sheets})


@page("households.export", methods=BOTH)
def ask(request: Request) -> HttpResponse:
    """Of a place; narrowed to what the list is filtered by, where its address comes along."""
    asked = _asked(request)
    narrowed = offered(request.actor, asked)
    form = AskForm(
        request.POST or None,
        lang=request.lang,
        places=places_to_choose(request.actor, "households.export"),
        reveals=may_open(request.actor, "households.reveal"),
        initial={"as_of": request.actor.day, "place": asked.place},
    )

    def act(given: Mapping[str, Any]) -> int:
        new = NewExport(
            given["layout"],
            given["place"],
            given["as_of"],
            given.get("full_numbers", False),
            narrowed.kept if narrowed else "",
        )
        return asking.ask(replace(request.by, reason=given["reason"]), request.actor, new)

    made = carried_out_once(request, form, act)
    if made is not None:
        return saved(request, reverse("web:export", args=[made.value]))
    days = limits().kept.days
    intro = Text(
        f"人数多或含完整证件号码的，须由另一人审批。文件保留 {days} 天，每次下载都留痕。",
        f"Many persons, or full ID numbers, need another person's approval. The file is kept for {days} days; each download is recorded.",
    )
    told = {
        "form": form,
        "title": Text("申请导出", "Ask for an export"),
        "submit": Text("申请", "Ask"),
        "back": reverse("web:exports"),
        "intro": intro,
        "narrowed": narrowed,
        "once": True,
    }
    return render(request, "web/exports/ask.html", told)


@page("exports.approve", methods=BOTH)
def approve(request: Request, export: int) -> HttpResponse:
    selectors.export(request.actor, timezone.now(), export)
    form = ApproveForm(request.POST if request.method == "POST" else None, lang=request.lang)
    if carried_out(
        request,
        form,
        lambda given: deciding.approve(request.by, request.actor, export, (given["households"], given["persons"])),
    ):
        return saved(request, _address(export))
    # Read after that: where it was refused since there are more by now, so many are told, and agreed to by sending the form once more.
    found = selectors.export(request.actor, timezone.now(), export)
    told = {"households": found.households, "persons": found.persons}
    form.initial, form.data = told, told
    intro = Text(
        f"{found.asker}申请导出{found.place_name} {found.households} 户 {found.persons} 人（含已不在户的；{_numbers(found).zh}{_only(found).zh}），用途：{found.reason}。批准后生成文件，由申请人下载。",
        f"{found.asker} asks for {found.place_name}: {found.households} household(s), {found.persons} person(s) (with those who have left; {_numbers(found).en}{_only(found).en}), "
        f"for: {found.reason}. Once approved the file is made, for the one who asked.",
    )
    return _form(
        request, form, Text("批准导出", "Approve the export"), Text("批准", "Approve"), _address(export), intro
    )


@page("exports.approve", methods=BOTH)
def refuse(request: Request, export: int) -> HttpResponse:
    selectors.export(request.actor, timezone.now(), export)
    form = RefuseForm(request.POST or None, lang=request.lang)
    if carried_out(
        request,
        form,
        lambda given: deciding.refuse(replace(request.by, reason=given["reason"]), request.actor, export),
    ):
        return saved(request, _address(export))
    return _form(request, form, Text("不批准导出", "Refuse the export"), Text("不批准", "Refuse"), _address(export))


@page("exports.see", methods=BOTH)
def withdraw(request: Request, export: int) -> HttpResponse:
    found = selectors.export(request.actor, timezone.now(), export)
    if not found.mine:
        raise NotThere
    form = Sure(request.POST if request.method == "POST" else None, lang=request.lang)

    def act(_: Mapping[str, Any]) -> bool:
        asking.withdraw(request.by, request.actor, export)
        return True

    if carried_out(request, form, act):
        return saved(request, _address(export))
    intro = Text(
        f"不再导出{found.place_name}的资料，审批人不用再办；需要时可重新申请。",
        f"Nothing of {found.place_name} will be exported, and nobody need decide on it; you can ask anew.",
    )
    return _form(
        request, form, Text("撤回导出申请", "Take the export back"), Text("撤回", "Take back"), _address(export), intro
    )


@page("households.export", methods=("POST",))
def take(request: Request, export: int) -> Any:
    taken = taking.take(request.by, request.actor, export)
    answer = FileResponse(taken.file, as_attachment=True, filename=taken.name, content_type=XLSX)
    answer["Content-Length"] = str(taken.size)
    return answer


def _asked(request: Request) -> Asked:
    """What the list is filtered by. What cannot be read is never taken for no filter."""
    form = FilterForm(request.GET, lang=request.lang)
    if not form.is_valid():
        raise DomainError(
            "NO_SUCH_FILTER",
            Text(
                "筛选条件读不出来，没有按它导出。请回到户的清单，重新筛选后再导出。",
                "The filter cannot be read, and nothing was exported by it. Go back to the list of households, filter again, and export.",
            ),
        )
    return form.asked


def _numbers(found: selectors.ExportRow) -> Text:
    if found.full_numbers:
        return Text("含完整证件号码", "with full ID numbers")
    return Text("不含证件号码", "without ID numbers")


def _only(found: selectors.ExportRow) -> Text:
    if found.narrowed is None:
        return Text("", "")
    return Text(f"；只含筛选出的户：{found.narrowed.zh}", f"; only those that the filter finds: {found.narrowed.en}")


def _address(export: int) -> str:
    return reverse("web:export", args=[export])


def _form(
    request: Request, form: object, title: Text, submit: Text, back: str, intro: Text | None = None
) -> HttpResponse:
    told = {"form": form, "title": title, "submit": submit, "back": back, "intro": intro}
    return render(request, "web/form.html", told)

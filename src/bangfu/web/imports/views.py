"""Files that come in: handed in, previewed fact by fact, applied or withdrawn, and undone."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil
from typing import IO, Any, cast

from django.contrib import messages
from django.http import FileResponse, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from bangfu.intake import selectors, services
from bangfu.intake.data import Seen
from bangfu.kernel.schema import schema
from bangfu.kernel.words import Lang, Text
from bangfu.registry import tasks
from bangfu.registry.imports import staged
from bangfu.registry.imports.preview import FIGURES, HEADINGS
from bangfu.registry.services.acts import is_undone
from bangfu.registry.services.acts import undo as undo_act
from bangfu.web.carried_out import carried_out, saved
from bangfu.web.forms import ReasonForm, Sure
from bangfu.web.imports.forms import ApplyForm, UploadForm
from bangfu.web.imports.shared import STATES, Heading, address_of, as_listed, form_of, gone_on, taken_in
from bangfu.web.page import BOTH, page
from bangfu.web.request import Request

BUSY = frozenset({"staged", "applying", "comparing"})
LOOK_AGAIN_S = "3"
MARKED = Text("下载标红的工作簿", "Download with faults marked")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Pages:
    """Which page of how many is shown, in the way in which a paginator would say it."""

    number: int
    num_pages: int
    count: int

    @property
    def paginator(self) -> "Pages":
        return self

    @property
    def has_previous(self) -> bool:
        return self.number > 1

    @property
    def has_next(self) -> bool:
        return self.number < self.num_pages

    @property
    def previous_page_number(self) -> int:
        return self.number - 1

    @property
    def next_page_number(self) -> int:
        return self.number + 1


@page("households.import", methods=BOTH)
def imports(request: Request) -> HttpResponse:
    form = UploadForm(
        request.POST or None, request.FILES or None, lang=request.lang, initial={"as_of": request.actor.day}
    )
    done = taken_in(request, form, staged.KIND)
    if done is None:
        rows = selectors.uploads(request.actor, staged.KIND, request.GET.get("page"))
        told = {"form": form, "rows": rows, "listed": as_listed(rows, lambda row: STATES[row.state])}
        return render(request, "web/imports/list.html", {**told, "address": "web:import"})
    upload, fresh = done.value
    if fresh or selectors.upload(request.actor, upload).state == "staged":
        _read(request, upload)
    return _back(upload)


@page("households.import")
def one(request: Request, upload: int) -> HttpResponse:
    seen = staged.upload_to_import(request.actor, upload)
    said = seen.said
    told: dict[str, Any] = {
        "seen": seen,
        "state": STATES[seen.state],
        "busy": seen.state in BUSY,
        "figures": [(text, said["counts"][name]) for name, text in FIGURES.items()] if "counts" in said else [],
        "why": Text(*said["why"]) if "why" in said else None,
        "notes": [Text(*each) for each in said.get("notes", ())],
        "headings": HEADINGS,
        "undone": bool(said.get("act")) and is_undone(said["act"]),
        "offered_marked": staged.offered_marked(request.actor, seen),
        "may_be_read": staged.may_be_read(seen),
        "may_be_compared": staged.may_be_compared(seen),
    }
    if seen.state == "previewed" and "changes" in seen.kept and said["changes"]:
        told["rows"] = _pages(request, said["changes"])
        told["changes"] = staged.changes(request.by, seen, request.lang, told["rows"].number)
    if seen.state == "refused" and "faults" in seen.kept and "faults" in said:
        told["rows"] = _pages(request, said["listed"])
        first = staged.A_PAGE * (told["rows"].number - 1)
        listed = staged.faults(request.by, seen)[first : first + staged.A_PAGE]
        told["faults"] = [(fault, *_named(fault, request.lang)) for fault in listed]
    answer = render(request, "web/imports/import.html", told)
    if told["busy"]:
        # Works without script.
        answer["Refresh"] = LOOK_AGAIN_S
    return answer


@page("households.import", methods=BOTH)
def marked(request: Request, upload: int) -> HttpResponse:
    """The workbook with its faults marked, to be saved: at once by who brought the file, by others with a reason."""
    seen, others = staged.require_marked(request.actor, upload)
    if not others:
        return _given_back(request, seen, staged.marked(request.by, request.actor, upload))
    form, by = ReasonForm(request.POST or None, lang=request.lang), request.by
    done = carried_out(
        request, form, lambda given: staged.marked(replace(by, reason=given["reason"]), request.actor, upload)
    )
    if done is not None:
        return _given_back(request, seen, done.value)
    intro = Text(
        f"这份文件是{seen.by}上传的，里面有完整证件号码。请写明为什么要看；下载和原因都会留痕。",
        f"{seen.by} handed this file in, and it holds whole ID numbers. Say why you need them: the download and the reason are recorded.",
    )
    return form_of(request, seen, form, Heading(MARKED, intro))


@page("households.import", methods=("POST",))
def again(request: Request, upload: int) -> HttpResponse:
    staged.upload_to_import(request.actor, upload)
    _read(request, upload)
    return _back(upload)


@page("households.import", methods=("POST",))
def compare(request: Request, upload: int) -> HttpResponse:
    account = request.session_seen.account
    enqueue = lambda: tasks.compare_upload.enqueue(account, upload)  # noqa: E731
    staged.ask_to_compare(request.by, request.actor, upload, enqueue)
    return _back(upload)


@page("households.import", methods=BOTH)
def apply(request: Request, upload: int) -> HttpResponse:
    seen = staged.upload_to_import(request.actor, upload)
    if seen.state != "previewed":
        return gone_on(request, seen)
    form = ApplyForm(request.POST or None, lang=request.lang, initial={"agreed": seen.said.get("digest", "")})

    def act(given: Mapping[str, Any]) -> bool:
        account = request.session_seen.account
        enqueue = lambda: tasks.apply_upload.enqueue(account, upload)  # noqa: E731
        staged.ask_to_apply(request.by, request.actor, upload, given["agreed"], enqueue)
        return True

    if carried_out(request, form, act):
        return _back(upload)
    counts = seen.said["counts"]
    intro = Text(
        f"将新增 {counts['new_households']:,} 户、{counts['new_persons']:,} 人，"
        f"共改动 {counts['changed_households']:,} 户的 {seen.said['changes']:,} 项内容。要么全部写入，要么一项不写；之后可以撤销。",
        f"{counts['new_households']:,} new households and {counts['new_persons']:,} new persons; "
        f"{seen.said['changes']:,} facts of {counts['changed_households']:,} households in all. "
        "All of it is written or nothing; it can be undone afterwards.",
    )
    return form_of(request, seen, form, Heading(Text("确认导入", "Import it"), intro))


@page("households.import", methods=BOTH)
def withdraw(request: Request, upload: int) -> HttpResponse:
    seen = staged.upload_to_import(request.actor, upload, None)
    if seen.state not in services.OPEN:
        return gone_on(request, seen)
    form = Sure(request.POST or None, lang=request.lang)

    def act(_: Mapping[str, Any]) -> bool:
        services.withdraw(request.by, request.actor, upload)
        return True

    if carried_out(request, form, act):
        return saved(request, address_of(seen))
    intro = Text("文件不再导入；在册资料没有变动。", "The file will not be imported. The register is not changed.")
    return form_of(request, seen, form, Heading(Text("撤回文件", "Withdraw the file"), intro, grave=True))


@page("households.import", methods=BOTH)
def undo(request: Request, upload: int) -> HttpResponse:
    seen = staged.upload_to_import(request.actor, upload, None)
    act_id = seen.said.get("act")
    if seen.state != "applied" or act_id is None or is_undone(act_id):
        return gone_on(request, seen)
    form = ReasonForm(request.POST or None, lang=request.lang)
    by = request.by
    if carried_out(request, form, lambda given: undo_act(replace(by, reason=given["reason"]), request.actor, act_id)):
        messages.success(request, Text("已撤销。", "Undone.").say(request.lang))
        return HttpResponseRedirect(address_of(seen))
    intro = Text(
        "这次导入的全部内容都不再算数，之前的内容恢复；撤销本身也留痕。",
        "Everything that this import recorded counts no more, and what was before comes back. The undoing is recorded too.",
    )
    return form_of(request, seen, form, Heading(Text("撤销这次导入", "Undo the import"), intro, grave=True))


def _given_back(request: Request, seen: Seen, file: IO[bytes]) -> HttpResponse:
    name = f"{seen.name.rpartition('.')[0]}-{Text('标红', 'marked').say(request.lang)}.xlsx"
    return cast("HttpResponse", FileResponse(file, as_attachment=True, filename=name, content_type=XLSX))


def _read(request: Request, upload: int) -> None:
    account = request.session_seen.account
    staged.ask_to_read(request.by, request.actor, upload, lambda: tasks.read_upload.enqueue(account, upload))


def _pages(request: Request, count: int) -> Pages:
    last = max(1, ceil(count / staged.A_PAGE))
    asked = request.GET.get("page", "1")
    return Pages(min(max(int(asked), 1), last) if asked.isdecimal() and len(asked) < 10 else 1, last, count)


def _named(fault: staged.FaultRow, lang: Lang) -> tuple[str, str]:
    table = schema().tables.get(fault.table)
    column = table.columns.get(fault.column) if table else None
    return (table.label.say(lang) if table else fault.table, column.label.say(lang) if column else fault.column)


def _back(upload: int) -> HttpResponse:
    return HttpResponseRedirect(reverse("web:import", args=[upload]))

"""What the pages of all kinds of file share: taking one in, its states in words, and the way to its page."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from bangfu.intake import services
from bangfu.intake.data import NewUpload, Seen
from bangfu.kernel.words import Text
from bangfu.registry.imports import staged
from bangfu.registry.services.acts import undone_of
from bangfu.web.carried_out import Done, carried_out
from bangfu.web.request import Request

STATES: Mapping[str, Text] = {
    "staged": Text("正在读取", "Being read"),
    "previewed": Text("待确认", "To be confirmed"),
    "refused": Text("有错误", "Refused"),
    "stale": Text("须重新预览", "To be previewed anew"),
    "applying": Text("正在导入", "Being imported"),
    "comparing": Text("正在载入核对", "Being kept to compare"),
    "applied": Text("已导入", "Imported"),
    "withdrawn": Text("已撤回", "Withdrawn"),
}
GONE_ON = Text(
    "这份文件现在的情况见下，刚才这一步没有再办。", "This file stands as shown below by now; nothing was done just now."
)
ALREADY = Text("这份文件已上传过，这是当时的那一份。", "This file was handed in before; here it is.")


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands over a form. `grave`: what it does is not lightly done."""

    title: Text
    intro: Text
    grave: bool = False


def taken_in(request: Request, form: forms.Form, kind: str) -> Done[tuple[int, bool]] | None:
    """Take in the file of a form, of the day that it gives, else today's. Which upload it is, and whether it is new."""

    def act(given: Mapping[str, Any]) -> tuple[int, bool]:
        new = NewUpload(kind, given["file"].name or "", given.get("as_of") or request.actor.day)
        return services.take_in(replace(request.by, reason=given["reason"]), request.actor, new, given["file"])

    done = carried_out(request, form, act)
    if done is not None and not done.value[1]:
        messages.info(request, ALREADY.say(request.lang))
    return done


def as_listed(rows: Iterable[Seen], said: Callable[[Seen], Text]) -> list[tuple[Seen, Text, bool]]:
    """Files for their list, each with its state in words, and whether what it brought was undone."""
    shown = list(rows)
    undone = undone_of(row.said["act"] for row in shown if row.said.get("act"))
    return [(row, said(row), row.said.get("act") in undone) for row in shown]


def address_of(seen: Seen) -> str:
    """The page of a file, by its kind."""
    return reverse("web:import" if seen.kind == staged.KIND else "web:payment-list", args=[seen.id])


def gone_on(request: Request, seen: Seen) -> HttpResponse:
    """To the page of a file that stands elsewhere by now: by a second click, a page from before, or a colleague."""
    messages.info(request, GONE_ON.say(request.lang))
    return HttpResponseRedirect(address_of(seen))


def form_of(request: Request, seen: Seen, form: object, heading: Heading) -> HttpResponse:
    """The page on which something is decided about a file."""
    told = {
        "form": form,
        "title": heading.title,
        "submit": Text("确定", "Do it"),
        "about": seen.name,
        "intro": heading.intro,
        "grave": heading.grave,
        "back": address_of(seen),
    }
    return render(request, "web/form.html", told)

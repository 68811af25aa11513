"""What every page shows around its content: who is signed in, where the menu leads, and at its foot keys and help."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from bangfu.access.policy import may_open
from bangfu.kernel.words import Text
from bangfu.web.help import area_of, keys
from bangfu.web.onward import here

# Name of the page, its words, and the permission without which it is not shown (None: for everybody).
MENU = (
    ("web:home", Text("首页", "Home"), None),
    ("web:households", Text("户", "Households"), "households.see"),
    ("web:tasks", Text("任务", "Tasks"), "tasks.see"),
    ("web:policies", Text("政策", "Policies"), "households.see"),
    ("web:figures", Text("统计", "Figures"), "households.see"),
    ("web:runs", Text("评估", "Assessments"), "runs.see"),
    ("web:imports", Text("导入", "Import"), "households.import"),
    ("web:payments", Text("发放清单", "Payments"), "households.import"),
    ("web:exports", Text("导出", "Exports"), "exports.see"),
    ("web:papers", Text("文书", "Papers"), "papers.list"),
    ("web:people", Text("人员", "People"), "people.see"),
    ("web:posts", Text("岗位", "Posts"), "posts.see"),
    ("web:places", Text("区划", "Places"), "places.see"),
    ("web:units", Text("单位", "Units"), "places.see"),
    ("web:record", Text("留痕", "Record"), "record.read"),
)
# What is opened under one entry where the menu would be long.
GROUP = Text("组织", "Office")
GROUPED = ("web:people", "web:posts", "web:places", "web:units")
SHORT = 6
# Where a household is sought by a box of the page's own.
SEEK = ("web:home", "web:households")


def around(request: HttpRequest) -> dict[str, Any]:
    lang = getattr(request, "lang", "zh")
    signed = getattr(request, "signed", None)
    menu: list[dict[str, Any]] = []
    if signed is not None and not signed.code_due and not signed.password_due:
        menu = [
            {"page": page, "text": text, "here": _leads_here(request.path, reverse(page))}
            for page, text, permission in MENU
            if permission is None or may_open(request.actor, permission)  # type: ignore[attr-defined]
        ]
    at = request.resolver_match.view_name if request.resolver_match else ""
    offered = {entry["page"] for entry in menu}
    return {
        "lang": lang,
        "signed": signed,
        "where": here(request),
        "menu": _grouped(menu),
        "seeks": at not in SEEK and "web:households" in offered,
        # Whether a thing's page leads to the record of what was done to it.
        "audits": "web:record" in offered,
        "keys": keys(),
        "help_area": area_of(request.path),
    }


def _grouped(menu: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The menu, of a long one those that belong together as `entries` of one."""
    some = [entry for entry in menu if entry["page"] in GROUPED]
    if len(menu) <= SHORT or len(some) < 2:
        return menu
    group = {"text": GROUP, "here": any(entry["here"] for entry in some), "entries": some}
    return [group if entry is some[0] else entry for entry in menu if entry not in some[1:]]


def _leads_here(path: str, entry: str) -> bool:
    return path == entry if entry == "/" else path.startswith(entry)

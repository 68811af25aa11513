"""A list of tasks as a workbook: what the page is narrowed to, in its order, with that said on it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bangfu.access.data import Actor
from bangfu.access.models import Post
from bangfu.access.policy import require
from bangfu.audit.data import By
from bangfu.casework.kinds import kinds, zero_errors
from bangfu.casework.selectors import ANY, STANDINGS, TaskRow, Wanted, all_tasks, label_of
from bangfu.documents.press import Press
from bangfu.documents.services import Order, Printed, print_rows
from bangfu.kernel.clock import office_day
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Lang, Text

# As many as somebody prints or sorts; a list of more is narrowed first, and never cut off.
MOST = 5_000
# What a list can be narrowed to, as pages call it.
LABELS: Mapping[str, Text] = {
    "standing": Text("状态", "State"),
    "kind": Text("类别", "Kind"),
    "zero": Text("三零差错", "Zero-errors"),
    "place": Text("地方", "Place"),
    "post": Text("责任人", "Responsible"),
    "mine": Text("只看我的", "Mine only"),
    "overdue": Text("只看超期", "Overdue only"),
    "money": Text("逐笔，金额大的在前", "Money entry by entry, largest first"),
}
NOBODYS = Text("没有责任人", "nobody's")
A_POST = Text("一个岗位", "a post")
OF_ONE = Text("一户的任务", "the tasks of one household")
OVERDUE = Text("超期", "overdue")
GROWN = Text("金额又增加", "of more money since")


def print_tasks(by: By, actor: Actor, wanted: Wanted, lang: Lang, press: Press) -> Printed:
    """Issue a list of tasks. Raises Denied, DomainError: more than MOST, or of several areas."""
    place = _place(actor, wanted)
    require(actor, "papers.list", place)
    rows = all_tasks(actor, replace(wanted, place=place), MOST)
    if rows is None:
        raise DomainError(
            "TOO_MANY_TASKS",
            Text(
                f"清单超过 {MOST} 项，没有下载。请按村、类别或责任人再筛选，分几次下载。",
                f"The list has more than {MOST} tasks, and was not downloaded. Narrow it by village, kind or responsible post, and take it in parts.",
            ),
        )
    order = Order("task_list", actor.day, "xlsx", lang, narrowed=said(actor, wanted))
    return print_rows(by, actor, place, order, press, task_rows(rows, lang))


def task_rows(rows: list[TaskRow], lang: Lang) -> list[dict[str, Any]]:
    """village, number, head, who, kind, about, year (None: of none), amount (fen), state, owner, holder, found_on and due_on (ISO), overdue (a word, or "")."""
    return [
        {
            "village": row.village,
            "number": row.number,
            "head": row.head,
            "who": row.person,
            "kind": row.kind.say(lang),
            "about": row.about.say(lang),
            "year": row.year or None,
            "amount": row.amount,
            "state": state_said(row).say(lang),
            "owner": row.owner,
            "holder": row.holder,
            "found_on": office_day(row.found_at).isoformat(),
            "due_on": row.due_on.isoformat(),
            "overdue": OVERDUE.say(lang) if row.overdue else "",
        }
        for row in rows
    ]


def state_said(row: TaskRow) -> Text:
    """Its state; of one that is of more money than when it was settled, this as well."""
    if row.grown_from is None:
        return row.state_text
    return Text(f"{row.state_text.zh}，{GROWN.zh}", f"{row.state_text.en}, {GROWN.en}")


def said(actor: Actor, wanted: Wanted) -> Text:
    """What a list is narrowed to but for its place, in both languages."""
    pieces = [_piece("standing", STANDINGS[wanted.standing][1])]
    if wanted.kind:
        pieces.append(_piece("kind", kinds()[wanted.kind].text))
    if wanted.about:
        pieces.append(about_said(wanted))
    if wanted.zero:
        pieces.append(_piece("zero", zero_errors()[wanted.zero].text))
    if wanted.household:
        pieces.append(OF_ONE)
    if wanted.post is not ANY:
        pieces.append(_piece("post", _post(actor, wanted.post) if wanted.post else NOBODYS))
    pieces += [LABELS[name] for name in ("mine", "overdue", "money") if getattr(wanted, name)]
    return Text("；".join(each.zh for each in pieces), "; ".join(each.en for each in pieces))


def about_said(wanted: Wanted) -> Text:
    """The check or the policy that a list is of."""
    found = label_of("finding", wanted.about)
    kind = wanted.kind or ("missing" if wanted.about not in kinds() else "")
    return found if found.zh != wanted.about else label_of(kind, wanted.about)


def _piece(name: str, value: Text) -> Text:
    return Text(f"{LABELS[name].zh}：{value.zh}", f"{LABELS[name].en}: {value.en}")


def _post(actor: Actor, post: int) -> Text:
    title = Post.objects.seen_by(actor).filter(pk=post).values_list("title", flat=True).first()
    return Text(title, title) if title else A_POST


def _place(actor: Actor, wanted: Wanted) -> int:
    """The place that a list is of; where none is asked for, the one area of whoever asks."""
    areas = actor.places_for("tasks.see") | actor.places_for("papers.list")
    if wanted.place is not ANY:
        return wanted.place
    if len(areas) == 1:
        return next(iter(areas))
    raise DomainError(
        "PLACE_NEEDED",
        Text(
            "您的岗位不止一个地方。请先在筛选里选一个地方，再下载清单。",
            "Your posts have several areas. Choose a place in the filter first, and download the list then.",
        ),
    )

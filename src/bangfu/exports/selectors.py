"""Reads of the room: which exports there are, and what this actor may do with each now."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Q

from bangfu.access.data import Actor, NotThere
from bangfu.access.policy import may_open
from bangfu.exports.data import STOPPED
from bangfu.exports.layouts import layouts
from bangfu.exports.models import Export, State
from bangfu.kernel.clock import OFFICE_TIME
from bangfu.kernel.words import Text
from bangfu.places.selectors import places_named, places_within

A_PAGE = 30
STATES = {
    State.ASKED: Text("待审批", "waiting for approval"),
    State.DUE: Text("生成中", "being made"),
    State.MADE: Text("可下载", "ready"),
    State.REFUSED: Text("未批准", "refused"),
    State.WITHDRAWN: Text("已撤回", "taken back"),
    State.LAPSED: Text("过期未办", "lapsed"),
    State.STOPPED: Text("已中止", "stopped"),
    State.REMOVED: Text("文件已删除", "file deleted"),
}


@dataclass(frozen=True, slots=True)
class ExportRow:
    """An export as pages show it. `asker` is empty for the system. `narrowed`: the filter of the list, in words.

    `mine`: this actor asked for it; `ready`, `to_decide`, `to_withdraw`: what they may do with it now.
    """

    id: int
    code: str
    state: str
    state_text: Text
    layout: Text
    place: int
    place_name: str
    as_of: date
    narrowed: Text | None
    full_numbers: bool
    reason: str
    asker: str
    asked_at: datetime
    households: int
    persons: int
    needs_second: bool
    decider: str
    decided_at: datetime | None
    refused_because: str
    stopped_for: Text | None
    lasts_until: datetime
    made_at: datetime | None
    rows: tuple[tuple[str, int], ...]
    size: int
    digest: str
    downloads: int
    mine: bool
    ready: bool
    to_decide: bool
    to_withdraw: bool


def exports(actor: Actor, at: datetime, code: str, page: str | None) -> Page[ExportRow]:
    """The exports that the actor may see, the latest first; `code` is (a part of) the code that a file bears."""
    found = Export.objects.seen_by(actor)
    if code:
        found = found.filter(code__contains=code.strip().upper())
    shown: Page[Any] = Paginator(found.order_by("-asked_at", "-pk"), A_PAGE).get_page(page)
    shown.object_list = _rows(actor, at, shown.object_list)
    return shown


def waiting(actor: Actor, at: datetime) -> list[ExportRow]:
    """What waits for this actor's decision, the longest first."""
    return _rows(actor, at, _waiting(actor, at).order_by("asked_at"))


def waiting_count(actor: Actor, at: datetime) -> int:
    """How much that is."""
    return int(_waiting(actor, at).count())


def _waiting(actor: Actor, at: datetime) -> Any:
    within = places_within(actor.places_for("exports.approve"))
    found = Export.objects.seen_by(actor).filter(place__in=within, state=State.ASKED, lasts_until__gt=at)
    return found.exclude(Q(asked_by=actor.account))


def export(actor: Actor, at: datetime, number: int) -> ExportRow:
    """Raises NotThere."""
    found = _rows(actor, at, Export.objects.seen_by(actor).filter(pk=number))
    if not found:
        raise NotThere
    return found[0]


def export_of_code(code: str) -> tuple[int, str, datetime, str] | None:
    """The export that a file's code leads to: who asked for it ("" the system), when and what for. For commands on the machine itself."""
    found = Export.objects.unscoped("a command on the machine itself asks").filter(code=code).select_related("asked_by")
    row = found.first()
    return None if row is None else (row.pk, _name(row.asked_by), row.asked_at.astimezone(OFFICE_TIME), row.reason)


def _rows(actor: Actor, at: datetime, found: Any) -> list[ExportRow]:
    listed = list(found.select_related("asked_by", "decided_by"))
    named = places_named({each.place_id for each in listed})
    approves = set(places_within(actor.places_for("exports.approve"))) if may_open(actor, "exports.approve") else set()
    return [_row(actor, at, each, named.get(each.place_id, ""), approves=each.place_id in approves) for each in listed]


def _row(actor: Actor, at: datetime, row: Export, place: str, *, approves: bool) -> ExportRow:
    mine, on = row.asked_by_id is not None and row.asked_by_id == actor.account, at < row.lasts_until
    return ExportRow(
        id=row.pk,
        code=row.code,
        state=row.state,
        state_text=STATES[State(row.state)],
        layout=layouts()[row.layout].label if row.layout in layouts() else Text(row.layout, row.layout),
        place=row.place_id,
        place_name=place,
        as_of=row.as_of,
        narrowed=Text(*row.narrowed_said) if row.narrowed_to else None,
        full_numbers=row.full_numbers,
        reason=row.reason,
        asker=_name(row.asked_by),
        asked_at=row.asked_at,
        households=row.households,
        persons=row.persons,
        needs_second=row.needs_second,
        decider=_name(row.decided_by) if row.decided_by else "",
        decided_at=row.decided_at,
        refused_because=row.refused_because,
        stopped_for=STOPPED.get(row.stopped_for),
        lasts_until=row.lasts_until,
        made_at=row.made_at,
        rows=tuple(row.rows.items()),
        size=row.size,
        digest=row.digest,
        downloads=row.downloads,
        mine=mine,
        ready=mine and on and row.state == State.MADE,
        to_decide=approves and not mine and on and row.state == State.ASKED,
        to_withdraw=mine and on and row.state == State.ASKED,
    )


def _name(account: Any) -> str:
    return "" if account is None else str(account.name)

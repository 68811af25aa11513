"""Reads of rounds and of what villages signed in them: who has not, what was decided, and whether the register has changed since."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import F, OuterRef, Subquery

from bangfu.access.data import Actor, NotThere
from bangfu.access.models import Account, Post
from bangfu.access.policy import may
from bangfu.audit.models import Entry
from bangfu.casework.figures import FIGURES, digest_of, figures_of, seal_of
from bangfu.casework.models import Answer, Round, Submission
from bangfu.kernel.words import Text
from bangfu.places.models import Level
from bangfu.places.selectors import PlaceRow, places_named, places_of_level, places_within

A_PAGE = 20
OF_SEEN = "of rounds that the actor sees"
UNSIGNED = "unsigned"
# Somebody whom the actor may not see.
ELSEWHERE = "—"
ANSWERS = {
    UNSIGNED: Text("未确认", "not signed"),
    Answer.SIGNED: Text("待审核", "waiting for review"),
    Answer.ACCEPTED: Text("审核通过", "accepted"),
    Answer.RETURNED: Text("已退回", "sent back"),
}


@dataclass(frozen=True, slots=True)
class RoundRow:
    """A round, and how many of the villages that the actor sees have done what."""

    id: int
    place: int
    place_name: str
    title: str
    due_on: date
    closed: bool
    villages: int
    unsigned: int
    signed: int
    accepted: int
    returned: int
    overdue: bool


@dataclass(frozen=True, slots=True)
class VillageRow:
    """A village in a round. `state` of ANSWERS; `changed`: the figures are others now than when it signed; `signs`: the actor may, now."""

    place: int
    name: str
    state: str
    state_text: Text
    submission: int | None
    signer: str
    signed_at: datetime | None
    changed: bool
    signs: bool


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One figure, by its name in FIGURES, as it was signed and as it is now; None where it was not yet counted then. `money`: in fen."""

    name: str
    label: Text
    money: bool
    signed: int | None
    now: int


@dataclass(frozen=True, slots=True)
class SubmissionPage:
    """What a village signed. `reason`: why it was sent back; None where it was not, or an erasure took it. `decides`: the actor may, now."""

    id: int
    round: int
    title: str
    place: int
    name: str
    state: str
    state_text: Text
    signer: str
    post: str
    signed_at: datetime
    decider: str
    decided_at: datetime | None
    decision: Entry | None
    reason: str | None
    figures: tuple[FigureRow, ...]
    changed: bool
    decides: bool
    earlier: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ToSign:
    """What a village would sign now: its name, the figures and their seal, and what it signed before in the round."""

    name: str
    figures: tuple[FigureRow, ...]
    seen: str
    before: SubmissionPage | None


def rounds(actor: Actor, page: str | None) -> Page[RoundRow]:
    """Rounds that touch the actor's area, open ones first, the latest first."""
    found = Round.objects.seen_by(actor).order_by(F("closed").desc(nulls_first=True), "-pk")
    shown: Page[Any] = Paginator(found, A_PAGE).get_page(page)
    shown.object_list = [_row(actor, each) for each in shown.object_list]
    return shown


def round_of(actor: Actor, number: int) -> tuple[RoundRow, list[VillageRow]]:
    """A round with the villages that the actor sees, those that have to do something first. Raises NotThere."""
    found = Round.objects.seen_by(actor).filter(pk=number).first()
    if found is None:
        raise NotThere
    villages = _villages(actor, found)
    last = _last(found, [village.id for village in villages])
    now = figures_of([village.id for village in villages])
    names = _names(actor, last.values())
    rows = [
        replace(
            _village(actor, found, village, last.get(village.id), now[village.id]),
            signer=names.get(last[village.id].signed_by_id, ELSEWHERE) if village.id in last else "",
        )
        for village in villages
    ]
    order = [UNSIGNED, Answer.RETURNED, Answer.SIGNED, Answer.ACCEPTED]
    return _row(actor, found), sorted(rows, key=lambda row: order.index(row.state))


def preview(actor: Actor, number: int, village: int) -> ToSign:
    """Raises NotThere."""
    row, rows = round_of(actor, number)
    found = next((each for each in rows if each.place == village), None)
    if found is None or row.closed:
        raise NotThere
    now = figures_of([village])[village]
    before = submission(actor, found.submission) if found.submission is not None else None
    return ToSign(found.name, _figures({}, now), seal_of(now), before)


def submission(actor: Actor, number: int) -> SubmissionPage:
    """Raises NotThere."""
    rows = Submission.objects.seen_by(actor).select_related("of", "decision")
    found = rows.filter(pk=number).first()
    if found is None:
        raise NotThere
    now = figures_of([found.place_id])[found.place_id]
    text = getattr(found.decision, "text", None) if found.decision is not None else None
    own = Submission.objects.unscoped(OF_SEEN).filter(of=found.of_id, place=found.place_id, signed_by=actor.account)
    earlier = Submission.objects.unscoped(OF_SEEN).filter(of=found.of_id, place=found.place_id).exclude(pk=found.pk)
    names = _names(actor, [found])
    title = Post.objects.seen_by(actor).filter(pk=found.post_id).values_list("title", flat=True).first()
    return SubmissionPage(
        id=found.pk,
        round=found.of_id,
        title=found.of.title,
        place=found.place_id,
        name=places_named([found.place_id])[found.place_id],
        state=found.state,
        state_text=ANSWERS[found.state],
        signer=names.get(found.signed_by_id, ELSEWHERE),
        post=title or ELSEWHERE,
        signed_at=found.signed_at,
        decider=names.get(found.decided_by_id, ELSEWHERE) if found.decided_by_id is not None else "",
        decided_at=found.decided_at,
        decision=found.decision,
        reason=text.body.get("reason") if text is not None else None,
        figures=_figures(found.figures, now),
        changed=found.figures != now or found.digest != digest_of(found.place_id),
        decides=found.state == Answer.SIGNED
        and not own.exists()
        and bool(may(actor, "reviews.review", found.place_id)),
        earlier=tuple(earlier.order_by("-pk").values_list("pk", flat=True)),
    )


def waiting_for_village(actor: Actor, *, returned: bool) -> int:
    """How many signatures of the actor's own villages open rounds wait for: of reports that were sent back, or the others."""
    wanted = Answer.RETURNED if returned else UNSIGNED
    return _waiting(actor, "reviews.sign", wanted)


def waiting_for_review(actor: Actor) -> int:
    """How many signed reports wait for the actor: not those that they signed."""
    within = places_within(actor.places_for("reviews.review"))
    found = Submission.objects.seen_by(actor).filter(place__in=within, state=Answer.SIGNED, of__closed=None)
    return found.exclude(signed_by=actor.account).count()


def villages_unsigned(actor: Actor) -> int:
    """How many villages of the actor's area have not signed what open rounds ask for."""
    return _waiting(actor, "reviews.review", UNSIGNED)


def _waiting(actor: Actor, permission: str, state: str) -> int:
    count = 0
    for each in Round.objects.seen_by(actor).filter(closed=None):
        within = _within(each, actor, permission)
        last = _last(each, [village.id for village in within])
        count += sum(1 for village in within if (last[village.id].state if village.id in last else UNSIGNED) == state)
    return count


def _within(of: Round, actor: Actor, permission: str) -> list[PlaceRow]:
    """The villages of a round in which the actor has a permission."""
    places = actor.places_for(permission)
    mine = set(places_within(places))
    return [village for village in places_of_level(Level.VILLAGE, [of.place_id]) if village.id in mine]


def _villages(actor: Actor, of: Round) -> list[PlaceRow]:
    return _within(of, actor, "reviews.see")


def _last(of: Round, villages: list[int]) -> dict[int, Submission]:
    """The last that each of these villages signed."""
    latest = Submission.objects.unscoped(OF_SEEN).filter(of=of, place=OuterRef("place")).order_by("-pk").values("pk")
    rows = Submission.objects.unscoped(OF_SEEN).filter(of=of, place__in=villages, pk=Subquery(latest[:1]))
    return {row.place_id: row for row in rows}


def _row(actor: Actor, found: Round) -> RoundRow:
    villages = [village.id for village in _villages(actor, found)]
    states = [row.state for row in _last(found, villages).values()]
    unsigned = len(villages) - len(states)
    behind = unsigned + states.count(Answer.RETURNED)
    return RoundRow(
        found.pk,
        found.place_id,
        places_named([found.place_id]).get(found.place_id, ""),
        found.title,
        found.due_on,
        found.closed_id is not None,
        len(villages),
        unsigned,
        states.count(Answer.SIGNED),
        states.count(Answer.ACCEPTED),
        states.count(Answer.RETURNED),
        found.closed_id is None and behind > 0 and found.due_on < actor.day,
    )


def _names(actor: Actor, rows: Iterable[Submission]) -> dict[int, str]:
    """Who signed and decided, as far as the actor may see them."""
    listed = list(rows)
    who = {row.signed_by_id for row in listed} | {row.decided_by_id for row in listed if row.decided_by_id is not None}
    return dict(Account.objects.seen_by(actor).filter(pk__in=who).values_list("pk", "name"))


def _village(actor: Actor, of: Round, village: PlaceRow, last: Submission | None, now: dict[str, int]) -> VillageRow:
    state = UNSIGNED if last is None else last.state
    able = state in (UNSIGNED, Answer.RETURNED) and of.closed_id is None
    return VillageRow(
        village.id,
        village.name,
        state,
        ANSWERS[state],
        None if last is None else last.pk,
        "",
        None if last is None else last.signed_at,
        last is not None and last.figures != now,
        able and bool(may(actor, "reviews.sign", village.id)),
    )


def _figures(signed: dict[str, int], now: dict[str, int]) -> tuple[FigureRow, ...]:
    return tuple(FigureRow(name, label, money, signed.get(name), now[name]) for name, (label, money) in FIGURES.items())

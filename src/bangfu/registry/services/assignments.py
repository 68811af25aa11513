"""Who helps whom: a post and a household, from a day until a day."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db import transaction

from bangfu.access.data import Actor, NotThere
from bangfu.access.models import SEAT, Post
from bangfu.access.policy import may
from bangfu.access.roles import of_tiers, roles
from bangfu.audit.data import Act as Said
from bangfu.audit.data import By
from bangfu.audit.services import record
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.places.spans import ends_after
from bangfu.registry.models import VERSIONS, Assignment, Household, How
from bangfu.registry.rules import TIERS
from bangfu.registry.services.acts import begin, lock_household, lock_households
from bangfu.registry.versions import WRITES

# Of a village at once; a page of the list of gaps has fewer.
MOST_AT_ONCE = 200
MOVED = Text("这一户已不在这个村。", "This household lives in the village no more.")
HELPED = Text(
    "已经有同一级的帮扶责任人，不再是缺口。",
    "Somebody of this tier helps the household by now; it is no gap any more.",
)


@dataclass(frozen=True, slots=True)
class Together:
    """What is asked of several households of a village at once: that a post helps them, from a day on."""

    place: int
    post: int
    on: date


def assign(by: By, actor: Actor, household: int, post: int, on: date) -> int:
    """Let a post help a household from a day on; returns the assignment. Others of its tier go on: who ends, is ended by an act.

    Raises NotThere, Denied, and DomainError for a post that helps no single household, is closed, or does so already, and
    for a household that was merged into another.
    """
    with transaction.atomic():
        found = lock_household(actor, household, "households.assign")
        seat = _seat(post)
        refused = _refused(seat, [household], on).get(household)
        if refused is not None:
            raise refused
        act = begin(by, How.PROCEDURE, _said(found, seat, on))
        return Assignment.objects.create(household=found, post=seat, held_from=on, act=act).pk


def foreseen(actor: Actor, households: Collection[int], asked: Together) -> Mapping[int, Text | None]:
    """Of those of these households that the actor sees, why one would not be helped by it; None where it would be.

    Raises NotThere, and DomainError for a post that helps no single household, or is closed.
    """
    found = list(Household.objects.seen_by(actor).filter(pk__in=households))
    refused = _refused_together(actor, found, asked)
    answers = {place: may(actor, "households.assign", place) for place in {each.place_id for each in found}}
    refused |= {each.pk: answer.text for each in found if not (answer := answers[each.place_id])}
    return {each.pk: refused.get(each.pk) for each in found}


def assign_together(by: By, actor: Actor, households: Collection[int], asked: Together) -> int:
    """Let a post help households of a village that nobody of its tier helps, all or none, for a reason; returns the act.

    One act, and an entry for each household, under which it is found as one of its own would be. They are taken back by `withdraw_assignments`,
    all of them or some.

    Raises NotThere, Denied, and DomainError for more than may be done at once, without a reason, and where `foreseen` says of any that it would not be helped.
    """
    _check_many(households)
    _check_reason(by)
    with transaction.atomic():
        found = lock_households(actor, households, "households.assign")
        refused = _refused_together(actor, found.values(), asked)
        if refused:
            raise _not_all(found, refused)
        seat = _seat(asked.post)
        words = {"post": seat.pk, "since": str(asked.on), "households": len(found)}
        # The reason stands under each household: whatever it says of somebody is found there, by those who read it and by an erasure.
        whole = Said("registry.assign_together", f"place:{asked.place}", asked.place, words)
        act = begin(replace(by, reason=""), How.PROCEDURE, whole)
        for each in found.values():
            record(by, _said(each, seat, asked.on))
        made = [Assignment(household=each, post=seat, held_from=asked.on, act=act) for each in found.values()]
        Assignment.objects.bulk_create(made)
        return act.pk


def end_assignment(by: By, actor: Actor, assignment: int, on: date) -> None:
    """Let it end: `on` is the first day on which it no longer holds. Raises NotThere, Denied, DomainError for one that ended or began later."""
    with transaction.atomic():
        found = _locked(actor, [assignment])[0]
        if found.held_until is not None or found.undone_id is not None or on <= found.held_from:
            raise DomainError(
                "NOT_TO_BE_ENDED",
                Text("结对已经结束，或结束日期早于开始。", "It has ended already, or would end before it began."),
            )
        words = {"post": found.post_id, "until": str(on)}
        found.held_until, found.ended_by = on, _begin(by, "registry.end_assignment", found, words)
        found.save(update_fields=["held_until", "ended_by"])


def withdraw_assignments(by: By, actor: Actor, assignments: Collection[int]) -> None:
    """Let assignments that were recorded in error count as never made, all or none, for a reason: each by an act of its own.

    Raises NotThere, Denied, and DomainError for more than may be done at once, without a reason, and for one that counts no more.
    """
    _check_many(assignments)
    _check_reason(by)
    with transaction.atomic():
        for each in _locked(actor, assignments):
            if each.undone_id is not None:
                raise DomainError(
                    "WITHDRAWN_ALREADY",
                    Text(
                        "其中有结对刚刚已经撤销，没有保存。请看过最新情况再办。",
                        "One of them was withdrawn just now; nothing was saved. Look at them as they are, then decide.",
                    ),
                )
            words = {"post": each.post_id, "since": str(each.held_from)}
            each.undone = _begin(by, "registry.withdraw_assignment", each, words)
            each.save(update_fields=["undone"])


def _locked(actor: Actor, assignments: Collection[int]) -> list[Any]:
    """Assignments, with their households locked in the order of all. Raises NotThere, Denied."""
    seen = dict(Assignment.objects.seen_by(actor).filter(pk__in=assignments).values_list("pk", "household_id"))
    if seen.keys() != set(assignments):
        raise NotThere
    lock_households(actor, seen.values(), "households.assign")
    rows = Assignment.objects.unscoped(WRITES).select_for_update(of=("self",)).select_related("household")
    return list(rows.filter(pk__in=seen).order_by("pk"))


def _begin(by: By, name: str, assignment: Assignment, words: dict[str, Any]) -> Any:
    home = assignment.household
    return begin(by, How.PROCEDURE, Said(name, f"household:{home.pk}", home.place_id, words))


def _said(household: Household, seat: Post, on: date) -> Said:
    words = {"post": seat.pk, "since": str(on)}
    return Said("registry.assign", f"household:{household.pk}", household.place_id, words)


def _seat(post: int) -> Post:
    """A post that may help single households. Raises NotThere, DomainError."""
    seat = Post.objects.unscoped("a district liaison sits above the one who assigns").filter(pk=post).first()
    if seat is None:
        raise NotThere
    if seat.closed_on is not None or roles()[seat.role].tier not in TIERS:
        raise DomainError(
            "NO_HELPER_OF_HOUSEHOLDS",
            Text(
                "这个岗位不能结对到户（已撤并，或不是村级、区级帮扶责任人）。",
                "This post helps no single household, or is closed.",
            ),
        )
    return seat


def _refused(seat: Post, households: Collection[int], on: date) -> dict[int, DomainError]:
    """Why a post cannot help these households from a day on, of those that it cannot."""
    homes: Any = VERSIONS["residence"].objects.unscoped(WRITES).filter(thing__in=households, is_current=True)
    there = set(homes.exclude(dissolved=True).values_list("thing", flat=True))
    helped = Assignment.objects.unscoped(WRITES).filter(ends_after(on), household__in=households, undone=None)
    already = set(helped.annotate(seat=SEAT).filter(seat=seat.pk).values_list("household", flat=True))
    gone = DomainError(
        "NO_HOUSEHOLD_THERE",
        Text(
            "这一户已并入他户（或是误登的），不再结对；请给并入的那一户安排。",
            "This household was merged into another, or entered in error, and is helped no more. Assign to the one that it was merged into.",
        ),
    )
    twice = DomainError("ASSIGNED_ALREADY", Text("已经结对，不用重复安排。", "This post helps the household already."))
    return {each: twice if each in there else gone for each in households if each not in there or each in already}


def _refused_together(actor: Actor, found: Iterable[Household], asked: Together) -> dict[int, Text]:
    """The same where the post is to fill gaps of a village: a household that has somebody of the tier by now, or lives there no more, is none."""
    seat, homes = _seat(asked.post), {each.pk: each.place_id for each in found}
    able = of_tiers([roles()[seat.role].tier])
    # Who is to begin, or goes on, after the first day of it that is still to come.
    goes_on = ends_after(max(asked.on, actor.day))
    held = Assignment.objects.unscoped(WRITES).filter(goes_on, household__in=homes, undone=None, post__role__in=able)
    refused = dict.fromkeys(held.values_list("household_id", flat=True), HELPED)
    refused |= {pk: MOVED for pk, place in homes.items() if place != asked.place}
    return refused | {pk: why.text for pk, why in _refused(seat, homes, asked.on).items()}


def _not_all(found: Mapping[int, Household], refused: Mapping[int, Text]) -> DomainError:
    first = min(refused)
    number, why = found[first].number, refused[first]
    return DomainError(
        "NOT_ALL_ASSIGNED",
        Text(
            f"有 {len(refused)} 户不能这样安排，一户也没有保存。户编号 {number}：{why.zh}请去掉这些户再办。",
            f"{len(refused)} household(s) cannot be helped so, and nothing was saved. {number}: {why.en} Leave these out, then try again.",
        ),
    )


def _check_many(chosen: Collection[int]) -> None:
    if not 0 < len(chosen) <= MOST_AT_ONCE:
        raise DomainError(
            "TOO_MANY_AT_ONCE",
            Text(f"请选择 1 至 {MOST_AT_ONCE} 户。", f"Choose between 1 and {MOST_AT_ONCE} households."),
        )


def _check_reason(by: By) -> None:
    if not by.reason.strip():
        raise DomainError("REASON_NEEDED", Text("请写明原因。", "Say why."))

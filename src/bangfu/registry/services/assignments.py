"""Who helps whom: a post and a household, from a day until a day."""

from datetime import date
from typing import Any

from django.db import transaction

from bangfu.access.data import Actor, NotThere
from bangfu.access.models import SEAT, Post
from bangfu.access.roles import roles
from bangfu.audit.data import Act as Said
from bangfu.audit.data import By
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.places.spans import ends_after
from bangfu.registry.models import VERSIONS, Assignment, How
from bangfu.registry.rules import TIERS
from bangfu.registry.services.acts import begin, lock_household
from bangfu.registry.versions import WRITES


def assign(by: By, actor: Actor, household: int, post: int, on: date) -> int:
    """Let a post help a household from a day on; returns the assignment. Others of its tier go on: who ends, is ended by an act.

    Raises NotThere, Denied, and DomainError for a post that helps no single household, is closed, or does so already, and
    for a household that was merged into another.
    """
    with transaction.atomic():
        found = lock_household(actor, household, "households.assign")
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
        home: Any = VERSIONS["residence"].objects.unscoped(WRITES).filter(thing=found, is_current=True).first()
        if home is None or home.dissolved:
            raise DomainError(
                "NO_HOUSEHOLD_THERE",
                Text(
                    "这一户已并入他户（或是误登的），不再结对；请给并入的那一户安排。",
                    "This household was merged into another, or entered in error, and is helped no more. Assign to the one that it was merged into.",
                ),
            )
        helped = Assignment.objects.unscoped(WRITES).filter(ends_after(on), household=household, undone=None)
        if helped.annotate(seat=SEAT).filter(seat=post).exists():
            raise DomainError(
                "ASSIGNED_ALREADY", Text("已经结对，不用重复安排。", "This post helps the household already.")
            )
        said = Said("registry.assign", f"household:{household}", found.place_id, {"post": post, "since": str(on)})
        act = begin(by, How.PROCEDURE, said)
        return Assignment.objects.create(household=found, post=seat, held_from=on, act=act).pk


def end_assignment(by: By, actor: Actor, assignment: int, on: date) -> None:
    """Let it end: `on` is the first day on which it no longer holds. Raises NotThere, Denied, DomainError for one that ended or began later."""
    with transaction.atomic():
        seen = Assignment.objects.seen_by(actor).filter(pk=assignment).first()
        if seen is None:
            raise NotThere
        found = lock_household(actor, seen.household_id, "households.assign")
        held = Assignment.objects.unscoped(WRITES).select_for_update().get(pk=assignment)
        if held.held_until is not None or held.undone_id is not None or on <= held.held_from:
            raise DomainError(
                "NOT_TO_BE_ENDED",
                Text("结对已经结束，或结束日期早于开始。", "It has ended already, or would end before it began."),
            )
        said = Said(
            "registry.end_assignment", f"household:{found.pk}", found.place_id, {"post": held.post_id, "until": str(on)}
        )
        held.held_until, held.ended_by = on, begin(by, How.PROCEDURE, said)
        held.save(update_fields=["held_until", "ended_by"])

"""A second person agrees to an export, or refuses it with a reason: never the one who asked, whatever posts they hold."""

from datetime import datetime

from django.db import transaction

from bangfu.access.data import Actor, NotThere
from bangfu.access.policy import require
from bangfu.audit.data import Act, By
from bangfu.audit.services import record
from bangfu.exports.jobs import enqueue
from bangfu.exports.limits import limit_of, limits
from bangfu.exports.models import Export, State
from bangfu.exports.services.asking import refuse_size
from bangfu.exports.services.making import asker_of, size_of
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text

LOCKED = "the service locks the row it changes, after the actor was asked"


def approve(by: By, actor: Actor, export: int, read: tuple[int, int] | None = None) -> None:
    """Agree to an export of the size that it has now, and let it be made. Raises NotThere, Denied, DomainError.

    Where that is more than who decides has `read` (households and persons; None: what the row says), since what a filter finds changes, the row
    says so from then on, and nothing is agreed to yet.
    """
    asked = _seen(actor, export)
    households, persons = size_of(asked, by.at)
    refuse_size(households, limit_of(asker_of(asked, by.at), asked.place_id))
    with transaction.atomic():
        found = _locked(actor, export, by.at)
        # Of two clicks the second would find what the first has just written to the row, and nobody has seen.
        told = read or (found.households, found.persons)
        grown = households > told[0] or persons > told[1]
        found.households, found.persons = households, persons
        if grown:
            found.save(update_fields=["households", "persons"])
        else:
            found.state = State.DUE
            _decided(by, actor, found)
            enqueue(export)
        words = {"households": households, "persons": persons}
        record(by, Act("exports.grow" if grown else "exports.approve", f"export:{export}", found.place_id, words))
    if grown:
        raise DomainError(
            "GROWN_SINCE",
            Text(
                f"申请之后增加了，现在有 {households} 户 {persons} 人，还没有批准。请看清后再决定。",
                f"There are more since it was asked for: {households} household(s), {persons} person(s) now. Nothing was approved; look again, and decide.",
            ),
        )


def refuse(by: By, actor: Actor, export: int) -> None:
    """Refuse an export; `by.reason` tells the one who asked why. Raises NotThere, Denied, DomainError without a reason."""
    reason = by.reason.strip()
    if not 0 < len(reason) <= 200:
        raise DomainError(
            "REASON_NEEDED",
            Text("请写明不批准的原因，200 字以内。", "Say why, in at most 200 signs; who asked is told."),
        )
    with transaction.atomic():
        found = _locked(actor, export, by.at)
        found.state = State.REFUSED
        found.refused_because = reason
        _decided(by, actor, found)
        record(by, Act("exports.refuse", f"export:{export}", found.place_id))


def _decided(by: By, actor: Actor, found: Export) -> None:
    found.decided_by_id, found.decided_at = actor.account, by.at
    found.lasts_until = by.at + limits().decided_within
    found.save()


def _seen(actor: Actor, export: int) -> Export:
    found = Export.objects.seen_by(actor).filter(pk=export).first()
    if found is None:
        raise NotThere
    require(actor, "exports.approve", found.place_id)
    return found


def _locked(actor: Actor, export: int, at: datetime) -> Export:
    """An export that waits for a decision of this actor. Raises NotThere, Denied, DomainError."""
    _seen(actor, export)
    found = Export.objects.unscoped(LOCKED).select_for_update().get(pk=export)
    if actor.account is None or found.asked_by_id == actor.account:
        raise DomainError(
            "OWN_EXPORT",
            Text(
                "不能审批自己的申请，请由另一人审批。",
                "Nobody decides on what they asked for; let another person do it.",
            ),
        )
    if found.state == State.WITHDRAWN:
        raise DomainError(
            "WITHDRAWN",
            Text("申请人已撤回，不用再办。", "Whoever asked has taken it back; there is nothing to decide."),
        )
    if found.state != State.ASKED:
        raise DomainError("DECIDED", Text("这个申请已经办过了。", "This has been decided already."))
    if at >= found.lasts_until:
        raise DomainError(
            "LAPSED", Text("这个申请已过期，请申请人重新申请。", "This has lapsed; whoever asked has to ask anew.")
        )
    return found

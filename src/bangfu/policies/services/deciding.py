"""A second person signs a proposal, having seen what it would change, or refuses it with a reason: never the one who proposed it."""

from django.db import connection, transaction

from bangfu.access.data import Actor, NotThere
from bangfu.access.policy import require
from bangfu.audit.data import Act, By
from bangfu.audit.services import record
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.policies.data import Unfit
from bangfu.policies.in_force import FOR_ALL, in_force
from bangfu.policies.models import Proposal, State, Trial
from bangfu.policies.services.proposing import LONGEST, fit, is_withdrawn, refuse_decided

LOCKED = "the service locks the row it changes, after the actor was asked"
# PostgreSQL's lock: publications follow one after the other, each checked against those before. SQLite's transactions exclude each other.
PUBLISHING_LOCK = 20114_62016


def sign(by: By, actor: Actor, proposal: int, seen: str) -> int:
    """Publish a proposal; `seen` is the digest of the trial that was looked at. Returns the publication's number.

    Raises NotThere, Denied, and DomainError: one's own, decided already, withdrawn by another meanwhile, not tried or tried with another
    rulebook, no longer fitting.
    """
    _seen(actor, proposal)
    with transaction.atomic():
        _alone()
        found = _locked(actor, proposal)
        _refuse_withdrawn(found)
        _require_tried(found, seen)
        fit(found)
        last = Proposal.objects.unscoped(FOR_ALL).filter(signed=True).order_by("-number").first()
        found.number = 1 + (last.number or 0 if last else 0)
        found.signed, found.seen = True, seen
        _decided(by, actor, found)
        words = {"parameter": found.parameter, "number": found.number, "digest": seen}
        record(by, Act("policies.sign", f"proposal:{proposal}", found.place_id, words))
        return found.number


def refuse(by: By, actor: Actor, proposal: int) -> None:
    """Refuse a proposal; `by.reason` tells why. Raises NotThere, Denied, DomainError."""
    _seen(actor, proposal)
    reason = by.reason.strip()
    if not 0 < len(reason) <= LONGEST:
        raise Unfit(
            "REASON_NEEDED",
            "reason",
            Text("请写明不予签发的原因，200 字以内。", "Say why, in at most 200 signs; who proposed it is told."),
        )
    with transaction.atomic():
        found = _locked(actor, proposal)
        found.signed, found.refused_because = False, reason
        _decided(by, actor, found)
        record(by, Act("policies.refuse", f"proposal:{proposal}", found.place_id, {"parameter": found.parameter}))


def _decided(by: By, actor: Actor, found: Proposal) -> None:
    found.decided_by_id, found.decided_at = actor.account, by.at
    found.save()


def _seen(actor: Actor, proposal: int) -> None:
    found = Proposal.objects.seen_by(actor).filter(pk=proposal).first()
    if found is None:
        raise NotThere
    require(actor, "parameters.approve", found.place_id)


def _locked(actor: Actor, proposal: int) -> Proposal:
    found = Proposal.objects.unscoped(LOCKED).select_for_update().get(pk=proposal)
    if actor.account is None or found.proposed_by_id == actor.account:
        raise DomainError(
            "OWN_PROPOSAL",
            Text("不能签发自己提出的，请由另一人签发。", "Nobody signs what they proposed; let another person do it."),
        )
    refuse_decided(found)
    return found


def _refuse_withdrawn(found: Proposal) -> None:
    """Two may have proposed to withdraw the same; one of them does."""
    if found.withdraws_id is not None and is_withdrawn(found.withdraws_id):
        raise DomainError(
            "WITHDRAWN_ALREADY",
            Text(
                "这个值已经由另一项撤回，不用再签发。请不予签发，或由提出的人收回。",
                "Another one has withdrawn it already; there is nothing left to sign. Refuse this, or let whoever proposed it take it back.",
            ),
        )


def _require_tried(found: Proposal, seen: str) -> None:
    """That what was looked at is what signing would do now."""
    trial = Trial.objects.unscoped(LOCKED).filter(proposal=found).order_by("-pk").first()
    if trial is None or trial.state != State.DONE:
        raise DomainError(
            "NOT_TRIED",
            Text(
                "还没有试算完，看过影响哪些户才能签发。",
                "It has not been tried: see first which households it changes.",
            ),
        )
    if trial.digest != seen or trial.base != in_force().digest:
        raise DomainError(
            "TRIED_OTHERWISE",
            Text(
                "试算之后，规则库或试算结果有变。请重新试算，看过再签发。",
                "The rulebook, or the trial, has changed since. Try it again, and look before you sign.",
            ),
        )


def _alone() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [PUBLISHING_LOCK])

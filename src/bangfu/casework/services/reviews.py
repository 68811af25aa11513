"""Rounds of reporting: villages sign what they report, and somebody else accepts it or sends it back (C1.2).

What is signed are figures of the register as whoever signs saw them and as it stands at that moment, and a digest of them household by household. One transaction each.
"""

from dataclasses import dataclass, replace
from datetime import date

from django.db import transaction

from bangfu.access.data import Actor, NotThere
from bangfu.access.policy import require
from bangfu.audit.data import Act, By
from bangfu.audit.services import number_ahead, record
from bangfu.casework.figures import digest_of, figures_of, seal_of
from bangfu.casework.models import Answer, Round, Submission
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.places.models import Below, Level, Place
from bangfu.places.selectors import places_within

LOCKED = "the service locks the row it changes, after the actor was asked"
LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class NewRound:
    """What is to be reported: by the villages of a place, until a day (included)."""

    place: int
    title: str
    due_on: date


def open_round(by: By, actor: Actor, new: NewRound) -> int:
    """Ask the villages of a place to sign what they report; returns the round. Raises Denied, DomainError."""
    if not 0 < len(new.title.strip()) <= 50:
        raise DomainError("TITLE_NEEDED", Text("请写明名称，50 字以内。", "Give it a name of at most 50 signs."))
    if new.due_on < actor.day:
        raise DomainError("DAY_PASSED", Text("期限不能早于今天。", "The last day cannot have passed already."))
    with transaction.atomic():
        require(actor, "reviews.review", new.place)
        number = number_ahead(Round)
        words = {"name": new.title.strip(), "until": str(new.due_on)}
        made = Round.objects.create(
            pk=number,
            place_id=new.place,
            title=new.title.strip(),
            due_on=new.due_on,
            opened_at=by.at,
            opened_id=record(by, Act("casework.open_round", f"round:{number}", new.place, words)),
        )
        return made.pk


def close_round(by: By, actor: Actor, round_: int) -> None:
    """Nobody is asked to sign any more. Raises NotThere, Denied, DomainError for one that is closed, or where a report waits for review.

    Nobody would be told of that report any more; and sent back then, the village could not sign anew.
    """
    with transaction.atomic():
        found = _open(actor, round_)
        require(actor, "reviews.review", found.place_id)
        # Of a village that was abolished since nobody decides any more.
        there = places_within([found.place_id])
        wait = Submission.objects.unscoped(LOCKED).filter(of=found, state=Answer.SIGNED, place__in=there).count()
        if wait:
            raise DomainError(
                "REPORTS_WAIT",
                Text(
                    f"还有 {wait} 个村的上报待审核，没有结束。请先审核通过或退回，再结束。",
                    f"{wait} report(s) wait for review; the round was not closed. Accept them or send them back first.",
                ),
            )
        found.closed_id = record(by, Act("casework.close_round", f"round:{round_}", found.place_id))
        found.save(update_fields=["closed"])


def sign(by: By, actor: Actor, round_: int, village: int, seen: str) -> int:
    """Sign what a village reports; `seen` is the seal of the figures that whoever signs had before them. Returns the submission.

    Raises NotThere, Denied, DomainError where one stands already, or the figures are others by now.
    """
    with transaction.atomic():
        found = _open(actor, round_)
        within = Below.objects.filter(place=village, within=found.place_id).exists()
        if not within or not Place.objects.filter(pk=village, level=Level.VILLAGE).exists():
            raise NotThere
        require(actor, "reviews.sign", village)
        post = _post(actor, village)
        if actor.account is None or post is None:
            raise NotThere
        stands = Submission.objects.unscoped(LOCKED).filter(of=found, place=village).exclude(state=Answer.RETURNED)
        if stands.exists():
            raise DomainError(
                "SIGNED_ALREADY",
                Text(
                    "本村已确认上报。需要修改的，请街道先退回。",
                    "The village has signed already. To change it, have it sent back first.",
                ),
            )
        figures = figures_of([village])[village]
        if seal_of(figures) != seen:
            raise DomainError(
                "FIGURES_MOVED",
                Text(
                    "数字刚才有变动，没有确认。请核对现在的数字，再确认上报。",
                    "The figures have changed meanwhile; nothing was signed. Check them as they are now, then sign.",
                ),
            )
        said = Act(
            "casework.sign",
            f"round:{round_}",
            village,
            {"households": figures["households"], "persons": figures["persons"]},
        )
        made = Submission.objects.create(
            of=found,
            place_id=village,
            state=Answer.SIGNED,
            signed_by_id=actor.account,
            post_id=post,
            signed_at=by.at,
            entry_id=record(by, said),
            figures=dict(figures),
            digest=digest_of(village),
        )
        return made.pk


def accept(by: By, actor: Actor, submission: int) -> None:
    """Accept what a village signed. Raises NotThere, Denied, DomainError for one's own, and for one that was decided on."""
    _decide(by, actor, submission, Answer.ACCEPTED)


def send_back(by: By, actor: Actor, submission: int) -> None:
    """Send it back, so that the village signs anew; `by.reason` tells it why. Raises as `accept`, and DomainError without a reason."""
    if not 0 < len(by.reason.strip()) <= LONGEST_REASON:
        raise DomainError(
            "REASON_NEEDED",
            Text("请写明退回的原因，200 字以内；村里会看到。", "Say why, in at most 200 signs; the village is told."),
        )
    _decide(by, actor, submission, Answer.RETURNED)


def _decide(by: By, actor: Actor, submission: int, answer: Answer) -> None:
    with transaction.atomic():
        seen = Submission.objects.seen_by(actor).filter(pk=submission).first()
        if seen is None:
            raise NotThere
        require(actor, "reviews.review", seen.place_id)
        found = Submission.objects.unscoped(LOCKED).select_for_update().get(pk=submission)
        _refuse(actor, found)
        act = "casework.accept" if answer == Answer.ACCEPTED else "casework.send_back"
        said = replace(by, reason=by.reason.strip())
        found.state, found.decided_by_id, found.decided_at = answer, actor.account, by.at
        found.decision_id = record(said, Act(act, f"submission:{submission}", found.place_id))
        found.save(update_fields=["state", "decided_by", "decided_at", "decision"])


def _refuse(actor: Actor, found: Submission) -> None:
    """Nobody reviews what they signed, in this round or its earlier turns, whatever posts they hold."""
    signed = Submission.objects.unscoped(LOCKED).filter(of=found.of_id, place=found.place_id, signed_by=actor.account)
    if actor.account is None or signed.exists():
        raise DomainError(
            "OWN_REPORT",
            Text(
                "不能审核自己确认过的上报，请由另一人审核。",
                "Nobody reviews what they signed; let another person do it.",
            ),
        )
    if found.state != Answer.SIGNED:
        raise DomainError("DECIDED", Text("这次上报已经审核过了。", "This has been decided already."))


def _open(actor: Actor, round_: int) -> Round:
    """A round that lasts, locked: who signs and who closes it wait for each other. Raises NotThere, DomainError."""
    if not Round.objects.seen_by(actor).filter(pk=round_).exists():
        raise NotThere
    found = Round.objects.unscoped(LOCKED).select_for_update().get(pk=round_)
    if found.closed_id is not None:
        raise DomainError("ROUND_CLOSED", Text("这次上报已结束。", "This round is closed."))
    return found


def _post(actor: Actor, village: int) -> int | None:
    """The post by which the actor signs for a village."""
    around = set(Below.objects.filter(place=village).values_list("within_id", flat=True))
    able = (grant.post for grant in actor.grants if "reviews.sign" in grant.permissions and grant.places & around)
    return min(able, default=None)

"""Reads of the room: which households a list is of, which papers were issued, and who answers at the door that a code leads to."""

from dataclasses import dataclass
from datetime import date, datetime

from bangfu.access.data import Actor, NotThere
from bangfu.access.selectors import answering
from bangfu.audit.data import By
from bangfu.documents.cases import Wanted, cases
from bangfu.documents.data import OF_DOSSIER, digest_of, portions
from bangfu.documents.models import Door, Issue
from bangfu.kernel.words import Lang, Text
from bangfu.registry.helping import helpers_of
from bangfu.registry.models import Household


@dataclass(frozen=True, slots=True)
class IssueRow:
    """A paper that was issued: what, when, by whom (as the record names it), as of which day, and the digest of the file."""

    id: int
    at: datetime
    kind: str
    format: str
    actor: str
    day: date
    digest: str
    whole_numbers: bool


@dataclass(frozen=True, slots=True)
class Called:
    """Whom a paper's code tells to call: no word of the household."""

    tier: Text
    name: str
    phone: str


def issues(actor: Actor, household: int) -> list[IssueRow]:
    """The papers issued of a household, the latest first. Raises NotThere."""
    if not Household.objects.seen_by(actor).filter(pk=household).exists():
        raise NotThere
    found = Issue.objects.seen_by(actor).filter(household=household).select_related("entry").order_by("-at", "-pk")
    return [
        IssueRow(each.pk, each.at, each.kind, each.format, each.entry.actor, each.day, each.digest, each.whole_numbers)
        for each in found
    ]


def issued(actor: Actor, digest: str) -> IssueRow | None:
    """The paper whose file has this digest, among those that the actor may see."""
    found = Issue.objects.seen_by(actor).filter(digest=digest).select_related("entry").order_by("pk").first()
    if found is None:
        return None
    return IssueRow(
        found.pk, found.at, found.kind, found.format, found.entry.actor, found.day, found.digest, found.whole_numbers
    )


def agreement(by: By, actor: Actor, issue: int) -> tuple[str, ...]:
    """The portions of an issued paper that the register, asked anew for the same day, gives otherwise; none where paper and register agree.

    Of a paper of a household. Raises NotThere.
    """
    found = Issue.objects.seen_by(actor).filter(pk=issue).first()
    if found is None or found.household_id is None:
        raise NotThere
    lang: Lang = "en" if found.language == "en" else "zh"
    wanted = Wanted(
        found.day,
        by.at,
        lang,
        found.year,
        whole_numbers=found.whole_numbers,
        dossier=bool(OF_DOSSIER & set(found.values)),
    )
    (case,) = cases(actor, by.ring, [found.household_id], wanted)
    now = {name: digest_of(by.ring, value) for name, value in portions(case, found.values).items()}
    return tuple(name for name, digest in now.items() if digest != found.values[name])


def household_behind(actor: Actor, sign: str) -> int | None:
    """The household of a sign, if the actor sees it."""
    return Door.objects.seen_by(actor).filter(sign=sign).values_list("household_id", flat=True).first()


def called(sign: str, day: date) -> list[Called] | None:
    """Whom to call about the household of a sign, for whoever holds its paper; None where there is no such sign.

    Helpers' names and office telephones alone: nothing of the household, and not where it lives.
    """
    door = (
        Door.objects.unscoped("who holds a paper is told whom to call")
        .filter(sign=sign)
        .select_related("household")
        .first()
    )
    if door is None:
        return None
    helpers = helpers_of([door.household_id], day)[door.household_id]
    standing = [each for each in helpers if each.holder and (each.held_until is None or each.held_until > day)]
    told = [Called(each.tier, each.holder, each.phone) for each in standing]
    if door.household.place_id is not None:
        told += [
            Called(each.tier, each.name, each.phone) for each in answering("subdistrict", door.household.place_id, day)
        ]
    return told

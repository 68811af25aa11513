"""Erasures: what identifies a household, or one person of it, is emptied wherever it stands, for good.

What is emptied, facts.yaml says by the class of each fact. Identities, who belonged where, days of dying and leaving, codes and amounts that are not
sensitive, and all money stay, so that counts and sums of the past stay right. Scans are no longer named, and the store removes the bytes a day
later. Verdicts were worded from what is erased: they are stale from then on. A later import that states a fact again records it anew.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, Literal

from django.db import transaction
from django.db.models import Q

from bangfu.access.models import Account
from bangfu.access.policy import actor_of, may
from bangfu.audit.data import Act as Said
from bangfu.audit.data import By
from bangfu.audit.models import EntryText
from bangfu.audit.services import erase_text
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.privacy.models import SealedNumber
from bangfu.registry.facts import groups
from bangfu.registry.listed import relist
from bangfu.registry.models import (
    VERSIONS,
    Act,
    Erasure,
    Evidence,
    EvidenceCheck,
    EvidenceFile,
    Household,
    How,
    LedgerLine,
    PaymentAside,
    Person,
    Receipt,
    Stated,
)
from bangfu.registry.protection import ERASABLE
from bangfu.registry.services.acts import begin, sharing_with
from bangfu.registry.versions import PAPERS, WRITES

# What somebody wrote beside a row, that stays as it is where nothing was written.
WORDS: Mapping[Any, str] = {LedgerLine: "note", Evidence: "title", EvidenceCheck: "why"}
Whom = Literal["household", "person"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom an erasure is of: with `person` None, the household with everybody who belongs to it now."""

    household: Household
    person: int | None
    persons: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Erased:
    """What was emptied: versions of facts, sealed numbers, words beside acts, papers and ledger lines, scans, texts of the record."""

    versions: int
    numbers: int
    words: int
    scans: int
    texts: int


def erase(by: By, whom: Whom, number: str, approver: str, *, keep: bool) -> Erased:
    """Empty what identifies a household or a person, by number, once a second person has approved. With `keep` False only tell what that would be.

    `approver` signs in with that name, and may reveal numbers where the household lives. Raises DomainError for a number that there is not,
    without a reason or such an approver, and where nothing is left to erase.
    """
    with transaction.atomic():
        wanted = _wanted(whom, number)
        if not by.reason.strip():
            raise DomainError("REASON_NEEDED", Text("请写明为什么抹去。", "Say why it is erased."))
        account = _approver(by, approver, wanted.household.place_id)
        texts = _texts(wanted)
        subject = f"household:{wanted.household.pk}" if wanted.person is None else f"person:{wanted.person}"
        said = Said("registry.erase", subject, wanted.household.place_id, {"approved_by": f"account:{account}"})
        # Asked before the numbers are gone: a check looks at all who share one.
        act = begin(by, How.PROCEDURE, said, touches={wanted.household.pk, *sharing_with(wanted.persons)})
        erasure = Erasure.objects.create(
            at=by.at, entry_id=act.entry_id, household=wanted.household, person_id=wanted.person
        )
        done = Erased(*_empty(wanted, erasure), len(texts))
        relist([wanted.household.pk])
        if not done.versions and not done.scans:
            raise DomainError("NOTHING_TO_ERASE", Text("已经没有可抹去的内容。", "There is nothing left to erase."))
        for entry in texts:
            erase_text(by, entry)
        if not keep:
            transaction.set_rollback(True)
        return done


def _wanted(whom: Whom, number: str) -> Wanted:
    model: Any = Household if whom == "household" else Person
    found = model.objects.unscoped(WRITES).filter(number=number).first()
    household = found if whom == "household" or found is None else found.household
    if household is None:
        raise DomainError("NO_SUCH_NUMBER", Text(f"没有编号“{number}”。", f"There is no number {number}."))
    locked = Household.objects.unscoped(WRITES).select_for_update(no_key=True).get(pk=household.pk)
    if whom == "person":
        return Wanted(locked, found.pk, (found.pk,))
    everybody = Person.objects.unscoped(WRITES).filter(household=locked).order_by("pk")
    return Wanted(locked, None, tuple(everybody.values_list("pk", flat=True)))


def _approver(by: By, login: str, place: int | None) -> int:
    found = Account.objects.unscoped(WRITES).filter(login=login, disabled_at=None).first()
    if found is None or not may(
        actor_of(found.pk, by.at, second_factor=True, confirmed=True), "households.reveal", place
    ):
        raise DomainError(
            "NOT_APPROVED",
            Text(
                f"“{login}”不能批准：须是区扶贫办在岗人员，且该户在其范围内。",
                f"{login} cannot approve this: it takes a post of the district office, whose area the household lies in.",
            ),
        )
    return found.pk


def _empty(wanted: Wanted, erasure: Erasure) -> tuple[int, int, int, int]:
    """How many versions, numbers, words and scans were emptied."""
    words = _aside(wanted, erasure) + _beside(wanted, erasure) + _stated(wanted, erasure)
    papers = VERSIONS["papers"].objects.unscoped(WRITES).filter(thing__in=wanted.persons).exclude(id_number=None)
    numbers = set(papers.values_list("id_number_id", flat=True))
    touched: set[int] = set()
    versions = 0
    for model, mine in _rows(wanted):
        rows = model.objects.unscoped(WRITES).filter(mine)
        touched |= set(rows.values_list("act_id", flat=True))
        emptied = ERASABLE.get(model._meta.model_name, {})
        if not emptied:
            continue
        rows = rows.filter(erased=None)
        if word := WORDS.get(model):
            words += rows.exclude(**{word: ""}).update(erased=erasure, **emptied)
        else:
            versions += rows.update(erased=erasure, **emptied)
    alone = touched - _elsewhere(wanted, touched)
    acts = Act.objects.filter(pk__in=alone, erased=None).exclude(source="").exclude(how=How.IMPORT)
    words += acts.update(erased=erasure, **ERASABLE["act"])
    scans = EvidenceFile.objects.unscoped(WRITES).filter(_of(wanted, "evidence__"), erased=None)
    SealedNumber.objects.filter(pk__in=numbers).delete()
    return versions, len(numbers), words, scans.update(erased=erasure, **ERASABLE["evidencefile"])


def _aside(wanted: Wanted, erasure: Erasure) -> int:
    """Why lines of lists were set aside, wherever that names one of them: such a line is of nobody on the register, and found by the words alone."""
    named = _naming(wanted, "reason")
    return PaymentAside.objects.filter(named, erased=None).update(erased=erasure, **ERASABLE["paymentaside"])


def _beside(wanted: Wanted, erasure: Erasure) -> int:
    """What somebody wrote beside money, papers and acts of the households that they ever belonged to, wherever it names one of them."""
    homes, words = _homes(wanted), 0
    for model, word in WORDS.items():
        way = "evidence__" if model is EvidenceCheck else ""
        theirs = Q((f"{way}household__in", homes)) | Q((f"{way}person__household__in", homes))
        rows = model.objects.unscoped(WRITES).filter(theirs, _naming(wanted, word), erased=None)
        words += rows.update(erased=erasure, **ERASABLE[model._meta.model_name])
    acts = Act.objects.filter(_naming(wanted, "source"), entry__subject__in=_near(homes), erased=None)
    return words + acts.exclude(how=How.IMPORT).update(erased=erasure, **ERASABLE["act"])


def _stated(wanted: Wanted, erasure: Erasure) -> int:
    """What was stated elsewhere of them, in whichever household they were then; and of such a household where that names them, as its head say."""
    numbers = Person.objects.unscoped(WRITES).filter(pk__in=wanted.persons).values("number")
    rows = Stated.objects.unscoped(WRITES).filter(erased=None)
    of_homes, names = rows.filter(household__in=_homes(wanted), person=""), _names(wanted)
    naming = [
        pk
        for pk, said in of_homes.values_list("pk", "values")
        if any(name in text for name in names for text in (said or {}).values())
    ]
    theirs = Q(pk__in=naming) | Q(person__in=numbers)
    if wanted.person is None:
        theirs |= Q(household=wanted.household)
    return rows.filter(theirs).update(erased=erasure, **ERASABLE["stated"])


def _names(wanted: Wanted) -> set[str]:
    """The names that one of them was ever known by."""
    rows: Any = VERSIONS["identity"].objects.unscoped(WRITES).filter(thing__in=wanted.persons, erased=None)
    return set(rows.exclude(name=None).values_list("name", flat=True))


def _naming(wanted: Wanted, words: str) -> Q:
    """Rows whose words have such a name."""
    return reduce(or_, (Q((f"{words}__icontains", name)) for name in sorted(_names(wanted))), Q(pk__in=()))


def _homes(wanted: Wanted) -> set[int]:
    """The household, and those to which they ever belonged."""
    belonged: Any = VERSIONS["membership"].objects.unscoped(WRITES).filter(thing__in=wanted.persons)
    return {wanted.household.pk, *belonged.values_list("household_id", flat=True)}


def _near(homes: set[int]) -> list[str]:
    """These households, and whoever ever belonged to one, as entries name them."""
    belonged: Any = VERSIONS["membership"].objects.unscoped(WRITES).filter(household__in=homes)
    others = belonged.values_list("thing_id", flat=True).distinct()
    return [*(f"household:{home}" for home in homes), *(f"person:{other}" for other in others)]


def _of(wanted: Wanted, path: str) -> Q:
    """Papers of those whom it is of: of a household, those of its members, too."""
    persons = Q((f"{path}person__in", wanted.persons))
    return persons if wanted.person is not None else persons | Q((f"{path}household", wanted.household))


def _rows(wanted: Wanted) -> Iterator[tuple[Any, Q]]:
    """Where something is kept of whom it is about."""
    whole = wanted.person is None
    for name, model in VERSIONS.items():
        match groups()[name].of:
            case "person":
                yield model, Q(thing__in=wanted.persons)
            case "household" if whole:
                yield model, Q(thing=wanted.household)
            case kind if whole and kind != "household":
                yield model, Q(thing__household=wanted.household)
    of_lines = Q(household=wanted.household) if whole else Q(person=wanted.person)
    yield LedgerLine, of_lines
    yield Receipt, of_lines
    yield from ((papers, _of(wanted, path)) for papers, path in PAPERS.items())


def _elsewhere(wanted: Wanted, acts: set[int]) -> set[int]:
    """Those of these acts that recorded something of others, too."""
    mine = dict(_rows(wanted))
    found: set[int] = set()
    every: tuple[Any, ...] = (*VERSIONS.values(), LedgerLine, Receipt, *PAPERS)
    for model in every:
        others = model.objects.unscoped(WRITES).filter(act__in=acts)
        others = others.exclude(mine[model]) if model in mine else others
        found |= set(others.values_list("act_id", flat=True))
    return found


def _texts(wanted: Wanted) -> list[int]:
    """The entries whose text gives a reason for something done to them; or to a household they ever belonged to, or its people, that names them."""
    subjects = [f"person:{person}" for person in wanted.persons]
    subjects += [f"household:{wanted.household.pk}"] if wanted.person is None else []
    near = Q(_naming(wanted, "body__reason"), entry__subject__in=_near(_homes(wanted)))
    of_them = Q(entry__subject__in=subjects) | near
    found = EntryText.objects.filter(of_them, body__has_key="reason").order_by("pk")
    return list(found.values_list("pk", flat=True))

"""Dossiers as they are read (C2.1.2): which papers there are, and whether a dossier is complete, whole and right; of one household and of many.

Complete (全): every paper that the rulebook requires is there. Whole (整): each has all its pages, can be opened, and is good on the day.
Right (准): each was compared by somebody else and found right. Where it is not known whether a paper is required, and it is not there, the
figure is not known (None): it counts neither as yes nor as no.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO, Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from bangfu.access.data import Actor, NotThere
from bangfu.access.models import Account
from bangfu.audit.data import Act as Said
from bangfu.audit.data import By
from bangfu.audit.services import record_read
from bangfu.engine.request import book_of
from bangfu.files.store import missing, open_file
from bangfu.kernel.words import Lang, Text
from bangfu.registry.models import Evidence, EvidenceCheck, EvidenceFile, Household, Judged, Person
from bangfu.registry.wanted import Wanted, wanted_of_all, wanted_of_one

OF_SEEN = "of households that the actor sees"
JUDGED: Mapping[str, Text] = {
    judged: Text(judged.label, said) for judged, said in zip(Judged, ("right", "not right", "taken out"), strict=True)
}


@dataclass(frozen=True, slots=True)
class FileRow:
    """One file of a paper; `there`: it is in the store; `erased`: an erasure took it."""

    id: int
    position: int
    media: str
    size: int
    pages: int
    there: bool
    erased: bool


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper that was in the dossier on a day. `result`: "right", "wrong" or "" (nobody compared it); `mine`: the actor added it.

    The names are those of colleagues whom the actor may see, else empty."""

    id: int
    kind: str
    person: int | None
    title: str
    kept_from: date
    issued_on: date | None
    expires_on: date | None
    pages: int | None
    files: tuple[FileRow, ...]
    added_by: str
    mine: bool
    result: str
    why: str
    checked_by: str
    checked_on: date | None
    expired: bool

    @property
    def whole(self) -> bool:
        every = all(file.there for file in self.files)
        return every and not self.expired and sum(file.pages for file in self.files) >= (self.pages or 1)

    @property
    def right(self) -> bool:
        return self.whole and self.result == Judged.RIGHT


@dataclass(frozen=True, slots=True)
class Item:
    """What a dossier has, or has to have, of a kind, of the household or of a member. `required` None: not known, for want of `unknown`."""

    kind: str
    person: int | None
    required: bool | None
    papers: tuple[Paper, ...]
    unknown: tuple[str, ...] = ()

    @property
    def there(self) -> bool:
        return bool(self.papers)

    @property
    def whole(self) -> bool:
        return any(paper.whole for paper in self.papers)

    @property
    def right(self) -> bool:
        return any(paper.right for paper in self.papers)


@dataclass(frozen=True, slots=True)
class Dossier:
    """A household's dossier on a day, its items in the rulebook's order."""

    household: int
    day: date
    items: tuple[Item, ...]

    @property
    def complete(self) -> bool | None:
        return self._all(lambda item: item.there)

    @property
    def whole(self) -> bool | None:
        return self._all(lambda item: item.whole)

    @property
    def right(self) -> bool | None:
        return self._all(lambda item: item.right)

    @property
    def missing(self) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.required and not item.there)

    @property
    def unknown(self) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.required is None and not item.there)

    @property
    def required(self) -> int:
        return sum(1 for item in self.items if item.required)

    def _all(self, holds: Callable[[Item], bool]) -> bool | None:
        """Of every required paper; not known while that of an absent one hangs on something unknown."""
        if not all(holds(item) for item in self.items if item.required):
            return False
        return None if self.unknown else True


def dossier(actor: Actor, household: int, day: date, known_at: datetime, lang: Lang) -> Dossier:
    """One household's dossier, with what is to be found out where it is not known what is required. Raises NotThere."""
    if not Household.objects.seen_by(actor).filter(pk=household).exists():
        raise NotThere
    return _dossiers(actor, [household], wanted_of_one(household, day, lang), day, known_at)[household]


def dossiers(actor: Actor, households: Iterable[int], day: date, known_at: datetime) -> dict[int, Dossier]:
    """The dossiers of those of these households that the actor sees. The same number of queries, however many there are."""
    seen = Household.objects.seen_by(actor).filter(pk__in=list(households)).values_list("pk", flat=True)
    ids = list(seen)
    return _dossiers(actor, ids, wanted_of_all(ids, day), day, known_at) if ids else {}


def open_scan(by: By, actor: Actor, household: int, file: int) -> tuple[EvidenceFile, IO[bytes]]:
    """A file of a household's paper, to be given out; that somebody took it is recorded. Raises NotThere, DomainError where it cannot be given."""
    of_it = Q(evidence__household=household) | Q(evidence__person__household=household)
    found = EvidenceFile.objects.seen_by(actor).filter(of_it, pk=file, evidence__stands=True).exclude(file="").first()
    if found is None:
        raise NotThere
    opened = open_file(by.ring, found.file)
    place = Household.objects.unscoped(OF_SEEN).values_list("place_id", flat=True).get(pk=household)
    words = {"evidence": label_of(found.evidence.kind).zh}
    record_read(by, Said("registry.read_evidence", f"household:{household}", place, words))
    return found, opened


def label_of(kind: str) -> Text:
    """A kind's label; its id where the rulebook has it no more."""
    known = book_of(()).evidence.get(kind)
    return known.label if known else Text(kind, kind)


def paper_of(actor: Actor, household: int, paper: int) -> Evidence:
    """A paper that stands, if it is of this household and the actor sees it. Raises NotThere."""
    of_it = Q(household=household) | Q(person__household=household)
    found = Evidence.objects.seen_by(actor).filter(of_it, pk=paper, stands=True).first()
    if found is None:
        raise NotThere
    return found


def in_dossiers(day: date) -> "QuerySet[Evidence]":
    """The papers that are in dossiers on a day, as far as is known now: not withdrawn, and not of a day to come."""
    checks = EvidenceCheck.objects.unscoped(OF_SEEN).filter(stands=True, result=Judged.WITHDRAWN)
    rows = Evidence.objects.unscoped(OF_SEEN).filter(stands=True, kept_from__lte=day)
    # Nothing is said any more of a paper that was withdrawn.
    return rows.exclude(Exists(checks.filter(evidence=OuterRef("pk"))))


def _dossiers(
    actor: Actor, households: list[int], wanted: list[Wanted], day: date, known_at: datetime
) -> dict[int, Dossier]:
    numbers = dict(Household.objects.unscoped(OF_SEEN).filter(pk__in=households).values_list("number", "pk"))
    named = [each.person for each in wanted if each.person is not None]
    persons = dict(Person.objects.unscoped(OF_SEEN).filter(number__in=named).values_list("number", "pk"))
    asked: dict[int, dict[tuple[str, int | None], Wanted]] = defaultdict(dict)
    for each in wanted:
        asked[numbers[each.household]][each.kind, persons.get(each.person or "")] = each
    papers: dict[int, dict[tuple[str, int | None], list[Paper]]] = defaultdict(lambda: defaultdict(list))
    for household, paper in _papers(actor, households, day, known_at):
        papers[household][paper.kind, paper.person].append(paper)
    order = {kind: n for n, kind in enumerate(book_of(()).evidence)}

    def items(household: int) -> Iterator[Item]:
        keys = asked[household].keys() | papers[household].keys()
        for kind, person in sorted(keys, key=lambda key: (order.get(key[0], len(order)), key[1] or 0)):
            said = asked[household].get((kind, person))
            kept = tuple(papers[household].get((kind, person), ()))
            yield Item(kind, person, said.required if said else False, kept, said.unknown if said else ())

    return {household: Dossier(household, day, tuple(items(household))) for household in households}


def _papers(actor: Actor, households: list[int], day: date, known_at: datetime) -> list[tuple[int, Paper]]:
    """The papers in these dossiers on a day as far as was known at a moment, each with its household."""
    of_them = Q(household__in=households) | Q(person__household__in=households)
    rows = list(
        Evidence.objects.unscoped(OF_SEEN)
        .filter(of_them, _known("act", known_at), kept_from__lte=day)
        .select_related("person")
        .order_by("pk")
    )
    ids = [row.pk for row in rows]
    checks: dict[int, EvidenceCheck] = {
        check.evidence_id: check  # the last one stays
        for check in EvidenceCheck.objects.unscoped(OF_SEEN)
        .filter(_known("act", known_at), evidence__in=ids, checked_on__lte=day)
        .order_by("act_id")
    }
    kept = list(EvidenceFile.objects.unscoped(OF_SEEN).filter(evidence__in=ids).order_by("evidence", "position"))
    gone = missing(each.file for each in kept if each.file)
    files: dict[int, list[FileRow]] = defaultdict(list)
    for each in kept:
        there, erased = each.file not in {*gone, ""}, each.erased_id is not None
        row = FileRow(each.pk, each.position, each.media, each.size, each.pages, there, erased)
        files[each.evidence_id].append(row)
    who = {row.added_by_id for row in rows} | {check.checked_by_id for check in checks.values()}
    names = dict(Account.objects.seen_by(actor).filter(pk__in=who).values_list("pk", "name"))
    return [
        (_household_of(row), _paper(row, checks.get(row.pk), tuple(files[row.pk]), names, actor, day))
        for row in rows
        if row.pk not in checks or checks[row.pk].result != Judged.WITHDRAWN
    ]


def _known(act: str, known_at: datetime) -> Q:
    """That an act was known at a moment, and not undone by then."""
    undone = Q((f"{act}__undone_by", None)) | Q((f"{act}__undone_by__at__gt", known_at))
    return Q((f"{act}__at__lte", known_at)) & undone


def _household_of(paper: Evidence) -> int:
    household = paper.person.household_id if paper.person else paper.household_id
    assert household is not None
    return household


def _paper(
    row: Evidence,
    check: EvidenceCheck | None,
    files: tuple[FileRow, ...],
    names: dict[int, str],
    actor: Actor,
    day: date,
) -> Paper:
    said: dict[str, Any] = {"result": "", "why": "", "checked_by": "", "checked_on": None}
    if check is not None:
        by = names.get(check.checked_by_id, "")
        said = {"result": check.result, "why": check.why, "checked_by": by, "checked_on": check.checked_on}
    return Paper(
        id=row.pk,
        kind=row.kind,
        person=row.person_id,
        title=row.title,
        kept_from=row.kept_from,
        issued_on=row.issued_on,
        expires_on=row.expires_on,
        pages=row.pages,
        files=files,
        added_by=names.get(row.added_by_id, ""),
        mine=row.added_by_id == actor.account,
        expired=row.expires_on is not None and row.expires_on < day,
        **said,
    )

"""The file of a household: everything of it, as of any day and as known at any moment; and its lines and receipts one by one."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q

from bangfu.access.data import Actor, NotThere
from bangfu.kernel.clock import office_day
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.privacy.keys import KeyRing
from bangfu.privacy.masks import masked
from bangfu.privacy.models import SealedNumber
from bangfu.privacy.services import open_number
from bangfu.registry.data import Known
from bangfu.registry.facts import groups, groups_of, things
from bangfu.registry.models import THINGS, VERSIONS, Household, LedgerLine, Person, Receipt, Settlement
from bangfu.registry.versions import as_of, known_of, standing

OF_SEEN = "of households that the actor sees"
# Parts of a file beside groups of facts, and the groups without which there is none.
LEDGER, RECEIPTS = "ledger", "receipts"
ALWAYS = frozenset({"residence", "membership", "identity"})


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of a household on a day, with what is known of them by group; `present` unless they died or left by then."""

    id: int
    number: str
    present: bool
    facts: Mapping[str, Known]

    @property
    def name(self) -> str:
        return str(self.facts["identity"].values["name"] or "")

    @property
    def relation(self) -> str:
        return str(self.facts["membership"].values["relation"] or "")


@dataclass(frozen=True, slots=True)
class LineRow:
    """A ledger line: amounts in fen. `booked`: by a receipt, through which it is corrected. `source`: on what grounds, and when recorded."""

    id: int
    year: int
    item: str
    amount: int
    person: int | None
    note: str
    booked: bool
    source: str
    recorded_on: date


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """Money of a policy received, in fen."""

    id: int
    year: int
    policy: str
    amount: int
    person: int | None
    paid_on: date | None


@dataclass(frozen=True, slots=True)
class File:
    """All that is known of a household as of a day, as far as was known at a moment."""

    id: int
    number: str
    place: int | None
    day: date
    known_at: datetime
    facts: Mapping[str, Known]
    members: tuple[Member, ...]
    several: Mapping[str, tuple[Known, ...]]
    ledger: tuple[LineRow, ...]
    receipts: tuple[ReceiptRow, ...]
    settled: Mapping[int, date]

    @property
    def head(self) -> str:
        """The name of the head, or of the last one where nobody is left; "" where it is not known."""
        return next((each.name for each in self.members if each.relation == "head"), "")

    @property
    def called(self) -> str:
        return called(self.head, self.number)


def file(actor: Actor, household: int, day: date, known_at: datetime, only: Collection[str] | None = None) -> File:
    """A household's file, or as much of it as `only` names. A constant number of queries. Raises NotThere, NotYetThere."""
    found = files(actor, [household], day, known_at, only).get(household)
    if found is None:
        raise absent(actor, household, day, known_at)
    return found


class NotYetThere(NotThere):
    """The actor sees the household, but nothing of it held on that day, or was known at that moment: `field` says which of the two."""

    def __init__(self, field: str, text: Text) -> None:
        DomainError.__init__(self, "NOT_YET_THERE", text)
        self.field = field


def absent(actor: Actor, household: int, day: date, known_at: datetime) -> NotThere:
    """Why a household has no file of a day as known at a moment. A few queries, and only where there is none."""
    if not Household.objects.seen_by(actor).filter(pk=household).exists():
        return NotThere()
    since = standing("residence", household)
    if not since:
        return NotThere()
    if since[0].valid_from > day:
        first = since[0].valid_from
        return NotYetThere(
            "day",
            Text(
                f"这一户自 {first} 起才有登记，请选这一天或以后的日期。",
                f"This household is registered from {first} on. Choose that day, or a later one.",
            ),
        )
    return NotYetThere(
        "known",
        Text(
            "这个时候系统里还没有这一户的登记，请选晚一些的时候。",
            "Nothing of this household was recorded by then. Choose a later moment.",
        ),
    )


def files(
    actor: Actor, households: Iterable[int], day: date, known_at: datetime, only: Collection[str] | None = None
) -> dict[int, File]:
    """The files of those of these households that the actor sees and of which something was known then, in the order given.

    As many queries as for one; some hundreds at a time are a good measure. `only` names groups of facts, LEDGER and RECEIPTS: nothing else
    is read then, but for where the households are and who belongs to them.
    """
    wanted = list(households)
    asked = ALWAYS.union(groups(), (LEDGER, RECEIPTS)) if only is None else ALWAYS.union(only)
    found = {each.pk: each for each in Household.objects.seen_by(actor).filter(pk__in=wanted)}
    of_it = [group for group in groups_of("household") if group.name in asked]
    held = {group.name: as_of(group, found, day, known_at) for group in of_it}
    ids = [each for each in wanted if each in held["residence"]]
    members = _members(ids, day, known_at, asked)
    kinds = [kind.name for kind in things().values() if kind.several and groups_of(kind.name)[0].name in asked]
    several = {kind: _several(kind, ids, day, known_at) for kind in kinds}
    lines = _lines(LedgerLine, ids, known_at) if LEDGER in asked else {}
    receipts = _lines(Receipt, ids, known_at) if RECEIPTS in asked else {}
    settled = _settled(ids, known_at) if LEDGER in asked else {}
    return {
        each: File(
            each,
            found[each].number,
            found[each].place_id,
            day,
            known_at,
            {group.name: known_of(group, each, held[group.name].get(each)) for group in of_it},
            members.get(each, ()),
            {kind: tuple(of_kind.get(each, ())) for kind, of_kind in several.items()},
            tuple(_line_row(row) for row in lines.get(each, ())),
            tuple(_receipt_row(row) for row in receipts.get(each, ())),
            settled.get(each, {}),
        )
        for each in ids
    }


def person_names(persons: Collection[int]) -> dict[int, str]:
    """What these are called now; "" where that is not known. Whoever asks has seen their households."""
    identities: Any = VERSIONS["identity"].objects.unscoped(OF_SEEN).filter(is_current=True, thing__in=persons)
    return {person: name or "" for person, name in identities.values_list("thing", "name")}


def named_as_left(persons: Collection[int]) -> dict[int, Text]:
    """The same of those who have left a household since money of it was theirs, in words that say so, in the order of their ids."""
    names = person_names(persons) if persons else {}
    named = {each: names.get(each, "") for each in sorted(persons)}
    return {each: Text(f"{name}（已不在本户）", f"{name} (left the household)") for each, name in named.items()}


def masked_numbers(ring: KeyRing, members: Iterable[Member]) -> dict[int, str]:
    """The ID numbers of a file's members with all but the last four hidden, by person; only of those who have one."""
    ids: dict[int, Any] = {member.id: member.facts["papers"].values["id_number"] for member in members}
    numbers = {n.pk: n for n in SealedNumber.objects.filter(pk__in=[each for each in ids.values() if each])}
    return {person: masked(ring, numbers[each]) for person, each in ids.items() if each in numbers}


def whole_numbers(ring: KeyRing, members: Iterable[Member]) -> dict[int, str]:
    """The ID numbers of members in full, by person. For papers that bear them, and only once the right to it was asked and recorded."""
    ids: dict[int, Any] = {member.id: member.facts["papers"].values["id_number"] for member in members}
    numbers = {n.pk: n for n in SealedNumber.objects.filter(pk__in=[each for each in ids.values() if each])}
    return {person: open_number(ring, numbers[each]) for person, each in ids.items() if each in numbers}


def called(head: str, number: str) -> str:
    """A household as a form says whom it is of: of two numbers that differ in one digit nobody sees which is which."""
    return f"{head} · {number}" if head else number


def _members(
    households: Collection[int], day: date, known_at: datetime, asked: Collection[str]
) -> dict[int, tuple[Member, ...]]:
    """Who belonged to each household on that day, by number, the head first; after it heads of before, who stay heads of it when they die."""
    ever = VERSIONS["membership"].objects.unscoped(OF_SEEN).filter(household__in=households)
    membership: dict[int, Any] = as_of(
        groups()["membership"], set(ever.values_list("thing_id", flat=True)), day, known_at
    )
    home = {person: v.household_id for person, v in membership.items() if v.household_id in households}
    held = {
        group.name: membership if group.name == "membership" else as_of(group, home, day, known_at)
        for group in groups_of("person")
        if group.name in asked
    }
    found: dict[int, list[Member]] = {}
    for person in Person.objects.unscoped(OF_SEEN).filter(pk__in=home).order_by("number"):
        facts = {name: known_of(groups()[name], person.pk, versions.get(person.pk)) for name, versions in held.items()}
        gone = (facts["identity"].values["died_on"], facts["membership"].values["left_on"])
        present = not any(isinstance(each, date) and each <= day for each in gone)
        found.setdefault(home[person.pk], []).append(Member(person.pk, person.number, present, facts))
    return {
        each: tuple(sorted(members, key=lambda m: (m.relation != "head", not m.present)))
        for each, members in found.items()
    }


def _several(kind: str, households: Collection[int], day: date, known_at: datetime) -> dict[int, list[Known]]:
    thing: Any = THINGS[kind]
    rows = thing.objects.unscoped(OF_SEEN).filter(household__in=households).order_by("pk")
    home = dict(rows.values_list("pk", "household_id"))
    (group,) = (group for group in groups().values() if group.of == kind)
    versions = as_of(group, home, day, known_at)
    found: dict[int, list[Known]] = {}
    for each, household in home.items():
        known = known_of(group, each, versions[each]) if each in versions else None
        if known is not None and not known.values["gone"]:
            found.setdefault(household, []).append(known)
    return found


def lines_of(model: Any, households: Iterable[int], known_at: datetime) -> list[Any]:
    """The lines of households that the actor sees which stood at a moment, by year and as they were entered."""
    rows = model.objects.unscoped(OF_SEEN).filter(household__in=list(households), act__at__lte=known_at)
    found = [
        row for row in rows.select_related("act__undone_by").order_by("year", "pk") if not undone_by(row, known_at)
    ]
    corrected = {row.corrects_id for row in found}
    return [row for row in found if row.pk not in corrected and not row.withdrawn]


def _lines(model: Any, households: Collection[int], known_at: datetime) -> dict[int, list[Any]]:
    """The same, by household."""
    found: dict[int, list[Any]] = {}
    for row in lines_of(model, households, known_at):
        found.setdefault(row.household_id, []).append(row)
    return found


def undone_by(row: Any, known_at: datetime) -> bool:
    """Whether the act behind a row was undone, as known at a moment."""
    undone = getattr(row.act, "undone_by", None)
    return undone is not None and undone.at <= known_at


def _settled(households: Collection[int], known_at: datetime) -> dict[int, dict[int, date]]:
    rows = Settlement.objects.unscoped(OF_SEEN).filter(household__in=households, act__at__lte=known_at)
    still = rows.filter(Q(reopened=None) | Q(reopened__at__gt=known_at))
    found: dict[int, dict[int, date]] = {}
    for household, year, day in still.values_list("household_id", "year", "settled_on"):
        found.setdefault(household, {})[year] = day
    return found


def line_of(actor: Actor, household: int, line: int) -> LineRow:
    """A ledger line of the household, whether it still stands or not. Raises NotThere."""
    return _line_row(_money_row(actor, LedgerLine, household, line))


def line_now(actor: Actor, household: int, line: int) -> LineRow | None:
    """The line that stands in place of one that was corrected (or that one itself); None where it was taken away. Raises NotThere."""
    row = _standing_for(_money_row(actor, LedgerLine, household, line))
    return None if row is None else _line_row(row)


def receipt_of(actor: Actor, household: int, receipt: int) -> ReceiptRow:
    """A receipt of the household, whether it still stands or not. Raises NotThere."""
    return _receipt_row(_money_row(actor, Receipt, household, receipt))


def receipt_now(actor: Actor, household: int, receipt: int) -> ReceiptRow | None:
    """As `line_now`, of receipts."""
    row = _standing_for(_money_row(actor, Receipt, household, receipt))
    return None if row is None else _receipt_row(row)


def _money_row(actor: Actor, model: Any, household: int, pk: int) -> Any:
    row = model.objects.seen_by(actor).select_related("act").filter(pk=pk, household=household, withdrawn=False).first()
    if row is None:
        raise NotThere
    return row


def _standing_for(row: Any) -> Any:
    """What stands in its place: corrections are followed, those that were undone left out."""
    while row is not None and not row.stands:
        later = type(row).objects.unscoped(OF_SEEN).select_related("act").filter(corrects=row, act__undone_by=None)
        row = later.first()
    return row


def _line_row(row: Any) -> LineRow:
    return LineRow(
        row.pk,
        row.year,
        row.item,
        row.amount,
        row.person_id,
        row.note,
        row.receipt_id is not None,
        row.act.source,
        office_day(row.act.at),
    )


def _receipt_row(row: Any) -> ReceiptRow:
    return ReceiptRow(row.pk, row.year, row.policy, row.amount, row.person_id, row.paid_on)

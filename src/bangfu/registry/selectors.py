"""Reads of the room: each starts from what the actor may see, and can be asked as of any day and as known at any moment."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, OuterRef, Q

from bangfu.access.data import Actor, NotThere
from bangfu.access.models import Holding, Post
from bangfu.access.roles import roles
from bangfu.audit.data import numbers_of
from bangfu.audit.models import Entry
from bangfu.kernel.clock import office_day
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.places.selectors import places_around, places_named, places_within
from bangfu.places.spans import lasts
from bangfu.privacy.keys import KeyRing
from bangfu.privacy.masks import masked
from bangfu.privacy.models import Kind, SealedNumber
from bangfu.privacy.selectors import numbers_ending_in, numbers_equal_to
from bangfu.privacy.services import open_number
from bangfu.registry.data import Known
from bangfu.registry.facts import Group, groups, groups_of, things
from bangfu.registry.listed import begins
from bangfu.registry.models import (
    THINGS,
    VERSIONS,
    Act,
    Assignment,
    Household,
    How,
    LedgerLine,
    Listed,
    NamePart,
    Person,
    Receipt,
    Settlement,
    Touched,
)
from bangfu.registry.rules import TIERS
from bangfu.registry.spelling import normal
from bangfu.registry.versions import PAPERS, as_of, holding, known_of, standing

A_PAGE = 50
# So many acts on several households at once are offered to be looked at again.
LATELY = 5
TOGETHER = "registry.assign_together"
OF_SEEN = "of households that the actor sees"
# Parts of a file beside groups of facts, and the groups without which there is none.
LEDGER, RECEIPTS = "ledger", "receipts"
ALWAYS = frozenset({"residence", "membership", "identity"})
HOWS: Mapping[str, Text] = {
    how: Text(how.label, said) for how, said in zip(How, ("recorded", "import", "procedure", "undo"), strict=True)
}


@dataclass(frozen=True, slots=True)
class HouseholdRow:
    """A household as lists show it, as of now."""

    id: int
    number: str
    head: str
    place: int | None
    place_name: str
    members: int
    status: str
    category: str


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
class AssignmentRow:
    """Who helps a household: a post, and who sits there now (empty: nobody)."""

    id: int
    post: int
    role: str
    title: str
    tier: Text
    holder: str
    phone: str
    held_from: date
    held_until: date | None


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version in the history of a thing's facts: what it says, since when, by which act; and whether it still counts.

    `corrected`: by another, which counts; `undone`: with its act.
    """

    known: Known
    at: datetime
    entry: Entry
    source: str
    corrected: bool
    undone: bool


@dataclass(frozen=True, slots=True)
class Seat:
    """A post that may help a household, and who sits there now (empty: nobody)."""

    post: int
    title: str
    tier: Text
    holder: str


@dataclass(frozen=True, slots=True)
class HelpedRow:
    """One of several households to which a post was assigned at once. `withdrawn`: it counts as never made."""

    assignment: int
    household: HouseholdRow
    held_from: date
    held_until: date | None
    withdrawn: bool


@dataclass(frozen=True, slots=True)
class Helped:
    """What an act made that assigned a post to several households of a village."""

    post: str
    tier: str
    place: int
    since: date
    rows: tuple[HelpedRow, ...]


@dataclass(frozen=True, slots=True)
class TogetherRow:
    """An act by which a post was assigned to several households at once: to how many, and from how many of these it was withdrawn since."""

    act: int
    at: datetime
    post: str
    households: int
    withdrawn: int


@dataclass(frozen=True, slots=True)
class GapRow:
    """How many households of a village have nobody of a tier to help them."""

    place: int
    place_name: str
    households: int


@dataclass(frozen=True, slots=True)
class ActRow:
    """An act that touched a household, with its entry in the record. `undone`: it counts no more.

    `may_be_undone`: it recorded facts or money. Years are opened again, and assignments ended and withdrawn, by acts of their own.
    """

    id: int
    at: datetime
    entry: Entry
    source: str
    undone: bool
    may_be_undone: bool


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
        return _called(self.head, self.number)


def households(actor: Actor, sought: str, place: int | None, ring: KeyRing, page: str | None) -> Page[HouseholdRow]:
    """The households that the actor may see, by number; `sought` is a part of a member's name, a household's number, or (the last four of) an ID.

    One page of them; the nearest there is, where `page` is no page.
    """
    found = Household.objects.seen_by(actor).exclude(place=None).exclude(pk__in=_dissolved())
    if place is not None:
        found = found.filter(place__in=places_within([place]))
    if sought:
        found = found.filter(pk__in=sought_households(sought, ring))
    shown: Page[Any] = Paginator(found.order_by("number"), A_PAGE).get_page(page)
    shown.object_list = household_rows(shown.object_list)
    return shown


def households_in(actor: Actor, place: int) -> dict[int, str]:
    """The households of a place that the actor sees, with their numbers, by village and number; those merged into others are left out."""
    seen = Household.objects.seen_by(actor).filter(place__in=places_within([place])).exclude(pk__in=_dissolved())
    return dict(seen.order_by("place_id", "number").values_list("pk", "number"))


def household_of_number(actor: Actor, number: str) -> int | None:
    """The household with a number, if the actor sees it."""
    return Household.objects.seen_by(actor).filter(number=number).values_list("pk", flat=True).first()


def person_of_number(actor: Actor, number: str) -> int | None:
    """The person with a number, if the actor sees them."""
    return Person.objects.seen_by(actor).filter(number=number).values_list("pk", flat=True).first()


def numbers_told(actor: Actor, things: Iterable[str]) -> dict[str, str]:
    """The numbers by which the office knows the households and members among things (`household:8`), as far as the actor sees them. At most a query a kind."""
    told = set(things)
    homes = Household.objects.seen_by(actor).filter(pk__in=numbers_of("household", told)).values_list("pk", "number")
    members = Person.objects.seen_by(actor).filter(pk__in=numbers_of("person", told)).values_list("pk", "number")
    named = {"household": homes, "person": members}
    return {f"{kind}:{pk}": number for kind, rows in named.items() for pk, number in rows}


def ever_members(actor: Actor, household: int) -> frozenset[str]:
    """Whoever belongs to a household or ever did, as entries name them (`person:9`), as far as the actor sees them; nobody of one that the actor does not see."""
    if not Household.objects.seen_by(actor).filter(pk=household).exists():
        return frozenset()
    belonged = VERSIONS["membership"].objects.unscoped(OF_SEEN).filter(household=household).values("thing")
    found = Person.objects.seen_by(actor).filter(pk__in=belonged).order_by("pk").values_list("pk", flat=True)
    return frozenset(f"person:{person}" for person in found)


def entries_of(actor: Actor, household: int) -> frozenset[int]:
    """The entries of every act that changed a household, be it as one of several: a split, a merger, an import; none of one that the actor does not see."""
    return frozenset(Touched.objects.seen_by(actor).filter(household=household).values_list("act__entry_id", flat=True))


def rows_of(actor: Actor, households: Collection[int]) -> list[HouseholdRow]:
    """Lists' rows of those of these households that the actor sees, by number."""
    return household_rows(Household.objects.seen_by(actor).filter(pk__in=households).order_by("number"))


def household_rows(found: Iterable[Household]) -> list[HouseholdRow]:
    """Lists' rows of households that the actor sees. Five queries, however many there are."""
    listed = list(found)
    ids = [each.pk for each in listed]
    named = places_named({each.place_id for each in listed if each.place_id is not None})
    registration: dict[int, Any] = {v.thing_id: v for v in _current("registration", thing__in=ids)}
    belonging: list[Any] = list(_current("membership", household__in=ids, left_on=None))
    identity: dict[int, Any] = {v.thing_id: v for v in _current("identity", thing__in=[v.thing_id for v in belonging])}
    heads, members = {}, Counter[int]()
    for membership in belonging:
        who = identity.get(membership.thing_id)
        alive = who is None or who.died_on is None
        members[membership.household_id] += alive
        # Whoever was the head and died is still recorded as such, beside the one who follows.
        if membership.relation == "head" and (alive or membership.household_id not in heads):
            heads[membership.household_id] = getattr(who, "name", None) or ""
    return [
        HouseholdRow(
            each.pk,
            each.number,
            heads.get(each.pk, ""),
            each.place_id,
            named.get(each.place_id or 0, ""),
            members[each.pk],
            getattr(registration.get(each.pk), "status", None) or "",
            getattr(registration.get(each.pk), "category", None) or "",
        )
        for each in listed
    ]


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


def assignments(actor: Actor, household: int) -> list[AssignmentRow]:
    """Who helps a household, the open ones first. Raises NotThere."""
    if not Household.objects.seen_by(actor).filter(pk=household).exists():
        raise NotThere
    return helpers_of([household], actor.day)[household]


def helpers_of(households: Collection[int], day: date) -> dict[int, list[AssignmentRow]]:
    """Who helps each of these households, which the caller may know of: the open ones first, with who sits there on a day. Two queries.

    Of a post that was closed it is the one that took over, unless the help had ended before.
    """
    rows = Assignment.objects.unscoped(OF_SEEN).filter(household__in=households, undone=None)
    listed = list(rows.select_related("post__succeeded_by").order_by("-held_from", "pk"))
    seats = {each.pk: _seat_of(each) for each in listed}
    sitting = Holding.objects.unscoped("every household is told who helps it").filter(
        lasts(day), post__in={seat.pk for seat in seats.values()}
    )
    holders = {holding.post_id: holding.account for holding in sitting.select_related("account")}
    found: dict[int, list[AssignmentRow]] = {each: [] for each in households}
    for each in sorted(listed, key=lambda each: each.held_until is not None):
        seat = seats[each.pk]
        found[each.household_id].append(
            AssignmentRow(
                each.pk,
                seat.pk,
                seat.role,
                seat.title,
                roles()[seat.role].text,
                holders[seat.pk].name if seat.pk in holders else "",
                holders[seat.pk].phone if seat.pk in holders else "",
                each.held_from,
                each.held_until,
            )
        )
    return found


def _seat_of(help_: Assignment) -> Post:
    post, heir = help_.post, help_.post.succeeded_by
    if heir is None or post.closed_on is None:
        return post
    return post if help_.held_until is not None and help_.held_until <= post.closed_on else heir


def acts(actor: Actor, household: int) -> list[ActRow]:
    """The acts that recorded something of a household, the latest first. Raises NotThere."""
    if not Household.objects.seen_by(actor).filter(pk=household).exists():
        raise NotThere
    ids: set[int] = set()
    for name, model in VERSIONS.items():
        path = "thing" if groups()[name].of == "household" else "thing__household"
        condition = Q((path, household)) | (Q(household=household) if name == "membership" else Q(pk__in=()))
        ids |= set(model.objects.unscoped(OF_SEEN).filter(condition).values_list("act_id", flat=True))
    for line in (LedgerLine, Receipt):
        ids |= set(line.objects.unscoped(OF_SEEN).filter(household=household).values_list("act_id", flat=True))
    for papers, way in PAPERS.items():
        of_it = Q((f"{way}household", household)) | Q((f"{way}person__household", household))
        ids |= set(papers.objects.unscoped(OF_SEEN).filter(of_it).values_list("act_id", flat=True))
    others: set[int | None] = set()
    for settled in Settlement.objects.unscoped(OF_SEEN).filter(household=household):
        others |= {settled.act_id, settled.reopened_id}
    for assignment in Assignment.objects.unscoped(OF_SEEN).filter(household=household):
        others |= {assignment.act_id, assignment.ended_by_id, assignment.undone_id}
    parted = _partings(household)
    ids |= parted.keys()
    homes: set[int] = set().union(*parted.values())
    seen = set(Household.objects.seen_by(actor).filter(pk__in=homes).values_list("pk", flat=True))
    every = Q(pk__in=ids.union(each for each in others if each is not None)) | Q(undoes__in=ids)
    found = Act.objects.filter(every).select_related("entry", "undone_by")
    return [
        ActRow(
            act.pk,
            act.at,
            act.entry,
            act.source,
            hasattr(act, "undone_by"),
            # It is undone for all that it concerned, or not at all.
            act.pk in ids and not hasattr(act, "undone_by") and parted.get(act.pk, set()) <= seen,
        )
        for act in found.order_by("-at", "-pk")
    ]


def _partings(household: int) -> dict[int, set[int]]:
    """The acts by which members went from a household to others, each with these: what they recorded is the others' now, and the household's too."""
    rows: Any = VERSIONS["membership"].objects.unscoped(OF_SEEN)
    belonged = rows.filter(household=household).values("thing")
    found: dict[int, set[int]] = defaultdict(set)
    homes: dict[int, int] = {}
    ordered = rows.filter(thing__in=belonged).order_by("thing", "valid_from", "act_id", "pk")
    for person, home, act in ordered.values_list("thing_id", "household_id", "act_id"):
        if homes.get(person) == household != home:
            found[act].add(home)
        homes[person] = home
    return found


def history(actor: Actor, household: int, group: str, thing: int) -> list[VersionRow]:
    """Every version of a group of facts of a thing of the household that was ever recorded, the latest day first. Raises NotThere."""
    found = _thing_seen(actor, household, group, thing)
    rows = VERSIONS[group].objects.unscoped(OF_SEEN).filter(thing=thing).select_related("act__entry", "act__undone_by")
    versions = list(rows.order_by("-valid_from", "-act_id", "-pk"))
    undone = {each.pk for each in versions if hasattr(each.act, "undone_by")}
    corrected = {each.corrects_id for each in versions if each.pk not in undone}
    return [
        VersionRow(
            known_of(found, thing, each),
            each.act.at,
            each.act.entry,
            each.act.source,
            each.pk in corrected,
            each.pk in undone,
        )
        for each in versions
    ]


def whose(actor: Actor, household: int, group: str, thing: int) -> str:
    """Of whom a thing's facts are: a person's name or number, else the household's head and number. Raises NotThere."""
    found = Household.objects.seen_by(actor).filter(pk=household).first()
    if found is None:
        raise NotThere
    if groups()[group].of != "person":
        head = Listed.objects.unscoped(OF_SEEN).filter(pk=household).values_list("head", flat=True).first()
        return _called(head or "", found.number)
    identity = _current("identity", thing=thing).first()
    return (identity and identity.name) or Person.objects.unscoped(OF_SEEN).get(pk=thing).number


def _called(head: str, number: str) -> str:
    """A household as a form says whom it is of: of two numbers that differ in one digit nobody sees which is which."""
    return f"{head} · {number}" if head else number


def seats(actor: Actor, household: int) -> list[Seat]:
    """The posts that the actor sees and that may help the household, by tier and title. Raises NotThere."""
    found = Household.objects.seen_by(actor).filter(pk=household).first()
    if found is None or found.place_id is None:
        raise NotThere
    return seats_of(actor, found.place_id, TIERS)


def seats_of(actor: Actor, place: int, tiers: Collection[str]) -> list[Seat]:
    """The posts of some tiers that the actor sees and that answer for the households of a place, by tier and title."""
    able = [role.name for role in roles().values() if role.tier in tiers]
    around = places_around([place])
    here = Q(areas__place__in=around) | (
        lasts(actor.day, "areas__unit__areas") & Q(areas__unit__areas__place__in=around)
    )
    rows = Post.objects.seen_by(actor).filter(here & lasts(actor.day, "areas"), role__in=able, closed_on=None)
    listed = sorted({each.pk: each for each in rows}.values(), key=lambda each: (each.role, each.title, each.pk))
    sitting = Holding.objects.seen_by(actor).filter(lasts(actor.day), post__in=[each.pk for each in listed])
    names = dict(sitting.values_list("post_id", "account__name"))
    return [Seat(each.pk, each.title, roles()[each.role].text, names.get(each.pk, "")) for each in listed]


def gaps_by_village(actor: Actor, tier: str) -> list[GapRow]:
    """The villages in which the actor sees households that nobody of a tier helps, and how many, by name."""
    counted = dict(_without(actor, tier).values_list("place").annotate(Count("pk")))
    named = places_named(counted)
    return sorted(
        (GapRow(place, named.get(place, ""), count) for place, count in counted.items()), key=lambda row: row.place_name
    )


def without_helper(actor: Actor, tier: str, page: str | None, place: int | None = None) -> Page[HouseholdRow]:
    """The households that the actor sees (in a village) and nobody of a tier helps, by village and number; one page of them, as for `households`."""
    shown: Page[Any] = Paginator(_without(actor, tier, place).order_by("place", "number"), A_PAGE).get_page(page)
    shown.object_list = household_rows(shown.object_list)
    return shown


def helped_together(actor: Actor, act: int) -> Helped:
    """What an act made that assigned a post to several households: of these those that the actor sees, by number. Raises NotThere where there is none."""
    rows = Assignment.objects.seen_by(actor).filter(act=act, act__entry__act=TOGETHER)
    listed = list(rows.select_related("household", "post", "act__entry").order_by("household__number"))
    if not listed:
        raise NotThere
    homes = {row.id: row for row in household_rows(each.household for each in listed)}
    first = listed[0]
    return Helped(
        first.post.title,
        roles()[first.post.role].tier,
        first.act.entry.place or 0,
        first.held_from,
        tuple(
            HelpedRow(each.pk, homes[each.household_id], each.held_from, each.held_until, each.undone_id is not None)
            for each in listed
        ),
    )


def lately_helped(actor: Actor, place: int) -> list[TogetherRow]:
    """The last acts by which posts were assigned to several households of a village at once, the latest first; of the households those that the actor sees."""
    made = Act.objects.filter(entry__act=TOGETHER, entry__subject=f"place:{place}").order_by("-at", "-pk")[:LATELY]
    acts_made = {act.pk: act for act in made}
    counted = Assignment.objects.seen_by(actor).filter(act__in=acts_made).values_list("act", "post__title")
    rows = counted.annotate(Count("pk"), Count("undone")).order_by("-act__at", "-act")
    return [TogetherRow(act, acts_made[act].at, title, count, gone) for act, title, count, gone in rows]


def _without(actor: Actor, tier: str, place: int | None = None) -> Any:
    seen = Household.objects.seen_by(actor).exclude(place=None).exclude(pk__in=_dissolved())
    seen = seen if place is None else seen.filter(place=place)
    return seen.filter(~is_helped(tier, actor.day, "pk"))


def is_helped(tier: str, day: date, household: str) -> Exists:
    """Whether a post of a tier helps, on a day, the household that a column of the query around names: itself, or the one of its role that took it over.

    Asked household by household, by one index: which day it is decides, and no row says that.
    """
    able = [role.name for role in roles().values() if role.tier == tier]
    seats = Post.objects.unscoped(OF_SEEN).filter(role__in=able).values("pk")
    held = Assignment.objects.unscoped(OF_SEEN).filter(lasts(day), post__in=seats, undone=None)
    return Exists(held.filter(household=OuterRef(household)))


def gaps(actor: Actor, place: int | None = None) -> dict[str, int]:
    """How many households that the actor sees (in a village) have nobody of a tier to help them, by tier."""
    tiers = [role.tier for role in roles().values() if role.tier in TIERS]
    return {tier: _without(actor, tier, place).count() for tier in tiers}


def sought_households(sought: str, ring: KeyRing) -> Any:
    """Ids of the households of a number that begins so, or with somebody of that name (or of a part of it, or of its initials) or ID number (or its last four).

    A subquery, to be used with `__in` within the rows that an actor sees. Each of its parts is answered by an index.
    """
    found: list[Any] = [Household.objects.unscoped(OF_SEEN).filter(begins("number", sought)).values("pk")]
    if part := normal(sought):
        found.append(NamePart.objects.unscoped(OF_SEEN).filter(begins("part", part)).values("household"))
    if sought.isascii():
        by_number = numbers_equal_to(ring, Kind.ID_CARD, sought) | numbers_ending_in(ring, Kind.ID_CARD, sought)
        held = _current("papers", id_number__in=by_number)
        found.append(held.exclude(thing__household=None).values("thing__household"))
    first, *others = [each.order_by() for each in found]
    return first.union(*others, all=True) if others else first


def _dissolved() -> Any:
    """Households that were merged into others."""
    return _current("residence", dissolved=True).values("thing")


def _current(group: str, **condition: Any) -> Any:
    return VERSIONS[group].objects.unscoped(OF_SEEN).filter(is_current=True, **condition)


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
    found = [row for row in rows.select_related("act__undone_by").order_by("year", "pk") if not _undone(row, known_at)]
    corrected = {row.corrects_id for row in found}
    return [row for row in found if row.pk not in corrected and not row.withdrawn]


def _lines(model: Any, households: Collection[int], known_at: datetime) -> dict[int, list[Any]]:
    """The same, by household."""
    found: dict[int, list[Any]] = {}
    for row in lines_of(model, households, known_at):
        found.setdefault(row.household_id, []).append(row)
    return found


def _undone(row: Any, known_at: datetime) -> bool:
    undone = getattr(row.act, "undone_by", None)
    return undone is not None and undone.at <= known_at


def _settled(households: Collection[int], known_at: datetime) -> dict[int, dict[int, date]]:
    rows = Settlement.objects.unscoped(OF_SEEN).filter(household__in=households, act__at__lte=known_at)
    still = rows.filter(Q(reopened=None) | Q(reopened__at__gt=known_at))
    found: dict[int, dict[int, date]] = {}
    for household, year, day in still.values_list("household_id", "year", "settled_on"):
        found.setdefault(household, {})[year] = day
    return found


def known_on(actor: Actor, household: int, group: str, thing: int, day: date) -> Known:
    """What is known now of a group of facts of a thing of the household, as of a day. Raises NotThere."""
    found = _thing_seen(actor, household, group, thing)
    return known_of(found, thing, holding(standing(group, thing), day))


def known_as(actor: Actor, household: int, group: str, thing: int, version: int) -> Known:
    """What a version says, whether it still counts or not; nothing (0), where there was none. Raises NotThere."""
    found = _thing_seen(actor, household, group, thing)
    rows = VERSIONS[group].objects.unscoped(OF_SEEN).filter(pk=version, thing=thing).select_related("act")
    row = rows.first()
    if version and row is None:
        raise NotThere
    return known_of(found, thing, row)


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


def _thing_seen(actor: Actor, household: int, group: str, thing: int) -> Group:
    if not Household.objects.seen_by(actor).filter(pk=household).exists() or group not in groups():
        raise NotThere
    found = groups()[group]
    model: Any = THINGS[found.of]
    owner = {"pk": thing} if found.of == "household" else {"pk": thing, "household": household}
    if (found.of == "household" and thing != household) or not model.objects.unscoped(OF_SEEN).filter(**owner).exists():
        raise NotThere
    return found


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

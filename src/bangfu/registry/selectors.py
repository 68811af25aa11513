"""Households found and listed, and what was recorded of one, act by act and version by version. Each starts from what the actor may see.

One household whole is household_file.py, who helps it helping.py.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Q

from bangfu.access.data import Actor, NotThere
from bangfu.audit.data import numbers_of
from bangfu.audit.models import Entry
from bangfu.kernel.words import Text
from bangfu.places.selectors import places_named, places_within
from bangfu.privacy.keys import KeyRing
from bangfu.privacy.models import Kind
from bangfu.privacy.selectors import numbers_ending_in, numbers_equal_to
from bangfu.registry.data import Known
from bangfu.registry.facts import Group, groups
from bangfu.registry.household_file import OF_SEEN, called
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
from bangfu.registry.spelling import normal
from bangfu.registry.versions import PAPERS, holding, known_of, standing

A_PAGE = 50
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


def households(actor: Actor, sought: str, place: int | None, ring: KeyRing, page: str | None) -> Page[HouseholdRow]:
    """The households that the actor may see, by number; `sought` is a part of a member's name, a household's number, or (the last four of) an ID.

    One page of them; the nearest there is, where `page` is no page.
    """
    found = Household.objects.seen_by(actor).exclude(place=None).exclude(pk__in=dissolved())
    if place is not None:
        found = found.filter(place__in=places_within([place]))
    if sought:
        found = found.filter(pk__in=sought_households(sought, ring))
    shown: Page[Any] = Paginator(found.order_by("number"), A_PAGE).get_page(page)
    shown.object_list = household_rows(shown.object_list)
    return shown


def households_in(actor: Actor, place: int) -> dict[int, str]:
    """The households of a place that the actor sees, with their numbers, by village and number; those merged into others are left out."""
    seen = Household.objects.seen_by(actor).filter(place__in=places_within([place])).exclude(pk__in=dissolved())
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
    registration: dict[int, Any] = {v.thing_id: v for v in current_of("registration", thing__in=ids)}
    belonging: list[Any] = list(current_of("membership", household__in=ids, left_on=None))
    identity: dict[int, Any] = {
        v.thing_id: v for v in current_of("identity", thing__in=[v.thing_id for v in belonging])
    }
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
        return called(head or "", found.number)
    identity = current_of("identity", thing=thing).first()
    return (identity and identity.name) or Person.objects.unscoped(OF_SEEN).get(pk=thing).number


def sought_households(sought: str, ring: KeyRing) -> Any:
    """Ids of the households of a number that begins so, or with somebody of that name (or of a part of it, or of its initials) or ID number (or its last four).

    A subquery, to be used with `__in` within the rows that an actor sees. Each of its parts is answered by an index.
    """
    found: list[Any] = [Household.objects.unscoped(OF_SEEN).filter(begins("number", sought)).values("pk")]
    if part := normal(sought):
        found.append(NamePart.objects.unscoped(OF_SEEN).filter(begins("part", part)).values("household"))
    if sought.isascii():
        by_number = numbers_equal_to(ring, Kind.ID_CARD, sought) | numbers_ending_in(ring, Kind.ID_CARD, sought)
        held = current_of("papers", id_number__in=by_number)
        found.append(held.exclude(thing__household=None).values("thing__household"))
    first, *others = [each.order_by() for each in found]
    return first.union(*others, all=True) if others else first


def dissolved() -> Any:
    """Households that were merged into others."""
    return current_of("residence", dissolved=True).values("thing")


def current_of(group: str, **condition: Any) -> Any:
    """The versions of a group that hold now."""
    return VERSIONS[group].objects.unscoped(OF_SEEN).filter(is_current=True, **condition)


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


def _thing_seen(actor: Actor, household: int, group: str, thing: int) -> Group:
    if not Household.objects.seen_by(actor).filter(pk=household).exists() or group not in groups():
        raise NotThere
    found = groups()[group]
    model: Any = THINGS[found.of]
    owner = {"pk": thing} if found.of == "household" else {"pk": thing, "household": household}
    if (found.of == "household" and thing != household) or not model.objects.unscoped(OF_SEEN).filter(**owner).exists():
        raise NotThere
    return found

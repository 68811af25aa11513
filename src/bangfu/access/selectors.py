"""Reads of people and posts. Each takes the actor first and starts from what that actor may see."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import F, Q, QuerySet

from bangfu.access.data import Actor, NotThere
from bangfu.access.models import Account, Holding, Post, PostArea
from bangfu.access.roles import roles
from bangfu.audit.acts import actors
from bangfu.audit.data import numbers_of
from bangfu.audit.models import Entry
from bangfu.kernel.clock import office_midnight
from bangfu.kernel.words import Text
from bangfu.places.models import Below, Level
from bangfu.places.selectors import (
    PlaceRow,
    abolished_in,
    area_of_unit,
    places_in,
    places_named,
    places_of_level,
    places_within,
    units_named,
)
from bangfu.places.spans import lasts
from bangfu.privacy.keys import KeyRing
from bangfu.privacy.masks import masked
from bangfu.privacy.models import Kind
from bangfu.privacy.selectors import numbers_ending_in, numbers_equal_to

A_PAGE = 50
NAMELESS = "gaps are of places, and name nobody"


@dataclass(frozen=True, slots=True)
class HeldPost:
    """That somebody held a post, from a day (included) until a day (excluded; None while it lasts)."""

    post: int
    title: str
    role: Text
    account: int
    name: str
    held_from: date
    held_until: date | None


@dataclass(frozen=True, slots=True)
class PersonRow:
    """Somebody as colleagues see them. `login` is empty for who does not look after accounts."""

    id: int
    name: str
    phone: str
    login: str
    home: int
    home_name: str
    closed: bool
    posts: tuple[HeldPost, ...]


@dataclass(frozen=True, slots=True)
class PostRow:
    """A seat, what it answers for by name, and who sits there; `holder` is None while it is empty."""

    id: int
    title: str
    role: str
    role_text: Text
    unit: int
    unit_name: str
    areas: tuple[str, ...]
    holder: HeldPost | None
    closed_on: date | None


@dataclass(frozen=True, slots=True)
class Answering:
    """Who answers for a place by the area of their post: households are told, whoever asks."""

    role: str
    title: str
    tier: Text
    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class Gap:
    """A village for which nobody of a tier answers."""

    village: PlaceRow
    tier: Text


@dataclass(frozen=True, slots=True)
class Asked:
    """What part of the record somebody looks at: by whom, about what, in which place and all that lies in it, of which act, from a day (included) until a day (included).

    `actor` and `subject` are named as entries name them, or by their kind alone for all of it (`account`). `along`: what is looked at along with the subject;
    `entries`: of its own, whatever they name as theirs.
    """

    actor: str = ""
    subject: str = ""
    place: int | None = None
    act: str = ""
    since: date | None = None
    until: date | None = None
    along: frozenset[str] = frozenset()
    entries: frozenset[int] = frozenset()


def people(actor: Actor, sought: str, ring: KeyRing, page: str | None) -> Page[PersonRow]:
    """Who the actor may see, by name; `sought` is a part of the name; of those whose account the actor keeps also the last four of an ID number, or all of it.

    One page of them; the nearest there is, where `page` is no page.
    """
    found = Account.objects.seen_by(actor)
    if sought:
        by_number = numbers_equal_to(ring, Kind.ID_CARD, sought) | numbers_ending_in(ring, Kind.ID_CARD, sought)
        # To whom not even its last four are shown, a search would tell them, one after the other.
        kept = Q(home__in=places_within(actor.places_for("people.manage")))
        found = found.filter(Q(name__contains=sought) | Q(id_number__in=by_number) & kept)
    shown: Page[Any] = Paginator(found.order_by("name", "pk"), A_PAGE).get_page(page)
    shown.object_list = _people(actor, shown.object_list)
    return shown


def people_to_choose(actor: Actor) -> list[tuple[int, str]]:
    """Everybody whom the actor may see and whose account is open, by name. Names repeat: beside each stands what tells them apart."""
    found = Account.objects.seen_by(actor).filter(disabled_at=None).order_by("name", "pk")
    return [
        (row.id, " · ".join(filter(None, (row.name, row.login, *(held.title for held in row.posts)))))
        for row in _people(actor, found)
    ]


def id_number_masked(actor: Actor, account: int, ring: KeyRing) -> str:
    """The ID number with all but its last four hidden; empty where none is kept. Raises NotThere."""
    found = Account.objects.seen_by(actor).filter(pk=account).select_related("id_number").first()
    if found is None:
        raise NotThere
    return "" if found.id_number is None else masked(ring, found.id_number)


def person(actor: Actor, account: int) -> PersonRow:
    """Raises NotThere."""
    found = _people(actor, Account.objects.seen_by(actor).filter(pk=account))
    if not found:
        raise NotThere
    return found[0]


def held_posts(actor: Actor, account: int) -> list[HeldPost]:
    """Every post that somebody held or is to hold, the latest first. Raises NotThere."""
    if not Account.objects.seen_by(actor).filter(pk=account).exists():
        raise NotThere
    held = Holding.objects.seen_by(actor).filter(account=account).order_by("-held_from", "-pk")
    return list(_held(held))


def posts(actor: Actor, page: str | None) -> Page[PostRow]:
    """The seats that the actor may see, open ones first, by unit and title; one page of them, as for people."""
    found = Post.objects.seen_by(actor).order_by(F("closed_on").asc(nulls_first=True), "unit__name", "title", "pk")
    shown: Page[Any] = Paginator(found.select_related("unit"), A_PAGE).get_page(page)
    shown.object_list = _posts(actor, shown.object_list)
    return shown


def posts_of(actor: Actor, seats: Iterable[int]) -> dict[int, PostRow]:
    """Of these seats those that the actor may see, by id."""
    found = Post.objects.seen_by(actor).filter(pk__in=set(seats)).select_related("unit")
    return {row.id: row for row in _posts(actor, found)}


def heirs_to_choose(actor: Actor, post: PostRow) -> list[tuple[int, str]]:
    """The other open seats of the same role that the actor may see, by unit and title."""
    found = Post.objects.seen_by(actor).filter(role=post.role, closed_on=None).exclude(pk=post.id)
    named = found.order_by("unit__name", "title", "pk").values_list("pk", "unit__name", "title")
    return [(pk, f"{unit} {title}") for pk, unit, title in named]


def post(actor: Actor, seat: int) -> PostRow:
    """Raises NotThere."""
    found = _posts(actor, Post.objects.seen_by(actor).filter(pk=seat).select_related("unit"))
    if not found:
        raise NotThere
    return found[0]


def holders(actor: Actor, seat: int) -> list[HeldPost]:
    """Everybody who held a seat or is to, the latest first. Raises NotThere."""
    if not Post.objects.seen_by(actor).filter(pk=seat).exists():
        raise NotThere
    return list(_held(Holding.objects.seen_by(actor).filter(post=seat).order_by("-held_from", "-pk")))


def places_to_choose(actor: Actor, permission: str) -> list[tuple[str, list[tuple[int, str]]]]:
    """The places in which the actor has a permission, grouped by the place above them, in order of code."""
    rows = places_in(actor.places_for(permission))
    names = {row.id: row.name for row in rows}
    grouped: dict[str, list[tuple[int, str]]] = {}
    for row in rows:
        above = names.get(row.above or 0, "")
        grouped.setdefault(above, []).append((row.id, row.name))
    return list(grouped.items())


def areas_to_choose(actor: Actor, seat: int) -> list[tuple[int, str]]:
    """The places that a seat answers for by themselves, and not by a unit that runs them."""
    areas = PostArea.objects.seen_by(actor).filter(post=seat, held_until=None).exclude(place=None).order_by("pk")
    places = list(areas.values_list("place", flat=True))
    named = places_named(places)
    return [(place, named.get(place, "")) for place in places]


def offices_to_choose(actor: Actor, permission: str) -> list[tuple[int, str]]:
    """The places above villages in which the actor has a permission, in order of code."""
    rows = places_in(actor.places_for(permission))
    return [(row.id, row.name) for row in rows if row.level != Level.VILLAGE]


def gaps(actor: Actor) -> list[Gap]:
    """Villages in the actor's area without a village helper, or without a subdistrict lead, in order of code and tier."""
    villages = places_of_level(Level.VILLAGE, actor.places_for("posts.see"))
    missing = []
    for role in roles().values():
        if role.tier in {"village", "subdistrict"}:
            answered = _answered_for(role.name, actor.day)
            missing += [Gap(village, role.text) for village in villages if village.id not in answered]
    return sorted(missing, key=lambda gap: (gap.village.code, gap.tier.zh))


def gaps_in(actor: Actor, places: Collection[int]) -> dict[int, list[Gap]]:
    """The same by which of these places the village is, or lies in; places without any are left out."""
    missing: dict[int, list[Gap]] = defaultdict(list)
    for gap in gaps(actor):
        missing[gap.village.id].append(gap)
    found: dict[int, list[Gap]] = defaultdict(list)
    pairs = Below.objects.filter(within__in=places, place__level=Level.VILLAGE).values_list("within_id", "place_id")
    for place, village in pairs.order_by("place_id"):
        if village in missing:
            found[place] += missing[village]
    return dict(found)


def entries(actor: Actor, asked: Asked) -> "QuerySet[Entry]":
    """The acts that the actor may read of, the latest first: those that concern a place that lies in the area, or did until it was abolished, or none at all."""
    places = actor.places_for("record.read")
    if not places:
        return Entry.objects.none()
    seen = Entry.objects.filter(Q(place=None) | _in_places(places))
    if asked.actor:
        seen = seen.filter(_of_name("actor", asked.actor))
    if asked.subject:
        seen = seen.filter(_of_name("subject", asked.subject) | Q(subject__in=asked.along) | Q(pk__in=asked.entries))
    if asked.place is not None:
        seen = seen.filter(_in_places([asked.place]))
    since = asked.since and office_midnight(asked.since)
    # No midnight is after the last day that there is.
    until = asked.until and asked.until < date.max and office_midnight(asked.until + timedelta(1))
    given = {"act": asked.act, "at__gte": since, "at__lt": until}
    return seen.filter(**{name: value for name, value in given.items() if value}).select_related("text").order_by("-pk")


def _in_places(places: Collection[int]) -> Q:
    """Of what lies in these, or did until it was abolished."""
    return Q(place__in=places_within(places)) | Q(place__in=abolished_in(places))


def _of_name(field: str, name: str) -> Q:
    """One as it is named, or all of its kind."""
    return Q((field, name)) if ":" in name or name in actors() else Q((f"{field}__startswith", f"{name}:"))


def names_of(actor: Actor, things: Iterable[str]) -> dict[str, str]:
    """The names of the accounts, posts, places and units among things (`account:7`), as far as the actor may see them. At most a query a kind."""
    told = set(things)
    accounts = Account.objects.seen_by(actor).filter(pk__in=numbers_of("account", told)).values_list("pk", "name")
    seats = Post.objects.seen_by(actor).filter(pk__in=numbers_of("post", told)).values_list("pk", "title")
    named: dict[str, Iterable[tuple[int, str]]] = {"account": accounts, "post": seats}
    if actor.places_for("places.see"):
        named["place"] = places_named(numbers_of("place", told)).items()
        named["unit"] = units_named(numbers_of("unit", told)).items()
    return {f"{kind}:{number}": name for kind, rows in named.items() for number, name in rows}


def _people(actor: Actor, found: Iterable[Account]) -> list[PersonRow]:
    accounts = list(found)
    keeps = actor.places_for("people.manage") | actor.places_for("record.read")
    kept = set(Below.objects.filter(within__in=keeps).values_list("place_id", flat=True)) if keeps else set()
    names = places_named({account.home_id for account in accounts})
    held = defaultdict(list)
    for holding in _held(
        Holding.objects.seen_by(actor).filter(lasts(actor.day), account__in=[account.pk for account in accounts])
    ):
        held[holding.account].append(holding)
    return [
        PersonRow(
            account.pk,
            account.name,
            account.phone,
            account.login if account.home_id in kept or account.pk == actor.account else "",
            account.home_id,
            names.get(account.home_id, ""),
            account.disabled_at is not None,
            tuple(held[account.pk]),
        )
        for account in accounts
    ]


def _posts(actor: Actor, found: Iterable[Post]) -> list[PostRow]:
    seats = list(found)
    held = {
        each.post: each
        for each in _held(Holding.objects.seen_by(actor).filter(lasts(actor.day), post__in=[seat.pk for seat in seats]))
    }
    areas = _areas_named(actor, [seat.pk for seat in seats])
    return [
        PostRow(
            seat.pk,
            seat.title,
            seat.role,
            roles()[seat.role].text,
            seat.unit_id,
            seat.unit.name,
            areas.get(seat.pk, ()),
            held.get(seat.pk),
            seat.closed_on,
        )
        for seat in seats
    ]


def _areas_named(actor: Actor, seats: Iterable[int]) -> dict[int, tuple[str, ...]]:
    areas = list(
        PostArea.objects.seen_by(actor).filter(lasts(actor.day), post__in=seats).select_related("unit").order_by("pk")
    )
    names = places_named({area.place_id for area in areas if area.place_id is not None})
    named: dict[int, tuple[str, ...]] = {}
    for area in areas:
        name = area.unit.name if area.unit is not None else names.get(area.place_id or 0, "")
        named[area.post_id] = (*named.get(area.post_id, ()), name)
    return named


def _answered_for(role: str, day: date) -> set[int]:
    """The places for which somebody with a role answers on a day."""
    held = Holding.objects.unscoped(NAMELESS).filter(lasts(day), post__role=role)
    areas = PostArea.objects.unscoped(NAMELESS).filter(lasts(day), post__in=held.values("post"))
    roots = {area.place_id for area in areas if area.place_id is not None}
    roots |= {place for area in areas if area.unit_id is not None for place in area_of_unit(area.unit_id, day)}
    return set(Below.objects.filter(within__in=roots).values_list("place_id", flat=True))


def answering(role: str, place: int, day: date) -> list[Answering]:
    """Who answers for a place with a role on a day: how they are called and reached, as the papers of households say it."""
    told = "every household is told who answers for its village"
    areas = PostArea.objects.unscoped(told).filter(lasts(day), post__role=role)
    above = set(Below.objects.filter(place=place).values_list("within_id", flat=True))
    seats = {
        area.post_id
        for area in areas
        if area.place_id in above or (area.unit_id and above & set(area_of_unit(area.unit_id, day)))
    }
    held = (
        Holding.objects.unscoped(told)
        .filter(lasts(day), post__in=seats)
        .select_related("post", "account")
        .order_by("post_id")
    )
    return [
        Answering(role, each.post.title, roles()[role].text, each.account.name, each.account.phone) for each in held
    ]


def _held(holdings: "QuerySet[Holding]") -> Iterable[HeldPost]:
    for holding in holdings.select_related("post", "account"):
        role = roles()[holding.post.role].text
        yield HeldPost(
            holding.post_id,
            holding.post.title,
            role,
            holding.account_id,
            holding.account.name,
            holding.held_from,
            holding.held_until,
        )

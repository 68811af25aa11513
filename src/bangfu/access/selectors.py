"""Reads of people and posts. Each takes the actor first and starts from what that actor may see."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, QuerySet

from bangfu.access.data import Actor, NotThere
from bangfu.access.models import Account, Holding, Post, PostArea
from bangfu.access.roles import roles
from bangfu.audit.models import Entry
from bangfu.kernel.words import Text
from bangfu.places.models import Below, Level
from bangfu.places.selectors import PlaceRow, area_of_unit, places_named, places_of_level, places_within
from bangfu.places.spans import lasts

SEEN = "the post or account was found in the actor's scope"


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
class Gap:
    """A village for which nobody of a tier answers."""

    village: PlaceRow
    tier: Text


@dataclass(frozen=True, slots=True)
class Asked:
    """What part of the record somebody looks at: by whom, about what, of which act, from a day (included) until a day (included)."""

    actor: str = ""
    subject: str = ""
    act: str = ""
    since: datetime | None = None
    until: datetime | None = None


def people(actor: Actor, sought: str = "") -> list[PersonRow]:
    """Who the actor may see, by name; `sought` is a part of the name."""
    found = Account.objects.seen_by(actor).filter(name__contains=sought) if sought else Account.objects.seen_by(actor)
    return _people(actor, found.order_by("name", "pk"))


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
    held = Holding.objects.unscoped(SEEN).filter(account=account).order_by("-held_from", "-pk")
    return list(_held(held))


def posts(actor: Actor) -> list[PostRow]:
    """The seats that the actor may see, by unit and title."""
    return _posts(actor, Post.objects.seen_by(actor).order_by("closed_on", "unit__name", "title", "pk"))


def post(actor: Actor, seat: int) -> PostRow:
    """Raises NotThere."""
    found = _posts(actor, Post.objects.seen_by(actor).filter(pk=seat))
    if not found:
        raise NotThere
    return found[0]


def holders(actor: Actor, seat: int) -> list[HeldPost]:
    """Everybody who held a seat or is to, the latest first. Raises NotThere."""
    if not Post.objects.seen_by(actor).filter(pk=seat).exists():
        raise NotThere
    return list(_held(Holding.objects.unscoped(SEEN).filter(post=seat).order_by("-held_from", "-pk")))


def gaps(actor: Actor) -> list[Gap]:
    """Villages in the actor's area without a village helper, or without a subdistrict lead, in order of code and tier."""
    villages = places_of_level(Level.VILLAGE, actor.places_for("posts.see"))
    missing = []
    for role in roles().values():
        if role.tier in {"village", "subdistrict"}:
            answered = _answered_for(role.name, actor.day)
            missing += [Gap(village, role.text) for village in villages if village.id not in answered]
    return sorted(missing, key=lambda gap: (gap.village.code, gap.tier.zh))


def entries(actor: Actor, asked: Asked) -> "QuerySet[Entry]":
    """The acts that the actor may read of, the latest first: those that concern a place in the area, or none at all."""
    places = actor.places_for("record.read")
    if not places:
        return Entry.objects.none()
    seen = Entry.objects.filter(Q(place=None) | Q(place__in=places_within(places)))
    given = {
        "actor": asked.actor,
        "subject": asked.subject,
        "act": asked.act,
        "at__gte": asked.since,
        "at__lt": asked.until,
    }
    return seen.filter(**{name: value for name, value in given.items() if value}).select_related("text").order_by("-pk")


def _people(actor: Actor, found: "QuerySet[Account]") -> list[PersonRow]:
    accounts = list(found)
    keeps = actor.places_for("people.manage") | actor.places_for("record.read")
    kept = set(Below.objects.filter(within__in=keeps).values_list("place_id", flat=True)) if keeps else set()
    names = places_named({account.home_id for account in accounts})
    held = defaultdict(list)
    for holding in _held(_lasting(actor.day).filter(account__in=[account.pk for account in accounts])):
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


def _posts(actor: Actor, found: "QuerySet[Post]") -> list[PostRow]:
    seats = list(found.select_related("unit"))
    held = {each.post: each for each in _held(_lasting(actor.day).filter(post__in=[seat.pk for seat in seats]))}
    areas = _areas_named([seat.pk for seat in seats], actor.day)
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


def _areas_named(seats: Iterable[int], day: date) -> dict[int, tuple[str, ...]]:
    areas = list(
        PostArea.objects.unscoped(SEEN).filter(lasts(day), post__in=seats).select_related("unit").order_by("pk")
    )
    names = places_named({area.place_id for area in areas if area.place_id is not None})
    named: dict[int, tuple[str, ...]] = {}
    for area in areas:
        name = area.unit.name if area.unit is not None else names.get(area.place_id or 0, "")
        named[area.post_id] = (*named.get(area.post_id, ()), name)
    return named


def _answered_for(role: str, day: date) -> set[int]:
    """The places for which somebody with a role answers on a day."""
    held = _lasting(day).filter(post__role=role, post__closed_on=None).values_list("post_id", flat=True)
    areas = PostArea.objects.unscoped("gaps are of places, and name nobody").filter(lasts(day), post__in=list(held))
    roots = {area.place_id for area in areas if area.place_id is not None}
    roots |= {place for area in areas if area.unit_id is not None for place in area_of_unit(area.unit_id, day)}
    return set(Below.objects.filter(within__in=roots).values_list("place_id", flat=True))


def _lasting(day: date) -> "QuerySet[Holding]":
    return Holding.objects.unscoped(SEEN).filter(lasts(day))


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

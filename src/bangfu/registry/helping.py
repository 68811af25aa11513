"""Who helps which household, by tier; which have nobody; and what acts on several at once made."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, OuterRef, Q

from bangfu.access.data import Actor, NotThere
from bangfu.access.models import Holding, Post
from bangfu.access.roles import of_tiers, roles
from bangfu.kernel.words import Text
from bangfu.places.selectors import places_around, places_named
from bangfu.places.spans import lasts
from bangfu.registry.household_file import OF_SEEN
from bangfu.registry.models import Act, Assignment, Household
from bangfu.registry.rules import TIERS
from bangfu.registry.selectors import A_PAGE, HouseholdRow, dissolved, household_rows

# So many acts on several households at once are offered to be looked at again.
LATELY = 5
TOGETHER = "registry.assign_together"


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


def seats(actor: Actor, household: int) -> list[Seat]:
    """The posts that the actor sees and that may help the household, by tier and title. Raises NotThere."""
    found = Household.objects.seen_by(actor).filter(pk=household).first()
    if found is None or found.place_id is None:
        raise NotThere
    return seats_of(actor, found.place_id, TIERS)


def seats_of(actor: Actor, place: int, tiers: Collection[str]) -> list[Seat]:
    """The posts of some tiers that the actor sees and that answer for the households of a place, by tier and title."""
    around = places_around([place])
    here = Q(areas__place__in=around) | (
        lasts(actor.day, "areas__unit__areas") & Q(areas__unit__areas__place__in=around)
    )
    rows = Post.objects.seen_by(actor).filter(
        here & lasts(actor.day, "areas"), role__in=of_tiers(tiers), closed_on=None
    )
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
    seen = Household.objects.seen_by(actor).exclude(place=None).exclude(pk__in=dissolved())
    seen = seen if place is None else seen.filter(place=place)
    return seen.filter(~is_helped(tier, actor.day, "pk"))


def is_helped(tier: str, day: date, household: str) -> Exists:
    """Whether a post of a tier helps, on a day, the household that a column of the query around names: itself, or the one of its role that took it over.

    Asked household by household, by one index: which day it is decides, and no row says that.
    """
    seats = Post.objects.unscoped(OF_SEEN).filter(role__in=of_tiers([tier])).values("pk")
    held = Assignment.objects.unscoped(OF_SEEN).filter(lasts(day), post__in=seats, undone=None)
    return Exists(held.filter(household=OuterRef(household)))


def gaps(actor: Actor, place: int | None = None) -> dict[str, int]:
    """How many households that the actor sees (in a village) have nobody of a tier to help them, by tier."""
    return {tier: _without(actor, tier, place).count() for tier in TIERS}

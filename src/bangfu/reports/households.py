"""The list of households: which, in what order, and the sums of all of them. Two counts and as many reads as a page has kinds of cells."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Sum

from bangfu.access.data import Actor
from bangfu.access.models import Holding, Post
from bangfu.access.roles import of_tiers
from bangfu.assessment.models import PolicyVerdict
from bangfu.places.selectors import places_around, places_directly_in, places_named, places_within, way_to
from bangfu.places.spans import lasts
from bangfu.privacy.keys import KeyRing
from bangfu.registry.helping import helpers_of
from bangfu.registry.models import Assignment, Listed
from bangfu.registry.rules import TIERS, in_turn
from bangfu.registry.selectors import sought_households
from bangfu.reports.data import Asked, Listing, Row, Totals
from bangfu.reports.measures import OF_LISTED, holds

A_PAGE = 50
# Of more households than these a page's own are soon found by looking at one after the other.
MANY = 10_000
A_YUAN = 100
MOST_HELPERS = 60
SAMPLE = 250
# Of a policy: what stands of it, in the words of an index; and of any policy, as the rows that lists read sum it up.
VERDICTS: dict[str, tuple[Q, Q]] = {
    "due": (Q(reconciliation__isnull=False, due_low__gt=0), Q(due_policies__gt=0)),
    "missing": (Q(reconciliation__in=("missing", "under")), Q(missing_policies__gt=0)),
    "unknown": (Q(verdict="unknown"), Q(unknown_policies__gt=0)),
    "unexplained": (Q(reconciliation__in=("over", "unexplained")), Q(unexplained_policies__gt=0)),
    "received": (Q(reconciliation__isnull=False, received__gt=0), Q(received__gt=0)),
}


def rows_seen(actor: Actor) -> "QuerySet[Any]":
    """The rows of households that lists show and the actor may see."""
    return Listed.objects.seen_by(actor).exclude(place=None)


def rows_summed(actor: Actor, asked: Asked) -> "QuerySet[Any]":
    """Those that are asked for, to be summed: of all that somebody sees, if that is a good part of what there is, they are read in turn."""
    wide = asked.place is None and _sees_a_quarter(actor)
    return _narrow(in_turn(Listed, actor).exclude(place=None) if wide else rows_seen(actor), actor, asked)


def _sees_a_quarter(actor: Actor) -> bool:
    """Of all households, by a sample of them: whether it is so decides how they are read, and nothing else."""
    every = Listed.objects.unscoped("how many households there are names none")
    last: int = every.aggregate(last=Max("pk"))["last"] or 0
    sample = range(last, 0, -(last // SAMPLE + 1))
    mine: int = in_turn(Listed, actor).filter(pk__in=sample).count()
    return 4 * mine >= every.filter(pk__in=sample).count()


def rows_asked(actor: Actor, asked: Asked) -> "QuerySet[Any]":
    """Those of them that are asked for."""
    return _narrow(rows_seen(actor), actor, asked)


def _narrow(found: "QuerySet[Any]", actor: Actor, asked: Asked, *, many: bool = False) -> "QuerySet[Any]":
    """Those of some rows that are asked for; where they are `many`, in a way that finds the first ones at once."""
    if asked.place is not None:
        found = found.filter(place__in=places_within([asked.place]))
    told = {"status": asked.status, "category": asked.category, "cause": asked.cause}
    found = found.filter(**{name: value for name, value in told.items() if value})
    if asked.least is not None:
        found = found.filter(net_income_per_capita__gte=asked.least * A_YUAN)
    if asked.below is not None:
        found = found.filter(net_income_per_capita__lt=asked.below * A_YUAN)
    if asked.helper is not None:
        # With those that it took over; by their numbers, of which the assignments have an index.
        seats = Post.objects.unscoped(OF_LISTED).filter(Q(pk=asked.helper) | Q(succeeded_by=asked.helper))
        helped = Assignment.objects.unscoped(OF_LISTED).filter(lasts(actor.day), post__in=seats, undone=None)
        found = found.filter(household__in=helped.values("household"))
    if asked.policy or asked.verdict:
        found = found.filter(_of_policies(asked, many=many))
    for name in asked.gaps:
        found = found.filter(holds(name, actor))
    return found


def listing(actor: Actor, asked: Asked, sought: str, ring: KeyRing, page: int) -> Listing:
    """One page of the households that were asked for, by village and number; the nearest there is, where there is no such page.

    `sought` is a part of a member's name or its initials, the beginning of a household's number, or (the last four of) an ID number.
    """
    among = Q(household__in=sought_households(sought, ring)) if sought else Q()
    totals = _totals(rows_summed(actor, asked).filter(among))
    found = _narrow(rows_seen(actor), actor, asked, many=totals.households > MANY).filter(among)
    pages = max(1, -(-totals.households // A_PAGE))
    shown = min(max(page, 1), pages)
    ids = found.order_by("place", "number").values_list("pk", flat=True)
    some = list(ids[(shown - 1) * A_PAGE : shown * A_PAGE])
    return Listing(tuple(_rows(actor, some)), totals, shown, pages)


def surely_meant(asked: Asked, sought: str, found: Listing) -> int | None:
    """The only household that was found of all that the actor sees; not by a mere beginning of its number, which may be typed to look around."""
    if not sought or asked != Asked() or found.totals.households != 1:
        return None
    (row,) = found.rows
    return None if row.number != sought and row.number.startswith(sought) else row.id


def places_offered(actor: Actor, place: int | None) -> list[tuple[int, str, int]]:
    """Where one may look, as (place, name, how deep): the areas of one's posts, with the way from one of them to a place and what lies directly in it."""
    areas = actor.places_for("households.see")
    at = place if place is not None or len(areas) != 1 else next(iter(areas))
    whole = way_to(at) if at is not None else []
    way = whole[next((n for n, row in enumerate(whole) if row.id in areas), len(whole)) :]
    deeper = places_directly_in(way[-1].id) if way else []
    others = sorted((name, each) for each, name in places_named(areas - {row.id for row in way}).items())
    return [
        *((row.id, row.name, depth) for depth, row in enumerate(way)),
        *((row.id, row.name, len(way)) for row in deeper),
        *((each, name, 0) for name, each in others),
    ]


def helpers_offered(actor: Actor, place: int | None) -> list[tuple[int, str]]:
    """The posts that help households of a place, as far as the actor sees them; none where they are too many to choose from."""
    seats = Post.objects.seen_by(actor).filter(role__in=of_tiers(TIERS), closed_on=None)
    if place is not None:
        seats = seats.filter(Q(areas__place__in=places_within([place])) | Q(areas__place__in=places_around([place])))
    rows = list(seats.order_by("title", "pk").values_list("pk", "title", "unit__name").distinct()[: MOST_HELPERS + 1])
    if len(rows) > MOST_HELPERS:
        return []
    # Titles repeat: a post is known by who sits there or, while it is empty, by its unit.
    sitting = Holding.objects.seen_by(actor).filter(lasts(actor.day), post__in=[pk for pk, _, _ in rows])
    names = dict(sitting.values_list("post", "account__name"))
    return [(pk, f"{title} · {names.get(pk, unit)}") for pk, title, unit in rows]


def _of_policies(asked: Asked, *, many: bool) -> Q:
    one, any_of_them = VERDICTS.get(asked.verdict, (Q(verdict="entitled"), Q()))
    if not asked.policy:
        return any_of_them
    stands = PolicyVerdict.objects.unscoped(OF_LISTED).filter(one, until=None, policy_id=asked.policy)
    if many and not asked.verdict:
        # By the index of what stands of each. That of money is in another order.
        return Q(Exists(stands.filter(household=OuterRef("household"))))
    return Q(household__in=stands.values("household"))


def _totals(found: "QuerySet[Any]") -> Totals:
    columns = {"persons": "members", "net_income": "net_income", "missing": "missing_amount"}
    summed = {name: columns.get(name, name) for name in ("persons", "net_income", "due", "received", "missing")}
    counted = found.aggregate(
        count=Count("pk"), settled=Count("net_income"), **{f"sum_{name}": Sum(said) for name, said in summed.items()}
    )
    return Totals(
        households=counted["count"],
        income_unknown=counted["count"] - counted["settled"],
        **{name: counted[f"sum_{name}"] or 0 for name in summed},
    )


def _rows(actor: Actor, households: list[int]) -> Iterable[Row]:
    rows: Iterable[Any] = Listed.objects.unscoped(OF_LISTED).filter(pk__in=households)
    listed = {row.pk: row for row in rows}
    named = places_named({row.place_id for row in listed.values()})
    helpers = helpers_of(households, actor.day)
    for each in households:
        row = listed[each]
        yield Row(
            each,
            row.number,
            row.head,
            named.get(row.place_id, ""),
            row.members,
            row.status,
            row.category,
            row.cause,
            row.assessed,
            row.net_income_per_capita,
            row.below_line,
            row.due,
            row.received,
            row.missing_amount,
            row.unknown_policies,
            row.asking_policies,
            row.errors + row.warnings + row.clues,
            row.missing_papers,
            tuple(
                helper.holder or helper.title
                for helper in helpers[each]
                if helper.held_until is None or helper.held_until > actor.day
            ),
        )

"""Figures of many households: by place, by source of income, by cause, and how net income per head lies around the line."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

from django.db.models import Count, Q, Sum

from bangfu.access.data import Actor
from bangfu.assessment.models import HouseholdVerdict
from bangfu.assessment.services.storing import current_run
from bangfu.kernel.schema import schema
from bangfu.kernel.words import Text
from bangfu.places.models import Below
from bangfu.places.selectors import places_directly_in, places_named, way_to
from bangfu.reports.data import Asked, Bar, Figures, Measured
from bangfu.reports.households import A_YUAN, rows_asked
from bangfu.reports.mapping import located
from bangfu.reports.measures import OF_LISTED, holds

SOURCES = ("wage", "business", "property", "transfer", "land_loss")
# How net income per head is cut up: so many yuan a step, so many steps below the line and above it.
STEP, BELOW, ABOVE = 500, 4, 10
_SUMMED = (
    "households",
    "persons",
    "due_policies",
    "paid_policies",
    "exact",
    "below_line",
    "missing_households",
    "missing",
)


def figures(actor: Actor, place: int | None) -> Figures:
    """Of all that the actor sees in a place, or (None) at all. As many queries, however many there are."""
    rows, run = rows_asked(actor, Asked(place=place)), current_run()
    line = _line(rows)
    way = _way(actor, place)
    places = tuple(_by_place(actor, rows, way))
    return Figures(
        way=way,
        as_of=run.as_of if run else None,
        income_year=run.income_year if run else None,
        line=line,
        places=places,
        whole=_together(places),
        income=tuple(_income(rows)),
        income_unknown=rows.filter(net_income=None).count(),
        causes=tuple(_causes(rows, place)),
        spread=tuple(_spread(rows, line, place)),
        map=located(places),
    )


def _areas(actor: Actor) -> frozenset[int]:
    """The areas of the actor's posts, but for those that lie in another of them: their households would be counted twice."""
    areas = actor.places_for("households.see")
    inside = Below.objects.filter(place__in=areas, within__in=areas, steps__gt=0)
    return areas - set(inside.values_list("place_id", flat=True))


def _way(actor: Actor, place: int | None) -> tuple[tuple[int, str], ...]:
    areas = _areas(actor)
    at = place if place is not None or len(areas) != 1 else next(iter(areas))
    whole = way_to(at) if at is not None else []
    start = next((n for n, row in enumerate(whole) if row.id in areas), len(whole))
    return tuple((row.id, row.name) for row in whole[start:])


def _by_place(actor: Actor, rows: Any, way: tuple[tuple[int, str], ...]) -> Iterator[Measured]:
    """The places directly below, each with all that lies in it; of a village, itself."""
    areas = {way[-1][0]} if way else _areas(actor)
    below = {row.id: row.name for row in places_directly_in(way[-1][0])} if way else {}
    shown = below or places_named(areas)
    counted = (
        rows.order_by()
        .values("place")
        .annotate(
            households=Count("pk"),
            persons=Sum("members"),
            due=Sum("due_policies"),
            paid=Sum("paid_policies"),
            exact=Count("pk", filter=holds("exact", actor)),
            below=Count("pk", filter=holds("below_line", actor)),
            lacking=Count("pk", filter=holds("missing", actor)),
            missing=Sum("missing_amount"),
        )
    )
    found = {each.pop("place"): [value or 0 for value in each.values()] for each in counted}
    holding: dict[int, set[int]] = defaultdict(set)
    for within, village in Below.objects.filter(within__in=list(shown)).values_list("within_id", "place_id"):
        holding[within].add(village)
    # A liaison helps households wherever they live.
    elsewhere = found.keys() - set().union(*holding.values())
    shown = {**shown, **places_named(elsewhere)}
    holding.update({place: {place} for place in elsewhere})
    for each, name in sorted(shown.items()):
        mine = [found[village] for village in holding[each] if village in found]
        if mine:
            yield Measured(each, name, len(holding[each]) > 1, *(sum(column) for column in zip(*mine, strict=True)))


def _together(places: Iterable[Measured]) -> Measured:
    listed = list(places)
    return Measured(None, "", False, *(sum(getattr(each, name) for each in listed) for name in _SUMMED))


def _line(rows: Any) -> int | None:
    """The line by which most of them are judged; it may be another elsewhere."""
    some = rows.filter(assessed=True).values("pk")[:1]
    stands = HouseholdVerdict.objects.unscoped(OF_LISTED).filter(until=None, household__in=some)
    found: int | None = stands.values_list("poverty_line", flat=True).first()
    return found


def _income(rows: Any) -> Iterator[Bar]:
    stands = HouseholdVerdict.objects.unscoped(OF_LISTED).filter(until=None, household__in=rows.values("pk"))
    summed = stands.aggregate(**{name: Sum(name) for name in SOURCES})
    columns = schema().results["assessment"].columns
    yield from (Bar(columns[name].label, summed[name] or 0) for name in SOURCES)


def _causes(rows: Any, place: int | None) -> Iterator[Bar]:
    counted = rows.order_by().exclude(cause="").values_list("cause").annotate(number=Count("pk"))
    codes = schema().codes["cause"]
    for cause, number in sorted(counted, key=lambda each: (-each[1], each[0])):
        label = codes[cause].label if cause in codes else Text(cause, cause)
        yield Bar(label, number, tuple(Asked(place=place, cause=cause).pairs()))


def _spread(rows: Any, line: int | None, place: int | None) -> Iterator[Bar]:
    """How many households lie in each step of net income per head, from a good way below the line to a good way above it."""
    if line is None:
        return
    at = line // A_YUAN
    edges = [at + STEP * n for n in range(-BELOW, ABOVE + 1)]
    spans = [(None, edges[0]), *pairwise(edges), (edges[-1], None)]
    counted = rows.aggregate(**{f"n{n}": Count("pk", filter=_within(*span)) for n, span in enumerate(spans)})
    for n, (least, below) in enumerate(spans):
        yield Bar(
            _span_said(least, below), counted[f"n{n}"], tuple(Asked(place=place, least=least, below=below).pairs())
        )


def _within(least: int | None, below: int | None) -> Q:
    condition = Q(net_income_per_capita__isnull=False)
    if least is not None:
        condition &= Q(net_income_per_capita__gte=least * A_YUAN)
    if below is not None:
        condition &= Q(net_income_per_capita__lt=below * A_YUAN)
    return condition


def _span_said(least: int | None, below: int | None) -> Text:
    if least is None:
        return Text(f"低于 {below}", f"below {below}")
    if below is None:
        return Text(f"{least} 及以上", f"{least} and more")
    return Text(f"{least}—{below - 1}", f"{least}–{below - 1}")

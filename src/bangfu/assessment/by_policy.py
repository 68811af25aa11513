"""Verdicts by policy: how many households are due it, receive it, miss it or are unknown, and which; as far as the actor sees them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q, Sum

from bangfu.access.data import Actor, NotThere
from bangfu.access.policy import require
from bangfu.assessment.models import PolicyTally, PolicyVerdict
from bangfu.kernel.words import Text
from bangfu.registry.models import Household
from bangfu.registry.rules import sees_some_only
from bangfu.registry.selectors import HouseholdRow, household_rows

A_PAGE = 50
STANDS = Q(until=None)


@dataclass(frozen=True, slots=True)
class Which:
    """Which verdicts: as Django asks for them, and as they are counted where millions are (counting.py)."""

    q: Q
    sql: str


# What a household may be to a policy; one may be several.
WHICH: Mapping[str, Which] = {
    "due": Which(Q(verdict="entitled"), "verdict = 'entitled'"),
    "receiving": Which(Q(received__gt=0), "received > 0"),
    "missing": Which(Q(reconciliation__in=("missing", "under")), "reconciliation IN ('missing', 'under')"),
    "unknown": Which(Q(verdict="unknown"), "verdict = 'unknown'"),
}
LABELS: Mapping[str, Text] = {
    "due": Text("应享", "due"),
    "receiving": Text("已领", "received"),
    "missing": Text("应享未享或少领", "due and not, or not fully, received"),
    "unknown": Text("待核实", "unknown"),
}


@dataclass(frozen=True, slots=True)
class Counts:
    """Households by WHICH, and what is due a year, in fen."""

    households: Mapping[str, int]
    yearly: int

    def __getitem__(self, which: str) -> int:
        return self.households[which]


@dataclass(frozen=True, slots=True)
class Listed:
    """A household of a list by policy: money due by now and received of the policy, in fen, over its members."""

    row: HouseholdRow
    due: int
    received: int


NONE = Counts(dict.fromkeys(WHICH, 0), 0)


def counts(actor: Actor, policy: str | None = None) -> dict[str, Counts]:
    """By policy, of households that the actor sees; of one policy, or of all of which anything stands. One query.

    Whoever sees all households of their places is told by what is kept of each place; who sees a few, by a look at those.
    """
    if sees_some_only(actor):
        rows = PolicyVerdict.objects.seen_by(actor).filter(STANDS)
        each: dict[str, Any] = {
            name: Count("household", distinct=True, filter=which.q) for name, which in WHICH.items()
        }
        each["yearly"] = Sum("annual_amount", filter=WHICH["due"].q)
    else:
        rows = PolicyTally.objects.seen_by(actor)
        each = {name: Sum(name) for name in (*WHICH, "yearly")}
    if policy is not None:
        rows = rows.filter(policy_id=policy)
    summed = rows.values("policy_id").annotate(**{f"all_{name}": sums for name, sums in each.items()})
    return {
        row["policy_id"]: Counts({name: row[f"all_{name}"] for name in WHICH}, row["all_yearly"] or 0)
        for row in summed.order_by("policy_id")
    }


def households(actor: Actor, policy: str, which: str, page: str | None) -> Page[Any]:
    """The households that are something to a policy, by number. Raises Denied, NotThere."""
    require(actor, "households.see")
    if which not in WHICH:
        raise NotThere
    rows = PolicyVerdict.objects.seen_by(actor).filter(STANDS, policy_id=policy)
    found = Household.objects.seen_by(actor).filter(pk__in=rows.filter(WHICH[which].q).values("household"))
    shown: Page[Any] = Paginator(found.order_by("number"), A_PAGE).get_page(page)
    listed = list(shown.object_list)
    money = {
        row["household"]: row
        for row in rows.filter(household__in=listed)
        .values("household")
        .annotate(due=Sum("due_low"), got=Sum("received"))
    }
    shown.object_list = [
        Listed(row, money[row.id]["due"] or 0, money[row.id]["got"] or 0) for row in household_rows(listed)
    ]
    return shown

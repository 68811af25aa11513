"""Where the households of tasks live, kept beside each task: lists of a whole district are narrowed and counted without a look at its households.

A move takes its tasks along in its own transaction. It holds the places, as a sweep does before it writes any tasks: whichever comes second sees what
the first has written. Both look once more after their own transaction, should tasks have been written past that.
"""

from collections.abc import Collection, Sequence
from functools import partial

from django.db import transaction
from django.db.models import F, OuterRef, Q, Subquery

from bangfu.casework.models import Task
from bangfu.casework.services.tallying import tally
from bangfu.places.holding import hold
from bangfu.registry.bulk import chunked
from bangfu.registry.listed import Move
from bangfu.registry.models import Household

DERIVED = "where a task's household lives follows from the household alone"
_AWAY = (
    Q(place=None, household__place__isnull=False)
    | Q(place__isnull=False, household__place=None)
    | ~Q(place=F("household__place"))
)


def place_tasks(households: Collection[int] | None = None) -> None:
    """Let the tasks of these households, or (None) of all, lie where the households live. One query, and some more where any moved."""
    away = Task.objects.unscoped(DERIVED).filter(_AWAY)
    away = away if households is None else away.filter(household__in=households)
    moved = list(away.values_list("pk", "place", "household__place"))
    if not moved:
        return
    home = Household.objects.unscoped(DERIVED).filter(pk=OuterRef("household")).values("place")
    places: set[int | None] = {place for _, was, lives in moved for place in (was, lives)}
    with transaction.atomic():
        hold([place for place in places if place is not None])
        for some in chunked([task for task, _, _ in moved]):
            Task.objects.unscoped(DERIVED).filter(pk__in=some).update(place=Subquery(home))
        tally(places)


def moved(moves: Sequence[Move]) -> None:
    """Within the transaction that moves households."""
    households = [move.household for move in moves]
    place_tasks(households)
    transaction.on_commit(partial(place_tasks, households))

"""How many tasks there are of each sort in each village, kept beside the tasks: lists of a district are counted and cut without a look at them.

Whatever writes tasks counts those of the villages concerned anew, at its end and in its own transaction, so that the two never differ. A village
is counted by one at a time: whoever comes second waits, and then sees what the first has written.

So that nobody waits for another who waits for them, all lock in one order: households, then places, then tasks. Whatever writes tasks holds the
places before it locks or writes the first.
"""

from collections.abc import Collection, Sequence

from django.db import connection
from django.db.models import Case, Count, Sum, Value, When

from bangfu.casework.models import GROWN, Tally, Task
from bangfu.places.holding import hold
from bangfu.places.models import Place
from bangfu.registry.bulk import chunked
from bangfu.registry.models import Household

COUNTED = "tasks of a village are counted for whoever may see its households"
HELD = "where households live decides which places are held"
_ALIKE = ("place_id", "kind", "about", "state", "unsettled", "post_id", "due_on")


def hold_tasks(households: Collection[int]) -> None:
    """Hold the places in which the tasks of some households lie, or are to lie: before any of these is locked or written. Three queries.

    The households are locked, so that they stay where they live.
    """
    rows = Household.objects.unscoped(HELD).filter(pk__in=households)
    lives = rows.order_by("pk").select_for_update(no_key=True).values_list("place", flat=True)
    lie = Task.objects.unscoped(HELD).filter(household__in=households).values_list("place", flat=True)
    places: set[int | None] = {*lives, *lie.distinct()}
    hold([place for place in places if place is not None])


def tally(places: Collection[int | None]) -> None:
    """Count the tasks of these places anew; those of no place (None) are in no list. Four queries."""
    some = sorted(place for place in places if place is not None)
    if not some:
        return
    hold(some)
    Tally.objects.unscoped(COUNTED).filter(place__in=some).delete()
    _count(some)


def tally_all() -> None:
    """Those of every place, some hundred places at a time."""
    for some in chunked(list(Place.objects.order_by("pk").values_list("pk", flat=True))):
        tally(some)


def _count(places: Sequence[int]) -> None:
    tasks = Task.objects.unscoped(COUNTED).filter(place__in=places).order_by()
    alike = tasks.values(*_ALIKE, are_grown=Case(When(GROWN, then=Value(True)), default=Value(False)))
    said, given = alike.annotate(tasks=Count("pk"), money=Sum("amount")).query.sql_with_params()
    columns = ", ".join((*_ALIKE, "grown", "number", "amount"))
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {Tally._meta.db_table} ({columns}) {said}", given)

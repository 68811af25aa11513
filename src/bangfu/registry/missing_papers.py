"""Papers that dossiers lack, counted in the rows that lists read: what the rulebook requires, and of which nothing is there.

That is `Dossier.missing`, as of the day on which it is counted and as far as is known then. A paper that was found wrong or has expired is
there all the same; one of which it is not known whether it is required is not missing. The count is made anew by what changes it: by a
paper that is added or withdrawn, in that act; by facts, when their household is judged anew; and by the day (somebody is 16, a year is
over), for all households after each run. Before it was first made it is None.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from django.db import transaction

from bangfu.registry.bulk import chunked
from bangfu.registry.dossiers import in_dossiers
from bangfu.registry.listed import DERIVED
from bangfu.registry.models import Listed
from bangfu.registry.wanted import Wanted, required_of, wanted_of_all
from bangfu.rulebook.evaluate import Home

# SQLite's one writer waits for as long as these take.
AT_ONCE = 1_000


def missing_papers(household: int, day: date, home: Home | None) -> list[Wanted]:
    """What the dossier of one household lacks; `home` is what held of it on the day (`home_of`)."""
    return _not_there([household], required_of(home, day) if home is not None else [], day)


def count_missing_papers(household: int, day: date, home: Home | None) -> None:
    """Count that anew, within a transaction that locked the household."""
    count = len(missing_papers(household, day, home))
    # Also where it says so already: whoever counts all at this moment may have read what was before.
    Listed.objects.unscoped(DERIVED).filter(pk=household).update(missing_papers=count)


def count_missing_papers_of_all(day: date) -> int:
    """Count those of every household anew; returns of how many the count was another. Whatever ends it, it can be done again.

    Some at a time, and nobody waits while they are read. Where the count is another it is made once more with the row locked, so that what
    was read before somebody changed it does not stand after that. A row that somebody else holds is left to them, who count it themselves.
    """
    every = list(Listed.objects.unscoped(DERIVED).order_by("pk").values_list("pk", flat=True))
    return sum(_recount(some, day) for some in chunked(every, AT_ONCE))


def _recount(households: Collection[int], day: date) -> int:
    rows: Any = Listed.objects.unscoped(DERIVED)
    outdated = [pk for some in _outdated(rows.filter(pk__in=households), day).values() for pk in some]
    if not outdated:
        return 0
    with transaction.atomic():
        counted = _outdated(rows.filter(pk__in=outdated).select_for_update(skip_locked=True), day)
        for count, some in counted.items():
            rows.filter(pk__in=some).update(missing_papers=count)
    return sum(map(len, counted.values()))


def _outdated(rows: Any, day: date) -> Mapping[int, list[int]]:
    """By count, the households of which the rows say another. As many queries, however many there are."""
    listed = list(rows.values_list("pk", "number", "missing_papers"))
    households = [pk for pk, _, _ in listed]
    counts = Counter(each.household for each in _not_there(households, wanted_of_all(households, day), day))
    found: dict[int, list[int]] = defaultdict(list)
    for pk, number, said in listed:
        if counts[number] != said:
            found[counts[number]].append(pk)
    return found


def _not_there(households: Collection[int], wanted: Collection[Wanted], day: date) -> list[Wanted]:
    """Those of the papers wanted of these households that are required, and of whose kind the dossier has nothing."""
    kept = in_dossiers(day)
    there = {
        *kept.filter(household__in=households).values_list("kind", "household__number"),
        *kept.filter(person__household__in=households).values_list("kind", "person__number"),
    }
    return [each for each in wanted if each.required and (each.kind, each.person or each.household) not in there]

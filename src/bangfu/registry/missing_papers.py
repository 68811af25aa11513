"""Papers that dossiers lack, counted in the rows that lists read: what the rulebook requires, and of which nothing is there.

That is `Dossier.missing`, as of the day on which it is counted and as far as is known then. A paper that was found wrong or has expired is
there all the same; one of which it is not known whether it is required is not missing. The count is made anew by what changes it: by a
paper that is added or withdrawn, in that act; by facts, when their household is judged anew; and by the day (somebody is 16, a year is
over), for all households after each run. Before it was first made it is None.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from bangfu.engine.duck import open_engine
from bangfu.kernel.aside import open_folder
from bangfu.registry.arrow import reading, reading_here
from bangfu.registry.bulk import chunked
from bangfu.registry.dossiers import in_dossiers
from bangfu.registry.listed import DERIVED
from bangfu.registry.models import Evidence, EvidenceCheck, Household, Judged, Listed, Person
from bangfu.registry.snapshots import prepare_tables, read_tables, read_villages
from bangfu.registry.wanted import Wanted, require_of_all, required_of, wanted_of_all
from bangfu.rulebook.evaluate import Home

# SQLite's one writer waits for as long as these take.
AT_ONCE = 1_000
MEMORY = "700MB"  # of what the whole register is read into; beyond that it spills


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

    All are read at once, and nobody waits meanwhile. Where the count is another it is made once more with the row locked, some at a time, so
    that what was read before somebody changed it does not stand after that. A row that somebody else holds is left to them, who count it themselves.
    """
    return sum(_recount(some, day) for some in chunked(_outdated_of_all(day), AT_ONCE))


def _outdated_of_all(day: date) -> list[int]:
    """The households of which the rows say another count: the register read and judged as a whole."""
    with (
        open_folder("papers") as folder,
        closing(open_engine(Path(folder), memory=MEMORY)) as con,
    ):
        read_villages(con, day)
        # Another connection does not see what a transaction under way has written.
        with reading_here() if connection.in_atomic_block else reading() as reader:
            read_tables(con, reader, day)
            listed = {"household_id": "BIGINT", "number": "VARCHAR", "missing_papers": "BIGINT"}
            reader.fill(con, "listed", listed, f"SELECT {', '.join(listed)} FROM {Listed._meta.db_table}")
            reader.fill(con, "there", dict.fromkeys(("kind", "household", "person"), "VARCHAR"), _there_sql(day))
        prepare_tables(con, day, whole=False)
        require_of_all(con, day)
        rows = con.execute("""
            SELECT household_id FROM listed LEFT JOIN (
                SELECT household AS number, count(*) AS missing
                FROM (SELECT *, CASE WHEN person IS NULL THEN household END AS whole FROM required) r
                ANTI JOIN there t
                ON t.kind = r.kind AND t.person IS NOT DISTINCT FROM r.person AND t.household IS NOT DISTINCT FROM r.whole
                GROUP BY household
            ) USING (number)
            WHERE coalesce(missing, 0) IS DISTINCT FROM missing_papers ORDER BY household_id
        """).fetchall()
    return [household for (household,) in rows]


def _recount(households: Collection[int], day: date) -> int:
    rows: Any = Listed.objects.unscoped(DERIVED)
    with transaction.atomic():
        counted = _outdated(rows.filter(pk__in=households).select_for_update(skip_locked=True), day)
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


def _there_sql(day: date) -> str:
    """The papers that `in_dossiers` finds: of what kind, and the number of the household or of the person."""
    paper, check, household, person = (model._meta.db_table for model in (Evidence, EvidenceCheck, Household, Person))
    return f"""
        SELECT e.kind, h.number AS household, p.number AS person
        FROM {paper} e LEFT JOIN {household} h ON h.id = e.household_id LEFT JOIN {person} p ON p.id = e.person_id
        WHERE e.stands AND e.kept_from <= '{day}' AND NOT EXISTS (
            SELECT 1 FROM {check} c WHERE c.evidence_id = e.id AND c.stands AND c.result = '{Judged.WITHDRAWN.value}'
        )
    """


def _not_there(households: Collection[int], wanted: Collection[Wanted], day: date) -> list[Wanted]:
    """Those of the papers wanted of these households that are required, and of whose kind the dossier has nothing."""
    kept = in_dossiers(day)
    there = {
        *kept.filter(household__in=households).values_list("kind", "household__number"),
        *kept.filter(person__household__in=households).values_list("kind", "person__number"),
    }
    return [each for each in wanted if each.required and (each.kind, each.person or each.household) not in there]

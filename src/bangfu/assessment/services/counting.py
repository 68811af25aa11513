"""How many households of each village are what to each policy, kept beside the verdicts: a district is counted by some thousand rows, not millions.

Whatever changes verdicts, or where their households live, counts the villages concerned anew, at its end and in its own transaction, so that the
two never differ.
"""

from collections.abc import Collection, Iterable, Sequence

import duckdb
from django.db import connection, transaction

from bangfu.assessment.by_policy import WHICH
from bangfu.assessment.models import PolicyTally, PolicyVerdict
from bangfu.engine.register.staging import literal
from bangfu.places.holding import hold
from bangfu.places.models import Place
from bangfu.registry.arrow import reading
from bangfu.registry.bulk import chunked, insert_query
from bangfu.registry.listed import Move
from bangfu.registry.models import Household

COUNTED = "households of a village are counted for whoever may see all of them"
# Of the verdicts of a village about a policy; as both databases and DuckDB take it.
_SUMS = {
    **{name: f"count(DISTINCT CASE WHEN {which.sql} THEN household END)" for name, which in WHICH.items()},
    "yearly": f"coalesce(sum(CASE WHEN {WHICH['due'].sql} THEN annual_amount END), 0)",
}
_COLUMNS = ("place_id", "policy_id", *_SUMS)
_SUMMED = f"SELECT place, policy_id, {', '.join(_SUMS.values())}"


def count(places: Iterable[int | None], policies: Collection[str] | None = None) -> None:
    """Count the verdicts of these places (None: of no place) about these policies, or (None) all, anew. Four queries."""
    some = sorted({place for place in places if place is not None})
    hold(some)
    rows = PolicyTally.objects.unscoped(COUNTED).filter(place__in=some)
    (rows if policies is None else rows.filter(policy_id__in=policies)).delete()
    _count(some, policies)


@transaction.atomic
def count_uncounted() -> None:
    """Where verdicts stand and no place was counted yet: after a migration."""
    stands = PolicyVerdict.objects.unscoped(COUNTED).filter(until=None)
    if not PolicyTally.objects.unscoped(COUNTED).exists() and stands.exists():
        for some in chunked(_every()):
            count(some)


def count_stored(con: duckdb.DuckDBPyConnection) -> None:
    """Count every place anew after a run, from what is in its hands: what it found, but of households that were overtaken what stood."""
    hold(_every())
    with reading() as reader:
        lives = f"SELECT id AS household, place_id AS place FROM {Household._meta.db_table} WHERE place_id IS NOT NULL"
        reader.fill(con, "lives", {"household": "BIGINT", "place": "BIGINT"}, lives)
    PolicyTally.objects.unscoped(COUNTED).all().delete()
    said = "household, policy_id, verdict, reconciliation, received, annual_amount"
    stands = f"""
        SELECT {said} FROM n_entitlement ANTI JOIN overtaken USING (household)
        UNION ALL SELECT {said} FROM c_entitlement SEMI JOIN overtaken USING (household)
    """
    summed = f"{_SUMMED} FROM ({stands}) JOIN lives USING (household) GROUP BY ALL ORDER BY ALL"
    insert_query(con, PolicyTally._meta.db_table, _COLUMNS, summed)


def moved(moves: Sequence[Move]) -> None:
    """Within the transaction that moves households."""
    count({place for move in moves for place in (move.was, move.lives)})


def _every() -> list[int]:
    return list(Place.objects.order_by("pk").values_list("pk", flat=True))


def _count(places: Collection[int], policies: Collection[str] | None) -> None:
    about = "" if policies is None else f"AND policy_id IN ({_listed(map(literal, policies))})"
    lives, stands = Household._meta.db_table, PolicyVerdict._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"""
            INSERT INTO {PolicyTally._meta.db_table} ({", ".join(_COLUMNS)}) {_SUMMED} FROM (
                SELECT h.place_id AS place, v.household_id AS household, policy_id, verdict, reconciliation, received, annual_amount
                FROM {lives} h JOIN {stands} v ON v.household_id = h.id AND v.until_id IS NULL {about}
                WHERE h.place_id IN ({_listed(map(str, places))})
            ) s GROUP BY place, policy_id
        """)


def _listed(said: Iterable[str]) -> str:
    return ", ".join(said) or "NULL"

"""What stands of households, summed up in the rows that lists read: many at once, in the transaction that changed the verdicts."""

from collections.abc import Iterable, Mapping

import duckdb
from django.db import connection, transaction

from bangfu.assessment.models import VERDICTS
from bangfu.engine.register.staging import literal
from bangfu.engine.request import book_of
from bangfu.registry.bulk import chunked, update_query
from bangfu.registry.models import Listed

AT_ONCE = 2_000
UNTALLIED = "what was judged before such rows were kept is summed up after a migration"
# As the verdict of the household says them.
_SAID = (
    *("net_income", "net_income_per_capita", "below_line", "meets_entry", "meets_exit", "missing_amount"),
    *("food", "clothing", "education", "medical", "housing", "water"),
)
# Of the verdicts of its policies.
_POLICIES = {
    # Of excluded ones, too: what was due before another took their place.
    "due": "coalesce(sum(due_low), 0)",
    "received": "coalesce(sum(received), 0)",
    "due_policies": "count(CASE WHEN due_low > 0 THEN 1 END)",
    "paid_policies": "count(CASE WHEN due_low > 0 AND reconciliation IN ('matched', 'over') THEN 1 END)",
    "missing_policies": "count(CASE WHEN reconciliation IN ('missing', 'under') THEN 1 END)",
    "unexplained_policies": "count(CASE WHEN reconciliation IN ('over', 'unexplained') THEN 1 END)",
    "unknown_policies": "count(CASE WHEN verdict = 'unknown' THEN 1 END)",
    "asking_policies": "count(CASE WHEN verdict = 'unknown' AND policy_id IN ({pays}) THEN 1 END)",
}
_FINDINGS = {
    f"{severity}s": f"count(CASE WHEN severity = '{severity}' THEN 1 END)" for severity in ("error", "warning", "clue")
}


@transaction.atomic
def tally(households: Iterable[int]) -> None:
    """Sum up the verdicts that stand of these households."""
    table = Listed._meta.db_table
    for some in chunked(list(households), AT_ONCE):
        mine = f"household_id IN ({', '.join(str(int(each)) for each in some)})"
        stands = {
            name: f"SELECT * FROM {model._meta.db_table} WHERE until_id IS NULL AND {mine}"
            for name, model in VERDICTS.items()
        }
        summed = _summed(f"SELECT household_id FROM {table} WHERE {mine}", stands)
        given = ", ".join(f"{name} = s.{name}" for name in _given())
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE {table} SET {given} FROM ({summed}) s WHERE s.household_id = {table}.household_id")


def add_up_found(con: duckdb.DuckDBPyConnection) -> None:
    """`tallied`: what a run found of the households that changed, summed up. All of it is in DuckDB's hands."""
    found = {
        name: f"SELECT *, household AS household_id FROM n_{name} SEMI JOIN changed USING (household)"
        for name in VERDICTS
    }
    summed = _summed("SELECT household AS household_id FROM changed", found)
    con.execute(f"CREATE OR REPLACE TABLE tallied AS {summed} ORDER BY 1")


def tally_stored(con: duckdb.DuckDBPyConnection) -> None:
    """Let the rows of lists say what was added up."""
    update_query(con, Listed._meta.db_table, ("household_id", *_given()), "FROM tallied")


def tally_untallied() -> None:
    """Sum up those of which a verdict stands, and of which no row says so."""
    judged = VERDICTS["assessment"].objects.unscoped(UNTALLIED).filter(until=None).values("household")
    rows = Listed.objects.unscoped(UNTALLIED).filter(assessed=False, household__in=judged)
    tally(rows.values_list("household_id", flat=True))


def _given() -> dict[str, str]:
    """What is said in the row of a household: of its verdict (v), and of those of its policies (p) and the findings (f), summed up."""
    counted = {name: f"coalesce({short}.{name}, 0)" for short, what in _sums().items() for name in what}
    return {"assessed": "v.household_id IS NOT NULL", **{name: f"v.{name}" for name in _SAID}, **counted}


def _sums() -> dict[str, dict[str, str]]:
    pays = ", ".join(literal(each.id) for each in book_of(()).policies.values() if each.benefit and each.benefit.amount)
    return {"p": {name: sql.format(pays=pays or "''") for name, sql in _POLICIES.items()}, "f": _FINDINGS}


def _summed(households: str, verdicts: Mapping[str, str]) -> str:
    """A query for the rows of the households that a query names, out of queries for the verdicts of each table; as both databases and DuckDB take it."""
    sums = _sums()
    joined = " ".join(
        f"""
        LEFT JOIN (
            SELECT household_id, {", ".join(f"{sql} AS {name}" for name, sql in sums[short].items())}
            FROM ({verdicts[table]}) {short}_each GROUP BY household_id
        ) {short} ON {short}.household_id = l.household_id
        """
        for short, table in (("p", "entitlement"), ("f", "finding"))
    )
    listed = ", ".join(f"{sql} AS {name}" for name, sql in _given().items())
    return f"""
        SELECT l.household_id, {listed}
        FROM ({households}) l LEFT JOIN ({verdicts["assessment"]}) v ON v.household_id = l.household_id {joined}
    """

"""What stands of households, summed up in the rows that lists read: one statement for many, in the transaction that changed the verdicts."""

from collections.abc import Iterable

from django.db import connection, transaction

from bangfu.assessment.models import VERDICTS
from bangfu.engine.register.staging import literal
from bangfu.engine.request import book_of
from bangfu.registry.bulk import chunked
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
    "due": "coalesce(sum(CASE WHEN verdict IN ('entitled', 'ended') THEN due_low END), 0)",
    "received": "coalesce(sum(received), 0)",
    "due_policies": "count(CASE WHEN due_low > 0 THEN 1 END)",
    "paid_policies": "count(CASE WHEN due_low > 0 AND reconciliation IN ('matched', 'over') THEN 1 END)",
    "missing_policies": "count(CASE WHEN reconciliation IN ('missing', 'under') THEN 1 END)",
    "unexplained_policies": "count(CASE WHEN reconciliation = 'unexplained' THEN 1 END)",
    "unknown_policies": "count(CASE WHEN verdict = 'unknown' THEN 1 END)",
    "asking_policies": "count(CASE WHEN verdict = 'unknown' AND policy_id IN ({pays}) THEN 1 END)",
}
_FINDINGS = {
    f"{severity}s": f"count(CASE WHEN severity = '{severity}' THEN 1 END)" for severity in ("error", "warning", "clue")
}


@transaction.atomic
def tally(households: Iterable[int]) -> None:
    """Sum up the verdicts that stand of these households."""
    for some in chunked(list(households), AT_ONCE):
        with connection.cursor() as cursor:
            cursor.execute(_statement(", ".join(str(int(each)) for each in some)))


def tally_untallied() -> None:
    """Sum up those of which a verdict stands, and of which no row says so."""
    judged = VERDICTS["assessment"].objects.unscoped(UNTALLIED).filter(until=None).values("household")
    rows = Listed.objects.unscoped(UNTALLIED).filter(assessed=False, household__in=judged)
    tally(rows.values_list("household_id", flat=True))


def _statement(listed: str) -> str:
    household, policy, finding = (VERDICTS[name]._meta.db_table for name in ("assessment", "entitlement", "finding"))
    table = Listed._meta.db_table
    pays = ", ".join(literal(each.id) for each in book_of(()).policies.values() if each.benefit and each.benefit.amount)
    policies = {name: sql.format(pays=pays or "''") for name, sql in _POLICIES.items()}
    sums = {"p": (policy, policies), "f": (finding, _FINDINGS)}
    joined = " ".join(
        f"""
        LEFT JOIN (
            SELECT household_id, {", ".join(f"{sql} AS {name}" for name, sql in what.items())} FROM {of_it}
            WHERE until_id IS NULL AND household_id IN ({listed}) GROUP BY household_id
        ) {short} ON {short}.household_id = l.household_id
        """
        for short, (of_it, what) in sums.items()
    )
    counted = {name: f"coalesce({short}.{name}, 0)" for short, (_, what) in sums.items() for name in what}
    given = {"assessed": "v.id IS NOT NULL", **{name: f"v.{name}" for name in _SAID}, **counted}
    return f"""
        UPDATE {table} SET {", ".join(f"{name} = s.{name}" for name in given)} FROM (
            SELECT l.household_id, {", ".join(f"{sql} AS {name}" for name, sql in given.items())}
            FROM {table} l LEFT JOIN {household} v ON v.household_id = l.household_id AND v.until_id IS NULL {joined}
            WHERE l.household_id IN ({listed})
        ) s WHERE s.household_id = {table}.household_id
    """

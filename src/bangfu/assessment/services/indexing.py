"""The indexes of tables of verdicts in which there is nothing yet: in PostgreSQL made after the first rows, by sorting them once.

Of five million rows that takes less than half of the time in which indexes are kept up row by row. They are taken away in a transaction of
its own: doing so keeps readers out, which may last a moment and not as long as rows are stored. So a run that breaks off may leave empty tables
without indexes, and the next one makes them. What keeps rows from contradicting each other is there whenever there are rows: it is made in
the transaction that stores them. What only finds them fast is made when they are current.
"""

import logging
from collections.abc import Iterable

from django.db import DatabaseError, connection, models, transaction

from bangfu.assessment.models import VERDICTS, Verdict
from bangfu.assessment.services.locking import alone

# Who reads meanwhile waits behind us; where we would wait longer for others, rows are stored beside their indexes as ever.
PATIENCE = "2s"
EMPTY = "whether anything was ever stored tells nobody of any household"
# A constraint with a condition is an index to PostgreSQL.
_Index = models.Index | models.BaseConstraint
_logger = logging.getLogger(__name__)


def take_indexes_away() -> None:
    """Leave empty tables no index but that of their key, where nobody uses them for long.

    Not within another's transaction, since readers would be kept out until its end, those of the run itself among them.
    """
    if connection.vendor != "postgresql" or connection.in_atomic_block:
        return
    try:
        with transaction.atomic():
            alone()
            empty = [model for model in VERDICTS.values() if not model.objects.unscoped(EMPTY).exists()]
            there = [each.name for model in empty for each in (*model._meta.constraints, *model._meta.indexes)]
            if there:
                _execute(f"SET LOCAL lock_timeout = '{PATIENCE}'", f"DROP INDEX IF EXISTS {', '.join(there)}")
    except DatabaseError:
        _logger.info("verdicts are stored with the indexes in place", exc_info=True)


def make_missing_constraints() -> None:
    """Within the transaction that stores verdicts."""
    for model in VERDICTS.values():
        _make_missing(model, model._meta.constraints)


@transaction.atomic
def make_missing_indexes() -> None:
    """After it. Corrections stand aside for as long."""
    alone()
    for model in VERDICTS.values():
        _make_missing(model, model._meta.indexes)


def _make_missing(model: type[Verdict], wanted: Iterable[_Index]) -> None:
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        there = connection.introspection.get_constraints(cursor, model._meta.db_table)
    _execute(*(str(each.create_sql(model, connection.schema_editor())) for each in wanted if each.name not in there))


def _execute(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)

"""The indexes of tables of verdicts in which there is nothing yet: in PostgreSQL made after the first rows, by sorting them once.

Of five million rows that takes less than half of the time in which indexes are kept up row by row. They are taken away in a transaction of
its own: doing so keeps readers out, which may last a moment and not as long as rows are stored. So a run that breaks off may leave empty tables
without indexes, and the next one makes them. What keeps rows from contradicting each other is there whenever there are rows: it is made in
the transaction that stores them. What only finds them fast is made when they are current; so is the key, since ids come from a sequence: its
index like the others, which then becomes the table's key in a moment of its own.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import DatabaseError, connection, models, transaction

from bangfu.assessment.models import VERDICTS, Change
from bangfu.assessment.services.locking import alone

# Who reads meanwhile waits behind us; where we would wait longer for others, rows are stored beside their indexes as ever.
PATIENCE = "2s"
EMPTY = "whether anything was ever stored tells nobody of any household"
# What the first run fills by the million.
FILLED: Sequence[type[models.Model]] = (Change, *VERDICTS.values())
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
            empty = [model for model in FILLED if not model._default_manager.unscoped(EMPTY).exists()]  # type: ignore[attr-defined]
            there = [each.name for model in empty for each in (*model._meta.constraints, *model._meta.indexes)]
            if there:
                _execute(
                    f"SET LOCAL lock_timeout = '{PATIENCE}'",
                    *(f"ALTER TABLE {_table(model)} DROP CONSTRAINT IF EXISTS {key_of(model)}" for model in empty),
                    # The key's own, too, where it is none yet.
                    f"DROP INDEX IF EXISTS {', '.join([*there, *map(key_of, empty)])}",
                )
    except DatabaseError:
        _logger.info("verdicts are stored with the indexes in place", exc_info=True)


def make_missing_constraints() -> None:
    """Within the transaction that stores verdicts."""
    if connection.vendor != "postgresql":
        return
    for model in FILLED:
        _make_missing(model, _statements(model, model._meta.constraints))


def make_missing_indexes() -> None:
    """After it. Corrections stand aside for as long."""
    if connection.vendor != "postgresql":
        return
    with transaction.atomic():
        alone()
        for model in FILLED:
            key = f"CREATE UNIQUE INDEX {key_of(model)} ON {_table(model)} (id)"
            _make_missing(model, {key_of(model): key, **_statements(model, model._meta.indexes)})
    for model in FILLED:
        if not _there(model)[key_of(model)]["primary_key"]:
            _make_key(model)


def key_of(model: type[models.Model]) -> str:
    """What PostgreSQL calls a table's key, and its index."""
    return f"{_table(model)}_pkey"


def _make_key(model: type[models.Model]) -> None:
    """The rows are unique already. Where somebody reads for long it is left to the next run."""
    key = key_of(model)
    try:
        with transaction.atomic():
            _execute(
                f"SET LOCAL lock_timeout = '{PATIENCE}'",
                f"ALTER TABLE {_table(model)} ADD CONSTRAINT {key} PRIMARY KEY USING INDEX {key}",
            )
    except DatabaseError:
        _logger.info("%s stays an index", key, exc_info=True)


def _statements(model: type[models.Model], wanted: Iterable[_Index]) -> dict[str, str]:
    return {each.name: str(each.create_sql(model, connection.schema_editor())) for each in wanted}


def _make_missing(model: type[models.Model], statements: Mapping[str, str]) -> None:
    there = _there(model)
    _execute(*(statement for name, statement in statements.items() if name not in there))


def _there(model: type[models.Model]) -> Mapping[str, Mapping[str, Any]]:
    with connection.cursor() as cursor:
        return dict(connection.introspection.get_constraints(cursor, _table(model)))


def _table(model: type[models.Model]) -> str:
    return str(model._meta.db_table)


def _execute(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)

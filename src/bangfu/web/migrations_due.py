"""Whether the database is as new as the program."""

from functools import cache

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder


def migrations_due() -> list[str]:
    """The names of what has not been applied. One query."""
    return sorted(".".join(key) for key in _shipped() - set(MigrationRecorder(connection).applied_migrations()))


@cache
def _shipped() -> frozenset[tuple[str, str]]:
    """They do not change while the program runs."""
    return frozenset(MigrationLoader(None).disk_migrations)

"""SQLite has one writer: whoever meets a long write is told so within seconds, and does not hang."""

from typing import Any

from django.db import OperationalError

WAIT_MS = 3_000
AGAIN_S = 10


def wait_little(connection: Any, **_: object) -> None:
    """Let a page's connection wait for another's write for some seconds; commands and jobs wait longer. For `connection_created`."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA busy_timeout = {WAIT_MS}")


def is_busy(problem: Exception) -> bool:
    """Whether a write failed for another that is under way, and for nothing else. PostgreSQL's writers do not exclude each other."""
    return isinstance(problem, OperationalError) and "database is locked" in str(problem)

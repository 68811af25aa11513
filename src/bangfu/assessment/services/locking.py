"""Who writes verdicts: a run alone, or corrections beside each other.

By a lock of PostgreSQL's until the end of the transaction. SQLite's transactions exclude each other.
"""

from django.db import connection

VERDICTS_LOCK = 20114_62026


def alone() -> None:
    """Wait until nobody else writes verdicts, and let nobody begin to."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [VERDICTS_LOCK])


def together() -> bool:
    """Whether nobody writes them alone now; then nobody begins to."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock_shared(%s)", [VERDICTS_LOCK])
        return bool(cursor.fetchone()[0])

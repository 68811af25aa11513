"""The tree of places, locked: whoever abolishes a place and whoever lets something lie in one wait for each other.

By a lock of PostgreSQL's until the end of the transaction. SQLite's transactions exclude each other. Whoever changes the tree waits for nothing
else, so that the lock can be kept at any time, whatever is locked already.
"""

from django.db import connection

TREE_LOCK = 20114_62022


def change_tree() -> None:
    """Wait until nobody else changes it or relies on it, and let nobody begin to: a move of a place reads all of it."""
    _lock("pg_advisory_xact_lock")


def keep_tree() -> None:
    """Let it stay as it is. What is asked of places before this may have changed meanwhile."""
    _lock("pg_advisory_xact_lock_shared")


def _lock(how: str) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {how}(%s)", [TREE_LOCK])

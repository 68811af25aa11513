"""Rows by the hundred thousand: PostgreSQL's COPY, SQLite's prepared statement; and read as of one moment."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar

import duckdb
from django.db import connection

ROWS = 5_000
T = TypeVar("T")


def insert_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows whose values are such as both databases take (days as ISO text). In the caller's transaction."""
    named = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({named}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            statement = f"INSERT INTO {table} ({named}) VALUES ({', '.join(['%s'] * len(columns))})"
            listed = iter(rows)
            # Some at a time: Django keeps what it was given until all are in.
            while some := list(islice(listed, ROWS)):
                cursor.executemany(statement, some)


def rows_from(con: duckdb.DuckDBPyConnection, sql: str) -> Iterator[Sequence[Any]]:
    """The rows of a query, some at a time. Nothing else may be asked of the connection meanwhile."""
    result = con.execute(sql)
    while some := result.fetchmany(ROWS):
        yield from some


def chunked(listed: Sequence[T], size: int = 500) -> Iterator[Sequence[T]]:
    """Some at a time: a database takes so many values in a query, and no more."""
    return (listed[start : start + size] for start in range(0, len(listed), size))


@contextmanager
def one_moment() -> Iterator[None]:
    """Read everything as of one moment; nobody waits for it. Within a transaction that is that transaction's own."""
    if connection.in_atomic_block:
        yield
        return
    begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" if connection.vendor == "postgresql" else "BEGIN DEFERRED"
    with connection.cursor() as cursor:
        cursor.execute(begin)
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")

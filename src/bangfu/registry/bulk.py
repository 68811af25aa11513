"""Rows by the hundred thousand, in the caller's transaction: PostgreSQL's COPY, SQLite's prepared statement; and read as of one moment."""

import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from django.db import connection

if TYPE_CHECKING:
    # Every command of an installation loads this room, and few hand it a DuckDB.
    import duckdb

ROWS = 5_000
PIECE = 1 << 20
T = TypeVar("T")


def insert_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows whose values are such as both databases take (days as ISO text)."""
    named = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # The driver's errors as Django's, as those of every other statement.
            with connection.wrap_database_errors, cursor.copy(f"COPY {table} ({named}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            _many(f"INSERT INTO {table} ({named}) VALUES ({', '.join(['%s'] * len(columns))})", rows)


def rows_from(con: "duckdb.DuckDBPyConnection", sql: str) -> Iterator[Sequence[Any]]:
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


def insert_query(con: "duckdb.DuckDBPyConnection", table: str, columns: Sequence[str], sql: str) -> None:
    """Insert the rows of a query of DuckDB: in PostgreSQL without one of them becoming an object of Python."""
    if connection.vendor != "postgresql":
        insert_rows(table, columns, rows_from(con, sql))
        return
    named = ", ".join(f'"{column}"' for column in columns)
    taking = f"COPY {table} ({named}) FROM STDIN (FORMAT csv)"
    with connection.cursor() as cursor, cursor.copy(taking) as copy, _written(con, sql) as written:
        while piece := written.read(PIECE):
            copy.write(piece)


@contextmanager
def _written(con: "duckdb.DuckDBPyConnection", sql: str) -> Iterator[BinaryIO]:
    """The rows of a query as CSV, to be read while DuckDB writes them. Raises on leaving what kept it from writing them all."""
    taken, given = os.pipe()
    problems: list[Exception] = []

    def write() -> None:
        try:
            con.execute(f"COPY ({sql}) TO '/dev/fd/{given}' (FORMAT csv, HEADER false, NULLSTR '', USE_TMP_FILE false)")
        except Exception as problem:  # noqa: BLE001  # whatever it is, what was written is not all
            problems.append(problem)
        finally:
            os.close(given)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        with os.fdopen(taken, "rb") as file:
            yield file
    finally:
        writer.join()
    if problems:
        raise problems[0]


def update_query(con: "duckdb.DuckDBPyConnection", table: str, columns: Sequence[str], sql: str) -> None:
    """Give values to rows: the query says the first of the columns, by which a row is known, and what the others are to be."""
    key, *others = columns
    if connection.vendor != "postgresql":
        given = ", ".join(f'"{column}" = %s' for column in others)
        _many(
            f'UPDATE {table} SET {given} WHERE "{key}" = %s', ((*values, row) for row, *values in rows_from(con, sql))
        )
        return
    with _listed(con, table, columns, sql) as cursor:
        given = ", ".join(f'"{column}" = l."{column}"' for column in others)
        cursor.execute(f'UPDATE {table} SET {given} FROM listed l WHERE {table}."{key}" = l."{key}"')


def delete_query(con: "duckdb.DuckDBPyConnection", table: str, sql: str) -> None:
    """Delete rows: the query says their ids."""
    if connection.vendor != "postgresql":
        _many(f"DELETE FROM {table} WHERE id = %s", rows_from(con, sql))
        return
    with _listed(con, table, ("id",), sql) as cursor:
        cursor.execute(f"DELETE FROM {table} USING listed l WHERE {table}.id = l.id")


@contextmanager
def _listed(con: "duckdb.DuckDBPyConnection", table: str, columns: Sequence[str], sql: str) -> Iterator[Any]:
    """A cursor for which the rows of a query stand in a table `listed` of PostgreSQL's, with these columns of another."""
    named = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE listed ON COMMIT DROP AS SELECT {named} FROM {table} WITH NO DATA")
        insert_query(con, "listed", columns, sql)
        cursor.execute("ANALYZE listed")
        yield cursor
        cursor.execute("DROP TABLE listed")


def _many(statement: str, rows: Iterable[Sequence[Any]]) -> None:
    # Some at a time: Django keeps what it was given until all are in.
    listed = iter(rows)
    with connection.cursor() as cursor:
        while some := list(islice(listed, ROWS)):
            cursor.executemany(statement, some)

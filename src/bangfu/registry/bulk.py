"""Rows by the hundred thousand, in the caller's transaction: PostgreSQL's COPY, SQLite's prepared statement; and read as of one moment."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import duckdb
from django.db import connection

from bangfu.engine.register.staging import literal

ROWS = 5_000
PIECE = 1 << 20
T = TypeVar("T")


def insert_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows whose values are such as both databases take (days as ISO text)."""
    named = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({named}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            _many(f"INSERT INTO {table} ({named}) VALUES ({', '.join(['%s'] * len(columns))})", rows)


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


def insert_query(con: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str], sql: str) -> None:
    """Insert the rows of a query of DuckDB: in PostgreSQL without one of them becoming an object of Python."""
    if connection.vendor != "postgresql":
        insert_rows(table, columns, rows_from(con, sql))
        return
    named = ", ".join(f'"{column}"' for column in columns)
    with TemporaryDirectory(prefix="bangfu-") as folder, connection.cursor() as cursor:
        file = Path(folder) / "rows.csv"
        con.execute(f"COPY ({sql}) TO {literal(str(file))} (FORMAT csv, HEADER false, NULLSTR '')")
        with file.open("rb") as written, cursor.copy(f"COPY {table} ({named}) FROM STDIN (FORMAT csv)") as copy:
            while piece := written.read(PIECE):
                copy.write(piece)


def update_query(con: duckdb.DuckDBPyConnection, table: str, column: str, sql: str) -> None:
    """Give a whole number to rows: the query says id and value."""
    if connection.vendor != "postgresql":
        _many(f'UPDATE {table} SET "{column}" = %s WHERE id = %s', ((value, row) for row, value in rows_from(con, sql)))
        return
    with _listed(con, sql, ("id", "value")) as cursor:
        cursor.execute(f'UPDATE {table} SET "{column}" = l.value FROM listed l WHERE {table}.id = l.id')


def delete_query(con: duckdb.DuckDBPyConnection, table: str, sql: str) -> None:
    """Delete rows: the query says their ids."""
    if connection.vendor != "postgresql":
        _many(f"DELETE FROM {table} WHERE id = %s", rows_from(con, sql))
        return
    with _listed(con, sql, ("id",)) as cursor:
        cursor.execute(f"DELETE FROM {table} USING listed l WHERE {table}.id = l.id")


@contextmanager
def _listed(con: duckdb.DuckDBPyConnection, sql: str, columns: Sequence[str]) -> Iterator[Any]:
    """A cursor for which the rows of a query stand in a table `listed` of PostgreSQL's."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE listed ({', '.join(f'{each} bigint' for each in columns)}) ON COMMIT DROP")
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

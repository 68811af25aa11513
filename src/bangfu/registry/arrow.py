"""The database read as Arrow, past the ORM: whole tables in columns, all of them as of one moment.

PostgreSQL is read through ADBC. SQLite is read through Python's own module, by columns too: ADBC's driver brings another copy of SQLite, and
two copies in one process do not see each other's locks. The one that closes first takes the log away from under the other, whose next
commits are lost (a test lost them so).
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from queue import Empty, SimpleQueue
from typing import Any
from uuid import UUID

import duckdb
import pyarrow as pa
from django.db import connection

from bangfu.engine.register.staging import quoted

# What Django adds to the parameters of a connection, and libpq does not know.
_OURS = ("client_encoding", "context", "cursor_factory", "prepare_threshold")
_DUCK = {"BIGINT": "BIGINT", "BOOLEAN": "BOOLEAN", "DAY": "INTEGER", "UUID": "UUID", "VARCHAR": "VARCHAR"}
_TEXT = pa.string()
_ARROW = {"BIGINT": pa.int64(), "BOOLEAN": pa.int64(), "DAY": _TEXT, "UUID": _TEXT, "VARCHAR": _TEXT}
_ROWS = 20_000
# What becomes a number as in kernel.days: of Arrow's dates, and of text.
_DAY = {True: "year({0}) * 10000 + month({0}) * 100 + day({0})", False: "replace({0}, '-', '')"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A table to be made of a query's rows: its columns by kind, which is BIGINT, BOOLEAN, UUID, VARCHAR, or DAY for a date."""

    table: str
    kinds: Mapping[str, str]
    sql: str


@dataclass(frozen=True, slots=True)
class Reader:
    """A connection, and whether what it returns is Arrow's already. One of its own sees what is committed when it reads first, and nothing later."""

    connection: Any
    arrow: bool

    def fill_all(self, con: duckdb.DuckDBPyConnection, asked: Sequence[Asked]) -> None:
        """Make tables as `fill` makes one, all as of the same moment; from PostgreSQL by two connections side by side. Best with the longest first."""
        if not self.arrow:
            for each in asked:
                self.fill(con, each.table, each.kinds, each.sql)
            return
        waiting = SimpleQueue[Asked]()
        for each in asked:
            waiting.put(each)
        with self._beside() as other, ThreadPoolExecutor(2) as both:
            for done in [both.submit(reader._fill_from, con, waiting) for reader in (self, other)]:
                done.result()

    def _fill_from(self, con: duckdb.DuckDBPyConnection, waiting: "SimpleQueue[Asked]") -> None:
        with closing(con.cursor()) as own, suppress(Empty):
            while True:
                each = waiting.get_nowait()
                self.fill(own, each.table, each.kinds, each.sql)

    @contextmanager
    def _beside(self) -> "Iterator[Reader]":
        """Another connection that sees what this one sees."""
        with closing(self.connection.cursor()) as cursor:
            cursor.execute("SELECT pg_export_snapshot()")
            (snapshot,) = cursor.fetchone()
        with _opened(snapshot) as other:
            yield Reader(other, arrow=True)

    def fill(
        self, con: duckdb.DuckDBPyConnection, table: str, kinds: Mapping[str, str], sql: str, *, kept: str = "*"
    ) -> None:
        """Make a table of a query's rows, with these columns, or with what DuckDB keeps (`kept`) of them as they pass; kinds are those of `Asked`."""
        with closing(self.connection.cursor()) as cursor:
            cursor.execute(sql)
            rows = cursor.fetch_record_batch() if self.arrow else _in_columns(cursor, kinds)
            con.register("arrow_rows", rows)
            try:
                shown = ", ".join(self._shown(name, kind) for name, kind in kinds.items())
                con.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT {kept} FROM (SELECT {shown} FROM arrow_rows)")
            finally:
                con.unregister("arrow_rows")

    def _shown(self, name: str, kind: str) -> str:
        held = quoted(name)
        asked = _DAY[self.arrow].format(held) if kind == "DAY" else held
        return f"({asked})::{_DUCK[kind]} AS {held}"


@contextmanager
def reading() -> Iterator[Reader]:
    """Read the database that Django has; what is not committed is not there."""
    if connection.vendor == "postgresql":
        with _opened() as opened:
            yield Reader(opened, arrow=True)
        return
    name = str(connection.settings_dict["NAME"])
    # DuckDB takes the rows in a thread of its own, one at a time.
    with closing(sqlite3.connect(name, isolation_level=None, check_same_thread=False)) as file:
        file.execute("BEGIN")
        yield Reader(file, arrow=False)


@contextmanager
def _opened(snapshot: str = "") -> Iterator[Any]:
    # To import them takes a tenth of the start of any command, and on SQLite nobody asks them.
    from adbc_driver_postgresql import dbapi  # noqa: PLC0415
    from psycopg.conninfo import make_conninfo  # noqa: PLC0415

    given = {name: value for name, value in connection.get_connection_params().items() if name not in _OURS}
    with dbapi.connect(make_conninfo(**given)) as opened:
        with opened.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            if snapshot:
                cursor.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
        yield opened
        opened.rollback()


@contextmanager
def reading_here() -> Iterator[Reader]:
    """Read through Django's own connection, within the transaction under way: for some rows, and not for whole tables."""
    yield Reader(_Here(), arrow=False)


class _Here:
    """Django's connection, whose cursor gives rows as SQLite keeps them."""

    def cursor(self) -> "_HereCursor":
        return _HereCursor(connection.cursor())


class _HereCursor:
    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def execute(self, sql: str) -> None:
        self._cursor.execute(sql)

    def fetchmany(self, size: int) -> list[tuple[Any, ...]]:
        return [tuple(map(_plain, row)) for row in self._cursor.fetchmany(size)]

    def close(self) -> None:
        self._cursor.close()


def _plain(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, UUID):
        return value.hex
    return value.isoformat() if isinstance(value, date) else value


def _in_columns(cursor: Any, kinds: Mapping[str, str]) -> pa.RecordBatchReader:
    """A query's rows, some at a time."""
    types = pa.schema([pa.field(name, _ARROW[kind]) for name, kind in kinds.items()])

    def batches() -> Iterator[pa.RecordBatch]:
        while rows := cursor.fetchmany(_ROWS):
            columns = zip(zip(*rows, strict=True), types.types, strict=True)
            yield pa.record_batch([pa.array(column, kind) for column, kind in columns], schema=types)

    return pa.RecordBatchReader.from_batches(types, batches())

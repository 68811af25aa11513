"""Rows that many tests begin with: made once by the services in each process, and from then on laid down as they were.

What a test begins with is the same rows either way; making them takes from a third of a second to several, and laying them down some hundredths.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction

T = TypeVar("T")
# The settings that name where files lie to which rows point.
FOLDERS = ("FILES_FOLDER", "RUNS_FOLDER")


@dataclass(frozen=True, slots=True)
class Kept:
    """What was made: the object that stands for it, the rows by table, in the database's own words, and files by folder and path."""

    made: Any
    rows: Mapping[str, bytes]
    files: Mapping[tuple[str, Path], bytes]

    def fits(self) -> bool:
        """Whether its tables are empty again."""
        return not any(_filled(self.rows).values())

    def lay_down(self) -> None:
        """Put everything there, rows under the ids that they had; what is added later gets ids above them."""
        with transaction.atomic(), connection.cursor() as cursor, _unquestioned():
            for table, rows in self.rows.items():
                if connection.vendor == "postgresql":
                    with cursor.copy(f"COPY {table} FROM STDIN (FORMAT binary)") as copy:
                        copy.write(rows)
                else:
                    cursor.execute(f"INSERT INTO {table} VALUES {rows.decode()}")
            if connection.vendor == "postgresql":
                for table in filter(_is_numbered, self.rows):
                    last = f"greatest((SELECT max(id) FROM {table}), nextval(s))"
                    cursor.execute(f"SELECT setval(s, {last}) FROM pg_get_serial_sequence('{table}', 'id') s")
        for (folder, path), body in self.files.items():
            file = Path(getattr(settings, folder)) / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(body)


_kept: dict[str, Kept] = {}


def kept(name: str, make: Callable[[], T]) -> T:
    """What `make` makes of a database that is empty but for what its migrations put there; made once in this process, then laid down.

    It is sealed with the one ring that tests share. What holds for a short time only (a session) is no part of it.
    """
    if name in _kept and _kept[name].fits():
        _kept[name].lay_down()
        return deepcopy(_kept[name].made)
    before, there = _empty_tables(), _files().keys()
    made = make()
    if name not in _kept:
        files = {place: body for place, body in _files().items() if place not in there}
        _kept[name] = Kept(deepcopy(made), _rows_since(before), files)
    return made


@contextmanager
def _unquestioned() -> Iterator[None]:
    """Rows are laid down in the order in which they lay, which on PostgreSQL need not be the one in which they were made: a row put where another
    was comes before one that it corrects. What they were asked when they were made they need not be asked again.
    """
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        cursor.execute("SET LOCAL session_replication_role = origin")


def _empty_tables() -> set[str]:
    tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True) if model._meta.managed}
    return {table for table, filled in _filled(sorted(tables)).items() if not filled}


def _rows_since(empty_before: Iterable[str]) -> dict[str, bytes]:
    """What has been put since into tables that were empty."""
    filled = _filled(sorted(empty_before))
    return {table: _rows(table) for table in _in_order(table for table, is_filled in filled.items() if is_filled)}


def _files() -> dict[tuple[str, Path], bytes]:
    folders = {name: Path(getattr(settings, name)) for name in FOLDERS}
    return {
        (name, path.relative_to(folder)): path.read_bytes()
        for name, folder in folders.items()
        for path in folder.rglob("*")
        if path.is_file()
    }


def _filled(tables: Iterable[str]) -> dict[str, bool]:
    listed = list(tables)
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f"EXISTS (SELECT 1 FROM {table})" for table in listed))
        return dict(zip(listed, map(bool, cursor.fetchone()), strict=True))


def _rows(table: str) -> bytes:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} TO STDOUT (FORMAT binary)") as copy:
                return b"".join(map(bytes, copy))
        cursor.execute(f"SELECT name FROM pragma_table_info('{table}') ORDER BY cid")
        literals = " || ', ' || ".join(f'quote("{name}")' for (name,) in cursor.fetchall())
        cursor.execute(f"SELECT '(' || {literals} || ')' FROM {table}")
        return ", ".join(row for (row,) in cursor.fetchall()).encode()


def _in_order(tables: Iterable[str]) -> list[str]:
    """Each after those that its rows point to: not every key waits for the end of the transaction."""
    wanted = set(tables)
    order: dict[str, None] = {}

    def put(model: Any) -> None:
        table = model._meta.db_table
        if table in order or table not in wanted:
            return
        wanted.discard(table)
        for field in model._meta.concrete_fields:
            if field.remote_field is not None:
                put(field.related_model)
        order[table] = None

    for model in apps.get_models(include_auto_created=True):
        put(model)
    return list(order)


def _is_numbered(table: str) -> bool:
    model = next(each for each in apps.get_models(include_auto_created=True) if each._meta.db_table == table)
    return model._meta.pk.get_internal_type() in ("AutoField", "BigAutoField")

"""Rows that many tests begin with: made once by the services in each process, and from then on laid down as they were.

What a test begins with is the same rows either way; to make them takes a third of a second each time, and laying them down a hundredth.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connection

PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Kept:
    """The rows of tables that were empty before, by table, in the database's own words."""

    rows: dict[str, bytes]

    def fits(self) -> bool:
        """Whether these tables are empty again."""
        return not any(_filled(self.rows).values())

    def lay_down(self) -> None:
        """Put the rows there, under the ids that they had; what is added later gets ids above them."""
        with connection.cursor() as cursor:
            for table, rows in self.rows.items():
                if connection.vendor == "postgresql":
                    with cursor.copy(f"COPY {table} FROM STDIN (FORMAT binary)") as copy:
                        copy.write(rows)
                    cursor.execute(
                        f"SELECT setval(s, greatest((SELECT max(id) FROM {table}), nextval(s)))"
                        f" FROM pg_get_serial_sequence('{table}', 'id') s"
                        if _is_numbered(table)
                        else "SELECT 1"
                    )
                else:
                    cursor.execute(f"INSERT INTO {table} VALUES {rows.decode()}")


def empty_tables() -> set[str]:
    tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True) if model._meta.managed}
    return {table for table, filled in _filled(sorted(tables)).items() if not filled}


def keep(empty_before: Iterable[str]) -> Kept:
    """What has been put since into tables that were empty."""
    filled = _filled(sorted(empty_before))
    return Kept({table: _rows(table) for table in _in_order(table for table, is_filled in filled.items() if is_filled)})


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

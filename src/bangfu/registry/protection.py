"""What the database itself refuses of the register's rows, whoever asks: triggers made of the models, on both databases.

A row stays as it was written, but for what KEPT lets change, and is never deleted. One way leads around it: an erasure. In the very change
that empties what it erases, a row names it, and it is a row with its entry in the record itself.

No migration names a trigger: they are lifted before one touches the room's tables, and whatever the models then ask for is made after it
(apps.py). So a new group of facts is protected at once, and SQLite, which makes a table anew to change it, loses nothing. A trigger's name
ends in the digest of what it does: what is there is compared with what should be by name.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from bangfu.registry.facts import ERASED, groups, things

MESSAGE = "the register is only ever added to"
ANOTHERS = "a correction is of the same thing"
# How a column may change that may: `derived`: made anew from others; `once`: from nothing to something; `taken_back`: and to nothing again.
How = Literal["derived", "once", "taken_back"]
_FLAGS: Mapping[str, How] = {"stands": "derived", "is_current": "derived"}
# By model, what may change. A model that is not here may change as it likes (a test names those).
KEPT: Mapping[str, Mapping[str, How]] = {
    "act": {},
    "erasure": {},
    "household": {"place_id": "derived"},
    "person": {"household_id": "derived"},
    "receipt": {"stands": "derived"},
    "ledgerline": {"stands": "derived"},
    "payment": {"undone_id": "once"},
    "paymentlist": {},
    "paymentaside": {},
    "settlement": {"reopened_id": "once"},
    "statement": {},
    "stated": {},
    "assignment": {"held_until": "taken_back", "ended_by_id": "taken_back", "undone_id": "taken_back"},
    "evidence": {"stands": "derived"},
    "evidencefile": {},
    "evidencecheck": {"stands": "derived"},
    **{name: {} for name, thing in things().items() if thing.several},
    **{f"{name.replace('_', '')}version": _FLAGS for name in groups()},
}
# By model, what an erasure empties, and the word that then stands there (None: nothing at all).
ERASABLE: Mapping[str, Mapping[str, str | None]] = {
    "act": {"source": ""},
    "ledgerline": {"note": ""},
    "stated": {"values": None, "number_index": ""},
    "paymentaside": {"reason": ERASED},
    "evidence": {"title": ""},
    "evidencefile": {"file": ""},
    "evidencecheck": {"why": ERASED},
    **{
        f"{name.replace('_', '')}version": {
            f"{field.name}_id" if field.type == "number" else field.name: ERASED if field.required else None
            for field in group.fields.values()
            if field.erased
        }
        for name, group in groups().items()
    },
}


@dataclass(frozen=True, slots=True)
class Room:
    """Of an app, by model, what may change, and what an erasure empties."""

    label: str
    kept: Mapping[str, Mapping[str, How]]
    erasable: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)


REGISTRY = Room("registry", KEPT, ERASABLE)
# PostgreSQL's triggers call a function.
_FUNCTIONS = (
    f"""
    CREATE OR REPLACE FUNCTION registry_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'restrict_violation'; END $$
    """,
    f"""
    CREATE OR REPLACE FUNCTION registry_corrects() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE fits boolean;
    BEGIN
        EXECUTE format('SELECT EXISTS (SELECT FROM %I o WHERE o.id = $1.corrects_id AND o.%I = $1.%I)', TG_TABLE_NAME, TG_ARGV[0], TG_ARGV[0])
        INTO fits USING NEW;
        IF NOT fits THEN RAISE EXCEPTION '{ANOTHERS}' USING ERRCODE = 'restrict_violation'; END IF;
        RETURN NEW;
    END $$
    """,
)


def protect(connection: BaseDatabaseWrapper, apps: Any, room: Room = REGISTRY) -> None:
    """Let the triggers of a room be those that these models ask for."""
    wanted = dict(_triggers(connection.vendor, apps, room))
    there = installed(connection, room)
    if wanted.keys() == there.keys():
        return
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for function in _FUNCTIONS:
                cursor.execute(function)
        for name in there.keys() - wanted.keys():
            cursor.execute(drop(connection.vendor, name, there[name]))
        for name in wanted.keys() - there.keys():
            cursor.execute(wanted[name])


def lift(connection: BaseDatabaseWrapper, room: Room = REGISTRY) -> None:
    """Take all of a room's away, so that tables may be changed."""
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        for name, table in installed(connection, room).items():
            cursor.execute(drop(connection.vendor, name, table))


def wanted_of(connection: BaseDatabaseWrapper, apps: Any, room: Room = REGISTRY) -> set[str]:
    """The names of the triggers that these models ask for."""
    return {name for name, _ in _triggers(connection.vendor, apps, room)}


def installed(connection: BaseDatabaseWrapper, room: Room = REGISTRY) -> dict[str, str]:
    """The triggers that are there, each with its table."""
    asked = {
        "postgresql": "SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal AND tgname LIKE %s",
        "sqlite": "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE %s",
    }
    with connection.cursor() as cursor:
        cursor.execute(asked[connection.vendor], [f"{room.label}_%_kept_%"])
        return dict(cursor.fetchall())


def _triggers(vendor: str, apps: Any, room: Room) -> Iterator[tuple[str, str]]:
    """Name and statement of each."""
    for model in apps.get_app_config(room.label).get_models():
        kept = room.kept.get(model._meta.model_name)
        if kept is None:
            continue
        table = model._meta.db_table
        columns = sorted(field.column for field in model._meta.concrete_fields)
        erasable = {column: blank for column, blank in _erasable(model, room).items() if "erased_id" in columns}
        condition = " OR ".join(_refused(vendor, columns, kept, erasable))
        refuse = (
            "EXECUTE FUNCTION registry_refuse()"
            if vendor == "postgresql"
            else f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
        )
        yield _named(table, "update", f"BEFORE UPDATE ON {table} FOR EACH ROW WHEN ({condition}) {refuse}")
        yield _named(table, "delete", f"BEFORE DELETE ON {table} FOR EACH ROW {refuse}")
        if vendor == "postgresql":
            yield _named(table, "truncate", f"BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {refuse}")
        if "corrects_id" in columns:
            whose = "thing_id" if "thing_id" in columns else "household_id"
            yield _named(table, "insert", f"BEFORE INSERT ON {table} FOR EACH ROW {_corrects(vendor, table, whose)}")


def _erasable(model: Any, room: Room) -> Mapping[str, str | None]:
    """Of a model as it was at some migration: those of its columns that are there."""
    there = {field.column for field in model._meta.concrete_fields}
    said = room.erasable.get(model._meta.model_name, {})
    return {column: blank for column, blank in said.items() if column in there}


def _refused(
    vendor: str, columns: list[str], kept: Mapping[str, How], erasable: Mapping[str, str | None]
) -> Iterator[str]:
    """Each way in which a change of a row is none that may be."""
    other = "IS DISTINCT FROM" if vendor == "postgresql" else "IS NOT"
    changed = {column: f'OLD."{column}" {other} NEW."{column}"' for column in columns}
    for column in columns:
        match kept.get(column):
            case "derived":
                continue
            case "once":
                yield f'(OLD."{column}" IS NOT NULL AND {changed[column]})'
            case "taken_back":
                yield f'(OLD."{column}" <> NEW."{column}")'
            case None if not (column in erasable or (erasable and column == "erased_id")):
                yield changed[column]
    if erasable:
        emptied = [
            f'NEW."{column}" IS NULL' if blank is None else f"""NEW."{column}" = '{blank}'"""
            for column, blank in erasable.items()
        ]
        any_changed = " OR ".join(changed[column] for column in (*erasable, "erased_id"))
        all_emptied = " AND ".join(['OLD."erased_id" IS NULL', 'NEW."erased_id" IS NOT NULL', *emptied])
        yield f"(({any_changed}) AND NOT ({all_emptied}))"


def _corrects(vendor: str, table: str, whose: str) -> str:
    """That a row which corrects another is of the same thing."""
    when = 'WHEN (NEW."corrects_id" IS NOT NULL)'
    if vendor == "postgresql":
        return f"{when} EXECUTE FUNCTION registry_corrects('{whose}')"
    fits = f'SELECT 1 FROM {table} o WHERE o."id" = NEW."corrects_id" AND o."{whose}" = NEW."{whose}"'
    return f"{when} BEGIN SELECT RAISE(ABORT, '{ANOTHERS}') WHERE NOT EXISTS ({fits}); END"


def _named(table: str, verb: str, said: str) -> tuple[str, str]:
    name = f"{table}_kept_{verb}_{hashlib.sha256(said.encode()).hexdigest()[:8]}"
    return name, f"CREATE TRIGGER {name} {said}"


def drop(vendor: str, name: str, table: str) -> str:
    return f"DROP TRIGGER {name}" + (f" ON {table}" if vendor == "postgresql" else "")

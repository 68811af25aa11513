"""The tables are those that the models, and the list of facts, ask for; and a database in use becomes the newest without losing a row."""

import hashlib
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import connection, connections, router, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Q

from bangfu.config.squashed import Key, in_todays_names
from bangfu.kernel.errors import DomainError
from bangfu.registry import protection
from tests.cli.installations import new_database

# What installations may have: a state of each room. A new row when a migration leaves the house.
RELEASED = {
    "the first": (
        ("access", "0001_access"),
        ("assessment", "0001_initial"),
        ("audit", "0001_initial"),
        ("casework", "0001_initial"),
        ("documents", "0001_papers"),
        ("exports", "0001_initial"),
        ("intake", "0001_initial"),
        ("places", "0001_places"),
        ("policies", "0001_initial"),
        ("privacy", "0001_sealed_numbers"),
        ("registry", "0001_initial"),
        ("reports", "0001_filters"),
    )
}
# There is none after the first yet: one made up stands for the next.
FOLLOWING = {"registry": "tests.config.migrations"}
SAMPLES: dict[str, Any] = {
    "BigAutoField": 1,
    "BigIntegerField": 1,
    "IntegerField": 1,
    "SmallIntegerField": 1,
    "PositiveIntegerField": 1,
    "UUIDField": UUID(int=1),
    "CharField": "甲",
    "TextField": "甲",
    "DateField": date(2017, 1, 1),
    "DateTimeField": datetime(2017, 1, 1, tzinfo=UTC),
    "BooleanField": False,
    "JSONField": {"原因": "甲"},
}
# Where one column says what another may be.
SPECIAL: dict[str, dict[str, Any]] = {
    "registry.Act": {"undoes": None},
    "access.Post": {"closed_on": None},
    "access.PostArea": {"unit": None},
    "places.PlaceVersion": {"above": None},
    "registry.PaymentList": {"lines": 3, "total": 3},
    "registry.Evidence": {"person": None},
    "policies.Proposal": dict.fromkeys(
        ("decided_by", "decided_at", "signed", "number", "seen", "refused_because"), None
    ),
    "exports.Export": {"decided_by": None},
    "casework.Task": {"unsettled": True, "stands": True},
    "casework.TaskStep": {"paper": None, "act": None},
    "casework.Submission": {"decided_by": None, "decided_at": None, "decision": None},
    "casework.Rectification": {"baseline": date(2016, 12, 31)},
}
SPANS_END = date(2017, 2, 1)
# A link of its own leads nowhere yet; everything else leads to the one row of its table.
LINKS = {"ForeignKey", "OneToOneField"}
KILLED_AT = 4


class _ToOld:
    """Whatever asks for rows gets the other database's."""

    def db_for_read(self, model: Any, **_: Any) -> str:
        return "old"

    db_for_write = db_for_read


@contextmanager
def another_database(folder: Path) -> Iterator[Any]:
    """An empty one, on the same kind of server as the tests' own."""
    named: dict[str, Any] = {"NAME": str(folder / "old.sqlite3")}
    if connection.vendor == "postgresql":
        named = {"NAME": urlsplit(new_database(None)).path.lstrip("/")}
    connections.databases["old"] = {**connections.databases["default"], **named}
    # A migration of somebody else's may ask for the default without saying so.
    before, router.routers = router.routers, [_ToOld()]
    try:
        yield connections["old"]
    finally:
        router.routers = before
        connections["old"].close()
        del connections["old"]
        del connections.databases["old"]


def migrated_to(old: Any, targets: Any) -> Any:
    """The models of a state that the database was brought to."""
    executor = MigrationExecutor(old)
    executor.migrate(list(targets))
    return executor.loader.project_state(list(targets)).apps


def sample(model: Any) -> Any:
    """A row that says something in every column, and breaks no constraint."""
    values = {field.attname: _value(model, field) for field in model._meta.concrete_fields}
    for constraint in model._meta.constraints:
        values |= _fitting(getattr(constraint, "condition", None))
    special = SPECIAL.get(model._meta.label, {})
    return model(
        **{name: value for name, value in values.items() if name.removesuffix("_id") not in special}, **special
    )


def _value(model: Any, field: Any) -> Any:
    if field.name == "held_until":
        return SPANS_END
    if field.get_internal_type() not in LINKS:
        return SAMPLES[field.get_internal_type()]
    target = field.target_field
    if field.related_model is model and not field.primary_key:
        return None
    return SAMPLES["BigAutoField" if target.get_internal_type() in LINKS else target.get_internal_type()]


def _fitting(condition: Q | None) -> dict[str, Any]:
    """What a plain condition asks of its columns: the first of a list, the least of a span."""
    if condition is None or condition.connector != Q.AND or condition.negated:
        return {}
    leaves = [each for each in condition.children if isinstance(each, tuple)]
    listed = {name.removesuffix("__in"): value[0] for name, value in leaves if name.endswith("__in")}
    return listed | {name.removesuffix("__gte"): value for name, value in leaves if name.endswith("__gte")}


def fill(old: Any, models: Any) -> dict[str, list[str]]:
    """A row in every table; by table, its columns."""
    with transaction.atomic(old.alias):
        for model in models:
            model._base_manager.using(old.alias).bulk_create([sample(model)])
    return {model._meta.db_table: [field.column for field in model._meta.concrete_fields] for model in models}


def digests(old: Any, tables: dict[str, list[str]]) -> dict[str, str]:
    """Of the content of each table, in the columns that it still has."""
    found = {}
    with old.cursor() as cursor:
        for table, columns in tables.items():
            there = {column.name for column in old.introspection.get_table_description(cursor, table)}
            listed = ", ".join(f'"{column}"' for column in columns if column in there)
            cursor.execute(f"SELECT {listed} FROM {table} ORDER BY 1")
            rows = cursor.fetchall()
            assert rows, table
            found[table] = hashlib.sha256(repr(rows).encode()).hexdigest()
    return found


def killed_while_migrating(statements: int) -> int:
    """Migrate in a process that dies before it says so many statements to the database; returns the signal of which it died."""
    child = os.fork()
    if child == 0:
        _die_at(statements)
        call_command("migrate", database="old", verbosity=0)
        os._exit(0)
    return os.WTERMSIG(os.waitpid(child, 0)[1])


def _die_at(statements: int) -> None:
    said, execute = iter(range(statements)), BaseDatabaseSchemaEditor.execute

    def counted(editor: Any, *args: Any, **kwargs: Any) -> None:
        if next(said, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)
        execute(editor, *args, **kwargs)

    BaseDatabaseSchemaEditor.execute = counted  # type: ignore[assignment,method-assign]


@pytest.mark.django_db
def test_no_change_of_a_model_or_of_the_list_of_facts_is_without_its_migration() -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


@pytest.mark.parametrize("point", sorted(RELEASED))
def test_a_database_in_use_is_brought_to_the_newest_and_keeps_every_row_even_if_killed_meanwhile(
    django_db_setup: None, django_db_blocker: Any, settings: Any, tmp_path: Path, point: str
) -> None:
    settings.MIGRATION_MODULES = FOLLOWING
    with django_db_blocker.unblock(), another_database(tmp_path) as old:
        models = migrated_to(old, RELEASED[point]).get_models()
        tables = fill(old, models)
        before, applied = digests(old, tables), set(MigrationRecorder(old).applied_migrations())
        old.close()
        assert killed_while_migrating(KILLED_AT) == signal.SIGKILL
        assert digests(old, tables) == before
        assert set(MigrationRecorder(old).applied_migrations()) >= applied
        call_command("migrate", database="old", verbosity=0)
        assert digests(old, tables) == before
        newest = MigrationLoader(old).project_state().apps
        assert set(protection.installed(old)) == protection.wanted_of(old, newest)
        old.check_constraints()


SEVERAL = sorted(key for key, migration in MigrationLoader(None).disk_migrations.items() if migration.replaces)


def replaced_by(key: Key) -> list[Key]:
    return sorted(MigrationLoader(None).disk_migrations[key].replaces)


@pytest.mark.parametrize("key", SEVERAL, ids=".".join)
def test_those_that_have_become_one_are_that_one_where_all_were_applied(key: Key) -> None:
    assert in_todays_names([("auth", "0001_initial"), *replaced_by(key)]) == {("auth", "0001_initial"), key}
    assert in_todays_names([key, *replaced_by(key)]) == {key}


@pytest.mark.parametrize("key", SEVERAL, ids=".".join)
@pytest.mark.parametrize("lacking", [0, -1], ids=["the first lacks", "the last lacks"])
def test_of_those_that_have_become_one_no_part_is_gone_on_from(key: Key, lacking: int) -> None:
    applied = replaced_by(key)
    del applied[lacking]
    with pytest.raises(DomainError) as refused:
        in_todays_names([key, *applied])
    assert refused.value.code == "BETWEEN_VERSIONS"


def test_a_database_where_all_that_have_become_one_were_applied_has_nothing_due(
    django_db_setup: None, django_db_blocker: Any, tmp_path: Path
) -> None:
    with django_db_blocker.unblock(), another_database(tmp_path) as old:
        newest = MigrationLoader(None)
        MigrationRecorder(old).ensure_schema()
        for app, name in {*newest.graph.nodes, *(each for key in SEVERAL for each in replaced_by(key))} - {*SEVERAL}:
            MigrationRecorder(old).record_applied(app, name)
        executor = MigrationExecutor(old)
        assert executor.migration_plan(executor.loader.graph.leaf_nodes()) == []
        executor.migrate(executor.loader.graph.leaf_nodes())
        assert set(MigrationRecorder(old).applied_migrations()) >= {*SEVERAL}

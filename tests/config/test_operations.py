"""Models that a migration makes together are those that it would make one by one."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from django.db import connection
from django.db.migrations import CreateModel
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from bangfu.migrating.operations import CreateModels
from tests.audit.conftest import committed

# SQLite takes no change of tables within a transaction.
pytestmark = pytest.mark.usefixtures("committed")
__all__ = ["committed"]
FIRST = ("registry", "0001_initial")


def before_and_together() -> tuple[ProjectState, CreateModels]:
    """What there is before the register's first migration, all of it rendered, and the operation that makes its tables."""
    loader = MigrationLoader(None)
    first = loader.get_migration(*FIRST)
    state = loader.project_state(first.dependencies)
    together = first.operations[0]
    assert isinstance(together, CreateModels)
    assert state.apps.get_models()
    return state, together


def said(operations: Sequence[Operation], state: ProjectState) -> list[str]:
    """What is said to the database; `state` becomes what it is afterwards."""
    with connection.schema_editor(collect_sql=True) as editor:
        for operation in operations:
            old = state.clone()
            operation.state_forwards("registry", state)
            operation.database_forwards("registry", editor, old, state)
    return [str(sql) for sql in editor.collected_sql]


def test_the_same_is_said_to_the_database_and_the_same_models_stand() -> None:
    state, together = before_and_together()
    other = state.clone()
    at_once, one_by_one = said([together], state), said(together.models, other)
    assert at_once == one_by_one
    assert len(at_once) > len(together.models) > 40
    assert state == other
    assert {m._meta.label for m in state.apps.get_models()} == {m._meta.label for m in other.apps.get_models()}


def test_they_are_taken_back_the_last_first() -> None:
    before, together = before_and_together()
    after = before.clone()
    together.state_forwards("registry", after)
    with connection.schema_editor(collect_sql=True) as editor:
        together.database_backwards("registry", editor, after, before)
    dropped = [str(sql) for sql in editor.collected_sql if "DROP TABLE" in str(sql)]
    assert len(dropped) == len(together.models)
    assert f"registry_{together.models[-1].name.lower()}" in dropped[0]


def test_no_migration_makes_models_one_by_one() -> None:
    """For each of several Django would render all that it is related to, which is nearly everything."""
    ours = [m for m in MigrationLoader(None).disk_migrations.values() if m.__module__.startswith("bangfu.")]
    assert len(ours) > 10
    several = [
        f"{migration.app_label}.{migration.name}"
        for migration in ours
        for pair in pairwise(migration.operations)
        if all(isinstance(each, CreateModel) for each in pair)
    ]
    assert several == []


def test_it_names_what_it_makes() -> None:
    _, together = before_and_together()
    assert together.describe().startswith("Create models Household, Person")

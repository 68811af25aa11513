"""Committed rows, on whichever database DATABASE_URL names; the triggers are lifted only to clear up."""

from collections.abc import Iterator
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from bangfu.casework import protection as casework
from bangfu.policies import models as policies
from bangfu.privacy.keys import KeyRing
from bangfu.registry import protection
from tests.organisation import RING

_triggers = import_module("bangfu.audit.migrations.0001_initial")


def lift_protection() -> None:
    """What only someone with rights over the database itself could do."""
    with connection.schema_editor() as editor:
        _triggers.release(apps, editor)


def restore_protection() -> None:
    with connection.schema_editor() as editor:
        _triggers.protect(apps, editor)


@pytest.fixture
def ring() -> KeyRing:
    return RING


@pytest.fixture
def committed(transactional_db: None) -> Iterator[None]:
    """A database whose rows are really committed. It is emptied afterwards, which on SQLite the record and the register would refuse."""
    lift_protection()
    restore_protection()
    yield
    if connection.vendor == "postgresql":
        return
    lift_protection()
    # Made anew once the database is empty.
    for room in (protection.REGISTRY, policies.ROOM, casework.ROOM):
        protection.lift(connection, room)

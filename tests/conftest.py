"""Settings that every test shares."""

import gc
import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as installation
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from hypothesis import settings

# ci and long: the same examples on every run, so that a red suite is red for all. explore: new examples, many of them, to
# go looking for trouble. None has a deadline: a busy machine is no fault of the code.
settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("long", settings.get_profile("ci"))
settings.register_profile("explore", deadline=None, max_examples=2_000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

# Modules, tests and rules stay as long as the process does; they need not be gone through for garbage again and again.
gc.set_threshold(50_000, 20, 20)


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """SQLite in a file, as in an installation: threads that share one in memory would exclude each other in other ways."""
    database = installation.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        database.setdefault("TEST", {})["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")


@pytest.fixture(autouse=True, scope="session")
def emptied_by_deleting() -> Iterator[None]:
    """On PostgreSQL to truncate is to make the files of a hundred tables anew, which takes twenty times as long as to delete the few rows of a test.

    As a replica does it: without asking the triggers that keep rows.
    """

    def delete(_: Any, style: Any, tables: list[str], **__: Any) -> list[str]:
        as_a, emptied = "SET LOCAL session_replication_role =", "; ".join(f"DELETE FROM {table}" for table in tables)
        return [f"{as_a} replica; {emptied}; {as_a} origin"]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.db.backends.postgresql.operations.DatabaseOperations.sql_flush", delete)
        yield


@pytest.fixture(autouse=True)
def fast_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many rounds as in service would only make the tests slow."""
    monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", 10)

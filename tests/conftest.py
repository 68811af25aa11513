"""Settings that every test shares."""

import gc
import os

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


@pytest.fixture(autouse=True)
def fast_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many rounds as in service would only make the tests slow."""
    monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", 10)

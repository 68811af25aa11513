"""The environment, read here and nowhere else; what is wrong with it is said by the variable's name."""

import os
from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured


def data_folder() -> Path:
    """BANGFU_DATA: where the database, keys and files of an installation lie."""
    return Path(os.environ.get("BANGFU_DATA", "var/server")).resolve()


def key_ring_file() -> Path:
    """BANGFU_KEY_RING: the file with the keys; without it, in the data folder. Back it up apart from the database."""
    return Path(os.environ.get("BANGFU_KEY_RING", "") or data_folder() / "keys.json").resolve()


def database() -> dict[str, Any]:
    """DATABASE_URL: PostgreSQL; without it, a SQLite file in the data folder."""
    url = os.environ.get("DATABASE_URL", "")
    if not url:
        return _sqlite(data_folder() / "bangfu.sqlite3")
    try:
        found = dict(dj_database_url.parse(url, conn_max_age=600, conn_health_checks=True))
    except ValueError as problem:
        raise ImproperlyConfigured(f"DATABASE_URL cannot be read: {problem}") from problem
    if found["ENGINE"] == "django.db.backends.sqlite3":
        return _sqlite(Path(str(found["NAME"])))
    return found


def _sqlite(path: Path) -> dict[str, Any]:
    # FULL: a commit that was told of is on disk. IMMEDIATE: a writer waits at its start and never fails half-way.
    start = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
    options = {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": start}
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(path), "OPTIONS": options}

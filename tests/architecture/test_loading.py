"""What starts often loads nothing that reads SQL: it takes a tenth of a start, and only rules that are read anew and large snapshots have a use for it."""

import os
import subprocess
import sys

import pytest

PAGES = "import django; django.setup(); import bangfu.config.jobs, bangfu.web.urls, bangfu.engine.request as r; r.book_of(())"
COMMAND = "import bangfu.cli.main, bangfu.cli.assess, bangfu.engine.regions, bangfu.engine.request as r; r.book_of(())"


def ended(asked: str, **more: str) -> int:
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", **more}
    return subprocess.run([sys.executable, "-c", asked], env=env, check=False, timeout=120).returncode


@pytest.fixture(scope="module")
def kept() -> dict[str, str]:
    """Where a book is kept: whoever wants no byte code has none. It is read here if it was not before."""
    wanted = {"PYTHONDONTWRITEBYTECODE": ""}
    assert ended(COMMAND, **wanted) == 0
    return wanted


@pytest.mark.parametrize("started", [PAGES, COMMAND])
def test_what_reads_sql_is_not_loaded(started: str, kept: dict[str, str]) -> None:
    assert ended(f"{started}; import sys; sys.exit('sqlglot' in sys.modules)", **kept) == 0


def test_an_installation_is_opened_without_the_engine() -> None:
    """Most of its commands have no use for it, and it takes as long to load as all the rest."""
    asked = "import django, sys; django.setup(); sys.exit(sum(name in sys.modules for name in ('duckdb', 'numpy', 'pyarrow')))"
    assert ended(asked) == 0

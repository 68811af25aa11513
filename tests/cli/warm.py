"""Commands in processes of their own that need not load the packages first: forked from one that has, and knows nothing else.

What a command is made of, settings and models too, each loads for itself, as ever; the packages are most of a second of every start.
"""

import os
import runpy
import subprocess
import sys
from collections.abc import Mapping, Sequence
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

# Nothing of ours that asks for settings, and nothing that starts threads.
PACKAGES = (
    "cryptography.hazmat.primitives.ciphers.aead",
    "dj_database_url",
    "django.contrib.staticfiles.storage",
    "django.contrib.syndication.views",
    "django.core.management",
    "django.core.serializers.json",
    "django.db.backends.postgresql.base",
    "django.db.backends.sqlite3.base",
    "django.db.migrations.executor",
    "django.forms",
    "django.template",
    "django.views.generic",
    "django_tasks.base",
    "duckdb",
    "granian",
    "PIL.ImageFont",
    "psycopg",
    "pyarrow.dataset",
    "sqlglot",
    "sqlparse",
    "whitenoise",
    "xlsxwriter",
    "yaml",
    "bangfu.engine.register",
    "bangfu.engine.request",
)
_server = get_context("forkserver")
_server.set_forkserver_preload([*PACKAGES])


def run_module(
    module: str, words: Sequence[str], *, cwd: Path, env: Mapping[str, str], timeout: float
) -> subprocess.CompletedProcess[str]:
    """`python -m module words`, and what came of it."""
    with TemporaryDirectory() as folder:
        said = [Path(folder, name) for name in ("stdout", "stderr")]
        process = _server.Process(target=_run, args=(module, list(words), cwd, dict(env), said), daemon=False)
        process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired([module, *words], timeout)
        code = process.exitcode
        process.close()
        return subprocess.CompletedProcess([module, *words], code, *(path.read_text("utf-8") for path in said))


def _run(module: str, words: Sequence[str], cwd: Path, env: Mapping[str, str], said: Sequence[Path]) -> None:
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    for descriptor, path in enumerate(said, start=1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), descriptor)
    sys.stdout, sys.stderr = (
        open(descriptor, "w", encoding="utf-8", errors=errors, closefd=False)  # noqa: SIM115
        for descriptor, errors in ((1, "strict"), (2, "backslashreplace"))
    )
    sys.argv = [module, *words]
    runpy.run_module(module, run_name="__main__", alter_sys=True)

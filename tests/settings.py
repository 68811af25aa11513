"""The installation's settings, as the tests have them: a key for the run, no redirect to HTTPS, files as they lie, jobs at once."""

import atexit
import secrets
import shutil
import tempfile
from pathlib import Path

import bangfu.web
from bangfu.config.settings import *  # noqa: F403

SECRET_KEY = secrets.token_urlsafe(64)
SECURE_SSL_REDIRECT = False
STATIC_ROOT = Path(bangfu.web.__path__[0]) / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Its own for each process; nothing of it stays.
_FOLDER = Path(tempfile.mkdtemp(prefix="bangfu-tests-"))
atexit.register(shutil.rmtree, _FOLDER, ignore_errors=True)
FILES_FOLDER, RULES_FOLDER, RUNS_FOLDER = (_FOLDER / name for name in ("files", "rules", "runs"))
TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}

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
FILES_FOLDER = Path(tempfile.mkdtemp(prefix="bangfu-files-"))
atexit.register(shutil.rmtree, FILES_FOLDER, ignore_errors=True)
RULES_FOLDER = FILES_FOLDER / "rules"
TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}

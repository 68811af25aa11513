"""The server's settings, in sections. Everything that differs between installations comes through `env`."""

from typing import Any

from bangfu.config import env
from bangfu.config.logs import LOGGING  # noqa: F401  # a setting

# ---- what it is made of
INSTALLED_APPS = [
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_tasks",
    "django_tasks_db",
    "bangfu.privacy",
    "bangfu.audit",
    "bangfu.places",
    "bangfu.access",
    "bangfu.intake",
    "bangfu.registry",
    "bangfu.policies",
    "bangfu.assessment",
    "bangfu.exports",
    "bangfu.documents",
    "bangfu.casework",
    "bangfu.reports",
    "bangfu.web",
]
AUTH_USER_MODEL = "access.Account"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "bangfu.config.urls"
WSGI_APPLICATION = "bangfu.config.wsgi.application"
MIDDLEWARE = [
    # First, so that whatever answers (a file, a redirect, a refusal) has a number, a line in the log and the headers.
    "bangfu.web.middleware.incident.incident",
    "bangfu.web.middleware.headers.headers",
    # Before anything that asks who is there, and whether over HTTPS.
    "bangfu.web.middleware.proxy.proxy",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "bangfu.web.middleware.smaller.SmallerMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "bangfu.web.middleware.actor.actor",
    "django.contrib.messages.middleware.MessageMiddleware",
    # Last: whatever a page raises comes here first.
    "bangfu.web.errors.ErrorsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "bangfu.web.context.around",
            ]
        },
    }
]
# Messages say that something was done, and never about whom.
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"
CSRF_FAILURE_VIEW = "bangfu.web.errors.form_stale"

# ---- where things lie
DATABASES = {"default": env.database()}
KEY_RING_FILE = env.key_ring_file()
CHECKPOINTS_FILE = env.checkpoints_file()
FILES_FOLDER = env.files_folder()
# One scan; those of one form stay in memory, so that they never lie open on a disk.
SCAN_BYTES = env.scan_bytes()
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * SCAN_BYTES
# Snapshots and results of assessments, a folder a run, and how many runs are kept.
RUNS_FOLDER = env.data_folder() / "runs"
RUNS_KEPT = 7
# Layers of published parameters: written from the database when they are wanted.
RULES_FOLDER = env.data_folder() / "rules"
# The register is assessed once a day, from this hour of the offices on.
NIGHT_HOUR = env.night_hour()
FONTS_FOLDER = env.fonts_folder()
# Folders of templates, laid over the shipped ones in this order.
PAPERS_FOLDERS = [each for each in [env.papers_folder()] if each is not None]
STATIC_ROOT = env.data_folder() / "static"
STATIC_URL = "/static/"
# Our own pages only; the default would let any site read them.
WHITENOISE_ALLOW_ALL_ORIGINS = False
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# ---- what a browser may send
FILE_UPLOAD_HANDLERS = [
    "bangfu.web.uploads.Bounded",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# ---- jobs: what takes longer than a request may (bangfu.config.jobs)
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

# ---- who may come, and how
DEBUG = env.debug()
SECRET_KEY = env.secret_key()
ALLOWED_HOSTS = env.hosts()
ADDRESS = env.address()
# False only on this machine (env.https).
HTTPS = env.https()
# Of a proxy on this machine alone, see bangfu.web.middleware.proxy.
BEHIND_PROXY = env.behind_proxy()
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_SSL_REDIRECT = HTTPS
# Asked by a supervisor on the machine itself, past the proxy.
SECURE_REDIRECT_EXEMPT = [r"^health/$"]
SECURE_HSTS_SECONDS = 2 * 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# ---- cookies: a name that begins with __Host- is one that a browser takes only over HTTPS, for this host and every path
_COOKIE = "__Host-bangfu" if HTTPS else "bangfu"
SESSION_COOKIE_NAME = _COOKIE
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = f"{_COOKIE}-form"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"

# ---- time and language
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
LANGUAGE_CODE = "zh-hans"

# ---- passwords
_VALIDATORS = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{_VALIDATORS}.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": f"{_VALIDATORS}.UserAttributeSimilarityValidator", "OPTIONS": {"user_attributes": ("login", "name")}},
    {"NAME": f"{_VALIDATORS}.CommonPasswordValidator"},
    {"NAME": f"{_VALIDATORS}.NumericPasswordValidator"},
    {"NAME": "bangfu.access.passwords.NoLocalWord"},
]

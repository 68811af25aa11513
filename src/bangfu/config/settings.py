"""The server's settings, in sections. Everything that differs between installations comes through `env`."""

from bangfu.config import env

# ---- what it is made of
INSTALLED_APPS = ["bangfu.audit", "bangfu.places", "bangfu.access"]
AUTH_USER_MODEL = "access.Account"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# ---- where things lie
DATABASES = {"default": env.database()}

# ---- time and language
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
LANGUAGE_CODE = "zh-hans"

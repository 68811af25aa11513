"""The server's settings, in sections. Everything that differs between installations comes through `env`."""

from bangfu.config import env

# ---- what it is made of
INSTALLED_APPS = ["bangfu.privacy", "bangfu.audit", "bangfu.places", "bangfu.access"]
AUTH_USER_MODEL = "access.Account"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# ---- where things lie
DATABASES = {"default": env.database()}
KEY_RING_FILE = env.key_ring_file()

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

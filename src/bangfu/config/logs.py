"""What the log shows: lines on standard error in which no number can identify anybody."""

import logging
import re
from typing import Any

# Any run of eleven digits or more (telephone, ID, bank card), also in groups, and an ID number's last X.
_NUMBER = re.compile(r"\d(?:[ -]?\d){10,}[Xx]?")
# What PostgreSQL adds to an error: the row itself, or what of it did not fit. What people wrote has lines, and blank ones among them.
_ROW = re.compile(
    r"^(DETAIL|CONTEXT): .*?(?=\n(?:DETAIL|HINT|CONTEXT): |\n\n(?:The above exception|During handling of the above exception)|\Z)",
    re.MULTILINE | re.DOTALL,
)


def redacted(text: str) -> str:
    return _ROW.sub(r"\1: […]", _NUMBER.sub("[…]", text))


class Redacting(logging.Formatter):
    """Redacts the line as a whole, and so its arguments and the text of an exception too; one event cannot look like two."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # its name in logging
        line = f"{record.levelname} {record.name} {_incident(record)}{record.message}"
        return f"{self.formatTime(record)} {_on_one_line(redacted(line))}"

    def formatException(self, ei: Any) -> str:  # noqa: N802  # its name in logging
        return redacted(super().formatException(ei))


def _incident(record: logging.LogRecord) -> str:
    """Django's own errors carry the request; the number is what a person was told."""
    number = getattr(getattr(record, "request", None), "incident", "")
    return f"[{number}] " if number else ""


def _on_one_line(text: str) -> str:
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"redacting": {"()": Redacting}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "redacting"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "bangfu": {"level": "INFO"},
        # Of a request there is a line already; what failed in it is an error.
        "django.request": {"level": "ERROR"},
        # Django would write to a console of its own while debugging, and send mail otherwise.
        "django": {"handlers": [], "level": "WARNING"},
        "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
        "_granian": {"handlers": [], "level": "ERROR", "propagate": True},
    },
}

"""How a row names a file: whatever such a column names is kept, backed up, and sealed anew when keys are rotated."""

from typing import Any

from django.apps import apps
from django.db import models

DIGEST = 64


class FileDigest(models.CharField):  # type: ignore[type-arg]  # generic for type checkers only
    """The SHA-256 of a stored file, in hexadecimal; "" (where `blank`) for none."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max_length": DIGEST, **kwargs})


def named() -> set[str]:
    """The files that rows name, of all tables."""
    found: set[str] = set()
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, FileDigest):
                found.update(model._base_manager.order_by().values_list(field.attname, flat=True).distinct())
    return found - {""}

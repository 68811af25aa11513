"""The installation's key ring, read again when its file has changed: after a rotation nothing needs to be started anew."""

from functools import cache
from pathlib import Path

from django.conf import settings

from bangfu.privacy.keys import KeyRing, load_ring


def ring() -> KeyRing:
    """Raises DomainError where there is none, or it cannot be read."""
    path = Path(settings.KEY_RING_FILE)
    return _read(path, path.stat().st_mtime_ns if path.exists() else 0)


@cache
def _read(path: Path, changed: int) -> KeyRing:
    return load_ring(path)

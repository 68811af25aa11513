"""What is digested and witnessed of an entry, and how links follow from one another. No database here."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

GENESIS = "0" * 64
# In this order for ever: what was sealed once has to come out the same.
SEALED_FIELDS = ("at", "act", "outcome", "actor", "subject", "place", "source", "request", "text_digest")


def content_of(row: Mapping[str, Any]) -> bytes:
    """The fields of an entry as they are witnessed: canonical JSON with names, so that no two contents read the same."""
    plain = {name: _plain(row[name]) for name in SEALED_FIELDS}
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()


def text_digest(salt: str, body: Mapping[str, Any]) -> str:
    """Of no use for guessing what was said once salt and body are erased together."""
    said = json.dumps(body, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(f"{salt}:{said}".encode()).hexdigest()


def link_digest(before: str, number: int, entry: int, content: bytes, witness: str) -> str:
    head = f"{before}:{number}:{entry}:{witness}:".encode()
    return hashlib.sha256(head + content).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value

"""What crosses the room's border: a file to be handed in, and what is known of one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

LONGEST_NAME, LONGEST_REASON = 200, 500


@dataclass(frozen=True, slots=True)
class NewUpload:
    """A file to be handed in: its kind, the name that it bears, and the day whose state it gives."""

    kind: str
    name: str
    as_of: date


@dataclass(frozen=True, slots=True)
class Seen:
    """An upload with its last step; `account` brought it, `place` is where they might, `kept`: what can still be read of it."""

    id: int
    digest: str
    name: str
    size: int
    kind: str
    as_of: date
    account: int
    place: int
    by: str
    at: datetime
    reason: str
    state: str
    since: datetime
    said: Mapping[str, Any] = field(default_factory=dict)
    kept: frozenset[str] = frozenset()

"""What crosses the room's border: an act to be recorded, and what a check of the record found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bangfu.kernel.words import Text

SYSTEM, ANONYMOUS = "system", "anonymous"


@dataclass(frozen=True, slots=True)
class Act:
    """One act as it is to be recorded.

    `actor` is `account:7`, `system:sealer` or `anonymous`; `subject` names a thing as `account:7`. `words` may name persons (the
    reason, old and new values): it stands apart and can be erased. Everything else must not.
    """

    name: str
    actor: str
    at: datetime
    subject: str = ""
    place: int | None = None
    source: str = ""
    request: str = ""
    words: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that is wrong with the record. `entry` and `number` are None where there is none to name."""

    code: str
    text: Text
    entry: int | None = None
    number: int | None = None

"""Lists of payments that a bank or a finance office sends: each line is booked as a receipt, once, or is told what keeps it from that.

Whose a line is, is never guessed: a number that is held, else a name that is the only one in its village or household. What is left, a
person settles. Of every list, what was booked, what was known before, what was set aside and what is open add up to what it says.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

# Why a line is set aside, in so many signs at most.
LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Settled:
    """What somebody decided about a line: whose it is and of which policy ("" as found), or (person None) that it is set aside, and why.

    `beside`: the payments beside which it is another one, though they have its number, as the line named them when it was decided.
    """

    person: int | None
    reason: str = ""
    policy: str = ""
    beside: str = ""


@dataclass(frozen=True, slots=True)
class ListOrder:
    """A list to be brought in. `policy` and `paid_on` hold for lines that do not say; `settled` by row. The record says `name` and `digest`."""

    file: Path
    name: str
    digest: str
    policy: str = ""
    paid_on: date | None = None
    settled: Mapping[int, Settled] = field(default_factory=dict)


__all__ = ["LONGEST_REASON", "ListOrder", "Settled"]

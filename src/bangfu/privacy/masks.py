"""How a number is shown to who has not asked to see it.

The last four of an ID number together with the full birth date and the area are the number itself; so one function shows either the
last four with the year of birth, or the full date without them, and none shows both. What somebody typed is shown in the same way, wherever
they typed it.
"""

import re
from dataclasses import dataclass
from datetime import date

from bangfu.privacy.keys import KeyRing
from bangfu.privacy.models import Kind, SealedNumber
from bangfu.privacy.services import BY_LAST_FOUR, open_number

HIDDEN = "*"
# As long as the number of an ID (of 18 signs and more, or the 15 of before), with a month of birth where such a number has one. Codes and numbers of
# households and payments are as long: hidden, they would help nobody to mend them.
_TYPED = re.compile(
    r"(?<![0-9])(?:[0-9]{6}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])[0-9]{3,}[Xx]?"
    r"|[0-9]{8}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}(?![0-9Xx]))"
)


@dataclass(frozen=True, slots=True)
class Shown:
    """What of somebody's number and birth may stand on one page. One of the two is always the poorer."""

    number: str
    born: str


def masked(ring: KeyRing, number: SealedNumber) -> str:
    """All hidden but the last four, where the kind has such and the number is long enough to hide the rest."""
    plain = open_number(ring, number)
    if Kind(number.kind) not in BY_LAST_FOUR or len(plain) < 12:
        return HIDDEN * 8
    return HIDDEN * (len(plain) - 4) + plain[-4:]


def shown(ring: KeyRing, number: SealedNumber, born: date, *, last_four: bool) -> Shown:
    """The last four with the year of birth, or the whole date of birth with nothing of the number."""
    if last_four:
        return Shown(masked(ring, number), str(born.year))
    return Shown(HIDDEN * 8, born.isoformat())


def hidden(typed: str) -> str:
    """What somebody typed for a number, be it none: all but the last four hidden. A word without a digit hides nobody's number, and stays."""
    if not any(sign.isdigit() for sign in typed):
        return typed
    return HIDDEN * (len(typed) - 4) + typed[-4:]


def hidden_in(typed: str) -> str:
    """What somebody typed elsewhere, with whatever looks like the number of an ID hidden but for its last four."""
    return _TYPED.sub(lambda found: hidden(found[0]), typed)

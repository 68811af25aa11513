"""How a number is shown to who has not asked to see it.

The last four of an ID number together with the full birth date and the area are the number itself; so one function shows either the
last four with the year of birth, or the full date without them, and none shows both.
"""

from dataclasses import dataclass
from datetime import date

from bangfu.privacy.keys import KeyRing
from bangfu.privacy.models import Kind, SealedNumber
from bangfu.privacy.services import BY_LAST_FOUR, open_number

HIDDEN = "*"


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

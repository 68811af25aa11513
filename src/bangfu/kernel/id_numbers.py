"""What an ID (GB 11643) or disability-card number tells of its owner. The engine tells the same of a whole register in SQL."""

from dataclasses import dataclass
from datetime import date

RESIDENT = 18
CARDS = (20, 22)
# Numbers given to people without papers begin so; they are nobody's real number.
PLACEHOLDER = "999999"
# The weighted sum of the first 17 digits modulo 11 picks the check character.
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"


@dataclass(frozen=True, slots=True)
class IdNumber:
    """`kind`, `sex`, `category`, `grade` are the contract's codes; None where the number does not tell.

    `valid`: the shape and the check character are right; None for a number that is no ID.
    """

    kind: str
    valid: bool | None
    birth_date: date | None
    sex: str | None
    category: str | None
    grade: str | None
    placeholder: bool


def read_id_number(number: str) -> IdNumber:
    """Read a number in capitals without spaces. Nothing is refused: that a number is wrong is a finding, and not a fault."""
    card = len(number) in CARDS
    if not card and len(number) != RESIDENT:
        return IdNumber("other", None, None, None, None, None, number.startswith(PLACEHOLDER))
    return IdNumber(
        kind="disability_card" if card else "resident",
        valid=_is_valid(number),
        birth_date=_birth_date(number[6:14]),
        sex=_sex(number[16]),
        category=_code(number, RESIDENT, "1234567") if card else None,
        grade=_code(number, RESIDENT + 1, "1234") if card else None,
        placeholder=number.startswith(PLACEHOLDER),
    )


def _is_valid(number: str) -> bool:
    digits = number[: RESIDENT - 1]
    if not (digits.isascii() and digits.isdigit()):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(digits, WEIGHTS, strict=True))
    return number[RESIDENT - 1] == CHECKS[total % len(CHECKS)]


def _birth_date(digits: str) -> date | None:
    if not (digits.isascii() and digits.isdigit()):
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def _sex(digit: str) -> str | None:
    if not (digit.isascii() and digit.isdigit()):
        return None
    return "1" if int(digit) % 2 else "2"


def _code(number: str, place: int, known: str) -> str | None:
    return number[place] if number[place] in known else None

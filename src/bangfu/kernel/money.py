"""Money as integer fen, and the one way a fraction becomes whole."""

import re
import unicodedata

from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text

FEN_PER_YUAN = 100
# No amount has as many digits; Python itself refuses to read thousands of them.
_YUAN = re.compile(r"-?\d{1,30}(?:\.\d{1,2})?", re.ASCII)
# With two decimals, as this module writes one.
_AMOUNT = re.compile(r"(?<![\w.,])(\d{4,})(\.\d{2})(?![\w.])", re.ASCII)
_GROUPED = re.compile(r"-?\d{1,3}(,\d{3})+(\.\d{1,2})?", re.ASCII)


def fen_from_yuan(text: str) -> int:
    """Read an amount of yuan with at most two decimals, exactly. Raises DomainError for anything else."""
    if not _YUAN.fullmatch(text):
        raise DomainError(
            "NOT_AN_AMOUNT",
            Text(
                f"“{text}”不是金额；应为元，至多两位小数。",
                f"'{text}' is no amount; give yuan with at most two decimals.",
            ),
        )
    yuan, _, decimals = text.lstrip("-").partition(".")
    fen = int(yuan) * FEN_PER_YUAN + int((decimals + "00")[:2])
    return -fen if text.startswith("-") else fen


def fen_from_entry(text: str) -> int:
    """Read an amount as people type or copy it: thousands may be grouped, signs full-width, and 元 may follow. Raises as `fen_from_yuan`."""
    said = unicodedata.normalize("NFKC", text).strip().removesuffix("元").rstrip()
    if _GROUPED.fullmatch(said):
        return fen_from_yuan(said.replace(",", ""))
    try:
        return fen_from_yuan(said)
    except DomainError:
        # As it was typed.
        return fen_from_yuan(text.strip())


def yuan_from_fen(fen: int, *, grouped: bool = False) -> str:
    """Write fen as yuan with two decimals: 123456 -> '1234.56' (or '1,234.56')."""
    sign = "-" if fen < 0 else ""
    yuan, rest = divmod(abs(fen), FEN_PER_YUAN)
    return f"{sign}{yuan:,}.{rest:02d}" if grouped else f"{sign}{yuan}.{rest:02d}"


def grouped_in(text: str) -> str:
    """A text with the thousands of its amounts grouped. An amount is what has two decimals and no other point: no day, no year, no number of an ID."""
    return _AMOUNT.sub(lambda found: f"{int(found[1]):,}{found[2]}", text)


def round_half_away(numerator: int, denominator: int) -> int:
    """Divide and round to the nearest whole, halves away from zero. `denominator` must be positive."""
    quotient = (2 * abs(numerator) + denominator) // (2 * denominator)
    return -quotient if numerator < 0 else quotient

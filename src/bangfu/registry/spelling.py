"""By what a name is found: its signs from each of them on, and the initials of its pinyin (zsf for 张三丰)."""

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import product

# Longer ones are found by their beginning.
LONGEST = 24
_PASSED_OVER = frozenset(" ·・•.-'’")


def normal(text: str) -> str:
    """As names are kept to be found, and as what is sought has to be: one width, small letters, no spaces or dots."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(sign for sign in folded if sign not in _PASSED_OVER and sign.isprintable())[:LONGEST]


def parts_of(name: str) -> frozenset[str]:
    """What a name begins with, from whichever of its signs one begins. What is sought in it is the beginning of one of these."""
    plain = normal(name)
    return frozenset({plain[start:] for start in range(len(plain))} | set(_initials(plain)))


def _initials(plain: str) -> Iterator[str]:
    """A family name is often read otherwise than the same sign elsewhere (单, 曾, 解): any of its readings will do."""
    if any(not sign.isascii() for sign in plain):
        first, *rest = [_letters(sign) for sign in plain]
        yield from ("".join(letters) for letters in product(first, *([each[0]] for each in rest)))


@lru_cache(maxsize=20_000)
def _letters(sign: str) -> tuple[str, ...]:
    """The letters with which the readings of a sign begin, the commonest first; the sign itself where it has none."""
    # It reads its dictionary when it is imported: half a second that whoever records no name need not wait for.
    from pypinyin import Style, pinyin  # noqa: PLC0415

    (read,) = pinyin(sign, style=Style.FIRST_LETTER, heteronym=True)
    return tuple(dict.fromkeys(read))

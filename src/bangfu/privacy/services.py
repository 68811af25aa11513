"""Numbers sealed, opened and sealed anew. Nothing here is recorded: rooms above record what they do with a number."""

import unicodedata

from django.db import transaction

from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.privacy.keys import KeyRing, key_of
from bangfu.privacy.models import Kind, SealedNumber

LONGEST = 64
# Codes and secrets are given whole or not at all; these are also asked for by their last four.
BY_LAST_FOUR = frozenset({Kind.ID_CARD, Kind.DISABILITY_CARD, Kind.BANK_CARD})


def seal_number(ring: KeyRing, kind: Kind, given: str) -> SealedNumber:
    """Save a number as it was given, but for spaces, width and case. A wrong number is kept: that it is wrong is a finding.

    Raises DomainError for nothing at all, for one that is too long, and for what cannot be printed.
    """
    number = sealed_number(ring, kind, given)
    number.save(force_insert=True)
    return number


def sealed_number(ring: KeyRing, kind: Kind, given: str) -> SealedNumber:
    """A number's row, which the caller saves. Raises as `seal_number`."""
    plain = normal(given)
    if not plain or len(plain) > LONGEST or not plain.isprintable():
        raise DomainError(
            "NUMBER_MALFORMED",
            Text(
                f"{kind.label}没有填写，或含有不能识别的字符。",
                "The number is empty, too long, or has unreadable signs.",
            ),
        )
    number = SealedNumber(kind=kind.value)
    number.sealed = ring.seal(plain, _place(number))
    number.exact_index = ring.blind_index(plain, _exact(kind))
    number.last_four_index = ring.blind_index(plain[-4:], _last_four(kind)) if kind in BY_LAST_FOUR else ""
    return number


def open_number(ring: KeyRing, number: SealedNumber) -> str:
    """Raises DomainError where the ring lacks the key, or the seal is another row's."""
    return ring.open(number.sealed, _place(number))


def reseal(ring: KeyRing, limit: int = 500) -> int:
    """Seal up to `limit` numbers with the current key that were sealed with an older one; returns how many, 0 when none is left.

    One transaction a call: killed anywhere, it is simply called again. Rows that another call works on are waited for, and then found done.
    """
    with transaction.atomic():
        old = SealedNumber.objects.exclude(sealed__startswith=f"{ring.current}:").order_by("pk")[:limit]
        # Two steps: under PostgreSQL's locks a row that changed meanwhile would drop out of the limit.
        rows = SealedNumber.objects.select_for_update().filter(pk__in=list(old.values_list("pk", flat=True)))
        numbers = [number for number in rows.order_by("pk") if key_of(number.sealed) != ring.current]
        for number in numbers:
            number.sealed = ring.seal(open_number(ring, number), _place(number))
        SealedNumber.objects.bulk_update(numbers, ["sealed"])
        return len(numbers)


def normal(given: str) -> str:
    """Without spaces, in ASCII digits, in capitals: as a person would call two numbers the same."""
    return "".join(unicodedata.normalize("NFKC", given).split()).upper()


def exact_index(ring: KeyRing, kind: Kind, given: str) -> str:
    return ring.blind_index(normal(given), _exact(kind))


def last_four_index(ring: KeyRing, kind: Kind, given: str) -> str:
    return ring.blind_index(normal(given), _last_four(kind))


def _place(number: SealedNumber) -> str:
    return f"privacy_sealednumber:{number.pk}:{number.kind}"


def _exact(kind: Kind) -> str:
    return f"{kind.value}:exact"


def _last_four(kind: Kind) -> str:
    return f"{kind.value}:last_four"

"""Numbers found again by their indexes, as subqueries to be used within the rows that an actor may see, and never beside them."""

from collections.abc import Mapping
from uuid import UUID

from django.db.models import QuerySet

from bangfu.kernel.words import Text
from bangfu.privacy.keys import KeyRing, key_of
from bangfu.privacy.models import Kind, SealedNumber
from bangfu.privacy.services import exact_index, last_four_index

_IN_ENGLISH = ("ID number", "disability card number", "bank card number", "secret of the second factor")
KINDS: Mapping[str, Text] = {kind: Text(kind.label, said) for kind, said in zip(Kind, _IN_ENGLISH, strict=True)}


def numbers_equal_to(ring: KeyRing, kind: Kind, given: str) -> "QuerySet[SealedNumber, UUID]":
    """Ids of the rows that hold this very number."""
    found = SealedNumber.objects.filter(kind=kind.value, exact_index=exact_index(ring, kind, given))
    return found.order_by().values_list("pk", flat=True)


def numbers_ending_in(ring: KeyRing, kind: Kind, last_four: str) -> "QuerySet[SealedNumber, UUID]":
    """Ids of the rows whose number ends so."""
    found = SealedNumber.objects.filter(kind=kind.value, last_four_index=last_four_index(ring, kind, last_four))
    return found.order_by().values_list("pk", flat=True)


def keys_in_use() -> set[str]:
    """Ids of the keys without which something here could not be read. Walks the whole table."""
    return {key_of(sealed) for sealed in SealedNumber.objects.order_by().values_list("sealed", flat=True).iterator()}

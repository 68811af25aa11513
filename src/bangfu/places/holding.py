"""Places held by whoever sums up what lies in them, or says where they lie."""

from collections.abc import Collection

from bangfu.places.models import Place


def hold(places: Collection[int]) -> None:
    """Let nobody else do either for these places until the end of the transaction: whoever comes second waits, and then sees what the first has written.

    SQLite's transactions exclude each other.
    """
    held = Place.objects.filter(pk__in=places).order_by("pk").select_for_update(no_key=True)
    list(held.values_list("pk"))

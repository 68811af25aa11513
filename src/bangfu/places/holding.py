"""Places held by whoever sums up what lies in them, or says where they lie."""

from collections.abc import Collection

from bangfu.places.models import Place


def hold(places: Collection[int] | None = None) -> None:
    """Let nobody else do either for these places, or (None) for any, until the end of the transaction.

    Whoever comes second waits, and then sees what the first has written. SQLite's transactions exclude each other.
    """
    held = Place.objects.all() if places is None else Place.objects.filter(pk__in=places)
    list(held.order_by("pk").select_for_update(no_key=True).values_list("pk"))

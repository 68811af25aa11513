"""How many examples a property test draws where each of them is costly."""

from hypothesis import settings

# How many times as many are drawn where time matters less.
TIMES = {"long": 5, "explore": 100}


def few(number: int) -> settings:
    """So many in ./test; more with --long, and more again when looking for new ones."""
    return settings(max_examples=number * TIMES.get(settings.get_current_profile_name(), 1))

"""How many examples a property test draws where each of them is costly."""

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# How many times as many are drawn where time matters less.
TIMES = {"long": 5, "explore": 100}


def few(number: int, **more: Any) -> settings:
    """So many in ./test; more with --long, and more again when looking for new ones. `more` is Hypothesis's own.

    What a test is given besides is made once for all its examples, as they are to leave nothing behind.
    """
    checks = (HealthCheck.function_scoped_fixture, HealthCheck.too_slow)
    times = TIMES.get(settings.get_current_profile_name(), 1)
    return settings(max_examples=number * times, suppress_health_check=checks, **more)


def first_of(number: int, every: Iterable[Any]) -> list[Any]:
    """What a test is parametrized with of which the first so many do in ./test; with --long, all. Of several names, a tuple for each."""
    listed = [each if isinstance(each, tuple) else (each,) for each in every]
    return [pytest.param(*each, marks=[pytest.mark.long] if n >= number else []) for n, each in enumerate(listed)]

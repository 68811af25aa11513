"""A press with the faces that pip brings, and no others: what it makes is the same on every machine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bangfu.documents.press import Press, press
from tests.registry.conftest import committed, org, ring, world

__all__ = ["committed", "org", "ring", "world"]
NO_FONTS = Path("no-such-folder")


@pytest.fixture(scope="session")
def machine() -> Iterator[Press]:
    with press((), NO_FONTS) as made:
        yield made

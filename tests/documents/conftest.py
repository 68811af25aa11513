"""A press with the faces that pip brings, and no others: what it makes is the same on every machine."""

import io
import re
import zipfile
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from bangfu.documents.press import Press, press
from tests.registry.conftest import begun, committed, org, ring, world

__all__ = ["begun", "committed", "org", "ring", "world"]
NO_FONTS = Path("no-such-folder")


@pytest.fixture(scope="session")
def machine() -> Iterator[Press]:
    with press((), NO_FONTS) as made:
        yield made


def word_text(body: bytes) -> str:
    """What a Word document, or a template of one, says on its pages and at their foot."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        parts = [archive.read(f"word/{name}.xml").decode() for name in ("document", "footer1")]
    return unescape(re.sub("<[^>]+>", "", "".join(parts)))

"""What is taken of a scan: its page and nothing else. What is hostile is refused, in words, and soon."""

import io
import time
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from bangfu.files import cleaner
from bangfu.files.scans import MOST_PAGES, MOST_PIXELS, REFUSALS, clean
from bangfu.kernel.errors import DomainError
from tests.files import hostile


def opened(content: bytes) -> Any:
    return Image.open(io.BytesIO(content))


def refusal(content: bytes) -> str:
    with pytest.raises(DomainError) as refused:
        clean(content)
    return refused.value.code


def cleaned(content: bytes) -> tuple[str, bytes, int]:
    """As the process does it that is started for each scan; starting one for every file here would only take time."""
    head, kept = cleaner.cleaned(content, MOST_PIXELS, MOST_PAGES)
    return head["media"], kept, head["pages"]


def test_a_photograph_is_kept_without_its_place_and_telephone_and_upright() -> None:
    held_upside_down = hostile.taken_at_a_place(orientation=3)
    assert all(word in held_upside_down for word in (b"Exif", b"SECRETPHONE", b"SECRETCOMMENT"))
    scan = clean(held_upside_down)
    assert (scan.media, scan.pages) == ("image/jpeg", 1)
    assert not any(word in scan.content for word in (b"Exif", b"SECRETPHONE", b"SECRETCOMMENT"))
    assert dict(opened(scan.content).getexif()) == {}
    kept = opened(scan.content).convert("L")
    # The dark corner was turned from top left to bottom right.
    assert (kept.getpixel((2, 2)) > 200, kept.getpixel((37, 27)) < 50) == (True, True)


@pytest.mark.parametrize(("orientation", "size"), [(1, (40, 30)), (6, (30, 40)), (8, (30, 40))])
def test_a_photograph_held_sideways_is_turned(orientation: int, size: tuple[int, int]) -> None:
    assert opened(cleaned(hostile.taken_at_a_place(orientation))[1]).size == size


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "1"])
def test_a_png_keeps_its_pixels_to_the_bit(mode: str) -> None:
    sent = hostile.png() if mode == "1" else hostile.png(mode)
    media, kept, _ = cleaned(sent)
    assert media == "image/png"
    assert opened(kept).convert("RGBA").tobytes() == opened(sent).convert("RGBA").tobytes()


def test_a_pdf_is_kept_as_it_is_with_its_pages_counted() -> None:
    sent = hostile.pdf(3)
    scan = clean(sent)
    assert (scan.media, scan.pages, scan.content) == ("application/pdf", 3, sent)


def test_what_stands_behind_an_image_does_not_come_along() -> None:
    _, kept, _ = cleaned(hostile.jpeg() + hostile.archive() + hostile.HTML)
    assert b"PK\x03\x04" not in kept
    assert b"<script" not in kept


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"\xff", "other_type"),
        (hostile.SVG, "other_type"),
        (hostile.HTML, "other_type"),
        (hostile.archive(), "other_type"),
        (b"GIF89a" + bytes(100), "other_type"),
        (hostile.HTML + hostile.pdf(), "other_type"),
        (hostile.jpeg()[:-200], "damaged"),
        (hostile.jpeg()[:3], "damaged"),
        (b"\xff\xd8\xff" + hostile.HTML, "damaged"),
        (hostile.png()[:-30], "damaged"),
        (hostile.PNG + hostile.SVG, "damaged"),
        (hostile.pdf()[:-30], "damaged"),
        (b"%PDF-1.7\n%%EOF", "damaged"),
        (b"%PDF-1.7\n" + hostile.archive() + b"\n%%EOF", "damaged"),
        (hostile.pdf() + hostile.archive(), "damaged"),
        (hostile.pdf(0), "damaged"),
        (hostile.pdf(MOST_PAGES + 1), "too_many_pages"),
        (hostile.pdf_with_script(), "active"),
        (hostile.pdf_with_attachment(), "active"),
        (hostile.pdf_that_launches(), "active"),
        (hostile.pdf_that_opens_another(), "active"),
        (hostile.pdf_with_escaped_script(), "active"),
        (hostile.pdf_locked(), "locked"),
        (hostile.pixel_flood(), "too_many_pixels"),
    ],
    ids=lambda value: value if isinstance(value, str) else str(len(value)),
)
def test_what_is_hostile_or_no_scan_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(cleaner.Refused) as refused:
        cleaned(content)
    assert str(refused.value) == why


def test_a_refusal_of_the_process_is_said_in_words() -> None:
    assert (refusal(b""), refusal(hostile.SVG)) == ("SCAN_EMPTY", "SCAN_OTHER_TYPE")


@pytest.mark.parametrize("bomb", [hostile.pixel_flood, hostile.text_bomb], ids=["pixels", "text"])
def test_a_bomb_is_refused_before_it_costs_anything(bomb: Callable[[], bytes]) -> None:
    content = bomb()
    assert len(content) < 1_000_000
    began = time.monotonic()
    assert refusal(content) in ("SCAN_TOO_MANY_PIXELS", "SCAN_DAMAGED", "SCAN_TOO_COSTLY")
    assert time.monotonic() - began < 10


def test_without_the_limit_on_pixels_a_flood_would_be_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The protection off: the same file gets as far as being found damaged, not too large."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    with pytest.raises(cleaner.Refused, match="damaged"):
        cleaner.cleaned(hostile.pixel_flood(2_000), pixels=4_000_000, pages=1)
    with pytest.raises(cleaner.Refused, match="too_many_pixels"):
        cleaner.cleaned(hostile.pixel_flood(2_000), pixels=3_999_999, pages=1)


def test_what_brings_the_decoder_down_is_refused_and_nothing_else_falls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bangfu.files.scans.SECONDS", 0.001)
    assert refusal(hostile.jpeg()) == "SCAN_TOO_COSTLY"


def test_every_refusal_has_its_words_in_both_languages() -> None:
    assert all(text.zh and text.en for text in REFUSALS.values())

"""Sealed streams: whole and as written, or refused."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bangfu.kernel.errors import DomainError
from bangfu.privacy.keys import KeyRing
from bangfu.privacy.streams import MAGIC, PIECE, SealedReader, SealedWriter

RING = KeyRing.made()
# In the file: the beginning, the id of the key on its line, the salt.
HEADER = len(MAGIC) + len(RING.current) + 1 + 32
SEALED_PIECE = 4 + PIECE + 16


def sealed(plain: bytes, ring: KeyRing = RING, at_once: int = 1 << 16) -> bytes:
    file = io.BytesIO()
    with SealedWriter(file, ring) as writer:
        for start in range(0, len(plain), at_once):
            writer.write(plain[start : start + at_once])
    return file.getvalue()


def opened(file: bytes, ring: KeyRing = RING) -> bytes:
    return SealedReader(io.BytesIO(file), ring).read()


def refusal(file: bytes, ring: KeyRing = RING) -> str:
    with pytest.raises(DomainError) as refused:
        opened(file, ring)
    return refused.value.code


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 3 * PIECE + 7])
@pytest.mark.parametrize("at_once", [1 << 10, PIECE, 1 << 24])
def test_what_was_written_is_read(size: int, at_once: int) -> None:
    plain = bytes(n % 251 for n in range(size))
    assert opened(sealed(plain, at_once=at_once)) == plain


def test_a_stream_outlives_the_rotation_of_keys_and_no_other_ring_opens_it() -> None:
    file = sealed(b"plain")
    assert opened(file, RING.rotated()) == b"plain"
    assert refusal(file, KeyRing.made()) == "STREAM_KEY_MISSING"


def test_nothing_of_what_is_written_can_be_seen() -> None:
    assert b"371102" not in sealed(b"371102" * 1000)


FILE = sealed(bytes(2 * PIECE + 100))


@given(st.integers(0, len(FILE) - 1))
def test_a_file_cut_anywhere_is_refused(end: int) -> None:
    assert refusal(FILE[:end]) == ("NOT_SEALED" if end < HEADER else "STREAM_CUT")


@given(st.integers(0, len(FILE) - 1), st.integers(1, 255))
def test_a_file_with_any_byte_altered_is_refused(at: int, by: int) -> None:
    altered = bytearray(FILE)
    altered[at] ^= by
    assert refusal(bytes(altered)) in ("NOT_SEALED", "STREAM_KEY_MISSING", "STREAM_ALTERED", "STREAM_CUT")


def test_pieces_moved_left_out_or_added_are_refused() -> None:
    head, one, two, last = FILE[:HEADER], *(FILE[HEADER + n * SEALED_PIECE :][:SEALED_PIECE] for n in range(3))
    assert opened(head + one + two + last) == bytes(2 * PIECE + 100)
    for pieces in (two + one + last, one + last, one + two + two + last, one + two + last + last):
        assert refusal(head + pieces) == "STREAM_ALTERED"
    assert refusal(head + one + two) == "STREAM_CUT"


def test_another_file_is_not_taken_for_one() -> None:
    assert refusal(b"PK\x03\x04" + bytes(1000)) == "NOT_SEALED"

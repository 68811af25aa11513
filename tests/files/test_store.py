"""The store of files: the same bytes once, whole or not there, opened by the ring alone, and removed only when nothing names them."""

import hashlib
import io
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bangfu.files import store as files
from bangfu.files.store import Stored, keys_in_use, missing, open_file, reseal, store, sweep
from bangfu.kernel.errors import DomainError
from bangfu.privacy.keys import KeyRing
from bangfu.privacy.streams import PIECE

RING = KeyRing.made()
LIMIT = 4 * PIECE


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.FILES_FOLDER = tmp_path / "files"
    return tmp_path / "files"


@pytest.fixture(autouse=True)
def nothing_named(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """What rows name, without rows."""
    named: set[str] = set()
    monkeypatch.setattr(files, "named", lambda: named)
    return named


def kept(plain: bytes, ring: KeyRing = RING) -> Stored:
    return store(ring, io.BytesIO(plain), LIMIT)


def opened(sha256: str, ring: KeyRing = RING) -> bytes:
    with open_file(ring, sha256) as file:
        return file.read()


def on_disk(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def refusal(sha256: str, ring: KeyRing = RING) -> str:
    with pytest.raises(DomainError) as refused:
        opened(sha256, ring)
    return refused.value.code


@given(st.binary(max_size=200) | st.sampled_from([bytes(PIECE), bytes(PIECE + 1), bytes(LIMIT)]))
def test_what_was_stored_is_opened_under_its_digest(plain: bytes) -> None:
    assert kept(plain) == Stored(hashlib.sha256(plain).hexdigest(), len(plain))
    assert opened(hashlib.sha256(plain).hexdigest()) == plain


def test_the_same_bytes_are_one_file_that_shows_nothing_and_is_its_owners_alone(folder: Path) -> None:
    assert kept(b"371102" * 1000) == kept(b"371102" * 1000)
    (path,) = on_disk(folder)
    assert b"371102" not in path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0


def test_one_byte_more_than_the_limit_is_refused_and_leaves_nothing(folder: Path) -> None:
    kept(bytes(LIMIT))
    with pytest.raises(DomainError, match=r"1\.04858 MB") as refused:
        kept(bytes(LIMIT + 1))
    assert refused.value.code == "FILE_TOO_LARGE"
    assert len(on_disk(folder)) == 1


@contextmanager
def no_room_beyond(size: int) -> Iterator[None]:
    """The kernel lets no file grow further."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("size", [0, 10, PIECE, 2 * PIECE])
def test_a_disk_that_is_full_is_said_and_nothing_stays(folder: Path, size: int) -> None:
    with no_room_beyond(size), pytest.raises(DomainError) as refused:
        kept(bytes(3 * PIECE))
    assert refused.value.code == "NO_ROOM"
    assert on_disk(folder) == []


class Torn(io.BytesIO):
    """An upload whose sender goes away."""

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell():
            raise ConnectionResetError
        return super().read(size)


def test_an_upload_that_breaks_off_leaves_nothing(folder: Path) -> None:
    with pytest.raises(ConnectionResetError):
        store(RING, Torn(bytes(2 * PIECE)), LIMIT)
    assert on_disk(folder) == []


def test_what_is_altered_cut_swapped_or_gone_is_refused(folder: Path) -> None:
    one, other = kept(bytes(2 * PIECE)), kept(b"other")
    path = {each.name: each for each in on_disk(folder)}
    whole = path[one.sha256].read_bytes()
    path[one.sha256].write_bytes(whole[:-1])
    assert refusal(one.sha256) == "STREAM_CUT"
    path[one.sha256].write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert refusal(one.sha256) == "STREAM_ALTERED"
    path[one.sha256].write_bytes(path[other.sha256].read_bytes())
    assert refusal(one.sha256) == "FILE_ALTERED"
    path[one.sha256].unlink()
    assert refusal(one.sha256) == "FILE_GONE"
    assert missing([one.sha256, other.sha256]) == {one.sha256}


@pytest.mark.parametrize("name", ["", "..", "../../keys.json", "A" * 64, "0" * 63, "0" * 64 + "\n", "partial"])
def test_what_is_no_digest_is_no_file(name: str) -> None:
    assert refusal(name) == "FILE_GONE"


def test_files_are_sealed_anew_and_then_need_no_old_key(folder: Path) -> None:
    stored = [kept(bytes([n]) * n * 100_000) for n in range(1, 5)]
    rotated = RING.rotated()
    assert set(keys_in_use()) == {RING.current}
    assert opened(stored[0].sha256, rotated) == bytes([1]) * 100_000
    assert (reseal(rotated), reseal(rotated)) == (4, 0)
    assert set(keys_in_use()) == {rotated.current}
    assert opened(stored[3].sha256, rotated.without(RING.current)) == bytes([4]) * 400_000
    assert len(on_disk(folder)) == 4


def test_a_damaged_file_keeps_its_key_in_use_and_lets_the_others_be_sealed_anew(folder: Path) -> None:
    damaged, sound = kept(b"damaged"), kept(b"sound")
    path = next(each for each in on_disk(folder) if each.name == damaged.sha256)
    path.write_bytes(path.read_bytes()[:-1])
    rotated = RING.rotated()
    assert reseal(rotated) == 1
    assert keys_in_use() == {RING.current: damaged.sha256, rotated.current: sound.sha256}


def test_a_damaged_file_is_mended_by_storing_its_bytes_again(folder: Path) -> None:
    damaged = kept(b"damaged")
    (path,) = on_disk(folder)
    path.write_bytes(path.read_bytes()[:-1])
    kept(b"damaged")
    assert opened(damaged.sha256) == b"damaged"
    other = KeyRing.made()
    kept(b"damaged", other)
    assert opened(damaged.sha256, other) == b"damaged"


def aged(path: Path, age: timedelta) -> datetime:
    """Let a file that was written just now be older; returns what time it is."""
    now = path.stat().st_mtime
    then = now - age.total_seconds()
    os.utime(path, (then, then))
    return datetime.fromtimestamp(now, UTC)


def test_only_what_no_row_has_named_for_a_day_is_swept(folder: Path, nothing_named: set[str]) -> None:
    named, old, young = kept(b"named"), kept(b"old"), kept(b"young")
    nothing_named.add(named.sha256)
    left = folder / "partial" / "left"
    left.write_bytes(b"half")
    path = {each.name: each for each in on_disk(folder)}
    aged(path[named.sha256], timedelta(days=400))
    aged(path[old.sha256], timedelta(days=1, minutes=1))
    aged(path[young.sha256], timedelta(hours=23, minutes=59))
    now = aged(left, timedelta(days=2))
    assert sweep(now) == 2
    assert {each.name for each in on_disk(folder)} == {named.sha256, young.sha256}


def test_a_file_stored_again_is_young_again(folder: Path) -> None:
    again = kept(b"again")
    now = aged(on_disk(folder)[0], timedelta(days=30))
    kept(b"again")
    assert sweep(now) == 0
    assert opened(again.sha256) == b"again"


def test_what_is_stored_while_the_sweep_is_at_it_is_put_back(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    again = kept(b"again")
    now = aged(on_disk(folder)[0], timedelta(days=30))
    rename = Path.rename

    def stored_just_before(self: Path, target: Any) -> Path:
        monkeypatch.setattr(Path, "rename", rename)
        kept(b"again")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", stored_just_before)
    assert sweep(now) == 0
    assert opened(again.sha256) == b"again"

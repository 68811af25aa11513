"""The store: one sealed file for the same bytes, whole or not there, readable only with the key ring.

A file is stored before the row that names it is committed. If that row never comes, the file is harmless, and `sweep` removes it a day
later. A file never changes but for its seal; so a backup may copy it at any time.
"""

import errno
import hashlib
import io
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, cast

from django.conf import settings

from bangfu.files.fields import named
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.privacy.keys import KeyRing
from bangfu.privacy.streams import SealedReader, SealedWriter, key_of_stream

KEPT_UNNAMED = timedelta(days=1)
_ADDRESS = re.compile(r"[0-9a-f]{64}")
_PIECE = 1 << 18
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@dataclass(frozen=True, slots=True)
class Stored:
    """A file in the store: the SHA-256 of its plain bytes, which is its name, and how many they are."""

    sha256: str
    size: int


def store(ring: KeyRing, stream: IO[bytes], limit: int) -> Stored:
    """Keep what a stream holds. Raises DomainError for more than `limit` bytes, and where the disk has no room; then nothing is left behind."""
    with writing(ring) as new:
        while piece := stream.read(_PIECE):
            if new.size + len(piece) > limit:
                raise _too_large(limit)
            new.write(piece)
    return new.stored


def open_file(ring: KeyRing, sha256: str) -> IO[bytes]:
    """The plain bytes of a stored file, all of them seen to be what was stored before the first is given.

    Raises DomainError where it is not there, its key is not in the ring, or it was altered, cut or put in another's place.
    """
    try:
        file = _path(sha256).open("rb")
    except FileNotFoundError as problem:
        raise _gone(sha256) from problem
    try:
        whole = io.BufferedReader(SealedReader(file, ring), _PIECE)
        if hashlib.file_digest(whole, "sha256").hexdigest() != sha256:
            raise _another()
        file.seek(0)
        return cast("IO[bytes]", _Plain(file, ring))
    except BaseException:
        file.close()
        raise


def missing(files: Iterable[str]) -> set[str]:
    """Those that are not in the store."""
    return {each for each in set(files) if not _path(each).is_file()}


class Writing:
    """A file on its way into the store; `stored` is known once it is there."""

    stored: Stored

    def __init__(self, sealed: SealedWriter) -> None:
        self._sealed = sealed
        self._digest = hashlib.sha256()
        self.size = 0

    def write(self, piece: bytes) -> int:
        self._sealed.write(piece)
        self._digest.update(piece)
        self.size += len(piece)
        return len(piece)

    def digest(self) -> str:
        return self._digest.hexdigest()


@contextmanager
def writing(ring: KeyRing) -> Iterator[Writing]:
    """Take a file piece by piece. It has its name only once it is whole and on disk. Raises DomainError where there is no room."""
    with _partial() as (partial, file):
        with SealedWriter(file, ring) as sealed:
            new = Writing(sealed)
            yield new
        _sync(file)
        new.stored = Stored(new.digest(), new.size)
        path = _path(new.stored.sha256)
        if _is_sound(ring, path):
            # The same bytes again: it is wanted anew, and `sweep` lets it be.
            with suppress(FileNotFoundError):
                os.utime(path)
                return
        _into_place(partial, path)


def reseal(ring: KeyRing) -> int:
    """Seal with the current key what was sealed with an older one; returns how many. Killed anywhere, it is simply run again.

    A file that cannot be read stays as it is: its key would be needed by whoever mends it, and `keys_in_use` says so.
    """
    done = 0
    for path in _all():
        with suppress(DomainError, FileNotFoundError):
            if _key_of(path) == ring.current:
                continue
            with open_file(ring, path.name) as plain, _partial() as (partial, file):
                with SealedWriter(file, ring) as sealed:
                    while piece := plain.read(_PIECE):
                        sealed.write(piece)
                _sync(file)
                _into_place(partial, path)
            done += 1
    return done


def keys_in_use() -> dict[str, str]:
    """The ids of the keys without which something here could not be read, each with a file that it sealed."""
    found = {}
    for path in _all():
        with suppress(DomainError, FileNotFoundError):
            found[_key_of(path)] = path.name
    return found


def sweep(at: datetime) -> int:
    """Remove what no row names and nobody has stored within a day, and what was left half-written. Returns how many."""
    before, kept, gone = (at - KEPT_UNNAMED).timestamp(), named(), 0
    for path in (*_all(), *_folder("partial").glob("*")):
        with suppress(FileNotFoundError):
            if path.name in kept or path.stat().st_mtime > before:
                continue
            aside = _folder("partial") / secrets.token_hex(8)
            path.rename(aside)
            if aside.stat().st_mtime > before:  # somebody stored the same bytes just now
                aside.rename(path)
                continue
            aside.unlink()
            gone += 1
    return gone


def unreadable(ring: KeyRing) -> dict[str, DomainError]:
    """Of the files that rows name, those that are missing, altered or sealed with a key that the ring has not; and why. Reads them all."""
    found = {}
    for each in sorted(named()):
        try:
            open_file(ring, each).close()
        except DomainError as problem:
            found[each] = problem
    return found


# ---- on disk


def _is_sound(ring: KeyRing, path: Path) -> bool:
    """Whether the file is there and can be given out; one that is not is mended by whoever has its bytes."""
    try:
        open_file(ring, path.name).close()
    except DomainError:
        return False
    return True


def _folder(name: str) -> Path:
    folder: Path = settings.FILES_FOLDER / name
    return folder


def _path(sha256: str) -> Path:
    """Two levels, since a folder of a million files is slow on some disks. What is no digest is no address."""
    if not _ADDRESS.fullmatch(sha256):
        raise _gone(sha256)
    return _folder(sha256[:2]) / sha256


def _all() -> Iterator[Path]:
    return (path for path in sorted(settings.FILES_FOLDER.glob("[0-9a-f][0-9a-f]/*")) if _ADDRESS.fullmatch(path.name))


@contextmanager
def _partial() -> Iterator[tuple[Path, IO[bytes]]]:
    """A new file under a name of no meaning, which is removed if it does not get another. Raises DomainError where there is no room."""
    folder = _folder("partial")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / secrets.token_hex(8)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            yield path, file
    except OSError as problem:
        if problem.errno in _NO_ROOM:
            raise _no_room() from problem
        raise
    finally:
        path.unlink(missing_ok=True)


def _into_place(partial: Path, path: Path) -> None:
    path.parent.mkdir(exist_ok=True, mode=0o700)
    partial.replace(path)
    # The name is on disk only when the folder is.
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _sync(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


class _Plain(io.BufferedReader):
    """Reads what is sealed in a file, and closes that file with itself."""

    def __init__(self, file: IO[bytes], ring: KeyRing) -> None:
        super().__init__(SealedReader(file, ring), _PIECE)
        self._file = file

    def close(self) -> None:
        super().close()
        self._file.close()


def _key_of(path: Path) -> str:
    with path.open("rb") as file:
        return key_of_stream(file)


# ---- refusals


def _too_large(limit: int) -> DomainError:
    return DomainError(
        "FILE_TOO_LARGE",
        Text(
            f"文件超过 {limit / 1_000_000:g} MB，没有保存。请缩小后再传。",
            f"The file is larger than {limit / 1_000_000:g} MB and was not kept. Make it smaller, then try again.",
        ),
    )


def _no_room() -> DomainError:
    return DomainError(
        "NO_ROOM",
        Text(
            "服务器磁盘已满，文件没有保存。请告诉系统管理员。",
            "The server's disk is full and the file was not kept. Tell the administrator.",
        ),
    )


def _gone(sha256: str) -> DomainError:
    return DomainError(
        "FILE_GONE",
        Text(
            f"文件 {sha256[:12]} 不在文件库里。请告诉系统管理员，从备份恢复。",
            f"File {sha256[:12]} is not in the store. Tell the administrator, who has a backup.",
        ),
    )


def _another() -> DomainError:
    return DomainError(
        "FILE_ALTERED",
        Text(
            "文件内容与登记的摘要不符，没有采用。请告诉系统管理员，从备份恢复。",
            "The file is not the one that was stored and is not used. Tell the administrator, who has a backup.",
        ),
    )

"""Sealed streams: what leaves the installation as one file, readable only with the ring, whole or not at all.

AES-256-GCM over numbered pieces, of which the last is marked: the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015). A piece that
is altered, moved, left out or added, and an end that is missing, are refused. Each stream has a key of its own (HKDF-SHA256).
"""

import io
import secrets
import struct
from typing import IO, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.privacy.keys import KeyRing

MAGIC = b"bangfu-sealed-1\n"
PIECE = 1 << 18
_SALT_BYTES, _TAG_BYTES = 32, 16
# The length of a sealed piece; its highest bit marks the last one.
_HEAD = struct.Struct(">I")
_LAST = 1 << 31
_LONGEST_KEY_ID = 64


class SealedWriter(io.RawIOBase):
    """Seals what is written to it with the ring's current key. Closing writes the last piece, and leaves `file` open."""

    def __init__(self, file: IO[bytes], ring: KeyRing) -> None:
        salt = secrets.token_bytes(_SALT_BYTES)
        self._file = file
        self._header = MAGIC + ring.current.encode() + b"\n" + salt
        self._cipher = AESGCM(_stream_key(ring.sealing[ring.current], salt))
        self._held = bytearray()
        self._number = 0
        file.write(self._header)

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._held += data
        # One byte more: a piece is only known not to be the last when something follows it.
        while len(self._held) > PIECE:
            self._seal(bytes(self._held[:PIECE]), last=False)
            del self._held[:PIECE]
        return len(data)

    def close(self) -> None:
        try:
            if not self.closed:
                self._seal(bytes(self._held), last=True)
        finally:
            super().close()

    def _seal(self, plain: bytes, *, last: bool) -> None:
        sealed = self._cipher.encrypt(_nonce(self._number, last=last), plain, self._header)
        self._file.write(_HEAD.pack(len(sealed) | (_LAST if last else 0)) + sealed)
        self._number += 1


class SealedReader(io.RawIOBase):
    """Opens what a SealedWriter wrote. Reading raises DomainError: not such a file, no such key in the ring, altered, or cut."""

    def __init__(self, file: IO[bytes], ring: KeyRing) -> None:
        self._file = file
        name = key_of_stream(file)
        salt = file.read(_SALT_BYTES)
        if len(salt) < _SALT_BYTES:
            raise _not_sealed()
        if name not in ring.sealing:
            raise _other_ring(name)
        self._header = MAGIC + name.encode() + b"\n" + salt
        self._cipher = AESGCM(_stream_key(ring.sealing[name], salt))
        self._open = memoryview(b"")
        self._number = 0
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._open and not self._ended:
            self._next()
        n = min(len(buffer), len(self._open))
        buffer[:n] = self._open[:n]
        self._open = self._open[n:]
        return n

    def _next(self) -> None:
        head = self._file.read(_HEAD.size)
        if len(head) < _HEAD.size:
            raise _cut()
        (said,) = _HEAD.unpack(head)
        last, length = bool(said & _LAST), said & ~_LAST
        if not _TAG_BYTES <= length <= PIECE + _TAG_BYTES:
            raise _altered()
        sealed = self._file.read(length)
        if len(sealed) < length:
            raise _cut()
        try:
            self._open = memoryview(self._cipher.decrypt(_nonce(self._number, last=last), sealed, self._header))
        except InvalidTag as problem:
            raise _altered() from problem
        if last and self._file.read(1):
            raise _altered()
        self._number += 1
        self._ended = last


def key_of_stream(file: IO[bytes]) -> str:
    """The id of the key with which a stream was sealed, read from its beginning. Raises DomainError for what is no such stream."""
    magic = file.read(len(MAGIC))
    key_id = file.readline(_LONGEST_KEY_ID)
    if magic != MAGIC or not key_id.endswith(b"\n"):
        raise _not_sealed()
    return key_id[:-1].decode(errors="replace")


def _stream_key(key: bytes, salt: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt, b"bangfu sealed stream").derive(key)


def _nonce(number: int, *, last: bool) -> bytes:
    return struct.pack(">3xQ?", number, last)


def _not_sealed() -> DomainError:
    return DomainError(
        "NOT_SEALED",
        Text(
            "这不是本系统加密写出的文件，或文件头已损坏。",
            "This is no file that this program sealed, or its beginning is damaged.",
        ),
    )


def _other_ring(name: str) -> DomainError:
    return DomainError(
        "STREAM_KEY_MISSING",
        Text(
            f"这个文件是用密钥 {name} 加密的，现用的密钥环里没有它。请先恢复当时的密钥环（BANGFU_KEY_RING）。",
            f"This file was sealed with key {name}, which the key ring does not have. Restore the ring of that time first (BANGFU_KEY_RING).",
        ),
    )


def _altered() -> DomainError:
    return DomainError(
        "STREAM_ALTERED",
        Text(
            "文件内容被改动过或已损坏，没有采用其中任何内容。请换用另一份备份。",
            "The file was altered or is damaged; nothing of it was used. Take another copy.",
        ),
    )


def _cut() -> DomainError:
    return DomainError(
        "STREAM_CUT",
        Text(
            "文件不完整，末尾缺失，没有采用其中任何内容。请换用另一份备份。",
            "The file is cut short; nothing of it was used. Take another copy.",
        ),
    )

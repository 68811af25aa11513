"""The key ring: a file outside the database and outside its backup, with the keys that seal, find and witness.

AES-256-GCM seals (NIST SP 800-38D, a fresh 96-bit nonce each time); HMAC-SHA256 makes blind indexes and witnesses. Whoever has the
database alone can neither read what is sealed nor try numbers against an index; whoever loses the ring loses what it sealed.
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text

FORMAT = 1
_KEY_BYTES, _NONCE_BYTES = 32, 12


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Keys by their ids. `current` seals what is new; the others open what was sealed before.

    The index key has no successor: an index made with another key would find nothing of what is there.
    """

    sealing: Mapping[str, bytes]
    current: str
    index: bytes
    witness: bytes

    @classmethod
    def made(cls) -> Self:
        first = _key_id()
        return cls({first: secrets.token_bytes(_KEY_BYTES)}, first, *(secrets.token_bytes(_KEY_BYTES) for _ in "iw"))

    def rotated(self) -> "KeyRing":
        """With a new current key; the old ones stay until nothing is sealed with them."""
        new = _key_id()
        return KeyRing({**self.sealing, new: secrets.token_bytes(_KEY_BYTES)}, new, self.index, self.witness)

    def without(self, key_id: str) -> "KeyRing":
        """Without a key that seals nothing any more. Raises DomainError for the current one."""
        if key_id == self.current:
            raise DomainError(
                "KEY_IN_USE",
                Text(f"密钥 {key_id} 正在使用，不能移除。", f"Key {key_id} is the current one and cannot be removed."),
            )
        return KeyRing({k: v for k, v in self.sealing.items() if k != key_id}, self.current, self.index, self.witness)

    def seal(self, plain: str, place: str) -> str:
        """Seal a text for one place (a row's field); it opens nowhere else, so that rows cannot be swapped."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = AESGCM(self.sealing[self.current]).encrypt(nonce, plain.encode(), place.encode())
        return f"{self.current}:{base64.urlsafe_b64encode(nonce + sealed).decode()}"

    def open(self, sealed: str, place: str) -> str:
        """Raises DomainError where the key is not in the ring, or the text was sealed for another place or altered."""
        key_id, _, body = sealed.partition(":")
        key = self.sealing.get(key_id)
        if key is None:
            raise DomainError(
                "KEY_MISSING",
                Text(
                    f"密钥环里没有密钥 {key_id}，无法读出加密内容。请用当时的密钥环备份恢复。",
                    f"The key ring has no key {key_id}, so what it sealed cannot be read. Restore the ring's own backup.",
                ),
            )
        try:
            raw = base64.b64decode(body, altchars=b"-_", validate=True)
            if base64.urlsafe_b64encode(raw).decode() != body:  # other spellings of the same bytes
                raise ValueError(body)
            return AESGCM(key).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], place.encode()).decode()
        except (InvalidTag, ValueError) as problem:
            raise DomainError(
                "SEAL_BROKEN",
                Text(
                    "加密内容与所在的记录不符，可能被改动或移动过。请报告系统管理员。",
                    "What is sealed does not belong to this record; it was altered or moved. Tell the administrator.",
                ),
            ) from problem

    def blind_index(self, plain: str, column: str) -> str:
        """The same for the same text in the same column, and of use to nobody without the key."""
        return _hmac(self.index, column, plain)

    def witnessed(self, content: bytes) -> str:
        """What shows that this program wrote something."""
        return hmac.new(self.witness, content, hashlib.sha256).hexdigest()


def key_of(sealed: str) -> str:
    """The id of the key with which a text was sealed."""
    return sealed.partition(":")[0]


def load_ring(path: Path) -> KeyRing:
    """Raises DomainError where there is no ring, or it cannot be read as one."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["format"] != FORMAT:
            raise ValueError(kept["format"])
        sealing = {name: _bytes(key) for name, key in kept["sealing"].items()}
        ring = KeyRing(sealing, kept["current"], _bytes(kept["index"]), _bytes(kept["witness"]))
    except FileNotFoundError as problem:
        raise DomainError(
            "NO_KEY_RING",
            Text(
                f"找不到密钥环：{path}。新装请运行 bangfu server keys create；已有数据则须恢复原来的密钥环。",
                f"There is no key ring at {path}. For a new installation run bangfu server keys create; "
                "where there are data, restore the ring they were sealed with.",
            ),
        ) from problem
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise _unreadable(path) from problem
    if ring.current not in ring.sealing:
        raise _unreadable(path)
    return ring


def save_ring(ring: KeyRing, path: Path) -> None:
    """Write the ring so that a crash leaves the old one or the new one; only its owner can read it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = path.with_suffix(".new")
    kept: dict[str, Any] = {
        "format": FORMAT,
        "current": ring.current,
        "sealing": {name: _text(key) for name, key in ring.sealing.items()},
        "index": _text(ring.index),
        "witness": _text(ring.witness),
    }
    aside.unlink(missing_ok=True)
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(kept, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


def _unreadable(path: Path) -> DomainError:
    return DomainError(
        "KEY_RING_UNREADABLE",
        Text(
            f"密钥环读不出来：{path}。请从它自己的备份恢复。",
            f"The key ring at {path} cannot be read. Restore it from its own backup.",
        ),
    )


def _key_id() -> str:
    return f"k{secrets.token_hex(4)}"


def _hmac(key: bytes, column: str, plain: str) -> str:
    # The length keeps "ab" + "c" apart from "a" + "bc".
    return hmac.new(key, f"{len(column)}:{column}:{plain}".encode(), hashlib.sha256).hexdigest()


def _bytes(text: str) -> bytes:
    key = base64.b64decode(text, validate=True)
    if len(key) != _KEY_BYTES:
        raise ValueError("length")
    return key


def _text(key: bytes) -> str:
    return base64.b64encode(key).decode()

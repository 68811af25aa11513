"""Marks of how far the chain had come, in a file outside the database that this program only adds to.

Who rewrites the whole database, or cuts its tail, cannot make it agree with a mark that lies elsewhere. Each mark carries a
witness; where the file can be copied to another machine, it should be.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.privacy.keys import KeyRing


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The chain's length and the digest of its last link at a moment."""

    at: str
    number: int
    digest: str


def add_checkpoint(path: Path, number: int, digest: str, *, at: datetime, ring: KeyRing) -> Checkpoint:
    """Append a mark and see it on disk before returning it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    mark = Checkpoint(at.astimezone(UTC).isoformat(), number, digest)
    said = asdict(mark)
    line = json.dumps({**said, "witness": ring.witnessed(_content(said))}) + "\n"
    with path.open("a+b") as file:
        _drop_cut_line(file)
        file.write(line.encode())
        file.flush()
        os.fsync(file.fileno())
    return mark


def checkpoints(path: Path, ring: KeyRing) -> Iterator[Checkpoint]:
    """The marks of a file, oldest first. Raises DomainError for a line that this program did not write.

    A last line without its end was cut by a crash while it was written, and counts for nothing.
    """
    if not path.exists():
        return
    for n, line in enumerate(path.read_text(encoding="utf-8").splitlines(keepends=True), start=1):
        if not line.endswith("\n"):
            return
        mark = _mark(line, ring)
        if mark is None:
            raise DomainError(
                "CHECKPOINT_FORGED",
                Text(
                    f"检查点文件第 {n} 行不是本系统写的：{path}", f"Line {n} of {path} was not written by this program."
                ),
            )
        yield mark


def _drop_cut_line(file: BinaryIO) -> None:
    """What a crash or a full disk left of a mark would make one forged line with the next."""
    file.seek(0)
    kept = file.read().rfind(b"\n") + 1
    if file.tell() > kept:
        file.truncate(kept)


def _mark(line: str, ring: KeyRing) -> Checkpoint | None:
    """The mark of a line; None where this program did not write it."""
    try:
        said = json.loads(line)
        witness = said.pop("witness")
        return Checkpoint(**said) if ring.witnessed(_content(said)) == witness else None
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _content(mark: dict[str, object]) -> bytes:
    return json.dumps(mark, sort_keys=True).encode()

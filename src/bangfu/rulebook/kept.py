"""Rulebooks that were read and found right, kept for processes to come: to read and check the shipped one takes a third of what a small assessment does.

A kept book is to the rules' files what byte code is to a module's: it lies in `__pycache__` beside the byte code of this package (where Python's own
settings say), whoever may write it may write that, and it counts only for the very text it was made of. Where none can be written, each process reads.
"""

import hashlib
import os
import pickle
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from importlib.util import cache_from_source
from pathlib import Path

from bangfu.kernel.collecting import uncollected
from bangfu.rulebook.book import Book
from bangfu.rulebook.source import digest_of_files, digest_of_folder

# Of the shipped book, and of it with some local layers. The one that nobody has asked for longest goes.
_MOST = 8
_ENDING = ".book"
# What makes a book of the files: our own packages, and those that read YAML and SQL.
_OURS = ("rulebook", "kernel")
_READERS = ("PyYAML", "sqlglot")


def shipped_rules() -> Path:
    """The folder of the shipped book: inside an installed package, else at the root of the checkout."""
    packaged = Path(str(files("bangfu"))) / "rules"
    return packaged if packaged.is_dir() else Path(__file__).resolve().parents[3] / "rules"


@cache
def shipped_book() -> Book:
    return read_book([shipped_rules()])


def read_book(folders: Sequence[Path]) -> Book:
    """The book of some layers, lowest first: a kept one, or read, checked and kept. Raises what `load_book` raises; a book with faults is not kept."""
    path = _place(folders)
    book = _kept(path)
    if book is None:
        # What reads and checks a book takes as long to load as a kept one takes to read.
        from bangfu.rulebook.load import load_book  # noqa: PLC0415

        book = load_book(folders)
        # Not where somebody wrote to the files meanwhile: of which text the book is nobody knows then.
        if _place(folders) == path:
            _keep(book, path)
    return book


def _place(folders: Sequence[Path]) -> Path:
    """Where the book of these layers is kept, by what they and the program hold."""
    made_of = [sys.version, *(f"{name} {version(name)}" for name in _READERS), _digest_of_program()]
    made_of += [f"{folder.name} {digest_of_folder(folder)}" for folder in folders]
    digest = hashlib.sha256("\n".join(made_of).encode()).hexdigest()
    return Path(cache_from_source(__file__)).with_name(digest + _ENDING)


@cache
def _digest_of_program() -> str:
    program = Path(str(files("bangfu")))
    ours = [path for package in _OURS for path in sorted((program / package).rglob("*"))]
    return digest_of_files(program, [path for path in ours if path.is_file() and path.parent.name != "__pycache__"])


@uncollected()
def _kept(path: Path) -> Book | None:
    """The book kept there, whole: one that a machine wrote half before it went down says so by its digest."""
    try:
        digest, packed = path.read_bytes().split(b"\n", 1)
    except (OSError, ValueError):
        return None
    if hashlib.sha256(packed).hexdigest().encode() != digest:
        return None
    book: Book = pickle.loads(packed)  # noqa: S301  # as much to be trusted as the byte code beside it
    with suppress(OSError):  # of another's nobody need know that it was asked for
        os.utime(path)
    return book


def _keep(book: Book, path: Path) -> None:
    if sys.dont_write_bytecode:
        return
    # A folder that is another's, or full, keeps none; then the next process reads as this one did.
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, pickle.dumps(book, protocol=pickle.HIGHEST_PROTOCOL))
        kept = sorted(path.parent.glob(f"*{_ENDING}"), key=lambda other: other.stat().st_mtime)
        for other in kept[:-_MOST]:
            other.unlink()


def _write(path: Path, packed: bytes) -> None:
    """Whole or not at all, for whoever may read the program."""
    handle, name = tempfile.mkstemp(suffix=_ENDING, dir=path.parent)
    aside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(packed).hexdigest().encode() + b"\n" + packed)
        aside.chmod(Path(__file__).stat().st_mode & 0o666)
        aside.replace(path)
    except OSError:
        aside.unlink()
        raise


__all__ = ["read_book", "shipped_book", "shipped_rules"]

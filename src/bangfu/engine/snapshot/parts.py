"""What a snapshot is made from: one register, or a folder of registers that are read one after another."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bangfu.engine.register.folder import folded, table_names
from bangfu.kernel.schema import schema


@dataclass(frozen=True, slots=True)
class Part:
    """A register among several, by the name of its folder; the only one has the name ""."""

    name: str
    path: Path


def find_parts(source: Path) -> tuple[Part, ...]:
    """The registers of a folder in the order of their names; what is no folder of registers is one register itself.

    One sub-folder with a table makes all of them registers: one without must be missed, and not passed over.
    """
    if not source.is_dir() or _has_table(source):
        return (Part("", source),)
    folders = sorted(
        path
        for path in source.iterdir()
        if path.is_dir() and not path.name.startswith(".") and path.suffix != ".partial"
    )
    if not any(map(_has_table, folders)):
        return (Part("", source),)
    return tuple(Part(folder.name, folder) for folder in folders)


def fingerprint(parts: Sequence[Part]) -> list[list[object]]:
    """Every file of the parts with size and time of change: whether what a run went on from is still what it was."""
    return [[name, file.name, file.stat().st_size, file.stat().st_mtime_ns] for name, file in _files(parts)]


def size_of(parts: Sequence[Part]) -> int:
    """Bytes of all files of the parts."""
    return sum(file.stat().st_size for _, file in _files(parts))


def _files(parts: Sequence[Part]) -> Iterator[tuple[str, Path]]:
    for part in parts:
        files = sorted(part.path.iterdir()) if part.path.is_dir() else [part.path]
        yield from ((part.name, file) for file in files if file.is_file())


def _has_table(folder: Path) -> bool:
    names = table_names(schema())
    return any(folded(path.stem) in names and path.is_file() for path in folder.iterdir())

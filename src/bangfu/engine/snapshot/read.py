"""Open a snapshot and show its tables in a connection; what is unfinished, damaged or of another version is refused."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from bangfu.engine.results.target import MANIFEST
from bangfu.engine.results.write import digest_of
from bangfu.engine.snapshot.layout import (
    KIND,
    SCHEMA_VERSION,
    TABLES,
    TELLTALE,
    Region,
    columns_of,
    file_of,
    stored,
    whole,
)
from bangfu.kernel.errors import BrokenOff, DomainError
from bangfu.kernel.schema import schema
from bangfu.kernel.words import Text


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A whole snapshot; `regions` in the order of their numbers, `manifest` as it stands in the file."""

    path: Path
    manifest: Mapping[str, Any]
    regions: tuple[Region, ...]

    @property
    def counts(self) -> dict[str, int]:
        """Rows by table."""
        return rows_of(self.regions)

    @property
    def bytes(self) -> int:
        return sum(piece.bytes for region in self.regions for piece in region.files.values())

    def regions_of(self, codes: Sequence[str]) -> list[Region]:
        """The regions that may have households of these prefixes, as far as their own prefixes tell; for none, all with households."""

        def touches(prefix: str) -> bool:
            return not codes or any(code.startswith(prefix) or prefix.startswith(code) for code in codes)

        return [region for region in self.regions if region.households and touches(region.prefix)]

    @property
    def policies(self) -> frozenset[str]:
        """Every policy that a receipt names."""
        return frozenset(policy for region in self.regions for policy in region.policies)

    def check(self, region: Region, tables: Sequence[str] = TABLES) -> None:
        """Read a region's files through. Raises DomainError naming the first that is not what the manifest says.

        About two thirds of a second a gigabyte, so that it is done before every reading.
        """
        for table in tables:
            check_piece(self.path, region, table, through=True)


def is_snapshot(path: Path) -> bool:
    """Whether a folder is a snapshot, whole or not: `open_snapshot` takes it or says what is the matter with it."""
    return path.is_dir() and (_has_regions(path) or _says_snapshot(path / MANIFEST))


def open_snapshot(path: Path) -> Snapshot:
    """Read the manifest and look whether every file is there in its size. Raises DomainError."""
    if not (path / MANIFEST).exists():
        raise _unfinished(path) if _has_regions(path) else _no_snapshot(path)
    if not (path / MANIFEST).is_file():
        raise damaged(path / MANIFEST) if _has_regions(path) else _no_snapshot(path)
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        kind, version = manifest["kind"], manifest["schema_version"]
        if kind != KIND:
            # Beside regions no other thing's manifest has any business.
            raise damaged(path / MANIFEST) if _has_regions(path) else _no_snapshot(path)
        if version != SCHEMA_VERSION:
            raise _other_version(path, version)
        regions = tuple(Region.from_json(said) for said in manifest["regions"])
        holds = _goes_on(regions) and _is_told(manifest) and manifest["counts"] == rows_of(regions)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise damaged(path / MANIFEST) from error
    if not holds:
        raise damaged(path / MANIFEST)
    for region in regions:
        for table in TABLES:
            check_piece(path, region, table, through=False)
    return Snapshot(path, manifest, regions)


def rows_of(regions: Sequence[Region]) -> dict[str, int]:
    """Rows by table."""
    return {table: sum(region.files[table].rows for region in regions) for table in TABLES}


def _goes_on(regions: Sequence[Region]) -> bool:
    """Whether each region is another, and begins where the one before it ends: who lives between two would be judged with neither."""
    household = person = 0
    for region in regions:
        if (region.first_household, region.first_person) != (household, person):
            return False
        household, person = region.last_household + 1, region.last_person + 1
    return len({region.name for region in regions}) == len(regions)


def _is_told(manifest: Mapping[str, Any]) -> bool:
    """Whether it says what was set aside and what there was to note, for results to say it again. Raises KeyError or TypeError for what no manifest says."""
    aside, told = manifest["set_aside"], manifest["as_told"]
    return (
        whole(aside["households"])
        and whole(aside["rows"])
        and isinstance(told, list)
        and all(_is_text(note) for note in told)
    )


def _is_text(note: object) -> bool:
    return (
        isinstance(note, dict) and note.keys() == {"zh", "en"} and all(isinstance(text, str) for text in note.values())
    )


def attach(
    con: duckdb.DuckDBPyConnection,
    snapshot: Snapshot,
    regions: Sequence[Region],
    *,
    households: tuple[int, int] | None = None,
    check: bool = True,
) -> None:
    """Show the six tables of some regions as temporary views under their own names, replacing what was shown before.

    `households` narrows them to the numbers from the first to the last, both included; row groups outside are not read.
    Raises DomainError naming a file that is not what the manifest says, unless `check` is off.
    """
    if check:
        _check(snapshot, regions)
    _show(con, snapshot, regions, "TEMP VIEW", TABLES, households)


def load(
    con: duckdb.DuckDBPyConnection,
    snapshot: Snapshot,
    regions: Sequence[Region],
    *,
    households: tuple[int, int] | None = None,
    check: bool = True,
) -> None:
    """The same as `attach` with tables in place of views, for what is read more than once."""
    if check:
        _check(snapshot, regions)
    _show(con, snapshot, regions, "TEMP TABLE", TABLES, households)


def read_in(con: duckdb.DuckDBPyConnection, snapshot: Snapshot, regions: Sequence[Region]) -> None:
    """The same as lasting tables, as the reader of a raw register leaves them: without the wide ones. Raises DomainError as `attach` does."""
    _check(snapshot, regions)
    _show(con, snapshot, regions, "TABLE", tuple(schema().tables))


def check_piece(folder: Path, region: Region, table: str, *, through: bool) -> None:
    """Whether a file of a region below `folder` has its size and, read `through`, its digest. Raises DomainError."""
    file, piece = folder / region.name / file_of(table), region.files[table]
    if not file.is_file():
        raise _missing(file)
    if file.stat().st_size != piece.bytes or (through and digest_of(file) != piece.sha256):
        raise damaged(file)


def _check(snapshot: Snapshot, regions: Sequence[Region]) -> None:
    for region in regions:
        snapshot.check(region)


def _show(
    con: duckdb.DuckDBPyConnection,
    snapshot: Snapshot,
    regions: Sequence[Region],
    kind: str,
    tables: Sequence[str],
    households: tuple[int, int] | None = None,
) -> None:
    drop(con, TABLES)
    inside = f"WHERE household_no BETWEEN {households[0]} AND {households[1]}" if households else ""
    for table in tables:
        files = stored(snapshot.path / region.name / file_of(table) for region in regions)
        columns = ", ".join(f'"{column}"' for column in columns_of(table))
        con.execute(f"CREATE {kind} {table} AS SELECT {columns} FROM {files} {inside}")


def drop(con: duckdb.DuckDBPyConnection, names: Sequence[str]) -> None:
    """Drop the temporary views and tables of these names that there are."""
    shown = con.execute(
        "SELECT 'VIEW', view_name AS name FROM duckdb_views() WHERE temporary AND NOT internal AND list_contains($names, view_name) "
        "UNION ALL SELECT 'TABLE', table_name FROM duckdb_tables() WHERE temporary AND list_contains($names, table_name)",
        {"names": list(names)},
    ).fetchall()
    for kind, name in shown:
        con.execute(f"DROP {kind} temp.{name}")


def _says_snapshot(manifest: Path) -> bool:
    """Of a manifest that cannot be read nobody can say whose it is; without a region beside it, it is no snapshot's."""
    try:
        return bool(json.loads(manifest.read_text(encoding="utf-8"))["kind"] == KIND)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False


def _has_regions(path: Path) -> bool:
    """Whether regions lie in the folder, or in the `result` of a working folder: whatever its manifest says, it is a snapshot, and no folder of registers."""
    return any(path.glob(f"*/{file_of(TELLTALE)}")) or any(path.glob(f"result/*/{file_of(TELLTALE)}"))


def _unfinished(path: Path) -> DomainError:
    return DomainError(
        "SNAPSHOT_UNFINISHED",
        Text(
            f"“{path}”里的快照没有做完（缺少 {MANIFEST}），不能使用。请用原来的命令加 --resume 接着做：bangfu prepare … --resume。",
            f"The snapshot in {path} is unfinished (no {MANIFEST}) and cannot be used. "
            "Give the same command again with --resume: bangfu prepare … --resume.",
        ),
    )


def _no_snapshot(path: Path) -> DomainError:
    return DomainError(
        "NOT_A_SNAPSHOT",
        Text(
            f"“{path}”不是快照。请给出 bangfu prepare 写出的文件夹。",
            f"{path} is no snapshot. Give a folder that bangfu prepare wrote.",
        ),
    )


def _other_version(path: Path, version: object) -> DomainError:
    return DomainError(
        "SNAPSHOT_VERSION",
        Text(
            f"快照“{path}”的版本是 {version}，本程序只读版本 {SCHEMA_VERSION}。请用 bangfu prepare 重新生成。",
            f"The snapshot {path} is of version {version}, and this program reads version {SCHEMA_VERSION}. "
            "Make it again with bangfu prepare.",
        ),
    )


def _missing(file: Path) -> BrokenOff:
    return BrokenOff(
        "SNAPSHOT_INCOMPLETE",
        Text(
            f"快照缺少文件 {file}。请重新复制快照，或用 bangfu prepare 重新生成。",
            f"The snapshot lacks the file {file}. Copy the snapshot again, or make it again with bangfu prepare.",
        ),
    )


def damaged(file: Path) -> BrokenOff:
    return BrokenOff(
        "SNAPSHOT_DAMAGED",
        Text(
            f"快照文件 {file} 已损坏或被改动，未使用。请重新复制快照，或用 bangfu prepare 重新生成。",
            f"The snapshot's file {file} is damaged or was changed, and was not used. "
            "Copy the snapshot again, or make it again with bangfu prepare.",
        ),
    )

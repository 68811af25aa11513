"""The shape of a snapshot: its tables and columns, its regions, and how the manifest says them (docs/snapshot.md)."""

import glob
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

from bangfu.engine.register.staging import literal
from bangfu.engine.register.sums import WIDE
from bangfu.engine.results.write import digest_of
from bangfu.kernel.schema import Schema, schema

KIND = "bangfu-snapshot"
# Raised by whoever changes a table, a column or what one means; a test holds it to the columns.
SCHEMA_VERSION = 1
ROW_GROUP = 122_880
TABLES = ("household", "person", "ledger", "receipt", *WIDE)
# What only the wide tables have: no raw register has a file of this name.
TELLTALE = "ledger_by_household"


@cache
def columns_of(table: str) -> tuple[str, ...]:
    """The columns of a table on disk, in order: none that names a person."""
    return _columns(schema())[table]


def _columns(contract: Schema) -> dict[str, tuple[str, ...]]:
    household, person = contract.tables["household"], contract.tables["person"]
    kept = (c.name for c in person.columns.values() if not c.identifies and c.name != "household_id")
    items = tuple(contract.codes["item"])
    return {
        "household": ("household_no", *household.columns),
        "person": ("person_no", "household_no", *kept, *person.derived),
        "ledger": ("household_no", "person_no", "year", "item", "amount"),
        "receipt": ("household_no", "person_no", "policy_id", "year", "amount"),
        **{table: (*keys, *items) for table, keys in WIDE.items()},
    }


def file_of(table: str) -> str:
    return f"{table}.parquet"


@dataclass(frozen=True, slots=True)
class Piece:
    """One file of a region: its rows, its bytes, and the SHA-256 of them."""

    rows: int
    bytes: int
    sha256: str

    @classmethod
    def of(cls, file: Path, rows: int) -> Self:
        return cls(rows, file.stat().st_size, digest_of(file))

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Self:
        """Raises KeyError, TypeError or ValueError for what no manifest says."""
        piece = cls(**said)
        _refuse_unless(whole(piece.rows) and whole(piece.bytes) and isinstance(piece.sha256, str))
        return piece


@dataclass(frozen=True, slots=True)
class Region:
    """A region's folder: the first and last numbers in it (the last before the first where there is nobody) and its files.

    `name` is the folder's: the prefix, or the prefix and a number where several registers have villages of it.
    `policies` are those that its receipts name.
    """

    name: str
    prefix: str
    first_household: int
    last_household: int
    first_person: int
    last_person: int
    policies: tuple[str, ...]
    files: Mapping[str, Piece]

    @property
    def households(self) -> int:
        return self.last_household - self.first_household + 1

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"files": {file_of(table): asdict(piece) for table, piece in self.files.items()}}

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Self:
        """Raises KeyError, TypeError or ValueError for what no manifest says, such as numbers that are not those of the rows."""
        files = {table: Piece.from_json(said["files"][file_of(table)]) for table in TABLES}
        _refuse_unless(isinstance(said["policies"], list))
        region = cls(**{**said, "policies": tuple(said["policies"]), "files": files})
        _refuse_unless(all(isinstance(text, str) for text in (region.name, region.prefix, *region.policies)))
        # The folder lies in the snapshot's, and nowhere else.
        _refuse_unless(region.name == Path(region.name).name != "")
        for first, last, table in (
            (region.first_household, region.last_household, "household"),
            (region.first_person, region.last_person, "person"),
        ):
            _refuse_unless(whole(first) and type(last) is int and last - first + 1 == files[table].rows)
        return region


def whole(value: object) -> bool:
    """Whether it is a number of rows or bytes, and no truth value, which JSON keeps apart and Python does not."""
    return type(value) is int and value >= 0


def _refuse_unless(right: bool) -> None:
    if not right:
        raise ValueError


def stored(files: Iterable[Path]) -> str:
    """SQL for the rows of some Parquet files, whatever they and their folders are called.

    DuckDB would otherwise look for files like `[1]`, and take a folder `year=2017` for a column.
    """
    return f"read_parquet([{', '.join(literal(glob.escape(str(file))) for file in files)}], hive_partitioning = false)"

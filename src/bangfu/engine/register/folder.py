"""Which file of a folder holds which table."""

import unicodedata
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from bangfu.engine.register.batches import Reader
from bangfu.engine.register.csv_file import CsvFile
from bangfu.engine.register.headers import PADDING
from bangfu.engine.register.parquet_file import ParquetFile
from bangfu.kernel.errors import Fault, RegisterRefused
from bangfu.kernel.schema import Schema, Table
from bangfu.kernel.words import Text

_READERS: Mapping[str, Callable[[Path, Table], Reader]] = {".csv": CsvFile, ".parquet": ParquetFile}


@dataclass(frozen=True, slots=True)
class Found:
    """How to open each table that is there, faults of the register as a whole, and what was ignored.

    `slow` are the tables that take so long to open that this is worth doing while another is read.
    """

    readers: Mapping[str, Callable[[], Reader]]
    faults: Sequence[Fault]
    notes: Sequence[Text]
    slow: Set[str] = frozenset()


def table_names(contract: Schema) -> dict[str, Table]:
    """What a file or sheet may be called, folded by `folded`, and the table it then holds."""
    return {folded(said): table for table in contract.tables.values() for said in (table.name, table.label.zh)}


def folded(name: str) -> str:
    # macOS stores file names decomposed; people do not see letter case or outer spaces.
    return unicodedata.normalize("NFC", name).strip(PADDING).casefold()


def missing_tables(contract: Schema, found: Mapping[str, object], what: Text) -> list[Fault]:
    """A fault for each table that is not there; `what` says whether files or sheets are wanted."""
    return [
        Fault(
            table.name,
            0,
            "",
            "",
            Text(
                f"缺少“{table.label.zh}”表。请加上名为“{table.label.zh}”或“{table.name}”的{what.zh}；没有数据时只留表头。",
                f"The table {table.name} is missing. Add a {what.en} named {table.name} or {table.label.zh}; "
                "with no data, only its header.",
            ),
        )
        for table in contract.tables.values()
        if table.name not in found
    ]


def find_in_folder(folder: Path, contract: Schema) -> Found:
    """Look for one CSV or Parquet file for each table. Raises OSError where the folder cannot be read."""
    names = table_names(contract)
    files: dict[str, list[Path]] = {}
    notes = []
    for path in sorted(folder.iterdir()):
        table = names.get(folded(path.stem))
        if table is not None and path.suffix.lower() in _READERS:
            files.setdefault(table.name, []).append(path)
        elif not path.name.startswith((".", "~$")):
            notes.append(
                Text(
                    f"文件“{path.name}”不属于登记资料，已忽略。",
                    f"The file {path.name} is no part of a register; ignored.",
                )
            )
    faults = [_two_files(contract.tables[name], paths) for name, paths in files.items() if len(paths) > 1]
    faults += missing_tables(contract, files, Text("CSV 或 Parquet 文件", "CSV or Parquet file"))
    readers = {name: _opener(paths[0], contract.tables[name]) for name, paths in files.items() if len(paths) == 1}
    return Found(readers, faults, notes)


def _opener(path: Path, table: Table) -> Callable[[], Reader]:
    def opened() -> Reader:
        if not path.is_file():
            raise RegisterRefused([_no_file(table, path)])
        try:
            return _READERS[path.suffix.lower()](path, table)
        except OSError as error:
            raise RegisterRefused([_unreadable(table, path, error)]) from error

    return opened


def _two_files(table: Table, paths: Sequence[Path]) -> Fault:
    listed = ", ".join(path.name for path in paths)
    return Fault(
        table.name,
        0,
        "",
        listed,
        Text(
            f"“{table.label.zh}”表有多个文件：{listed}。请只保留一个。",
            f"The table {table.name} stands in several files: {listed}. Keep one.",
        ),
    )


def _no_file(table: Table, path: Path) -> Fault:
    return Fault(
        table.name,
        0,
        "",
        path.name,
        Text(
            f"“{path.name}”是文件夹或其他特殊文件，不是数据文件。",
            f"{path.name} is a folder or another special file, not a file of data.",
        ),
    )


def _unreadable(table: Table, path: Path, error: OSError) -> Fault:
    return Fault(
        table.name,
        0,
        "",
        path.name,
        Text(
            f"无法读取文件“{path.name}”（{error.strerror}）。请检查文件权限或磁盘。",
            f"The file {path.name} cannot be read ({error.strerror}). Check its permissions and the disk.",
        ),
    )

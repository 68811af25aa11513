"""Read a register: find its tables, stage them as text, type and check them; hand over typed tables or every fault."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from bangfu.engine.duck import counted
from bangfu.engine.register.cell_faults import find_cell_faults
from bangfu.engine.register.folder import Found, find_in_folder
from bangfu.engine.register.headers import match_header
from bangfu.engine.register.links import find_link_faults
from bangfu.engine.register.publish import publish
from bangfu.engine.register.quick import Sources, read_quickly
from bangfu.engine.register.reasons import Reasons
from bangfu.engine.register.rejection import SetAside, create_rejected, set_aside, write_rejected
from bangfu.engine.register.staging import SPACE, Staged, close_staging, literal, open_staging, stage, typed
from bangfu.engine.register.typing_sql import load_labels, type_table
from bangfu.engine.register.workbook import find_in_workbook
from bangfu.kernel.errors import DomainError, Fault, RegisterRefused
from bangfu.kernel.schema import Code, Schema, schema
from bangfu.kernel.words import Lang, Text

# A register with more faults than this is refused with its first ones; the total is still told.
MOST_FAULTS = 100_000


@dataclass(frozen=True, slots=True)
class RegisterReport:
    """What was read: rows of each table that are in use, what was ignored or absent, and what was set aside.

    Among the rows set aside are `set_aside_strays`, whose household the register does not have.
    """

    counts: dict[str, int]
    notes: list[Text]
    set_aside_households: int = 0
    set_aside_rows: int = 0
    set_aside_strays: int = 0


def _nothing_more(con: duckdb.DuckDBPyConnection) -> None:
    """A register of our own has no fault but those of cells and links."""


def _as_they_are(con: duckdb.DuckDBPyConnection) -> Mapping[str, str]:
    return {name: typed(name) for name in schema().tables}


@dataclass(frozen=True, slots=True)
class Shape:
    """What files are read as: the tables they hold with their columns and code lists, and how these make a register.

    `sources` names a relation for each table of the register, made of the typed tables; `more_faults` adds to `fault` what only such files can have.
    """

    contract: Schema
    codes: Mapping[str, Mapping[str, Code]]
    reasons: Reasons
    sources: Sources = _as_they_are
    more_faults: Callable[[duckdb.DuckDBPyConnection], None] = _nothing_more


@dataclass(slots=True)
class _Reading:
    con: duckdb.DuckDBPyConnection
    shape: Shape
    progress: Callable[[Text], None]
    tables: dict[str, Staged] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    notes: list[Text] = field(default_factory=list)


def read_register(
    path: Path,
    *,
    into: duckdb.DuckDBPyConnection,
    policies: Mapping[str, Code],
    skip_bad_rows: bool = False,
    progress: Callable[[Text], None] | None = None,
    lang: Lang = "zh",
) -> RegisterReport:
    """Read the register at `path` into the prepared tables of `into` (docs/snapshot.md), replacing them.

    With `skip_bad_rows`, households with a refused row are left out whole and stand in `rejected` instead, with
    reasons in `lang`. Raises RegisterRefused with the faults, DomainError where there is no register to read.
    """
    shape = Shape(schema(), {**schema().codes, "policy": policies}, Reasons(schema(), policies))
    if progress:
        progress(Text(f"正在打开 {path}…", f"Opening {path}…"))
    found = _find(path, schema())
    return read_found(found, shape, into=into, skip_bad_rows=skip_bad_rows, progress=progress, lang=lang)


def read_found(
    found: Found,
    shape: Shape,
    *,
    into: duckdb.DuckDBPyConnection,
    skip_bad_rows: bool = False,
    progress: Callable[[Text], None] | None = None,
    lang: Lang = "zh",
) -> RegisterReport:
    """Read files that were found as what `shape` says; as `read_register`."""
    reading = _Reading(into, shape, progress or (lambda _: None))
    try:
        open_staging(into, shape.contract)
        quickly = read_quickly(into, found, shape.contract, shape.codes, reading.progress, shape.sources)
        if quickly is not None:
            if skip_bad_rows:
                create_rejected(into, shape.contract)
            return RegisterReport(quickly.counts, [*found.notes, *quickly.notes])
        reading.progress(Text("需要逐格核对…", "Going through it cell by cell…"))
        open_staging(into, shape.contract)
        return _read_carefully(reading, found, skip_bad_rows=skip_bad_rows, lang=lang)
    finally:
        close_staging(into)


def _read_carefully(reading: _Reading, found: Found, *, skip_bad_rows: bool, lang: Lang) -> RegisterReport:
    """Keep every cell as text beside its value, so that each fault can be shown as it stands."""
    load_labels(reading.con, reading.shape.codes)
    reading.faults += found.faults
    reading.notes += found.notes
    _stage_all(reading, found)
    _check_all(reading)
    aside = _refuse_or_set_aside(reading, skip_bad_rows=skip_bad_rows, lang=lang)
    counts = publish(reading.con, reading.shape.sources(reading.con))
    return RegisterReport(counts, reading.notes, aside.households, aside.rows, aside.strays)


def _find(path: Path, contract: Schema) -> Found:
    try:
        if path.is_dir():
            return find_in_folder(path, contract)
        if path.is_file():
            return find_in_workbook(path, contract)
    except (OSError, ValueError) as error:  # ValueError: a path that no file system has, such as one with a NUL in it
        raise _unreadable(path, error) from error
    raise DomainError(
        "NO_SUCH_REGISTER",
        Text(
            f"找不到登记资料“{path}”。请给出存放各表文件的文件夹，或一个 .xlsx 工作簿。",
            f"There is no register at {path}. Give a folder with a file for each table, or an .xlsx workbook.",
        ),
    )


def _unreadable(path: Path, error: Exception) -> DomainError:
    why = getattr(error, "strerror", None) or str(error)
    return DomainError(
        "REGISTER_UNREADABLE",
        Text(
            f"无法读取“{path}”（{why}）。请检查路径和权限。",
            f"{path} cannot be read ({why}). Check the path and its permissions.",
        ),
    )


def _stage_all(reading: _Reading, found: Found) -> None:
    for name, table in reading.shape.contract.tables.items():
        if name not in found.readers:
            continue
        staged = Staged(table)
        try:
            reader = found.readers[name]()
            header = match_header(table, reader.header())
            staged.missing = header.missing
            reading.faults += header.faults
            reading.notes += header.notes
            if header.places:
                stage(reading.con, table, reader.batches(header.places))
        except RegisterRefused as refused:
            reading.faults += refused.faults
            staged.whole = False
        reading.tables[name] = staged


def _check_all(reading: _Reading) -> None:
    reading.progress(Text("正在检查…", "Checking…"))
    for staged in reading.tables.values():
        type_table(reading.con, staged, reading.shape.contract)
        find_cell_faults(reading.con, staged)
    find_link_faults(reading.con, reading.tables)
    if all(staged.whole and not staged.missing for staged in reading.tables.values()):
        reading.shape.more_faults(reading.con)


def _refuse_or_set_aside(reading: _Reading, *, skip_bad_rows: bool, lang: Lang) -> SetAside:
    if skip_bad_rows and not reading.faults:
        aside = set_aside(reading.con, reading.tables)
        write_rejected(reading.con, reading.tables, reading.shape.reasons, lang)
        return aside
    total = len(reading.faults) + counted(reading.con, f"{SPACE}.fault")
    if total:
        raise RegisterRefused(_in_order(reading), total)
    return SetAside()


def _in_order(reading: _Reading) -> list[Fault]:
    """The faults of files and of rows, by table, row and column, as many as are kept."""
    contract = reading.shape.contract
    places = {
        (t.name, c): (i, j) for i, t in enumerate(contract.tables.values()) for j, c in enumerate(("", *t.columns))
    }
    tables = ", ".join(map(literal, contract.tables))
    columns = ", ".join(dict.fromkeys(literal(c) for t in contract.tables.values() for c in t.columns))
    rows = reading.con.execute(
        f'SELECT "table", "row", "column", value, kind, detail FROM {SPACE}.fault '
        f'ORDER BY list_position([{tables}], "table"), "row", list_position([{columns}], "column") LIMIT {MOST_FAULTS}'
    ).fetchall()
    faults = reading.faults + [
        Fault(table, row, column, value, reading.shape.reasons.of(table, column, value, kind, detail))
        for table, row, column, value, kind, detail in rows
    ]

    def place(fault: Fault) -> tuple[int, int, int]:
        table, column = places.get((fault.table, fault.column), (-1, 0))
        return table, fault.row, column

    return sorted(faults, key=place)[:MOST_FAULTS]

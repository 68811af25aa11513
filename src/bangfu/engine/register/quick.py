"""The quick way to read a register: it proves that there is no fault, and where there may be one it gives up.

It says nothing of what it found: the careful way then reads everything again as text and lists fault by fault.
"""

from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from itertools import zip_longest

import duckdb

from bangfu.engine.register.batches import Reader
from bangfu.engine.register.folder import Found
from bangfu.engine.register.headers import match_header
from bangfu.engine.register.parquet_file import ParquetFile
from bangfu.engine.register.plain_parquet import plain_sql
from bangfu.engine.register.publish import BrokenLinks, publish
from bangfu.engine.register.quick_text import type_quickly
from bangfu.engine.register.staging import typed
from bangfu.kernel.errors import RegisterRefused
from bangfu.kernel.schema import Code, Schema, Table
from bangfu.kernel.words import Text

# What the prepared tables are made of, once every table of the file is typed. Raises RegisterRefused where rows do not fit each other.
Sources = Callable[[duckdb.DuckDBPyConnection], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Quickly:
    """What was read: rows of each table, and what was ignored or absent."""

    counts: dict[str, int]
    notes: list[Text]


def read_quickly(
    con: duckdb.DuckDBPyConnection,
    found: Found,
    contract: Schema,
    codes: Mapping[str, Mapping[str, Code]],
    progress: Callable[[Text], None],
    sources: Sources,
) -> Quickly | None:
    """Make the prepared tables of `con`, or None where a fault is possible; the staging area must be open and empty."""
    if found.faults:
        return None
    notes: list[Text] = []
    try:
        with closing(_opened(found, list(contract.tables))) as readers:
            for table in contract.tables.values():
                progress(Text(f"正在读取“{table.label.zh}”表…", f"Reading {table.name}…"))
                if not _type(con, next(readers), table, contract, codes, notes):
                    return None
        progress(Text("正在编号、排序、汇总…", "Numbering, sorting, adding up…"))
        return Quickly(publish(con, sources(con)), notes)
    except (RegisterRefused, BrokenLinks):
        return None


def _opened(found: Found, tables: Sequence[str]) -> Generator[Reader]:
    """Each table in turn; what is slow to open is opened while the one before it is read, for which a reader needs no Python.

    Whoever takes one holds it alone, so that it is gone when the next one is taken.
    """
    coming: deque[Future[Reader]] = deque()
    with ThreadPoolExecutor(1) as beside:
        for table, following in zip_longest(tables, tables[1:]):
            opened = deque([coming.popleft().result() if coming else found.readers[table]()])
            if following in found.slow:
                coming.append(beside.submit(found.readers[following]))
            yield opened.popleft()


def _type(
    con: duckdb.DuckDBPyConnection,
    reader: Reader,
    table: Table,
    contract: Schema,
    codes: Mapping[str, Mapping[str, Code]],
    notes: list[Text],
) -> bool:
    """Make typed_<table>; whether it is without fault."""
    header = match_header(table, reader.header())
    notes += header.notes
    if header.faults:
        return False
    if isinstance(reader, ParquetFile):
        plain = plain_sql(reader, table, header.places, contract, codes)
        if plain is not None:
            con.execute(f"CREATE VIEW {typed(table.name)} AS {plain}")
            return True
    return type_quickly(con, table, reader.batches(header.places), contract, codes)

"""What every reader hands over: some rows as text, their spreadsheet row numbers, and the faults seen on the way."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, Self

import pyarrow as pa

from bangfu.engine.register.cells import Mark


@dataclass(frozen=True, slots=True)
class Batch:
    """`columns` holds string columns by the contract's names; `rows` the row of each, header = 1."""

    columns: pa.Table
    rows: Sequence[int]
    marks: Sequence[Mark] = field(default_factory=tuple)

    @classmethod
    def numbered(cls, columns: pa.Table, *, first_row: int, marks: Sequence[Mark] = ()) -> Self:
        return cls(columns, range(first_row, first_row + columns.num_rows), marks)


class Reader(Protocol):
    """A file or sheet that holds one table."""

    def header(self) -> Sequence[str]: ...

    def batches(self, places: Mapping[str, int]) -> Iterator[Batch]: ...

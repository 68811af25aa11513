"""One table from a Parquet file, whatever sensible physical types its writer chose."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from bangfu.engine.register.batches import Batch
from bangfu.engine.register.cells import TEXT_TYPES, Mark, text_of
from bangfu.kernel.errors import Fault, RegisterRefused
from bangfu.kernel.schema import Column, Table
from bangfu.kernel.words import Text

ROWS = 200_000
# A few kilobytes of Parquet can claim any number of rows; China has 1.4 thousand million people.
MOST_ROWS = 2_000_000_000
# As if there were a row of headers above it.
FIRST_ROW = 2


class ParquetFile:
    """A Parquet file. Raises RegisterRefused where it is none."""

    def __init__(self, path: Path, table: Table) -> None:
        self.path = path
        self._table = table
        try:
            self._file = parquet.ParquetFile(path)
            self._rows = self._file.metadata.num_rows
            self._names: list[str] = self._file.schema_arrow.names
        except (pa.ArrowException, OSError, ValueError) as error:
            raise RegisterRefused([self._unreadable(error)]) from error
        if not 0 <= self._rows <= MOST_ROWS:
            raise RegisterRefused([self._unreadable(f"{self._rows} rows")])

    def header(self) -> Sequence[str]:
        return self._names

    def batches(self, places: Mapping[str, int]) -> Iterator[Batch]:
        """Rows of the columns at `places`. Raises RegisterRefused for a damaged file or a type that holds no cells."""
        self._check_types(places)
        row = FIRST_ROW
        try:
            for batch in self._file.iter_batches(ROWS, columns=[self._names[place] for place in places.values()]):
                # By place, not by name: of a column that stands twice, which the header is refused for, the first is read.
                fields = batch.schema
                columns = {
                    name: batch.column(fields.get_all_field_indices(self._names[place])[0])
                    for name, place in places.items()
                }
                yield self._texts(columns, row)
                row += batch.num_rows
        except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
            raise RegisterRefused([self._unreadable(error)]) from error

    def _texts(self, columns: Mapping[str, pa.Array], first_row: int) -> Batch:
        marks: list[Mark] = []
        texts = {}
        for name, array in columns.items():
            texts[name], found = _as_text(array, self._table.columns[name], first_row)
            marks += found
        return Batch.numbered(pa.table(texts), first_row=first_row, marks=marks)

    def _check_types(self, places: Mapping[str, int]) -> None:
        fields = self._file.schema_arrow
        faults = [
            self._no_cells(self._table.columns[name], fields.field(place).type)
            for name, place in places.items()
            if not _holds_cells(_plain(fields.field(place).type), self._table.columns[name])
        ]
        if faults:
            raise RegisterRefused(faults)

    def _no_cells(self, column: Column, kind: pa.DataType) -> Fault:
        return Fault(
            self._table.name,
            0,
            column.name,
            str(kind),
            Text(
                f"“{column.label.zh}”列的类型 {kind} 不能使用。"
                "请改存为文本、数字、日期或布尔类型；编号类的列请用文本。",
                f"Column {column.name} is of type {kind}, which cannot be used. "
                "Store text, numbers, dates or truth values; text for identifiers.",
            ),
        )

    def _unreadable(self, error: object) -> Fault:
        return Fault(
            self._table.name,
            0,
            "",
            "",
            Text(
                # What the library says is English.
                "文件不是完好的 Parquet 文件。请重新导出或重新复制。",
                f"This is no intact Parquet file ({_short(error)}). Export or copy it again.",
            ),
        )


def _short(error: object) -> str:
    return " ".join(str(error).split())[:120]


def _plain(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _is_string(kind: pa.DataType) -> bool:
    types = pa.types
    return bool(
        types.is_string(kind)
        or types.is_large_string(kind)
        or types.is_string_view(kind)
        or types.is_binary(kind)
        or types.is_large_binary(kind)
    )


def _holds_cells(kind: pa.DataType, column: Column) -> bool:
    types = pa.types
    if types.is_boolean(kind) or types.is_temporal(kind):
        return column.type not in TEXT_TYPES and not types.is_duration(kind) and not types.is_interval(kind)
    return bool(
        _is_string(kind)
        or types.is_null(kind)
        or types.is_integer(kind)
        or types.is_floating(kind)
        or types.is_decimal(kind)
    )


def _as_text(array: pa.Array, column: Column, first_row: int) -> tuple[pa.Array, list[Mark]]:
    """The cells as text; each distinct value is put into words once."""
    if pa.types.is_dictionary(array.type):
        array = array.cast(array.type.value_type)
    if _is_string(array.type):
        return array.cast(pa.string()), []
    if pa.types.is_null(array.type):
        return pa.nulls(len(array), pa.string()), []
    if pa.types.is_temporal(array.type):
        array = _days(array)
    coded = array.dictionary_encode()
    said = [text_of(value, column) for value in coded.dictionary.to_pylist()]
    texts = pa.array([text for text, _ in said], pa.string())
    return texts.take(coded.indices), _marks(coded.indices, said, column, first_row)


def _days(array: pa.Array) -> pa.Array:
    """Dates as ISO text; a time of day other than midnight stays in the text, where it is refused."""
    text = array.cast(pa.string())
    if pa.types.is_timestamp(array.type) and array.type.tz is None:
        return pc.replace_substring_regex(text, r" 00:00:00(\.0+)?$", "")
    return text


def _marks(indices: pa.Array, said: Sequence[tuple[str | None, str]], column: Column, first_row: int) -> list[Mark]:
    faulty = [place for place, (_, kind) in enumerate(said) if kind]
    if not faulty:
        return []
    hits = pc.indices_nonzero(pc.is_in(indices, pa.array(faulty, indices.type))).to_pylist()
    codes = indices.to_pylist()
    return [Mark(first_row + hit, column.name, said[codes[hit]][0] or "", said[codes[hit]][1]) for hit in hits]

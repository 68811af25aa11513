"""One table from a CSV file: UTF-8 (with or without BOM) or GB18030, commas, double quotes.

Plain files, which is nearly all, are parsed by Arrow. Whatever could make Arrow and a spreadsheet disagree on what
the rows are (blank lines, lines broken inside quotes, ragged lines) is read record by record instead, so that row
numbers stay those that a person sees and every ragged line is named.
"""

import codecs
import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

import pyarrow as pa
from pyarrow import csv as arrow_csv

from bangfu.engine.register.batches import Batch
from bangfu.engine.register.cells import Mark
from bangfu.engine.register.headers import PADDING
from bangfu.kernel.errors import Fault, RegisterRefused
from bangfu.kernel.schema import Table
from bangfu.kernel.words import Text

CHUNK = 1 << 22
ROWS = 20_000
# Above this many quotes, looking at each costs more than the slow reader.
MOST_QUOTES = 2_000_000
# What keeps Python's reader from telling cells apart, by words that it says of it.
_WHY_APART = {
    "expected after": Text("一个单元格的引号结束后还有别的内容", "something follows the quote that ends a cell"),
    "unexpected end of data": Text("有一个引号到文件末尾也没有配对", "a quote is still open where the file ends"),
    "field larger than": Text("有单元格过长，可能是引号没有配对", "a cell is too long; perhaps a quote is unpaired"),
}


class CsvFile:
    """A CSV file held in memory as UTF-8, with `above` lines above its header. Raises RegisterRefused where its bytes are no text."""

    def __init__(self, path: Path, table: Table, above: int = 0) -> None:
        self._table = table
        self._above = above
        self._data = _utf8(path.read_bytes(), table)

    def header(self) -> Sequence[str]:
        try:
            return next(islice(self.records(), self._above, None), [])
        except csv.Error as error:
            raise RegisterRefused([self._broken(1, error)]) from error

    def batches(self, places: Mapping[str, int]) -> Iterator[Batch]:
        """Rows of the columns at `places`. Raises RegisterRefused where quotes are broken."""
        width = len(self.header())
        # Rows above the header are as wide as they like.
        whole = None if self._above else self._at_once(places, width)
        if whole is None:
            yield from self._one_by_one(places, width)
        elif whole.num_rows:
            yield Batch.numbered(whole, first_row=2)

    def records(self) -> Iterator[list[str]]:
        """Every line's cells, the header among them. Raises csv.Error."""
        return csv.reader(io.TextIOWrapper(io.BytesIO(self._data), encoding="utf-8", newline=""), strict=True)

    def _at_once(self, places: Mapping[str, int], width: int) -> pa.Table | None:
        """All rows by Arrow, or None where only the slow reader can tell the rows apart."""
        data = self._data
        rows = data.count(b"\n") + (not data.endswith(b"\n")) - 1
        if data.count(b"\r") != data.count(b"\r\n") or not _quotes_are_plain(data):
            return None
        names = {place: name for name, place in places.items()}
        columns = [names.get(place, f"ignored {place}") for place in range(width)]
        if rows == 0:
            return pa.table({name: pa.array([], pa.string()) for name in places})
        try:
            whole = arrow_csv.read_csv(
                pa.BufferReader(data),
                read_options=arrow_csv.ReadOptions(column_names=columns, skip_rows=1, block_size=CHUNK),
                parse_options=arrow_csv.ParseOptions(newlines_in_values=False),
                convert_options=arrow_csv.ConvertOptions(
                    include_columns=list(places), column_types=dict.fromkeys(places, pa.string()), check_utf8=False
                ),
            )
        except pa.ArrowInvalid:
            return None
        return whole if whole.num_rows == rows else None

    def _one_by_one(self, places: Mapping[str, int], width: int) -> Iterator[Batch]:
        numbers: list[int] = []
        kept: list[list[str]] = []
        marks: list[Mark] = []
        row = 0
        try:
            for row, record in enumerate(self.records(), start=1):
                if row <= self._above + 1 or not any(cell.strip(PADDING) for cell in record):
                    continue
                if len(record) != width:
                    marks.append(Mark(row, "", ",".join(record)[:200], "ragged", f"{len(record)}/{width}"))
                numbers.append(row)
                kept.append((record + [""] * width)[:width] if len(record) != width else record)
                if len(kept) == ROWS:
                    yield _batch(places, numbers, kept, marks)
                    numbers, kept, marks = [], [], []
        except csv.Error as error:
            raise RegisterRefused([self._broken(row + 1, error)]) from error
        if kept:
            yield _batch(places, numbers, kept, marks)

    def _broken(self, row: int, error: csv.Error) -> Fault:
        why = why_apart(error)
        return Fault(
            self._table.name,
            row,
            "",
            "",
            Text(
                f"从第 {row} 行起无法分列：{why.zh}。内容中的引号应写作两个引号，并将整个单元格放在引号内。",
                f"From row {row} on, cells cannot be told apart: {why.en}. "
                "Write a quote inside a cell as two quotes and put the whole cell in quotes.",
            ),
        )


def why_apart(error: csv.Error) -> Text:
    """Why the cells of a CSV file cannot be told apart, for people; in the reader's own words, which are English, only in English."""
    own = str(error)
    usual = next((text for words, text in _WHY_APART.items() if words in own), None)
    return usual or Text("引号不成对或位置不对", f"a quote is unpaired or misplaced ({own})")


def _batch(places: Mapping[str, int], numbers: list[int], records: list[list[str]], marks: list[Mark]) -> Batch:
    columns = list(zip(*records, strict=True))
    return Batch(
        pa.table({name: pa.array(columns[place], pa.string()) for name, place in places.items()}), numbers, marks
    )


def _quotes_are_plain(data: bytes) -> bool:
    """Whether every quoted cell opens and closes at a cell's border and holds no line break."""
    if data.count(b'"') > MOST_QUOTES:
        return False
    position = data.find(b'"')
    while position >= 0:
        if position and data[position - 1] not in b",\n":
            return False
        end = data.find(b'"', position + 1)
        while end >= 0 and data[end + 1 : end + 2] == b'"':
            end = data.find(b'"', end + 2)
        if end < 0 or data[end + 1 : end + 2] not in (b",", b"\n", b"\r", b"") or data.find(b"\n", position, end) >= 0:
            return False
        position = data.find(b'"', end + 1)
    return True


def _utf8(data: bytes, table: Table) -> bytes:
    """The file as UTF-8 without BOM. Raises RegisterRefused where it is neither UTF-8 nor GB18030."""
    marked = data.startswith(codecs.BOM_UTF8)
    data = data.removeprefix(codecs.BOM_UTF8)
    if not data.strip():
        raise RegisterRefused([_empty(table)])
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in data:
        raise RegisterRefused([_no_text(table, data[: max(data.find(b"\0"), 0)].count(b"\n") + 1)])
    damaged = _first_undecodable(data)
    if damaged is None:
        return data
    if marked or _looks_like_utf8(data[:damaged]):
        raise RegisterRefused([_no_text(table, data[:damaged].count(b"\n") + 1)])
    return _from_gb18030(data, table)


def _first_undecodable(data: bytes) -> int | None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    for start in range(0, len(data), CHUNK):
        pending = len(decoder.getstate()[0])
        try:
            decoder.decode(data[start : start + CHUNK], final=start + CHUNK >= len(data))
        except UnicodeDecodeError as error:
            return start - pending + error.start
    return None


def _looks_like_utf8(beginning: bytes) -> bool:
    """Whether the part that does decode holds Chinese: then the file is UTF-8 with damage, and reading it as
    GB18030, which gives some character for almost any bytes, would put wrong names into the register unseen.
    """
    sample = beginning[-CHUNK:].decode("utf-8", errors="ignore")
    return sum("\u4e00" <= character <= "\u9fff" for character in sample) >= 2


def _from_gb18030(data: bytes, table: Table) -> bytes:
    decoder = codecs.getincrementaldecoder("gb18030")()
    out = io.BytesIO()
    for start in range(0, len(data), CHUNK):
        try:
            text = decoder.decode(data[start : start + CHUNK], final=start + CHUNK >= len(data))
        except UnicodeDecodeError as error:
            raise RegisterRefused([_no_text(table, data[: start + error.start].count(b"\n") + 1)]) from error
        out.write(text.encode("utf-8"))
    return out.getvalue()


def _no_text(table: Table, row: int) -> Fault:
    return Fault(
        table.name,
        row,
        "",
        "",
        Text(
            f"第 {row} 行有无法识别的字节，不是 UTF-8 或 GB18030 文本。"
            "请用 Excel 或 WPS 另存为“CSV UTF-8（逗号分隔）”。",
            f"Line {row} holds bytes that are neither UTF-8 nor GB18030 text. "
            "Save the sheet again as 'CSV UTF-8 (comma delimited)'.",
        ),
    )


def _empty(table: Table) -> Fault:
    return Fault(
        table.name,
        0,
        "",
        "",
        Text(
            "文件是空的。没有数据时也应有一行表头。",
            "The file is empty. Without data it must still hold the header row.",
        ),
    )

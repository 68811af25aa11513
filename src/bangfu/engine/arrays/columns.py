"""The columns of a prepared register as arrays: which a plan asks for, by what name, and how they are brought from Parquet."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bangfu.engine.arrays.expressions import MOST_WORDS
from bangfu.engine.arrays.program import Arr, Beyond, Number, Text, Value, Word, Yes, kind_for
from bangfu.engine.arrays.relations import KEYS, Relation
from bangfu.engine.snapshot.layout import TABLES, columns_of, file_of
from bangfu.kernel.schema import INTEGER_TYPES, schema

# What an amount, or the sum of a household's or person's year, is taken to be at most, in fen; files are held to it when they are read.
# Beyond half a million yuan no household in these files has one: nearly all numbers then fit into four bytes. The other is above whatever
# the rows of a year come to, each within the contract's bounds.
USUAL_MONEY = 50_000_000
MOST_MONEY = 10**13
_WORDS = ("code", "codes")
_DATES = (0, 99_991_231)
_COUNTS = (0, (1 << 31) - 1)
# Rows of a table that are brought at once: a row group would have left the processor's own memory before it is looked at.
AT_ONCE = 16_384
# Where a row need not be of a person.
_OF_NOBODY = (("receipt", "person_no"), ("ledger", "person_no"))
# The key that numbers a table's rows.
_DENSE = {"household": "household_no", "person": "person_no"}


@cache
def _types(table: str) -> Mapping[str, str]:
    """The type of each column of a snapshot's table, by the contract's names; the keys are counts."""
    if table.startswith("ledger_by"):
        items = schema().codes["item"]
        return {c: "sum" if c in items else "year" if c == "year" else "count" for c in columns_of(table)}
    of = schema().tables[table]
    known = {**of.columns, **of.derived}
    return {c: "count" if c in KEYS else known[c].type for c in columns_of(table)}


def _is_number(kind: str) -> bool:
    return kind == "sum" or kind in INTEGER_TYPES


def _range(kind: str, most_money: int) -> tuple[int, int]:
    match kind:
        case "sum":
            return -most_money, most_money
        case "money":
            least, most = schema().bounds[kind]
            return least, min(most, most_money)
        case "date":
            return _DATES
        case "count":
            return _COUNTS
        case _:
            return schema().bounds[kind]


@dataclass
class Inputs:
    """The tables of a register for a plan to name, and what it named of them: how each array is fetched, and of which column it is.

    No amount is above `most_money`, in fen.
    """

    most_money: int = MOST_MONEY
    fetched: dict[str, str] = field(default_factory=dict)
    columns: dict[str, tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for key in KEYS:
            self.fetched |= {
                f"n_{key}": f"block.size('{key}')",
                f"every_{key}": f"arange(block.size('{key}'), dtype=int32)",
            }

    def tables(self) -> dict[str, Relation]:
        return {
            table: Relation({c: self._later(table, c) for c in columns_of(table)}, _DENSE.get(table, ""))
            for table in TABLES
        }

    def _later(self, table: str, column: str) -> Any:
        return lambda: self._column(table, column)

    def _column(self, table: str, column: str) -> Value:
        kind = _types(table)[column]

        def named(aspect: str, *more: str) -> str:
            name = f"{table}__{column}__{aspect}"
            self.fetched[name] = f"block.{aspect}{(table, column, *more)}"
            self.columns[name] = table, column
            return name

        if kind == "yes_no":
            return Yes(named("true"), named("false"))
        if kind in _WORDS:
            return Word(Arr(named("word"), -1, MOST_WORDS, "int16"))
        if _is_number(kind):
            lo, hi = _range(kind, self.most_money)
            width = max("int32", kind_for(lo, hi))
            never = column in KEYS and (table, column) not in _OF_NOBODY
            unknown = False if never or column == "year" else named("unknown")
            # Of what is often added up, rows without it have 0.
            zeroed = kind == "sum"
            number = named("zeroed" if zeroed else "number", width)
            return Number(Arr(number, lo, hi, width), unknown, zeroed=zeroed)
        if kind == "id" and table in _DENSE:
            return Text(f"{table}.{column}", f"every_{_DENSE[table]}")
        raise Beyond(f"the column {column} of {table}")


class Block:
    """Some households of a region, with all that is theirs. Keys are counted from the first of each."""

    def __init__(
        self, tables: Mapping[str, pa.Table], first: Mapping[str, int], size: Mapping[str, int], words: dict[str, int]
    ) -> None:
        self._tables, self._first, self._size, self._words = tables, first, size, words
        self._texts: dict[str, pa.Array] = {}

    def size(self, key: str) -> int:
        return self._size[key]

    def number(self, table: str, column: str, kind: str) -> Any:
        """Numbers, with anything at all where there is none."""
        values = self._joined(lambda chunk: _numbers(chunk, kind), table, column)
        return values - np.int32(self._first[column]) if column in KEYS else values

    def zeroed(self, table: str, column: str, kind: str) -> Any:
        """The same, with 0 where there is none."""

        def zeroed(chunk: Any) -> Any:
            values = _numbers(chunk, kind)
            return values * _known(chunk) if chunk.null_count else values

        return self._joined(zeroed, table, column)

    def unknown(self, table: str, column: str) -> Any:
        return self._joined(lambda chunk: ~_known(chunk), table, column)

    def true(self, table: str, column: str) -> Any:
        return self._joined(lambda chunk: _flags(chunk) & _known(chunk), table, column)

    def false(self, table: str, column: str) -> Any:
        return self._joined(lambda chunk: ~_flags(chunk) & _known(chunk), table, column)

    def word(self, table: str, column: str) -> Any:
        return self._joined(self._words_of, table, column)

    def _words_of(self, chunk: Any) -> Any:
        numbers = [self._number_of(word) for word in chunk.dictionary.to_pylist()]
        of = np.array([*numbers, -1], np.int16).take(_numbers(chunk.indices, "int32"), mode="clip")
        # -1 where there is none, without a choice row by row, which a processor cannot foresee.
        return ~(~of * _known(chunk)) if chunk.null_count else of

    def _number_of(self, word: str) -> int:
        if len(self._words) > MOST_WORDS:
            raise Beyond("more codes than there are numbers")
        return self._words.setdefault(word, len(self._words))

    def listed(self, empty: int, *parts: Any) -> Any:
        """Lists of the codes that are known in each row, numbered as codes are; `empty` is the number of the list of none.

        A part may be the same code for all rows; one at least has a code for each.
        """
        texts = list(self._words)
        made = np.full(np.broadcast_shapes(*map(np.shape, parts)), empty, np.int16)
        for part in np.broadcast_arrays(*parts):
            rows = np.flatnonzero(part >= 0)
            pairs, places = np.unique(made[rows].astype(np.int32) * (MOST_WORDS + 1) + part[rows], return_inverse=True)
            numbers = []
            for before, code in (divmod(pair, MOST_WORDS + 1) for pair in pairs.tolist()):
                numbers.append(self._number_of(texts[code] if before == empty else f"{texts[before]};{texts[code]}"))
                texts += list(self._words)[len(texts) :]
            made[rows] = np.array(numbers, np.int16)[places] if numbers else made[rows]
        return made

    def codes(self, numbers: Any) -> pa.Array:
        """Codes by their numbers, as Arrow has them."""
        return pa.DictionaryArray.from_arrays(pa.array(numbers, pa.int16(), mask=numbers < 0), self._said)

    @cached_property
    def _said(self) -> pa.Array:
        """All codes, in the order of their numbers. Asked for once no more are met."""
        return pa.array(list(self._words), pa.string())

    def has(self, lists: Any, code: str) -> Any:
        """Whether each list has a code; lists are numbered as codes are."""
        said = np.array([*(code in words.split(";") for words in self._words), False], np.bool_)
        return said[lists]

    def text(self, of: str, rows: Any) -> pa.Array:
        """The texts of some rows of a column (`table.column`), by their places; none where that is below zero."""
        if of not in self._texts:
            table, column = of.split(".")
            self._texts[of] = self._tables[table].column(column).combine_chunks()
        return pa.DictionaryArray.from_arrays(pa.array(rows, pa.int32(), mask=rows < 0), self._texts[of])

    def _joined(self, made: Callable[[Any], Any], table: str, column: str) -> Any:
        """What is made of a column's chunks (a row group ends where it will), one after another; nothing is copied of a single one."""
        of = self._tables[table].column(column)
        parts = [made(chunk) for chunk in of.chunks if len(chunk)] or [made(pa.array([], of.type))]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _numbers(array: Any, kind: str) -> Any:
    """Whatever Arrow has where there is nothing; its own memory where that is of the kind."""
    own = np.dtype(array.type.to_pandas_dtype())
    return np.frombuffer(array.buffers()[1] or b"", own)[array.offset :][: len(array)].astype(kind, copy=False)


def _known(array: Any) -> Any:
    if not array.null_count:
        return np.ones(len(array), np.bool_)
    return _bits(array.buffers()[0], array.offset, len(array))


def _flags(array: Any) -> Any:
    return _bits(array.buffers()[1], array.offset, len(array))


def _bits(buffer: Any, offset: int, count: int) -> Any:
    """Arrow's bits as yes-nos."""
    first = offset // 8
    packed = np.frombuffer(buffer or b"", np.uint8)[first : (offset + count + 7) // 8]
    return np.unpackbits(packed, bitorder="little")[offset - 8 * first :][:count].view(np.bool_)


class _Rows:
    """The rows of one table in the order of its file, brought some at a time and let go once they are past.

    Raises Beyond where a number is none that its column may have: all that follows rests on it.
    """

    def __init__(self, file: Path, columns: Mapping[str, str], households: tuple[int, int], most_money: int) -> None:
        """`columns` are of these types."""
        codes = [column for column, kind in columns.items() if kind in _WORDS]
        self._file = pq.ParquetFile(file, read_dictionary=codes, memory_map=True)
        self._places = {name: place for place, name in enumerate(self._file.schema_arrow.names)}
        self._first = households[0]
        ahead = [group for group in range(self._file.num_row_groups) if not self._is_before(group)]
        for column, kind in columns.items():
            if _is_number(kind) and not all(
                self._is_within(group, column, *_range(kind, most_money)) for group in ahead
            ):
                raise Beyond(f"numbers that no {column} of {file.stem} may be")
        self._held = self._file.schema_arrow.empty_table().select(list(columns))
        self._ahead = self._file.iter_batches(AT_ONCE, row_groups=ahead, columns=list(columns), use_threads=False)

    def _told(self, group: int, column: str) -> Any:
        """What the file tells of a column in a row group; nothing where it does not."""
        return self._file.metadata.row_group(group).column(self._places[column]).statistics

    def _is_before(self, group: int) -> bool:
        """Whether a row group ends before the first household, as far as the file tells."""
        told = self._told(group, "household_no")
        return told is not None and told.has_min_max and told.max < self._first

    def _is_within(self, group: int, column: str, lo: int, hi: int) -> bool:
        told = self._told(group, column)
        if told is None or not told.has_min_max:
            return told is not None and told.null_count == self._file.metadata.row_group(group).num_rows
        return bool(lo <= told.min <= told.max <= hi)

    def up_to(self, last: int) -> pa.Table:
        """The rows of the households up to a number, included, that were not given yet."""
        held = [self._held]
        while not (held[-1].num_rows and held[-1]["household_no"][-1].as_py() > last):
            batch = next(self._ahead, None)
            if batch is None:
                break
            held.append(pa.Table.from_batches([batch]))
        whole = pa.concat_tables(held)
        numbers = whole["household_no"].to_numpy()
        start, end = np.searchsorted(numbers, [self._first, last + 1])
        self._first, self._held = last + 1, whole.slice(end)
        return whole.slice(start, end - start)


def blocks(
    folder: Path,
    asked: Mapping[str, Collection[str]],
    households: tuple[int, int],
    size: int,
    words: dict[str, int],
    most_money: int,
) -> Iterator[Block]:
    """The households of a region's folder from the first number to the last (included), `size` at a time. Raises Beyond for an amount above `most_money`."""
    first_household, last = households
    rows = {}
    for table in TABLES:
        if table in asked or table in ("household", "person"):
            keys = [key for key in KEYS if key in columns_of(table)]
            columns = dict.fromkeys([*keys, *asked.get(table, ())])
            rows[table] = _Rows(folder / file_of(table), {c: _types(table)[c] for c in columns}, households, most_money)
    for start in range(first_household, last + 1, size):
        end = min(start + size - 1, last)
        tables = {table: of.up_to(end) for table, of in rows.items()}
        persons = tables["person"]["person_no"]
        first = {"household_no": start, "person_no": persons[0].as_py() if len(persons) else 0}
        yield Block(tables, first, {"household_no": end - start + 1, "person_no": len(persons)}, words)

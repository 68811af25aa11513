"""What a sheet's XML shows and the reader hides: how far its cells reach, error values, formulas never calculated."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

import numpy as np

from bangfu.engine.register.package import Package, at_tags, damaged, parse
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text

# The reader lays a sheet out as one block from its first to its last cell; a whole sheet of a million rows fits.
MOST_CELLS = 60_000_000
# Signs of what is not plain, by a byte of each that few pieces have: one byte is found in a tenth of the time.
_ODD = {b"e": b't="e"', b"'": b"='e'", b":": b":c"}
_CELL = b'<c r="'
# What a cell's reference takes beyond the last tag of a piece, and a tag that ends with the piece.
_ROOM = len(_CELL) + 3 + 7 + 1


def _among(wanted: bytes) -> Any:
    """For each of the 256 signs whether it is among some: looked up in a third of the time that `isin` takes, which loads more of NumPy besides."""
    return np.array([sign in wanted for sign in range(256)])


# The third signs of other tags that begin with <c: col, cols, conditionalFormatting, color, cfRule, cfvo, customSheetView.
_NO_CELL = _among(b"ofu")
# What follows the name of a formula's tag; drop-down lists and colours by rule have others that begin with <f.
_NAME_ENDS = _among(b" >/")


class SheetTooLarge(DomainError):
    """A sheet's cells reach further than the reader has room for."""


@dataclass(frozen=True, slots=True)
class OddCell:
    """A cell without a usable value. `row` and `column` count from 0; `kind` is a key of reasons.py."""

    row: int
    column: int
    value: str
    kind: str


@dataclass(slots=True)
class _Extent:
    """The block from the first to the last cell."""

    rows: int = 0
    columns: int = 0

    def take_in(self, row: int, column: int) -> None:
        self.rows, self.columns = max(self.rows, row), max(self.columns, column)

    def too_large(self) -> bool:
        return self.rows * self.columns > MOST_CELLS


def scan_sheet(package: Package, part: str) -> Sequence[OddCell]:
    """Find the cells that have no usable value. Raises DomainError where the sheet reaches too far or is no XML."""
    extent = _Extent()
    if _is_plain(package.chunks(part), extent) and not extent.too_large():
        return []
    walk = _Walk(package.uncalculated)
    walk.through(package.chunks(part))
    if walk.extent.too_large():
        raise _too_far(walk.extent)
    return walk.odd


def _is_plain(chunks: Iterable[bytes], extent: _Extent) -> bool:
    """Whether a quick look suffices: every cell is written the usual way and none is a formula or an error.

    The slow walk takes some thirty times as long, and most sheets do not need it.
    """
    for piece in at_tags(chunks):
        reached = None if any(byte in piece and sign in piece for byte, sign in _ODD.items()) else _reach(piece)
        if reached is None:
            return False
        extent.take_in(*reached)
    return True


def _reach(piece: bytes) -> tuple[int, int] | None:
    """The last row and column of a piece's cells; None where one is not written the usual way, or there may be a formula."""
    signs = np.frombuffer(piece + bytes(_ROOM), np.uint8)
    tags = np.flatnonzero(signs == ord("<"))
    begin = signs[tags + 1]
    if (begin == ord("!")).any() or _NAME_ENDS[signs[tags[begin == ord("f")] + 2]].any():
        return None
    cells = tags[begin == ord("c")]
    cells = cells[~_NO_CELL[signs[cells + 2]]]
    if any((signs[cells + place] != sign).any() for place, sign in enumerate(_CELL)):
        return None
    columns, ends = _numbers(signs, cells + len(_CELL), ord("A") - 1, range(1, 27), most=3)
    rows, ends = _numbers(signs, ends, ord("0"), range(10), most=7)
    if not (columns.all() and rows.all() and (signs[ends] == ord('"')).all()):
        return None
    return int(rows.max(initial=0)), int(columns.max(initial=0))


def _numbers(signs: Any, at: Any, zero: int, digits: range, *, most: int) -> tuple[Any, Any]:
    """The numbers that begin at some places, and where each ends: `most` digits at most, counted from the sign `zero`. 0 where there is none."""
    numbers = np.zeros(len(at), np.int32)
    for _ in range(most):
        digit = signs[at] - np.uint8(zero)  # bytes: a sign before it is beyond all digits
        more = (digit >= digits.start) & (digit < digits.stop)
        if not more.any():
            break
        numbers = np.where(more, numbers * len(digits) + digit, numbers)
        at = at + more
    return numbers, at


def _column_number(letters: bytes) -> int:
    """A -> 1, Z -> 26, AA -> 27."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


@dataclass(slots=True)
class _Walk:
    """A walk through every tag of a sheet."""

    uncalculated: bool
    extent: _Extent = field(default_factory=_Extent)
    odd: list[OddCell] = field(default_factory=list)
    _row: int = 0
    _column: int = 0
    _kind: str = ""
    _formula: bool = False
    _filled: bool = False
    _value: str | None = None
    _reading: bool = False

    def through(self, chunks: Iterable[bytes]) -> None:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parse(parser, chunks)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(" ")[2]
        if name == "row":
            self._row = _number(attributes.get("r"), self._row + 1)
            self._column = 0
        elif name == "c":
            self._place(attributes.get("r"))
            self._kind, self._formula, self._filled, self._value = attributes.get("t", "n"), False, False, None
        elif name == "f":
            self._formula = self._filled = True
        elif name == "v":
            self._value, self._reading, self._filled = "", True, True
        elif name == "is":
            self._filled = True

    def _place(self, reference: str | None) -> None:
        found = re.fullmatch(r"([A-Za-z]{1,7})([0-9]{1,10})", reference or "")
        if found:
            self._column, self._row = _column_number(found[1].upper().encode()), int(found[2])
        elif reference:
            raise damaged(f"cell {reference[:20]}")
        else:
            self._column += 1

    def _text(self, text: str) -> None:
        if self._reading and self._value is not None:
            self._value += text

    def _end(self, tag: str) -> None:
        name = tag.rpartition(" ")[2]
        if name == "v":
            self._reading = False
        elif name == "c" and self._filled:
            self.extent.take_in(self._row, self._column)
            self._judge()

    def _judge(self) -> None:
        if self._kind == "e":
            self.odd.append(OddCell(self._row - 1, self._column - 1, self._value or "", "error_cell"))
        elif self._formula and (self.uncalculated or (not self._value and self._kind != "str")):
            self.odd.append(OddCell(self._row - 1, self._column - 1, "", "uncalculated"))


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text is not None and re.fullmatch(r"[0-9]{1,10}", text) else otherwise


def _too_far(extent: _Extent) -> SheetTooLarge:
    return SheetTooLarge(
        "SHEET_TOO_LARGE",
        Text(
            f"工作表的内容一直延伸到第 {extent.rows} 行、第 {extent.columns} 列，超出可读取的范围。"
            "请删除数据以外的单元格后另存。",
            f"The sheet's cells reach to row {extent.rows}, column {extent.columns}, too far to be read. "
            "Delete the cells beyond the data and save again.",
        ),
    )

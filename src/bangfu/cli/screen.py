"""What a command shows: plain text on standard output, problems and progress on standard error, quiet where nobody looks."""

import json
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from bangfu.kernel.errors import Fault, RegisterRefused
from bangfu.kernel.schema import schema
from bangfu.kernel.words import Lang, Text

FAULTS_ON_SCREEN = 50
NOTES_ON_SCREEN = 6
LONGEST_VALUE = 80
# For holds and fails, the first pair that the terminal has: a Chinese Windows console has no ✗, and "?" would mean unknown.
_MARKS = ("✓✗", "√×", "+-")
# Python counts it as not printable; names of two letters are often written with one between them.
_WIDE_SPACE = "\u3000"


class Screen:
    """One command's output in one language."""

    def __init__(self, lang: Lang) -> None:
        self.lang: Lang = lang
        self._width = 0

    def say(self, text: Text | str = "") -> None:
        print(text.say(self.lang) if isinstance(text, Text) else text)

    def json(self, value: Any) -> None:
        """A value as JSON. What would move the cursor is written as JSON can write it: whoever reads it gets the same text."""
        text = json.dumps(value, ensure_ascii=False, indent=2)
        print("".join(c if c == "\n" or c.isprintable() else json.dumps(c)[1:-1] for c in text))

    def flush(self) -> None:
        """Let what was said be read now: a command that goes on for days is asked where it is."""
        sys.stdout.flush()

    def mark(self, held: bool | None) -> str:
        """A sign for what holds, fails or is unknown."""
        encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
        pair = next(pair for pair in _MARKS if pair == pair.encode(encoding, "ignore").decode(encoding))
        return "?" if held is None else pair[0 if held else 1]

    def problem(self, text: str) -> None:
        self.clear()
        print("\n".join(map(harmless, text.split("\n"))), file=sys.stderr)

    def progress(self, text: Text) -> None:
        """One line that the next replaces; nothing where standard error is no terminal."""
        if not sys.stderr.isatty():
            return
        line = harmless(text.say(self.lang)) + " …"
        sys.stderr.write("\r" + line + " " * max(0, self._width - width(line)))
        sys.stderr.flush()
        self._width = width(line)

    def clear(self) -> None:
        if self._width:
            sys.stderr.write("\r" + " " * self._width + "\r")
            sys.stderr.flush()
            self._width = 0

    def faults(self, refused: RegisterRefused) -> None:
        """The first faults, one a line: table, row, column, value, what would be right."""
        self.problem(refused.say(self.lang))
        for fault in refused.faults[:FAULTS_ON_SCREEN]:
            self.problem("  " + fault_line(fault, self.lang))
        more = refused.total - FAULTS_ON_SCREEN
        if more > 0:
            self.problem(
                Text(
                    f"  ……另有 {more:,} 处；用 --errors 文件.csv 写出全部。",
                    f"  … and {more:,} more; --errors FILE.csv writes them all.",
                ).say(self.lang)
            )

    def notes(self, notes: Sequence[Text]) -> None:
        """The first notes on what was read, one a line."""
        for note in notes[:NOTES_ON_SCREEN]:
            self.say(harmless(Text(f"注：{note.zh}", f"Note: {note.en}").say(self.lang)))
        more = len(notes) - NOTES_ON_SCREEN
        if more > 0:
            self.say(Text(f"注：另有 {more} 条类似的说明。", f"Note: and {more} more of the kind."))

    def table(self, rows: Iterable[Sequence[str]], indent: str = "  ") -> None:
        """Rows in columns, Chinese characters counted as two; the first column to the left, columns of numbers to the right."""
        made = [[harmless(cell) for cell in row] for row in rows]
        columns = max((len(row) for row in made), default=0)
        widths = [max((width(row[n]) for row in made if n < len(row)), default=0) for n in range(columns)]
        numeric = [
            n > 0 and _mostly_numbers([row[n] for row in made if n < len(row) and row[n]]) for n in range(columns)
        ]
        for row in made:
            cells = [_padded(cell, widths[n], right=numeric[n]) for n, cell in enumerate(row) if widths[n]]
            self.say((indent + "  ".join(cells)).rstrip())


def fault_line(fault: Fault, lang: Lang) -> str:
    """register (where there are several), table, row N, column: 'value': reason."""
    table = schema().tables.get(fault.table)
    column = table.columns.get(fault.column) if table else None
    name = table.label.say(lang) if table else fault.table
    shown = column.label.say(lang) if column else fault.column
    row = Text(f"第{fault.row}行", f"row {fault.row}").say(lang) if fault.row else ""
    cell = fault.value if len(fault.value) <= LONGEST_VALUE else fault.value[:LONGEST_VALUE] + "…"
    value = (f"“{cell}”" if lang == "zh" else f"'{cell}'") if cell else ""
    place = Text("，", ", ").say(lang).join(p for p in (fault.part, name, row, shown, value) if p)
    # What may be wrong with a cell is a space that looks like another.
    return harmless(place + Text("：", ": ").say(lang) * bool(place) + fault.reason.say(lang), spaces="")


def harmless(line: str, *, spaces: str = _WIDE_SPACE) -> str:
    """A line with what would move the cursor, or end it, written out: a cell, a header, a name or a number may hold anything."""
    return "".join(c if c.isprintable() or c in spaces else c.encode("unicode_escape").decode("ascii") for c in line)


def width(text: str) -> int:
    """Columns on a terminal."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _padded(cell: str, size: int, *, right: bool) -> str:
    gap = " " * (size - width(cell))
    return gap + cell if right else cell + gap


def _mostly_numbers(cells: Sequence[str]) -> bool:
    """A column of numbers, headings apart."""
    return 2 * sum(map(_is_number, cells)) >= len(cells) > 0


def _is_number(cell: str) -> bool:
    return bool(cell) and all(c in "0123456789,.-%" for c in cell)

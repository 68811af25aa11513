"""What a command shows: plain text on standard output, problems and progress on standard error, quiet where nobody looks."""

import sys
import unicodedata
from collections.abc import Iterable, Sequence

from bangfu.kernel.errors import Fault, RegisterRefused
from bangfu.kernel.schema import schema
from bangfu.kernel.words import Lang, Text

FAULTS_ON_SCREEN = 50


class Screen:
    """One command's output in one language."""

    def __init__(self, lang: Lang) -> None:
        self.lang: Lang = lang
        self._width = 0

    def say(self, text: Text | str = "") -> None:
        print(text.say(self.lang) if isinstance(text, Text) else text)

    def problem(self, text: str) -> None:
        self.clear()
        print(text, file=sys.stderr)

    def progress(self, text: Text) -> None:
        """One line that the next replaces; nothing where standard error is no terminal."""
        if not sys.stderr.isatty():
            return
        line = text.say(self.lang) + " …"
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

    def table(self, rows: Iterable[Sequence[str]], indent: str = "  ") -> None:
        """Rows in columns, Chinese characters counted as two; the first column to the left, numbers to the right."""
        made = [list(row) for row in rows]
        columns = max((len(row) for row in made), default=0)
        widths = [max((width(row[n]) for row in made if n < len(row)), default=0) for n in range(columns)]
        for row in made:
            cells = [_padded(cell, widths[n], right=n > 0 and _is_number(cell)) for n, cell in enumerate(row)]
            self.say((indent + "  ".join(cells)).rstrip())


def fault_line(fault: Fault, lang: Lang) -> str:
    """table, row N, column: 'value': reason."""
    table = schema().tables.get(fault.table)
    column = table.columns.get(fault.column) if table else None
    name = table.label.say(lang) if table else fault.table
    shown = column.label.say(lang) if column else fault.column
    row = Text(f"第{fault.row}行", f"row {fault.row}").say(lang) if fault.row else ""
    value = (f"“{fault.value}”" if lang == "zh" else f"'{fault.value}'") if fault.value else ""
    return (
        Text("，", ", ").say(lang).join(p for p in (name, row, shown, value) if p)
        + Text("：", ": ").say(lang)
        + fault.reason.say(lang)
    )


def width(text: str) -> int:
    """Columns on a terminal."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _padded(cell: str, size: int, *, right: bool) -> str:
    gap = " " * (size - width(cell))
    return gap + cell if right else cell + gap


def _is_number(cell: str) -> bool:
    return bool(cell) and all(c in "0123456789,.-%" for c in cell)

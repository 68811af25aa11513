"""What leads from a file back to its order: a code, told to everybody in words, and kept where rows cannot be taken out of it.

The code stands in the header and footer of each printed page, in the picture behind each sheet, on the first sheet, in the document's
properties, in a hidden name, and in a hidden column of every row. Whoever wants all of them gone has to want it.
"""

import re
import secrets
import struct
import zipfile
import zlib
from collections import Counter
from dataclasses import dataclass
from lzma import LZMAError
from pathlib import Path
from typing import IO

from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text

# Without signs that are taken for one another when they are read out or typed.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
PREFIX = "BF"
CODE = re.compile(rf"{PREFIX}-[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}")
LENGTH = 12
# The hidden column of every row, and the hidden name.
ROW_MARK = Text("导出编号", "Export")
NAME = "bangfu_export"
# A header or a footer holds no more.
_LONGEST_LINE = 255
_LARGEST_PART = 256 << 20
_PIECE = 1 << 20
# What comes of reading a package whose bytes, or whose words about them, are not what they were: a decoder says it in its own way.
_DAMAGE = (zipfile.BadZipFile, zlib.error, LZMAError, OSError, EOFError, ValueError, RuntimeError, struct.error)


@dataclass(frozen=True, slots=True)
class Marking:
    """What a file says of itself: its code, who took it, when, and what for."""

    code: str
    who: str
    when: str
    purpose: str

    @property
    def header(self) -> str:
        """For print, at the top of each page; &G is the picture."""
        return _line("&L", _plain(self.who), f" {self.when}&C&G&R{self.code}")

    @property
    def footer(self) -> str:
        """For print, at the foot of each page."""
        return _line("&L", _plain(self.purpose), f"&C&P / &N&R{self.code}")


def new_code() -> str:
    """Nobody can tell it from others' codes."""
    signs = [secrets.choice(ALPHABET) for _ in range(8)]
    return f"{PREFIX}-{''.join(signs[:4])}-{''.join(signs[4:])}"


def codes_in(path: Path) -> list[str]:
    """The codes that a workbook bears, each once, the most frequent first; of a damaged one those of the parts that can be read.

    Raises DomainError for what is no workbook, or so damaged that no code is left in it, and OSError for a file that cannot be read.
    """
    found: Counter[str] = Counter()
    damaged = False
    with path.open("rb") as file:
        try:
            package = zipfile.ZipFile(file)
        except _DAMAGE as problem:
            raise DomainError(
                "NOT_A_WORKBOOK",
                Text(f"“{path.name}”不是 .xlsx 工作簿，或不完整。", f"{path.name} is no .xlsx workbook, or not whole."),
            ) from problem
        with package:
            for part in package.infolist():
                try:
                    with package.open(part) as opened:
                        _count(opened, found)
                except _DAMAGE:
                    damaged = True
    if damaged and not found:
        raise DomainError(
            "WORKBOOK_DAMAGED",
            Text(
                f"“{path.name}”已损坏，读得出的部分里没有导出编号。请换一份完整的；打印件可看页眉、页脚上的编号。",
                f"{path.name} is damaged, and no code stands in what can be read of it. Try a whole copy; of a print, read its header and footer.",
            ),
        )
    return [code for code, _ in found.most_common()]


def _count(file: IO[bytes], found: Counter[str]) -> None:
    """What of a part holds codes, a piece at a time; a part that swells without end is left."""
    held, size = "", 0
    while (piece := file.read(_PIECE)) and size < _LARGEST_PART:
        size += len(piece)
        text = held + piece.decode("ascii", errors="replace")
        found.update(CODE.findall(text))
        # One sign less than a code: one that lies across two pieces is found, and none is counted twice.
        held = text[-(LENGTH - 1) :]


def _line(first: str, middle: str, last: str) -> str:
    """One header or footer, of which the middle gives way where all is too long."""
    room = _LONGEST_LINE - len(first) - len(last)
    while _units(middle) > room:
        middle = middle[:-1]
    return first + middle + last


def _units(text: str) -> int:
    """As spreadsheets count signs."""
    return len(text.encode("utf-16-le", errors="surrogatepass")) // 2


def _plain(text: str) -> str:
    """Text in which a header finds no orders of its own."""
    return text.replace("&", "＆").replace("\n", " ")

"""Workbooks written row by row, in little memory; text is always written as text, so that no cell becomes a formula."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook

# Fixed, so that the same input gives the same bytes.
MADE_AT = datetime(2000, 1, 1)  # noqa: DTZ001  # a workbook knows no zones


@contextmanager
def new_workbook(path: Path) -> "Iterator[Workbook]":
    """A workbook that is packed into `path` on leaving. Raises OSError where there is no room.

    The parts that a workbook is made of lie beside it until it is packed, and not in the system's temporary folder.
    """
    with path.open("wb") as file:
        output = _Output(file)
        try:
            book = xlsxwriter.Workbook(
                output,
                {
                    "constant_memory": True,
                    "strings_to_formulas": False,
                    "strings_to_urls": False,
                    "strings_to_numbers": False,
                    "tmpdir": str(path.parent),
                },
            )
            try:
                yield book
            except BaseException:
                for sheet in book.worksheets():
                    sheet._opt_close()  # the file of its rows
                raise
            book.close()
        except FileCreateError as problem:
            raise next((p for p in problem.args if isinstance(p, OSError)), OSError(str(problem))) from problem
        finally:
            output.ended = True


class _Output:
    """The file that a workbook is packed into. Once it has `ended`, well or not, it takes what comes in silence: a packer that was
    thrown away half done tries to end its archive even so, where nobody can catch what comes of it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.ended = False

    def write(self, data: bytes) -> int:
        return len(data) if self.ended else self._file.write(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        return 0 if self.ended else self._file.seek(offset, whence)

    def tell(self) -> int:
        return 0 if self.ended else self._file.tell()

    def flush(self) -> None:
        if not self.ended:
            self._file.flush()

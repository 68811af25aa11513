"""Scans behind a paper: each on pages of its own, in the order of the dossier, under a bookmark that says what it is.

A scan comes as it was handed in, so that a file with scans makes no claim to be an archive in the sense of PDF/A.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from time import gmtime

from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text

PDF = "application/pdf"
SUFFIXES = {PDF: ".pdf", "image/jpeg": ".jpg", "image/png": ".png"}
# A4 at this many dots an inch, within margins of a centimetre; more than that no print shows.
DPI, A4_MM, MARGIN_MM, INCH_MM = 150, (210, 297), 10, 25.4


@dataclass(frozen=True, slots=True)
class Scan:
    """One file of the dossier: what it is evidence of, its media type, and its bytes."""

    label: str
    media: str
    body: bytes

    @property
    def suffix(self) -> str:
        return SUFFIXES.get(self.media, "")


def with_scans(paper: bytes, scans: Sequence[Scan]) -> bytes:
    """A PDF with scans behind it. The same input gives the same bytes. Raises DomainError for a scan that cannot be read."""
    if not scans:
        return paper
    # To import what it takes is a twentieth of a server's start, and few papers have scans behind them.
    from pypdf import PdfReader, PdfWriter  # noqa: PLC0415
    from pypdf.errors import PyPdfError  # noqa: PLC0415
    from pypdf.generic import NameObject  # noqa: PLC0415

    writer = PdfWriter(clone_from=io.BytesIO(paper))
    for claim in ("/Metadata", "/OutputIntents"):
        writer.root_object.pop(NameObject(claim), None)
    for number, scan in enumerate(scans, 1):
        first = len(writer.pages)
        try:
            pages = PdfReader(io.BytesIO(scan.body if scan.media == PDF else _page_of(scan.body)))
            writer.append(pages, import_outline=False)
        except (PyPdfError, OSError) as problem:
            raise _unreadable(number, scan) from problem
        writer.add_outline_item(title=f"{number:03d} {scan.label}", page_number=first)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _unreadable(number: int, scan: Scan) -> DomainError:
    return DomainError(
        "SCAN_UNREADABLE",
        Text(
            f"第 {number} 份扫描件（{scan.label}）读不出来，不能并入一个 PDF。请重新扫描上传，或改印成 ZIP。",
            f"Scan {number} ({scan.label}) cannot be read and put into one PDF. Scan and upload it anew, or print an archive.",
        ),
    )


def _page_of(picture: bytes) -> bytes:
    """A picture on a page of A4, upright or across as it is."""
    from PIL import Image, ImageOps  # noqa: PLC0415  # as above

    with Image.open(io.BytesIO(picture)) as opened:
        shown = ImageOps.exif_transpose(opened).convert("RGB")
    width, height = A4_MM if shown.height >= shown.width else A4_MM[::-1]
    page = Image.new("RGB", (_dots(width), _dots(height)), "white")
    shown = ImageOps.contain(shown, (_dots(width - 2 * MARGIN_MM), _dots(height - 2 * MARGIN_MM)))
    page.paste(shown, ((page.width - shown.width) // 2, (page.height - shown.height) // 2))
    out = io.BytesIO()
    long_ago = gmtime(0)
    page.save(out, "PDF", resolution=DPI, quality=85, creationDate=long_ago, modDate=long_ago)
    return out.getvalue()


def _dots(mm: float) -> int:
    return round(mm / INCH_MM * DPI)

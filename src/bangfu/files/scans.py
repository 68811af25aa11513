"""Scans taken in: a photograph or a PDF from anybody becomes a file that holds the page and nothing else, or is refused in words.

Whatever comes is opened in a process of its own that may use little memory and time and write no file (`cleaner`), because a decoder is where
a hostile file does its work. Images are made anew from their pixels: what else was in the file (where it was taken, by which telephone, a
second file behind the first) does not come along. A PDF stays as it is, and is refused if it could do anything when it is opened.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Literal

from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text

Media = Literal["image/jpeg", "image/png", "application/pdf"]
ENDINGS: dict[Media, str] = {"image/jpeg": "jpg", "image/png": "png", "application/pdf": "pdf"}
# 50 megapixels: an A4 page at 600 dots an inch has 35, a telephone's photograph 12 to 50.
MOST_PIXELS = 50_000_000
MOST_PAGES = 300
SECONDS = 30
# The code of the refusal for which somebody waits as long as that.
TOO_COSTLY = "SCAN_TOO_COSTLY"


@dataclass(frozen=True, slots=True)
class Scan:
    """A scan as it is kept: what it truly is, its bytes, and how many pages it has."""

    media: Media
    content: bytes
    pages: int


def clean(content: bytes) -> Scan:
    """What is kept of a file that was handed in. Raises DomainError for whatever is no JPEG, PNG or PDF, is damaged, too costly, or can act."""
    if not content:
        raise _refused("empty")
    try:
        done = subprocess.run(  # noqa: S603  # our own module, with two numbers
            [sys.executable, "-m", "bangfu.files.cleaner", str(MOST_PIXELS), str(MOST_PAGES)],
            input=content,
            capture_output=True,
            timeout=SECONDS,
            check=True,
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as problem:
        # Killed at its limits of memory or time, or brought down by what it read.
        raise DomainError(TOO_COSTLY, REFUSALS["too_costly"]) from problem
    head, _, kept = done.stdout.partition(b"\n")
    said = json.loads(head)
    if "refused" in said:
        raise _refused(said["refused"])
    return Scan(said["media"], kept, said["pages"])


def _refused(why: str) -> DomainError:
    return DomainError(f"SCAN_{why.upper()}", REFUSALS[why])


REFUSALS = {
    "empty": Text("文件是空的。请重新选择文件。", "The file is empty. Choose it again."),
    "other_type": Text(
        "只收 JPEG、PNG 照片和 PDF；这个文件按内容看都不是（文件名不算数）。请拍照或另存为 PDF 再传。",
        "Only JPEG, PNG and PDF are taken; by its content this is none of them, whatever its name. Take a picture, or save it as PDF.",
    ),
    "damaged": Text(
        "文件不完整或已损坏，打不开。请重新拍照或扫描。", "The file is cut short or damaged. Take or scan it again."
    ),
    "too_many_pixels": Text(
        f"图片超过 {MOST_PIXELS // 1_000_000} 百万像素。请用较低的分辨率重新扫描。",
        f"The picture has more than {MOST_PIXELS // 1_000_000} megapixels. Scan it at a lower resolution.",
    ),
    "too_many_pages": Text(
        f"PDF 超过 {MOST_PAGES} 页。请分成几个文件。", f"The PDF has more than {MOST_PAGES} pages. Split it."
    ),
    "too_costly": Text(
        "打开这个文件要用的内存或时间超过限度，没有保存。请重新拍照或扫描。",
        "Opening this file takes more memory or time than is allowed; it was not kept. Take or scan it again.",
    ),
    "locked": Text("PDF 设有密码。请去掉密码再传。", "The PDF is locked with a password. Remove it first."),
    "active": Text(
        "PDF 里有脚本、附件或会打开别处的动作，不收。请打印成新的 PDF 或拍照再传。",
        "The PDF has scripts, attachments or actions in it and is not taken. Print it to a new PDF, or take a picture.",
    ),
}

"""The process that opens what somebody handed in: reads it from standard input, writes a line of JSON and what is kept of it.

It takes its limits upon itself before it reads a byte, and ends by itself: whoever started it learns from its end that they were reached.
"""

import io
import json
import re
import resource
import sys
import warnings
from collections.abc import Iterator
from typing import Any

MEMORY = 1 << 30
CPU_SECONDS = 20
_QUALITY = 88
_PDF, _JPEG, _PNG = b"%PDF-", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
# What a PDF does by itself, or holds beside its pages (ISO 32000-2, 12.6.4 and 7.11.4).
_KEYS = frozenset({"/JS", "/JavaScript", "/AA", "/EmbeddedFiles", "/EF", "/XFA", "/RichMedia"})
_ACTS = frozenset(
    {"/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToE", "/GoToR", "/Rendition", "/Movie", "/Sound", "/RichMediaExecute"}
)  # fmt: skip
_TYPES = frozenset({"/EmbeddedFile", "/RichMedia", "/FileAttachment", "/Screen", "/3D"})
# Also where a reader would not look: long enough not to turn up in compressed bytes by chance.
_ANYWHERE = re.compile(rb"/(?:JavaScript|EmbeddedFile|RichMedia|SubmitForm|ImportData|Launch\b)")
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")


class Refused(Exception):
    """Says why, by a key of `scans.REFUSALS`."""


def main() -> None:
    limit()
    pixels, pages = map(int, sys.argv[1:])
    content = sys.stdin.buffer.read()
    try:
        head, kept = cleaned(content, pixels, pages)
    except Refused as refused:
        head, kept = {"refused": str(refused)}, b""
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + kept)


def limit() -> None:
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def cleaned(content: bytes, pixels: int, pages: int) -> tuple[dict[str, Any], bytes]:
    """What the file is, and what is kept of it. Raises Refused."""
    if content.startswith((_JPEG, _PNG)):
        return _image(content, pixels)
    if content.startswith(_PDF):
        return _pdf(content, pages)
    raise Refused("other_type")


def _image(content: bytes, pixels: int) -> tuple[dict[str, Any], bytes]:
    from PIL import Image, ImageOps  # noqa: PLC0415  # under the limits, which are set by now

    Image.MAX_IMAGE_PIXELS = pixels
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as image:
            # The header says how large it would be; nothing is decoded yet.
            if image.width * image.height > pixels:
                raise Refused("too_many_pixels")
            upright = ImageOps.exif_transpose(image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as problem:
        raise Refused("too_many_pixels") from problem
    except (OSError, SyntaxError, ValueError, EOFError) as problem:  # as Pillow's decoders complain
        raise Refused("damaged") from problem
    kept = io.BytesIO()
    jpeg = content.startswith(_JPEG)
    # Written anew from the pixels; all that the old file said beside them stands here.
    upright.info = {name: value for name, value in upright.info.items() if name == "transparency"}
    if jpeg:
        (upright if upright.mode in ("L", "RGB") else upright.convert("RGB")).save(kept, "JPEG", quality=_QUALITY)
    else:
        upright.save(kept, "PNG")
    return {"media": "image/jpeg" if jpeg else "image/png", "pages": 1}, kept.getvalue()


def _pdf(content: bytes, pages: int) -> tuple[dict[str, Any], bytes]:
    from pypdf import PdfReader  # noqa: PLC0415
    from pypdf.errors import PdfReadError, PyPdfError  # noqa: PLC0415

    if not content.rstrip(b"\x00\t\n\f\r ").endswith(b"%%EOF"):
        raise Refused("damaged")
    if _ANYWHERE.search(_ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), content)):
        raise Refused("active")
    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted:
            raise Refused("locked")
        count = len(reader.pages)
        if count > pages:
            raise Refused("too_many_pages")
        if any(map(_acts, _objects(reader))):
            raise Refused("active")
    except (PdfReadError, PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError) as problem:
        raise Refused("damaged") from problem
    if not count:
        raise Refused("damaged")
    return {"media": "application/pdf", "pages": count}, content


def _objects(reader: Any) -> Iterator[Any]:
    """Every object of the file, and the trailer, whether a page leads to it or not."""
    from pypdf.generic import IndirectObject  # noqa: PLC0415

    yield reader.trailer
    for number in reader.xref_objStm:
        yield reader.get_object(IndirectObject(number, 0, reader))
    for generation, found in reader.xref.items():
        for number in found:
            yield reader.get_object(IndirectObject(number, generation, reader))


def _acts(thing: Any) -> bool:
    """Whether an object, with what is written inside it, does something or carries a file. What it refers to is asked by itself."""
    if isinstance(thing, dict):
        if not _KEYS.isdisjoint(thing) or thing.get("/S") in _ACTS:
            return True
        if thing.get("/Type") in _TYPES or thing.get("/Subtype") in _TYPES:
            return True
        return any(_acts(each) for each in dict.values(thing))
    return isinstance(thing, list) and any(_acts(each) for each in list.__iter__(thing))


if __name__ == "__main__":
    main()

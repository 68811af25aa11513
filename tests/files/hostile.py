"""Files as somebody might hand them in, made here and nowhere kept: sound ones, and those that are to be refused."""

import io
import struct
import zipfile
import zlib
from typing import Any

from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

PNG = b"\x89PNG\r\n\x1a\n"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"
GPS_IFD, ORIENTATION, MAKE = 0x8825, 0x0112, 0x010F


def picture(width: int = 40, height: int = 30, mode: str = "RGB") -> Image.Image:
    """Light but for its top left corner, so that one sees how it is turned."""
    made = Image.new(mode, (width, height), 255 if mode in ("L", "P") else tuple(250 for _ in mode))
    made.paste(0 if mode in ("L", "P") else tuple(0 for _ in mode), (0, 0, 8, 8))
    return made


def jpeg(**more: Any) -> bytes:
    kept = io.BytesIO()
    picture().save(kept, "JPEG", quality=95, **more)
    return kept.getvalue()


def png(mode: str = "RGB", **more: Any) -> bytes:
    kept = io.BytesIO()
    picture(mode=mode).save(kept, "PNG", **more)
    return kept.getvalue()


def taken_at_a_place(orientation: int = 1) -> bytes:
    """A photograph that says where and by what it was taken, and how it was held."""
    exif = Image.Exif()
    exif[MAKE], exif[ORIENTATION] = "SECRETPHONE", orientation
    exif.get_ifd(GPS_IFD).update({1: "N", 2: (35.0, 25.0, 12.0), 3: "E", 4: (119.0, 31.0, 44.0)})
    return jpeg(exif=exif, comment=b"SECRETCOMMENT")


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def pixel_flood(side: int = 50_000) -> bytes:
    """A few hundred bytes that say they are 2,500 megapixels."""
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return PNG + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


def text_bomb() -> bytes:
    """A small picture with a comment that unpacks to half a gigabyte."""
    packed, packer = b"", zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(1 << 20)) for _ in range(512)) + packer.flush()
    sound = png()
    cut = sound.index(b"IDAT") - 4
    return sound[:cut] + chunk(b"zTXt", b"Comment\0\0" + packed) + sound[cut:]


def pdf(pages: int = 2) -> bytes:
    return _written(_blank(pages))


def _blank(pages: int) -> PdfWriter:
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(595, 842)
    return writer


def _written(writer: PdfWriter) -> bytes:
    kept = io.BytesIO()
    writer.write(kept)
    return kept.getvalue()


def _opening(**action: Any) -> bytes:
    """One that does something when it is opened."""
    writer = _blank(1)
    writer.root_object[NameObject("/OpenAction")] = DictionaryObject({NameObject(k): v for k, v in action.items()})
    return _written(writer)


def pdf_with_script() -> bytes:
    return _opening(**{"/S": NameObject("/JavaScript"), "/JS": TextStringObject("app.alert(1)")})


def pdf_with_attachment() -> bytes:
    writer = _blank(1)
    writer.add_attachment("a.exe", b"MZ")
    return _written(writer)


def pdf_that_launches() -> bytes:
    return _opening(**{"/S": NameObject("/Launch"), "/F": TextStringObject("cmd.exe")})


def pdf_that_opens_another() -> bytes:
    """Nothing in its catalogue: the action stands at a link of a page."""
    writer = _blank(1)
    action = DictionaryObject({NameObject("/S"): NameObject("/GoToR"), NameObject("/F"): TextStringObject("other.pdf")})
    link = DictionaryObject({NameObject("/Subtype"): NameObject("/Link"), NameObject("/A"): action})
    writer.pages[0][NameObject("/Annots")] = writer._add_object(link)
    return _written(writer)


def pdf_with_escaped_script() -> bytes:
    """The name of what it does is spelled with escapes, as viewers read it."""
    return pdf_that_launches().replace(b"/Launch", b"/#4cau#6ech")


def pdf_locked() -> bytes:
    writer = _blank(1)
    writer.encrypt("secret", algorithm="RC4-128")
    return _written(writer)


def archive() -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as packed:
        packed.writestr("a.txt", "a")
    return kept.getvalue()

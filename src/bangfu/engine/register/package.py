"""An .xlsx file as a zip of XML parts, opened with suspicion.

Nothing is inflated beyond a bound, and no XML may define entities.
"""

import re
import struct
import zipfile
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from posixpath import join, normpath
from typing import BinaryIO
from xml.etree import ElementTree
from xml.parsers import expat

from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text

CHUNK = 1 << 20
MOST_PARTS = 10_000
MOST_BYTES = 2 << 30
# Honest sheets shrink to a twentieth or so; below this size a bomb does no harm.
MOST_RATIO = 300
HARMLESS_BYTES = 64 << 20
# What workbook.xml and its relations may take: a list of sheets and defined names.
MOST_INDEX_BYTES = 16 << 20
# A tag and the text after it; a cell holds no more than 32,767 characters.
MOST_TAG_BYTES = 1 << 20
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LOCAL_HEADER = struct.Struct("<4s5H3L2H")
_STORED, _DEFLATED = 0, 8
_MAIN = "xl/workbook.xml"
# For these the reader makes room for as many things as an attribute claims, whether they are there or not.
_COUNTED = ("xl/sharedstrings.xml", "xl/styles.xml")
# In another encoding the declarations looked for below could hide.
_OTHER_ENCODING = re.compile(
    rb"\xff\xfe|\xfe\xff|(\xef\xbb\xbf)?\s*<\?xml[^>]{0,200}encoding\s*=\s*[\"'](?!(utf-8|us-ascii)[\"'])",
    re.IGNORECASE,
)
_ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    ValueError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OverflowError,
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of the workbook by its name and the part that holds its cells ("" where there is none)."""

    name: str
    part: str


class Package:
    """A workbook's parts. Raises DomainError where the file is no workbook or not a safe one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open("rb") as file:
            _check_kind(file)
            try:
                with zipfile.ZipFile(file) as archive:
                    listed = archive.infolist()
            except _ZIP_ERRORS as error:
                raise damaged(error) from error
        self._parts = _by_name(listed)
        _check_sizes(listed, path.stat().st_size)
        self.sheets, self.uncalculated = self._index()

    def check(self, besides: Collection[str] = ()) -> None:
        """Hold every part to the bounds, before a reader that knows none sees the file; but for those that are gone through before it sees them.

        Raises DomainError.
        """
        for part in self._parts.keys() - {part.lower() for part in besides}:
            info = self._parts[part]
            if part in _COUNTED:
                _check_counts(self.chunks(part), info.file_size)
            else:
                for _ in self.chunks(part):
                    pass

    def __contains__(self, part: str) -> bool:
        return part.lower() in self._parts

    def size(self, part: str) -> int:
        """The bytes of a part that is there, inflated."""
        return self._parts[part.lower()].file_size

    def chunks(self, part: str) -> Iterator[bytes]:
        """The part's bytes as they really inflate, whatever its header claims. Raises DomainError where unsafe."""
        info = self._parts.get(part.lower())
        if info is None:
            raise damaged(f"no {part}")
        try:
            with self._path.open("rb") as file:
                yield from _without_entities(_within_bounds(_inflated(file, info), info))
        except _ZIP_ERRORS as error:
            raise damaged(error) from error

    def _index(self) -> tuple[list[Sheet], bool]:
        """The sheets, and whether the workbook says that its formulas have yet to be calculated."""
        book = self._tree(_MAIN)
        relations = {r.get("Id", ""): r.get("Target", "") for r in self._tree("xl/_rels/workbook.xml.rels")}
        sheets = []
        for element in book.iter():
            if _local(element.tag) == "sheet":
                relation = next((value for key, value in element.items() if _local(key) == "id"), "")
                sheets.append(Sheet(element.get("name", ""), _target(relations.get(relation, ""))))
        calculation = [e for e in book.iter() if _local(e.tag) == "calcPr"]
        return sheets, any(e.get("fullCalcOnLoad", "") in ("1", "true") for e in calculation)

    def _tree(self, part: str) -> ElementTree.Element:
        parser = ElementTree.XMLParser()  # noqa: S314  # `chunks` lets no part through that declares entities
        size = 0
        try:
            for chunk in self.chunks(part):
                size += len(chunk)
                if size > MOST_INDEX_BYTES:
                    raise bomb()
                parser.feed(chunk)
            root: ElementTree.Element = parser.close()
        except (ElementTree.ParseError, LookupError) as error:
            raise damaged(error) from error
        return root


def damaged(error: object) -> DomainError:
    why = " ".join(str(error).split())[:120] or type(error).__name__
    # What libraries say is English, and helps whoever mends the file only beside the English sentence.
    return DomainError(
        "WORKBOOK_DAMAGED",
        Text(
            "工作簿已损坏或不是 .xlsx 文件。请用 Excel 或 WPS 打开，另存为“Excel 工作簿（*.xlsx）”后重试。",
            f"The workbook is damaged or no .xlsx file ({why}). "
            "Open it in Excel or WPS and save it as an Excel workbook (*.xlsx).",
        ),
    )


def bomb() -> DomainError:
    return DomainError(
        "WORKBOOK_TOO_LARGE",
        Text(
            "工作簿解压后大得异常，未读取。请只保留四张数据表并另存；数据确实很多时请改用 CSV 或 Parquet。",
            "The workbook inflates to an abnormal size and was not read. Keep the four sheets only and save again; "
            "for very large registers use CSV or Parquet.",
        ),
    )


def _check_kind(file: BinaryIO) -> None:
    start = file.read(len(OLE))
    if start == OLE:
        rest = file.read(16 << 20)
        # An encrypted workbook is an OLE file with a stream of this name.
        raise _encrypted() if "EncryptedPackage".encode("utf-16-le") in rest else _old_format()
    if not start.startswith(b"PK"):
        raise damaged("not a zip file")
    file.seek(0)


def _encrypted() -> DomainError:
    return DomainError(
        "WORKBOOK_ENCRYPTED",
        Text(
            "工作簿设有打开密码。请在 Excel 或 WPS 中去掉密码，另存后重试。",
            "The workbook is protected by a password. Remove it in Excel or WPS and save again.",
        ),
    )


def _old_format() -> DomainError:
    return DomainError(
        "WORKBOOK_OLD_FORMAT",
        Text(
            "这是旧格式的 .xls 工作簿。请用 Excel 或 WPS 另存为“Excel 工作簿（*.xlsx）”。",
            "This is an old .xls workbook. Save it as an Excel workbook (*.xlsx).",
        ),
    )


def _by_name(listed: list[zipfile.ZipInfo]) -> Mapping[str, zipfile.ZipInfo]:
    if len(listed) > MOST_PARTS:
        raise bomb()
    parts = {info.filename.replace("\\", "/").lower(): info for info in listed if not info.is_dir()}
    if len(parts) != sum(not info.is_dir() for info in listed):
        raise damaged("two parts of one name")
    if any(info.flag_bits & 1 for info in listed):
        raise _encrypted()
    if any(info.compress_type not in (_STORED, _DEFLATED) for info in listed):
        raise damaged("unknown compression")
    if _MAIN not in parts:
        raise damaged(f"no {_MAIN}")
    return parts


def _check_sizes(listed: list[zipfile.ZipInfo], size: int) -> None:
    """The cheap check, on claimed sizes; `chunks` holds each part to the real one."""
    whole = sum(info.file_size for info in listed)
    # Parts that overlap in the file are how a small zip holds many large ones.
    if whole > MOST_BYTES or sum(info.compress_size for info in listed) > size:
        raise bomb()
    for info in listed:
        if info.file_size > HARMLESS_BYTES and info.file_size > MOST_RATIO * info.compress_size:
            raise bomb()


def _inflated(file: BinaryIO, info: zipfile.ZipInfo) -> Iterator[bytes]:
    # zipfile stops at the size that the header claims, other readers at the end of the stream; the stream decides here.
    file.seek(info.header_offset)
    header = _LOCAL_HEADER.unpack(file.read(_LOCAL_HEADER.size))
    file.seek(header[9] + header[10], 1)
    left = info.compress_size
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    while left > 0 and (packed := file.read(min(CHUNK, left))):
        left -= len(packed)
        if info.compress_type == _STORED:
            yield packed
            continue
        while packed:
            yield stream.decompress(packed, CHUNK)
            packed = stream.unconsumed_tail
    if info.compress_type == _DEFLATED:
        yield stream.flush()
        if not stream.eof:
            raise EOFError("a part ends too early")


def _within_bounds(chunks: Iterator[bytes], info: zipfile.ZipInfo) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > info.file_size:
            raise bomb()
        yield chunk
    if size < info.file_size:
        raise EOFError("a part ends too early")


def _check_counts(chunks: Iterator[bytes], size: int) -> None:
    """Refuse a part that claims to hold more things than it has bytes."""

    def start(_: str, attributes: dict[str, str]) -> None:
        for name, value in attributes.items():
            if name.lower().endswith("count") and not (re.fullmatch(r"[0-9]{1,10}", value) and int(value) <= size):
                raise damaged(f"{name[:20]} {value[:20]}")

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parse(parser, chunks)


def parse(parser: expat.XMLParserType, chunks: Iterable[bytes]) -> None:
    """Run a parser through a part. Raises DomainError where the part is no XML."""
    try:
        for chunk in chunks:
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except (expat.ExpatError, ValueError, LookupError) as error:  # LookupError: an encoding that Python does not know
        raise damaged(error) from error


def at_tags(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes, cut so that no tag is in two pieces."""
    rest = b""
    for chunk in chunks:
        piece = rest + chunk
        cut = piece.rfind(b"<")
        if cut > 0:
            yield piece[:cut]
        rest = piece[max(cut, 0) :]
        if len(rest) > MOST_TAG_BYTES:
            raise bomb()
    yield rest


def _without_entities(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Refuse parts that declare anything: Excel and WPS never do, and entities can swell or read other files."""
    tail = b""
    for chunk in chunks:
        if not tail and _OTHER_ENCODING.match(chunk):
            raise damaged("not UTF-8")
        if _declares(chunk) or _declares(tail + chunk[:16]):
            raise DomainError(
                "WORKBOOK_UNSAFE",
                Text(
                    "工作簿内含有不应出现的 XML 声明，可能被改动过，未读取。请用 Excel 或 WPS 重新另存。",
                    "The workbook holds XML declarations that no spreadsheet program writes; it may have been tampered "
                    "with and was not read. Save it again in Excel or WPS.",
                ),
            )
        tail = (tail + chunk[-16:])[-16:]
        yield chunk


def _declares(some: bytes) -> bool:
    return b"!" in some and (b"<!DOCTYPE" in some or b"<!ENTITY" in some)


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _target(target: str) -> str:
    if not target:
        return ""
    return normpath(target.lstrip("/") if target.startswith("/") else join("xl", target))

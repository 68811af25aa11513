"""The picture behind a sheet: a few signs in light grey, climbing from left to right. PNG needs no more than what Python has."""

import struct
import zlib

# Five columns of seven dots a sign, the lowest bit on top.
_SIGNS = {
    " ": "0000000000", "-": "0808080808", ":": "0036360000",
    "0": "3e5149453e", "1": "00427f4000", "2": "4261514946", "3": "2141454b31", "4": "1814127f10",
    "5": "2745454539", "6": "3c4a494930", "7": "0171090503", "8": "3649494936", "9": "064949291e",
    "A": "7e1111117e", "B": "7f49494936", "C": "3e41414122", "D": "7f4141221c", "E": "7f49494941",
    "F": "7f09090901", "G": "3e4149497a", "H": "7f0808087f", "I": "00417f4100", "J": "2040413f01",
    "K": "7f08142241", "L": "7f40404040", "M": "7f020c027f", "N": "7f0408107f", "O": "3e4141413e",
    "P": "7f09090906", "Q": "3e4151215e", "R": "7f09192946", "S": "4649494931", "T": "01017f0101",
    "U": "3f4040403f", "V": "1f2040201f", "W": "3f4038403f", "X": "6314081463", "Y": "0708700807",
    "Z": "6151494543",
}  # fmt: skip
_DOT, _STEP, _RISE, _MARGIN = 3, 6, 2, 24
_WHITE, _GREY = b"\xff\xff\xff", b"\xd6\xd9\xde"


def picture_of(text: str) -> bytes:
    """A PNG of a line of capitals, digits, hyphens and colons, on nothing. Raises KeyError for any other sign."""
    width = len(text) * _STEP * _DOT + 2 * _MARGIN
    height = (7 + len(text) * _RISE) * _DOT + 2 * _MARGIN
    dots = [bytearray(width) for _ in range(height)]
    for place, sign in enumerate(text):
        top = height - _MARGIN - 7 * _DOT - place * _RISE * _DOT
        for column, bits in enumerate(bytes.fromhex(_SIGNS[sign])):
            left = _MARGIN + (place * _STEP + column) * _DOT
            for row in range(7):
                if bits >> row & 1:
                    _dot(dots, left, top + row * _DOT)
    return _png(width, height, dots)


def _dot(dots: list[bytearray], left: int, top: int) -> None:
    for y in range(top, top + _DOT):
        dots[y][left : left + _DOT] = b"\x01" * _DOT


def _png(width: int, height: int, dots: list[bytearray]) -> bytes:
    """Two colours, of which the first is transparent; one byte a dot packs as well as one bit."""
    body = b"".join(b"\0" + bytes(line) for line in dots)
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        (b"PLTE", _WHITE + _GREY),
        (b"tRNS", b"\x00\xff"),
        (b"IDAT", zlib.compress(body, 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(_part(name, said) for name, said in parts)


def _part(name: bytes, said: bytes) -> bytes:
    return struct.pack(">I", len(said)) + name + said + struct.pack(">I", zlib.crc32(name + said))

"""What a typed cell of a workbook or a Parquet file says as text, so that all formats are judged by the same rules."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

from bangfu.kernel.schema import Column

# Types whose value is text; a number there must be whole and must not have lost digits.
TEXT_TYPES = frozenset({"id", "text", "village_code"})
# How many decimals a number of each type keeps; the others are whole.
DECIMALS = {"money": 2, "area": 4, "decimal": 4, "balance": 2}
NOISE = 0.000001
# A double holds 15 decimal digits for certain; spreadsheets replace the rest by zeros.
SAFE_DIGITS = 15
_NUMBERS = frozenset({bool, int, float, Decimal})


@dataclass(frozen=True, slots=True)
class Mark:
    """A fault that only the typed cell or the line shows, not its text; `kind` is a key of reasons.py."""

    row: int
    column: str
    value: str
    kind: str
    detail: str = ""


def text_of(value: object, column: Column) -> tuple[str | None, str]:
    """The cell as text, and the kind of its fault ("" where the text alone decides)."""
    if value is None or isinstance(value, str):
        return value, ""
    if isinstance(value, bool):
        return ("true" if value else "false"), _unless_text(column)
    if isinstance(value, int):
        return str(value), ""
    if isinstance(value, float):
        return _text_of_float(value, column)
    if isinstance(value, Decimal):
        return _text_of_decimal(value, column)
    return _text_of_time(value), _unless_text(column)


def texts_of(values: Sequence[object], column: Column, first_row: int) -> tuple[Sequence[str | None], list[Mark]]:
    """A column's cells as text, with the marks of those that are faults whatever they say."""
    kinds = set(map(type, values))
    if kinds == {str}:
        return values, []  # type: ignore[return-value]  # every value has just been seen to be a str
    if len(_NUMBERS & kinds) > 1:
        # 1, 1.0 and True are one key of a dictionary, and three texts.
        said = [text_of(value, column) for value in values]
        texts, faults = [text for text, _ in said], [kind for _, kind in said]
    else:
        each = {value: text_of(value, column) for value in set(values)}
        of, faulty = {v: text for v, (text, _) in each.items()}, {v: kind for v, (_, kind) in each.items() if kind}
        texts, faults = [of[value] for value in values], [faulty.get(v, "") for v in values] if faulty else []
    return texts, [
        Mark(first_row + offset, column.name, texts[offset] or "", kind) for offset, kind in enumerate(faults) if kind
    ]


def _unless_text(column: Column) -> str:
    return "not_text" if column.type in TEXT_TYPES else ""


def _text_of_float(value: float, column: Column) -> tuple[str, str]:
    if column.type in TEXT_TYPES:
        return _text_of_whole(value)
    places = DECIMALS.get(column.type, 0)
    if not math.isfinite(value):
        return str(value), ""
    if not places:
        return (str(int(value)) if value.is_integer() else repr(value)), ""
    rounded = round(value, places)
    if abs(value - rounded) > NOISE:
        return repr(value), ""
    return f"{rounded or 0.0:.{places}f}", ""  # "or 0.0": noise just below zero must not read as -0.00


def _text_of_whole(value: float) -> tuple[str, str]:
    if not math.isfinite(value) or not value.is_integer():
        return repr(value), "not_whole"
    digits = len(str(abs(int(value))))
    if digits > SAFE_DIGITS:
        return str(round(int(value), SAFE_DIGITS - digits)), "digits_lost"  # with the zeros that a spreadsheet shows
    return str(int(value)), ""


def _text_of_decimal(value: Decimal, column: Column) -> tuple[str, str]:
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text, "not_whole" if column.type in TEXT_TYPES and "." in text else ""


def _text_of_time(value: object) -> str:
    if isinstance(value, datetime) and value.tzinfo is None and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    return str(value)

"""How a value of ours is said in a layout's own words, and when two texts under one of its headers mean the same."""

import re
from collections.abc import Hashable
from datetime import date
from decimal import Decimal, InvalidOperation

from bangfu.kernel.money import yuan_from_fen
from bangfu.registry.facts import label_of
from bangfu.registry.layouts import Layout, LayoutColumn, Words, fact_of
from bangfu.registry.layouts.villages import NAMES, bare
from bangfu.registry.values import Value, said

_SEVERAL = re.compile("[;；、,，]")
YES, NO = frozenset({"是", "有", "1"}), frozenset({"否", "无", "0"})
_NUMBERS = frozenset({"area", "decimal", "money", "year", "months"})
# Between words of the form of which the register does not know which it is.
OR = " / "


def said_in(form: Layout, column: LayoutColumn, value: Value) -> str:
    """A fact as the form says it; words between which the register does not tell are all named. "" for what is not known, or has no word."""
    if value is None:
        return ""
    fact = fact_of(column.fact or column.joined)
    if column.part == "year" and isinstance(value, date):
        return str(value.year)
    if column.words:
        words = form.words[column.words]
        given = ["yes" if value else "no"] if isinstance(value, bool) else str(value).split(";")
        return "、".join(OR.join(words.words.get(code, ())) for code in given if code not in words.unsaid)
    return said(fact, value, "zh")


def unsayable(form: Layout, column: LayoutColumn, value: Value) -> str:
    """Our own label of a value for which the form has no word; "" where it has one."""
    if not column.words or value is None or isinstance(value, bool):
        return ""
    unsaid = form.words[column.words].unsaid
    return "" if str(value) not in unsaid else label_of(fact_of(column.fact), str(value), "zh")


def yuan(fen: int | None) -> str:
    return "" if fen is None else yuan_from_fen(fen)


def same(form: Layout, column: LayoutColumn, one: str, other: str) -> bool:
    """Whether two texts under a header mean the same. An empty one means nothing but itself, or what the form leaves empty."""
    mine, theirs = _meant(form, column, one), _meant(form, column, other)
    if isinstance(mine, frozenset) and isinstance(theirs, frozenset) and not _is_several(column):
        # A word may stand for several codes, and several words for one.
        return bool(mine & theirs) or one == other
    return mine == theirs


def _is_several(column: LayoutColumn) -> bool:
    return bool(column.marks) or bool(column.fact and fact_of(column.fact).type == "codes")


def _meant(form: Layout, column: LayoutColumn, text: str) -> Hashable:
    text = text.strip()
    words = form.words[column.words] if column.words else None
    if not text:
        return frozenset({words.blank}) if words and words.blank else 0 if column.total or column.adds else None
    if column.marks:
        return frozenset(each for each in _pieces(text) if each != column.none)
    if words is not None:
        return _codes(words, text)
    if column.place in NAMES:
        return bare(column.place, text)
    if column.phone:
        return "".join(each for each in text if each.isdigit())
    if (
        column.total
        or column.adds
        or column.figure == "members"
        or (column.fact and fact_of(column.fact).type in _NUMBERS)
    ):
        return _number(text)
    if column.fact and fact_of(column.fact).type == "yes_no":
        return True if text in YES else False if text in NO else text
    if column.part == "year":
        return text[:4]
    return "".join(text.split())


def _codes(words: Words, text: str) -> Hashable:
    """The codes that a text may mean; the text itself where the form has no such word."""
    found: set[str] = set()
    for piece in _pieces(text.replace(OR, ";")):
        meant = words.codes_of(piece)
        if meant is None:
            return text
        found |= meant
    return frozenset(found)


def _pieces(text: str) -> list[str]:
    return [piece for piece in (each.strip() for each in _SEVERAL.split(text)) if piece]


def _number(text: str) -> Hashable:
    try:
        # To the hundredth: what somebody divided has as many decimals as their program gave it.
        return Decimal(text).quantize(Decimal("0.01")) if Decimal(text).is_finite() else text
    except InvalidOperation:
        return text

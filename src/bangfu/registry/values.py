"""Whether a value fits its fact, and how it is said. Values are those of the tables: fen, ten-thousandths, days, codes; None is unknown."""

import re
from collections.abc import Mapping
from datetime import date

from bangfu.kernel.errors import DomainError
from bangfu.kernel.money import fen_from_entry, yuan_from_fen
from bangfu.kernel.words import Lang, Text
from bangfu.registry.columns import WHOLE, bounds_of
from bangfu.registry.facts import ERASED as ERASED_WORD
from bangfu.registry.facts import LENGTHS, Field, Group, codes, label_of

Value = str | int | bool | date | None
Values = Mapping[str, Value]
_PHONE = re.compile(r"\+?[0-9][0-9 -]{2,18}[0-9]")
_YES_NO = {True: Text("是", "yes"), False: Text("否", "no")}
UNKNOWN = Text("未填", "not known")
ERASED = Text(ERASED_WORD, "erased")
_DECIMAL = re.compile(r"[0-9]{1,9}(\.[0-9]{1,4})?", re.ASCII)
LONGEST_NUMBER = 9
_UNIT = {"money": 100, "area": 10_000, "decimal": 10_000}


def check(group: Group, values: Values) -> None:
    """Raises DomainError for what does not fit, naming the fact; KeyError for a fact that the group does not have."""
    for name, value in values.items():
        _check_one(group.fields[name], value)
    for field in group.fields.values():
        if field.required and values.get(field.name, "") in (None, ""):
            raise refused(field, Text("必须填写", "it must be given"))
        if field.span:
            _check_span(field, values)


def refused(field: Field, why: Text) -> DomainError:
    """That a fact cannot be recorded so, and why."""
    return DomainError(
        "FACT_REFUSED",
        Text(f"“{field.label.zh}”不能这样登记：{why.zh}。", f"{field.label.en} cannot be recorded so: {why.en}."),
    )


def said(field: Field, value: Value, lang: Lang) -> str:
    """A value as people read it. Places, households and sealed numbers are said by whoever knows their names."""
    if value is None:
        return UNKNOWN.say(lang)
    if isinstance(value, bool):
        return _YES_NO[value].say(lang)
    if field.type == "code":
        return label_of(field, str(value), lang)
    if field.type == "codes":
        return ("、" if lang == "zh" else ", ").join(label_of(field, code, lang) for code in str(value).split(";"))
    if field.type == "money":
        return f"{yuan_from_fen(int(str(value)))}"
    if field.type in ("area", "decimal"):
        whole, part = divmod(int(str(value)), 10_000)
        return f"{whole}.{part:04d}".rstrip("0").rstrip(".")
    return str(value)


def typed(field: Field, text: str) -> Value:
    """What somebody typed for an amount, an area or a number, exactly; raises DomainError for what is none. Empty is unknown."""
    text = text.strip()
    if not text:
        return None
    if field.type == "money":
        return fen_from_entry(text)
    if field.type in _UNIT:
        if not _DECIMAL.fullmatch(text):
            raise refused(field, Text("应为数，至多四位小数", "it must be a number with at most four decimals"))
        whole, _, part = text.partition(".")
        return int(whole) * _UNIT[field.type] + int((part + "0000")[:4])
    if field.type in WHOLE:
        if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER):
            raise refused(field, Text("应为整数", "it must be a whole number"))
        return int(text)
    return text


def entered(field: Field, value: Value) -> str:
    """A value as somebody would type it; `typed` reads it back."""
    if value is None:
        return ""
    if field.type == "money":
        return yuan_from_fen(int(str(value)))
    return said(field, value, "zh") if field.type in _UNIT else str(value)


def _check_one(field: Field, value: Value) -> None:
    if value is None:
        return
    if field.type == "yes_no":
        fits = isinstance(value, bool)
    elif field.type == "date":
        fits = isinstance(value, date)
    elif field.type in WHOLE:
        least, most = bounds_of(field)
        fits = isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
        if isinstance(value, int) and not fits:
            unit = _UNIT.get(field.type, 1)
            raise refused(
                field,
                Text(
                    f"应在 {least // unit} 到 {most // unit} 之间",
                    f"it must lie between {least // unit} and {most // unit}",
                ),
            )
    elif field.type in ("place", "household"):
        fits = isinstance(value, int)
    elif field.type == "number":
        fits = True
    else:
        fits = isinstance(value, str)
        if isinstance(value, str):
            _check_text(field, value)
    if not fits:
        raise refused(field, Text("这一项不能是这样的值", "this is no value of its kind"))


def _check_text(field: Field, value: str) -> None:
    if not value or len(value) > LENGTHS[field.type]:
        raise refused(
            field, Text(f"须有 1 到 {LENGTHS[field.type]} 个字", f"it must have 1 to {LENGTHS[field.type]} signs")
        )
    if not value.replace("\n", " ").isprintable():
        raise refused(field, Text("含有不能显示的字符", "it has signs that cannot be shown"))
    given = value.split(";") if field.type == "codes" else [value]
    if field.codes and not set(given) <= set(codes()[field.codes]):
        raise refused(field, Text(f"没有“{value}”这个选项", f"there is no choice '{value}'"))
    if field.most and (len(given) > field.most or len(set(given)) < len(given)):
        raise refused(field, Text(f"至多 {field.most} 项，不能重复", f"at most {field.most}, each once"))
    if field.type == "phone" and not _PHONE.fullmatch(value):
        raise refused(
            field, Text("电话只含数字、空格和横线，4 到 20 位", "a telephone has 4 to 20 digits, spaces and hyphens")
        )


def _check_span(field: Field, values: Values) -> None:
    first, last = values.get(f"{field.span}_from"), values.get(f"{field.span}_until")
    if isinstance(first, date) and isinstance(last, date) and last < first:
        raise refused(field, Text("止的日期早于起的日期", "it ends before it begins"))

"""Parameters of a rulebook: their entries in the layers' files, and a value as people write it."""

import itertools
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, cast, get_args

from bangfu.kernel.days import date_from_day
from bangfu.kernel.errors import DomainError
from bangfu.kernel.money import fen_from_yuan, yuan_from_fen
from bangfu.kernel.schema import schema
from bangfu.kernel.words import Text
from bangfu.rulebook import book as b
from bangfu.rulebook.source import Entry, Where, refuse
from bangfu.rulebook.tree import BOOL, CHOICES_OF, COUNT, MONEY, PERCENT, Type

# Of years, months and whatever else is counted.
MOST_COUNTED = 1_000_000


def parameter(id_: str, entries: list[tuple[str, Entry]], units: frozenset[str]) -> b.Parameter:
    base = next((e for _, e in reversed(entries) if "unit" in e), None)
    if base is None:
        raise refuse(
            entries[0][1].where,
            f"规则库里没有参数“{id_}”；如是新参数，请写明 unit（单位）。",
            f"the book has no parameter '{id_}'; a new one has to give its unit.",
        )
    base.only("id", "label", "unit", "per", "clause", "choices", "by", "values", "readings")
    unit = cast(b.Unit, base.word("unit", among=get_args(b.Unit)))
    by_year = base.word("by", "", ("", "income_year")) == "income_year"
    choices = base.labels("choices")
    if (unit == "choice") != bool(choices):
        raise refuse(
            base.where,
            "单位为 choice 的参数要写 choices，其他不写。",
            "a parameter of unit choice has choices, no other has.",
        )
    values: list[b.Dated] = []
    for layer, entry in entries:
        if entry is not base:
            entry.only("id", "label", "unit", "per", "clause", "choices", "by", "values", "readings")
        dated = [_dated(v, unit, choices, by_year, layer, units) for v in entry.entries("values")]
        if not dated:
            raise refuse(entry.where, f"参数“{id_}”没有值。", f"parameter '{id_}' has no value.")
        _refuse_overlaps(id_, dated)
        values.extend(dated)
    return b.Parameter(
        id_, base.text("label"), unit, base.word("per", ""), base.word("clause", ""), choices, by_year,
        tuple(values), _parameter_type(id_, unit), readings(base), base.where,
    )  # fmt: skip


def _parameter_type(id_: str, unit: b.Unit) -> Type:
    match unit:
        case "yuan":
            return MONEY
        case "percent":
            return PERCENT
        case "yes_no":
            return BOOL
        case "choice":
            return Type("text", codes=CHOICES_OF + id_)
        case "years" | "months" | "count":
            return COUNT


def _dated(
    entry: Entry, unit: b.Unit, choices: Mapping[str, Text], by_year: bool, layer: str, units: frozenset[str]
) -> b.Dated:
    entry.only("value", "from", "until", "year", "place", "source", "unverified")
    year = entry.get("year")
    if (year is not None) != by_year or (by_year and ("from" in entry or "until" in entry)):
        raise refuse(
            entry.where,
            "按年度取值的参数写 year，其他写 from、until。",
            "a parameter by year has year, others from and until.",
        )
    if by_year:
        _refuse_wrong_year(entry, year)
    place = str(entry.get("place", ""))
    if place not in units and not re.fullmatch("[0-9]{0,12}", place):
        raise refuse(
            entry.at("place"),
            f"place“{place}”不是区划代码前缀（半角数字，至多12位），也不是单位。",
            f"place '{place}' is neither a code prefix (at most 12 ASCII digits) nor a unit.",
        )
    value = entry.need("value")
    source = entry.text("source") if "source" in entry else None
    first, last = entry.span()
    return b.Dated(
        read_value(value, unit, choices, entry.at("value")), first, last, year, place, source,
        entry.flag("unverified"), layer, entry.where,
    )  # fmt: skip


def _refuse_wrong_year(entry: Entry, year: Any) -> None:
    """A value of any other year would never be used."""
    least, most = schema().bounds["year"]
    if isinstance(year, bool) or not isinstance(year, int) or not least <= year <= most:
        raise refuse(
            entry.at("year"),
            f"year 应为 {least} 至 {most} 的年份，不加引号。",
            f"'year' should be a year from {least} to {most}, without quotes.",
        )


def read_value(value: Any, unit: b.Unit, choices: Mapping[str, Text], where: Where) -> b.ParameterValue:
    """A parameter's value in its own unit: yuan to fen, percent to ten-thousandths. Raises BookRefused, which says what is wanted, and its bounds."""
    most_fen = schema().bounds["money"][1]
    most_yuan, most_percent = yuan_from_fen(most_fen, grouped=True), PERCENT.denominator // 100
    wanted = {
        "yuan": Text(f"0 到 {most_yuan} 的金额（元，至多两位小数）", f"yuan, 0 to {most_yuan}, at most two decimals"),
        "percent": Text(f"0 到 {most_percent} 的百分数，如 70", f"a percentage, 0 to {most_percent}, as 70"),
        "yes_no": Text("是或否（yes/no）", "yes or no"),
        "choice": choices_said(choices),
    }.get(unit, Text(f"0 到 {MOST_COUNTED:,} 的整数", f"a whole number, 0 to {MOST_COUNTED:,}"))
    wrong = refuse(
        where, f"值“{value}”不合单位；应为{wanted.zh}。", f"value '{value}' does not fit; {wanted.en} is wanted."
    )
    if unit == "yes_no":
        if isinstance(value, bool):
            return value
        raise wrong
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise wrong
    if unit == "choice":
        if value in choices:
            return str(value)
        raise wrong
    try:
        if unit == "yuan":
            fen = fen_from_yuan(str(value))
            if not 0 <= fen <= most_fen:
                raise wrong
            return fen
        if unit == "percent":
            basis = Decimal(str(value)) * 100
            if basis != int(basis) or not 0 <= basis <= PERCENT.denominator:
                raise wrong
            return int(basis)
        whole = int(str(value))
    except (ValueError, ArithmeticError, InvalidOperation, DomainError) as problem:
        raise wrong from problem
    if not 0 <= whole <= MOST_COUNTED:
        raise wrong
    return whole


def choices_said(choices: Mapping[str, Text]) -> Text:
    """The codes that may be given, with their words."""
    return Text(
        " | ".join(f"{code}（{text.zh}）" for code, text in choices.items()),
        " | ".join(f"{code} ({text.en})" for code, text in choices.items()),
    )


def _refuse_overlaps(id_: str, values: list[b.Dated]) -> None:
    """Per place, spans neither overlap nor leave a gap between them; a year stands once."""
    for place in {v.place for v in values}:
        here = [v for v in values if v.place == place]
        if here[0].year is not None:
            years = [v.year for v in here]
            for value in here:
                if years.count(value.year) > 1:
                    raise refuse(
                        value.where, f"“{id_}”{value.year}年写了两次。", f"'{id_}' has the year {value.year} twice."
                    )
            continue
        here.sort(key=lambda v: v.from_day or 0)
        for before, after in itertools.pairwise(here):
            if before.until_day is None or after.from_day is None or after.from_day <= before.until_day:
                raise refuse(after.where, f"“{id_}”的期间重叠。", f"the spans of '{id_}' overlap.")
            if (date_from_day(after.from_day) - date_from_day(before.until_day)).days > 1:
                raise refuse(after.where, f"“{id_}”的期间有空档。", f"the spans of '{id_}' leave a gap.")


def readings(entry: Entry) -> tuple[b.Reading, ...]:
    made = []
    for item in entry.entries("readings"):
        item.only("id", "question", "choice", "turns_on", "elsewhere", "money", "parameter")
        made.append(
            b.Reading(
                item.word("id"),
                item.text("question"),
                item.text("choice"),
                item.text("turns_on"),
                item.maybe_text("elsewhere"),
                item.flag("money"),
                item.word("parameter", ""),
            )
        )
    return tuple(made)

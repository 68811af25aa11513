"""The rulebook as it is in force for one run: which value of each parameter, by layer, place and day.

Highest first: --set, then the layers from the last laid over to the shipped one. Within a layer the place nearest the household wins
(a unit, then the longest code prefix). What a layer does not cover on a day falls to the layer below.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from bangfu.kernel.days import YEAR, iso_from_day
from bangfu.kernel.errors import DomainError, SettingRefused
from bangfu.kernel.money import yuan_from_fen
from bangfu.kernel.words import Lang, Text
from bangfu.rulebook.book import Book, Dated, Exclusion, Parameter, ParameterValue
from bangfu.rulebook.compiled import constant
from bangfu.rulebook.parameters import read_value
from bangfu.rulebook.run_days import RunDays
from bangfu.rulebook.source import BookRefused, Where

SET_LAYER = "--set"


class NoValue(DomainError):
    """A parameter has no value for a place and a day, or an income year: `parameter` is its name, `when` the day or the year."""

    def __init__(self, parameter: Parameter, place: str, when: str) -> None:
        self.parameter, self.label, self.when = parameter.id, parameter.label, when
        in_zh, in_en = (f"地区 {place} ", f"place {place}") if place else ("该地区", "this place")
        year = "年" if parameter.by_income_year else ""
        super().__init__(
            "NO_VALUE",
            Text(
                f"参数“{parameter.label.zh}”（{parameter.id}）在{in_zh}{when}{year}没有数值。请补上这个数值；如日期不对，请改日期。",
                f"Parameter '{parameter.label.en}' ({parameter.id}) has no value for {in_en} in {when}. Add one; if the day is not meant, choose another.",
            ),
        )

    def __reduce__(self) -> tuple[Any, ...]:
        # Elsewhere its text is enough.
        return DomainError, (self.code, self.text)


@dataclass(frozen=True, slots=True)
class Value:
    """A parameter's value and which layer gave it, for which place."""

    value: ParameterValue
    layer: str
    place: str
    unverified: bool
    source: Text | None


@dataclass(frozen=True)
class Rules:
    """One book in force for one run at one set of places.

    `segments`: masks of the run's days with the values in force on them; one segment unless a parameter changes within the policy year.
    """

    book: Book
    days: RunDays
    places: tuple[str, ...]
    given: Mapping[str, Value]
    segments: tuple[tuple[int, Mapping[str, ParameterValue]], ...] = field(default=())

    @cached_property
    def values(self) -> Mapping[str, ParameterValue]:
        """The values in force on `as_of`."""
        return {name: value.value for name, value in self.given.items()}

    @cached_property
    def varying(self) -> frozenset[str]:
        """The parameters that change within the policy year."""
        return frozenset(n for n in self.values if len({values[n] for _, values in self.segments}) > 1)

    @cached_property
    def exclusions(self) -> tuple[Exclusion, ...]:
        """The exclusions that apply under the run's parameters."""
        return tuple(
            e for e in self.book.exclusions.values() if e.applies is None or constant(e.applies, self.values) is True
        )

    def shown(self, name: str, lang: Lang) -> str:
        """A parameter's value as people read it: 4,400, 70%, 18, dibao households."""
        return show_value(self.book.parameters[name], self.values[name], lang)

    def fill(self, text: str, lang: Lang) -> str:
        """Put the values in force into the braces of a label."""
        if "{" not in text:
            return text
        return text.format_map(_Shown(self, lang))


@dataclass(frozen=True, slots=True)
class _Shown:
    """The parameters as people read them: each is put into words when a label names it, and a label names few."""

    rules: Rules
    lang: Lang

    def __getitem__(self, name: str) -> str:
        return self.rules.shown(name, self.lang)


def show_value(parameter: Parameter, value: ParameterValue, lang: Lang) -> str:
    if isinstance(value, bool):
        return Text("是" if value else "否", "yes" if value else "no").say(lang)
    if isinstance(value, str):
        # What was published under an older book may be no choice of this one.
        return parameter.choices[value].say(lang) if value in parameter.choices else value
    if parameter.unit == "yuan":
        return yuan_from_fen(value, grouped=True).removesuffix(".00")
    if parameter.unit == "percent":
        return f"{yuan_from_fen(value).rstrip('0').rstrip('.')}%"
    return str(value)


def places_of(book: Book, village_code: str) -> tuple[str, ...]:
    """The places named in the book that a village lies in, nearest first: units, then prefixes from the longest."""
    ((places, _),) = by_places(book, [village_code]).items()
    return places


def by_places(book: Book, village_codes: Iterable[str]) -> dict[tuple[str, ...], list[str]]:
    """Villages, however many, by the places named in the book that they lie in, as `places_of` has them."""
    named = sorted({value.place for parameter in book.parameters.values() for value in parameter.values if value.place})
    units = [(id_, book.units[id_].codes) for id_ in named if id_ in book.units]
    prefixes = sorted((place for place in named if place not in book.units), key=len, reverse=True)
    grouped: dict[tuple[str, ...], list[str]] = {}
    for village in village_codes:
        within = [id_ for id_, codes in units if village.startswith(codes)]
        grouped.setdefault((*within, *filter(village.startswith, prefixes)), []).append(village)
    return grouped


def read_settings(book: Book, settings: Mapping[str, str]) -> dict[str, ParameterValue]:
    """Read --set NAME=VALUE pairs in the parameters' own units. Raises SettingRefused for an unknown name or a value that does not fit."""
    read: dict[str, ParameterValue] = {}
    for name, text in settings.items():
        parameter = book.parameters.get(name)
        if parameter is None:
            raise SettingRefused(
                "UNKNOWN_PARAMETER",
                Text(
                    f"没有参数“{name}”；用 bangfu rulebook list 查看全部参数。",
                    f"There is no parameter '{name}'; see bangfu rulebook list.",
                ),
            )
        raw: object = text
        if parameter.unit == "yes_no":
            raw = {
                "yes": True,
                "no": False,
                "true": True,
                "false": False,
                "1": True,
                "0": False,
                "是": True,
                "否": False,
            }.get(text.lower(), text)
        elif parameter.unit == "percent":
            raw = text.removesuffix("%")
        try:
            read[name] = read_value(raw, parameter.unit, parameter.choices, Where(f"--set {name}", 0))
        except BookRefused as refused:
            fault = refused.faults[0].text
            raise SettingRefused(
                "BAD_SETTING", Text(f"--set {name}={text}：{fault.zh}", f"--set {name}={text}: {fault.en}")
            ) from refused
    return read


def default_income_year(as_of: int) -> int:
    """The policy year if `as_of` is 31 December, else the year before."""
    return as_of // YEAR if as_of % YEAR == 1231 else as_of // YEAR - 1


def resolve(
    book: Book,
    *,
    as_of: int,
    income_year: int | None = None,
    places: Iterable[str] = (),
    settings: Mapping[str, ParameterValue] | None = None,
) -> Rules:
    """Return the rules in force. Raises NoValue where a parameter has no value for the place, day or year."""
    where = tuple(places)
    year = default_income_year(as_of) if income_year is None else income_year
    fixed = settings or {}
    layers = [layer.name for layer in book.layers]
    given = {name: _value(p, layers, where, as_of, year, fixed) for name, p in book.parameters.items()}
    lag = given["payment_lag_months"].value
    days = RunDays(as_of=as_of, income_year=year, payment_lag_months=int(lag), calendar=book.calendar)
    by_bit = {
        bit: {
            n: _value(p, layers, where, days.day(bit), year, fixed).value if _may_vary(p, fixed) else given[n].value
            for n, p in book.parameters.items()
        }
        for bit in days.bits
    }
    segments: list[tuple[int, Mapping[str, ParameterValue]]] = []
    for bit, values in by_bit.items():
        for i, (mask, known) in enumerate(segments):
            if known == values:
                segments[i] = (mask | 1 << bit, known)
                break
        else:
            segments.append((1 << bit, values))
    return Rules(book, days, where, given, tuple(segments))


def value_of_year(book: Book, parameter: Parameter, places: Iterable[str], year: int) -> ParameterValue | None:
    """What a parameter that goes by income year is in a place; None where the book does not say."""
    found = _found(parameter, [layer.name for layer in book.layers], tuple(places), 0, year)
    return found.value if found else None


def _may_vary(parameter: Parameter, fixed: Mapping[str, ParameterValue]) -> bool:
    return parameter.id not in fixed and not parameter.by_income_year and len(parameter.values) > 1


def _value(
    parameter: Parameter,
    layers: list[str],
    places: tuple[str, ...],
    day: int,
    income_year: int,
    fixed: Mapping[str, ParameterValue],
) -> Value:
    if parameter.id in fixed:
        return Value(fixed[parameter.id], SET_LAYER, "", False, None)
    found = _found(parameter, layers, places, day, income_year)
    if found:
        return Value(found.value, found.layer, found.place, found.unverified, found.source)
    when = f"{income_year}" if parameter.by_income_year else iso_from_day(day)
    raise NoValue(parameter, places[0] if places else "", when)


def _found(
    parameter: Parameter, layers: list[str], places: tuple[str, ...], day: int, income_year: int
) -> Dated | None:
    nearest = (*places, "")
    for layer in reversed(layers):
        mine = [v for v in parameter.values if v.layer == layer and v.place in nearest]
        found = _by_year(mine, nearest, income_year) if parameter.by_income_year else _by_day(mine, nearest, day)
        if found:
            return found
    return None


def _by_year(values: list[Dated], nearest: tuple[str, ...], income_year: int) -> Dated | None:
    """The nearest place that has a line of its own decides: a province with its own line never falls back to the nation's."""
    for place in nearest:
        here = [v for v in values if v.place == place]
        if here:
            return next((v for v in here if v.year == income_year), None)
    return None


def _by_day(values: list[Dated], nearest: tuple[str, ...], day: int) -> Dated | None:
    return next((v for place in nearest for v in values if v.place == place and v.covers(day)), None)

"""The rulebook as a catalogue: of a policy, a parameter, a reading what people are shown, already in their language."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bangfu.kernel.days import iso_from_day
from bangfu.kernel.words import Lang, Text
from bangfu.rulebook import book as b
from bangfu.rulebook import tree
from bangfu.rulebook.pages import (
    SECTORS,
    benefit_said,
    exclusion_said,
    parameters_in,
    readings_of,
    when_said,
)
from bangfu.rulebook.resolve import show_value

UNITS = {
    "yuan": Text("元", "yuan"),
    "years": Text("周岁", "years of age"),
    "months": Text("个月", "months"),
    "count": Text("（整数）", "(a whole number)"),
    "percent": Text("百分数", "per cent"),
    "yes_no": Text("是或否", "yes or no"),
    "choice": Text("选一项", "one of a list"),
}
# What a value of these is can be read off it: 50%, yes, one of a list's words, a bare number.
SAY_THEMSELVES = frozenset({"count", "percent", "yes_no", "choice"})
PER = {"month": Text("每月", "a month"), "year": Text("每年", "a year"), "once": Text("一次性", "once")}


@dataclass(frozen=True, slots=True)
class ValueShown:
    """A parameter's value with the time and place (a code or a unit's name; "" everywhere) for which it holds.

    `layer`: "shipped", or the layer laid over it.
    """

    when: str
    place: str
    value: str
    source: str
    unverified: bool
    layer: str


@dataclass(frozen=True, slots=True)
class ParameterShown:
    """`choices`: of a choice, the codes that it may have with their words. `beside`: the unit as it stands beside a value, where that does not say it."""

    id: str
    label: str
    unit: str
    beside: str
    clause: str
    by_year: bool
    choices: tuple[tuple[str, str], ...]
    values: tuple[ValueShown, ...]
    policies: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ReadingShown:
    """A reading that stands to be confirmed, with the rule that it is of and the policies that rest on that rule, each with its name."""

    id: str
    of: str
    of_label: str
    question: str
    choice: str
    turns_on: str
    elsewhere: str
    parameter: str
    policies: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PolicyLine:
    """A policy in the list. `to_confirm`: how many of its readings stand to be confirmed."""

    id: str
    label: str
    clause: str
    level: str
    benefit: str
    evaluated: bool
    to_confirm: int


@dataclass(frozen=True, slots=True)
class PolicyShown:
    id: str
    label: str
    clause: str
    sector: str
    level: str
    of_person: bool
    evaluated: bool
    in_force: str
    conditions: tuple[str, ...]
    benefit: str
    details: str
    papers: tuple[str, ...]
    apply_at: str
    exclusions: tuple[str, ...]
    parameters: tuple[ParameterShown, ...]
    readings: tuple[ReadingShown, ...]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All of a book, in one language; made once for it."""

    sectors: tuple[tuple[str, tuple[PolicyLine, ...]], ...]
    policies: Mapping[str, PolicyShown]
    parameters: Mapping[str, ParameterShown]
    readings: tuple[ReadingShown, ...]
    money: frozenset[str]


def catalogue(book: b.Book, lang: Lang) -> Catalogue:
    """`money`: the readings that change money."""
    rests = {policy.id: _Rests.of(book, policy) for policy in book.policies.values()}
    sectors: dict[str, tuple[PolicyLine, ...]] = {}
    for policy in book.policies.values():
        sectors[policy.sector] = (*sectors.get(policy.sector, ()), _line(book, policy, lang))
    parameters = {name: _parameter(book, parameter, rests, lang) for name, parameter in book.parameters.items()}
    listed = tuple(_reading(book, each, rests, lang) for each in readings_of(book))
    return Catalogue(
        tuple((_sector(sector, lang), lines) for sector, lines in sectors.items()),
        {
            name: _policy(
                book,
                policy,
                tuple(parameters[each] for each in sorted(rests[name].parameters)),
                tuple(each for each in listed if name in dict(each.policies)),
                lang,
            )
            for name, policy in book.policies.items()
        },
        parameters,
        listed,
        frozenset(reading.id for *_, reading in readings_of(book) if reading.money),
    )


def fill(text: Text, book: b.Book, lang: Lang) -> str:
    """A label with the parameters' values in it; the parameter's name where place or day decide between several."""
    said = text.say(lang)
    if "{" not in said:
        return said
    return said.format_map(
        {
            p.id: show_value(p, p.values[0].value, lang) if len(p.values) == 1 else f"〔{p.label.say(lang)}〕"
            for p in book.parameters.values()
        }
    )


def _line(book: b.Book, policy: b.Policy, lang: Lang) -> PolicyLine:
    return PolicyLine(
        policy.id,
        fill(policy.label, book, lang),
        policy.clause,
        policy.level.say(lang) if policy.level else "",
        benefit_said(book, policy.benefit, lang) if policy.benefit else "",
        policy.evaluated and policy.benefit is not None,
        len(policy.readings),
    )


def _sector(sector: str, lang: Lang) -> str:
    return SECTORS.get(sector, Text(sector, sector)).say(lang)


def _named(book: b.Book, policies: Iterable[str], lang: Lang) -> tuple[tuple[str, str], ...]:
    return tuple((policy, fill(book.policies[policy].label, book, lang)) for policy in policies)


@dataclass(frozen=True, slots=True)
class _Rests:
    """What a policy rests on: named parts and parameters, by way of other parts too."""

    parts: frozenset[str]
    parameters: frozenset[str]

    @classmethod
    def of(cls, book: b.Book, policy: b.Policy) -> "_Rests":
        parts: set[str] = set()
        nodes = [condition.node for condition in policy.conditions]
        nodes += [policy.benefit.amount] if policy.benefit and policy.benefit.amount else []
        parameters: set[str] = set()
        known = book.parts
        while nodes:
            node = nodes.pop()
            parameters |= parameters_in(node)
            for each in node.walk():
                if isinstance(each, tree.Part) and each.name not in parts:
                    parts.add(each.name)
                    nodes.append(known[each.name].node)
        return cls(frozenset(parts), frozenset(parameters))


def _policy(
    book: b.Book,
    policy: b.Policy,
    parameters: tuple[ParameterShown, ...],
    readings: tuple[ReadingShown, ...],
    lang: Lang,
) -> PolicyShown:
    days = (policy.from_day, policy.until_day)
    return PolicyShown(
        policy.id,
        fill(policy.label, book, lang),
        policy.clause,
        _sector(policy.sector, lang),
        policy.level.say(lang) if policy.level else "",
        policy.person,
        policy.evaluated and policy.benefit is not None,
        " – ".join(iso_from_day(day) if day else "…" for day in days) if any(days) else "",
        tuple(fill(condition.label, book, lang) for condition in policy.conditions),
        benefit_said(book, policy.benefit, lang) if policy.benefit else "",
        fill(policy.details, book, lang) if policy.details else "",
        tuple(paper.say(lang) for paper in policy.papers),
        policy.apply_at.say(lang) if policy.apply_at else "",
        tuple(
            exclusion_said(book, each, policy.id, lang)
            for each in book.exclusions.values()
            if policy.id in each.policies
        ),
        parameters,
        readings,
    )


def _parameter(book: b.Book, parameter: b.Parameter, rests: Mapping[str, _Rests], lang: Lang) -> ParameterShown:
    per = PER[parameter.per].say(lang) if parameter.per in PER else parameter.per
    unit = f"{UNITS[parameter.unit].say(lang)} {per}".strip()
    return ParameterShown(
        parameter.id,
        parameter.label.say(lang),
        unit,
        per if parameter.unit in SAY_THEMSELVES else unit,
        parameter.clause,
        parameter.by_income_year,
        tuple((code, label.say(lang)) for code, label in parameter.choices.items()),
        tuple(
            ValueShown(
                when_said(value, lang),
                book.units[value.place].label.say(lang) if value.place in book.units else value.place,
                show_value(parameter, value.value, lang),
                value.source.say(lang) if value.source else "",
                value.unverified,
                value.layer,
            )
            for value in parameter.values
        ),
        _named(book, (policy for policy, on in rests.items() if parameter.id in on.parameters), lang),
    )


def _reading(
    book: b.Book, found: tuple[str, str, Text, b.Reading], rests: Mapping[str, _Rests], lang: Lang
) -> ReadingShown:
    kind, of, label, reading = found
    return ReadingShown(
        reading.id,
        of,
        fill(label, book, lang),
        reading.question.say(lang),
        reading.choice.say(lang),
        reading.turns_on.say(lang),
        reading.elsewhere.say(lang) if reading.elsewhere else "",
        reading.parameter,
        _named(book, _resting_on(book, kind, of, rests), lang),
    )


def _resting_on(book: b.Book, kind: str, of: str, rests: Mapping[str, _Rests]) -> Iterable[str]:
    """The policies that a rule decides about."""
    match kind:
        case "policy":
            return [of]
        case "exclusion":
            return (*book.exclusions[of].policies, *book.exclusions[of].by)
        case "parameter":
            return [policy for policy, on in rests.items() if of in on.parameters]
        case "part":
            return [policy for policy, on in rests.items() if of in on.parts]
        case _:
            return []

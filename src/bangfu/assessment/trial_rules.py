"""By which rules, and as of which day, a proposal is tried: as of a day on which the proposed value holds, by a rulebook that says all of it.

The first value of an income year has none before it, and a withdrawal may leave none. Nothing can be judged by such a rulebook; the side that
lacks the year goes by the value of the nearest year that has one, and whoever looks is told so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from bangfu.kernel.days import day_from_date
from bangfu.kernel.words import Text
from bangfu.policies.data import Unfit
from bangfu.policies.in_force import InForce, with_proposals
from bangfu.policies.models import Kind, Proposal
from bangfu.policies.services.proposing import written
from bangfu.rulebook.book import Book
from bangfu.rulebook.resolve import NoValue, places_of, resolve, value_of_year

Side = Literal["before", "after"]


@dataclass(frozen=True, slots=True)
class StoodIn:
    """That a side goes by the value of another year, as the rulebook's files have it."""

    side: Side
    year: int
    value: str


@dataclass(frozen=True, slots=True)
class TrialRules:
    """The rulebook in force, and as it would be; `stood_in`: what one of them had to borrow."""

    sides: Mapping[Side, InForce]
    stood_in: StoodIn | None


def day_of(proposal: Proposal, day: date) -> date:
    """The day nearest to another on which the proposed value holds."""
    if proposal.year is not None:
        year = day.year if (day.month, day.day) == (12, 31) else day.year - 1
        return day if year == proposal.year else date(proposal.year, 12, 31)
    if proposal.from_day is not None and day < proposal.from_day:
        return proposal.from_day
    return min(day, proposal.until_day or day)


def rules_of(proposal: Proposal, day: date) -> TrialRules:
    """What a proposal is tried by as of a day. Raises Unfit where another value is missing, without which nothing is judged on that day."""
    stood_in: StoodIn | None = None
    found: dict[Side, InForce] = {}
    sides: tuple[tuple[Side, tuple[Proposal, ...]], ...] = (("before", ()), ("after", (proposal,)))
    for side, proposals in sides:
        found[side] = with_proposals(*proposals)
        lacking = _lacking(found[side].book, proposal.code, day)
        if lacking and lacking.parameter == proposal.parameter and proposal.year is not None:
            stood_in = _nearest(found[side].book, proposal, proposal.year, side)
            if stood_in is not None:
                found[side] = with_proposals(*proposals, _standing_in(proposal, stood_in))
                lacking = _lacking(found[side].book, proposal.code, day)
        if lacking:
            raise _cannot_be_judged(proposal, lacking, day)
    return TrialRules(found, stood_in)


def _lacking(book: Book, code: str, day: date) -> NoValue | None:
    """What the rulebook does not say, somewhere in a place."""
    named = {value.place for parameter in book.parameters.values() for value in parameter.values}
    codes = {each for name in named for each in (book.units[name].codes if name in book.units else (name,))}
    for inside in sorted({code, *(each for each in codes if each.startswith(code))}):
        try:
            resolve(book, as_of=day_from_date(day), places=places_of(book, inside))
        except NoValue as lacking:
            return lacking
    return None


def _nearest(book: Book, proposal: Proposal, year: int, side: Side) -> StoodIn | None:
    """The value of the nearest year before, or else after, that has one in the place."""
    parameter = book.parameters[proposal.parameter]
    known = {value.year for value in parameter.values if value.year is not None}
    places = places_of(book, proposal.code)
    for other in sorted(known, key=lambda each: (each > year, abs(year - each))):
        value = value_of_year(book, parameter, places, other)
        if value is not None:
            return StoodIn(side, other, written(parameter, value))
    return None


def _standing_in(proposal: Proposal, stood_in: StoodIn) -> Proposal:
    return Proposal(
        kind=Kind.SET,
        parameter=proposal.parameter,
        value=stood_in.value,
        year=proposal.year,
        code=proposal.code,
        source_zh=proposal.source_zh,
        source_en=proposal.source_en,
    )


def _cannot_be_judged(proposal: Proposal, lacking: NoValue, day: date) -> Unfit:
    label, when = lacking.label, lacking.when
    return Unfit(
        "CANNOT_BE_TRIED",
        "year" if proposal.year is not None else "from_day",
        Text(
            f"不能试算：这个值在 {day} 才有效，而规则库还没有“{label.zh}”{when} 的值，那一天无法评估。"
            f"请先发布“{label.zh}”{when} 的值，再提出这一项；如日期不对，请改正。",
            f"It cannot be tried: this holds on {day}, and the rulebook has no value of '{label.en}' for {when}, without which nothing "
            f"is judged on that day. Publish '{label.en}' for {when} first, then propose this; or correct the date.",
        ),
    )

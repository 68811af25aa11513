"""A condition over several days, asked only on those on which its answer may differ from the day before.

What lets an answer change is known from the rule: a birthday, a death, the ends of a span, the start of autumn. Every day in between
says what the day before said. This is how one household is judged day by day without asking thirteen times.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from typing import TypeAlias

from bangfu.kernel.days import YEAR
from bangfu.rulebook import tree
from bangfu.rulebook.book import Part
from bangfu.rulebook.compiled import compile_node
from bangfu.rulebook.evaluate import Evaluator, Moment, in_spring
from bangfu.rulebook.run_days import RunDays
from bangfu.rulebook.tree import Node

Series: TypeAlias = tuple[bool | None, ...]
# Given the household's or person's moment: which days of a span, as bits of their places, may differ from the day before.
Clock: TypeAlias = Callable[[Moment], int]


class Span:
    """Days in order, each with the values in force on it; `turns` are the places at which values change that vary."""

    def __init__(self, run: RunDays, days: Sequence[int], turns: int = 0) -> None:
        self.run = run
        self.days = tuple(days)
        self.turns = turns
        self.size = len(self.days)
        self.always: Mapping[bool | None, Series] = {v: (v,) * self.size for v in (True, False, None)}
        self._runs: dict[int, tuple[int, ...]] = {}
        self._birthdays: dict[int, int] = {}

    def from_on(self, day: int) -> int:
        """The bit of the first day that is not before `day`; none where that is the first or after the last."""
        place = bisect_left(self.days, day)
        return 1 << place if 0 < place < self.size else 0

    def after(self, day: int) -> int:
        """The bit of the first day after `day`."""
        place = bisect_right(self.days, day)
        return 1 << place if 0 < place < self.size else 0

    def birthdays(self, birth: int) -> int:
        """The bits of the first days on which one is a year older."""
        on = birth % YEAR
        bits = self._birthdays.get(on)
        if bits is None:
            bits = 0
            for year in self.years:
                bits |= self.from_on(year + on)
            self._birthdays[on] = bits
        return bits

    def starts(self, bits: int) -> tuple[int, ...]:
        """The places at which to ask: the first, and those of the bits."""
        found = self._runs.get(bits)
        if found is None:
            found = self._runs[bits] = (0, *(place for place in range(1, self.size) if bits >> place & 1))
        return found

    def spread(self, starts: Sequence[int], values: Sequence[bool | None]) -> Series:
        """The answers on every day from those at `starts`."""
        if len(set(values)) == 1:
            return self.always[values[0]]
        ends = (*starts[1:], self.size)
        return tuple(value for start, end, value in zip(starts, ends, values, strict=True) for _ in range(end - start))

    @cached_property
    def years(self) -> tuple[int, ...]:
        return tuple(dict.fromkeys(day // YEAR * YEAR for day in self.days))

    @cached_property
    def every(self) -> int:
        return (1 << self.size) - 2

    @cached_property
    def school_years(self) -> int:
        """Where the day changes on which school age is taken."""
        bits = 0
        for year in self.years:
            bits |= self.from_on(year + self.run.calendar.school_age_day)
        return bits

    @cached_property
    def seasons(self) -> int:
        """Where a student's stage may change from spring's to the present one, or back."""
        spring = [in_spring(self.run, day) for day in self.days]
        return sum(1 << place for place, (a, b) in enumerate(pairwise(spring), start=1) if a != b)


class Clocks:
    """What lets expressions change from day to day, over the days of one span."""

    def __init__(self, span: Span, parts: Mapping[str, Part], varying: frozenset[str]) -> None:
        self.span = span
        self.parts = parts
        self.varying = varying

    def of(self, node: Node) -> Clock | None:
        """The clock of an expression; None where nothing lets it change."""
        found = dict(self._clocks(node))
        clocks = tuple(found.values())
        if len(clocks) < 2:
            return clocks[0] if clocks else None

        def every(m: Moment) -> int:
            bits = 0
            for clock in clocks:
                bits |= clock(m)
            return bits

        return every

    def _clocks(self, node: Node) -> Iterator[tuple[str, Clock]]:
        match node:
            case tree.Param() if node.name in self.varying:
                yield "turns", lambda _: self.span.turns
            case tree.Part() if node.daily:
                for name, clock in self._clocks(self.parts[node.name].node):
                    yield (name, clock) if node.table == "person" else (f"house {name}", _of_house(clock))
            case tree.Part():
                return
            case tree.Of():
                inner = dict((*self._clocks(node.who), *self._clocks(node.value)))
                for name, clock in inner.items():
                    yield f"each {name}", _of_each(clock)
            case (
                tree.Compare(left=tree.Builtin(name="day"), right=other)
                | tree.Compare(left=other, right=tree.Builtin(name="day"))
            ) if not other.daily:
                yield f"day {other}", self._around(compile_node(other))
                yield from self._clocks(other)
            case tree.Builtin() if node.daily:
                yield node.name, self._of_word(node.name)
            case tree.Fact() if node.span:
                yield f"span {node.span}", self._of_span(f"{node.span}_from", f"{node.span}_until")
            case _:
                for child in node.children():
                    yield from self._clocks(child)

    def _around(self, found: Evaluator) -> Clock:
        """A day compared with another: before it, on it, after it."""

        def clock(m: Moment) -> int:
            day = found(m)
            return 0 if day is None else self.span.from_on(day) | self.span.after(day)

        return clock

    def _of_word(self, word: str) -> Clock:
        span = self.span
        match word:
            case "age":
                return lambda m: 0 if (birth := m.facts["birth_date"]) is None else span.birthdays(birth)
            case "school_age":
                return lambda _: span.school_years
            case "stage":
                return lambda m: 0 if m.facts["schooling_spring"] is None else span.seasons
            case "present":
                return self._of_presence
            case _:
                return lambda _: span.every

    def _of_presence(self, m: Moment) -> int:
        facts, bits = m.facts, 0
        for name in ("birth_date", "died_on", "left_on"):
            day = facts[name]
            if day is not None:
                bits |= self.span.from_on(day)
        return bits

    def _of_span(self, since: str, until: str) -> Clock:
        span = self.span

        def clock(m: Moment) -> int:
            start, end = m.facts[since], m.facts[until]
            return (0 if start is None else span.from_on(start)) | (0 if end is None else span.after(end))

        return clock


def _of_house(clock: Clock) -> Clock:
    return lambda m: clock(m.house)


def _of_each(clock: Clock) -> Clock:
    def each(m: Moment) -> int:
        bits = 0
        for person in m.people:
            bits |= clock(person)
        return bits

    return each

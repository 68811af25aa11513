"""One household at a time: what the functions of rules (compiled.py) are asked about. Independent of the SQL back end, which judges all
days of a run at once by masks.

Days are integers as in kernel.days.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from bangfu.kernel.days import YEAR
from bangfu.rulebook.book import ParameterValue
from bangfu.rulebook.run_days import RunDays

Evaluator: TypeAlias = Callable[["Moment"], Any]
Facts: TypeAlias = Mapping[str, Any]


class _Nobody(dict[str, Any]):
    """The facts of no person: all unknown."""

    def __missing__(self, name: str) -> None:
        return None


NOBODY: Facts = _Nobody()
NEW = object()  # what a memo has no answer for


@dataclass(slots=True, eq=False)
class Person:
    """One person: facts by column name (days and fen as integers), ledger sums by (item, year), receipts by (policy, year)."""

    facts: Facts
    ledger: dict[tuple[str, int], int] = field(default_factory=dict)
    received: dict[tuple[str, int], int] = field(default_factory=dict)
    id: str = field(init=False)

    def __post_init__(self) -> None:
        self.id = str(self.facts["person_id"])

    def but(self, **facts: Any) -> "Person":
        """The same person with other facts."""
        return self.of({**self.facts, **facts})

    def of(self, facts: Facts) -> "Person":
        return Person(facts, self.ledger, self.received)


@dataclass(slots=True, eq=False)
class Home:
    """One household with all that is known of it. Ledger and receipts count every row, those of no person and of the dead included."""

    facts: Facts
    people: Sequence[Person]
    ledger_rows_raw: Sequence[Facts]
    receipt_rows_raw: Sequence[Facts]
    ledger: dict[tuple[str, int], int] = field(default_factory=dict)
    received: dict[tuple[str, int], int] = field(default_factory=dict)

    @classmethod
    def of(cls, facts: Facts, people: Sequence[Facts], ledger: Sequence[Facts], receipts: Sequence[Facts]) -> "Home":
        persons = [Person(p) for p in sorted(people, key=lambda p: str(p["person_id"]))]
        by_id = {p.id: p for p in persons}
        home = cls(facts, persons, ledger, receipts)
        for row in ledger:
            key = (row["item"], row["year"])
            for holder in (home, by_id.get(row["person_id"])):
                if holder:
                    holder.ledger[key] = holder.ledger.get(key, 0) + row["amount"]
        for row in receipts:
            key = (row["policy_id"], row["year"])
            for holder in (home, by_id.get(row["person_id"])):
                if holder:
                    holder.received[key] = holder.received.get(key, 0) + row["amount"]
        return home

    def but(self, facts: Facts, people: Sequence[Person]) -> "Home":
        """The same household with other facts or persons; what was earned, spent and received stays."""
        return Home(facts, people, self.ledger_rows_raw, self.receipt_rows_raw, self.ledger, self.received)


class Moment:
    """Where an expression is asked: a home, a day and the values in force on it; a person or a row where the rule is of one.

    `house` is the household's moment on that day, `now` the same household or person on the run's own day, at which everything is taken
    that does not vary by day. `member` is whether the person is counted. The memo holds the named parts already worked out here.
    """

    __slots__ = (
        "_people",
        "day",
        "days",
        "facts",
        "home",
        "house",
        "member",
        "memo",
        "now",
        "parts",
        "person",
        "row",
        "values",
    )

    def __init__(
        self,
        home: Home,
        days: RunDays,
        day: int,
        values: Mapping[str, ParameterValue],
        parts: Mapping[str, Evaluator],
    ) -> None:
        self.home = home
        self.days = days
        self.day = day
        self.values = values
        self.parts = parts
        self.person: Person | None = None
        self.member: bool | None = None
        self.facts = NOBODY
        self.row: Facts = NOBODY
        self.house = self
        self.now = self
        self.memo: dict[Any, Any] = {}
        self._people: list[Moment] | None = None

    @property
    def people(self) -> "list[Moment]":
        """The same day, asked of each person of the household."""
        house = self.house
        if house._people is None:
            nows = [house] * len(house.home.people) if house.now is house else house.now.people
            house._people = [house._of(p, now) for p, now in zip(house.home.people, nows, strict=True)]
        return house._people

    def keep_people(self, other: "Moment", number: int) -> None:
        """Take the persons of the same day and household from another moment, but for the one `number`, whose facts are others.

        An aggregate asks them of nothing but themselves: the household is out of its sight.
        """
        self._people = [*other.people]
        if number >= 0:
            self._people[number] = self.one(number)

    def one(self, number: int, now: "Moment | None" = None) -> "Moment":
        """The same day, asked of one person alone; `now` is that person's moment on the run's own day, if this is another."""
        return self._of(self.home.people[number], now or self)

    def _of(self, person: Person, now: "Moment") -> "Moment":
        made = Moment(self.home, self.days, self.day, self.values, self.parts)
        made.person = person
        made.facts = person.facts
        made.house = self
        if now is self:
            made.member = present_on(person.facts, self.days.as_of)
        else:
            made.now, made.member = now, now.member
        return made

    def of(self, person: Person) -> "Moment":
        """The same day, asked of one person."""
        return self.people[self.home.people.index(person)]

    def at_row(self, row: Facts) -> "Moment":
        """The same moment, asked of a row of the ledger or the receipts."""
        made = Moment(self.home, self.days, self.day, self.values, self.parts)
        made.person, made.member, made.facts, made.row = self.person, self.member, self.facts, row
        made.house, made.now, made.memo = self.house, self.now, self.memo
        return made

    def part(self, name: str) -> Any:
        """Work out a named part, once."""
        value = self.memo[name] = self.parts[name](self)
        return value

    def on(self, day: int, values: Mapping[str, ParameterValue]) -> "Moment":
        """The same household or person on another day."""
        made = Moment(self.home, self.days, day, values, self.parts)
        made.now = self.house.now
        return made if self.person is None else made.of(self.person)


def present_on(facts: Facts, day: int) -> bool:
    """Neither dead nor gone on or before the day, and not born after it (facts.md)."""
    died, left, born = facts["died_on"], facts["left_on"], facts["birth_date"]
    return (died is None or died > day) and (left is None or left > day) and (born is None or born <= day)


def school_day(days: RunDays, day: int) -> int:
    """The last day of taking school age, as seen from a day."""
    this = day // YEAR * YEAR + days.calendar.school_age_day
    return this if day >= this else this - YEAR


def in_spring(days: RunDays, day: int) -> bool:
    """Whether a student's stage is still that of spring: until autumn starts, but not on the run's own day."""
    return day < days.year_base + days.calendar.autumn_starts and day != days.as_of


def members(m: Moment) -> int:
    """How many are counted: the guarantees ask it again and again, so it is kept."""
    memo = m.house.now.memo
    found: int | None = memo.get("members")
    if found is None:
        found = memo["members"] = [p.member for p in m.people].count(True)
    return found

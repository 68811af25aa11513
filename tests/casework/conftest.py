"""A village with households that an assessment has questions about, and the tasks made of them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import pytest

from bangfu.access.data import Actor
from bangfu.assessment.services.corrections import correct
from bangfu.audit.data import By
from bangfu.casework.models import Tally, Task, TaskStep
from bangfu.casework.services.sweeping import Swept, sweep
from bangfu.privacy.keys import KeyRing
from bangfu.registry.data import NewFacts
from bangfu.registry.models import Person
from bangfu.registry.services.facts import record_facts
from bangfu.registry.values import Value
from tests.assessments import assess, done_run
from tests.audit.conftest import committed, ring
from tests.households import new_household
from tests.kept import kept
from tests.organisation import NOW, Organisation, founded
from tests.registry.conftest import org

__all__ = ["committed", "org", "ring"]

DAY = date(2017, 6, 1)
# An exit without its day is an error that a check finds, and one fact settles.
WRONG: dict[str, Value] = {"status": "exited"}
RIGHT: dict[str, Value] = {"status": "exited", "exited_on": date(2016, 12, 1)}
CHECK = "exited_without_date"
ALIKE = ("place", "kind", "about", "state", "unsettled", "post", "due_on", "grown")


@dataclass
class Desk:
    """The organisation at work on tasks; a minute passes with each act. `household` is one with an error, in the village helper's village."""

    org: Organisation
    household: int = 0
    at: datetime = field(default=NOW)

    def by(self, who: str = "village", reason: str = "已入户核对") -> By:
        self.at += timedelta(minutes=1)
        return replace(self.org.by, at=self.at, actor=f"account:{self.org.accounts[who]}", reason=reason)

    def actor(self, who: str = "village") -> Actor:
        return self.org.actor(who)

    def record(self, values: Mapping[str, Value], household: int = 0, group: str = "registration") -> None:
        """Record facts of a household, and assess it anew."""
        of = household or self.household
        record_facts(self.by(), self.actor("officer"), of, NewFacts(group, of, values, DAY))
        assert correct(of, self.at)

    def sweep(self) -> Swept:
        return sweep(self.by("officer"))

    def task(self, check: str = CHECK, household: int = 0) -> Task:
        return Task.objects.unscoped("test").get(household=household or self.household, about=check)

    def steps(self, check: str = CHECK) -> list[tuple[str, str, str]]:
        rows = TaskStep.objects.unscoped("test").filter(task=self.task(check)).order_by("pk")
        return [(row.what, row.state, row.proof) for row in rows]

    def person(self) -> int:
        return Person.objects.unscoped("test").filter(household=self.household).order_by("pk")[0].pk


@pytest.fixture(autouse=True)
def tallied(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test did: what is kept of how many tasks there are is what there is."""
    asks = "org" in request.fixturenames
    if asks:
        request.getfixturevalue("org")
    yield
    if asks:
        assert kept_tallies() == counted_tallies()


def kept_tallies() -> dict[tuple[object, ...], tuple[int, int | None]]:
    rows = Tally.objects.unscoped("test").values_list(*ALIKE, "number", "amount")
    return {row[:-2]: row[-2:] for row in rows}


def counted_tallies() -> dict[tuple[object, ...], tuple[int, int | None]]:
    """Task by task."""
    found: dict[tuple[object, ...], list[int | None]] = defaultdict(list)
    for *alike, stands, decided, amount in (
        Task.objects.unscoped("test").exclude(place=None).values_list(*ALIKE[:-1], "stands", "decided_amount", "amount")
    ):
        grown = not alike[4] and stands and (amount or 0) > (decided or 0)
        found[(*alike, grown)].append(amount)
    sums = {key: [each for each in amounts if each is not None] for key, amounts in found.items()}
    return {key: (len(amounts), sum(sums[key]) if sums[key] else None) for key, amounts in found.items()}


@pytest.fixture
def desk(db: None, ring: KeyRing) -> Desk:
    return kept("a desk", lambda: new_desk(founded(ring)))


def new_desk(org: Organisation) -> Desk:
    done_run(org)
    made = Desk(org, new_household(org, "H1", "371102008201"))
    assess(org, [made.household])
    made.record(WRONG)
    made.sweep()
    return made

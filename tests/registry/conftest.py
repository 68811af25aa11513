"""A household of the village helper's, with a couple and their son, as it was known on the first day of 2017."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import cast

import pytest

from bangfu.access.data import Actor
from bangfu.audit.data import By
from bangfu.privacy.keys import KeyRing
from bangfu.registry.data import NewFacts, Recorded
from bangfu.registry.models import Person
from bangfu.registry.services.facts import record_facts
from tests.audit.conftest import committed, ring
from tests.begun import begun, district
from tests.households import new_household
from tests.kept import kept
from tests.organisation import NOW, Organisation, founded

__all__ = ["begun", "committed", "ring"]


@dataclass
class World:
    """The organisation, a household and its members by relation; `at` moves on with each act, a minute at a time."""

    org: Organisation
    household: int
    persons: dict[str, int]
    at: datetime = field(default=NOW)

    @property
    def by(self) -> By:
        self.at += timedelta(minutes=1)
        return replace(self.org.by, at=self.at, actor=f"account:{self.org.accounts['village']}")

    def actor(self, name: str = "village") -> Actor:
        return self.org.actor(name)

    def record(self, group: str, thing: int, day: date, values: dict[str, object], **more: object) -> Recorded:
        facts = NewFacts(group, thing, values, day, **more)  # type: ignore[arg-type]
        return record_facts(self.by, self.actor(), self.household, facts)


@pytest.fixture
def org(request: pytest.FixtureRequest, db: None, ring: KeyRing) -> Organisation:
    """The district; where a test has the household too, the one in which that lies."""
    if "world" in request.fixturenames:
        return cast("World", request.getfixturevalue("world")).org
    return district(request, ring)


@pytest.fixture
def world(db: None, ring: KeyRing) -> World:
    return kept("world", lambda: new_world(founded(ring)))


def new_world(org: Organisation) -> World:
    household = new_household(org, "H1", "371102008201")
    persons = Person.objects.unscoped("test").filter(household=household)
    return World(org, household, {p.number.partition("-")[2]: p.pk for p in persons})

"""A register of people who do not exist, with gaps and faults, in the villages of the small district; and runs over it."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from bangfu.access.data import Actor
from bangfu.assessment.by_policy import WHICH
from bangfu.assessment.models import VERDICTS, Change, PolicyTally, PolicyVerdict, Run
from bangfu.assessment.services.runs import ask_run, carry_out
from bangfu.audit.data import By
from bangfu.engine.synth.register import write_synthetic_register
from bangfu.kernel.divisions import Village
from bangfu.places.models import Level
from bangfu.registry.imports import Order, apply_import, workbench
from bangfu.registry.models import Household, Person, Touched
from tests.audit.conftest import committed, ring
from tests.kept import kept
from tests.organisation import NOW, PLACES, TODAY, Organisation, founded
from tests.registry.conftest import org

__all__ = ["committed", "org", "ring"]

AS_OF = date(2017, 3, 31)


@dataclass
class Office:
    """The district office at its desk; a minute passes with each act."""

    org: Organisation
    at: datetime = NOW

    @property
    def by(self) -> By:
        self.at += timedelta(minutes=1)
        return replace(self.org.by, at=self.at, actor=f"account:{self.org.accounts['officer']}")

    @property
    def actor(self) -> Actor:
        return self.org.actor("officer")

    def run(self, day: date = TODAY) -> Run:
        run = ask_run(self.by, self.actor, day)
        assert carry_out(run, self.clock, print)
        return Run.objects.get(pk=run)

    def clock(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


@pytest.fixture
def office(committed: None, org: Organisation, settings: Settings, tmp_path: Path) -> Office:
    settings.RUNS_FOLDER = tmp_path / "runs"
    return Office(org)


@pytest.fixture
def crowd(committed: None, settings: Settings, tmp_path: Path) -> Office:
    """The office with thirty households."""
    settings.RUNS_FOLDER = tmp_path / "runs"
    return kept("crowd", lambda: new_crowd(tmp_path / "register"))


def new_crowd(folder: Path) -> Office:
    office = Office(founded())
    villages = [Village(code, name) for code, level, _, name in PLACES if level == Level.VILLAGE][:3]
    write_synthetic_register(folder, households=30, seed=5, villages=villages, gap_rate=0.2, error_rate=0.2)
    with workbench() as con:
        order = Order(folder, AS_OF, "名册", "0" * 64)
        apply_import(office.by, office.actor, order, con, progress=print)
    return office


@pytest.fixture(autouse=True)
def counted(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test did: what is kept of how many households are what to a policy is what there is."""
    asked = {"org", "office", "crowd"}.intersection(request.fixturenames)
    for name in asked:
        request.getfixturevalue(name)
    yield
    if asked:
        assert kept_counts() == counted_counts()


def kept_counts() -> dict[tuple[int, str], tuple[int, ...]]:
    rows = PolicyTally.objects.unscoped("test").values_list("place", "policy_id", *WHICH, "yearly")
    return {row[:2]: row[2:] for row in rows if any(row[2:])}


def counted_counts() -> dict[tuple[int, str], tuple[int, ...]]:
    """Verdict by verdict."""
    found: dict[tuple[int, str], list[set[int]]] = defaultdict(lambda: [set() for _ in WHICH])
    yearly: Counter[tuple[int, str]] = Counter()
    stands = PolicyVerdict.objects.unscoped("test").filter(until=None).exclude(household__place=None)
    for n, which in enumerate(WHICH.values()):
        for place, policy, household in stands.filter(which.q).values_list(
            "household__place", "policy_id", "household"
        ):
            found[place, policy][n].add(household)
    for place, policy, amount in stands.filter(WHICH["due"].q).values_list(
        "household__place", "policy_id", "annual_amount"
    ):
        yearly[place, policy] += amount or 0
    return {key: (*map(len, each), yearly[key]) for key, each in found.items()}


def households() -> list[int]:
    return list(Household.objects.unscoped("test").order_by("number").values_list("pk", flat=True))


def members(household: int) -> list[int]:
    return list(
        Person.objects.unscoped("test").filter(household=household).order_by("number").values_list("pk", flat=True)
    )


def standing() -> dict[str, list[tuple[Any, ...]]]:
    """Every verdict that stands, but for its id and the change that made it."""
    left = ("id", "since", "until")
    found = {}
    for table, model in VERDICTS.items():
        names = [field.attname for field in model._meta.fields if field.name not in left]
        rows = model.objects.unscoped("test").filter(until=None).values_list(*names)
        found[table] = sorted(rows, key=repr)
    return found


def stale() -> set[int]:
    return set(Touched.objects.unscoped("test").filter(assessed=False).values_list("household_id", flat=True))


def changes(run: Run) -> list[Change]:
    return list(Change.objects.unscoped("test").filter(run=run).order_by("pk"))

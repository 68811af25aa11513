"""The demo's households get helpers and more by the same services as any other; the same ones each time, and once."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.db import transaction

from bangfu.access.models import Account
from bangfu.access.policy import system_actor
from bangfu.engine.request import book_of
from bangfu.engine.synth.generate import Plan
from bangfu.engine.synth.register import Dress, write_plan
from bangfu.intake.models import Step
from bangfu.kernel.divisions import villages
from bangfu.kernel.errors import DomainError
from bangfu.privacy.keys import KeyRing
from bangfu.registry import demo
from bangfu.registry.dossiers import dossiers
from bangfu.registry.helping import gaps
from bangfu.registry.imports import Order, apply_import, workbench
from bangfu.registry.models import VERSIONS, Act, Assignment, EvidenceCheck, Household, Payment, Stated
from tests.households import new_household
from tests.kept import kept
from tests.organisation import Organisation, founded


@dataclass
class Filled:
    """A dozen households of three villages as the demo leaves them: how many it filled, and whom it gave to which."""

    org: Organisation
    households: int
    helpers: list[tuple[str, str, date]]


@pytest.fixture
def filled(db: None, ring: KeyRing) -> Filled:
    return kept("demo", new_filled)


def new_filled() -> Filled:
    org = founded()
    for number in range(12):
        village = ("371102008201", "371102008202", "371102009201")[number // 4]
        new_household(org, f"D{number:02d}", village, who=("village", "sibling", "other")[number // 4])
    households = demo.fill_demo(org.by)
    rows = Assignment.objects.unscoped("test").order_by("household__number", "post__role")
    return Filled(org, households, list(rows.values_list("household__number", "post__title", "held_from")))


def test_households_get_helpers_with_gaps_and_some_a_full_file_once_only(filled: Filled) -> None:
    org = filled.org
    assert filled.households == 12
    left = gaps(org.actor("officer"))
    assert 0 < left["village"] < 12
    assert 0 < left["district"] < 12
    assert {VERSIONS[kind].objects.unscoped("test").count() for kind in ("need", "kin", "phone", "asset")} == {3}
    before = Act.objects.count(), Account.objects.unscoped("test").count()
    assert demo.fill_demo(org.by) == 0
    assert (Act.objects.count(), Account.objects.unscoped("test").count()) == before


@pytest.mark.parametrize("who", ["village", "district"])
def test_whoever_is_there_to_sign_in_as_has_households_to_help(filled: Filled, who: str) -> None:
    helped = Household.objects.seen_by(filled.org.actor(who)).filter(assignments__post=filled.org.posts[who])
    assert 0 < helped.distinct().count() < 12


@pytest.mark.django_db
def test_the_same_households_get_the_same() -> None:
    with transaction.atomic():
        first = kept("demo", new_filled).helpers
        transaction.set_rollback(True)
    assert new_filled().helpers == first != []


def test_without_households_it_says_what_to_do(org: Organisation) -> None:
    with pytest.raises(DomainError, match="NO_HOUSEHOLDS"):
        demo.fill_demo(org.by)


def test_one_village_has_papers_of_every_kind_of_fate(filled: Filled) -> None:
    org = filled.org
    officer = org.actor("officer")
    homes = Household.objects.unscoped("test").filter(place=org.places["371102008201"]).values_list("pk", flat=True)
    found = dossiers(officer, homes, officer.day, org.by.at).values()
    papers = [paper for each in found for item in each.items for paper in item.papers]
    assert {paper.result for paper in papers} == {"right", "wrong", ""}
    assert {each.right for each in found} == {True, False}
    assert len(papers) > EvidenceCheck.objects.unscoped("test").count() > 0


def test_files_from_elsewhere_are_brought_in_once_and_stay_beside_the_register(
    org: Organisation, tmp_path: Path
) -> None:
    now = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
    by, register = replace(org.by, at=now), tmp_path / "register"
    here = tuple(each for each in villages("371102008") if each.code == "371102008201")
    policies = book_of(()).policy_codes()
    write_plan(
        register,
        Plan(households=4, seed=5, as_of_year=2017, villages=here),
        Dress(lang="zh", policies=policies, bom=True),
    )
    with workbench() as con:
        order = Order(register, date(2017, 12, 31), "register", "0" * 64)
        apply_import(by, system_actor("test", "officer", now.date()), order, con, progress=lambda _: None)
    assert demo.fill_demo(by, register) == 4
    assert Payment.objects.unscoped("test").exists()
    assert Stated.objects.unscoped("test").values("household").distinct().count() == 4
    assert set(Step.objects.unscoped("test").values_list("state", flat=True)) == {"staged", "previewed", "refused"}
    assert len(list((tmp_path / "files").iterdir())) == 5
    before = Act.objects.count()
    assert demo.fill_demo(by, register) == 0
    assert Act.objects.count() == before

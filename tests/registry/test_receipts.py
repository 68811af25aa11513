"""Receipts and the ledger lines that they are: one entry books both, a correction corrects both, and nothing comes apart."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bangfu.access.data import NotThere
from bangfu.kernel.errors import DomainError
from bangfu.registry.household_file import File, file
from bangfu.registry.models import LedgerLine, Receipt
from bangfu.registry.services.acts import undo
from bangfu.registry.services.ledger import NewLine, record_ledger, reopen_year, settle_year
from bangfu.registry.services.procedures import Event, record_marriage
from bangfu.registry.services.receipts import (
    NewReceipt,
    RecordedAlready,
    booked_as,
    correct_receipt,
    record_receipt,
    withdraw_receipt,
)
from tests.examples import few
from tests.households import new_household
from tests.organisation import NOW, TODAY, founded
from tests.registry.conftest import World
from tests.registry.test_imports import Desk

LATER = NOW + timedelta(days=1)
PAID = date(2017, 3, 5)
SCHOOL = NewReceipt("rain_dew", 2017, 150_000, paid_on=PAID)


def read(world: World) -> File:
    return file(world.actor(), world.household, TODAY, LATER)


def lines(world: World) -> list[tuple[int, str, int, int | None]]:
    return [(line.year, line.item, line.amount, line.person) for line in read(world).ledger]


def record(world: World, receipt: NewReceipt) -> int:
    return record_receipt(world.by, world.actor(), world.household, receipt)


def correct(world: World, receipt: int, new: NewReceipt) -> int:
    return correct_receipt(world.by, world.actor(), world.household, receipt, new)


def act_of(receipt: int) -> int:
    return int(Receipt.objects.unscoped("test").get(pk=receipt).act_id)


@pytest.mark.parametrize(
    ("policy", "items"),
    [
        ("dibao", ["dibao_pay"]),
        ("rain_dew", ["education_subsidy", "education_aid"]),
        ("supplementary_insurance", ["medical_supplementary"]),
        ("house_repair", []),
        ("startup_loan", []),
    ],
)
def test_a_receipt_is_booked_as_the_rulebook_says(world: World, policy: str, items: list[str]) -> None:
    head = world.persons["head"]
    record(world, NewReceipt(policy, 2017, 12_345, head, PAID))
    assert lines(world) == [(2017, item, 12_345, head) for item in items]
    assert all(line.booked for line in read(world).ledger)


def test_a_correction_corrects_the_lines_in_the_same_act(world: World) -> None:
    first = record(world, SCHOOL)
    before = world.at
    made = correct(world, first, replace(SCHOOL, amount=100_000, year=2016, paid_on=None, person=world.persons["son"]))
    son = world.persons["son"]
    assert lines(world) == [(2016, "education_subsidy", 100_000, son), (2016, "education_aid", 100_000, son)]
    assert [(r.id, r.amount, r.year) for r in read(world).receipts] == [(made, 100_000, 2016)]
    known = file(world.actor(), world.household, TODAY, before)
    assert [(line.item, line.amount) for line in known.ledger] == [
        ("education_subsidy", 150_000),
        ("education_aid", 150_000),
    ]


def test_another_policy_books_other_items_and_takes_the_old_ones_away(world: World) -> None:
    made = correct(world, record(world, SCHOOL), replace(SCHOOL, policy="dibao"))
    assert [item for _, item, _, _ in lines(world)] == ["dibao_pay"]
    correct(world, made, replace(SCHOOL, policy="house_repair"))
    assert lines(world) == []


def test_what_is_withdrawn_is_gone_from_both_and_comes_back_when_that_is_undone(world: World) -> None:
    first = record(world, SCHOOL)
    withdraw_receipt(world.by, world.actor(), world.household, first)
    assert (read(world).receipts, lines(world)) == ((), [])
    gone = Receipt.objects.unscoped("test").get(withdrawn=True)
    undo(world.by, world.actor(), gone.act_id)
    assert [r.id for r in read(world).receipts] == [first]
    assert [amount for _, _, amount, _ in lines(world)] == [150_000, 150_000]


def test_a_receipt_that_was_corrected_meanwhile_is_told(world: World) -> None:
    first = record(world, SCHOOL)
    correct(world, first, replace(SCHOOL, amount=1))
    for attempt in (
        lambda: correct(world, first, SCHOOL),
        lambda: withdraw_receipt(world.by, world.actor(), world.household, first),
        lambda: undo(world.by, world.actor(), act_of(first)),
    ):
        with pytest.raises(DomainError) as problem:
            attempt()
        assert problem.value.code in ("CHANGED_MEANWHILE", "BUILT_ON")
    assert [amount for _, _, amount, _ in lines(world)] == [1, 1]


@pytest.mark.parametrize("settled", [2016, 2017])
def test_no_correction_moves_money_out_of_or_into_a_settled_year(world: World, settled: int) -> None:
    record_ledger(world.by, world.actor(), world.household, settled, [NewLine("crop", 1)])
    first = record(world, SCHOOL)
    settle_year(world.by, world.actor(), world.household, settled)
    with pytest.raises(DomainError) as problem:
        correct(world, first, replace(SCHOOL, year=2016, paid_on=None))
    assert problem.value.code == "YEAR_SETTLED"


def test_a_receipt_that_stands_in_somebodys_former_household_is_asked_about(world: World) -> None:
    son, other = world.persons["son"], new_household(world.org, "H2", "371102008201")
    theirs = NewReceipt("dibao", 2017, 9_00, son, date(2017, 3, 10))
    record(world, theirs)
    record_marriage(world.by, world.actor(), Event(other, date(2017, 6, 1)), son, "son_in_law")
    with pytest.raises(RecordedAlready):
        record_receipt(world.by, world.actor(), other, theirs, another=False)
    for another in (replace(theirs, person=None), replace(theirs, amount=8_00)):
        record_receipt(world.by, world.actor(), other, another, another=False)


def test_an_undoing_does_not_bring_money_back_into_a_settled_year(world: World) -> None:
    record_ledger(world.by, world.actor(), world.household, 2017, [NewLine("crop", 1)])
    moved = correct(world, record(world, SCHOOL), replace(SCHOOL, year=2016, paid_on=None))
    settle_year(world.by, world.actor(), world.household, 2017)
    with pytest.raises(DomainError) as problem:
        undo(world.by, world.actor(), act_of(moved))
    assert problem.value.code == "YEAR_SETTLED"


@pytest.mark.parametrize(
    "wrong",
    [
        replace(SCHOOL, policy="no_such"),
        replace(SCHOOL, amount=-1),
        replace(SCHOOL, amount=10_000_000_000),
        replace(SCHOOL, year=1989, paid_on=None),
        replace(SCHOOL, paid_on=TODAY + timedelta(days=1)),
        replace(SCHOOL, year=2016),
    ],
)
def test_nonsense_is_refused_new_or_as_a_correction(world: World, wrong: NewReceipt) -> None:
    first = record(world, SCHOOL)
    for attempt in (lambda: record(world, wrong), lambda: correct(world, first, wrong)):
        with pytest.raises(DomainError):
            attempt()
    assert [r.amount for r in read(world).receipts] == [150_000]


def test_a_receipt_names_nobody_of_another_household_and_is_not_corrected_through_one(world: World) -> None:
    other = new_household(world.org, "H2", "371102008201")
    theirs = file(world.actor(), other, TODAY, LATER).members[0].id
    first = record(world, SCHOOL)
    with pytest.raises(NotThere):
        record(world, replace(SCHOOL, person=theirs))
    with pytest.raises(NotThere):
        correct(world, first, replace(SCHOOL, person=theirs))
    with pytest.raises(DomainError):
        correct_receipt(world.by, world.actor(), other, first, SCHOOL)
    with pytest.raises(NotThere):
        correct_receipt(world.by, world.actor("other"), world.household, first, SCHOOL)


# ---- files state the ledger themselves


@pytest.fixture
def desk(world: World, tmp_path: Path) -> Desk:
    return Desk(world.org, tmp_path, "subdistrict")


def brought(desk: Desk, total: str) -> None:
    row = {"household_id": "H1", "person_id": "H1-head", "policy_id": "dibao", "year": "2017", "amount": total}
    home = {"household_id": "H1", "village_code": "371102008201", "status": "poor"}
    person = {"person_id": "H1-head", "household_id": "H1"}
    crop = {"household_id": "H1", "year": "2015", "item": "crop", "amount": "1"}
    tables: dict[str, Any] = {"household": [home], "person": [person], "ledger": [crop], "receipt": [row]}
    desk.at = max(desk.at, NOW + timedelta(hours=1))
    desk.bring(tables)


def test_a_receipt_of_a_file_books_nothing_not_even_when_it_is_corrected(world: World, desk: Desk) -> None:
    brought(desk, "750")
    (row,) = read(world).receipts
    correct(world, row.id, NewReceipt("dibao", 2017, 70_000, row.person))
    assert [r.amount for r in read(world).receipts] == [70_000]
    assert lines(world) == [(2015, "crop", 100, None)]


def test_a_file_that_states_a_larger_total_leaves_what_was_booked_and_adds_the_rest(world: World, desk: Desk) -> None:
    head = world.persons["head"]
    record(world, NewReceipt("dibao", 2017, 50_000, head))
    brought(desk, "750")
    assert sorted(r.amount for r in read(world).receipts) == [25_000, 50_000]
    assert lines(world) == [(2015, "crop", 100, None), (2017, "dibao_pay", 50_000, head)]


# ---- anything, in any order

POLICIES = ("dibao", "rain_dew", "supplementary_insurance", "house_repair", "emergency_relief")


@dataclass
class Model:
    """Receipts by id as they should stand, and lines entered by hand."""

    receipts: dict[int, NewReceipt]
    by_hand: Counter[tuple[int, str]]

    def expected(self) -> Counter[tuple[int, str, int | None]]:
        booked: Counter[tuple[int, str, int | None]] = Counter()
        for receipt in self.receipts.values():
            for item in booked_as(receipt.policy):
                booked[receipt.year, item, receipt.person] += receipt.amount
        return booked


STEP = st.tuples(
    st.sampled_from(["record", "correct", "withdraw", "undo", "by_hand", "settle", "reopen"]),
    st.integers(0, 7),
    st.builds(
        lambda policy, year, amount, whose: (policy, year, amount, whose),
        st.sampled_from(POLICIES),
        st.sampled_from([2016, 2017]),
        st.one_of(st.integers(0, 999), st.sampled_from([1, 9_999_999_999, 12_345])),
        st.sampled_from(["head", "spouse", ""]),
    ),
)


@pytest.mark.usefixtures("db")
@few(4)
@given(steps=st.lists(STEP, max_size=14))
def test_whatever_is_done_in_whatever_order_the_booked_lines_are_those_of_the_receipts_that_stand(
    steps: list[tuple[str, int, tuple[str, int, int, str]]],
) -> None:
    from django.db import transaction  # noqa: PLC0415  # one example leaves nothing behind

    with transaction.atomic():
        org = founded()
        household = new_household(org, "H1", "371102008201")
        members = file(org.actor("village"), household, TODAY, LATER).members
        world = World(org, household, {member.relation: member.id for member in members})
        model = Model({}, Counter())
        history: list[tuple[int, Model]] = []
        for what, which, (policy, year, amount, whose) in steps:
            new = NewReceipt(policy, year, amount, world.persons.get(whose))
            _step(world, model, history, what, which, new)
            _agree(world, model)
        transaction.set_rollback(True)


def _step(world: World, model: Model, history: list[tuple[int, Model]], what: str, which: int, new: NewReceipt) -> None:
    """Do one thing to both; what the service refuses, the model does not do."""
    before = Model(dict(model.receipts), Counter(model.by_hand))
    chosen = sorted(model.receipts)[which % len(model.receipts)] if model.receipts else 0
    by, actor, home = world.by, world.actor(), world.household
    try:
        match what:
            case "record":
                made = record_receipt(by, actor, home, new)
                model.receipts[made] = new
                history.append((act_of(made), before))
            case "correct" if chosen:
                made = correct_receipt(by, actor, home, chosen, new)
                del model.receipts[chosen]
                model.receipts[made] = new
                history.append((act_of(made), before))
            case "withdraw" if chosen:
                withdraw_receipt(by, actor, home, chosen)
                del model.receipts[chosen]
                gone = Receipt.objects.unscoped("test").get(corrects=chosen, act__undone_by=None)
                history.append((int(gone.act_id), before))
            case "by_hand":
                act = record_ledger(by, actor, home, new.year, [NewLine("crop", new.amount)])
                model.by_hand[new.year, "crop"] += new.amount
                history.append((act, before))
            case "undo" if history:
                # The latest that still counts: nothing was built on it.
                act, was = history[-1]
                undo(by, actor, act)
                history.pop()
                model.receipts, model.by_hand = was.receipts, was.by_hand
            case "settle":
                settle_year(by, actor, home, new.year)
            case "reopen":
                reopen_year(replace(by, reason="漏记"), actor, home, new.year)
    except DomainError as refusal:
        if refusal.code not in ("YEAR_SETTLED", "NOTHING_TO_SETTLE", "NOT_SETTLED"):
            raise


def _agree(world: World, model: Model) -> None:
    found = read(world)
    assert {r.id: NewReceipt(r.policy, r.year, r.amount, r.person, r.paid_on) for r in found.receipts} == model.receipts
    booked: Counter[tuple[int, str, int | None]] = Counter()
    by_hand: Counter[tuple[int, str]] = Counter()
    for line in found.ledger:
        if line.booked:
            booked[line.year, line.item, line.person] += line.amount
        else:
            by_hand[line.year, line.item] += line.amount
    assert (+booked, +by_hand) == (+model.expected(), +model.by_hand)
    # One line for each item of each receipt, and none beside.
    standing = LedgerLine.objects.unscoped("test").filter(stands=True).exclude(receipt=None)
    assert Counter(standing.values_list("receipt_id", "item")) == Counter(
        (id_, item) for id_, receipt in model.receipts.items() for item in booked_as(receipt.policy)
    )

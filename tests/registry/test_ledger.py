"""Money of a household: lines corrected by lines, receipts that book them, years that are settled."""

from datetime import date, timedelta

import pytest

from bangfu.access.data import NotThere
from bangfu.kernel.errors import DomainError
from bangfu.registry.household_file import File, file
from bangfu.registry.models import LedgerLine
from bangfu.registry.services.acts import undo
from bangfu.registry.services.ledger import NewLine, record_ledger, reopen_year, settle_year, sign_of
from bangfu.registry.services.procedures import Event, record_marriage
from bangfu.registry.services.receipts import NewReceipt, record_receipt
from tests.households import new_household
from tests.organisation import NOW, TODAY
from tests.registry.conftest import World

LATER = NOW + timedelta(days=1)


def read(world: World) -> File:
    return file(world.actor(), world.household, TODAY, LATER)


def record(world: World, *lines: NewLine, year: int = 2016) -> int:
    return record_ledger(world.by, world.actor(), world.household, year, lines)


def refusal_of(problem: pytest.ExceptionInfo[DomainError]) -> str:
    return problem.value.code


def test_a_line_is_corrected_by_a_line_and_stays_known_as_it_was(world: World) -> None:
    record(world, NewLine("crop", 500_000), NewLine("inputs", 120_000, note="化肥"))
    before = world.at
    crop = read(world).ledger[0].id
    record(world, NewLine("crop", 450_000, corrects=crop))
    assert [(line.item, line.amount) for line in read(world).ledger] == [("inputs", 120_000), ("crop", 450_000)]
    known = file(world.actor(), world.household, TODAY, before)
    assert [(line.item, line.amount) for line in known.ledger] == [("crop", 500_000), ("inputs", 120_000)]


def test_a_line_taken_away_is_no_more(world: World) -> None:
    record(world, NewLine("crop", 500_000))
    (line,) = read(world).ledger
    record(world, NewLine("crop", None, corrects=line.id))
    assert read(world).ledger == ()


def test_a_receipt_and_the_ledger_line_that_it_is_are_entered_once(world: World) -> None:
    head = world.persons["head"]
    receipt = NewReceipt("dibao", 2017, 40_000, head, date(2017, 3, 5))
    record_receipt(world.by, world.actor(), world.household, receipt)
    found = read(world)
    assert [(r.policy, r.amount, r.paid_on) for r in found.receipts] == [("dibao", 40_000, date(2017, 3, 5))]
    assert [(line.item, line.amount, line.person, line.booked) for line in found.ledger] == [
        ("dibao_pay", 40_000, head, True)
    ]


def test_a_booked_line_is_corrected_only_through_its_receipt(world: World) -> None:
    record_receipt(world.by, world.actor(), world.household, NewReceipt("dibao", 2017, 40_000))
    (line,) = read(world).ledger
    with pytest.raises(DomainError) as problem:
        record(world, NewLine("dibao_pay", 1, corrects=line.id), year=2017)
    assert refusal_of(problem) == "BOOKED_BY_RECEIPT"


def test_undoing_a_receipt_takes_both_back(world: World) -> None:
    record_receipt(world.by, world.actor(), world.household, NewReceipt("dibao", 2017, 40_000))
    act = LedgerLine.objects.unscoped("test").get().act_id
    undo(world.by, world.actor(), act)
    assert (read(world).receipts, read(world).ledger) == ((), ())


def test_undoing_a_correction_lets_the_line_stand_again(world: World) -> None:
    record(world, NewLine("crop", 500_000))
    act = record(world, NewLine("crop", None, corrects=read(world).ledger[0].id))
    undo(world.by, world.actor(), act)
    assert [line.amount for line in read(world).ledger] == [500_000]


def test_a_settled_year_takes_no_line_no_booked_receipt_and_no_undoing_until_it_is_opened_again(world: World) -> None:
    act = record(world, NewLine("crop", 500_000))
    settle_year(world.by, world.actor(), world.household, 2016)
    assert read(world).settled == {2016: TODAY}
    for attempt in (
        lambda: record(world, NewLine("crop", 1)),
        lambda: undo(world.by, world.actor(), act),
        lambda: settle_year(world.by, world.actor(), world.household, 2016),
        lambda: record_receipt(world.by, world.actor(), world.household, NewReceipt("dibao", 2016, 1)),
    ):
        with pytest.raises(DomainError) as problem:
            attempt()
        assert refusal_of(problem) == "YEAR_SETTLED"
    record(world, NewLine("crop", 1), year=2015)
    reopen_year(world.by, world.actor(), world.household, 2016)
    record(world, NewLine("livestock", 1))
    assert read(world).settled == {}
    assert [line.amount for line in read(world).ledger if line.year == 2016] == [500_000, 1]


def test_no_ledger_is_settled_but_the_one_that_was_seen(world: World) -> None:
    first = record(world, NewLine("crop", 500_000))
    seen = [sign_of(line.id for line in read(world).ledger)]
    act = record(world, NewLine("livestock", 7))
    seen.append(sign_of(line.id for line in read(world).ledger))
    undo(world.by, world.actor(), act)
    undo(world.by, world.actor(), first)
    record(world, NewLine("crop", 600_000))
    for other in seen:
        with pytest.raises(DomainError) as problem:
            settle_year(world.by, world.actor(), world.household, 2016, other)
        assert refusal_of(problem) == "CHANGED_MEANWHILE"
    settle_year(world.by, world.actor(), world.household, 2016, sign_of(line.id for line in read(world).ledger))
    assert read(world).settled == {2016: TODAY}


def test_a_year_without_any_line_is_not_settled(world: World) -> None:
    with pytest.raises(DomainError) as problem:
        settle_year(world.by, world.actor(), world.household, 2016)
    assert refusal_of(problem) == "NOTHING_TO_SETTLE"


@pytest.mark.parametrize(
    ("line", "year"),
    [
        (NewLine("crop", -1), 2016),
        (NewLine("crop", 10_000_000_000), 2016),
        (NewLine("no_such_item", 1), 2016),
        (NewLine("crop", 1), 1989),
        (NewLine("crop", 1), 2101),
    ],
)
def test_nonsense_is_refused_and_no_line_of_the_act_is_written(world: World, line: NewLine, year: int) -> None:
    with pytest.raises(DomainError):
        record(world, NewLine("inputs", 1), line, year=year)
    assert read(world).ledger == ()


def test_a_line_names_no_person_and_no_line_of_another_household(world: World) -> None:
    other = new_household(world.org, "H2", "371102008201")
    theirs = file(world.actor(), other, TODAY, LATER).members[0].id
    with pytest.raises(NotThere):
        record(world, NewLine("wage_local", 1, person=theirs))
    record_ledger(world.by, world.actor(), other, 2016, [NewLine("crop", 7)])
    line = file(world.actor(), other, TODAY, LATER).ledger[0].id
    with pytest.raises(DomainError):
        record(world, NewLine("crop", 8, corrects=line))
    assert file(world.actor(), other, TODAY, LATER).ledger[0].amount == 7


def test_what_was_somebodys_who_left_is_corrected_and_taken_away_and_nothing_new_is_theirs(world: World) -> None:
    son, other = world.persons["son"], new_household(world.org, "H2", "371102008201")
    record(world, NewLine("crop", 100, son), NewLine("rent", 200, son))
    record_marriage(world.by, world.actor(), Event(other, date(2017, 6, 1)), son, "son_in_law")
    crop, rent = read(world).ledger
    record(world, NewLine("crop", 90, son, corrects=crop.id), NewLine("rent", None, son, corrects=rent.id))
    assert [(line.item, line.amount, line.person) for line in read(world).ledger] == [("crop", 90, son)]
    for line in (NewLine("crop", 1, son), NewLine("crop", 1, world.persons["head"] + 100)):
        with pytest.raises(NotThere):
            record(world, line)


def test_a_payment_lies_in_its_year_and_not_after_today(world: World) -> None:
    for day in (date(2016, 12, 31), TODAY + timedelta(days=1)):
        with pytest.raises(DomainError):
            record_receipt(world.by, world.actor(), world.household, NewReceipt("dibao", 2017, 1, paid_on=day))

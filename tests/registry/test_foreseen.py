"""What recording something would make of a household is, cell by cell, what it makes of it once it is recorded."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from bangfu.access.data import NotThere
from bangfu.audit.models import Entry
from bangfu.kernel.errors import DomainError
from bangfu.registry.data import NewFacts
from bangfu.registry.foreseen import facts_foreseen, ledger_foreseen, receipt_foreseen
from bangfu.registry.homes import Foreseen, home_of
from bangfu.registry.models import LedgerLine, Person, Receipt
from bangfu.registry.services.facts import record_facts
from bangfu.registry.services.ledger import NewLine, record_ledger
from bangfu.registry.services.receipts import NewReceipt, correct_receipt, record_receipt, withdraw_receipt
from tests.assessment.test_corrections import cells
from tests.households import new_household
from tests.organisation import TODAY, Organisation

SPRING, SUMMER = date(2017, 3, 1), date(2017, 6, 1)
NUMBER = "371102196003010010"


@pytest.fixture
def household(org: Organisation) -> int:
    """With a house whose grade was recorded twice, the second time with something else beside it, and a line and a receipt of 2016."""
    made = new_household(org, "H1", "371102008201")
    by, actor = org.by, org.actor("village")
    record_facts(by, actor, made, NewFacts("housing", made, {"house_grade": "C"}, SPRING))
    record_facts(by, actor, made, NewFacts("housing", made, {"house_structure": "earth"}, SUMMER))
    record_ledger(by, actor, made, 2016, [NewLine("crop", 100_000)])
    record_receipt(by, actor, made, NewReceipt("dibao", 2016, 50_000, person(made)))
    return made


def person(household: int) -> int:
    return Person.objects.unscoped("test").filter(household=household).order_by("pk")[0].pk


def same_after(org: Organisation, household: int, foreseen: Foreseen, record: Callable[[Any, Any], object]) -> None:
    before, entries = home_of(household, TODAY), Entry.objects.count()
    would = home_of(household, TODAY, foreseen)
    assert would is not None
    assert Entry.objects.count() == entries
    assert before is not None
    assert cells(home_of(household, TODAY) or would) == cells(before)
    record(org.by, org.actor("village"))
    found = home_of(household, TODAY)
    assert found is not None
    assert cells(found) == cells(would)


@pytest.mark.parametrize(
    ("values", "day", "carry"),
    [
        ({"house_grade": "D"}, TODAY, False),
        ({"house_grade": "D"}, SUMMER, False),
        ({"house_grade": "D"}, SPRING, False),
        ({"house_grade": "D"}, SPRING, True),
        ({"house_grade": "D"}, SPRING + timedelta(days=1), True),
        ({"house_grade": "D", "dangerous_house": True}, SPRING + timedelta(days=1), False),
        ({"house_structure": "brick_wood"}, date(2017, 2, 1), True),
        ({"house_grade": None}, SUMMER, False),
    ],
)
def test_facts_hold_as_foreseen(org: Organisation, household: int, values: Any, day: date, carry: bool) -> None:
    new = NewFacts("housing", household, values, day, carry=carry)
    foreseen = facts_foreseen(org.by.ring, org.actor("village"), household, new, TODAY)
    same_after(org, household, foreseen, lambda by, actor: record_facts(by, actor, household, new))


def test_facts_of_a_later_day_do_not_reach_an_earlier_assessment(org: Organisation, household: int) -> None:
    new = NewFacts("housing", household, {"house_grade": "D"}, TODAY)
    earlier = TODAY - timedelta(days=1)
    assert facts_foreseen(org.by.ring, org.actor("village"), household, new, earlier) == Foreseen()


@pytest.mark.parametrize("number", [NUMBER, "37110219600301001", "371102195003010010", None])
def test_a_number_is_read_and_counted_among_those_who_share_it(
    org: Organisation, household: int, number: str | None
) -> None:
    other = new_household(org, "H2", "371102008201")
    record_facts(org.by, org.actor("village"), other, NewFacts("papers", person(other), {"id_number": NUMBER}, SPRING))
    record_facts(
        org.by, org.actor("village"), household, NewFacts("papers", person(household), {"id_number": "1"}, SPRING)
    )
    new = NewFacts("papers", person(household), {"id_number": number}, SUMMER)
    foreseen = facts_foreseen(org.by.ring, org.actor("village"), household, new, TODAY)
    same_after(org, household, foreseen, lambda by, actor: record_facts(by, actor, household, new))


def test_ledger_lines_come_change_and_go_as_foreseen(org: Organisation, household: int) -> None:
    line = LedgerLine.objects.unscoped("test").get(item="crop").pk
    more = [NewLine("crop", 7), NewLine("wage_local", 8, person(household))]
    foreseen = ledger_foreseen(org.actor("village"), household, 2016, more)
    same_after(org, household, foreseen, lambda by, actor: record_ledger(by, actor, household, 2016, more))
    other = [NewLine("livestock", 9, corrects=line)]
    foreseen = ledger_foreseen(org.actor("village"), household, 2016, other)
    same_after(org, household, foreseen, lambda by, actor: record_ledger(by, actor, household, 2016, other))
    gone = [NewLine("livestock", None, corrects=LedgerLine.objects.unscoped("test").get(item="livestock").pk)]
    foreseen = ledger_foreseen(org.actor("village"), household, 2016, gone)
    same_after(org, household, foreseen, lambda by, actor: record_ledger(by, actor, household, 2016, gone))


@pytest.mark.parametrize(
    "new",
    [NewReceipt("dibao", 2017, 32_000, None, SPRING), NewReceipt("rain_dew", 2017, 5), NewReceipt("dibao", 2016, 0)],
)
def test_receipts_come_change_and_go_with_what_they_book_as_foreseen(
    org: Organisation, household: int, new: NewReceipt
) -> None:
    actor = org.actor("village")
    foreseen = receipt_foreseen(actor, household, new, TODAY)
    same_after(org, household, foreseen, lambda by, actor: record_receipt(by, actor, household, new))
    old = Receipt.objects.unscoped("test").order_by("pk")[0].pk
    foreseen = receipt_foreseen(actor, household, new, TODAY, corrects=old)
    same_after(org, household, foreseen, lambda by, actor: correct_receipt(by, actor, household, old, new))
    now = Receipt.objects.unscoped("test").get(corrects=old).pk
    foreseen = receipt_foreseen(actor, household, None, TODAY, corrects=now)
    same_after(org, household, foreseen, lambda by, actor: withdraw_receipt(by, actor, household, now))


def test_what_cannot_be_recorded_cannot_be_foreseen_and_nobody_foresees_what_they_do_not_see(
    org: Organisation, household: int
) -> None:
    ring, actor, stranger = org.by.ring, org.actor("village"), org.actor("sibling")
    new = NewFacts("housing", household, {"house_grade": "D"}, TODAY)
    with pytest.raises(DomainError):
        facts_foreseen(ring, actor, household, NewFacts("housing", household, {"house_grade": "Z"}, TODAY), TODAY)
    with pytest.raises(DomainError):
        ledger_foreseen(actor, household, 2016, [NewLine("crop", -1)])
    with pytest.raises(NotThere):
        facts_foreseen(ring, stranger, household, new, TODAY)
    with pytest.raises(NotThere):
        ledger_foreseen(stranger, household, 2016, [])
    with pytest.raises(NotThere):
        receipt_foreseen(stranger, household, NewReceipt("dibao", 2016, 1), TODAY)

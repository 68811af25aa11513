"""What an assessment reads of the registry is what the file said, also of an earlier day, and without numbers and names."""

from datetime import date
from typing import Any

import pytest

from bangfu.engine.duck import open_engine
from bangfu.kernel.errors import DomainError
from bangfu.registry.services.receipts import NewReceipt, record_receipt
from bangfu.registry.snapshots import read_registry
from tests.registry.test_imports import AS_OF, TABLES, Desk, changed, desk

__all__ = ["desk"]


pytestmark = pytest.mark.usefixtures("committed")


def read(day: date, query: str) -> list[tuple[Any, ...]]:
    with open_engine() as con:
        read_registry(con, day)
        return con.execute(query).fetchall()


def test_of_a_number_only_what_it_tells_is_read(desk: Desk) -> None:
    tables = changed("person", 2, id_number="371102196003010010")
    desk.bring(tables)
    rows = read(AS_OF, "SELECT person_id, name, id_number, id_valid, birth_date, id_shared_by FROM person ORDER BY 1")
    assert rows == [
        ("P1", None, None, True, 19600301, 2),
        ("P2", None, None, None, 19620506, None),
        ("P3", None, None, True, 19600301, 2),
    ]


def test_an_earlier_day_is_read_as_it_was(desk: Desk) -> None:
    desk.bring(TABLES)
    desk.bring(changed("household", 0, house_grade="D"), date(2017, 6, 30))
    grade = "SELECT house_grade FROM household WHERE household_id = 'H1'"
    assert read(date(2017, 6, 29), grade) == [("C",)]
    assert read(date(2017, 6, 30), grade) == [("D",)]


def test_somebody_who_moved_is_read_in_one_household_with_their_money(desk: Desk) -> None:
    desk.bring(TABLES)
    # The file no longer says what they had in the household that they left.
    moved = {**changed("person", 0, household_id="H2"), "ledger": TABLES["ledger"][::2]}
    moved["receipt"] = [{**TABLES["receipt"][0], "person_id": ""}]
    desk.bring(moved, date(2017, 6, 30))
    assert read(
        date(2017, 6, 30), "SELECT household_id FROM person JOIN household USING (household_no) WHERE person_id = 'P1'"
    ) == [("H2",)]
    # What the household received stays its own.
    assert read(
        date(2017, 6, 30), "SELECT household_id, sum(amount) FROM ledger JOIN household USING (household_no) GROUP BY 1"
    ) == [("H1", 800_100)]


def test_a_payment_counts_from_its_day_on(desk: Desk) -> None:
    desk.bring(TABLES)
    paid = NewReceipt("dibao", 2017, 25_000, None, date(2017, 5, 1))
    record_receipt(desk.by, desk.org.actor("village"), desk.file("H1").id, paid)
    received = "SELECT sum(amount) FROM receipt"
    assert read(date(2017, 4, 30), received) == [(75_000,)]
    assert read(date(2017, 5, 1), received) == [(100_000,)]


def test_before_anything_was_known_there_is_nothing_to_assess(desk: Desk) -> None:
    desk.bring(TABLES)
    with pytest.raises(DomainError) as problem:
        read(date(2017, 3, 30), "SELECT 1")
    assert problem.value.code == "REGISTER_EMPTY"

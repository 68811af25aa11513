"""A bank's list is booked as receipts, each payment once; whose it is is never guessed, and of its money nothing is lost."""

import csv
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import xlsxwriter
from django.apps import apps
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from bangfu.access.data import Denied
from bangfu.access.services.posts import widen_post
from bangfu.audit.models import Entry, EntryText
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Lang
from bangfu.privacy.keys import KeyRing
from bangfu.registry import protection
from bangfu.registry.data import NewFacts
from bangfu.registry.models import Act, LedgerLine, Payment, PaymentAside, PaymentList, Person, Receipt
from bangfu.registry.payments import ListOrder, Settled
from bangfu.registry.payments import apply as applying
from bangfu.registry.payments.apply import Booked, book_list
from bangfu.registry.payments.plan import PayPlan, planned
from bangfu.registry.payments.sheet import read_list
from bangfu.registry.payments.words import figures_said, open_said
from bangfu.registry.services.acts import undo
from bangfu.registry.services.facts import record_facts
from bangfu.registry.services.ledger import NewLine, record_ledger, settle_year
from bangfu.registry.services.procedures import Event, merge_households, record_death, record_marriage
from bangfu.registry.services.receipts import NewReceipt, correct_receipt, record_receipt, withdraw_receipt
from tests.examples import few
from tests.households import new_household
from tests.kept import kept
from tests.organisation import FIRST, NOW, TODAY, Organisation, founded
from tests.races import at_once

NUMBERS = {"head": "371102196003010010", "spouse": "371102196203010024", "son": "371102200303010037"}
HEADER = ("姓名", "身份证号", "卡号", "村", "项目名称", "金额", "发放日期")
CARD = "6223190012345678901"
Row = Sequence[object]


def row(name: object = "甲head", number: object = NUMBERS["head"], **more: object) -> Row:
    said: dict[str, object] = {
        "name": name,
        "number": number,
        "card": CARD,
        "village": "东一村",
        "project": "2017年3月农村低保金",
        "amount": "320.00",
        "day": "2017-03-10",
        **more,
    }
    return tuple(said.values())


class Office:
    """Somebody who brings lists in; a minute passes with each act. H1 lives in the east, its members' numbers are known."""

    def __init__(self, org: Organisation, folder: Path) -> None:
        self.org, self.folder, self.at, self.who = org, folder, NOW, "subdistrict"
        self.home = self.household("H1", "371102008201", "village")

    def household(self, number: str, village: str, who: str) -> int:
        made = new_household(self.org, number, village, who=who)
        if number == "H1":
            for person in Person.objects.unscoped("test").filter(household=made):
                relation = person.number.partition("-")[2]
                facts = NewFacts("papers", person.pk, {"id_number": NUMBERS[relation]}, date(2017, 1, 1))
                record_facts(self.org.by, self.org.actor(who), made, facts)
        return made

    def person(self, number: str) -> int:
        return Person.objects.unscoped("test").get(number=number).pk

    @property
    def by(self) -> Any:
        self.at += timedelta(minutes=1)
        return replace(self.org.by, at=self.at, actor=f"account:{self.org.accounts[self.who]}", reason="银行清单")

    def order(self, rows: Sequence[Row], header: Row = HEADER, name: str = "清单.csv", **more: Any) -> ListOrder:
        path = written(self.folder / name, [header, *rows])
        return ListOrder(path, name, hashlib.sha256(path.read_bytes()).hexdigest(), **more)

    def plan(self, rows: Sequence[Row], **more: Any) -> PayPlan:
        return planned(self.by, self.org.actor(self.who), self.order(rows, **more))

    def book(self, rows: Sequence[Row], agreed: str | None = None, **more: Any) -> Booked:
        return book_list(self.by, self.org.actor(self.who), self.order(rows, **more), agreed=agreed)

    def held(self) -> list[tuple[str, str, int, date]]:
        rows = Receipt.objects.unscoped("test").filter(stands=True).order_by("pk")
        return list(rows.values_list("person__number", "policy", "amount", "paid_on"))


def written(path: Path, rows: Sequence[Row]) -> Path:
    if path.suffix == ".xlsx":
        with xlsxwriter.Workbook(str(path)) as book:
            sheet = book.add_worksheet()
            day = book.add_format({"num_format": "yyyy-mm-dd"})
            for at, cells in enumerate(rows):
                for place, cell in enumerate(cells):
                    sheet.write(at, place, cell, *([day] if isinstance(cell, date) else []))
        return path
    with path.open("w", encoding="gb18030" if path.stem == "gb" else "utf-8", newline="") as handle:
        csv.writer(handle).writerows(rows)
    return path


@pytest.fixture
def office(db: None, ring: KeyRing, tmp_path: Path) -> Office:
    made = kept("payments", lambda: Office(founded(ring), tmp_path))
    made.folder = tmp_path
    return made


def outcomes(plan: PayPlan) -> list[str]:
    return [line.outcome for line in plan.lines]


def columns(plan: PayPlan) -> list[str]:
    return [fault.column for line in plan.lines for fault in line.faults]


def test_a_payment_of_somebody_who_died_before_a_merger_is_booked_in_no_household_that_there_is_no_more(
    office: Office,
) -> None:
    office.book([row(amount="100")])
    other, actor = office.household("H2", "371102008201", "village"), office.org.actor("village")
    spouse, son, head = (office.person(f"H1-{each}") for each in ("spouse", "son", "head"))
    died = Event(office.home, date(2017, 4, 1))
    record_death(office.by, actor, died, head, {spouse: "head", son: "son"})
    event, relations = Event(office.home, date(2017, 5, 1)), {spouse: "other", son: "other"}
    merged = merge_households(office.by, actor, event, other, relations)
    plan = office.plan([row(amount="100"), row(day="2017-03-20")])
    assert outcomes(plan) == ["known", "open"], "what was booked while it was there is known"
    assert sorted(each.number for each in plan.lines[1].offered) == ["H1-son", "H1-spouse"]
    assert outcomes(office.plan([row()], settled={2: Settled(head)})) == ["open"]
    office.book([row()], settled={2: Settled(spouse)})
    booked = Receipt.objects.unscoped("test").latest("pk")
    assert (booked.household_id, booked.person_id, booked.amount) == (other, spouse, 32_000)
    undo(office.by, actor, Act.objects.latest("pk").pk)
    undo(office.by, actor, merged)
    assert outcomes(office.plan([row()])) == ["booked"]


def test_a_payment_is_booked_as_a_receipt_and_in_the_ledger_by_one_act(office: Office) -> None:
    booked = office.book([row(), row("甲spouse", NUMBERS["spouse"], project="雨露计划", amount="1,500")])
    assert office.held() == [
        ("H1-head", "dibao", 32_000, date(2017, 3, 10)),
        ("H1-spouse", "rain_dew", 150_000, date(2017, 3, 10)),
    ]
    lines = LedgerLine.objects.unscoped("test").order_by("pk").values_list("item", "amount", "act_id")
    assert list(lines) == [
        ("dibao_pay", 32_000, booked.act),
        ("education_subsidy", 150_000, booked.act),
        ("education_aid", 150_000, booked.act),
    ]
    (entry,) = Entry.objects.filter(act="registry.book_payments")
    said = EntryText.objects.get(entry=entry).body
    assert "2 / 1820.00" in str(said)
    assert hashlib.sha256((office.folder / "清单.csv").read_bytes()).hexdigest() in str(said)


@pytest.mark.parametrize(
    "again",
    [
        lambda rows: (rows, {}),
        lambda rows: (rows[::-1], {"name": "又一份.csv"}),
        lambda rows: (rows, {"name": "gb.csv"}),
        lambda rows: (rows, {"name": "另存.xlsx"}),
        lambda rows: (rows[:1], {"name": "部分.csv"}),
    ],
    ids=["same", "reordered and renamed", "GB18030", "saved as a workbook", "overlapping"],
)
def test_the_same_list_again_books_nothing(office: Office, again: Callable[[Any], Any]) -> None:
    rows = [row(), row("甲spouse", NUMBERS["spouse"])]
    office.book(rows)
    before = (office.held(), Act.objects.count(), Entry.objects.count())
    others, more = again(rows)
    booked = office.book(others, **more)
    assert booked.act is None
    assert set(outcomes(booked.plan)) == {"known"}
    assert (office.held(), Act.objects.count(), Entry.objects.count()) == before


def test_a_later_payment_of_the_same_amount_is_another(office: Office) -> None:
    office.book([row()])
    plan = office.book([row(), row(day="2017-04-10")]).plan
    assert outcomes(plan) == ["known", "booked"]
    assert [paid for *_, paid in office.held()] == [date(2017, 3, 10), date(2017, 4, 10)]


def test_the_payers_own_number_tells_payments_apart_that_nothing_else_does(office: Office) -> None:
    header = (*HEADER, "流水号")
    office.book([(*row(), "A1")], header=header)
    assert outcomes(office.book([(*row(), "A1"), (*row(), "A2")], header=header).plan) == ["known", "booked"]
    # Saved again without that column they are still the two that were booked.
    settled = {3: Settled(office.person("H1-head"))}
    assert outcomes(office.plan([row(), row()], settled=settled)) == ["known", "known"]
    assert outcomes(office.plan([(*row(), "A3")], header=header)) == ["booked"]


NUMBERED = (*HEADER, "流水号")
OTHERWISE: list[dict[str, Any]] = [{"amount": "325.00"}, {"project": "残疾人生活补贴"}, {"day": "2017-03-11"}]


def numbered(reference: str = "20170310-0001", **more: object) -> Row:
    return (*row(**more), reference)


def corrected_by_hand(office: Office, amount: int | None) -> None:
    """The receipt that stands is corrected, or (None) withdrawn."""
    receipt = Receipt.objects.unscoped("test").get(stands=True)
    by, actor = office.by, office.org.actor("village")
    new = NewReceipt("dibao", 2017, amount or 0, receipt.person_id, receipt.paid_on)
    act = partial(correct_receipt, new=new) if amount else withdraw_receipt
    act(by, actor, office.home, receipt.pk)


@pytest.mark.parametrize("more", OTHERWISE, ids=["amount", "policy", "day"])
def test_a_payers_number_that_is_taken_is_asked_about_and_nothing_is_booked_under_it_again(
    office: Office, more: dict[str, Any]
) -> None:
    office.book([numbered()], header=NUMBERED)
    plan = office.plan([numbered(**more)], header=NUMBERED)
    assert (outcomes(plan), columns(plan)) == (["open"], ["reference"])
    said = plan.lines[0].faults[0]
    assert said.value == "20170310-0001"
    assert "农村最低生活保障金 2017-03-10 320.00 元" in said.reason.zh
    assert "2017-03-10 320.00 yuan" in said.reason.en
    assert [each.number for each in plan.lines[0].offered] == ["H1-head"]
    with pytest.raises(DomainError) as problem:
        office.book([numbered(**more)], header=NUMBERED)
    assert problem.value.code == "LIST_NOT_SETTLED"
    assert [amount for *_, amount, _ in office.held()] == [32_000]


def test_a_number_that_is_taken_is_booked_again_only_where_somebody_says_beside_what(office: Office) -> None:
    office.book([numbered()], header=NUMBERED)
    rows, head = [numbered(amount="325.00")], office.person("H1-head")
    beside = office.plan(rows, header=NUMBERED).lines[0].beside
    # Whose it is may have been chosen for another reason, or before that payment was booked.
    assert outcomes(office.plan(rows, header=NUMBERED, settled={2: Settled(head)})) == ["open"]
    office.book([numbered(amount="330.00", day="2017-03-09")], header=NUMBERED, settled={2: Settled(None, "另查")})
    agreed = {2: Settled(head, beside=beside)}
    office.book(rows, header=NUMBERED, settled=agreed)
    assert [amount for *_, amount, _ in office.held()] == [32_000, 32_500]
    assert office.book(rows, header=NUMBERED).act is None
    other = office.plan([numbered(amount="326.00")], header=NUMBERED, settled=agreed)
    assert outcomes(other) == ["open"]
    assert "320.00" in other.lines[0].faults[0].reason.zh
    assert "325.00" in other.lines[0].faults[0].reason.zh


def test_a_line_whose_number_is_taken_may_be_set_aside(office: Office) -> None:
    office.book([numbered()], header=NUMBERED)
    office.book([numbered(amount="325.00")], header=NUMBERED, settled={2: Settled(None, "重复")})
    assert [amount for *_, amount, _ in office.held()] == [32_000]


def test_what_a_payment_was_corrected_to_by_hand_was_booked_before(office: Office) -> None:
    office.book([numbered()], header=NUMBERED)
    corrected_by_hand(office, 32_600)
    corrected_by_hand(office, 32_500)
    assert office.book([numbered(amount="325.00")], header=NUMBERED).act is None
    assert office.book([numbered()], header=NUMBERED).act is None
    other = office.plan([numbered(amount="326.00")], header=NUMBERED)
    assert outcomes(other) == ["open"]
    assert "320.00 元（后来更正为 农村最低生活保障金 2017-03-10 325.00 元）" in other.lines[0].faults[0].reason.zh
    # It is one payment, and this list has two under its number.
    assert outcomes(office.plan([numbered(), numbered(amount="325.00")], header=NUMBERED)) == ["known", "open"]
    assert [amount for *_, amount, _ in office.held()] == [32_500]


def test_a_decision_about_a_number_does_not_outlast_a_correction_of_its_payment(office: Office) -> None:
    office.book([numbered()], header=NUMBERED)
    rows, head = [numbered(amount="325.00")], office.person("H1-head")
    agreed = {2: Settled(head, beside=office.plan(rows, header=NUMBERED).lines[0].beside)}
    assert outcomes(office.plan(rows, header=NUMBERED, settled=agreed)) == ["booked"]
    corrected_by_hand(office, 32_600)
    assert outcomes(office.plan(rows, header=NUMBERED, settled=agreed)) == ["open"]
    corrected_by_hand(office, 32_500)
    assert outcomes(office.plan(rows, header=NUMBERED, settled=agreed)) == ["known"]


def test_a_number_whose_payment_was_withdrawn_by_hand_is_asked_about_too(office: Office) -> None:
    office.book([numbered()], header=NUMBERED)
    corrected_by_hand(office, None)
    plan = office.plan([numbered(amount="325.00")], header=NUMBERED)
    assert outcomes(plan) == ["open"]
    assert "320.00 元（后来撤回了）" in plan.lines[0].faults[0].reason.zh
    assert "更正那一笔" not in plan.lines[0].faults[0].reason.zh


def test_a_number_is_free_again_once_the_list_is_undone(office: Office) -> None:
    act = office.book([numbered()], header=NUMBERED).act
    assert act is not None
    undo(office.by, office.org.actor("subdistrict"), act)
    office.book([numbered(amount="325.00")], header=NUMBERED)
    assert [amount for *_, amount, _ in office.held()] == [32_500]


def test_somebody_elses_payment_may_have_the_same_number(office: Office) -> None:
    office.book([numbered()], header=NUMBERED)
    theirs = [numbered(name="甲spouse", number=NUMBERS["spouse"], amount="325.00")]
    assert outcomes(office.plan(theirs, header=NUMBERED)) == ["booked"]


def test_two_lines_of_a_list_with_one_number_are_asked_about_from_the_second_on(office: Office) -> None:
    rows = [numbered(), numbered(amount="325.00"), numbered("20170310-0002", amount="325.00")]
    plan = office.plan(rows, header=NUMBERED)
    assert outcomes(plan) == ["booked", "open", "booked"]
    assert "本清单第 2 行 农村最低生活保障金 2017-03-10 320.00 元" in plan.lines[1].faults[0].reason.zh
    aside = {2: Settled(None, "银行写错")}
    assert outcomes(office.plan(rows, header=NUMBERED, settled=aside)) == ["aside", "booked", "booked"]
    both = {3: Settled(office.person("H1-head"), beside=plan.lines[1].beside)}
    office.book(rows, header=NUMBERED, settled=both)
    assert sum(amount for *_, amount, _ in office.held()) == 97_000
    assert office.book(rows, header=NUMBERED).act is None


def test_a_line_that_stands_twice_is_booked_twice_only_where_somebody_says_so(office: Office) -> None:
    plan = office.plan([row(), row()])
    assert outcomes(plan) == ["booked", "open"]
    with pytest.raises(DomainError) as problem:
        office.book([row(), row()])
    assert problem.value.code == "LIST_NOT_SETTLED"
    assert office.held() == []
    office.book([row(), row()], settled={3: Settled(office.person("H1-head"))})
    assert len(office.held()) == 2
    assert office.book([row(), row()]).act is None


def test_what_is_set_aside_has_a_reason_and_stays_counted(office: Office) -> None:
    rows = [row(), row("无此人", "", amount="88.80")]
    with pytest.raises(DomainError) as problem:
        office.book(rows, settled={3: Settled(None, " ")})
    assert problem.value.code == "REASON_NEEDED"
    office.book(rows, settled={3: Settled(None, "已迁出")})
    kept = PaymentList.objects.get()
    assert (kept.lines, kept.total, kept.booked_total, kept.aside_lines, kept.aside_total) == (
        2,
        40_880,
        32_000,
        1,
        8_880,
    )
    assert PaymentAside.objects.values_list("row", "amount", "reason").get() == (3, 8_880, "已迁出")


def test_a_reason_that_is_longer_than_can_be_kept_is_told(office: Office) -> None:
    rows = [row("无此人", "")]
    with pytest.raises(DomainError, match="REASON_TOO_LONG"):
        office.book(rows, settled={2: Settled(None, "迁" * 201)})
    office.book(rows, settled={2: Settled(None, "迁" * 200)})
    assert len(PaymentAside.objects.get().reason) == PaymentAside._meta.get_field("reason").max_length == 200


def test_an_undone_list_may_be_booked_again(office: Office) -> None:
    act = office.book([row()]).act
    assert act is not None
    undo(office.by, office.org.actor("subdistrict"), act)
    assert (office.held(), LedgerLine.objects.unscoped("test").filter(stands=True).count()) == ([], 0)
    assert office.book([row()]).act is not None
    assert len(office.held()) == 1


def test_a_later_list_books_anew_what_an_undone_list_had_booked(office: Office) -> None:
    first = office.book([row(), row("甲spouse", NUMBERS["spouse"])])
    assert first.act is not None
    undo(office.by, office.org.actor(office.who), first.act)
    later = office.book([row(), row(day="2017-04-10")], name="四月.csv")
    assert later.plan.figures()["booked"] == later.plan.figures()["list"] == (2, 64_000)
    assert [paid_on for *_, paid_on in office.held()] == [date(2017, 3, 10), date(2017, 4, 10)]


@pytest.mark.parametrize("rows", [[], [("制表人：某某",)]])
def test_a_list_without_a_payment_is_no_list(office: Office, rows: list[Row]) -> None:
    with pytest.raises(DomainError, match="NO_PAYMENTS"):
        office.book(rows)
    assert not PaymentList.objects.exists()


def test_a_list_of_which_every_line_was_set_aside_can_be_undone(office: Office) -> None:
    rows, aside = [row("无此人", "")], {2: Settled(None, "已迁出")}
    act = office.book(rows, settled=aside).act
    assert act is not None
    assert office.book(rows, settled=aside).act is None
    with pytest.raises(Denied):
        undo(office.by, office.org.actor("village"), act)
    undo(office.by, office.org.actor("subdistrict"), act)
    with pytest.raises(DomainError, match="NOT_TO_BE_UNDONE"):
        undo(office.by, office.org.actor("subdistrict"), act)
    assert office.book(rows, settled=aside).act is not None


@pytest.mark.parametrize("how", ["corrected", "withdrawn"])
def test_a_payment_that_was_corrected_or_withdrawn_is_still_known(office: Office, how: str) -> None:
    office.book([row()])
    receipt = Receipt.objects.unscoped("test").get()
    by, actor = office.by, office.org.actor("village")
    new = NewReceipt("dibao", 2017, 100, receipt.person_id, receipt.paid_on)
    acts: dict[str, Callable[[], object]] = {
        "corrected": lambda: correct_receipt(by, actor, office.home, receipt.pk, new),
        "withdrawn": lambda: withdraw_receipt(by, actor, office.home, receipt.pk),
    }
    acts[how]()
    assert office.book([row()]).act is None


def test_what_somebody_recorded_by_hand_of_that_person_and_day_was_booked_before(office: Office) -> None:
    by, actor, head = office.by, office.org.actor("village"), office.person("H1-head")
    paid = NewReceipt("dibao", 2017, 32_000, head, date(2017, 3, 10))
    first = record_receipt(by, actor, office.home, replace(paid, amount=1))
    correct_receipt(by, actor, office.home, first, paid)
    for more in (replace(paid, paid_on=None), replace(paid, person=office.person("H1-son"))):
        record_receipt(by, actor, office.home, more)
    plan = office.plan([row(), row("甲spouse", NUMBERS["spouse"]), row(day="2017-02-10")])
    assert outcomes(plan) == ["known", "booked", "booked"]
    twice = office.book([row(), row()], settled={3: Settled(head)})
    assert [line.outcome for line in twice.plan.lines] == ["known", "booked"]
    assert office.book([row(), row()], settled={3: Settled(head)}).act is None


def test_what_was_recorded_by_hand_is_known_of_somebody_who_has_moved_to_another_household_since(
    office: Office,
) -> None:
    actor, son = office.org.actor("village"), office.person("H1-son")
    theirs = NewReceipt("dibao", 2017, 32_000, son, date(2017, 3, 10))
    record_receipt(office.by, actor, office.home, theirs)
    record_receipt(office.by, actor, office.home, replace(theirs, person=None, amount=5_000))
    other = office.household("H2", "371102008201", "village")
    record_marriage(office.by, actor, Event(other, date(2017, 6, 1)), son, "son_in_law")
    rows = [row("甲son", NUMBERS["son"]), row("甲son", NUMBERS["son"], amount="50")]
    assert outcomes(office.plan(rows)) == ["known", "open"]
    assert outcomes(office.plan([row("甲son", NUMBERS["son"], day="2017-04-10")])) == ["booked"]


def test_what_a_payment_was_corrected_to_by_hand_hides_no_other_payment(office: Office) -> None:
    office.book([row()])
    receipt = Receipt.objects.unscoped("test").get()
    new = NewReceipt("dibao", 2017, 100, receipt.person_id, receipt.paid_on)
    correct_receipt(office.by, office.org.actor("village"), office.home, receipt.pk, new)
    assert outcomes(office.plan([row(), row(amount="1")])) == ["known", "booked"]


def test_what_was_recorded_by_hand_of_the_whole_household_is_asked_about(office: Office) -> None:
    by, actor, head = office.by, office.org.actor("village"), office.person("H1-head")
    paid = NewReceipt("dibao", 2017, 32_000, None, date(2017, 3, 10))
    record_receipt(by, actor, office.home, paid)
    plan = office.plan([row(), row("甲spouse", NUMBERS["spouse"], day="2017-03-11")])
    assert outcomes(plan) == ["open", "booked"]
    assert "全户" in plan.lines[0].faults[0].reason.zh
    assert outcomes(office.plan([row()], settled={2: Settled(None, "人工已登记")})) == ["aside"]
    assert outcomes(office.plan([row()], settled={2: Settled(head)})) == ["open"]
    answered = {2: Settled(head, beside=plan.lines[0].beside)}
    assert outcomes(office.plan([row()], settled=answered)) == ["booked"]
    record_receipt(by, actor, office.home, paid)
    assert outcomes(office.plan([row()], settled=answered)) == ["open"]


@pytest.mark.parametrize("what", ["recorded", "settled"])
def test_what_is_done_by_hand_while_a_list_is_booked_stops_it(
    office: Office, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    by, actor, lock = office.by, office.org.actor("village"), applying._lock
    record_ledger(by, actor, office.home, 2017, [NewLine("crop", 1)])
    paid = NewReceipt("dibao", 2017, 32_000, office.person("H1-head"), date(2017, 3, 10))
    acts: dict[str, Callable[[], object]] = {
        "recorded": lambda: record_receipt(by, actor, office.home, paid),
        "settled": lambda: settle_year(by, actor, office.home, 2017),
    }

    def meanwhile(lines: Any) -> None:
        acts[what]()
        lock(lines)

    monkeypatch.setattr(applying, "_lock", meanwhile)
    with pytest.raises(DomainError, match="CHANGED_MEANWHILE"):
        office.book([row()])
    assert office.held() == []


# ---- whose it is


def test_a_number_that_is_held_needs_the_same_name(office: Office) -> None:
    plan = office.plan([row("甲spouse"), row("乙", NUMBERS["head"].lower())])
    assert outcomes(plan) == ["open", "open"]
    assert columns(plan) == ["id_number", "id_number"]
    assert [each.number for each in plan.lines[0].candidates] == ["H1-head", "H1-spouse"]


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({"number": "0010"}, True),
        ({"number": "**************0010"}, True),
        ({"number": "0011"}, False),
        ({"number": ""}, True),
        ({"number": "", "village": "东一村村委会"}, True),
        ({"number": "", "village": "371102008201"}, True),
        ({"number": "", "village": "东二村"}, False),
        ({"number": "", "village": ""}, False),
        ({"number": "371102199001010019"}, False),
        ({"number": " 371102 196003010010", "village": "东二村"}, True),
    ],
)
def test_a_name_alone_is_not_enough(office: Office, more: dict[str, object], found: bool) -> None:
    plan = office.plan([row(**more)])
    assert outcomes(plan) == ["booked" if found else "open"]


def test_two_of_that_name_are_both_offered_and_neither_is_taken(office: Office) -> None:
    office.household("H2", "371102008201", "village")
    plan = office.plan([row(number="")])
    assert outcomes(plan) == ["open"]
    assert [each.number for each in plan.lines[0].candidates] == ["H1-head", "H2-head"]
    chosen = {2: Settled(office.person("H2-head"))}
    office.book([row(number="")], settled=chosen)
    assert [person for person, *_ in office.held()] == ["H2-head"]


def test_the_households_number_tells_them_apart(office: Office) -> None:
    office.household("H2", "371102008201", "village")
    header = ("姓名", "户编号", "项目", "金额", "发放日期")
    plan = office.plan([("甲head", "H2", "低保", "1", "2017-03-10")], header=header)
    assert [line.whose and line.whose.number for line in plan.lines] == ["H2-head"]


def test_nobody_outside_of_the_area_is_found_offered_or_chosen(office: Office) -> None:
    office.household("W1", "371102009201", "other")
    theirs = row("甲head", "", village="西一村")
    plan = office.plan([theirs])
    assert outcomes(plan) == ["open"]
    assert [each.number for each in plan.lines[0].candidates] == ["H1-head"]
    chosen = office.plan([theirs], settled={2: Settled(office.person("W1-head"))})
    assert (outcomes(chosen), chosen.lines[0].whose) == (["open"], None)


def test_who_sees_a_household_by_another_post_does_not_bring_lists_in_for_it(office: Office) -> None:
    office.household("W1", "371102009201", "other")
    org = office.org
    org.open("also", "village", "371102009201")
    org.seat("subdistrict", "also")
    plan = office.plan([row("甲head", "", village="西一村")])
    assert outcomes(plan) == ["open"]
    assert "不在您可以导入的范围内" in plan.lines[0].faults[0].reason.zh
    widen_post(org.by, org.founder, org.posts["subdistrict"], org.places["371102009"], FIRST)
    assert outcomes(office.plan([row("甲head", "", village="西一村")])) == ["booked"]


@pytest.mark.parametrize("who", ["village", "district", "auditor", "admin"])
def test_who_does_not_import_brings_no_list_in(office: Office, who: str) -> None:
    office.who = who
    with pytest.raises(Denied):
        office.plan([row()])


# ---- what the list says


@pytest.mark.parametrize(
    ("more", "column"),
    [
        ({"amount": "0"}, "amount"),
        ({"amount": "-320"}, "amount"),
        ({"amount": "320.005"}, "amount"),
        ({"amount": "三百"}, "amount"),
        ({"amount": "1,50"}, "amount"),
        ({"amount": "100000000"}, "amount"),
        ({"amount": ""}, "amount"),
        ({"day": "2017-02-30"}, "paid_on"),
        ({"day": "三月"}, "paid_on"),
        ({"day": ""}, "paid_on"),
        ({"day": (TODAY + timedelta(days=1)).isoformat()}, "paid_on"),
        ({"day": "1989-12-31"}, "paid_on"),
        ({"project": "取暖补贴"}, "project"),
        ({"project": ""}, "project"),
        ({"project": "高龄津贴"}, "project"),
        ({"name": ""}, "name"),
    ],
)
def test_a_cell_that_cannot_be_right_is_named_and_nothing_is_booked(
    office: Office, more: dict[str, object], column: str
) -> None:
    plan = office.plan([row(**more), row("甲spouse", NUMBERS["spouse"])])
    assert column in columns(plan)
    assert {fault.row for line in plan.lines for fault in line.faults} == {2}
    with pytest.raises(DomainError):
        office.book([row(**more), row("甲spouse", NUMBERS["spouse"])])
    assert office.held() == []


@pytest.mark.parametrize(
    "said", [CARD, f"-{CARD}", "371102196003010010", "9" * 5000], ids=["card", "less", "id", "long"]
)
def test_a_number_in_the_column_of_amounts_can_only_be_mended_in_the_list(office: Office, said: str) -> None:
    rows, aside = [row(), row("无此人", "", amount=said)], {3: Settled(None, "不是金额")}
    plan = office.plan(rows, settled=aside)
    assert (outcomes(plan), columns(plan)[0]) == (["booked", "open"], "amount")
    with pytest.raises(DomainError, match="LIST_NOT_SETTLED"):
        office.book(rows, settled=aside)


def test_a_sum_that_was_taken_for_a_line_can_be_set_aside_however_large(office: Office) -> None:
    office.book([row(), row("本次总计", "", amount="99,999,999,999.99")], settled={3: Settled(None, "总计")})
    assert PaymentList.objects.get().aside_total == 9_999_999_999_999


@pytest.mark.parametrize("said", ["2017/3/10", "2017.03.10", "20170310", "2017年3月10日", "2017-03-10"])
def test_days_are_read_as_people_write_them(office: Office, said: str) -> None:
    assert [line.said.paid_on for line in office.plan([row(day=said)]).lines] == [date(2017, 3, 10)]


def test_today_is_a_day_of_payment(office: Office) -> None:
    assert outcomes(office.plan([row(day=TODAY.isoformat())])) == ["booked"]


def test_a_year_that_is_not_that_of_the_day_is_named(office: Office) -> None:
    header = (*HEADER, "年度")
    plan = office.plan([(*row(), "2016"), (*row(day="2017-04-10"), "2017年")], header=header)
    assert columns(plan) == ["year"]


def test_a_policy_for_the_whole_list_serves_where_the_list_says_none_and_contradicts_none(office: Office) -> None:
    rows = [row(project=""), row("甲spouse", NUMBERS["spouse"], project="取暖补贴"), row("甲son", NUMBERS["son"])]
    plan = office.plan(rows, policy="elderly_80s")
    assert [(line.outcome, line.policy) for line in plan.lines] == [
        ("booked", "elderly_80s"),
        ("booked", "elderly_80s"),
        ("open", ""),
    ]
    with pytest.raises(DomainError):
        office.plan(rows, policy="no_such")


def test_of_several_policies_one_is_chosen_for_the_line(office: Office) -> None:
    rows = [row(project="高龄津贴")]
    assert office.plan(rows).lines[0].policies == ("elderly_80s", "elderly_90s")
    head = office.person("H1-head")
    assert outcomes(office.plan(rows, settled={2: Settled(head, policy="dibao")})) == ["open"]
    office.book(rows, settled={2: Settled(head, policy="elderly_90s")})
    assert [policy for _, policy, *_ in office.held()] == ["elderly_90s"]


def test_titles_signatures_and_sums_are_no_payments_and_the_sum_has_to_be_right(office: Office) -> None:
    titled = [("表一",), (), HEADER, row(), ("合计", "", "", "", "", "320.00", ""), ("制表人：某某", "审核：某某")]
    path = written(office.folder / "有标题.csv", titled)
    sheet = read_list(path, TODAY, None)
    assert ([line.row for line in sheet.lines], sheet.passed_over, sheet.faults) == ([4], (6,), ())
    titled[4] = ("总 计", "", "", "", "", "640.00", "")
    wrong = read_list(written(path, titled), TODAY, None)
    assert [(fault.row, fault.value) for fault in wrong.faults] == [(5, "640.00")]


def test_of_two_columns_of_amounts_none_is_guessed(office: Office) -> None:
    header = (*HEADER[:5], "应发金额", "实发金额", HEADER[-1])
    rows = [(*row()[:5], due, paid, row()[-1]) for due, paid in (("320.00", "320"), ("320.00", "300"), ("320.00", ""))]
    plans = [planned(office.by, office.org.actor(office.who), office.order([each], header)) for each in rows]
    assert [plan.ready for plan in plans] == [True, False, False]
    assert [(fault.row, fault.column, fault.value) for fault in plans[1].faults] == [
        (1, "amount", "应发金额、实发金额")
    ]
    with pytest.raises(DomainError, match="LIST_NOT_SETTLED"):
        book_list(office.by, office.org.actor(office.who), office.order([rows[1]], header), agreed=None)


def test_a_sum_that_is_wrong_lets_nothing_be_booked(office: Office) -> None:
    with pytest.raises(DomainError):
        office.book([row(), ("合计", "", "", "", "", "1", "")])
    assert office.held() == []


def test_a_workbook_is_read_cell_by_cell_with_its_own_row_numbers(office: Office) -> None:
    rows = [row(amount=320.0, day=date(2017, 3, 10)), row("甲spouse", int(NUMBERS["spouse"]))]
    plan = office.plan(rows, name="清单.xlsx")
    assert [(line.said.row, line.outcome) for line in plan.lines] == [(2, "booked"), (3, "open")]
    assert (plan.lines[0].said.paid_on, plan.lines[0].amount) == (date(2017, 3, 10), 32_000)


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff\xfe\x00", b"a,b\n1,2\n", "姓名,数\n甲,1\n".encode(), b'"\xd0\xd5', b"PK\x03\x04"],
)
@pytest.mark.parametrize("name", ["坏.csv", "坏.xlsx"])
def test_what_is_no_list_is_refused(office: Office, data: bytes, name: str) -> None:
    path = office.folder / name
    path.write_bytes(data)
    with pytest.raises(DomainError):
        planned(office.by, office.org.actor("subdistrict"), ListOrder(path, name, ""))


def test_a_settled_year_takes_no_payment_that_would_stand_in_the_ledger(office: Office) -> None:
    actor = office.org.actor("village")
    record_ledger(office.by, actor, office.home, 2017, [NewLine("crop", 1)])
    settle_year(office.by, actor, office.home, 2017)
    plan = office.plan([row(), row(project="危房改造修缮补助")], policy="")
    assert outcomes(plan) == ["open", "open"]
    assert columns(plan) == ["paid_on", "project"]
    assert outcomes(office.plan([row(project="")], policy="house_repair")) == ["booked"]


def test_no_number_of_a_card_or_an_id_is_kept_or_said(office: Office) -> None:
    plan = office.plan([row("乙"), row()])
    office.book([row("乙"), row()], settled={2: Settled(None, "另查")})
    langs: tuple[Lang, Lang] = ("zh", "en")
    said = str([[*open_said(plan, lang), *figures_said(plan.figures(), lang)] for lang in langs])
    assert "0010" in said
    kept = said
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {table}")
            kept += str(cursor.fetchall())
    assert CARD not in kept
    assert CARD[-8:] not in kept
    assert NUMBERS["head"] not in kept


def test_what_was_agreed_to_is_what_is_booked(office: Office) -> None:
    agreed = office.plan([row()]).digest
    with pytest.raises(DomainError) as problem:
        office.book([row(amount="999")], agreed=agreed)
    assert problem.value.code == "CHANGED_MEANWHILE"
    office.book([row()])
    with pytest.raises(DomainError) as problem:
        office.book([row()], agreed=agreed)
    assert problem.value.code == "CHANGED_MEANWHILE"
    assert len(office.held()) == 1


def test_the_demo_districts_list_is_booked_whole_but_for_those_who_are_not_held(office: Office) -> None:
    """Its people are not on this register: every line is open, and the figures add up."""
    rows = [row(f"虚{n}", f"3711021960{n % 12 + 1:02d}{n % 28 + 1:02d}00{n % 10}X") for n in range(40)]
    plan = office.plan([*rows, row()])
    figures = plan.figures()
    assert figures["list"] == (41, 41 * 32_000)
    assert figures["open"] == (40, 40 * 32_000)


# ---- lists of any kind, in any order

LINE = st.tuples(
    st.sampled_from(["甲head", "甲spouse", "无此人"]),
    st.sampled_from(["2017-03-10", "2017-04-10", "三月"]),
    st.sampled_from(["320", "320.00", "0.01", "-1", "x"]),
    st.sampled_from(["", "A1", "A2"]),
)


@pytest.mark.usefixtures("db")
@few(4)
@given(lists=st.lists(st.tuples(st.lists(LINE, min_size=1, max_size=6), st.booleans()), max_size=4))
def test_of_every_list_what_became_of_its_lines_adds_up_and_the_receipts_are_those_booked(
    lists: list[tuple[list[tuple[str, str, str, str]], bool]],
) -> None:
    with TemporaryDirectory() as folder, transaction.atomic():
        office = Office(founded(), Path(folder))
        booked = 0
        for lines, undone in lists:
            booked += brought_in(office, lines, undone)
            standing = Receipt.objects.unscoped("test").filter(stands=True).values_list("amount", flat=True)
            lined = LedgerLine.objects.unscoped("test").filter(stands=True).values_list("amount", flat=True)
            assert (sum(standing), sum(lined)) == (booked, booked)
        transaction.set_rollback(True)


def brought_in(office: Office, lines: list[tuple[str, str, str, str]], undone: bool) -> int:
    """Bring a list in with whatever is open set aside, and without the lines whose amount cannot be read; perhaps undo it. Returns the fen that stay."""
    numbers = {"甲head": NUMBERS["head"], "甲spouse": NUMBERS["spouse"], "无此人": ""}
    said = [(*row(n, numbers[n], day=day, amount=amount), ref) for n, day, amount, ref in lines if amount != "x"]
    header = (*HEADER, "流水号")
    opened = {line.said.row: Settled(None, "搁置") for line in office.plan(said, header=header).of("open")}
    done = office.book(said, header=header, settled=opened)
    figures = done.plan.figures()
    assert figures["list"] == tuple(
        sum(figures[part][at] for part in ("booked", "known", "aside", "open")) for at in (0, 1)
    )
    assert figures["list"][0] == len(said)
    assert office.book(said, header=header, settled=opened).act is None
    if undone and done.act is not None and figures["booked"][0]:
        undo(office.by, office.org.actor("subdistrict"), done.act)
        return 0
    return figures["booked"][1]


# ---- at one moment


@pytest.fixture
def open_office(committed: None, ring: KeyRing, tmp_path: Path) -> Office:
    return Office(founded(ring), tmp_path)


def twice_at_once(office: Office) -> list[str]:
    order, actor = office.order([row()]), office.org.actor("subdistrict")
    acts = [partial(book_list, office.by, actor, order, agreed=None) for _ in range(2)]
    return [getattr(problem, "code", "FAILED") for problem in at_once(acts)]


def test_the_same_list_twice_at_once_is_booked_once(open_office: Office) -> None:
    assert twice_at_once(open_office) == []
    assert (len(open_office.held()), Payment.objects.unscoped("test").count()) == (1, 1)


def twice_by_one_plan(office: Office, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Without lock and second look: each books what both saw before either wrote. Returns the refusals."""
    order, actor = office.order([row()]), office.org.actor("subdistrict")
    plan, refused = planned(office.by, actor, order), []
    with monkeypatch.context() as off:
        off.setattr(applying, "alone", lambda: None)
        off.setattr(applying, "_lock", lambda lines: None)
        off.setattr(applying, "plan_of", lambda *told: plan)
        for _ in range(2):
            try:
                book_list(office.by, actor, order, agreed=None)
            except DomainError as problem:
                refused.append(problem.code)
    return refused


def test_where_the_lock_fails_the_database_still_keeps_it_to_one(
    open_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert twice_by_one_plan(open_office, monkeypatch) == ["CHANGED_MEANWHILE"]
    assert (len(open_office.held()), PaymentList.objects.count()) == (1, 1)


def test_without_lock_and_constraint_it_would_be_booked_twice(
    open_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    (once,) = (each for each in Payment._meta.constraints if each.name == "registry_payment_once")
    with connection.schema_editor() as editor:
        editor.remove_constraint(Payment, once)
    try:
        assert twice_by_one_plan(open_office, monkeypatch) == []
        assert len(open_office.held()) == 2
    finally:
        protection.lift(connection)
        Payment.objects.unscoped("test").delete()
        with connection.schema_editor() as editor:
            editor.add_constraint(Payment, once)
        protection.protect(connection, apps)

"""A file comes in: what it would change is shown, and applied all or nothing; what it does not say, it does not change."""

import csv
import shutil
from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from threading import Event, Thread
from time import sleep
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from bangfu.access.data import Actor, Denied
from bangfu.access.services.posts import widen_post
from bangfu.audit.models import Entry, EntryText
from bangfu.kernel.errors import DomainError, RegisterRefused
from bangfu.kernel.words import Text
from bangfu.registry.data import NewFacts
from bangfu.registry.household_file import file
from bangfu.registry.imports import Applied, Order, Plan, apply_import, planned, workbench
from bangfu.registry.imports import apply as applying
from bangfu.registry.models import VERSIONS, Act, Household, LedgerLine, Person, Receipt, Version
from bangfu.registry.services.acts import begin, undo
from bangfu.registry.services.erasure import erase
from bangfu.registry.services.facts import record_facts
from bangfu.registry.services.ledger import NewLine, NewYear, record_ledger, record_year, settle_year
from bangfu.registry.services.procedures import Event as Happened
from bangfu.registry.services.procedures import merge_households, record_marriage
from bangfu.registry.services.receipts import NewReceipt, record_receipt
from tests.kept import kept
from tests.listed import found_by, listed, should_be_found_by, should_be_listed
from tests.organisation import NOW, TODAY, Organisation, founded
from tests.races import unprotected

AS_OF = date(2017, 3, 31)
LATER = NOW + timedelta(days=1)
TABLES: dict[str, list[dict[str, str]]] = {
    "household": [
        {
            "household_id": "H1",
            "village_code": "371102008201",
            "status": "未脱贫",
            "category": "低保贫困户",
            "house_grade": "C",
            "cultivated_mu": "3.25",
            "other_causes": "因病;因残",
        },
        {"household_id": "H2", "village_code": "371102008202", "status": "exited", "exited_on": "2016-12-01"},
    ],
    "person": [
        {
            "person_id": "P1",
            "household_id": "H1",
            "name": "甲一",
            "id_number": "371102196003010010",
            "relation": "户主",
            "dibao_member": "是",
            "dibao_monthly": "250",
            "dibao_from": "2016-01-01",
            "dibao_until": "2017-12-31",
        },
        {
            "person_id": "P2",
            "household_id": "H1",
            "name": "甲二",
            "relation": "配偶",
            "sex": "女",
            "birth_date": "1962-05-06",
        },
        {"person_id": "P3", "household_id": "H2", "name": "乙一", "relation": "户主", "sex": "1"},
    ],
    "ledger": [
        {"household_id": "H1", "person_id": "", "year": "2016", "item": "种植", "amount": "5000.50"},
        {"household_id": "H1", "person_id": "P1", "year": "2016", "item": "低保金", "amount": "3000"},
        {"household_id": "H1", "person_id": "", "year": "2016", "item": "种植", "amount": "0.50"},
    ],
    "receipt": [{"household_id": "H1", "person_id": "P1", "policy_id": "dibao", "year": "2017", "amount": "750"}],
}

Tables = dict[str, list[dict[str, str]]]


def written(folder: Path, tables: Tables) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, rows in tables.items():
        columns = list(dict.fromkeys(column for row in rows for column in row)) or ["household_id"]
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, columns)
            writer.writeheader()
            writer.writerows(rows)
    return folder


class Desk:
    """Somebody who imports; a minute passes with each act."""

    def __init__(self, org: Organisation, folder: Path, who: str) -> None:
        self.org, self.folder, self.who, self.at = org, folder, who, NOW

    @property
    def by(self) -> Any:
        self.at += timedelta(minutes=1)
        return replace(self.org.by, at=self.at, actor=f"account:{self.org.accounts[self.who]}")

    @property
    def actor(self) -> Actor:
        return self.org.actor(self.who)

    def order(self, tables: Tables, as_of: date = AS_OF) -> Order:
        return Order(written(self.folder / "register", tables), as_of, "花名册.xlsx", "0" * 64)

    def plan(self, tables: Tables, as_of: date = AS_OF) -> Plan:
        with workbench() as con:
            return planned(self.by, self.actor, self.order(tables, as_of), con, print)

    def changes(self, tables: Tables, as_of: date = AS_OF) -> list[tuple[Any, ...]]:
        with workbench() as con:
            planned(self.by, self.actor, self.order(tables, as_of), con, print)
            return con.execute("FROM change ORDER BY ALL").fetchall()

    def bring(self, tables: Tables, as_of: date = AS_OF, agreed: str | None = None) -> Applied:
        with workbench() as con:
            order = replace(self.order(tables, as_of), agreed=agreed)
            return apply_import(self.by, self.actor, order, con, progress=print)

    def file(self, number: str, day: date = TODAY) -> Any:
        household = Household.objects.unscoped("test").get(number=number)
        return file(self.actor, household.pk, day, LATER)


@pytest.fixture
def desk(org: Organisation, tmp_path: Path) -> Desk:
    return Desk(org, tmp_path, "subdistrict")


@pytest.fixture
def held(db: None, tmp_path: Path) -> Desk:
    """A desk where the file was brought in already."""
    made = kept("import", lambda: brought(tmp_path))
    made.folder = tmp_path
    return made


def brought(folder: Path) -> Desk:
    desk = Desk(founded(), folder, "subdistrict")
    desk.bring(TABLES)
    return desk


def changed(table: str, at: int, **cells: str) -> Tables:
    return {
        name: [{**row, **cells} if (name, i) == (table, at) else row for i, row in enumerate(rows)]
        for name, rows in TABLES.items()
    }


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """All rows of the register, but for who came under which id."""
    models: list[Any] = [Household, Person, LedgerLine, Receipt, *VERSIONS.values()]
    return {model.__name__: sorted(model.objects.unscoped("test").values_list(), key=repr) for model in models}


def test_a_file_is_held_as_it_says(desk: Desk) -> None:
    applied = desk.bring(TABLES)
    assert applied.plan.counts["new_households"] == 2
    assert applied.plan.counts["new_persons"] == 3
    found = desk.file("H1")
    assert found.facts["registration"].values["category"] == "dibao"
    assert found.facts["registration"].values["other_causes"] == "illness;disability"
    assert found.facts["land"].values["cultivated_mu"] == 32_500
    assert found.facts["housing"].valid_from == AS_OF
    head = found.members[0]
    assert (head.name, head.relation) == ("甲一", "head")
    assert head.facts["papers"].values["id_valid"] is True
    assert head.facts["identity"].values["birth_date"] == date(1960, 3, 1)
    assert head.facts["welfare"].values["dibao_until"] == date(2017, 12, 31)
    assert head.facts["welfare"].values["dibao_monthly"] == 25_000
    assert [(line.item, line.amount, line.person) for line in found.ledger] == [
        ("crop", 500_100, None),
        ("dibao_pay", 300_000, head.id),
    ]
    assert [(r.policy, r.year, r.amount) for r in found.receipts] == [("dibao", 2017, 75_000)]


def test_a_group_of_which_the_file_says_nothing_has_no_version(held: Desk) -> None:
    assert held.file("H2").facts["housing"].version == 0
    assert held.file("H2").facts["land"].version == 0


def shuffled() -> Tables:
    return {name: [dict(reversed(row.items())) for row in reversed(rows)] for name, rows in TABLES.items()}


def part() -> Tables:
    return {
        "household": TABLES["household"][:1],
        "person": TABLES["person"][:2],
        "ledger": TABLES["ledger"],
        "receipt": TABLES["receipt"],
    }


@pytest.mark.parametrize("again", [lambda: TABLES, shuffled, part], ids=["same", "reordered", "overlapping"])
@pytest.mark.parametrize("as_of", [AS_OF, date(2017, 6, 30)], ids=["same day", "later"])
def test_the_same_again_changes_nothing(held: Desk, again: Callable[[], Tables], as_of: date) -> None:
    before, entries, acts = everything(), Entry.objects.count(), Act.objects.count()
    applied = held.bring(again(), as_of)
    assert applied.act is None
    assert (everything(), Entry.objects.count(), Act.objects.count()) == (before, entries, acts)


def test_what_a_file_leaves_empty_it_does_not_change(held: Desk) -> None:
    less = changed("person", 0, name="", id_number="", dibao_member="", dibao_until="", dibao_from="", dibao_monthly="")
    assert held.changes(less) == []


def test_an_open_end_is_said_along_with_the_fact_that_has_it(held: Desk) -> None:
    assert held.changes(changed("person", 0, dibao_until="")) == [
        ("H1", "P1", "welfare", "dibao_until", "20171231", None)
    ]


def test_the_preview_names_every_fact_that_would_change_and_no_number(held: Desk) -> None:
    tables = changed("person", 0, id_number="371102196003010029", labour="弱劳动力或半劳动力")
    tables["household"][0] = {**tables["household"][0], "house_grade": "D"}
    tables["ledger"] = [{**tables["ledger"][1], "amount": "3100"}]
    assert held.changes(tables) == [
        ("H1", "P1", "ledger", "dibao_pay:2016", "300000", "310000"),
        ("H1", "P1", "papers", "id_number", "***", "***"),
        ("H1", "P1", "work", "labour", None, "weak"),
        ("H1", None, "housing", "house_grade", "C", "D"),
    ]


def test_a_change_is_a_new_version_and_one_of_the_same_day_a_correction(held: Desk) -> None:
    held.bring(changed("household", 0, house_grade="D"), date(2017, 6, 30))
    assert held.file("H1", date(2017, 6, 29)).facts["housing"].values["house_grade"] == "C"
    assert held.file("H1").facts["housing"].values["house_grade"] == "D"
    held.bring(changed("household", 0, house_grade="B"), date(2017, 6, 30))
    rows: list[Any] = list(VERSIONS["housing"].objects.unscoped("test").order_by("pk"))
    assert [(v.house_grade, v.stands, v.is_current) for v in rows] == [
        ("C", True, False),
        ("D", False, False),
        ("B", True, True),
    ]


def test_a_file_of_an_earlier_day_does_not_displace_what_is_current(desk: Desk) -> None:
    desk.bring(TABLES, date(2017, 6, 30))
    desk.bring(changed("household", 0, house_grade="A"), AS_OF)
    assert desk.file("H1").facts["housing"].values["house_grade"] == "C"
    assert desk.file("H1", AS_OF).facts["housing"].values["house_grade"] == "A"


def test_the_flags_are_those_that_the_one_service_would_set(desk: Desk) -> None:
    for tables, day in (
        (TABLES, date(2017, 6, 30)),
        (changed("household", 0, house_grade="A"), AS_OF),
        (changed("household", 0, house_grade="B"), date(2017, 9, 30)),
        (changed("household", 0, house_grade="D"), AS_OF),
    ):
        desk.bring(tables, day)
    for model in VERSIONS.values():
        rows: list[Any] = list(model.objects.unscoped("test").all())
        corrected = {row.corrects_id for row in rows}
        for row in rows:
            assert row.stands is (row.pk not in corrected)
            later: list[Version] = [
                r for r in rows if r.thing_id == row.thing_id and r.stands and r.valid_from > row.valid_from
            ]
            assert row.is_current is (row.stands and not later)
    assert listed() == should_be_listed()
    assert found_by() == should_be_found_by()


def test_money_that_was_entered_by_hand_counts_towards_what_the_file_says(held: Desk) -> None:
    found = held.file("H1")
    head = found.members[0].id
    paid = NewReceipt("dibao", 2016, 30_000, head, date(2016, 5, 1))
    record_receipt(held.by, held.org.actor("village"), found.id, paid)
    # 3,300 are held now: 3,000 stated and 300 booked. A file that says 3,300 changes nothing; one that says 3,500 adds 200.
    assert held.changes(changed("ledger", 1, amount="3300")) == []
    held.bring(changed("ledger", 1, amount="3500"))
    assert sorted((line.amount, line.booked) for line in held.file("H1").ledger if line.item == "dibao_pay") == [
        (30_000, True),
        (320_000, False),
    ]


def test_less_than_what_was_booked_is_counted_and_changes_nothing(held: Desk) -> None:
    found = held.file("H1")
    paid = NewReceipt("dibao", 2017, 90_000, found.members[0].id, date(2017, 5, 1))
    record_receipt(held.by, held.org.actor("village"), found.id, paid)
    plan = held.plan(changed("receipt", 0, amount="100"))
    assert (plan.counts["less_than_booked"], plan.changes) == (1, 0)


def test_several_lines_of_one_item_become_the_amount_that_the_file_says(held: Desk) -> None:
    found = held.file("H1")
    record_ledger(held.by, held.org.actor("village"), found.id, 2016, [NewLine("crop", 99_900)])
    assert held.changes(changed("ledger", 0, amount="5999.50")) == []
    held.bring(TABLES)
    assert [line.amount for line in held.file("H1").ledger if line.item == "crop"] == [500_100]


def test_undoing_an_import_leaves_the_register_as_it_was(held: Desk) -> None:
    before = {number: held.file(number) for number in ("H1", "H2")}
    tables = changed("household", 0, house_grade="D")
    tables["ledger"] = [{**TABLES["ledger"][1], "amount": "1"}]
    tables["person"] = [
        *tables["person"],
        {"person_id": "P9", "household_id": "H2", "name": "乙九", "relation": "之子"},
    ]
    applied = held.bring(tables, date(2017, 6, 30))
    assert len(held.file("H2").members) == 2
    assert applied.act is not None
    assert listed() == should_be_listed()
    undo(held.by, held.actor, applied.act)
    assert listed() == should_be_listed()
    assert found_by() == should_be_found_by()
    for number, was in before.items():
        now = held.file(number)
        assert (now.facts, now.members, now.ledger, now.receipts) == (was.facts, was.members, was.ledger, was.receipts)


def test_one_entry_says_which_file_with_its_digest_and_names_nobody(held: Desk) -> None:
    entry = Entry.objects.get(act="registry.import")
    text = EntryText.objects.get(pk=entry.pk).body
    assert (text["file"], text["digest"], text["households"]) == ("花名册.xlsx", "0" * 64, 2)
    assert "甲" not in str(text)


def test_what_was_agreed_to_is_what_is_applied(desk: Desk) -> None:
    plan = desk.plan(TABLES)
    other = desk.plan(changed("household", 0, house_grade="D"))
    with pytest.raises(DomainError) as problem:
        desk.bring(TABLES, agreed=other.digest)
    assert problem.value.code == "CHANGED_MEANWHILE"
    assert not Household.objects.unscoped("test").exists()
    assert desk.bring(TABLES, agreed=plan.digest).act is not None


def between(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Let something be done when an import has been looked at, and not begun yet."""
    looked_at = applying._seal_numbers

    def sealing(*of: Any) -> None:
        act()
        looked_at(*of)

    monkeypatch.setattr(applying, "_seal_numbers", sealing)


def test_an_edit_of_what_a_file_changes_stops_its_import(held: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = NewFacts("housing", held.file("H1").id, {"house_grade": "B"}, AS_OF)
    between(monkeypatch, lambda: record_facts(held.by, held.org.actor("village"), held.file("H1").id, facts))
    with pytest.raises(DomainError) as problem:
        held.bring(changed("household", 0, house_grade="D"))
    assert problem.value.code == "CHANGED_MEANWHILE"
    assert held.file("H1").facts["housing"].values["house_grade"] == "B"


def test_a_number_that_was_corrected_after_the_plan_stops_its_import(
    held: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = held.file("H1")
    facts = NewFacts("papers", found.members[0].id, {"id_number": "371102196003010045"}, AS_OF)
    between(monkeypatch, lambda: record_facts(held.by, held.org.actor("village"), found.id, facts))
    with pytest.raises(DomainError, match="CHANGED_MEANWHILE"):
        held.bring(changed("person", 0, id_number="371102196003010029"))


def test_an_edit_beside_what_a_file_changes_is_not_lost(held: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = NewFacts("housing", held.file("H1").id, {"house_area": 500_000}, AS_OF)
    between(monkeypatch, lambda: record_facts(held.by, held.org.actor("village"), held.file("H1").id, facts))
    held.bring(changed("household", 0, house_grade="D"))
    housing = held.file("H1").facts["housing"].values
    assert (housing["house_grade"], housing["house_area"]) == ("D", 500_000)


def test_a_year_that_was_settled_after_the_plan_takes_nothing_more(held: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    household = held.file("H1").id
    between(monkeypatch, lambda: settle_year(held.by, held.actor, household, 2016))
    before = set(LedgerLine.objects.unscoped("test").values_list("pk", "stands"))
    with pytest.raises(RegisterRefused):
        held.bring(changed("ledger", 1, amount="3100"))
    assert set(LedgerLine.objects.unscoped("test").values_list("pk", "stands")) == before


def test_what_was_erased_after_the_plan_does_not_come_back(held: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file says nothing of the name, and something of another fact of its group."""
    between(monkeypatch, lambda: erase(held.by, "person", "P2", "officer", keep=True))
    with suppress(DomainError):
        held.bring(changed("person", 1, name="", sex="男"), date(2017, 6, 30))
    versions = VERSIONS["identity"].objects.unscoped("test").filter(thing__number="P2")
    assert set(versions.values_list("name", flat=True)) == {None}


def beside(act: Callable[[], object], failed: list[Exception]) -> Thread:
    """Begin to do something in a thread with a connection of its own."""

    def run() -> None:
        try:
            act()
        except DomainError as problem:
            failed.append(problem)
        finally:
            connection.close()

    thread = Thread(target=run)
    thread.start()
    return thread


WAGES: Tables = {
    **TABLES,
    "ledger": [
        *TABLES["ledger"],
        {"household_id": "H2", "person_id": "P3", "year": "2016", "item": "外出务工", "amount": "8000"},
    ],
}


def wages(desk: Desk) -> list[int]:
    lines = LedgerLine.objects.unscoped("test").filter(item="wage_away", stands=True)
    return list(lines.values_list("amount", flat=True))


@pytest.mark.parametrize("protected", [True, False])
def test_money_that_is_entered_beside_an_import_is_not_entered_twice(
    committed: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, protected: bool
) -> None:
    """By somebody who saves a form while the import, which has looked already, writes."""
    desk = brought(tmp_path)
    household, person = desk.file("H2").id, Person.objects.unscoped("test").get(number="P3").pk
    year = NewYear(2016, [NewLine("wage_away", 800_000, person)], base=0)
    by, actor = desk.by, desk.actor
    refused: list[Exception] = []
    threads: list[Thread] = []

    def meanwhile(*said: Any, **more: Any) -> Act:
        threads.append(beside(lambda: record_year(by, actor, household, year), refused))
        threads[0].join(1)
        return begin(*said, **more)

    monkeypatch.setattr(applying, "begin", meanwhile)
    if not protected:
        monkeypatch.setattr(applying, "_lock", lambda _: None)
        monkeypatch.setattr(applying, "transaction", SimpleNamespace(atomic=unprotected))
    # SQLite lets one of two that did not begin as writers fail.
    with nullcontext() if protected else suppress(OperationalError):
        desk.bring(WAGES)
    threads[0].join()
    assert (wages(desk) == [800_000] and len(refused) == 1) is protected


def test_an_import_waits_for_an_edit_under_way_and_sees_it(committed: None, tmp_path: Path) -> None:
    desk = brought(tmp_path)
    household, person = desk.file("H2").id, Person.objects.unscoped("test").get(number="P3").pk
    by, actor, entered = desk.by, desk.actor, Event()
    threads: list[Thread] = []

    def edit() -> None:
        with transaction.atomic():
            record_ledger(by, actor, household, 2016, [NewLine("wage_away", 800_000, person)])
            entered.set()
            sleep(0.5)

    def progress(text: Text) -> None:
        if text.zh.startswith("正在写入"):
            threads.append(beside(edit, []))
            entered.wait()

    with workbench() as con, pytest.raises(DomainError) as problem:
        apply_import(desk.by, desk.actor, desk.order(WAGES), con, progress=progress)
    threads[0].join()
    assert problem.value.code == "CHANGED_MEANWHILE"
    assert wages(desk) == [800_000]


def test_a_household_that_is_entered_by_hand_beside_an_import_is_entered_once(
    held: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A moment after the import looked: its number is no longer free."""
    new = {"household_id": "H9", "village_code": "371102008201", "status": "未脱贫"}
    head = {"person_id": "P9", "household_id": "H9", "name": "丙一", "relation": "户主"}
    tables = {**TABLES, "household": [*TABLES["household"], new], "person": [*TABLES["person"], head]}

    def meanwhile(*said: Any, **more: Any) -> Act:
        Household.objects.create(number="H9")
        return begin(*said, **more)

    monkeypatch.setattr(applying, "begin", meanwhile)
    with pytest.raises(DomainError) as problem, transaction.atomic():
        held.bring(tables)
    assert problem.value.code == "CHANGED_MEANWHILE"


@pytest.mark.parametrize(
    ("tables", "where"),
    [
        (changed("household", 1, village_code="371102008299"), ("household", 3, "village_code")),
        (changed("household", 1, village_code="371102009201"), ("household", 3, "village_code")),
        (changed("household", 0, status="贫困"), ("household", 2, "status")),
        (changed("person", 2, household_id="H9"), ("person", 4, "household_id")),
    ],
    ids=["no such village", "another's village", "unknown code", "no such household"],
)
def test_a_fault_is_named_by_its_cell_and_nothing_is_written(
    desk: Desk, tables: Tables, where: tuple[str, int, str]
) -> None:
    with pytest.raises(RegisterRefused) as refused:
        desk.bring(tables)
    assert [(f.table, f.row, f.column) for f in refused.value.faults] == [where]
    assert not Household.objects.unscoped("test").exists()


def test_a_settled_year_is_a_fault_where_the_file_says_otherwise(held: Desk) -> None:
    settle_year(held.by, held.org.actor("village"), held.file("H1").id, 2016)
    assert held.bring(TABLES).act is None
    with pytest.raises(RegisterRefused) as refused:
        held.bring(changed("ledger", 1, amount="1"))
    assert [(f.table, f.column, f.value) for f in refused.value.faults] == [("ledger", "year", "2016")]


def test_less_than_what_was_booked_is_no_fault_in_a_settled_year(held: Desk) -> None:
    found = held.file("H1")
    paid = NewReceipt("dibao", 2016, 90_000, found.members[0].id, date(2016, 5, 1))
    record_receipt(held.by, held.org.actor("village"), found.id, paid)
    settle_year(held.by, held.org.actor("village"), found.id, 2016)
    plan = held.plan(changed("ledger", 1, amount="100"))
    assert (plan.counts["less_than_booked"], plan.changes) == (1, 0)


def test_nobody_is_put_back_into_a_household_that_was_merged_into_another(desk: Desk) -> None:
    """By a file of a system in which they are still two: its members would be in no list, and assessed no more."""
    desk.bring(changed("household", 1, village_code="371102008201"))
    one, into = desk.file("H1").id, desk.file("H2").id
    people = Person.objects.unscoped("test").filter(household=one).values_list("pk", flat=True)
    merged = Happened(one, date(2017, 5, 1))
    merge_households(desk.by, desk.actor, merged, into, dict.fromkeys(people, "other"))
    with pytest.raises(RegisterRefused) as refused:
        desk.plan(TABLES, date(2017, 6, 30))
    assert [(fault.table, fault.row, fault.column) for fault in refused.value.faults] == [
        ("household", 2, "household_id")
    ]
    before = date(2017, 4, 30)
    assert not [row for row in desk.changes(TABLES, before) if row[2] == "membership"]


def test_somebody_of_a_household_that_is_not_in_the_file_is_not_taken_from_it(held: Desk) -> None:
    tables: Tables = {
        "household": [TABLES["household"][1]],
        "person": [{"person_id": "P2", "household_id": "H2", "name": "甲二", "relation": "配偶"}],
        "ledger": [],
        "receipt": [],
    }
    tables["ledger"] = [{"household_id": "H2", "person_id": "", "year": "2016", "item": "crop", "amount": "1"}]
    tables["receipt"] = [{"household_id": "H2", "person_id": "", "policy_id": "dibao", "year": "2016", "amount": "1"}]
    with pytest.raises(RegisterRefused) as refused:
        held.bring(tables)
    assert [(f.table, f.row, f.column) for f in refused.value.faults] == [("person", 2, "person_id")]


def test_somebody_who_moves_between_two_households_of_the_file_belongs_to_one(held: Desk) -> None:
    held.bring(changed("person", 1, household_id="H2"), date(2017, 6, 30))
    assert [m.number for m in held.file("H1").members] == ["P1"]
    assert {m.number for m in held.file("H2").members} == {"P2", "P3"}
    assert {m.number for m in held.file("H1", AS_OF).members} == {"P1", "P2"}


@pytest.mark.parametrize("as_of", [AS_OF, date(2017, 8, 1)], ids=["its own day", "a later day"])
def test_money_of_somebody_who_moved_is_not_entered_twice_by_the_file_of_before(desk: Desk, as_of: date) -> None:
    before = changed("household", 1, village_code="371102008201")
    before["ledger"] = [
        *TABLES["ledger"],
        {"household_id": "H1", "person_id": "P2", "year": "2016", "item": "种植", "amount": "70"},
        {"household_id": "H1", "person_id": "P2", "year": "2016", "item": "外出务工", "amount": "80"},
    ]
    of_p2 = {"household_id": "H1", "person_id": "P2", "policy_id": "dibao", "year": "2016", "amount": "71"}
    before["receipt"] = [*TABLES["receipt"], of_p2]
    desk.bring(before)
    moved = Person.objects.unscoped("test").get(number="P2").pk
    record_marriage(desk.by, desk.actor, Happened(desk.file("H2").id, date(2017, 6, 1)), moved, "spouse")
    assert [row[2] for row in desk.changes(before, as_of)] == ["membership"] * (as_of != AS_OF)
    desk.bring(before, as_of)
    found = desk.file("H1")
    assert sum(line.amount for line in found.ledger if line.year == 2016) == 500_100 + 300_000 + 7_000 + 8_000
    assert sorted(receipt.amount for receipt in found.receipts) == [7_100, 75_000]
    assert desk.changes(before, as_of) == []


def test_who_may_not_import_is_refused(desk: Desk) -> None:
    for who in ("village", "district", "auditor", "admin", "nobody"):
        with pytest.raises(Denied):
            Desk(desk.org, desk.folder, who).plan(TABLES)


def test_a_day_to_come_is_refused(desk: Desk) -> None:
    with pytest.raises(DomainError) as problem:
        desk.plan(TABLES, TODAY + timedelta(days=1))
    assert problem.value.code == "DAY_TO_COME"


def test_an_officer_imports_over_the_district_and_a_post_over_what_it_was_given(desk: Desk) -> None:
    west = changed("household", 1, village_code="371102009201")
    assert Desk(desk.org, desk.folder, "officer").plan(west).counts["new_households"] == 2
    widen_post(
        desk.org.by, desk.org.founder, desk.org.posts["subdistrict"], desk.org.places["371102009"], date(2017, 1, 1)
    )
    assert desk.plan(west).counts["new_households"] == 2


@pytest.mark.parametrize("protected", [True, False])
def test_a_failure_in_the_middle_leaves_nothing_and_without_its_transaction_half(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, protected: bool
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("bangfu.registry.imports.apply._write_lines", fails)
    if not protected:
        monkeypatch.setattr("bangfu.registry.imports.apply.transaction.atomic", nullcontext)
    with pytest.raises(RuntimeError):
        desk.bring(TABLES)
    assert Household.objects.unscoped("test").exists() is not protected

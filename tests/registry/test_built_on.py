"""An act is not undone while a later one rests on it: whatever that is, nothing of what is undone is left standing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bangfu.kernel.errors import DomainError
from bangfu.registry.data import NewFacts, NewPerson
from bangfu.registry.helping import assignments
from bangfu.registry.models import VERSIONS, Act, Household, LedgerLine, Person, Receipt
from bangfu.registry.services.acts import undo
from bangfu.registry.services.assignments import assign, end_assignment, withdraw_assignments
from bangfu.registry.services.facts import record_facts
from bangfu.registry.services.households import add_thing
from bangfu.registry.services.ledger import NewLine, record_ledger
from bangfu.registry.services.procedures import (
    Event,
    change_head,
    merge_households,
    move_household,
    record_birth,
    record_death,
    split_household,
)
from bangfu.registry.services.receipts import NewReceipt, record_receipt, withdraw_receipt
from tests.households import new_household
from tests.organisation import Organisation
from tests.registry.conftest import World
from tests.registry.test_imports import TABLES, Desk, changed, held
from tests.registry.test_national import HOUSEHOLDS, National, other

__all__ = ["held"]

JANUARY, FEBRUARY, MARCH, MAY, JUNE = (date(2017, month, 1) for month in (1, 2, 3, 5, 6))
SEPTEMBER = date(2017, 9, 1)


def last_act() -> int:
    return Act.objects.order_by("-pk").values_list("pk", flat=True)[0]


def by_act(done: object) -> int:
    """The act by which something was just done."""
    return last_act()


def undone(world: Any, act: int, who: str = "officer") -> None:
    undo(world.by, world.org.actor(who), act)


def refused(world: Any, act: int, who: str = "officer") -> str:
    """What is said in Chinese where an act is not undone; nothing is changed by that."""
    before = Act.objects.count()
    with pytest.raises(DomainError) as refusal:
        undone(world, act, who)
    assert (refusal.value.code, Act.objects.count()) == ("BUILT_ON", before)
    return refusal.value.text.zh


def names(act: int) -> str:
    """How a refusal names an act."""
    return f"第 {act} 次登记"


def housing(world: World, day: date, **more: Any) -> int:
    world.record("housing", world.household, day, more)
    return last_act()


def grades(household: int, group: str = "housing", fact: str = "house_grade") -> list[tuple[Any, ...]]:
    """What stands, by day."""
    rows = VERSIONS[group].objects.unscoped("test").filter(thing=household, stands=True).order_by("valid_from")
    return list(rows.values_list("valid_from", fact))


# ---- facts that later versions took over


def test_an_act_whose_fact_a_later_version_took_over_is_undone_after_that_one(world: World) -> None:
    housing(world, FEBRUARY, house_grade="B", house_owned=True)
    wrong = housing(world, MARCH, house_grade="D")
    later = housing(world, JUNE, resettled=False)
    assert names(later) in refused(world, wrong)
    undone(world, later)
    undone(world, wrong)
    assert grades(world.household) == [(FEBRUARY, "B")]


def test_a_refusal_says_when_and_what_the_later_act_was(world: World) -> None:
    wrong = housing(world, MARCH, house_grade="D")
    later = housing(world, JUNE, resettled=False)
    said = refused(world, wrong)
    assert said == f"2017-12-01 09:02 的“登记事实”（{names(later)}）是在这次的基础上办的，请先撤销它。"


def test_an_import_whose_fact_a_later_version_took_over_is_undone_after_that_one(held: Desk) -> None:
    person = Person.objects.unscoped("test").get(number="P1")
    wrong = held.bring(changed("person", 0, dibao_member="否", dibao_monthly=""), JUNE).act or 0
    facts = NewFacts("welfare", person.pk, {"wubao_care": "none"}, SEPTEMBER)
    later = by_act(record_facts(held.by, held.actor, Household.objects.unscoped("test").get(number="H1").pk, facts))
    assert names(later) in refused(held, wrong, "subdistrict")
    undone(held, later, "subdistrict")
    undone(held, wrong, "subdistrict")
    assert grades(person.pk, "welfare", "dibao_member") == [(date(2017, 3, 31), True)]


def test_a_correction_whose_fact_a_later_version_took_over_is_undone_after_that_one(world: World) -> None:
    housing(world, MARCH, house_grade="B")
    wrong = housing(world, MARCH, house_grade="D")
    later = housing(world, JUNE, resettled=False)
    assert names(later) in refused(world, wrong)


def test_a_later_version_that_says_all_of_it_anew_hinders_nothing(world: World) -> None:
    housing(world, FEBRUARY, house_grade="B", house_owned=True)
    wrong = housing(world, MARCH, house_grade="D")
    housing(world, JUNE, house_grade="A")
    undone(world, wrong)
    assert grades(world.household) == [(FEBRUARY, "B"), (JUNE, "A")]


def test_a_later_version_hinders_nothing_once_it_was_corrected(world: World) -> None:
    housing(world, FEBRUARY, house_grade="B", house_owned=True)
    wrong = housing(world, MARCH, house_grade="D")
    housing(world, JUNE, resettled=False)
    housing(world, JUNE, house_grade="A")
    undone(world, wrong)
    assert grades(world.household) == [(FEBRUARY, "B"), (JUNE, "A")]


def test_a_version_that_had_said_the_same_before_rests_on_nothing_that_was_dated_back(world: World) -> None:
    housing(world, FEBRUARY, house_grade="B", house_owned=True)
    housing(world, JUNE, house_grade="D")
    wrong = housing(world, MARCH, house_grade="D")
    # It takes over what was said of that day before, and not what was dated back.
    housing(world, JUNE, resettled=False)
    undone(world, wrong)
    assert grades(world.household) == [(FEBRUARY, "B"), (JUNE, "D")]


def test_a_day_between_that_says_otherwise_hides_no_version_that_took_a_fact_over(world: World) -> None:
    wrong = housing(world, MARCH, house_grade="D")
    later = housing(world, SEPTEMBER, resettled=False)
    housing(world, JUNE, house_grade="A")
    assert names(later) in refused(world, wrong)


def test_a_fact_that_went_along_with_a_split_keeps_its_act_from_being_undone(world: World) -> None:
    world.record("registration", world.household, MARCH, {"status": "exited"})
    wrong = last_act()
    leave = {world.persons["spouse"]: "head"}
    split = split_household(world.by, world.actor(), Event(world.household, MAY), "H9", (leave, {}))
    made = Household.objects.unscoped("test").get(number="H9").pk
    assert names(split) in refused(world, wrong)
    assert grades(made, "registration", "status") == [(MAY, "exited")]
    undone(world, split)
    undone(world, wrong)
    assert grades(world.household, "registration", "status") == [(JANUARY, "poor")]


def test_a_split_hinders_nothing_of_which_the_new_household_has_no_part(world: World) -> None:
    grade = housing(world, MARCH, house_grade="D")
    leave = {world.persons["spouse"]: "head"}
    split_household(world.by, world.actor(), Event(world.household, MAY), "H9", (leave, {}))
    undone(world, grade)
    assert grades(world.household) == []


def test_what_moved_is_moved_back_in_the_order_in_which_it_moved(world: World) -> None:
    by, officer, places = world.by, world.actor("officer"), world.org.places
    assign(by, officer, world.household, world.org.posts["village"], JANUARY)
    first = move_household(world.by, officer, Event(world.household, MAY), places["371102008202"])
    second = move_household(world.by, officer, Event(world.household, JUNE), places["371102009201"])
    assert names(second) in refused(world, first)
    assert [row.held_until for row in assignments(officer, world.household)] == [MAY]
    undone(world, second)
    undone(world, first)
    assert [row.held_until for row in assignments(officer, world.household)] == [None]


# ---- money beside which a file made up a total


class Till:
    """The desk that brought the file in, and the first household and person of it."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.org = desk, desk.org
        self.household = Household.objects.unscoped("test").get(number="H1").pk
        self.person = Person.objects.unscoped("test").get(number="P1").pk

    @property
    def by(self) -> Any:
        return self.desk.by

    def receipt(self, policy: str = "dibao", amount: int = 100_000, year: int = 2016) -> int:
        new = NewReceipt(policy, year, amount, self.person)
        return record_receipt(self.by, self.desk.actor, self.household, new)

    def bring(self, **more: list[dict[str, str]]) -> int:
        act = self.desk.bring({**TABLES, **more}, JUNE).act
        assert act is not None
        return act

    def line(self) -> int:
        return LedgerLine.objects.unscoped("test").get(household=self.household, item="dibao_pay", stands=True).pk

    def ledger(self) -> int:
        rows = LedgerLine.objects.unscoped("test").filter(household=self.household, item="dibao_pay", stands=True)
        return sum(rows.values_list("amount", flat=True))


@pytest.fixture
def till(held: Desk) -> Till:
    return Till(held)


def refused_at(till: Till, act: int) -> str:
    return refused(till, act, "subdistrict")


def undone_at(till: Till, act: int) -> None:
    undone(till, act, "subdistrict")


def test_a_receipt_beside_which_a_file_made_up_a_total_is_undone_after_the_file(till: Till) -> None:
    receipt = by_act(till.receipt())
    file = till.bring()
    assert till.ledger() == 300_000
    assert names(file) in refused_at(till, receipt)
    assert till.ledger() == 300_000
    undone_at(till, file)
    undone_at(till, receipt)
    assert till.ledger() == 300_000


def test_a_line_that_was_withdrawn_does_not_come_back_beside_a_total_of_a_file(till: Till) -> None:
    lines = [NewLine("dibao_pay", None, till.person, corrects=till.line())]
    withdrawn = record_ledger(till.by, till.desk.actor, till.household, 2016, lines)
    file = till.bring()
    assert names(file) in refused_at(till, withdrawn)
    assert till.ledger() == 300_000


def test_a_receipt_beside_which_a_file_made_up_a_year_is_undone_after_the_file(till: Till) -> None:
    receipt = by_act(till.receipt("rain_dew", 150_000))
    total = {"household_id": "H1", "person_id": "P1", "policy_id": "rain_dew", "year": "2016", "amount": "3000"}
    file = till.bring(receipt=[*TABLES["receipt"], total])
    assert names(file) in refused_at(till, receipt)
    rows = Receipt.objects.unscoped("test").filter(policy="rain_dew", stands=True)
    assert sum(rows.values_list("amount", flat=True)) == 300_000


def test_money_of_who_left_counts_towards_a_total_of_the_household(till: Till) -> None:
    till.person = Person.objects.unscoped("test").get(number="P2").pk
    receipt = by_act(till.receipt())
    event = Event(till.household, MAY)
    split_household(till.by, till.desk.actor, event, "H9", ({till.person: "head"}, {}))
    said = {"household_id": "H1", "person_id": "", "year": "2016", "item": "低保金", "amount": "1500"}
    file = till.bring(household=TABLES["household"][:1], person=TABLES["person"][:1], ledger=[said])
    assert till.ledger() == 300_000 + 150_000
    assert names(file) in refused_at(till, receipt)


@pytest.mark.parametrize(
    ("policy", "year"), [("rain_dew", 2016), ("dibao", 2015)], ids=["another item", "another year"]
)
def test_a_total_of_something_else_hinders_no_undoing(till: Till, policy: str, year: int) -> None:
    receipt = by_act(till.receipt(policy, year=year))
    till.bring(ledger=[{**TABLES["ledger"][1], "amount": "3100"}])
    undone_at(till, receipt)
    assert till.ledger() == 310_000


def test_a_line_entered_by_hand_beside_a_receipt_rests_on_nothing(till: Till) -> None:
    receipt = by_act(till.receipt())
    record_ledger(till.by, till.desk.actor, till.household, 2016, [NewLine("dibao_pay", 5, till.person)])
    undone_at(till, receipt)
    assert till.ledger() == 300_005


def test_a_receipt_that_was_withdrawn_does_not_come_back_beside_a_total_over_several_items(
    org: Organisation, tmp_path: Any
) -> None:
    national = National(org, tmp_path, "subdistrict")
    none = {"其他转移性收入": "", "转移性收入": "3000"}
    national.take(national.book(other(HOUSEHOLDS, 0, **none)))
    household = Household.objects.unscoped("test").get().pk
    person = Person.objects.unscoped("test").order_by("pk")[0].pk
    new = NewReceipt("rain_dew", 2016, 150_000, person)
    receipt = record_receipt(national.by, national.actor, household, new)
    withdraw_receipt(national.by, national.actor, household, receipt)
    withdrawn = last_act()
    sums = {"转移性收入": "4500", "年收入": "16500", "纯收入": "16500", "人均纯收入": "8250"}
    file = national.take(national.book(other(HOUSEHOLDS, 0, 其他转移性收入="1500", **sums)), JUNE).act or 0
    assert names(file) in refused(national, withdrawn, "subdistrict")


# ---- helpers who would help twice


def moved_and_assigned_again(world: World) -> int:
    officer, post = world.actor("officer"), world.org.posts["village"]
    assign(world.by, officer, world.household, post, JANUARY)
    act = move_household(world.by, officer, Event(world.household, JUNE), world.org.places["371102008202"])
    assign(world.by, officer, world.household, post, JUNE)
    return act


def test_a_helper_who_was_assigned_again_helps_no_household_twice(world: World) -> None:
    moved = moved_and_assigned_again(world)
    assert names(last_act()) in refused(world, moved)
    spans = [(row.held_from, row.held_until) for row in assignments(world.actor("officer"), world.household)]
    assert spans == [(JUNE, None), (JANUARY, JUNE)]


def test_a_helper_who_was_assigned_again_and_ended_does_not_help_once_more(world: World) -> None:
    moved = moved_and_assigned_again(world)
    again = last_act()
    officer = world.actor("officer")
    end_assignment(world.by, officer, assignments(officer, world.household)[0].id, SEPTEMBER)
    assert names(again) in refused(world, moved)


def test_another_helper_hinders_no_undoing(world: World) -> None:
    officer, posts = world.actor("officer"), world.org.posts
    assign(world.by, officer, world.household, posts["village"], JANUARY)
    moved = move_household(world.by, officer, Event(world.household, JUNE), world.org.places["371102008202"])
    assign(world.by, officer, world.household, posts["sibling"], JUNE)
    undone(world, moved)
    held_until = {row.post: row.held_until for row in assignments(officer, world.household)}
    assert held_until == {posts["village"]: None, posts["sibling"]: None}


def test_where_the_later_act_is_withdrawn_and_not_undone_a_refusal_says_so_and_that_helps(world: World) -> None:
    moved = moved_and_assigned_again(world)
    said = refused(world, moved)
    assert "请先撤销它" not in said
    assert "请先在户的“结对帮扶”里撤销那项结对" in said
    officer = world.actor("officer")
    withdraw_assignments(replace(world.by, reason="搬错了"), officer, [assignments(officer, world.household)[0].id])
    undone(world, moved)
    spans = [(row.held_from, row.held_until) for row in assignments(officer, world.household)]
    assert spans == [(JANUARY, None)]


# ---- what an act made, and who is there by it


def new_member(number: str) -> NewPerson:
    return NewPerson(number, {"membership": {"relation": "daughter"}, "identity": {"name": "甲丫", "sex": "2"}})


def added_and_moved(world: World) -> tuple[int, int]:
    made = new_household(world.org, "H2", "371102008201")
    to = world.org.places["371102008202"]
    return last_act(), move_household(world.by, world.actor("officer"), Event(made, JUNE), to)


def a_telephone_changed(world: World) -> tuple[int, int]:
    new = NewFacts("phone", 0, {"number": "13800000000"}, JANUARY)
    made = add_thing(world.by, world.actor(), world.household, new)
    act = last_act()
    return act, by_act(world.record("phone", made, JUNE, {"number": "13900000000"}))


def a_childs_money(world: World) -> tuple[int, int]:
    act = record_birth(world.by, world.actor(), Event(world.household, MAY), new_member("新1"))
    child = Person.objects.unscoped("test").get(number="新1").pk
    received = NewReceipt("dibao", 2017, 100, child, JUNE)
    return act, by_act(record_receipt(world.by, world.actor(), world.household, received))


def money_of_who_was_brought_in(world: World) -> tuple[int, int]:
    into = new_household(world.org, "H2", "371102008201")
    everybody = dict.fromkeys(world.persons.values(), "other")
    act = merge_households(world.by, world.actor(), Event(world.household, MAY), into, everybody)
    received = NewReceipt("dibao", 2017, 100, world.persons["head"], JUNE)
    return act, by_act(record_receipt(world.by, world.actor(), into, received))


def a_head_after_a_head_who_died(world: World) -> tuple[int, int]:
    head, spouse, son = (world.persons[each] for each in ("head", "spouse", "son"))
    died = record_death(world.by, world.actor(), Event(world.household, MAY), head, {spouse: "head", son: "son"})
    now = {son: "head", spouse: "mother"}
    return died, change_head(world.by, world.actor(), Event(world.household, JUNE), now)


def a_death_after_a_change_of_head(world: World) -> tuple[int, int]:
    head, spouse, son = (world.persons[each] for each in ("head", "spouse", "son"))
    now = {spouse: "head", head: "spouse", son: "son"}
    given = change_head(world.by, world.actor(), Event(world.household, MAY), now)
    return given, record_death(world.by, world.actor(), Event(world.household, JUNE), head, {})


def a_head_after_a_death(world: World) -> tuple[int, int]:
    head, spouse, son = (world.persons[each] for each in ("head", "spouse", "son"))
    died = record_death(world.by, world.actor(), Event(world.household, MAY), son, {})
    now = {spouse: "head", head: "spouse"}
    return died, change_head(world.by, world.actor(), Event(world.household, JUNE), now)


def a_merger_after_a_death(world: World) -> tuple[int, int]:
    into = new_household(world.org, "H2", "371102008201")
    head, spouse, son = (world.persons[each] for each in ("head", "spouse", "son"))
    died = record_death(world.by, world.actor(), Event(world.household, MAY), son, {})
    everybody = {head: "sibling", spouse: "brothers_wife"}
    return died, merge_households(world.by, world.actor(), Event(world.household, JUNE), into, everybody)


def the_last_death_after_another(world: World) -> tuple[int, int]:
    record_death(world.by, world.actor(), Event(world.household, MARCH), world.persons["son"], {})
    died = record_death(world.by, world.actor(), Event(world.household, MAY), world.persons["spouse"], {})
    return died, record_death(world.by, world.actor(), Event(world.household, JUNE), world.persons["head"], {})


@pytest.mark.parametrize(
    "done",
    [
        added_and_moved,
        a_telephone_changed,
        a_childs_money,
        money_of_who_was_brought_in,
        a_head_after_a_head_who_died,
        a_death_after_a_change_of_head,
        a_head_after_a_death,
        a_merger_after_a_death,
        the_last_death_after_another,
    ],
)
def test_what_was_done_with_what_an_act_made_is_undone_first(
    world: World, done: Callable[[World], tuple[int, int]]
) -> None:
    act, later = done(world)
    assert names(later) in refused(world, act)
    undone(world, later)
    undone(world, act)


def test_a_household_of_which_a_later_file_says_where_it_lives_is_still_made_by_the_first(held: Desk) -> None:
    first = last_act()
    later = held.bring(changed("household", 0, village_code="371102008202"), JUNE).act or 0
    assert names(later) in refused(held, first, "subdistrict")


def test_a_correction_of_the_day_on_which_a_household_was_added_made_no_household(world: World) -> None:
    world.record("residence", world.household, JANUARY, {"hamlet": "东头"})
    correction = last_act()
    housing(world, MARCH, house_grade="B")
    undone(world, correction)
    assert grades(world.household, "residence", "hamlet") == [(JANUARY, None)]


def test_money_of_who_was_there_before_hinders_no_undoing(world: World) -> None:
    head, spouse, son = (world.persons[each] for each in ("head", "spouse", "son"))
    relations = {spouse: "head", head: "spouse", son: "son"}
    given = change_head(world.by, world.actor(), Event(world.household, MAY), relations)
    received = NewReceipt("dibao", 2017, 100, spouse, JUNE)
    record_receipt(world.by, world.actor(), world.household, received)
    undone(world, given)
    assert Receipt.objects.unscoped("test").get().stands

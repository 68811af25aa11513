"""Facts are versions: read as of a day and as known at a moment, corrected and undone by acts, never overwritten."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from bangfu.access.data import Denied, NotThere
from bangfu.audit.models import Entry, EntryText
from bangfu.kernel.errors import DomainError
from bangfu.registry.data import NewFacts, NewPerson
from bangfu.registry.facts import Thing, groups, groups_of, things
from bangfu.registry.household_file import file, masked_numbers
from bangfu.registry.models import VERSIONS, Act, Household, Person
from bangfu.registry.selectors import acts, households
from bangfu.registry.services.acts import undo
from bangfu.registry.services.facts import record_facts
from bangfu.registry.services.households import add_person, add_thing, reveal_id_number
from bangfu.registry.values import Value
from tests.households import new_household, sample_of
from tests.organisation import NOW, TODAY
from tests.registry.conftest import World

LATER = NOW + timedelta(days=1)
JANUARY, MARCH, MAY = date(2017, 1, 1), date(2017, 3, 1), date(2017, 5, 1)


def held(world: World, group: str, day: date, known_at: Any = LATER, thing: int | None = None) -> dict[str, Any]:
    found = file(world.actor(), world.household, day, known_at)
    if groups()[group].of == "household":
        return dict(found.facts[group].values)
    return dict(next(member for member in found.members if member.id == thing).facts[group].values)


def code_of(refusal: pytest.ExceptionInfo[DomainError]) -> str:
    return refusal.value.code


def test_a_household_is_read_as_of_any_day(world: World) -> None:
    world.record("housing", world.household, JANUARY, {"dangerous_house": True, "house_grade": "C"})
    world.record("housing", world.household, MAY, {"dangerous_house": False, "house_grade": "B"})
    assert held(world, "housing", JANUARY)["house_grade"] == "C"
    assert held(world, "housing", MAY - timedelta(days=1))["house_grade"] == "C"
    assert held(world, "housing", MAY)["house_grade"] == "B"


def test_a_household_is_read_as_it_was_known_at_any_moment(world: World) -> None:
    world.record("housing", world.household, JANUARY, {"house_grade": "C"})
    before = world.at
    world.record("housing", world.household, JANUARY, {"house_grade": "D"})
    assert held(world, "housing", MAY, before)["house_grade"] == "C"
    assert held(world, "housing", MAY, world.at)["house_grade"] == "D"
    assert held(world, "housing", MAY, before - timedelta(minutes=1))["house_grade"] is None


def test_what_is_not_named_keeps_its_value(world: World) -> None:
    world.record("housing", world.household, JANUARY, {"house_grade": "C", "house_owned": True})
    world.record("housing", world.household, MAY, {"house_grade": "B"})
    assert held(world, "housing", MAY)["house_owned"] is True


def test_nothing_is_overwritten_by_a_correction(world: World) -> None:
    first = world.record("housing", world.household, JANUARY, {"house_grade": "C"}).version
    second = world.record("housing", world.household, JANUARY, {"house_grade": "D"}).version
    rows: Any = VERSIONS["housing"].objects.unscoped("test").in_bulk([first, second])
    assert (rows[first].house_grade, rows[first].stands) == ("C", False)
    assert (rows[second].house_grade, rows[second].stands, rows[second].corrects_id) == ("D", True, first)


def test_a_back_dated_change_shows_which_later_versions_inherit_the_old_value(world: World) -> None:
    world.record("housing", world.household, JANUARY, {"house_grade": "C", "house_owned": True})
    march = world.record("housing", world.household, MARCH, {"house_area": 800_000}).version
    world.record("housing", world.household, MAY, {"house_grade": "A"})
    told = world.record("housing", world.household, JANUARY, {"house_grade": "D"})
    assert [(each.version, each.fields) for each in told.inherited] == [(march, ("house_grade",))]
    assert held(world, "housing", MARCH)["house_grade"] == "C"


def test_a_back_dated_change_is_carried_into_them_where_that_is_asked_for(world: World) -> None:
    world.record("housing", world.household, JANUARY, {"house_grade": "C", "house_owned": True})
    world.record("housing", world.household, MARCH, {"house_area": 800_000})
    world.record("housing", world.household, MAY, {"house_grade": "A"})
    before = world.at
    world.record("housing", world.household, JANUARY, {"house_grade": "D"}, carry=True)
    assert [held(world, "housing", day)["house_grade"] for day in (JANUARY, MARCH, MAY)] == ["D", "D", "A"]
    assert held(world, "housing", MARCH)["house_area"] == 800_000
    assert held(world, "housing", MARCH, before)["house_grade"] == "C"


def test_undoing_an_act_makes_it_as_if_it_had_never_been_and_keeps_it_known(world: World) -> None:
    world.record("housing", world.household, JANUARY, {"house_grade": "C"})
    world.record("housing", world.household, MARCH, {"house_area": 800_000})
    told = world.record("housing", world.household, JANUARY, {"house_grade": "D"}, carry=True)
    known = world.at
    act: Any = VERSIONS["housing"].objects.unscoped("test").get(pk=told.version)
    undo(world.by, world.actor(), act.act_id)
    assert [held(world, "housing", day)["house_grade"] for day in (JANUARY, MARCH)] == ["C", "C"]
    assert held(world, "housing", MARCH, known)["house_grade"] == "D"
    current = VERSIONS["housing"].objects.unscoped("test").filter(is_current=True)
    assert [(v.valid_from, v.house_grade) for v in current] == [(MARCH, "C")]


def test_an_act_on_which_a_later_one_is_built_is_not_undone_before_that(world: World) -> None:
    first = world.record("housing", world.household, JANUARY, {"house_grade": "C"}).version
    second = world.record("housing", world.household, JANUARY, {"house_grade": "D"}).version
    act_of = dict(VERSIONS["housing"].objects.unscoped("test").values_list("pk", "act_id"))
    with pytest.raises(DomainError) as refusal:
        undo(world.by, world.actor(), act_of[first])
    assert code_of(refusal) == "BUILT_ON"
    undo(world.by, world.actor(), act_of[second])
    undo(world.by, world.actor(), act_of[first])
    assert held(world, "housing", MAY)["house_grade"] is None
    with pytest.raises(DomainError) as refusal:
        undo(world.by, world.actor(), act_of[first])
    assert code_of(refusal) == "NOT_TO_BE_UNDONE"


def test_a_household_entered_in_error_is_seen_no_more_once_that_is_undone(world: World) -> None:
    wrong = new_household(world.org, "H2", "371102008201")
    act = acts(world.actor(), wrong)[0].id
    undo(world.by, world.actor(), act)
    assert Household.objects.unscoped("test").get(pk=wrong).place_id is None
    assert not Person.objects.unscoped("test").filter(household=wrong).exists()
    with pytest.raises(NotThere):
        file(world.actor(), wrong, MAY, LATER)
    shown = households(world.actor(), "", None, world.org.by.ring, None)
    assert [row.number for row in shown] == ["H1"]


def test_of_two_who_change_one_group_the_second_is_told(world: World) -> None:
    seen = world.record("housing", world.household, JANUARY, {"house_grade": "C"}).version
    world.record("housing", world.household, MAY, {"house_grade": "B"}, base=seen)
    with pytest.raises(DomainError) as refusal:
        world.record("housing", world.household, MAY, {"house_grade": "D"}, base=seen)
    assert code_of(refusal) == "CHANGED_MEANWHILE"
    assert held(world, "housing", MAY)["house_grade"] == "B"


@pytest.mark.parametrize(
    ("group", "values"),
    [
        ("housing", {"house_grade": "E"}),
        ("housing", {"house_owned": "yes"}),
        ("housing", {"built_year": 1899}),
        ("housing", {"built_year": 2101}),
        ("housing", {"house_area": -1}),
        ("land", {"cultivated_mu": 1_000_000_000}),
        ("registration", {"other_causes": "illness;illness"}),
        ("registration", {"other_causes": "illness;schooling;land"}),
        ("registration", {"status": None}),
        ("registration", {"plan": "x" * 1_001}),
        ("registration", {"plan": ""}),
        ("residence", {"hamlet": "\u202e组"}),
        ("residence", {"place": 1}),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_written(world: World, group: str, values: dict[str, Any]) -> None:
    before = Act.objects.count(), Entry.objects.count()
    with pytest.raises(DomainError):
        world.record(group, world.household, MARCH, values)
    assert (Act.objects.count(), Entry.objects.count()) == before


@pytest.mark.parametrize("year", [1900, 1962, 2100])
def test_a_house_may_be_older_than_the_years_that_are_reckoned_with(world: World, year: int) -> None:
    world.record("housing", world.household, MARCH, {"built_year": year})
    assert VERSIONS["housing"].objects.unscoped("test").get(is_current=True).built_year == year


@pytest.mark.parametrize("year", [1899, 2101])
def test_the_database_refuses_what_no_house_can_be(world: World, year: int) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        VERSIONS["housing"].objects.create(
            thing_id=world.household,
            valid_from=MARCH,
            act=Act.objects.order_by("pk")[0],
            stands=True,
            is_current=False,
            built_year=year,
        )


def test_a_span_that_ends_before_it_begins_is_refused(world: World) -> None:
    with pytest.raises(DomainError):
        world.record(
            "welfare", world.persons["head"], MARCH, {"dibao_member": True, "dibao_from": MAY, "dibao_until": MARCH}
        )


def test_a_day_to_come_and_a_save_that_changes_nothing_are_refused(world: World) -> None:
    with pytest.raises(DomainError) as refusal:
        world.record("housing", world.household, date(2017, 12, 2), {"house_grade": "C"})
    assert code_of(refusal) == "DAY_TO_COME"
    world.record("housing", world.household, MARCH, {"house_grade": "C"})
    with pytest.raises(DomainError) as refusal:
        world.record("housing", world.household, MAY, {"house_grade": "C"})
    assert code_of(refusal) == "NOTHING_CHANGED"


@pytest.mark.parametrize("kind", sorted(name for name, kind in things().items() if kind.several))
def test_nothing_that_a_household_has_is_added_changed_or_gone_on_a_day_to_come(world: World, kind: Thing) -> None:
    (group,) = groups_of(kind)
    tomorrow = TODAY + timedelta(days=1)
    new = NewFacts(group.name, 0, sample_of(group), tomorrow)
    with pytest.raises(DomainError) as refusal:
        add_thing(world.by, world.actor(), world.household, new)
    assert code_of(refusal) == "DAY_TO_COME"
    made = add_thing(world.by, world.actor(), world.household, replace(new, valid_from=TODAY))
    with pytest.raises(DomainError) as refusal:
        world.record(group.name, made, tomorrow, {"gone": True})
    assert code_of(refusal) == "DAY_TO_COME"


def test_no_household_and_nobody_is_added_as_from_a_day_to_come(world: World) -> None:
    tomorrow = TODAY + timedelta(days=1)
    with pytest.raises(DomainError) as refusal:
        new_household(world.org, "H2", "371102008201", tomorrow)
    assert code_of(refusal) == "DAY_TO_COME"
    with pytest.raises(DomainError) as refusal:
        add_person(world.by, world.actor(), world.household, NewPerson("P9"), tomorrow)
    assert code_of(refusal) == "DAY_TO_COME"


def test_facts_of_somebody_elses_household_are_not_there_and_an_auditor_may_not_write(world: World) -> None:
    facts = NewFacts("housing", world.household, {"house_grade": "C"}, MARCH)
    for stranger in ("sibling", "stranger", "admin", "nobody"):
        with pytest.raises(NotThere):
            record_facts(world.by, world.actor(stranger), world.household, facts)
    with pytest.raises(Denied):
        record_facts(world.by, world.actor("auditor"), world.household, facts)


def test_a_thing_of_another_household_is_not_there(world: World) -> None:
    other = new_household(world.org, "H2", "371102008201")
    theirs = Person.objects.unscoped("test").filter(household=other).first()
    assert theirs is not None
    for thing in (theirs.pk, 10**6):
        with pytest.raises(NotThere):
            world.record("health", thing, MARCH, {"chronic_illness": True})
    with pytest.raises(NotThere):
        world.record("housing", other, MARCH, {"house_grade": "C"})


def test_a_number_is_sealed_read_for_what_it_tells_and_shown_only_with_a_reason(world: World) -> None:
    head = world.persons["head"]
    world.record("papers", head, MARCH, {"id_number": "37110219600301001x"})
    known = held(world, "papers", MAY, thing=head)
    assert (known["id_kind"], known["id_birth_date"], known["id_sex"]) == ("resident", date(1960, 3, 1), "1")
    shown = masked_numbers(world.org.by.ring, file(world.actor(), world.household, MAY, LATER).members)
    assert shown[head].endswith("001X")
    assert "37110219600301" not in shown[head]
    with pytest.raises(Denied):
        reveal_id_number(world.by, world.actor(), head)
    assert reveal_id_number(world.by, world.actor("officer"), head) == "37110219600301001X"
    assert not EntryText.objects.filter(body__icontains="19600301").exists()


def test_the_record_says_which_facts_and_never_their_values(world: World) -> None:
    world.record("health", world.persons["head"], MARCH, {"illness": "高血压", "chronic_illness": True})
    entry = Entry.objects.order_by("-pk")[0]
    assert (entry.act, entry.subject) == ("registry.record_facts", f"household:{world.household}")
    assert "高血压" not in str(EntryText.objects.get(pk=entry.pk).body)


def test_a_household_has_any_number_of_things_each_with_its_own_life(world: World) -> None:
    given: list[dict[str, Value]] = [
        {"kind": "livestock", "name": "母猪", "quantity": 20_000},
        {"kind": "tool", "name": "三轮车"},
    ]
    new = [NewFacts("asset", 0, values, JANUARY) for values in given]
    ids = [add_thing(world.by, world.actor(), world.household, each) for each in new]
    world.record("asset", ids[0], MARCH, {"quantity": 30_000})
    world.record("asset", ids[1], MAY, {"gone": True})

    def on(day: date) -> list[tuple[Any, Any]]:
        found = file(world.actor(), world.household, day, LATER)
        return [(each.values["name"], each.values["quantity"]) for each in found.several["asset"]]

    assert on(JANUARY) == [("母猪", 20_000), ("三轮车", None)]
    assert on(MARCH) == [("母猪", 30_000), ("三轮车", None)]
    assert on(MAY) == [("母猪", 30_000)]


def test_who_died_or_left_is_no_longer_present(world: World) -> None:
    world.record("identity", world.persons["head"], MAY, {"died_on": MAY})
    world.record("membership", world.persons["son"], MARCH, {"left_on": MARCH})

    def present(day: date) -> set[str]:
        return {m.relation for m in file(world.actor(), world.household, day, LATER).members if m.present}

    assert present(JANUARY) == {"head", "spouse", "son"}
    assert present(MARCH) == {"head", "spouse"}
    assert present(MAY) == {"spouse"}


@pytest.mark.parametrize("broken", ["two_current", "two_a_day", "unknown_code", "current_but_gone"])
def test_the_database_itself_refuses_what_the_services_never_do(world: World, broken: str) -> None:
    first = world.record("housing", world.household, JANUARY, {"house_grade": "C"}).version
    world.record("housing", world.household, MAY, {"house_grade": "B"})
    rows = VERSIONS["housing"].objects.unscoped("test").filter(pk=first)
    changes: dict[str, dict[str, Any]] = {
        "two_current": {"is_current": True},
        "two_a_day": {"valid_from": MAY},
        "unknown_code": {"house_grade": "Z"},
        "current_but_gone": {"is_current": True, "stands": False},
    }
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(**changes[broken])


def test_a_file_is_read_with_as_many_queries_whoever_lives_there(
    world: World, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(40):
        file(world.actor(), world.household, MAY, LATER)

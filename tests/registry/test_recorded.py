"""What the record says of households: auditors find under a household all that was done to it, and read its number and nobody's name."""

from datetime import date

from bangfu.audit.models import Entry
from bangfu.registry.models import Act, Person
from bangfu.registry.selectors import ever_members, numbers_told
from bangfu.registry.services.acts import undo
from bangfu.registry.services.procedures import Event, split_household
from tests.registry.conftest import World


def test_that_a_household_was_added_is_found_under_it(world: World) -> None:
    entry = Entry.objects.get(act="registry.add_household", subject=f"household:{world.household}")
    assert entry.place == world.org.places["371102008201"]


def test_what_is_undone_of_one_household_is_found_under_it_with_the_entry_of_what_was_undone(world: World) -> None:
    made = Act.objects.get(entry__subject=f"household:{world.household}", entry__act="registry.add_household")
    undo(world.by, world.actor(), made.pk)
    entry = Entry.objects.get(act="registry.undo")
    assert (entry.subject, entry.place) == (f"household:{world.household}", world.org.places["371102008201"])
    assert entry.text.body == {"reason": "测试", "act": "办理", "undone": made.entry_id}


def test_households_and_members_are_told_by_number_to_whoever_sees_them(world: World) -> None:
    member = Person.objects.unscoped("test").filter(household=world.household).order_by("pk")[0]
    things = [f"household:{world.household}", f"person:{member.pk}", "household:999999", "account:1", "file:1.backup"]
    told = numbers_told(world.org.actor("auditor"), things)
    assert set(told) == {f"household:{world.household}", f"person:{member.pk}"}
    assert told[f"person:{member.pk}"] == member.number
    assert numbers_told(world.org.actor("other"), things) == {}
    assert numbers_told(world.org.actor("admin"), things) == {}


def test_members_of_a_household_are_those_too_who_have_left_it(world: World) -> None:
    members = set(Person.objects.unscoped("test").filter(household=world.household).values_list("pk", flat=True))
    auditor = world.org.actor("auditor")
    assert ever_members(auditor, world.household) == {f"person:{each}" for each in members}
    son = world.persons["son"]
    leaves = Event(world.household, date(2017, 6, 1), "分户")
    split_household(world.by, world.actor(), leaves, "H9", ({son: "head"}, {}))
    assert Person.objects.unscoped("test").get(pk=son).household_id != world.household
    assert ever_members(auditor, world.household) == {f"person:{each}" for each in members}
    assert ever_members(world.org.actor("other"), world.household) == frozenset()

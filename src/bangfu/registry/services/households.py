"""Households and persons added, and numbers revealed."""

from datetime import date
from typing import Any, TypeVar

from django.db import IntegrityError, transaction

from bangfu.access.data import Actor, NotThere
from bangfu.access.policy import require
from bangfu.audit.data import Act as Said
from bangfu.audit.data import By
from bangfu.audit.numbers import reveal
from bangfu.audit.services import record_read
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.registry.data import NewFacts, NewHousehold, NewPerson
from bangfu.registry.facts import LENGTHS, groups, things
from bangfu.registry.models import THINGS, VERSIONS, Act, Household, How, Person
from bangfu.registry.services.acts import begin, lock_household, touch
from bangfu.registry.services.facts import check_day, write_facts
from bangfu.registry.versions import WRITES

Numbered = TypeVar("Numbered", Household, Person)


def add_household(by: By, actor: Actor, household: NewHousehold, day: date, source: str = "") -> int:
    """Add a household with its members, as from a day. Returns its id. Raises Denied outside of the actor's area, DomainError (a day to come)."""
    with transaction.atomic():
        place = household.facts.get("residence", {}).get("place")
        require(actor, "households.keep", place if isinstance(place, int) else None)
        check_day(actor, day)
        # Before its act: the entry says which household came of it.
        made = numbered(Household, household.number)
        said = Said("registry.add_household", f"household:{made.pk}", _place(place))
        act = begin(by, How.PROCEDURE, said, source)
        touch(act, [made.pk])
        for group, values in household.facts.items():
            write_facts(by.ring, act, NewFacts(group, made.pk, values, day))
        for person in household.persons:
            write_person(by, act, made.pk, person, day)
        return made.pk


def add_person(by: By, actor: Actor, household: int, person: NewPerson, day: date, source: str = "") -> int:
    """Add somebody to a household, as from a day. Returns their id. Raises NotThere, Denied, DomainError (a day to come)."""
    with transaction.atomic():
        found = lock_household(actor, household, "households.keep")
        check_day(actor, day)
        said = Said("registry.add_person", f"household:{household}", found.place_id)
        act = begin(by, How.PROCEDURE, said, source, touches=[household])
        return write_person(by, act, household, person, day)


def add_thing(by: By, actor: Actor, household: int, facts: NewFacts, source: str = "") -> int:
    """Add one of what a household has several of (`facts.thing` is not read). Returns its id. Raises NotThere, Denied, DomainError (a day to come)."""
    with transaction.atomic():
        found = lock_household(actor, household, "households.keep")
        group = groups()[facts.group]
        if not things()[group.of].several:
            raise NotThere
        check_day(actor, facts.valid_from)
        said = Said("registry.record_facts", f"household:{household}", found.place_id, {"facts": group.label.zh})
        act = begin(by, How.EDIT, said, source)
        thing: Any = THINGS[group.of]
        made = thing.objects.create(household_id=household)
        write_facts(by.ring, act, NewFacts(facts.group, made.pk, facts.values, facts.valid_from))
        return int(made.pk)


def write_person(by: By, act: Act, household: int, person: NewPerson, day: date) -> int:
    """Add a person under an act that was begun; the caller locked the household and asked the policy. Raises DomainError."""
    made = numbered(Person, person.number)
    facts = {**person.facts, "membership": {**person.facts.get("membership", {}), "household": household}}
    for group, values in facts.items():
        write_facts(by.ring, act, NewFacts(group, made.pk, values, day))
    return made.pk


def reveal_id_number(by: By, actor: Actor, person: int) -> str:
    """Show somebody's number; one entry each time, with the reason. Raises NotThere, Denied, DomainError without a reason or a number."""
    with transaction.atomic():
        found = Person.objects.seen_by(actor).filter(pk=person).select_related("household").first()
        if found is None or found.household is None:
            raise NotThere
        require(actor, "households.reveal", found.household.place_id)
        papers: Any = VERSIONS["papers"].objects.unscoped(WRITES).filter(thing=person, is_current=True).first()
        if papers is None or papers.id_number_id is None:
            raise DomainError("NO_NUMBER", Text("没有登记证件号码。", "No number is kept."))
        return reveal(by, papers.id_number_id, f"person:{person}", found.household.place_id)


def record_look(by: By, actor: Actor, household: int) -> None:
    """Record that somebody opened a household's file. Raises NotThere."""
    found = Household.objects.seen_by(actor).filter(pk=household).first()
    if found is None:
        raise NotThere
    record_read(by, Said("registry.read_household", f"household:{household}", found.place_id))


def _place(place: object) -> int | None:
    return place if isinstance(place, int) else None


def numbered(model: type[Numbered], number: str) -> Numbered:
    """A new household or person. Raises DomainError for what is no number, or one that is taken, were it a moment ago: each is one for the whole register."""
    if not 0 < len(number) <= LENGTHS["id"] or not number.isprintable() or number != number.strip():
        raise DomainError(
            "NUMBER_MALFORMED",
            Text(
                f"编号须有 1 到 {LENGTHS['id']} 个字，首尾没有空格。",
                f"A number has 1 to {LENGTHS['id']} signs and no spaces around it.",
            ),
        )
    try:
        with transaction.atomic():
            made: Numbered = model.objects.create(number=number)
            return made
    except IntegrityError as taken:
        raise DomainError(
            "NUMBER_TAKEN", Text(f"编号“{number}”已经有了。", f"The number {number} is taken already.")
        ) from taken

"""What happens to households and their members: procedures with checks of their own, each one act, undone only by another (services.acts.undo).

The day of an event is not to come, and nothing later may stand of what is moved. Each procedure raises NotThere and Denied as
`record_facts`, and DomainError for what it refuses; each returns the act.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction

from bangfu.access.data import Actor, NotThere
from bangfu.access.roles import roles
from bangfu.audit.data import Act as Said
from bangfu.audit.data import By
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.places.selectors import place_row
from bangfu.registry.data import NewFacts, NewPerson
from bangfu.registry.facts import groups
from bangfu.registry.models import VERSIONS, Act, Assignment, Household, How
from bangfu.registry.services.acts import begin, lock_households, touch
from bangfu.registry.services.facts import check_day, write_facts
from bangfu.registry.services.households import numbered, write_person
from bangfu.registry.values import Value
from bangfu.registry.versions import WRITES, holding, standing, values_of

# What of an address belongs to the village that is left.
ADDRESS = ("hamlet", "address", "road_km", "road_kind")
Relations = Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Event:
    """What a procedure is about: a household, the first day on which it holds, and from what it is known."""

    household: int
    on: date
    source: str = ""


@dataclass(frozen=True, slots=True)
class Work:
    """A procedure under way."""

    by: By
    act: Act
    event: Event


def move_household(by: By, actor: Actor, event: Event, village: int) -> int:
    """Let a household live in another village, which need not be in the actor's area.

    Facts of the old address are emptied. Helpers of the village's own tier end on that day, since the village changes; others go on.
    """
    with transaction.atomic():
        work, (found,) = _begin(by, actor, event, "move_household")
        row = place_row(village)
        if row is None or row.level != "village" or row.abolished:
            raise DomainError("NO_VILLAGE", Text("请选择现有的村。", "Choose a village that there is."))
        if village == found.place_id:
            raise DomainError(
                "SAME_VILLAGE", Text("这一户本来就在这个村。", "The household lives in this village already.")
            )
        _hold(work, "residence", event.household, {**dict.fromkeys(ADDRESS), "place": village})
        for each in _open_assignments(event.household):
            if roles()[each.post.role].tier == "village":
                _end(work, each)
        return work.act.pk


def change_head(by: By, actor: Actor, event: Event, relations: Relations) -> int:
    """Let somebody else be the head; everyone's relation to the new one is given anew."""
    with transaction.atomic():
        work, _ = _begin(by, actor, event, "change_head")
        present = _present(event.household, event.on)
        if relations == present:
            raise DomainError("NOTHING_CHANGED", Text("关系没有变化，不用办理。", "Nobody's relation has changed."))
        _relate(work, event.household, relations, present)
        return work.act.pk


def record_death(by: By, actor: Actor, event: Event, person: int, relations: Relations) -> int:
    """Somebody died on that day. Where it was the head and others remain, their relations to a new one are given."""
    with transaction.atomic():
        work, _ = _begin(by, actor, event, "record_death")
        _part(work, ("identity", person, {"died_on": event.on}), relations)
        return work.act.pk


def record_leaving(by: By, actor: Actor, event: Event, person: int, relations: Relations) -> int:
    """Somebody no longer shares the household's living as of that day. Students and conscripts away from home have not left."""
    with transaction.atomic():
        work, _ = _begin(by, actor, event, "record_leaving")
        _part(work, ("membership", person, {"left_on": event.on}), relations)
        return work.act.pk


def record_birth(by: By, actor: Actor, event: Event, child: NewPerson) -> int:
    """A child was born on that day and belongs to the household from then on."""
    with transaction.atomic():
        work, _ = _begin(by, actor, event, "record_birth")
        identity = {**child.facts.get("identity", {}), "birth_date": event.on}
        _join(work, event.household, NewPerson(child.number, {**child.facts, "identity": identity}))
        return work.act.pk


def record_member(by: By, actor: Actor, event: Event, person: NewPerson) -> int:
    """Somebody shares the household's living as of that day whom the register did not have yet, other than by birth or marriage."""
    with transaction.atomic():
        work, _ = _begin(by, actor, event, "add_person")
        _join(work, event.household, person)
        return work.act.pk


def record_marriage(by: By, actor: Actor, event: Event, person: NewPerson | int, relation: str) -> int:
    """Somebody marries into the household: a new person, or a member of another household, which neither loses its head by that nor all."""
    with transaction.atomic():
        if isinstance(person, NewPerson):
            work, _ = _begin(by, actor, event, "record_marriage")
            _join(
                work, event.household, NewPerson(person.number, {**person.facts, "membership": {"relation": relation}})
            )
            return work.act.pk
        left = _household_of(person)
        work, _ = _begin(by, actor, event, "record_marriage", left)
        remain = _present(left, event.on)
        if person not in remain or left == event.household:
            raise NotThere
        if remain.pop(person) == "head" or not remain:
            raise DomainError(
                "HEAD_OR_LAST",
                Text(
                    "此人是原户的户主或最后一人。请先变更户主，或办理并户。",
                    "This is the head, or the last one, of the other household. Change its head first, or merge the households.",
                ),
            )
        _check_joining(event.household, event.on, {person: relation})
        _hold(work, "membership", person, {"household": event.household, "relation": relation})
        _check_later(event.household, event.on)
        return work.act.pk


def split_household(by: By, actor: Actor, event: Event, number: str, relations: tuple[Relations, Relations]) -> int:
    """Some members form a household of their own, under a new number, in the same village, registered as this one is.

    `relations`: of those who leave, to their new head; and of those who stay, if their head leaves (else empty). Helpers help both.
    """
    leave, stay = relations
    with transaction.atomic():
        work, _ = _begin(by, actor, event, "split_household")
        present = _present(event.household, event.on)
        if not leave or not set(leave) < set(present):
            raise DomainError(
                "NOT_ALL_AND_NOT_NONE",
                Text("请选择分出去的人，并至少留下一人。", "Choose who leaves, and let at least one member stay."),
            )
        remain = {person: relation for person, relation in present.items() if person not in leave}
        made = numbered(Household, number)
        touch(work.act, [made.pk])
        for group in ("residence", "registration"):
            held = holding(standing(group, event.household), event.on)
            if held is not None:
                facts = {name: value for name, value in values_of(groups()[group], held).items() if value is not None}
                write_facts(by.ring, work.act, NewFacts(group, made.pk, facts, event.on))
        _relate(work, made.pk, leave, dict(leave))
        if stay or "head" not in remain.values():
            _relate(work, event.household, stay, remain)
        for each in _open_assignments(event.household):
            since = max(event.on, each.held_from)
            Assignment.objects.create(household=made, post=each.post, held_from=since, act=work.act)
        return work.act.pk


def merge_households(by: By, actor: Actor, event: Event, into: int, relations: Relations) -> int:
    """All present members of a household join another of the same village, with these relations to its head.

    The one that is left keeps its history and its number, is listed and assessed no more, and its helpers end.
    """
    with transaction.atomic():
        work, found = _begin(by, actor, event, "merge_households", into)
        if event.household == into or len({each.place_id for each in found}) > 1:
            raise DomainError(
                "NOT_OF_ONE_VILLAGE",
                Text(
                    "只能并入同村的另一户；不同村的请先迁移。",
                    "Households of one village are merged; let the other move first.",
                ),
            )
        present = _present(event.household, event.on)
        if set(relations) != set(present):
            raise _not_everybody()
        if _later_days(event.household, event.on):
            raise _later_facts(event.on)
        _check_joining(into, event.on, relations)
        for person, relation in relations.items():
            _hold(work, "membership", person, {"household": into, "relation": relation})
        _check_later(into, event.on)
        _hold(work, "residence", event.household, {"dissolved": True})
        for each in _open_assignments(event.household):
            _end(work, each)
        return work.act.pk


def _begin(by: By, actor: Actor, event: Event, name: str, *others: int) -> tuple[Work, list[Household]]:
    """Lock the event's household and the others, ask the policy, and begin the act; the households in that order."""
    check_day(actor, event.on)
    found = lock_households(actor, (event.household, *others), "households.keep")
    for household in found:
        held = holding(standing("residence", household), event.on)
        if held is None or values_of(groups()["residence"], held)["dissolved"]:
            raise DomainError(
                "NOT_THEN",
                Text(f"{event.on} 没有这一户，或已并入他户。", f"There was no such household on {event.on}."),
            )
    first = found[event.household]
    said = Said(f"registry.{name}", f"household:{first.pk}", first.place_id, {"on": str(event.on)})
    work = Work(by, begin(by, How.PROCEDURE, said, event.source, touches=found), event)
    return work, [found[each] for each in (event.household, *others)]


def _part(work: Work, fact: tuple[str, int, Mapping[str, Value]], relations: Relations) -> None:
    """Somebody is present no more."""
    group, person, values = fact
    present = _present(work.event.household, work.event.on)
    if person not in present:
        raise NotThere
    was_head = present.pop(person) == "head"
    _hold(work, group, person, values)
    if relations or (was_head and present):
        _relate(work, work.event.household, relations, present)


def _present(household: int, on: date) -> dict[int, str]:
    """Who shares the household's living on a day, with their relation to the head ("" where it is not known)."""
    ever = VERSIONS["membership"].objects.unscoped(WRITES).filter(household=household, stands=True)
    found = {}
    for person in sorted(set(ever.values_list("thing_id", flat=True))):
        membership: Any = holding(standing("membership", person), on)
        identity: Any = holding(standing("identity", person), on)
        if membership is None or membership.household_id != household:
            continue
        gone = (membership.left_on, identity.died_on if identity else None)
        if not any(day is not None and day <= on for day in gone):
            found[person] = membership.relation or ""
    return found


def _household_of(person: int) -> int:
    found: Any = VERSIONS["membership"].objects.unscoped(WRITES).filter(thing=person, is_current=True).first()
    if found is None:
        raise NotThere
    return int(found.household_id)


def _join(work: Work, household: int, person: NewPerson) -> None:
    relation = person.facts.get("membership", {}).get("relation")
    _check_joining(household, work.event.on, {0: str(relation or "")})
    write_person(work.by, work.act, household, person, work.event.on)
    _check_later(household, work.event.on)


def _relate(work: Work, household: int, relations: Relations, present: Relations) -> None:
    """Give everybody who is there their relation to the head."""
    if set(relations) != set(present):
        raise _not_everybody()
    _check_relations(relations)
    for person, relation in relations.items():
        _hold(work, "membership", person, {"household": household, "relation": relation})
    _check_later(household, work.event.on)


def _check_joining(household: int, on: date, joining: Relations) -> None:
    """That somebody can join a household on a day that may have passed: it has one head then, and is there still."""
    if any(values_of(groups()["residence"], version)["dissolved"] for version in standing("residence", household)):
        raise DomainError(
            "MERGED_SINCE",
            Text(
                "这一户后来并入了他户，不能再加人。请办到并入的那一户；并错了的，请先撤销那次合并。",
                "This household was merged into another since, and nobody can join it. Record it of the other one; if the merging was wrong, undo that first.",
            ),
        )
    _check_relations({**_present(household, on), **joining})


def _later_days(household: int, on: date) -> list[date]:
    """The days after one from which on it was recorded who belongs to a household, and as what."""
    later = VERSIONS["membership"].objects.unscoped(WRITES).filter(household=household, stands=True, valid_from__gt=on)
    return sorted(set(later.values_list("valid_from", flat=True)))


def _check_later(household: int, on: date) -> None:
    """That what was done as of a day, with whoever joined later, leaves no second head or spouse."""
    for day in _later_days(household, on):
        known = list(_present(household, day).values())
        if known.count("head") > 1 or known.count("spouse") > 1:
            raise DomainError(
                "ONE_HEAD_LATER",
                Text(
                    f"这一户 {day} 还登记过户主或配偶，照这样办，从那天起会有两名户主或两名配偶。请改选关系，或先撤销后面的登记。",
                    f"A head or spouse was recorded of this household on {day}, and there would be two from then on. "
                    "Choose another relation, or undo what was recorded later first.",
                ),
            )


def _check_relations(relations: Relations) -> None:
    known = list(relations.values())
    if known.count("head") != 1 or known.count("spouse") > 1:
        raise DomainError(
            "ONE_HEAD",
            Text(
                "每户须有且只有一名户主，配偶至多一名。",
                "A household has exactly one head, and one spouse of the head at most.",
            ),
        )


def _hold(work: Work, group: str, thing: int, values: Mapping[str, Value]) -> None:
    """Let facts hold of a thing from the day on, if they do not already; nothing later may stand."""
    known = standing(group, thing)
    if any(version.valid_from > work.event.on for version in known):
        raise _later_facts(work.event.on)
    held = holding(known, work.event.on)
    before = values_of(groups()[group], held) if held else {}
    if any(before.get(name) != value for name, value in values.items()):
        write_facts(work.by.ring, work.act, NewFacts(group, thing, values, work.event.on))


def _open_assignments(household: int) -> Iterable[Assignment]:
    """Those that go on, whenever they begin: a procedure of a day that has passed finds some that were made for a later one."""
    rows = Assignment.objects.unscoped(WRITES).select_for_update(of=("self",)).select_related("post")
    return list(rows.filter(household=household, undone=None, held_until=None).order_by("pk"))


def _end(work: Work, assignment: Assignment) -> None:
    """On the procedure's day; one that began that very day, or later, counts as never made."""
    if assignment.held_from >= work.event.on:
        assignment.undone = work.act
        assignment.save(update_fields=["undone"])
        return
    assignment.held_until, assignment.ended_by = work.event.on, work.act
    assignment.save(update_fields=["held_until", "ended_by"])


def _later_facts(on: date) -> DomainError:
    return DomainError(
        "LATER_FACTS",
        Text(
            f"{on} 之后还有登记，不能倒着办理。请先撤销后面的登记。",
            f"Something was recorded for a day after {on}. Undo that first.",
        ),
    )


def _not_everybody() -> DomainError:
    return DomainError(
        "NOT_EVERYBODY",
        Text(
            "请给出每个在户成员与户主的关系，不多不少。",
            "Give the relation to the head of everybody who is there, and of nobody else.",
        ),
    )

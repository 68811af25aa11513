"""Facts recorded: a new version of a group, or a correction of one. Never overwritten."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db import transaction

from bangfu.access.data import Actor, NotThere
from bangfu.audit.data import Act as Said
from bangfu.audit.data import By
from bangfu.kernel.errors import DomainError
from bangfu.kernel.id_numbers import CARDS, read_id_number
from bangfu.kernel.words import Text
from bangfu.privacy.keys import KeyRing
from bangfu.privacy.models import Kind
from bangfu.privacy.services import normal, seal_number
from bangfu.registry.data import Inherited, NewFacts, Recorded
from bangfu.registry.facts import Group, groups
from bangfu.registry.models import Act, Household, How, Version
from bangfu.registry.services.acts import begin, lock_household, touch_sharing
from bangfu.registry.values import check
from bangfu.registry.versions import WRITES, add, holding, settle, standing, thing_of, values_of


def record_facts(by: By, actor: Actor, household: int, facts: NewFacts, source: str = "") -> Recorded:
    """Record what holds of a thing of a household from a day on. One transaction, one entry of the record, which names no value.

    What is not named keeps its value. A version of the very same day is corrected. Raises NotThere, Denied, and DomainError for values
    that do not fit, for a day to come, for a change that somebody else overtook (CHANGED_MEANWHILE), and where nothing would change.
    """
    with transaction.atomic():
        found = lock_household(actor, household, "households.keep")
        group = groups()[facts.group]
        check_thing(group, facts.thing, household)
        _check_movable(group, facts)
        check_day(actor, facts.valid_from)
        said = Said("registry.record_facts", f"household:{household}", found.place_id, {"facts": group.label.zh})
        act = begin(by, How.EDIT, said, source, touches=[household])
        return write_facts(by.ring, act, facts)


def inherited_by(actor: Actor, household: int, facts: NewFacts) -> tuple[Inherited, ...]:
    """The later versions that would still hold the old values, were these facts recorded. Writes nothing. Raises NotThere."""
    if not Household.objects.seen_by(actor).filter(pk=household).exists():
        raise NotThere
    group = groups()[facts.group]
    check_thing(group, facts.thing, household)
    known = standing(group.name, facts.thing)
    before = holding(known, facts.valid_from)
    old = values_of(group, before) if before else dict.fromkeys(group.fields)
    # A number is sealed anew whenever it is given: it is never the same.
    given = dict.fromkeys(group.fields, ...) if group.name == "papers" else facts.values
    return inheriting(group, known, facts.valid_from, old, [name for name in given if given[name] != old[name]])


def write_facts(ring: KeyRing, act: Act, facts: NewFacts) -> Recorded:
    """Record facts under an act that was begun; the caller locked the household and asked the policy. Raises DomainError as `record_facts`."""
    group = groups()[facts.group]
    known = standing(group.name, facts.thing)
    before = holding(known, facts.valid_from)
    if facts.base is not None and facts.base != (before.pk if before else 0):
        raise DomainError(
            "CHANGED_MEANWHILE",
            Text(
                f"“{group.label.zh}”刚被别人改过。您填的还在，请核对现在的内容后再保存。",
                f"{group.label.en} was just changed by somebody else. What you typed is kept; compare, then save again.",
            ),
        )
    old = values_of(group, before) if before else dict.fromkeys(group.fields)
    given = _given(ring, group, facts.values, old)
    values = {**old, **given}
    check(group, values)
    changed = tuple(name for name in given if values[name] != old[name])
    if before is not None and not changed:
        raise DomainError("NOTHING_CHANGED", Text("内容没有变化，不用保存。", "Nothing has changed."))
    corrects = before if before is not None and before.valid_from == facts.valid_from else None
    version = add(group, act, facts.thing, values, facts.valid_from, corrects)
    later = inheriting(group, known, facts.valid_from, old, changed)
    reissued = _reissue(group, act, known, later, values) if facts.carry else ()
    settle(group.name, [facts.thing])
    if group.name == "papers":
        touch_sharing(act)
    return Recorded(version.pk, later, reissued)


def _given(ring: KeyRing, group: Group, values: Mapping[str, Any], old: Mapping[str, Any]) -> dict[str, Any]:
    """What is given, as the table keeps it: a number sealed, with what can be read from it."""
    given = dict(values)
    if group.name != "papers" or "id_number" not in given:
        if any(group.fields[name].derived for name in given):
            raise KeyError("a derived fact is not given")
        return given
    if given["id_number"] is None:
        return dict.fromkeys(group.fields)
    kind, plain, told = read_number(given["id_number"])
    return {"id_number": seal_number(ring, kind, plain).pk, **told}


def read_number(given: str) -> tuple[Kind, str, dict[str, Any]]:
    """A number of an ID or a disability card: its kind, how it is kept, and what can be read from it."""
    plain = normal(given)
    told = read_id_number(plain)
    kind = Kind.DISABILITY_CARD if len(plain) in CARDS else Kind.ID_CARD
    return (
        kind,
        plain,
        {
            "id_kind": told.kind,
            "id_valid": told.valid,
            "id_birth_date": told.birth_date,
            "id_sex": told.sex,
            "id_category": told.category,
            "id_grade": told.grade,
            "id_placeholder": told.placeholder,
        },
    )


def inheriting(
    group: Group, known: Sequence[Version], day: date, old: Mapping[str, Any], changed: Sequence[str]
) -> tuple[Inherited, ...]:
    """Later versions, up to the first that says something new of a fact, in which the old value of a changed one lives on."""
    alive, found = set(changed), []
    for version in known:
        if version.valid_from <= day:
            continue
        values = values_of(group, version)
        alive = {name for name in alive if values[name] == old[name]}
        if alive:
            found.append(Inherited(version.pk, version.valid_from, tuple(sorted(alive))))
    return tuple(found)


def _reissue(
    group: Group, act: Act, known: Sequence[Version], later: Sequence[Inherited], values: Mapping[str, Any]
) -> tuple[int, ...]:
    by_id = {version.pk: version for version in known}
    made = []
    for each in later:
        version = by_id[each.version]
        corrected = {**values_of(group, version), **{name: values[name] for name in each.fields}}
        check(group, corrected)
        made.append(add(group, act, version.thing_id, corrected, version.valid_from, version).pk)
    return tuple(made)


def check_thing(group: Group, thing: int, household: int) -> None:
    things = thing_of(group.name).objects.unscoped(WRITES)
    owner = {"pk": thing} if group.of == "household" else {"pk": thing, "household": household}
    if (group.of == "household" and thing != household) or not things.filter(**owner).exists():
        raise NotThere


def _check_movable(group: Group, facts: NewFacts) -> None:
    if any(group.fields[name].procedure for name in facts.values):
        raise DomainError(
            "BY_PROCEDURE",
            Text(
                "迁往别村、转户、并户须按程序办理。",
                "A move to another village or household is a procedure of its own.",
            ),
        )


def check_day(actor: Actor, day: date) -> None:
    """Raises DomainError for a day to come."""
    if day > actor.day:
        raise DomainError(
            "DAY_TO_COME", Text("日期还没有到，不能预先登记。", "That day is still to come; record it then.")
        )

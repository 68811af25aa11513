"""Versions as written and as read: which one holds on a day as far as was known, and the one place that flips the flags."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from bangfu.registry.bulk import chunked
from bangfu.registry.data import Known
from bangfu.registry.facts import Group, groups
from bangfu.registry.listed import relist_after
from bangfu.registry.lived_in import refuse_abolished
from bangfu.registry.models import THINGS, VERSIONS, Act, Evidence, EvidenceCheck, Household, Person, Version

WRITES = "the service that writes locked the household, which it may"
# Papers of dossiers and what was said of them, each with the way from a row to its paper.
PAPERS: Mapping[Any, str] = {Evidence: "", EvidenceCheck: "evidence__"}
HOLDS = {"residence": ("household", "place"), "membership": ("person", "household")}


def columns(group: Group) -> list[str]:
    """The attributes of a version that hold its facts."""
    return [attribute(group.name, name) for name in group.fields]


def attribute(group: str, field: str) -> str:
    """As the table calls a fact: a link by its id."""
    links = ("place", "household", "number")
    return f"{field}_id" if groups()[group].fields[field].type in links else field


def values_of(group: Group, version: Version) -> dict[str, Any]:
    return {name: getattr(version, attribute(group.name, name)) for name in group.fields}


def known_of(group: Group, thing: int, version: Version | None) -> Known:
    if version is None:
        return Known(group.name, thing, dict.fromkeys(group.fields))
    return Known(
        group.name,
        thing,
        values_of(group, version),
        version.pk,
        version.valid_from,
        version.act_id,
        version.act.at,
        version.erased_id is not None,
    )


def as_of(group: Group, things: Iterable[int], day: date, known_at: datetime) -> dict[int, Version]:
    """The version of each of these things that holds on a day as far as was known at a moment (both included). One query."""
    rows = VERSIONS[group.name].objects.unscoped("the caller asked for things that the actor may see")
    # Of the later acts, those too that corrected what was known: they are what must not count.
    found = rows.filter(thing__in=list(things), act__at__lte=known_at).select_related("act", "act__undone_by")
    by_thing: dict[int, list[Version]] = defaultdict(list)
    for version in found:
        undone = getattr(version.act, "undone_by", None)
        if undone is None or undone.at > known_at:
            by_thing[version.thing_id].append(version)
    held = {thing: holding(versions, day) for thing, versions in by_thing.items()}
    return {thing: version for thing, version in held.items() if version is not None}


def holding(known: Sequence[Version], day: date) -> Version | None:
    """Of what was known of one thing, the version that holds on a day."""
    corrected = {version.corrects_id for version in known}
    candidates = [v for v in known if v.pk not in corrected and v.valid_from <= day]
    return max(candidates, key=lambda v: v.valid_from, default=None)


def standing(group: str, thing: int) -> list[Version]:
    """What stands of one thing now, the earliest first."""
    rows = VERSIONS[group].objects.unscoped(WRITES).filter(thing=thing, stands=True)
    return list(rows.select_related("act").order_by("valid_from"))


def add(group: Group, act: Act, thing: int, values: Mapping[str, Any], day: date, corrects: Version | None) -> Version:
    """Write a version, and let it stand in place of the one it corrects. `settle` has to follow."""
    if corrects is not None:
        _of(group.name, Q(pk=corrects.pk)).update(stands=False, is_current=False)
    model: Any = VERSIONS[group.name]
    version: Version = model(thing_id=thing, act=act, valid_from=day, corrects=corrects, stands=True, is_current=False)
    for name, value in values.items():
        setattr(version, attribute(group.name, name), value)
    version.save(force_insert=True)
    return version


def settle(group: str, things: "Sequence[int] | QuerySet[Any, Any]", *, lists: bool = True) -> None:
    """Make anew what is derived of these things: which version is current, where a household lives or a person belongs, what lists show.

    Without `lists`, these are left to whoever settles more. Raises DomainError where a household would live in a village that was abolished.
    """
    rows = _of(group, Q(thing__in=things))
    later = (
        VERSIONS[group]
        .objects.unscoped(WRITES)
        .filter(thing=OuterRef("thing"), stands=True, valid_from__gt=OuterRef("valid_from"))
    )
    rows.filter(is_current=True).filter(Q(stands=False) | Exists(later)).update(is_current=False)
    rows.filter(stands=True, is_current=False).filter(~Exists(later)).update(is_current=True)
    if group in HOLDS:
        _derive(group, things)
    if group == "residence":
        refuse_abolished(things)
    if lists:
        relist_after(group, things)


def take_back(group: str, act: Act) -> None:
    """Let the versions of an act that is undone stand no more, and those it corrected stand again."""
    mine = _of(group, Q(act=act))
    corrected = list(mine.exclude(corrects=None).values_list("corrects_id", flat=True))
    mine.update(stands=False, is_current=False)
    for some in chunked(corrected):
        _of(group, Q(pk__in=some)).update(stands=True)
    settle(group, _of(group, Q(act=act)).values("thing"))


def _derive(group: str, things: "Sequence[int] | QuerySet[Any, Any]") -> None:
    """From the current version of each; None where there is none left."""
    thing, column = HOLDS[group]
    current = VERSIONS[group].objects.unscoped(WRITES).filter(thing=OuterRef("pk"), is_current=True)
    model: type[Household | Person] = Household if thing == "household" else Person
    model.objects.unscoped(WRITES).filter(pk__in=things).update(
        **{column: Subquery(current.values(f"{column}_id")[:1])}
    )


def _of(group: str, condition: Q) -> "QuerySet[Any, Any]":
    return VERSIONS[group].objects.unscoped(WRITES).filter(condition)


def thing_of(group: str) -> Any:
    """The identities of the things that a group of facts is of."""
    return THINGS[groups()[group].of]

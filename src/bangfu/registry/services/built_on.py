"""What rests on an act: whatever later acts recorded that would be left without its ground were that one undone. It is said here alone."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import chain
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, Q

from bangfu.registry.bulk import chunked
from bangfu.registry.facts import Group, groups
from bangfu.registry.layouts import Total, layout, layout_names
from bangfu.registry.models import (
    VERSIONS,
    Act,
    Assignment,
    Evidence,
    EvidenceCheck,
    How,
    LedgerLine,
    Receipt,
    Version,
)
from bangfu.registry.versions import WRITES, holding, values_of

LINES = (Receipt, LedgerLine)
# What a household that is split off has of the one that it leaves.
COPIED = ("residence", "registration")


class Split(NamedTuple):
    """An act by which a household was split off: the household that was left, and the one that was made."""

    act: int
    left: int
    made: int


# Household, year, item or policy, person: of what a file states one amount.
Key = tuple[int, int, str, int | None]


def first_built_on(act: Act) -> Act | None:
    """The act that still counts and built on one: of several the first, or the one that is found soonest. None where none did."""
    rows = chain.from_iterable(way(act) for way in (_corrections, _on_what_it_made, _on_who_is_there, _on_helpers))
    firsts = (_later(each, act).order_by("act_id").values_list("act_id", flat=True).first() for each in rows)
    found = min((each for each in firsts if each is not None), default=None)
    # Of a large import going through all of it takes a while, and one is enough to refuse.
    first = found or next(chain(_on_totals(act), _on_values(act)), None)
    return None if first is None else Act.objects.select_related("entry").get(pk=first)


def _later(rows: Any, act: Act) -> Any:
    """Of these rows, those of later acts that still count."""
    return rows.filter(act__gt=act.pk, act__undone_by=None)


def _corrections(act: Act) -> Iterator[Any]:
    every: tuple[Any, ...] = (*VERSIONS.values(), *LINES)
    yield from (_rows(model).filter(corrects__act=act) for model in every)
    yield _rows(EvidenceCheck).filter(evidence__act=act)


# ---- things


def _on_what_it_made(act: Act) -> Iterator[Any]:
    """Whatever is recorded of households, persons and belongings that there would be no more, and money of those whom it brought into a household."""
    households, persons = _made(act, "residence"), _made(act, "membership")
    for name, model in VERSIONS.items():
        match groups()[name].of:
            case "household":
                yield _rows(model).filter(thing__in=households)
            case "person":
                yield _rows(model).filter(thing__in=persons)
            case _:
                yield _rows(model).filter(Q(thing__household__in=households) | Q(thing__in=_made(act, name)))
    yield _of("membership").filter(household__in=households)
    yield from (_rows(model).filter(household__in=households) for model in LINES)
    yield _rows(Assignment).filter(household__in=households, undone=None)
    yield _rows(Evidence).filter(Q(household__in=households) | Q(person__in=persons))
    brought = _of("membership").filter(thing=OuterRef("person"), household=OuterRef("household"))
    for line in LINES:
        theirs = _rows(line).filter(person__in=_of("membership").filter(act=act).values("thing"))
        yield theirs.filter(Exists(brought.filter(act=act)), ~Exists(_before_it(brought, act)))


def _made(act: Act, group: str) -> Any:
    """The things of which nothing was known before the act."""
    known = _before_it(_of(group).filter(thing=OuterRef("thing")), act)
    return _of(group).filter(~Exists(known), act=act).values("thing")


def _before_it(rows: Any, act: Act) -> Any:
    """Of these rows, those of earlier acts that still count."""
    return rows.filter(act__lt=act.pk, act__undone_by=None)


def _on_who_is_there(act: Act) -> Iterator[Any]:
    """What procedures did later in a household of which the act changed who is there, as far as it rests on everybody in it.

    Where the act gave a head, whatever they did to members: relations are those to the head. Otherwise that somebody became the head or died
    as such, and that the household was merged into another; and where it let a spouse go, who became one after that.
    """
    members, lives = _of("membership"), _of("identity")
    led = members.filter(act=act, relation="head").values("household")
    dead = lives.filter(act=act, died_on__isnull=False)
    changed = Q(thing__in=members.filter(act=act).values("thing")) | Q(thing__in=dead.values("thing"))
    homes = members.filter(changed, act__lte=act.pk).values("household")
    heads = members.filter(relation="head", household__in=homes)
    widowed = members.filter(changed, relation="spouse", act__lte=act.pk).values("household")
    done = (
        members.filter(relation="spouse", household__in=widowed),
        members.filter(household__in=led),
        lives.filter(thing__household__in=led),
        heads,
        lives.filter(thing__in=heads.values("thing")),
        _of("residence").filter(thing__in=homes, dissolved=True),
    )
    yield from (rows.filter(act__how=How.PROCEDURE) for rows in done)


def _on_helpers(act: Act) -> Iterator[Any]:
    """Assignments of a post to a household whose earlier one would go on."""
    ended = _rows(Assignment).filter(Q(ended_by=act, undone=None) | Q(undone=act))
    again = ended.filter(household=OuterRef("household"), post=OuterRef("post"))
    yield _rows(Assignment).filter(Exists(again), undone=None)


# ---- money


def _on_totals(act: Act) -> Iterator[int]:
    """The acts of lines that files brought in: each makes up what was held under its key to the amount that the file states.

    What the act had corrected or taken away was not held then, and would come back beside it.
    """
    kinds: tuple[tuple[Any, str, Q], ...] = (
        (LedgerLine, "item", Q(receipt=None)),
        (Receipt, "policy", Q(of_file=True)),
    )
    for model, what, of_file in kinds:
        rows = _rows(model)
        totals = _later(rows.filter(of_file, act__how=How.IMPORT, stands=True), act)
        households = rows.filter(act=act).values_list("household_id", flat=True)
        for some in chunked(sorted(set(households))):
            stated = totals.filter(household__in=some).values_list("household_id", "year", what, "person_id", "act_id")
            mine, back = (rows.filter(household__in=some, **{by: act}) for by in ("act", "corrected_by__act"))
            # Beside what most acts recorded no file stated anything, and nothing else is looked up.
            found = list(stated)
            counted = {*_keys(mine, what), *_keys(back, what), *_over_items(back, what)} if found else set()
            yield from (by for *key, by in found if tuple(key) in counted)


def _keys(lines: Any, what: str) -> Iterator[Key]:
    """Under which keys lines count towards amounts of a file."""
    elsewhere = _of("membership").filter(~Q(household=OuterRef("household")), thing=OuterRef("person"))
    listed = lines.values_list("household_id", "year", what, "person_id", Exists(elsewhere))
    for household, year, which, person, left in listed:
        yield household, year, which, person
        if left:
            # A file states of the household itself what was somebody's who belongs to another by then.
            yield household, year, which, None


def _over_items(lines: Any, what: str) -> Iterator[Key]:
    """Under which keys totals over several items are entered (imports/lines.py), if nothing of them is held."""
    for household, year, which in lines.values_list("household_id", "year", what):
        yield from ((household, year, total.books, None) for total in _totals() if which in total.items)


@cache
def _totals() -> tuple[Total, ...]:
    columns = chain.from_iterable(layout(name).tables["household"].columns.values() for name in layout_names())
    return tuple(column.total for column in columns if column.total)


# ---- facts


def _on_values(act: Act) -> Iterator[int]:
    """The acts of versions that stand and still hold a value that the act changed: a version states all of its group, and takes over what it does not change."""
    for name, group in groups().items():
        copied = list(_splits(act)) if name in COPIED else []
        mine, later = _of(name).filter(act=act), _of(name).filter(act__gt=act.pk, stands=True)
        held_later = later.filter(thing__in=mine.values("thing")).values_list("thing", flat=True)
        left = mine.filter(thing__in=[split.left for split in copied]).values_list("thing", flat=True)
        for some in chunked(sorted({*held_later, *left})):
            things = set(some)
            for split in copied:
                things |= {split.made} if split.left in things else set()
            rows = _of(name).filter(thing__in=things).select_related("act__undone_by").order_by("act_id", "pk")
            yield from _inheriting(group, act, list(rows), {split.act: split.left for split in copied})


def _inheriting(group: Group, act: Act, versions: Sequence[Version], left: Mapping[int, int]) -> Iterator[int]:
    """The same of some things, by all of their versions in the order in which they were recorded. `left`: the household that was left, by the act of a split.

    A value comes from the version that whoever recorded one had before them, whichever days lie between; where two say the same each by
    itself, neither rests on the other. A procedure goes on from where the last one led, though it gives another value.
    """
    recorded: dict[int, list[Version]] = defaultdict(list)
    taken: dict[int, set[str]] = {}
    for version in versions:
        before = _before(version, recorded[left.get(version.act_id, version.thing_id)])
        recorded[version.thing_id].append(version)
        old = values_of(group, before) if before else dict.fromkeys(group.fields)
        changed = {name for name, value in values_of(group, version).items() if value != old[name]}
        came = taken.get(before.pk, set()) if before else set()
        steps = {name for name in came if group.fields[name].procedure and version.act.how == How.PROCEDURE}
        taken[version.pk] = changed if version.act_id == act.pk else (came - changed) | steps
        if version.stands and version.act_id != act.pk and taken[version.pk]:
            yield version.act_id


def _before(version: Version, recorded: Sequence[Version]) -> Version | None:
    """What whoever recorded a version had before them, of what had been recorded: what it corrects, or what held on its day."""
    if version.corrects_id is not None:
        return next(each for each in recorded if each.pk == version.corrects_id)
    known = [each for each in recorded if each.act_id < version.act_id and not _undone_by(each, version.act_id)]
    return holding(known, version.valid_from)


def _undone_by(version: Version, act: int) -> bool:
    """Whether a version counted no more when an act was begun."""
    undone = getattr(version.act, "undone_by", None)
    return undone is not None and undone.pk < act


def _splits(act: Act) -> Iterator[Split]:
    """Later ones, in their order."""
    rows = _of("residence").filter(act__gt=act.pk, act__entry__act="registry.split_household").order_by("act_id")
    for split, made, subject in rows.values_list("act_id", "thing_id", "act__entry__subject"):
        yield Split(split, int(subject.rpartition(":")[2]), made)


def _of(group: str) -> Any:
    return _rows(VERSIONS[group])


def _rows(model: Any) -> Any:
    return model.objects.unscoped(WRITES)

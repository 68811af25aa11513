"""Acts: begun with their entry in the record, and undone by another."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from bangfu.access.data import Actor, NotThere
from bangfu.access.policy import require
from bangfu.audit.acts import acts
from bangfu.audit.data import Act as Said
from bangfu.audit.data import By
from bangfu.audit.services import record
from bangfu.kernel.clock import OFFICE_TIME
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.privacy.models import Kind
from bangfu.registry.bulk import chunked
from bangfu.registry.facts import groups
from bangfu.registry.models import (
    VERSIONS,
    Act,
    Assignment,
    Household,
    How,
    Payment,
    PaymentList,
    Settlement,
    Touched,
)
from bangfu.registry.services.built_on import LINES, first_built_on
from bangfu.registry.versions import PAPERS, WRITES, take_back

# Of whom a household member may have one; both can be the same by mistake, and are then found.
NUMBERS = (Kind.ID_CARD, Kind.DISABILITY_CARD)


def begin(by: By, how: How, said: Said, source: str = "", *, touches: Iterable[int] = ()) -> Act:
    """Record an act, so that facts can be written under it. Within the act's own transaction.

    `touches` are the households of which it changes what is assessed; those known only later follow by `touch`.
    """
    act = Act.objects.create(at=by.at, how=how, entry_id=record(by, said), source=source)
    touch(act, touches)
    return act


def touch(act: Act, households: Iterable[int]) -> None:
    """Note that the verdicts of these households are stale by an act. Whoever writes facts or money has to."""
    rows = [Touched(household_id=household, act=act) for household in sorted(set(households))]
    Touched.objects.bulk_create(rows, ignore_conflicts=True)


def touch_sharing(act: Act) -> None:
    """Note the same of households with a number that somebody has, or had, whose number the act recorded: a check looks at both."""
    touch(act, _sharing(act))


def touch_all(act: Act) -> None:
    """Note the same of every household of which an act recorded anything."""
    touch(act, {*households_of(act), *_homes_ever(act), *_sharing(act)})


def _sharing(act: Act) -> Iterable[int]:
    return sharing_with(VERSIONS["papers"].objects.unscoped(WRITES).filter(act=act).values("thing"))


def sharing_with(persons: Any) -> Iterable[int]:
    """The households of others with a number that one of these persons has, or had."""
    rows = VERSIONS["papers"].objects.unscoped(WRITES)
    numbers = rows.filter(thing__in=persons, id_number__isnull=False).values("id_number__exact_index")
    others = rows.filter(is_current=True, id_number__kind__in=NUMBERS, id_number__exact_index__in=numbers)
    others = others.exclude(thing__in=persons)
    return others.exclude(thing__household=None).values_list("thing__household_id", flat=True).distinct()


def _homes_ever(act: Act) -> set[int]:
    """The households to which those belong, or ever did, whom an act put into one."""
    rows: Any = VERSIONS["membership"].objects.unscoped(WRITES)
    moved = rows.filter(act=act).values("thing")
    return set(rows.filter(thing__in=moved).values_list("household_id", flat=True).distinct())


def lock_household(actor: Actor, household: int, permission: str) -> Household:
    """A household, locked, if the actor sees it and may do that to it. Raises NotThere, Denied.

    As for a change of anything but its key: whoever writes tasks of it, and holds the place for which this one is to wait, does not wait for it.
    """
    if not Household.objects.seen_by(actor).filter(pk=household).exists():
        raise NotThere
    found = Household.objects.unscoped(WRITES).select_for_update(no_key=True).get(pk=household)
    require(actor, permission, found.place_id)
    return found


def lock_households(actor: Actor, households: Iterable[int], permission: str) -> dict[int, Household]:
    """Households, locked in one order, so that two acts never wait for each other. Raises as `lock_household`."""
    return {household: lock_household(actor, household, permission) for household in sorted(set(households))}


def hold_households(households: Iterable[int]) -> list[Household]:
    """Households, locked in the same order and way, whoever asks; an act on many at once asks the policy of its own."""
    found: list[Household] = []
    for some in chunked(sorted(set(households))):
        rows = Household.objects.unscoped(WRITES).filter(pk__in=some).order_by("pk")
        found += rows.select_for_update(no_key=True)
    return found


def undo(by: By, actor: Actor, act: int) -> int:
    """Undo an act as a whole by a new one, whose id is returned: what it recorded then counts as never recorded.

    Raises DomainError for what is no act to be undone, for one on which later acts were built (undo these first), and NotThere for one
    that touches a household which the actor does not see.
    """
    with transaction.atomic():
        found = Act.objects.select_for_update().filter(pk=act).first()
        if found is None:
            raise NotThere
        touched = households_of(found)
        seen = set(Household.objects.seen_by(actor).filter(pk__in=touched).values_list("pk", flat=True))
        if seen != touched or not (touched or PaymentList.objects.filter(act=found).exists()):
            raise NotThere
        if not touched:
            # A list of which every line was set aside lies nowhere.
            require(actor, "households.import")
        locked = hold_households(touched)
        for place in {household.place_id for household in locked}:
            require(actor, "households.keep", place)
        _refuse(found)
        changed = touched | _homes_ever(found)
        undone = begin_undo(by, found, locked)
        # Where they live last: places are held from then on, and what lists show of any household is written before that.
        for group in sorted(VERSIONS, key=lambda each: each == "residence"):
            take_back(group, found)
        for model in LINES:
            rows = model.objects.unscoped(WRITES)
            corrected = list(rows.filter(act=found).exclude(corrects=None).values_list("corrects_id", flat=True))
            rows.filter(act=found).update(stands=False)
            rows.filter(pk__in=corrected).update(stands=True)
        for papers in PAPERS:
            papers.objects.unscoped(WRITES).filter(act=found).update(stands=False)
        _take_back_assignments(found, undone)
        Payment.objects.unscoped(WRITES).filter(act=found).update(undone=undone)
        touch(undone, changed | set(_sharing(found)))
        return undone.pk


def is_undone(act: int) -> bool:
    """Whether an act counts no more."""
    return bool(undone_of([act]))


def undone_of(acts: Iterable[int]) -> set[int]:
    """Of these acts those that count no more."""
    return {each.undoes_id for each in Act.objects.filter(undoes__in=acts) if each.undoes_id is not None}


def _take_back_assignments(act: Act, undone: Act) -> None:
    """Those that the act made count no more, and those that it ended go on."""
    rows = Assignment.objects.unscoped(WRITES)
    rows.filter(act=act, undone=None).update(undone=undone)
    rows.filter(undone=act).update(undone=None)
    rows.filter(ended_by=act).update(held_until=None, ended_by=None)


def begin_undo(by: By, act: Act, touched: Sequence[Household]) -> Act:
    """Record that an act is undone: as done to the household that it touched, where that is one alone, so that it is found under it."""
    words = {"act": How(act.how).label, "undone": act.entry_id}
    if len(touched) == 1:
        said = Said("registry.undo", f"household:{touched[0].pk}", touched[0].place_id, words)
    else:
        said = Said("registry.undo", f"act:{act.pk}", words=words)
    return Act.objects.create(at=by.at, how=How.UNDO, entry_id=record(by, said), undoes=act)


def households_of(act: Act) -> set[int]:
    """The households that an act touched."""
    touched: set[int | None] = set()
    for name, model in VERSIONS.items():
        rows = model.objects.unscoped(WRITES).filter(act=act)
        path = "thing_id" if groups()[name].of == "household" else "thing__household_id"
        touched |= set(rows.values_list(path, flat=True).distinct())
        if name == "membership":
            touched |= set(rows.values_list("household_id", flat=True).distinct())
    for line in LINES:
        touched |= set(line.objects.unscoped(WRITES).filter(act=act).values_list("household_id", flat=True).distinct())
    for papers, path in PAPERS.items():
        rows = papers.objects.unscoped(WRITES).filter(act=act)
        for household in (f"{path}household_id", f"{path}person__household_id"):
            touched |= set(rows.values_list(household, flat=True).distinct())
    return {each for each in touched if each is not None}


def _refuse(act: Act) -> None:
    if act.how == How.UNDO or Act.objects.filter(undoes=act).exists():
        raise DomainError(
            "NOT_TO_BE_UNDONE",
            Text(
                "这次办理已经撤销，或本身就是撤销；请重新登记。",
                "This was undone already, or is itself an undoing; record it anew.",
            ),
        )
    settled = Settlement.objects.unscoped(WRITES).filter(reopened=None)
    for line in LINES:
        # A correction may have taken money out of another year, where it would be again.
        touched = line.objects.unscoped(WRITES).filter(Q(act=act) | Q(corrected_by__act=act))
        mine = touched.filter(household=OuterRef("household"), year=OuterRef("year"))
        year = settled.filter(Exists(mine)).values_list("year", flat=True).first()
        if year is not None:
            raise DomainError(
                "YEAR_SETTLED",
                Text(
                    f"{year} 年收支已结清，请先重新打开该年度。",
                    f"The ledger of {year} is settled; open the year again first.",
                ),
            )
    first = first_built_on(act)
    if first is not None:
        raise _built_on(first)


def _built_on(first: Act) -> DomainError:
    named, at = acts()[first.entry.act], first.at.astimezone(OFFICE_TIME).strftime("%Y-%m-%d %H:%M")
    said = Text(
        f"{at} 的“{named.zh}”（第 {first.pk} 次登记）是在这次的基础上办的",
        f"“{named.en}” of {at} (act {first.pk}) was built on this one",
    )
    # Assignments are the only acts to build on something that are withdrawn one by one, and not undone.
    if households_of(first):
        return DomainError("BUILT_ON", Text(f"{said.zh}，请先撤销它。", f"{said.en}; undo that first."))
    return DomainError(
        "BUILT_ON",
        Text(
            f"{said.zh}，请先在户的“结对帮扶”里撤销那项结对。",
            f"{said.en}; withdraw that assignment first, among the household's helpers.",
        ),
    )

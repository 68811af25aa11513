"""What recording something would make of a household, worked out and not written: for whoever wants to see what comes of it first."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from bangfu.access.data import Actor, NotThere
from bangfu.privacy.keys import KeyRing
from bangfu.privacy.services import sealed_number
from bangfu.registry.data import NewFacts
from bangfu.registry.facts import Group, groups
from bangfu.registry.homes import Foreseen
from bangfu.registry.models import Household, Receipt
from bangfu.registry.services.facts import check_thing, inheriting, read_number
from bangfu.registry.services.ledger import NewLine, check_amount, check_year
from bangfu.registry.services.receipts import NewReceipt, booked_as, check_receipt
from bangfu.registry.values import check
from bangfu.registry.versions import holding, standing, values_of

OF_SEEN = "of a household that the actor sees"


def facts_foreseen(ring: KeyRing, actor: Actor, household: int, facts: NewFacts, day: date) -> Foreseen:
    """Facts of a group, as they would hold on a day. Raises NotThere, and DomainError for values that do not fit."""
    _check_seen(actor, household)
    group = groups()[facts.group]
    check_thing(group, facts.thing, household)
    known = standing(group.name, facts.thing)
    before = holding(known, facts.valid_from)
    old = values_of(group, before) if before else dict.fromkeys(group.fields)
    given = _given(ring, group, facts.values)
    values = {**old, **given}
    check(group, values)
    made = {facts.valid_from: values}
    if facts.carry:
        by_day = {version.valid_from: values_of(group, version) for version in known}
        changed = [name for name in given if values[name] != old[name]]
        for each in inheriting(group, known, facts.valid_from, old, changed):
            made[each.valid_from] = {**by_day[each.valid_from], **{name: values[name] for name in each.fields}}
    holds = max((each for each in {*made, *(version.valid_from for version in known)} if each <= day), default=None)
    # Where something else holds on the day, what is recorded does not reach it.
    return Foreseen(facts={(group.name, facts.thing): made[holds]}) if holds in made else Foreseen()


def ledger_foreseen(actor: Actor, household: int, year: int, lines: Sequence[NewLine]) -> Foreseen:
    """Ledger lines of a year. Raises NotThere, and DomainError for what no line can say."""
    _check_seen(actor, household)
    check_year(year)
    for line in lines:
        check_amount(line.amount or 0)
    return Foreseen(
        lines_gone=frozenset(line.corrects for line in lines if line.corrects is not None),
        lines=tuple((line.person, year, line.item, line.amount) for line in lines if line.amount is not None),
    )


def receipt_foreseen(
    actor: Actor, household: int, new: NewReceipt | None, day: date, corrects: int | None = None
) -> Foreseen:
    """A receipt with the ledger lines that it books, in place of another (`corrects`), or that one withdrawn. Raises NotThere, DomainError."""
    _check_seen(actor, household)
    old = Receipt.objects.unscoped(OF_SEEN).filter(pk=corrects, household=household, stands=True).first()
    if corrects is not None and old is None:
        raise NotThere
    gone = frozenset() if old is None else frozenset({old.pk})
    if new is not None:
        check_receipt(actor, new)
    if new is None or (new.paid_on is not None and new.paid_on > day):
        return Foreseen(receipts_gone=gone)
    items = () if old is not None and old.of_file else booked_as(new.policy)
    return Foreseen(
        receipts_gone=gone,
        receipts=((new.person, new.year, new.policy, new.amount),),
        lines=tuple((new.person, new.year, item, new.amount) for item in items),
    )


def _given(ring: KeyRing, group: Group, values: Mapping[str, Any]) -> dict[str, Any]:
    """As the table would keep it, but for a number: its index stands for it, by which it is told from others."""
    if group.name != "papers" or "id_number" not in values:
        return dict(values)
    if values["id_number"] is None:
        return dict.fromkeys(group.fields)
    kind, plain, told = read_number(values["id_number"])
    return {"id_number": sealed_number(ring, kind, plain).exact_index, **told}


def _check_seen(actor: Actor, household: int) -> None:
    if not Household.objects.seen_by(actor).filter(pk=household).exists():
        raise NotThere

"""What lists should read of every household, worked out the long way: from what is current, a household and a verdict at a time."""

from typing import Any

from bangfu.assessment.models import VERDICTS
from bangfu.engine.request import book_of
from bangfu.registry.models import VERSIONS, Household, Listed, NamePart, Person
from bangfu.registry.spelling import parts_of

RECORDED = ("number", "place_id", "head", "members", "status", "category", "cause")


def listed() -> dict[int, tuple[Any, ...]]:
    """What is recorded of each household, as the rows of lists have it."""
    return {row.pk: tuple(getattr(row, name) for name in RECORDED) for row in Listed.objects.unscoped("test")}


def should_be_listed() -> dict[int, tuple[Any, ...]]:
    return {each.pk: _recorded(each) for each in Household.objects.unscoped("test")}


def found_by() -> set[tuple[int, str]]:
    return set(NamePart.objects.unscoped("test").values_list("household_id", "part"))


def should_be_found_by() -> set[tuple[int, str]]:
    return {
        (person.household_id or 0, part)
        for person in Person.objects.unscoped("test").exclude(household=None)
        for part in parts_of(getattr(_current("identity", person.pk), "name", None) or "")
    }


def _recorded(household: Household) -> tuple[Any, ...]:
    residence, registration = _current("residence", household.pk), _current("registration", household.pk)
    belonging = VERSIONS["membership"].objects.unscoped("test").filter(household=household, is_current=True)
    persons = [(v, _current("identity", v.thing_id)) for v in belonging if v.left_on is None]
    heads = [who for v, who in persons if v.relation == "head"]
    leading = [who for who in heads if who is None or who.died_on is None]
    return (
        household.number,
        None if residence is None or residence.dissolved else household.place_id,
        max((getattr(who, "name", None) or "" for who in leading or heads), default=""),
        sum(1 for _, who in persons if who is None or who.died_on is None),
        getattr(registration, "status", None) or "",
        getattr(registration, "category", None) or "",
        getattr(registration, "main_cause", None) or "",
    )


def _current(group: str, thing: int) -> Any:
    return VERSIONS[group].objects.unscoped("test").filter(thing=thing, is_current=True).first()


def summed() -> dict[int, tuple[Any, ...]]:
    """What is judged of each household, as the rows of lists have it."""
    names = ("assessed", "net_income", "housing", "missing_amount", "due", "received", "unknown_policies")
    more = (
        "due_policies",
        "paid_policies",
        "missing_policies",
        "unexplained_policies",
        "asking_policies",
        "errors",
        "warnings",
        "clues",
    )
    rows = Listed.objects.unscoped("test")
    return {row.pk: tuple(getattr(row, name) for name in (*names, *more)) for row in rows}


def should_be_summed() -> dict[int, tuple[Any, ...]]:
    return {each.pk: _summed(each.pk) for each in Household.objects.unscoped("test")}


def _summed(household: int) -> tuple[Any, ...]:
    stands: dict[str, list[Any]] = {
        table: list(model.objects.unscoped("test").filter(household=household, until=None))
        for table, model in VERDICTS.items()
    }
    verdict = next(iter(stands["assessment"]), None)
    policies, findings = stands["entitlement"], stands["finding"]
    unknown = [p for p in policies if p.verdict == "unknown"]
    said = [getattr(verdict, name, None) for name in ("net_income", "housing", "missing_amount")]
    reconciled = [p.reconciliation for p in policies]
    due = [p for p in policies if (p.due_low or 0) > 0]
    return (
        verdict is not None,
        *said,
        sum(p.due_low or 0 for p in policies),
        sum(p.received or 0 for p in policies),
        len(unknown),
        len(due),
        sum(1 for p in due if p.reconciliation in ("matched", "over")),
        reconciled.count("missing") + reconciled.count("under"),
        reconciled.count("over") + reconciled.count("unexplained"),
        sum(1 for p in unknown if (benefit := book_of(()).policies[p.policy_id].benefit) and benefit.kind == "cash"),
        *([each.severity for each in findings].count(severity) for severity in ("error", "warning", "clue")),
    )

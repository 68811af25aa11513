"""What later acts built on one, which would be left without its ground were that one undone."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Q

from bangfu.registry.facts import groups
from bangfu.registry.models import VERSIONS, Act, Assignment, Evidence, EvidenceCheck, LedgerLine, Receipt
from bangfu.registry.versions import WRITES

LINES = (Receipt, LedgerLine)


def first_built_on(act: Act) -> int | None:
    """The first of the acts that still count and that built on one; None where none did."""
    every: tuple[Any, ...] = (*VERSIONS.values(), *LINES)
    later = [_built_on(model, act) for model in every]
    later += [_first(EvidenceCheck.objects.unscoped(WRITES).filter(evidence__act=act), act)]
    later += [_first(rows, act) for rows in _on_what_it_made(act)]
    return min((each for each in later if each is not None), default=None)


def _built_on(model: Any, act: Act) -> int | None:
    return _first(model.objects.unscoped(WRITES).filter(corrects__act=act), act)


def _on_what_it_made(act: Act) -> Iterator[Any]:
    """Whatever is recorded of the households and persons that there would be no more."""
    households, persons = _made(act, "residence"), _made(act, "membership")
    for name, model in VERSIONS.items():
        rows = model.objects.unscoped(WRITES)
        match groups()[name].of:
            case "household":
                yield rows.filter(thing__in=households)
            case "person":
                yield rows.filter(thing__in=persons)
            case _:
                yield rows.filter(thing__household__in=households)
    yield VERSIONS["membership"].objects.unscoped(WRITES).filter(household__in=households)
    every: tuple[Any, ...] = (*LINES, Assignment)
    yield from (model.objects.unscoped(WRITES).filter(household__in=households) for model in every)
    yield Evidence.objects.unscoped(WRITES).filter(Q(household__in=households) | Q(person__in=persons))


def _made(act: Act, group: str) -> Any:
    """The things of which nothing would stand without the act."""
    rows = VERSIONS[group].objects.unscoped(WRITES)
    kept = rows.filter(stands=True).exclude(act=act).values("thing")
    return rows.filter(act=act).exclude(thing__in=kept).values("thing")


def _first(rows: Any, act: Act) -> int | None:
    """The first of the acts of these rows that still count, but for one."""
    found: int | None = (
        rows.exclude(act=act).filter(act__undone_by=None).order_by("act_id").values_list("act_id", flat=True).first()
    )
    return found

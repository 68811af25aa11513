"""What can be asked of a household, as a condition on the rows that lists read; the words for each stand in measures.yaml."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db.models import Exists, OuterRef, Q

from bangfu.access.data import Actor
from bangfu.kernel.listed import listed_in
from bangfu.kernel.words import Text
from bangfu.registry.dossiers import in_dossiers
from bangfu.registry.helping import is_helped
from bangfu.registry.models import EvidenceCheck, Judged, Touched

OF_LISTED = "narrowed to the households of which the actor sees the row"
GUARANTEES = ("food", "clothing", "education", "medical", "housing", "water")
Condition = Callable[[Actor], Any]


@dataclass(frozen=True, slots=True)
class Measure:
    """Something that can be asked. `waits`: the first page counts it, and opens the list, or (`opens`) another page. `money`: the column summed beside it."""

    name: str
    of: str
    text: Text
    waits: bool = False
    money: str = ""
    says: Text | None = None
    opens: str = ""


# What a measure is of, as filters group them.
KINDS: Mapping[str, Text] = {
    "helpers": Text("结对帮扶", "Helpers"),
    "questions": Text("待核实", "Unknown"),
    "money": Text("应享与已享", "Due and received"),
    "income": Text("收入", "Income"),
    "guarantees": Text("两不愁三保障、纳入和退出", "Guarantees, entry and exit"),
    "findings": Text("疑点", "Findings"),
    "papers": Text("档案", "Papers"),
    "file": Text("资料", "File"),
}


@cache
def measures() -> Mapping[str, Measure]:
    listed: dict[str, Any] = listed_in("bangfu.reports", "measures.yaml")
    return {name: _measure(name, said) for name, said in listed.items()}


def holds(name: str, actor: Actor) -> Any:
    """The condition of a measure on rows of `Listed`. Raises KeyError for one that there is not."""
    return CONDITIONS[name](actor)


def _measure(name: str, said: Mapping[str, Any]) -> Measure:
    says = Text(said["says"]["zh"], said["says"]["en"]) if "says" in said else None
    return Measure(
        name,
        said["of"],
        Text(said["zh"], said["en"]),
        said.get("waits", False),
        said.get("money", ""),
        says,
        said.get("opens", ""),
    )


def _wrong_papers(actor: Actor) -> Any:
    """That a paper of its dossier was found wrong, or is good no more, and none of its kind is right in its place."""
    kept = in_dossiers(actor.day)
    good = kept.filter(_good(actor), Q(household=OuterRef("household")) | Q(person=OuterRef("person")))
    faulty = kept.exclude(_good(actor)).filter(~Exists(good.filter(kind=OuterRef("kind"))))
    of_household = faulty.exclude(household=None).values("household")
    of_person = faulty.exclude(person=None).values("person__household")
    return Q(household__in=of_household) | Q(household__in=of_person)


def _good(actor: Actor) -> Q:
    """That a paper has not expired, and was not found wrong by the last who compared it."""
    checks = EvidenceCheck.objects.unscoped(OF_LISTED).filter(stands=True)
    later = checks.filter(evidence=OuterRef("evidence"), act__gt=OuterRef("act"))
    wrong = checks.filter(~Exists(later), evidence=OuterRef("pk"), result=Judged.WRONG)
    return (Q(expires_on=None) | Q(expires_on__gte=actor.day)) & ~Q(Exists(wrong))


def _said(condition: Q) -> Condition:
    return lambda _: condition


_CLEAN = Q(unknown_policies=0, errors=0, warnings=0, clues=0, net_income__isnull=False)
_FAILS = {name: Q((name, False)) for name in GUARANTEES}
CONDITIONS: Mapping[str, Condition] = {
    "no_village_helper": lambda actor: ~is_helped("village", actor.day, "household"),
    "no_district_helper": lambda actor: ~is_helped("district", actor.day, "household"),
    "asks": _said(Q(asking_policies__gt=0)),
    "missing": _said(Q(missing_policies__gt=0)),
    "unexplained": _said(Q(unexplained_policies__gt=0)),
    "unsettled": _said(Q(assessed=True, net_income=None)),
    "errors": _said(Q(errors__gt=0)),
    "warnings": _said(Q(warnings__gt=0)),
    "clues": _said(Q(clues__gt=0)),
    "missing_papers": _said(Q(missing_papers__gt=0)),
    "papers": _wrong_papers,
    "stale": lambda _: Q(household__in=Touched.objects.unscoped(OF_LISTED).filter(assessed=False).values("household")),
    "below_line": _said(Q(below_line=True)),
    "below_by_none": _said(Q(below_line=False)),
    "fails": _said(
        _FAILS["food"]
        | _FAILS["clothing"]
        | _FAILS["education"]
        | _FAILS["medical"]
        | _FAILS["housing"]
        | _FAILS["water"]
    ),
    **{f"fails_{name}": _said(condition) for name, condition in _FAILS.items()},
    "not_out": _said(Q(meets_exit=False)),
    "exit_unknown": _said(Q(assessed=True, meets_exit=None)),
    "enters": _said(Q(meets_entry=True)),
    "unknown": _said(Q(unknown_policies__gt=0)),
    "exact": _said(_CLEAN & Q(assessed=True)),
    "inexact": _said(~(_CLEAN & Q(assessed=True))),
    "unassessed": _said(Q(assessed=False)),
}

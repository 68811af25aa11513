"""Verdicts of a household with their reasons, and what is unknown as a link to the field where it is filled in."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from bangfu.assessment.household import OPEN, Explained
from bangfu.engine.request import book_of
from bangfu.kernel.schema import schema
from bangfu.kernel.words import Lang, Text
from bangfu.registry.household_file import File
from bangfu.rulebook.explain import ConditionSeen, PolicySeen, VerdictSeen
from bangfu.rulebook.trail import FactSeen
from bangfu.web.households.parts import fields_of_columns

UNNAMED = Text("登记时没有写明是谁领的", "the receipt names no person")
# A question names so many of the policies that hang on it.
NAMED = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """A fact to ask for: of whom ("" for the household), what a year may hang on it in fen, and where it is filled in ("" where it is not by a form)."""

    who: str
    label: str
    money: int
    policies: tuple[str, ...]
    more: int
    url: str


@dataclass(frozen=True, slots=True)
class FactTold:
    """A fact that a condition looked at; `url` where it is unknown, and can be filled in."""

    who: str
    label: Text
    value: str
    unknown: bool
    url: str


@dataclass(frozen=True, slots=True)
class Told:
    """A guarantee, a standard or a condition: whether it holds (None: unknown), its clause, and what it rests on."""

    label: str
    clause: str
    held: bool | None
    facts: tuple[FactTold, ...] = ()
    conditions: tuple["Told", ...] = ()


@dataclass(frozen=True, slots=True)
class PolicyTold:
    """A policy for somebody ("" for the household), amounts in fen, in words. `reasons`: what fails, is unknown, or bars it."""

    label: str
    clause: str
    who: str
    verdict: str
    due_low: int | None
    due_high: int | None
    received: int
    reconciliation: str
    open: bool
    reasons: tuple[str, ...]
    sums: tuple[str, ...] = ()
    papers: tuple[str, ...] = ()
    apply_at: str = ""
    ask: tuple[FactTold, ...] = ()


@dataclass(frozen=True, slots=True)
class NotDue:
    """A policy that is due to nobody of these, for one reason."""

    label: str
    clause: str
    who: tuple[str, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policies:
    """All policies by what comes of them. `soon`: kept from being due by one thing only, and what would change that."""

    due: tuple[PolicyTold, ...]
    unknown: tuple[PolicyTold, ...]
    unexplained: tuple[PolicyTold, ...]
    excluded: tuple[PolicyTold, ...]
    ended: tuple[PolicyTold, ...]
    not_due: tuple[NotDue, ...]
    soon: tuple[tuple[str, str, str], ...]


class _Teller:
    """Puts names and links to what an explanation says of one household."""

    def __init__(self, explained: Explained, found: File) -> None:
        self.household = found.id
        self.persons = explained.persons
        self.names = {each.number: each.name or each.number for each in found.members}

    def who(self, number: str | None) -> str:
        return self.names.get(number, number) if number else ""

    def url(self, number: str, column: str) -> str:
        """Where a fact is filled in; "" where only a procedure changes it."""
        group, field = fields_of_columns().get(column, ("", ""))
        thing = self.persons.get(number) if number else self.household
        if not group or thing is None:
            return ""
        return reverse("web:facts-change", args=[self.household, group, thing], query={"ask": field})

    def fact(self, seen: FactSeen) -> FactTold:
        url = self.url(seen.person_id, seen.column) if seen.unknown else ""
        return FactTold(self.who(seen.person_id), seen.label, seen.value, seen.unknown, url)

    def condition(self, seen: ConditionSeen) -> Told:
        # Of a condition that holds all the same, what is unknown does not matter.
        facts = [fact for fact in seen.facts if not (seen.held and fact.unknown)]
        return Told(seen.label, seen.clause, seen.held, tuple(self.fact(fact) for fact in facts))

    def verdict(self, seen: VerdictSeen) -> Told:
        return Told(seen.label, seen.clause, seen.held, (), tuple(self.condition(each) for each in seen.conditions))

    def policy(self, seen: PolicySeen, lang: Lang) -> PolicyTold:
        row, codes = seen.row, schema()
        reconciliation = row["reconciliation"] or ""
        wanting = [each for each in seen.conditions if each.held is not True]
        unknown = {(f.person_id, f.column): f for each in wanting for f in each.facts if f.unknown and f.column}
        return PolicyTold(
            label=seen.label,
            clause=seen.clause,
            who=self.who(row["person_id"]),
            verdict=codes.label("verdict", row["verdict"], lang),
            due_low=row["due_low"],
            due_high=row["due_high"],
            received=row["received"],
            reconciliation=codes.label("reconciliation", reconciliation, lang) if reconciliation else "",
            open=reconciliation in OPEN,
            reasons=(seen.instead,) if seen.instead else tuple(each.label for each in wanting),
            sums=seen.sums,
            papers=seen.papers,
            apply_at=seen.apply_at,
            ask=tuple(self.fact(each) for each in unknown.values()) if row["verdict"] == "unknown" else (),
        )


def asked_of(explained: Explained, found: File) -> tuple[Asked, ...]:
    """What to ask, most money first."""
    teller = _Teller(explained, found)
    labels = {each.row["policy_id"]: each.label for each in explained.told.policies}
    made = []
    for question in explained.told.questions:
        names = [labels[each] for each in question.policies if each in labels]
        url = teller.url(question.person_id, question.column)
        who = teller.who(question.person_id)
        more = max(0, len(names) - NAMED)
        made.append(Asked(who, question.label, question.money, tuple(names[:NAMED]), more, url))
    return tuple(made)


def guarantees_of(explained: Explained, found: File) -> tuple[tuple[Told, ...], ...]:
    """The guarantees, the tests against the line, and the standards of entry and exit."""
    teller, told = _Teller(explained, found), explained.told
    return tuple(
        tuple(teller.verdict(each) for each in parts) for parts in (told.guarantees, told.tests, told.standards)
    )


def policies_of(explained: Explained, found: File, lang: Lang) -> Policies:
    teller, told = _Teller(explained, found), explained.told
    by: dict[str, list[PolicyTold]] = {}
    not_due: dict[tuple[str, tuple[str, ...]], list[PolicyTold]] = {}
    for seen in told.policies:
        made = teller.policy(seen, lang)
        if seen.row["verdict"] != "not_entitled":
            by.setdefault(seen.row["verdict"], []).append(made)
        elif made.received:
            by.setdefault("unexplained", []).append(made)
        else:
            not_due.setdefault((made.label, made.reasons), []).append(made)
    unnamed = list(_unnamed(told.unnamed, lang))
    return Policies(
        due=tuple(sorted(by.get("entitled", ()), key=lambda each: not each.open)),
        unknown=tuple(by.get("unknown", ())),
        unexplained=(*by.get("unexplained", ()), *unnamed),
        excluded=tuple(by.get("excluded", ())),
        ended=tuple(by.get("ended", ())),
        not_due=tuple(
            NotDue(label, rows[0].clause, tuple(row.who for row in rows if row.who), reasons)
            for (label, reasons), rows in not_due.items()
        ),
        soon=tuple((miss.label, teller.who(miss.person_id), miss.change) for miss in told.misses),
    )


def _unnamed(rows: Iterable[dict[str, Any]], lang: Lang) -> Iterator[PolicyTold]:
    """Money of a policy of persons that came without a name."""
    codes, labels = schema(), book_of(()).policy_codes()
    for row in rows:
        yield PolicyTold(
            label=labels[row["policy_id"]].label.say(lang),
            clause="",
            who="",
            verdict=codes.label("verdict", row["verdict"], lang),
            due_low=row["due_low"],
            due_high=row["due_high"],
            received=row["received"],
            reconciliation=codes.label("reconciliation", row["reconciliation"], lang) if row["reconciliation"] else "",
            open=True,
            reasons=(UNNAMED.say(lang),),
        )

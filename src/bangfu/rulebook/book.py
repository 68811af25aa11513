"""What a rulebook holds, once read and type-checked: parameters, named parts, policies, exclusions, checks, kinds of evidence.

Everything here is immutable; `load.py` makes it from the layers' files, `resolve.py` takes from it what is in force for a run.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from bangfu.kernel.schema import Code
from bangfu.kernel.words import Text
from bangfu.rulebook.source import Where
from bangfu.rulebook.tree import Node, Type

Unit = Literal["yuan", "years", "months", "count", "percent", "yes_no", "choice"]
Accrual = Literal["month", "year", "term", "event", "once"]
BenefitKind = Literal["cash", "waiver", "service", "loan"]
Nature = Literal["fixed", "mean", "minimum", "ceiling"]
Severity = Literal["error", "warning", "clue"]
ParameterValue = int | bool | str


@dataclass(frozen=True, slots=True)
class Reading:
    """A choice made where the source leaves one (待核)."""

    id: str
    question: Text
    choice: Text
    turns_on: Text
    elsewhere: Text | None
    money: bool
    parameter: str


@dataclass(frozen=True, slots=True)
class Dated:
    """One value of a parameter: in force from `from_day` to `until_day`, both included (None = open), or for one income year.

    `value` is fen for yuan, ten-thousandths for percent, else as written. `place` is a division-code prefix or a unit's id, "" everywhere.
    """

    value: ParameterValue
    from_day: int | None
    until_day: int | None
    year: int | None
    place: str
    source: Text | None
    unverified: bool
    layer: str
    where: Where

    def covers(self, day: int) -> bool:
        return (self.from_day is None or self.from_day <= day) and (self.until_day is None or day <= self.until_day)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number or a choice of the book. `choices`: of a choice, the codes that it may have, in the order of the book, with their words."""

    id: str
    label: Text
    unit: Unit
    per: str
    clause: str
    choices: Mapping[str, Text]
    by_income_year: bool
    values: tuple[Dated, ...]  # of the highest layer that gives any last; see resolve.py
    type: Type
    readings: tuple[Reading, ...]
    where: Where


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that must hold, with what people read and where it stands in the source."""

    id: str
    label: Text
    clause: str
    node: Node
    where: Where


@dataclass(frozen=True, slots=True)
class PartSignature:
    """What an expression may know of a named part: where it lives, its type, and whether it needs the household around a person."""

    table: Literal["household", "person"]
    type: Type
    daily: bool
    needs_household: bool


@dataclass(frozen=True, slots=True)
class Part:
    """A named expression: a term, an income line, a line test, a guarantee or a standard."""

    id: str
    role: Literal["term", "line", "test", "guarantee", "standard"]
    label: Text
    clause: str
    signature: PartSignature
    node: Node
    conditions: tuple[Condition, ...]  # of guarantees and standards; `node` is their conjunction
    readings: tuple[Reading, ...]
    where: Where


@dataclass(frozen=True, slots=True)
class Benefit:
    """What a policy gives. `accrues`, `amount` and `nature` are of cash alone; `amount` is fen over its type's denominator."""

    kind: BenefitKind
    accrues: Accrual | None
    amount: Node | None
    nature: Nature | None
    drawn_elsewhere: bool


@dataclass(frozen=True, slots=True)
class Books:
    """The ledger items as which money received is booked: income, and what is taken off a cost ("" where there is none)."""

    income: str = ""
    aid: str = ""

    @property
    def items(self) -> tuple[str, ...]:
        return tuple(item for item in (self.income, self.aid) if item)


@dataclass(frozen=True, slots=True)
class PaidAs:
    """What payment lists call a policy; several policies where the names alone do not tell which."""

    id: str
    names: tuple[str, ...]
    policies: tuple[str, ...]
    where: Where


@dataclass(frozen=True, slots=True)
class Policy:
    """`from_day` and `until_day` bound the rule itself, both included. `evaluated` is False where the source gives no terms."""

    id: str
    label: Text
    clause: str
    sector: str
    level: Text | None
    person: bool
    evaluated: bool
    conditions: tuple[Condition, ...]
    benefit: Benefit | None
    books: Books
    receipt_explained_when: Node | None
    papers: tuple[Text, ...]
    apply_at: Text | None
    details: Text | None
    from_day: int | None
    until_day: int | None
    readings: tuple[Reading, ...]
    layer: str
    where: Where


@dataclass(frozen=True, slots=True)
class Exclusion:
    """`barred`: each of `policies` is excluded on a day where one of `by` is due. `one_of`: of `policies` one stands."""

    id: str
    kind: Literal["barred", "one_of"]
    label: Text | None
    clause: str
    policies: tuple[str, ...]
    by: tuple[str, ...]
    applies: Node | None
    readings: tuple[Reading, ...]
    where: Where


@dataclass(frozen=True, slots=True)
class Check:
    id: str
    table: Literal["household", "person", "ledger", "receipt"]
    severity: Severity
    label: Text
    source: str
    when: Node
    show: Mapping[str, Node]
    message: Text
    readings: tuple[Reading, ...]
    where: Where


@dataclass(frozen=True, slots=True)
class EvidenceKind:
    """A kind of paper in a household's dossier, of the household or of each member. `required` says when it has to be there; None: never."""

    id: str
    table: Literal["household", "person"]
    group: str
    label: Text
    clause: str
    expires: bool
    required: Node | None
    readings: tuple[Reading, ...]
    where: Where


@dataclass(frozen=True, slots=True)
class NotChecked:
    """A check of the source list that the facts do not allow, and the fact it lacks."""

    source: str
    label: Text
    lacks: Text


@dataclass(frozen=True, slots=True)
class Term:
    """Half a yearly sum: the month-day on which it accrues and by which it must have been paid (401 = 1 April)."""

    accrues: int
    expected: int


@dataclass(frozen=True, slots=True)
class Calendar:
    """Month-days as integers (831 = 31 August)."""

    school_age_day: int
    autumn_starts: int
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class OrgUnit:
    """An org unit over division codes that share no prefix of their own."""

    id: str
    label: Text
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Layer:
    """Where rules came from: the shipped book, or a folder laid over it; `digest` is the SHA-256 over its files."""

    name: str
    digest: str


@dataclass(frozen=True, slots=True)
class Book:
    """A whole rulebook. Mappings keep the book's own order, which is the order in which people read it."""

    id: str
    version: str
    title: Text
    calendar: Calendar
    units: Mapping[str, OrgUnit]
    parameters: Mapping[str, Parameter]
    terms: Mapping[str, Part]
    settled: Part
    lines: Mapping[str, Part]
    tests: Mapping[str, Part]
    guarantees: Mapping[str, Part]
    standards: Mapping[str, Part]
    policies: Mapping[str, Policy]
    exclusions: Mapping[str, Exclusion]
    checks: Mapping[str, Check]
    payments: Mapping[str, PaidAs]
    evidence_groups: Mapping[str, Text]
    evidence: Mapping[str, EvidenceKind]
    not_checked: tuple[NotChecked, ...]
    layers: tuple[Layer, ...]

    @property
    def parts(self) -> dict[str, Part]:
        """Every named part, each after those it may refer to."""
        return {
            **self.terms,
            self.settled.id: self.settled,
            **self.lines,
            **self.tests,
            **self.guarantees,
            **self.standards,
        }

    @property
    def evaluated(self) -> tuple[Policy, ...]:
        """The policies that can be judged, in the book's order."""
        return tuple(policy for policy in self.policies.values() if policy.evaluated)

    def policy_codes(self) -> dict[str, Code]:
        """The policies as the code list of receipts."""
        return {policy.id: Code(policy.id, policy.label) for policy in self.policies.values()}

    def paid_as(self, name: str) -> tuple[str, ...]:
        """The policies that a name on a payment list may mean; none where it is not known."""
        sought = paid_name(name)
        for policy in self.policies.values():
            if sought in (policy.id, paid_name(policy.label.zh), paid_name(policy.label.en)):
                return (policy.id,)
        return next((e.policies for e in self.payments.values() if sought in map(paid_name, e.names)), ())


# When something was paid for is no part of what it is called.
_PERIOD = re.compile(r"\d{2,4}年度?|(\d{1,2}[-—~至])?\d{1,2}月份?|第?[一二三四1-4]季度|[上下]半年|[春秋]季(学期)?")
_MARKS = re.compile(r"[\s_\-—·、,，.()\[\]【】]+")


def paid_name(name: str) -> str:
    """A name as names are compared: without width, case, marks, and the period that it is paid for."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return _MARKS.sub("", _PERIOD.sub("", plain))

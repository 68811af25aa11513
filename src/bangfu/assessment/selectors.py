"""Reads of the room: runs, what stands of a household, and what changed. Households only as far as the actor sees them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.core.paginator import Page, Paginator

from bangfu.access.data import Actor, NotThere
from bangfu.access.policy import require
from bangfu.assessment.models import VERDICTS, Change, Run
from bangfu.assessment.services.corrections import judge_of
from bangfu.assessment.services.storing import current_run
from bangfu.engine.request import book_of
from bangfu.kernel.money import yuan_from_fen
from bangfu.kernel.schema import schema
from bangfu.kernel.words import Lang, Text
from bangfu.registry.homes import home_of
from bangfu.registry.models import Household, Person, Touched
from bangfu.rulebook.explain import Explainer
from bangfu.rulebook.questions import Question
from bangfu.rulebook.resolve import Rules

A_PAGE = 50
OF_SEEN = "of a household that the actor sees"
# What somebody has to do something about.
OPEN = ("missing", "under", "over", "unexplained")
SHOWN_CHANGES = 10


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """A policy for a person (None: the household): verdict and money as they stand, and the reasons in words."""

    id: int
    person: int | None
    policy: str
    verdict: str
    verdict_said: str
    due_low: int | None
    due_high: int | None
    received: int
    reconciliation: str
    reconciliation_said: str
    reasons: tuple[str, ...]

    @property
    def is_open(self) -> bool:
        return self.verdict == "unknown" or self.reconciliation in OPEN


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A change of a household's verdicts, with what was (`ended`) and what is (`made`) in words."""

    id: int
    at: datetime
    run: int
    correction: bool
    causes: tuple[str, ...]
    act: int | None
    ended: tuple[str, ...]
    made: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Assessed:
    """What stands of a household as of a run's day. `stale`: something was recorded since, and is being assessed."""

    as_of: date
    run: int
    stale: bool
    income_year: int | None
    figures: Mapping[str, Any]
    tests: tuple[tuple[str, bool | None], ...]
    policies: tuple[PolicyRow, ...]
    findings: tuple[tuple[str, int | None, str], ...]
    questions: tuple[Question, ...] = ()
    changes: tuple[ChangeRow, ...] = ()
    persons: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChangedRow:
    """A household whose verdicts changed, as the page of a run lists it."""

    household: int
    number: str
    at: datetime
    correction: bool
    causes: tuple[str, ...]


def runs(actor: Actor) -> list[Run]:
    """The last runs, the latest first. Raises Denied."""
    require(actor, "runs.see")
    return list(Run.objects.select_related("entry").order_by("-pk")[:A_PAGE])


def run_of(actor: Actor, run: int) -> Run:
    """Raises Denied, NotThere."""
    require(actor, "runs.see")
    found = Run.objects.select_related("entry").filter(pk=run).first()
    if found is None:
        raise NotThere
    return found


def changed_by(actor: Actor, run: int, page: str | None) -> Page[Any]:
    """Households that the actor sees whose verdicts a run changed, its corrections included, the latest change first."""
    rows = Change.objects.seen_by(actor).filter(run=run).select_related("household").order_by("-pk")
    shown: Page[Any] = Paginator(rows, A_PAGE).get_page(page)
    shown.object_list = [
        ChangedRow(row.household_id, row.household.number, row.at, row.correction, tuple(row.causes.split(";")))
        for row in shown.object_list
    ]
    return shown


def causes_of(actor: Actor, run: int) -> list[tuple[str, int]]:
    """How many changes of a run, of households that the actor sees, had which causes."""
    counted = Counter(Change.objects.seen_by(actor).filter(run=run).values_list("causes", flat=True).iterator())
    return sorted(counted.items(), key=lambda each: -each[1])


def stale_count(actor: Actor) -> int:
    """How many households that the actor sees have verdicts that are being made anew."""
    rows = Touched.objects.seen_by(actor).filter(assessed=False)
    return rows.values("household").distinct().count()


def assessed(actor: Actor, household: int, lang: Lang) -> Assessed | None:
    """What stands of a household, in words; None where it was never assessed. Raises NotThere."""
    if not Household.objects.seen_by(actor).filter(pk=household).exists():
        raise NotThere
    run = current_run()
    stands = {table: _standing(table, household) for table in VERDICTS}
    if run is None or not stands["assessment"]:
        return None
    (figures,) = stands["assessment"]
    home = home_of(household, run.as_of)
    if home is None:
        return None
    village = str(home.facts["village_code"])
    explainer = _explainer(run.as_of, village, lang)
    told = explainer.explain(home)
    numbers = {person.id for person in home.people}
    persons = dict(Person.objects.unscoped(OF_SEEN).filter(number__in=numbers).values_list("number", "pk"))
    return Assessed(
        as_of=run.as_of,
        run=run.pk,
        stale=Touched.objects.unscoped(OF_SEEN).filter(household=household, assessed=False).exists(),
        income_year=run.income_year,
        figures={
            name: getattr(figures, name) for name in schema().results["assessment"].columns if name != "household_id"
        },
        tests=tuple((part.say(lang), getattr(figures, name)) for name, part in _tests(explainer.rules).items()),
        policies=tuple(
            sorted(
                (_policy(row, explainer.rules, lang) for row in stands["entitlement"]), key=lambda row: not row.is_open
            )
        ),
        findings=tuple((row["severity"], persons.get(row["person_id"] or ""), row["message"]) for row in told.findings),
        questions=told.questions,
        changes=_changes(household, lang),
        persons=persons,
    )


def _standing(table: str, household: int) -> list[Any]:
    return list(VERDICTS[table].objects.unscoped(OF_SEEN).filter(household=household, until=None).order_by("pk"))


@lru_cache(maxsize=16)
def _explainer(day: date, village: str, lang: Lang) -> Explainer:
    """One for the villages of a page's readers; the judge behind it is shared by all villages under the same rules."""
    return Explainer(judge_of(day, village, lang))


def _tests(rules: Rules) -> dict[str, Text]:
    parts = {**rules.book.guarantees, **rules.book.standards}
    return {name: part.label for name, part in parts.items()}


def _policy(row: Any, rules: Rules, lang: Lang) -> PolicyRow:
    policy = rules.book.policies[row.policy_id]
    codes = schema()
    return PolicyRow(
        row.pk,
        row.person_id,
        rules.fill(policy.label.say(lang), lang),
        row.verdict,
        codes.label("verdict", row.verdict, lang),
        row.due_low,
        row.due_high,
        row.received,
        row.reconciliation or "",
        codes.label("reconciliation", row.reconciliation, lang) if row.reconciliation else "",
        tuple(_reasons(row, rules, lang)),
    )


def _reasons(row: Any, rules: Rules, lang: Lang) -> Iterable[str]:
    """Conditions that fail or are unknown, or the policies that stand in the way."""
    policy = rules.book.policies[row.policy_id]
    conditions = {condition.id: condition.label for condition in policy.conditions}
    for reason in (row.why or "").split(";"):
        if reason in conditions:
            yield rules.fill(conditions[reason].say(lang), lang)
        elif reason in rules.book.policies:
            yield rules.fill(rules.book.policies[reason].label.say(lang), lang)
        elif reason:
            yield Text("登记时没有写明是谁领的", "the receipt names no person").say(lang)


def _changes(household: int, lang: Lang) -> tuple[ChangeRow, ...]:
    """The last changes, with what each ended and made."""
    rows = Change.objects.unscoped(OF_SEEN).filter(household=household).order_by("-pk")[:SHOWN_CHANGES]
    found = list(rows)
    ids = [change.pk for change in found]
    ended: dict[int, list[str]] = {pk: [] for pk in ids}
    made: dict[int, list[str]] = {pk: [] for pk in ids}
    for table in ("assessment", "entitlement"):
        of_it = VERDICTS[table].objects.unscoped(OF_SEEN).filter(household=household)
        for column, lists in (("until", ended), ("since", made)):
            for row in of_it.filter(**{f"{column}__in": ids}):
                lists[getattr(row, f"{column}_id")] += (
                    _said(row, lang) if table == "entitlement" else _figures_said(row, lang)
                )
    return tuple(
        ChangeRow(
            change.pk,
            change.at,
            change.run_id,
            change.correction,
            tuple(change.causes.split(";")),
            change.act_id,
            tuple(each for each in ended[change.pk] if each not in made[change.pk]),
            tuple(each for each in made[change.pk] if each not in ended[change.pk]),
        )
        for change in found
    )


def _figures_said(row: Any, lang: Lang) -> list[str]:
    columns = schema().results["assessment"].columns.values()
    return [f"{c.label.say(lang)} {_value(c.type, getattr(row, c.name), lang)}" for c in columns if c.type != "id"]


def _said(row: Any, lang: Lang) -> list[str]:
    policy = book_of(()).policies.get(row.policy_id)
    label = policy.label.say(lang) if policy else row.policy_id
    columns = schema().results["entitlement"].columns
    said = [schema().label("verdict", row.verdict, lang)]
    said += [
        f"{columns[name].label.say(lang)} {_value('money', getattr(row, name), lang)}"
        for name in ("due_low", "due_high", "received")
        if getattr(row, name)
    ]
    who = f" {row.person.number}" if row.person_id else ""
    return [f"{label}{who}: {', '.join(said)}"]


def _value(kind: str, value: Any, lang: Lang) -> str:
    if value is None:
        return Text("待核实", "unknown").say(lang)
    if isinstance(value, bool):
        return (Text("是", "yes") if value else Text("否", "no")).say(lang)
    return yuan_from_fen(value, grouped=True) if kind == "money" else str(value)

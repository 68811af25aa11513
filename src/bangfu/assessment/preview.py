"""What would come of recording something: a household judged as it is and as it would be, side by side. Nothing is written."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from bangfu.access.data import Actor, NotThere
from bangfu.assessment.household import explainer_of
from bangfu.assessment.services.storing import current_run
from bangfu.kernel.schema import schema
from bangfu.kernel.words import Lang
from bangfu.registry.homes import Foreseen, home_of
from bangfu.registry.models import Household
from bangfu.rulebook.explain import Explanation, PolicySeen
from bangfu.rulebook.questions import Question


@dataclass(frozen=True, slots=True)
class Money:
    """Of a policy: the verdict, what is due by now in fen (None: unknown), and how it compares with what came; in words too."""

    verdict: str
    due_low: int | None
    due_high: int | None
    reconciliation: str
    verdict_said: str
    reconciliation_said: str


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """A policy for a person ("" for the household) of which something comes out otherwise. None: it was, or would be, no matter at all."""

    label: str
    person_id: str
    before: Money | None
    after: Money | None

    @property
    def becomes_due(self) -> bool:
        return _verdict(self.after) == "entitled" != _verdict(self.before)

    @property
    def no_longer_due(self) -> bool:
        return _verdict(self.before) == "entitled" != _verdict(self.after)


@dataclass(frozen=True, slots=True)
class Preview:
    """What an assessment as of `as_of` would say before and after. Amounts in fen; None is unknown.

    `tests`: guarantees, tests against the line and standards that come out otherwise, as label, before, after. `answered` are questions
    that would no longer be asked, `asked` those that would be; `findings` and `settled` the messages that would come and go.
    """

    as_of: date
    income_year: int | None
    per_head: tuple[int | None, int | None]
    policies: tuple[PolicyChange, ...]
    tests: tuple[tuple[str, bool | None, bool | None], ...]
    answered: tuple[Question, ...]
    asked: tuple[Question, ...]
    findings: tuple[str, ...]
    settled: tuple[str, ...]

    @property
    def changes(self) -> bool:
        """Whether anything comes out otherwise."""
        return self.per_head[0] != self.per_head[1] or any(
            (self.policies, self.tests, self.answered, self.asked, self.findings, self.settled)
        )


def preview(actor: Actor, household: int, foresee: Callable[[date], Foreseen], lang: Lang) -> Preview | None:
    """What would come of it as of the current run's day; None where there is no run. `foresee` is asked for what would hold on that day.

    Raises NotThere, and whatever `foresee` raises.
    """
    if not Household.objects.seen_by(actor).filter(pk=household).exists():
        raise NotThere
    run = current_run()
    home = home_of(household, run.as_of) if run is not None else None
    if run is None or home is None:
        return None
    changed = home_of(household, run.as_of, foresee(run.as_of))
    if changed is None:
        return None
    explainer = explainer_of(run, str(home.facts["village_code"]), lang)
    before, after = explainer.explain(home), explainer.explain(changed)
    return Preview(
        as_of=run.as_of,
        income_year=run.income_year,
        per_head=(_line(before, "net_income_per_capita"), _line(after, "net_income_per_capita")),
        policies=tuple(_policies(before, after, lang)),
        tests=tuple(_tests(before, after)),
        answered=_without(before.questions, after.questions),
        asked=_without(after.questions, before.questions),
        findings=_new(before, after),
        settled=_new(after, before),
    )


def _line(told: Explanation, name: str) -> int | None:
    return next(line.amount for line in told.lines if line.id == name)


def _policies(before: Explanation, after: Explanation, lang: Lang) -> Iterator[PolicyChange]:
    was, would = ({(p.row["policy_id"], p.row["person_id"]): p for p in told.policies} for told in (before, after))
    for key in dict.fromkeys((*was, *would)):
        old, new = was.get(key), would.get(key)
        shown = new or old
        if shown is not None and _money(old, lang) != _money(new, lang):
            yield PolicyChange(shown.label, key[1] or "", _money(old, lang), _money(new, lang))


def _money(seen: PolicySeen | None, lang: Lang) -> Money | None:
    if seen is None or (seen.row["verdict"] == "not_entitled" and not seen.row["received"]):
        return None
    row, codes = seen.row, schema()
    compared = row["reconciliation"] or ""
    return Money(
        row["verdict"],
        row["due_low"],
        row["due_high"],
        compared,
        codes.label("verdict", row["verdict"], lang),
        codes.label("reconciliation", compared, lang) if compared else "",
    )


def _verdict(money: Money | None) -> str:
    return money.verdict if money is not None else "not_entitled"


def _tests(before: Explanation, after: Explanation) -> Iterator[tuple[str, bool | None, bool | None]]:
    for old, new in zip(
        (*before.tests, *before.guarantees, *before.standards),
        (*after.tests, *after.guarantees, *after.standards),
        strict=True,
    ):
        if old.held is not new.held:
            yield new.label, old.held, new.held


def _without(questions: tuple[Question, ...], others: tuple[Question, ...]) -> tuple[Question, ...]:
    known = {(each.person_id, each.column) for each in others}
    return tuple(each for each in questions if (each.person_id, each.column) not in known)


def _new(before: Explanation, after: Explanation) -> tuple[str, ...]:
    known = {(each["person_id"], each["message"]) for each in before.findings}
    return tuple(each["message"] for each in after.findings if (each["person_id"], each["message"]) not in known)

"""One household's assessment: what stands at a glance, explained in full, and how its verdicts changed."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.db.models import Q, Sum

from bangfu.access.data import Actor, NotThere
from bangfu.assessment.models import VERDICTS, Change, Run
from bangfu.assessment.services.corrections import judge_of
from bangfu.assessment.services.storing import current_run
from bangfu.engine.request import book_of
from bangfu.kernel.money import yuan_from_fen
from bangfu.kernel.schema import schema
from bangfu.kernel.words import Lang, Text
from bangfu.policies.in_force import in_force_of
from bangfu.registry.homes import homes_of
from bangfu.registry.models import Household, Person, Touched
from bangfu.rulebook.explain import Explainer, Explanation
from bangfu.rulebook.judge import Judge

OF_SEEN = "of a household that the actor sees"
# What somebody has to do something about.
OPEN = ("missing", "under", "over", "unexplained")
SHOWN_CHANGES = 10
# The sources of a net income, as the income statement has them.
SOURCES = ("wage", "business", "property", "transfer", "land_loss")


@dataclass(frozen=True, slots=True)
class Glance:
    """What stands of a household as of a run's day, by a version of the rulebook; amounts in fen; None is unknown. `stale`: something was recorded since, and is being assessed.

    `sources` are the amounts that the net income adds up, `guarantees` the five and the one, in the book's order. `due` is what is surely due
    by now, over all policies; `received` what came of the year.
    """

    as_of: date
    run: int
    book_version: str
    stale: bool
    income_year: int | None
    figures: Mapping[str, Any]
    sources: tuple[tuple[Text, int | None], ...]
    guarantees: tuple[tuple[str, Text, bool | None], ...]
    due: int
    received: int


@dataclass(frozen=True, slots=True)
class ToAsk:
    """A fact to ask for: of whom ("" for the household), and what a year may hang on it, in fen (0: no money)."""

    who: str
    label: str
    money: int


@dataclass(frozen=True, slots=True)
class Explained:
    """A household explained as of a run's day, in words; `persons` are the ids of its people by number."""

    as_of: date
    told: Explanation
    persons: Mapping[str, int]


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


def glance(actor: Actor, household: int) -> Glance | None:
    """What stands of a household; None where it was never assessed. Six queries, and nothing is judged anew. Raises NotThere."""
    _check_seen(actor, household)
    run = current_run()
    figures: Any = _standing("assessment", household).first()
    if run is None or figures is None:
        return None
    sums = _standing("entitlement", household).aggregate(due=Sum("due_low"), received=Sum("received"))
    columns = schema().results["assessment"].columns
    return Glance(
        as_of=run.as_of,
        run=run.pk,
        book_version=run.book_version,
        stale=Touched.objects.unscoped(OF_SEEN).filter(household=household, assessed=False).exists(),
        income_year=run.income_year,
        figures={name: getattr(figures, name) for name in columns if name != "household_id"},
        sources=tuple((columns[name].label, getattr(figures, name)) for name in SOURCES),
        guarantees=tuple((name, columns[name].label, getattr(figures, name)) for name in book_of(()).guarantees),
        due=sums["due"] or 0,
        received=sums["received"] or 0,
    )


def explained(actor: Actor, household: int, lang: Lang) -> Explained | None:
    """A household explained as of the current run's day, as far as is known now; None where there is no run. Raises NotThere."""
    _check_seen(actor, household)
    return explained_all(actor, [household], lang).get(household)


def explained_all(actor: Actor, households: Collection[int], lang: Lang) -> dict[int, Explained]:
    """Several households explained, as `explained` does one; those that the actor does not see are left out. As many queries for some hundred."""
    seen = dict(Household.objects.seen_by(actor).filter(pk__in=households).values_list("number", "pk"))
    run = current_run()
    if run is None or not seen:
        return {}
    found = homes_of(seen.values(), run.as_of).values()
    numbers = {person.id for home in found for person in home.people}
    persons = dict(Person.objects.unscoped(OF_SEEN).filter(number__in=numbers).values_list("number", "pk"))
    told, ruled = {}, in_force_of(run.book_version)
    for home in found:
        explainer = _explainer(judge_of(run.as_of, str(home.facts["village_code"]), ruled, lang))
        mine = {person.id: persons[person.id] for person in home.people}
        told[seen[str(home.facts["household_id"])]] = Explained(run.as_of, explainer.explain(home), mine)
    return told


def asked_of(told: Explained, names: Mapping[int, str]) -> tuple[ToAsk, ...]:
    """What to ask of a household, what decides most first; `names` by person."""
    return tuple(
        ToAsk(names.get(told.persons.get(each.person_id, 0), ""), each.label, each.money)
        for each in told.told.questions
    )


def explainer_of(run: Run, village: str, lang: Lang) -> Explainer:
    """By the rulebook by which the run's verdicts were made, whatever was published since."""
    return _explainer(judge_of(run.as_of, village, in_force_of(run.book_version), lang))


@lru_cache(maxsize=16)
def _explainer(judge: Judge) -> Explainer:
    """What is the same in all households under the same rules is put into words once."""
    return Explainer(judge)


def changes(actor: Actor, household: int, lang: Lang) -> tuple[ChangeRow, ...]:
    """The last changes of its verdicts, with what each ended and made. Raises NotThere."""
    _check_seen(actor, household)
    return _changes(household, lang)


def _check_seen(actor: Actor, household: int) -> None:
    if not Household.objects.seen_by(actor).filter(pk=household).exists():
        raise NotThere


def _standing(table: str, household: int) -> Any:
    return VERDICTS[table].objects.unscoped(OF_SEEN).filter(household=household, until=None)


def _changes(household: int, lang: Lang) -> tuple[ChangeRow, ...]:
    """The last changes, with what each ended and made."""
    rows = Change.objects.unscoped(OF_SEEN).filter(household=household).order_by("-pk")[:SHOWN_CHANGES]
    found = list(rows)
    ids = [change.pk for change in found]
    ended: dict[int, list[str]] = {pk: [] for pk in ids}
    made: dict[int, list[str]] = {pk: [] for pk in ids}
    for table in ("assessment", "entitlement"):
        of_it = VERDICTS[table].objects.unscoped(OF_SEEN).filter(_ever(household)).order_by("pk")
        if table == "entitlement":
            of_it = of_it.select_related("person")
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


def _ever(household: int) -> Q:
    """What stands of a household and what has ended: each half has an index, and both together have none."""
    return Q(household=household, until=None) | Q(household=household, until__isnull=False)


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

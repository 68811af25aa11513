"""What waits for somebody: each a count that opens its list. Whatever has something to count gives it here (PROVIDERS)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, Sum

from bangfu.access.data import Actor
from bangfu.access.policy import may_open
from bangfu.assessment.selectors import unfinished
from bangfu.casework.selectors import waiting as casework_waiting
from bangfu.exports.selectors import waiting_count
from bangfu.intake.selectors import undecided
from bangfu.kernel.words import Text
from bangfu.policies.selectors import waiting_count as proposals_count
from bangfu.reports.data import Asked, Waiting
from bangfu.reports.households import rows_seen
from bangfu.reports.measures import Measure, holds, measures

Provider = Callable[[Actor, datetime], Iterator[Waiting]]
GRAVE = frozenset({"missing", "errors", "no_village_helper", "no_district_helper"})
# Asked together, in one look at the rows; the others look into tables of their own.
TOGETHER = frozenset({"asks", "missing", "unexplained", "unsettled", "errors", "warnings", "clues", "missing_papers"})
# Of what kind of measure only those are told who may do something about it.
CONCERNS = {"helpers": "households.assign", "papers": "households.keep"}


@dataclass(frozen=True, slots=True)
class Waits:
    """What there is to do, and the labels of that of which there is nothing."""

    some: tuple[Waiting, ...]
    none: tuple[Text, ...]


def waits(actor: Actor, at: datetime) -> Waits:
    """As many queries, however many households there are."""
    every = [each for provider in PROVIDERS for each in provider(actor, at)]
    return Waits(tuple(each for each in every if each.count), tuple(each.label for each in every if not each.count))


def _of_households(actor: Actor, at: datetime) -> Iterator[Waiting]:
    if not may_open(actor, "households.see"):
        return
    wanted = [each for each in measures().values() if each.waits and _concerns(each, actor)]
    counted = _counted(actor, [each for each in wanted if each.name in TOGETHER])
    for each in wanted:
        count = (
            counted[each.name] if each.name in TOGETHER else rows_seen(actor).filter(holds(each.name, actor)).count()
        )
        page, pairs = (
            (f"web:{each.opens}", ()) if each.opens else ("web:households", tuple(Asked(gaps=(each.name,)).pairs()))
        )
        money = counted.get(f"{each.name}_money")
        yield Waiting(each.text, count or 0, page, pairs, each.says, money, each.name in GRAVE)


def _concerns(measure: Measure, actor: Actor) -> bool:
    return measure.of not in CONCERNS or may_open(actor, CONCERNS[measure.of])


def _counted(actor: Actor, wanted: list[Measure]) -> dict[str, int | None]:
    """Households by measure, and beside them the money of those that have any."""
    counts = {each.name: Count("pk", filter=holds(each.name, actor)) for each in wanted}
    sums = {f"{each.name}_money": Sum(each.money, filter=holds(each.name, actor)) for each in wanted if each.money}
    anything = Q()
    for each in wanted:
        anything |= holds(each.name, actor)
    found: dict[str, int | None] = rows_seen(actor).filter(anything).aggregate(**counts, **sums)
    return found


def _of_files(actor: Actor, at: datetime) -> Iterator[Waiting]:
    if may_open(actor, "households.import"):
        yield Waiting(Text("导入等您核对", "Imports to review"), undecided(actor, "register"), "web:imports")
        yield Waiting(Text("发放清单等您核对", "Payment lists to review"), undecided(actor, "payments"), "web:payments")


def _of_exports(actor: Actor, at: datetime) -> Iterator[Waiting]:
    if may_open(actor, "exports.approve"):
        yield Waiting(
            Text("导出等您审批", "Exports waiting for your approval"), waiting_count(actor, at), "web:exports"
        )


def _of_policies(actor: Actor, at: datetime) -> Iterator[Waiting]:
    if may_open(actor, "parameters.approve"):
        yield Waiting(
            Text("参数等您签发", "Parameters waiting for your signature"), proposals_count(actor), "web:parameters"
        )


def _of_runs(actor: Actor, at: datetime) -> Iterator[Waiting]:
    if may_open(actor, "runs.start"):
        failed = unfinished(actor)
        label = Text("没有完成的评估", "Assessments that failed")
        yield Waiting(label, failed.runs if failed else 0, "web:runs", says=failed.said if failed else None, grave=True)


def _of_casework(actor: Actor, at: datetime) -> Iterator[Waiting]:
    for each in casework_waiting(actor):
        yield Waiting(each.label, each.count, each.page, each.query)


# In the order in which they are shown. A room whose work waits for people adds what it counts.
PROVIDERS: tuple[Provider, ...] = (_of_households, _of_casework, _of_files, _of_exports, _of_policies, _of_runs)

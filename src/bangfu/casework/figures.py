"""What a village reports, in figures: as many queries for many villages as for one. Nobody is named."""

import hashlib
import json
from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import Count, Q, Sum

from bangfu.assessment.models import VERDICTS
from bangfu.casework.models import Tally
from bangfu.casework.states import QUESTIONS, State
from bangfu.kernel.words import Text
from bangfu.registry.models import VERSIONS, Household

NAMELESS = "figures of a village name nobody; they are shown to those who may see its reports"
# By name: label, and whether it is money (fen).
FIGURES: Mapping[str, tuple[Text, bool]] = {
    "households": (Text("户数", "Households"), False),
    "persons": (Text("人数", "Persons"), False),
    "net_income": (Text("家庭年纯收入合计（元）", "Net income of all (yuan)"), True),
    "unsettled": (Text("收入未核定（户）", "Income not settled (households)"), False),
    "below_line": (Text("低于标准线（户）", "Below the line (households)"), False),
    "missing": (Text("应享未享（元）", "Due by now and not received (yuan)"), True),
    "questions": (Text("待核实的疑点", "Doubts not settled"), False),
    "errors": (Text("确认有误未整改", "Confirmed errors not put right"), False),
}
_SAID = ("members", "net_income", "below_line", "meets_exit", "missing_amount")


def figures_of(villages: Collection[int]) -> dict[int, dict[str, int]]:
    """FIGURES by village, as they stand now. Five queries."""
    found = {village: dict.fromkeys(FIGURES, 0) for village in villages}
    lives = Household.objects.unscoped(NAMELESS).filter(place__in=villages).exclude(pk__in=_dissolved())
    for place, count in _counted(lives.values_list("place").annotate(Count("pk"))):
        found[place]["households"] = count
    belonging = _current("membership", left_on=None, household__in=lives.values("pk"))
    alive = belonging.exclude(thing__in=_current("identity", died_on__isnull=False).values("thing"))
    for place, count in _counted(alive.values_list("household__place").annotate(Count("pk"))):
        found[place]["persons"] = count
    verdicts = VERDICTS["assessment"].objects.unscoped(NAMELESS).filter(until=None, household__place__in=villages)
    sums = verdicts.values("household__place").annotate(
        net=Sum("net_income"),
        open=Count("pk", filter=Q(net_income=None)),
        below=Count("pk", filter=Q(below_line=True)),
        short=Sum("missing_amount"),
    )
    for row in sums:
        found[row["household__place"]] |= {
            "net_income": row["net"] or 0,
            "unsettled": row["open"],
            "below_line": row["below"],
            "missing": row["short"] or 0,
        }
    tasks = Tally.objects.unscoped(NAMELESS).filter(place__in=villages)
    counted = tasks.values("place").annotate(
        asked=Sum("number", filter=Q(state__in=QUESTIONS)), wrong=Sum("number", filter=Q(state=State.ERROR))
    )
    for row in counted:
        found[row["place"]] |= {"questions": row["asked"] or 0, "errors": row["wrong"] or 0}
    return found


def digest_of(village: int) -> str:
    """Of what the verdicts say of each household of a village, by number: what changes the sums changes it, and what cancels out too."""
    verdicts = VERDICTS["assessment"].objects.unscoped(NAMELESS).filter(until=None, household__place=village)
    rows = list(verdicts.order_by("household__number").values_list("household__number", *_SAID))
    return hashlib.sha256(json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def seal_of(figures: Mapping[str, int]) -> str:
    """Of a village's figures, as somebody had them before them."""
    return hashlib.sha256(json.dumps(figures, sort_keys=True).encode()).hexdigest()


def _counted(rows: Any) -> list[tuple[int, int]]:
    # Without the order of a model, which would count each row by itself.
    return list(rows.order_by())


def _dissolved() -> Any:
    return _current("residence", dissolved=True).values("thing")


def _current(group: str, **condition: Any) -> Any:
    return VERSIONS[group].objects.unscoped(NAMELESS).filter(is_current=True, **condition)

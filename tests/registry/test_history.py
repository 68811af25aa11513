"""Whatever is recorded, corrected, carried and undone, in whatever order: every day and every moment reads as a plain model says."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bangfu.kernel.errors import DomainError
from bangfu.registry.facts import groups
from bangfu.registry.models import VERSIONS, Act
from bangfu.registry.services.acts import undo
from bangfu.registry.versions import as_of
from tests.examples import few
from tests.households import new_household
from tests.registry.conftest import World

DAYS = [date(2017, month, 1) for month in (1, 3, 5, 7)]
GROUP = groups()["housing"]


@dataclass
class Statement:
    """One version, as a person would keep it on a list: never changed but for being struck out at a moment.

    `said_by`: of each fact, the act that said it first; a version that says the same as the one before it only passes it on.
    """

    id: int
    act: int
    day: date
    grade: str | None
    owned: bool | None
    at: Any
    corrects: int | None
    said_by: dict[str, int] = field(default_factory=dict)
    undone_at: Any = None


@dataclass
class Model:
    said: list[Statement] = field(default_factory=list)

    def holding(self, day: date, known_at: Any) -> Statement | None:
        known = [s for s in self.said if s.at <= known_at and (s.undone_at is None or s.undone_at > known_at)]
        corrected = {s.corrects for s in known}
        left = [s for s in known if s.id not in corrected and s.day <= day]
        return max(left, key=lambda s: s.day, default=None)

    def add(self, new: list[Statement]) -> None:
        """Take statements of one act in, each with whoever said its facts first."""
        before = Model(list(self.said))
        for each in new:
            corrected = next((s for s in before.said if s.id == each.corrects), None)
            base = corrected or before.holding(each.day, each.at)
            for fact in ("grade", "owned"):
                passed_on = base is not None and getattr(base, fact) == getattr(each, fact)
                if getattr(each, fact) is not None:
                    each.said_by[fact] = base.said_by[fact] if passed_on and base else each.act
        self.said += new

    def rest_on(self, act: int) -> bool:
        """Whether anything that counts would be left without its ground, were an act struck out."""
        known = [s for s in self.said if s.undone_at is None]
        corrected = {s.corrects for s in known}
        mine = {s.id for s in known if s.act == act}
        others = [s for s in known if s.act != act]
        return any(s.corrects in mine or (s.id not in corrected and act in s.said_by.values()) for s in others)


step = st.one_of(
    st.tuples(st.just("grade"), st.sampled_from(DAYS), st.sampled_from("ABCD"), st.booleans()),
    st.tuples(st.just("owned"), st.sampled_from(DAYS), st.booleans(), st.booleans()),
    st.tuples(st.just("undo"), st.integers(0, 7)),
)


@few(6)
@given(steps=st.lists(step, min_size=1, max_size=8))
@example(
    steps=[("grade", DAYS[1], "D", False), ("owned", DAYS[3], True, False), ("grade", DAYS[2], "A", False), ("undo", 0)]
)
def test_every_day_and_every_moment_reads_as_a_plain_list_of_statements_says(world: World, steps: list[Any]) -> None:
    # One household a run: the facts of earlier runs are another one's.

    world.household = new_household(world.org, f"N{Act.objects.count()}", "371102008201")
    model, moments = Model(), [world.at]
    acts: list[int] = []
    for what, *given_ in steps:
        try:
            if what == "undo":
                target = acts[given_[0]] if given_[0] < len(acts) else 10**9
                rested_on = model.rest_on(target)
                refusal = refusal_of(world, target)
                assert (refusal == "BUILT_ON") is rested_on
                for statement in model.said:
                    if statement.act == target and not refusal:
                        statement.undone_at = world.at
            else:
                day, value, carry = given_
                name = {"grade": "house_grade", "owned": "house_owned"}[what]
                world.record("housing", world.household, day, {name: value}, carry=carry)
                rows = VERSIONS["housing"].objects.unscoped("test").filter(thing=world.household)
                act = rows.order_by("-act_id").values_list("act_id", flat=True)[0]
                acts.append(act)
                model.add(
                    [
                        Statement(v.pk, act, v.valid_from, v.house_grade, v.house_owned, world.at, v.corrects_id)
                        for v in rows.filter(act=act)
                    ]
                )
        except DomainError:
            pass
        moments.append(world.at)
        check(world, model, moments)


def refusal_of(world: World, act: int) -> str:
    """The code of why an act is not undone; "" where it was."""
    try:
        undo(world.by, world.actor(), act)
    except DomainError as refusal:
        return refusal.code
    return ""


def check(world: World, model: Model, moments: list[Any]) -> None:
    for moment in moments:
        for day in DAYS:
            found: Any = as_of(GROUP, [world.household], day, moment).get(world.household)
            wanted = model.holding(day, moment)
            assert (found and found.pk) == (wanted and wanted.id), (day, moment)
    rows = VERSIONS["housing"].objects.unscoped("test").filter(thing=world.household)
    now = model.holding(DAYS[-1], moments[-1])
    assert list(rows.filter(is_current=True).values_list("pk", flat=True)) == ([now.id] if now else [])
    # What stands is what is known now, and a carried value reaches every later day up to one that says otherwise.
    assert set(rows.filter(stands=True).values_list("valid_from", flat=True)) == {
        s.day for day in DAYS if (s := model.holding(day, moments[-1])) is not None
    }


def test_the_model_would_notice_a_correction_that_is_forgotten(world: World) -> None:
    world.record("housing", world.household, DAYS[0], {"house_grade": "C"})
    told = world.record("housing", world.household, DAYS[0], {"house_grade": "D"})
    row: Any = VERSIONS["housing"].objects.unscoped("test").get(pk=told.version)
    wrong = Model(
        [Statement(told.version, row.act_id, DAYS[0], "D", None, world.at + timedelta(days=1), row.corrects_id)]
    )
    with pytest.raises(AssertionError):
        check(world, wrong, [world.at])

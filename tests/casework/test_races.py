"""A household moves, is worked on or assessed while a sweep makes and closes its tasks: they lie where it lives, and nobody waits for ever.

Each with the protection off, too.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction

from bangfu.access.scope import ScopedQuerySet
from bangfu.assessment.services import counting
from bangfu.casework.models import Task
from bangfu.casework.services import placing, sweeping, tasks
from bangfu.casework.services.sweeping import follow
from bangfu.casework.services.tasks import confirm
from bangfu.kernel.errors import DomainError
from bangfu.places.holding import hold
from bangfu.privacy.keys import KeyRing
from bangfu.registry import listed
from bangfu.registry.listed import Move, relist
from bangfu.registry.models import Household
from bangfu.registry.services.acts import lock_household
from tests.assessments import assess, done_run
from tests.casework.conftest import RIGHT, WRONG, Desk, counted_tallies, kept_tallies
from tests.households import move, new_household
from tests.kept import kept
from tests.organisation import Organisation, founded
from tests.races import at_once, meeting

OLD, NEW = "371102008201", "371102008202"
# How PostgreSQL ends one of two that wait for each other; SQLite lets nobody begin beside another.
DEADLOCK = {"postgresql": ["OperationalError"], "sqlite": []}


def codes(failed: list[Exception]) -> list[str]:
    return [problem.code if isinstance(problem, DomainError) else type(problem).__name__ for problem in failed]


@pytest.fixture
def doubted(committed: None, ring: KeyRing) -> Desk:
    """A household that an assessment has questions about, of which no task was made yet."""
    return kept("doubted", lambda: new_doubted(founded(ring)))


def new_doubted(org: Organisation) -> Desk:
    done_run(org)
    made = Desk(org, new_household(org, "H1", OLD))
    assess(org, [made.household])
    made.record(WRONG)
    return made


def moved_and_swept_at_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, *, surely: bool = False
) -> tuple[list[Exception], set[int | None]]:
    """Each has written and waits for the other before it commits, if both can: what failed, and where the tasks then lie."""
    meet, write = meeting(surely=surely), sweeping._follow

    def write_and_wait(*given: Any) -> Any:
        swept = write(*given)
        meet()
        return swept

    def move_and_wait() -> None:
        with transaction.atomic():
            move(desk.org, desk.household, NEW)
            meet()

    monkeypatch.setattr(sweeping, "_follow", write_and_wait)
    failed = at_once([move_and_wait, partial(sweeping.sweep, desk.by("officer"))])
    return failed, set(Task.objects.unscoped("test").values_list("place_id", flat=True))


def test_tasks_made_while_their_household_moves_lie_where_it_lives(
    doubted: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert moved_and_swept_at_once(doubted, monkeypatch) == ([], {doubted.org.places[NEW]})


def test_without_places_held_or_a_look_after_the_end_they_would_lie_where_it_lived_before(
    doubted: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "hold", lambda: None)
    monkeypatch.setattr(sweeping, "place_tasks", lambda *_: None)
    # Within the transaction that moves, and not after it.
    monkeypatch.setattr(listed, "FOLLOWING", [lambda moves: placing.place_tasks([move.household for move in moves])])
    # On SQLite one transaction has ended before the other begins, and there is nothing to miss.
    lies = {"postgresql": OLD, "sqlite": NEW}[connection.vendor]
    assert moved_and_swept_at_once(doubted, monkeypatch, surely=True) == ([], {doubted.org.places[lies]})


def test_without_places_held_the_look_after_the_end_finds_them(doubted: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "hold", lambda: None)
    assert moved_and_swept_at_once(doubted, monkeypatch, surely=True) == ([], {doubted.org.places[NEW]})


@pytest.fixture
def settled(committed: None, ring: KeyRing) -> Desk:
    """A household with tasks, one of which the next sweep closes."""
    return kept("settled", lambda: new_settled(founded(ring)))


def new_settled(org: Organisation) -> Desk:
    made = new_doubted(org)
    made.sweep()
    made.record(RIGHT)
    return made


def moved_with_tasks_at_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, other: Callable[[], object], *, surely: bool = False
) -> tuple[list[str], set[int | None]]:
    """The move holds its places before it takes its tasks along, `other` writes tasks before it counts them, and each waits there for the other.

    What failed, and where the tasks then lie.
    """
    meet, write = meeting(surely=surely), sweeping._follow

    def write_and_wait(*given: Any) -> Any:
        swept = write(*given)
        meet()
        return swept

    def wait_and_place(moves: Sequence[Move]) -> None:
        meet()
        placing.moved(moves)

    def move_it() -> None:
        with transaction.atomic():
            move(desk.org, desk.household, NEW)

    with monkeypatch.context() as held:
        held.setattr(sweeping, "_follow", write_and_wait)
        held.setattr(listed, "FOLLOWING", [counting.moved, wait_and_place])
        failed = at_once([move_it, other])
    return codes(failed), set(Task.objects.unscoped("test").values_list("place_id", flat=True))


def test_a_household_moves_while_a_sweep_closes_its_tasks(settled: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    came_out = moved_with_tasks_at_once(settled, monkeypatch, settled.sweep)
    assert came_out == ([], {settled.org.places[NEW]})
    assert settled.task().state == "gone"
    assert kept_tallies() == counted_tallies()


def test_a_sweep_that_held_no_places_first_and_the_move_would_wait_for_each_other(
    settled: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "hold", lambda: None)
    failed, _ = moved_with_tasks_at_once(settled, monkeypatch, settled.sweep, surely=True)
    assert failed == DEADLOCK[connection.vendor]


def test_a_household_moves_while_its_tasks_follow_an_edit(settled: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    edit = partial(follow, settled.by(), settled.household)
    came_out = moved_with_tasks_at_once(settled, monkeypatch, edit)
    assert came_out == ([], {settled.org.places[NEW]})
    assert settled.task().state == "gone"
    assert kept_tallies() == counted_tallies()


def test_without_places_held_first_these_two_would_wait_for_each_other(
    settled: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "hold_tasks", lambda _: None)
    edit = partial(follow, settled.by(), settled.household)
    failed, _ = moved_with_tasks_at_once(settled, monkeypatch, edit, surely=True)
    assert failed == DEADLOCK[connection.vendor]


def confirmed_and_swept_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch, *, surely: bool = False) -> list[str]:
    """Somebody decides on the task that a sweep is about to close, having locked it before the sweep does: what failed."""
    meet, write, sweep = meeting(surely=surely), tasks._write, sweeping._follow

    def wait_and_write(*given: Any) -> None:
        meet()
        write(*given)

    def wait_and_follow(*given: Any) -> Any:
        meet()
        return sweep(*given)

    task = desk.task().pk
    with monkeypatch.context() as held:
        held.setattr(tasks, "_write", wait_and_write)
        held.setattr(sweeping, "_follow", wait_and_follow)
        failed = at_once([partial(confirm, desk.by(), desk.actor(), task, "open"), desk.sweep])
    return codes(failed)


def test_whoever_decides_on_a_task_that_a_sweep_closes_comes_before_or_after_it(
    settled: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert confirmed_and_swept_at_once(settled, monkeypatch) in ([], ["TASK_MOVED"])
    assert settled.task().state in ("done", "gone")
    assert kept_tallies() == counted_tallies()


def test_without_its_place_held_before_the_task_is_locked_these_two_would_wait_for_each_other(
    settled: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "hold_tasks", lambda _: None)
    came_out = {"postgresql": [["OperationalError"]], "sqlite": [[], ["TASK_MOVED"]]}[connection.vendor]
    assert confirmed_and_swept_at_once(settled, monkeypatch, surely=True) in came_out


def worked_on_while_tasks_are_made(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A household is locked, as for any act, and moves, while a sweep has held all places and made tasks of it: what failed."""
    meet, write = meeting(surely=True), sweeping._follow

    def write_and_wait(*given: Any) -> Any:
        swept = write(*given)
        meet()
        return swept

    def lock_and_move() -> None:
        with transaction.atomic():
            lock_household(desk.actor("officer"), desk.household, "households.keep")
            meet()
            move(desk.org, desk.household, NEW)

    with monkeypatch.context() as held:
        held.setattr(sweeping, "_follow", write_and_wait)
        return codes(at_once([lock_and_move, desk.sweep]))


def test_a_household_is_worked_on_while_a_sweep_makes_its_tasks(doubted: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert worked_on_while_tasks_are_made(doubted, monkeypatch) == []
    assert set(Task.objects.unscoped("test").values_list("place_id", flat=True)) == {doubted.org.places[NEW]}


def test_were_households_locked_against_being_referred_to_these_two_would_wait_for_each_other(
    doubted: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = ScopedQuerySet.select_for_update
    with monkeypatch.context() as off:
        off.setattr(ScopedQuerySet, "select_for_update", lambda rows, **_: lock(rows))
        failed = worked_on_while_tasks_are_made(doubted, off)
    assert failed == DEADLOCK[connection.vendor]


def test_of_many_that_move_all_places_are_held_at_once_and_after_what_lists_show_of_them(
    doubted: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else an import would hold some, and wait for others, or for rows that a run has written, while somebody waits for those."""
    org, done = doubted.org, list[object]()
    homes = {doubted.household: NEW, new_household(org, "H2", NEW, who="sibling"): OLD}
    for household, village in homes.items():
        Household.objects.unscoped("test").filter(pk=household).update(place=org.places[village])
    upsert = listed._upsert

    def upserting(some: str) -> str:
        done.append("shown")
        return upsert(some)

    def holding(places: Any) -> None:
        done.append(sorted(places))
        hold(places)

    monkeypatch.setattr(listed, "_upsert", upserting)
    monkeypatch.setattr(listed, "hold", holding)
    monkeypatch.setattr(listed, "chunked", lambda rows: ([each] for each in rows))
    relist(homes)
    assert done == ["shown", "shown", sorted(org.places[code] for code in (OLD, NEW))]

"""A household moves while a sweep makes its tasks: whichever ends last puts them where it lives. With the protection off, too."""

from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction

from bangfu.casework.models import Task
from bangfu.casework.services import placing, sweeping
from bangfu.privacy.keys import KeyRing
from bangfu.registry import listed
from tests.assessments import assess, done_run
from tests.casework.conftest import WRONG, Desk
from tests.households import move, new_household
from tests.organisation import founded
from tests.races import at_once, meeting

OLD, NEW = "371102008201", "371102008202"


@pytest.fixture
def doubted(committed: None, ring: KeyRing) -> Desk:
    """A household that an assessment has questions about, of which no task was made yet."""
    org = founded(ring)
    done_run(org)
    made = Desk(org, new_household(org, "H1", OLD))
    assess(org, [made.household])
    made.record(WRONG)
    return made


def moved_and_swept_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Exception], set[int | None]]:
    """Each has written and waits for the other before it commits, if both can: what failed, and where the tasks then lie."""
    meet, follow = meeting(), sweeping._follow

    def write_and_wait(*given: Any) -> Any:
        swept = follow(*given)
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


def test_without_a_look_after_the_end_they_would_lie_where_it_lived_before(
    doubted: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "place_tasks", lambda *_: None)
    # Within the transaction that moves, and not after it.
    monkeypatch.setattr(listed, "FOLLOWING", [lambda moves: placing.place_tasks([move.household for move in moves])])
    # On SQLite one transaction has ended before the other begins, and there is nothing to miss.
    lies = {"postgresql": OLD, "sqlite": NEW}[connection.vendor]
    assert moved_and_swept_at_once(doubted, monkeypatch) == ([], {doubted.org.places[lies]})

"""Two that meet: one decision counts, and nobody asks for more than the day allows. Each with the protection off, too."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from bangfu.access.scope import ScopedQuerySet
from bangfu.audit.models import Entry
from bangfu.exports.limits import limits
from bangfu.exports.models import Export
from bangfu.exports.services import asking, deciding
from bangfu.exports.services.deciding import approve, refuse
from bangfu.kernel.errors import DomainError
from bangfu.privacy.keys import KeyRing
from tests.exports.conftest import Office
from tests.households import new_household
from tests.organisation import founded
from tests.races import at_once, meeting, unprotected
from tests.registry.test_imports import Desk


@pytest.fixture
def office(committed: None, ring: KeyRing, tmp_path: Path) -> Office:
    org = founded(ring)
    new_household(org, "H1", "371102008201")
    for name in ("second", "third"):
        org.add(name)
        org.open(name, "officer", "371102")
        org.seat(name, name)
    return Office(org, tmp_path, Desk(org, tmp_path, "subdistrict"))


@pytest.fixture
def waiting(office: Office) -> Office:
    """With an export that waits for a decision."""
    office.ask("officer", place="371102008201", day=office.at.date(), full_numbers=True)
    return office


def codes(failed: list[Exception]) -> list[str]:
    return [problem.code if isinstance(problem, DomainError) else type(problem).__name__ for problem in failed]


def decided_at_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], int]:
    """One agrees and another refuses, both having looked before either wrote, if they can: what failed, and how many decisions are on record."""
    export = Export.objects.unscoped("test").get().pk
    meet, locked = meeting(), deciding._locked

    def wait(*given: object) -> Export:
        found = locked(*given)  # type: ignore[arg-type]
        meet()
        return found

    with monkeypatch.context() as held:
        held.setattr(deciding, "_locked", wait)
        acts = [
            partial(approve, office.by("second"), office.actor("second"), export),
            partial(refuse, office.by("third", "不必要"), office.actor("third"), export),
        ]
        failed = at_once(acts)
    made = Entry.objects.filter(act__in=("exports.approve", "exports.refuse"))
    return codes(failed), made.count()


def test_of_two_who_decide_at_once_one_is_told_that_it_was_decided(
    waiting: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert decided_at_once(waiting, monkeypatch) == (["DECIDED"], 1)


def test_without_the_lock_both_decide_or_one_fails_without_a_reason(
    waiting: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as off:
        off.setattr(ScopedQuerySet, "select_for_update", lambda rows: rows)
        off.setattr("bangfu.exports.services.deciding.transaction.atomic", unprotected)
        assert decided_at_once(waiting, monkeypatch) != (["DECIDED"], 1)


def taken_back_at_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], int]:
    """One agrees while who asked takes it back, both having looked before either wrote, if they can: what failed, and how much is on record."""
    export = Export.objects.unscoped("test").get().pk
    meet = meeting()

    def meeting_after(look: Callable[..., Export]) -> Callable[..., Export]:
        def wait(*given: object) -> Export:
            found = look(*given)
            meet()
            return found

        return wait

    with monkeypatch.context() as held:
        held.setattr(deciding, "_locked", meeting_after(deciding._locked))
        held.setattr(asking, "_own_locked", meeting_after(asking._own_locked))
        acts = [
            partial(approve, office.by("second"), office.actor("second"), export),
            partial(asking.withdraw, office.by("officer"), office.actor("officer"), export),
        ]
        failed = at_once(acts)
    return codes(failed), Entry.objects.filter(act__in=("exports.approve", "exports.withdraw")).count()


ONE_TOO_LATE = [(["WITHDRAWN"], 1), (["NOT_WAITING"], 1)]


def test_of_who_agrees_and_who_takes_it_back_at_once_one_is_too_late(
    waiting: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert taken_back_at_once(waiting, monkeypatch) in ONE_TOO_LATE


def test_without_the_lock_it_is_both_agreed_to_and_taken_back_or_one_fails_without_a_reason(
    waiting: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as off:
        off.setattr(ScopedQuerySet, "select_for_update", lambda rows: rows)
        for service in ("deciding", "asking"):
            off.setattr(f"bangfu.exports.services.{service}.transaction.atomic", unprotected)
        assert taken_back_at_once(waiting, monkeypatch) not in ONE_TOO_LATE


def asked_at_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The last one of the day, asked for twice at once, both having counted before either wrote, if they can. What failed."""
    for _ in range(limits().a_day - 1):
        office.ask("village", place="371102008201", day=office.at.date())
    meet, counted = meeting(), asking._refuse_many

    def wait(*given: object) -> None:
        counted(*given)  # type: ignore[arg-type]
        meet()

    with monkeypatch.context() as held:
        held.setattr(asking, "_refuse_many", wait)
        return codes(at_once([partial(office.ask, "village", "371102008201", office.at.date()) for _ in range(2)]))


def test_of_two_that_are_asked_for_at_once_the_second_is_one_too_many(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert asked_at_once(office, monkeypatch) == ["ENOUGH_TODAY"]
    assert Export.objects.unscoped("test").count() == limits().a_day


def test_without_the_lock_both_are_given_or_one_fails_without_a_reason(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as off:
        off.setattr(ScopedQuerySet, "select_for_update", lambda rows: rows)
        off.setattr("bangfu.exports.services.asking.transaction.atomic", unprotected)
        assert asked_at_once(office, monkeypatch) != ["ENOUGH_TODAY"]

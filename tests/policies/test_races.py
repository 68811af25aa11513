"""Several who meet over one proposal: one decision counts, and never the proposer's. With the protection off, too."""

from collections.abc import Callable
from functools import partial

import pytest

from bangfu.access.scope import ScopedQuerySet
from bangfu.audit.models import Entry
from bangfu.kernel.errors import DomainError
from bangfu.policies.models import Proposal
from bangfu.policies.services import deciding
from bangfu.policies.services.deciding import refuse, sign
from tests.policies.conftest import Desk, row, trial, tried
from tests.races import at_once, meeting, unprotected


def codes(failed: list[Exception]) -> list[str]:
    return [problem.code if isinstance(problem, DomainError) else type(problem).__name__ for problem in failed]


def decided_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], int]:
    """One signs and another refuses, both having looked before either wrote, if they can: what failed, and how many acts are on record."""
    made = desk.propose()
    tried(made)
    meet, locked = meeting(), deciding._locked

    def wait(*given: object) -> Proposal:
        found = locked(*given)  # type: ignore[arg-type]
        meet()
        return found

    with monkeypatch.context() as held:
        held.setattr(deciding, "_locked", wait)
        acts: list[Callable[[], object]] = [
            partial(sign, desk.by("second"), desk.actor("second"), made, trial(made).digest),
            partial(refuse, desk.by("third", "文号不对"), desk.actor("third"), made),
        ]
        failed = at_once(acts)
    return codes(failed), Entry.objects.filter(act__in=("policies.sign", "policies.refuse")).count()


def test_of_two_who_decide_at_once_one_is_told_that_it_was_decided(
    open_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert decided_at_once(open_desk, monkeypatch) == (["DECIDED"], 1)


def test_without_the_lock_the_database_still_lets_only_one_decide(
    open_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as off:
        off.setattr(ScopedQuerySet, "select_for_update", lambda rows: rows)
        off.setattr("bangfu.policies.services.deciding.transaction.atomic", unprotected)
        failed, acts = decided_at_once(open_desk, monkeypatch)
    assert failed != ["DECIDED"]
    assert acts == 1


def test_of_the_proposer_and_another_who_sign_at_once_only_the_other_does(open_desk: Desk) -> None:
    made = open_desk.propose()
    tried(made)
    seen = trial(made).digest
    acts = [partial(sign, open_desk.by(who), open_desk.actor(who), made, seen) for who in ("officer", "second")]
    assert codes(at_once(acts)) == ["OWN_PROPOSAL"]
    assert row(made).decided_by_id == open_desk.office.org.accounts["second"]


def test_two_publications_at_once_have_numbers_of_their_own(open_desk: Desk) -> None:
    made = [open_desk.propose(), open_desk.propose(parameter="disability_care_rate")]
    tried(made[0])
    tried(made[1])
    acts = [partial(sign, open_desk.by("second"), open_desk.actor("second"), each, "d" * 64) for each in made]
    # The second was tried with the rulebook before the first.
    assert codes(at_once(acts)) == ["TRIED_OTHERWISE"]
    assert sorted(str(row(each).number) for each in made) == ["1", "None"]

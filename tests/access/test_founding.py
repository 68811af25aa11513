"""An installation begins without any account; the first are made once, by whoever holds the machine."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import pytest

from bangfu.access.models import Account, Holding, Post
from bangfu.access.policy import actor_of, may
from bangfu.access.roles import roles
from bangfu.access.selectors import gaps
from bangfu.access.services.founding import found_administrator, found_demo
from bangfu.access.services.sessions import session_of
from bangfu.access.services.sign_in import sign_in
from bangfu.audit.data import By
from bangfu.kernel.errors import DomainError
from bangfu.places.models import UnitKind
from bangfu.places.services import found_unit, load_divisions
from bangfu.privacy.keys import KeyRing
from tests.organisation import FIRST
from tests.races import at_once, meeting, unprotected

NOW = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
BY = By("system:command", NOW, KeyRing.made())


def refusal(code: str) -> "pytest.RaisesExc[DomainError]":
    return pytest.raises(DomainError, match=f"^{code}:")


@pytest.fixture
def places(db: None) -> None:
    load_divisions(BY, FIRST)


def test_a_fresh_installation_has_no_account_and_the_first_can_do_an_administrators_work(places: None) -> None:
    assert Account.objects.unscoped("test").count() == 0
    made = found_administrator(BY, "chief", "首任", "371102")
    session = session_of(sign_in(replace(BY, actor="anonymous"), "chief", made.password).token, NOW)
    assert session is not None
    assert session.password_due
    actor = actor_of(session.account, NOW, second_factor=True, confirmed=True)
    assert all(may(actor, permission) for permission in roles()["admin"].permissions)


def test_there_is_no_second_founding(places: None) -> None:
    found_administrator(BY, "chief", "首任", "371102")
    for again in (lambda: found_administrator(BY, "other", "次任", "371102"), lambda: found_demo(BY)):
        with refusal("FOUNDED"):
            again()
    assert Account.objects.unscoped("test").count() == 1


@pytest.mark.parametrize(("login", "code"), [("chief", "999999"), ("Chief!", "371102"), ("", "371102")])
def test_a_founding_that_fails_leaves_nothing(places: None, login: str, code: str) -> None:
    with pytest.raises(DomainError):
        found_administrator(BY, login, "首任", code)
    assert not Account.objects.unscoped("test").exists()
    assert not Post.objects.unscoped("test").exists()


def test_the_demo_has_one_account_for_each_role_first_each_with_another_password(places: None) -> None:
    made = found_demo(BY)
    assert {each.role for each in made[: len(roles())]} == {role.text for role in roles().values()}
    assert len({each.password for each in made}) == len(made)
    held = Counter(Holding.objects.unscoped("test").values_list("post__role", flat=True))
    assert set(held) == set(roles())


def test_the_demo_shows_a_zone_and_a_gap(places: None) -> None:
    found_demo(BY)
    by_login = dict(Account.objects.unscoped("test").values_list("login", "pk"))
    lead = actor_of(by_login["subdistrict"], NOW)
    assert len(lead.places_for("people.see")) == 2
    assert {gap.village.code for gap in gaps(lead)} >= {"371102009201"}


def found_twice_at_once(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two people found one installation, both having looked before either writes, if nothing stops them. What went wrong."""
    meet = meeting()

    def unit_after_both_looked(by: By, name: str, kind: UnitKind) -> int:
        meet()
        return found_unit(by, name, kind)

    monkeypatch.setattr("bangfu.access.services.founding.found_unit", unit_after_both_looked)
    acts = [partial(found_administrator, BY, login, "首任", "371102") for login in ("one", "two")]
    return [getattr(problem, "code", "FAILED") for problem in at_once(acts)]


def test_two_who_found_at_once_make_one_administrator(committed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    load_divisions(BY, FIRST)
    assert found_twice_at_once(monkeypatch) == ["FOUNDED"]
    assert Account.objects.unscoped("test").count() == 1


def test_without_the_lock_the_second_would_not_be_told_why(committed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    load_divisions(BY, FIRST)
    with monkeypatch.context() as off:
        off.setattr("bangfu.access.services.founding._alone", lambda: None)
        off.setattr("bangfu.access.services.founding.transaction.atomic", unprotected)
        assert found_twice_at_once(off) != ["FOUNDED"]

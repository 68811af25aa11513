"""What a form asks is done one time: sent twice at one moment, or again after a while."""

from datetime import timedelta

import pytest
from django.utils import timezone

from bangfu.access.models import SentForm, Session
from bangfu.access.services.housekeeping import FORMS_KEPT, sweep
from bangfu.access.services.once import once
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from tests.organisation import NOW, founded
from tests.races import at_once, meeting


def session() -> int:
    org = founded()
    more = {"started_at": timezone.now(), "seen_at": timezone.now(), "confirmed_at": timezone.now()}
    return int(Session.objects.create(account_id=org.accounts["village"], token_digest="0" * 64, **more).pk)


@pytest.mark.parametrize("same", [True, False])
def test_of_two_that_come_at_one_moment_one_is_done(committed: None, same: bool) -> None:
    """With a sign of its own for each, both are: they do meet."""
    mine, meet = session(), meeting()
    done: list[int] = []

    def act() -> int:
        meet()
        done.append(1)
        return 7

    def send(sent: str) -> None:
        assert once(mine, sent, NOW, act)[0] == 7

    assert at_once([lambda: send("a"), lambda: send("a" if same else "b")]) == []
    assert len(done) == (1 if same else 2)


@pytest.mark.django_db
def test_what_was_refused_is_asked_anew_and_what_was_done_is_told() -> None:
    mine = session()

    def refused() -> int:
        raise DomainError("NO", Text("不行。", "No."))

    with pytest.raises(DomainError):
        once(mine, "a", NOW, refused)
    assert once(mine, "a", NOW, lambda: 7) == (7, False)
    assert once(mine, "a", NOW, lambda: 8) == (7, True)
    # Of what is no row's number nothing is kept.
    assert once(mine, "b", NOW, lambda: "371102196003010010")[0]
    assert once(mine, "b", NOW, lambda: 8) == (None, True)


@pytest.mark.django_db
def test_signs_are_let_go_of_when_no_page_can_hold_them_any_more() -> None:
    once(session(), "a", NOW, lambda: 7)
    sweep(NOW + FORMS_KEPT)
    assert SentForm.objects.exists()
    sweep(NOW + FORMS_KEPT + timedelta(seconds=1))
    assert not SentForm.objects.exists()

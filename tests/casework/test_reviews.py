"""Villages sign what they report; somebody else accepts it or sends it back; what changes after that can be seen."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from bangfu.access.data import Denied, NotThere
from bangfu.access.scope import ScopedQuerySet
from bangfu.audit.data import Act
from bangfu.audit.services import record
from bangfu.casework import selectors
from bangfu.casework.figures import FIGURES, digest_of, figures_of, seal_of
from bangfu.casework.models import Submission
from bangfu.casework.reported import preview, round_of, rounds, submission
from bangfu.casework.services import reviews
from bangfu.casework.services.reviews import NewRound, accept, close_round, open_round, send_back, sign
from bangfu.kernel.errors import DomainError
from bangfu.registry import protection
from bangfu.registry.services.ledger import NewLine, record_ledger
from tests.assessments import assess
from tests.casework.conftest import Desk
from tests.examples import few
from tests.households import new_household
from tests.organisation import FIRST, TODAY
from tests.races import at_once, meeting, unprotected

VILLAGE = "371102008201"


@pytest.fixture
def asked(desk: Desk) -> int:
    """A round that the lead asked the villages of the subdistrict for."""
    new = NewRound(desk.org.places["371102008"], "十一月上报", TODAY)
    return open_round(desk.by("subdistrict"), desk.actor("subdistrict"), new)


def signed(desk: Desk, round_: int, who: str = "village", village: str = VILLAGE) -> int:
    place = desk.org.places[village]
    return sign(desk.by(who), desk.actor(who), round_, place, seal_of(figures_of([place])[place]))


def code_of(act: Callable[[], object]) -> str:
    with pytest.raises(DomainError) as refused:
        act()
    return refused.value.code


def states(desk: Desk, round_: int, who: str = "subdistrict") -> dict[str, str]:
    _, villages = round_of(desk.actor(who), round_)
    return {row.name: row.state for row in villages}


def counts(desk: Desk, who: str) -> dict[str, int]:
    return {
        each.label.zh: each.count
        for each in selectors.waiting(desk.actor(who))
        if each.page == "web:reviews" and each.count
    }


def test_who_has_not_signed_can_be_seen_and_is_told(desk: Desk, asked: int) -> None:
    assert states(desk, asked) == {"东一村": "unsigned", "东二村": "unsigned"}
    assert counts(desk, "subdistrict") == {"还没有确认上报的村": 2}
    assert counts(desk, "village") == {"待确认的上报": 1}
    signed(desk, asked)
    assert states(desk, asked) == {"东一村": "signed", "东二村": "unsigned"}
    assert counts(desk, "subdistrict") == {"还没有确认上报的村": 1, "待审核的上报": 1}
    assert counts(desk, "village") == {}
    assert (counts(desk, "other"), counts(desk, "auditor")) == ({}, {})


def test_what_is_signed_are_the_figures_of_that_moment(desk: Desk, asked: int) -> None:
    number = signed(desk, asked)
    row = Submission.objects.unscoped("test").get(pk=number)
    assert row.figures.keys() == FIGURES.keys()
    assert (row.figures["households"], row.figures["persons"], row.figures["unsettled"]) == (1, 3, 1)
    assert row.figures["questions"] == selectors.tasks(desk.actor(), selectors.Wanted(), None).tasks
    assert row.post_id == desk.org.posts["village"]
    found = submission(desk.actor("subdistrict"), number)
    assert (found.changed, found.decides, found.signer) == (False, True, "人village")


def test_nobody_signs_figures_that_they_did_not_see(desk: Desk, asked: int) -> None:
    place = desk.org.places[VILLAGE]
    seen = preview(desk.actor(), asked, place).seen
    new_household(desk.org, "H2", VILLAGE)
    assert code_of(lambda: sign(desk.by(), desk.actor(), asked, place, seen)) == "FIGURES_MOVED"
    sign(desk.by(), desk.actor(), asked, place, preview(desk.actor(), asked, place).seen)
    assert Submission.objects.unscoped("test").get().figures["households"] == 2


def test_figures_of_many_villages_are_those_of_each_alone(desk: Desk) -> None:
    made = new_household(desk.org, "H2", "371102008202", who="sibling")
    record_ledger(desk.by(), desk.org.actor("sibling"), made, 2016, [NewLine("crop", 123_00)])
    assess(desk.org, [made])
    desk.sweep()
    villages = [desk.org.places[code] for code in (VILLAGE, "371102008202", "371102009201")]
    assert figures_of(villages) == {each: figures_of([each])[each] for each in villages}


def test_a_change_after_signing_is_seen_also_where_the_sums_stay(desk: Desk, asked: int) -> None:
    place = desk.org.places[VILLAGE]
    other = new_household(desk.org, "H2", VILLAGE)
    assess(desk.org, [other])
    desk.sweep()
    number = signed(desk, asked)
    before = digest_of(place)
    made = new_household(desk.org, "H3", VILLAGE)
    assess(desk.org, [made])
    assert digest_of(place) != before
    assert submission(desk.actor("subdistrict"), number).changed
    _, villages = round_of(desk.actor("subdistrict"), asked)
    assert [row.changed for row in villages if row.submission] == [True]


def test_what_is_sent_back_comes_home_with_its_reason_and_is_signed_anew(desk: Desk, asked: int) -> None:
    first = signed(desk, asked)
    assert code_of(lambda: signed(desk, asked)) == "SIGNED_ALREADY"
    assert code_of(lambda: send_back(desk.by("subdistrict", " "), desk.actor("subdistrict"), first)) == "REASON_NEEDED"
    send_back(desk.by("subdistrict", "缺两户的收入"), desk.actor("subdistrict"), first)
    assert counts(desk, "village") == {"被退回的上报": 1}
    assert submission(desk.actor(), first).reason == "缺两户的收入"
    second = signed(desk, asked)
    assert counts(desk, "village") == {}
    accept(desk.by("subdistrict"), desk.actor("subdistrict"), second)
    assert states(desk, asked)["东一村"] == "accepted"
    assert submission(desk.actor(), second).earlier == (first,)
    assert code_of(lambda: accept(desk.by("officer"), desk.actor("officer"), second)) == "DECIDED"


def test_nobody_reviews_their_own_whatever_posts_they_hold(desk: Desk, asked: int) -> None:
    desk.org.open("village-too", "subdistrict", "371102008")
    desk.org.seat("village", "village-too", FIRST)
    number = signed(desk, asked)
    assert not submission(desk.actor(), number).decides
    assert code_of(lambda: accept(desk.by(), desk.actor(), number)) == "OWN_REPORT"
    assert "待审核的上报" not in counts(desk, "village")
    send_back(desk.by("subdistrict"), desk.actor("subdistrict"), number)
    # Another signs for the village then; who signed before still does not review.
    desk.org.add("second", VILLAGE)
    desk.org.open("second", "village", VILLAGE)
    desk.org.seat("second", "second", FIRST)
    again = signed(desk, asked, "second")
    assert code_of(lambda: accept(desk.by(), desk.actor(), again)) == "OWN_REPORT"


def test_the_database_lets_nobody_review_their_own(desk: Desk, asked: int) -> None:
    number = signed(desk, asked)
    send_back(desk.by("subdistrict"), desk.actor("subdistrict"), number)
    row = Submission.objects.unscoped("test").get(pk=number)
    with transaction.atomic():
        entry = record(desk.by(), Act("casework.accept"))
    said = {
        "of_id": asked,
        "place_id": row.place_id,
        "signed_at": desk.at,
        "figures": {},
        "digest": "",
        "entry_id": entry,
    }
    own = {"signed_by_id": row.signed_by_id, "post_id": row.post_id, "decided_by_id": row.signed_by_id}
    with transaction.atomic():
        decision = record(desk.by(), Act("casework.accept"))
    decided: dict[str, Any] = {"state": "accepted", "decided_at": desk.at, "decision_id": decision}
    with pytest.raises(IntegrityError, match="casework_nobody_reviews_their_own"), transaction.atomic():
        Submission.objects.create(**said, **own, **decided)


def test_only_the_villages_own_post_signs_and_only_those_above_review(desk: Desk, asked: int) -> None:
    for who in ("sibling", "other", "subdistrict", "officer"):
        with pytest.raises((Denied, NotThere)):
            signed(desk, asked, who)
    with pytest.raises(NotThere):
        signed(desk, asked, "other", "371102009201")
    with pytest.raises(NotThere):
        signed(desk, asked, "subdistrict", "371102008")
    number = signed(desk, asked)
    for who in ("sibling", "other", "auditor", "stranger", "village"):
        with pytest.raises((Denied, NotThere)):
            accept(desk.by(who), desk.actor(who), number)
    assert states(desk, asked)["东一村"] == "signed"


def test_a_round_that_is_closed_takes_no_signature_and_asks_for_none(desk: Desk, asked: int) -> None:
    close_round(desk.by("subdistrict"), desk.actor("subdistrict"), asked)
    assert code_of(lambda: signed(desk, asked)) == "ROUND_CLOSED"
    assert code_of(lambda: close_round(desk.by("officer"), desk.actor("officer"), asked)) == "ROUND_CLOSED"
    assert (counts(desk, "village"), counts(desk, "subdistrict")) == ({}, {})
    (row,) = rounds(desk.actor(), None)
    assert row.closed


def test_a_round_is_not_closed_over_a_report_that_waits_for_review(desk: Desk, asked: int) -> None:
    number = signed(desk, asked)
    close = partial(close_round, desk.by("subdistrict"), desk.actor("subdistrict"), asked)
    assert code_of(close) == "REPORTS_WAIT"
    assert counts(desk, "subdistrict")["待审核的上报"] == 1
    send_back(desk.by("subdistrict"), desk.actor("subdistrict"), number)
    close()


@pytest.mark.parametrize(("title", "days", "code"), [("", 0, "TITLE_NEEDED"), ("上报", -1, "DAY_PASSED")])
def test_a_round_has_a_name_and_a_day_to_come(desk: Desk, title: str, days: int, code: str) -> None:
    new = NewRound(desk.org.places["371102008"], title, TODAY.replace(day=TODAY.day + days if days >= 0 else 1))
    new = replace(new, due_on=TODAY if days == 0 else FIRST)
    assert code_of(lambda: open_round(desk.by("officer"), desk.actor("officer"), new)) == code


def test_a_round_is_opened_where_one_reviews(desk: Desk) -> None:
    for who, place in (("subdistrict", "371102009"), ("village", VILLAGE), ("auditor", VILLAGE), ("officer", "371103")):
        with pytest.raises(Denied):
            open_round(desk.by(who), desk.actor(who), NewRound(desk.org.places[place], "上报", TODAY))


@few(5)
@given(acts=st.lists(st.sampled_from(["sign", "accept", "return", "close"]), min_size=1, max_size=8))
def test_whatever_is_done_in_any_order_one_signature_stands_at_most(desk: Desk, asked: int, acts: list[str]) -> None:
    """The model: unsigned, signed, accepted, returned; and whether the round is open."""
    with transaction.atomic():
        state, lasts, number = "unsigned", True, 0
        for act in acts:
            do: dict[str, Callable[[], Any]] = {
                "sign": lambda: signed(desk, asked),
                "accept": partial(accept, desk.by("officer"), desk.actor("officer"), number),
                "return": partial(send_back, desk.by("officer"), desk.actor("officer"), number),
                "close": lambda: close_round(desk.by("officer"), desk.actor("officer"), asked),
            }
            fits = {
                "sign": lasts and state in ("unsigned", "returned"),
                "accept": state == "signed",
                "return": state == "signed",
                "close": lasts and state != "signed",
            }[act]
            if fits:
                came = do[act]()
                number = came if act == "sign" else number
                state = {"sign": "signed", "accept": "accepted", "return": "returned"}.get(act, state)
                lasts = lasts and act != "close"
            else:
                assert code_of(do[act]) in ("SIGNED_ALREADY", "DECIDED", "ROUND_CLOSED", "REPORTS_WAIT", "NOT_THERE")
            assert states(desk, asked)["东一村"] == state
        standing = Submission.objects.unscoped("test").filter(of=asked).exclude(state="returned")
        assert standing.count() <= 1
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE casework_submission SET figures = '{}'",
        "UPDATE casework_submission SET signed_by_id = signed_by_id + 1",
        "DELETE FROM casework_submission",
        "UPDATE casework_round SET title = '别的'",
    ],
)
def test_what_was_signed_stays_as_it_was(desk: Desk, asked: int, sql: str) -> None:
    signed(desk, asked)
    with pytest.raises(IntegrityError, match=protection.MESSAGE), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


# ---- two at once


@pytest.fixture
def waiting(committed: None, desk: Desk, asked: int) -> tuple[Desk, int]:
    """With a report that waits for a decision."""
    return desk, signed(desk, asked)


def decided_at_once(waiting: tuple[Desk, int], monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], str]:
    """One accepts and another sends back, both having looked before either wrote, if they can: what failed, and how it ended."""
    desk, number = waiting
    meet, refuse = meeting(), reviews._refuse

    def wait(*given_: Any) -> None:
        refuse(*given_)
        meet()

    with monkeypatch.context() as held:
        held.setattr(reviews, "_refuse", wait)
        failed = at_once(
            [
                partial(accept, desk.by("subdistrict"), desk.actor("subdistrict"), number),
                partial(send_back, desk.by("officer"), desk.actor("officer"), number),
            ]
        )
    ended = Submission.objects.unscoped("test").get(pk=number).state
    return [getattr(each, "code", type(each).__name__) for each in failed], ended


def test_of_two_reviewers_at_once_one_is_told_that_it_was_decided(
    waiting: tuple[Desk, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    failed, ended = decided_at_once(waiting, monkeypatch)
    assert failed == ["DECIDED"]
    assert ended in ("accepted", "returned")


def test_without_the_lock_both_decide_or_one_fails_without_a_reason(
    waiting: tuple[Desk, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as off:
        off.setattr(ScopedQuerySet, "select_for_update", lambda rows: rows)
        off.setattr("bangfu.casework.services.reviews.transaction.atomic", unprotected)
        failed, _ = decided_at_once(waiting, monkeypatch)
    assert failed != ["DECIDED"]


def test_of_two_who_sign_at_once_one_is_told_that_it_was_signed(committed: None, desk: Desk, asked: int) -> None:
    failed = at_once([partial(signed, desk, asked)] * 2)
    assert [getattr(each, "code", "") for each in failed] == ["SIGNED_ALREADY"]
    assert Submission.objects.unscoped("test").count() == 1

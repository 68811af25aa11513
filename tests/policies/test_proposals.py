"""What may be proposed, said field by field; who decides on it; and which of many publications decides on a day."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given as drawn
from hypothesis import strategies as st

from bangfu.access.data import Denied, NotThere
from bangfu.assessment.publishing import try_again
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.policies.data import Unfit
from bangfu.policies.in_force import in_force, standing
from bangfu.policies.models import ROOM, Kind, Proposal
from bangfu.policies.services.deciding import refuse, sign
from bangfu.policies.services.proposing import propose, take_back
from bangfu.registry import protection
from tests.policies.conftest import RATE, Desk, row, trial, tried

LINE = {"parameter": "poverty_line", "value": "3600", "from_day": None}


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("value", {"value": "a hundred"}),
        ("value", {"value": "-1"}),
        ("value", {"value": "1.005"}),
        ("value", {"value": "99999999999999"}),
        ("value", {"value": ""}),
        ("value", {"parameter": "entry_margin", "value": "101"}),
        ("value", {"parameter": "count_pension", "value": "maybe"}),
        ("value", {"parameter": "hardship_scope", "value": "everybody"}),
        ("value", {"parameter": "elderly_80s_age_from", "value": "80.5"}),
        ("value", {"parameter": "evidence_id_age_from", "value": "16"}),
        ("from_day", {"from_day": None}),
        ("from_day", {"year": 2018}),
        ("until_day", {"until_day": date(2017, 12, 31)}),
        ("backdated", {"from_day": date(2017, 11, 30)}),
        ("year", {**LINE}),
        ("year", {**LINE, "year": 2018, "from_day": date(2018, 1, 1)}),
        ("year", {**LINE, "year": 3000}),
        ("backdated", {**LINE, "year": 2016}),
        ("source_zh", {"source": Text(" ", "x")}),
        ("source_en", {"source": Text("通知", "a" * 201)}),
        ("source_zh", {"source": Text("甲" * 201, "x")}),
        ("source_zh", {"source": Text("甲\n乙", "x")}),
    ],
)
def test_what_does_not_fit_is_refused_at_its_field(plain: Desk, field: str, given: dict[str, Any]) -> None:
    with pytest.raises(Unfit) as problem:
        plain.propose(**given)
    assert problem.value.field == field
    assert problem.value.text.zh
    assert problem.value.text.en
    assert not Proposal.objects.unscoped("test").exists()


@pytest.mark.parametrize(
    ("written", "given"),
    [
        ("100", {"value": " 100.00 "}),
        ("100.50", {"value": "100.5"}),
        ("0", {"value": "0"}),
        ("62.50", {"parameter": "entry_margin", "value": "62.5%"}),
        ("100", {"parameter": "entry_margin", "value": "100"}),
        ("yes", {"parameter": "count_pension", "value": "是"}),
        ("no", {"parameter": "count_pension", "value": "No"}),
        ("3600", {**LINE, "year": 2018}),
        ("100", {"source": Text("通知", "")}),
        ("100", {"from_day": date(2017, 12, 1)}),
        ("100", {"from_day": date(2017, 11, 30), "backdated": True}),
    ],
)
def test_what_fits_is_kept_as_the_rulebook_writes_it(plain: Desk, written: str, given: dict[str, Any]) -> None:
    plain.propose(**given)
    assert Proposal.objects.unscoped("test").get().value == written
    assert in_force().layers == ()


def test_a_parameter_that_is_not_there_is_not_there(plain: Desk) -> None:
    with pytest.raises(NotThere):
        plain.propose(parameter="no_such_rate")


@pytest.mark.parametrize(
    "given",
    [
        {"from_day": date(2018, 8, 1)},
        {"from_day": date(2018, 6, 30)},
        {"from_day": date(2017, 12, 1)},
        {"from_day": date(2018, 1, 1), "until_day": date(2018, 6, 30)},
    ],
)
def test_spans_that_overlap_or_leave_a_gap_are_refused(plain: Desk, given: dict[str, Any]) -> None:
    plain.published(from_day=date(2018, 1, 1), until_day=date(2018, 6, 30))
    with pytest.raises(Unfit) as problem:
        plain.propose(**given)
    assert (problem.value.code, problem.value.field) == ("DOES_NOT_FIT", "from_day")
    assert plain.published(place="371102008", **given).number == 2


def test_what_others_stand_beside_is_not_withdrawn_from_between_them(plain: Desk) -> None:
    plain.published(from_day=date(2018, 1, 1), until_day=date(2018, 6, 30))
    middle = plain.published(value="110", from_day=date(2018, 7, 1), until_day=date(2018, 9, 30))
    last = plain.published(value="120", from_day=date(2018, 10, 1))
    with pytest.raises(Unfit, match="DOES_NOT_FIT"):
        plain.propose_withdrawal(middle.pk)
    gone = plain.propose_withdrawal(last.pk)
    tried(gone)
    assert plain.sign(gone) == 4
    with pytest.raises(DomainError, match="NOT_PUBLISHED"):
        plain.propose_withdrawal(last.pk)


def test_of_two_who_propose_to_withdraw_the_same_the_second_is_told_that_it_is_gone(plain: Desk) -> None:
    published = plain.published()
    first, second = (plain.propose_withdrawal(published.pk) for _ in range(2))
    tried(first)
    plain.sign(first)
    tried(second)
    with pytest.raises(DomainError, match="WITHDRAWN_ALREADY"):
        plain.sign(second)
    take_back(plain.by(), plain.actor(), second)


# ---- who decides


def test_nobody_signs_or_refuses_what_they_proposed(plain: Desk) -> None:
    made = plain.propose()
    tried(made)
    with pytest.raises(DomainError, match="OWN_PROPOSAL"):
        plain.sign(made, "officer")
    with pytest.raises(DomainError, match="OWN_PROPOSAL"):
        refuse(plain.by("officer"), plain.actor("officer"), made)
    assert row(made).signed is None


def test_the_database_itself_lets_nobody_decide_on_what_they_proposed(plain: Desk) -> None:
    rows = Proposal.objects.unscoped("test").filter(pk=plain.propose())
    said = {"signed": True, "number": 1, "seen": "x", "decided_at": plain.office.at}
    mine, anothers = (plain.office.org.accounts[who] for who in ("officer", "second"))
    with pytest.raises(IntegrityError, match="decided_by_another"), transaction.atomic():
        rows.update(decided_by_id=mine, **said)
    assert rows.update(decided_by_id=anothers, **said) == 1


@pytest.mark.parametrize("who", ["village", "subdistrict", "auditor", "admin"])
def test_who_is_not_of_the_office_neither_proposes_nor_signs(plain: Desk, who: str) -> None:
    made = plain.propose()
    tried(made)
    with pytest.raises(Denied):
        plain.propose(who)
    with pytest.raises((Denied, NotThere)):
        plain.sign(made, who)


def test_nobody_proposes_for_another_district_or_without_a_code(plain: Desk) -> None:
    made = plain.propose()
    tried(made)
    with pytest.raises(Denied, match="NOT_GRANTED"):
        plain.propose(place="371103")
    with pytest.raises(Denied, match="SECOND_FACTOR_NEEDED"):
        propose(plain.by(), plain.actor(sure=False), plain.new())
    with pytest.raises(Denied, match="SECOND_FACTOR_NEEDED"):
        sign(plain.by("second"), plain.actor("second", sure=False), made, trial(made).digest)


def test_only_what_was_tried_and_looked_at_is_signed(plain: Desk) -> None:
    made, other = plain.propose(), plain.propose(value="90", from_day=date(2018, 6, 1))
    with pytest.raises(DomainError, match="NOT_TRIED"):
        plain.sign(made, seen="d" * 64)
    tried(made)
    tried(other)
    with pytest.raises(DomainError, match="TRIED_OTHERWISE"):
        plain.sign(made, seen="0" * 64)
    assert plain.sign(made) == 1
    with pytest.raises(DomainError, match="TRIED_OTHERWISE"):
        plain.sign(other)


def test_a_refusal_says_why_and_ends_it_and_so_does_taking_it_back(plain: Desk) -> None:
    made, back = plain.propose(), plain.propose()
    with pytest.raises(Unfit, match="REASON_NEEDED"):
        refuse(plain.by("second", " "), plain.actor("second"), made)
    refuse(plain.by("second", "文号不对"), plain.actor("second"), made)
    assert (row(made).signed, row(made).refused_because, row(made).number) == (False, "文号不对", None)
    with pytest.raises(DomainError, match="ANOTHERS"):
        take_back(plain.by("second"), plain.actor("second"), back)
    take_back(plain.by(), plain.actor(), back)
    with pytest.raises(DomainError, match="DECIDED"):
        plain.sign(made, "third", seen="d" * 64)
    with pytest.raises(DomainError, match="DECIDED"):
        plain.sign(back, "third", seen="d" * 64)
    with pytest.raises(DomainError, match="DECIDED"):
        try_again(plain.by(), plain.actor(), back)
    assert in_force().number == 0


@pytest.mark.parametrize("changed", [{"value": "1"}, {"number": 7}, {"signed": False}, {"reason": "乙"}, None])
def test_nothing_of_a_publication_changes_and_none_is_deleted(plain: Desk, changed: dict[str, Any] | None) -> None:
    rows = Proposal.objects.unscoped("test").filter(pk=plain.published().pk)
    with pytest.raises(IntegrityError, match=protection.MESSAGE), transaction.atomic():
        _ = rows.update(**changed) if changed else rows._raw_delete(rows.db)
    protection.lift(connection, ROOM)
    assert rows.update(reason="乙") == 1


# ---- which value decides

FIRST = date(2018, 1, 1)
ACTS = st.lists(st.tuples(st.booleans(), st.integers(0, 20)), max_size=12)


def publications(acts: list[tuple[bool, int]]) -> list[Proposal]:
    """Publications without an end, each from a later day than those before that stand, and withdrawals among them."""
    rows: list[Proposal] = []
    for number, (withdraws, day) in enumerate(acts, start=1):
        gone = {row.withdraws_id for row in rows}
        open_ = [row for row in rows if row.kind == Kind.SET and row.pk not in gone]
        said: dict[str, Any] = {"pk": number, "number": number, "parameter": RATE, "code": "371102"}
        if withdraws and open_:
            rows.append(Proposal(kind=Kind.WITHDRAW, withdraws_id=open_[day % len(open_)].pk, **said))
        else:
            since = max((row.from_day for row in open_ if row.from_day), default=FIRST) + timedelta(day + 1)
            rows.append(Proposal(kind=Kind.SET, value=str(number), from_day=since, **said))
    return rows


@drawn(ACTS, st.integers(0, 300))
def test_on_each_day_the_last_that_had_begun_and_was_not_withdrawn_decides(
    acts: list[tuple[bool, int]], after: int
) -> None:
    rows, day = publications(acts), FIRST + timedelta(after)
    gone = {row.withdraws_id for row in rows}
    begun = [r for r in rows if r.kind == Kind.SET and r.pk not in gone and r.from_day and r.from_day <= day]
    spans = standing(rows).get((RATE, "371102"), [])
    holds = [s.value for s in spans if s.from_day and s.from_day <= day and (s.until_day is None or day <= s.until_day)]
    assert holds == [row.value for row in begun[-1:]]

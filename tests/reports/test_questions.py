"""What to ask, household by household, is what each household's own page asks; with the money that hangs on it, and for whoever sees it."""

from dataclasses import asdict

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bangfu.access.data import Actor
from bangfu.assessment.household import explained, explained_all
from bangfu.registry.models import Household
from bangfu.reports import questions
from bangfu.reports.data import Asked
from bangfu.reports.households import rows_asked
from bangfu.reports.questions import HouseholdToAsk, to_ask
from bangfu.reports.waiting import waits
from tests.reports.conftest import ROLES, Lists


def pages(actor: Actor, place: int | None = None) -> list[HouseholdToAsk]:
    first = to_ask(actor, place, None, "zh")
    return [row for n in range(1, first.paginator.num_pages + 1) for row in to_ask(actor, place, str(n), "zh")]


@pytest.mark.parametrize("role", ROLES)
def test_each_sees_the_questions_of_the_households_they_see_and_of_no_other(lists: Lists, role: str) -> None:
    actor = lists.actor(role)
    listed = [row.id for row in pages(actor)]
    assert sorted(listed) == sorted(rows_asked(actor, Asked(gaps=("asks",))).values_list("pk", flat=True))
    assert len(listed) == len(set(listed))


def test_a_household_is_asked_what_its_own_page_asks_most_money_first(lists: Lists) -> None:
    actor = lists.actor("officer")
    rows = pages(actor)
    assert any(row.asked for row in rows)
    for row in rows:
        alone = explained(actor, row.id, "zh")
        assert alone is not None
        assert [(each.label, each.money) for each in row.asked] == [
            (each.label, each.money) for each in alone.told.questions
        ]
        assert len(row.asked) <= 5
        assert row.most == max((each.money for each in row.asked), default=0)


def test_several_are_explained_as_each_alone_and_the_unseen_not_at_all(lists: Lists) -> None:
    every = list(Household.objects.unscoped("test").values_list("pk", flat=True))
    actor = lists.actor("village")
    told = explained_all(actor, every, "en")
    assert 0 < len(told) < len(every)
    for household, each in told.items():
        alone = explained(actor, household, "en")
        assert alone is not None
        assert asdict(each) == asdict(alone)


def test_a_place_narrows_them_and_one_that_is_not_seen_has_none(lists: Lists) -> None:
    places = lists.office.org.places
    whole, part = pages(lists.actor("officer")), pages(lists.actor("officer"), places["371102008201"])
    assert 0 < len(part) < len(whole)
    assert {row.place_name for row in part} == {part[0].place_name}
    assert pages(lists.actor("sibling"), places["371102008201"]) == []


def test_the_first_page_opens_them(lists: Lists) -> None:
    waiting = [each for each in waits(lists.actor("village"), timezone.now()).some if each.page == "web:questions"]
    assert [each.count for each in waiting] == [len(pages(lists.actor("village")))]


def test_a_page_takes_as_many_queries_whether_it_lists_one_or_ten(
    lists: Lists, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = []
    for a_page in (1, 10):
        monkeypatch.setattr(questions, "A_PAGE", a_page)
        with CaptureQueriesContext(connection) as asked:
            to_ask(lists.actor("officer"), None, None, "zh")
        taken.append(len(asked))
    assert taken[0] == taken[1]

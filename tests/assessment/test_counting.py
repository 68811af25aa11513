"""How many households are due, receive, miss a policy is kept for each village, whoever changes verdicts at the same time, and told as the actor sees it.

That the kept numbers are those of the verdicts is looked at after every test of this room (`counted` in conftest.py).
"""

from datetime import date
from functools import partial
from time import sleep
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from bangfu.assessment import by_policy
from bangfu.assessment.models import PolicyTally
from bangfu.assessment.services import counting
from bangfu.assessment.services.corrections import correct
from bangfu.registry.models import Household
from bangfu.registry.services.assignments import assign
from bangfu.registry.services.procedures import Event, move_household
from bangfu.registry.services.receipts import NewReceipt, record_receipt
from tests.assessment.conftest import Office, counted_counts, households, kept_counts
from tests.assessments import assess, done_run
from tests.households import new_household
from tests.organisation import NOW, TODAY
from tests.races import at_once, meeting, unprotected

POLICY = "elderly_80s"
THERE, ELSEWHERE = "371102008201", "371102008202"
DAY = date(2017, 11, 1)


@pytest.fixture
def two(office: Office) -> list[int]:
    """Two households of a village that were judged, and paid since."""
    done_run(office.org)
    made = [new_household(office.org, f"H{n}", THERE) for n in range(2)]
    assess(office.org, made)
    for household in made:
        pay(office, household)
    return made


def pay(office: Office, household: int) -> None:
    record_receipt(office.by, office.actor, household, NewReceipt(POLICY, 2017, 25_000))


def receiving(office: Office) -> int:
    return by_policy.counts(office.actor).get(POLICY, by_policy.NONE)["receiving"]


def test_a_run_counts_every_village_and_a_count_is_as_long_as_its_list(crowd: Office) -> None:
    crowd.run()
    assert len({place for place, _ in kept_counts()}) == 3
    told = by_policy.counts(crowd.actor)
    listed = {
        (policy, which): by_policy.households(crowd.actor, policy, which, None).paginator.count
        for policy in told
        for which in by_policy.WHICH
    }
    assert {(policy, which): counts[which] for policy, counts in told.items() for which in by_policy.WHICH} == listed


def test_a_run_counts_of_a_household_that_was_changed_meanwhile_what_stands_of_it(
    crowd: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd.run()
    first, second = households()[:2]
    before = receiving(crowd)
    pay(crowd, first)
    monkeypatch.setattr("bangfu.assessment.services.storing.alone", partial(pay, crowd, second))
    crowd.run()
    assert receiving(crowd) == before + 1


def test_a_correction_counts_what_it_changed(office: Office, two: list[int]) -> None:
    assess(office.org, two[:1])
    assert receiving(office) == 1
    assess(office.org, two[1:])
    assert receiving(office) == 2


def test_a_household_that_moves_is_counted_where_it_lives(office: Office, two: list[int]) -> None:
    assess(office.org, two)
    places = office.org.places
    move_household(office.by, office.actor, Event(two[0], DAY), places[ELSEWHERE])
    paid = PolicyTally.objects.unscoped("test").filter(policy_id=POLICY).values_list("place", "receiving")
    assert dict(paid) == {places[THERE]: 1, places[ELSEWHERE]: 1}


def test_whoever_sees_some_households_only_is_told_of_those(office: Office, two: list[int]) -> None:
    assess(office.org, two)
    assign(office.by, office.actor, two[0], office.org.posts["district"], TODAY)
    assert by_policy.counts(office.org.actor("district"))[POLICY]["receiving"] == 1


def test_the_catalogue_looks_at_no_verdict_however_many_there_are(office: Office, two: list[int]) -> None:
    assess(office.org, two)
    with CaptureQueriesContext(connection) as asked:
        by_policy.counts(office.actor)
    assert [query["sql"] for query in asked.captured_queries if "policyverdict" in query["sql"]] == []


def test_what_was_judged_before_there_were_counts_is_counted_after_the_migration(
    office: Office, two: list[int]
) -> None:
    assess(office.org, two)
    PolicyTally.objects.unscoped("test").all().delete()
    counting.count_uncounted()
    assert kept_counts() == counted_counts() != {}


def test_a_correction_looks_at_its_own_household_alone(office: Office, two: list[int]) -> None:
    with CaptureQueriesContext(connection) as asked:
        assess(office.org, two[:1])
    told = [query["sql"] for query in asked.captured_queries if "AS receiving" in query["sql"]]
    assert [f"WHERE id = {two[0]})" in " ".join(sql.split()) for sql in told] == [True, True]


def corrected_and_counted_at_once(household: int, monkeypatch: pytest.MonkeyPatch) -> list[Exception]:
    """A household is judged anew while its village is counted, each writing what it knows when the other has begun to, if they can."""
    meet, add, insert = meeting(), counting._add, counting._insert

    def add_after(rows: Any) -> None:
        meet()
        add(rows)

    def insert_after(sql: str) -> None:
        meet()
        sleep(0.5)
        insert(sql)

    def count() -> None:
        with transaction.atomic():
            counting.count(Household.objects.unscoped("test").filter(pk=household).values_list("place", flat=True))

    with monkeypatch.context() as held:
        held.setattr(counting, "_add", add_after)
        held.setattr(counting, "_insert", insert_after)
        return at_once([partial(correct, household, NOW), count])


def test_what_is_judged_while_its_village_is_counted_is_counted_once(
    office: Office, two: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert corrected_and_counted_at_once(two[0], monkeypatch) == []
    assert receiving(office) == 1


def test_without_the_hold_one_of_them_fails_or_it_is_not_counted_once(
    office: Office, two: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as off:
        off.setattr(counting, "hold", lambda places=None: None)
        off.setattr("bangfu.assessment.services.corrections.transaction.atomic", unprotected)
        failed = corrected_and_counted_at_once(two[0], monkeypatch)
    counted = receiving(office)
    PolicyTally.objects.unscoped("test").all().delete()
    counting.count_uncounted()
    assert failed or counted != 1

"""An edit's own assessment says what a run over the whole register would say of its household, cell by cell."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bangfu.assessment.household import changes as changes_of_household
from bangfu.assessment.models import Finding, Run, State
from bangfu.assessment.services.corrections import correct, correct_after, sweep_stale
from bangfu.assessment.services.runs import ask_run
from bangfu.engine.duck import open_engine
from bangfu.engine.homes import homes
from bangfu.policies.in_force import in_force
from bangfu.registry.data import NewFacts
from bangfu.registry.facts import ERASED
from bangfu.registry.homes import home_of
from bangfu.registry.models import Act, Household, Touched
from bangfu.registry.services.acts import households_of, undo
from bangfu.registry.services.erasure import erase
from bangfu.registry.services.facts import record_facts
from bangfu.registry.services.ledger import NewLine, record_ledger
from bangfu.registry.services.procedures import Event, move_household
from bangfu.registry.services.receipts import NewReceipt, record_receipt
from bangfu.registry.snapshots import read_registry
from bangfu.registry.values import Value
from bangfu.rulebook.evaluate import Home
from tests.assessment.conftest import Office, changes, households, members, stale, standing
from tests.households import new_household
from tests.listed import should_be_summed, summed
from tests.organisation import TODAY

DAY = date(2017, 11, 1)


def cells(home: Home) -> object:
    inner = ("household_no", "person_no")
    return (
        {k: v for k, v in home.facts.items() if k not in inner},
        [{k: v for k, v in p.facts.items() if k not in inner} for p in home.people],
        home.ledger,
        home.received,
        [(p.ledger, p.received) for p in home.people],
        sorted((r["person_id"] or "", r["year"], r["item"], r["amount"]) for r in home.ledger_rows_raw),
        sorted((r["person_id"] or "", r["year"], r["policy_id"], r["amount"]) for r in home.receipt_rows_raw),
    )


def touched_by(act: Act) -> set[int]:
    return set(Touched.objects.unscoped("test").filter(act=act).values_list("household_id", flat=True))


def edits(office: Office) -> list[int]:
    """Acts of every kind, on households of their own each."""
    by, actor, every = office.by, office.actor, households()
    first, second = every[0], every[1]
    housing: dict[str, Value] = {"dangerous_house": True, "house_grade": "D", "built_year": 1999}
    record_facts(by, actor, first, NewFacts("housing", first, housing, DAY))
    record_facts(office.by, actor, first, NewFacts("welfare", members(first)[0], {"dibao_monthly": 12_345}, DAY))
    # A number that somebody else has: both households are told of it.
    for household in every[2:4]:
        shared = NewFacts("papers", members(household)[0], {"id_number": "371102196003010010"}, DAY)
        record_facts(office.by, actor, household, shared)
    record_ledger(office.by, actor, second, 2016, [NewLine("crop", 1_234_500), NewLine("wage_local", 99)])
    record_receipt(office.by, actor, second, NewReceipt("dibao", 2017, 25_000, members(second)[0], DAY))
    record_receipt(office.by, actor, every[4], NewReceipt("elderly_80s", 2017, 1_000))
    move_household(office.by, actor, Event(every[5], DAY), office.org.places["371102008202"])
    return [Act.objects.order_by("-pk")[0].pk]


def test_one_household_is_read_as_the_whole_register_is(crowd: Office) -> None:
    edits(crowd)
    with open_engine() as con:
        read_registry(con, TODAY)
        whole = {home.facts["household_id"]: cells(home) for home in homes(con)}
    assert [act.pk for act in Act.objects.all() if not households_of(act) <= touched_by(act)] == []
    alone = [home_of(household, TODAY) for household in households()]
    assert {home.facts["household_id"]: cells(home) for home in alone if home} == whole


def test_what_edits_corrected_is_what_a_run_then_finds(crowd: Office) -> None:
    run = crowd.run()
    before = standing()
    assert summed() == should_be_summed()
    (moved,) = edits(crowd)
    touched = stale()
    assert {*households()[:6]} <= touched
    assert sweep_stale(crowd.at, 100) == len(touched)
    corrected = standing()
    assert summed() == should_be_summed()
    assert stale() == set()
    assert {change.household_id for change in changes(run) if change.correction} <= touched
    undo(crowd.by, crowd.actor, moved)
    correct_after(households()[5], crowd.at)
    undone = standing()
    again = crowd.run()
    assert (again.changed, standing()) == (0, undone)
    assert corrected != before


def read_through(asked: CaptureQueriesContext) -> set[str]:
    """The tables that SQLite went through from end to end to answer these."""
    plain = [each["sql"] for each in asked if each["sql"].lstrip().startswith(("SELECT", "UPDATE", "DELETE"))]
    with connection.cursor() as cursor:
        steps = [row[3].split() for sql in plain for row in cursor.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()]
    return {table for scan, table, *_ in steps if scan == "SCAN"}


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL goes by how much there is, and here is little")
def test_a_household_is_judged_anew_and_its_changes_told_without_going_through_those_of_others(office: Office) -> None:
    household = new_household(office.org, "H1", "371102008201")
    run = ask_run(office.by, office.actor, TODAY)
    Run.objects.filter(pk=run).update(state=State.DONE, book=in_force().digest)
    assert correct(household, office.at)
    record_ledger(office.by, office.actor, household, 2016, [NewLine("crop", 1_234_500)])
    with CaptureQueriesContext(connection) as asked:
        assert correct(household, office.at)
        assert len(changes_of_household(office.actor, household, "en")) == 2
    # These are short; `p` are the sums of this household's policies, `e` what it is to each of them.
    assert read_through(asked) <= {"assessment_run", "policies_proposal", "p", "e"}


def said_of(household: int) -> list[str]:
    return list(Finding.objects.unscoped("test").filter(household=household).values_list("message", flat=True))


def assess_anew(crowd: Office, household: int) -> None:
    correct_after(household, crowd.at)


def run_anew(crowd: Office, _: int) -> None:
    crowd.run()


@pytest.mark.parametrize("anew", [assess_anew, run_anew])
def test_what_was_worded_with_what_is_erased_does_not_stay(crowd: Office, anew: Callable[[Office, int], None]) -> None:
    household = households()[0]
    person = members(household)[0]
    dates: dict[str, Value] = {"birth_date": date(1951, 2, 3), "died_on": date(1949, 1, 1)}
    record_facts(crowd.by, crowd.actor, household, NewFacts("identity", person, dates, DAY))
    crowd.run()
    assert "1951-02-03" in "".join(said_of(household))
    number = Household.objects.unscoped("test").get(pk=household).number
    erase(replace(crowd.by, reason="本人申请"), "household", number, "officer", keep=True)
    assert stale() >= {household}
    anew(crowd, household)
    assert household not in stale()
    assert "1951-02-03" not in "".join(said_of(household))
    assert ERASED in said_of(household)

"""What a dossier lacks is one task of its household: it names the papers, and closes by itself with the last of them."""

from datetime import date

import pytest

from bangfu.assessment.models import Run
from bangfu.casework.kinds import office_days_after
from bangfu.casework.models import Sweep, Task, TaskStep
from bangfu.casework.selectors import task
from bangfu.casework.services.sweeping import correct_and_follow, follow_after, is_behind
from bangfu.casework.services.tasks import Grounds, clear
from bangfu.registry.data import NewFacts
from bangfu.registry.dossiers import Item, dossier, label_of
from bangfu.registry.models import Act, Listed, Person
from bangfu.registry.services.acts import undo
from bangfu.registry.services.dossiers import NewPaper, add_paper, withdraw_paper
from bangfu.registry.services.facts import record_facts
from tests.assessments import done_run
from tests.casework.conftest import DAY, RIGHT, Desk
from tests.files import hostile
from tests.households import FIRST, new_household, put_papers
from tests.organisation import TODAY


def papers(desk: Desk) -> Task:
    return Task.objects.unscoped("test").get(household=desk.household, kind="papers")


def steps(desk: Desk) -> list[tuple[str, str, str]]:
    rows = TaskStep.objects.unscoped("test").filter(task=papers(desk)).order_by("pk")
    return [(row.what, row.state, row.proof) for row in rows]


def counted(desk: Desk) -> int | None:
    return Listed.objects.unscoped("test").get(pk=desk.household).missing_papers


def missing(desk: Desk, day: date = TODAY) -> tuple[Item, ...]:
    return dossier(desk.actor(), desk.household, day, desk.at, "zh").missing


def add(desk: Desk, kind: str, person: int | None) -> int:
    """As the page does it."""
    by = desk.by()
    paper = add_paper(by, desk.actor(), desk.household, NewPaper(kind, [hostile.jpeg()], TODAY, person))
    follow_after(by, desk.household)
    return paper


@pytest.fixture
def nearly(desk: Desk) -> Desk:
    """A desk at which one paper alone is missing, a household's own."""
    (*others, last) = missing(desk)
    assert (last.kind, last.person) == ("policy_sheet", None)
    put_papers(desk.org, desk.household, "village", others)
    return desk


def test_it_is_one_task_of_the_household_and_names_the_papers_and_whose_they_are(desk: Desk) -> None:
    row, lacks = papers(desk), missing(desk)
    assert (row.whom, row.about, row.state, row.due_on) == (0, "", "open", office_days_after(TODAY, 20))
    names = {each.pk: f"甲{each.number.partition('-')[2]}：" for each in Person.objects.unscoped("test")}
    page = task(desk.actor(), row.pk, "zh")
    assert page.of_dossier
    assert page.told == tuple(f"{names.get(each.person or 0, '')}{label_of(each.kind).zh}" for each in lacks)
    assert len(page.told) == counted(desk)


def test_the_last_paper_closes_it_at_once_and_that_is_what_it_rests_on(nearly: Desk) -> None:
    add(nearly, "loan_paper", None)
    assert (papers(nearly).state, counted(nearly)) == ("open", 1)
    add(nearly, "policy_sheet", None)
    assert (papers(nearly).state, papers(nearly).stands, counted(nearly)) == ("gone", False, 0)
    assert steps(nearly) == [("vanish", "gone", "dossier")]
    assert task(nearly.actor(), papers(nearly).pk, "zh").told == ()


def test_a_paper_taken_out_again_asks_for_it_anew(nearly: Desk) -> None:
    paper = add(nearly, "policy_sheet", None)
    by = nearly.by()
    withdraw_paper(by, nearly.actor(), paper, "存错了户")
    follow_after(by, nearly.household)
    assert steps(nearly) == [("vanish", "gone", "dossier"), ("return", "reopened", "")]


def test_and_so_does_one_whose_adding_is_undone(nearly: Desk) -> None:
    add(nearly, "policy_sheet", None)
    by = nearly.by()
    undo(by, nearly.actor(), Act.objects.order_by("-pk")[0].pk)
    correct_and_follow(by, nearly.household)
    assert (papers(nearly).state, counted(nearly)) == ("reopened", 1)


def test_facts_by_which_fewer_papers_are_wanted_close_it_too(nearly: Desk) -> None:
    by = nearly.by()
    facts = NewFacts("registration", nearly.household, {"status": "none"}, DAY)
    record_facts(by, nearly.actor("officer"), nearly.household, facts)
    correct_and_follow(by, nearly.household)
    assert (papers(nearly).state, counted(nearly), missing(nearly)) == ("gone", 0, ())


def test_what_somebody_cleared_stays_so_while_papers_go_on_missing(desk: Desk) -> None:
    clear(desk.by(), desk.actor(), papers(desk).pk, "open", Grounds())
    put_papers(desk.org, desk.household, "village", missing(desk)[:1])
    desk.record({"planned_exit_year": 2018})
    desk.sweep()
    assert (papers(desk).state, papers(desk).stands) == ("cleared", True)


def test_what_is_missing_is_counted_of_the_day_whatever_day_the_run_was_of(desk: Desk) -> None:
    Run.objects.update(as_of=DAY)
    son = Person.objects.unscoped("test").get(number="H1-son").pk
    by = desk.by()
    facts = NewFacts("identity", son, {"birth_date": date(2001, 9, 1)}, FIRST)
    record_facts(by, desk.actor("officer"), desk.household, facts)
    correct_and_follow(by, desk.household)
    assert counted(desk) == len(missing(desk)) == len(missing(desk, DAY)) + 1


def test_the_first_sweep_after_a_run_counts_every_household_and_no_other_does(desk: Desk) -> None:
    other = new_household(desk.org, "H2", "371102008201")
    desk.record(RIGHT)
    assert is_behind()
    desk.sweep()
    assert (Listed.objects.unscoped("test").get(pk=other).missing_papers, is_behind()) == (None, False)
    run = done_run(desk.org)
    assert is_behind()
    assert desk.sweep().made == 1
    assert Task.objects.unscoped("test").get(household=other, kind="papers").state == "open"
    assert (Sweep.objects.order_by("-pk")[0].run, is_behind()) == (run, False)

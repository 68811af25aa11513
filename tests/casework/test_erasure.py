"""Whoever is erased is erased from what people wrote about tasks, too: of theirs, of their household's, and of others' in it."""

import pytest

from bangfu.assessment.services.corrections import correct
from bangfu.audit.models import EntryText
from bangfu.audit.services import seal_waiting
from bangfu.audit.verify import flaws
from bangfu.casework.models import TaskStep
from bangfu.casework.selectors import task
from bangfu.casework.services.tasks import Grounds, assign, clear, confirm, postpone
from bangfu.registry.data import NewFacts
from bangfu.registry.models import Person
from bangfu.registry.services.erasure import erase
from bangfu.registry.services.facts import record_facts
from tests.casework.conftest import DAY, Desk
from tests.casework.things import DUE
from tests.households import new_household
from tests.registry.test_erasure import everything

# A name that stands in no other household, wherever it could be given.
NAME = "欧阳甲乙"


def of_person(desk: Desk, number: str) -> int:
    """A question about a person of the household."""
    row = desk.task()
    row.pk, row.about = None, "id_shared"
    row.person_id = row.whom = Person.objects.unscoped("test").get(number=number).pk
    row.save(force_insert=True)
    return row.pk


@pytest.fixture
def known(desk: Desk) -> Desk:
    """The head was known by two names."""
    head = Person.objects.unscoped("test").get(number="H1-head").pk
    for name in (NAME, f"{NAME}二"):
        facts = NewFacts("identity", head, {"name": name}, DAY)
        record_facts(desk.by(), desk.actor("officer"), desk.household, facts)
    assert correct(desk.household, desk.at)
    desk.sweep()
    return desk


def erased(desk: Desk) -> None:
    by = desk.by("officer", "本人申请")
    erase(by, "person", "H1-head", "officer", keep=True)
    assert correct(desk.household, desk.at)
    desk.sweep()


def test_nothing_that_names_somebody_erased_stays_in_tasks_their_steps_and_their_words(known: Desk) -> None:
    theirs, anothers, households = of_person(known, "H1-head"), of_person(known, "H1-son"), known.task().pk
    confirm(known.by(reason="本人已到场"), known.actor(), theirs, "open")
    confirm(known.by(reason=f"与{NAME}同住"), known.actor(), anothers, "open")
    postpone(known.by(reason=f"{NAME}二外出，月底回来"), known.actor(), households, "open", DUE)
    given = known.by("officer", f"{NAME}家请村里办")
    assign(given, known.actor("officer"), [households], known.org.posts["village"])
    clear(known.by(reason="已看过户口本"), known.actor(), households, "open", Grounds())
    before = list(TaskStep.objects.unscoped("test").order_by("pk").values_list("task", "what", "state"))
    erased(known)
    assert NAME not in everything()
    shown = [str(task(known.actor(), each, "zh")) for each in (theirs, anothers, households)]
    assert [NAME in each for each in shown] == [False] * 3
    # What was done stays, and so does what names nobody.
    assert list(TaskStep.objects.unscoped("test").order_by("pk").values_list("task", "what", "state"))[:5] == before
    reasons = set(EntryText.objects.filter(entry__act__startswith="casework.").values_list("body__reason", flat=True))
    assert "已看过户口本" in reasons
    assert "本人已到场" not in reasons
    seal_waiting()
    assert list(flaws([], known.org.by.ring)) == []


def test_the_same_name_in_another_household_is_another_persons(known: Desk) -> None:
    other = new_household(known.org, "H2", "371102008201")
    row = known.task()
    row.pk, row.household_id = None, other
    row.save(force_insert=True)
    confirm(known.by(reason=f"{NAME}是邻居"), known.actor(), row.pk, "open")
    erased(known)
    assert EntryText.objects.filter(body__reason=f"{NAME}是邻居").exists()

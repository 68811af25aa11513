"""What identifies somebody can be erased for good, with a reason and a second person; what is counted and paid stays."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from pytest_django import Settings

from bangfu.access.data import NotThere
from bangfu.audit.models import Entry, EntryText
from bangfu.audit.services import seal_waiting
from bangfu.audit.verify import flaws
from bangfu.files.fields import named
from bangfu.files.store import keys_in_use, sweep
from bangfu.kernel.errors import DomainError
from bangfu.privacy.models import SealedNumber
from bangfu.registry import protection
from bangfu.registry.data import NewFacts
from bangfu.registry.dossiers import dossier, open_scan
from bangfu.registry.facts import ERASED, groups
from bangfu.registry.household_file import file
from bangfu.registry.models import (
    VERSIONS,
    Act,
    Erasure,
    Evidence,
    EvidenceCheck,
    EvidenceFile,
    LedgerLine,
    PaymentAside,
    PaymentList,
    Person,
    Receipt,
    Stated,
    Statement,
    Touched,
)
from bangfu.registry.services.acts import undo
from bangfu.registry.services.dossiers import NewPaper, add_paper, check_paper
from bangfu.registry.services.erasure import Erased, erase
from bangfu.registry.services.facts import record_facts
from bangfu.registry.services.ledger import NewLine, record_ledger
from bangfu.registry.services.procedures import Event, change_head, record_marriage
from tests.files import hostile
from tests.households import full_household, new_household
from tests.listed import found_by, listed, should_be_listed
from tests.organisation import NOW, TODAY, Organisation
from tests.registry.conftest import World

# Words that stand in no other household, wherever they could be given.
NAME, ILLNESS, NUMBER = "欧阳甲乙", "某某病", "37110219600301001X"


def done(world: World, whom: Any, number: str, *, keep: bool = True, approver: str = "officer") -> Erased:
    return erase(replace(world.by, reason="本人申请"), whom, number, approver, keep=keep)


def everything() -> str:
    """Every cell of every table, as somebody would search a copy of the database."""
    found = []
    for model in apps.get_models():
        found += [str(row) for row in model._base_manager.values_list()]
    return "\n".join(found)


@pytest.fixture
def known(world: World) -> int:
    """The head, of whom names and numbers were recorded, corrected and given as reasons."""
    head = world.persons["head"]
    world.record("identity", head, date(2017, 2, 1), {"name": NAME})
    world.record("identity", head, date(2017, 2, 1), {"name": f"{NAME}二"})
    world.record("health", head, date(2017, 2, 1), {"chronic_illness": True, "illness": ILLNESS})
    world.record("papers", head, date(2017, 2, 1), {"id_number": NUMBER})
    by = replace(world.by, reason=f"{NAME}要求")
    record_ledger(by, world.actor(), world.household, 2016, [NewLine("crop", 100, head, note=f"{NAME}的地")])
    return head


def test_nothing_that_identifies_a_person_is_left_in_any_table(world: World, known: int) -> None:
    assert NAME in everything()
    assert ILLNESS in everything()
    done(world, "household", "H1")
    left = everything()
    assert NAME not in left
    assert ILLNESS not in left
    assert "甲spouse" not in left
    assert not SealedNumber.objects.filter(kind="id_card").exists()
    assert found_by() == set()
    assert listed() == should_be_listed()


def test_of_one_person_the_others_keep_theirs(world: World, known: int) -> None:
    done(world, "person", "H1-head")
    rows: Any = VERSIONS["identity"].objects.unscoped("test")
    assert set(rows.filter(thing=known).values_list("name", "birth_date")) == {(None, None)}
    assert rows.get(thing=world.persons["spouse"]).name == "甲spouse"
    assert not VERSIONS["health"].objects.unscoped("test").exclude(illness=None).exists()
    assert LedgerLine.objects.unscoped("test").get().note == ""


def test_money_and_who_belongs_where_stay(world: World, known: int) -> None:
    def counted() -> list[Any]:
        found = file(world.actor(), world.household, TODAY, NOW + timedelta(days=1))
        return [
            found.ledger[0].amount,
            [(m.id, m.relation, m.present) for m in found.members],
            found.facts["registration"].values["status"],
        ]

    before = counted()
    done(world, "household", "H1")
    assert counted() == before


def test_whatever_day_and_moment_is_asked_for_the_file_says_that_it_was_erased(world: World, known: int) -> None:
    then = world.at
    done(world, "household", "H1")
    found = file(world.actor(), world.household, date(2017, 2, 1), then)
    (head,) = (member for member in found.members if member.id == known)
    assert (head.name, head.facts["identity"].erased) == ("", True)
    assert head.facts["schooling"].erased is False


def test_the_whole_of_a_full_household_can_be_erased_and_the_record_holds(org: Organisation) -> None:
    full_household(org, "H1", "371102008201", "village")
    before = Receipt.objects.unscoped("test").get().amount
    told = erase(replace(org.by, reason="本人申请"), "household", "H1", "officer", keep=True)
    assert told.numbers == 1
    assert Receipt.objects.unscoped("test").get().amount == before
    required: Any = VERSIONS["kin"].objects.unscoped("test").get()
    assert (required.name, required.bond, required.phone) == (ERASED, ERASED, None)
    seal_waiting()
    assert list(flaws([], org.by.ring)) == []


def test_it_is_one_entry_of_the_record_that_says_who_approved(world: World, known: int) -> None:
    done(world, "person", "H1-head")
    entry = Entry.objects.get(act="registry.erase")
    assert (entry.subject, Erasure.objects.get().entry_id) == (f"person:{known}", entry.pk)
    body = EntryText.objects.get(pk=entry.pk).body
    assert body == {"reason": "本人申请", "approved_by": f"account:{world.org.accounts['officer']}"}


def test_grounds_given_for_others_too_stay_and_so_do_those_of_a_file(world: World, known: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT MIN(id) FROM registry_act")
        first = cursor.fetchone()[0]
    done(world, "person", "H1-head")
    assert Act.objects.get(pk=first).erased is None


def test_a_preview_erases_nothing(world: World, known: int) -> None:
    before = everything()
    told = done(world, "household", "H1", keep=False)
    assert (told.numbers, told.texts > 0) == (1, True)
    assert everything() == before


@pytest.mark.parametrize(
    ("whom", "number", "approver", "code"),
    [
        ("person", "H1", "officer", "NO_SUCH_NUMBER"),
        ("household", "H1-head", "officer", "NO_SUCH_NUMBER"),
        ("household", "H1", "village", "NOT_APPROVED"),
        ("household", "H1", "subdistrict", "NOT_APPROVED"),
        ("household", "H1", "admin", "NOT_APPROVED"),
        ("household", "H1", "nobody", "NOT_APPROVED"),
        ("household", "H1", "no such", "NOT_APPROVED"),
    ],
)
def test_who_is_not_there_and_who_may_not_approve_is_refused(
    world: World, whom: Any, number: str, approver: str, code: str
) -> None:
    with pytest.raises(DomainError) as refusal:
        done(world, whom, number, approver=approver)
    assert refusal.value.code == code
    assert not Erasure.objects.exists()


def test_without_a_reason_or_a_second_time_it_is_refused(world: World, known: int) -> None:
    with pytest.raises(DomainError, match="REASON_NEEDED"):
        erase(replace(world.by, reason=" "), "household", "H1", "officer", keep=True)
    done(world, "household", "H1")
    with pytest.raises(DomainError, match="NOTHING_TO_ERASE"):
        done(world, "household", "H1")


def test_after_one_person_the_household_can_be_erased_and_new_facts_recorded(world: World, known: int) -> None:
    done(world, "person", "H1-head")
    done(world, "household", "H1")
    world.record("identity", known, date(2017, 3, 1), {"name": "新名"})
    assert Person.objects.unscoped("test").filter(household=world.household).count() == 3


@pytest.fixture
def papers(world: World, settings: Settings, tmp_path: Path) -> int:
    """A paper of the household and one of the head, each with a scan of its own, and checked by the office."""
    settings.FILES_FOLDER = tmp_path / "files"
    given = (
        NewPaper("hukou_booklet", [hostile.jpeg()], TODAY, title=f"{NAME}一家"),
        NewPaper("id_copy", [hostile.png()], TODAY, world.persons["head"], title=NAME),
    )
    added = [add_paper(world.by, world.actor(), world.household, paper) for paper in given]
    done = [check_paper(world.by, world.actor("officer"), each, right=False, why=f"{NAME}看不清") for each in added]
    return len(done)


def scans(*, erased: bool) -> int:
    return EvidenceFile.objects.unscoped("test").filter(erased__isnull=not erased).count()


def test_papers_lose_their_titles_what_was_said_of_them_and_their_scans(world: World, papers: int) -> None:
    told = done(world, "household", "H1")
    assert (told.scans, named(), NAME in everything()) == (papers, set(), False)
    assert sweep(timezone.now() + timedelta(days=2)) == papers
    assert keys_in_use() == {}
    found = [
        each for item in dossier(world.actor(), world.household, TODAY, world.at, "zh").items for each in item.papers
    ]
    assert {(each.files[0].there, each.files[0].erased, each.whole) for each in found} == {(False, True, False)}
    with pytest.raises(NotThere):
        open_scan(world.by, world.actor(), world.household, found[0].files[0].id)


def test_of_one_person_the_households_papers_stay(world: World, papers: int) -> None:
    assert done(world, "person", "H1-head").scans == 1
    assert (scans(erased=True), scans(erased=False)) == (1, 1)
    titles = Evidence.objects.unscoped("test").order_by("pk").values_list("title", flat=True)
    assert list(titles) == [f"{NAME}一家", ""]


def test_scans_that_came_after_an_erasure_can_be_erased_too(world: World, settings: Settings, tmp_path: Path) -> None:
    settings.FILES_FOLDER = tmp_path / "files"
    done(world, "household", "H1")
    add_paper(world.by, world.actor(), world.household, NewPaper("hukou_booklet", [hostile.jpeg()], TODAY))
    told = done(world, "household", "H1")
    assert (told.versions, told.scans) == (0, 1)


def test_of_one_person_nothing_is_left_that_was_written_beside_what_is_the_households(world: World, known: int) -> None:
    entry = Entry.objects.latest("pk")
    made = Statement.objects.create(origin="national", said_on=TODAY, digest="1", at=world.at, entry=entry)
    said = {"": {"户主": NAME}, "H1-head": {"姓名": NAME}, "H1-spouse": {"姓名": "甲spouse"}}
    Stated.objects.bulk_create(
        Stated(statement=made, household_id=world.household, person=person, values=values)
        for person, values in said.items()
    )
    lines = [NewLine("crop", 100, None, note=f"{NAME}种的"), NewLine("livestock", 7, None, note="养羊")]
    record_ledger(world.by, world.actor(), world.household, 2017, lines, f"{NAME}的账本")
    record_ledger(world.by, world.actor(), world.household, 2015, lines[1:], "入户核实")
    other = new_household(world.org, "H2", "371102008201")
    gone = {world.persons["spouse"]: "head", world.persons["son"]: "son"}
    change_head(world.by, world.actor(), Event(world.household, TODAY), {**gone, known: "other"})
    record_marriage(world.by, world.actor(), Event(other, TODAY), known, "other")
    done(world, "person", "H1-head")
    assert NAME not in everything()
    kept = Stated.objects.unscoped("test").filter(values__isnull=False)
    assert [row.person for row in kept] == ["H1-spouse"]
    assert list(LedgerLine.objects.unscoped("test").exclude(note="").values_list("note", flat=True)) == ["养羊"] * 2
    assert Act.objects.filter(source="入户核实").exists()


def test_what_was_stated_elsewhere_is_erased_of_whom_it_is(world: World) -> None:
    made = Statement.objects.create(
        origin="national", form="x", said_on=TODAY, digest="0" * 64, at=NOW, entry=Entry.objects.order_by("pk")[0]
    )
    rows = [
        Stated(statement=made, household_id=world.household, person=number, values={"姓名": NAME}, number_index="1")
        for number in ("", "H1-head", "H1-son")
    ]
    Stated.objects.bulk_create(rows)
    done(world, "person", "H1-head")
    stated = Stated.objects.unscoped("test")
    assert [(row.person, row.number_index) for row in stated.filter(values__isnull=True)] == [("H1-head", "")]
    done(world, "household", "H1")
    assert not stated.filter(values__isnull=False).exists()


def test_why_a_line_was_set_aside_is_erased_where_it_names_somebody(world: World, known: int) -> None:
    act = Act.objects.order_by("pk")[0]
    sums = dict.fromkeys(("booked_lines", "booked_total", "known_lines", "known_total"), 0)
    made = PaymentList.objects.create(act=act, digest="0" * 64, lines=2, total=2, aside_lines=2, aside_total=2, **sums)
    PaymentAside.objects.create(of=made, row=2, amount=1, reason=f"应是{NAME}的姐姐")
    PaymentAside.objects.create(of=made, row=3, amount=1, reason="查无此人")
    done(world, "person", "H1-head")
    assert list(PaymentAside.objects.order_by("row").values_list("reason", flat=True)) == [ERASED, "查无此人"]


def test_whoever_is_assessed_otherwise_by_it_is_assessed_again(world: World, known: int) -> None:
    other = new_household(world.org, "H2", "371102008201")
    theirs = Person.objects.unscoped("test").get(number="H2-head").pk
    facts = NewFacts("papers", theirs, {"id_number": NUMBER}, TODAY)
    record_facts(world.by, world.actor(), other, facts)
    done(world, "person", "H1-head")
    touched = Touched.objects.unscoped("test").filter(act__entry__act="registry.erase")
    assert set(touched.values_list("household_id", flat=True)) == {world.household, other}


def test_an_erasure_is_not_to_be_undone(world: World, known: int) -> None:
    done(world, "household", "H1")
    act = Act.objects.get(entry__act="registry.erase").pk
    with pytest.raises(NotThere):
        undo(world.by, world.actor("officer"), act)


@pytest.mark.parametrize("model", [Evidence, EvidenceFile, EvidenceCheck])
def test_a_paper_is_emptied_by_an_erasure_alone(world: World, papers: int, model: Any) -> None:
    emptied = protection.ERASABLE[model._meta.model_name]
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.unscoped("test").update(**emptied)
    erasure = Erasure.objects.create(at=NOW, entry=Entry.objects.order_by("pk")[0], household_id=world.household)
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.unscoped("test").update(erased=erasure, **dict.fromkeys(emptied, "x" * 64))


def test_every_sensitive_fact_and_every_text_is_erased() -> None:
    erased = {f"{g.name}.{f.name}" for g in groups().values() for f in g.fields.values() if f.erased}
    assert {
        "identity.name",
        "identity.birth_date",
        "papers.id_number",
        "papers.id_birth_date",
        "health.illness",
    } <= erased
    assert {"welfare.dibao_monthly", "residence.address", "phone.number", "need.text", "registration.plan"} <= erased
    assert (
        not {"membership.household", "membership.left_on", "identity.died_on", "residence.place", "registration.status"}
        & erased
    )

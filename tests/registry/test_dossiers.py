"""Dossiers: papers added, compared by somebody else and taken out; complete, whole and right as figures, as of any day and moment."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bangfu.access.data import Denied, NotThere
from bangfu.audit.data import Act as Said
from bangfu.audit.models import Entry
from bangfu.engine.request import book_of
from bangfu.files.store import keys_in_use
from bangfu.kernel.errors import DomainError
from bangfu.registry import dossiers
from bangfu.registry.data import NewFacts
from bangfu.registry.dossiers import Dossier, Item, Paper, dossier, open_scan
from bangfu.registry.models import EvidenceFile, How, Person
from bangfu.registry.selectors import acts
from bangfu.registry.services.acts import begin, undo
from bangfu.registry.services.dossiers import NewPaper, add_paper, check_paper, withdraw_paper
from bangfu.registry.services.facts import write_facts
from bangfu.registry.services.ledger import NewLine, record_ledger
from bangfu.registry.values import Value
from bangfu.registry.wanted import wanted_of_all, wanted_of_one
from tests.files import hostile
from tests.households import FIRST, full_household, new_household
from tests.registry.conftest import World

DAY = date(2017, 6, 1)
SCAN = hostile.jpeg()


def add(world: World, kind: str = "hukou_booklet", who: str = "village", **more: Any) -> int:
    paper = NewPaper(kind, more.pop("files", [SCAN]), more.pop("kept_from", DAY), **more)
    return add_paper(world.by, world.actor(who), world.household, paper)


def read(world: World, day: date | None = None, known_at: Any = None, who: str = "village") -> Dossier:
    actor = world.actor(who)
    return dossier(actor, world.household, day or actor.day, known_at or world.at, "zh")


def item(found: Dossier, kind: str, person: int | None = None) -> Item:
    return next(each for each in found.items if (each.kind, each.person) == (kind, person))


def papers(found: Dossier, kind: str = "hukou_booklet") -> Sequence[Paper]:
    return [paper for each in found.items if each.kind == kind for paper in each.papers]


def code(act: Any) -> str:
    with pytest.raises(DomainError) as refused:
        act()
    return refused.value.code


# ---- added, checked, taken out


def test_a_paper_is_kept_with_its_scans_and_read_again(world: World) -> None:
    paper = add(world, files=[SCAN, hostile.pdf(3)], title="2015年版", pages=4)
    (found,) = papers(read(world))
    assert (found.id, found.title, found.whole, found.right, found.mine) == (paper, "2015年版", True, False, True)
    assert [(file.media, file.pages, file.there) for file in found.files] == [
        ("image/jpeg", 1, True),
        ("application/pdf", 3, True),
    ]
    row, opened = open_scan(world.by, world.actor(), world.household, found.files[1].id)
    assert (row.media, opened.read()) == ("application/pdf", hostile.pdf(3))
    assert Entry.objects.order_by("pk").last().act == "registry.read_evidence"  # type: ignore[union-attr]


def test_somebody_else_compares_a_paper_and_says_whether_it_is_right(world: World) -> None:
    paper = add(world)
    assert code(lambda: check_paper(world.by, world.actor(), paper, right=True)) == "OWN_PAPER"
    assert code(lambda: check_paper(world.by, world.actor("officer"), paper, right=False)) == "REASON_NEEDED"
    check_paper(world.by, world.actor("officer"), paper, right=False, why="第二页看不清")
    (found,) = papers(read(world))
    assert (found.right, found.result, found.why) == (False, "wrong", "第二页看不清")
    check_paper(world.by, world.actor("officer"), paper, right=True)
    (found,) = papers(read(world))
    assert (found.right, found.checked_by, found.checked_on) == (True, "人officer", world.actor().day)


def test_a_paper_taken_out_is_still_known_as_of_before(world: World) -> None:
    paper = add(world)
    before = world.at
    assert code(lambda: withdraw_paper(world.by, world.actor(), paper, " ")) == "REASON_NEEDED"
    withdraw_paper(world.by, world.actor(), paper, "存错了户")
    assert papers(read(world)) == []
    assert len(papers(read(world, known_at=before))) == 1
    assert len(papers(read(world, day=world.actor().day - timedelta(days=1)))) == 1
    assert code(lambda: withdraw_paper(world.by, world.actor(), paper, "再撤")) == "PAPER_WITHDRAWN"


def test_a_paper_is_there_from_its_day_on_and_as_soon_as_it_was_known(world: World) -> None:
    before = world.at
    add(world)
    assert len(papers(read(world, DAY))) == 1
    assert papers(read(world, DAY - timedelta(days=1))) == []
    assert papers(read(world, known_at=before)) == []


def test_adding_checking_and_taking_out_are_undone_and_not_out_of_order(world: World) -> None:
    paper = add(world)
    add_act = acts(world.actor(), world.household)[0]
    assert (add_act.entry.act, add_act.may_be_undone) == ("registry.add_evidence", True)
    checked = check_paper(world.by, world.actor("officer"), paper, right=True)
    withdrawn = withdraw_paper(world.by, world.actor(), paper, "存错")
    known = world.at
    assert code(lambda: undo(world.by, world.actor(), add_act.id)) == "BUILT_ON"
    undo(world.by, world.actor(), withdrawn)
    assert [each.right for each in papers(read(world))] == [True]
    undo(world.by, world.actor(), checked)
    assert [each.right for each in papers(read(world))] == [False]
    undo(world.by, world.actor(), add_act.id)
    assert papers(read(world)) == []
    # As it was known before all that was undone: taken out.
    assert papers(read(world, known_at=known)) == []
    with pytest.raises(NotThere):
        open_scan(world.by, world.actor(), world.household, EvidenceFile.objects.unscoped("test").get().pk)


def test_a_members_paper_goes_with_them(world: World) -> None:
    son = world.persons["son"]
    paper = add(world, "id_copy", person=son, expires_on=date(2027, 1, 1))
    other = new_household(world.org, "H2", "371102008202", who="subdistrict")
    facts: dict[str, Value] = {"household": other, "relation": "son"}

    act = begin(world.by, How.PROCEDURE, Said("registry.record_facts"))
    write_facts(world.org.by.ring, act, NewFacts("membership", son, facts, DAY))
    found = dossier(world.actor("subdistrict"), other, world.actor().day, world.at, "zh")
    assert [each.id for each in papers(found, "id_copy")] == [paper]
    assert papers(read(world), "id_copy") == []


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"kind": "nonsense"}, "NO_SUCH_KIND"),
        ({"kind": "id_copy"}, "WHOSE_PAPER"),
        ({"person": "head"}, "WHOSE_PAPER"),
        ({"files": []}, "HOW_MANY_FILES"),
        ({"files": [SCAN] * 31}, "HOW_MANY_FILES"),
        ({"kept_from": date(2100, 1, 1)}, "DAY_TO_COME"),
        ({"issued_on": date(2100, 1, 1)}, "DAY_TO_COME"),
        ({"issued_on": date(2016, 1, 2), "expires_on": date(2016, 1, 1)}, "DAYS_IN_ORDER"),
        ({"pages": 0}, "PAGES_UNFIT"),
        ({"files": [SCAN, hostile.SVG]}, "SCAN_OTHER_TYPE"),
        ({"files": [SCAN, b""]}, "SCAN_EMPTY"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_added(world: World, change: dict[str, Any], refusal: str) -> None:
    asked = {**change, **({"person": world.persons[change["person"]]} if "person" in change else {})}
    assert code(lambda: add(world, **asked)) == refusal
    assert not EvidenceFile.objects.unscoped("test").exists()


def test_of_many_scans_each_that_is_not_taken_is_named_and_the_paper_is_not_added_in_part(world: World) -> None:
    files, names = [SCAN, b"", SCAN, hostile.SVG], ["一.png", "二.png", "三.png", "四.svg"]
    with pytest.raises(DomainError) as refused:
        add(world, files=files, names=names)
    told = refused.value.text.zh
    assert "4 个文件中有 2 个不能收" in told
    assert "第 2 个文件（二.png）：文件是空的" in told
    assert "第 4 个文件（四.svg）：只收 JPEG" in told
    assert "一.png" not in told
    assert not EvidenceFile.objects.unscoped("test").exists()


def test_a_scan_over_the_limit_is_refused_before_it_is_opened(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SCAN_BYTES", 100)
    assert code(lambda: add(world)) == "FILE_TOO_LARGE"


def test_nobody_adds_reads_checks_or_takes_out_beyond_their_area(world: World) -> None:
    paper = add(world)
    (found,) = papers(read(world))
    stranger = world.actor("sibling")
    with pytest.raises(NotThere):
        dossier(stranger, world.household, DAY, world.at, "zh")
    with pytest.raises(NotThere):
        open_scan(world.by, stranger, world.household, found.files[0].id)
    with pytest.raises(NotThere):
        check_paper(world.by, stranger, paper, right=True)
    with pytest.raises(NotThere):
        withdraw_paper(world.by, stranger, paper, "x")
    with pytest.raises(Denied):
        add_paper(world.by, world.actor("auditor"), world.household, NewPaper("hukou_booklet", [SCAN], DAY))
    assert dossiers.dossiers(stranger, [world.household], DAY, world.at) == {}


# ---- figures


def test_a_dossier_says_what_is_missing_and_what_is_not_known(world: World) -> None:
    found = read(world)
    assert (found.complete, found.whole, found.right) == (False, False, False)
    assert ("hukou_booklet", None) in {(each.kind, each.person) for each in found.missing}
    assert ("id_copy", world.persons["head"]) in {(each.kind, each.person) for each in found.missing}
    unknown = {(each.kind, each.person): each.unknown for each in found.unknown}
    assert unknown["land_certificate", None] == ("耕地",)
    assert unknown["disability_card", world.persons["son"]] == ("持有二代残疾人证",)
    assert unknown["wage_proof", world.persons["head"]] == ("收入年度的收支已填报",)


def settled(world: World) -> None:
    """Let all be known, and as little as can be be required."""
    world.record("land", world.household, FIRST, {"cultivated_mu": 0})
    for person in world.persons.values():
        world.record("welfare", person, FIRST, {"dibao_member": False})
        world.record("insurance", person, FIRST, {"basic_medical_insured": False})
        world.record("disability", person, FIRST, {"disability_certificate": False})
    year = world.actor().day.year - 1
    record_ledger(world.by, world.actor(), world.household, year, [NewLine("crop", 100)])


def every_required(world: World, **more: Any) -> list[int]:
    return [add(world, each.kind, person=each.person, **more) for each in read(world).items if each.required]


def test_complete_whole_and_right_come_one_after_the_other(world: World) -> None:
    settled(world)
    assert read(world).unknown == ()
    (first, *others) = every_required(world, pages=1)
    assert (read(world).complete, read(world).whole, read(world).right) == (True, True, False)
    for paper in others:
        check_paper(world.by, world.actor("officer"), paper, right=True)
    assert read(world).right is False
    check_paper(world.by, world.actor("officer"), first, right=True)
    assert (read(world).complete, read(world).whole, read(world).right) == (True, True, True)
    withdraw_paper(world.by, world.actor(), first, "换新")
    assert read(world).complete is False


def test_what_is_not_known_leaves_the_figures_open(world: World) -> None:
    settled(world)
    every_required(world)
    world.record("land", world.household, FIRST, {"cultivated_mu": None})
    found = read(world)
    assert (found.complete, found.whole) == (None, None)
    add(world, "land_certificate")
    add(world, "land_contract")
    assert read(world).complete is True


def test_a_paper_is_not_whole_where_pages_are_wanting_or_it_has_expired(world: World) -> None:
    add(world, pages=2)
    add(world, "disability_card", person=world.persons["head"], expires_on=DAY)
    assert not item(read(world), "hukou_booklet").whole
    card = ("disability_card", world.persons["head"])
    assert item(read(world, DAY), *card).whole
    assert not item(read(world, DAY + timedelta(days=1)), *card).whole


def test_a_paper_whose_file_is_gone_is_not_whole_and_is_not_given_out(world: World) -> None:
    add(world, files=[hostile.png()])
    row = EvidenceFile.objects.unscoped("test").get()
    (settings.FILES_FOLDER / row.file[:2] / row.file).unlink()
    (found,) = papers(read(world))
    assert (found.whole, found.files[0].there) == (False, False)
    assert code(lambda: open_scan(world.by, world.actor(), world.household, row.pk)) == "FILE_GONE"


def test_one_household_and_many_are_told_the_same(world: World) -> None:
    other = full_household(world.org, "H3", "371102008201", "village")
    add(world)
    actor, day = world.actor(), world.actor().day
    many = dossiers.dossiers(actor, [world.household, other], day, world.at)
    for household in (world.household, other):
        one = dossier(actor, household, day, world.at, "zh")
        plain = tuple(replace(each, unknown=()) for each in one.items)
        assert many[household] == replace(one, items=plain)
    assert len(wanted_of_all([other], day)) == len(wanted_of_one(other, day, "en"))


def test_many_dossiers_take_as_many_queries_as_one(world: World) -> None:
    more = [new_household(world.org, f"M{n}", "371102008201") for n in range(4)]
    actor, day = world.actor(), world.actor().day
    dossiers.dossiers(actor, [world.household], day, world.at)
    with CaptureQueriesContext(
        connection,
    ) as one:
        dossiers.dossiers(actor, [world.household], day, world.at)
    with CaptureQueriesContext(connection) as many:
        assert len(dossiers.dossiers(actor, [world.household, *more], day, world.at)) == 5
    assert len(many) == len(one)


def test_before_there_was_a_household_nothing_is_wanted_of_it(world: World) -> None:
    assert read(world, date(2016, 12, 31)).items == ()


def test_the_scans_are_sealed_with_the_ring(world: World) -> None:
    add(world)
    assert world.org.by.ring.current in keys_in_use()


def test_every_kind_of_the_outline_can_be_added(world: World) -> None:
    kinds = book_of(()).evidence.values()
    head = Person.objects.unscoped("test").get(number="H1-head").pk
    for kind in kinds:
        add(world, kind.id, person=head if kind.table == "person" else None)
    assert {each.kind for each in read(world).items if each.there} == set(book_of(()).evidence)

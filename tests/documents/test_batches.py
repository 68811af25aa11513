"""Papers of many in the background: each made once, whatever stops it; seen and fetched by who ordered them; forgotten in time."""

import io
import zipfile
from argparse import Namespace
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError

from bangfu.access.data import Denied, NotThere
from bangfu.access.services.posts import hand_over
from bangfu.audit.models import Entry, EntryText
from bangfu.cli.papers import _each
from bangfu.cli.screen import Screen
from bangfu.documents import batches, services
from bangfu.documents.models import Batch, BatchPaper, Issue, State
from bangfu.documents.press import Press, press
from bangfu.documents.services import Order, Printed
from bangfu.documents.tasks import print_batch
from bangfu.files.store import sweep
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.privacy.keys import save_ring
from bangfu.registry.models import Household
from tests.begun import Begun
from tests.documents.conftest import NO_FONTS
from tests.households import move, new_household
from tests.organisation import NOW, RING, TODAY, Organisation

CARD = Order("contact_card", date(2017, 12, 1), "pdf", year=2017)
VILLAGE, ELSEWHERE = "371102008201", "371102009201"
LATER = NOW + timedelta(days=3)


class Killed(BaseException):
    """As a process that ends in the middle."""


@pytest.fixture
def ordered(begun: Begun[int]) -> int:
    return begun.made


def new_ordered(org: Organisation) -> int:
    settle(org, range(5))
    return batches.order_batch(org.by, org.actor("village"), org.places[VILLAGE], CARD)


BEGIN = new_ordered


def make(org: Organisation, machine: Press, batch: int) -> None:
    batches.make_batch(org.by, org.actor("village"), batch, machine, "")


def fetched(org: Organisation, batch: int) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(batches.batch_file(org.by, org.actor("village", at=LATER), batch)))


def leave(org: Organisation) -> None:
    """The village's helper takes a post in a village of another subdistrict."""
    hand_over(org.by, org.founder, org.posts["village"], None, TODAY)
    hand_over(org.by, org.founder, org.posts["other"], org.accounts["village"], TODAY)


def settle(org: Organisation, numbers: Iterable[int]) -> None:
    for number in numbers:
        new_household(org, f"H{number}", VILLAGE)


def move_away(org: Organisation, how_many: int) -> None:
    for household in Household.objects.unscoped("test").order_by("pk")[:how_many]:
        move(org, household.pk, ELSEWHERE)


def steps(batch: int) -> list[tuple[str, int | None]]:
    found = Entry.objects.filter(subject=f"batch:{batch}").order_by("pk")
    return list(found.values_list("act", "place"))


def papers(batch: int) -> int:
    return BatchPaper.objects.unscoped("test").filter(batch=batch).count()


def state(batch: int) -> str:
    return Batch.objects.unscoped("test").get(pk=batch).state


def test_a_batch_is_made_and_fetched_as_an_archive(org: Organisation, machine: Press, ordered: int) -> None:
    make(org, machine, ordered)
    row = batches.batch_row(org.actor("village"), ordered)
    assert (row.state, row.done, row.wanted) == ("done", 5, 5)
    archive = zipfile.ZipFile(io.BytesIO(batches.batch_file(org.by, org.actor("village"), ordered)))
    assert len(archive.namelist()) == 5
    assert all(archive.read(name).startswith(b"%PDF") for name in archive.namelist())


def test_a_batch_that_was_killed_goes_on_where_it_was(
    org: Organisation, machine: Press, ordered: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_away = batches._put_away
    made: list[int | None] = []

    def until_the_third(by: object, batch: int, printed: Printed) -> None:
        if len(made) == 2:
            raise Killed
        made.append(printed.household)
        put_away(org.by, batch, printed)

    monkeypatch.setattr(batches, "_put_away", until_the_third)
    with pytest.raises(Killed):
        make(org, machine, ordered)
    assert (state(ordered), papers(ordered)) == (State.GOING, 2)
    monkeypatch.undo()
    make(org, machine, ordered)
    assert (state(ordered), papers(ordered)) == (State.DONE, 5)
    assert BatchPaper.objects.unscoped("test").filter(household__in=made).count() == 2


def test_done_twice_it_makes_nothing_twice(org: Organisation, machine: Press, ordered: int) -> None:
    make(org, machine, ordered)
    make(org, machine, ordered)
    assert Issue.objects.unscoped("test").count() == 5


def test_a_batch_that_is_stopped_makes_no_more_until_it_is_let_go_on(
    org: Organisation, machine: Press, ordered: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor, put_away = org.actor("village"), batches._put_away
    monkeypatch.setattr(batches, "TOLD_EVERY", 1)

    def and_stop(by: object, batch: int, printed: Printed) -> None:
        put_away(org.by, batch, printed)
        batches.stop_batch(org.by, actor, batch)

    monkeypatch.setattr(batches, "_put_away", and_stop)
    make(org, machine, ordered)
    assert (state(ordered), papers(ordered)) == (State.STOPPED, 1)
    monkeypatch.undo()
    make(org, machine, ordered)
    assert papers(ordered) == 1
    batches.resume_batch(org.by, actor, ordered)
    make(org, machine, ordered)
    assert (state(ordered), papers(ordered)) == (State.DONE, 5)


def test_a_template_that_is_wrong_ends_it_and_is_named(org: Organisation, ordered: int, tmp_path: Path) -> None:
    own = tmp_path
    (own / "contact_card.typ").write_text('#import "_base.typ": *\n#data.nosuch', encoding="utf-8")
    with press([own], NO_FONTS) as wrong:
        make(org, wrong, ordered)
    row = batches.batch_row(org.actor("village"), ordered)
    assert row.state == "failed"
    assert row.why is not None
    assert "contact_card.typ:2" in row.why.en


def test_a_batch_whose_job_is_given_up_says_so_and_can_be_let_go_on(org: Organisation, ordered: int) -> None:
    batches.give_up_batch(ordered)
    row = batches.batch_row(org.actor("village"), ordered)
    assert (row.state, row.why) == (State.FAILED, batches.BROKEN)
    batches.resume_batch(org.by, org.actor("village"), ordered)
    assert state(ordered) == State.WAITING
    batches.stop_batch(org.by, org.actor("village"), ordered)
    batches.give_up_batch(ordered)
    assert state(ordered) == State.STOPPED


ALTERED = Text("文件内容与登记的摘要不符", "The file is not the one that was stored")


@pytest.fixture(params=["_scans", "with_scans"])
def one_damaged(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """The first that is asked for its scans has some that cannot be read, by whatever reads them."""
    read, asked = getattr(services, request.param), []

    def damaged(*given: Any) -> Any:
        asked.append(given)
        if len(asked) == 1:
            raise DomainError("FILE_ALTERED", ALTERED)
        return read(*given)

    monkeypatch.setattr(services, request.param, damaged)
    # One after the other, so that it is the first of the village.
    monkeypatch.setattr(services, "TYPESETTERS", 1)


@pytest.mark.usefixtures("one_damaged")
def test_a_household_whose_scans_cannot_be_read_keeps_no_other_from_being_printed_and_is_named(
    org: Organisation, machine: Press, ordered: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor = org.actor("village")
    make(org, machine, ordered)
    row = batches.batch_row(actor, ordered)
    assert (row.state, row.done, row.wanted, papers(ordered)) == ("failed", 4, 5, 4)
    assert row.why is not None
    assert "1 户没有打印" in row.why.zh
    (missing,) = batches.unprinted_of(actor, ordered)
    assert (missing.number, missing.why) == ("H0", ALTERED)
    archive = zipfile.ZipFile(io.BytesIO(batches.batch_file(org.by, actor, ordered)))
    assert len(archive.namelist()) == 5
    assert f"户 H0 没有打印：{ALTERED.zh}" in archive.read(batches.NOTE).decode()
    # Mended, it is printed, and what was made is not made again.
    batches.resume_batch(org.by, actor, ordered)
    make(org, machine, ordered)
    row = batches.batch_row(actor, ordered)
    assert (row.state, row.done, row.wanted, row.why) == ("done", 5, 5, None)
    assert batches.unprinted_of(actor, ordered) == []
    assert Issue.objects.unscoped("test").count() == 5


@pytest.mark.usefixtures("one_damaged")
def test_on_the_command_line_it_keeps_no_other_from_being_printed_either(
    org: Organisation, machine: Press, ordered: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = Namespace(out=tmp_path, village=VILLAGE, resume=False)
    assert _each(org.by, org.actor("village"), asked, CARD, machine, Screen("zh")) == 1
    assert len(list(tmp_path.iterdir())) == 4
    told = capsys.readouterr().err
    assert f"户 H0 没有打印：{ALTERED.zh}" in told
    assert "1 户没有打印" in told
    again = Namespace(out=tmp_path, village=VILLAGE, resume=True)
    assert _each(org.by, org.actor("village"), again, CARD, machine, Screen("zh")) == 0
    assert len(list(tmp_path.iterdir())) == 5


@pytest.mark.usefixtures("one_damaged")
def test_a_household_that_has_moved_out_of_sight_is_not_named(org: Organisation, machine: Press, ordered: int) -> None:
    make(org, machine, ordered)
    move_away(org, 1)
    assert batches.unprinted_of(org.actor("village"), ordered) == []


def test_a_batch_of_which_nobody_foresaw_that_it_fails_stands_as_going_on_no_more(
    org: Organisation, ordered: int, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path
) -> None:
    def fails(*_: object) -> Iterator[Printed]:
        raise OperationalError("database is locked")

    settings.KEY_RING_FILE = tmp_path / "keys.json"
    save_ring(RING, settings.KEY_RING_FILE)
    monkeypatch.setattr(batches, "print_papers", fails)
    with pytest.raises(OperationalError):
        print_batch.call(ordered, org.accounts["village"])
    assert state(ordered) == State.FAILED
    batches.resume_batch(org.by, org.actor("village"), ordered)


def test_only_who_ordered_a_batch_sees_it(org: Organisation, machine: Press, ordered: int) -> None:
    for who in ("officer", "subdistrict", "sibling"):
        assert batches.batches(org.actor(who)) == []
        with pytest.raises(NotThere):
            batches.batch_file(org.by, org.actor(who), ordered)
        with pytest.raises(NotThere):
            batches.stop_batch(org.by, org.actor(who), ordered)


def test_who_has_left_the_village_fetches_nothing_of_it_and_has_nothing_more_made(
    org: Organisation, machine: Press, ordered: int
) -> None:
    make(org, machine, ordered)
    leave(org)
    gone = org.actor("village", at=LATER)
    assert batches.to_fetch(gone, ordered) == batches.ToFetch(0, 5)
    with pytest.raises(Denied):
        batches.batch_file(org.by, gone, ordered)
    with pytest.raises(Denied):
        batches.resume_batch(org.by, gone, ordered)
    assert steps(ordered) == [("documents.order_batch", org.places[VILLAGE])]


def test_a_batch_whose_right_is_gone_before_it_is_made_ends_and_says_why(
    org: Organisation, machine: Press, ordered: int
) -> None:
    leave(org)
    batches.make_batch(org.by, org.actor("village", at=LATER), ordered, machine, "")
    row = batches.batch_row(org.actor("village", at=LATER), ordered)
    assert (row.state, papers(ordered)) == ("failed", 0)
    assert row.why is not None
    assert "没有“打印花名册和台账”的权限" in row.why.zh


def test_papers_of_households_that_have_moved_out_of_sight_stay_behind_and_the_archive_says_how_many(
    org: Organisation, machine: Press, ordered: int
) -> None:
    make(org, machine, ordered)
    move_away(org, 2)
    assert batches.to_fetch(org.actor("village"), ordered) == batches.ToFetch(3, 2)
    archive = fetched(org, ordered)
    assert [name.partition("_")[0] for name in archive.namelist()] == ["说明", "H2", "H3", "H4"]
    assert "另有 2 份没有放入" in archive.read(batches.NOTE).decode()


def test_where_every_household_is_out_of_sight_nothing_is_handed_out(
    org: Organisation, machine: Press, ordered: int
) -> None:
    with pytest.raises(DomainError) as early:
        fetched(org, ordered)
    make(org, machine, ordered)
    move_away(org, 5)
    with pytest.raises(DomainError) as late:
        fetched(org, ordered)
    assert (early.value.code, late.value.code) == ("NOTHING_PRINTED_YET", "PAPERS_OUT_OF_SIGHT")


def test_ordering_stopping_going_on_and_each_fetching_are_recorded_at_the_place(
    org: Organisation, machine: Press, ordered: int
) -> None:
    actor, place = org.actor("village"), org.places[VILLAGE]
    batches.stop_batch(org.by, actor, ordered)
    batches.stop_batch(org.by, actor, ordered)
    batches.resume_batch(org.by, actor, ordered)
    make(org, machine, ordered)
    fetched(org, ordered)
    move_away(org, 1)
    fetched(org, ordered)
    acts = ("order_batch", "stop_batch", "resume_batch", "fetch_batch", "fetch_batch")
    assert steps(ordered) == [(f"documents.{act}", place) for act in acts]
    said = EntryText.objects.filter(entry__subject=f"batch:{ordered}").order_by("entry")
    assert [(each.body.get("papers"), each.body.get("held_back")) for each in said][-2:] == [(5, 0), (4, 1)]


def test_households_that_came_after_it_was_ordered_are_printed_and_counted(org: Organisation, machine: Press) -> None:
    settle(org, range(9))
    batch = batches.order_batch(org.by, org.actor("village"), org.places[VILLAGE], CARD)
    settle(org, [9])
    make(org, machine, batch)
    row = batches.batch_row(org.actor("village"), batch)
    assert (row.state, row.done, row.wanted) == ("done", 10, 10)


def test_a_batch_that_was_stopped_with_its_last_paper_counts_all_that_was_made(
    org: Organisation, machine: Press, ordered: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_away = batches._put_away

    def and_stop(by: object, batch: int, printed: Printed) -> None:
        put_away(org.by, batch, printed)
        batches.stop_batch(org.by, org.actor("village"), batch)

    monkeypatch.setattr(batches, "_put_away", and_stop)
    make(org, machine, ordered)
    row = batches.batch_row(org.actor("village"), ordered)
    assert (row.state, row.done, row.wanted) == ("stopped", 5, 5)


def test_a_batch_is_ordered_where_one_may_and_never_with_whole_numbers(org: Organisation) -> None:
    new_household(org, "H1", VILLAGE)
    with pytest.raises(Denied):
        batches.order_batch(org.by, org.actor("village"), org.places["371102008202"], CARD)
    whole = replace(CARD, kind="registration_form", whole_numbers=True)
    with pytest.raises(DomainError):
        batches.order_batch(org.by, org.actor("officer"), org.places[VILLAGE], whole)


def test_what_was_made_is_forgotten_with_its_files_and_stays_recorded(
    org: Organisation, machine: Press, ordered: int
) -> None:
    make(org, machine, ordered)
    at = org.by.at + batches.KEPT + timedelta(days=3650)
    assert batches.forget_batches(org.by.at + batches.KEPT) == 0
    assert batches.forget_batches(org.by.at + batches.KEPT + timedelta(seconds=1)) > 0
    assert sweep(at) >= 5
    assert Issue.objects.unscoped("test").count() == 5

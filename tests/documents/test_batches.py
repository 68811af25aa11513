"""Papers of many in the background: each made once, whatever stops it; seen and fetched by who ordered them; forgotten in time."""

import io
import zipfile
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from bangfu.access.data import Denied, NotThere
from bangfu.documents import batches
from bangfu.documents.models import Batch, BatchPaper, Issue, State
from bangfu.documents.press import Press, press
from bangfu.documents.services import Order, Printed
from bangfu.files.store import sweep
from bangfu.kernel.errors import DomainError
from tests.documents.conftest import NO_FONTS
from tests.households import new_household
from tests.organisation import Organisation

CARD = Order("contact_card", date(2017, 12, 1), "pdf", year=2017)
VILLAGE = "371102008201"


class Killed(BaseException):
    """As a process that ends in the middle."""


@pytest.fixture
def ordered(org: Organisation) -> int:
    for number in range(5):
        new_household(org, f"H{number}", VILLAGE)
    return batches.order_batch(org.by, org.actor("village"), org.places[VILLAGE], CARD)


def make(org: Organisation, machine: Press, batch: int) -> None:
    batches.make_batch(org.by, org.actor("village"), batch, machine, "")


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
        batches.stop_batch(actor, batch)

    monkeypatch.setattr(batches, "_put_away", and_stop)
    make(org, machine, ordered)
    assert (state(ordered), papers(ordered)) == (State.STOPPED, 1)
    monkeypatch.undo()
    make(org, machine, ordered)
    assert papers(ordered) == 1
    batches.resume_batch(actor, ordered)
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


def test_only_who_ordered_a_batch_sees_it(org: Organisation, machine: Press, ordered: int) -> None:
    for who in ("officer", "subdistrict", "sibling"):
        assert batches.batches(org.actor(who)) == []
        with pytest.raises(NotThere):
            batches.batch_file(org.by, org.actor(who), ordered)
        with pytest.raises(NotThere):
            batches.stop_batch(org.actor(who), ordered)


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

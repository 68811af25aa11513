"""An export is asked for with a reason, within limits; above a size another person agrees; each step leaves one entry; the file's days end."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from bangfu.access.data import Denied, NotThere
from bangfu.access.services.posts import hand_over
from bangfu.audit.models import Entry, EntryText
from bangfu.exports import limits as limits_module
from bangfu.exports.data import NewExport
from bangfu.exports.limits import Limit, limit_of
from bangfu.exports.models import Export, State
from bangfu.exports.selectors import waiting
from bangfu.exports.services.asking import ask, withdraw
from bangfu.exports.services.deciding import approve, refuse
from bangfu.exports.services.housekeeping import sweep, try_again
from bangfu.exports.services.making import make
from bangfu.exports.services.taking import take
from bangfu.files.store import sweep as sweep_store
from bangfu.kernel.errors import DomainError
from tests.exports.conftest import AS_OF, Office, cells
from tests.organisation import TODAY
from tests.registry.test_imports import changed


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that a register of three persons goes beyond."""
    few = {role: Limit(2, 2, 0) for role in ("village", "subdistrict", "officer")}
    monkeypatch.setattr(limits_module, "by_role", lambda: few)


def refused(code: str) -> Any:
    return pytest.raises(DomainError, match=f"^{code}")


def test_a_small_export_is_made_and_taken_by_who_asked(office: Office) -> None:
    export = office.ask()
    assert office.row(export).state == State.DUE
    office.make(export)
    path = office.take(export)
    assert [row[0] for row in cells(path, "户")[1:]] == ["H1", "H2"]
    row = office.row(export)
    assert (row.state, row.downloads, row.rows) == (State.MADE, 1, {"户": 2, "人": 3, "收支": 2, "已享受政策": 1})
    assert office.acts() == ["exports.ask", "exports.make", "exports.take"]


def test_every_entry_names_the_export_the_reason_and_the_digest_and_nobody_of_it(office: Office) -> None:
    export = office.ask(reason="核对低保")
    office.make(export)
    office.take(export)
    entries = list(Entry.objects.filter(subject=f"export:{export}").order_by("pk"))
    texts = [EntryText.objects.get(pk=entry.pk).body for entry in entries]
    assert texts[0]["reason"] == "核对低保"
    assert (texts[0]["households"], texts[0]["persons"], texts[0]["as_of"]) == (2, 3, "2017-03-31")
    assert {text["digest"] for text in texts[1:]} == {office.row(export).digest}
    assert "甲" not in str(texts)


@pytest.mark.parametrize("reason", ["", "  ", "x" * 201, "一行\n两行"], ids=["none", "blank", "long", "lines"])
def test_a_reason_is_needed_and_fits_a_line(office: Office, reason: str) -> None:
    with pytest.raises(DomainError, match=r"^REASON"):
        office.ask(reason=reason)
    assert not Export.objects.unscoped("test").exists()


@pytest.mark.parametrize("who", ["district", "auditor", "admin", "nobody"])
def test_who_may_not_export_is_refused(office: Office, who: str) -> None:
    with pytest.raises(Denied):
        office.ask(who, place="371102008201")


@pytest.mark.parametrize(
    ("who", "place"), [("village", "371102008202"), ("subdistrict", "371102009"), ("officer", "371103")]
)
def test_a_place_outside_of_ones_area_is_refused(office: Office, who: str, place: str) -> None:
    with pytest.raises(Denied):
        office.ask(who, place=place)


def test_a_second_factor_and_the_password_are_asked_for(office: Office) -> None:
    new = NewExport("contract", office.org.places["371102008"], AS_OF)
    with pytest.raises(Denied) as denied:
        ask(office.by(), office.actor(sure=False), new)
    assert denied.value.code == "SECOND_FACTOR_NEEDED"


def test_full_numbers_need_the_right_to_reveal_them(office: Office) -> None:
    for who in ("village", "subdistrict"):
        with pytest.raises(Denied):
            office.ask(who, place="371102008201", full_numbers=True)
    assert office.row(office.ask("officer", full_numbers=True)).state == State.ASKED


def test_a_day_to_come_an_unknown_layout_and_an_empty_place_are_refused(office: Office) -> None:
    with refused("DAY_TO_COME"):
        office.ask(day=TODAY + timedelta(days=1))
    with refused("LAYOUT_UNKNOWN"):
        office.ask(layout="nonsense")
    with refused("NOTHING_THERE"):
        office.ask(day=date(2017, 3, 30))
    with refused("NOTHING_THERE"):
        office.ask("other", place="371102009201")


def test_a_role_has_its_most(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    few = {role: Limit(1, 100, 0) for role in ("village", "subdistrict", "officer")}
    monkeypatch.setattr(limits_module, "by_role", lambda: few)
    with refused("TOO_MANY"):
        office.ask()
    assert office.ask("village", place="371102008201")


def test_of_several_posts_the_most_generous_counts_where_it_is(office: Office) -> None:
    org = office.org
    org.open("lead", "subdistrict", "371102008")
    org.seat("village", "lead")
    actor = office.actor("village")
    assert limit_of(actor, org.places["371102008201"]) == limits_module.by_role()["subdistrict"]
    assert limit_of(office.actor("sibling"), org.places["371102008202"]) == limits_module.by_role()["village"]


def test_nobody_asks_for_more_than_so_many_a_day(office: Office) -> None:
    for _ in range(limits_module.limits().a_day):
        office.ask()
    with refused("ENOUGH_TODAY"):
        office.ask()
    assert office.ask("officer")
    office.at += timedelta(days=1)
    assert office.ask()


# ---- another person agrees


def test_above_a_size_another_person_has_to_agree(office: Office, small: None) -> None:
    export = office.ask()
    assert office.row(export).state == State.ASKED
    assert office.make(export).state == State.ASKED
    with refused("NO_FILE"):
        office.take(export)
    approve(office.by("officer"), office.actor("officer"), export)
    assert office.make(export).state == State.MADE
    assert office.take(export).exists()
    assert office.acts() == ["exports.ask", "exports.approve", "exports.make", "exports.take"]


def test_of_as_many_as_the_limit_nobody_has_to_agree_and_of_one_more_somebody(office: Office, small: None) -> None:
    assert office.row(office.ask("village", place="371102008201")).state == State.DUE
    assert office.row(office.ask()).state == State.ASKED


def test_nobody_decides_on_what_they_asked_for_whatever_posts_they_hold(office: Office, small: None) -> None:
    org = office.org
    org.open("beside", "officer", "371102")
    org.seat("subdistrict", "beside")
    export = office.ask("subdistrict")
    for decide in (approve, refuse):
        with refused("OWN_EXPORT"):
            decide(office.by("subdistrict"), office.actor("subdistrict"), export)
    assert office.row(export).state == State.ASKED


def test_the_database_too_refuses_that_one_decides_alone(office: Office, small: None) -> None:
    export = office.ask("officer", place="371102008")
    rows = Export.objects.unscoped("test").filter(pk=export)
    for values in ({"decided_by": office.org.accounts["officer"]}, {"state": State.DUE}, {"state": State.MADE}):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**values)


@pytest.mark.parametrize("who", ["village", "subdistrict", "auditor", "other"])
def test_who_may_not_approve_cannot(office: Office, small: None, who: str) -> None:
    export = office.ask("officer", place="371102008")
    with pytest.raises((Denied, NotThere)):
        approve(office.by(who), office.actor(who), export)
    assert office.row(export).state == State.ASKED


def test_a_refusal_says_why_and_ends_it(office: Office, small: None) -> None:
    export = office.ask()
    with refused("REASON_NEEDED"):
        refuse(office.by("officer", reason=" "), office.actor("officer"), export)
    refuse(office.by("officer", reason="范围过大"), office.actor("officer"), export)
    row = office.row(export)
    assert (row.state, row.refused_because) == (State.REFUSED, "范围过大")
    with refused("DECIDED"):
        approve(office.by("officer"), office.actor("officer"), export)
    assert office.make(export).state == State.REFUSED
    assert office.acts() == ["exports.ask", "exports.refuse"]


def test_who_asked_takes_back_what_nobody_has_decided_on(office: Office, small: None) -> None:
    export = office.ask()
    withdraw(office.by(), office.actor(), export)
    assert office.row(export).state == State.WITHDRAWN
    assert office.acts() == ["exports.ask", "exports.withdraw"]
    assert waiting(office.actor("officer"), office.at) == []
    with refused("WITHDRAWN"):
        approve(office.by("officer"), office.actor("officer"), export)
    with refused("WITHDRAWN"):
        refuse(office.by("officer", "不必要"), office.actor("officer"), export)
    with refused("NOT_WAITING"):
        withdraw(office.by(), office.actor(), export)
    assert sweep(office.by()) == 0
    assert office.acts() == ["exports.ask", "exports.withdraw"]


def test_what_was_decided_on_is_not_taken_back(office: Office, small: None) -> None:
    agreed, denied = office.ask(), office.ask()
    approve(office.by("officer"), office.actor("officer"), agreed)
    refuse(office.by("officer", "不必要"), office.actor("officer"), denied)
    for export in (agreed, denied):
        with refused("NOT_WAITING"):
            withdraw(office.by(), office.actor(), export)
    assert (office.row(agreed).state, office.row(denied).state) == (State.DUE, State.REFUSED)


@pytest.mark.parametrize("who", ["village", "officer", "auditor", "stranger"])
def test_nobody_takes_back_what_others_asked_for(office: Office, small: None, who: str) -> None:
    export = office.ask()
    with pytest.raises(NotThere):
        withdraw(office.by(who), office.actor(who), export)
    assert office.row(export).state == State.ASKED


def test_who_may_export_no_more_still_takes_back_what_they_asked_for(office: Office, small: None) -> None:
    export = office.ask()
    lose(office, "subdistrict")
    withdraw(office.by(), office.actor(), export)
    assert office.row(export).state == State.WITHDRAWN


def test_what_nobody_decides_on_lapses(office: Office, small: None) -> None:
    export = office.ask()
    office.at = office.row(export).lasts_until - timedelta(minutes=2)
    assert sweep(office.by()) == 0
    with refused("LAPSED"):
        approve(office.by("officer"), office.actor("officer"), export)
    assert sweep(office.by()) == 1
    assert office.row(export).state == State.LAPSED
    assert sweep(office.by()) == 0
    assert office.acts() == ["exports.ask", "exports.lapse"]


def test_what_was_agreed_to_and_not_made_in_time_lapses_too(office: Office, small: None) -> None:
    export = office.ask()
    approve(office.by("officer"), office.actor("officer"), export)
    office.at = office.row(export).lasts_until
    assert office.make(export).state == State.DUE
    sweep(office.by())
    assert office.row(export).state == State.LAPSED


def test_more_than_was_agreed_to_is_not_made(office: Office, small: None) -> None:
    export = office.ask("village", place="371102008201")
    tables = changed("household", 0)
    tables["person"] = [
        *tables["person"],
        {"person_id": "P9", "household_id": "H1", "name": "甲九", "relation": "之子"},
    ]
    office.desk.bring(tables)
    row = office.make(export)
    assert (row.state, row.stopped_for, row.digest) == (State.STOPPED, "GROWN", "")
    assert office.acts() == ["exports.ask", "exports.stop"]


def test_who_decides_agrees_to_what_there_is_then(office: Office, small: None) -> None:
    export = office.ask()
    tables = changed("household", 0)
    tables["person"] = [
        *tables["person"],
        {"person_id": "P9", "household_id": "H1", "name": "甲九", "relation": "之子"},
    ]
    office.desk.bring(tables)
    with refused("GROWN_SINCE"):
        approve(office.by("officer"), office.actor("officer"), export)
    approve(office.by("officer"), office.actor("officer"), export)
    assert office.row(export).persons == 4
    assert office.make(export).state == State.MADE


# ---- a right that is lost in between


def lose(office: Office, who: str) -> None:
    hand_over(office.by("admin"), office.org.founder, office.org.posts[who], None, TODAY)


def test_a_right_lost_before_it_is_made_stops_it(office: Office) -> None:
    export = office.ask()
    lose(office, "subdistrict")
    assert office.make(export).stopped_for == "RIGHT_LOST"


def test_a_right_lost_before_it_is_decided_on_stops_the_decision(office: Office, small: None) -> None:
    export = office.ask()
    lose(office, "subdistrict")
    with refused("RIGHT_LOST"):
        approve(office.by("officer"), office.actor("officer"), export)


def test_a_right_lost_before_it_is_taken_stops_it_and_its_file_goes(office: Office) -> None:
    export = office.ask()
    office.make(export)
    lose(office, "subdistrict")
    with pytest.raises(Denied):
        office.take(export)
    row = office.row(export)
    assert (row.state, row.file, row.downloads) == (State.STOPPED, "", 0)


def test_a_file_is_handed_to_who_asked_and_to_nobody_else(office: Office) -> None:
    export = office.ask("village", place="371102008201")
    office.make(export)
    for who in ("officer", "subdistrict", "auditor", "sibling"):
        with pytest.raises(NotThere):
            take(office.by(who), office.actor(who), export)
    with pytest.raises(Denied):
        take(office.by("village"), office.actor("village", sure=False), export)


# ---- the end


def test_a_file_is_deleted_when_its_days_are_over_and_the_row_stays(office: Office, settings: Any) -> None:
    export = office.ask()
    digest = office.make(export).digest
    office.at = office.row(export).lasts_until
    with refused("NO_FILE"):
        office.take(export)
    assert sweep(office.by()) == 1
    row = office.row(export)
    assert (row.state, row.file, row.digest) == (State.REMOVED, "", digest)
    sweep_store(office.at + timedelta(days=36_500))
    assert [path for path in settings.FILES_FOLDER.rglob("*") if path.is_file()] == []
    assert office.acts()[-1] == "exports.remove"


def test_made_twice_the_first_file_counts(office: Office) -> None:
    export = office.ask()
    digest = office.make(export).digest
    assert office.make(export).digest == digest
    assert office.acts() == ["exports.ask", "exports.make"]


def test_what_was_not_made_within_an_hour_is_tried_again(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    enqueued: list[int] = []
    export = office.ask()
    monkeypatch.setattr("bangfu.exports.services.housekeeping.enqueue", enqueued.append)
    assert try_again(office.by()) == 0
    office.at += timedelta(hours=1)
    assert try_again(office.by()) == 1
    assert enqueued == [export]
    office.make(export)
    assert try_again(office.by()) == 0


def test_the_file_lies_sealed_in_the_store(office: Office, settings: Any) -> None:
    office.make(office.ask())
    for path in settings.FILES_FOLDER.rglob("*"):
        assert not path.is_file() or b"PK\x03\x04" not in path.read_bytes()[:4096]


def test_a_disk_without_room_leaves_it_to_be_made_again(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    export = office.ask()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("bangfu.exports.services.making.write_workbook", full)
        with pytest.raises(OSError, match="No space"):
            make(office.by(), export)
    assert office.make(export).state == State.MADE

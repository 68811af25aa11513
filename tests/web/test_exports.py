"""Exports in the browser: asked for, agreed to by another, downloaded; nothing is believed that a form did not offer."""

from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bangfu.audit.models import Entry
from bangfu.exports import limits
from bangfu.exports.limits import Limit
from bangfu.exports.marks import codes_in
from bangfu.exports.models import Export, State
from tests.households import new_household
from tests.organisation import Organisation
from tests.web.conftest import SignedIn


@pytest.fixture(autouse=True)
def register(org: Organisation, settings: Any, tmp_path: Path) -> None:
    settings.FILES_FOLDER = tmp_path / "files"
    new_household(org, "H1", "371102008201")


def asked(client: Client, org: Organisation, **more: object) -> Any:
    given = {
        "place": org.places["371102008201"],
        "as_of": "2017-06-30",
        "layout": "contract",
        "reason": "年度核对",
        **more,
    }
    return client.post(reverse("web:export-ask"), given)


def the_one() -> Export:
    return Export.objects.unscoped("test").get()


def body(answer: Any) -> bytes:
    # Read to its end, it is closed.
    return b"".join(answer.streaming_content)


def test_a_small_one_is_asked_for_and_downloaded_with_an_entry_each_time(
    browser: SignedIn, org: Organisation, tmp_path: Path
) -> None:
    client = browser("village")
    assert asked(client, org).status_code == 302
    export = the_one()
    assert export.state == State.MADE
    shown = unescape(client.get(reverse("web:export", args=[export.pk])).content.decode())
    assert "下载" in shown
    for times in (1, 2):
        answer = client.post(reverse("web:export-take", args=[export.pk]))
        assert answer["Content-Disposition"] == f'attachment; filename="{export.code}.xlsx"'
        assert answer["Cache-Control"] == "no-store"
        path = tmp_path / "taken.xlsx"
        path.write_bytes(body(answer))
        assert codes_in(path) == [export.code]
        assert Entry.objects.filter(act="exports.take").count() == times
    assert the_one().downloads == 2


def test_a_large_one_waits_for_another_who_sees_it_first_thing(
    browser: SignedIn, org: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "by_role", lambda: {"village": Limit(10, 1, 0), "officer": Limit(10, 1, 0)})
    village, officer = browser("village"), browser("officer")
    assert asked(village, org).status_code == 302
    number = the_one().pk
    assert "等您审批" in officer.get(reverse("web:exports")).content.decode()
    assert "等您审批" not in village.get(reverse("web:exports")).content.decode()
    assert village.post(reverse("web:export-take", args=[number])).status_code == 409
    assert officer.post(reverse("web:export-approve", args=[number])).status_code == 302
    assert the_one().state == State.MADE
    assert body(village.post(reverse("web:export-take", args=[number]))).startswith(b"PK")
    assert officer.post(reverse("web:export-take", args=[number])).status_code == 404


def test_a_refusal_is_read_by_who_asked(browser: SignedIn, org: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "by_role", lambda: {"village": Limit(10, 1, 0), "officer": Limit(10, 1, 0)})
    village, officer = browser("village"), browser("officer")
    asked(village, org)
    where = reverse("web:export-refuse", args=[the_one().pk])
    assert officer.post(where).status_code == 200
    assert officer.post(where, {"reason": "人数太多"}).status_code == 302
    assert "人数太多" in village.get(reverse("web:export", args=[the_one().pk])).content.decode()


def test_what_a_form_does_not_offer_is_not_taken(browser: SignedIn, org: Organisation) -> None:
    village = browser("village")
    assert "full_numbers" not in village.get(reverse("web:export-ask")).content.decode()
    for wrong in ({"place": org.places["371102"]}, {"layout": "nonsense"}, {"reason": ""}, {"as_of": "2099-01-01"}):
        assert asked(village, org, **wrong).status_code == 200
    assert not Export.objects.unscoped("test").exists()
    asked(village, org, full_numbers="on")
    assert the_one().full_numbers is False


def test_without_a_code_and_the_password_nobody_exports(browser: SignedIn, org: Organisation) -> None:
    answer = asked(browser("village", sure=False), org)
    assert answer.status_code == 302
    assert answer["Location"].startswith((reverse("web:code"), reverse("web:confirm")))
    assert not Export.objects.unscoped("test").exists()


def test_a_code_that_was_read_off_a_file_leads_to_its_export(browser: SignedIn, org: Organisation) -> None:
    asked(browser("village"), org)
    found = browser("auditor").get(reverse("web:exports"), {"code": the_one().code.lower()}).content.decode()
    assert the_one().code in found
    assert "没有这个编号" in browser("auditor").get(reverse("web:exports"), {"code": "BF-2222-2222"}).content.decode()
    assert timezone.now() < the_one().lasts_until

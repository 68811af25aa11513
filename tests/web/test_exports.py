"""Exports in the browser: asked for, agreed to by another, downloaded; nothing is believed that a form did not offer."""

import re
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bangfu.access.services.posts import widen_post
from bangfu.audit.models import Entry
from bangfu.exports import limits
from bangfu.exports.limits import Limit
from bangfu.exports.marks import codes_in
from bangfu.exports.models import Export, State
from bangfu.registry.data import NewFacts
from bangfu.registry.models import Household
from bangfu.registry.services.facts import record_facts
from tests.households import FIRST, new_household
from tests.organisation import Organisation
from tests.web.conftest import SignedIn


@pytest.fixture(autouse=True)
def register(org: Organisation, settings: Any, tmp_path: Path) -> None:
    settings.FILES_FOLDER = tmp_path / "files"
    new_household(org, "H1", "371102008201")


def asked(client: Client, org: Organisation, query: str = "", **more: object) -> Any:
    given = {
        "place": org.places["371102008201"],
        "as_of": "2017-06-30",
        "layout": "contract",
        "reason": "年度核对",
        **more,
    }
    return client.post(reverse("web:export-ask") + query, given)


def the_one() -> Export:
    return Export.objects.unscoped("test").get()


def read_in(answer: Any) -> dict[str, str]:
    """How many a page told whoever is to agree."""
    return dict(re.findall(r'name="(households|persons)" value="(\d+)"', answer.content.decode()))


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


def test_how_many_persons_there_are_is_said_to_be_with_those_who_have_left(
    browser: SignedIn, org: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A file holds them as well: the list, which does not count them, says fewer.
    monkeypatch.setattr(limits, "by_role", lambda: {"village": Limit(10, 1, 0), "officer": Limit(10, 1, 0)})
    asked(browser("village"), org)
    pages = [
        browser("officer").get(reverse(f"web:{name}", args=[the_one().pk])) for name in ("export", "export-approve")
    ]
    assert ["含已不在户的" in page.content.decode() for page in pages] == [True, True]


def test_a_second_click_asks_for_no_second_one(browser: SignedIn, org: Organisation) -> None:
    client = browser("village")

    def sign() -> str:
        page = client.get(reverse("web:export-ask")).content.decode()
        return re.findall(r'name="once" value="([^"]+)"', page)[0]

    form = sign()
    assert asked(client, org, once=form)["Location"] == asked(client, org, once=form)["Location"]
    assert the_one().state == State.MADE
    asked(client, org, once=sign())
    assert Export.objects.unscoped("test").count() == 2, "a form opened anew is another request"


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
    where = reverse("web:export-approve", args=[number])
    assert officer.post(where, read_in(officer.get(where))).status_code == 302
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


def test_who_asked_takes_it_back_and_nobody_is_asked_to_decide_any_more(
    browser: SignedIn, org: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "by_role", lambda: {"village": Limit(10, 1, 0), "officer": Limit(10, 1, 0)})
    village, officer = browser("village"), browser("officer")
    asked(village, org)
    page, where = (reverse(f"web:{name}", args=[the_one().pk]) for name in ("export", "export-withdraw"))
    assert f'href="{where}"' in village.get(page).content.decode()
    assert f'href="{where}"' not in officer.get(page).content.decode()
    assert village.post(where).status_code == 302
    shown = village.get(page).content.decode()
    assert "已撤回" in shown
    assert f'href="{where}"' not in shown
    assert "等您审批" not in officer.get(reverse("web:exports")).content.decode()
    late = village.post(where)
    assert late.status_code == 200
    assert "不能再撤回" in late.content.decode()


def test_what_a_form_does_not_offer_is_not_taken(browser: SignedIn, org: Organisation) -> None:
    village = browser("village")
    assert "full_numbers" not in village.get(reverse("web:export-ask")).content.decode()
    for wrong in ({"place": org.places["371102"]}, {"layout": "nonsense"}, {"reason": ""}, {"as_of": "2099-01-01"}):
        assert asked(village, org, **wrong).status_code == 200
    assert not Export.objects.unscoped("test").exists()
    asked(village, org, full_numbers="on")
    assert the_one().full_numbers is False


def test_without_a_code_and_the_password_nobody_exports(browser: SignedIn, org: Organisation) -> None:
    assert asked(browser("village", sure=False), org).status_code == 401
    assert not Export.objects.unscoped("test").exists()


def test_a_code_that_was_read_off_a_file_leads_to_its_export(browser: SignedIn, org: Organisation) -> None:
    asked(browser("village"), org)
    found = browser("auditor").get(reverse("web:exports"), {"code": the_one().code.lower()}).content.decode()
    assert the_one().code in found
    assert "没有这个编号" in browser("auditor").get(reverse("web:exports"), {"code": "BF-2222-2222"}).content.decode()
    assert timezone.now() < the_one().lasts_until


# ---- what the list is filtered by goes along


@pytest.fixture
def others(org: Organisation) -> None:
    """Beside the first household one that is no longer poor."""
    exited = new_household(org, "H2", "371102008201")
    facts = NewFacts("registration", exited, {"status": "exited", "exited_on": FIRST}, FIRST)
    record_facts(org.by, org.actor("village"), exited, facts)


def exporting(page: bytes) -> str:
    """Where the list's button leads."""
    (found,) = re.findall(rf'href="({reverse("web:export-ask")}[^"]*)"', unescape(page.decode()))
    return str(found)


@pytest.mark.parametrize("page", ["export-ask", "round-open"])
def test_of_an_area_that_is_no_one_place_the_first_is_not_taken_for_all(
    browser: SignedIn, org: Organisation, page: str
) -> None:
    client, where = browser("subdistrict"), reverse(f"web:{page}")
    assert "请选择" not in client.get(where).content.decode()
    widen_post(org.by, org.founder, org.posts["subdistrict"], org.places["371102009"], FIRST)
    form = client.get(where).content.decode()
    assert re.findall(r'<select name="place"[^>]*>\s*<option value="([^"]*)"[^>]*>([^<]*)<', form) == [("", "请选择")]
    assert client.post(where, {"reason": "年度核对", "title": "上报"}).status_code == 200
    assert not Export.objects.unscoped("test").exists()


def test_the_button_of_the_list_takes_its_filter_along_and_the_form_says_so(
    browser: SignedIn, org: Organisation, others: None
) -> None:
    client, place = browser("village"), org.places["371102008201"]
    where = exporting(client.get(f"/households/?place={place}&status=poor&column=number").content)
    page = unescape(client.get(where).content.decode())
    assert "现在是 1 户" in page
    assert "<strong>脱贫状态：未脱贫</strong>" in page
    assert f'<option value="{place}" selected>' in page
    given = {"place": place, "as_of": org.by.at.date(), "layout": "contract", "reason": "年度核对"}
    assert client.post(where, given).status_code == 302
    assert (the_one().households, the_one().narrowed_to) == (1, "status=poor")
    shown = unescape(client.get(reverse("web:export", args=[the_one().pk])).content.decode())
    assert '<dd data-field="narrowed">脱贫状态：未脱贫 ' in shown


def test_who_approves_reads_the_filter_and_how_many_it_finds(
    browser: SignedIn, org: Organisation, others: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "by_role", lambda: {"village": Limit(10, 1, 0), "officer": Limit(10, 1, 0)})
    asked(browser("village"), org, query="?status=exited")
    officer, where = browser("officer"), reverse("web:export-approve", args=[the_one().pk])
    before = officer.get(where)
    assert "1 户 3 人（含已不在户的；不含证件号码；只含筛选出的户：脱贫状态：已脱贫）" in unescape(
        before.content.decode()
    )
    first = Household.objects.unscoped("test").get(number="H1").pk
    facts = NewFacts("registration", first, {"status": "exited", "exited_on": FIRST}, FIRST)
    record_facts(replace(org.by, at=timezone.now()), org.actor("village"), first, facts)
    read = read_in(before)
    answer = officer.post(where, read)
    page = unescape(answer.content.decode())
    assert "现在有 2 户 6 人，还没有批准" in page
    assert "2 户 6 人（含已不在户的；不含证件号码；只含筛选出的户" in page
    assert officer.post(where, read).status_code == 200, "a second click agrees to nothing that was not read"
    assert the_one().state == State.ASKED
    assert officer.post(where, read_in(answer)).status_code == 302
    assert the_one().state == State.MADE


@pytest.mark.parametrize("query", ["?status=good", "?place=x", "?gaps=none", "?helper=-1"])
def test_a_filter_that_cannot_be_read_exports_nothing(
    browser: SignedIn, org: Organisation, others: None, query: str
) -> None:
    client = browser("village")
    assert "没有按它导出" in client.get(reverse("web:export-ask") + query).content.decode()
    assert asked(client, org, query=query).status_code == 409
    assert not Export.objects.unscoped("test").exists()
    assert reverse("web:export-ask") not in client.get(f"/households/{query}").content.decode()


def test_words_that_were_sought_narrow_no_export_and_the_list_says_so(
    browser: SignedIn, org: Organisation, others: None
) -> None:
    client = browser("village")
    page = client.post("/households/?status=poor", {"sought": "甲"}, follow=True).content
    assert exporting(page) == f"{reverse('web:export-ask')}?status=poor"
    assert "不按查找时键入的字词" in page.decode()
    assert "不按查找时键入的字词" not in client.get("/households/").content.decode()

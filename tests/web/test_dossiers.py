"""The dossier in the browser's eyes: a scan goes in, is compared by somebody else, and comes out as a download and nothing else."""

import re
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse

from bangfu.audit.models import Entry
from bangfu.files.scans import Scan
from bangfu.registry.models import Evidence, EvidenceFile, Person
from tests.files import hostile
from tests.households import BOOKLET, add_booklet, new_household
from tests.organisation import Organisation
from tests.web.conftest import SignedIn


@pytest.fixture
def household(org: Organisation) -> int:
    return new_household(org, "H1", "371102008201")


def page(client: Client, household: int, **asked: str) -> str:
    answer = client.get(reverse("web:dossier", args=[household]), asked)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def add(client: Client, household: int, *scans: SimpleUploadedFile, **given: object) -> Any:
    said = {"kind": "hukou_booklet", "kept_from": "2017-03-01", **given, "scans": list(scans)}
    return client.post(reverse("web:paper-add", args=[household]), said)


def test_a_scan_goes_in_is_checked_by_somebody_else_and_is_taken_out(browser: SignedIn, household: int) -> None:
    keeper, officer = browser("village"), browser("officer")
    assert "户口本" in page(keeper, household).split("缺少的资料")[1].split("待核实")[0]
    # What it calls itself does not count.
    answer = add(keeper, household, SimpleUploadedFile("../../keys.json", hostile.taken_at_a_place(), "text/html"))
    assert (answer.status_code, answer["Location"]) == (302, reverse("web:dossier", args=[household]))
    paper = Evidence.objects.unscoped("test").get()
    assert "未核对" in page(keeper, household)
    check = reverse("web:paper-check", args=[household, paper.pk])
    assert check not in page(keeper, household)
    assert "须由另一位工作人员核对" in keeper.post(check, {"result": "right"}).content.decode()
    assert officer.post(check, {"result": "wrong"}).status_code == 200
    assert officer.post(check, {"result": "right"}).status_code == 302
    assert "人officer" in page(officer, household)
    withdraw = reverse("web:paper-withdraw", args=[household, paper.pk])
    assert keeper.post(withdraw, {"reason": "存错"}).status_code == 302
    assert "还没有存入资料" in page(keeper, household)


def test_nobody_waits_while_scans_are_opened_and_a_second_click_adds_no_second_paper(
    browser: SignedIn, household: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper, around, within = browser("village"), len(connection.atomic_blocks), []

    def opened(content: bytes) -> Scan:
        within.append(len(connection.atomic_blocks) - around)
        return Scan("image/jpeg", content, 1)

    monkeypatch.setattr("bangfu.registry.services.dossiers.clean", opened)
    form = keeper.get(reverse("web:paper-add", args=[household])).content.decode()
    (sign,) = re.findall(r'name="once" value="([^"]+)"', form)
    for _ in range(2):
        scan = SimpleUploadedFile("p.jpg", hostile.jpeg())
        assert add(keeper, household, scan, once=sign).status_code == 302
    assert within == [0, 0]
    assert Evidence.objects.unscoped("test").count() == 1


def test_a_scan_is_given_to_be_saved_under_a_name_of_ours_and_recorded(
    browser: SignedIn, org: Organisation, household: int
) -> None:
    add_booklet(org, household, "village")
    file = EvidenceFile.objects.unscoped("test").get()
    answer = browser("officer").get(reverse("web:scan", args=[household, file.pk]))
    assert answer.content == BOOKLET
    assert {name: answer[name] for name in ("Content-Type", "X-Content-Type-Options", "Cache-Control")} == {
        "Content-Type": "application/pdf",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''%E6%88%B7%E5%8F%A3%E6%9C%AC-")
    entry = Entry.objects.order_by("-pk")[0]
    assert (entry.act, entry.subject) == ("registry.read_evidence", f"household:{household}")


def test_a_scan_is_not_given_under_another_household(browser: SignedIn, org: Organisation, household: int) -> None:
    add_booklet(org, household, "village")
    other = new_household(org, "H2", "371102008201")
    file = EvidenceFile.objects.unscoped("test").get()
    answer = browser("officer").get(reverse("web:scan", args=[other, file.pk]))
    assert answer.status_code == 404
    paper = Evidence.objects.unscoped("test").get()
    assert browser("officer").get(reverse("web:paper-check", args=[other, paper.pk])).status_code == 404


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.jpg", hostile.HTML, "按内容看都不是"),
        ("a.pdf", hostile.archive(), "按内容看都不是"),
        ("a.jpg", b"", "文件是空的"),
        ("甲<script>alert(1)</script>.png", hostile.pixel_flood(), "百万像素"),
    ],
)
def test_a_hostile_file_is_refused_in_words_and_what_was_typed_stays(
    browser: SignedIn, household: int, name: str, content: bytes, says: str
) -> None:
    answer = add(browser("village"), household, SimpleUploadedFile(name, content), title="旧本")
    text = answer.content.decode()
    assert (answer.status_code, says in text, 'value="旧本"' in text) == (200, True, True)
    assert "<script>alert" not in text
    assert not Evidence.objects.unscoped("test").exists()


def test_without_a_file_the_form_asks_for_one(browser: SignedIn, household: int) -> None:
    answer = add(browser("village"), household)
    assert (answer.status_code, b'role="alert"' in answer.content) == (200, True)


def test_several_pictures_are_one_paper_of_a_member_chosen_beforehand(browser: SignedIn, household: int) -> None:
    son = Person.objects.unscoped("test").get(number="H1-son").pk
    client = browser("village")
    form = client.get(
        reverse("web:paper-add", args=[household]), {"kind": "id_copy", "person": str(son)}
    ).content.decode()
    assert f'<option value="{son}" selected>' in form
    assert '<option value="id_copy" selected>' in form
    scans = [SimpleUploadedFile("a", hostile.jpeg()), SimpleUploadedFile("b", hostile.png())]
    assert add(client, household, *scans, kind="id_copy", person=son, pages=3).status_code == 302
    media = EvidenceFile.objects.unscoped("test").order_by("position").values_list("media", flat=True)
    assert list(media) == ["image/jpeg", "image/png"]
    # Three pages were said, and two are there.
    assert "不齐" in page(client, household)


def test_what_is_not_known_is_named_and_not_called_missing(browser: SignedIn, household: int) -> None:
    text = page(browser("village"), household)
    unknown = text.split("还不知道要不要")[1]
    assert "土地确权证书" in unknown
    assert "耕地" in unknown
    assert "土地确权证书" not in text.split("缺少的资料")[1].split("还不知道要不要")[0]


def test_a_dossier_is_shown_as_of_a_day(browser: SignedIn, org: Organisation, household: int) -> None:
    add_booklet(org, household, "village")
    client = browser("village")
    assert "下载 1" in page(client, household, day="2017-01-01")
    assert "这一户自 2017-01-01 起才有登记" in page(client, household, day="2016-12-31")

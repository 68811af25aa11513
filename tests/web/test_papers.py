"""Papers on the desk: printed and kept as a file, lists by right, batches watched, and the door that a paper's code leads to."""

import io
import re
import zipfile
from dataclasses import replace
from datetime import date
from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone

from bangfu.access.services.posts import hand_over
from bangfu.audit.models import Entry, EntryText
from bangfu.documents.data import PORTIONS
from bangfu.documents.models import Batch, Door, Issue
from bangfu.kernel.clock import office_day
from bangfu.registry.data import NewFacts
from bangfu.registry.services.assignments import assign
from bangfu.registry.services.facts import record_facts
from bangfu.web.papers.views import PORTIONS_SAID
from tests.assessments import done_run
from tests.households import move, new_household
from tests.organisation import FIRST, TODAY, Organisation
from tests.web.conftest import SignedIn, with_cookie

GIVEN = {"paper": "contact_card.pdf", "day": "2017-12-01", "year": "2017", "language": "zh"}


def test_a_paper_comes_as_a_file_and_is_listed(org: Organisation, browser: SignedIn) -> None:
    household = new_household(org, "H1", "371102008201")
    client = browser("village")
    answer = client.post(f"/households/{household}/papers/", GIVEN)
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Cache-Control"] == "no-store"
    assert answer.content.startswith(b"%PDF")
    issue = Issue.objects.unscoped("test").get()
    assert issue.digest[:12] in client.get(f"/households/{household}/papers/").content.decode()


def test_whatever_of_a_paper_has_changed_there_is_a_word_for_it() -> None:
    assert PORTIONS_SAID.keys() == PORTIONS.keys()


@pytest.mark.parametrize(
    ("day", "said"), [("2016-12-31", "这一户自 2017-01-01 起才有登记"), ("2999-01-01", "这一天还没有到")]
)
def test_a_day_of_which_there_is_nothing_is_said_at_its_field_and_nothing_is_printed(
    org: Organisation, browser: SignedIn, day: str, said: str
) -> None:
    household = new_household(org, "H1", "371102008201")
    answer = browser("village").post(f"/households/{household}/papers/", {**GIVEN, "day": day})
    assert answer.status_code == 200
    assert f'class="bf-wrong" role="alert">{said}' in answer.content.decode()
    assert not Issue.objects.unscoped("test").exists()


def test_no_list_is_printed_of_a_day_to_come(org: Organisation, browser: SignedIn) -> None:
    new_household(org, "H1", "371102008201")
    given = {**GIVEN, "paper": "roster.xlsx", "place": str(org.places["371102008201"]), "day": "2999-01-01"}
    answer = browser("village").post("/papers/", given)
    assert 'class="bf-wrong" role="alert">这一天还没有到' in answer.content.decode()
    assert not Issue.objects.unscoped("test").exists()


def test_a_paper_is_compared_with_what_the_register_says_now(org: Organisation, browser: SignedIn) -> None:
    household = new_household(org, "H1", "371102008201")
    client, address = browser("village"), f"/households/{household}/papers/"
    client.post(address, GIVEN)
    issue = Issue.objects.unscoped("test").get().pk
    assert "登记一致" in client.get(f"{address}?check={issue}").content.decode()
    facts = NewFacts("registration", household, {"main_cause": "illness"}, date(2017, 6, 1))
    record_facts(replace(org.by, at=timezone.now()), org.actor("village"), household, facts)
    assert "不一致：户的情况" in client.get(f"{address}?check={issue}").content.decode()


@pytest.mark.parametrize("where", ["/papers/", "/households/{}/papers/"])
def test_the_day_is_that_of_the_last_assessment_and_says_so(org: Organisation, browser: SignedIn, where: str) -> None:
    address, client = where.format(new_household(org, "H1", "371102008201")), browser("village")
    before = client.get(address).content.decode()
    done_run(org)
    after = client.get(address).content.decode()
    today = office_day(timezone.now()).isoformat()
    days = [re.findall(r'name="day" value="([^"]*)"', each) for each in (before, after)]
    assert days == [[today], ["2017-12-01"]]
    assert ["最近一次评估是按 2017-12-01" in each for each in (before, after)] == [False, True]


def test_a_refusal_stands_on_the_form(org: Organisation, browser: SignedIn) -> None:
    household = new_household(org, "H1", "371102008201")
    answer = browser("officer").post(f"/households/{household}/papers/", {**GIVEN, "numbers": "on"})
    assert "不印完整号码" in answer.content.decode()


def test_whole_numbers_wait_for_the_password(org: Organisation, browser: SignedIn) -> None:
    household = new_household(org, "H1", "371102008201")
    given = {**GIVEN, "paper": "registration_form.pdf", "numbers": "on", "reason": "核对"}
    answer = browser("officer", sure=False).post(f"/households/{household}/papers/", given)
    assert answer.status_code == 401
    assert not Issue.objects.unscoped("test").exists()


def test_the_list_of_what_differs_is_offered_of_the_village_that_was_looked_at(
    org: Organisation, browser: SignedIn
) -> None:
    new_household(org, "H1", "371102008201")
    place = org.places["371102008201"]
    page = browser("officer").get(reverse("web:differences"), {"place": place}).content.decode()
    (where,) = re.findall(r'href="([^"]*differences_list.xlsx[^"]*)"', page)
    offered = browser("officer").get(unescape(where)).content.decode()
    assert f'<option value="{place}" selected>东一村</option>' in offered


def test_a_list_comes_as_a_workbook_and_papers_of_many_in_the_background(org: Organisation, browser: SignedIn) -> None:
    new_household(org, "H1", "371102008201")
    client, place = browser("village"), str(org.places["371102008201"])
    listed = client.post("/papers/", {**GIVEN, "paper": "roster.xlsx", "place": place})
    assert listed.content.startswith(b"PK")
    # Another page's list is offered there alone.
    assert "task_list" not in client.get("/papers/").content.decode()
    ordered = client.post("/papers/", {**GIVEN, "place": place})
    batch = Batch.objects.unscoped("test").get()
    assert ordered["Location"] == f"/papers/batches/{batch.pk}/"
    assert "1 / 1" in client.get(ordered["Location"]).content.decode()
    archive = zipfile.ZipFile(io.BytesIO(client.get(f"{ordered['Location']}file/").content))
    assert len(archive.namelist()) == 1


def test_a_second_click_orders_no_second_batch(org: Organisation, browser: SignedIn) -> None:
    new_household(org, "H1", "371102008201")
    client = browser("village")
    (sign,) = re.findall(r'name="once" value="([^"]+)"', client.get("/papers/").content.decode())
    given = {**GIVEN, "place": str(org.places["371102008201"]), "once": sign}
    assert client.post("/papers/", given)["Location"] == client.post("/papers/", given)["Location"]
    assert (Batch.objects.unscoped("test").count(), Issue.objects.unscoped("test").count()) == (1, 1)


def test_papers_of_households_that_have_moved_out_of_sight_are_counted_and_not_offered(
    org: Organisation, browser: SignedIn
) -> None:
    household = new_household(org, "H1", "371102008201")
    new_household(org, "H2", "371102008201")
    client = browser("village")
    where = client.post("/papers/", {**GIVEN, "place": str(org.places["371102008201"])})["Location"]
    move(org, household, "371102009201")
    page = client.get(where).content.decode()
    assert "下载已打印的 1 份" in page
    assert "有 1 份不能下载" in page
    assert len(zipfile.ZipFile(io.BytesIO(client.get(f"{where}file/").content)).namelist()) == 2


def test_who_has_left_the_village_is_refused_the_papers_and_that_is_recorded(
    org: Organisation, browser: SignedIn
) -> None:
    new_household(org, "H1", "371102008201")
    client = browser("village")
    where = client.post("/papers/", {**GIVEN, "place": str(org.places["371102008201"])})["Location"]
    hand_over(org.by, org.founder, org.posts["village"], None, TODAY)
    hand_over(org.by, org.founder, org.posts["other"], org.accounts["village"], TODAY)
    assert f"{where}file/" not in client.get(where).content.decode()
    assert client.get(f"{where}file/").status_code == 403
    refused = Entry.objects.filter(act="access.denied", actor=f"account:{org.accounts['village']}")
    assert "web:paper-batch-file" in EntryText.objects.get(entry=refused.get()).body.values()


def test_the_door_says_whom_to_call_and_nothing_of_the_household(org: Organisation, browser: SignedIn) -> None:
    # No token of a page, drawn by chance, can have this in it.
    household = new_household(org, "七号户", "371102008201")
    assign(org.by, org.actor("officer"), household, org.posts["village"], FIRST)
    browser("village").post(f"/households/{household}/papers/", GIVEN)
    sign = Door.objects.unscoped("test").get().sign
    page = with_cookie("").get(f"/d/{sign}/").content.decode().replace(sign, "")
    assert "人village" in page
    assert "13800000000" in page
    assert all(word not in page for word in ("甲head", "甲spouse", "七号户", "东一村", "东街道"))
    assert browser("village").get(f"/d/{sign}/")["Location"] == f"/households/{household}/"
    assert browser("sibling").get(f"/d/{sign}/").status_code == 200


def test_who_tries_signs_is_slowed_down_and_a_right_one_is_not(org: Organisation, browser: SignedIn) -> None:
    household = new_household(org, "H1", "371102008201")
    browser("village").post(f"/households/{household}/papers/", GIVEN)
    sign, client = Door.objects.unscoped("test").get().sign, with_cookie("")
    answers = [client.get(f"/d/guess-{number}/").status_code for number in range(25)]
    assert (answers[0], answers[-1]) == (404, 409)
    assert client.get(f"/d/{sign}/").status_code == 200

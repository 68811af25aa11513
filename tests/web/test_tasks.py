"""Pages of tasks, reports and rectification in a browser's hands: what is asked by address, what is sent, and how much the database is asked."""

import io
import re
from html import unescape

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from pytest_django import DjangoAssertNumQueries

from bangfu.casework.models import Rectification, Round, Submission, Task, TaskStep
from bangfu.casework.services.sweeping import sweep
from bangfu.casework.services.tallying import tally_all
from bangfu.casework.states import State
from bangfu.documents.models import Issue
from bangfu.kernel.clock import office_day
from bangfu.registry.dossiers import dossier
from bangfu.registry.services.assignments import assign as help_
from tests.assessments import assess
from tests.begun import Begun
from tests.casework.conftest import CHECK, DAY, WRONG, Desk, new_desk
from tests.casework.things import new_rectification, new_round, new_submission
from tests.files import hostile
from tests.households import add_booklet, new_household, put_papers
from tests.web.conftest import SignedIn

HOSTILE = "<script>alert(1)</script>"


BEGIN = new_desk


@pytest.fixture
def desk(begun: Begun[Desk]) -> Desk:
    return begun.made


def shown(client: Client, query: str) -> str:
    answer = client.get(f"{reverse('web:tasks')}?{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_task_is_confirmed_put_right_on_a_ground_and_opened_again(desk: Desk, browser: SignedIn) -> None:
    client, task = browser("village"), desk.task().pk
    paper = add_booklet(desk.org, desk.household, "village")

    def step(name: str, seen: str, **more: str) -> int:
        answer = client.post(reverse("web:task-step", args=[task, name]), {"seen": seen, "reason": HOSTILE, **more})
        return answer.status_code

    form = client.get(reverse("web:task-step", args=[task, "confirm"])).content.decode()
    assert f'name="verdict" value="{desk.task().verdict}"' in form
    assert step("confirm", "open", verdict=str(10**9)) == 200
    assert step("confirm", "open") == 302
    assert step("confirm", "open") == 200
    assert step("finish", "error", ground=f"paper:{paper}") == 302
    assert step("reopen", "done") == 302
    assert desk.steps() == [("confirm", "error", ""), ("finish", "done", "paper"), ("reopen", "reopened", "")]
    page = client.get(reverse("web:task", args=[task])).content.decode()
    assert HOSTILE not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert reverse("web:dossier", args=[desk.household]) in page


def test_the_task_of_a_dossier_names_what_is_missing_and_closes_with_the_last_of_it(
    desk: Desk, browser: SignedIn
) -> None:
    client, task = browser("village"), Task.objects.unscoped("test").get(kind="papers")
    today = office_day(timezone.now())
    missing = dossier(desk.actor(), desk.household, today, timezone.now(), "zh").missing
    page = client.get(reverse("web:task", args=[task.pk])).content.decode()
    assert page.count('data-field="told"') == len(missing)
    assert '<li data-field="told">甲head：身份证复印件</li>' in page
    assert f'<a class="btn btn-primary" href="{reverse("web:dossier", args=[desk.household])}">' in page
    put_papers(desk.org, desk.household, "village", missing[:-1])
    given = {"kind": missing[-1].kind, "kept_from": "2017-03-01", "scans": SimpleUploadedFile("a.jpg", hostile.jpeg())}
    assert client.post(reverse("web:paper-add", args=[desk.household]), given).status_code == 302
    page = client.get(reverse("web:task", args=[task.pk])).content.decode()
    assert "依据：档案资料已齐" in page
    assert 'data-field="told"' not in page


def test_whose_a_paper_is_stands_before_it_among_the_grounds_and_nobody_before_the_households(
    desk: Desk, browser: SignedIn
) -> None:
    today = office_day(timezone.now())
    head = next(
        each for each in dossier(desk.actor(), desk.household, today, timezone.now(), "zh").missing if each.person
    )
    put_papers(desk.org, desk.household, "village", [head])
    add_booklet(desk.org, desk.household, "village")
    client, task = browser("village"), desk.task().pk
    given = {"seen": "open", "reason": "入户核对"}
    assert client.post(reverse("web:task-step", args=[task, "confirm"]), given).status_code == 302
    page = client.get(reverse("web:task-step", args=[task, "finish"])).content.decode()
    offered = re.findall(r'<option value="paper:\d+"[^>]*>([^<]+)</option>', page)
    assert [each.partition("：")[0] for each in offered if "：" in each] == ["甲head"]
    assert len(offered) == 2


@pytest.mark.parametrize("ground", ["", "paper:9", "act:x", "verdict", "dossier", "paper:", "act:1:2"])
def test_a_ground_that_was_not_offered_closes_nothing(desk: Desk, browser: SignedIn, ground: str) -> None:
    answer = browser("village").post(
        reverse("web:task-step", args=[desk.task().pk, "clear"]), {"seen": "open", "reason": "已核对", "ground": ground}
    )
    assert answer.status_code == 200
    assert desk.steps() == []


@pytest.mark.parametrize("step", ["vanish", "return", "assign", "none"])
def test_a_step_that_no_page_offers_is_not_there(desk: Desk, browser: SignedIn, step: str) -> None:
    path = reverse("web:task-step", args=[desk.task().pk, step]).replace("/assign/", "/assignx/")
    assert browser("village").post(path, {"seen": "open", "reason": "甲"}).status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "place=abc&post=x&kind=none&standing=none&zero=none",
        "household=x&about=%00&page=-1",
        f"about={HOSTILE}&page=9999",
        "post=0&mine=on&overdue=on&money=on&standing=all",
        "household=99999999999999999999",
        "place=²&household=²&post=²",
    ],
)
def test_a_filter_that_makes_no_sense_is_left_out(desk: Desk, browser: SignedIn, query: str) -> None:
    assert HOSTILE not in shown(browser("officer"), query)


def test_a_list_is_narrowed_by_each_of_its_fields(desk: Desk, browser: SignedIn) -> None:
    client, link = browser("officer"), reverse("web:task", args=[desk.task().pk])
    village, other = desk.org.places["371102008201"], desk.org.places["371102009201"]
    found = [f"about={CHECK}", f"place={village}", f"household={desk.household}", "kind=finding", "zero=exit", "post=0"]
    assert [query for query in found if f'href="{link}"' not in shown(client, query)] == []
    left_out = ["zero=entry", f"place={other}", "kind=missing", "standing=settled", "mine=on", "money=on"]
    # Of a post that is not offered, too.
    left_out += [f"post={desk.org.posts[who]}" for who in ("village", "stranger")]
    assert [query for query in left_out if f'href="{link}"' in shown(client, query)] == []


def test_a_liaison_is_led_to_the_tasks_of_a_village_that_is_not_theirs(desk: Desk, browser: SignedIn) -> None:
    other = new_household(desk.org, "H2", "371102009201", who="other")
    assess(desk.org, [other])
    desk.sweep()
    for household in (desk.household, other):
        help_(desk.by("officer"), desk.actor("officer"), household, desk.org.posts["district"], DAY)
    listed = shown(browser("district"), f"place={desk.org.places['371102009201']}")
    assert f'href="{reverse("web:household", args=[other])}"' in listed
    assert f'href="{reverse("web:household", args=[desk.household])}"' not in listed


def test_nobodys_tasks_are_those_that_are_nobodys(desk: Desk, browser: SignedIn) -> None:
    client, task = browser("officer"), desk.task().pk
    given = {"task": [task], "post": desk.org.posts["village"]}
    assert client.post(reverse("web:tasks-assign"), given).status_code == 302
    assert f'href="{reverse("web:task", args=[task])}"' in shown(client, "")
    assert f'href="{reverse("web:task", args=[task])}"' not in shown(client, "post=0")


def test_the_list_comes_as_a_workbook_of_what_it_is_narrowed_to(desk: Desk, browser: SignedIn) -> None:
    client = browser("village")
    page = unescape(shown(client, "kind=finding&standing=questions&page=2"))
    (where,) = re.findall(rf'action="({reverse("web:tasks-workbook")}[^"]*)"', page)
    assert where.endswith("?kind=finding&standing=questions")
    answer = client.post(where)
    assert answer["Content-Disposition"].startswith("attachment")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    assert str(sheet["A2"].value).endswith("筛选：状态：待核实；类别：疑点")
    assert client.get(where).status_code == 405


def test_a_list_that_is_too_long_is_not_cut_off_and_says_why(
    desk: Desk, browser: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bangfu.casework.printed.MOST", 1)
    answer = browser("village").post(f"{reverse('web:tasks-workbook')}?kind=finding", follow=True)
    assert answer.redirect_chain == [(f"{reverse('web:tasks')}?kind=finding", 302)]
    assert '<div class="alert alert-danger" role="alert">清单超过 1 项' in answer.content.decode()
    assert not Issue.objects.unscoped("test").exists()


def test_who_prints_no_lists_is_offered_none(desk: Desk, browser: SignedIn) -> None:
    assert reverse("web:tasks-workbook") not in shown(browser("auditor"), "")
    assert browser("auditor").post(reverse("web:tasks-workbook")).status_code == 403


def test_a_cut_counts_what_its_list_then_shows(desk: Desk, browser: SignedIn) -> None:
    client = browser("officer")
    page = client.get(reverse("web:tasks-cut", args=["item"])).content.decode()
    assert f"about={CHECK}&amp;kind=finding" in page
    for by in ("village", "household", "policy", "post"):
        assert client.get(reverse("web:tasks-cut", args=[by])).status_code == 200
    assert client.get(reverse("web:tasks-cut", args=["other"])).status_code == 404


def test_what_is_ticked_is_given_to_a_post_all_or_none(desk: Desk, browser: SignedIn) -> None:
    client, post = browser("officer"), desk.org.posts["village"]
    chosen = list(Task.objects.unscoped("test").values_list("pk", flat=True)[:3])
    refused = client.post(reverse("web:tasks-assign"), {"task": [*chosen, 10**9], "post": post})
    assert refused.status_code == 404
    unfit = client.post(reverse("web:tasks-assign"), {"task": chosen, "post": desk.org.posts["sibling"]})
    assert 'name="task" value="' in unfit.content.decode()
    assert Task.objects.unscoped("test").filter(post=None).count() == Task.objects.unscoped("test").count()
    given = client.post(reverse("web:tasks-assign"), {"task": [*chosen, "x", "9" * 30], "post": post})
    assert given.status_code == 302
    assert Task.objects.unscoped("test").filter(post=post).count() == 3
    assert f'href="{reverse("web:task", args=[chosen[0]])}"' in shown(browser("village"), "mine=on")


def test_nobody_is_given_a_task_before_they_are_chosen(desk: Desk, browser: SignedIn) -> None:
    client, task = browser("officer"), desk.task().pk
    alone, ticked = reverse("web:task-assign", args=[task]), reverse("web:tasks-assign")
    choice = re.compile(r'<select name="post" [^>]*id="(?:id|give)_post">\s*<option value="" selected>请选择</option>')
    assert [bool(choice.search(each)) for each in (client.get(alone).content.decode(), shown(client, "")[-6000:])] == [
        True,
        True,
    ]
    answers = client.post(alone, {"post": ""}), client.post(ticked, {"task": [task], "post": ""})
    assert ['class="bf-wrong" role="alert"' in each.content.decode() for each in answers] == [True, True]
    assert not Task.objects.unscoped("test").exclude(post=None).exists()
    client.post(alone, {"post": desk.org.posts["village"]})
    assert f'<option value="{desk.org.posts["village"]}" selected>' in client.get(alone).content.decode()


def test_who_gave_out_what_was_ticked_is_back_at_the_list_as_it_was_narrowed(desk: Desk, browser: SignedIn) -> None:
    client, task = browser("officer"), desk.task().pk
    narrowed = f"kind={desk.task().kind}&post=0"
    where = f"{reverse('web:tasks-assign')}?{narrowed}"
    assert f'action="{escape(where)}"' in shown(client, f"{narrowed}&page=1")
    refused = client.post(where, {"task": [task], "post": ""}).content.decode()
    assert f'href="{escape(reverse("web:tasks"))}?{escape(narrowed)}"' in refused
    given = client.post(where, {"task": [task], "post": desk.org.posts["village"]})
    assert given["Location"] == f"{reverse('web:tasks')}?{narrowed}"


def crowd(desk: Desk, households: int) -> None:
    for number in range(households):
        made = new_household(desk.org, f"X{number}", "371102008201")
        assess(desk.org, [made])
        desk.record(WRONG, made)
    sweep(desk.by("officer"))


def test_lists_ask_the_database_as_often_for_many_as_for_one(
    desk: Desk, browser: SignedIn, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = browser("officer")
    paths = [reverse("web:tasks"), *(reverse("web:tasks-cut", args=[by]) for by in ("village", "household", "item"))]
    client.get(paths[0])
    before = [_queries(client, path, django_assert_max_num_queries) for path in paths]
    crowd(desk, 4)
    assert [_queries(client, path, django_assert_max_num_queries) for path in paths] == before
    assert max(before) < 40


def _queries(client: Client, path: str, most: DjangoAssertNumQueries) -> int:
    with most(60) as asked:
        client.get(path)
    return len(asked.captured_queries)


def test_a_village_signs_and_the_lead_sends_back_and_accepts(desk: Desk, browser: SignedIn) -> None:
    org, village = desk.org, desk.org.places["371102008201"]
    lead, helper = browser("subdistrict"), browser("village")
    asked = {"place": org.places["371102008"], "title": HOSTILE, "due_on": timezone.localdate().isoformat()}
    assert lead.post(reverse("web:round-open"), asked).status_code == 302
    round_ = Round.objects.unscoped("test").get().pk
    assert HOSTILE not in lead.get(reverse("web:round", args=[round_])).content.decode()
    sign = reverse("web:report-sign", args=[round_, village])

    def signs() -> str:
        (seen,) = re.findall(r'name="seen" value="(\w+)"', helper.get(sign).content.decode())
        return str(helper.post(sign, {"seen": seen})["Location"])

    assert "请核对现在的数字" in helper.post(sign, {"seen": "0" * 64}).content.decode()
    first = signs()
    assert helper.post(sign).status_code == 200
    number = Submission.objects.unscoped("test").get().pk
    assert helper.post(reverse("web:submission-accept", args=[number])).status_code == 403
    assert lead.post(reverse("web:submission-return", args=[number]), {"reason": ""}).status_code == 200
    assert lead.post(reverse("web:submission-return", args=[number]), {"reason": "缺两户"}).status_code == 302
    assert "缺两户" in helper.get(first).content.decode()
    assert "缺两户" in helper.get(sign).content.decode()
    again = signs()
    latest = Submission.objects.unscoped("test").order_by("-pk")[0].pk
    assert again == reverse("web:submission", args=[latest])
    assert lead.post(reverse("web:submission-accept", args=[latest])).status_code == 302
    refused = lead.post(reverse("web:submission-accept", args=[latest]))
    assert refused.status_code == 200
    assert "已经审核过" in refused.content.decode()


def test_what_a_village_signs_leads_to_what_is_counted(desk: Desk, browser: SignedIn) -> None:
    village = desk.org.places["371102008201"]
    round_ = new_round(desk.org, village)
    client = browser("village")
    page = unescape(client.get(reverse("web:report-sign", args=[round_, village])).content.decode())
    told = dict(re.findall(r'<td class="bf-number"[^>]*><a href="([^"]+)">([\d,.]+)</a>', page))
    listed = {address: re.sub(r"<[^>]+>", "", client.get(address).content.decode()) for address in told}
    assert {*(address.split("place=")[0] for address in told)} >= {"/households/?", "/tasks/?standing=questions&"}
    assert [
        told[address]
        for address, text in listed.items()
        if f"{told[address]} 项" not in text
        and f"户 {told[address]}" not in text
        and f"应享未享 {told[address]}" not in text
    ] == []


def test_who_does_not_review_is_offered_a_look_at_a_report_and_no_review(desk: Desk, browser: SignedIn) -> None:
    round_ = new_round(desk.org, desk.org.places["371102008201"])
    new_submission(desk.org, round_, "village")
    page = {
        who: browser(who).get(reverse("web:round", args=[round_])).content.decode()
        for who in ("subdistrict", "auditor")
    }
    assert ("查看、审核" in page["subdistrict"], "查看、审核" in page["auditor"]) == (True, False)
    assert ">查看<" in page["auditor"]


def test_a_change_after_signing_is_marked(desk: Desk, browser: SignedIn) -> None:
    number = new_submission(desk.org, new_round(desk.org, desk.org.places["371102008201"]), "village")
    path, lead = reverse("web:submission", args=[number]), browser("subdistrict")
    assert 'data-field="changed"' not in lead.get(path).content.decode()
    new_household(desk.org, "H9", "371102008201", DAY)
    assert 'data-field="changed"' in lead.get(path).content.decode()


def test_a_period_is_set_and_a_wrong_one_says_why(desk: Desk, browser: SignedIn) -> None:
    client, day = browser("officer"), timezone.localdate().isoformat()
    said = {"place": desk.org.places["371102"], "title": "整改", "baseline": day, "starts": day, "ends": day}
    assert "基准日须早于开始日" in client.post(reverse("web:rectification-open"), said).content.decode()
    made = client.post(reverse("web:rectification-open"), {**said, "baseline": "2017-11-30"})
    page = client.get(made["Location"]).content.decode()
    assert 'id="drawn"' in page
    assert "style=" not in page


@pytest.mark.parametrize("who", ["village", "other", "subdistrict", "auditor", "officer"])
def test_whoever_is_shown_a_districts_period_gets_its_report(desk: Desk, browser: SignedIn, who: str) -> None:
    client, said = browser(who), new_rectification(desk.org, desk.org.places["371102"])
    assert "下载整改报告" in client.get(reverse("web:rectification", args=[said])).content.decode()
    report = client.post(reverse("web:rectification-report", args=[said]))
    sheet = openpyxl.load_workbook(io.BytesIO(report.content)).active
    assert sheet is not None
    assert sheet.max_row > 3


def test_what_a_period_counts_today_leads_to_its_tasks(desk: Desk, browser: SignedIn) -> None:
    client, day = browser("officer"), timezone.localdate().isoformat()
    said = {"place": desk.org.places["371102"], "title": "整改", "baseline": "2017-11-30", "starts": day, "ends": day}
    where = client.post(reverse("web:rectification-open"), said)["Location"]
    counted = re.findall(r'<a href="([^"]+zero=[^"]+)">(\d+)</a>', unescape(client.get(where).content.decode()))
    assert sum(int(count) for _, count in counted) > 0
    listed = [re.findall(r"(\d+) 项", client.get(address).content.decode())[0] for address, _ in counted]
    assert listed == [count for _, count in counted]
    # Who sees a village alone would find fewer there than are counted of the district.
    assert "zero=" not in browser("village").get(where).content.decode()


@pytest.mark.parametrize("page", ["round-open", "rectification-open"])
def test_a_form_that_is_sent_twice_asks_nobody_twice(desk: Desk, browser: SignedIn, page: str) -> None:
    client, day, where = browser("officer"), timezone.localdate().isoformat(), reverse(f"web:{page}")
    (sign,) = re.findall(r'name="once" value="([^"]+)"', client.get(where).content.decode())
    said = {"place": desk.org.places["371102"], "title": "上报", "due_on": day, "starts": day, "ends": day}
    sent = {**said, "baseline": "2017-11-30", "once": sign}
    first, second = (client.post(where, sent)["Location"] for _ in range(2))
    assert first == second
    assert Round.objects.unscoped("test").count() + Rectification.objects.unscoped("test").count() == 1


def test_the_assessments_own_steps_are_told_as_such(desk: Desk, browser: SignedIn) -> None:
    desk.record({"status": "poor"})
    desk.sweep()
    page = browser("village").get(reverse("web:task", args=[desk.task().pk])).content.decode()
    assert "评估不再提出" in page
    assert TaskStep.objects.unscoped("test").filter(state=State.GONE).exists()


def test_a_settled_task_of_more_money_since_is_marked_in_lists_and_told_on_its_page(
    desk: Desk, browser: SignedIn
) -> None:
    task = desk.task()
    said = {"state": State.CLEARED, "unsettled": False, "amount": 15_000, "decided_amount": 10_000}
    Task.objects.unscoped("test").filter(pk=task.pk).update(**said)
    tally_all()
    client = browser("village")
    assert 'href="/tasks/?standing=grown"' in client.get("/").content.decode()
    assert "办结时 100.00 元" in shown(client, "standing=grown")
    page = client.get(f"/tasks/{task.pk}/").content.decode()
    assert "办结时是 100.00 元，现在是 150.00 元" in page
    assert f'href="/tasks/?household={task.household_id}&amp;standing=all"' in page

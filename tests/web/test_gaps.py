"""From the list of households that nobody helps: several of a village are given to a post in one act, looked at before, and taken back."""

import re
from datetime import date
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from bangfu.access.models import Post
from bangfu.audit.models import Entry, EntryText
from bangfu.casework.models import Task
from bangfu.registry.models import Assignment
from bangfu.registry.services.assignments import assign
from tests.assessments import assess, done_run
from tests.households import move, new_household
from tests.organisation import Organisation
from tests.web.conftest import SignedIn

VILLAGE, NEXT = "371102008201", "371102008202"
DAY = "2017-03-01"
GIVEN = {"on": DAY, "reason": "街道会议定的"}


@pytest.fixture
def three(org: Organisation) -> list[int]:
    return [new_household(org, number, VILLAGE) for number in ("H1", "H2", "H3")]


def gaps(client: Client, org: Organisation, place: str = VILLAGE, tier: str = "village") -> str:
    answer = client.get(reverse("web:gaps"), {"tier": tier, "place": str(org.places[place])})
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def send(client: Client, org: Organisation, chosen: list[int], **given: object) -> Any:
    where = reverse("web:assign-together", args=[org.places[VILLAGE], "village"])
    return client.post(where, {"household": chosen, "post": org.posts["village"], **GIVEN, **given})


def text(answer: Any) -> str:
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def standing() -> Any:
    return Assignment.objects.unscoped("test").filter(undone=None)


def numbers(page: str, name: str) -> list[int]:
    return [int(each) for each in re.findall(rf'name="{name}" value="(\d+)"', page)]


def reasons(page: str) -> list[str]:
    cells = re.findall(r'data-field="why">(.*?)</td>', page, re.S)
    return [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", each)).strip() for each in cells]


def test_the_gaps_of_a_village_are_listed_by_themselves_with_the_posts_that_may_fill_them(
    browser: SignedIn, org: Organisation, three: list[int]
) -> None:
    new_household(org, "H9", NEXT, who="sibling")
    page = gaps(browser("subdistrict"), org)
    assert numbers(page, "household") == three
    assert re.findall(r'data-field="tiers"[^>]*>(\D+) (\d+)</a>', page) == [
        ("区级联系责任人", "3"),
        ("村级帮扶责任人", "3"),
    ]
    assert "岗village · 村级帮扶责任人 · 人village" in page
    # Of the other tier, and of another village.
    assert "岗district" not in page
    assert "岗sibling" not in page
    assert "岗district" in gaps(browser("subdistrict"), org, tier="district")


def test_a_post_that_is_called_after_its_tier_is_called_so_once(
    browser: SignedIn, org: Organisation, three: list[int]
) -> None:
    Post.objects.unscoped("test").filter(pk=org.posts["village"]).update(title="村级帮扶责任人")
    assert ">村级帮扶责任人 · 人village<" in gaps(browser("subdistrict"), org)


def test_a_place_that_there_is_not_narrows_nothing(browser: SignedIn, three: list[int]) -> None:
    page = browser("officer").get(reverse("web:gaps"), {"tier": "none", "place": str(10**9)}).content.decode()
    assert [f">H{number}<" in page for number in (1, 2, 3)] == [True, True, True]


def test_who_may_not_assign_sees_the_list_alone(browser: SignedIn, org: Organisation, three: list[int]) -> None:
    page = gaps(browser("village"), org)
    assert ">H1<" in page
    assert numbers(page, "household") == []
    assert "最近成批安排的" not in page
    assert send(browser("village"), org, three).status_code == 403
    assert not standing().exists()


def test_before_anything_is_saved_it_says_who_would_help_whom_and_who_cannot_be_helped_and_why(
    browser: SignedIn, org: Organisation, three: list[int]
) -> None:
    client = browser("subdistrict")
    assign(org.by, org.actor("subdistrict"), three[1], org.posts["village"], date(2017, 1, 1))
    move(org, three[2], NEXT)
    page = text(send(client, org, [*three, 10**9]))
    assert numbers(page, "household") == [three[0]]
    assert reasons(page) == [
        "岗village · 村级帮扶责任人 · 人village",
        "不能安排 已经结对，不用重复安排。",
        "不能安排 这一户已不在这个村。",
    ]
    assert "1 户可以安排" in page
    assert "就一户也不保存" in page
    assert "另有 1 户已不在您的范围内" in page
    assert standing().count() == 1


def test_what_was_looked_at_is_assigned_in_one_act_and_the_way_leads_back_to_the_gaps_that_remain(
    browser: SignedIn, org: Organisation, three: list[int]
) -> None:
    client = browser("subdistrict")
    answer = send(client, org, three[:2], sure=1)
    assert answer.status_code == 302
    assert answer["Location"] == f"{reverse('web:gaps')}?tier=village&place={org.places[VILLAGE]}"
    page = text(client.get(answer["Location"]))
    assert "已保存。" in page
    assert numbers(page, "household") == [three[2]]
    assert list(standing().order_by("household").values_list("household", flat=True)) == three[:2]
    assert set(standing().values_list("held_from", flat=True)) == {date(2017, 3, 1)}
    said = [EntryText.objects.get(entry=each).body["reason"] for each in Entry.objects.filter(act="registry.assign")]
    assert said == ["街道会议定的"] * 2


def test_all_of_a_page_are_chosen_by_one_button(browser: SignedIn, org: Organisation, three: list[int]) -> None:
    page = text(send(browser("subdistrict"), org, [], listed=three, all=1))
    assert numbers(page, "household") == three


@pytest.mark.parametrize("wanting", ["post", "on", "reason"])
def test_nothing_is_saved_before_a_post_a_day_and_a_reason_are_given_and_the_same_are_still_chosen(
    browser: SignedIn, org: Organisation, three: list[int], wanting: str
) -> None:
    page = text(send(browser("subdistrict"), org, three, sure=1, **{wanting: ""}))
    assert 'class="bf-wrong" role="alert"' in page
    assert numbers(page, "household") == three
    assert not standing().exists()


def test_nothing_is_saved_of_no_household_or_for_a_post_that_does_not_answer_for_the_village(
    browser: SignedIn, org: Organisation, three: list[int]
) -> None:
    client = browser("subdistrict")
    assert "请先在清单里选户。" in text(send(client, org, [], sure=1))
    # A post that answers for another village is not offered.
    assert "没有这个选项" in text(send(client, org, three, sure=1, post=org.posts["sibling"]))
    assert not standing().exists()


def test_what_is_looked_at_can_be_changed_and_is_looked_at_again(
    browser: SignedIn, org: Organisation, three: list[int]
) -> None:
    page = text(send(browser("subdistrict"), org, three[:2], change=1))
    assert re.search(r'<select name="post"', page)
    assert numbers(page, "household") == three[:2]
    assert reasons(page) == []


def test_where_one_is_helped_meanwhile_none_is_saved_and_the_page_shows_which(
    browser: SignedIn, org: Organisation, three: list[int]
) -> None:
    client = browser("subdistrict")
    assign(org.by, org.actor("officer"), three[0], org.posts["village"], date(2017, 1, 1))
    page = text(send(client, org, three, sure=1))
    assert "有 1 户不能这样安排，一户也没有保存。户编号 H1" in page
    assert numbers(page, "household") == three[1:]
    assert standing().count() == 1


def test_a_second_click_assigns_nothing_more_and_says_so(
    browser: SignedIn, org: Organisation, three: list[int]
) -> None:
    client = browser("subdistrict")
    (sign,) = re.findall(r'name="once" value="([^"]+)"', text(send(client, org, three)))
    answers = [send(client, org, three, sure=1, once=sign) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert "没有重复登记" in text(client.get(answers[1]["Location"]))
    assert standing().count() == 3


def test_it_is_withdrawn_one_by_one_or_all_that_still_stand(
    browser: SignedIn, org: Organisation, three: list[int]
) -> None:
    client = browser("subdistrict")
    send(client, org, three, sure=1)
    (where,) = re.findall(r'href="([^"]+/assigned/\d+/)"', gaps(client, org))
    rows = numbers(text(client.get(where)), "assignment")
    refused = text(client.post(where, {"assignment": rows[:1], "reason": ""}))
    assert re.findall(r'value="(\d+)" checked', refused) == [str(rows[0])]
    assert standing().count() == 3
    assert client.post(where, {"assignment": rows[:1], "reason": "选错了"}).status_code == 302
    page = text(client.get(where))
    assert f'href="{reverse("web:gaps")}?tier=village&place={org.places[VILLAGE]}"' in page
    assert numbers(page, "listed") == rows[1:]
    assert re.findall(r'data-field="state">(?:<span class="bf-tag">)?(.{3})', page) == ["已撤销", "201", "201"]
    assert numbers(gaps(client, org), "household") == three[:1]
    client.post(where, {"all": 1, "listed": rows[1:], "reason": "会议改期"})
    assert not standing().exists()
    # Nothing is left to be withdrawn, and nothing is asked.
    assert 'name="reason"' not in text(client.get(where))


def test_one_that_was_assigned_in_error_is_withdrawn_from_its_households_page(
    browser: SignedIn, org: Organisation, three: list[int]
) -> None:
    client, household = browser("subdistrict"), three[0]
    send(client, org, three, sure=1)
    made = standing().get(household=household).pk
    where = reverse("web:helper-withdraw", args=[household, made])
    assert f'href="{where}"' in text(client.get(reverse("web:household", args=[household])))
    asked = text(client.get(where))
    assert "甲head · H1 · 岗village 人village" in asked
    assert "请用“结束”" in asked
    (sign,) = re.findall(r'name="once" value="([^"]+)"', text(client.get(where)))
    answers = [client.post(where, {"reason": "选错了", "once": sign}) for _ in range(2)]
    assert [answer["Location"] for answer in answers] == [reverse("web:household", args=[household])] * 2
    assert standing().count() == 2
    assert client.get(where).status_code == 404
    told = text(client.get(reverse("web:household-history", args=[household])))
    assert "撤销结对帮扶" in told
    assert "成批安排结对帮扶" in told


def test_tasks_leave_a_post_whose_help_is_withdrawn(browser: SignedIn, org: Organisation, three: list[int]) -> None:
    done_run(org)
    assess(org, three)
    client = browser("officer")
    where = reverse("web:assign-together", args=[org.places[VILLAGE], "district"])
    client.post(where, {"household": three, "post": org.posts["district"], **GIVEN, "sure": 1})
    tasks = Task.objects.unscoped("test").filter(household__in=three)
    assert tasks.exists()
    given = {"task": list(tasks.values_list("pk", flat=True)[:2]), "post": org.posts["district"]}
    assert client.post(reverse("web:tasks-assign"), given).status_code == 302
    assert tasks.filter(post=org.posts["district"]).count() == 2
    made = standing().first().act_id
    all_of_it = {"all": 1, "listed": list(standing().values_list("pk", flat=True)), "reason": "选错了"}
    assert client.post(reverse("web:assigned-together", args=[made]), all_of_it).status_code == 302
    assert not tasks.filter(post=org.posts["district"]).exists()

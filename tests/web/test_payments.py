"""A list of payments in the browser's eyes: looked at, settled line by line, and booked as it was looked at."""

import re
from dataclasses import replace
from datetime import date
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from bangfu.registry.data import NewFacts
from bangfu.registry.models import Payment, PaymentAside, Person, Receipt
from bangfu.registry.services.facts import record_facts
from tests.households import new_household
from tests.organisation import Organisation
from tests.web.conftest import SignedIn

HEADER = "姓名,身份证号,村,项目名称,金额,发放日期"
HEAD = "甲head,371102196003010010,东一村,农村低保金,320,2017-03-10"


@pytest.fixture
def household(org: Organisation) -> int:
    made = new_household(org, "H1", "371102008201")
    head = Person.objects.unscoped("test").get(number="H1-head").pk
    facts = NewFacts("papers", head, {"id_number": "371102196003010010"}, date(2017, 1, 1))
    record_facts(replace(org.by, reason=""), org.actor("village"), made, facts)
    return made


def given(*rows: str, name: str = "清单.csv", **more: str) -> dict[str, Any]:
    body = "\n".join((HEADER, *rows)).encode("gb18030")
    return {"file": SimpleUploadedFile(name, body), "reason": "农商行三月清单", "policy": "", "paid_on": "", **more}


def looked_at(client: Client, data: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """The page that answers, and the hidden fields that it carries along."""
    answer = client.post(reverse("web:payments"), data)
    assert answer.status_code == 200
    page = answer.content.decode()
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    agreed = re.search(r'name="apply" value="(\w+)"', page)
    kept = {name: unescape(value) for name, value in hidden.items() if name not in ("csrfmiddlewaretoken", "next")}
    return unescape(page), {**kept, **({"apply": agreed[1]} if agreed else {})}


def test_a_list_is_looked_at_and_booked_as_it_was_looked_at(browser: SignedIn, household: int) -> None:
    client = browser("subdistrict")
    page, kept = looked_at(client, given(HEAD))
    assert "确认记入" in page
    assert Receipt.objects.unscoped("test").count() == 0
    assert client.post(reverse("web:payments"), kept).status_code == 302
    assert Receipt.objects.unscoped("test").get().amount == 32_000
    shown = unescape(client.get(reverse("web:household", args=[household])).content.decode())
    assert "导入发放清单" in shown
    page, kept = looked_at(client, given(HEAD, name="又一份.csv"))
    assert client.post(reverse("web:payments"), kept).status_code == 302
    assert Receipt.objects.unscoped("test").count() == 1


def test_lines_are_settled_one_by_one_and_decisions_are_carried_along(
    browser: SignedIn, org: Organisation, household: int
) -> None:
    new_household(org, "H2", "371102008201")
    client = browser("subdistrict")
    rows = (HEAD, "甲spouse,,东一村,高龄津贴,100,2017-03-10", "无此人,,东一村,低保,50,2017-03-10")
    page, kept = looked_at(client, given(*rows))
    assert "apply" not in kept
    assert "同名的不止一人" in page
    spouse = Person.objects.unscoped("test").get(number="H2-spouse").pk
    page, kept = looked_at(client, {**kept, "whose_3": str(spouse), "policy_3": "elderly_80s"})
    assert kept["whose_3"] == str(spouse)
    page, _ = looked_at(client, {**kept, "whose_4": "aside"})
    assert "第 4 行为什么搁置" in page
    page, kept = looked_at(client, {**kept, "whose_4": "aside", "why_4": "查无此人"})
    assert client.post(reverse("web:payments"), kept).status_code == 302
    assert set(Payment.objects.unscoped("test").values_list("person__number", "policy", "amount")) == {
        ("H1-head", "dibao", 32_000),
        ("H2-spouse", "elderly_80s", 10_000),
    }
    assert PaymentAside.objects.get().reason == "查无此人"


def test_what_is_carried_along_is_sealed_for_the_one_who_sent_it(browser: SignedIn, household: int) -> None:
    page, kept = looked_at(browser("subdistrict"), given(HEAD))
    assert "371102196003010010" not in page
    page, _ = looked_at(browser("officer"), kept)
    assert "加密内容与所在的记录不符" in page
    page, _ = looked_at(browser("subdistrict"), {**kept, "kept": kept["kept"][:-2] + "AA"})
    assert "加密内容与所在的记录不符" in page
    assert Receipt.objects.unscoped("test").count() == 0


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"reason": "x", "policy": "", "paid_on": ""}, "请选择清单"),
        (given(HEAD, reason=""), "这个字段是必填项"),
        (given(HEAD, policy="no_such"), "no_such"),
        ({**given(), "file": SimpleUploadedFile("a.xlsx", b"nothing")}, "工作簿"),
        ({**given(), "file": SimpleUploadedFile("a.csv", b"a,b\n1,2")}, "没有找到表头"),
        ({**given(), "file": SimpleUploadedFile("a.csv", b"0" * 1_000_001)}, "超过 1 MB"),
    ],
)
def test_what_is_no_list_is_said_on_the_page(browser: SignedIn, org: Organisation, data: Any, said: str) -> None:
    page, kept = looked_at(browser("subdistrict"), data)
    assert said in page
    assert "apply" not in kept


def test_somebody_out_of_reach_cannot_be_slipped_in(browser: SignedIn, org: Organisation, household: int) -> None:
    new_household(org, "W1", "371102009201", who="other")
    theirs = Person.objects.unscoped("test").get(number="W1-head").pk
    client = browser("subdistrict")
    _, kept = looked_at(client, given("无此人,,东一村,低保,50,2017-03-10"))
    assert client.post(reverse("web:payments"), {**kept, "whose_2": str(theirs)}).status_code == 404

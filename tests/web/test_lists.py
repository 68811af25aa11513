"""The list in the browser's eyes: filters in the address, sought words never, nonsense answered; and no more queries for many than for few."""

import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.assessments import assess, done_run
from tests.households import new_household
from tests.organisation import Organisation
from tests.web.conftest import SignedIn

LIST = "/households/"


def shown(page: bytes) -> list[str]:
    """The numbers of the households on a page."""
    return re.findall(r'data-field="number">([^<]+)<', unescape(page.decode()))


@pytest.fixture
def several(org: Organisation) -> list[int]:
    made = [new_household(org, f"N{n}", "371102008201") for n in range(3)]
    done_run(org)
    assess(org, made)
    return made


def test_what_is_sought_is_found_and_stands_in_no_address(browser: SignedIn, several: list[int]) -> None:
    answer = browser("village").post(f"{LIST}?status=poor", {"sought": "甲so"})
    assert shown(answer.content) == ["N0", "N1", "N2"]
    links = re.findall(r'(?:href|action)="([^"]*)"', answer.content.decode())
    assert not [link for link in links if "甲" in unescape(link) or "%E7%94%B2" in link]
    assert shown(browser("village").post(LIST, {"sought": "n1"}).content) == []
    assert shown(browser("village").post(LIST, {"sought": "N1"}).content) == ["N1"]


@pytest.mark.parametrize("sought", ["\x00", "%", "'", "<script>alert(1)</script>", "x" * 51, "甲\u202e"])
def test_hostile_words_are_answered_and_written_as_text(browser: SignedIn, several: list[int], sought: str) -> None:
    answer = browser("village").post(LIST, {"sought": sought})
    assert answer.status_code == 200
    assert b"<script>alert" not in answer.content


@pytest.mark.parametrize(
    "asked",
    [
        "place=x",
        "place=-1",
        f"place={2**40}",
        "status=good",
        "gaps=none",
        "policy=' OR 1=1",
        "least=1e9",
        "verdict=",
        "column=x",
    ],
)
def test_a_filter_that_is_none_finds_nothing_or_is_no_filter(browser: SignedIn, several: list[int], asked: str) -> None:
    answer = browser("village").get(f"{LIST}?{asked}")
    assert answer.status_code == 200
    assert ("筛选条件有误" in answer.content.decode()) is (asked != "verdict=")


def test_only_the_columns_that_were_chosen_are_shown(browser: SignedIn, several: list[int]) -> None:
    page = browser("village").get(f"{LIST}?column=number&column=findings").content.decode()
    assert set(re.findall(r'data-field="([a-z]+)"', page)) == {"totals", "head", "number", "findings"}


def test_how_many_papers_a_dossier_lacks_can_be_shown_and_asked_for(
    browser: SignedIn, org: Organisation, several: list[int]
) -> None:
    new_household(org, "N3", "371102008201")
    page = browser("village").get(f"{LIST}?column=papers").content.decode()
    assert re.findall(r'data-field="papers" class="bf-number">([^<]+)<', page) == ["7", "7", "7", "—"]
    found = browser("village").get(f"{LIST}?gaps=missing_papers").content
    assert shown(found) == ["N0", "N1", "N2"]


def test_a_kept_filter_leads_back_to_its_list_and_smuggles_nothing(browser: SignedIn, several: list[int]) -> None:
    client = browser("village")
    asked = "status=poor&evil=javascript:alert(1)&column=number&gaps=unknown&gaps=asks"
    answer = client.post(reverse("web:filter-keep"), {"asked": asked, "name": " 要问的  户 "})
    assert answer["Location"] == f"{LIST}?status=poor&gaps=unknown&gaps=asks&column=number"
    page = client.get(LIST).content.decode()
    assert ">要问的 户<" in page
    assert "javascript" not in page


@pytest.mark.parametrize("address", [LIST, "/", "/figures/", f"{LIST}?gaps=papers&gaps=stale&policy=dibao"])
def test_many_households_cost_as_many_queries_as_one(
    org: Organisation, browser: SignedIn, several: list[int], address: str
) -> None:
    client = browser("subdistrict")
    client.get(address)
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    more = [new_household(org, f"M{n}", "371102008202", who="sibling") for n in range(3)]
    assess(org, more)
    with CaptureQueriesContext(connection) as many:
        client.get(address)
    assert len(many) == len(few) <= 30

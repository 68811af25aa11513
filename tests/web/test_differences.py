"""Three that should agree, for whoever retypes: what differs is listed, and what was compared beside it is told."""

import re
from datetime import date
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from bangfu.registry.services.stated import Printed, record_printed
from tests.households import new_household
from tests.organisation import Organisation
from tests.web.conftest import SignedIn

ALIKE = {"aac029": "甲head"}
OTHERWISE = {**ALIKE, "aac320": "柴草", "aac316": "水泥路"}


@pytest.fixture
def three(org: Organisation) -> list[int]:
    """One that differs from what was printed in two of three fields, one in nothing, and one of which nothing was printed."""
    made = [new_household(org, number, "371102008201") for number in ("H1", "H2", "H3")]
    for household, said in zip(made, (OTHERWISE, ALIKE), strict=False):
        printed = Printed("registration_form", date(2017, 3, 1), str(household).zfill(64), said)
        record_printed(org.by, org.actor("village"), household, printed)
    return made


def page(client: Client, name: str, *args: object, asked: str = "") -> str:
    answer = client.get(reverse(f"web:{name}", args=args) + asked)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def told(page: str, field: str) -> str:
    (found,) = re.findall(rf'data-field="{field}">(.*?)</p>', page, re.S)
    return " ".join(re.sub(r"<[^>]+>", "", found).split())


def listed(page: str) -> list[str]:
    return re.findall(r'data-field="number">([^<]+)<', page)


def test_a_household_lists_what_differs_and_tells_how_much_was_compared(browser: SignedIn, three: list[int]) -> None:
    client = browser("village")
    of_it = page(client, "household-differences", three[0])
    assert "逐项比较了 3 项：不一致 2 项，一致 1 项。按录入顺序排列" in told(of_it, "sources")
    assert of_it.count('<th scope="row"') == 2
    every = page(client, "household-differences", three[0], asked="?all=1")
    assert every.count('<th scope="row"') > 3
    assert "逐项比较了 3 项：不一致 2 项，一致 1 项。" in told(every, "sources")


def test_where_all_agree_the_pages_that_were_compared_are_named(browser: SignedIn, three: list[int]) -> None:
    of_it = page(browser("village"), "household-differences", three[1])
    assert "逐项比较了 1 项：不一致 0 项，一致 1 项。" in told(of_it, "sources")
    assert "比较过的都一致，不用改录。" in of_it
    (agreeing,) = re.findall(r'data-field="agreeing">(.*?)</section>', of_it, re.S)
    assert "<strong>1 项</strong>" in agreeing


def test_where_there_is_nothing_to_compare_with_nothing_is_said_to_agree(browser: SignedIn, three: list[int]) -> None:
    of_it = page(browser("village"), "household-differences", three[2])
    assert "还没有可以核对的内容" in of_it
    assert "逐项比较了" not in of_it


def test_the_list_shows_the_households_that_differ_and_counts_the_others(
    browser: SignedIn, org: Organisation, three: list[int]
) -> None:
    client, place = browser("village"), org.places["371102008201"]
    differing = page(client, "differences", asked=f"?place={place}")
    assert listed(differing) == ["H1"]
    said = "本页比较了 2 户：不一致 1 户，一致 1 户（没有列出）。另有 1 户还没有可以核对的导出表或打印件。"
    assert told(differing, "compared") == said
    assert f'href="{reverse("web:differences")}?place={place}&all=1"' in differing
    every = page(client, "differences", asked=f"?place={place}&all=1")
    assert listed(every) == ["H1", "H2", "H3"]
    assert f'href="{reverse("web:differences")}?place={place}"' in every
    assert re.findall(r'data-field="agree">([^<]+)<', every) == ["1 项", "1 项", "—"]


def test_where_no_household_differs_the_list_says_so_and_not_that_there_is_none(
    browser: SignedIn, org: Organisation
) -> None:
    assert "您的范围内还没有户。" in page(browser("village"), "differences")
    new_household(org, "H1", "371102008201")
    empty = page(browser("village"), "differences")
    assert "本页没有不一致的户。" in empty
    assert "还没有户" not in empty

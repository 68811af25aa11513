"""The list in the browser's eyes: filters in the address, sought words never, nonsense answered; and no more queries for many than for few."""

import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bangfu.access.models import Post
from bangfu.access.services.posts import hand_over
from bangfu.registry.data import NewFacts
from bangfu.registry.services.facts import record_facts
from bangfu.web.sought import sought_cookie
from tests.assessments import assess, done_run
from tests.begun import Begun
from tests.households import new_household
from tests.organisation import TODAY, Organisation
from tests.web.conftest import SignedIn
from tests.web.test_house import SPRING, head

LIST = "/households/"


def shown(page: bytes) -> list[str]:
    """The numbers of the households on a page."""
    return re.findall(r'data-field="number">([^<]+)<', unescape(page.decode()))


@pytest.fixture
def several(begun: Begun[list[int]]) -> list[int]:
    return begun.made


def new_several(org: Organisation) -> list[int]:
    made = [new_household(org, f"N{n}", "371102008201") for n in range(3)]
    done_run(org)
    assess(org, made)
    return made


BEGIN = new_several


def test_what_is_sought_is_found_and_stands_in_no_address(browser: SignedIn, several: list[int]) -> None:
    answer = browser("village").post(f"{LIST}?status=poor", {"sought": "甲so"}, follow=True)
    assert shown(answer.content) == ["N0", "N1", "N2"]
    links = re.findall(r'(?:href|action)="([^"]*)"', answer.content.decode())
    assert not [link for link in links if "甲" in unescape(link) or "%E7%94%B2" in link]
    assert shown(browser("village").post(LIST, {"sought": "n1"}, follow=True).content) == []
    assert shown(browser("village").post(f"{LIST}?status=poor", {"sought": "N1"}, follow=True).content) == ["N1"]


def test_what_was_found_can_be_gone_back_to_until_one_signs_out(
    browser: SignedIn, several: list[int], org: Organisation
) -> None:
    client = browser("village")
    first = client.post(f"{LIST}?status=poor", {"sought": "甲so"})["Location"]
    assert re.fullmatch(r"/households/\?status=poor&found=\d+", first)
    second = client.post(LIST, {"sought": "没有的人"})["Location"]
    assert shown(client.get(second).content) == []
    again = client.get(first)
    assert shown(again.content) == ["N0", "N1", "N2"]
    assert 'name="sought" value="甲so"' in again.content.decode()
    cookie = client.cookies[sought_cookie()].value
    assert (len(cookie) < 4_000, "甲" in cookie) == (True, False)
    # Another sign-in of the same browser does not open it.
    other = browser("village")
    other.cookies[sought_cookie()] = cookie
    assert "不再保留" in other.get(first).content.decode()
    assert shown(other.get(first).content) == []
    client.post(reverse("web:sign-out"))
    assert client.cookies[sought_cookie()].value == ""


def test_the_next_page_of_what_was_found_is_of_what_was_found(
    browser: SignedIn, several: list[int], org: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bangfu.reports.households.A_PAGE", 2)
    called(org, several[0], "乙丙", "37110219600301002X")
    client = browser("village")
    first = client.post(f"{LIST}?status=poor", {"sought": "甲head"}, follow=True)
    assert shown(first.content) == ["N1", "N2"]
    client.post(LIST, {"sought": "甲"})
    every = client.post(LIST, {"sought": "甲so"}, follow=True)
    (onward,) = re.findall(r'href="(\?[^"]*page=2)"', unescape(every.content.decode()))
    assert shown(client.get(LIST + onward).content) == ["N2"]


def test_so_many_searches_are_kept_as_a_cookie_holds(browser: SignedIn, several: list[int]) -> None:
    client = browser("village")
    addresses = [client.post(LIST, {"sought": "𠮷" * 49 + str(n % 10)})["Location"] for n in range(12)]
    assert len(client.cookies[sought_cookie()].value) < 4_000
    kept = ["不再保留" not in client.get(each).content.decode() for each in addresses]
    assert kept == [False] * 4 + [True] * 8


@pytest.mark.parametrize("written", ["x", "1.abc", "\x00", "9" * 5_000])
def test_a_cookie_that_somebody_wrote_is_none(browser: SignedIn, several: list[int], written: str) -> None:
    client = browser("village")
    client.cookies[sought_cookie()] = written
    assert "不再保留" in client.get(f"{LIST}?found=1").content.decode()


@pytest.mark.parametrize("sought", ["N1", " N1 ", "乙丙", "丙", "yb", "002X", "37110219600301002X"])
def test_the_only_household_that_was_found_is_opened(
    browser: SignedIn, several: list[int], org: Organisation, sought: str
) -> None:
    called(org, several[1], "乙丙", "37110219600301002X")
    answer = browser("village").post(LIST, {"sought": sought})
    assert (answer.status_code, answer.headers.get("Location")) == (302, reverse("web:household", args=[several[1]]))


def called(org: Organisation, household: int, name: str, number: str) -> None:
    """Let its head have a name and a number that nobody else has."""
    for group, values in (("identity", {"name": name}), ("papers", {"id_number": number})):
        record_facts(org.by, org.actor("village"), household, NewFacts(group, head(household), values, SPRING))


@pytest.mark.parametrize(
    ("who", "address", "sought"),
    [
        ("village", LIST, "甲"),
        ("village", LIST, ""),
        ("village", LIST, "丁"),
        # A filter that is asked for is kept, and so is a look at all whose numbers begin so.
        ("village", f"{LIST}?status=poor", "N1"),
        ("village", LIST, "M"),
        # What lies out of reach is not there.
        ("sibling", LIST, "N1"),
    ],
)
def test_a_list_is_shown_of_anything_else(
    browser: SignedIn, several: list[int], org: Organisation, who: str, address: str, sought: str
) -> None:
    new_household(org, "M1", "371102008201")
    answer = browser(who).post(address, {"sought": sought}, follow=True)
    assert answer.status_code == 200
    assert answer.wsgi_request.path == LIST


def test_nobody_is_told_of_a_household_that_they_do_not_see(browser: SignedIn, org: Organisation) -> None:
    """The one that they see is the only one, however many there are."""
    mine = new_household(org, "H1", "371102008201")
    new_household(org, "H2", "371102009201", who="other")
    answer = browser("village").post(LIST, {"sought": "甲head"})
    assert answer.headers.get("Location") == reverse("web:household", args=[mine])
    answer = browser("officer").post(LIST, {"sought": "甲head"}, follow=True)
    assert shown(answer.content) == ["H1", "H2"]


def test_every_page_but_those_with_a_box_of_their_own_has_one_for_whoever_sees_households(
    browser: SignedIn, several: list[int]
) -> None:
    addresses = [reverse(f"web:{name}") for name in ("home", "households", "tasks", "me")]
    assert [browser("village").get(each).content.count(b'name="sought"') for each in addresses] == [1, 1, 1, 1]
    assert b'name="sought"' not in browser("admin").get(reverse("web:places")).content


@pytest.mark.parametrize("sought", ["\x00", "%", "'", "<script>alert(1)</script>", "x" * 51, "甲\u202e"])
def test_hostile_words_are_answered_and_written_as_text(browser: SignedIn, several: list[int], sought: str) -> None:
    answer = browser("village").post(LIST, {"sought": sought}, follow=True)
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


def test_posts_of_one_title_are_told_apart_by_who_sits_there_and_the_empty_by_their_unit(
    browser: SignedIn, org: Organisation
) -> None:
    Post.objects.unscoped("test").filter(role="village").update(title="责任人")
    hand_over(org.by, org.founder, org.posts["sibling"], None, TODAY)
    page = browser("officer").get(LIST).content.decode()
    offered = re.findall(r">(责任人[^<]*)</option>", page)
    assert offered == ["责任人 · 人village", "责任人 · 区扶贫办", "责任人 · 人other"]


@pytest.mark.parametrize("tier", ["village", "district"])
def test_how_many_of_a_village_nobody_helps_leads_to_them(
    browser: SignedIn, org: Organisation, several: list[int], tier: str
) -> None:
    new_household(org, "N9", "371102008202", who="sibling")
    officer = browser("officer")
    page = unescape(officer.get(reverse("web:gaps"), {"tier": tier}).content.decode())
    told = re.findall(r'<a href="([^"]+)"[^>]*><strong>(\d+)</strong></a>', page)
    assert sorted(count for _, count in told) == ["1", "3"]
    of_village = [unescape(officer.get(reverse("web:gaps") + address).content.decode()) for address, _ in told]
    # Beside it the same in the list of households, with its filters.
    lists = [re.findall(rf'href="({LIST}\?place=[^"]+)"', each)[0] for each in of_village]
    counts = [count for _, count in told]
    assert [str(each.count('name="listed"')) for each in of_village] == counts
    assert [str(len(shown(officer.get(address).content))) for address in lists] == counts


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

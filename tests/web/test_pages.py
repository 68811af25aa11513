"""What the pages promise beyond the matrix: nothing changes by looking, nothing is believed that a browser says, nothing runs that was typed."""

import re
from dataclasses import replace
from datetime import date
from html import escape, unescape
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings as installation
from django.test import Client
from django.urls import reverse

from bangfu.access.models import Account, Holding, Post, Session
from bangfu.access.selectors import gaps
from bangfu.access.services.posts import hand_over
from bangfu.audit.models import Entry
from bangfu.places.models import Level
from bangfu.places.services import Described, add_place
from bangfu.privacy.models import SealedNumber
from bangfu.web.home import views as home
from bangfu.web.sought import sought_cookie
from tests.examples import first_of
from tests.households import new_household
from tests.organisation import TODAY, Organisation
from tests.web.conftest import SignedIn, session_token, with_cookie
from tests.web.test_browser import PAGES, address

NUMBER = "11010519491231002X"
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7|add:7 }}",
    "'; DROP TABLE access_account; --",
    "=1+1",
    "&lt;b&gt;",
]


def everything() -> dict[str, list[object]]:
    tables = [model for model in apps.get_models() if model._meta.app_label != "audit" and model is not Session]
    return {model._meta.label: list(model._base_manager.order_by("pk").values()) for model in tables}


@pytest.mark.parametrize(
    ("role", "how"),
    first_of(3, [("officer", "get"), ("auditor", "head"), ("village", "get"), ("admin", "get"), ("officer", "head")]),
)
def test_looking_changes_nothing(org: Organisation, browser: SignedIn, role: str, how: str) -> None:
    client, addresses = browser(role), [address(org, url) for url in PAGES]
    before = everything()
    for each in addresses:
        getattr(client, how)(each)
    assert everything() == before


def test_what_is_refused_is_recorded_with_who_and_where(org: Organisation, browser: SignedIn) -> None:
    assert browser("village").get(reverse("web:person-add")).status_code == 403
    entry = Entry.objects.get(act="access.denied")
    assert (entry.outcome, entry.actor) == ("denied", f"account:{org.accounts['village']}")
    assert entry.text.body == {"permission": "people.manage", "page": "web:person-add"}
    assert len(entry.request) == 12


def test_what_is_refused_is_recorded_with_the_thing_that_it_was_about(org: Organisation, browser: SignedIn) -> None:
    household = new_household(org, "H1", "371102008201")
    assert browser("auditor").get(reverse("web:ledger-add", args=[household])).status_code == 403
    entry = Entry.objects.get(act="access.denied")
    assert (entry.subject, entry.text.body["permission"]) == (f"household:{household}", "households.keep")


def test_looking_at_somebody_and_at_the_record_is_recorded(org: Organisation, browser: SignedIn) -> None:
    browser("officer").get(reverse("web:person", args=[org.accounts["village"]]))
    browser("auditor").get(reverse("web:record"), {"subject": "account:6"})
    seen = Entry.objects.filter(act__in=["access.read_account", "audit.read"]).order_by("pk")
    assert [entry.actor for entry in seen] == [f"account:{org.accounts[name]}" for name in ("officer", "auditor")]


@pytest.mark.parametrize(
    "next_page",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "http:evil.example",
        "javascript:alert(1)",
        " /x",
        "",
        "\x00/",
    ],
)
def test_nobody_is_sent_to_another_site(org: Organisation, browser: SignedIn, next_page: str) -> None:
    answer = browser("village").post(reverse("web:language"), {"language": "en", "next": next_page})
    assert answer["Location"] == "/"


def in_other_language(client: Client, shown: Any, came_from: str) -> str:
    """Where the button of the other language leads from a page that was shown."""
    onward = unescape(re.findall(r'<input type="hidden" name="next" value="([^"]*)">', shown.content.decode())[0])
    headers = {"Referer": f"http://testserver{came_from}"} if came_from else {}
    answer = client.post(reverse("web:language"), {"language": "en", "next": onward}, headers=headers)
    return str(answer["Location"])


@pytest.mark.parametrize("address", ["/tasks/?state=open&kind=finding", "/me/"])
@pytest.mark.parametrize("told", [True, False])
def test_the_other_language_is_of_the_page_where_one_is(
    org: Organisation, browser: SignedIn, address: str, told: bool
) -> None:
    client = browser("officer")
    assert in_other_language(client, client.get(address), address if told else "") == address


def test_whoever_signs_in_in_the_other_language_still_gets_where_they_were_going(org: Organisation) -> None:
    address = "/sign-in/?next=/tasks/%3Fstate%3Dopen"
    assert in_other_language(Client(), Client().get(address), "") == address


@pytest.mark.parametrize("told", [True, False])
def test_the_other_language_of_what_an_act_answered_is_of_the_page_that_it_came_from(
    org: Organisation, browser: SignedIn, told: bool
) -> None:
    client, act = browser("officer"), reverse("web:tasks-assign")
    headers = {"Referer": "http://testserver/tasks/?state=open"}
    refused = client.post(act, {"task": "", "post": ""}, headers=headers)
    assert in_other_language(client, refused, act if told else "") == "/tasks/?state=open"


@pytest.mark.parametrize("referer", ["https://evil.example/", "http://testserver//evil.example/"])
def test_a_page_of_another_site_is_not_where_one_was(org: Organisation, browser: SignedIn, referer: str) -> None:
    answer = browser("village").post(reverse("web:language"), {"language": "en"}, headers={"Referer": referer})
    assert answer["Location"] == "/"


@pytest.mark.parametrize("who", ["officer", ""])
def test_an_address_that_is_only_sent_to_says_so_when_it_is_opened(
    org: Organisation, browser: SignedIn, who: str
) -> None:
    client = browser(who) if who else Client()
    answer = client.get(reverse("web:tasks-assign"))
    said = answer.content.decode()
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert "不能直接打开" in said
    assert ('href="/tasks/"' in said) is bool(who)


def test_a_form_from_another_site_is_not_taken(org: Organisation) -> None:
    client = Client(enforce_csrf_checks=True)
    client.cookies[installation.SESSION_COOKIE_NAME] = session_token(org.accounts["admin"])
    answer = client.post(reverse("web:person-close", args=[org.accounts["nobody"]]))
    assert answer.status_code == 403
    assert "Cookie" in answer.content.decode()
    assert Account.objects.unscoped("test").get(pk=org.accounts["nobody"]).disabled_at is None


def test_only_what_a_form_asks_for_is_taken(org: Organisation, browser: SignedIn) -> None:
    account = org.accounts["nobody"]
    before = Account.objects.unscoped("test").values().get(pk=account)
    more = {name: "1" for name in before if name not in {"name", "phone", "home_id"}}
    given = {**more, "name": "新名", "phone": "", "home": str(org.places["371102"]), "role": "admin", "is_staff": "1"}
    assert browser("admin").post(reverse("web:person-change", args=[account]), given).status_code == 302
    after = Account.objects.unscoped("test").values().get(pk=account)
    assert dict(after.items() - before.items()).keys() == {"name", "phone"}


def test_a_place_outside_ones_area_is_not_taken_though_a_form_sends_it(org: Organisation, browser: SignedIn) -> None:
    given = {"login": "new.one", "name": "某", "phone": "", "home": str(org.places["371103"])}
    answer = browser("admin").post(reverse("web:person-add"), given)
    assert answer.status_code == 200
    assert not Account.objects.unscoped("test").filter(login="new.one").exists()


@pytest.mark.parametrize("typed", HOSTILE)
def test_what_was_typed_stands_on_every_page_as_it_was_typed(org: Organisation, browser: SignedIn, typed: str) -> None:
    account, post = org.accounts["village"], org.posts["village"]
    Account.objects.unscoped("test").filter(pk=account).update(name=typed)
    Post.objects.unscoped("test").filter(pk=post).update(title=typed)
    for url in ("people", "person", "posts", "post", "post-hand-over", "person-close"):
        page = browser("admin").get(address(org, url)).content.decode()
        assert escape(typed, quote=True) in page, url
        assert typed not in page or typed == escape(typed), url


def test_a_number_is_masked_shown_once_with_a_reason_and_found_by_its_end(org: Organisation, browser: SignedIn) -> None:
    client, account = browser("admin"), org.accounts["village"]
    assert client.post(reverse("web:person-number", args=[account]), {"number": NUMBER.lower()}).status_code == 302
    page = client.get(reverse("web:person", args=[account])).content.decode()
    assert NUMBER not in page
    assert "*" * 14 + "002X" in page
    reveal = reverse("web:person-reveal", args=[account])
    assert NUMBER not in client.post(reveal, {"reason": " "}).content.decode()
    assert NUMBER in client.post(reveal, {"reason": "核对"}).content.decode()
    assert Entry.objects.filter(act="privacy.reveal").count() == 1
    for sought in (NUMBER, "002x", "002X"):
        found = client.post(reverse("web:people"), {"sought": sought}, follow=True).content.decode()
        assert "人village" in found
        assert "人sibling" not in found
    for who in ("sibling", "subdistrict", "auditor"):
        found = browser(who).post(reverse("web:people"), {"sought": "002X"}, follow=True).content.decode()
        assert "人village" not in found, "a search tells nobody of a number what is not shown to them"
    client.post(reverse("web:person-number", args=[account]), {"number": "110105194912310021"})
    assert SealedNumber.objects.count() == 1


def test_people_who_were_found_can_be_gone_back_to_and_have_pages(
    org: Organisation, browser: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bangfu.access.selectors.A_PAGE", 1)
    client, people = browser("admin"), reverse("web:people")

    def names(address: str) -> list[str]:
        return re.findall(r'data-field="name"[^>]*>人([^<]*)<', client.get(address).content.decode())

    first = client.post(people, {"sought": "人s"})["Location"]
    assert re.fullmatch(r"/people/\?found=\d+", first), "the words stand in no address"
    assert names(client.post(people, {"sought": "没有的人"})["Location"]) == []
    shown = client.get(first).content.decode()
    assert 'name="sought" value="人s"' in shown
    (onward,) = re.findall(r'href="(\?[^"]*page=2)"', unescape(shown))
    assert [names(first), names(people + onward)] == [["sibling"], ["subdistrict"]]
    assert client.post(people, {"sought": " "})["Location"] == people
    client.cookies.pop(sought_cookie())
    assert "不再保留" in client.get(first).content.decode()
    assert names(first) == []


def test_a_hand_over_by_the_page_moves_the_post(org: Organisation, browser: SignedIn) -> None:
    given = {"account": str(org.accounts["nobody"]), "on": org.actor("admin").day.isoformat()}
    assert browser("admin").post(reverse("web:post-hand-over", args=[org.posts["village"]]), given).status_code == 302
    held = Holding.objects.unscoped("test").get(post=org.posts["village"], held_until=None)
    assert (held.account_id, held.held_from) == (org.accounts["nobody"], date(2017, 12, 1))


def test_a_post_that_answers_for_many_places_names_a_few_in_the_list_and_all_on_its_page(
    org: Organisation, browser: SignedIn
) -> None:
    below = Described("", "", org.places["371102009"], date(2014, 1, 1))
    for n in range(7):
        code = f"37110200930{n}"
        org.places[code] = add_place(org.by, Level.VILLAGE, replace(below, code=code, name=f"西{n}号村"))
    org.open("many", "district", *(f"37110200930{n}" for n in range(7)))
    listed = browser("officer").get(reverse("web:posts")).content.decode()
    assert ("西2号村 等 7 处" in listed, "西3号村" in listed) == (True, False)
    assert "西6号村" in browser("officer").get(reverse("web:post", args=[org.posts["many"]])).content.decode()


def test_nothing_is_chosen_beforehand_where_a_post_is_opened_or_closed(org: Organisation, browser: SignedIn) -> None:
    client, given = browser("admin"), {"place": org.places["371102008201"], "held_from": "2017-01-01"}
    client.post(reverse("web:post-open"), {**given, "title": "新岗", "role": "", "unit": ""})
    client.post(reverse("web:post-close", args=[org.posts["village"]]), {"into": "", "on": "2017-12-01"})
    posts = Post.objects.unscoped("test")
    assert not posts.filter(title="新岗").exists()
    assert posts.get(pk=org.posts["village"]).closed_on is None
    pages = [client.get(reverse("web:post-open")), client.get(reverse("web:post-close", args=[org.posts["village"]]))]
    assert [page.content.decode().count(">请选择</option>") for page in pages] == [2, 1]


def test_only_what_a_post_answers_for_can_be_taken_from_it(org: Organisation, browser: SignedIn) -> None:
    page = browser("admin").get(reverse("web:post-narrow", args=[org.posts["village"]])).content.decode()
    assert re.findall(r"<option[^>]*>([^<]+)</option>", page) == ["东一村"]


def test_people_of_one_name_are_told_apart_where_a_post_is_handed_over(org: Organisation, browser: SignedIn) -> None:
    Account.objects.unscoped("test").filter(pk__in=[org.accounts["nobody"], org.accounts["sibling"]]).update(
        name="张伟"
    )
    page = browser("admin").get(reverse("web:post-hand-over", args=[org.posts["village"]])).content.decode()
    offered = re.findall(r"<option[^>]*>([^<]+)</option>", page)
    assert offered[0] == "暂时空缺，不交给任何人"
    assert [each for each in offered if each.startswith("张伟")] == ["张伟 · sibling · 岗sibling", "张伟 · nobody"]


def test_the_first_page_counts_the_villages_that_nobody_answers_for(org: Organisation, browser: SignedIn) -> None:
    hand_over(org.by, org.founder, org.posts["other"], None, TODAY)
    page = browser("officer").get("/").content.decode()
    missing = gaps(org.actor("officer"))
    assert len(missing) > len({gap.village.id for gap in missing}) == 1
    assert '没有人负责的村 <span class="bf-tag bf-tag-gap">1 个</span>' in page


def test_what_the_first_page_does_not_list_any_more_is_said_to_be_found_under_places(
    org: Organisation, browser: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_over(org.by, org.founder, org.posts["village"], None, TODAY)
    left, all_told = "没有列在这里", len(gaps(org.actor("officer")))
    assert left not in browser("officer").get("/").content.decode()
    monkeypatch.setattr(home, "SHOWN", 1)
    monkeypatch.setattr(home, "LISTED", all_told - 1)
    assert f"另有 1 项{left}" in browser("officer").get("/").content.decode()


def test_who_only_looks_is_told_how_things_stand_and_not_what_to_do(org: Organisation, browser: SignedIn) -> None:
    new_household(org, "H1", "371102008201")
    officer, auditor = (browser(name).get("/").content.decode() for name in ("officer", "auditor"))
    assert ("等您办的" in officer, "没有责任人的任务" in officer) == (True, True)
    assert ("还没有办的" in auditor, "等您办的" in auditor) == (True, False)
    assert ("没有责任人的任务" in auditor, "我的任务" in auditor) == (False, False)


def test_a_second_click_opens_no_second_post(org: Organisation, browser: SignedIn) -> None:
    client, where = browser("admin"), reverse("web:post-open")
    given = {"role": "village", "title": "新岗", "unit": org.unit, "place": org.places["371102008201"]}
    sign = re.findall(r'name="once" value="([^"]+)"', client.get(where).content.decode())[0]
    for _ in range(2):
        assert client.post(where, {**given, "held_from": "2017-01-01", "once": sign}).status_code == 302
    assert Post.objects.unscoped("test").filter(title="新岗").count() == 1


def test_what_is_refused_says_why_on_the_form_and_keeps_what_was_typed(org: Organisation, browser: SignedIn) -> None:
    given = {"login": "village", "name": "同名的人", "phone": "13900000000", "home": str(org.places["371102"])}
    page = browser("admin").post(reverse("web:person-add"), given).content.decode()
    assert "登录名“village”已有人使用" in page
    assert 'value="同名的人"' in page


def test_signing_in_sets_cookies_that_no_script_and_no_other_site_gets(org: Organisation) -> None:
    account = Account.objects.unscoped("test").get(pk=org.accounts["village"])
    account.set_password("四匹马-harbour-walnut")
    account.temporary_until = None
    account.save()
    client = Client()
    client.post(reverse("web:sign-in"), {"login": "village", "password": "四匹马-harbour-walnut"})
    for name in (installation.SESSION_COOKIE_NAME, f"{installation.SESSION_COOKIE_NAME}-device"):
        cookie = client.cookies[name]
        assert cookie["httponly"]
        assert cookie["secure"]
        assert cookie["samesite"] == "Lax"
        assert cookie["path"] == "/"
        assert not cookie["domain"]
    stolen = client.cookies[installation.SESSION_COOKIE_NAME].value
    client.post(reverse("web:sign-out"))
    assert with_cookie(stolen).get("/").status_code == 302


def test_a_failure_of_ours_says_its_number_and_nothing_else(org: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr("bangfu.web.people.views.selectors.people", fails)
    client = with_cookie(session_token(org.accounts["admin"]))
    client.raise_request_exception = False
    answer = client.get(reverse("web:people"))
    assert answer.status_code == 500
    assert answer["X-Incident"] in answer.content.decode()
    assert "secret detail" not in answer.content.decode()


@pytest.mark.parametrize("page", ["0", "-1", "999999", "x", "1;DROP", "９"])
def test_a_page_number_that_is_none_shows_a_page(org: Organisation, browser: SignedIn, page: str) -> None:
    assert browser("admin").get(reverse("web:people"), {"page": page}).status_code == 200


@pytest.mark.parametrize(
    "asked",
    [
        {"actor": "x' OR 1=1"},
        {"subject": "<script>"},
        {"since": "2017-13-45"},
        {"act": "no.such"},
        {"actor": f"account:{'9' * 30}"},
        {"subject": f"household:{'9' * 30}"},
        {"until": "9999-12-31"},
    ],
)
def test_a_question_about_the_record_that_makes_no_sense_is_answered_with_the_form(
    org: Organisation, browser: SignedIn, asked: dict[str, str]
) -> None:
    assert browser("auditor").get(reverse("web:record"), asked).status_code == 200


@pytest.mark.parametrize("url", ["people", "posts", "record"])
def test_a_list_costs_as_many_queries_for_many_rows_as_for_few(
    org: Organisation, browser: SignedIn, url: str, django_assert_max_num_queries: object
) -> None:
    client = browser("auditor")
    with django_assert_max_num_queries(25):  # type: ignore[operator]
        client.get(reverse(f"web:{url}"))
    for n in range(12):
        org.add(f"more{n}")
        org.open(f"more{n}", "village", "371102008202")
        org.seat(f"more{n}", f"more{n}")
    with django_assert_max_num_queries(25):  # type: ignore[operator]
        client.get(reverse(f"web:{url}"))


@pytest.mark.parametrize("said", ["²", "٣", "-1", "9" * 40, "1e3", " 1", ""])
@pytest.mark.parametrize("url", ["figures", "questions", "differences", "tasks-cut", "tasks"])
def test_a_place_that_is_none_is_no_reason_to_fail(browser: SignedIn, url: str, said: str) -> None:
    address = reverse(f"web:{url}", args=["household"] if url == "tasks-cut" else [])
    assert browser("officer").get(address, {"place": said}).status_code == 200


@pytest.mark.parametrize("said", ["²", "x", "9" * 40])
def test_a_task_that_is_none_is_not_given_to_anybody(browser: SignedIn, said: str) -> None:
    answer = browser("officer").post(reverse("web:tasks-assign"), {"task": said, "post": "1"})
    assert answer.status_code in (200, 404, 409)

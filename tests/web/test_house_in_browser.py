"""A helper at a household's page in a real browser: a question answered, a year entered, and two who edit the same."""

import re
from datetime import date
from typing import Any

import pytest
from django.conf import settings as installation
from django.utils import timezone
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from bangfu.access.models import Account, Session
from bangfu.registry.models import VERSIONS, LedgerLine
from tests.begun import Begun
from tests.examples import first_of
from tests.households import new_household
from tests.organisation import Organisation
from tests.web.conftest import session_token
from tests.web.test_browser import chromium, faults, heard, opened, picture, plain
from tests.web.test_house import assessed_household

__all__ = ["chromium", "plain"]


BEGIN = assessed_household


@pytest.fixture
def house(committed: None, begun: Begun[int]) -> tuple[Organisation, int]:
    return begun.org, begun.made


@pytest.mark.parametrize(("size", "lang"), first_of(1, [("phone", "en"), ("desk", "zh")]))
def test_a_helper_answers_what_blocks_a_verdict_and_sees_the_policy_turn_due(
    plain: None, house: tuple[Organisation, int], live_server: LiveServer, chromium: Browser, size: str, lang: str
) -> None:
    org, household = house
    page = at_desk(chromium, live_server, org, size, lang)
    complaints = heard(page)
    page.goto(f"{live_server.url}/households/{household}/")
    picture(page, f"house-overview-{size}-{lang}")
    ask = page.locator("a[hx-get*='ask=dibao_member']")
    ask.click()
    field = page.locator(".bf-here select[name=fact_dibao_member]")
    field.select_option("1")
    page.fill(".bf-here input[name=valid_from]", "2017-03-01")
    page.locator(".bf-here .bf-preview .bf-tag", has_text=re.compile("成为应享|becomes due")).first.wait_for()
    assert faults(page, lang) == []
    picture(page, f"house-answer-{size}-{lang}")
    page.locator(".bf-here .btn-primary").click()
    page.locator(".alert-success").wait_for()
    assert page.locator("a[hx-get*='ask=dibao_member']").count() == 0
    page.locator(".bf-tabs a[href$='/policies/']").click()
    due = page.locator("[data-field=policies] .bf-panel").first
    due.locator(".bf-policy", has_text=re.compile("农村最低生活保障金|Rural dibao")).wait_for()
    assert page.url.endswith("/policies/")
    assert [each.text for each in complaints if each.type == "error"] == []
    page.context.close()


@pytest.mark.parametrize(("size", "lang"), first_of(1, [("phone", "en"), ("desk", "zh")]))
def test_what_was_typed_when_the_session_ended_is_saved_after_signing_in_in_another_window(
    plain: None, house: tuple[Organisation, int], live_server: LiveServer, chromium: Browser, size: str, lang: str
) -> None:
    org, household = house
    page = at_desk(chromium, live_server, org, size, lang)
    page.goto(f"{live_server.url}/households/{household}/living/")
    page.locator("a[hx-get*='/land/']").first.click()
    page.fill(".bf-here input[name=fact_cultivated_mu]", "3.25")
    page.fill(".bf-here input[name=source]", "入户核实")
    Session.objects.unscoped("test").update(ended_at=timezone.now())
    page.locator(".bf-here .btn-primary").click()
    said = page.locator(".bf-here > .alert-danger", has=page.locator("a"))
    said.get_by_text(re.compile("登录已过期，刚才填写的内容还没有保存|what you typed is not saved yet")).wait_for()
    assert re.search(
        "请在新窗口登录，再回到这里点“保存”。 在新窗口登录$|press “Save”. Sign in in a new window$", said.inner_text()
    )
    picture(page, f"house-signed-out-{size}-{lang}")
    with page.context.expect_page() as other:
        said.locator("a").click()
    other.value.wait_for_url("**/sign-in/")
    signed_in_anew(page, org, live_server)
    page.locator(".bf-here .btn-primary").click()
    page.locator(".alert-success").wait_for()
    known: Any = VERSIONS["land"].objects.unscoped("test").get(is_current=True)
    assert (known.cultivated_mu, known.act.source) == (32_500, "入户核实")
    page.context.close()


def test_a_page_that_was_sent_when_the_session_had_ended_is_gone_on_with_after_signing_in(
    plain: None, house: tuple[Organisation, int], live_server: LiveServer, chromium: Browser
) -> None:
    org, household = house
    account = Account.objects.unscoped("test").get(pk=org.accounts["village"])
    account.set_password("四匹马-harbour-walnut")
    account.save()
    page = at_desk(chromium, live_server, org, "phone", "zh")
    page.goto(f"{live_server.url}/households/{household}/facts/land/{household}/")
    page.fill("input[name=fact_cultivated_mu]", "3.25")
    Session.objects.unscoped("test").update(ended_at=timezone.now())
    page.locator("main .btn-primary").click()
    page.get_by_text("登录已过期，刚才的操作还没有进行。填写的内容都还在").wait_for()
    assert faults(page, "zh") == []
    picture(page, "signed-out-phone-zh")
    page.fill("#id_login", "village")
    page.fill("#id_password", "四匹马-harbour-walnut")
    page.locator("main .btn-primary").click()
    page.get_by_text("继续提交", exact=True).wait_for()
    assert faults(page, "zh") == []
    page.locator("main .btn-primary").click()
    page.locator(".alert-success").wait_for()
    page.context.close()


def test_a_year_is_entered_with_keys_and_a_look_at_what_comes_of_it(
    plain: None, house: tuple[Organisation, int], live_server: LiveServer, chromium: Browser
) -> None:
    org, household = house
    page = at_desk(chromium, live_server, org, "phone", "zh")
    page.goto(f"{live_server.url}/households/{household}/years/2016/")
    page.fill("input[name='amount_n-rent-0']", "3000")
    page.press("input[name='amount_n-rent-0']", "Tab")
    shown = page.locator(".bf-preview [data-field=per-head]")
    shown.wait_for()
    assert re.sub(r"\s+", " ", shown.inner_text()) == "年人均纯收入（2016）：2,700.00 → 3,700.00 元"
    assert faults(page, "zh") == []
    picture(page, "house-year-phone-zh")
    page.fill("input[name=source]", "入户核实")
    page.press("input[name=source]", "Enter")
    page.locator(".alert-success").wait_for()
    assert LedgerLine.objects.unscoped("test").get(item="rent").amount == 300_000
    assert page.url.endswith("/income/")
    page.context.close()


@pytest.mark.parametrize(("size", "lang"), first_of(1, [("desk", "zh"), ("phone", "en")]))
def test_two_who_edit_one_household_choose_field_by_field(
    plain: None, house: tuple[Organisation, int], live_server: LiveServer, chromium: Browser, size: str, lang: str
) -> None:
    org, household = house
    page = at_desk(chromium, live_server, org, size, lang)
    page.goto(f"{live_server.url}/households/{household}/living/")
    page.locator(f"a[data-edit][href$='/housing/{household}/']").click()
    page.select_option(".bf-here select[name=fact_house_grade]", "D")
    other = at_desk(chromium, live_server, org, "desk", "zh", "subdistrict")
    other.goto(f"{live_server.url}/households/{household}/facts/housing/{household}/")
    other.select_option("select[name=fact_house_grade]", "B")
    other.fill("input[name=fact_built_year]", "1990")
    other.fill("input[name=valid_from]", "2017-03-01")
    other.click("main form .btn-primary")
    other.locator(".alert-success").wait_for()
    other.context.close()
    page.fill(".bf-here input[name=valid_from]", "2017-03-01")
    page.locator(".bf-here .btn-primary").click()
    table = page.locator(".bf-here [data-field=overtaken]")
    table.wait_for()
    assert faults(page, lang) == []
    picture(page, f"house-overtaken-{size}-{lang}")
    table.locator("input[type=radio][value=mine]").first.check()
    page.locator(".bf-here .btn-primary").click()
    page.locator(".alert-success").wait_for()
    now: Any = VERSIONS["housing"].objects.unscoped("test").get(thing=household, is_current=True)
    assert (now.house_grade, now.built_year, now.valid_from) == ("D", 1990, date(2017, 3, 1))
    page.context.close()


def test_keys_walk_the_rows_open_edit_close_and_help(
    plain: None, house: tuple[Organisation, int], live_server: LiveServer, chromium: Browser
) -> None:
    org, household = house
    page = at_desk(chromium, live_server, org, "desk", "zh")
    page.goto(f"{live_server.url}/households/")
    page.keyboard.press("/")
    assert page.evaluate("() => document.activeElement.name") == "sought"
    page.locator("main").focus()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/households/{household}/")
    page.keyboard.press("?")
    assert page.evaluate("() => document.getElementById('keys').open") is True
    page.goto(f"{live_server.url}/households/{household}/living/")
    page.keyboard.press("e")
    page.locator(".bf-here form").wait_for()
    page.locator(".bf-here select, .bf-here input:not([type=hidden])").first.focus()
    page.keyboard.press("j")
    page.keyboard.press("Escape")
    assert page.locator(".bf-here form").count() == 0
    page.keyboard.press("e")
    page.locator(".bf-here form").wait_for()
    page.route("**/facts/**", lambda route: route.abort())
    page.locator(".bf-here .btn-primary").click()
    page.locator(".bf-here form > .alert-danger, .bf-here > .alert-danger").wait_for()
    page.emulate_media(media="print")
    assert page.locator(".bf-tabs").is_hidden()
    assert page.locator("h1").is_visible()
    page.context.close()


def at_desk(
    chromium: Browser, server: LiveServer, org: Organisation, size: str, lang: str, who: str = "village"
) -> Page:
    Account.objects.unscoped("test").filter(pk=org.accounts[who]).update(language=lang)
    return opened(chromium, server, org, who, size, lang)


def signed_in_anew(page: Page, org: Organisation, server: LiveServer) -> None:
    """As in another window of the same browser."""
    token = session_token(org.accounts["village"])
    page.context.add_cookies([{"name": installation.SESSION_COOKIE_NAME, "value": token, "url": server.url}])


@pytest.mark.parametrize(("size", "lang"), first_of(1, [("desk", "zh"), ("phone", "en")]))
def test_back_from_a_household_shows_what_was_found(
    plain: None, house: tuple[Organisation, int], live_server: LiveServer, chromium: Browser, size: str, lang: str
) -> None:
    org, _ = house
    new_household(org, "H2", "371102008201")
    page = at_desk(chromium, live_server, org, size, lang)
    page.goto(f"{live_server.url}/")
    page.fill("#id_sought", "甲")
    page.press("#id_sought", "Enter")
    heads = page.locator("td [data-field=head]")
    heads.nth(1).wait_for()
    found = page.url
    assert re.fullmatch(r".*/households/\?found=\d+", found)
    heads.first.click()
    page.wait_for_url(re.compile(r"/households/\d+/$"))
    page.go_back()
    heads.nth(1).wait_for()
    assert (page.url, page.input_value("#id_sought")) == (found, "甲")
    assert faults(page, lang) == []
    picture(page, f"found-{size}-{lang}")
    page.context.close()

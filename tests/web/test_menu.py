"""The menu: one row on a desk with all beside it, one of its own on a phone; what is grouped opens without a script, by keys and by touch."""

import re
from html import unescape
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from bangfu.access.models import Account
from bangfu.kernel.words import Lang
from tests.organisation import Organisation, founded
from tests.web.conftest import SignedIn, session_token
from tests.web.test_browser import chromium, faults, opened, picture, plain

__all__ = ["chromium", "plain"]

ROLES = ("officer", "subdistrict", "village", "auditor", "admin")
GROUPED = ["人员", "岗位", "区划", "单位"]


def menu(page: bytes) -> str:
    return unescape(page.decode()).partition('class="bf-menu"')[2].partition("</nav>")[0]


def words(piece: str) -> list[str]:
    return re.findall(r">([^<>\s]+)</(?:a|summary)>", piece)


def test_a_long_menu_has_accounts_posts_places_and_units_under_one_entry(browser: SignedIn) -> None:
    before, group, after = menu(browser("officer").get("/").content).replace("</details>", "<details").split("<details")
    assert words(group) == ["组织", *GROUPED]
    assert [each for each in words(before + after) if each in GROUPED] == []


def test_a_short_menu_is_left_as_it_is(browser: SignedIn) -> None:
    assert words(menu(browser("admin").get("/").content)) == ["首页", *GROUPED]


def test_the_entry_says_that_one_is_on_a_page_under_it(browser: SignedIn) -> None:
    here = menu(browser("officer").get("/posts/").content)
    assert "bf-group-here" in here
    assert re.findall(r'aria-current="page">([^<]+)<', here) == ["岗位"]
    assert "bf-group-here" not in menu(browser("officer").get("/tasks/").content)


@pytest.fixture
def people(plain: None, committed: None, ring: Any) -> Organisation:
    return founded(ring)


def rows(page: Page) -> int:
    """Over how many rows the head of a page goes."""
    middle = "box => Math.round((box.top + box.bottom) / 16)"
    boxes = "all.map(each => each.getBoundingClientRect()).filter(box => box.height)"
    return int(
        page.eval_on_selector_all(".bf-menu > *, .bf-find, .bf-who > *", f"all => new Set({boxes}.map({middle})).size")
    )


def heights(page: Page, server: LiveServer, who: Organisation, lang: Lang) -> list[int]:
    """Of each role, the rows of the head."""
    found = []
    for role in ROLES:
        page.context.add_cookies([{"name": "bangfu", "value": session_token(who.accounts[role]), "url": server.url}])
        page.goto(f"{server.url}/me/")
        picture(page, f"menu-{role}-{page.viewport_size['width'] if page.viewport_size else 0}-{lang}")
        found.append(rows(page))
    return found


@pytest.mark.parametrize(
    ("size", "lang", "most"),
    [
        pytest.param("desk", "zh", [1, 1, 1, 1, 1], marks=pytest.mark.long),
        ("desk", "en", [1, 1, 1, 1, 1]),
        ("phone", "zh", [2, 2, 2, 2, 2]),
        pytest.param("phone", "en", [2, 2, 2, 2, 2], marks=pytest.mark.long),
    ],
)
def test_the_head_of_a_page_takes_no_more_rows_than_it_must(
    people: Organisation, live_server: LiveServer, chromium: Browser, size: str, lang: Lang, most: list[int]
) -> None:
    Account.objects.unscoped("test").update(language=lang)
    page = opened(chromium, live_server, people, "", size, lang)
    assert heights(page, live_server, people, lang) == most
    page.context.close()


def test_a_group_is_opened_and_closed_by_keys_and_by_a_look_elsewhere(
    people: Organisation, live_server: LiveServer, chromium: Browser
) -> None:
    page = opened(chromium, live_server, people, "village", "phone", "zh")
    page.goto(f"{live_server.url}/tasks/")
    page.locator(".bf-group > summary").focus()
    page.keyboard.press("Enter")
    page.locator(".bf-group a", has_text="岗位").wait_for()
    picture(page, "menu-open-phone-zh")
    assert faults(page, "zh") == []
    page.keyboard.press("Escape")
    assert page.evaluate("() => document.activeElement.localName") == "summary"
    assert page.locator(".bf-group[open]").count() == 0
    page.keyboard.press("Enter")
    page.locator("main").click(position={"x": 5, "y": 300})
    assert page.locator(".bf-group[open]").count() == 0
    page.context.close()


def test_on_a_phone_the_menu_begins_where_the_page_is_and_goes_on_sideways(
    people: Organisation, live_server: LiveServer, chromium: Browser
) -> None:
    page = opened(chromium, live_server, people, "officer", "phone", "zh")
    page.goto(f"{live_server.url}/exports/")
    page.wait_for_function("() => document.querySelector('.bf-menu').scrollLeft > 0")
    box = page.locator(".bf-menu a[aria-current]").bounding_box()
    assert box is not None
    assert 0 <= box["x"] <= 360 - box["width"]
    page.locator(".bf-group > summary").click()
    page.locator(".bf-group a", has_text="岗位").click()
    page.wait_for_url("**/posts/")
    picture(page, "menu-posts-phone-zh")
    assert faults(page, "zh") == []
    page.context.close()


def test_a_group_needs_no_script(people: Organisation, live_server: LiveServer, chromium: Browser) -> None:
    page = opened(chromium, live_server, people, "village", "desk", "zh")
    page = page.context.browser.new_context(  # type: ignore[union-attr]
        java_script_enabled=False, storage_state=page.context.storage_state()
    ).new_page()
    page.goto(f"{live_server.url}/tasks/")
    page.click(".bf-group > summary")
    page.click(".bf-group a:text-is('岗位')")
    page.wait_for_url("**/posts/")
    page.context.close()

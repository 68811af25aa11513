"""Help: every area of the menu has a section that its pages lead to, and the keys are those that the script knows."""

import re
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

import bangfu.web
from bangfu.web.context import MENU
from bangfu.web.help import area_of, keys, sections
from tests.organisation import Organisation
from tests.web.conftest import SignedIn

SCRIPTS = Path(bangfu.web.__path__[0]) / "static" / "web"


@pytest.mark.parametrize("name", [name for name, _, _ in MENU if name != "web:home"])
def test_every_entry_of_the_menu_has_a_section(name: str) -> None:
    assert area_of(reverse(name))


def test_the_longest_beginning_of_an_address_decides() -> None:
    assert area_of("/tasks/7/") == "tasks"
    assert area_of("/tasks/reports/7/") == "reports"
    assert area_of("/") == area_of("/nowhere/") == ""


def test_every_beginning_is_that_of_a_page_and_belongs_to_one_section(browser: SignedIn) -> None:
    paths = [path for section in sections() for path in section.paths]
    assert len(set(paths)) == len(paths)
    assert [path for path in paths if browser("admin").get(path).status_code == 404] == []


def test_the_foot_of_a_page_leads_to_its_section(browser: SignedIn) -> None:
    foot = browser("village").get(reverse("web:tasks")).content.decode().partition("<footer")[2]
    assert 'href="/help/#tasks"' in foot
    assert 'id="tasks"' in browser("village").get("/help/").content.decode()


def test_whoever_is_not_signed_in_is_helped_too(org: Organisation) -> None:
    assert 'href="/help/#start"' in Client().get(reverse("web:sign-in")).content.decode()
    said = Client().get("/help/").content.decode()
    assert "登录不上" in said
    assert 'id="keys"' not in said


def test_the_keys_that_are_listed_are_those_that_the_scripts_know() -> None:
    (known,) = re.findall(r"const keys = \{(.*)\};", (SCRIPTS / "keys.js").read_text(encoding="utf-8"))
    pressed = {one or other for one, other in re.findall(r'(?:"(.)"|\b(\w)):', known)}
    assert '"Escape"' in (SCRIPTS / "inplace.js").read_text(encoding="utf-8")
    assert {key for each in keys() for key in each.keys} == pressed | {"Enter", "Esc"}

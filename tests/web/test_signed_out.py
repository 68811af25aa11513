"""A form that is sent when its session has ended: it is said, and nothing that was typed is lost."""

import re
from html import unescape
from typing import Any

import pytest
from django.conf import settings as installation
from django.test import Client
from django.urls import reverse

from bangfu.registry.models import VERSIONS
from tests.households import new_household
from tests.organisation import Organisation
from tests.web.conftest import session_token

LAND = {"fact_cultivated_mu": "3.25", "fact_cooperative": "1", "valid_from": "2017-03-01", "source": "入户<核实>"}


@pytest.fixture
def household(org: Organisation) -> int:
    return new_household(org, "H1", "371102008201")


def hidden(said: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', said))


def test_what_was_typed_is_kept_until_one_has_signed_in_anew_and_is_then_recorded(
    org: Organisation, household: int
) -> None:
    client = Client(enforce_csrf_checks=True)
    sessions = installation.SESSION_COOKIE_NAME
    client.cookies[sessions] = session_token(org.accounts["village"])
    address = reverse("web:facts-change", args=[household, "land", household])
    form = client.get(address).content.decode()
    token = re.findall(r'name="csrfmiddlewaretoken" value="([^"]*)"', form)[0]
    client.post(reverse("web:sign-out"), {"csrfmiddlewaretoken": token})
    sent = client.post(address, {**LAND, "version": "0", "csrfmiddlewaretoken": token})
    said = sent.content.decode()
    assert sent.status_code == 401
    assert "登录已过期，刚才填写的内容还没有保存" in said
    assert re.search(r'href="/sign-in/" target="_blank"', said)
    assert not VERSIONS["land"].objects.unscoped("test").exists()
    # Signed in again, as in another window.
    client.cookies[sessions] = session_token(org.accounts["village"])
    kept = {name: unescape(value) for name, value in hidden(said.partition("<main")[2]).items()}
    assert client.post(address, kept).status_code == 302
    known: Any = VERSIONS["land"].objects.unscoped("test").get(is_current=True)
    assert (known.cultivated_mu, known.act.source) == (32_500, "入户<核实>")


def test_in_place_it_is_said_above_the_form_which_stays_as_it_is(household: int) -> None:
    address = reverse("web:facts-change", args=[household, "land", household])
    sent = Client().post(address, LAND, headers={"HX-Request": "true"})
    said = sent.content.decode().partition("<main")[2].partition("</main>")[0]
    assert sent.status_code == 401
    assert "点“保存”" in said
    assert 'target="_blank"' in said
    assert "3.25" not in said
    assert "<form" not in said


def test_a_button_that_was_pressed_is_told_not_to_have_done_anything(org: Organisation) -> None:
    sent = Client().post(reverse("web:me-sessions-end"))
    assert (sent.status_code, "刚才的操作没有进行" in sent.content.decode()) == (401, True)


@pytest.mark.parametrize("name", ["sign-out", "code", "first-password", "confirm", "second-factor"])
def test_a_password_or_a_code_is_never_shown_again(org: Organisation, name: str) -> None:
    sent = Client().post(reverse(f"web:{name}"), {"password": "四匹马-harbour-walnut", "code": "123456"})
    assert sent.status_code == 302
    assert sent["Location"].startswith(reverse("web:sign-in"))

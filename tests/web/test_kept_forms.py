"""A form that is sent when its session has ended, or owes a code or the password again: it is said, and nothing that was typed is lost."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pyotp
import pytest
from django.conf import settings as installation
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bangfu.access.models import Account, Holding, SecondFactor, Session
from bangfu.privacy.models import Kind
from bangfu.privacy.services import seal_number
from bangfu.registry.models import VERSIONS
from tests.households import new_household
from tests.organisation import RING, Organisation
from tests.web.conftest import session_token, signed_in

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


PASSWORD = "四匹马-harbour-walnut"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PERSON = {"login": "xin.ren", "name": "新<人>", "phone": "13800000001"}


def given(said: str) -> tuple[str, dict[str, str]]:
    """Of the form of a page's content: where it is sent, and what it carries unseen."""
    form = re.findall(r"<form .*?</form>", said.partition("<main")[2], re.DOTALL)[0]
    return unescape(re.findall(r'action="([^"]*)"', form)[0]), {k: unescape(v) for k, v in hidden(form).items()}


def a_password_of(account: int) -> None:
    found = Account.objects.unscoped("test").get(pk=account)
    found.set_password(PASSWORD)
    found.temporary_until = None
    found.save()


def owing(account: int, *, code: bool = False, password: bool = False, ended: bool = False) -> Client:
    """A client whose session has been there for a while, and what it owes."""
    a_password_of(account)
    client, now = signed_in(account), timezone.now()
    session = Session.objects.unscoped("test").filter(account=account)
    if code:
        secret = seal_number(RING, Kind.TOTP_SECRET, SECRET)
        SecondFactor.objects.create(account_id=account, secret=secret, confirmed_at=now)
        session.update(second_factor_at=None)
    if password:
        session.update(confirmed_at=now - timedelta(hours=1))
    if ended:
        session.update(seen_at=now - timedelta(hours=1))
    return client


def asked_to_hand_over(client: Client, org: Organisation) -> Any:
    """A post that wants the password again: somebody has typed who follows on."""
    to = {"account": org.accounts["nobody"], "on": "2017-12-01"}
    return client.post(reverse("web:post-hand-over", args=[org.posts["other"]]), to)


def keeps(org: Organisation, name: str) -> bool:
    return Holding.objects.unscoped("test").filter(account=org.accounts[name], post=org.posts["other"]).exists()


def test_what_wants_the_password_again_is_sent_once_it_was_given_and_somebody_presses_the_button(
    org: Organisation,
) -> None:
    client = owing(org.accounts["admin"], password=True)
    sent = asked_to_hand_over(client, org)
    said = sent.content.decode()
    assert sent.status_code == 401
    assert "这一步之前要再输入一次密码，刚才的操作还没有进行" in said
    client.handler.enforce_csrf_checks = True
    where, carried = given(said)
    assert where == reverse("web:confirm")
    wrong = client.post(where, {**carried, "password": "wrong"}).content.decode()
    assert "密码不对" in wrong
    again = given(wrong)[1]
    shown = client.post(where, {**again, "password": PASSWORD}).content.decode()
    assert "点“继续提交”，就按刚才填写的办" in shown
    assert PASSWORD not in shown
    assert not keeps(org, "nobody"), "nothing is done by giving a password"
    where, carried = given(shown)
    assert client.post(where, carried).status_code == 302
    assert keeps(org, "nobody")


def test_a_code_that_is_missing_is_given_on_the_way_with_what_was_typed(org: Organisation) -> None:
    client = owing(org.accounts["admin"], code=True)
    where, carried = given(client.post(reverse("web:me-phone"), {"phone": "13800000009"}).content.decode())
    assert where == reverse("web:code")
    shown = client.post(where, {**carried, "code": pyotp.TOTP(SECRET).now()}).content.decode()
    where, carried = given(shown)
    assert (where, carried["phone"]) == (reverse("web:me-phone"), "13800000009")
    assert client.post(where, carried).status_code == 302
    assert Account.objects.unscoped("test").get(pk=org.accounts["admin"]).phone == "13800000009"


def test_whoever_has_no_second_factor_sets_it_up_in_another_window_while_the_form_waits(org: Organisation) -> None:
    client = signed_in(org.accounts["admin"], sure=False)
    told = client.post(reverse("web:person-add"), {**PERSON, "home": org.places["371102"]})
    said = told.content.decode()
    assert told.status_code == 401
    assert f'href="{reverse("web:second-factor")}" target="_blank"' in said
    assert given(said) == (reverse("web:person-add"), {**PERSON, "home": str(org.places["371102"])} | given(said)[1])
    assert given(said)[1]["name"] == "新<人>"


def test_the_way_through_signing_in_leads_by_the_code_and_back_to_what_was_typed(org: Organisation) -> None:
    client = owing(org.accounts["admin"], code=True, ended=True)
    said = client.post(reverse("web:me-phone"), {"phone": "13800000009"}).content.decode()
    assert "登录已过期，刚才的操作还没有进行" in said
    assert "13800000009" not in said
    where, carried = given(said)
    assert where == reverse("web:sign-in")
    said = client.post(where, {**carried, "login": "admin", "password": PASSWORD}).content.decode()
    where, carried = given(said)
    assert where == reverse("web:code")
    where, carried = given(client.post(where, {**carried, "code": pyotp.TOTP(SECRET).now()}).content.decode())
    assert (where, carried["phone"]) == (reverse("web:me-phone"), "13800000009")


def test_nobody_else_who_signs_in_reads_or_sends_what_was_typed(org: Organisation) -> None:
    client = owing(org.accounts["village"], ended=True)
    a_password_of(org.accounts["officer"])
    where, carried = given(client.post(reverse("web:me-phone"), {"phone": "13800000009"}).content.decode())
    answer = client.post(where, {**carried, "login": "officer", "password": PASSWORD}, follow=True)
    said = answer.content.decode()
    assert "另一个账号填写的，没有保存" in said
    assert "13800000009" not in said


def test_a_page_left_open_sends_nothing_for_whoever_signs_in_next(org: Organisation) -> None:
    client, phone = Client(enforce_csrf_checks=True), reverse("web:me-phone")

    def sign_of(page: str) -> str:
        return re.findall(r'name="csrfmiddlewaretoken" value="([^"]*)"', client.get(page).content.decode())[0]

    def enter(login: str) -> None:
        a_password_of(org.accounts[login])
        where = reverse("web:sign-in")
        typed = {"login": login, "password": PASSWORD, "csrfmiddlewaretoken": sign_of(where)}
        assert client.post(where, typed).status_code == 302

    enter("village")
    left = {"phone": "13800000009", "csrfmiddlewaretoken": sign_of(phone)}
    client.post(reverse("web:sign-out"), left)
    enter("village")
    assert client.post(phone, left).status_code == 302, "of the same account it is still sent"
    client.post(reverse("web:sign-out"), left)
    enter("sibling")
    refused = client.post(phone, left)
    assert (refused.status_code, "别的账号" in refused.content.decode()) == (403, True)
    assert Account.objects.unscoped("test").get(pk=org.accounts["sibling"]).phone == "13800000000"
    assert client.post(phone, {**left, "csrfmiddlewaretoken": sign_of(phone)}).status_code == 302


def test_files_are_asked_for_again_by_the_names_that_they_had(org: Organisation) -> None:
    client = owing(org.accounts["village"], ended=True)
    scan = SimpleUploadedFile("三月.xlsx", b"x")
    where, carried = given(client.post(reverse("web:payments"), {"file": scan, "reason": "三月"}).content.decode())
    shown = client.post(where, {**carried, "login": "village", "password": PASSWORD}).content.decode()
    assert "再选一次文件：三月.xlsx" in shown
    assert re.search(r'<input [^>]*type="file" name="file"[^>]* required', shown)
    assert 'enctype="multipart/form-data"' in shown
    assert given(shown)[1]["reason"] == "三月"


@pytest.mark.parametrize("owed", ["password", "ended"])
def test_in_place_the_form_stays_and_the_words_say_what_is_missing(org: Organisation, owed: str) -> None:
    client = owing(org.accounts["admin"], **{owed: True})
    act = reverse("web:post-hand-over", args=[org.posts["other"]])
    sent = client.post(act, {"to": "1"}, headers={"HX-Request": "true"})
    said = sent.content.decode().partition("<main")[2]
    step = reverse({"password": "web:confirm", "ended": "web:sign-in"}[owed])
    assert sent.status_code == 401
    assert re.search(rf'data-step href="{step}" target="_blank"', said)
    assert "<form" not in said


def test_a_step_whose_own_session_ends_takes_what_was_typed_along(org: Organisation) -> None:
    client = owing(org.accounts["admin"], password=True)
    where, carried = given(asked_to_hand_over(client, org).content.decode())
    Session.objects.unscoped("test").update(seen_at=timezone.now() - timedelta(hours=1))
    said = client.post(where, {**carried, "password": PASSWORD}).content.decode()
    assert given(said) == (
        reverse("web:sign-in"),
        {**carried, "csrfmiddlewaretoken": given(said)[1]["csrfmiddlewaretoken"]},
    )
    assert PASSWORD not in said


def test_more_than_a_request_may_carry_along_waits_in_its_own_page(org: Organisation) -> None:
    client = owing(org.accounts["village"], ended=True)
    said = client.post(reverse("web:me-phone"), {"phone": "1" * 2_000_000}).content.decode()
    assert given(said)[0] == reverse("web:me-phone")
    assert 'target="_blank"' in said


def other_language(said: str) -> dict[str, str]:
    """What the button sends that changes the language, at the head of a page."""
    head = said.partition("<main")[0]
    form = re.findall(rf'<form method="post" action="{reverse("web:language")}">.*?</form>', head, re.DOTALL)[0]
    return {"language": "en", **{name: unescape(value) for name, value in hidden(form).items()}}


def test_what_was_typed_stays_when_the_language_is_changed_on_the_way(org: Organisation) -> None:
    client = owing(org.accounts["admin"], code=True, ended=True)
    said = client.post(reverse("web:me-phone"), {"phone": "13800000009"}).content.decode()
    client.handler.enforce_csrf_checks = True

    def in_english(page: str) -> str:
        return client.post(reverse("web:language"), other_language(page)).content.decode()

    said = in_english(said)
    assert "What you typed is kept" in said
    where, carried = given(said)
    said = client.post(where, {**carried, "login": "admin", "password": PASSWORD}).content.decode()
    said = in_english(said)
    where, carried = given(said)
    assert where == reverse("web:code")
    said = client.post(where, {**carried, "code": pyotp.TOTP(SECRET).now()}).content.decode()
    said = in_english(said)
    assert "kept as you filled it in" in said
    where, carried = given(said)
    assert client.post(where, carried).status_code == 302
    assert Account.objects.unscoped("test").get(pk=org.accounts["admin"]).phone == "13800000009"


def test_where_the_page_alone_has_what_was_typed_no_button_leads_away_from_it_unseen(org: Organisation) -> None:
    client = owing(org.accounts["village"], ended=True)
    said = client.post(reverse("web:me-phone"), {"phone": "1" * 2_000_000}).content.decode()
    assert reverse("web:language") not in said


def test_of_what_was_sealed_with_a_key_that_was_retired_meanwhile_that_is_said(
    org: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = owing(org.accounts["village"], ended=True)
    where, carried = given(client.post(reverse("web:me-phone"), {"phone": "13800000009"}).content.decode())
    rotated = RING.rotated()
    ring = rotated.without(next(key for key in rotated.sealing if key != rotated.current))
    monkeypatch.setattr("bangfu.web.middleware.actor.ring", lambda: ring)
    answer = client.post(where, {**carried, "login": "village", "password": PASSWORD}, follow=True)
    said = answer.content.decode()
    assert "停用了加密它的密钥" in said
    assert "另一个账号" not in said

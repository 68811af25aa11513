"""Signing in: the same answer to whoever is not let in, sessions that end when they should, codes that are taken once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from unittest.mock import patch

import pyotp
import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import models

from bangfu.access.data import Denied, NotThere
from bangfu.access.models import Account, KnownDevice, RecoveryCode, SecondFactor, Session, Throttle
from bangfu.access.passwords import local_words
from bangfu.access.services.people import close_account, reopen_account
from bangfu.access.services.posts import hand_over
from bangfu.access.services.second_factor import (
    forget_second_factor,
    give_code,
    offer_second_factor,
    offered_second_factor,
    recovery_codes_left,
    remove_second_factor,
    set_second_factor,
)
from bangfu.access.services.sessions import (
    ABSOLUTE,
    IDLE,
    SessionSeen,
    end_other_sessions,
    end_session,
    open_sessions,
    seen,
    session_of,
    sign_out,
)
from bangfu.access.services.sign_in import (
    SignedIn,
    change_password,
    confirm,
    reset_account,
    sign_in,
)
from bangfu.audit.data import By
from bangfu.audit.models import Entry
from bangfu.kernel.errors import DomainError
from bangfu.privacy.models import SealedNumber
from tests.organisation import NOW, TODAY, Organisation, founded
from tests.races import at_once

GOOD = "三月-walnut-harbour"
AT_DESK = "10.0.0.7"


@pytest.fixture
def org(db: None) -> Organisation:
    made = founded()
    give_password(made, "village")
    return made


def give_password(org: Organisation, name: str, password: str = GOOD) -> None:
    account = Account.objects.unscoped("test").get(pk=org.accounts[name])
    account.set_password(password)
    account.temporary_until = None
    account.save()


def by(org: Organisation, after: timedelta = timedelta(), source: str = AT_DESK) -> By:
    return By("anonymous", NOW + after, org.by.ring, "", source)


def refusal(code: str) -> "pytest.RaisesExc[DomainError]":
    return pytest.raises(DomainError, match=f"^{code}:")


def enter(
    org: Organisation, name: str = "village", password: str = GOOD, after: timedelta = timedelta(), **more: str
) -> SignedIn:
    return sign_in(by(org, after, more.pop("source", AT_DESK)), name, password, **more)


def met(token: str, at: datetime = NOW) -> SessionSeen:
    session = session_of(token, at)
    assert session is not None
    return session


class TestWhoIsNotLetIn:
    def test_unknown_wrong_and_closed_get_one_answer_for_as_much_work(self, org: Organisation) -> None:
        org.add("idle")
        give_password(org, "idle")
        close_account(org.by, org.actor("admin"), org.accounts["idle"])
        answers, work = set(), set()
        for login, password in (("no.such.person", GOOD), ("village", "wrong"), ("idle", GOOD), ("nobody", GOOD)):
            counted = patch.object(
                PBKDF2PasswordHasher, "encode", autospec=True, side_effect=PBKDF2PasswordHasher.encode
            )
            with counted as hashed, refusal("SIGN_IN_FAILED") as refused:
                enter(org, login, password)
            answers.add(refused.value.text)
            work.add(hashed.call_count)
        assert len(answers) == len(work) == 1
        assert Session.objects.unscoped("test").count() == 0

    def test_what_was_typed_as_a_login_is_written_nowhere(self, org: Organisation) -> None:
        with refusal("SIGN_IN_FAILED"):
            enter(org, "my-password-in-the-wrong-field", "x")
        assert "wrong-field" not in everything_stored()

    def test_a_failure_is_recorded_as_denied_with_its_source_and_a_success_with_its_actor(
        self, org: Organisation
    ) -> None:
        with refusal("SIGN_IN_FAILED"):
            enter(org, password="wrong")
        enter(org)
        account = f"account:{org.accounts['village']}"
        found = (
            Entry.objects.filter(act="access.sign_in")
            .order_by("pk")
            .values_list("outcome", "actor", "subject", "source")
        )
        assert list(found) == [("denied", "anonymous", account, AT_DESK), ("done", account, account, AT_DESK)]

    def test_a_temporary_password_ends_after_a_week(self, org: Organisation) -> None:
        password = reset_account(org.by, org.actor("admin"), org.accounts["village"])
        enter(org, password=password, after=timedelta(days=7) - timedelta(seconds=1))
        with refusal("TEMPORARY_OVER"):
            enter(org, password=password, after=timedelta(days=7))

    @pytest.mark.parametrize("name", ["officer", "auditor", "subdistrict", "village", "nobody", "stranger"])
    def test_only_an_administrator_resets(self, org: Organisation, name: str) -> None:
        with pytest.raises((Denied, NotThere)):
            reset_account(org.by, org.actor(name), org.accounts["village"])
        enter(org)


class TestSessions:
    def test_a_session_ends_after_half_an_hour_idle_and_not_before(self, org: Organisation) -> None:
        token = enter(org).token
        assert session_of(token, NOW + IDLE - timedelta(seconds=1))
        assert session_of(token, NOW + IDLE) is None

    def test_being_seen_keeps_it_alive_but_never_beyond_twelve_hours(self, org: Organisation) -> None:
        token, at = enter(org).token, NOW
        while at < NOW + ABSOLUTE - timedelta(minutes=20):
            at += timedelta(minutes=20)
            seen(replace(org.by, at=at), met(token, at))
        assert session_of(token, NOW + ABSOLUTE - timedelta(seconds=1))
        assert session_of(token, NOW + ABSOLUTE) is None

    def test_it_is_written_at_most_once_a_minute(self, org: Organisation) -> None:
        session = met(enter(org).token)
        for seconds, moved in ((59, False), (60, True)):
            seen(replace(org.by, at=NOW + timedelta(seconds=seconds)), session)
            kept = Session.objects.unscoped("test").get(pk=session.id).seen_at
            assert (kept > NOW) is moved

    def test_a_cookie_is_dead_after_signing_out_and_after_its_account_closed(self, org: Organisation) -> None:
        first, second = enter(org).token, enter(org).token
        sign_out(org.by, met(first))
        assert session_of(first, NOW) is None
        hand_over(org.by, org.founder, org.posts["village"], None, TODAY)
        close_account(org.by, org.founder, org.accounts["village"])
        assert session_of(second, NOW) is None
        reopen_account(org.by, org.founder, org.accounts["village"])
        assert session_of(second, NOW) is None

    @pytest.mark.parametrize("token", ["", "x", "a" * 10_000, "'; DROP TABLE access_session; --", "\x00"])
    def test_a_made_up_cookie_is_nobody(self, org: Organisation, token: str) -> None:
        enter(org)
        assert session_of(token, NOW) is None

    def test_people_who_share_a_browser_are_both_known_there(self, org: Organisation) -> None:
        give_password(org, "sibling")
        shared = enter(org).device
        assert {enter(org, name, device=shared).device for name in ("sibling", "village", "sibling")} == {shared}

    def test_a_browser_that_nobody_knows_is_given_a_name_of_ours(self, org: Organisation) -> None:
        assert enter(org, device="chosen-by-somebody-else").device != "chosen-by-somebody-else"

    def test_one_lists_and_ends_ones_own_and_no_others(self, org: Organisation) -> None:
        give_password(org, "sibling")
        mine, also, theirs = enter(org).token, enter(org).token, enter(org, "sibling").token
        actor = org.actor("village")
        assert {row.pk for row in open_sessions(actor, NOW)} == {met(mine).id, met(also).id}
        with pytest.raises(NotThere):
            end_session(org.by, actor, met(theirs).id)
        end_session(org.by, actor, met(also).id)
        assert session_of(also, NOW) is None
        third = enter(org).token
        assert end_other_sessions(org.by, met(mine)) == 1
        assert [session_of(token, NOW) is None for token in (mine, third, theirs)] == [False, True, False]

    def test_the_token_is_new_whenever_the_session_becomes_worth_more(self, org: Organisation) -> None:
        token, later = enter(org).token, timedelta(minutes=11)
        again = confirm(by(org, later), met(token, NOW + later), GOOD)
        changed = change_password(by(org, later), met(again, NOW + later), GOOD, "another-Good-one-7")
        assert [session_of(each, NOW + later) is None for each in (token, again, changed)] == [True, True, False]

    def test_the_password_counts_as_given_just_now_for_ten_minutes(self, org: Organisation) -> None:
        session = met(enter(org).token)
        assert session.confirmed(NOW + timedelta(minutes=10) - timedelta(seconds=1))
        assert not session.confirmed(NOW + timedelta(minutes=10))

    def test_tables_hold_no_token_and_no_code_that_would_let_anybody_in(self, org: Organisation) -> None:
        signed = enter(org)
        secret, codes, token = with_factor(org, met(signed.token))
        stored = everything_stored()
        for secret_thing in (signed.token, signed.device, token, secret, *codes, GOOD):
            assert secret_thing not in stored
            assert secret_thing.replace("-", "") not in stored


class TestPasswords:
    @pytest.mark.parametrize(
        "password",
        [
            "",
            "short",
            "123456789012345",
            "password1234",
            "village2017!",
            "人village",
            "rizhao2017!!",
            "Fupin-2018-12",
            "帮扶20171201",
            "x" * 129,
        ],
    )
    def test_what_others_would_guess_is_refused_and_says_why_in_both_languages(
        self, org: Organisation, password: str
    ) -> None:
        session = met(enter(org).token)
        with refusal("PASSWORD_WEAK") as refused:
            change_password(by(org), session, GOOD, password)
        assert any("\u4e00" <= sign <= "\u9fff" for sign in refused.value.text.zh)
        assert not any("\u4e00" <= sign <= "\u9fff" for sign in refused.value.text.en)
        enter(org)

    @pytest.mark.parametrize(
        "password", ["correct horse battery", " 两端有空格的密码 ", "🐎电池订书钉正确-x", "y" * 127 + "z"]
    )
    def test_any_long_phrase_is_taken_as_typed(self, org: Organisation, password: str) -> None:
        change_password(by(org), met(enter(org).token), GOOD, password)
        enter(org, password=password)
        if password.strip() != password:
            with refusal("SIGN_IN_FAILED"):
                enter(org, password=password.strip())

    def test_a_wrong_old_password_changes_nothing(self, org: Organisation) -> None:
        with refusal("PASSWORD_WRONG"):
            change_password(by(org), met(enter(org).token), "wrong", "another-Good-one-7")
        enter(org)

    def test_the_same_again_is_no_change(self, org: Organisation) -> None:
        with refusal("PASSWORD_SAME"):
            change_password(by(org), met(enter(org).token), GOOD, GOOD)

    def test_changing_it_ends_all_other_sessions(self, org: Organisation) -> None:
        stolen, mine = enter(org).token, enter(org).token
        mine = change_password(by(org), met(mine), GOOD, "another-Good-one-7")
        assert session_of(stolen, NOW) is None
        assert session_of(mine, NOW)

    def test_a_reset_lets_nobody_in_with_what_they_had(self, org: Organisation) -> None:
        signed = enter(org)
        with_factor(org, met(signed.token))
        password = reset_account(org.by, org.actor("admin"), org.accounts["village"])
        with refusal("SIGN_IN_FAILED"):
            enter(org)
        session = met(enter(org, password=password).token)
        assert session.password_due
        assert not session.code_due
        assert not KnownDevice.objects.filter(first_at__lt=NOW).exists()
        assert SealedNumber.objects.count() == 0

    def test_local_words_are_small_letters_alone(self) -> None:
        assert all(word == word.casefold() and word.isalpha() for word in local_words())


def with_factor(org: Organisation, session: SessionSeen, at: datetime = NOW) -> tuple[str, list[str], str]:
    who = replace(org.by, at=at)
    secret = offer_second_factor(who, session).secret
    token, codes = set_second_factor(who, session, pyotp.TOTP(secret).at(at))
    return secret, codes, token


@pytest.fixture
def meanwhile(org: Organisation, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Let something happen between the look at a password and what follows from it."""

    def happens(what: Callable[[], object]) -> None:
        look = Account.check_password

        def look_and_then(account: Account, given: str) -> bool:
            right = look(account, given)
            monkeypatch.setattr(Account, "check_password", look)
            what()
            return right

        monkeypatch.setattr(Account, "check_password", look_and_then)

    return happens


Meanwhile = Callable[[Callable[[], object]], None]


class TestWhatHappensMeanwhile:
    def test_a_password_that_was_just_changed_begins_no_session(self, org: Organisation, meanwhile: Meanwhile) -> None:
        mine = met(enter(org).token)
        meanwhile(lambda: change_password(by(org), mine, GOOD, "another-Good-one-7"))
        with refusal("SIGN_IN_FAILED"):
            enter(org, source="10.6.6.6")
        assert Session.objects.unscoped("test").filter(ended_at=None).count() == 1

    def test_an_account_that_was_just_reset_or_closed_begins_no_session(
        self, org: Organisation, meanwhile: Meanwhile
    ) -> None:
        meanwhile(lambda: reset_account(org.by, org.actor("admin"), org.accounts["village"]))
        with refusal("SIGN_IN_FAILED"):
            enter(org)
        org.add("idle")
        give_password(org, "idle")
        meanwhile(lambda: close_account(org.by, org.actor("admin"), org.accounts["idle"]))
        with refusal("SIGN_IN_FAILED"):
            enter(org, "idle")

    def test_of_two_who_change_a_password_at_once_the_second_changes_nothing(
        self, org: Organisation, meanwhile: Meanwhile
    ) -> None:
        mine, thief = met(enter(org).token), met(enter(org).token)
        meanwhile(lambda: change_password(by(org), mine, GOOD, "another-Good-one-7"))
        with refusal("PASSWORD_WRONG"):
            change_password(by(org), thief, GOOD, "thief-Has-chosen-9")
        enter(org, password="another-Good-one-7")

    def test_without_the_second_look_the_stolen_password_would_do(
        self, org: Organisation, meanwhile: Meanwhile, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        mine = met(enter(org).token)
        meanwhile(lambda: change_password(by(org), mine, GOOD, "another-Good-one-7"))
        monkeypatch.setattr(
            "bangfu.access.services.sign_in._locked_as", lambda seen: Account.objects.unscoped("test").get(pk=seen.pk)
        )
        assert session_of(enter(org, source="10.6.6.6").token, NOW)


class TestSecondFactor:
    def test_it_counts_only_once_a_code_showed_that_the_phone_has_it(self, org: Organisation) -> None:
        session = met(enter(org).token)
        offered = offer_second_factor(org.by, session)
        assert offered_second_factor(org.by, session) == offered
        assert not met(enter(org).token).code_due
        with refusal("CODE_WRONG"):
            set_second_factor(org.by, session, "000000")
        token, codes = set_second_factor(org.by, session, pyotp.TOTP(offered.secret).at(NOW))
        assert met(token).second_factor
        assert len(set(codes)) == 10
        assert met(enter(org).token).code_due
        assert recovery_codes_left(org.actor("village")) == 10

    @pytest.mark.parametrize(("off", "taken"), [(-61, False), (-30, True), (0, True), (30, True), (61, False)])
    def test_a_phones_clock_may_be_off_by_half_a_minute(self, org: Organisation, off: int, taken: bool) -> None:
        at = NOW.replace(second=0) + timedelta(hours=1)
        secret, *_ = with_factor(org, met(enter(org).token))
        session = met(enter(org, after=at - NOW).token, at)
        code = pyotp.TOTP(secret).at(at + timedelta(seconds=off))
        if taken:
            assert met(give_code(replace(org.by, at=at), session, code), at).second_factor
        else:
            with refusal("CODE_WRONG"):
                give_code(replace(org.by, at=at), session, code)

    def test_no_code_is_taken_twice_nor_an_older_one_after_it(self, org: Organisation) -> None:
        at = NOW + timedelta(hours=1)
        secret, *_ = with_factor(org, met(enter(org).token))
        who, session = replace(org.by, at=at), met(enter(org, after=at - NOW).token, at)
        phone = pyotp.TOTP(secret)
        give_code(who, session, phone.at(at))
        for code in (phone.at(at), phone.at(at - timedelta(seconds=30))):
            with refusal("CODE_WRONG"):
                give_code(who, session, code)

    def test_the_code_that_set_it_up_does_not_sign_in(self, org: Organisation) -> None:
        secret, *_ = with_factor(org, met(enter(org).token))
        with refusal("CODE_WRONG"):
            give_code(org.by, met(enter(org).token), pyotp.TOTP(secret).at(NOW))

    def test_each_recovery_code_stands_in_once(self, org: Organisation) -> None:
        _, codes, _ = with_factor(org, met(enter(org).token))
        assert met(give_code(org.by, met(enter(org).token), codes[0].lower())).second_factor
        assert recovery_codes_left(org.actor("village")) == 9
        with refusal("CODE_WRONG"):
            give_code(org.by, met(enter(org).token), codes[0])

    def test_anothers_code_is_no_code(self, org: Organisation) -> None:
        give_password(org, "sibling")
        secret, codes, _ = with_factor(org, met(enter(org, "sibling").token))
        with_factor(org, met(enter(org).token))
        session = met(enter(org).token)
        later = pyotp.TOTP(secret).at(NOW + timedelta(seconds=30))
        for n, code in enumerate((codes[0], later, "", "\u202e123456", "１２３", "9" * 10_000)):
            with refusal("CODE_WRONG"):
                give_code(replace(org.by, at=NOW + timedelta(hours=n)), session, code)

    def test_changing_it_wants_the_password_given_just_now(self, org: Organisation) -> None:
        session, later = met(enter(org).token), replace(org.by, at=NOW + timedelta(minutes=10))
        for act in (offer_second_factor, remove_second_factor):
            with pytest.raises(Denied, match="CONFIRMATION_NEEDED"):
                act(later, session)
        with pytest.raises(Denied, match="CONFIRMATION_NEEDED"):
            set_second_factor(later, session, "000000")

    def test_who_owes_the_code_can_change_nothing_about_signing_in(self, org: Organisation) -> None:
        with_factor(org, met(enter(org).token))
        owing = met(enter(org).token)
        assert owing.code_due
        acts: tuple[Callable[[], object], ...] = (
            lambda: remove_second_factor(org.by, owing),
            lambda: offer_second_factor(org.by, owing),
            lambda: change_password(by(org), owing, GOOD, "another-Good-one-7"),
            lambda: confirm(by(org), owing, GOOD),
        )
        for act in acts:
            with pytest.raises(Denied, match="SECOND_FACTOR_NEEDED"):
                act()

    def test_one_that_is_set_is_not_replaced_by_a_new_offer(self, org: Organisation) -> None:
        *_, token = with_factor(org, met(enter(org).token))
        with refusal("FACTOR_SET"):
            offer_second_factor(org.by, met(token))

    def test_removed_it_leaves_nothing_sealed_behind(self, org: Organisation) -> None:
        *_, token = with_factor(org, met(enter(org).token))
        remove_second_factor(org.by, met(token))
        assert SealedNumber.objects.count() == 0
        assert recovery_codes_left(org.actor("village")) is None
        forget_second_factor(org.accounts["village"])

    def test_removed_no_session_counts_as_having_given_a_code_of_it(self, org: Organisation) -> None:
        _, codes, token = with_factor(org, met(enter(org).token))
        other = give_code(org.by, met(enter(org).token), codes[0])
        remove_second_factor(org.by, met(token))
        assert not met(token).second_factor
        with_factor(org, met(token))
        assert met(other).code_due


def both_give(org: Organisation, code: str, at: datetime) -> int:
    """Two browsers give one code at one moment. Returns how many were let in."""
    sessions = [met(enter(org, after=at - NOW).token, at) for _ in range(2)]
    return 2 - len(at_once([partial(give_code, replace(org.by, at=at), session, code) for session in sessions]))


@pytest.fixture
def two_browsers(committed: None) -> tuple[Organisation, str, list[str]]:
    org = founded()
    give_password(org, "village")
    secret, codes, _ = with_factor(org, met(enter(org).token))
    return org, secret, codes


def test_a_code_given_twice_at_once_lets_one_in(two_browsers: tuple[Organisation, str, list[str]]) -> None:
    org, secret, codes = two_browsers
    at = NOW + timedelta(hours=1)
    assert both_give(org, pyotp.TOTP(secret).at(at), at) == 1
    assert both_give(org, codes[0], at) == 1


def test_with_a_look_before_the_write_both_would_come_in(
    two_browsers: tuple[Organisation, str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    org, secret, _ = two_browsers
    at = NOW + timedelta(hours=1)
    # What is taken is remembered only after both were let in.
    with monkeypatch.context() as unprotected:
        unprotected.setattr(models.QuerySet, "update", lambda rows, **values: 1)
        assert both_give(org, pyotp.TOTP(secret).at(at), at) == 2


def everything_stored() -> str:
    """All that the room's tables and the record hold, as one text."""
    tables = (Account, Session, KnownDevice, Throttle, SecondFactor, RecoveryCode, SealedNumber, Entry)
    rows = [list(model._base_manager.values()) for model in tables]
    return repr([rows, list(Entry._base_manager.values("text__body"))])

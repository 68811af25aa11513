"""Signing in, and what is given again or chosen anew: who somebody says they are, and whether they are.

For a login that nobody has, a wrong password and a closed account the answer is the same, and as much work is done for it.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.hashers import make_password
from django.db import transaction

from bangfu.access.data import Actor, NotThere
from bangfu.access.models import Account, KnownDevice
from bangfu.access.passwords import require_good, temporary_password
from bangfu.access.policy import require
from bangfu.access.services.second_factor import forget_second_factor
from bangfu.access.services.sessions import SessionSeen, begin_session, digest, end_sessions, new_token, renewed
from bangfu.access.services.throttle import Attempt, attempt, give_back
from bangfu.audit.data import Act, By
from bangfu.audit.services import record, record_denied
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text

TEMPORARY = timedelta(days=7)
NOT_YET_KNOWN = "nobody has signed in yet"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The cookies of a browser that has just signed in."""

    token: str
    device: str


def sign_in(by: By, login: str, password: str, *, device: str = "", browser: str = "") -> SignedIn:
    """Begin a session. `device` is the token of a browser that has signed in here before, `browser` what it calls itself.

    Raises DomainError: SIGN_IN_FAILED, WAIT, or TEMPORARY_OVER for a temporary password that was right and is too old.
    """
    account = Account.objects.unscoped(NOT_YET_KNOWN).filter(login=login.strip().casefold()).first()
    known = device if account is not None and _knows(account, device) else ""
    made = attempt(by, login.strip().casefold(), known)
    if account is None:
        make_password(password)  # as much work as for an account
    right = account is not None and account.check_password(password)
    if account is None or not right or account.disabled_at is not None:
        subject, home = ("", None) if account is None else (f"account:{account.pk}", account.home_id)
        record_denied(by, Act("access.sign_in", subject, home))
        raise DomainError(
            "SIGN_IN_FAILED",
            Text(
                "登录名或密码不对。请核对大小写后重试；忘记密码请找管理员重置。",
                "The sign-in name or the password is wrong. Check them and try again, or ask the administrator for a new password.",
            ),
        )
    if account.temporary_until is not None and account.temporary_until <= by.at:
        record_denied(by, Act("access.sign_in", f"account:{account.pk}", account.home_id))
        raise DomainError(
            "TEMPORARY_OVER",
            Text(
                "临时密码已过期，请找管理员重新设置。",
                "The temporary password is too old; ask the administrator for a new one.",
            ),
        )
    return _begun(by, account, made, known, browser)


def confirm(by: By, session: SessionSeen, password: str) -> str:
    """Give the password again, for acts with consequences. Returns the session's new token. Raises DomainError: PASSWORD_WRONG, WAIT."""
    _prove(by, session, password, "access.confirm")
    with transaction.atomic():
        record(by, Act("access.confirm", f"account:{session.account}", session.home))
        return renewed(by, session, confirmed_at=by.at)


def change_password(by: By, session: SessionSeen, old: str, new: str) -> str:
    """Choose a password; all other sessions end. Returns this one's new token.

    Raises DomainError: PASSWORD_WRONG, WAIT, PASSWORD_WEAK, PASSWORD_SAME.
    """
    _prove(by, session, old, "access.change_password")
    with transaction.atomic():
        account = Account.objects.unscoped("one's own row").select_for_update().get(pk=session.account)
        require_good(account, new)
        if old == new:
            raise DomainError(
                "PASSWORD_SAME", Text("新密码不能与原密码相同。", "The new password must differ from the old one.")
            )
        account.set_password(new)
        account.temporary_until = None
        account.save(update_fields=["password", "temporary_until"])
        end_sessions(by, account.pk, keep=session.id)
        record(by, Act("access.change_password", f"account:{account.pk}", account.home_id))
        return renewed(by, session, confirmed_at=by.at)


def reset_account(by: By, actor: Actor, account: int) -> str:
    """Give somebody a temporary password, shown once, for a week; sessions end, browsers and second factor are forgotten.

    Raises NotThere, Denied, and DomainError for a closed account.
    """
    with transaction.atomic():
        if not Account.objects.seen_by(actor).filter(pk=account).exists():
            raise NotThere
        found = Account.objects.unscoped("the actor was asked").select_for_update().get(pk=account)
        require(actor, "people.reset", found.home_id)
        if found.disabled_at is not None:
            raise DomainError("CLOSED", Text("账号已停用，请先恢复。", "The account is closed; reopen it first."))
        password = given_temporary(by, found)
        record(by, Act("access.reset_account", f"account:{account}", found.home_id))
        return password


def _begun(by: By, account: Account, made: Attempt, known: str, browser: str) -> SignedIn:
    with transaction.atomic():
        give_back(by, made)
        device = known or new_token()
        if not known:
            KnownDevice.objects.create(account=account, token_digest=digest(device), first_at=by.at)
        token = begin_session(by, account, browser)
        record(
            By(f"account:{account.pk}", by.at, by.ring, "", by.source, by.request),
            Act("access.sign_in", f"account:{account.pk}", account.home_id),
        )
        return SignedIn(token, device)


def _prove(by: By, session: SessionSeen, password: str, act: str) -> None:
    """The password of who is signed in, under a count of the account's own sessions."""
    account = Account.objects.unscoped("one's own row").get(pk=session.account)
    made = attempt(by, account.login, f"session:{session.id}")
    if not account.check_password(password):
        record_denied(by, Act(act, f"account:{account.pk}", account.home_id))
        raise DomainError("PASSWORD_WRONG", Text("密码不对，请重新输入。", "The password is wrong; give it again."))
    give_back(by, made)


def _knows(account: Account, device: str) -> bool:
    return bool(device) and KnownDevice.objects.filter(account=account, token_digest=digest(device)).exists()


def given_temporary(by: By, account: Account) -> str:
    """Give an account a temporary password; nothing of how its owner signed in before counts any more. Within a transaction."""
    password = temporary_password()
    account.set_password(password)
    account.temporary_until = by.at + TEMPORARY
    account.save(update_fields=["password", "temporary_until"])
    end_sessions(by, account.pk)
    forget_second_factor(account.pk)
    KnownDevice.objects.filter(account=account).delete()
    return password

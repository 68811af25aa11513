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
from bangfu.access.services.sessions import (
    SessionSeen,
    begin_session,
    digest,
    end_sessions,
    new_token,
    renewed,
    require_code_given,
)
from bangfu.access.services.throttle import Attempt, attempt, give_back
from bangfu.audit.data import Act, By
from bangfu.audit.services import record, record_denied
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text

TEMPORARY = timedelta(days=7)
NOT_YET_KNOWN = "nobody has signed in yet"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The cookies of a browser that has just signed in, and to which account."""

    account: int
    token: str
    device: str


def sign_in(by: By, login: str, password: str, *, device: str = "", browser: str = "") -> SignedIn:
    """Begin a session. `device` is the token of a browser that has signed in here before, `browser` what it calls itself.

    Raises DomainError: SIGN_IN_FAILED, WAIT, or TEMPORARY_OVER for a temporary password that was right and is too old.
    """
    account = Account.objects.unscoped(NOT_YET_KNOWN).filter(login=login.strip().casefold()).first()
    known = device if account is not None and _knows(device, account=account) else ""
    made = attempt(by, login.strip().casefold(), known)
    if account is None:
        make_password(password)  # as much work as for an account
    right = account is not None and account.check_password(password)
    if account is None or not right or account.disabled_at is not None:
        raise _refused(by, account)
    if account.temporary_until is not None and account.temporary_until <= by.at:
        record_denied(by, Act("access.sign_in", f"account:{account.pk}", account.home_id))
        raise DomainError(
            "TEMPORARY_OVER",
            Text(
                "临时密码已过期，请找管理员重新设置。",
                "The temporary password is too old; ask the administrator for a new one.",
            ),
        )
    signed = _begun(by, account, made, device, browser)
    if signed is None:
        raise _refused(by, account)
    return signed


def confirm(by: By, session: SessionSeen, password: str) -> str:
    """Give the password again, for acts with consequences. Returns the session's new token. Raises DomainError: PASSWORD_WRONG, WAIT."""
    proven = _prove(by, session, password, "access.confirm")
    with transaction.atomic():
        if _locked_as(proven) is None:
            raise _wrong_password()
        record(by, Act("access.confirm", f"account:{session.account}", session.home))
        return renewed(by, session, confirmed_at=by.at)


def change_password(by: By, session: SessionSeen, old: str, new: str) -> str:
    """Choose a password; all other sessions end. Returns this one's new token.

    Raises DomainError: PASSWORD_WRONG, WAIT, PASSWORD_WEAK, PASSWORD_SAME.
    """
    proven = _prove(by, session, old, "access.change_password")
    with transaction.atomic():
        account = _locked_as(proven)
        if account is None:
            raise _wrong_password()
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


def _begun(by: By, account: Account, made: Attempt, device: str, browser: str) -> SignedIn | None:
    """None where the password was changed, or the account closed, since it was looked at."""
    with transaction.atomic():
        if _locked_as(account) is None:
            return None
        give_back(by, made)
        # People who share a browser share its token; one that we did not give is no token.
        device = device if _knows(device) else new_token()
        KnownDevice.objects.get_or_create(account=account, token_digest=digest(device), defaults={"first_at": by.at})
        token = begin_session(by, account, browser)
        record(
            By(f"account:{account.pk}", by.at, by.ring, "", by.source, by.request),
            Act("access.sign_in", f"account:{account.pk}", account.home_id),
        )
        return SignedIn(account.pk, token, device)


def _refused(by: By, account: Account | None) -> DomainError:
    """Recorded, and the same whatever was wrong."""
    subject, home = ("", None) if account is None else (f"account:{account.pk}", account.home_id)
    record_denied(by, Act("access.sign_in", subject, home))
    return DomainError(
        "SIGN_IN_FAILED",
        Text(
            "登录名或密码不对。请核对大小写后重试；忘记密码请找管理员重置。",
            "The sign-in name or the password is wrong. Check them and try again, or ask the administrator for a new password.",
        ),
    )


def _prove(by: By, session: SessionSeen, password: str, act: str) -> Account:
    """The account whose password was given, under a count of its own session's."""
    require_code_given(session)
    account = Account.objects.unscoped("one's own row").get(pk=session.account)
    made = attempt(by, account.login, f"session:{session.id}")
    if not account.check_password(password):
        record_denied(by, Act(act, f"account:{account.pk}", account.home_id))
        raise _wrong_password()
    give_back(by, made)
    return account


def _locked_as(seen: Account) -> Account | None:
    """The account, locked until the transaction ends; None where its password or its being open is not what was seen.

    A password is looked at without a lock, since that takes long; what follows from it must not outlive a change made meanwhile.
    """
    found = Account.objects.unscoped("one's own row").select_for_update().get(pk=seen.pk)
    return found if (found.password, found.disabled_at) == (seen.password, seen.disabled_at) else None


def _wrong_password() -> DomainError:
    return DomainError("PASSWORD_WRONG", Text("密码不对，请重新输入。", "The password is wrong; give it again."))


def _knows(device: str, **of: Account) -> bool:
    """Whether we gave a browser this token, to the account where one is named."""
    return bool(device) and KnownDevice.objects.filter(token_digest=digest(device), **of).exists()


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

"""Sign-ins that last: found by their cookie, seen, listed and ended. The cookie's token is kept nowhere but in the browser."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from bangfu.access.data import Actor, Denied, NotThere
from bangfu.access.models import Account, Session
from bangfu.audit.data import Act, By
from bangfu.audit.services import record
from bangfu.kernel.words import Text

IDLE, ABSOLUTE = timedelta(minutes=30), timedelta(hours=12)
SURE = timedelta(minutes=10)
BY_COOKIE = "the cookie's token proves whose session it is"


@dataclass(frozen=True, slots=True)
class SessionSeen:
    """A session as a request meets it. `code_due`: the account has a second factor, and this session has not given it."""

    id: int
    account: int
    home: int
    name: str
    language: str
    has_factor: bool
    second_factor: bool
    code_due: bool
    password_due: bool
    confirmed_at: datetime
    seen_at: datetime

    def confirmed(self, at: datetime) -> bool:
        """Whether the password was given just now."""
        return at - self.confirmed_at < SURE


def require_code_given(session: SessionSeen) -> None:
    """Raises Denied where the session still owes the code of its account's second factor: it may change nothing about signing in."""
    if session.code_due:
        raise Denied(
            "SECOND_FACTOR_NEEDED",
            Text("请先输入动态验证码。", "Give the code of your phone first."),
        )


def new_token() -> str:
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """Enough for a token of 256 random bits; a slow hash is for what people choose."""
    return hashlib.sha256(token.encode()).hexdigest()


def begin_session(by: By, account: Account, device: str) -> str:
    """Within the transaction of a sign-in. Returns the cookie's token."""
    token = new_token()
    Session.objects.create(
        account=account,
        token_digest=digest(token),
        source=by.source,
        device=device[:64],
        started_at=by.at,
        seen_at=by.at,
        confirmed_at=by.at,
    )
    return token


def session_of(token: str, at: datetime) -> SessionSeen | None:
    """The session of a cookie: idle for less than 30 minutes, begun less than 12 hours ago, not ended, its account open."""
    rows = Session.objects.unscoped(BY_COOKIE).select_related("account", "account__second_factor")
    found = rows.filter(token_digest=digest(token), ended_at=None, account__disabled_at=None).first()
    if found is None or at - found.seen_at >= IDLE or at - found.started_at >= ABSOLUTE:
        return None
    account = found.account
    factor = getattr(account, "second_factor", None)
    has_factor = factor is not None and factor.confirmed_at is not None
    return SessionSeen(
        found.pk,
        account.pk,
        account.home_id,
        account.name,
        account.language,
        has_factor=has_factor,
        second_factor=found.second_factor_at is not None,
        code_due=has_factor and found.second_factor_at is None,
        password_due=account.temporary_until is not None,
        confirmed_at=found.confirmed_at,
        seen_at=found.seen_at,
    )


def account_behind(token: str) -> int | None:
    """Whose session a cookie is of, be it ended: for whom something may be sealed. Nobody is let in by it."""
    rows = Session.objects.unscoped(BY_COOKIE).filter(token_digest=digest(token))
    return rows.values_list("account", flat=True).first() if token else None


def seen(by: By, session: SessionSeen) -> None:
    """Keep the session alive; written at most once a minute, since every page would write otherwise."""
    if by.at - session.seen_at >= timedelta(minutes=1):
        Session.objects.unscoped(BY_COOKIE).filter(pk=session.id, seen_at__lt=by.at).update(seen_at=by.at)


def renewed(by: By, session: SessionSeen, **changes: datetime) -> str:
    """Give a session that becomes worth more another token, so that one caught earlier is worth nothing. Within a transaction."""
    token = new_token()
    Session.objects.unscoped(BY_COOKIE).filter(pk=session.id).update(token_digest=digest(token), **changes)
    return token


def sign_out(by: By, session: SessionSeen) -> None:
    with transaction.atomic():
        Session.objects.unscoped(BY_COOKIE).filter(pk=session.id).update(ended_at=by.at)
        record(by, Act("access.sign_out", f"account:{session.account}", session.home))


def open_sessions(actor: Actor, at: datetime) -> list[Session]:
    """One's own sessions that still open something, the latest first."""
    rows = Session.objects.seen_by(actor).filter(ended_at=None, seen_at__gt=at - IDLE, started_at__gt=at - ABSOLUTE)
    return list(rows.order_by("-seen_at", "-pk"))


def end_session(by: By, actor: Actor, session: int) -> None:
    """End one of one's own. Raises NotThere."""
    with transaction.atomic():
        found = Session.objects.seen_by(actor).filter(pk=session, ended_at=None).select_related("account").first()
        if found is None:
            raise NotThere
        Session.objects.seen_by(actor).filter(pk=session).update(ended_at=by.at)
        record(by, Act("access.end_session", f"account:{found.account_id}", found.account.home_id))


def end_sessions(by: By, account: int, keep: int | None = None) -> int:
    """End all sessions of an account but one. Within the transaction of the act that asks for it."""
    rows = Session.objects.unscoped("ended whoever holds them").filter(account=account, ended_at=None)
    return (rows if keep is None else rows.exclude(pk=keep)).update(ended_at=by.at)


def end_other_sessions(by: By, session: SessionSeen) -> int:
    """End all of one's own but this one. Returns how many."""
    with transaction.atomic():
        ended = end_sessions(by, session.account, keep=session.id)
        record(by, Act("access.end_session", f"account:{session.account}", session.home, {"ended": ended}))
        return ended

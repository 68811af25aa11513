"""A second factor: codes of a phone that shares a secret with us (TOTP, RFC 6238), and codes on paper that stand in for it once each."""

import secrets
from dataclasses import dataclass
from hmac import compare_digest

import pyotp
from django.db import transaction

from bangfu.access.data import Actor, Denied
from bangfu.access.models import Account, RecoveryCode, SecondFactor, Session
from bangfu.access.services.sessions import SessionSeen, renewed, require_code_given
from bangfu.access.services.throttle import attempt, give_back
from bangfu.audit.data import Act, By
from bangfu.audit.services import record, record_denied
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.privacy.models import Kind, SealedNumber
from bangfu.privacy.services import normal, open_number, seal_number

STEP = 30
RECOVERY_CODES = 10
OWN = "one's own row"


@dataclass(frozen=True, slots=True)
class Offered:
    """A secret for a phone to take: as text, and as the address that a QR code carries."""

    secret: str
    address: str


def offer_second_factor(by: By, session: SessionSeen) -> Offered:
    """Make a secret that counts for nothing until a code shows that the phone has it; an earlier offer is replaced.

    Raises Denied where the password was not given just now, DomainError where there is a second factor already.
    """
    _require_sure(by, session)
    with transaction.atomic():
        account = Account.objects.unscoped(OWN).select_for_update().get(pk=session.account)
        mine = SecondFactor.objects.unscoped(OWN).filter(account=account)
        if mine.exclude(confirmed_at=None).exists():
            raise DomainError("FACTOR_SET", Text("已启用动态验证码。", "A second factor is set up already."))
        secret = pyotp.random_base32()
        forget_second_factor(account.pk)
        SecondFactor.objects.create(account=account, secret=seal_number(by.ring, Kind.TOTP_SECRET, secret))
        return _offer(account, secret)


def offered_second_factor(by: By, session: SessionSeen) -> Offered | None:
    """The offer that stands; None where none does."""
    factor = SecondFactor.objects.unscoped(OWN).filter(account=session.account, confirmed_at=None)
    found = factor.select_related("secret", "account").first()
    return None if found is None else _offer(found.account, open_number(by.ring, found.secret))


def set_second_factor(by: By, session: SessionSeen, code: str) -> tuple[str, list[str]]:
    """Take up the offer with a first code. Returns the session's new token and the recovery codes, which are shown this once.

    Raises Denied as `offer_second_factor`, DomainError: CODE_WRONG, WAIT.
    """
    _require_sure(by, session)
    made = attempt(by, f"account:{session.account}", "second factor")
    with transaction.atomic():
        factor = (
            SecondFactor.objects.unscoped(OWN).select_for_update().filter(account=session.account, confirmed_at=None)
        )
        found = factor.first()
        if found is not None and _take_code(by, found, code):
            give_back(by, made)
            SecondFactor.objects.unscoped(OWN).filter(pk=found.pk).update(confirmed_at=by.at)
            codes = _new_recovery_codes(by, session.account)
            record(by, Act("access.set_second_factor", f"account:{session.account}", session.home))
            return renewed(by, session, second_factor_at=by.at), codes
    raise _wrong(by, session, "access.set_second_factor")


def give_code(by: By, session: SessionSeen, code: str) -> str:
    """Give a code of the phone, or one of the recovery codes. Returns the session's new token. Raises DomainError: CODE_WRONG, WAIT."""
    made = attempt(by, f"account:{session.account}", "second factor")
    with transaction.atomic():
        factor = SecondFactor.objects.unscoped(OWN).filter(account=session.account).exclude(confirmed_at=None).first()
        if factor is not None and (_take_code(by, factor, code) or _take_recovery_code(by, session.account, code)):
            give_back(by, made)
            record(by, Act("access.give_code", f"account:{session.account}", session.home))
            return renewed(by, session, second_factor_at=by.at)
    raise _wrong(by, session, "access.give_code")


def remove_second_factor(by: By, session: SessionSeen) -> None:
    """Do without; what needs it is refused from now on. Raises Denied where the password was not given just now."""
    _require_sure(by, session)
    with transaction.atomic():
        forget_second_factor(session.account)
        record(by, Act("access.remove_second_factor", f"account:{session.account}", session.home))


def recovery_codes_left(actor: Actor) -> int | None:
    """How many are left; None where there is no second factor."""
    if not SecondFactor.objects.seen_by(actor).exclude(confirmed_at=None).exists():
        return None
    return RecoveryCode.objects.seen_by(actor).filter(used_at=None).count()


def _take_code(by: By, factor: SecondFactor, code: str) -> bool:
    """Whether it is a code of this half minute, or of the one before or after, that was not taken yet. One statement decides between two at once."""
    now = int(by.at.timestamp()) // STEP
    secret = pyotp.TOTP(open_number(by.ring, factor.secret))
    given = normal(code)
    for step in (now - 1, now, now + 1):
        if compare_digest(secret.generate_otp(step).encode(), given.encode()):
            fresh = SecondFactor.objects.unscoped(OWN).filter(pk=factor.pk, last_step__lt=step)
            return fresh.update(last_step=step) == 1
    return False


def _take_recovery_code(by: By, account: int, code: str) -> bool:
    digest = by.ring.blind_index(normal(code).replace("-", ""), "recovery_code")
    unused = RecoveryCode.objects.unscoped(OWN).filter(account=account, code_digest=digest, used_at=None)
    return unused.update(used_at=by.at) == 1


def _new_recovery_codes(by: By, account: int) -> list[str]:
    codes = [secrets.token_hex(10).upper() for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.bulk_create(
        RecoveryCode(account_id=account, code_digest=by.ring.blind_index(code, "recovery_code")) for code in codes
    )
    return ["-".join(code[n : n + 5] for n in range(0, 20, 5)) for code in codes]


def forget_second_factor(account: int) -> None:
    """Delete an account's second factor, secret and recovery codes; a code that a session gave counts no more. Within the transaction of the act that asks for it."""
    factors = SecondFactor.objects.unscoped(OWN).filter(account=account)
    secrets_of_it = list(factors.values_list("secret_id", flat=True))
    factors.delete()
    SealedNumber.objects.filter(pk__in=secrets_of_it).delete()
    RecoveryCode.objects.unscoped(OWN).filter(account=account).delete()
    Session.objects.unscoped(OWN).filter(account=account).update(second_factor_at=None)


def _offer(account: Account, secret: str) -> Offered:
    # The login and no name: the phone shows it to whoever holds it.
    return Offered(secret, pyotp.TOTP(secret, name=account.login, issuer="Bangfu").provisioning_uri())


def _require_sure(by: By, session: SessionSeen) -> None:
    require_code_given(session)
    if not session.confirmed(by.at):
        raise Denied(
            "CONFIRMATION_NEEDED",
            Text(
                "更改登录方式之前请再输入一次密码。", "Give your password once more before you change how you sign in."
            ),
        )


def _wrong(by: By, session: SessionSeen, act: str) -> DomainError:
    record_denied(by, Act(act, f"account:{session.account}", session.home))
    return DomainError(
        "CODE_WRONG",
        Text(
            "验证码不对或已用过。请等手机上出现下一个再试，并检查手机时间是否准确。",
            "The code is wrong or was used. Wait for the next one on your phone, and check the phone's clock.",
        ),
    )

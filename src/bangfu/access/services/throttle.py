"""Slows down whoever guesses, without letting a stranger shut anybody out.

An attempt is counted before the password is looked at, and given back when it was right: however many are sent at once, no more are
looked at than the limit allows. Three counts hold up a browser that the account does not know: of the account at this source, of the account
from everywhere, and of how many accounts were tried from this source. A browser that has signed in to the account before has a count of its
own and is held up by nothing that others do. Only keyed digests are kept.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest

from bangfu.access.models import Throttle
from bangfu.audit.data import By
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text


@dataclass(frozen=True, slots=True)
class Limit:
    """After `free` failures each further one waits twice as long as the last, from 2 seconds up to `longest`; forgotten after `memory`."""

    free: int
    longest: timedelta
    memory: timedelta

    def wait(self, failures: int) -> timedelta:
        beyond = failures - self.free
        return timedelta() if beyond < 0 else min(timedelta(seconds=2 ** min(beyond + 1, 30)), self.longest)


DAY = timedelta(days=1)
LIMITS = {
    "device": Limit(5, timedelta(minutes=15), DAY),
    "pair": Limit(5, timedelta(minutes=15), DAY),
    # These two hold up people who did nothing wrong: never for longer than they would wait for a page.
    "account": Limit(20, timedelta(seconds=60), DAY),
    "source": Limit(20, timedelta(seconds=60), timedelta(hours=1)),
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt that was counted; `counted` are the keys under which it was."""

    counted: tuple[str, ...]
    forgotten: tuple[str, ...]


def attempt(by: By, login: str, device: str = "") -> Attempt:
    """Count an attempt, before anything is looked at. `device` is given where it is known to the account.

    Raises DomainError where it has to wait; then it is not counted.
    """
    limits = {_key(by, "device", login, device): "device"} if device else _stranger(by, login)
    with transaction.atomic():
        empty = [Throttle(key_digest=key, failed_at=by.at, wait_until=by.at) for key in sorted(limits)]
        Throttle.objects.bulk_create(empty, ignore_conflicts=True)
        rows = {
            row.key_digest: row for row in Throttle.objects.select_for_update().filter(pk__in=limits).order_by("pk")
        }
        _require_no_wait(by.at, max(row.wait_until for row in rows.values()))
        for key, row in rows.items():
            if by.at - row.failed_at >= LIMITS[limits[key]].memory:
                row.failures = 0
        own = next(row for key, row in rows.items() if limits[key] in {"device", "pair"})
        # A source is counted by how many accounts were tried there, not by how often one was.
        counted = [key for key in rows if limits[key] != "source" or own.failures == 0]
        for key in counted:
            row = rows[key]
            row.failures += 1
            row.failed_at, row.wait_until = by.at, by.at + LIMITS[limits[key]].wait(row.failures)
            row.save()
        return Attempt(tuple(counted), (own.key_digest,))


def give_back(by: By, made: Attempt) -> None:
    """The attempt was right: it counts as none, and what this browser or source failed before with this account is forgotten."""
    with transaction.atomic():
        rows = Throttle.objects.filter(pk__in=made.counted)
        rows.update(failures=Greatest(F("failures") - 1, 0), wait_until=by.at)
        rows.filter(pk__in=made.forgotten).delete()


def forget_failures(at: datetime) -> int:
    """Delete counts that are too old to matter. Returns how many."""
    return Throttle.objects.filter(failed_at__lt=at - DAY).delete()[0]


def _stranger(by: By, login: str) -> dict[str, str]:
    return {
        _key(by, "pair", login, by.source): "pair",
        _key(by, "account", login): "account",
        _key(by, "source", by.source): "source",
    }


def _key(by: By, kind: str, *parts: str) -> str:
    # As JSON: joined by any sign, two logins could share a key.
    return by.ring.blind_index(json.dumps(parts), f"throttle:{kind}")


def _require_no_wait(at: datetime, until: datetime) -> None:
    if until > at:
        seconds = -(-(until - at) // timedelta(seconds=1))
        raise DomainError(
            "WAIT",
            Text(
                f"试的次数太多，请等 {seconds} 秒后再试。忘记密码请找管理员重置。",
                f"Too many attempts: wait {seconds} seconds. If you forgot the password, ask the administrator.",
            ),
        )

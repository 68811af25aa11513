"""Slows down whoever guesses, without letting a stranger shut anybody out.

An attempt is counted before the password is looked at, and given back when it was right: however many are sent at once, no more are
looked at than the limit allows. Three counts hold up a browser that the account does not know: of the account at this source, of the account
from everywhere, and of how many accounts were tried from this source. A browser that has signed in to the account before has a count of its
own and is held up by nothing that others do. Only keyed digests are kept.

Rows are locked in the order of their keys, here and nowhere else, so that no two sign-ins wait for each other for ever.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, IPv6Network, ip_address

from django.db import transaction

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
    """One attempt that was counted: under `own`, of this browser or source with this account, and under `others`."""

    own: str
    others: tuple[str, ...]
    # Whether it was the account's turn to be counted against the source.
    charged: bool


def attempt(by: By, login: str, device: str = "") -> Attempt:
    """Count an attempt, before anything is looked at. `device` is given where it is known to the account.

    Raises DomainError where it has to wait; then it is not counted.
    """
    limits = {_key(by, "device", login, device): "device"} if device else _stranger(by, login)
    with transaction.atomic():
        rows = _locked(by, limits)
        _require_no_wait(by.at, max(row.wait_until for row in rows.values()))
        own = next(row for key, row in rows.items() if limits[key] in {"device", "pair"})
        # A source is counted by how many accounts were tried there in an hour, not by how often one was.
        charged = not device and (own.charged_at is None or by.at - own.charged_at >= LIMITS["source"].memory)
        if charged:
            own.charged_at = by.at
        counted = [key for key in rows if limits[key] != "source" or charged]
        for key in counted:
            _count(rows[key], LIMITS[limits[key]], by.at)
        return Attempt(own.pk, tuple(key for key in counted if key != own.pk), charged)


def give_back(by: By, made: Attempt) -> None:
    """The attempt was right: it counts as none, and what this browser or source failed before with this account is forgotten."""
    with transaction.atomic():
        for key, row in _locked(by, (made.own, *made.others)).items():
            row.failures = 0 if key == made.own else max(row.failures - 1, 0)
            # A wait that somebody else's later failure brought about is not ours to lift.
            if row.failed_at == by.at:
                row.wait_until = by.at
            if key == made.own and made.charged:
                row.charged_at = None
            row.save()


def forget_failures(at: datetime) -> int:
    """Delete counts that are too old to matter. Returns how many."""
    with transaction.atomic():
        # What somebody holds is in use, and waiting for it out of order could be for ever.
        old = Throttle.objects.select_for_update(skip_locked=True).filter(failed_at__lt=at - DAY)
        return Throttle.objects.filter(pk__in=[row.pk for row in old]).delete()[0]


def _locked(by: By, keys: Collection[str]) -> dict[str, Throttle]:
    """The rows of these keys, new where there were none, until the end of the transaction nobody else's."""
    rows: dict[str, Throttle] = {}
    while len(rows) < len(keys):  # one may be swept away between the two statements
        empty = [Throttle(key_digest=key, failed_at=by.at, wait_until=by.at) for key in sorted(keys)]
        Throttle.objects.bulk_create(empty, ignore_conflicts=True)
        found = Throttle.objects.select_for_update().filter(pk__in=keys).order_by("pk")
        rows = {row.pk: row for row in found}
    return rows


def _count(row: Throttle, limit: Limit, at: datetime) -> None:
    failures = 0 if at - row.failed_at >= limit.memory else row.failures
    row.failures = failures + 1
    row.failed_at, row.wait_until = at, at + limit.wait(row.failures)
    row.save()


def _stranger(by: By, login: str) -> dict[str, str]:
    source = _network(by.source)
    return {
        _key(by, "pair", login, source): "pair",
        _key(by, "account", login): "account",
        _key(by, "source", source): "source",
    }


def _network(source: str) -> str:
    """What counts as one source. A single line is given 2^64 addresses of the new kind: they count as one."""
    try:
        address = ip_address(source)
    except ValueError:  # a socket on this machine has none
        return source
    if not isinstance(address, IPv6Address):
        return source
    return str(address.ipv4_mapped or IPv6Network((int(address) >> 64 << 64, 64)))


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

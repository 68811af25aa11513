"""Browsers of the cast, without a browser: a client whose cookie is a session's."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as installation
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from bangfu.access.models import Account, Session
from bangfu.access.services.sessions import digest, new_token
from bangfu.privacy.keys import KeyRing, save_ring
from tests.audit.conftest import committed
from tests.begun import begun, district
from tests.organisation import RING, Organisation

__all__ = ["begun", "committed"]

SignedIn = Callable[..., Client]


@pytest.fixture(autouse=True)
def ring(tmp_path: Path, settings: Settings) -> KeyRing:
    settings.KEY_RING_FILE = tmp_path / "keys.json"
    save_ring(RING, settings.KEY_RING_FILE)
    settings.FILES_FOLDER = tmp_path / "files"
    return RING


@pytest.fixture
def org(request: pytest.FixtureRequest, db: None, ring: KeyRing) -> Organisation:
    return district(request, ring)


@pytest.fixture
def browser(org: Organisation) -> SignedIn:
    """A client signed in as somebody of the cast; `sure`: with a code, and the password given just now."""
    return lambda name, sure=True: signed_in(org.accounts[name], sure=sure)


def signed_in(account: int, *, sure: bool = True) -> Client:
    return with_cookie(session_token(account, sure=sure))


def with_cookie(token: str) -> Client:
    client = Client()
    if token:
        client.cookies[installation.SESSION_COOKIE_NAME] = token
    return client


def session_token(account: int, *, sure: bool = True) -> str:
    now, token = timezone.now(), new_token()
    Account.objects.unscoped("test").filter(pk=account).update(temporary_until=None)
    Session.objects.create(
        account_id=account,
        token_digest=digest(token),
        started_at=now,
        seen_at=now,
        confirmed_at=now if sure else now - timedelta(hours=1),
        second_factor_at=now if sure else None,
    )
    return token

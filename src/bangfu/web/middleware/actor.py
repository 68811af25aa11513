"""Who asks: the session behind the cookie, the actor behind the session. Here alone the web asks the clock."""

from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.db import OperationalError
from django.http import HttpResponseBase
from django.utils import timezone, translation

from bangfu.access.data import Actor
from bangfu.access.policy import actor_of
from bangfu.access.services.sessions import SessionSeen, seen, session_of
from bangfu.audit.data import By
from bangfu.kernel.clock import office_day
from bangfu.kernel.words import Lang
from bangfu.web.busy import is_busy
from bangfu.web.cookies import LANGUAGE
from bangfu.web.request import Request
from bangfu.web.ring import ring

# As Django calls them, for the few words of its own.
CATALOGUES: dict[Lang, str] = {"zh": "zh-hans", "en": "en"}


def actor(answer: Callable[[Request], HttpResponseBase]) -> Callable[[Request], HttpResponseBase]:
    def middleware(request: Request) -> HttpResponseBase:
        at = timezone.now()
        token = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
        signed = session_of(token, at) if token else None
        request.sent_again = False
        meet(request, signed, at)
        name = "anonymous" if signed is None else f"account:{signed.account}"
        request.by = By(name, at, ring(), "", request.META.get("REMOTE_ADDR", ""), getattr(request, "incident", ""))
        with translation.override(CATALOGUES[request.lang]):
            response = answer(request)
        _keep_alive(request, signed)
        return response

    return middleware


def meet(request: Request, signed: SessionSeen | None, at: datetime) -> None:
    """Let a request know whose it is: also once somebody has signed in by it, or given more."""
    request.signed = signed
    request.lang = "en" if (signed.language if signed else request.COOKIES.get(LANGUAGE)) == "en" else "zh"
    request.actor = Actor(office_day(at))
    if signed is not None and not signed.code_due and not signed.password_due:
        request.actor = actor_of(signed.account, at, second_factor=signed.second_factor, confirmed=signed.confirmed(at))


def _keep_alive(request: Request, signed: SessionSeen | None) -> None:
    if signed is None:
        return
    try:
        seen(request.by, signed)
    except OperationalError as problem:
        # The page is made, and the next one keeps the session alive.
        if not is_busy(problem):
            raise

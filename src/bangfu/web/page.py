"""The door of every page: who may open it, by which method, and where somebody is sent who may not yet."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, cast

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from bangfu.access.data import Denied
from bangfu.access.policy import require
from bangfu.access.services.sessions import SessionSeen, account_behind
from bangfu.audit.acts import subjects
from bangfu.audit.data import Act
from bangfu.audit.services import record_denied
from bangfu.web.onward import came_from
from bangfu.web.request import READS, Request
from bangfu.web.signing.held import FIELD, MOST, sealed
from bangfu.web.signing.steps import kept_here, step_page

View = Callable[..., HttpResponse]
BOTH = (*READS, "POST")
# Where somebody goes to give what is still missing, and from there back.
STEPS: Mapping[str, str] = {"CONFIRMATION_NEEDED": "web:confirm", "SECOND_FACTOR_NEEDED": "web:code"}
# What a session may still owe, in the order in which it is asked for, and the page where it is given.
OWED = {"code": "web:code", "password": "web:first-password"}


@dataclass(frozen=True, slots=True)
class Door:
    """What a view declared; tests read it. `step`: the view is where something owed is given. `secret`: a password or a code is typed there."""

    permission: str | None
    methods: tuple[str, ...]
    public: bool = False
    step: str = ""
    secret: bool = False


def page(
    permission: str | None = None,
    *,
    methods: tuple[str, ...] = READS,
    public: bool = False,
    step: str = "",
    secret: bool = False,
) -> Callable[[View], View]:
    """Declare a view's door. `permission` None: whoever has signed in. `public`: everybody. What is typed at a step is secret too.

    What a post allows in which place is asked by the service that the view calls.
    """

    def declare(view: View) -> View:
        @wraps(view)
        def guarded(request: Request, **kwargs: Any) -> HttpResponse:
            if request.method not in methods:
                return _only_sent_to(request, methods)
            typed_secret = bool(step or secret)
            first = None if public else _owed(request, step)
            if first is not None:
                return _asked_first(request, first, typed_secret)
            try:
                if permission is not None:
                    require(request.actor, permission)
                return view(request, **kwargs)
            except Denied as denied:
                if denied.code in STEPS:
                    return _asked_first(request, STEPS[denied.code], typed_secret)
                _record_attempt(request, denied, permission, kwargs)
                raise

        guarded.door = Door(permission, methods, public, step, secret)  # type: ignore[attr-defined]
        return guarded

    return declare


def _only_sent_to(request: Request, methods: tuple[str, ...]) -> HttpResponse:
    """Somebody opened what only a form sends to: an address kept or typed, or the page loaded again after an act."""
    answer = render(request, "web/only_sent_to.html", status=405)
    answer["Allow"] = ", ".join(methods)
    return answer


def still_owed(session: SessionSeen, step: str = "") -> str | None:
    """The page where a session has to give something first. At a step, only what comes before it."""
    owed = {"code": session.code_due, "password": session.password_due}
    for name, due in owed.items():
        if name == step:
            return None
        if due:
            return OWED[name]
    return None


def _owed(request: Request, step: str) -> str | None:
    if request.signed is None:
        return "web:sign-in"
    request.session_seen = request.signed
    return still_owed(request.signed, step)


def _asked_first(request: Request, name: str, typed_secret: bool) -> HttpResponse:
    """Somebody is asked for what they owe. What they sent is not lost by it: nothing else has it, and the browser forgets it.

    It goes along in the step's page, which comes in the place of an answer. Of what holds a secret nothing is kept, but what went along with it.
    """
    if request.method in READS:
        return _sent(request, name)
    if typed_secret:
        held = request.POST.get(FIELD, "")
        return _step_instead(request, name, held) if held else _sent(request, name)
    if name == "web:code" and request.signed is not None and not request.signed.has_factor:
        # It is set up by several pages and a phone, and what was sent waits here.
        return kept_here(request, "web:second-factor")
    account = account_behind(request.COOKIES.get(settings.SESSION_COOKIE_NAME, ""))
    held = "" if account is None or "HX-Request" in request.headers else sealed(request, account)
    return _step_instead(request, name, held) if 0 < len(held) < MOST else kept_here(request, name)


def _step_instead(request: Request, name: str, held: str) -> HttpResponse:
    return step_page(request, name, held=held, onward=came_from(request) or reverse("web:home"), status=401)


def _sent(request: Request, name: str) -> HttpResponse:
    # Back to a page that can be opened: the form of an act, and not the act itself.
    back = request.get_full_path() if request.method in READS else request.headers.get("referer", "")
    path = back if back.startswith("/") else "/" + back.partition("://")[2].partition("/")[2]
    onward = reverse(name, query={"next": path})
    if "HX-Request" in request.headers:
        # The whole page goes there, and not the piece of it that was asked for.
        return HttpResponse(status=204, headers={"HX-Redirect": onward})
    return HttpResponseRedirect(onward)


def _record_attempt(request: Request, denied: Denied, permission: str | None, asked: Mapping[str, Any]) -> None:
    """What was attempted: the permission that was wanting, and the first thing that the address names."""
    where = cast(Any, request.resolver_match).view_name
    subject = next((f"{kind}:{number}" for kind, number in asked.items() if kind in subjects()), "")
    words = {"permission": denied.permission or permission or "", "page": where}
    record_denied(request.by, Act("access.denied", subject, words=words))

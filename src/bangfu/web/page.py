"""The door of every page: who may open it, by which method, and where somebody is sent who may not yet."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from hashlib import sha256
from typing import Any, Generic, TypeVar, cast
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import Resolver404, resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from bangfu.access.data import Denied, NotThere
from bangfu.access.policy import require
from bangfu.access.services.once import once, was_done
from bangfu.access.services.sessions import SessionSeen, account_behind
from bangfu.audit.acts import subjects
from bangfu.audit.data import Act
from bangfu.audit.services import record_denied
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.web.request import Request
from bangfu.web.signing.held import CSRF, FIELD, MOST, sealed
from bangfu.web.signing.steps import kept_here, step_page
from bangfu.web.templatetags.once import ONCE

View = Callable[..., HttpResponse]
T = TypeVar("T")
READS = ("GET", "HEAD")
BOTH = (*READS, "POST")
# Where somebody goes to give what is still missing, and from there back.
STEPS: Mapping[str, str] = {"CONFIRMATION_NEEDED": "web:confirm", "SECOND_FACTOR_NEEDED": "web:code"}


SAVED = Text("已保存。", "Saved.")
SAVED_BEFORE = Text("这些内容刚才已经保存，没有重复登记。", "This had been saved already; it was not recorded twice.")
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


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """That an act was done, and what it returned."""

    value: T


def carried_out(request: Request, form: forms.Form, act: Callable[[Mapping[str, Any]], T]) -> Done[T] | None:
    """Do an act with a form's values. None where nothing was done; the form then says why, with what was typed still in it."""
    if request.method != "POST" or not form.is_valid():
        return None
    try:
        return Done(act(form.cleaned_data))
    except DomainError as refusal:
        # Some know which field they are about.
        field = getattr(refusal, "field", None)
        if isinstance(refusal, Denied | NotThere) and field not in form.fields:
            raise
        form.add_error(field if field in form.fields else None, refusal.say(request.lang))
        return None


def carried_out_once(request: Request, form: forms.Form, act: Callable[[Mapping[str, Any]], T]) -> Done[T] | None:
    """As `carried_out`, and nothing twice of a form that is sent twice; `act` returns the number of a row, or nothing that is needed again."""
    return carried_out(request, form, lambda given: done_once(request, lambda: act(given)))


def done_once(request: Request, act: Callable[[], Any]) -> Any:
    """Do what a form asks, where it was not done already, all in one transaction: what takes long is done before."""
    if request.signed is None or ONCE not in request.POST:
        return act()
    value, request.sent_again = once(request.signed.id, _digest_of(request), request.by.at, act)
    return value


def sent_again(request: Request) -> bool:
    """Whether this very form was sent before, and done: to be asked where what it was about is no longer as it was, because of that."""
    signed = request.signed if request.method == "POST" and ONCE in request.POST else None
    request.sent_again = signed is not None and was_done(signed.id, _digest_of(request))
    return request.sent_again


def _digest_of(request: Request) -> str:
    """A digest of a form as it was filled in. Its own sign (`once`) is among it, so that the same values in a form opened anew are something else."""
    fields = sorted((name, values) for name, values in request.POST.lists() if name != CSRF)
    files = sorted((str(f.name), f.size) for listed in request.FILES.lists() for f in cast(Any, listed[1]))
    return sha256(json.dumps([request.path, fields, files]).encode()).hexdigest()


def saved(request: Request, onward: str) -> HttpResponse:
    """Say that it was done, on the page that comes next."""
    messages.success(request, (SAVED_BEFORE if request.sent_again else SAVED).say(request.lang))
    return HttpResponseRedirect(onward)


def where_next(request: Request, otherwise: str = "web:home") -> str:
    """The page that somebody was on the way to, if it is one of ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    return wanted if _ours(wanted) else reverse(otherwise)


def here(request: HttpRequest) -> str:
    """The page where somebody is, as it can be opened again: of what an act answered, the page that it came from."""
    path = request.get_full_path()
    return path if request.method in READS or _opens(path) else came_from(request)


def came_from(request: HttpRequest) -> str:
    """The page of ours that a request came from, if it can be opened; "" where that is not known."""
    said = request.headers.get("referer", "")
    if not url_has_allowed_host_and_scheme(said, {request.get_host()}):
        return ""
    path = urlsplit(said)._replace(scheme="", netloc="", fragment="").geturl()
    return path if _ours(path) and _opens(path) else ""


def _ours(path: str) -> bool:
    return url_has_allowed_host_and_scheme(path, allowed_hosts=None) and path.startswith("/")


def _opens(path: str) -> bool:
    """Whether there is a page of ours that somebody can open, and not only send to."""
    try:
        door = getattr(resolve(path.partition("?")[0]).func, "door", None)
    except Resolver404:
        return False
    return door is not None and "GET" in door.methods


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
    onward = f"{reverse(name)}?{urlencode({'next': path})}"
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

"""Signing in, step by step. Each view makes one call; what is wrong is said on the form, and nothing that was typed but passwords is lost."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.shortcuts import render
from django.urls import reverse

from bangfu.access.services.second_factor import give_code
from bangfu.access.services.sessions import session_of
from bangfu.access.services.sessions import sign_out as end
from bangfu.access.services.sign_in import change_password, confirm, sign_in
from bangfu.kernel.errors import DomainError
from bangfu.web.carried_out import carried_out
from bangfu.web.cookies import YEAR, device_cookie, forget_session, last_cookie, remember, remember_session
from bangfu.web.middleware.actor import meet
from bangfu.web.onward import where_next
from bangfu.web.page import BOTH, page, still_owed
from bangfu.web.request import Request
from bangfu.web.signing.forms import CodeForm, NewPasswordForm, PasswordAgainForm, SignInForm
from bangfu.web.signing.held import FIELD, opened
from bangfu.web.signing.steps import STEPS, step_page
from bangfu.web.sought import forget_sought


@page(methods=BOTH, public=True)
def sign_in_page(request: Request) -> HttpResponse:
    form = SignInForm(request.POST or None, lang=request.lang)
    device = request.COOKIES.get(device_cookie(), "")
    browser = request.headers.get("user-agent", "")
    signed = carried_out(
        request,
        form,
        lambda given: sign_in(request.by, given["login"], given["password"], device=device, browser=browser),
    )
    if signed is None:
        return _asked(request, "web:sign-in", form)
    who = _sign_of(request, signed.value.account)
    if request.COOKIES.get(last_cookie(), who) != who:
        # Pages of whoever was here before may be open yet, with what they typed: sent now, it would be this account's.
        rotate_token(request)
    response = _on(request, signed.value.token)
    remember(response, device_cookie(), signed.value.device, lasts=YEAR)
    remember(response, last_cookie(), who)
    return response


@page(methods=BOTH, step="code")
def code(request: Request) -> HttpResponse:
    session = request.session_seen
    form = CodeForm(request.POST or None, lang=request.lang)
    if not session.has_factor:
        return HttpResponseRedirect(reverse("web:second-factor"))
    token = carried_out(request, form, lambda given: give_code(request.by, session, given["code"]))
    return _asked(request, "web:code", form) if token is None else _on(request, token.value)


@page(methods=BOTH, step="password")
def first_password(request: Request) -> HttpResponse:
    """Also the page on which a password is changed later."""
    form = NewPasswordForm(request.POST or None, lang=request.lang)
    session = request.session_seen
    token = carried_out(request, form, lambda given: change_password(request.by, session, given["old"], given["new"]))
    return _asked(request, "web:first-password", form) if token is None else _on(request, token.value)


@page(methods=BOTH, secret=True)
def confirm_page(request: Request) -> HttpResponse:
    form = PasswordAgainForm(request.POST or None, lang=request.lang)
    session = request.session_seen
    token = carried_out(request, form, lambda given: confirm(request.by, session, given["password"]))
    return _asked(request, "web:confirm", form) if token is None else _on(request, token.value)


@page(methods=("POST",), step="code")
def sign_out(request: Request) -> HttpResponse:
    end(request.by, request.session_seen)
    response = HttpResponseRedirect(reverse("web:sign-in"))
    forget_session(response)
    forget_sought(response)
    return response


def _sign_of(request: Request, account: int) -> str:
    """What stands for an account in a browser, and says nothing of it."""
    return request.by.ring.blind_index(str(account), "cookie.last")


def _asked(request: Request, name: str, form: forms.Form) -> HttpResponse:
    return step_page(request, name, form, onward=where_next(request), held=request.POST.get(FIELD, ""))


def _on(request: Request, token: str) -> HttpResponse:
    """To the page that somebody was on the way to; or with what they sent before, to the next step, and after the last one to send it again."""
    response: HttpResponse
    if request.POST.get(FIELD):
        session = session_of(token, request.by.at)
        assert session is not None, "it was begun, or became worth more, just now"
        meet(request, session, request.by.at)
        response = going_on(request)
    else:
        response = HttpResponseRedirect(where_next(request))
    remember_session(response, token)
    return response


def going_on(request: Request, step: str = "") -> HttpResponse:
    """What was sent before, carried on: in this step, or in the next that the session owes, or after the last one to be sent again."""
    session, sealed = request.signed, request.POST[FIELD]
    if session is None or step in STEPS:
        return step_page(request, step if step in STEPS else "web:sign-in", onward=where_next(request), held=sealed)
    try:
        held = opened(request, session.account)
    except DomainError as problem:
        messages.error(request, problem.say(request.lang))
        return HttpResponseRedirect(where_next(request))
    more = still_owed(session)
    if more is not None:
        return step_page(request, more, onward=where_next(request), held=sealed)
    return render(request, "web/go_on.html", {"held": held, "sealed": sealed, "back": where_next(request)})

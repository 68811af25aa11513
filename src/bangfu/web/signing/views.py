"""Signing in, step by step. Each view makes one call; what is wrong is said on the form, and nothing that was typed but passwords is lost."""

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from bangfu.access.services.second_factor import give_code
from bangfu.access.services.sessions import sign_out as end
from bangfu.access.services.sign_in import change_password, confirm, sign_in
from bangfu.kernel.words import Text
from bangfu.web.cookies import YEAR, device_cookie, forget_session, remember, remember_session
from bangfu.web.households.sought import forget_sought
from bangfu.web.page import BOTH, carried_out, page, where_next
from bangfu.web.request import Request
from bangfu.web.signing.forms import CodeForm, NewPasswordForm, PasswordAgainForm, SignInForm


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
        said = {"title": Text("登录", "Sign in"), "submit": Text("登录", "Sign in")}
        return _form(request, form, said)
    response = HttpResponseRedirect(where_next(request))
    remember_session(response, signed.value.token)
    remember(response, device_cookie(), signed.value.device, lasts=YEAR)
    return response


@page(methods=BOTH, step="code")
def code(request: Request) -> HttpResponse:
    session = request.session_seen
    form = CodeForm(request.POST or None, lang=request.lang)
    if not session.has_factor:
        return HttpResponseRedirect(reverse("web:second-factor"))
    token = carried_out(request, form, lambda given: give_code(request.by, session, given["code"]))
    if token is None:
        return _form(request, form, {"title": Text("动态验证码", "Code"), "submit": Text("继续", "Go on")})
    return _on(request, token.value)


@page(methods=BOTH, step="password")
def first_password(request: Request) -> HttpResponse:
    """Also the page on which a password is changed later."""
    form = NewPasswordForm(request.POST or None, lang=request.lang)
    session = request.session_seen
    token = carried_out(request, form, lambda given: change_password(request.by, session, given["old"], given["new"]))
    if token is None:
        said = {"title": Text("设置新密码", "Choose a new password"), "submit": Text("保存", "Save")}
        if session.password_due:
            said["intro"] = Text(
                "您用的是一次性的临时密码，请先设置只有您自己知道的密码。",
                "You signed in with a temporary password. Choose one that only you know.",
            )
        return _form(request, form, said)
    return _on(request, token.value)


@page(methods=BOTH, secret=True)
def confirm_page(request: Request) -> HttpResponse:
    form = PasswordAgainForm(request.POST or None, lang=request.lang)
    session = request.session_seen
    token = carried_out(request, form, lambda given: confirm(request.by, session, given["password"]))
    if token is None:
        said = {
            "title": Text("请再输入一次密码", "Your password once more"),
            "intro": Text(
                "接下来的操作影响较大。确认后 10 分钟内不再询问。",
                "What comes next has consequences. You will not be asked again for ten minutes.",
            ),
            "submit": Text("确认", "Confirm"),
        }
        return _form(request, form, said)
    return _on(request, token.value)


@page(methods=("POST",), step="code")
def sign_out(request: Request) -> HttpResponse:
    end(request.by, request.session_seen)
    response = HttpResponseRedirect(reverse("web:sign-in"))
    forget_session(response)
    forget_sought(response)
    return response


def _on(request: Request, token: str) -> HttpResponse:
    response = HttpResponseRedirect(where_next(request))
    remember_session(response, token)
    return response


def _form(request: Request, form: object, said: dict[str, Text]) -> HttpResponse:
    return render(request, "web/form.html", {"form": form, "next": where_next(request), **said})

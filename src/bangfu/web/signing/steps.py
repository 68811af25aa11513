"""The pages where something owed is given, and what they say to who sent something before it was."""

from collections.abc import Mapping
from dataclasses import dataclass

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from bangfu.kernel.words import Text
from bangfu.web.forms import WordedForm
from bangfu.web.request import Request
from bangfu.web.signing.forms import CodeForm, NewPasswordForm, PasswordAgainForm, SignInForm
from bangfu.web.signing.held import sent


@dataclass(frozen=True, slots=True)
class Step:
    title: Text
    submit: Text
    form: type[WordedForm]


@dataclass(frozen=True, slots=True)
class Missing:
    """Why what was sent was not done, and what its sender does about it."""

    why: Text
    remedy: Text


STEPS: Mapping[str, Step] = {
    "web:sign-in": Step(Text("登录", "Sign in"), Text("登录", "Sign in"), SignInForm),
    "web:code": Step(Text("动态验证码", "Code"), Text("继续", "Go on"), CodeForm),
    "web:first-password": Step(Text("设置新密码", "Choose a new password"), Text("保存", "Save"), NewPasswordForm),
    "web:confirm": Step(
        Text("请再输入一次密码", "Your password once more"), Text("确认", "Confirm"), PasswordAgainForm
    ),
}
MISSING: Mapping[str, Missing] = {
    "web:sign-in": Missing(Text("登录已过期", "Your session has ended"), Text("登录", "sign in")),
    "web:code": Missing(
        Text("还没有输入动态验证码", "The code of your phone is still missing"), Text("输入验证码", "give the code")
    ),
    "web:second-factor": Missing(
        Text("这一步须用动态验证码登录", "This wants a sign-in with a code"),
        Text("启用动态验证码", "set up a second factor"),
    ),
    "web:first-password": Missing(
        Text("您用的还是临时密码", "Your password is a temporary one"), Text("设置新密码", "choose your own")
    ),
    "web:confirm": Missing(
        Text("这一步之前要再输入一次密码", "This wants your password once more"), Text("输入密码", "give your password")
    ),
}
SURE = Text(
    "接下来的操作影响较大。确认后 10 分钟内不再询问。",
    "What comes next has consequences. You will not be asked again for ten minutes.",
)
TEMPORARY = Text(
    "您用的是一次性的临时密码，请先设置只有您自己知道的密码。",
    "You signed in with a temporary password. Choose one that only you know.",
)


def step_page(
    request: Request, name: str, form: forms.Form | None = None, *, onward: str, held: str = "", status: int = 200
) -> HttpResponse:
    """A step as a page, also in the place of another. `onward`: where it leads; `held`: what was sent before, sealed, which goes along."""
    step = STEPS[name]
    told = {
        "form": step.form(lang=request.lang) if form is None else form,
        "title": step.title,
        "submit": step.submit,
        "intro": _intro(request, name),
        "action": reverse(name),
        "step": name,
        "next": onward,
        "held": held,
        "missing": MISSING[name],
    }
    return render(request, "web/step.html", told, status=status)


def kept_here(request: Request, name: str) -> HttpResponse:
    """What was sent, to be sent anew once a step was taken in another window: where it cannot go along.

    In place the form is still there, and only the words come.
    """
    told = {
        "in_place": "HX-Request" in request.headers,
        "missing": MISSING[name],
        "step": name,
        "held": sent(request),
    }
    return render(request, "web/kept_here.html", told, status=401)


def _intro(request: Request, name: str) -> Text | None:
    if name == "web:confirm":
        return SURE
    # It is also the page on which a password is changed later.
    due = name == "web:first-password" and request.signed is not None and request.signed.password_due
    return TEMPORARY if due else None

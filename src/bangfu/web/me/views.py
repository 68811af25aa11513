"""One's own account."""

import io

import segno
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString

from bangfu.access.selectors import held_posts, person
from bangfu.access.services.people import change_own_phone
from bangfu.access.services.second_factor import (
    Offered,
    offer_second_factor,
    offered_second_factor,
    recovery_codes_left,
    remove_second_factor,
    set_second_factor,
)
from bangfu.access.services.sessions import end_other_sessions, end_session, open_sessions
from bangfu.kernel.words import Text
from bangfu.web.carried_out import carried_out, saved
from bangfu.web.cookies import remember_session
from bangfu.web.forms import Sure
from bangfu.web.me.forms import PhoneForm
from bangfu.web.page import BOTH, page
from bangfu.web.request import Request
from bangfu.web.signing.forms import FirstCodeForm


@page()
def me(request: Request) -> HttpResponse:
    assert request.actor.account is not None
    said = {
        "person": person(request.actor, request.actor.account),
        "held": held_posts(request.actor, request.actor.account),
        "sessions": open_sessions(request.actor, request.by.at),
        "codes_left": recovery_codes_left(request.actor),
    }
    return render(request, "web/me.html", said)


@page(methods=BOTH)
def phone(request: Request) -> HttpResponse:
    assert request.actor.account is not None
    now = {"phone": person(request.actor, request.actor.account).phone}
    form = PhoneForm(request.POST or None, initial=now, lang=request.lang)
    if carried_out(request, form, lambda given: change_own_phone(request.by, request.actor, given["phone"])):
        return saved(request, reverse("web:me"))
    said = {
        "form": form,
        "title": Text("修改电话", "Change the phone number"),
        "submit": Text("保存", "Save"),
        "back": reverse("web:me"),
    }
    return render(request, "web/form.html", said)


@page(methods=("POST",))
def session_end(request: Request, session: int) -> HttpResponse:
    end_session(request.by, request.actor, session)
    return HttpResponseRedirect(reverse("web:me"))


@page(methods=("POST",))
def sessions_end(request: Request) -> HttpResponse:
    end_other_sessions(request.by, request.session_seen)
    return HttpResponseRedirect(reverse("web:me"))


@page(methods=("POST",))
def second_factor_offer(request: Request) -> HttpResponse:
    offer_second_factor(request.by, request.session_seen)
    return HttpResponseRedirect(reverse("web:second-factor"))


@page(methods=BOTH, secret=True)
def second_factor(request: Request) -> HttpResponse:
    """A phone takes the secret up from the screen, and shows a first code."""
    session = request.session_seen
    form = FirstCodeForm(request.POST or None, lang=request.lang)
    done = carried_out(request, form, lambda given: set_second_factor(request.by, session, given["code"]))
    if done is None:
        offered = offered_second_factor(request.by, session)
        return render(
            request, "web/second_factor.html", {"form": form, "offered": offered, "qr": offered and _qr(offered)}
        )
    token, codes = done.value
    said = {
        "title": Text("恢复码", "Recovery codes"),
        "intro": Text(
            "手机丢失时，每个恢复码可以代替一次验证码。请现在抄下或打印，放在安全的地方；离开本页后不再显示。",
            "If you lose your phone, each of these stands in for a code once. Write them down or print them now; they are not shown again.",
        ),
        "secrets": codes,
        "onward": reverse("web:me"),
    }
    response = render(request, "web/shown_once.html", said)
    remember_session(response, token)
    return response


@page(methods=BOTH)
def second_factor_remove(request: Request) -> HttpResponse:
    form = Sure(request.POST if request.method == "POST" else None, lang=request.lang)
    if carried_out(request, form, lambda _: remove_second_factor(request.by, request.session_seen)):
        return HttpResponseRedirect(reverse("web:me"))
    said = {
        "form": form,
        "title": Text("停用动态验证码", "Do without a second factor"),
        "intro": Text(
            "停用后，需要验证码的操作（管理、审批、导出）都不能办理。",
            "Whatever needs a code (administration, approvals, exports) will be refused from then on.",
        ),
        "submit": Text("停用", "Remove it"),
        "grave": True,
        "back": reverse("web:me"),
    }
    return render(request, "web/form.html", said)


def _qr(offered: Offered) -> SafeString:
    """As a picture within the page, without a style of its own, which the browser would refuse."""
    drawn = io.BytesIO()
    segno.make(offered.address, error="m").save(
        drawn, kind="svg", xmldecl=False, svgns=True, svgclass=None, lineclass=None, omitsize=True, border=4
    )
    return SafeString(drawn.getvalue().decode())

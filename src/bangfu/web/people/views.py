"""Who is there; accounts kept by those whose post allows it."""

from dataclasses import replace
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from bangfu.access import selectors
from bangfu.access.policy import may_open
from bangfu.access.services import people as service
from bangfu.access.services.sign_in import reset_account
from bangfu.audit.data import Act
from bangfu.audit.services import record_read
from bangfu.kernel.words import Text
from bangfu.web.carried_out import carried_out, saved
from bangfu.web.forms import Sure
from bangfu.web.page import BOTH, page
from bangfu.web.people.forms import KeptSearchForm, NumberForm, PersonForm, RevealForm, SearchForm
from bangfu.web.request import Request
from bangfu.web.sought import UNDER, found_page, sought_in

TEMPORARY = Text(
    "这是一次性的临时密码，7 天内有效，只显示这一次。请当面或电话告诉本人；首次登录后须改成自己的密码。",
    "This temporary password works for 7 days and is shown only now. Tell it to the person directly; they choose their own when they sign in.",
)


@page("people.see", methods=BOTH)
def people(request: Request) -> HttpResponse:
    known = sought_in(request)
    keeps = may_open(request.actor, "people.manage")
    searched = KeptSearchForm if keeps else SearchForm
    form = searched(request.POST or None, lang=request.lang, initial={"sought": known or ""})
    if request.method == "POST" and form.is_valid():
        return found_page(request, reverse("web:people"), "", form.cleaned_data["sought"].strip())
    said = {
        "form": form,
        "rows": None
        if known is None
        else selectors.people(request.actor, known, request.by.ring, request.GET.get("page")),
        "asked": urlencode({UNDER: request.GET[UNDER]}) if known else "",
        "may_add": keeps,
    }
    return render(request, "web/people/list.html", said)


@page("people.see")
def person(request: Request, account: int) -> HttpResponse:
    found = selectors.person(request.actor, account)
    record_read(request.by, Act("access.read_account", f"account:{account}", found.home))
    keeps = may_open(request.actor, "people.manage", found.home)
    said = {
        "person": found,
        "held": selectors.held_posts(request.actor, account),
        "number": selectors.id_number_masked(request.actor, account, request.by.ring) if keeps else "",
        "keeps": keeps,
    }
    return render(request, "web/people/person.html", said)


@page("people.manage", methods=BOTH)
def add(request: Request) -> HttpResponse:
    form = PersonForm(request.POST or None, lang=request.lang, homes=_homes(request))
    made = carried_out(
        request, form, lambda given: service.add_account(request.by, request.actor, service.Person(**given))
    )
    if made is None:
        return _form(request, form, Text("新增人员", "Add a person"), Text("新增", "Add"), back=reverse("web:people"))
    account, password = made.value
    return _shown(request, account, Text("已新增人员", "Person added"), TEMPORARY, password)


@page("people.manage", methods=BOTH)
def change(request: Request, account: int) -> HttpResponse:
    found = selectors.person(request.actor, account)
    now = {"name": found.name, "phone": found.phone, "home": found.home}
    form = PersonForm(request.POST or None, initial=now, lang=request.lang, homes=_homes(request), known=True)
    if carried_out(request, form, lambda given: service.change_account(request.by, request.actor, account, **given)):
        return _done(request, account)
    return _form(
        request, form, Text("修改资料", "Change details"), Text("保存", "Save"), account=account, about=found.name
    )


@page("people.manage", methods=BOTH)
def number(request: Request, account: int) -> HttpResponse:
    found = selectors.person(request.actor, account)
    form = NumberForm(request.POST or None, lang=request.lang)
    if carried_out(
        request, form, lambda given: service.set_id_number(request.by, request.actor, account, given["number"])
    ):
        return _done(request, account)
    return _form(
        request,
        form,
        Text("登记身份证号", "Record the ID number"),
        Text("保存", "Save"),
        account=account,
        about=found.name,
    )


@page("people.reveal", methods=BOTH)
def reveal(request: Request, account: int) -> HttpResponse:
    found = selectors.person(request.actor, account)
    form = RevealForm(request.POST or None, lang=request.lang)
    plain = carried_out(
        request,
        form,
        lambda given: service.reveal_id_number(replace(request.by, reason=given["reason"]), request.actor, account),
    )
    if plain is None:
        return _form(
            request,
            form,
            Text("显示身份证号", "Show the ID number"),
            Text("显示", "Show"),
            account=account,
            about=found.name,
        )
    return _shown(
        request,
        account,
        Text("身份证号", "ID number"),
        Text("本次查看已留痕。", "That you saw this is recorded."),
        plain.value,
    )


@page("people.reset", methods=BOTH)
def reset(request: Request, account: int) -> HttpResponse:
    found = selectors.person(request.actor, account)
    form = Sure(request.POST if request.method == "POST" else None, lang=request.lang)
    password = carried_out(request, form, lambda _: reset_account(request.by, request.actor, account))
    if password is None:
        intro = Text(
            "将生成一次性的临时密码；此人所有登录立即结束，动态验证码也要重新启用。",
            "A temporary password is made; all sessions end at once, and the second factor has to be set up again.",
        )
        return _form(
            request,
            form,
            Text("重置密码", "Reset the password"),
            Text("重置", "Reset"),
            account=account,
            about=found.name,
            intro=intro,
            grave=True,
        )
    return _shown(request, account, Text("已重置密码", "Password reset"), TEMPORARY, password.value)


@page("people.reset", methods=BOTH)
def close(request: Request, account: int) -> HttpResponse:
    found = selectors.person(request.actor, account)
    form = Sure(request.POST if request.method == "POST" else None, lang=request.lang)
    if carried_out(request, form, lambda _: service.close_account(request.by, request.actor, account)):
        return _done(request, account)
    intro = Text(
        "停用后立即不能登录；姓名和经办记录保留。", "Sign-in ends at once; the name and what was done stay on record."
    )
    return _form(
        request,
        form,
        Text("停用账号", "Close the account"),
        Text("停用", "Close"),
        account=account,
        about=found.name,
        intro=intro,
        grave=True,
    )


@page("people.reset", methods=BOTH)
def reopen(request: Request, account: int) -> HttpResponse:
    found = selectors.person(request.actor, account)
    form = Sure(request.POST if request.method == "POST" else None, lang=request.lang)
    if carried_out(request, form, lambda _: service.reopen_account(request.by, request.actor, account)):
        return _done(request, account)
    intro = Text("恢复后可以登录；岗位须另行办理。", "Sign-in is possible again; posts are given separately.")
    return _form(
        request,
        form,
        Text("恢复账号", "Reopen the account"),
        Text("恢复", "Reopen"),
        account=account,
        about=found.name,
        intro=intro,
    )


def _homes(request: Request) -> list[tuple[str, list[tuple[int, str]]]]:
    return selectors.places_to_choose(request.actor, "people.manage")


def _done(request: Request, account: int) -> HttpResponse:
    return saved(request, reverse("web:person", args=[account]))


def _form(
    request: Request,
    form: object,
    title: Text,
    submit: Text,
    *,
    account: int | None = None,
    back: str = "",
    **more: object,
) -> HttpResponse:
    onward = back or reverse("web:person", args=[account])
    return render(request, "web/form.html", {"form": form, "title": title, "submit": submit, "back": onward, **more})


def _shown(request: Request, account: int, title: Text, intro: Text, secret: str) -> HttpResponse:
    said = {"title": title, "intro": intro, "secrets": [secret], "onward": reverse("web:person", args=[account])}
    return render(request, "web/shown_once.html", said)

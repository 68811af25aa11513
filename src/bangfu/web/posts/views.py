"""Seats, who sits there, and what is done with them."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from bangfu.access import selectors
from bangfu.access.policy import may_open
from bangfu.access.services import posts as service
from bangfu.kernel.words import Text
from bangfu.places.selectors import units
from bangfu.web.carried_out import carried_out, carried_out_once, saved
from bangfu.web.page import BOTH, page
from bangfu.web.posts.forms import HeirForm, PersonOnForm, PlaceOnForm, PostForm
from bangfu.web.request import Request

# Of what a post answers for, so many are named in the list: a liaison may have a hundred villages, and the post's page has them all.
NAMED = 3


@page("posts.see")
def posts(request: Request) -> HttpResponse:
    said = {
        "rows": selectors.posts(request.actor, request.GET.get("page")),
        "may_open": may_open(request.actor, "posts.manage"),
        "named": NAMED,
    }
    return render(request, "web/posts/list.html", said)


@page("posts.see")
def post(request: Request, post: int) -> HttpResponse:
    said = {
        "post": selectors.post(request.actor, post),
        "held": selectors.holders(request.actor, post),
        "keeps": may_open(request.actor, "posts.manage"),
    }
    return render(request, "web/posts/post.html", said)


@page("posts.manage", methods=BOTH)
def open_post(request: Request) -> HttpResponse:
    named = [(unit.id, unit.name) for unit in units(request.actor.day)]
    form = PostForm(
        request.POST or None,
        lang=request.lang,
        initial={"held_from": request.actor.day},
        places=selectors.places_to_choose(request.actor, "posts.manage"),
        units=named,
    )
    made = carried_out_once(request, form, lambda given: service.open_post(request.by, request.actor, _new(given)))
    if made is not None:
        return _done(request, made.value)
    said = {
        "form": form,
        "title": Text("设立岗位", "Open a post"),
        "submit": Text("设立", "Open"),
        "back": reverse("web:posts"),
        "once": True,
    }
    return render(request, "web/form.html", said)


@page("posts.hand_over", methods=BOTH)
def hand_over(request: Request, post: int) -> HttpResponse:
    seat = selectors.post(request.actor, post)
    others = selectors.people_to_choose(request.actor)
    form = PersonOnForm(request.POST or None, lang=request.lang, initial={"on": request.actor.day}, people=others)
    if carried_out(
        request, form, lambda given: service.hand_over(request.by, request.actor, post, given["account"], given["on"])
    ):
        return _done(request, post)
    return _form(request, seat, form, Text("任免和交接", "Fill or hand over"), Text("办理", "Do it"))


@page("posts.manage", methods=BOTH)
def widen(request: Request, post: int) -> HttpResponse:
    seat = selectors.post(request.actor, post)
    form = _place_form(request, selectors.places_to_choose(request.actor, "posts.manage"))
    if carried_out(
        request, form, lambda given: service.widen_post(request.by, request.actor, post, given["place"], given["on"])
    ):
        return _done(request, post)
    return _form(request, seat, form, Text("增加负责的地方", "Add a place"), Text("增加", "Add"))


@page("posts.manage", methods=BOTH)
def narrow(request: Request, post: int) -> HttpResponse:
    seat = selectors.post(request.actor, post)
    form = _place_form(request, selectors.areas_to_choose(request.actor, post))
    if carried_out(
        request, form, lambda given: service.narrow_post(request.by, request.actor, post, given["place"], given["on"])
    ):
        return _done(request, post)
    intro = Text(
        "从所填日期起不再负责该地方。因单位管辖而负责的地方，请在“单位”里划出。",
        "From that day on the post no longer answers for the place. What it answers for by a unit is taken from the unit.",
    )
    return _form(request, seat, form, Text("减少负责的地方", "Take a place away"), Text("减少", "Take away"), intro)


@page("posts.manage", methods=BOTH)
def close(request: Request, post: int) -> HttpResponse:
    seat = selectors.post(request.actor, post)
    heirs = selectors.heirs_to_choose(request.actor, seat)
    form = HeirForm(request.POST or None, lang=request.lang, initial={"on": request.actor.day}, heirs=heirs)
    if carried_out(
        request, form, lambda given: service.close_post(request.by, request.actor, post, given["into"], given["on"])
    ):
        return _done(request, post)
    intro = Text(
        "岗位须先空缺。负责的地方和未完成的工作都归入所选岗位，不会遗漏。",
        "The post has to be vacant. Its places and its open work go to the post chosen; nothing is lost.",
    )
    return _form(request, seat, form, Text("撤并岗位", "Close the post"), Text("撤并", "Close"), intro)


def _new(given: Mapping[str, Any]) -> service.NewPost:
    place, unit = given["place"], given["by_unit"]
    return service.NewPost(
        given["role"],
        given["title"],
        given["unit"],
        given["held_from"],
        places=() if place is None else (place,),
        units=() if unit is None else (unit,),
    )


def _place_form(request: Request, places: object) -> PlaceOnForm:
    return PlaceOnForm(request.POST or None, lang=request.lang, initial={"on": request.actor.day}, places=places)


def _done(request: Request, post: int) -> HttpResponse:
    return saved(request, reverse("web:post", args=[post]))


def _form(
    request: Request, seat: selectors.PostRow, form: object, title: Text, submit: Text, intro: Text | None = None
) -> HttpResponse:
    about = f"{seat.unit_name} · {seat.title}" + (f" · {seat.holder.name}" if seat.holder else "")
    said = {
        "form": form,
        "title": title,
        "submit": submit,
        "about": about,
        "intro": intro,
        "back": reverse("web:post", args=[seat.id]),
    }
    return render(request, "web/form.html", said)

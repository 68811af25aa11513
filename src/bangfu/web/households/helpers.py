"""Who helps which household: assigned, one by one or several of a village at once, ended, withdrawn; and where nobody does."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, cast
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from bangfu.access.data import NotThere
from bangfu.access.policy import may_open, require
from bangfu.access.roles import roles
from bangfu.audit.data import By
from bangfu.casework.services.sweeping import follow_after
from bangfu.kernel.words import Text
from bangfu.places.selectors import places_named
from bangfu.registry import helping, selectors
from bangfu.registry.helping import AssignmentRow, Seat
from bangfu.registry.rules import TIERS
from bangfu.registry.services import assignments as service
from bangfu.registry.services.assignments import Together
from bangfu.web.carried_out import carried_out_once, saved, sent_again
from bangfu.web.forms import ReasonForm
from bangfu.web.households.answers import Heading, carried, done, done_before, file_of, form_page
from bangfu.web.households.forms import AssignForm, EndForm, TogetherForm
from bangfu.web.page import BOTH, page
from bangfu.web.request import Request, id_in, id_said

Given = Mapping[str, Any]
IN_ERROR = Text(
    "安排错了的才撤销：算作从未安排，以后可以重新安排。换人或不再帮扶的，请用“结束”。",
    "Only what was assigned in error is withdrawn: it counts as never made, and may be assigned anew. Where somebody else follows, or the help is over, end it.",
)
NONE_CHOSEN = Text("请先在清单里选户。", "Choose households in the list first.")


@page("households.assign", methods=BOTH)
def assign(request: Request, household: int) -> HttpResponse:
    found = file_of(request, household)
    listed = _posts(request, helping.seats(request.actor, household))
    form = AssignForm(request.POST or None, lang=request.lang, posts=listed, initial={"on": request.actor.day})

    def act(given: Given) -> int:
        return service.assign(request.by, request.actor, household, given["post"], given["on"])

    if carried(request, form, act):
        return done(request, household)
    intro = Text(
        "帮扶的是岗位：换了人，工作随岗位移交。这里列出管到本户的岗位。",
        "Posts help: whoever sits there next takes over. These are the posts that answer for this household.",
    )
    return form_page(request, household, form, Heading(Text("安排结对帮扶", "Assign a helper"), found.called, intro))


@page("households.assign", methods=BOTH)
def end(request: Request, household: int, assignment: int) -> HttpResponse:
    row = _row(request, household, assignment)
    form = EndForm(request.POST or None, lang=request.lang, initial={"on": request.actor.day})

    def act(given: Given) -> bool:
        service.end_assignment(_because(request, given), request.actor, assignment, given["on"])
        return True

    if carried(request, form, act):
        return done(request, household)
    heading = Heading(Text("结束结对帮扶", "End an assignment"), _who_helps_whom(request, household, row), grave=True)
    return form_page(request, household, form, heading)


@page("households.assign", methods=BOTH)
def withdraw(request: Request, household: int, assignment: int) -> HttpResponse:
    again = done_before(request, household)
    if again is not None:
        return again
    row = _row(request, household, assignment)
    form = ReasonForm(request.POST or None, lang=request.lang)

    def act(given: Given) -> bool:
        service.withdraw_assignments(_because(request, given), request.actor, [assignment])
        return True

    if carried(request, form, act):
        return done(request, household)
    title, about = Text("撤销结对帮扶", "Withdraw an assignment"), _who_helps_whom(request, household, row)
    return form_page(request, household, form, Heading(title, about, IN_ERROR, grave=True))


@page("households.see")
def gaps(request: Request) -> HttpResponse:
    tier = request.GET.get("tier", "")
    tier = tier if tier in TIERS else TIERS[0]
    asked_for = id_in(request, "place")
    named = places_named([asked_for] if asked_for is not None else [])
    place = asked_for if asked_for in named else None
    counts = helping.gaps(request.actor, place)
    told: dict[str, Any] = {
        "tiers": [(role.tier, role.text, counts[role.tier]) for role in roles().values() if role.tier in TIERS],
        "tier": tier,
        "villages": helping.gaps_by_village(request.actor, tier),
        "rows": helping.without_helper(request.actor, tier, request.GET.get("page"), place),
        "asked": urlencode({"tier": tier} if place is None else {"tier": tier, "place": place}),
        "may_assign": may_open(request.actor, "households.assign"),
    }
    if place is not None:
        told |= {"place": place, "place_name": named[place]}
        if may_open(request.actor, "households.assign", place):
            told["form"] = _together_form(request, place, tier)
            told["lately"] = helping.lately_helped(request.actor, place)
    return render(request, "web/households/gaps.html", told)


@page("households.assign", methods=("POST",))
def assign_together(request: Request, place: int, tier: str) -> HttpResponse:
    """Those ticked in a village's list of gaps, or all of its page: first who would get whom, then all of them or none."""
    require(request.actor, "households.assign", place)
    if tier not in TIERS:
        raise NotThere
    back = _gaps_of(place, tier)
    if sent_again(request):
        return saved(request, back)
    chosen = _ids(request, "listed" if "all" in request.POST else "household")
    form = _together_form(request, place, tier, request.POST)
    if form.is_valid() and not chosen:
        form.add_error(None, NONE_CHOSEN.say(request.lang))

    def act(given: Given) -> int:
        return service.assign_together(_because(request, given), request.actor, chosen, _asked(place, given))

    if "sure" in request.POST and carried_out_once(request, form, act):
        # After the act, which stands whatever becomes of this: tasks go to whoever helps now.
        follow_after(request.by, *chosen)
        return saved(request, back)
    told: dict[str, Any] = {
        "form": form,
        "place_name": places_named([place]).get(place, ""),
        "tier": roles()[tier].text,
        "back": back,
        **_foreseen(request, form, place, chosen),
    }
    return render(request, "web/households/together.html", told)


def _foreseen(request: Request, form: TogetherForm, place: int, chosen: list[int]) -> dict[str, Any]:
    """The households that were chosen; and, once it is known what is asked, who would help them, or why not."""
    found = selectors.rows_of(request.actor, chosen)
    given, told = form.cleaned_data, {"rows": [(row, None) for row in found], "unseen": len(chosen) - len(found)}
    if not {"post", "on", "reason"} <= given.keys() or not found or "change" in request.POST:
        return told
    why = service.foreseen(request.actor, chosen, _asked(place, given))
    rows = [(row, why[row.id]) for row in found]
    post = dict(cast(Any, form.fields["post"]).choices)[given["post"]]
    helped = sum(1 for _, refused in rows if refused is None)
    return {**told, "rows": rows, "foreseen": True, "given": given, "post": post, "helped": helped}


@page("households.assign", methods=BOTH)
def assigned_together(request: Request, act: int) -> HttpResponse:
    """What was assigned at once, to be withdrawn as a whole or one by one."""
    here = reverse("web:assigned-together", args=[act])
    if sent_again(request):
        return saved(request, here)
    found = helping.helped_together(request.actor, act)
    chosen = _ids(request, "listed" if "all" in request.POST else "assignment")
    form = ReasonForm(request.POST or None, lang=request.lang)

    def withdrawn(given: Given) -> bool:
        service.withdraw_assignments(_because(request, given), request.actor, chosen)
        return True

    if carried_out_once(request, form, withdrawn):
        follow_after(request.by, *(row.household.id for row in found.rows if row.assignment in chosen))
        return saved(request, here)
    places = {row.household.place for row in found.rows}
    keeps = {place for place in places if may_open(request.actor, "households.assign", place)}
    mine = {row.assignment for row in found.rows if not row.withdrawn and row.household.place in keeps}
    told = {
        "form": form,
        "found": found,
        "rows": found.rows,
        "mine": mine,
        "chosen": chosen,
        "intro": IN_ERROR,
        "back": _gaps_of(found.place, found.tier),
    }
    return render(request, "web/households/assigned.html", told)


def _gaps_of(place: int, tier: str) -> str:
    return reverse("web:gaps", query={"tier": tier, "place": place})


def _row(request: Request, household: int, assignment: int) -> AssignmentRow:
    rows = helping.assignments(request.actor, household)
    row = next((each for each in rows if each.id == assignment), None)
    if row is None:
        raise NotThere
    return row


def _who_helps_whom(request: Request, household: int, row: AssignmentRow) -> str:
    return f"{selectors.whose(request.actor, household, 'residence', household)} · {row.title} {row.holder}"


def _because(request: Request, given: Given) -> By:
    return replace(request.by, reason=given["reason"])


def _posts(request: Request, seats: Iterable[Seat]) -> list[tuple[int, str]]:
    vacant = Text("空缺", "vacant").say(request.lang)
    # A post is often called after its tier, which is said once then.
    said = {
        seat.post: dict.fromkeys((seat.title, seat.tier.say(request.lang), seat.holder or vacant)) for seat in seats
    }
    return [(post, " · ".join(words)) for post, words in said.items()]


def _asked(place: int, given: Given) -> Together:
    return Together(place, given["post"], given["on"])


def _together_form(request: Request, place: int, tier: str, sent: Any = None) -> TogetherForm:
    posts = _posts(request, helping.seats_of(request.actor, place, [tier]))
    return TogetherForm(sent, lang=request.lang, posts=posts, initial={"on": request.actor.day})


def _ids(request: Request, name: str) -> list[int]:
    return sorted({each for said in request.POST.getlist(name) if (each := id_said(said)) is not None})

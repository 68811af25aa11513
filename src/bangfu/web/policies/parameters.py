"""Parameters: their values over time; what is proposed, whom it would change, and the second person's signature."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from bangfu.access.data import NotThere
from bangfu.access.policy import may_open
from bangfu.access.selectors import offices_to_choose
from bangfu.assessment import publishing
from bangfu.assessment.services import trials
from bangfu.engine.request import book_of
from bangfu.kernel.money import yuan_from_fen
from bangfu.kernel.schema import schema
from bangfu.kernel.words import Lang, Text
from bangfu.policies import selectors
from bangfu.policies.data import TRIED, WAYS, NewValue
from bangfu.policies.services import deciding, proposing
from bangfu.rulebook.catalogue import ParameterShown
from bangfu.web.carried_out import carried_out, carried_out_once, saved
from bangfu.web.forms import ReasonForm
from bangfu.web.page import BOTH, page
from bangfu.web.policies.forms import ProposeForm, SignForm
from bangfu.web.request import Request


@page("parameters.see")
def parameters(request: Request) -> HttpResponse:
    shown = selectors.shown(request.lang)
    told = {
        "parameters": list(shown.catalogue.parameters.values()),
        "places": shown.places,
        "ruled": shown.ruled,
        "waiting": selectors.waiting(request.actor, request.lang),
        "rows": selectors.proposals(request.actor, request.lang, None, request.GET.get("page")),
    }
    return render(request, "web/policies/parameters.html", told)


@page("parameters.see")
def parameter(request: Request, parameter: str) -> HttpResponse:
    shown = selectors.shown(request.lang)
    told = {
        "parameter": _parameter(shown, parameter),
        "places": shown.places,
        "proposes": parameter in shown.publishable and may_open(request.actor, "parameters.propose"),
        "rows": selectors.proposals(request.actor, request.lang, parameter, request.GET.get("page")),
    }
    return render(request, "web/policies/parameter.html", told)


@page("parameters.propose", methods=BOTH)
def parameter_propose(request: Request, parameter: str) -> HttpResponse:
    shown = selectors.shown(request.lang)
    found = _parameter(shown, parameter)
    form = ProposeForm(
        request.POST or None,
        lang=request.lang,
        places=offices_to_choose(request.actor, "parameters.propose"),
        parameter=found,
        yes_no=shown.ruled.book.parameters[parameter].unit == "yes_no",
    )

    def act(given: Mapping[str, Any]) -> int:
        days = {name: given.get(name) for name in ("from_day", "until_day", "year")}
        source = Text(given["source_zh"], given["source_en"])
        new = NewValue(parameter, given["value"], given["place"], source=source, backdated=given["backdated"], **days)
        return publishing.propose(replace(request.by, reason=given["reason"]), request.actor, new)

    made = carried_out_once(request, form, act)
    if made is not None:
        return saved(request, _address(made.value))
    intro = Text(
        "提出后先试算：看哪些户得益、哪些户受损、一年多多少钱；再由另一人签发。签发之前什么都不变。",
        "It is tried first: which households gain or lose, and how much a year. Then another person signs. Nothing changes before that.",
    )
    return _form(
        request,
        form,
        Text(f"调整“{found.label}”", f"Change '{found.label}'"),
        Text("提出并试算", "Propose and try"),
        reverse("web:parameter", args=[parameter]),
        intro,
    )


@page("parameters.see")
def proposal(request: Request, proposal: int) -> HttpResponse:
    found = selectors.proposal(request.actor, request.lang, proposal)
    way = request.GET.get("way", "")
    way = way if way in WAYS else ""
    tried = selectors.trial(request.actor, request.lang, proposal)
    rows = selectors.effects(request.actor, request.lang, proposal, way, request.GET.get("page"))
    told = {
        "proposal": found,
        "trial": tried,
        "tried_said": TRIED[tried.state] if tried else None,
        "ways": [(name, WAYS[name], count) for name, count in tried.ways.items()] if tried else [],
        "way": way,
        "asked": f"way={way}" if way else "",
        "rows": rows,
        "listed": [(row, WAYS[row.way], _changes(row, request.lang)) for row in rows],
        "tries": found.standing == "open" and (found.to_decide or may_open(request.actor, "parameters.propose")),
    }
    return render(request, "web/policies/proposal.html", told)


@page("parameters.propose", methods=("POST",))
def proposal_try(request: Request, proposal: int) -> HttpResponse:
    publishing.try_again(request.by, request.actor, proposal)
    return saved(request, _address(proposal))


@page("parameters.propose", methods=("POST",))
def proposal_stop(request: Request, proposal: int) -> HttpResponse:
    trials.stop_trial(request.by, request.actor, proposal)
    return HttpResponseRedirect(_address(proposal))


@page("parameters.approve", methods=BOTH)
def proposal_sign(request: Request, proposal: int) -> HttpResponse:
    found = selectors.proposal(request.actor, request.lang, proposal)
    tried = selectors.trial(request.actor, request.lang, proposal)
    form = SignForm(request.POST or None, lang=request.lang, initial={"seen": tried.digest if tried else ""})

    def act(given: Mapping[str, Any]) -> int:
        return publishing.publish(request.by, request.actor, proposal, given["seen"])

    if carried_out(request, form, act):
        return saved(request, _address(proposal))
    return _form(
        request, form, Text("签发", "Sign"), Text("签发并生效", "Sign, and let it hold"), _address(proposal),
        _summed_up(found, tried), about=f"{found.label} {found.value}",
    )  # fmt: skip


@page("parameters.approve", methods=BOTH)
def proposal_refuse(request: Request, proposal: int) -> HttpResponse:
    found = selectors.proposal(request.actor, request.lang, proposal)
    form = ReasonForm(request.POST or None, lang=request.lang)

    def act(given: Mapping[str, Any]) -> None:
        deciding.refuse(replace(request.by, reason=given["reason"]), request.actor, proposal)

    if carried_out(request, form, act):
        return saved(request, _address(proposal))
    title = Text("不予签发", "Refuse to sign")
    return _form(request, form, title, title, _address(proposal), about=f"{found.label} {found.value}")


@page("parameters.propose", methods=("POST",))
def proposal_take_back(request: Request, proposal: int) -> HttpResponse:
    proposing.take_back(request.by, request.actor, proposal)
    return saved(request, _address(proposal))


@page("parameters.propose", methods=BOTH)
def proposal_withdraw(request: Request, proposal: int) -> HttpResponse:
    found = selectors.proposal(request.actor, request.lang, proposal)
    form = ReasonForm(request.POST or None, lang=request.lang)

    def act(given: Mapping[str, Any]) -> int:
        return publishing.propose_withdrawal(replace(request.by, reason=given["reason"]), request.actor, proposal)

    made = carried_out_once(request, form, act)
    if made is not None:
        return saved(request, _address(made.value))
    intro = Text(
        "撤回也先试算，再由另一人签发。签发后视同没有发布过，以前的评估和已打印的文书保持原样；发布的记录不会删除。",
        "A withdrawal is tried and signed by another person, too. It then counts as never published; earlier assessments and printed papers "
        "stay as they are, and so does the record of the publication.",
    )
    return _form(
        request,
        form,
        Text("撤回已发布的值", "Withdraw a published value"),
        Text("提出撤回", "Propose the withdrawal"),
        _address(proposal),
        intro,
        about=f"{found.label} {found.value}",
    )


def _parameter(shown: selectors.Shown, parameter: str) -> ParameterShown:
    found = shown.catalogue.parameters.get(parameter)
    if found is None:
        raise NotThere
    return found


def _summed_up(found: selectors.ProposalRow, tried: selectors.TrialRow | None) -> Text:
    if tried is None or tried.state != "done":
        return Text("还没有试算完。", "It has not been tried yet.")
    stood_in, past = tried.stood_in or Text("", ""), found.past or Text("", "")
    ways, more = tried.ways, yuan_from_fen(tried.after - tried.before, grouped=True)
    return Text(
        f"{found.proposer}提出，{found.place_name}，{found.when}。试算（{tried.as_of}）：得益 {ways['gain']} 户，受损 {ways['lose']} 户，"
        f"其他变化 {ways['other']} 户，一年增减 {more} 元。{stood_in.zh}{past.zh}签发后立即重新评估全部在册户，以后的结论都注明这次发布。",
        f"Proposed by {found.proposer} for {found.place_name}, {found.when}. Tried as of {tried.as_of}: {ways['gain']} household(s) gain, "
        f"{ways['lose']} lose, {ways['other']} change otherwise; {more} yuan a year more or less. {stood_in.en}{' ' * bool(stood_in.en)}{past.en}{' ' * bool(past.en)}Once signed, the whole register is assessed anew, "
        "and every later verdict names this publication.",
    )


def _changes(row: selectors.EffectRow, lang: Lang) -> list[str]:
    """What would change of a household, a line each."""
    label = schema().label
    said = []
    for name, was, would, before, after in row.policies:
        # What is possible no more has no row.
        verdicts = [label("verdict", each or "not_entitled", lang) for each in (was, would)]
        money = [yuan_from_fen(each, grouped=True) for each in (before, after)]
        changes = [f"{a} → {b}" for a, b in (verdicts, money) if a != b]
        said.append(
            f"{name}：{'，'.join(changes) or verdicts[0]}"
            if lang == "zh"
            else f"{name}: {', '.join(changes) or verdicts[0]}"
        )
    columns, checks = schema().results["assessment"].columns, book_of(()).checks
    for name, was_n, would_n in row.others:
        column = columns.get(name)
        # A standard, or a check that finds more or less.
        of_it = column or checks.get(name)
        named = of_it.label.say(lang) if of_it else name
        values = [_other(each, yes_no=column is not None, lang=lang) for each in (was_n, would_n)]
        said.append(f"{named}{'：' if lang == 'zh' else ': '}{values[0]} → {values[1]}")
    return said


def _other(value: int | None, *, yes_no: bool, lang: Lang) -> str:
    if value is None:
        return Text("待核实", "unknown").say(lang)
    if yes_no:
        return (Text("是", "yes") if value else Text("否", "no")).say(lang)
    return Text(f"{value} 条", f"{value}").say(lang)


def _address(proposal: int) -> str:
    return reverse("web:proposal", args=[proposal])


def _form(  # noqa: PLR0913  # what a form's page shows
    request: Request,
    form: object,
    title: Text,
    submit: Text,
    back: str,
    intro: Text | None = None,
    about: str = "",
) -> HttpResponse:
    told = {"form": form, "title": title, "submit": submit, "back": back, "intro": intro, "about": about, "once": True}
    return render(request, "web/form.html", told)

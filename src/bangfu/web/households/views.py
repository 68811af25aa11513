"""The register: a list within one's scope, a household's file as of a day, and the acts that record something of it."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from bangfu.access.data import NotThere
from bangfu.access.policy import may, may_open
from bangfu.access.selectors import names_of
from bangfu.assessment.selectors import assessed
from bangfu.assessment.services.corrections import correct_after
from bangfu.audit.acts import acts
from bangfu.engine.request import book_of
from bangfu.kernel.money import fen_from_yuan, yuan_from_fen
from bangfu.kernel.schema import schema
from bangfu.kernel.words import Lang, Text
from bangfu.places.selectors import places_named
from bangfu.registry import selectors
from bangfu.registry.data import Known, NewFacts
from bangfu.registry.facts import groups, label_of
from bangfu.registry.selectors import File, LineRow, Member, ReceiptRow
from bangfu.registry.services import ledger as ledger_service
from bangfu.registry.services.acts import undo as undo_act
from bangfu.registry.services.facts import inherited_by, record_facts
from bangfu.registry.services.households import add_thing, record_look, reveal_id_number
from bangfu.registry.services.ledger import NewLine
from bangfu.registry.services.procedures import Event
from bangfu.registry.services.receipts import NewReceipt, correct_receipt, record_receipt, withdraw_receipt
from bangfu.web.households.answers import Heading, done, file_of, form_page, shown
from bangfu.web.households.forms import (
    CARRY,
    AsOfForm,
    FactsForm,
    LineCorrectionForm,
    LineForm,
    PolicyChoice,
    ReasonForm,
    ReceiptCorrectionForm,
    ReceiptForm,
    SearchForm,
    YearForm,
)
from bangfu.web.households.procedures import PROCEDURE_GROUPS, PROCEDURES, ProcedureForm
from bangfu.web.page import BOTH, carried_out, page, saved
from bangfu.web.request import Request
from bangfu.web.runs.views import causes_said

# Where the page leads within itself, from top to bottom.
PARTS = (
    ("assessment", Text("评估", "Assessment")),
    ("members", Text("家庭成员", "Members")),
    ("facts", Text("户情况", "Living conditions")),
    ("ledger", Text("收支", "Income and expense")),
    ("receipts", Text("已享受政策", "Receipts")),
    ("several", Text("牲畜、亲邻、需求等", "Belongings, kin, needs")),
    ("helpers", Text("结对帮扶", "Helpers")),
    ("acts", Text("历次登记", "History")),
)
# The last so many acts are shown at once, those before them folded.
ACTS = 8
SHARED = ("residence", "registration", "daily_life", "housing", "land")


@dataclass(frozen=True, slots=True)
class YearShown:
    """A year of the ledger, its lines by the contract's groups with their sums, in fen."""

    year: int
    settled: object
    groups: tuple[tuple[Text, int, tuple[tuple[LineRow, str], ...]], ...]


@page("households.see", methods=BOTH)
def households(request: Request) -> HttpResponse:
    form = SearchForm(request.POST or None, lang=request.lang)
    sought = form.cleaned_data["sought"].strip() if form.is_valid() else ""
    rows = selectors.households(request.actor, sought, None, request.by.ring, request.GET.get("page"))
    codes = schema()
    listed = [
        (row, codes.label("status", row.status, request.lang), codes.label("category", row.category, request.lang))
        for row in rows
    ]
    text = {
        "form": form,
        "rows": rows,
        "listed": listed,
        "sought": sought,
        "keeps": may_open(request.actor, "households.keep"),
        "lists": may_open(request.actor, "papers.list"),
    }
    return render(request, "web/households/list.html", text)


@page("households.see")
def household(request: Request, household: int) -> HttpResponse:
    form = AsOfForm(request.GET if request.GET.get("day") or request.GET.get("known") else None, lang=request.lang)
    asked = form.cleaned_data if form.is_valid() else {}
    day, known_at = asked.get("day") or request.actor.day, asked.get("known")
    found = selectors.file(request.actor, household, day, known_at or timezone.now())
    record_look(request.by, request.actor, household)
    lang = request.lang
    names = places_named([found.place] if found.place else [])
    members = [
        (
            each,
            _label("identity", "sex", each, lang),
            _label("membership", "relation", each, lang),
            [shown(each.facts[name], lang, {}) for name in each.facts if name not in ("membership", "papers")],
        )
        for each in found.members
    ]
    history = selectors.acts(request.actor, household)
    text = {
        **_assessed(request, found),
        "file": found,
        "form": form,
        "known_at": known_at,
        "name": next((each.name for each in found.members if each.relation == "head"), ""),
        "groups": [shown(found.facts[name], lang, names) for name in SHARED],
        "members": members,
        "numbers": selectors.masked_numbers(request.by.ring, found.members),
        "several": [
            (groups()[kind].label, kind, [shown(each, lang, {}) for each in found.several[kind]])
            for kind in found.several
        ],
        "years": _years(found, lang),
        "receipts": [
            (row, _policies(lang).get(row.policy, row.policy), _name_of(found, row.person)) for row in found.receipts
        ],
        "helpers": selectors.assignments(request.actor, household),
        "acts": (history[:ACTS], history[ACTS:]),
        "names": names_of(request.actor, [act.entry for act in history]),
        "keeps": bool(may(request.actor, "households.keep", found.place)),
        "assigns": bool(may(request.actor, "households.assign", found.place)),
        "prints": bool(may(request.actor, "papers.print")),
        "reveals": bool(
            may(replace(request.actor, second_factor=True, confirmed=True), "households.reveal", found.place)
        ),
        "procedures": [
            (label, [(name, PROCEDURES[name].title) for name in group]) for label, group in PROCEDURE_GROUPS
        ],
        "parts": PARTS,
        "place_name": names.get(found.place or 0, ""),
    }
    return render(request, "web/households/household.html", text)


@page("households.keep", methods=BOTH)
def facts_change(request: Request, household: int, group: str, thing: int) -> HttpResponse:
    known, about = _known(request, household, group, thing)
    form = FactsForm(
        request.POST or None,
        group=groups()[group],
        values=known.values,
        lang=request.lang,
        initial={"valid_from": request.actor.day, "version": known.version},
    )

    def act(given: Mapping[str, Any]) -> object:
        new = NewFacts(group, thing, given["facts"], given["valid_from"], given["version"], given["carry"] == CARRY)
        if not given["carry"]:
            form.ask_carry(inherited_by(request.actor, household, new))
        return record_facts(request.by, request.actor, household, new, given["source"])

    if carried_out(request, form, act):
        return done(request, household)
    return form_page(request, household, form, Heading(groups()[group].label, about=about))


@page("households.keep", methods=BOTH)
def thing_add(request: Request, household: int, group: str) -> HttpResponse:
    found = file_of(request, household)
    if group not in found.several:
        raise NotThere
    form = FactsForm(
        request.POST or None,
        group=groups()[group],
        values={},
        lang=request.lang,
        initial={"valid_from": request.actor.day, "version": 0},
    )

    def act(given: Mapping[str, Any]) -> object:
        facts = {name: value for name, value in given["facts"].items() if value is not None}
        return add_thing(
            request.by, request.actor, household, NewFacts(group, 0, facts, given["valid_from"]), given["source"]
        )

    if carried_out(request, form, act):
        return done(request, household)
    return form_page(request, household, form, Heading(groups()[group].label, about=found.number))


@page("households.keep", methods=BOTH)
def ledger_add(request: Request, household: int) -> HttpResponse:
    found = file_of(request, household)
    form = LineForm(
        request.POST or None, lang=request.lang, members=_members(found), initial={"year": request.actor.day.year}
    )

    def act(given: Mapping[str, Any]) -> object:
        line = NewLine(given["item"], fen_from_yuan(given["amount"].strip()), given["person"], given["note"])
        return ledger_service.record_ledger(request.by, request.actor, household, given["year"], [line])

    if carried_out(request, form, act):
        return done(request, household)
    return form_page(
        request, household, form, Heading(Text("登记收支", "Record income or expense"), about=found.number)
    )


@page("households.keep", methods=BOTH)
def line_withdraw(request: Request, household: int, line: int) -> HttpResponse:
    row = _ledger_line(file_of(request, household), line)
    form = ReasonForm(request.POST or None, lang=request.lang)

    def act(given: Mapping[str, Any]) -> object:
        gone = NewLine(row.item, None, row.person, corrects=row.id)
        by = replace(request.by, reason=given["reason"])
        return ledger_service.record_ledger(by, request.actor, household, row.year, [gone])

    if carried_out(request, form, act):
        return done(request, household)
    about = f"{row.year} {schema().label('item', row.item, request.lang)}"
    return form_page(
        request, household, form, Heading(Text("删去一行收支", "Take a line away"), about=about, grave=True)
    )


@page("households.keep", methods=BOTH)
def line_correct(request: Request, household: int, line: int) -> HttpResponse:
    found = file_of(request, household)
    row = _ledger_line(found, line)
    known = {name: getattr(row, name) for name in ("item", "person", "note")}
    form = LineCorrectionForm(
        request.POST or None,
        lang=request.lang,
        members=_members(found),
        initial={**known, "amount": yuan_from_fen(row.amount)},
    )

    def act(given: Mapping[str, Any]) -> object:
        amount = fen_from_yuan(given["amount"].strip())
        new = NewLine(given["item"], amount, given["person"], given["note"], corrects=line)
        by = replace(request.by, reason=given["reason"])
        return ledger_service.record_ledger(by, request.actor, household, row.year, [new])

    if carried_out(request, form, act):
        return done(request, household)
    about = f"{row.year} {schema().label('item', row.item, request.lang)} {yuan_from_fen(row.amount, grouped=True)}"
    return form_page(request, household, form, Heading(Text("更正一行收支", "Correct a line"), about))


@page("households.keep", methods=BOTH)
def receipt_add(request: Request, household: int) -> HttpResponse:
    found = file_of(request, household)
    form = ReceiptForm(
        request.POST or None,
        lang=request.lang,
        members=_members(found),
        policies=_choices(request.lang),
        initial={"year": request.actor.day.year},
    )
    if carried_out(request, form, lambda given: record_receipt(request.by, request.actor, household, _received(given))):
        return done(request, household)
    return form_page(request, household, form, Heading(Text("登记已享受政策", "Record a receipt"), about=found.number))


@page("households.keep", methods=BOTH)
def receipt_correct(request: Request, household: int, receipt: int) -> HttpResponse:
    found = file_of(request, household)
    row = _receipt(found, receipt)
    known = {name: getattr(row, name) for name in ("policy", "year", "person", "paid_on")}
    form = ReceiptCorrectionForm(
        request.POST or None,
        lang=request.lang,
        members=_members(found),
        policies=_choices(request.lang),
        initial={**known, "amount": yuan_from_fen(row.amount)},
    )

    def act(given: Mapping[str, Any]) -> object:
        by = replace(request.by, reason=given["reason"])
        return correct_receipt(by, request.actor, household, receipt, _received(given))

    if carried_out(request, form, act):
        return done(request, household)
    intro = Text(
        "自动记入收支的行一并更正；更正前的内容留在历史里。",
        "The ledger lines that it booked are corrected with it; what it said before stays in the history.",
    )
    heading = Heading(Text("更正已享受政策", "Correct a receipt"), _receipt_said(found, row, request.lang), intro)
    return form_page(request, household, form, heading)


@page("households.keep", methods=BOTH)
def receipt_withdraw(request: Request, household: int, receipt: int) -> HttpResponse:
    found = file_of(request, household)
    row = _receipt(found, receipt)
    form = ReasonForm(request.POST or None, lang=request.lang)

    def act(given: Mapping[str, Any]) -> bool:
        withdraw_receipt(replace(request.by, reason=given["reason"]), request.actor, household, receipt)
        return True

    if carried_out(request, form, act):
        return done(request, household)
    intro = Text("自动记入收支的行一并删去。", "The ledger lines that it booked are taken away with it.")
    about = _receipt_said(found, row, request.lang)
    heading = Heading(Text("撤回已享受政策", "Withdraw a receipt"), about, intro, grave=True)
    return form_page(request, household, form, heading)


@page("households.keep", methods=BOTH)
def year_settle(request: Request, household: int, year: int) -> HttpResponse:
    return _year(request, household, year, Text("结清年度收支", "Settle the year"), ledger_service.settle_year)


@page("households.keep", methods=BOTH)
def year_reopen(request: Request, household: int, year: int) -> HttpResponse:
    return _year(request, household, year, Text("重新打开年度收支", "Open the year again"), ledger_service.reopen_year)


@page("households.keep", methods=BOTH)
def procedure(request: Request, household: int, name: str) -> HttpResponse:
    if name not in PROCEDURES:
        raise NotThere
    found, asked = file_of(request, household), PROCEDURES[name]
    form = ProcedureForm(
        request.POST or None, procedure=asked, file=found, lang=request.lang, initial={"on": request.actor.day}
    )

    def act(given: Mapping[str, Any]) -> int:
        relations = {which: form.relations(which) for which in asked.relations}
        event = Event(household, given["on"], given["source"])
        return asked.carry(request.by, request.actor, event, {**given, "relations": relations})

    if carried_out(request, form, act):
        correct_after(household, request.by.at)
        return saved(request, reverse("web:households"))
    return form_page(request, household, form, Heading(asked.title, found.number, asked.intro))


@page("households.keep", methods=BOTH)
def act_undo(request: Request, household: int, act: int) -> HttpResponse:
    row = next((each for each in selectors.acts(request.actor, household) if each.id == act), None)
    if row is None:
        raise NotThere
    form = ReasonForm(request.POST or None, lang=request.lang)
    if carried_out(
        request, form, lambda given: undo_act(replace(request.by, reason=given["reason"]), request.actor, act)
    ):
        return done(request, household)
    intro = Text(
        "这次登记的全部内容都不再算数，之前的内容恢复；撤销本身也留痕。",
        "Everything that this act recorded counts no more, and what was before comes back. The undoing is recorded too.",
    )
    return form_page(
        request,
        household,
        form,
        Heading(
            Text("撤销一次登记", "Undo an act"),
            about=f"#{act} {acts()[row.entry.act].say(request.lang)}",
            intro=intro,
            grave=True,
        ),
    )


@page("households.reveal", methods=BOTH)
def member_reveal(request: Request, household: int, person: int) -> HttpResponse:
    found = file_of(request, household)
    member = next((each for each in found.members if each.id == person), None)
    if member is None:
        raise NotThere
    form = ReasonForm(request.POST or None, lang=request.lang)
    told_number = carried_out(
        request,
        form,
        lambda given: reveal_id_number(replace(request.by, reason=given["reason"]), request.actor, person),
    )
    if told_number is None:
        return form_page(
            request, household, form, Heading(Text("查看证件号码", "Reveal the ID number"), about=member.name)
        )
    told = {
        "title": Text("证件号码", "ID number"),
        "intro": Text("本次查看已留痕。", "That you saw this is recorded."),
        "secrets": [told_number.value],
        "onward": reverse("web:household", args=[household]),
    }
    return render(request, "web/shown_once.html", told)


def _assessed(request: Request, found: File) -> dict[str, Any]:
    """What stands of the household, as the page shows it."""
    lang = request.lang
    stands = assessed(request.actor, found.id, lang)
    if stands is None:
        return {"assessed": None}
    numbers = {member.number: member.name or member.number for member in found.members}
    rows = [(row, _name_of(found, row.person)) for row in stands.policies]
    return {
        "assessed": stands,
        "line": yuan_from_fen(stands.figures["poverty_line"], grouped=True),
        "policies": ([row for row in rows if row[0].is_open], [row for row in rows if not row[0].is_open]),
        "others": sum(1 for row, _ in rows if not row.is_open),
        "questions": [(numbers.get(each.person_id, ""), each) for each in stands.questions],
        "findings": [
            (schema().label("severity", severity, lang), _name_of(found, person), message)
            for severity, person, message in stands.findings
        ],
        "changes": [(row, causes_said(row.causes, lang)) for row in stands.changes],
    }


def _known(request: Request, household: int, group: str, thing: int) -> tuple[Known, str]:
    """What is known of a thing of the household today, and whose it is. Raises NotThere."""
    found = file_of(request, household)
    if group in found.facts and thing == household:
        return found.facts[group], found.number
    for member in found.members:
        if member.id == thing and group in member.facts:
            return member.facts[group], member.name or member.number
    for each in found.several.get(group, ()):
        if each.thing == thing:
            return each, found.number
    raise NotThere


def _years(found: File, lang: Lang) -> list[YearShown]:
    by_year: dict[int, dict[str, list[LineRow]]] = defaultdict(lambda: defaultdict(list))
    contract = schema()
    for line in found.ledger:
        by_year[line.year][contract.codes["item"][line.item].group].append(line)
    return [
        YearShown(
            year,
            found.settled.get(year),
            tuple(
                (
                    text,
                    sum(line.amount for line in lines[name]),
                    tuple((line, _line(found, line, lang)) for line in lines[name]),
                )
                for name, text in contract.item_groups.items()
                if name in lines
            ),
        )
        for year, lines in sorted(by_year.items(), reverse=True)
    ]


def _line(found: File, line: LineRow, lang: Lang) -> str:
    parts = (schema().label("item", line.item, lang), _name_of(found, line.person), line.note)
    return " · ".join(part for part in parts if part)


def _name_of(found: File, person: int | None) -> str:
    return next((each.name for each in found.members if each.id == person), "")


def _label(group: str, name: str, member: Member, lang: Lang) -> str:
    value = member.facts[group].values[name]
    return "" if value is None else label_of(groups()[group].fields[name], str(value), lang)


def _ledger_line(found: File, line: int) -> LineRow:
    """Raises NotThere."""
    row = next((each for each in found.ledger if each.id == line), None)
    if row is None:
        raise NotThere
    return row


def _receipt(found: File, receipt: int) -> ReceiptRow:
    """Raises NotThere."""
    row = next((each for each in found.receipts if each.id == receipt), None)
    if row is None:
        raise NotThere
    return row


def _receipt_said(found: File, row: ReceiptRow, lang: Lang) -> str:
    policy = _policies(lang).get(row.policy, row.policy)
    parts = (str(row.year), policy, _name_of(found, row.person), yuan_from_fen(row.amount, grouped=True))
    return " ".join(part for part in parts if part)


def _received(given: Mapping[str, Any]) -> NewReceipt:
    amount = fen_from_yuan(given["amount"].strip())
    return NewReceipt(given["policy"], given["year"], amount, given["person"], given["paid_on"])


def _choices(lang: Lang) -> list[PolicyChoice]:
    booked = book_of(()).policies
    return [PolicyChoice(name, label, booked[name].books.items) for name, label in _policies(lang).items()]


def _members(found: File) -> list[tuple[int, str]]:
    return [(each.id, each.name or each.number) for each in found.members]


def _policies(lang: Lang) -> dict[str, str]:
    return {name: code.label.say(lang) for name, code in book_of(()).policy_codes().items()}


def _year(request: Request, household: int, year: int, title: Text, service: Any) -> HttpResponse:
    found = file_of(request, household)
    form = YearForm(request.POST or None, lang=request.lang, initial={"year": year})

    def act(given: Mapping[str, Any]) -> bool:
        service(replace(request.by, reason=given["reason"]), request.actor, household, year)
        return True

    if carried_out(request, form, act):
        return done(request, household)
    return form_page(request, household, form, Heading(title, about=f"{found.number} · {year}"))

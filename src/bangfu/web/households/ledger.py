"""Income and expense of a household: single lines entered, corrected and taken away, years settled and opened again."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from django.http import HttpResponse
from django.urls import reverse

from bangfu.access.data import NotThere
from bangfu.audit.data import By
from bangfu.kernel.money import fen_from_entry, yuan_from_fen
from bangfu.kernel.schema import schema
from bangfu.kernel.words import Lang, Text
from bangfu.registry import household_file
from bangfu.registry.foreseen import ledger_foreseen
from bangfu.registry.homes import Foreseen
from bangfu.registry.household_file import LEDGER, File, LineRow
from bangfu.registry.services import ledger as ledger_service
from bangfu.registry.services.ledger import NewLine, sign_of
from bangfu.web.forms import ReasonForm
from bangfu.web.households.answers import Heading, carried, done, done_before, form_page, named_by, named_members
from bangfu.web.households.forms import LineCorrectionForm, LineForm, SettleYearForm, YearForm
from bangfu.web.households.overtaken import merged, number_of, overtaken, plain, say_refusal
from bangfu.web.households.parts import INCOME
from bangfu.web.page import BOTH, page
from bangfu.web.request import Request

LINE = Text("这一行", "This line")
GONE = Text(
    "这一行刚被别人删去。您填的都还在；如果仍要登记，请核对后保存，会成为新的一行。",
    "This line was just taken away by somebody else. What you typed is kept; if it has to stand, look again and save: it becomes a new line.",
)


@page("households.keep", methods=BOTH)
def ledger_add(request: Request, household: int) -> HttpResponse:
    found = ledger_of(request, household)
    form = LineForm(
        request.POST or None, lang=request.lang, members=named_members(found), initial={"year": request.actor.day.year}
    )

    def act(given: Mapping[str, Any]) -> object:
        return ledger_service.record_ledger(request.by, request.actor, household, given["year"], [_new(given)])

    def foresee(given: Mapping[str, Any], day: date) -> Foreseen:
        return ledger_foreseen(request.actor, household, given["year"], [_new(given)])

    if carried(request, form, act):
        return done(request, household, INCOME.url)
    heading = Heading(Text("登记一笔收支", "Record income or expense"), found.called, part=INCOME.url)
    return form_page(request, household, form, heading, foresee=foresee)


@page("households.keep", methods=BOTH)
def line_withdraw(request: Request, household: int, line: int) -> HttpResponse:
    if again := done_before(request, household, INCOME.url):
        return again
    row = _standing(request, household, line)
    form = ReasonForm(request.POST or None, lang=request.lang)
    gone = NewLine(row.item, None, row.person, corrects=row.id)

    def act(given: Mapping[str, Any]) -> object:
        by = replace(request.by, reason=given["reason"])
        return ledger_service.record_ledger(by, request.actor, household, row.year, [gone])

    def foresee(given: Mapping[str, Any], day: date) -> Foreseen:
        return ledger_foreseen(request.actor, household, row.year, [gone])

    if carried(request, form, act):
        return done(request, household, INCOME.url)
    heading = Heading(
        Text("删去一行收支", "Take a line away"), _line_said(row, request.lang), grave=True, part=INCOME.url
    )
    return form_page(request, household, form, heading, foresee=foresee)


@page("households.keep", methods=BOTH)
def line_correct(request: Request, household: int, line: int) -> HttpResponse:
    if again := done_before(request, household, INCOME.url):
        return again
    opened = household_file.line_of(request.actor, household, line)
    row = household_file.line_now(request.actor, household, line)
    if request.method != "POST" and row != opened:
        raise NotThere
    found = ledger_of(request, household)
    heading = Heading(Text("更正一行收支", "Correct a line"), _line_said(opened, request.lang), part=INCOME.url)
    if row is None:
        return _as_a_new_line(request, household, found, opened)
    if row != opened:
        form = _beside(request, found, opened, row)
        action = reverse("web:line-correct", args=[household, row.id])
        return form_page(request, household, form, replace(heading, action=action))
    was = number_of(request.POST.get("was"))
    earlier = household_file.line_of(request.actor, household, was) if was else None
    form = _correction(request, found, row, request.POST or None, earlier)

    def new(given: Mapping[str, Any]) -> NewLine:
        return replace(_new(given), corrects=line)

    def act(given: Mapping[str, Any]) -> object:
        by = replace(request.by, reason=given["reason"])
        return ledger_service.record_ledger(by, request.actor, household, row.year, [new(given)])

    def foresee(given: Mapping[str, Any], day: date) -> Foreseen:
        return ledger_foreseen(request.actor, household, row.year, [new(given)])

    if carried(request, form, act):
        return done(request, household, INCOME.url)
    return form_page(request, household, form, heading, foresee=foresee)


@page("households.keep", methods=BOTH)
def year_settle(request: Request, household: int, year: int) -> HttpResponse:
    found = ledger_of(request, household)
    now = sign_of(line.id for line in found.ledger if line.year == year)
    # The page that led here showed a ledger, which may be another by now.
    initial = {"year": year, "seen": request.GET.get("seen", now)}
    form = SettleYearForm(request.POST or None, lang=request.lang, initial=initial)

    def settle(by: By, seen: str) -> None:
        ledger_service.settle_year(by, request.actor, household, year, seen or None)

    return _year(request, found, form, Text("结清年度收支", "Settle the year"), settle)


@page("households.keep", methods=BOTH)
def year_reopen(request: Request, household: int, year: int) -> HttpResponse:
    form = YearForm(request.POST or None, lang=request.lang, initial={"year": year})

    def reopen(by: By, _: str) -> None:
        ledger_service.reopen_year(by, request.actor, household, year)

    found = ledger_of(request, household)
    return _year(request, found, form, Text("重新打开年度收支", "Open the year again"), reopen)


def ledger_of(request: Request, household: int) -> File:
    """The file with its ledger as it is today. Raises NotThere."""
    return household_file.file(request.actor, household, request.actor.day, request.by.at, (LEDGER,))


def line_plain(line: LineRow) -> dict[str, str | list[str]]:
    """A line as its form has it."""
    amount = yuan_from_fen(line.amount)
    return {"item": line.item, "amount": amount, "person": plain(line.person), "note": line.note}


def _new(given: Mapping[str, Any]) -> NewLine:
    return NewLine(given["item"], fen_from_entry(given["amount"]), given["person"], given["note"])


def _correction(
    request: Request, found: File, row: LineRow, data: Any, earlier: LineRow | None = None
) -> LineCorrectionForm:
    both: dict[str, Any] = {"opened": line_plain(earlier), "stored": line_plain(row)} if earlier is not None else {}
    members = named_by(found, request.lang, row.person, earlier.person if earlier is not None else None)
    return LineCorrectionForm(data, lang=request.lang, members=members, initial=line_plain(row), **both)


def _beside(request: Request, found: File, opened: LineRow, row: LineRow) -> LineCorrectionForm:
    """What was typed over a line that somebody else corrected meanwhile, beside what that one says now."""
    data = merged(_correction(request, found, opened, request.POST), line_plain(opened), line_plain(row), was=opened.id)
    form = _correction(request, found, row, data, opened)
    say_refusal(form, overtaken(LINE), request.lang)
    return form


def _as_a_new_line(request: Request, household: int, found: File, opened: LineRow) -> HttpResponse:
    data = request.POST.copy()
    data["year"] = str(opened.year)
    form = LineForm(data, lang=request.lang, members=named_members(found))
    form.is_valid()
    form.add_error(None, GONE.say(request.lang))
    heading = Heading(
        Text("登记一笔收支", "Record income or expense"), _line_said(opened, request.lang), part=INCOME.url
    )
    return form_page(request, household, form, replace(heading, action=reverse("web:ledger-add", args=[household])))


def _standing(request: Request, household: int, line: int) -> LineRow:
    """Raises NotThere for a line that stands no more."""
    row = household_file.line_now(request.actor, household, line)
    if row is None or row.id != line:
        raise NotThere
    return row


def _line_said(row: LineRow, lang: Lang) -> str:
    return f"{row.year} {schema().label('item', row.item, lang)} {yuan_from_fen(row.amount, grouped=True)}"


def _year(
    request: Request, found: File, form: YearForm, title: Text, service: Callable[[By, str], None]
) -> HttpResponse:
    """`service` is given who does it and why, and the ledger that they had before them ("" where no form says)."""

    def act(given: Mapping[str, Any]) -> bool:
        service(replace(request.by, reason=given["reason"]), given.get("seen", ""))
        return True

    if carried(request, form, act):
        return done(request, found.id, INCOME.url)
    return form_page(
        request, found.id, form, Heading(title, f"{found.called} · {form['year'].value()}", part=INCOME.url)
    )

"""Income and expense of a household: lines entered, corrected and taken away, years settled and opened again."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.http import HttpResponse

from bangfu.access.data import NotThere
from bangfu.kernel.money import fen_from_yuan, yuan_from_fen
from bangfu.kernel.schema import schema
from bangfu.kernel.words import Text
from bangfu.registry.selectors import File, LineRow
from bangfu.registry.services import ledger as ledger_service
from bangfu.registry.services.ledger import NewLine
from bangfu.web.households.answers import Heading, done, file_of, form_page, named_members
from bangfu.web.households.forms import LineCorrectionForm, LineForm, ReasonForm, YearForm
from bangfu.web.page import BOTH, carried_out, page
from bangfu.web.request import Request


@page("households.keep", methods=BOTH)
def ledger_add(request: Request, household: int) -> HttpResponse:
    found = file_of(request, household)
    form = LineForm(
        request.POST or None, lang=request.lang, members=named_members(found), initial={"year": request.actor.day.year}
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
        members=named_members(found),
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
def year_settle(request: Request, household: int, year: int) -> HttpResponse:
    return _year(request, household, year, Text("结清年度收支", "Settle the year"), ledger_service.settle_year)


@page("households.keep", methods=BOTH)
def year_reopen(request: Request, household: int, year: int) -> HttpResponse:
    return _year(request, household, year, Text("重新打开年度收支", "Open the year again"), ledger_service.reopen_year)


def _ledger_line(found: File, line: int) -> LineRow:
    """Raises NotThere."""
    row = next((each for each in found.ledger if each.id == line), None)
    if row is None:
        raise NotThere
    return row


def _year(request: Request, household: int, year: int, title: Text, service: Any) -> HttpResponse:
    found = file_of(request, household)
    form = YearForm(request.POST or None, lang=request.lang, initial={"year": year})

    def act(given: Mapping[str, Any]) -> bool:
        service(replace(request.by, reason=given["reason"]), request.actor, household, year)
        return True

    if carried_out(request, form, act):
        return done(request, household)
    return form_page(request, household, form, Heading(title, about=f"{found.number} · {year}"))

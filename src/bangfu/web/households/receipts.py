"""Money of policies that a household received: recorded, corrected and withdrawn, with the ledger lines that it is."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.http import HttpResponse

from bangfu.access.data import NotThere
from bangfu.engine.request import book_of
from bangfu.kernel.money import fen_from_yuan, yuan_from_fen
from bangfu.kernel.words import Lang, Text
from bangfu.registry.selectors import File, ReceiptRow
from bangfu.registry.services.receipts import NewReceipt, correct_receipt, record_receipt, withdraw_receipt
from bangfu.web.households.answers import Heading, done, file_of, form_page, name_of, named_members, policy_labels
from bangfu.web.households.forms import PolicyChoice, ReasonForm, ReceiptCorrectionForm, ReceiptForm
from bangfu.web.page import BOTH, carried_out, page
from bangfu.web.request import Request


@page("households.keep", methods=BOTH)
def receipt_add(request: Request, household: int) -> HttpResponse:
    found = file_of(request, household)
    form = ReceiptForm(
        request.POST or None,
        lang=request.lang,
        members=named_members(found),
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
        members=named_members(found),
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


def _receipt(found: File, receipt: int) -> ReceiptRow:
    """Raises NotThere."""
    row = next((each for each in found.receipts if each.id == receipt), None)
    if row is None:
        raise NotThere
    return row


def _receipt_said(found: File, row: ReceiptRow, lang: Lang) -> str:
    policy = policy_labels(lang).get(row.policy, row.policy)
    parts = (str(row.year), policy, name_of(found, row.person), yuan_from_fen(row.amount, grouped=True))
    return " ".join(part for part in parts if part)


def _received(given: Mapping[str, Any]) -> NewReceipt:
    amount = fen_from_yuan(given["amount"].strip())
    return NewReceipt(given["policy"], given["year"], amount, given["person"], given["paid_on"])


def _choices(lang: Lang) -> list[PolicyChoice]:
    booked = book_of(()).policies
    return [PolicyChoice(name, label, booked[name].books.items) for name, label in policy_labels(lang).items()]

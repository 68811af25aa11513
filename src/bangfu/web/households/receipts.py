"""Money of policies that a household received: recorded, corrected and withdrawn, with the ledger lines that it is."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from django.http import HttpResponse
from django.urls import reverse

from bangfu.access.data import NotThere
from bangfu.engine.request import book_of
from bangfu.kernel.money import fen_from_entry, yuan_from_fen
from bangfu.kernel.words import Lang, Text
from bangfu.registry import household_file
from bangfu.registry.foreseen import receipt_foreseen
from bangfu.registry.homes import Foreseen
from bangfu.registry.household_file import File, ReceiptRow
from bangfu.registry.services.receipts import (
    NewReceipt,
    RecordedAlready,
    correct_receipt,
    record_receipt,
    withdraw_receipt,
)
from bangfu.web.forms import ReasonForm
from bangfu.web.households.answers import (
    Heading,
    carried,
    done,
    done_before,
    file_of,
    form_page,
    named_by,
    policy_labels,
)
from bangfu.web.households.forms import ANOTHER, PolicyChoice, ReceiptCorrectionForm, ReceiptForm
from bangfu.web.households.overtaken import merged, number_of, overtaken, plain, say_refusal
from bangfu.web.households.parts import POLICIES
from bangfu.web.page import BOTH, page
from bangfu.web.request import Request

RECEIPT = Text("这笔已享受政策", "This receipt")
GONE = Text(
    "这一笔刚被别人撤回。您填的都还在；如果确实领到了，请核对后保存，会成为新的一笔。",
    "This receipt was just withdrawn by somebody else. What you typed is kept; if the money did come, look again and save: it becomes a new one.",
)


@page("households.keep", methods=BOTH)
def receipt_add(request: Request, household: int) -> HttpResponse:
    found = file_of(request, household)
    form = ReceiptForm(
        request.POST or None, **_choices(request, found), lang=request.lang, initial={"year": request.actor.day.year}
    )

    def foresee(given: Mapping[str, Any], day: date) -> Foreseen:
        return receipt_foreseen(request.actor, household, _received(given), day)

    def act(given: Mapping[str, Any]) -> object:
        another = given["another"] == ANOTHER
        try:
            return record_receipt(request.by, request.actor, household, _received(given), another=another)
        except RecordedAlready:
            form.ask_another()
            raise

    if carried(request, form, act):
        return done(request, household, POLICIES.url)
    heading = Heading(Text("登记已享受政策", "Record a receipt"), found.called, part=POLICIES.url)
    return form_page(request, household, form, heading, foresee=foresee)


@page("households.keep", methods=BOTH)
def receipt_correct(request: Request, household: int, receipt: int) -> HttpResponse:
    if again := done_before(request, household, POLICIES.url):
        return again
    opened = household_file.receipt_of(request.actor, household, receipt)
    row = household_file.receipt_now(request.actor, household, receipt)
    if request.method != "POST" and row != opened:
        raise NotThere
    found = file_of(request, household)
    intro = Text(
        "自动记入收支的行一并更正；更正前的内容留在历史里。",
        "The ledger lines that it booked are corrected with it; what it said before stays in the history.",
    )
    said = _receipt_said(found, opened, request.lang)
    heading = Heading(Text("更正已享受政策", "Correct a receipt"), said, intro, part=POLICIES.url)
    if row is None:
        return _as_a_new_one(request, household, found, heading)
    if row != opened:
        form = _beside(request, found, opened, row)
        action = reverse("web:receipt-correct", args=[household, row.id])
        return form_page(request, household, form, replace(heading, action=action))
    was = number_of(request.POST.get("was"))
    earlier = household_file.receipt_of(request.actor, household, was) if was else None
    form = _correction(request, found, row, request.POST or None, earlier)

    def act(given: Mapping[str, Any]) -> object:
        by = replace(request.by, reason=given["reason"])
        return correct_receipt(by, request.actor, household, receipt, _received(given))

    def foresee(given: Mapping[str, Any], day: date) -> Foreseen:
        return receipt_foreseen(request.actor, household, _received(given), day, corrects=receipt)

    if carried(request, form, act):
        return done(request, household, POLICIES.url)
    return form_page(request, household, form, heading, foresee=foresee)


@page("households.keep", methods=BOTH)
def receipt_withdraw(request: Request, household: int, receipt: int) -> HttpResponse:
    if again := done_before(request, household, POLICIES.url):
        return again
    row = household_file.receipt_now(request.actor, household, receipt)
    if row is None or row.id != receipt:
        raise NotThere
    form = ReasonForm(request.POST or None, lang=request.lang)

    def act(given: Mapping[str, Any]) -> bool:
        withdraw_receipt(replace(request.by, reason=given["reason"]), request.actor, household, receipt)
        return True

    def foresee(given: Mapping[str, Any], day: date) -> Foreseen:
        return receipt_foreseen(request.actor, household, None, day, corrects=receipt)

    if carried(request, form, act):
        return done(request, household, POLICIES.url)
    intro = Text("自动记入收支的行一并删去。", "The ledger lines that it booked are taken away with it.")
    about = _receipt_said(file_of(request, household), row, request.lang)
    heading = Heading(Text("撤回已享受政策", "Withdraw a receipt"), about, intro, grave=True, part=POLICIES.url)
    return form_page(request, household, form, heading, foresee=foresee)


def _correction(
    request: Request, found: File, row: ReceiptRow, data: Any, earlier: ReceiptRow | None = None
) -> ReceiptCorrectionForm:
    both: dict[str, Any] = {"opened": _plain(earlier), "stored": _plain(row)} if earlier is not None else {}
    choices = _choices(request, found, row.person, earlier.person if earlier is not None else None)
    return ReceiptCorrectionForm(
        data, **choices, lang=request.lang, initial={**_plain(row), "paid_on": row.paid_on}, **both
    )


def _beside(request: Request, found: File, opened: ReceiptRow, row: ReceiptRow) -> ReceiptCorrectionForm:
    """What was typed over a receipt that somebody else corrected meanwhile, beside what that one says now."""
    data = merged(_correction(request, found, opened, request.POST), _plain(opened), _plain(row), was=opened.id)
    form = _correction(request, found, row, data, opened)
    say_refusal(form, overtaken(RECEIPT), request.lang)
    return form


def _as_a_new_one(request: Request, household: int, found: File, heading: Heading) -> HttpResponse:
    form = ReceiptForm(request.POST, **_choices(request, found), lang=request.lang)
    form.is_valid()
    form.add_error(None, GONE.say(request.lang))
    action = reverse("web:receipt-add", args=[household])
    return form_page(request, household, form, replace(heading, intro=None, action=action))


def _plain(row: ReceiptRow) -> dict[str, Any]:
    """A receipt as its form has it."""
    said = {name: plain(getattr(row, name)) for name in ("policy", "year", "person", "paid_on")}
    return {**said, "amount": yuan_from_fen(row.amount)}


def _receipt_said(found: File, row: ReceiptRow, lang: Lang) -> str:
    policy = policy_labels(lang).get(row.policy, row.policy)
    who = dict(named_by(found, lang, row.person)).get(row.person or 0, "")
    parts = (str(row.year), policy, who, yuan_from_fen(row.amount, grouped=True))
    return " ".join(part for part in parts if part)


def _received(given: Mapping[str, Any]) -> NewReceipt:
    amount = fen_from_entry(given["amount"])
    return NewReceipt(given["policy"], given["year"], amount, given["person"], given["paid_on"])


def _choices(request: Request, found: File, *persons: int | None) -> dict[str, Any]:
    booked = book_of(()).policies
    labels = policy_labels(request.lang)
    policies = [PolicyChoice(name, label, booked[name].books.items) for name, label in labels.items()]
    return {"policies": policies, "members": named_by(found, request.lang, *persons)}

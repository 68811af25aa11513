"""A list booked: one transaction, one act, one entry of the record with the file's digest. All of it or nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from bangfu.access.data import Actor
from bangfu.audit.data import Act as Said
from bangfu.audit.data import By
from bangfu.kernel.errors import DomainError
from bangfu.kernel.money import yuan_from_fen
from bangfu.kernel.words import Text
from bangfu.registry.bulk import chunked
from bangfu.registry.imports.apply import alone, changed_meanwhile
from bangfu.registry.models import Act, How, Payment, PaymentAside, PaymentList, Person
from bangfu.registry.payments import ListOrder
from bangfu.registry.payments.lines import PayLine
from bangfu.registry.payments.plan import PayPlan, plan_of, read
from bangfu.registry.services.acts import begin, hold_households
from bangfu.registry.services.receipts import BATCH, NewReceipt, write_receipts
from bangfu.registry.versions import WRITES


@dataclass(frozen=True, slots=True)
class Booked:
    """The act that booked a list, and what became of it; no act where all of it was booked before."""

    act: int | None
    plan: PayPlan


def book_list(
    by: By, actor: Actor, order: ListOrder, *, agreed: str | None, then: Callable[[Booked], None] = lambda _: None
) -> Booked:
    """Read a list, and book what is new of it. `agreed` is the digest of the plan that was agreed to (None: whatever it is).

    `then` is done in the same transaction, and so with all of it or not at all; also where nothing had to be booked.

    Raises as `planned`, and DomainError where something is left to be settled, without a reason, or (CHANGED_MEANWHILE) where the plan is
    not, or no longer, the one agreed to.
    """
    if not by.reason.strip():
        raise DomainError("REASON_NEEDED", Text("请写明清单的来源或原因。", "Say where the list is from, or why."))
    sheet = read(actor, order)
    try:
        with transaction.atomic():
            alone()
            plan = plan_of(by, actor, order, sheet)
            if agreed is not None and plan.digest != agreed:
                raise changed_meanwhile()
            if not plan.ready:
                raise _not_ready(plan)
            new, aside = plan.of("booked"), plan.of("aside")
            if not new and (not aside or _recorded(order.digest)):
                then(Booked(None, plan))
                return Booked(None, plan)
            _lock(new)
            # What was recorded of the households, or settled, before they were locked.
            if plan_of(by, actor, order, sheet).digest != plan.digest:
                raise changed_meanwhile()
            said = Said("registry.book_payments", words=_words(order, plan))
            touched = {line.whose.household for line in new if line.whose}
            act = begin(by, How.IMPORT, said, order.name[:200], touches=touched)
            _write(act, order, plan)
            then(Booked(act.pk, plan))
            return Booked(act.pk, plan)
    except IntegrityError as problem:
        # The constraints had the last word: somebody booked the same payments at the same moment.
        raise changed_meanwhile() from problem


def _write(act: Act, order: ListOrder, plan: PayPlan) -> None:
    new = plan.of("booked")
    receipts = write_receipts(act, ((whose.household, _receipt(line)) for line in new if (whose := line.whose)))
    payments = [
        Payment(
            household_id=whose.household,
            person_id=whose.person,
            policy=line.policy,
            paid_on=on,
            amount=line.amount,
            occurrence=line.occurrence,
            reference=line.said.reference,
            receipt=receipt,
            act=act,
        )
        for line, receipt in zip(new, receipts, strict=True)
        if (whose := line.whose) and (on := line.said.paid_on)
    ]
    Payment.objects.bulk_create(payments, BATCH)
    figures = plan.figures()
    named = {"list": ("lines", "total")}
    sums = {}
    for outcome in ("list", "booked", "known", "aside"):
        lines, total = named.get(outcome, (f"{outcome}_lines", f"{outcome}_total"))
        sums[lines], sums[total] = figures[outcome]
    kept = PaymentList.objects.create(act=act, digest=order.digest, **sums)
    aside = [
        PaymentAside(of=kept, row=line.said.row, amount=line.amount, reason=line.reason) for line in plan.of("aside")
    ]
    PaymentAside.objects.bulk_create(aside, BATCH)


def _receipt(line: PayLine) -> NewReceipt:
    person = line.whose.person if line.whose else None
    return NewReceipt(line.policy, line.said.year or 0, line.amount, person, line.said.paid_on)


def _lock(lines: Sequence[PayLine]) -> None:
    """Lock the households, in one order, and see that their people are still there. Raises DomainError."""
    homes = {line.whose.person: line.whose.household for line in lines if line.whose}
    hold_households(homes.values())
    now: dict[int, int | None] = {}
    for some in chunked(sorted(homes)):
        now.update(Person.objects.unscoped(WRITES).filter(pk__in=some).values_list("pk", "household_id"))
    if now != homes:
        raise changed_meanwhile()


def _recorded(digest: str) -> bool:
    return PaymentList.objects.filter(digest=digest, act__undone_by=None).exists()


def _words(order: ListOrder, plan: PayPlan) -> dict[str, object]:
    """Numbers and sums; of nobody's."""
    figures = {name: f"{lines} / {yuan_from_fen(total)}" for name, (lines, total) in plan.figures().items()}
    kept = {"total": figures["list"], **{name: figures[name] for name in ("booked", "known", "aside")}}
    return {"file": order.name, "digest": order.digest, **kept}


def _not_ready(plan: PayPlan) -> DomainError:
    count = len(plan.of("open")) + len(plan.faults)
    return DomainError(
        "LIST_NOT_SETTLED",
        Text(
            f"清单还有 {count} 处没有解决，一笔也没有记入。请逐行选定、搁置，或改正清单后重试。",
            f"{count} thing(s) in the list are not settled, and nothing was booked. Choose, set aside, or mend the list, then try again.",
        ),
    )

"""Money of policies received. One act writes a receipt and the ledger lines that it is, as the rulebook says; a correction carries both."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import Q

from bangfu.access.data import Actor
from bangfu.audit.data import Act as Said
from bangfu.audit.data import By
from bangfu.engine.request import book_of
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.registry.models import Act, How, LedgerLine, Receipt
from bangfu.registry.services.acts import begin, lock_household
from bangfu.registry.services.ledger import changed_meanwhile, check_amount, check_member, check_year, refuse_settled
from bangfu.registry.versions import WRITES

# Rows in one statement: SQLite takes so many values, and no more.
BATCH = 500


@dataclass(frozen=True, slots=True)
class NewReceipt:
    """Money of a policy received, in fen; `paid_on` None for a year's total."""

    policy: str
    year: int
    amount: int
    person: int | None = None
    paid_on: date | None = None


def booked_as(policy: str) -> tuple[str, ...]:
    """The ledger items as which money of a policy is booked. Raises DomainError for a policy that the rulebook does not have."""
    found = book_of(()).policies.get(policy)
    if found is None:
        raise DomainError("NO_SUCH_POLICY", Text(f"没有政策“{policy}”。", f"There is no policy '{policy}'."))
    return found.books.items


class RecordedAlready(DomainError):
    """What stands already may be the same money; or another payment, which somebody then says."""


def record_receipt(
    by: By, actor: Actor, household: int, receipt: NewReceipt, source: str = "", *, another: bool = True
) -> int:
    """Record money received and, in the same act, the ledger lines that it is. Returns the receipt's id.

    `another`: it is a payment of its own, though one of the same policy, day and amount may stand. Raises NotThere, Denied, DomainError (a
    settled year among them, unless nothing is booked; RecordedAlready).
    """
    with transaction.atomic():
        found = lock_household(actor, household, "households.keep")
        check_receipt(actor, receipt)
        check_member(household, receipt.person)
        if booked_as(receipt.policy):
            refuse_settled(household, receipt.year)
        if not another:
            _refuse_recorded(household, receipt)
        said = Said("registry.record_receipt", f"household:{household}", found.place_id, {"year": receipt.year})
        act = begin(by, How.EDIT, said, source, touches=[household])
        (made,) = write_receipts(act, [(household, receipt)])
        return made.pk


def _refuse_recorded(household: int, new: NewReceipt) -> None:
    """What is recorded of the household as a whole may be anybody's in it; and what is a person's, of any household in which they were."""
    said = {"policy": new.policy, "year": new.year, "amount": new.amount, "paid_on": new.paid_on}
    same = Q(household=household)
    if new.person is not None:
        same = Q(household=household, person=None) | Q(person=new.person)
    if Receipt.objects.unscoped(WRITES).filter(same, stands=True, **said).exists():
        raise RecordedAlready(
            "RECORDED_ALREADY",
            Text(
                "已有同一政策、同一天、同样金额的一笔（在这一户，或在此人原来的户），可能就是这一笔，没有再记。确是另一笔的，请在“是不是另一笔”里选定，再保存。",
                "A receipt of the same policy, day and amount stands already, here or in the person's former household; it may be this one, and nothing was recorded. "
                "If this is another payment, say so below, then save.",
            ),
        )


def correct_receipt(by: By, actor: Actor, household: int, receipt: int, new: NewReceipt, source: str = "") -> int:
    """Let a receipt say something else, and its ledger lines with it. Returns the id of the receipt that stands now. Raises as `record_receipt`."""
    return _replace(by, actor, household, receipt, new, source)


def withdraw_receipt(by: By, actor: Actor, household: int, receipt: int, source: str = "") -> None:
    """Take a receipt away that was none, and its ledger lines with it. Raises as `record_receipt`."""
    _replace(by, actor, household, receipt, None, source)


def check_receipt(actor: Actor, receipt: NewReceipt) -> None:
    """Raises DomainError for what no receipt can say."""
    check_amount(receipt.amount)
    check_year(receipt.year)
    booked_as(receipt.policy)
    if receipt.paid_on is not None and (receipt.paid_on > actor.day or receipt.paid_on.year != receipt.year):
        raise DomainError(
            "PAID_ANOTHER_YEAR",
            Text(
                "发放日期须在所填年度内，且不晚于今天。",
                "The day of payment must lie in that year, and not after today.",
            ),
        )


def write_receipts(act: Act, received: Iterable[tuple[int, NewReceipt]]) -> list[Receipt]:
    """Write receipts of households, and the lines that they are, under an act. Whoever calls has locked the households and looked at all of it."""
    rows = [
        Receipt(
            household_id=household,
            person_id=receipt.person,
            year=receipt.year,
            amount=receipt.amount,
            act=act,
            stands=True,
            policy=receipt.policy,
            paid_on=receipt.paid_on,
        )
        for household, receipt in received
    ]
    made: list[Receipt] = Receipt.objects.bulk_create(rows, BATCH)
    lines = [_line(act, receipt, item) for receipt in made for item in booked_as(receipt.policy)]
    LedgerLine.objects.bulk_create(lines, BATCH)
    return made


def _replace(by: By, actor: Actor, household: int, receipt: int, new: NewReceipt | None, source: str) -> int:
    with transaction.atomic():
        found = lock_household(actor, household, "households.keep")
        rows = Receipt.objects.unscoped(WRITES).filter(pk=receipt, household=household, stands=True)
        old: Receipt | None = rows.select_for_update().first()
        if old is None:
            raise changed_meanwhile()
        booked = list(LedgerLine.objects.unscoped(WRITES).filter(receipt=old, stands=True))
        items = () if new is None or old.of_file else booked_as(new.policy)
        if booked:
            refuse_settled(household, old.year)
        if new is not None:
            check_receipt(actor, new)
            # Somebody who has left the household since may still be named by what was theirs.
            check_member(household, None if new.person == old.person_id else new.person)
        if new is not None and items:
            refuse_settled(household, new.year)
        what = "registry.withdraw_receipt" if new is None else "registry.correct_receipt"
        said = Said(what, f"household:{household}", found.place_id, {"year": old.year})
        act = begin(by, How.EDIT, said, source, touches=[household])
        rows.update(stands=False)
        made: Receipt = Receipt.objects.create(
            household_id=household,
            person_id=old.person_id if new is None else new.person,
            year=old.year if new is None else new.year,
            amount=0 if new is None else new.amount,
            act=act,
            corrects=old,
            withdrawn=new is None,
            stands=new is not None,
            policy=old.policy if new is None else new.policy,
            paid_on=old.paid_on if new is None else new.paid_on,
            of_file=old.of_file,
        )
        _rebook(act, made, booked, items)
        return made.pk


def _rebook(act: Act, receipt: Receipt, booked: Sequence[LedgerLine], items: Sequence[str]) -> None:
    """Let the lines of the receipt that was corrected make room for those of the one in its place."""
    LedgerLine.objects.unscoped(WRITES).filter(pk__in=[line.pk for line in booked]).update(stands=False)
    before = {line.item: line for line in booked}
    lines = [_line(act, receipt, item, before.pop(item, None)) for item in items]
    for line in before.values():
        gone = _line(act, receipt, line.item, line)
        gone.person_id, gone.year, gone.amount = line.person_id, line.year, 0
        gone.withdrawn, gone.stands = True, False
        lines.append(gone)
    LedgerLine.objects.bulk_create(lines)


def _line(act: Act, receipt: Receipt, item: str, corrects: LedgerLine | None = None) -> LedgerLine:
    return LedgerLine(
        household_id=receipt.household_id,
        person_id=receipt.person_id,
        year=receipt.year,
        item=item,
        amount=receipt.amount,
        act=act,
        corrects=corrects,
        stands=True,
        receipt=receipt,
    )

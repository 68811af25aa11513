"""Money of households: ledger lines, and years settled. Lines are corrected by lines, and never changed."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction

from bangfu.access.data import Actor, NotThere
from bangfu.audit.data import Act as Said
from bangfu.audit.data import By
from bangfu.kernel.errors import DomainError
from bangfu.kernel.schema import schema
from bangfu.kernel.words import Text
from bangfu.registry.models import Act, Household, How, LedgerLine, Person, Settlement
from bangfu.registry.services.acts import begin, lock_household
from bangfu.registry.versions import WRITES


@dataclass(frozen=True, slots=True)
class NewLine:
    """One line of a ledger, in fen. `corrects` is the line it takes the place of; with `amount` None that line is taken away."""

    item: str
    amount: int | None
    person: int | None = None
    note: str = ""
    corrects: int | None = None


@dataclass(frozen=True, slots=True)
class NewYear:
    """Lines of a year. `base` is the latest line of the year that whoever decided this had before them (0: none; None: they had looked at none).

    A later one of the same item and person was entered by somebody else, and is not entered twice.
    """

    year: int
    lines: Sequence[NewLine]
    source: str = ""
    base: int | None = None


def record_ledger(by: By, actor: Actor, household: int, year: int, lines: Sequence[NewLine], source: str = "") -> int:
    """Record lines of a household's year, all or none. Returns the act. Raises NotThere, Denied, DomainError (a settled year among them)."""
    return record_year(by, actor, household, NewYear(year, lines, source))


def record_year(by: By, actor: Actor, household: int, new: NewYear) -> int:
    """The same, of what was decided with the year's ledger in view. Raises as `record_ledger`, and CHANGED_MEANWHILE."""
    with transaction.atomic():
        found = lock_household(actor, household, "households.keep")
        refuse_settled(household, new.year)
        if new.base is not None:
            _refuse_overtaken(household, new)
        said = Said("registry.record_ledger", f"household:{household}", found.place_id, {"year": new.year})
        act = begin(by, How.EDIT, said, new.source, touches=[household])
        for line in new.lines:
            _write_line(act, found, new.year, line)
        return act.pk


def sign_of(lines: Iterable[int]) -> str:
    """What tells a year's ledger from any other: by the ids of the lines that stand, since a line never changes."""
    return hashlib.sha256(",".join(map(str, sorted(lines))).encode()).hexdigest()[:16]


def settle_year(by: By, actor: Actor, household: int, year: int, seen: str | None = None) -> None:
    """Close a year: its ledger was gone through with the household. `seen`: the sign of the ledger that was (None: whatever it is).

    Raises NotThere, Denied, DomainError for a year that is closed or empty, or of which another ledger stands by now (CHANGED_MEANWHILE).
    """
    with transaction.atomic():
        found = lock_household(actor, household, "households.keep")
        if actor.account is None:
            raise NotThere
        refuse_settled(household, year)
        rows = LedgerLine.objects.unscoped(WRITES).filter(household=household, year=year, stands=True)
        lines = list(rows.values_list("pk", flat=True))
        if not lines:
            raise DomainError(
                "NOTHING_TO_SETTLE",
                Text(f"{year} 年还没有收支，不能结清。", f"There is no ledger of {year} yet, so it cannot be settled."),
            )
        if seen is not None and seen != sign_of(lines):
            raise DomainError(
                "CHANGED_MEANWHILE",
                Text(
                    f"{year} 年收支在您看过之后又有变动，还没有结清。请返回核对现在的收支，再结清。",
                    f"The ledger of {year} has changed since you saw it, and was not settled. Go back, look at it as it is now, then settle it.",
                ),
            )
        said = Said("registry.settle_year", f"household:{household}", found.place_id, {"year": year})
        act = begin(by, How.EDIT, said)
        Settlement.objects.create(
            household=found, year=year, act=act, settled_by_id=actor.account, settled_on=actor.day
        )


def reopen_year(by: By, actor: Actor, household: int, year: int) -> None:
    """Open a settled year again. Raises NotThere, Denied, DomainError for one that is open, or without a reason."""
    with transaction.atomic():
        found = lock_household(actor, household, "households.keep")
        if not by.reason.strip():
            raise DomainError("REASON_NEEDED", Text("请写明为什么重新打开。", "Say why the year is opened again."))
        said = Said("registry.reopen_year", f"household:{household}", found.place_id, {"year": year})
        act = begin(by, How.EDIT, said)
        open_one = Settlement.objects.unscoped(WRITES).filter(household=household, year=year, reopened=None)
        if not open_one.update(reopened=act):
            raise DomainError("NOT_SETTLED", Text(f"{year} 年收支没有结清。", f"The ledger of {year} is not settled."))


def refuse_settled(household: int, year: int) -> None:
    """Raises DomainError where the year is closed."""
    if Settlement.objects.unscoped(WRITES).filter(household=household, year=year, reopened=None).exists():
        raise DomainError(
            "YEAR_SETTLED",
            Text(
                f"{year} 年收支已结清，请先重新打开该年度。",
                f"The ledger of {year} is settled; open the year again first.",
            ),
        )


def _refuse_overtaken(household: int, new: NewYear) -> None:
    rows = LedgerLine.objects.unscoped(WRITES).filter(household=household, year=new.year, stands=True, receipt=None)
    entered = set(rows.filter(pk__gt=new.base).values_list("item", "person_id"))
    if any((line.item, line.person) in entered for line in new.lines):
        raise changed_meanwhile()


def changed_meanwhile() -> DomainError:
    return DomainError(
        "CHANGED_MEANWHILE",
        Text(
            "这一行刚被别人改过，请刷新后重试。", "That line was just changed by somebody else; look again, then save."
        ),
    )


def check_amount(amount: int) -> None:
    least, most = schema().bounds["money"]
    if not least <= amount <= most:
        raise DomainError(
            "AMOUNT_OUT_OF_BOUNDS",
            Text(f"金额应在 0 到 {most // 100} 元之间。", f"An amount lies between 0 and {most // 100} yuan."),
        )


def check_year(year: int) -> None:
    first, last = schema().bounds["year"]
    if not first <= year <= last:
        raise DomainError(
            "YEAR_OUT_OF_BOUNDS", Text(f"年度应在 {first} 到 {last} 之间。", f"A year lies between {first} and {last}.")
        )


def _write_line(act: Act, household: Household, year: int, line: NewLine) -> None:
    check_year(year)
    if line.item not in schema().codes["item"]:
        raise DomainError("NO_SUCH_ITEM", Text(f"没有“{line.item}”这个收支项目。", f"There is no item '{line.item}'."))
    if line.amount is not None:
        check_amount(line.amount)
    before = None if line.corrects is None else _replace(household, year, line)
    # Somebody who has left the household since may still be named by what was theirs.
    check_member(household.pk, None if before is not None and before.person_id == line.person else line.person)
    LedgerLine.objects.create(
        household=household,
        person_id=line.person,
        year=year,
        item=line.item,
        amount=line.amount or 0,
        note=line.note,
        act=act,
        corrects_id=line.corrects,
        withdrawn=line.amount is None,
        stands=line.amount is not None,
    )


def _replace(household: Household, year: int, line: NewLine) -> LedgerLine:
    """Let the line that is corrected stand no more. A line that a receipt booked is corrected through the receipt."""
    rows = LedgerLine.objects.unscoped(WRITES).filter(pk=line.corrects, household=household, year=year, stands=True)
    found: LedgerLine | None = rows.select_for_update().first()
    if found is None:
        raise changed_meanwhile()
    if found.receipt_id is not None:
        raise DomainError(
            "BOOKED_BY_RECEIPT",
            Text("这一行由“已享受政策”自动记入，请在那里更正。", "A receipt booked this line; correct it there."),
        )
    rows.update(stands=False)
    return found


def check_member(household: int, person: int | None) -> None:
    """Raises NotThere for somebody who is not of the household."""
    if person is not None and not Person.objects.unscoped(WRITES).filter(pk=person, household=household).exists():
        raise NotThere

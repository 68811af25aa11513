"""A payer's list as it says: each line typed, its faults at their cells. Nothing here asks the register."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from bangfu.engine.register.loose import LooseRow, LooseSheet, plain_header, read_loose
from bangfu.engine.register.reasons import Reasons
from bangfu.kernel.errors import DomainError, Fault
from bangfu.kernel.money import fen_from_entry, yuan_from_fen
from bangfu.kernel.schema import schema
from bangfu.kernel.words import Text
from bangfu.registry.payments.layout import layout

# What stands in the list is counted up to here (in fen), booked or not: a hundred thousand such lines still add up to what a database holds.
COUNTED = 10**13
_DAY = re.compile(r"(\d{4})(?:-|/|\.|年)(\d{1,2})(?:-|/|\.|月)(\d{1,2})日?|(\d{4})(\d{2})(\d{2})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Said:
    """One line. `id_number` is plain, for as long as the list is looked at. None where a cell is empty or cannot be read: then a fault says so."""

    row: int
    name: str
    id_number: str
    household: str
    village: str
    amount: int | None
    paid_on: date | None
    year: int | None
    project: str
    reference: str
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class PaySheet:
    """The lines, rows that are none (titles of parts, signatures), and what is wrong with the list as a whole."""

    lines: tuple[Said, ...]
    passed_over: tuple[int, ...]
    faults: tuple[Fault, ...] = field(default=())


def read_list(path: Path, today: date, paid_on: date | None) -> PaySheet:
    """Raises DomainError where no list is found in the file, no payment in the list, or it cannot be read."""
    lines, passed, sums, paying = [], [], [], []
    sheet = read_loose(path, layout().table, layout().spellings)
    for row in sheet.rows:
        first = plain_header(row.all[0]).rstrip(":") if row.all else ""
        if first in layout().whole:
            sums.append(row)
        elif first in layout().part or not _pays(row):
            passed.append(row.number)
        else:
            paying.append(row)
            lines.append(_line(row, today, paid_on))
    if not lines:
        raise DomainError(
            "NO_PAYMENTS",
            Text(
                "清单里没有一笔发放记录：每一行都没有金额、日期和证件号码。请检查是不是选错了文件。",
                "There is no payment in the list: no row has an amount, a day or an ID number. See whether this is the right file.",
            ),
        )
    faults = (*_several_amounts(sheet, paying), *_wrong_sums(sums, lines))
    return PaySheet(tuple(_twice(lines)), tuple(passed), faults)


def _line(row: LooseRow, today: date, otherwise: date | None) -> Said:
    faults: list[Fault] = []

    def fault(column: str, reason: Text) -> None:
        value = row.cells.get(column, "")
        # A number of an ID is shown by its last four at most.
        faults.append(Fault("payment", row.number, column, value[-4:] if column == "id_number" else value, reason))

    reasons = Reasons(schema(), {})
    for column, kind in row.odd.items():
        fault(column, reasons.of("payment", column, "", kind, ""))
    said = {name: "" if name in row.odd else text for name, text in row.cells.items()}
    amount, most = _amount(said.get("amount", "")), schema().bounds["money"][1]
    if amount is not None and abs(amount) > COUNTED:
        amount = None
        fault(
            "amount",
            Text(
                "这不像金额，可能错了列（卡号、证件号码）；请改正清单。",
                "That is hardly an amount; perhaps it is of another column (a card, an ID). Mend the list.",
            ),
        )
    elif amount is None and "amount" not in row.odd:
        fault(
            "amount",
            Text("应为金额（元），至多两位小数。", "Must be an amount of yuan, with two decimals at most."),
        )
    elif amount is not None and amount <= 0:
        fault("amount", Text("发放金额应大于 0。", "What was paid is more than nothing."))
    elif amount is not None and amount > most:
        shown = yuan_from_fen(most, grouped=True)
        fault("amount", Text(f"发放金额太大，至多 {shown} 元。", f"That is too much: {shown} yuan at most."))
    day = _day(said.get("paid_on", "")) if said.get("paid_on") else otherwise
    if "paid_on" not in row.odd:
        _judge_day(day, said.get("paid_on", ""), today, fault)
    year = said.get("year", "")
    if year and (day is None or year.removesuffix("年") != str(day.year)):
        fault("year", Text("年度与发放日期不是同一年。", "The year is not that of the day of payment."))
    if not said.get("name"):
        fault("name", Text("没有姓名。", "There is no name."))
    batch, reference = said.get("batch", ""), said.get("reference", "")
    return Said(
        row.number,
        "".join(said.get("name", "").split()),
        said.get("id_number", ""),
        said.get("household", ""),
        said.get("village", ""),
        amount,
        day,
        day.year if day else None,
        said.get("project", ""),
        f"{batch}/{reference}"[-100:] if reference and batch else reference[-100:],
        tuple(faults),
    )


def _pays(row: LooseRow) -> bool:
    """Whether a row can be a payment at all: a title or a signature has no amount, no day and no number."""
    said = row.odd or row.cells.get("amount") or row.cells.get("paid_on")
    return bool(said) or any(sign.isdigit() for sign in row.cells.get("id_number", ""))


def _judge_day(day: date | None, said: str, today: date, fault: Callable[[str, Text], None]) -> None:
    if day is None and said:
        fault("paid_on", Text("应为日期，如 2017-03-31。", "Must be a day such as 2017-03-31."))
    elif day is None:
        fault(
            "paid_on",
            Text(
                "没有发放日期；整份清单同一天发放的，请另行给出日期。",
                "There is no day of payment; give one for the whole list if it was paid on one day.",
            ),
        )
    elif day > today:
        fault("paid_on", Text("发放日期还没有到。", "The day of payment is still to come."))
    elif not schema().bounds["year"][0] <= day.year <= schema().bounds["year"][1]:
        fault("paid_on", Text("年度不在可登记的范围内。", "That year cannot be recorded."))


def _amount(said: str) -> int | None:
    try:
        return fen_from_entry(said)
    except DomainError:
        return None


def _day(said: str) -> date | None:
    found = _DAY.fullmatch(said)
    if not found:
        return None
    try:
        return date(*(int(each) for each in found.groups() if each is not None))
    except ValueError:
        return None


def _twice(lines: list[Said]) -> list[Said]:
    """Lines that say the same in every cell: a person has to say that it was paid twice."""
    first: dict[tuple[object, ...], int] = {}
    found = []
    for line in lines:
        key = tuple(getattr(line, name) for name in Said.__slots__ if name not in ("row", "faults"))
        before = first.setdefault(key, line.row)
        if before != line.row:
            said = Text(
                f"与第 {before} 行完全相同。确实发了两次的，请选定是谁；重复的，请搁置。",
                f"The same as row {before} in every cell. Choose whose it is if it was paid twice, else set it aside.",
            )
            found.append(replace(line, faults=(*line.faults, Fault("payment", line.row, "", "", said))))
        else:
            found.append(line)
    return found


def _several_amounts(sheet: LooseSheet, paying: list[LooseRow]) -> Iterator[Fault]:
    """What is due and what is paid often stand side by side; which of them is booked is not guessed."""

    def differs(row: LooseRow) -> bool:
        return any(_amount(other) != _amount(row.cells["amount"]) for other in row.others.get("amount", ()))

    if any(map(differs, paying)):
        yield Fault(
            "payment",
            sheet.header,
            "amount",
            "、".join(sheet.columns["amount"]),
            Text(
                "这几列都是金额，而各列不一样；请在清单里只留实际发放的一列。",
                "All of these are amounts, and they differ. Leave in the list only the column of what was really paid.",
            ),
        )


def _wrong_sums(sums: list[LooseRow], lines: list[Said]) -> list[Fault]:
    """What the list itself gives as its sum has to be the sum of its lines."""
    total = sum(line.amount or 0 for line in lines)
    return [
        Fault(
            "payment",
            row.number,
            "amount",
            row.cells["amount"],
            Text(
                f"清单写的合计与各行之和 {yuan_from_fen(total)} 不符，可能缺行或多行。",
                f"The list's own sum is not that of its lines, {yuan_from_fen(total)}: some may be missing or too many.",
            ),
        )
        for row in sums
        if row.cells.get("amount") and _amount(row.cells["amount"]) != total
    ]

"""`bangfu payments`: what a bank's list of payments would book; with --apply, book it."""

import argparse
import csv
import io
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from bangfu.access.data import Actor
from bangfu.access.policy import system_actor
from bangfu.audit.data import By
from bangfu.cli.faults import disarmed
from bangfu.cli.imports import digest_of
from bangfu.cli.screen import Screen
from bangfu.kernel.clock import office_day
from bangfu.kernel.days import date_from_day
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.privacy.keys import load_ring
from bangfu.registry.payments import ListOrder, Settled
from bangfu.registry.payments.apply import book_list
from bangfu.registry.payments.plan import PayPlan, planned
from bangfu.registry.payments.words import FIGURE_HEADINGS, HEADINGS, candidates_said, figures_said, open_said
from bangfu.registry.selectors import person_of_number

SHOWN = 20
SETTLED = ("row", "person", "policy", "reason", "beside")


def run(given: argparse.Namespace, screen: Screen) -> int:
    """Return 0, or 1 where something is left to be settled; refusals are raised."""
    by = By("system:command", datetime.now(UTC), load_ring(settings.KEY_RING_FILE), given.reason)
    actor = system_actor("command", "officer", office_day(by.at))
    order = ListOrder(
        given.list,
        given.list.name,
        digest_of(given.list),
        given.policy or "",
        None if given.paid_on is None else date_from_day(given.paid_on),
        {} if given.settle is None else _settled(given.settle, actor),
    )
    plan = planned(by, actor, order)
    if given.apply and plan.ready:
        booked = book_list(by, actor, order, agreed=plan.digest)
        _show(screen, booked.plan)
        screen.say(_done(booked.act))
        return 0
    _show(screen, plan)
    rows = list(open_said(plan, screen.lang))
    if given.errors:
        _write(given.errors, plan, screen)
    if rows:
        screen.table([[each.say(screen.lang) for each in HEADINGS], *rows[:SHOWN]])
        screen.say(
            Text(
                f"共 {len(rows)} 处待解决，一笔也没有记入。改正清单，或用 --settle 逐行说明（--errors 写出全部）。",
                f"{len(rows)} thing(s) to be settled; nothing was booked. Mend the list, or say row by row with --settle (--errors writes them all).",
            )
        )
        return 1
    screen.say(
        Text(
            "以上只是预览，没有写入。确认请加 --apply。",
            "This is a preview; nothing was written. Add --apply to do it.",
        )
    )
    return 0


def _settled(path: Path, actor: Actor) -> dict[int, Settled]:
    """Decisions of a CSV file: row, person (their number; empty: set aside), policy, reason, and beside which payments of the same number it is another
    one, as --errors wrote it. Raises DomainError where it says something else.
    """
    found: dict[int, Settled] = {}
    try:
        rows = csv.DictReader(io.StringIO(_text(path.read_bytes()), newline=""), strict=True)
        if "row" not in (rows.fieldnames or ()):
            raise _no_decisions(path)
        for at, row in enumerate(rows, start=2):
            said = {name: (row.get(name) or "").strip() for name in SETTLED}
            if said["row"].isdecimal() and not (said["person"] or said["policy"] or said["reason"]):
                # --errors writes a row for each fault: a line is decided in one of them, or not yet.
                continue
            person = person_of_number(actor, said["person"]) if said["person"] else None
            if not said["row"].isdecimal() or (said["person"] and person is None):
                raise DomainError(
                    "NOT_A_DECISION",
                    Text(
                        f"{path.name} 第 {at} 行读不懂：应有 row（清单的行号）、person（人编号；空白为搁置）、policy、reason，且此人在册。",
                        f"Row {at} of {path.name} cannot be read: row (of the list), person (a number on the register; empty to set aside), policy, reason.",
                    ),
                )
            found[int(said["row"])] = Settled(person, said["reason"], said["policy"], said["beside"])
    except (UnicodeDecodeError, csv.Error) as problem:
        raise _no_decisions(path) from problem
    return found


def _text(body: bytes) -> str:
    """As spreadsheets save it, in the one encoding or the other. Raises UnicodeDecodeError for what is in neither."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("gb18030")


def _no_decisions(path: Path) -> DomainError:
    return DomainError(
        "NO_DECISIONS",
        Text(
            f"{path.name} 不是逐行决定的 CSV 文件（第一行应有 row、person、policy、reason）。请填写 --errors 写出的文件，存为 CSV。",
            f"{path.name} is no CSV file of decisions (its first row has row, person, policy, reason). Fill in what --errors wrote, and save it as CSV.",
        ),
    )


def _show(screen: Screen, plan: PayPlan) -> None:
    screen.table([[each.say(screen.lang) for each in FIGURE_HEADINGS], *figures_said(plan.figures(), screen.lang)])
    if plan.passed_over:
        rows = ", ".join(map(str, plan.passed_over[:SHOWN]))
        screen.say(Text(f"没有金额、日期和证件号码的行，不是发放记录：{rows}。", f"Rows that are no payments: {rows}."))


def _write(path: Path, plan: PayPlan, screen: Screen) -> None:
    """Everything that is to be settled, with those who may be meant, to be filled in and given back with --settle."""
    lines = {line.said.row: line for line in plan.lines}
    with path.open("w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(
            [*SETTLED, *(each.say(screen.lang) for each in HEADINGS[1:]), Text("可能是", "may be").say(screen.lang)]
        )
        for row, *told in open_said(plan, screen.lang):
            line = lines.get(int(row))
            may_be, beside = (candidates_said(line, screen.lang), line.beside) if line else ("", "")
            writer.writerow([row, "", "", "", beside, *(disarmed(cell) for cell in (*told, may_be))])


def _done(act: int | None) -> Text:
    if act is None:
        return Text("清单的每一笔原已记入，不用再记。", "All of the list was booked before; nothing was booked.")
    return Text(f"已记入，办理编号 {act}。", f"Booked as act {act}.")

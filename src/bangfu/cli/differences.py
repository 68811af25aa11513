"""`bangfu differences`: keep a national export to compare with, and list what differs in the order in which it is retyped."""

import argparse
import csv
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import xlsxwriter
from django.conf import settings

from bangfu.access.policy import system_actor
from bangfu.audit.data import By
from bangfu.cli.arguments import WrongUsage
from bangfu.cli.faults import disarmed, write_faults
from bangfu.cli.imports import digest_of
from bangfu.cli.screen import Screen
from bangfu.kernel.clock import office_day
from bangfu.kernel.days import date_from_day
from bangfu.kernel.errors import RegisterRefused
from bangfu.kernel.words import Text
from bangfu.privacy.keys import load_ring
from bangfu.registry.differences import HEADINGS, differences_listed, households_asked
from bangfu.registry.imports import Order, workbench
from bangfu.registry.services.stated import load_statement, record_export


def run(given: argparse.Namespace, screen: Screen) -> int:
    """Return 0; refusals are raised."""
    by = By("system:command", datetime.now(UTC), load_ring(settings.KEY_RING_FILE), "命令行核对三相符")
    return _load(given, screen, by) if given.what == "load" else _list(given, screen, by)


def _load(given: argparse.Namespace, screen: Screen, by: By) -> int:
    actor = system_actor("command", "officer", office_day(by.at))
    order = Order(given.file, date_from_day(given.as_of), given.file.name, digest_of(given.file))
    try:
        with workbench() as con:
            loaded = load_statement(by, actor, order, con, screen.progress)
    except RegisterRefused as refused:
        write_faults(refused, screen, register=given.file, errors=given.errors)
        raise
    screen.clear()
    screen.say(
        Text(
            f"已载入 {loaded.households:,} 户供核对；另有 {loaded.unknown:,} 户不在册。在册资料没有改动。",
            f"Kept what it states of {loaded.households:,} households; {loaded.unknown:,} more are not in the register. The register is as it was.",
        )
    )
    return 0


def _list(given: argparse.Namespace, screen: Screen, by: By) -> int:
    if given.out and given.out.suffix.lower() not in (".xlsx", ".csv"):
        raise WrongUsage("OUT_UNKNOWN", Text("--out 应为 .xlsx 或 .csv 文件", "--out should be an .xlsx or .csv file"))
    day = date_from_day(given.as_of) if given.as_of else office_day(by.at)
    actor = system_actor("command", "officer", office_day(by.at))
    asked = households_asked(actor, given.household, given.village, day, by.at)
    rows = list(differences_listed(actor, asked, day, by.at, screen.lang, every=given.all))
    headings = [each.say(screen.lang) for each in HEADINGS]
    screen.clear()
    if given.out:
        record_export(by, actor, given.village or given.household, len(rows))
        _write(given.out, [headings, *rows])
        screen.say(Text(f"已写出 {len(rows):,} 项：{given.out}", f"Wrote {len(rows):,} fields to {given.out}"))
    elif rows:
        screen.table([headings, *rows])
    else:
        screen.say(Text("没有不一致的项目。", "Nothing differs."))
    return 0


def _write(path: Path, rows: Iterable[Sequence[str]]) -> None:
    """Text cells only: whoever made a name cannot make it a formula."""
    if path.suffix.lower() == ".csv":
        with path.open("w", encoding="utf-8-sig", newline="") as handle:
            csv.writer(handle).writerows([disarmed(cell) for cell in row] for row in rows)
        return
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    sheet = book.add_worksheet("三相符")
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(HEADINGS) - 1, 18)
    for at, row in enumerate(rows):
        for column, cell in enumerate(row):
            sheet.write_string(at, column, cell)
    book.close()

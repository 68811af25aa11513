"""`bangfu import`: what a file would change in the register; with --apply, change it."""

import argparse
import csv
import hashlib
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from django.conf import settings

from bangfu.access.policy import system_actor
from bangfu.audit.data import By
from bangfu.cli.faults import disarmed, refuse_unfit_fault_files, write_faults
from bangfu.cli.screen import Screen, fault_line
from bangfu.kernel.clock import office_day
from bangfu.kernel.days import date_from_day
from bangfu.kernel.errors import RegisterRefused
from bangfu.kernel.words import Text
from bangfu.privacy.keys import load_ring
from bangfu.registry.imports import Order, Plan, apply_import, planned, workbench
from bangfu.registry.imports.preview import HEADINGS, changes_said, figures_said

SHOWN = 20


def run(given: argparse.Namespace, screen: Screen) -> int:
    """Return 0; refusals are raised."""
    refuse_unfit_fault_files(given)
    by = By("system:command", datetime.now(UTC), load_ring(settings.KEY_RING_FILE), "命令行导入")
    actor = system_actor("command", "officer", office_day(by.at))
    order = Order(
        given.register, date_from_day(given.as_of), given.register.name, digest_of(given.register), given.layout
    )
    try:
        with workbench() as con:
            if given.apply:
                applied = apply_import(by, actor, order, con, progress=screen.progress)
                _show(screen, applied.plan)
                _write(given.changes, con, screen)
                screen.say(_done(applied.act))
            else:
                _show(screen, planned(by, actor, order, con, screen.progress))
                _write(given.changes, con, screen)
                screen.table([[each.say(screen.lang) for each in HEADINGS], *changes_said(con, screen.lang, SHOWN)])
                screen.say(
                    Text(
                        "以上只是预览，没有写入。确认请加 --apply。",
                        "This is a preview; nothing was written. Add --apply to do it.",
                    )
                )
    except RegisterRefused as refused:
        write_faults(refused, screen, register=given.register, errors=given.errors, marked=given.marked)
        raise
    return 0


def digest_of(register: Path) -> str:
    """SHA-256 of a file's bytes; of a folder, of its files' names and bytes in order."""
    found = hashlib.sha256()
    files = sorted(path for path in register.rglob("*") if path.is_file()) if register.is_dir() else [register]
    for file in files:
        if register.is_dir():
            found.update(f"{file.relative_to(register)}\0".encode())
        if file.is_file():
            with file.open("rb") as handle:
                found.update(hashlib.file_digest(handle, "sha256").digest() if register.is_dir() else handle.read())
    return found.hexdigest()


def _show(screen: Screen, plan: Plan) -> None:
    screen.clear()
    screen.table([[what.say(screen.lang), f"{count:,}"] for what, count in figures_said(plan)])
    screen.notes(plan.report.notes)
    if plan.faults:
        screen.say(
            Text(
                f"有 {len(plan.faults):,} 处可疑，照样采用：",
                f"{len(plan.faults):,} doubtful cell(s), read all the same:",
            )
        )
        for fault in plan.faults[:SHOWN]:
            screen.say("  " + fault_line(fault, screen.lang))


def _write(path: Path | None, con: duckdb.DuckDBPyConnection, screen: Screen) -> None:
    if path is not None:
        rows = changes_said(con, screen.lang, None)
        with path.open("w", encoding="utf-8-sig", newline="") as handle:
            writer = csv.writer(handle)
            writer.writerow([each.say(screen.lang) for each in HEADINGS])
            writer.writerows([disarmed(cell) for cell in row] for row in rows)


def _done(act: int | None) -> Text:
    if act is None:
        return Text("在册资料与文件相符，不用导入。", "The register holds all of this already; nothing was imported.")
    return Text(f"已导入，办理编号 {act}。", f"Imported as act {act}.")

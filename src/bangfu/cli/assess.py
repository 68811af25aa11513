"""`bangfu assess`: assess a register, write the results, show the summary."""

import argparse
import csv
import json
from pathlib import Path

from bangfu.cli.screen import Screen
from bangfu.engine.assess import Request, assess
from bangfu.engine.results import Format, Target
from bangfu.engine.summary import Money, Summary
from bangfu.kernel.days import iso_from_day
from bangfu.kernel.errors import RegisterRefused
from bangfu.kernel.words import Lang, Text

NOTES_ON_SCREEN = 6


def run(given: argparse.Namespace, screen: Screen) -> int:
    """Return 0; refusals are raised."""
    target = _target(given)
    request = Request(
        register=given.register,
        as_of=given.as_of,
        income_year=given.income_year,
        settings=dict(given.set),
        rules=given.rules,
        place=given.place,
        skip_bad_rows=given.skip_bad_rows,
    )
    relevant = target.format == "xlsx" if given.only_relevant is None else given.only_relevant
    try:
        outcome = assess(request, target, lang=screen.lang, only_relevant=relevant, progress=screen.progress)
    except RegisterRefused as refused:
        if given.errors:
            _write_faults(refused, given.errors, screen.lang)
        raise
    screen.clear()
    if given.json:
        screen.say(json.dumps({**outcome.summary.figures, "out": str(outcome.written)}, ensure_ascii=False, indent=2))
        return 0
    show_summary(outcome.summary, screen)
    for note in outcome.report.notes[:NOTES_ON_SCREEN]:
        screen.say(Text(f"注：{note.zh}", f"Note: {note.en}"))
    if outcome.report.set_aside_households:
        n, rows = outcome.report.set_aside_households, outcome.report.set_aside_rows
        screen.say(
            Text(
                f"注意：{n:,} 户（{rows:,} 行）因资料有错误而搁置，未作评估，见 rejected。",
                f"Note: {n:,} household(s) ({rows:,} rows) were set aside for faults; see rejected.",
            )
        )
    screen.say()
    screen.say(Text(f"结果：{outcome.written}", f"Result: {outcome.written}"))
    return 0


def show_summary(summary: Summary, screen: Screen) -> None:
    screen.say()
    screen.say(summary.title)
    for section in summary.sections:
        screen.say()
        screen.say(Text(f"【{section.title.zh}】", f"[{section.title.en}]"))
        screen.table([[_shown(cell, screen.lang) for cell in row] for row in section.rows])


def _shown(cell: object, lang: Lang) -> str:
    if isinstance(cell, Text):
        return cell.say(lang)
    if isinstance(cell, int):
        return f"{cell:,}"
    return str(cell) if isinstance(cell, Money | str) else ""


def _target(given: argparse.Namespace) -> Target:
    """Where and how to write: --out's ending and --format decide, else a folder of CSV (a workbook for a workbook) beside the caller."""
    register: Path = given.register
    form: Format
    if given.format:
        form = given.format
    elif given.out:
        form = "xlsx" if given.out.suffix.lower() == ".xlsx" else "csv"
    else:
        form = "xlsx" if register.suffix.lower() == ".xlsx" else "csv"
    if given.out:
        return Target(given.out, form, given.force)
    name = f"{register.resolve().stem}-assessed-{iso_from_day(given.as_of)}"
    return Target(Path(name + (".xlsx" if form == "xlsx" else "")), form, given.force)


def _write_faults(refused: RegisterRefused, path: Path, lang: Lang) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["table", "row", "column", "value", "reason"])
        for fault in refused.faults:
            value = "'" + fault.value if fault.value[:1] in tuple("=+-@\t\r\n＝＋－＠") else fault.value
            writer.writerow([fault.table, fault.row, fault.column, value, fault.reason.say(lang)])

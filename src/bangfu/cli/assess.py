"""`bangfu assess`: assess a register, write the results, show the summary."""

import argparse
import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bangfu.cli.arguments import WrongUsage
from bangfu.cli.screen import Screen
from bangfu.engine.assess import Request, assess
from bangfu.engine.results import Format, Target
from bangfu.engine.results.target import cannot_write
from bangfu.engine.results.write import FORMULA_START
from bangfu.engine.summary import Money, Summary
from bangfu.kernel.days import iso_from_day
from bangfu.kernel.errors import RegisterRefused
from bangfu.kernel.money import yuan_from_fen
from bangfu.kernel.words import Lang, Text

NOTES_ON_SCREEN = 6


def run(given: argparse.Namespace, screen: Screen) -> int:
    """Return 0; refusals are raised."""
    target = _target(given)
    _refuse_errors_in_register(given)
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
            try:
                _write_faults(refused, given.errors, screen.lang)
            except OSError as problem:  # the faults themselves matter more
                screen.problem(cannot_write(given.errors, problem).say(screen.lang))
        raise
    screen.clear()
    if given.json:
        figures = {**_in_yuan(outcome.summary.figures), "out": str(outcome.written)}
        screen.say(json.dumps(figures, ensure_ascii=False, indent=2))
        return 0
    show_summary(outcome.summary, screen)
    notes = outcome.report.notes
    for note in notes[:NOTES_ON_SCREEN]:
        screen.say(Text(f"注：{note.zh}", f"Note: {note.en}"))
    if len(notes) > NOTES_ON_SCREEN:
        more = len(notes) - NOTES_ON_SCREEN
        screen.say(Text(f"注：另有 {more} 条类似的说明。", f"Note: and {more} more of the kind."))
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


def _in_yuan(figures: Mapping[str, Any]) -> dict[str, Any]:
    """The figures with amounts as result files have them: yuan with two decimals."""
    return {
        **figures,
        "missing_amount": yuan_from_fen(figures["missing_amount"]),
        "missing_by_policy": {policy: yuan_from_fen(fen) for policy, fen in figures["missing_by_policy"].items()},
        "largest_gaps": [
            {**gap, "missing_amount": yuan_from_fen(gap["missing_amount"])} for gap in figures["largest_gaps"]
        ],
    }


def _refuse_errors_in_register(given: argparse.Namespace) -> None:
    """Raises WrongUsage where the list of faults would take the place of a file that has them."""
    if given.errors and given.register.resolve() in (given.errors.resolve(), *given.errors.resolve().parents):
        raise WrongUsage(
            "ERRORS_IN_REGISTER",
            Text(
                f"--errors {given.errors} 在登记资料里面；请写到别处。",
                f"--errors {given.errors} lies in the register; choose another place.",
            ),
        )


def _write_faults(refused: RegisterRefused, path: Path, lang: Lang) -> None:
    aside = path.with_name(path.name + ".partial")
    try:
        with aside.open("w", encoding="utf-8-sig", newline="") as handle:
            writer = csv.writer(handle)
            writer.writerow(["table", "row", "column", "value", "reason"])
            for fault in refused.faults:
                value = "'" + fault.value if fault.value.startswith(tuple(FORMULA_START)) else fault.value
                writer.writerow([fault.table, fault.row, fault.column, value, fault.reason.say(lang)])
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)

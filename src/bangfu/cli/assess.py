"""`bangfu assess`: assess a register, write the results, show the summary."""

import argparse
from collections.abc import Mapping
from contextlib import nullcontext
from importlib import import_module
from pathlib import Path
from typing import Any

from bangfu.cli.arguments import WrongUsage
from bangfu.cli.faults import refuse_unfit_fault_files, set_aside, telling
from bangfu.cli.screen import Screen
from bangfu.engine.assess import Outcome, assess
from bangfu.engine.request import Request, Wanted
from bangfu.engine.results import Format, Target
from bangfu.engine.snapshot import is_snapshot
from bangfu.engine.snapshot.parts import find_parts
from bangfu.engine.summary import Money, Summary
from bangfu.kernel.days import date_from_day, iso_from_day
from bangfu.kernel.errors import DomainError
from bangfu.kernel.money import yuan_from_fen
from bangfu.kernel.words import Lang, Text

# What results of an installation's own register are called.
REGISTRY = "registry"


def run(given: argparse.Namespace, screen: Screen) -> int:
    """Return 0; refusals are raised."""
    if given.store:
        # Only an installation has what this needs.
        return int(import_module("bangfu.cli.runs").run(given, screen))
    if given.from_registry:
        given.register = Path(REGISTRY)
        # What the installation has published; local folders lie over it.
        given.rules = [*import_module("bangfu.policies.in_force").in_force().layers, *given.rules]
    target = _target(given)
    refuse_unfit_fault_files(given)
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
    with telling(given, target, screen):
        outcome = _assess(request, target, Wanted(given.tables, relevant, screen.lang), given, screen)
    screen.clear()
    if given.json:
        figures = {**_in_yuan(outcome.summary.figures), "out": str(outcome.written)}
        screen.json(figures)
        return 0
    show_summary(outcome.summary, screen)
    screen.notes(outcome.report.notes)
    if outcome.report.set_aside_rows:
        screen.say(_set_aside(outcome, given.register))
    screen.say()
    screen.say(Text(f"结果：{outcome.written}", f"Result: {outcome.written}"))
    return 0


def _assess(request: Request, target: Target, wanted: Wanted, given: argparse.Namespace, screen: Screen) -> Outcome:
    """A workbook is made of what fits in memory; a snapshot, or a folder of registers, is else assessed region by region."""
    if given.from_registry:
        if given.resume:
            raise _nothing_to_resume()
        if given.engine == "spark":
            raise _not_for_spark()
        # Only an installation has what this needs.
        read_registry = import_module("bangfu.registry.snapshots").read_registry
        day = date_from_day(request.as_of)
        return assess(request, target, wanted, progress=screen.progress, read=lambda con: read_registry(con, day))
    snapshot = is_snapshot(request.register)
    several = not snapshot and any(part.name for part in find_parts(request.register))
    if several and target.format == "xlsx":
        raise DomainError(
            "SEVERAL_FOR_A_WORKBOOK",
            Text(
                f"“{request.register}”是多份登记资料，不能直接写成工作簿。请先用 bangfu prepare 做成快照再评估，或用 --format csv 或 parquet。",
                f"{request.register} holds several registers, of which no workbook is made directly. "
                "Make a snapshot of them with bangfu prepare and assess that, or choose --format csv or parquet.",
            ),
        )
    if target.format == "xlsx" or not (snapshot or several):
        if given.resume:
            raise _nothing_to_resume()
        if given.engine == "spark":
            raise _not_for_spark()
        return assess(request, target, wanted, progress=screen.progress)
    # What goes region by region loads much that a single register has no use for.
    from bangfu.engine.regions import assess_registers, assess_snapshot  # noqa: PLC0415
    from bangfu.engine.spark.session import Spark  # noqa: PLC0415

    by_regions = assess_snapshot if snapshot else assess_registers
    with Spark() if given.engine == "spark" else nullcontext() as spark:
        return by_regions(request, target, wanted, resume=given.resume, progress=screen.progress, spark=spark)


def _nothing_to_resume() -> WrongUsage:
    return WrongUsage(
        "NOTHING_TO_RESUME",
        Text(
            "--resume 只用于评估快照或多份资料、结果为 csv 或 parquet 时：其他的一次做完，中断了就从头再来，请去掉 --resume。",
            "--resume is for a snapshot or several registers, with results in csv or parquet: "
            "anything else is done in one go and begun anew. Leave out --resume.",
        ),
    )


def _not_for_spark() -> WrongUsage:
    return WrongUsage(
        "NOT_FOR_SPARK",
        Text(
            "--engine spark 只用于评估快照或多份资料、结果为 csv 或 parquet 时。可先用 bangfu prepare 做成快照，或去掉 --engine spark。",
            "--engine spark is for a snapshot or several registers, with results in csv or parquet. "
            "Make a snapshot with bangfu prepare first, or leave out --engine spark.",
        ),
    )


def _set_aside(outcome: Outcome, register: Path) -> Text:
    report = outcome.report
    what = set_aside(report.set_aside_households, report.set_aside_rows, report.set_aside_strays)
    if is_snapshot(register):
        return Text(
            f"注意：{what.zh}因资料有错误，在制作快照时就已搁置，未作评估。",
            f"Note: {what.en} were set aside for faults when the snapshot was made.",
        )
    return Text(
        f"注意：{what.zh}因资料有错误而搁置，未作评估，见 rejected。",
        f"Note: {what.en} were set aside for faults; see rejected.",
    )


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

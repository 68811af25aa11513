"""What commands that read a register say of its faults: as files, as what was set aside; and what an interruption leaves."""

import argparse
import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bangfu.cli.arguments import WrongUsage
from bangfu.cli.screen import Screen
from bangfu.engine.marked import write_marked
from bangfu.engine.results.target import KEPT, Target, cannot_write
from bangfu.engine.results.write import FORMULA_START
from bangfu.kernel.errors import DomainError, RegisterRefused
from bangfu.kernel.words import Text


def refuse_unfit_fault_files(given: argparse.Namespace) -> None:
    """Raises WrongUsage where what is written of faults would take the place of a file that has them, or bears a name that nobody could open."""
    for option, path in (("--errors", given.errors), ("--marked", given.marked)):
        if path and given.register.resolve() in (path.resolve(), *path.resolve().parents):
            raise WrongUsage(
                "ERRORS_IN_REGISTER",
                Text(
                    f"{option} {path} 在登记资料里面；请写到别处。",
                    f"{option} {path} lies in the register; choose another place.",
                ),
            )
    if given.marked and given.marked.suffix.lower() != ".xlsx":
        raise WrongUsage(
            "MARKED_NOT_XLSX",
            Text(f"--marked {given.marked} 应以 .xlsx 结尾。", f"--marked {given.marked} must end in .xlsx."),
        )


def write_faults(
    refused: RegisterRefused, screen: Screen, *, register: Path, errors: Path | None, marked: Path | None = None
) -> None:
    """Write the faults where --errors and --marked ask for them; where that fails it is said, and the faults themselves matter more."""
    for path, write in ((errors, _write), (marked, _mark)):
        if path is not None:
            try:
                write(refused, register, path, screen)
            except OSError as problem:
                screen.problem(cannot_write(path, problem).say(screen.lang))


@contextmanager
def telling(given: argparse.Namespace, target: Target, screen: Screen) -> Iterator[None]:
    """Write the faults of a register that is refused where they are asked for; say what an interruption left to go on from."""
    try:
        yield
    except RegisterRefused as refused:
        write_faults(refused, screen, register=given.register, errors=given.errors, marked=given.marked)
        raise
    except KeyboardInterrupt as problem:
        if not target.partial.exists():
            raise
        raise DomainError("INTERRUPTED", Text(f"已中断。{KEPT.zh}", f"Interrupted. {KEPT.en}")) from problem


def set_aside(households: int, rows: int, strays: int) -> Text:
    """How much was left out for faults, for a sentence; `strays` of the rows belong to no household that the register has.

    Where a household's own row is what is missing, no household is left out, only rows: these are told as well.
    """
    whole = Text(f"{households:,} 户（{rows - strays:,} 行）", f"{households:,} household(s) ({rows - strays:,} rows)")
    alone = Text(f"户表中没有所属户的 {strays:,} 行", f"{strays:,} row(s) whose household the register does not have")
    said = [text for text, any_ in ((whole, households), (alone, strays)) if any_]
    return Text("和".join(text.zh for text in said), " and ".join(text.en for text in said))


def _mark(refused: RegisterRefused, register: Path, path: Path, screen: Screen) -> None:
    if any(fault.part for fault in refused.faults):
        screen.problem(
            Text(
                "--marked 一次只用于一份登记资料；请对有错误的那一份单独运行，或用 --errors。",
                "--marked is for one register at a time: run it on the one that has faults, or use --errors.",
            ).say(screen.lang)
        )
        return
    screen.progress(Text("正在标出错误…", "Marking the faults…"))
    write_marked(register, refused, path, screen.lang)


def _write(refused: RegisterRefused, register: Path, path: Path, screen: Screen) -> None:
    aside = path.with_name(path.name + ".partial")
    several = any(fault.part for fault in refused.faults)
    try:
        with aside.open("w", encoding="utf-8-sig", newline="") as handle:
            writer = csv.writer(handle)
            writer.writerow([*["register"] * several, "table", "row", "column", "value", "reason"])
            for fault in refused.faults:
                cells = [*[fault.part] * several, fault.table, str(fault.row), fault.column, fault.value]
                writer.writerow([*map(disarmed, cells), fault.reason.say(screen.lang)])
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def disarmed(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return "'" + cell if cell.startswith(tuple(FORMULA_START)) else cell

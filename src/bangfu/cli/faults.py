"""How commands that read a register end early: the list of its faults as a file, and what an interruption leaves."""

import argparse
import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bangfu.cli.arguments import WrongUsage
from bangfu.cli.screen import Screen
from bangfu.engine.results.target import KEPT, Target, cannot_write
from bangfu.engine.results.write import FORMULA_START
from bangfu.kernel.errors import DomainError, RegisterRefused
from bangfu.kernel.words import Lang, Text


def refuse_errors_in_register(given: argparse.Namespace) -> None:
    """Raises WrongUsage where the list of faults would take the place of a file that has them."""
    if given.errors and given.register.resolve() in (given.errors.resolve(), *given.errors.resolve().parents):
        raise WrongUsage(
            "ERRORS_IN_REGISTER",
            Text(
                f"--errors {given.errors} 在登记资料里面；请写到别处。",
                f"--errors {given.errors} lies in the register; choose another place.",
            ),
        )


def write_faults(refused: RegisterRefused, path: Path, screen: Screen) -> None:
    """Write every fault to a CSV file; where that fails it is said, and the faults themselves matter more."""
    try:
        _write(refused, path, screen.lang)
    except OSError as problem:
        screen.problem(cannot_write(path, problem).say(screen.lang))


@contextmanager
def telling(given: argparse.Namespace, target: Target, screen: Screen) -> Iterator[None]:
    """Write the faults of a register that is refused where --errors asks for them; say what an interruption left to go on from."""
    try:
        yield
    except RegisterRefused as refused:
        if given.errors:
            write_faults(refused, given.errors, screen)
        raise
    except KeyboardInterrupt as problem:
        if not target.partial.exists():
            raise
        raise DomainError("INTERRUPTED", Text(f"已中断。{KEPT.zh}", f"Interrupted. {KEPT.en}")) from problem


def _write(refused: RegisterRefused, path: Path, lang: Lang) -> None:
    aside = path.with_name(path.name + ".partial")
    several = any(fault.part for fault in refused.faults)
    try:
        with aside.open("w", encoding="utf-8-sig", newline="") as handle:
            writer = csv.writer(handle)
            writer.writerow([*["register"] * several, "table", "row", "column", "value", "reason"])
            for fault in refused.faults:
                cells = [*[fault.part] * several, fault.table, str(fault.row), fault.column, fault.value]
                writer.writerow([*map(disarmed, cells), fault.reason.say(lang)])
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def disarmed(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return "'" + cell if cell.startswith(tuple(FORMULA_START)) else cell

"""`bangfu synth`: make a register of people who do not exist."""

import argparse
from importlib import import_module
from pathlib import Path
from typing import Any

from bangfu.cli.screen import Screen
from bangfu.engine.synth import (
    AS_OF_YEAR,
    Dress,
    Plan,
    write_bank_list,
    write_by_region,
    write_demo,
    write_synthetic_register,
)
from bangfu.kernel.schema import schema
from bangfu.kernel.words import Text
from bangfu.rulebook.kept import shipped_book

# The month of the list of payments that goes with a register.
LIST_YEAR, LIST_MONTH = 2017, 3


def run(given: argparse.Namespace, screen: Screen) -> int:
    """Return 0; refusals are raised."""
    if given.layout:
        # Loaded when it is asked for: making a register of our own needs none of it.
        samples = import_module("bangfu.registry.layouts.samples")
        year = AS_OF_YEAR if given.year is None else given.year
        counts = samples.write_sample(given.out, given.layout, year, lambda folder: _make(given, screen, folder))
    else:
        counts = _make(given, screen, given.out)
    if given.bank_list:
        book = shipped_book().policy_codes()
        write_bank_list(given.out, given.bank_list, policies=book, year=given.year or LIST_YEAR, month=LIST_MONTH)
    screen.clear()
    tables = schema().tables
    zh = "，".join(f"{tables[table].label.zh} {count:,} 行" for table, count in counts.items())
    en = ", ".join(f"{table} {count:,}" for table, count in counts.items())
    made = Text("本次已生成", "This time made") if given.resume else Text("已生成", "Made")
    screen.say(
        Text(f"{made.zh}虚构的登记资料 {given.out}：{zh}", f"{made.en} a synthetic register in {given.out}: {en}")
    )
    return 0


def _make(given: argparse.Namespace, screen: Screen, out: Path) -> dict[str, int]:
    if given.demo:
        return write_demo(out, policies=shipped_book().policy_codes())
    asked = _given(
        households=given.households,
        seed=1 if given.seed is None else given.seed,
        as_of_year=given.year,
        gap_rate=given.gaps,
        error_rate=given.errors,
        mean_size=given.mean_size,
        ledger_years=given.ledger_years,
    )
    dressed = _given(format=given.format)
    if not given.regions:
        return write_synthetic_register(out, **asked, **dressed, progress=screen.progress)
    how = _given(workers=given.workers, resume=given.resume)
    return write_by_region(out, Plan(**asked), Dress(**dressed), **how, progress=screen.progress)


def _given(**options: Any) -> dict[str, Any]:
    """What was given; for the rest the engine has its defaults."""
    return {name: value for name, value in options.items() if value is not None}

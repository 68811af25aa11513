"""`bangfu synth`: make a register of people who do not exist."""

import argparse

from bangfu.cli.screen import Screen
from bangfu.engine.synth import write_demo, write_synthetic_register
from bangfu.kernel.schema import schema
from bangfu.kernel.words import Text
from bangfu.rulebook.load import shipped_book


def run(given: argparse.Namespace, screen: Screen) -> int:
    """Return 0; refusals are raised."""
    if given.demo:
        counts = write_demo(given.out, policies=shipped_book().policy_codes())
    else:
        asked = {
            "as_of_year": given.year,
            "format": given.format,
            "gap_rate": given.gaps,
            "error_rate": given.errors,
        }
        counts = write_synthetic_register(
            given.out,
            households=given.households,
            seed=1 if given.seed is None else given.seed,
            progress=screen.progress,
            **{name: value for name, value in asked.items() if value is not None},
        )
    screen.clear()
    tables = schema().tables
    zh = "，".join(f"{tables[table].label.zh} {count:,} 行" for table, count in counts.items())
    en = ", ".join(f"{table} {count:,}" for table, count in counts.items())
    screen.say(Text(f"已生成虚构的登记资料 {given.out}：{zh}", f"Made a synthetic register in {given.out}: {en}"))
    return 0

"""What the benchmarks beside bench.run have in common: their options, what they say of processes, and how they tell what they found."""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median
from typing import Any

from bench.measure import MIB, Measured
from bench.report import machine, versions


def options(name: str, about: str | None, **numbers: int) -> argparse.ArgumentParser:
    """The options of `python -m bench.NAME`: `--json`, and one for each number with what it is where nobody says.

    `about` is the module's text: its first line is what `--help` says.
    """
    parser = argparse.ArgumentParser(
        prog=f"python -m bench.{name}", description=(about or "").partition("\n")[0], allow_abbrev=False
    )
    for number, usual in numbers.items():
        parser.add_argument(f"--{number}", type=int, default=usual, metavar="N", help=f"{usual:,} unless given")
    parser.add_argument("--json", action="store_true", help="tell everything measured, for programs")
    return parser


def tell(found: Mapping[str, Any], shown: Callable[[Mapping[str, Any]], Iterable[str]], *, as_json: bool) -> None:
    """Print what was found and on which machine: as JSON, or as the lines that `shown` makes of it."""
    where = machine() | {"versions": versions([sys.executable])}
    if as_json:
        print(json.dumps({**found, "machine": where}, ensure_ascii=False, indent=2))
        return
    named = ", ".join(f"{name} {version}" for name, version in where["versions"].items())
    print(f"{where['cpu']}, {where['cores']} cores; {named}")
    print(*shown(found), sep="\n")


def spread(runs: Sequence[Measured]) -> dict[str, float]:
    """Of several runs of one command: the median and the least time, the median processor time, and the most memory."""
    return {
        "seconds": round(median(run.seconds for run in runs), 3),
        "least_seconds": round(min(run.seconds for run in runs), 3),
        "cpu_seconds": round(median(run.cpu for run in runs), 3),
        "peak_mib": round(max(run.memory for run in runs) / MIB),
    }


def table(what: str, spreads: Mapping[str, Mapping[str, float]]) -> list[str]:
    """A line for each spread, by its name."""
    return [
        f"| {what} | median s | least s | CPU s | peak MiB |",
        "|---|---|---|---|---|",
        *(
            f"| {name} | {s['seconds']:.2f} | {s['least_seconds']:.2f} | {s['cpu_seconds']:.2f} | {s['peak_mib']:,} |"
            for name, s in spreads.items()
        ),
    ]

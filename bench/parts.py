"""Measure what each part of an assessment adds: one process over arrays, without writing what comes out.

    python -m bench.parts [--households 200000] [--rounds 5] [--json]

Parts are left out of the same rules by leaving out the results that need them: an operation whose result nobody needs is not made.
Processor seconds of the median round, all interleaved; the first line of the table is everything.
"""

import argparse
import sys
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

from bangfu.engine.arrays.columns import USUAL_MONEY, Inputs
from bangfu.engine.arrays.kernel import Kernel, compile_kernel
from bangfu.engine.arrays.program import Number, Value, Word, Yes
from bangfu.engine.arrays.relations import KEYS
from bangfu.engine.request import Request, rules_by_place
from bangfu.engine.snapshot import open_snapshot
from bangfu.kernel.days import day_from_iso
from bangfu.kernel.schema import schema
from bangfu.rulebook.plan import Plan, compile_plan
from bangfu.rulebook.resolve import Rules
from bench.command import options, tell
from bench.contenders import AS_OF, POVERTY_LINE
from bench.data import ROOT, made

FIRST_DAY = "2017-01-01"
OF_POLICIES = ("entitled_annual", "entitled_once", "missing_amount")


class Certain(Inputs):
    """The register as if nothing were unknown in it: what comes out is wrong, and takes as long as two-valued logic would."""

    def _column(self, table: str, column: str) -> Value:
        match super()._column(table, column):
            case other if column in KEYS:
                return other  # some rows are of nobody
            case Number(arr=arr):
                return Number(arr)
            case Word(arr=arr):
                return Word(replace(arr, lo=0))
            case Yes(true=str(true)):
                name = f"not_{true}"
                self.fetched[name] = f"~{self.fetched[true]}"
                self.columns[name] = table, column
                return Yes(true, name)
            case other:
                return other


def main(arguments: Sequence[str] | None = None) -> int:
    given = _parse(arguments)
    snapshot = made(given.cache, given.households).snapshot
    kernels = _kernels(snapshot)
    taken: dict[str, list[float]] = {name: [] for name in kernels}
    for number in range(given.rounds + 1):
        for name, kernel in kernels.items():
            seconds = _run(kernel, snapshot)
            if number:  # the first round only makes ready what is kept
                taken[name].append(seconds)
    found = {name: round(median(times), 3) for name, times in taken.items()}
    said = {
        "households": given.households,
        "rounds": given.rounds,
        "cpu_seconds": found,
        "operations": {name: kernel.body.count(" = ") for name, kernel in kernels.items()},
    }
    tell(said, _shown, as_json=given.json)
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = options("parts", __doc__, households=200_000, rounds=5)
    parser.add_argument("--cache", type=Path, default=ROOT / "var" / "bench", metavar="DIR", help="where data is kept")
    return parser.parse_args(arguments)


def _rules(snapshot: Path, as_of: str) -> Rules:
    request = Request(snapshot, day_from_iso(as_of), 2017, settings={"poverty_line": POVERTY_LINE})
    return next(rules_by_place(request, request.book(), ["370000000000"])).rules


def _kernels(snapshot: Path) -> Mapping[str, Kernel]:
    rules = _rules(snapshot, AS_OF)
    findings = compile_plan(rules, tables=["finding"])
    flagged = [name for name, _ in findings.prepare if name.startswith("flagged_")]
    of_money: tuple[Plan, Collection[str]] = (
        compile_plan(rules, tables=["assessment", "entitlement"], relevant=True),
        ("assessment", "entitlement"),
    )
    alone: tuple[Plan, Collection[str]] = compile_plan(rules, tables=["assessment"]), ("assessment",)
    first = compile_plan(_rules(snapshot, FIRST_DAY), tables=["assessment"]), ("assessment",)
    only_ids = [name for name in schema().results["assessment"].columns if name != "household_id"]
    return {
        "all tables": _kernel(of_money, (findings, flagged)),
        "all tables but findings": _kernel(of_money),
        "assessment": _kernel(alone),
        "… as if every fact were known": _kernel(alone, as_read=Certain),
        "… as of the first of thirteen days": _kernel(first),
        "… without reconciliation": _kernel(alone, without=OF_POLICIES[2:]),
        "… without policies": _kernel(alone, without=OF_POLICIES),
        "ids alone": _kernel(alone, without=only_ids),
    }


def _kernel(
    *wanted: tuple[Plan, Collection[str]], as_read: type[Inputs] = Inputs, without: Collection[str] = ()
) -> Kernel:
    return compile_kernel(*wanted, inputs=as_read(USUAL_MONEY), without=without)


def _run(kernel: Kernel, snapshot: Path) -> float:
    begun = time.process_time()
    for region in open_snapshot(snapshot).regions:
        kernel.tables(snapshot / region.name, (region.first_household, region.last_household))
    return time.process_time() - begun


def _shown(said: Mapping[str, Any]) -> Iterator[str]:
    whole = said["cpu_seconds"]["assessment"]
    yield f"{said['households']:,} households, {said['rounds']} rounds"
    yield ""
    yield "| | operations | CPU s | of the assessment |"
    yield "|---|---|---|---|"
    for name, seconds in said["cpu_seconds"].items():
        yield f"| {name} | {said['operations'][name]:,} | {seconds:.2f} | {seconds / whole:.2f} |"


if __name__ == "__main__":
    sys.exit(main())

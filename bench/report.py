"""The report of a run, to read and as JSON."""

import json
import os
import platform
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.contenders import Contender
from bench.measure import MIB
from bench.outcome import Against, Size, growth

PACKAGES = ("bangfu", "duckdb", "pyarrow", "sqlglot", "numba", "numpy", "openfisca-core")


def shown(
    sizes: Sequence[Size],
    where: Mapping[str, Any],
    absent: Sequence[str],
    wrong: Sequence[str],
    short: Sequence[str],
) -> str:
    named = ", ".join(f"{name} {version}" for name, version in where["versions"].items())
    lines = [
        f"{where['cpu']}, {where['cores']} cores, {where['memory_mib']:,} MiB; {where['system']}",
        named,
    ]
    for size in sizes:
        lines += ["", *_table(size)]
    if grown := growth(sizes):
        lines += ["", f"memory at {sizes[-1].households:,} against {sizes[0].households:,} households: {grown:.2f}"]
    for title, said in (("absent", absent), ("of no use", wrong), ("goals missed", short)):
        if said:
            lines += ["", f"{title}:", *(f"  {line}" for line in said)]
    return "\n".join(lines)


def _table(size: Size) -> Iterator[str]:
    rows = ", ".join(f"{table} {count:,}" for table, count in size.counts.items())
    yield f"{size.households:,} households ({rows}), {len(size.ours.runs)} rounds"
    yield ""
    yield "| contender | median s | from–to | CPU s | households/s | persons/s | peak MiB | ours/its time | CPU | memory | goal (stretch) |"
    yield "|---|---|---|---|---|---|---|---|---|---|---|"
    for outcome in size.outcomes:
        if outcome.failed or not outcome.runs:
            yield f"| {outcome.contender.name} | failed |" + " |" * 9
            continue
        span = [run.seconds for run in outcome.runs]
        cells = [
            outcome.contender.name,
            f"{outcome.seconds:.2f}",
            f"{min(span):.2f}–{max(span):.2f}",
            f"{outcome.cpu:.2f}",
            f"{size.households / outcome.seconds:,.0f}",
            f"{size.counts['person'] / outcome.seconds:,.0f}",
            f"{outcome.memory / MIB:,.0f}",
            *_ratios(size.against(outcome)),
            _goal(outcome.contender),
        ]
        yield f"| {' | '.join(cells)} |"


def _ratios(against: Against | None) -> tuple[str, str, str]:
    if not against:
        return "", "", ""
    return f"{against.time:.2f}", f"{against.cpu:.2f}", f"{against.memory:.2f}"


def _goal(contender: Contender) -> str:
    goal = contender.goal
    if not goal:
        return ""
    time = f"{goal.time:.2f}" + (f" ({goal.stretch:.2f})" if goal.stretch else "")
    return time + (f", memory {goal.memory:.2f}" if goal.memory else "")


def as_json(
    sizes: Sequence[Size],
    where: Mapping[str, Any],
    absent: Sequence[str],
    wrong: Sequence[str],
    short: Sequence[str],
) -> dict[str, Any]:
    return {
        "machine": where,
        "sizes": [
            {
                "counts": size.counts,
                "contenders": [
                    {
                        "name": outcome.contender.name,
                        "goal": asdict(outcome.contender.goal) if outcome.contender.goal else None,
                        "runs": [asdict(run) for run in outcome.runs],
                        "ours_against_it": asdict(against) if (against := size.against(outcome)) else None,
                    }
                    for outcome in size.outcomes
                ],
            }
            for size in sizes
        ],
        "memory_growth": growth(sizes),
        "absent": absent,
        "of_no_use": wrong,
        "goals_missed": short,
    }


def machine() -> dict[str, Any]:
    about = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next((line.partition(":")[2].strip() for line in about if line.startswith("model name")), "unknown")
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "memory_mib": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // MIB,
        "system": platform.platform(),
    }


def versions(pythons: Iterable[str]) -> dict[str, str]:
    """Of Python and the packages that take part, as each interpreter has them."""
    probe = (
        "import importlib.metadata as m, json, sys\n"
        "def of(name):\n"
        "    try:\n        return m.version(name)\n"
        "    except m.PackageNotFoundError:\n        return None\n"
        "print(json.dumps({name: of(name) for name in sys.argv[1:]}))"
    )
    found = {"python": platform.python_version()}
    for python in dict.fromkeys(pythons):
        said = subprocess.run([python, "-c", probe, *PACKAGES], check=True, capture_output=True, text=True).stdout
        found |= {name: version for name, version in json.loads(said).items() if version and name not in found}
    return found

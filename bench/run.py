"""Measure the assessment of a made-up register against other ways to the same result. README.md says how to read it.

python -m bench.run --households 1000000 --rounds 5 --gate
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bench.compare import differences, fingerprint
from bench.contenders import CONTENDERS, OURS, Contender
from bench.data import ROOT, Data, made
from bench.measure import CommandFailed, Measured, measure
from bench.outcome import Outcome, Size, faults, missed
from bench.report import as_json, machine, shown, versions

WARM_UP = 2_000  # households


@dataclass(frozen=True, slots=True)
class Entry:
    """A contender with what it takes to run it here."""

    contender: Contender
    python: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 1 where a result differs, a contender failed or, with --gate, a goal is missed; else 0."""
    given = _parse(arguments)
    entries, absent = entrants(given.only, given.peer_python, known=given.known)
    _warm_up(entries, given.cache, known=given.known)
    sizes = []
    for households in given.households:
        data = made(given.cache, households, known=given.known)
        sizes.append(Size(data.counts(), _compete(entries, data, given.cache / "out", given.rounds)))
    where = machine() | {"versions": versions(entry.python for entry in entries)}
    wrong, short = faults(sizes), missed(sizes)
    print(shown(sizes, where, absent, wrong, short))
    if given.json:
        said = as_json(sizes, where, absent, wrong, short)
        given.json.write_text(json.dumps(said, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return 1 if wrong or (given.gate and short) else 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.run", description=__doc__, allow_abbrev=False)
    parser.add_argument("--households", type=int, nargs="+", default=[1_000_000], metavar="N", help="sizes (1000000)")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="runs of every contender (5)")
    names = [contender.name for contender in CONTENDERS]
    parser.add_argument(
        "--only", nargs="+", choices=names, metavar="NAME", help=f"these beside our own: {', '.join(names)}"
    )
    parser.add_argument(
        "--peer-python", default=sys.executable, metavar="PATH", help="the interpreter that has the peers' packages"
    )
    parser.add_argument(
        "--known",
        action="store_true",
        help="over a register without unknowns, which those need who know only yes and no",
    )
    parser.add_argument("--gate", action="store_true", help="exit 1 where a goal is missed")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything measured, too")
    parser.add_argument("--cache", type=Path, default=ROOT / "var" / "bench", metavar="DIR", help="where data is kept")
    given = parser.parse_args(arguments)
    given.cache = given.cache.resolve()
    if given.rounds < 1 or min(given.households) < 1:
        parser.error("--rounds and --households want whole numbers from 1")
    given.households = sorted(set(given.households))
    return given


# ---- who runs


def entrants(only: Sequence[str] | None, peer_python: str, *, known: bool) -> tuple[list[Entry], list[str]]:
    """Ours first, then those asked for whose packages are there; and why others are absent."""
    wanted = [c for c in CONTENDERS if c is not OURS and (only is None or c.name in only)]
    entries, absent = [Entry(OURS, sys.executable)], []
    for contender in wanted:
        if contender.two_valued and not known:
            absent.append(f"{contender.name}: knows only yes and no (--known)")
            continue
        python = peer_python if contender.needs else sys.executable
        missing = [module for module in contender.needs if not _has(python, module)]
        if missing:
            absent.append(f"{contender.name}: {', '.join(missing)} is not installed (--peer-python)")
        else:
            entries.append(Entry(contender, python))
    return entries, absent


def _has(python: str, module: str) -> bool:
    probe = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({module!r}) is None)"
    return subprocess.run([python, "-c", probe], check=False).returncode == 0


# ---- the runs


def _warm_up(entries: Sequence[Entry], cache: Path, *, known: bool) -> None:
    """Everybody once over a small register, not measured: what a program compiles and keeps is there for all rounds."""
    data = made(cache, WARM_UP, known=known)
    for entry in entries:
        # What fails here fails again where it is measured, and is told there.
        with suppress(CommandFailed):
            _run(entry, data, _cleared(cache / "out"))


def _cleared(out: Path) -> Path:
    shutil.rmtree(out, ignore_errors=True)
    return out


def _compete(entries: Sequence[Entry], data: Data, out: Path, rounds: int) -> list[Outcome]:
    """Run everybody once a round, in an order that turns, and hold the last results against ours."""
    outcomes = [Outcome(entry.contender) for entry in entries]
    prints: list[dict[str, int]] = [{} for _ in entries]
    for turn in range(rounds):
        for place in _turned(len(entries), turn):
            outcome = outcomes[place]
            if outcome.failed:
                continue
            try:
                outcome.runs.append(_run(entries[place], data, _cleared(out)))
            except CommandFailed as problem:
                if outcome.contender is OURS:
                    raise
                outcome.failed = str(problem)
                continue
            print(f"round {turn + 1}: {outcome.contender.name} {outcome.runs[-1].seconds:.2f} s", file=sys.stderr)
            if turn == rounds - 1:
                prints[place] = fingerprint(out, outcome.contender.result)
    _cleared(out)
    for outcome, said in zip(outcomes, prints, strict=True):
        outcome.differs = differences(prints[0], said) if said else []
    return outcomes


def _turned(count: int, turn: int) -> Iterator[int]:
    return ((place + turn) % count for place in range(count))


def _run(entry: Entry, data: Data, out: Path) -> Measured:
    filled = {"python": entry.python, "register": data.register, "snapshot": data.snapshot, "out": out}
    command = [word.format_map(filled) for word in entry.contender.command]
    # Where this is set, every process would compile its modules anew.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return measure(command, cwd=ROOT, environment=environment)


if __name__ == "__main__":
    sys.exit(main())

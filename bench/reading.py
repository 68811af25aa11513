"""Measure reading and checking raw registers: CSV against DuckDB's load, .xlsx against calamine alone, Parquet by itself.

    python -m bench.reading [--households 100000] [--rounds 5] [--only csv xlsx parquet] [--json]

The registers are made first, in a folder that is removed at the end. Then each contender reads its register in a process of its
own, one after the other, round by round; medians count, and ratios are medians of the ratios within a round.
"""

import argparse
import os
import statistics
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
from python_calamine import CalamineWorkbook

from bangfu.engine.duck import open_engine
from bangfu.engine.register import read_register
from bangfu.rulebook.kept import shipped_book
from bench.command import options, spread, table, tell
from bench.data import ROOT, write_register, write_workbook
from bench.measure import Measured, measure

FORMATS = ("csv", "xlsx", "parquet")
# What each format is held against, and how many times as long we may take; our start-up is left out of ours.
PEERS = {"csv": ("duckdb", 4.0), "xlsx": ("calamine", 2.0)}


def main(arguments: Sequence[str] | None = None) -> int:
    given = _parse(arguments)
    if given.read:
        READERS[given.read[0]](Path(given.read[1]))
        return 0
    with TemporaryDirectory() as folder:
        registers, counts = _registers(Path(folder), given.only, given.households)
        runs = _runs(registers, given.rounds)
    found = {
        "rows": counts,
        "rounds": given.rounds,
        "contenders": {name: spread(measured) for name, measured in runs.items()},
        "ratios": _ratios(runs),
    }
    tell(found, _shown, as_json=given.json)
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = options("reading", __doc__, households=100_000, rounds=5)
    parser.add_argument("--only", nargs="+", choices=FORMATS, default=FORMATS)
    parser.add_argument("--read", nargs=2, help=argparse.SUPPRESS)  # one contender, in a process of its own
    return parser.parse_args(arguments)


# ---- the registers


def _registers(folder: Path, formats: Sequence[str], households: int) -> tuple[dict[str, Path], dict[str, int]]:
    made: dict[str, Path] = {}
    counts: dict[str, int] = {}
    for format_ in formats:
        print(f"making the {format_} register", file=sys.stderr, flush=True)
        made[format_] = folder / (f"{format_}.xlsx" if format_ == "xlsx" else format_)
        source = folder / "source" if format_ == "xlsx" else made[format_]
        counts = write_register(source, households, format="csv" if format_ == "csv" else "parquet")
        if format_ == "xlsx":
            write_workbook(source, made[format_])
    return made, counts


# ---- who reads them


def _bangfu(register: Path) -> None:
    read_register(register, into=open_engine(), policies=shipped_book().policy_codes())


def _start(_: Path) -> None:
    """All that ours does before it opens a file."""
    open_engine()
    shipped_book()


def _duckdb(register: Path) -> None:
    con = duckdb.connect()
    for path in register.iterdir():
        con.execute(f'CREATE TABLE "{path.stem}" AS FROM read_csv(?, all_varchar = true)', [str(path)])


def _calamine(register: Path) -> None:
    book = CalamineWorkbook.from_path(str(register))
    for name in book.sheet_names:
        for _ in book.get_sheet_by_name(name).iter_rows():
            pass


READERS: Mapping[str, Callable[[Path], None]] = {
    "bangfu": _bangfu,
    "start": _start,
    "duckdb": _duckdb,
    "calamine": _calamine,
}


# ---- the measurements


def _runs(registers: Mapping[str, Path], rounds: int) -> dict[str, list[Measured]]:
    """What each contender took in each round, by "reader format"."""
    contenders = [("start", "", Path())]
    for format_, register in registers.items():
        contenders.append(("bangfu", format_, register))
        if format_ in PEERS:
            contenders.append((PEERS[format_][0], format_, register))
    runs: dict[str, list[Measured]] = {f"{reader} {format_}".strip(): [] for reader, format_, _ in contenders}
    for _ in range(rounds):
        for reader, format_, register in contenders:
            command = (sys.executable, "-m", "bench.reading", "--read", reader, str(register))
            runs[f"{reader} {format_}".strip()].append(measure(command, cwd=ROOT, environment=os.environ))
    return runs


def _ratios(runs: Mapping[str, Sequence[Measured]]) -> dict[str, dict[str, float]]:
    """Ours without its start-up against the peer's whole process."""
    return {
        format_: {
            "times": round(_ratio(runs, format_, peer, lambda run: run.seconds), 2),
            "cpu_times": round(_ratio(runs, format_, peer, lambda run: run.cpu), 2),
            "goal": goal,
        }
        for format_, (peer, goal) in PEERS.items()
        if f"bangfu {format_}" in runs
    }


def _ratio(runs: Mapping[str, Sequence[Measured]], format_: str, peer: str, of: Callable[[Measured], float]) -> float:
    rounds = zip(runs[f"bangfu {format_}"], runs["start"], runs[f"{peer} {format_}"], strict=True)
    return statistics.median((of(ours) - of(start)) / of(theirs) for ours, start, theirs in rounds)


def _shown(found: Mapping[str, Any]) -> Iterator[str]:
    yield ", ".join(f"{name} {count:,}" for name, count in found["rows"].items()) + f"; {found['rounds']} rounds"
    yield ""
    yield from table("contender", found["contenders"])
    for format_, ratio in found["ratios"].items():
        yield (
            f"{format_}: {ratio['times']:.2f} times the peer's time (CPU {ratio['cpu_times']:.2f}; "
            f"goal {ratio['goal']:.0f}), our start-up left out"
        )


if __name__ == "__main__":
    sys.exit(main())

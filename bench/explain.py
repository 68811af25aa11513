"""Measure one household explained in full, in process, rulebook loaded; and what loading and compiling the rulebook takes.

    python -m bench.explain [--households 1000] [--rounds 5] [--json]

Every household of a made-up register is explained several times, and its median counts, so that what else the machine does is kept
out as far as it can be. Everything of an explanation is worked out and worded in that time: nothing is left for whoever reads it.
"""

import gc
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from bangfu.engine.duck import open_engine
from bangfu.engine.homes import homes
from bangfu.engine.register import read_register
from bangfu.engine.synth import write_synthetic_register
from bangfu.rulebook.book import Book
from bangfu.rulebook.evaluate import Home
from bangfu.rulebook.explain import Explainer
from bangfu.rulebook.judge import Judge
from bangfu.rulebook.kept import shipped_rules
from bangfu.rulebook.load import load_book
from bangfu.rulebook.resolve import places_of, resolve
from bench.command import options, tell

GOAL = 1.0  # milliseconds, of a hundred households the slowest but one
AS_OF = 20171231
SEED = 7


def main(arguments: Sequence[str] | None = None) -> int:
    given = options("explain", __doc__, households=1_000, rounds=5).parse_args(arguments)
    loading = {"first": _milliseconds(_book)}
    book = _book()
    loading["again"] = median(_milliseconds(_book) for _ in range(given.rounds))
    loading["compile"] = median(_milliseconds(lambda: _explainer(book, ())) for _ in range(given.rounds))
    explainers: dict[tuple[str, ...], Explainer] = {}
    pairs = []
    for home in _homes(book, given.households):
        places = places_of(book, str(home.facts["village_code"]))
        if places not in explainers:
            explainers[places] = _explainer(book, places)
        pairs.append((explainers[places], home))
    # What stays for good need not be looked through each time garbage is collected.
    gc.collect()
    gc.freeze()
    measured = {
        "whole": _each(pairs, given.rounds, lambda e, home: e.explain(home)),
        "judge": _each(pairs, given.rounds, lambda e, home: e.judge.judge(home)),
        "judge without findings": _each(pairs, given.rounds, lambda e, home: e.judge.judge(home, with_findings=False)),
    }
    gc.unfreeze()
    found = {
        "households": len(pairs),
        "people": sum(len(home.people) for _, home in pairs),
        "rounds": given.rounds,
        "milliseconds": {name: _spread(times) for name, times in measured.items()},
        "rulebook_milliseconds": {name: round(value, 1) for name, value in loading.items()},
        "goal_milliseconds": GOAL,
    }
    tell(found, _shown, as_json=given.json)
    return 0


def _book() -> Book:
    return load_book([shipped_rules()])


def _explainer(book: Book, places: tuple[str, ...]) -> Explainer:
    return Explainer(Judge(resolve(book, as_of=AS_OF, places=places)))


def _homes(book: Book, households: int) -> list[Home]:
    with TemporaryDirectory() as folder:
        register = Path(folder) / "register"
        write_synthetic_register(register, households=households, seed=SEED, format="parquet")
        con = open_engine()
        try:
            read_register(register, into=con, policies=book.policy_codes())
            return list(homes(con))
        finally:
            con.close()


def _each(pairs: Sequence[tuple[Explainer, Home]], rounds: int, work: Callable[[Explainer, Home], Any]) -> list[float]:
    """The median time of each household."""
    taken = [[_milliseconds(lambda: work(explainer, home)) for explainer, home in pairs] for _ in range(rounds)]  # noqa: B023  # called at once
    return [median(times) for times in zip(*taken, strict=True)]


def _milliseconds(work: Callable[[], Any]) -> float:
    begun = time.process_time_ns()
    work()
    return (time.process_time_ns() - begun) / 1e6


def _spread(times: Sequence[float]) -> dict[str, float]:
    ordered = sorted(times)
    at = {"median": 0.5, "p90": 0.9, "p99": 0.99, "most": 1.0}
    return {name: round(ordered[min(int(len(ordered) * share), len(ordered) - 1)], 3) for name, share in at.items()}


def _shown(found: Mapping[str, Any]) -> Iterator[str]:
    yield f"{found['households']:,} households, {found['people']:,} people, {found['rounds']} rounds"
    yield ""
    yield "| milliseconds a household | median | p90 | p99 | most |"
    yield "|---|---|---|---|---|"
    for name, times in found["milliseconds"].items():
        yield f"| {name} | {' | '.join(f'{v:.2f}' for v in times.values())} |"
    yield ""
    yield f"goal: explained in full, p99 under {found['goal_milliseconds']} ms"
    loading = found["rulebook_milliseconds"]
    yield (
        f"rulebook: read and checked {loading['first']} ms the first time, {loading['again']} ms again; "
        f"compiled for the households of a place {loading['compile']} ms"
    )


if __name__ == "__main__":
    sys.exit(main())

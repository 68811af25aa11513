"""What the contenders did, how we stand against each, and which goals that misses."""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bench.contenders import MEMORY_GROWTH, Contender
from bench.measure import Measured


@dataclass(slots=True)
class Outcome:
    """What one contender did over the rounds of one size; `differs` names columns that are not as ours."""

    contender: Contender
    runs: list[Measured] = field(default_factory=list)
    differs: list[str] = field(default_factory=list)
    failed: str = ""

    @property
    def seconds(self) -> float:
        return statistics.median(run.seconds for run in self.runs)

    @property
    def cpu(self) -> float:
        return statistics.median(run.cpu for run in self.runs)

    @property
    def memory(self) -> int:
        return max(run.memory for run in self.runs)


@dataclass(frozen=True, slots=True)
class Against:
    """Ours against one peer: medians of the ratios within a round, so that what slows a whole round slows neither side."""

    time: float
    cpu: float
    memory: float

    @classmethod
    def of(cls, ours: Outcome, peer: Outcome) -> "Against":
        pairs = list(zip(ours.runs, peer.runs, strict=True))
        return cls(
            statistics.median(a.seconds / b.seconds for a, b in pairs),
            statistics.median(a.cpu / b.cpu for a, b in pairs),
            ours.memory / peer.memory,
        )


@dataclass(frozen=True, slots=True)
class Size:
    """All that was measured at one number of households. The first outcome is ours."""

    counts: Mapping[str, int]
    outcomes: Sequence[Outcome]

    @property
    def households(self) -> int:
        return self.counts["household"]

    @property
    def ours(self) -> Outcome:
        return self.outcomes[0]

    def against(self, peer: Outcome) -> Against | None:
        """None for ourselves, and where there is nothing to compare."""
        if peer is self.ours or not peer.runs or peer.failed or peer.differs:
            return None
        return Against.of(self.ours, peer)


def faults(sizes: Sequence[Size]) -> list[str]:
    """What makes a comparison worth nothing."""
    return [
        f"{size.households:,} households, {outcome.contender.name}: "
        + (f"failed: {outcome.failed}" if outcome.failed else f"not as ours: {', '.join(outcome.differs)}")
        for size in sizes
        for outcome in size.outcomes
        if outcome.failed or outcome.differs
    ]


def missed(sizes: Sequence[Size]) -> list[str]:
    found = [
        f"{size.households:,} households, {outcome.contender.name}: {fault}"
        for size in sizes
        for outcome in size.outcomes
        for fault in _misses(outcome.contender, size.against(outcome))
    ]
    grown = growth(sizes)
    if grown and grown > MEMORY_GROWTH:
        found.append(f"memory grows {grown:.2f} times, at most {MEMORY_GROWTH}")
    return found


def _misses(contender: Contender, against: Against | None) -> Iterator[str]:
    goal = contender.goal
    if not goal or not against:
        return
    if against.time > goal.time:
        yield f"we take {against.time:.2f} of its time, at most {goal.time:.2f}"
    if goal.memory and against.memory > goal.memory:
        yield f"we take {against.memory:.2f} of its memory, at most {goal.memory:.2f}"


def growth(sizes: Sequence[Size]) -> float | None:
    """Our memory at the largest size against that at the smallest."""
    return sizes[-1].ours.memory / sizes[0].ours.memory if len(sizes) > 1 else None

"""Who runs, what each has to beat, and how each is called: the one place to add a contender.

Goals stand as what we may take of a peer's time and memory. A stretch is shown and not held.
"""

from dataclasses import dataclass

AS_OF = "2017-12-31"
POVERTY_LINE = "3402"


@dataclass(frozen=True, slots=True)
class Goal:
    """At most so many times the peer's seconds, and of its peak memory where that is promised."""

    time: float
    stretch: float | None = None
    memory: float | None = None


@dataclass(frozen=True, slots=True)
class Contender:
    """A command line: {python}, {register}, {snapshot} and {out} (a path not yet there) are filled in.

    `result` is where below {out} the `assessment` lies, in Parquet with the columns of the contract. `needs` names modules that
    this project does not depend on; where the interpreter lacks one, the contender is left out and the report says so. One that
    knows nothing unknown (`two_valued`) takes part only over a register in which everything is known.
    """

    name: str
    command: tuple[str, ...]
    result: str = "*.parquet"
    goal: Goal | None = None
    needs: tuple[str, ...] = ()
    two_valued: bool = False


def _bangfu(source: str, tables: str) -> tuple[str, ...]:
    asked = ("--as-of", AS_OF, "--set", f"poverty_line={POVERTY_LINE}", "--tables", tables)
    return ("{python}", "-m", "bangfu", "assess", source, *asked, "--format", "parquet", "--out", "{out}")


OURS = Contender("bangfu", _bangfu("{snapshot}", "assessment"), "assessment/*.parquet")
CONTENDERS = (
    OURS,
    Contender(
        "bangfu, every table",
        (*_bangfu("{snapshot}", "assessment,entitlement,finding"), "--only-relevant"),
        "assessment/*.parquet",
    ),
    Contender("bangfu, from raw tables", _bangfu("{register}", "assessment"), "assessment/*.parquet"),
    Contender("hand SQL", ("{python}", "bench/peers/hand.py", "{snapshot}", "{out}"), goal=Goal(1.0)),
    Contender("hand SQL, 2 workers", ("{python}", "bench/peers/hand.py", "{snapshot}", "{out}", "2"), goal=Goal(1.0)),
    Contender(
        "OpenFisca",
        ("{python}", "bench/peers/openfisca/run.py", "{snapshot}", "{out}"),
        goal=Goal(1 / 3, stretch=1 / 4, memory=1 / 4),
        needs=("openfisca_core",),
        two_valued=True,
    ),
    Contender(
        "OpenFisca, masks",
        ("{python}", "bench/peers/openfisca/run.py", "{snapshot}", "{out}", "masks"),
        needs=("openfisca_core",),
        two_valued=True,
    ),
    Contender(
        "floor",
        ("{python}", "bench/floor/run.py", "{snapshot}", "{out}"),
        goal=Goal(2.0, stretch=1.5),
        needs=("numba",),
    ),
)
# Memory at the largest size against that at the smallest, of our own run from a snapshot.
MEMORY_GROWTH = 1.3

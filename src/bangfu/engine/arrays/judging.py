"""Judge the households of a region over arrays: which plans that takes, and its results in DuckDB, which writes and counts them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import duckdb
import pyarrow as pa

from bangfu.engine.arrays.columns import MOST_MONEY, USUAL_MONEY, Inputs
from bangfu.engine.arrays.kernel import BLOCK, Kernel, compile_kernel
from bangfu.engine.arrays.program import Beyond
from bangfu.engine.judging import Shown, filled
from bangfu.kernel.collecting import uncollected
from bangfu.kernel.schema import RESULT_TABLES, ResultTable
from bangfu.kernel.words import Lang
from bangfu.rulebook.plan import Plan, compile_plan
from bangfu.rulebook.resolve import Rules

FINDING: tuple[ResultTable] = ("finding",)
# What amounts are taken to be at most, one after the other until the data are within.
AMOUNTS = (USUAL_MONEY, MOST_MONEY)
# A query for the rows of each result table; or the rows themselves, block by block, which then stand in the connection too.
Results: TypeAlias = Mapping[ResultTable, str | Sequence[pa.Table]]


@dataclass(frozen=True, slots=True)
class OverArrays:
    """What of a run is done over arrays. Findings are worded by DuckDB: of them `kernel` makes the rows that they are about."""

    kernel: Kernel
    findings: Plan | None

    def tables(self, folder: Path, households: tuple[int, int], *, size: int = BLOCK) -> dict[str, list[pa.Table]]:
        """As `Kernel.tables` has them: results, and the rows that findings are about. Raises Beyond where the data are."""
        return self.kernel.tables(folder, households, size=size)

    def judging(self, con: duckdb.DuckDBPyConnection, shown: Shown) -> AbstractContextManager[Results] | None:
        """`judged`, of what `tables` makes of some households; None where there are data that it is beyond."""
        with suppress(Beyond):
            return self.judged(con, self.tables(shown.snapshot.path / shown.region.name, shown.households))
        return None

    @contextmanager
    def judged(self, con: duckdb.DuckDBPyConnection, tables: Mapping[str, Sequence[pa.Table]]) -> Iterator[Results]:
        """Show what `tables` made in a connection; inside, the results. Those of arrays stand there under their own names."""
        for name, blocks in tables.items():
            con.register(name, pa.concat_tables(blocks))
        try:
            results: dict[ResultTable, str | Sequence[pa.Table]] = {
                name: tables[name] for name in RESULT_TABLES if name in tables
            }
            if self.findings:
                results["finding"] = filled(self.findings.results["finding"], self.findings)
            yield results
        finally:
            for name in tables:
                con.unregister(name)


def over_arrays(
    rules: Rules, lang: Lang, tables: Collection[ResultTable], *, relevant: bool, most_money: int
) -> OverArrays | None:
    """What it takes to make some result tables over arrays; None where the rules ask for what arrays do not do here.

    Of data with an amount above `most_money` it says so (Beyond).
    Entitlements that say no are left to DuckDB with all others: all of a region's would not fit into memory.
    """
    if "entitlement" in tables and not relevant:
        return None
    shown = [table for table in tables if table != "finding"]
    wanted: list[tuple[Plan, Collection[str]]] = []
    if shown:
        wanted.append((compile_plan(rules, lang, tables=shown, relevant=relevant), shown))
    findings = compile_plan(rules, lang, tables=FINDING) if "finding" in tables else None
    if findings:
        wanted.append((findings, [name for name, _ in findings.prepare if name.startswith("flagged_")]))
    with suppress(Beyond), uncollected():
        return OverArrays(compile_kernel(*wanted, inputs=Inputs(most_money)), findings)
    return None

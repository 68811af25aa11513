"""The numbers of an assessment: gathered from result tables, region by region where there are several, and added up."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import duckdb

from bangfu.kernel.schema import ResultTable
from bangfu.rulebook.book import Book

LARGEST = 10
_GAP = ("household_id", "village_code", "members", "missing_amount")


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts by name (amounts in fen); households lie in one region each, so that sums over regions are right.

    `asked` counts unknown verdicts by policy and condition, `gaps` are the largest ones, the largest first.
    """

    counts: Counter[str] = field(default_factory=Counter)
    reconciliation: Counter[str] = field(default_factory=Counter)
    missing_by_policy: Counter[str] = field(default_factory=Counter)
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)
    severities: Counter[str] = field(default_factory=Counter)
    checks: Counter[str] = field(default_factory=Counter)
    gaps: tuple[Mapping[str, Any], ...] = ()

    def __add__(self, other: Self) -> "Figures":
        gaps = sorted((*self.gaps, *other.gaps), key=lambda gap: (-gap["missing_amount"], gap["household_id"]))
        return Figures(
            _sum(self.counts, other.counts),
            _sum(self.reconciliation, other.reconciliation),
            _sum(self.missing_by_policy, other.missing_by_policy),
            _sum(self.asked, other.asked),
            _sum(self.severities, other.severities),
            _sum(self.checks, other.checks),
            tuple(gaps[:LARGEST]),
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "counts": self.counts,
            "reconciliation": self.reconciliation,
            "missing_by_policy": self.missing_by_policy,
            "asked": [[policy, word, n] for (policy, word), n in self.asked.items()],
            "severities": self.severities,
            "checks": self.checks,
            "gaps": list(self.gaps),
        }

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Self:
        """Raises KeyError, TypeError or ValueError for what `as_json` does not say."""
        return cls(
            Counter(said["counts"]),
            Counter(said["reconciliation"]),
            Counter(said["missing_by_policy"]),
            Counter({(policy, word): n for policy, word, n in said["asked"]}),
            Counter(said["severities"]),
            Counter(said["checks"]),
            tuple(said["gaps"]),
        )


def _sum(one: Counter[Any], other: Counter[Any]) -> Counter[Any]:
    """Unlike `+` of counters it keeps what is zero: a count of nobody is a figure, too."""
    both = Counter(one)
    both.update(other)
    return both


def gather(con: duckdb.DuckDBPyConnection, book: Book, tables: Collection[ResultTable]) -> Figures:
    """Read the result tables in `con` (money in fen), and `household` for the villages."""
    figures = Figures()
    if "assessment" in tables:
        figures.counts.update(_of_assessment(con, book))
        figures += Figures(gaps=_gaps(con))
    if "entitlement" in tables:
        figures += _of_entitlement(con)
    if "finding" in tables:
        figures.severities.update(_grouped(con, "SELECT severity, COUNT(*) FROM finding GROUP BY 1"))
        figures.checks.update(_grouped(con, "SELECT check_id, COUNT(*) FROM finding GROUP BY 1"))
    return figures


def _of_assessment(con: duckdb.DuckDBPyConnection, book: Book) -> dict[str, int]:
    """Counts of people are counted members."""
    guarantees = (*book.guarantees, *book.standards)
    each = ", ".join(f"{_count_if(g)}, COUNT({g})" for g in guarantees)
    households, people, settled, below, line_known, amount, missing, *known = _row(
        con,
        "SELECT COUNT(*), COALESCE(SUM(members), 0)::BIGINT, COUNT(net_income), "
        f"{_count_if('below_line')}, COUNT(below_line), "
        f"COALESCE(SUM(missing_amount), 0)::BIGINT, {_count_if('missing_amount > 0')}, {each} FROM assessment",
    )
    counts = {"households": households, "people": people, "income_not_settled": households - settled}
    counts |= {"below_line": below, "below_line_unknown": households - line_known}
    for n, g in enumerate(guarantees):
        holds, of = known[2 * n : 2 * n + 2]
        counts |= {f"{g}_fails": of - holds, f"{g}_unknown": households - of, f"{g}_holds": holds}
    return counts | {"missing_amount": amount, "missing_households": missing}


def _count_if(condition: str) -> str:
    """SQL for how many rows there are of which something is so; a COUNT with a FILTER takes six times as long. Of no rows DuckDB says NULL."""
    return f"COALESCE(COUNT_IF({condition}), 0)"


def _gaps(con: duckdb.DuckDBPyConnection) -> tuple[Mapping[str, Any], ...]:
    gaps = con.execute(
        "SELECT household_id, members, missing_amount FROM assessment WHERE missing_amount > 0 "
        f"ORDER BY missing_amount DESC, household_id LIMIT {LARGEST}"
    ).fetchall()
    # Looked up by id: a join would bring together all households of both.
    ids = [gap[0] for gap in gaps]
    villages = dict(
        con.execute(
            f"SELECT household_id, village_code FROM household WHERE household_id IN ({', '.join('?' * len(ids))})", ids
        ).fetchall()
        if ids
        else ()
    )
    return tuple(dict(zip(_GAP, (id_, villages[id_], members, amount), strict=True)) for id_, members, amount in gaps)


def _of_entitlement(con: duckdb.DuckDBPyConnection) -> Figures:
    verdicts, households = _row(
        con, "SELECT COUNT(*), COUNT(DISTINCT household_id) FROM entitlement WHERE verdict = 'unknown'"
    )
    asked = con.execute(
        "SELECT policy_id, word, COUNT(*) FROM (SELECT policy_id, unnest(string_split(why, ';')) AS word FROM entitlement "
        "WHERE verdict = 'unknown' AND why <> '') GROUP BY ALL"
    ).fetchall()
    return Figures(
        counts=Counter({"waiting_verdicts": verdicts, "waiting_households": households}),
        reconciliation=_grouped(
            con, "SELECT reconciliation, COUNT(*) FROM entitlement WHERE reconciliation IS NOT NULL GROUP BY 1"
        ),
        missing_by_policy=_grouped(
            con,
            "SELECT policy_id, SUM(due_low - received)::BIGINT FROM entitlement WHERE reconciliation IN ('missing', 'under') "
            "AND due_low IS NOT NULL GROUP BY 1",
        ),
        asked=Counter({(policy, word): n for policy, word, n in asked}),
    )


def _row(con: duckdb.DuckDBPyConnection, sql: str) -> Sequence[Any]:
    """The one row of a query that has one."""
    (row,) = con.execute(sql).fetchall()
    return row


def _grouped(con: duckdb.DuckDBPyConnection, sql: str) -> Counter[str]:
    return Counter(dict(con.execute(sql).fetchall()))

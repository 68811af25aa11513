"""What an assessment says in one screen: numbers that people act on, as data that a screen, a sheet or a program can show."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb

from bangfu.engine.register import RegisterReport
from bangfu.kernel.days import iso_from_day
from bangfu.kernel.divisions import place_name
from bangfu.kernel.money import yuan_from_fen
from bangfu.kernel.schema import schema
from bangfu.kernel.words import Lang, Text

if TYPE_CHECKING:
    from bangfu.engine.assess import PlacedRules

_LARGEST = 10
_MOST_ASKED = 5


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in fen, to be shown as yuan."""

    fen: int

    def __str__(self) -> str:
        return yuan_from_fen(self.fen, grouped=True)


Cell = Text | str | int | Money | None


@dataclass(frozen=True, slots=True)
class Section:
    """A titled block of rows; the first cell of a row says what the others count."""

    id: str
    title: Text
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """`figures`: plain numbers by name (amounts in fen), for programs; `sections`: the same for people."""

    title: Text
    figures: dict[str, Any]
    sections: tuple[Section, ...]


def summarise(con: duckdb.DuckDBPyConnection, placed: "Sequence[PlacedRules]", report: RegisterReport) -> Summary:
    """Read the result tables of a run. Counts of people are counted members."""
    days = placed[0].rules.days
    book = placed[0].rules.book
    figures = _one(
        con,
        "SELECT COUNT(*) AS households, COALESCE(SUM(members), 0)::BIGINT AS people, COUNT(*) FILTER (net_income IS NULL) AS income_not_settled, "
        "COUNT(*) FILTER (below_line) AS below_line, COUNT(*) FILTER (below_line IS NULL) AS below_line_unknown, "
        + ", ".join(
            f"COUNT(*) FILTER (NOT {g}) AS {g}_fails, COUNT(*) FILTER ({g} IS NULL) AS {g}_unknown, COUNT(*) FILTER ({g}) AS {g}_holds"
            for g in (*book.guarantees, *book.standards)
        )
        + ", COALESCE(SUM(missing_amount), 0)::BIGINT AS missing_amount, COUNT(*) FILTER (missing_amount > 0) AS missing_households FROM main.assessment",
    )
    figures |= _one(
        con,
        "SELECT COUNT(*) FILTER (verdict = 'unknown') AS waiting_verdicts, "
        "COUNT(DISTINCT household_id) FILTER (verdict = 'unknown') AS waiting_households FROM main.entitlement",
    )
    figures["as_of"] = iso_from_day(days.as_of)
    figures["income_year"] = days.income_year
    figures["reconciliation"] = dict(
        con.execute(
            "SELECT reconciliation, COUNT(*) FROM main.entitlement WHERE reconciliation IS NOT NULL GROUP BY 1 ORDER BY 1"
        ).fetchall()
    )
    figures["findings"] = dict(
        con.execute("SELECT severity, COUNT(*) FROM main.finding GROUP BY 1 ORDER BY 1").fetchall()
    )
    figures["set_aside_households"] = report.set_aside_households
    figures["missing_by_policy"] = dict(
        con.execute(
            "SELECT policy_id, SUM(due_low - received)::BIGINT FROM main.entitlement WHERE reconciliation IN ('missing', 'under') AND due_low IS NOT NULL "
            "GROUP BY 1 ORDER BY 2 DESC, 1"
        ).fetchall()
    )
    gaps = con.execute(
        "SELECT household_id, village_code, members, missing_amount FROM main.assessment JOIN (SELECT household_id, village_code FROM main.household) "
        f"USING (household_id) WHERE missing_amount > 0 ORDER BY missing_amount DESC, household_id LIMIT {_LARGEST}"
    ).fetchall()
    figures["largest_gaps"] = [
        {"household_id": h, "village_code": v, "members": m, "missing_amount": a} for h, v, m, a in gaps
    ]
    asked = con.execute(
        "SELECT policy_id, word, COUNT(*) AS n FROM (SELECT policy_id, unnest(string_split(why, ';')) AS word FROM main.entitlement "
        f"WHERE verdict = 'unknown' AND why <> '') GROUP BY ALL ORDER BY n DESC, policy_id, word LIMIT {_MOST_ASKED}"
    ).fetchall()
    top = con.execute("SELECT check_id, COUNT(*) FROM main.finding GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 8").fetchall()
    figures["most_asked"] = [{"policy_id": p, "condition": w, "rows": n} for p, w, n in asked]
    figures["most_findings"] = [{"check_id": c, "rows": n} for c, n in top]
    return Summary(
        Text(
            f"评估结果（{figures['as_of']}，收入年度 {figures['income_year']}）",
            f"Assessment as of {figures['as_of']}, income year {figures['income_year']}",
        ),
        figures,
        _sections(figures, placed),
    )


def said_everywhere(placed: "Sequence[PlacedRules]", text: Text, lang: Lang) -> str:
    """A label with the values in force in its braces; where they differ from place to place, as each place has it."""
    return " / ".join(dict.fromkeys(p.rules.fill(text.say(lang), lang) for p in placed))


def _below(placed: "Sequence[PlacedRules]") -> Text:
    """Each household is held to the line of its own place; where places differ, every line is named."""
    lines = {lang: dict.fromkeys(p.rules.shown("poverty_line", lang) for p in placed) for lang in ("zh", "en")}
    return Text(
        f"人均纯收入低于标准线 {'、'.join(lines['zh'])} 元（户）",
        f"below the line of {' or '.join(lines['en'])} yuan (households)",
    )


def _one(con: duckdb.DuckDBPyConnection, sql: str) -> dict[str, Any]:
    result = con.execute(sql)
    names = [d[0] for d in result.description or []]
    return dict(zip(names, result.fetchone() or (), strict=True))


def _sections(f: dict[str, Any], placed: "Sequence[PlacedRules]") -> tuple[Section, ...]:
    book = placed[0].rules.book

    def filled(text: Text) -> Text:
        return Text(said_everywhere(placed, text, "zh"), said_everywhere(placed, text, "en"))

    def asked(policy_id: str, word: str) -> Text | str:
        """A reason in words: a condition of that policy (others may call theirs the same), or a policy."""
        mine = {c.id: c.label for c in book.policies[policy_id].conditions}
        label = mine.get(word) or (book.policies[word].label if word in book.policies else None)
        return filled(label) if label else word

    standards = [
        (s.label, f[f"{s.id}_holds"], Text(f"{f[f'{s.id}_unknown']:,} 户待核实", f"{f[f'{s.id}_unknown']:,} unknown"))
        for s in book.standards.values()
    ]
    made = [
        Section(
            "register",
            Text("基本情况", "The register"),
            (
                (Text("户数", "households"), f["households"]),
                (Text("人口", "people"), f["people"]),
                (Text("收入未核定（户）", "income not settled (households)"), f["income_not_settled"]),
                (_below(placed), f["below_line"]),
                *standards,
            ),
        ),
        Section(
            "guarantees",
            Text("两不愁三保障和饮水（户）", "Assurances, guarantees and water (households)"),
            (
                (None, Text("未达到", "failing"), Text("待核实", "unknown"), Text("达到", "holding")),
                *(
                    (g.label, f[f"{g.id}_fails"], f[f"{g.id}_unknown"], f[f"{g.id}_holds"])
                    for g in book.guarantees.values()
                ),
            ),
        ),
        Section(
            "money",
            Text("政策落实", "Policies and money"),
            (
                (
                    Text("至今确定应发而未领（元）", "surely due by now and not received (yuan)"),
                    Money(f["missing_amount"]),
                ),
                (Text("涉及户数", "households concerned"), f["missing_households"]),
                (Text("金额最大的政策", "policies with the most"), Text("元", "yuan")),
                *(
                    (filled(book.policies[p].label), Money(a))
                    for p, a in list(f["missing_by_policy"].items())[:_LARGEST]
                ),
            ),
        ),
        Section(
            "waiting",
            Text("等待核实", "Waiting for an answer"),
            (
                (Text("待核实的政策结论（条）", "policy verdicts unknown (rows)"), f["waiting_verdicts"]),
                (Text("涉及户数", "households concerned"), f["waiting_households"]),
                (
                    Text("最常待核实的条件", "conditions most often unknown"),
                    Text("条", "rows"),
                    None,
                    None,
                    Text("政策", "policy"),
                ),
                *(
                    (
                        asked(a["policy_id"], a["condition"]),
                        a["rows"],
                        None,
                        None,
                        filled(book.policies[a["policy_id"]].label),
                    )
                    for a in f["most_asked"]
                ),
            ),
        ),
    ]
    if f["largest_gaps"]:
        made.append(
            Section(
                "gaps",
                Text("应享未享金额最大的户", "Largest gaps"),
                (
                    (
                        Text("户编号", "household"),
                        Text("元", "yuan"),
                        Text("人口", "members"),
                        None,
                        Text("村", "village"),
                    ),
                    *(
                        (
                            g["household_id"],
                            Money(g["missing_amount"]),
                            g["members"],
                            None,
                            place_name(g["village_code"]) or g["village_code"],
                        )
                        for g in f["largest_gaps"]
                    ),
                ),
            )
        )
    severities = schema().codes["severity"]
    made.append(
        Section(
            "findings",
            Text("疑点（待人核实）", "Findings (for a person to settle)"),
            (
                *((severities[s].label, f["findings"].get(s, 0)) for s in severities),
                (Text("其中最多的", "the most frequent"), Text("处", "findings")),
                *((book.checks[x["check_id"]].label, x["rows"]) for x in f["most_findings"]),
            ),
        )
    )
    return tuple(made)

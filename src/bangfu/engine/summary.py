"""What an assessment says in one screen: numbers that people act on, as data that a screen, a sheet or a program can show."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bangfu.engine.figures import LARGEST, Figures
from bangfu.kernel.days import iso_from_day
from bangfu.kernel.divisions import place_name
from bangfu.kernel.money import yuan_from_fen
from bangfu.kernel.schema import ResultTable, schema
from bangfu.kernel.words import Lang, Text

if TYPE_CHECKING:
    from bangfu.engine.request import PlacedRules

_MOST_ASKED = 5
_MOST_FOUND = 8


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


def summarise(
    found: Figures, placed: "Sequence[PlacedRules]", set_aside: tuple[int, int], tables: Collection[ResultTable]
) -> Summary:
    """The screen of a run that wrote `tables`; `set_aside` households and rows were left out for faults."""
    days = placed[0].rules.days
    asked = sorted(found.asked.items(), key=lambda x: (-x[1], *x[0]))[:_MOST_ASKED]
    figures: dict[str, Any] = {
        **found.counts,
        "as_of": iso_from_day(days.as_of),
        "income_year": days.income_year,
        "reconciliation": dict(sorted(found.reconciliation.items())),
        "findings": dict(sorted(found.severities.items())),
        "set_aside_households": set_aside[0],
        "set_aside_rows": set_aside[1],
        "missing_by_policy": _most(found.missing_by_policy),
        "largest_gaps": [dict(gap) for gap in found.gaps],
        "most_asked": [{"policy_id": p, "condition": w, "rows": n} for (p, w), n in asked],
        "most_findings": [{"check_id": c, "rows": n} for c, n in list(_most(found.checks).items())[:_MOST_FOUND]],
    }
    return Summary(
        Text(
            f"评估结果（{figures['as_of']}，收入年度 {figures['income_year']}）",
            f"Assessment as of {figures['as_of']}, income year {figures['income_year']}",
        ),
        figures,
        _sections(figures, placed, tables),
    )


def _most(counted: Counter[str]) -> dict[str, int]:
    return dict(sorted(counted.items(), key=lambda x: (-x[1], x[0])))


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


def _sections(
    f: dict[str, Any], placed: "Sequence[PlacedRules]", tables: Collection[ResultTable]
) -> tuple[Section, ...]:
    made: list[Section] = []
    if "assessment" in tables:
        made += _of_assessment(f, placed)
    if "entitlement" in tables:
        made.append(_waiting(f, placed))
    if f["largest_gaps"]:
        made.append(_gaps(f))
    if "finding" in tables:
        made.append(_findings(f, placed))
    return tuple(made)


def _filled(placed: "Sequence[PlacedRules]", text: Text) -> Text:
    return Text(said_everywhere(placed, text, "zh"), said_everywhere(placed, text, "en"))


def _of_assessment(f: dict[str, Any], placed: "Sequence[PlacedRules]") -> list[Section]:
    book = placed[0].rules.book
    standards = [
        (s.label, f[f"{s.id}_holds"], Text(f"{f[f'{s.id}_unknown']:,} 户待核实", f"{f[f'{s.id}_unknown']:,} unknown"))
        for s in book.standards.values()
    ]
    return [
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
                *(
                    [(Text("金额最大的政策", "policies with the most"), Text("元", "yuan"))]
                    if f["missing_by_policy"]
                    else []
                ),
                *(
                    (_filled(placed, book.policies[p].label), Money(a))
                    for p, a in list(f["missing_by_policy"].items())[:LARGEST]
                ),
            ),
        ),
    ]


def _waiting(f: dict[str, Any], placed: "Sequence[PlacedRules]") -> Section:
    book = placed[0].rules.book

    def asked(policy_id: str, word: str) -> Text | str:
        """A reason in words: a condition of that policy (others may call theirs the same), or a policy."""
        mine = {c.id: c.label for c in book.policies[policy_id].conditions}
        label = mine.get(word) or (book.policies[word].label if word in book.policies else None)
        return _filled(placed, label) if label else word

    return Section(
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
                    _filled(placed, book.policies[a["policy_id"]].label),
                )
                for a in f["most_asked"]
            ),
        ),
    )


def _gaps(f: dict[str, Any]) -> Section:
    return Section(
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


def _findings(f: dict[str, Any], placed: "Sequence[PlacedRules]") -> Section:
    book = placed[0].rules.book
    severities = schema().codes["severity"]
    return Section(
        "findings",
        Text("疑点（待人核实）", "Findings (for a person to settle)"),
        (
            *((severities[s].label, f["findings"].get(s, 0)) for s in severities),
            (Text("其中最多的", "the most frequent"), Text("处", "findings")),
            *((book.checks[x["check_id"]].label, x["rows"]) for x in f["most_findings"]),
        ),
    )

"""What an assessment says in one screen: figures that add up, and the same figures in words."""

from decimal import Decimal
from pathlib import Path

import pytest

from bangfu.engine.assess import assess
from bangfu.engine.request import Request, Wanted
from bangfu.engine.results import Target
from bangfu.engine.summary import Money, Section, Summary
from bangfu.kernel.words import Text
from tests.cli.cast import AS_OF, cast, csv_rows, fen, household, ledger, person, thin_book, total
from tests.engine.register.paper import Register, write_csv


@pytest.fixture(autouse=True)
def thin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bangfu.engine.request.shipped_book", thin_book)


def summary_of(register: Register, folder: Path, **asked: object) -> Summary:
    path = write_csv(folder / "register", register)
    request = Request(path, as_of=20171231, **asked)  # type: ignore[arg-type]
    return assess(request, Target(folder / "out", "csv"), Wanted(relevant=False), progress=lambda _: None).summary


def section(summary: Summary, id_: str) -> Section:
    return next(section for section in summary.sections if section.id == id_)


def in_words(section: Section) -> dict[str, object]:
    return {cell.zh if isinstance(cell, Text) else str(cell): value for cell, value, *_ in section.rows}


def poor(n: int, monthly: str) -> Register:
    """So many households, each with somebody on dibao who has been paid nothing; the nth gets n yuan a month more."""
    ids = [f"P{i:02d}" for i in range(n)]
    return {
        "household": [household(id_) for id_ in ids],
        "person": [
            person(f"{id_}-1", id_, dibao_member=True, dibao_monthly=Decimal(monthly) + i) for i, id_ in enumerate(ids)
        ],
        "ledger": [row for id_ in ids for row in ledger(id_, "5000.00")],
        "receipt": [],
    }


def test_the_title_says_which_day_and_which_year(tmp_path: Path) -> None:
    summary = summary_of(cast(), tmp_path, income_year=2016)
    assert summary.title == Text(f"评估结果（{AS_OF}，收入年度 2016）", f"Assessment as of {AS_OF}, income year 2016")


def test_what_is_said_is_what_is_counted(tmp_path: Path) -> None:
    summary = summary_of(cast(), tmp_path)
    figures = summary.figures
    said = in_words(section(summary, "register"))
    assert (said["户数"], said["人口"]) == (figures["households"], figures["people"]) == (7, 8)
    money = in_words(section(summary, "money"))
    assert money["至今确定应发而未领（元）"] == Money(figures["missing_amount"]) == Money(130_000)
    assert money["涉及户数"] == figures["missing_households"] == 2
    waiting = in_words(section(summary, "waiting"))
    assert waiting["待核实的政策结论（条）"] == figures["waiting_verdicts"]
    assert waiting["涉及户数"] == figures["waiting_households"] == 1
    findings = in_words(section(summary, "findings"))
    assert findings["警示"] == figures["findings"]["warning"]
    assert findings["错误"] == 0


def test_each_guarantee_fails_is_unknown_or_holds_for_every_household(tmp_path: Path) -> None:
    summary = summary_of(cast(), tmp_path)
    rows = section(summary, "guarantees").rows[1:]
    assert [sum(row[1:]) for row in rows] == [7] * 6  # type: ignore[arg-type]


def test_every_line_is_named_where_places_have_their_own(tmp_path: Path) -> None:
    both = in_words(section(summary_of(cast(), tmp_path / "both"), "register"))
    one = in_words(section(summary_of(cast(), tmp_path / "one", place="37"), "register"))
    assert both["人均纯收入低于标准线 3,509、2,952 元（户）"] == 1
    assert one["人均纯收入低于标准线 3,509 元（户）"] == 1


def test_the_largest_gaps_are_ten_the_largest_first(tmp_path: Path) -> None:
    summary = summary_of(poor(12, "100.00"), tmp_path)
    gaps = summary.figures["largest_gaps"]
    assert [gap["household_id"] for gap in gaps] == [f"P{i:02d}" for i in range(11, 1, -1)]
    # Eleven months are surely due at the end of December.
    assert [gap["missing_amount"] for gap in gaps] == [11 * (100 + i) * 100 for i in range(11, 1, -1)]
    assert summary.figures["missing_households"] == 12
    assert [row[1] for row in section(summary, "gaps").rows[1:]] == [Money(gap["missing_amount"]) for gap in gaps]


def test_gaps_of_one_size_stand_by_number(tmp_path: Path) -> None:
    register = poor(3, "100.00")
    for row in register["person"]:
        row["dibao_monthly"] = Decimal(100)
    gaps = summary_of(register, tmp_path).figures["largest_gaps"]
    assert [gap["household_id"] for gap in gaps] == ["P00", "P01", "P02"]


def test_where_nothing_is_missing_there_is_no_list_of_gaps(tmp_path: Path) -> None:
    summary = summary_of({table: [] for table in cast()}, tmp_path)
    assert "gaps" not in [section.id for section in summary.sections]
    assert summary.figures["missing_by_policy"] == {}
    assert summary.figures["most_asked"] == []


def test_what_is_missing_by_policy_adds_up(tmp_path: Path) -> None:
    summary = summary_of(cast(), tmp_path)
    rows = csv_rows(tmp_path / "out", "entitlement")
    by_policy = summary.figures["missing_by_policy"]
    assert by_policy == {"elderly_80s": 110_000, "dibao": 20_000}
    assert list(by_policy.values()) == sorted(by_policy.values(), reverse=True)
    short = [row for row in rows if row["reconciliation"] in ("missing", "under")]
    assert sum(by_policy.values()) == sum(fen(row["due_low"]) - fen(row["received"]) for row in short)
    assert summary.figures["missing_amount"] == total(csv_rows(tmp_path / "out", "assessment"), "missing_amount")


def test_at_most_five_conditions_are_asked_for_the_commonest_first(tmp_path: Path) -> None:
    register = cast()
    register["person"] = [{**row, "disability_certificate": None, "wubao_care": None} for row in register["person"]]
    summary = summary_of(register, tmp_path)
    asked = summary.figures["most_asked"]
    unknown = [
        (row["policy_id"], word)
        for row in csv_rows(tmp_path / "out", "entitlement")
        if row["verdict"] == "unknown"
        for word in row["why"].split(";")
    ]
    assert len(asked) == 5
    assert [entry["rows"] for entry in asked] == sorted((unknown.count(pair) for pair in set(unknown)), reverse=True)[
        :5
    ]
    assert [unknown.count((entry["policy_id"], entry["condition"])) for entry in asked] == [e["rows"] for e in asked]


def test_a_policy_that_stands_in_the_way_is_named_as_a_policy(tmp_path: Path) -> None:
    """Where wubao is unknown, so is what it would bar; the reason then is the other policy."""
    register = {
        "household": [household("W")],
        "person": [
            person(
                "W-1",
                "W",
                wubao_care=None,
                disability_certificate=True,
                disability_category="4",
                disability_grade="1",
            )
        ],
        "ledger": ledger("W", "5000.00"),
        "receipt": [],
    }
    summary = summary_of(register, tmp_path)
    rows = [row for row in section(summary, "waiting").rows if isinstance(row[0], Text)]
    said = {(row[0].zh, row[-1].zh) for row in rows[3:] if isinstance(row[0], Text) and isinstance(row[-1], Text)}
    assert ("农村五保集中供养", "重度残疾人护理补贴") in said


def test_money_is_shown_in_yuan() -> None:
    assert [str(Money(fen)) for fen in (0, 5, 123_456_789, -100)] == ["0.00", "0.05", "1,234,567.89", "-1.00"]

"""Which value of a parameter is in force: by layer, place, day and year; a gap is an error that says what to do."""

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest

from bangfu.kernel.errors import DomainError, SettingRefused
from bangfu.rulebook.book import Unit
from bangfu.rulebook.kept import shipped_book, shipped_rules
from bangfu.rulebook.load import load_book
from bangfu.rulebook.parameters import read_value
from bangfu.rulebook.resolve import Rules, default_income_year, places_of, read_settings, resolve
from bangfu.rulebook.run_days import NOW, RunDays
from bangfu.rulebook.source import BookRefused, Where
from tests.cli.cast import few_of
from tests.rulebook.backends import by_evaluator, by_sql, differences, typed
from tests.rulebook.test_agreement import ENTITLEMENT

SHANDONG = "371102009201"


def rules_with(tmp_path: Path, text: str, *, as_of: int = 20171231, village: str = SHANDONG, **settings: Any) -> Rules:
    folder = tmp_path / "local"
    (folder / "parameters").mkdir(parents=True, exist_ok=True)
    (folder / "parameters" / "x.yaml").write_text(text, encoding="utf-8")
    book = few_of(load_book([shipped_rules(), folder]))
    return resolve(book, as_of=as_of, places=places_of(book, village), settings=settings)


def elderly_80s_row(rules: Rules) -> dict[str, Any]:
    """The allowance of one who is 82, in a dibao household; both back ends must give it."""
    person = {"household_id": "h", "person_id": "p", "birth_date": 19350101, "dibao_member": True, "wubao_care": "none"}
    household = {"household_id": "h", "village_code": SHANDONG, "status": "poor"}
    register = typed({"household": [household], "person": [person], "ledger": [], "receipt": []})
    one, other = by_sql(register, rules), by_evaluator(register, rules)
    assert differences(one["entitlement"], other["entitlement"], ENTITLEMENT) == []
    (row,) = [r for r in one["entitlement"] if r["policy_id"] == "elderly_80s"]
    return row


def test_a_village_of_shandong_has_the_provincial_line_and_one_elsewhere_the_national() -> None:
    book = shipped_book()
    here = resolve(book, as_of=20171231, places=places_of(book, SHANDONG))
    there = resolve(book, as_of=20171231, places=places_of(book, "522729100200"))
    assert (here.values["poverty_line"], here.given["poverty_line"].place) == (350_900, "37")
    assert (there.values["poverty_line"], there.given["poverty_line"].place) == (295_200, "")


def test_a_province_with_a_line_of_its_own_never_falls_back_to_the_nations() -> None:
    book = shipped_book()
    with pytest.raises(DomainError) as gap:
        resolve(book, as_of=20201231, places=places_of(book, SHANDONG))
    for text in (gap.value.text.zh, gap.value.text.en):
        assert all(word in text for word in ("37", "2020", "poverty_line"))


@pytest.mark.parametrize("year", [2009, 2030])
def test_no_line_for_a_year_is_an_error_that_names_the_gap(year: int) -> None:
    with pytest.raises(DomainError) as gap:
        resolve(shipped_book(), as_of=20171231, income_year=year)
    assert str(year) in gap.value.text.en


def test_set_wins_over_every_layer_and_says_so() -> None:
    rules = resolve(shipped_book(), as_of=20301231, settings={"poverty_line": 340_200})
    assert (rules.values["poverty_line"], rules.given["poverty_line"].layer) == (340_200, "--set")


def test_a_local_value_holds_in_its_span_and_the_shipped_one_outside_it(tmp_path: Path) -> None:
    text = "- id: elderly_80s_rate\n  values: [{value: 120, from: 2017-01-01, until: 2017-12-31}]\n"
    assert rules_with(tmp_path, text).values["elderly_80s_rate"] == 12_000
    assert rules_with(tmp_path, text).given["elderly_80s_rate"].layer == "local"
    assert rules_with(tmp_path, text, as_of=20180101).values["elderly_80s_rate"] == 10_000


def test_the_nearest_place_wins_and_a_unit_before_any_prefix(tmp_path: Path) -> None:
    text = (
        "- id: elderly_80s_rate\n  values:\n    - {value: 1}\n    - {value: 2, place: '3711'}\n"
        "    - {value: 3, place: '371102009'}\n    - {value: 4, place: shanhaitian}\n"
    )
    assert rules_with(tmp_path, text).values["elderly_80s_rate"] == 400
    assert rules_with(tmp_path, text, village="371102010200").values["elderly_80s_rate"] == 200
    assert rules_with(tmp_path, text, village="370202001001").values["elderly_80s_rate"] == 100


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({"poverty_line": "3402"}, 340_200),
        ({"poverty_line": "3402.5"}, 340_250),
        ({"exit_margin": "10%"}, 1_000),
        ({"exit_margin": "2.5"}, 250),
        ({"count_pension": "是"}, True),
        ({"count_pension": "no"}, False),
        ({"hardship_scope": "either"}, "either"),
        ({"payment_lag_months": "2"}, 2),
    ],
)
def test_a_setting_is_read_in_its_own_unit(given: dict[str, str], read: Any) -> None:
    assert list(read_settings(shipped_book(), given).values()) == [read]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("poverty_lines", "1"), ("poverty_line", "x"), ("poverty_line", "-1"), ("poverty_line", "1.234"), ("count_pension", "perhaps"),
        ("hardship_scope", "rich"), ("exit_margin", "101"), ("exit_margin", "0.001"), ("payment_lag_months", "1.5"), ("poverty_line", "NaN"),
    ],
)  # fmt: skip
def test_a_setting_that_does_not_fit_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingRefused) as refused:
        read_settings(shipped_book(), {name: value})
    assert name in refused.value.text.en


@pytest.mark.parametrize(("as_of", "year"), [(20171231, 2017), (20171230, 2016), (20180101, 2017)])
def test_the_income_year_is_the_year_itself_only_on_its_last_day(as_of: int, year: int) -> None:
    assert default_income_year(as_of) == year


# ---- days


@pytest.mark.parametrize(
    ("as_of", "lag", "months_expected", "terms", "terms_expected"),
    [
        (20171231, 1, 11, 2, 2),
        (20171231, 2, 10, 2, 2),
        (20171231, 0, 12, 2, 2),
        (20171230, 1, 11, 2, 1),
        (20170731, 1, 6, 1, 1),
        (20170730, 1, 6, 1, 0),
        (20170301, 1, 2, 1, 0),
        (20170228, 1, 1, 0, 0),
        (20170101, 1, 0, 0, 0),
        (20170115, 20, 0, 0, 0),
        (20170901, 1, 8, 2, 1),
    ],
)
def test_accrual_days_and_those_expected_by_now(
    as_of: int, lag: int, months_expected: int, terms: int, terms_expected: int
) -> None:
    days = RunDays(as_of, as_of // 10_000, lag, shipped_book().calendar)
    assert days.expected("month").bit_count() == months_expected
    assert days.accrual("month").bit_count() == as_of // 100 % 100
    assert days.accrual("term").bit_count() == terms
    assert days.expected("term").bit_count() == terms_expected
    assert days.accrual("once") == 0
    assert days.full == days.active | NOW


# ---- a rate that changes within the year


@pytest.mark.parametrize(
    ("changed", "low", "high", "annual"),
    [
        ("2017-07-01", 6 * 10_000 + 5 * 13_000, 6 * 10_000 + 6 * 13_000, 12 * 13_000),
        ("2017-07-02", 7 * 10_000 + 4 * 13_000, 7 * 10_000 + 5 * 13_000, 12 * 13_000),
        ("2018-01-01", 11 * 10_000, 12 * 10_000, 12 * 10_000),
    ],
)
def test_a_rate_that_changes_in_the_year_is_paid_by_each_day_s_rate(
    tmp_path: Path, changed: str, low: int, high: int, annual: int
) -> None:
    eve = dt.date.fromisoformat(changed) - dt.timedelta(days=1)
    rules = rules_with(
        tmp_path, f"- id: elderly_80s_rate\n  values: [{{value: 100, until: {eve}}}, {{value: 130, from: {changed}}}]\n"
    )
    row = elderly_80s_row(rules)
    assert (row["due_low"], row["due_high"], row["annual_amount"]) == (low, high, annual)


# ---- a rule that begins or ends within the year


@pytest.mark.parametrize(
    ("dates", "verdict", "low", "high"),
    [
        ("from: 2017-07-01", "entitled", 5 * 10_000, 6 * 10_000),
        ("until: 2017-06-30", "ended", 6 * 10_000, 6 * 10_000),
        ("from: 2018-01-01", "not_entitled", None, None),
        ("from: 2017-12-31", "entitled", 0, 0),
        ("until: 2016-12-31", "not_entitled", None, None),
    ],
)
def test_a_policy_is_due_only_on_days_on_which_its_rule_is_in_force(
    tmp_path: Path, dates: str, verdict: str, low: int | None, high: int | None
) -> None:
    source = (shipped_rules() / "policies/civil_affairs/elderly_80s.yaml").read_text(encoding="utf-8")
    local = tmp_path / "local" / "policies" / "civil_affairs"
    local.mkdir(parents=True)
    (local / "elderly_80s.yaml").write_text(source + f"\n{dates}\n", encoding="utf-8")
    book = few_of(load_book([shipped_rules(), tmp_path / "local"]))
    rules = resolve(book, as_of=20171231, places=places_of(book, SHANDONG))
    row = elderly_80s_row(rules)
    assert (row["verdict"], row["due_low"], row["due_high"]) == (verdict, low, high)
    if verdict in ("not_entitled", "ended"):
        assert row["why"] == "in_force"


@pytest.mark.parametrize(
    ("unit", "last", "beyond", "said"),
    [
        ("months", 1_000_000, "1000001", "0 到 1,000,000 的整数"),
        ("count", 0, "-1", "0 到 1,000,000 的整数"),
        ("percent", "100", "100.01", "0 到 100 的百分数"),
        ("percent", "0", "-1", "0 到 100 的百分数"),
        ("yuan", "99999999.99", "100000000", "0 到 99,999,999.99 的金额"),
    ],
)
def test_a_value_out_of_bounds_is_told_the_bounds_which_themselves_fit(
    unit: Unit, last: str | int, beyond: str, said: str
) -> None:
    assert read_value(last, unit, {}, Where("--set it", 0)) is not None
    with pytest.raises(BookRefused) as caught:
        read_value(beyond, unit, {}, Where("--set it", 0))
    text = caught.value.faults[0].text
    assert said in text.zh
    numbers = re.findall(r"[0-9][0-9,.]*[0-9]|[0-9]", said)
    assert all(each in text.en for each in numbers)

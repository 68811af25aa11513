"""The oracle against numbers worked out by hand from design/rules.md.

The cast is one household, poor since 2014, whose guarantees all stand, and one adult of whom every fact is known and
none gives a title; a test writes what it is about.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings

from tests.oracle.oracle import (
    POLICIES,
    Register,
    Result,
    Row,
    Settings,
    age_on,
    all_of,
    any_of,
    assess,
    birth_date_of,
    school_age_on,
    to_fen,
)
from tests.oracle.registers import Case, cases, random_case, reduced

YEAR_END = date(2017, 12, 31)
LINE = 3402_00

HOUSEHOLD: Row = {
    "household_id": "h",
    "village_code": "371083108200",
    "status": "poor",
    "category": "general",
    "registered_on": date(2014, 4, 1),
    "exited_on": None,
    "planned_exit_year": 2017,
    "main_cause": "land",
    "other_causes": None,
    "food_secure": True,
    "clothing_secure": True,
    "water_safe": True,
    "house_owned": True,
    "dangerous_house": False,
    "house_grade": "A",
    "house_grade_before": None,
    "resettled": False,
}
PERSON: Row = {
    "person_id": "p",
    "household_id": "h",
    "name": "甲",
    "id_number": None,
    "sex": "1",
    "birth_date": date(1980, 6, 15),
    "relation": "head",
    "died_on": None,
    "left_on": None,
    "schooling": "none",
    "schooling_spring": None,
    "inclusive_kindergarten": False,
    "boarding": False,
    "tuition": None,
    "dropout_reason": None,
    "chronic_illness": False,
    "serious_illness": False,
    "medical_aid": False,
    "disability_certificate": False,
    "disability_category": None,
    "disability_grade": None,
    "incapacitated": False,
    "labour": "lost",
    "work_months": 0,
    "basic_medical_insured": True,
    "serious_illness_insured": True,
    "wubao_care": "none",
    "dibao_member": False,
    "dibao_monthly": None,
    "orphan_care": "none",
    "child_in_hardship": False,
    "starts_business": False,
    "wants_work": False,
    "graduate_seeking_work": False,
    **{
        f"{span}_{end}": None
        for span in ("disability", "incapacitated", "wubao", "dibao", "orphan", "hardship")
        for end in ("from", "until")
    },
}
NOT_REGISTERED: Row = {"status": "none", "registered_on": None}


def person(person_id: str = "p", **facts: Any) -> Row:
    return {**PERSON, "person_id": person_id, **facts}


def paid(policy_id: str, amount: int, *, to: str | None = "p", year: int = 2017) -> Row:
    return {"household_id": "h", "person_id": to, "policy_id": policy_id, "year": year, "amount": amount}


def entry(item: str, amount: int, *, of: str | None = None, year: int = 2017) -> Row:
    return {"household_id": "h", "person_id": of, "year": year, "item": item, "amount": amount}


def judge(
    *persons: Row,
    household: Row | None = None,
    ledger: list[Row] | None = None,
    receipts: list[Row] | None = None,
    as_of: date = YEAR_END,
    income_year: int | None = None,
    **settings: Any,
) -> Result:
    register: Register = {
        "household": [{**HOUSEHOLD, **(household or {})}],
        "person": list(persons),
        "ledger": ledger or [],
        "receipt": receipts or [],
    }
    return assess(register, as_of=as_of, income_year=income_year, poverty_line_fen=LINE, settings=Settings(**settings))


def row_of(result: Result, policy_id: str, person_id: str | None = "p") -> Row:
    wanted = (policy_id, None if policy_id.startswith("house_") else person_id)
    (row,) = [row for row in result.entitlement if (row["policy_id"], row["person_id"]) == wanted]
    return row


def verdict(result: Result, policy_id: str, person_id: str = "p") -> str:
    return str(row_of(result, policy_id, person_id)["verdict"])


def dues(result: Result, policy_id: str) -> tuple[int | None, int | None]:
    row = row_of(result, policy_id)
    return row["due_low"], row["due_high"]


def word(result: Result, policy_id: str, person_id: str | None = "p") -> str | None:
    answer: str | None = row_of(result, policy_id, person_id)["reconciliation"]
    return answer


# --- Words and numbers --------------------------------------------------------------------------------------------


def test_one_known_counter_example_decides_and_else_an_unknown_leaves_it_unknown() -> None:
    assert all_of(True, None, False) is False
    assert all_of(True, None) is None
    assert any_of(False, None, True) is True
    assert any_of(False, None) is None


def test_half_a_fen_goes_away_from_zero_on_both_sides() -> None:
    assert [to_fen(Fraction(n, 2)) for n in (1, 3, -1, -3)] == [1, 2, -1, -2]


def test_one_born_on_29_february_has_the_birthday_on_1_march_in_common_years() -> None:
    born = date(2000, 2, 29)
    assert [age_on(day, born) for day in (date(2018, 2, 28), date(2018, 3, 1))] == [17, 18]
    assert [age_on(day, born) for day in (date(2016, 2, 28), date(2016, 2, 29))] == [15, 16]


def test_school_age_is_the_age_on_the_last_31_august() -> None:
    born = date(2014, 8, 31)
    assert [school_age_on(day, born) for day in (date(2017, 8, 30), date(2017, 8, 31), date(2018, 8, 30))] == [2, 3, 3]


@pytest.mark.parametrize(
    ("number", "born"),
    [
        ("371083201002290012", None),
        ("371083200402290019", date(2004, 2, 29)),
        ("37108320040229001941", date(2004, 2, 29)),
        ("37108320040229001941B1", date(2004, 2, 29)),
        ("3710832004022900194", None),
    ],
)
def test_an_empty_birth_date_is_taken_from_a_number_of_18_20_or_22_characters(number: str, born: date | None) -> None:
    assert birth_date_of({"birth_date": None, "id_number": number}) == born


def test_the_catalogue_has_35_policies_23_of_them_cash_and_8_of_those_with_a_dagger() -> None:
    assert len(POLICIES) == 35
    assert sum(policy.is_cash for policy in POLICIES) == 23
    assert {policy.policy_id for policy in POLICIES if policy.drawn_outside_the_register} == {
        "elderly_80s",
        "elderly_90s",
        "incapacity_care",
        "disability_living",
        "preschool_grant",
        "boarder_living",
        "senior_grant",
        "higher_grant",
    }


# --- Income -------------------------------------------------------------------------------------------------------


def test_the_pension_is_recorded_and_neither_counted_nor_subtracted_again() -> None:
    ledger = [
        entry("wage_away", 5000_00),
        entry("pension", 1200_00),
        entry("dibao_pay", 300_00),
        entry("living", 99_01),
    ]
    (row,) = judge(person(), ledger=ledger).assessment
    assert (row["wage"], row["transfer"], row["pension"]) == (5000_00, 300_00, 1200_00)
    assert (row["business_expense"], row["net_income"]) == (99_01, 5200_99)


def test_the_pension_counts_and_living_costs_do_not_where_the_parameters_say_so() -> None:
    ledger = [entry("wage_away", 5000_00), entry("pension", 1200_00), entry("living", 99_01)]
    (row,) = judge(person(), ledger=ledger, count_pension=True, count_living_costs=False).assessment
    assert (row["transfer"], row["pension"], row["business_expense"]) == (1200_00, 1200_00, 0)
    assert row["net_income"] == 6200_00


def test_income_per_head_is_rounded_away_from_zero_but_the_line_compares_the_exact_quotient() -> None:
    persons = [person("p"), person("q")]
    (row,) = judge(*persons, ledger=[entry("crop", 6803_99)]).assessment
    assert (row["net_income_per_capita"], row["below_line"]) == (3402_00, True)
    (row,) = judge(*persons, ledger=[entry("crop", 6804_01)]).assessment
    assert (row["net_income_per_capita"], row["below_line"], row["meets_exit"]) == (3402_01, False, True)


def test_a_loss_of_half_a_fen_a_head_is_printed_away_from_zero() -> None:
    (row,) = judge(person("p"), person("q"), ledger=[entry("inputs", 3)]).assessment
    assert row["net_income_per_capita"] == -2


def test_income_exactly_on_the_line_meets_neither_standard() -> None:
    (row,) = judge(person(), household={"food_secure": False}, ledger=[entry("crop", LINE)]).assessment
    assert (row["below_line"], row["meets_entry"], row["meets_exit"]) == (False, False, False)
    (row,) = judge(person(), ledger=[entry("crop", LINE)]).assessment
    assert row["meets_exit"] is False


def test_margins_move_the_two_lines_apart() -> None:
    # 3,402.00 less a tenth is 3,061.80, and a tenth more is 3,742.20.
    margins: Row = {"entry_margin": Fraction(1, 10), "exit_margin": Fraction(1, 10)}
    below = [judge(person(), ledger=[entry("crop", net)], **margins).assessment[0] for net in (3061_79, 3061_80)]
    assert [row["below_line"] for row in below] == [True, False]
    above = [judge(person(), ledger=[entry("crop", net)], **margins).assessment[0] for net in (3742_20, 3742_21)]
    assert [row["meets_exit"] for row in above] == [False, True]


def test_a_household_with_only_rigid_rows_is_not_settled_and_every_figure_is_unknown() -> None:
    (row,) = judge(person(), ledger=[entry("medical_cost", 100_00), entry("crop", 5, year=2016)]).assessment
    figures = ("wage", "pension", "business_expense", "net_income", "net_income_per_capita", "rigid_medical")
    assert [row[name] for name in (*figures, "below_line", "meets_entry")] == [None] * 7 + [False]


def test_a_row_of_zero_settles_the_year() -> None:
    (row,) = judge(person(), ledger=[entry("crop", 0), entry("education_aid", 70_00)]).assessment
    assert (row["net_income"], row["below_line"], row["rigid_education"]) == (0, True, -70_00)


def test_rigid_figures_subtract_every_relief() -> None:
    reliefs = ("medical_reimbursed", "medical_supplementary", "medical_waived", "medical_aid_paid")
    ledger = [entry("crop", 0), entry("medical_cost", 1000_00), *(entry(item, 100_00) for item in reliefs)]
    assert judge(person(), ledger=ledger).assessment[0]["rigid_medical"] == 600_00


def test_the_income_year_is_the_policy_year_on_31_december_and_else_the_year_before() -> None:
    ledger = [entry("crop", 1, year=2016), entry("crop", 2, year=2017)]
    days = (date(2017, 12, 30), YEAR_END)
    assert [judge(person(), ledger=ledger, as_of=day).assessment[0]["net_income"] for day in days] == [1, 2]
    assert judge(person(), ledger=ledger, income_year=2016).assessment[0]["net_income"] == 1


def test_rows_of_the_dead_count_and_only_persons_present_on_as_of_share_them() -> None:
    persons = [person("p"), person("q", died_on=date(2017, 12, 31)), person("r", left_on=date(2018, 1, 1))]
    (row,) = judge(*persons, ledger=[entry("crop", 900_00, of="q")]).assessment
    assert (row["members"], row["net_income_per_capita"]) == (2, 450_00)


def test_a_household_without_counted_members_has_no_income_per_head() -> None:
    (row,) = judge(ledger=[entry("crop", 900_00)], household={"house_owned": False}).assessment
    assert (row["members"], row["net_income"], row["net_income_per_capita"]) == (0, 900_00, None)
    assert (row["education"], row["medical"], row["housing"]) == (None, None, False)
    assert (row["below_line"], row["meets_entry"], row["meets_exit"]) == (None, None, False)


# --- Guarantees ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("school_age", "reason", "education"),
    [
        (5, "poverty", True),
        (6, "poverty", False),
        (14, "unwilling", False),
        (14, "other", False),
        (14, "illness", True),
        (14, None, None),
        (15, "unwilling", True),
        (15, "poverty", False),
        (15, None, True),
        (18, "poverty", False),
        (19, "poverty", True),
    ],
)
def test_who_is_out_of_school_and_why_decides_education(
    school_age: int, reason: str | None, education: bool | None
) -> None:
    child = person(birth_date=date(2017 - school_age, 8, 31), dropout_reason=reason)
    assert judge(child).assessment[0]["education"] is education


def test_education_is_unknown_where_the_age_or_the_stage_is() -> None:
    assert judge(person(birth_date=None, dropout_reason="poverty")).assessment[0]["education"] is None
    child = person(birth_date=date(2007, 1, 1), schooling=None, dropout_reason="poverty")
    assert judge(child).assessment[0]["education"] is None


def test_medical_fails_on_a_burden_without_aid_and_on_a_missing_insurance() -> None:
    ill = person(serious_illness=True, medical_aid=False)
    cost = [entry("medical_cost", 100_00, of="p")]
    assert judge(ill).assessment[0]["medical"] is True
    assert judge(ill, ledger=cost).assessment[0]["medical"] is False
    assert judge(ill, ledger=[*cost, entry("medical_waived", 100_00, of="p")]).assessment[0]["medical"] is True
    assert judge({**ill, "medical_aid": None}, ledger=cost).assessment[0]["medical"] is None
    assert judge(ill, ledger=[entry("medical_cost", 100_00)]).assessment[0]["medical"] is True  # nobody's own row
    assert judge(person(), person("q", basic_medical_insured=None)).assessment[0]["medical"] is None
    assert judge(person(basic_medical_insured=None, serious_illness_insured=False)).assessment[0]["medical"] is False


def test_a_burden_is_of_the_policy_year_whatever_the_income_year_and_whether_settled_or_not() -> None:
    ill = person(serious_illness=True)
    cost = [entry("medical_cost", 100_00, of="p", year=2016)]
    assert judge(ill, ledger=cost, income_year=2016).assessment[0]["medical"] is True
    cost = [entry("medical_cost", 100_00, of="p", year=2017)]
    assert judge(ill, ledger=cost, as_of=date(2017, 6, 15)).assessment[0]["medical"] is False


@pytest.mark.parametrize(
    ("facts", "housing"),
    [
        ({"house_grade": "B", "dangerous_house": True}, True),
        ({"house_grade": "C", "dangerous_house": False}, False),
        ({"house_grade": None, "dangerous_house": False}, True),
        ({"house_grade": None, "dangerous_house": None}, None),
        ({"house_grade": None, "dangerous_house": None, "house_owned": False}, False),
        ({"house_owned": None}, None),
    ],
)
def test_housing_is_a_house_of_ones_own_that_is_safe(facts: Row, housing: bool | None) -> None:
    assert judge(person(), household=facts).assessment[0]["housing"] is housing


def test_housing_holds_where_every_counted_member_lives_in_central_care() -> None:
    no_house = {"house_owned": False}
    central = person(wubao_care="central")
    assert judge(central, household=no_house).assessment[0]["housing"] is True
    assert judge(central, person("q"), household=no_house).assessment[0]["housing"] is False
    assert judge(central, person("q", wubao_care=None), household=no_house).assessment[0]["housing"] is None
    gone = {**central, "wubao_until": date(2017, 12, 30)}
    assert judge(gone, household=no_house).assessment[0]["housing"] is False


def test_entry_needs_a_failed_guarantee_and_water_is_not_among_them() -> None:
    poor = [entry("crop", 100_00)]
    assert judge(person(), ledger=poor).assessment[0]["meets_entry"] is False
    assert judge(person(), ledger=poor, household={"water_safe": False}).assessment[0]["meets_entry"] is False
    assert judge(person(), ledger=poor, household={"food_secure": None}).assessment[0]["meets_entry"] is None
    assert judge(person(), ledger=poor, household={"clothing_secure": False}).assessment[0]["meets_entry"] is True


def test_exit_needs_water_as_well() -> None:
    rich = [entry("crop", 9000_00)]
    assert judge(person(), ledger=rich).assessment[0]["meets_exit"] is True
    assert judge(person(), ledger=rich, household={"water_safe": None}).assessment[0]["meets_exit"] is None
    assert judge(person(), ledger=rich, household={"water_safe": False}).assessment[0]["meets_exit"] is False


# --- Registration -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "answer"),
    [
        ({"status": "exited"}, "entitled"),
        ({"status": "relapsed", "registered_on": None}, "entitled"),
        ({"status": "poor", "registered_on": YEAR_END}, "entitled"),
        ({"status": "poor", "registered_on": date(2018, 1, 1)}, "not_entitled"),
        ({"status": "none"}, "not_entitled"),
        ({"status": "exited_no_policy", "exited_on": YEAR_END}, "entitled"),
        ({"status": "exited_no_policy", "exited_on": date(2017, 12, 30)}, "not_entitled"),
        ({"status": "exited_no_policy", "exited_on": None}, "not_entitled"),
    ],
)
def test_registration_opens_treatment_before_payment(facts: Row, answer: str) -> None:
    result = judge(person(), household=facts)
    assert verdict(result, "treat_first") == answer
    assert verdict(result, "two_free_two_half") == answer


# --- (1) Work -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy_id", "least", "most"),
    [("startup_loan", 18, 59), ("skills_training", 16, 59), ("public_post", 16, 69), ("graduate_employment", 18, 35)],
)
def test_work_policies_hold_between_their_ages_on_as_of(policy_id: str, least: int, most: int) -> None:
    willing: Row = {"labour": "weak", "starts_business": True, "wants_work": True, "graduate_seeking_work": True}
    just_old_enough, one_day_short = date(2017 - least, 12, 31), date(2018 - least, 1, 1)
    last_year, too_old_today = date(2017 - most, 1, 1), date(2016 - most, 12, 31)
    assert verdict(judge(person(birth_date=just_old_enough, **willing)), policy_id) == "entitled"
    assert verdict(judge(person(birth_date=one_day_short, **willing)), policy_id) == "not_entitled"
    assert verdict(judge(person(birth_date=last_year, **willing)), policy_id) == "entitled"
    # Too old only today: what is no cash has no accrual days, so it never "ended".
    assert verdict(judge(person(birth_date=too_old_today, **willing)), policy_id) == "not_entitled"


def test_an_unknown_labour_ability_leaves_a_willing_adult_unknown_and_an_unwilling_one_not_entitled() -> None:
    assert verdict(judge(person(labour=None, wants_work=True)), "public_post") == "unknown"
    assert verdict(judge(person(labour=None, wants_work=False)), "public_post") == "not_entitled"
    assert verdict(judge(person(labour="none", wants_work=True)), "public_post") == "not_entitled"


def test_what_is_no_cash_has_no_amount_no_dues_and_no_reconciliation() -> None:
    row = row_of(judge(person(), receipts=[paid("treat_first", 50_00)]), "treat_first")
    assert (row["annual_amount"], row["due_low"], row["due_high"], row["reconciliation"]) == (None,) * 4
    assert row["received"] == 50_00


# --- (2) Care -----------------------------------------------------------------------------------------------------


def test_central_care_is_4400_a_year_and_the_month_of_as_of_is_not_yet_expected() -> None:
    result = judge(person(wubao_care="central"))
    assert row_of(result, "wubao_central")["annual_amount"] == 4400_00
    assert dues(result, "wubao_central") == (4033_33, 4400_00)  # 11 and 12 twelfths


def test_dispersed_care_accrues_by_twelfths_from_the_exact_sum() -> None:
    result = judge(person(wubao_care="dispersed"), as_of=date(2017, 5, 15))
    assert dues(result, "wubao_dispersed") == (1133_33, 1416_67)  # 4 and 5 twelfths of 3,400
    assert row_of(result, "wubao_dispersed")["annual_amount"] == 3400_00


@pytest.mark.parametrize(
    ("received", "reconciliation"),
    [
        (0, "missing"),
        (1, "missing"),
        (2, "under"),
        (4033_31, "under"),
        (4033_32, "matched"),
        (4400_01, "matched"),
        (4400_02, "over"),
    ],
)
def test_a_fixed_sum_is_compared_with_both_dues_and_a_tolerance(received: int, reconciliation: str) -> None:
    result = judge(person(wubao_care="central"), receipts=[paid("wubao_central", received)])
    assert word(result, "wubao_central") == reconciliation


def test_a_span_holds_on_both_its_ends() -> None:
    care = person(wubao_care="dispersed", wubao_from=date(2017, 3, 1), wubao_until=date(2017, 6, 1))
    result = judge(care)
    assert verdict(result, "wubao_dispersed") == "ended"
    assert dues(result, "wubao_dispersed") == (1133_33, 1133_33)  # March to June: 4 twelfths of 3,400
    assert row_of(result, "wubao_dispersed")["annual_amount"] is None
    later = {**care, "wubao_from": date(2017, 3, 2), "wubao_until": date(2017, 5, 31)}
    assert dues(judge(later), "wubao_dispersed") == (566_67, 566_67)  # April and May


def test_an_unknown_value_is_unknown_outside_its_span_as_well() -> None:
    result = judge(person(wubao_care=None, wubao_until=date(2016, 1, 1)))
    assert verdict(result, "wubao_central") == "unknown"
    assert verdict(judge(person(wubao_care="central", wubao_until=date(2016, 1, 1))), "wubao_central") == "not_entitled"


def test_dibao_is_the_persons_own_approved_rate() -> None:
    result = judge(person(dibao_member=True, dibao_monthly=125_55), as_of=date(2017, 6, 15))
    assert row_of(result, "dibao")["annual_amount"] == 1506_60
    assert dues(result, "dibao") == (627_75, 753_30)


def test_dibao_begins_when_wubao_care_has_ended() -> None:
    member = person(dibao_member=True, dibao_monthly=100_00, wubao_care="dispersed", wubao_until=date(2017, 6, 30))
    assert dues(judge(member), "dibao") == (500_00, 600_00)
    assert verdict(judge({**member, "wubao_until": None}), "dibao") == "not_entitled"
    assert verdict(judge({**member, "wubao_care": None}), "dibao") == "unknown"


def test_dibao_of_an_unknown_rate_has_unknown_dues_and_still_is_missing_pending_or_unverified() -> None:
    member = person(dibao_member=True, dibao_monthly=None)
    result = judge(member)
    assert (verdict(result, "dibao"), row_of(result, "dibao")["annual_amount"]) == ("entitled", None)
    assert dues(result, "dibao") == (None, None)
    assert (word(result, "dibao"), result.assessment[0]["missing_amount"]) == ("missing", 0)
    assert word(judge(member, receipts=[paid("dibao", 2)]), "dibao") == "unverified"
    january = judge(member, as_of=date(2017, 1, 31))
    assert (dues(january, "dibao"), word(january, "dibao")) == ((0, None), "pending")
    begun_today = judge({**member, "dibao_from": date(2017, 6, 2)}, as_of=date(2017, 6, 2))
    assert (dues(begun_today, "dibao"), word(begun_today, "dibao")) == ((0, 0), None)


def test_a_due_of_one_fen_is_within_the_tolerance_and_of_two_is_not() -> None:
    member = person(dibao_member=True, dibao_monthly=1)
    assert word(judge(member, as_of=date(2017, 1, 31)), "dibao") is None  # low 0.00, high 0.01
    assert word(judge(member, as_of=date(2017, 2, 28)), "dibao") == "pending"  # low 0.01, high 0.02
    assert word(judge(member, as_of=date(2017, 3, 31)), "dibao") == "missing"  # low 0.02


def test_a_child_in_hardship_counts_as_one_until_the_day_before_18() -> None:
    birthdays = (date(1999, 7, 1), date(1999, 7, 2), date(2000, 1, 1))
    results = [judge(person(birth_date=born, child_in_hardship=True)) for born in birthdays]
    assert [verdict(result, "child_in_hardship") for result in results] == ["ended", "ended", "entitled"]
    assert [dues(result, "child_in_hardship")[1] for result in results] == [1800_00, 2100_00, 3600_00]
    assert dues(results[2], "child_in_hardship")[0] == 3300_00


def test_a_child_of_29_february_turns_18_on_1_march() -> None:
    child = person(birth_date=date(2000, 2, 29), child_in_hardship=True)
    before, after = judge(child, as_of=date(2018, 2, 28)), judge(child, as_of=date(2018, 3, 1))
    assert (verdict(before, "child_in_hardship"), dues(before, "child_in_hardship")) == ("entitled", (300_00, 600_00))
    assert (verdict(after, "child_in_hardship"), dues(after, "child_in_hardship")) == ("ended", (600_00, 600_00))


def test_an_orphan_draws_by_the_form_of_care_and_is_no_child_in_hardship_beside() -> None:
    orphan: Row = {"birth_date": date(2010, 1, 1), "child_in_hardship": True}
    institution = judge(person(orphan_care="institution", **orphan))
    community = judge(person(orphan_care="community", **orphan))
    assert row_of(institution, "orphan_institution")["annual_amount"] == 14400_00
    assert row_of(community, "orphan_community")["annual_amount"] == 8640_00
    assert verdict(institution, "child_in_hardship") == "not_entitled"
    assert verdict(judge(person(orphan_care=None, **orphan)), "child_in_hardship") == "unknown"


def test_an_elder_in_hardship_draws_100_a_month_from_80_and_200_from_90() -> None:
    dibao: Row = {"dibao_member": True, "dibao_monthly": 0}
    turns_80 = judge(person(birth_date=date(1937, 3, 1), **dibao))
    assert dues(turns_80, "elderly_80s") == (900_00, 1000_00)  # March to November, March to December
    turns_90 = judge(person(birth_date=date(1927, 6, 2), **dibao))
    assert (verdict(turns_90, "elderly_80s"), dues(turns_90, "elderly_80s")) == ("ended", (600_00, 600_00))
    assert (verdict(turns_90, "elderly_90s"), dues(turns_90, "elderly_90s")) == ("entitled", (1000_00, 1200_00))
    assert verdict(judge(person(birth_date=date(1917, 12, 31), **dibao)), "elderly_90s") == "ended"


def test_hardship_is_dibao_of_anyone_present_or_registration_by_the_parameter() -> None:
    elder = person(birth_date=date(1935, 1, 1))
    son = person("q", dibao_member=True, dibao_monthly=0)
    assert verdict(judge(elder, son), "elderly_80s") == "entitled"
    assert verdict(judge(elder, {**son, "dibao_member": None}), "elderly_80s") == "unknown"
    assert verdict(judge(elder), "elderly_80s") == "not_entitled"
    assert verdict(judge(elder, hardship_scope="registered"), "elderly_80s") == "entitled"
    either = judge(elder, son, household=NOT_REGISTERED, hardship_scope="either")
    assert verdict(either, "elderly_80s") == "entitled"
    son_died = judge(elder, {**son, "died_on": date(2017, 4, 1)})
    assert (verdict(son_died, "elderly_80s"), dues(son_died, "elderly_80s")) == ("ended", (300_00, 300_00))


def test_the_care_of_incapacity_is_a_minimum_so_more_is_no_matter() -> None:
    elder = person(birth_date=date(1957, 12, 31), incapacitated=True, dibao_member=True, dibao_monthly=0)
    # 60 on 31 December: entitled, but no accrual day has come.
    assert dues(judge(elder), "incapacity_care") == (0, 0)
    elder["birth_date"] = date(1950, 1, 1)
    assert dues(judge(elder), "incapacity_care") == (660_00, 720_00)
    receipts = [659_98, 659_99, 9000_00]
    words = [word(judge(elder, receipts=[paid("incapacity_care", sum_)]), "incapacity_care") for sum_ in receipts]
    assert words == ["under", "matched", "matched"]


# --- (4) Disability -----------------------------------------------------------------------------------------------


def test_a_certificate_in_hardship_gives_80_a_month_while_it_is_valid() -> None:
    disabled = person(disability_certificate=True, disability_from=date(2017, 9, 2), dibao_member=True, dibao_monthly=0)
    assert dues(judge(disabled), "disability_living") == (160_00, 240_00)  # October to December
    assert row_of(judge(disabled), "disability_living")["annual_amount"] == 960_00


@pytest.mark.parametrize(
    ("category", "grade", "answer"),
    [
        ("1", "1", "entitled"),
        ("4", "2", "entitled"),
        ("5", "2", "entitled"),
        ("6", "1", "entitled"),
        ("2", "1", "not_entitled"),
        ("3", "1", "not_entitled"),
        ("4", "3", "not_entitled"),
        ("7", "2", "unknown"),
        ("7", "3", "not_entitled"),
        (None, "2", "unknown"),
        ("4", None, "unknown"),
        ("2", None, "not_entitled"),
    ],
)
def test_disability_care_goes_by_category_and_grade(category: str | None, grade: str | None, answer: str) -> None:
    disabled = person(disability_certificate=True, disability_category=category, disability_grade=grade)
    result = judge(disabled, household=NOT_REGISTERED)
    assert verdict(result, "disability_care") == answer
    if answer == "entitled":
        assert dues(result, "disability_care") == (880_00, 960_00)


# --- (5) Education ------------------------------------------------------------------------------------------------


def test_a_child_of_three_on_31_august_has_the_autumn_term_only() -> None:
    child = person(birth_date=date(2014, 8, 31), schooling="kindergarten", inclusive_kindergarten=True)
    result = judge(child)
    assert (verdict(result, "preschool_grant"), verdict(result, "preschool_fee_waiver")) == ("entitled", "entitled")
    assert row_of(result, "preschool_grant")["annual_amount"] == 1200_00
    assert dues(result, "preschool_grant") == (600_00, 600_00)
    assert dues(judge(child, as_of=date(2017, 12, 30)), "preschool_grant") == (0, 600_00)
    too_young = {**child, "birth_date": date(2014, 9, 1)}
    assert verdict(judge(too_young), "preschool_grant") == "not_entitled"
    six = {**child, "birth_date": date(2011, 8, 31)}
    assert (verdict(judge(six), "preschool_grant"), dues(judge(six), "preschool_grant")) == ("ended", (600_00, 600_00))
    assert verdict(judge(six), "preschool_fee_waiver") == "not_entitled"


def test_a_mean_matches_whatever_was_received() -> None:
    child = person(birth_date=date(2013, 1, 1), schooling="kindergarten", inclusive_kindergarten=True)
    assert word(judge(child, receipts=[paid("preschool_grant", 2)]), "preschool_grant") == "matched"
    assert word(judge(child, receipts=[paid("preschool_grant", 9999_00)]), "preschool_grant") == "matched"
    assert word(judge(child), "preschool_grant") == "missing"


def test_the_spring_term_is_expected_from_31_july_and_the_autumn_term_from_31_december() -> None:
    pupil = person(birth_date=date(2008, 1, 1), schooling="primary")
    days = (date(2017, 2, 28), date(2017, 3, 1), date(2017, 7, 30), date(2017, 7, 31), date(2017, 9, 1), YEAR_END)
    seen = [dues(judge(pupil, as_of=day), "compulsory_transport_living") for day in days]
    half, whole = 1500_00, 3000_00
    assert seen == [(0, 0), (0, half), (0, half), (half, half), (half, whole), (whole, whole)]


def test_every_pupil_is_free_of_fees_but_only_a_registered_one_draws_the_3000() -> None:
    pupil = person(birth_date=date(2008, 1, 1), schooling="junior")
    result = judge(pupil, household=NOT_REGISTERED)
    assert verdict(result, "compulsory_fee_waiver") == "entitled"
    assert verdict(result, "compulsory_transport_living") == "not_entitled"


def test_a_boarders_1250_is_a_ceiling() -> None:
    boarder = person(birth_date=date(2008, 1, 1), schooling="primary", boarding=True)
    assert dues(judge(boarder, as_of=date(2017, 7, 31)), "boarder_living") == (625_00, 625_00)
    words = [
        word(judge(boarder, as_of=date(2017, 7, 31), receipts=[paid("boarder_living", sum_)]), "boarder_living")
        for sum_ in (2, 625_01, 625_02)
    ]
    assert words == ["matched", "matched", "over"]


def test_the_spring_stage_tells_of_days_before_september_and_not_of_as_of() -> None:
    moved_up = person(birth_date=date(2002, 1, 1), schooling_spring="junior", schooling="senior")
    result = judge(moved_up)
    assert (verdict(result, "compulsory_transport_living"), dues(result, "compulsory_transport_living")) == (
        "ended",
        (1500_00, 1500_00),
    )
    assert (verdict(result, "senior_living"), dues(result, "senior_living")) == ("entitled", (1500_00, 1500_00))
    assert dues(result, "senior_grant") == (1000_00, 1000_00)
    assert verdict(result, "senior_fee_waiver") == "entitled"
    # On 1 March itself the stage is the one of the register.
    assert verdict(judge(moved_up, as_of=date(2017, 3, 1)), "compulsory_transport_living") == "not_entitled"
    assert verdict(judge(moved_up, as_of=date(2017, 3, 2)), "compulsory_transport_living") == "ended"


def test_a_student_of_higher_education_draws_grant_living_and_tuition_up_to_8000() -> None:
    student = person(birth_date=date(1997, 1, 1), schooling="undergraduate", tuition=8000_01)
    result = judge(student)
    policies = ("higher_grant", "higher_living", "higher_tuition")
    assert [row_of(result, p)["annual_amount"] for p in policies] == [3000_00, 6000_00, 8000_00]
    assert verdict(result, "origin_student_loan") == "entitled"
    assert result.assessment[0]["entitled_annual"] == 17000_00


def test_half_of_an_odd_tuition_is_rounded_once_from_the_exact_half() -> None:
    student = person(birth_date=date(1997, 1, 1), schooling="postgraduate", tuition=4999_99)
    assert dues(judge(student, as_of=date(2017, 8, 1)), "higher_tuition") == (2500_00, 2500_00)
    assert dues(judge(student), "higher_tuition") == (4999_99, 4999_99)


def test_an_unknown_tuition_is_not_the_cap() -> None:
    student = person(birth_date=date(1997, 1, 1), schooling="undergraduate", tuition=None)
    words = [word(judge(student, as_of=day), "higher_tuition") for day in (date(2017, 2, 15), date(2017, 7, 30))]
    assert words == [None, "pending"]
    assert (word(judge(student), "higher_tuition"), dues(judge(student), "higher_tuition")) == ("missing", (None, None))


# --- (6) Health ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("causes", "answer"),
    [
        (("illness", None), "entitled"),
        (("land", "water;illness"), "entitled"),
        ((None, "illness"), "entitled"),
        ((None, "land"), "unknown"),
        (("land", None), "not_entitled"),
    ],
)
def test_illness_among_the_causes_opens_the_eight_ones(causes: tuple[str | None, str | None], answer: str) -> None:
    facts = {"main_cause": causes[0], "other_causes": causes[1]}
    result = judge(person(chronic_illness=True), household=facts)
    assert (verdict(result, "eight_ones"), verdict(result, "designated_inpatient")) == (answer, answer)


def test_either_illness_will_do_and_one_unknown_leaves_it_open() -> None:
    cause = {"main_cause": "illness"}
    assert (
        verdict(judge(person(serious_illness=True, chronic_illness=None), household=cause), "eight_ones") == "entitled"
    )
    assert verdict(judge(person(chronic_illness=None), household=cause), "eight_ones") == "unknown"
    assert verdict(judge(person(), household=cause), "eight_ones") == "not_entitled"


@pytest.mark.parametrize(
    ("cost", "reimbursed", "amount"),
    [
        (1000_00, 400_00, 420_00),
        (14285_70, 0, 9999_99),
        (14285_71, 0, 10000_00),  # 9,999.997
        (14285_72, 0, 10000_00),
        (90000_00, 0, 10000_00),
        (333_35, 0, 233_35),  # 233.345
        (1000_00, 1200_00, 0),
    ],
)
def test_supplementary_insurance_pays_70_percent_up_to_10000(cost: int, reimbursed: int, amount: int) -> None:
    ledger = [entry("medical_cost", cost, of="p"), entry("medical_reimbursed", reimbursed, of="p")]
    result = judge(person(), ledger=ledger)
    row = row_of(result, "supplementary_insurance")
    assert (row["verdict"], row["annual_amount"], row["due_low"], row["due_high"]) == ("entitled", *[amount] * 3)
    assert row["reconciliation"] == ("missing" if amount else None)


def test_supplementary_insurance_reads_the_persons_own_rows_of_the_policy_year_only() -> None:
    ledger = [entry("medical_cost", 100_00), entry("medical_cost", 100_00, of="p", year=2016)]
    assert row_of(judge(person(), ledger=ledger), "supplementary_insurance")["annual_amount"] == 0


def test_what_an_event_gave_has_ended_only_where_it_gave_something() -> None:
    left_the_register = {"status": "exited_no_policy", "exited_on": date(2017, 1, 1)}
    ledger = [entry("medical_cost", 1000_00, of="p")]
    result = judge(person(), household=left_the_register, ledger=ledger)
    assert (verdict(result, "supplementary_insurance"), dues(result, "supplementary_insurance")) == (
        "ended",
        (700_00, 700_00),
    )
    assert verdict(judge(person(), household=left_the_register), "supplementary_insurance") == "not_entitled"
    before = {"status": "exited_no_policy", "exited_on": date(2016, 12, 31)}
    assert verdict(judge(person(), household=before, ledger=ledger), "supplementary_insurance") == "not_entitled"


# --- (7) Housing --------------------------------------------------------------------------------------------------


def test_a_registered_household_repairs_grade_c_and_rebuilds_grade_d() -> None:
    repair, rebuild = (judge(person(), household={"house_grade": grade}) for grade in "CD")
    assert row_of(repair, "house_repair")["once_amount"] == 10000_00
    assert verdict(repair, "house_rebuild") == "not_entitled"
    assert row_of(rebuild, "house_rebuild")["once_amount"] == 23000_00
    assert dues(rebuild, "house_rebuild") == (23000_00, 23000_00)
    assert (rebuild.assessment[0]["entitled_once"], rebuild.assessment[0]["missing_amount"]) == (23000_00, 23000_00)


@pytest.mark.parametrize(
    ("facts", "answer"),
    [
        ({"house_grade": None, "dangerous_house": False}, "not_entitled"),
        ({"house_grade": None, "dangerous_house": None}, "unknown"),
        ({"house_grade": None, "dangerous_house": True}, "unknown"),
        ({"house_grade": "C", "resettled": None}, "unknown"),
        ({"house_grade": "C", "resettled": True}, "not_entitled"),
        ({"house_grade": "C", "status": "none"}, "not_entitled"),
    ],
)
def test_the_grade_the_move_and_poverty_decide_a_repair(facts: Row, answer: str) -> None:
    assert verdict(judge(person(), household=facts), "house_repair") == answer


def test_outside_the_register_dibao_dispersed_care_or_a_poor_disabled_member_opens_a_repair() -> None:
    house = {**NOT_REGISTERED, "house_grade": "C"}
    disabled = person(disability_certificate=True)
    assert verdict(judge(person(dibao_member=True), household=house), "house_repair") == "entitled"
    assert verdict(judge(person(wubao_care="dispersed"), household=house), "house_repair") == "entitled"
    assert verdict(judge(person(wubao_care="central"), household=house), "house_repair") == "not_entitled"
    assert verdict(judge(disabled, household=house, ledger=[entry("crop", 0)]), "house_repair") == "entitled"
    assert verdict(judge(disabled, household=house, ledger=[entry("crop", LINE)]), "house_repair") == "not_entitled"
    assert verdict(judge(disabled, household=house), "house_repair") == "unknown"  # income not settled
    died = person(dibao_member=True, died_on=YEAR_END)
    assert verdict(judge(died, person("q"), household=house), "house_repair") == "not_entitled"


def test_a_household_of_nobody_repairs_nothing() -> None:
    assert verdict(judge(household={"house_grade": None, "dangerous_house": None}), "house_repair") == "not_entitled"


def test_a_receipt_for_a_house_counts_in_later_years_and_whoever_signed_for_it() -> None:
    house = {"house_grade": "C"}
    result = judge(person(), household=house, receipts=[paid("house_repair", 7000_00, year=2015)])
    assert (row_of(result, "house_repair")["received"], word(result, "house_repair")) == (7000_00, "matched")
    later = judge(person(), household=house, receipts=[paid("house_repair", 7000_00, to=None, year=2018)])
    assert (row_of(later, "house_repair")["received"], word(later, "house_repair")) == (0, "missing")


@pytest.mark.parametrize(("before", "answer"), [("C", "matched"), ("D", "unexplained"), (None, "unverified")])
def test_the_grade_before_explains_a_repair_already_done(before: str | None, answer: str) -> None:
    receipts = [paid("house_repair", 10000_00, to=None, year=2016)]
    assert word(judge(person(), household={"house_grade_before": before}, receipts=receipts), "house_repair") == answer


# --- Exclusions ---------------------------------------------------------------------------------------------------

DISABLED: Row = {"disability_certificate": True, "disability_category": "4", "disability_grade": "1"}
IN_HARDSHIP: Row = {"dibao_member": True, "dibao_monthly": 0}


def test_wubao_care_bars_both_allowances_of_the_disabled() -> None:
    result = judge(person(wubao_care="dispersed", **DISABLED, **IN_HARDSHIP))
    for policy_id in ("disability_living", "disability_care"):
        row = row_of(result, policy_id)
        assert (row["verdict"], row["excluded_by"], row["due_high"]) == ("excluded", "wubao_dispersed", 0)
        assert row["annual_amount"] is None
    free = judge(person(wubao_care="dispersed", **DISABLED, **IN_HARDSHIP), apply_unverified_exclusions=False)
    assert verdict(free, "disability_living") == "entitled"


def test_a_barring_policy_excludes_an_unknown_one_as_well() -> None:
    result = judge(person(wubao_care="central", **{**DISABLED, "disability_category": "7"}))
    assert verdict(result, "disability_care") == "excluded"
    assert verdict(judge(person(wubao_care="central")), "disability_care") == "not_entitled"


def test_an_unknown_barring_policy_makes_a_due_one_unknown() -> None:
    result = judge(person(wubao_care=None, **DISABLED))
    assert verdict(result, "disability_care") == "unknown"
    assert verdict(result, "disability_living") == "not_entitled"  # no hardship, so nothing to bar


def test_orphan_care_bars_the_living_allowance_and_not_the_care_allowance() -> None:
    orphan = person(birth_date=date(2010, 1, 1), orphan_care="institution", **DISABLED, **IN_HARDSHIP)
    result = judge(orphan)
    assert row_of(result, "disability_living")["excluded_by"] == "orphan_institution"
    assert verdict(result, "disability_care") == "entitled"


def test_the_first_listed_of_two_barring_policies_is_named() -> None:
    child = person(
        birth_date=date(2010, 1, 1), orphan_care="community", wubao_care="dispersed", **DISABLED, **IN_HARDSHIP
    )
    assert row_of(judge(child), "disability_living")["excluded_by"] == "wubao_dispersed"


def test_an_exclusion_counts_day_by_day() -> None:
    care_from_may = person(wubao_care="central", wubao_from=date(2017, 5, 1), **DISABLED)
    result = judge(care_from_may)
    assert (verdict(result, "disability_care"), dues(result, "disability_care")) == ("excluded", (320_00, 320_00))
    assert word(result, "disability_care") == "missing"
    over = judge(care_from_may, receipts=[paid("disability_care", 320_02)])
    assert word(over, "disability_care") == "over"


def test_an_excluded_policy_due_on_no_day_and_received_is_unexplained() -> None:
    result = judge(person(wubao_care="central", **DISABLED), receipts=[paid("disability_care", 80_00)])
    assert word(result, "disability_care") == "unexplained"
    assert word(judge(person(wubao_care="central", **DISABLED)), "disability_care") is None


STUDENT: Row = {"birth_date": date(2001, 1, 1)}


def test_of_rain_dew_and_an_equal_living_allowance_the_first_listed_stands() -> None:
    result = judge(person(schooling="vocational_secondary", **STUDENT))
    assert verdict(result, "rain_dew") == "entitled"
    assert row_of(result, "senior_living")["excluded_by"] == "rain_dew"
    # senior_grant 2,000 and rain_dew 3,000, and no more
    assert result.assessment[0]["entitled_annual"] == 5000_00


def test_the_one_received_stands_because_either_is_lawful() -> None:
    student = person(schooling="vocational_secondary", **STUDENT)
    result = judge(student, receipts=[paid("senior_living", 3000_00)])
    assert (verdict(result, "senior_living"), word(result, "senior_living")) == ("entitled", "matched")
    assert row_of(result, "rain_dew")["excluded_by"] == "senior_living"
    one_fen = judge(student, receipts=[paid("senior_living", 1)])
    assert verdict(one_fen, "rain_dew") == "entitled"
    last_year = judge(student, receipts=[paid("senior_living", 3000_00, year=2016)])
    assert verdict(last_year, "rain_dew") == "entitled"


def test_where_both_were_received_the_second_is_a_question() -> None:
    receipts = [paid("senior_living", 3000_00), paid("rain_dew", 3000_00)]
    result = judge(person(schooling="vocational_secondary", **STUDENT), receipts=receipts)
    assert [word(result, p) for p in ("rain_dew", "senior_living")] == ["matched", "unexplained"]


def test_where_both_were_received_the_larger_stands() -> None:
    receipts = [paid("higher_living", 6000_00), paid("rain_dew", 3000_00)]
    result = judge(person(schooling="vocational_higher", **STUDENT), receipts=receipts)
    assert (verdict(result, "higher_living"), verdict(result, "rain_dew")) == ("entitled", "excluded")


def test_the_parameter_of_unverified_exclusions_does_not_touch_the_rule_on_rain_dew() -> None:
    result = judge(person(schooling="vocational_higher", **STUDENT), apply_unverified_exclusions=False)
    assert verdict(result, "higher_living") == "entitled"
    assert row_of(result, "rain_dew")["excluded_by"] == "higher_living"  # 6,000 is more than 3,000


def test_a_term_under_one_policy_and_a_term_under_another_are_both_due() -> None:
    student = person(schooling_spring="senior", schooling="vocational_secondary", **STUDENT)
    result = judge(student)
    assert (verdict(result, "senior_living"), dues(result, "senior_living")) == ("excluded", (1500_00, 1500_00))
    assert (verdict(result, "rain_dew"), dues(result, "rain_dew")) == ("entitled", (1500_00, 1500_00))
    assert word(result, "senior_living") == "missing"


def test_an_elders_allowance_takes_the_place_of_the_disability_living_allowance() -> None:
    elder = person(birth_date=date(1935, 1, 1), **DISABLED, **IN_HARDSHIP)
    assert row_of(judge(elder), "disability_living")["excluded_by"] == "elderly_80s"
    both = judge(elder, apply_unverified_exclusions=False)
    assert (verdict(both, "elderly_80s"), verdict(both, "disability_living")) == ("entitled", "entitled")


def test_of_two_care_allowances_the_larger_stands() -> None:
    elder = person(birth_date=date(1950, 1, 1), incapacitated=True, **DISABLED, **IN_HARDSHIP)
    assert row_of(judge(elder), "incapacity_care")["excluded_by"] == "disability_care"  # 960 is more than 720


def test_an_unknown_policy_that_would_be_chosen_makes_the_chosen_one_unknown() -> None:
    no_birth_date = person(birth_date=None, **DISABLED, **IN_HARDSHIP)
    assert verdict(judge(no_birth_date), "disability_living") == "unknown"
    by_receipt = judge(no_birth_date, receipts=[paid("disability_living", 960_00)])
    assert (verdict(by_receipt, "disability_living"), word(by_receipt, "disability_living")) == ("entitled", "matched")


def test_what_was_chosen_by_receipt_stands_though_the_unknown_one_was_received_too() -> None:
    no_birth_date = person(birth_date=None, **DISABLED, **IN_HARDSHIP)
    receipts = [paid("disability_living", 960_00), paid("elderly_90s", 200_00)]
    result = judge(no_birth_date, receipts=receipts)
    assert (verdict(result, "disability_living"), verdict(result, "elderly_90s")) == ("entitled", "unknown")


def test_an_unknown_policy_that_would_not_be_chosen_changes_nothing() -> None:
    elder = person(birth_date=date(1950, 1, 1), incapacitated=None, **DISABLED, **IN_HARDSHIP)
    result = judge(elder)
    assert (verdict(result, "disability_care"), verdict(result, "incapacity_care")) == ("entitled", "unknown")


def test_a_receipt_of_the_unknown_policy_lets_it_be_chosen() -> None:
    elder = person(birth_date=date(1950, 1, 1), incapacitated=None, **DISABLED, **IN_HARDSHIP)
    result = judge(elder, receipts=[paid("incapacity_care", 60_00)])
    assert verdict(result, "disability_care") == "unknown"
    assert (verdict(result, "incapacity_care"), word(result, "incapacity_care")) == ("unknown", "unverified")


def test_a_policy_left_unknown_by_an_unknown_barring_still_competes_in_its_group() -> None:
    elder = person(birth_date=date(1935, 1, 1), wubao_care=None, **DISABLED, **IN_HARDSHIP)
    # disability_living is unknown, being perhaps barred; 960 would not be chosen over the 1,200 of elderly_80s ...
    assert verdict(judge(elder), "elderly_80s") == "entitled"
    # ... but its receipt would choose it.
    assert verdict(judge(elder, receipts=[paid("disability_living", 80_00)]), "elderly_80s") == "unknown"


def test_a_barred_policy_is_not_left_to_compete() -> None:
    elder = person(birth_date=date(1935, 1, 1), wubao_care="central", **DISABLED, **IN_HARDSHIP)
    result = judge(elder, receipts=[paid("disability_living", 80_00)])
    assert (verdict(result, "elderly_80s"), row_of(result, "disability_living")["excluded_by"]) == (
        "entitled",
        "wubao_central",
    )


# --- Presence and accrual -----------------------------------------------------------------------------------------


def test_who_died_on_1_january_is_no_candidate_and_who_died_on_the_2nd_has_one_month() -> None:
    care: Row = {"wubao_care": "central"}
    gone = judge(person(died_on=date(2017, 1, 1), **care))
    assert [row["policy_id"] for row in gone.entitlement] == ["house_repair", "house_rebuild"]
    result = judge(person(died_on=date(2017, 1, 2), **care))
    assert (verdict(result, "wubao_central"), dues(result, "wubao_central")) == ("ended", (366_67, 366_67))


def test_a_child_born_in_the_year_accrues_from_the_first_month_day_after_birth() -> None:
    child = person(birth_date=date(2017, 10, 1), orphan_care="community")
    assert dues(judge(child), "orphan_community") == (1440_00, 2160_00)
    assert [row["person_id"] for row in judge(person(birth_date=date(2018, 1, 1))).entitlement] == [None, None]


def test_a_member_who_left_for_good_ends_like_one_who_died() -> None:
    result = judge(person(wubao_care="central", left_on=date(2017, 4, 1)))
    assert (verdict(result, "wubao_central"), dues(result, "wubao_central")) == ("ended", (1100_00, 1100_00))


def test_an_unknown_stage_of_today_leaves_the_spring_term_without_dues() -> None:
    result = judge(person(schooling_spring="senior", schooling=None, **STUDENT))
    assert (verdict(result, "senior_grant"), dues(result, "senior_grant")) == ("unknown", (None, None))


def test_an_allowance_unknown_in_spring_and_due_in_autumn_has_a_low_and_a_high_due() -> None:
    # Hardship is unknown until the dibao member whose span has begun is known to draw it.
    elder = person(birth_date=date(1935, 1, 1), dibao_member=None)
    son = person("q", dibao_member=True, dibao_monthly=0, dibao_from=date(2017, 7, 1))
    result = judge(elder, son)
    assert verdict(result, "elderly_80s") == "entitled"
    assert dues(result, "elderly_80s") == (500_00, 1200_00)  # July to November; all twelve months


def test_what_is_not_due_today_and_was_unknown_on_some_accrual_day_is_unknown() -> None:
    elder = person(birth_date=date(1927, 6, 2), dibao_member=None)
    result = judge(elder)
    assert (verdict(result, "elderly_80s"), verdict(result, "elderly_90s")) == ("unknown", "unknown")
    assert dues(result, "elderly_80s") == (None, None)


def test_a_longer_payment_lag_expects_fewer_months() -> None:
    orphan = person(birth_date=date(2010, 1, 1), orphan_care="community")
    assert dues(judge(orphan, payment_lag_months=3), "orphan_community") == (9 * 720_00, 12 * 720_00)
    assert dues(judge(orphan, payment_lag_months=12), "orphan_community") == (0, 12 * 720_00)
    assert word(judge(orphan, payment_lag_months=12), "orphan_community") == "pending"


def test_the_month_of_as_of_counts_from_its_first_day() -> None:
    orphan = person(birth_date=date(2010, 1, 1), orphan_care="community")
    assert dues(judge(orphan, as_of=date(2017, 6, 30)), "orphan_community") == (3600_00, 4320_00)
    assert dues(judge(orphan, as_of=date(2017, 7, 1)), "orphan_community") == (4320_00, 5040_00)


# --- Receipts without a title -------------------------------------------------------------------------------------


def test_a_receipt_without_a_title_is_unexplained_save_where_people_outside_the_register_draw_it_too() -> None:
    receipts = [paid("wubao_central", 100_00), paid("senior_grant", 100_00), paid("dibao", 1)]
    result = judge(person(), receipts=receipts)
    answers = [word(result, policy_id) for policy_id in ("wubao_central", "senior_grant", "dibao")]
    assert answers == ["unexplained", "unverified", None]


def test_an_unknown_policy_received_cannot_be_checked() -> None:
    result = judge(person(wubao_care=None), receipts=[paid("wubao_central", 100_00)])
    assert (word(result, "wubao_central"), word(result, "wubao_dispersed")) == ("unverified", None)


def test_who_died_in_an_earlier_year_and_still_draws_gets_a_row() -> None:
    dead = person(died_on=date(2016, 5, 1), wubao_care="central")
    row = row_of(judge(dead, receipts=[paid("wubao_central", 366_67)]), "wubao_central")
    assert (row["verdict"], row["received"], row["reconciliation"]) == ("not_entitled", 366_67, "unexplained")
    nothing = judge(dead, receipts=[paid("wubao_central", 1), paid("dibao", 50_00, year=2016)])
    assert {row["policy_id"] for row in nothing.entitlement} == {"house_repair", "house_rebuild"}


def test_a_receipt_of_nobody_gets_a_row_of_its_own() -> None:
    receipts = [paid(p, 80_00, to=None) for p in ("disability_care", "disability_living", "treat_first")]
    result = judge(person(**DISABLED), receipts=receipts)
    rows = {row["policy_id"]: row for row in result.entitlement if row["person_id"] is None}
    assert {p: rows[p]["reconciliation"] for p in ("disability_care", "disability_living", "treat_first")} == {
        "disability_care": "unexplained",
        "disability_living": "unverified",
        "treat_first": None,
    }
    assert row_of(result, "disability_care")["received"] == 0


def test_a_receipt_of_nobody_has_its_row_however_small_it_is_but_not_of_another_year() -> None:
    receipts = [paid("dibao", 1, to=None), paid("wubao_central", 80_00, to=None, year=2016)]
    (row,) = [row for row in judge(person(), receipts=receipts).entitlement if row["policy_id"] in ("dibao",)][1:]
    assert (row["person_id"], row["received"], row["reconciliation"]) == (None, 1, None)
    rows = [row for row in judge(person(), receipts=receipts).entitlement if row["policy_id"] == "wubao_central"]
    assert [row["person_id"] for row in rows] == ["p"]


def test_several_receipts_of_one_year_add_up() -> None:
    receipts = [paid("wubao_central", 2200_00), paid("wubao_central", 2200_00), paid("wubao_central", 1, year=2016)]
    assert row_of(judge(person(wubao_care="central"), receipts=receipts), "wubao_central")["received"] == 4400_00


def test_the_missing_amount_adds_what_is_missing_and_what_is_short_with_houses_included() -> None:
    receipts = [paid("wubao_central", 4000_00)]
    result = judge(
        person(wubao_care="central"),
        person("q", dibao_member=True, dibao_monthly=100_00),
        household={"house_grade": "C"},
        receipts=receipts,
    )
    # 33.33 short of 4,033.33; eleven months of 100; a repair of 10,000.
    assert result.assessment[0]["missing_amount"] == 33_33 + 1100_00 + 10000_00


# --- Generated registers ------------------------------------------------------------------------------------------


def answer_to(case: Case) -> Result:
    return assess(
        case.register,
        as_of=case.as_of,
        income_year=case.income_year,
        poverty_line_fen=case.poverty_line_fen,
        settings=case.settings,
    )


@hypothesis_settings(max_examples=25, deadline=None)
@given(cases(contested=True))
def test_any_register_is_answered_with_dues_in_order_and_one_row_a_policy_and_person(case: Case) -> None:
    result = answer_to(case)
    keys = [(row["household_id"], row["person_id"], row["policy_id"]) for row in result.entitlement]
    assert len(keys) == len(set(keys))
    assert len(result.assessment) == len(case.register["household"])
    for row in result.entitlement:
        if row["due_low"] is not None and row["due_high"] is not None:
            assert 0 <= row["due_low"] <= row["due_high"]
        assert (row["excluded_by"] is not None) == (row["verdict"] == "excluded")


def test_the_seeded_registers_reach_every_verdict_and_every_word_of_reconciliation() -> None:
    rows = [row for seed in range(2) for row in answer_to(random_case(seed, 100)).entitlement]
    assert {row["verdict"] for row in rows} == {"entitled", "ended", "excluded", "unknown", "not_entitled"}
    words = {"matched", "pending", "missing", "under", "over", "unexplained", "unverified", None}
    assert {row["reconciliation"] for row in rows} == words
    assert {row["policy_id"] for row in rows if row["verdict"] == "entitled"} == {p.policy_id for p in POLICIES}


def test_a_seed_gives_the_same_register_every_time() -> None:
    assert random_case(7, 5) == random_case(7, 5)


def test_a_failing_case_is_reduced_to_what_makes_it_fail() -> None:
    def has_an_orphan(case: Case) -> bool:
        return any(row["policy_id"] == "orphan_community" for row in answer_to(case).entitlement if entitled(row))

    def entitled(row: Row) -> bool:
        return bool(row["verdict"] == "entitled")

    small = reduced(next(case for seed in range(20) if has_an_orphan(case := random_case(seed, 10))), has_an_orphan)
    assert [len(small.register[table]) for table in ("household", "person", "ledger", "receipt")] == [1, 1, 0, 0]

"""SQL, arrays, evaluator and the independent oracle say the same of every cell, nulls included."""

from typing import Any

import pytest
from hypothesis import given

from bangfu.kernel.days import day_from_date
from bangfu.kernel.schema import schema
from bangfu.rulebook.kept import shipped_book
from bangfu.rulebook.plan import compile_plan
from bangfu.rulebook.resolve import Rules, resolve
from tests.examples import few, first_of
from tests.oracle.oracle import assess
from tests.oracle.registers import Case, cases, random_case
from tests.rulebook.backends import Register, by_arrays, by_evaluator, by_sql, differences, typed

ASSESSMENT = list(schema().results["assessment"].columns)
ENTITLEMENT = list(schema().results["entitlement"].columns)


def rules_of(case: Case) -> Rules:
    s = case.settings
    settings_: dict[str, Any] = {
        "poverty_line": case.poverty_line_fen,
        "count_pension": s.count_pension,
        "count_living_costs": s.count_living_costs,
        "entry_margin": int(s.entry_margin * 10_000),
        "exit_margin": int(s.exit_margin * 10_000),
        "payment_lag_months": s.payment_lag_months,
        "hardship_scope": s.hardship_scope,
        "apply_unverified_exclusions": s.apply_unverified_exclusions,
    }
    return resolve(shipped_book(), as_of=day_from_date(case.as_of), income_year=case.income_year, settings=settings_)


def evaluator_against_oracle(case: Case) -> list[str]:
    found = by_evaluator(typed(case.register), rules_of(case))
    expected = assess(
        case.register,
        as_of=case.as_of,
        income_year=case.income_year,
        poverty_line_fen=case.poverty_line_fen,
        settings=case.settings,
    )
    money = [c for c in ENTITLEMENT if c != "why"]
    wrong = differences(found["assessment"], expected.assessment, ASSESSMENT)
    wrong += differences(found["entitlement"], expected.entitlement, money)
    excluded = {
        (r["household_id"], r["person_id"], r["policy_id"]): r.get("excluded_by")
        for r in expected.entitlement
        if r["verdict"] == "excluded"
    }
    for row in found["entitlement"]:
        key = (row["household_id"], row["person_id"], row["policy_id"])
        if row["verdict"] == "excluded" and row["why"] != excluded[key]:
            wrong.append(f"{key} why: {row['why']} against {excluded[key]}")
    return wrong


def sql_against_evaluator(case: Case) -> list[str]:
    register, rules = typed(case.register), rules_of(case)
    one, other = by_sql(register, rules), by_evaluator(register, rules)
    relevant = [r for r in other["entitlement"] if r["verdict"] != "not_entitled" or r["received"] > 1]
    sparse = by_sql(register, rules, plan=compile_plan(rules, relevant=True))
    alone = by_sql(register, rules, plan=compile_plan(rules, tables=["assessment"]))
    papers = by_sql(register, rules, plan=compile_plan(rules, tables=[], evidence=True))
    arrays = by_arrays(register, rules)
    assert arrays, "the shipped rulebook asks for what arrays do not do"
    return [
        *differences(arrays["assessment"], other["assessment"], ASSESSMENT),
        *differences(arrays["entitlement"], relevant, ENTITLEMENT),
        *differences(arrays["finding"], other["finding"], ["severity", "message"]),
        # What is reckoned only for those for whom a policy is possible comes to the same.
        *differences(sparse["assessment"], other["assessment"], ASSESSMENT),
        *differences(sparse["entitlement"], relevant, ENTITLEMENT),
        *differences(alone["assessment"], other["assessment"], ASSESSMENT),
        *differences(one["assessment"], other["assessment"], ASSESSMENT),
        *differences(one["entitlement"], other["entitlement"], ENTITLEMENT),
        *differences(one["finding"], other["finding"], ["severity", "message"]),
        *differences(papers["evidence"], other["evidence"], ["required"]),
    ]


@few(10)
@given(case=cases())
def test_the_evaluator_agrees_with_the_oracle_on_drawn_households(case: Case) -> None:
    assert evaluator_against_oracle(case) == []


@few(5)
@given(case=cases(contested=True))
def test_the_evaluator_agrees_with_the_oracle_on_contested_households(case: Case) -> None:
    assert evaluator_against_oracle(case) == []


@pytest.mark.parametrize("seed", first_of(1, [1, 0, 2, 3, 4, 5]))
def test_sql_evaluator_and_oracle_agree_on_a_hostile_register(seed: int) -> None:
    case = random_case(seed, 60, contested=seed % 2 == 1)
    assert evaluator_against_oracle(case) == []
    assert sql_against_evaluator(case) == []


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1000, 1080))
def test_sql_evaluator_and_oracle_agree_on_many_hostile_registers(seed: int) -> None:
    case = random_case(seed, 200, contested=seed % 2 == 1)
    assert evaluator_against_oracle(case) == []
    assert sql_against_evaluator(case) == []


def arrays_against_sql(register: Register, rules: Rules, *, size: int) -> list[str]:
    one, other = by_arrays(register, rules, size=size), by_sql(register, rules, plan=compile_plan(rules, relevant=True))
    assert one
    return [
        *differences(one["assessment"], other["assessment"], ASSESSMENT),
        *differences(one["entitlement"], other["entitlement"], ENTITLEMENT),
        *differences(one["finding"], other["finding"], ["severity", "message"]),
    ]


@pytest.mark.parametrize(
    "empty",
    first_of(1, [["person", "receipt", "ledger"], ["receipt"], ["ledger"]]),
    ids="-".join,
)
def test_arrays_agree_where_tables_have_no_rows_and_households_come_one_by_one(empty: list[str]) -> None:
    case = random_case(3, 20)
    register = {table: [] if table in empty else rows for table, rows in typed(case.register).items()}
    assert arrays_against_sql(register, rules_of(case), size=1) == []


def test_arrays_agree_on_the_largest_amounts_that_a_register_may_hold() -> None:
    case = random_case(4, 20)
    most = schema().bounds["money"][1]
    register = typed(case.register)
    for row in (*register["ledger"], *register["receipt"]):
        row["amount"] = most
    for row in register["person"]:
        row |= {"tuition": most, "dibao_monthly": most}
    assert arrays_against_sql(register, rules_of(case), size=50) == []


@pytest.mark.long  # of another register, this is asked above
def test_relevant_rows_are_the_rows_that_say_something() -> None:
    case = random_case(7, 40)
    register, rules = typed(case.register), rules_of(case)
    every = by_sql(register, rules)["entitlement"]
    relevant = by_sql(register, rules, plan=compile_plan(rules, relevant=True))["entitlement"]
    said = [r for r in every if r["verdict"] != "not_entitled" or r["received"] > 1]
    assert differences(relevant, said, ENTITLEMENT) == []


def test_a_wrong_engine_would_be_caught() -> None:
    """The twin of the comparison: with the unpaid-month rule shifted by one, the oracle must object."""
    case = random_case(3, 60)
    shifted = Case(
        case.register,
        case.as_of,
        case.income_year,
        case.poverty_line_fen,
        type(case.settings)(**{**vars(case.settings), "payment_lag_months": case.settings.payment_lag_months + 1}),
    )
    found = by_evaluator(typed(case.register), rules_of(shifted))
    expected = assess(
        case.register,
        as_of=case.as_of,
        income_year=case.income_year,
        poverty_line_fen=case.poverty_line_fen,
        settings=case.settings,
    )
    assert differences(found["entitlement"], expected.entitlement, ["due_low"]) != []

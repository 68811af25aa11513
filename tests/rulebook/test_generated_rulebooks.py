"""Rulebooks nobody wrote, judged by every back end: the language means the same in SQL, over arrays and in the evaluator, whatever is said in it."""

import tempfile
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from bangfu.kernel.days import day_from_date
from bangfu.kernel.schema import schema
from bangfu.rulebook.load import load_book
from bangfu.rulebook.resolve import resolve
from tests.examples import few
from tests.oracle.registers import random_case
from tests.rulebook.backends import by_arrays, by_evaluator, by_sql, differences, typed
from tests.rulebook.generated import rulebooks, write_book

ASSESSMENT = list(schema().results["assessment"].columns)
ENTITLEMENT = list(schema().results["entitlement"].columns)


def disagreements(files: dict[str, Any], seed: int) -> list[str]:
    """What SQL and evaluator say differently of the seed's register under a generated book."""
    with tempfile.TemporaryDirectory() as folder:
        book = load_book([write_book(Path(folder), files)])
    case = random_case(seed, 25, contested=True)
    register = typed(case.register)
    chance = Random(seed)
    for row in register["receipt"]:
        row["policy_id"] = chance.choice(list(book.policies))
    rules = resolve(
        book,
        as_of=day_from_date(case.as_of),
        income_year=case.income_year,
        settings={"poverty_line": case.poverty_line_fen},
    )
    one, other = by_sql(register, rules), by_evaluator(register, rules)
    arrays = by_arrays(register, rules)
    assert arrays, "a generated rulebook asks for what arrays do not do"
    relevant = [r for r in other["entitlement"] if r["verdict"] != "not_entitled" or r["received"] > 1]
    return [
        *differences(arrays["assessment"], other["assessment"], ASSESSMENT),
        *differences(arrays["entitlement"], relevant, ENTITLEMENT),
        *differences(arrays["finding"], other["finding"], ["severity", "message"]),
        *differences(one["assessment"], other["assessment"], ASSESSMENT),
        *differences(one["entitlement"], other["entitlement"], ENTITLEMENT),
        *differences(one["finding"], other["finding"], ["severity", "message"]),
    ]


# Without shrinking: a whole rulebook takes seconds a try, and the book as drawn is printed.
@settings(few(3), phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(files=rulebooks(), seed=st.integers(0, 10_000))
def test_all_back_ends_agree_on_a_generated_rulebook(files: dict[str, Any], seed: int) -> None:
    assert disagreements(files, seed) == []


@pytest.mark.long
@settings(max_examples=1_000)
@given(files=rulebooks(), seed=st.integers(0, 1_000_000))
def test_all_back_ends_agree_on_many_generated_rulebooks(files: dict[str, Any], seed: int) -> None:
    assert disagreements(files, seed) == []

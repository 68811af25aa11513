"""The written null table (docs/rulebook-language.md), operator by operator, in SQL and in the evaluator."""

from functools import reduce
from typing import Any

import duckdb
import pytest

from bangfu.engine.homes import homes as homes_in
from bangfu.kernel.schema import schema
from bangfu.rulebook import compiled, sql, tree
from bangfu.rulebook.checker import ScopeName, check_expression
from bangfu.rulebook.compiled import compile_found, compile_node
from bangfu.rulebook.evaluate import Moment
from bangfu.rulebook.kept import shipped_book
from bangfu.rulebook.resolve import resolve
from bangfu.rulebook.source import Where
from bangfu.rulebook.sql import Aggregates, Emitter
from tests.rulebook.backends import homes, tables_in, typed
from tests.rulebook.test_checker import WORDS

AS_OF = 20171231
RULES = resolve(shipped_book(), as_of=AS_OF, settings={"poverty_line": 350_900})


def both(text: str, scope: ScopeName, facts: dict[str, Any], people: list[dict[str, Any]] | None = None) -> list[Any]:
    """The value by SQL and by the evaluator, of a household or of its first person."""
    person = {"person_id": "p1", "household_id": "h", **(facts if scope == "person" else {})}
    household = {
        "household_id": "h",
        "village_code": "371102009201",
        "status": "poor",
        **(facts if scope == "household" else {}),
    }
    everyone = (
        [person]
        if people is None
        else [{"household_id": "h", "person_id": f"p{n}", **p} for n, p in enumerate(people, 1)]
    )
    register = typed({"household": [household], "person": everyone, "ledger": [], "receipt": []})
    node = check_expression(text, scope=scope, words=WORDS, where=Where("x", 1))
    con = duckdb.connect()
    tables_in(con, register)
    aggregates = Aggregates()
    emitter = Emitter(RULES, aggregates)
    sql = emitter.scalar(node)
    con.execute(
        "CREATE TABLE known AS SELECT *, died_on IS NULL AS member, 8191 AS dibao_days, TRUE AS dibao_now FROM person"
    )
    if scope == "person":
        query = f"SELECT {sql} FROM known"
    else:
        columns = aggregates.columns(emitter)
        words = {w: s for a in columns.values() for w, s in a.words.items()}
        flags = {w: f"BIT_OR({s})" for a in columns.values() for w, s in a.flags.items()}
        inner = ", ".join(f"{s} AS {w}" for w, s in (words | flags).items()) or "COUNT(*) AS n"
        outer = "".join(f", {a.read} AS {n}" for n, a in columns.items())
        query = (
            f"SELECT {sql} FROM (SELECT household.*{outer} FROM household LEFT JOIN "
            f"(SELECT household_no, {inner} FROM known GROUP BY household_no) AS of_persons USING (household_no))"
        )
    bound = {"as_of": AS_OF, "now": 4096, "p_line": 100, "p_flag": True, "p_margin": 7_000, "p_age_from": 18}
    used = {k: v for k, v in bound.items() if f"${k}" in query}
    (by_sql,) = con.execute(query, used).fetchone() or (None,)
    home = next(iter(homes_in(con)))
    values: dict[str, Any] = {"line": 100, "flag": True, "margin": 7_000, "age_from": 18}
    m = Moment(home, RULES.days, AS_OF, values, {})
    found = compile_node(node)(m.of(home.people[0]) if scope == "person" else m)
    return [by_sql, found]


T, F, U = True, False, None


@pytest.mark.parametrize(
    ("text", "facts", "expected"),
    [
        ("boarding AND wants_work", {"boarding": F, "wants_work": U}, F),
        ("boarding AND wants_work", {"boarding": T, "wants_work": U}, U),
        ("boarding OR wants_work", {"boarding": T, "wants_work": U}, T),
        ("boarding OR wants_work", {"boarding": F, "wants_work": U}, U),
        ("NOT boarding", {"boarding": U}, U),
        ("labour = 'weak'", {"labour": U}, U),
        ("labour <> 'weak'", {"labour": U}, U),
        ("labour IN ('weak', 'none')", {"labour": U}, U),
        ("tuition BETWEEN dibao_monthly AND :line", {"tuition": 200, "dibao_monthly": U}, F),
        ("tuition BETWEEN dibao_monthly AND :line", {"tuition": 50, "dibao_monthly": U}, U),
        ("tuition + dibao_monthly", {"tuition": 50, "dibao_monthly": U}, U),
        ("tuition - dibao_monthly", {"tuition": 50, "dibao_monthly": U}, U),
        (":margin * tuition", {"tuition": U}, U),
        ("LEAST(tuition, :line)", {"tuition": U}, U),
        ("LEAST(tuition, :line)", {"tuition": 50}, 50),
        ("GREATEST(tuition, :line)", {"tuition": U}, U),
        ("GREATEST(0, tuition)", {"tuition": U}, U),
        ("round_div(tuition, work_months)", {"tuition": 5, "work_months": U}, U),
        ("round_div(tuition, work_months)", {"tuition": 5, "work_months": 2}, 3),
        ("round_div(0 - tuition, work_months)", {"tuition": 5, "work_months": 2}, -3),
        ("round_div(tuition, work_months)", {"tuition": 5, "work_months": 0}, U),
        ("year_of(birth_date)", {"birth_date": U}, U),
        ("year_of(birth_date)", {"birth_date": 19991231}, 1999),
        ("boarding IS NULL", {"boarding": U}, T),
        ("boarding IS NOT NULL", {"boarding": U}, F),
        ("COALESCE(boarding, wants_work)", {"boarding": U, "wants_work": T}, T),
        ("COALESCE(boarding, wants_work)", {"boarding": U, "wants_work": U}, U),
        (
            "CASE WHEN boarding THEN tuition ELSE dibao_monthly END",
            {"boarding": U, "tuition": 1, "dibao_monthly": 2},
            2,
        ),
        ("CASE WHEN boarding THEN tuition END", {"boarding": F, "tuition": 1}, U),
        ("age >= :age_from", {"birth_date": U}, U),
        ("age >= :age_from", {"birth_date": 19991231}, T),
        ("age >= :age_from", {"birth_date": 20000101}, F),
        ("dibao_member", {"dibao_member": U}, U),
        ("age IS NULL", {"birth_date": U}, T),
    ],
)
def test_an_operator_of_a_person_does_with_an_unknown_what_the_table_says(
    text: str, facts: dict[str, Any], expected: Any
) -> None:
    assert both(text, "person", facts) == [expected, expected]


SICK = [{"serious_illness": v} for v in (T, F, U)]
YES, NO, MAYBE = SICK


@pytest.mark.parametrize(
    ("text", "people", "expected"),
    [
        ("some_of(person, serious_illness)", [NO, MAYBE, YES], T),
        ("some_of(person, serious_illness)", [NO, MAYBE], U),
        ("some_of(person, serious_illness)", [NO, NO], F),
        ("some_of(person, serious_illness)", [], F),
        ("every_of(person, serious_illness)", [YES, MAYBE, NO], F),
        ("every_of(person, serious_illness)", [YES, MAYBE], U),
        ("every_of(person, serious_illness)", [YES, YES], T),
        ("every_of(person, serious_illness)", [], T),
        ("some_of(chronic_illness, serious_illness)", [{"chronic_illness": U, "serious_illness": F}], F),
        ("some_of(chronic_illness, serious_illness)", [{"chronic_illness": U, "serious_illness": T}], U),
        ("every_of(chronic_illness, serious_illness)", [{"chronic_illness": U, "serious_illness": T}], T),
        ("every_of(chronic_illness, serious_illness)", [{"chronic_illness": U, "serious_illness": F}], U),
        ("every_of(chronic_illness, serious_illness)", [{"chronic_illness": F, "serious_illness": U}], T),
        ("count_of(person)", [NO, YES], 2),
        ("count_of(person)", [], 0),
        ("count_of(person, serious_illness)", [YES, NO, YES], 2),
        ("count_of(person, serious_illness)", [YES, MAYBE], U),
        ("count_of(member)", [{"died_on": 20170101}, {}], 1),
        ("lowest_of(person, work_months)", [{"work_months": 5}, {"work_months": 3}], 3),
        ("highest_of(person, work_months)", [{"work_months": 5}, {"work_months": 3}], 5),
        ("lowest_of(person, work_months)", [{"work_months": 5}, {"work_months": U}], U),
        (
            "lowest_of(serious_illness, work_months)",
            [{"serious_illness": T, "work_months": 5}, {"serious_illness": F, "work_months": U}],
            5,
        ),
        (
            "lowest_of(serious_illness, work_months)",
            [{"serious_illness": T, "work_months": 5}, {"serious_illness": U, "work_months": 9}],
            U,
        ),
        ("lowest_of(person, work_months)", [], U),
    ],
)
def test_an_aggregate_over_persons_does_with_an_unknown_what_the_table_says(
    text: str, people: list[dict[str, Any]], expected: Any
) -> None:
    assert both(text, "household", {}, people) == [expected, expected]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"other_causes": "illness;land"}, T),
        ({"other_causes": "land"}, F),
        ({"other_causes": None}, F),
        ({"other_causes": "illness"}, T),
    ],
)
def test_an_empty_list_of_causes_holds_none(facts: dict[str, Any], expected: Any) -> None:
    assert both("has(other_causes, 'illness')", "household", facts) == [expected, expected]


@pytest.mark.parametrize(
    "text", ["ledger(wage, income_year)", "ledger_recorded(wage, income_year)", "received(rain_dew)"]
)
def test_sums_of_no_rows_are_zero_not_unknown(text: str) -> None:
    home = homes(
        typed(
            {
                "household": [{"household_id": "h"}],
                "person": [{"household_id": "h", "person_id": "p"}],
                "ledger": [],
                "receipt": [],
            }
        )
    )[0]
    node = check_expression(text, scope="household", words=WORDS, where=Where("x", 1))
    assert compile_node(node)(Moment(home, RULES.days, AS_OF, {}, {})) == 0


def test_every_operator_of_the_tree_is_compiled_by_both_back_ends() -> None:
    operators = {
        cls
        for cls in vars(tree).values()
        if isinstance(cls, type) and issubclass(cls, tree.Node) and cls is not tree.Node
    }
    assert operators == set(compiled._WRITTEN) == set(sql._SCALAR)
    assert schema().tables["person"].columns


@pytest.mark.parametrize("value", [True, False, None])
def test_an_expression_may_be_deeper_than_python_reads_parentheses(value: bool | None) -> None:
    node: tree.Node = tree.Const(tree.BOOL, False, value)
    deep = reduce(lambda inner, outer: outer(inner), [_within] * 40, node)
    here = Moment(None, None, 0, {}, {})  # type: ignore[arg-type]  # nothing here looks at a household
    assert compile_node(deep)(here) is value
    assert bool(compile_found({0: deep}, of_person=False)(here)) is bool(value)


def _within(node: tree.Node) -> tree.Node:
    """The same, one step deeper."""
    also = tree.And(tree.BOOL, False, (tree.Const(tree.BOOL, False, True), node))
    return tree.Or(tree.BOOL, False, (tree.Const(tree.BOOL, False, False), also))

"""What the dialects mean differently by the same words is settled when a statement is written for Spark."""

import pytest

from bangfu.rulebook.spark_sql import spark_sql


@pytest.mark.parametrize(
    ("duckdb", "spark"),
    [
        ("SELECT a // b", "SELECT a DIV b"),
        ("SELECT ['x', 'y'][n + 1]", "SELECT ELEMENT_AT(ARRAY('x', 'y'), n + 1)"),
        ("SELECT a | b & c", "SELECT (a | b) & c"),
        ("SELECT a | b | c", "SELECT a | b | c"),
        ("SELECT flags & 4 <> 0", "SELECT (flags & 4) <> 0"),
        ("SELECT UNNEST([1, NULL]) AS n", "SELECT EXPLODE(ARRAY(1, NULL)) AS n"),
        ("SELECT 'it''s a \\ b'", "SELECT 'it\\'s a \\\\ b'"),
        ("SELECT CAST(a AS VARCHAR)", "SELECT CAST(a AS STRING)"),
    ],
)
def test_a_statement_for_spark_means_what_it_means_in_duckdb(duckdb: str, spark: str) -> None:
    assert spark_sql(duckdb) == spark


def test_layers_of_the_same_name_stay_in_their_branches() -> None:
    branch = "(WITH t AS (SELECT {} AS x) SELECT * FROM t)"
    sql = f"WITH u AS ({branch.format(1)} UNION ALL {branch.format(2)}) SELECT * FROM u"
    assert spark_sql(sql) == sql

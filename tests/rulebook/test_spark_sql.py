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


@pytest.mark.parametrize(
    ("duckdb", "spark"),
    [
        ("SELECT ((a)) + (1), ((a + 1))", "SELECT a + 1, (a + 1)"),
        ("SELECT CASE WHEN (a OR b) THEN (c | d) END", "SELECT CASE WHEN a OR b THEN c | d END"),
        ("SELECT (a OR b) AND c, (SELECT 1)", "SELECT (a OR b) AND c, (SELECT 1)"),
        ("(SELECT 1) UNION ALL ((SELECT 2) UNION ALL (SELECT 3))", "SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3"),
        ("SELECT 1 UNION ALL (SELECT 2 UNION SELECT 2)", "SELECT 1 UNION ALL (SELECT 2 UNION SELECT 2)"),
    ],
)
def test_only_what_changes_nothing_is_left_unbracketed(duckdb: str, spark: str) -> None:
    assert spark_sql(duckdb) == spark


@pytest.mark.parametrize(
    ("duckdb", "spark"),
    [
        ("WITH t AS (SELECT 1 AS x) SELECT t.x FROM t", "SELECT t.x FROM (SELECT 1 AS x) AS t"),
        ("WITH t AS (SELECT 1 AS x) SELECT u.x FROM t AS u", "SELECT u.x FROM (SELECT 1 AS x) AS u"),
        (
            "WITH t AS (SELECT 1 AS x), u AS (SELECT x FROM t) SELECT * FROM u",
            "SELECT * FROM (SELECT x FROM (SELECT 1 AS x) AS t) AS u",
        ),
        # A stored table of the same name, as long as there is no layer of that name yet.
        (
            "WITH t AS (SELECT * FROM u), u AS (SELECT * FROM t) SELECT * FROM u",
            "SELECT * FROM (SELECT * FROM (SELECT * FROM u) AS t) AS u",
        ),
    ],
)
def test_a_layer_stands_where_it_is_read(duckdb: str, spark: str) -> None:
    assert spark_sql(duckdb) == spark


def test_layers_of_the_same_name_stay_in_their_branches() -> None:
    branch = "(WITH t AS (SELECT {} AS x) SELECT * FROM t)"
    sql = f"WITH u AS ({branch.format(1)} UNION ALL {branch.format(2)}) SELECT * FROM u"
    branches = "SELECT * FROM (SELECT 1 AS x) AS t UNION ALL SELECT * FROM (SELECT 2 AS x) AS t"
    assert spark_sql(sql) == f"SELECT * FROM ({branches}) AS u"

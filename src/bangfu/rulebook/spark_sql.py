"""The compiled SQL as Spark SQL: the same statements, parsed and written anew by SQLGlot.

SQLGlot knows the dialects' spelling (`//` and DIV, types, quotes). What it passes on although the engines mean different things by it
is settled here. Both engines fail where an integer overflows (Spark in its ANSI mode), and both truncate when they divide.
"""

import sqlglot
from sqlglot import exp
from sqlglot.generators.spark import SparkGenerator


def spark_sql(sql: str) -> str:
    """A statement of a plan, its values filled in, in Spark's dialect."""
    tree = sqlglot.parse_one(sql, read="duckdb").transform(_settled, copy=False)
    # Not `generate`, which would move every WITH to the top first: our layers bear the same names in each branch.
    return SparkGenerator(dialect="spark").sql(tree)


def _settled(node: exp.Expr) -> exp.Expr:
    match node:
        case exp.Bracket(this=items, expressions=[place]):
            # DuckDB counts from 1, Spark's brackets from 0; its function counts from 1, and fails outside of the list.
            return exp.Anonymous(this="ELEMENT_AT", expressions=[items, place])
        case exp.Binary(parent=exp.Binary() as parent) if type(node) is not type(parent):
            # In DuckDB `a | b & c` is read from the left, in Spark & comes first; what is bracketed is the same in both.
            return exp.Paren(this=node)
    return node

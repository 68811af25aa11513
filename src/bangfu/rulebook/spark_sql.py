"""The compiled SQL as Spark SQL: the same statements, parsed and written anew by SQLGlot.

SQLGlot knows the dialects' spelling (`//` and DIV, types, quotes). What it passes on although the engines mean different things by it
is settled here. Both engines fail where an integer overflows (Spark in its ANSI mode), and both truncate when they divide.

What Spark takes long to read is written in a way that it reads quickly: a layer stands where it is read, and nothing is bracketed
without need.
"""

import sqlglot
from sqlglot import exp
from sqlglot.generators.spark import SparkGenerator

# What a bracket is of no use around, and in what.
_SINGLE = (exp.Column, exp.Literal, exp.Null, exp.Boolean, exp.Case)
_CLOSED = (exp.Paren, exp.If, exp.Alias, exp.Where, exp.Cast, exp.Coalesce, exp.Sum, exp.ConcatWs)


def spark_sql(sql: str) -> str:
    """A statement of a plan, its values filled in, in Spark's dialect."""
    tree = _in_place(sqlglot.parse_one(sql, read="duckdb").transform(_settled, copy=False))
    for bracket in reversed(list(tree.find_all(exp.Paren, exp.Subquery))):
        if _is_needless(bracket):
            bracket.replace(bracket.this)
    # Not `generate`, which would move what is left of WITH to the top first.
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


def _in_place(tree: exp.Expr) -> exp.Expr:
    """Each layer of a WITH where it is read. Spark's optimizer does that as well, but goes through all of them for each."""
    for layers in reversed(list(tree.find_all(exp.With))):  # the inner ones first: their names are nearer
        reader = layers.parent
        assert reader
        layers.pop()
        # The last one first: what stands before it may mean a stored table by its name, and is put in after it.
        for layer in reversed(layers.expressions):
            for table in [t for t in reader.find_all(exp.Table) if t.name == layer.alias]:
                table.replace(exp.alias_(exp.Subquery(this=layer.this.copy()), table.alias_or_name, table=True))
    return tree


def _is_needless(bracket: exp.Expr) -> bool:
    """Whether a bracket only makes Spark's parser look ahead: around one thing, in what is closed anyway, between UNION ALLs."""
    match bracket:
        case exp.Paren(this=exp.Query()):
            return False
        case exp.Paren():
            return isinstance(bracket.parent, _CLOSED) or isinstance(bracket.this, _SINGLE)
        case exp.Subquery(this=exp.Union() | exp.Select() as query, parent=exp.Union()):
            return not bracket.alias and all(
                u.args["distinct"] is False for u in (query, bracket.parent) if isinstance(u, exp.Union)
            )
        case _:
            return False

"""Columns by name, and the query that brings them: who asks for a column need not know what it is made of.

A frame stands for one row a household or person. A column of it is a *leaf*, which the query's source brings, or *made* by SQL over
other columns of the same frame. A query holds just the columns that its outputs need, in layers: each made after those that it names,
so that nothing is worked out twice and nothing is inlined into something else.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

_TEXT = re.compile(r"'(?:[^']|'')*'")
# A word that is a column's: no function, no parameter, and not of another relation (`h.status`).
_WORD = re.compile(r"(?<![\w.$])[a-z_][a-z0-9_]*\b(?!\()")

# SQL by column name; the name itself is no answer to whether there is such a column.
Lookup = Callable[[str], str | None]


def words(sql: str) -> list[str]:
    """The words of an expression that may be columns, each once, in order."""
    return list(dict.fromkeys(_WORD.findall(_TEXT.sub("''", sql))))


@dataclass(slots=True)
class Frame:
    """`leaf` and `made` give a column's SQL or None; `source` writes the query that brings some leaves, given their SQL by name."""

    name: str
    leaf: Lookup
    made: Lookup
    source: Callable[[Mapping[str, str]], str]
    _needs: dict[str, list[str]] = field(default_factory=dict)

    def knows(self, column: str) -> bool:
        return self.leaf(column) is not None or self.made(column) is not None

    def columns_in(self, sql: str) -> list[str]:
        return [word for word in words(sql) if self.knows(word)]

    def query(self, outputs: Mapping[str, str], where: Sequence[str] = (), tail: str = "") -> str:
        """SELECT the outputs (SQL by name) where all conditions hold. Each condition is asked in the first layer that can."""
        depths = self._depths([*outputs.values(), *where])
        deepest = max(depths.values(), default=0)
        leaves = {c: self.leaf(c) or "" for c, depth in depths.items() if depth == 0}
        asked: dict[int, list[str]] = {}
        for condition in where:
            asked.setdefault(max((depths[c] for c in self.columns_in(condition)), default=0), []).append(condition)
        layers = [f"{self.name}_0 AS (\n  {self.source(leaves)})"]
        for depth in range(1, deepest + 1):
            columns = "".join(f",\n    {self.made(c)} AS {c}" for c, d in depths.items() if d == depth)
            layers.append(
                f"{self.name}_{depth} AS (\n  SELECT *{columns}\n  FROM {self.name}_{depth - 1}{_where(asked.get(depth - 1, ()))})"
            )
        shown = ",\n  ".join(sql if sql == name else f"{sql} AS {name}" for name, sql in outputs.items())
        last = f"SELECT {shown}\nFROM {self.name}_{deepest}{_where(asked.get(deepest, ()))}{tail}"
        return "WITH " + ",\n".join(layers) + f"\n{last}"

    def _depths(self, expressions: Sequence[str]) -> dict[str, int]:
        """How many layers above the source each column needed stands; in an order that does not change from run to run."""
        depths: dict[str, int] = {}

        def depth(column: str) -> int:
            if column not in depths:
                if self.leaf(column) is not None:
                    depths[column] = 0
                else:
                    if column not in self._needs:
                        self._needs[column] = self.columns_in(self.made(column) or "")
                    depths[column] = 1 + max((depth(c) for c in self._needs[column]), default=0)
            return depths[column]

        for sql in expressions:
            for column in self.columns_in(sql):
                depth(column)
        return depths


def _where(conditions: Sequence[str]) -> str:
    return f"\n  WHERE {' AND '.join(conditions)}" if conditions else ""

"""A compiled plan's assessment as one function over arrays, and its rows for a region's households."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import CodeType
from typing import Any

import numpy as np
import pyarrow as pa
import sqlglot

from bangfu.engine.arrays.columns import Block, Inputs, blocks
from bangfu.engine.arrays.program import Beyond, Bit, Null, Number, Program, Value, Word, Yes
from bangfu.engine.arrays.relations import Relation, Relations
from bangfu.engine.arrays.runtime import NAMES
from bangfu.engine.judging import filled
from bangfu.rulebook.plan import Plan

BLOCK = 32_768  # households at once: their arrays stay in the processor's own memory
_KEPT = ("household_no", "household_id")


@dataclass(frozen=True, slots=True)
class Kernel:
    """`body` makes the arrays that `outputs` names of a block's; codes are numbered by `words`."""

    body: str
    asked: Mapping[str, Mapping[str, None]]
    outputs: Mapping[str, tuple[str | int | bool, Bit]]
    words: Mapping[str, int]

    def assessment(self, folder: Path, households: tuple[int, int], *, size: int = BLOCK) -> pa.Table:
        """The rows of `assessment` (money in fen) of a region's households, from the first number to the last; `size` of them at once.

        Raises Beyond where the data are.
        """
        made = [self._of(block) for block in blocks(folder, self.asked, households, size, dict(self.words))]
        return pa.concat_tables(made)

    def _of(self, block: Block) -> pa.Table:
        names: dict[str, Any] = {**NAMES, "block": block}
        with np.errstate(all="ignore"):
            exec(_compiled(self.body), names)  # noqa: S102  # made of the plan a moment ago
        count = block.size("household_no")

        def whole(value: str | int | bool) -> Any:
            return names[value] if isinstance(value, str) else np.full(count, value)

        columns = {
            name: pa.array(whole(value), mask=whole(unknown) if unknown is not False else None)
            for name, (value, unknown) in self.outputs.items()
        }
        return pa.table({"household_id": block.text("household", "household_id"), **columns})


@lru_cache(maxsize=8)
def _compiled(body: str) -> CodeType:
    return compile(body, "<plan>", "exec")


def kernel_of(plan: Plan) -> Kernel | None:
    """The plan over arrays; None where it asks for what they do not do here."""
    with suppress(Beyond):
        return compile_kernel(plan)
    return None


def compile_kernel(plan: Plan) -> Kernel:
    """Raises Beyond where the plan asks for what arrays do not do here."""
    program, inputs = Program(), Inputs()
    words: dict[str, int] = {}
    relations = Relations(program, words, inputs.tables())
    for name, sql in plan.prepare:
        relations.tables[name] = _relation(relations, filled(sql, plan))
    made = _relation(relations, filled(plan.results["assessment"], plan))
    if made.dense != "household_no" or made.present is not True:
        raise Beyond("an assessment that is not of every household")
    outputs = {name: _output(program, made.value(name)) for name in made.columns if name not in _KEPT}
    named = {n for pair in outputs.values() for n in pair if isinstance(n, str)}
    return Kernel(program.text(inputs.fetched, named), inputs.asked, outputs, words)


def _relation(relations: Relations, sql: str) -> Relation:
    made = relations.read(sqlglot.parse_one(sql, read="duckdb"))
    if not isinstance(made, Relation):
        raise Beyond("a result of several queries")
    return made


def _output(program: Program, value: Value) -> tuple[str | int | bool, Bit]:
    match value:
        case Null():
            return 0, True
        case Yes(true=true, false=false):
            return true, program.no(program.either(true, false))
        case Number(arr=arr, unknown=unknown):
            return arr.lo if arr.constant else arr.name, unknown
        case Word():
            raise Beyond("a result that is a code")

"""Tables of compiled plans as one line of operations on arrays, and their rows for a region's households."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import sqlglot
from sqlglot import exp

from bangfu.engine.arrays.columns import Block, Inputs, blocks
from bangfu.engine.arrays.program import Beyond, Bit, Null, Number, Program, Text, Value, Word, Yes
from bangfu.engine.arrays.relations import Relation, Relations, Union
from bangfu.engine.arrays.runtime import NAMES
from bangfu.engine.judging import filled
from bangfu.kernel.collecting import uncollected
from bangfu.kernel.schema import schema
from bangfu.rulebook.plan import Plan

BLOCK = 40_960  # households at once: their arrays stay in the processor's own memory
# Texts and codes are handed on by their places in a list.
_ARROW = {
    "number": pa.int64(),
    "yes": pa.bool_(),
    "code": pa.dictionary(pa.int16(), pa.string()),
    "text": pa.dictionary(pa.int32(), pa.string()),
}


@dataclass(frozen=True, slots=True)
class Output:
    """A column as it comes out: its kind, its array (or the same for every row), and where it is unknown; of a text, which column it is of."""

    kind: str
    value: str | int | bool
    unknown: Bit = False
    of: str = ""

    @property
    def names(self) -> list[str]:
        return [n for n in (self.value, self.unknown) if isinstance(n, str)]


@dataclass(frozen=True, slots=True)
class Kernel:
    """`body` makes the arrays that `outputs` names of a block's: by table a list of parts, each with its columns. Codes are numbered by `words`.

    It is right of amounts up to `most_money`.
    """

    body: str
    asked: Mapping[str, Collection[str]]
    outputs: Mapping[str, Sequence[Mapping[str, Output]]]
    words: Mapping[str, int]
    most_money: int

    def tables(self, folder: Path, households: tuple[int, int], *, size: int = BLOCK) -> dict[str, list[pa.Table]]:
        """The rows of each table (money in fen) of a region's households, from the first number to the last: a table for `size` of them.

        In it part by part, and in a part in the order of the households; its texts are places in lists that it has as a whole. Raises Beyond where the data are.
        """
        made: dict[str, list[pa.Table]] = {name: [] for name in self.outputs}
        compiled = _compiled(self.body, _names_in(self.outputs))
        with _quick_memory(), uncollected(), np.errstate(all="ignore"):
            for block in blocks(folder, self.asked, households, size, dict(self.words), self.most_money):
                names = compiled(block)
                for name, parts in self.outputs.items():
                    made[name].append(pa.concat_tables([_shown(block, columns, names) for columns in parts]))
        return made


def _names_in(outputs: Mapping[str, Sequence[Mapping[str, Output]]]) -> tuple[str, ...]:
    """The arrays that outputs are, each once."""
    every = (output for parts in outputs.values() for part in parts for output in part.values())
    return tuple(sorted({name for output in every for name in output.names}))


@contextmanager
def _quick_memory() -> Iterator[None]:
    """Arrow's own pool while files are read: where a column turns out shorter than thought it is cut, and not copied.

    A sixteenth of a piece's time, for 70 MB a process that it keeps: too many for an import, which has the system's (`bangfu`).
    """
    was = pa.default_memory_pool()
    if "mimalloc" in pa.supported_memory_backends():
        pa.set_memory_pool(pa.mimalloc_memory_pool())
    try:
        yield
    finally:
        pa.set_memory_pool(was)


def _shown(block: Block, columns: Mapping[str, Output], names: Mapping[str, Any]) -> pa.Table:
    count = next(len(names[output.value]) for output in columns.values() if isinstance(output.value, str))

    def array(output: Output) -> Any:
        if output.unknown is True:
            return pa.nulls(count, _ARROW[output.kind])
        values = names[output.value] if isinstance(output.value, str) else np.full(count, output.value)
        match output.kind:
            case "code":
                return block.codes(values)
            case "text":
                return block.text(output.of, values)
            case kind:
                mask = names[output.unknown] if isinstance(output.unknown, str) else None
                return pa.array(values, _ARROW[kind], mask=mask)

    return pa.table({name: array(output) for name, output in columns.items()})


@lru_cache(maxsize=8)
def _compiled(body: str, named: tuple[str, ...]) -> Callable[[Block], Mapping[str, Any]]:
    """A function, whose own names are found sooner than those of a module."""
    lines = body.replace("\n", "\n ")
    shown = ", ".join(f"{name!r}: {name}" for name in named)
    names: dict[str, Any] = dict(NAMES)
    exec(compile(f"def made(block):\n {lines}\n return {{{shown}}}", "<plan>", "exec"), names)  # noqa: S102  # made of the plan a moment ago
    made: Callable[[Block], Mapping[str, Any]] = names["made"]
    return made


def compile_kernel(
    *wanted: tuple[Plan, Collection[str]], inputs: Inputs | None = None, without: Collection[str] = ()
) -> Kernel:
    """Some tables of plans, results or such as they prepare; what several plans ask for is made once, what only columns `without` need never.

    Raises Beyond where a plan asks for what arrays do not do here.
    """
    program, inputs = Program(), inputs or Inputs()
    words: dict[str, int] = {}
    outputs = {}
    for plan, tables in wanted:
        relations = Relations(program, words, inputs.tables())
        for name, sql in plan.prepare:
            prepared = relations.read(_parsed(filled(sql, plan)))
            if isinstance(prepared, Union):
                raise Beyond("a table of several queries")
            relations.tables[name] = prepared
        for name in tables:
            sql = plan.results.get(name)  # type: ignore[call-overload]
            made: Relation | Union = relations.read(_parsed(filled(sql, plan))) if sql else relations.tables[name]
            shown = [c for c in schema().results[name].columns if c not in without] if sql else None
            outputs[name] = _parts(program, made.parts if isinstance(made, Union) else (made,), shown)
    every = [output for parts in outputs.values() for part in parts for output in part.values()]
    named = set(_names_in(outputs))
    # What was looked at to no purpose is not read.
    columns = [inputs.columns[name] for name in sorted(program.needed(named)) if name in inputs.columns]
    columns += [(table, column) for output in every if output.of for table, column in [output.of.split(".")]]
    asked = {table: sorted({column for of, column in columns if of == table}) for table, _ in columns}
    return Kernel(program.text(inputs.fetched, named), asked, outputs, words, inputs.most_money)


def _parsed(sql: str) -> exp.Expr:
    return sqlglot.parse_one(sql, read="duckdb")


def _parts(program: Program, parts: Sequence[Relation], shown: Collection[str] | None) -> list[dict[str, Output]]:
    """The columns of each part; one that is NULL in some is there of the kind that it is in the others."""
    if any(part.present is not True for part in parts):
        raise Beyond("a result of groups")
    names = [name for name in parts[0].columns if shown is None or name in shown]
    made = [{name: _output(program, part.value(name)) for name in names} for part in parts]
    kinds = {name: next((p[name].kind for p in made if p[name].kind), "number") for name in names}
    return [{name: replace(p[name], kind=kinds[name]) for name in names} for p in made]


def _output(program: Program, value: Value) -> Output:
    match value:
        case Null():
            return Output("", 0, unknown=True)
        case Yes(true=true, false=false):
            return Output("yes", true, program.no(program.either(true, false)))
        case Number(arr=arr, unknown=unknown):
            return Output("number", arr.lo if arr.constant else arr.name, unknown)
        case Word(arr=arr):
            return Output("code", arr.lo if arr.constant else arr.name)
        case Text(of=of, rows=rows):
            return Output("text", rows, of=of)

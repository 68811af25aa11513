"""The SELECTs of a plan as relations of columns, each worked out when it is first asked for.

What is joined is always joined by a number that is dense on one side: a household's or a person's. Rows are grouped by these numbers, too.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlglot import exp

from bangfu.engine.arrays.expressions import NO_WORD, Expressions
from bangfu.engine.arrays.program import (
    Arr,
    Beyond,
    Bit,
    Null,
    Number,
    Program,
    Text,
    Value,
    Word,
    Yes,
    const,
    kind_for,
)

KEYS = ("household_no", "person_no")
# No household has more rows than this that are added up: held to when rows are read.
MOST_ROWS = 1 << 12
_AGGREGATES: Mapping[type[exp.Expr], str] = {
    exp.Sum: "add",
    exp.BitwiseOrAgg: "bitwise_or",
    exp.BitwiseAndAgg: "bitwise_and",
    exp.Min: "minimum",
    exp.Max: "maximum",
}

Column = Callable[[], Value]


@dataclass
class Relation:
    """Columns by name. `dense` names the key of which each number has one row, in order; `present` says for which of them there is one."""

    columns: dict[str, Column]
    dense: str = ""
    present: Bit = True
    _made: dict[str, Value] = field(default_factory=dict)

    def value(self, name: str) -> Value:
        if name not in self._made:
            self._made[name] = self.columns[name]()
        return self._made[name]


@dataclass(frozen=True)
class Union:
    """The rows of several relations with the same columns."""

    parts: tuple[Relation, ...]


@dataclass
class Relations:
    """Reads queries; `tables` are those that have been read before, or that the register has."""

    program: Program
    words: dict[str, int]
    tables: dict[str, Relation]

    def read(self, node: exp.Expr, named: Mapping[str, Relation | Union] | None = None) -> Relation | Union:
        """The relation of a query. `named` are those of the WITH around it."""
        known = dict(named or {})
        match node:
            case exp.Subquery() | exp.Paren():
                return self.read(node.this, known)
            case exp.Union():
                return Union(tuple(part for side in (node.this, node.expression) for part in self._parts(side, known)))
            case exp.Select():
                for cte in node.ctes:
                    known[cte.alias] = self.read(cte.this, known)
                return self._select(node, known)
            case _:
                raise Beyond(type(node).__name__)

    def _parts(self, node: exp.Expr, named: Mapping[str, Relation | Union]) -> tuple[Relation, ...]:
        found = self.read(node, named)
        return found.parts if isinstance(found, Union) else (found,)

    def _source(self, node: exp.Expr, named: Mapping[str, Relation | Union]) -> Relation | Union:
        if not isinstance(node, exp.Table):
            return self.read(node, named)
        found = named.get(node.name) or self.tables.get(node.name)
        if found is None:
            raise Beyond(f"the table {node.name}")
        return found

    def _select(self, node: exp.Select, named: Mapping[str, Relation | Union]) -> Relation:
        for word in ("having", "qualify", "distinct", "order", "limit", "windows"):
            if node.args.get(word):
                raise Beyond(word)
        from_ = node.args["from_"].this
        source = self._source(from_, named)
        if isinstance(source, Union):
            return self._grouped_union(node, source)
        scope = _Scope(source, {from_.alias_or_name: source})
        for join in node.args.get("joins") or ():
            scope = self._joined(scope, join, self._source(join.this, named))
        whole = Relation(scope.columns(), scope.main.dense, scope.main.present)
        scope = replace(scope, main=whole)
        where = node.args.get("where")
        if where is not None:
            scope = self._filtered(scope, where.this)
        if node.args.get("group"):
            return self._grouped(node, [scope])
        columns: dict[str, Column] = {}
        for shown in node.expressions:
            if isinstance(shown, exp.Star):
                columns |= {name: _of(scope.main, name) for name in scope.main.columns}
            else:
                columns[shown.alias_or_name] = self._later(scope, shown.unalias())
        dense = scope.main.dense
        renamed = next((s.alias for s in node.expressions if isinstance(s, exp.Alias) and s.this.name == dense), dense)
        return Relation(columns, renamed, scope.main.present)

    def _expressions(self, scope: "_Scope") -> Expressions:
        return Expressions(self.program, self.words, scope.lookup, {})

    def _later(self, scope: "_Scope", node: exp.Expr) -> Column:
        return lambda: self._expressions(scope).value(node)

    # ---- rows chosen

    def _filtered(self, scope: "_Scope", node: exp.Expr) -> "_Scope":
        if scope.main.present is not True:
            raise Beyond("rows chosen of what is grouped")
        holds = self._expressions(scope).yes(node).true
        if holds is True:
            return scope
        rows = self.program.op("chosen({0})", holds) if isinstance(holds, str) else self.program.op("nobody()")
        main = scope.main
        columns = {name: self._taken(main, name, rows, "taken({0}, {1})") for name in main.columns}
        all_hold = node.flatten() if isinstance(node, exp.And) else [node]
        known = [c.this.this for c in all_hold if _asks_whether_known(c)]
        columns |= {c.name: self._known(columns[c.name]) for c in known if c.name in columns}
        return _Scope(Relation(columns), {})

    def _known(self, column: Column) -> Column:
        """A number that the rows were chosen by being known."""

        def known() -> Value:
            value = column()
            return replace(value, unknown=False) if isinstance(value, Number) else value

        return known

    def _taken(self, relation: Relation, name: str, rows: str, template: str) -> Column:
        return lambda: self._rows_of(relation.value(name), rows, template)

    def _rows_of(self, value: Value, rows: str, template: str) -> Value:
        """The same value of other rows, by their places."""

        def bit(one: Bit) -> Bit:
            return self.program.op(template, one, rows) if isinstance(one, str) else one

        def arr(one: Arr) -> Arr:
            return replace(one, name=self.program.op(template, one.name, rows)) if one.kind else one

        match value:
            case Null():
                return value
            case Text(of=of, rows=places):
                return Text(of, self.program.op(template, places, rows))
            case Word(arr=a):
                return Word(arr(a))
            case Yes(true=true, false=false):
                made = Yes(bit(true), bit(false))
                if self.program.no(true) == false:
                    self.program.opposed(made.true, made.false)
                return made
            case Number(arr=a, unknown=unknown, zeroed=zeroed):
                return Number(arr(a), bit(unknown), zeroed=zeroed)

    # ---- joins

    def _joined(self, scope: "_Scope", join: exp.Join, right: Relation | Union) -> "_Scope":
        left, alias = scope.main, join.this.alias_or_name
        if isinstance(right, Union):
            raise Beyond("a join of another kind")
        mine, theirs = _keys_of(join, left, right)
        outer = join.side.upper() == "LEFT"
        if right.dense == theirs:
            if left.dense == mine and left.present is True:
                columns = {name: self._beside(right, name) for name in right.columns}
            elif right.present is True:
                columns = self._fetched(right, left.value(mine), outer=outer)
            else:
                raise Beyond("a join of another kind")
            if not outer and right.present is not True:
                raise Beyond("a join that leaves rows out")
        elif outer and left.dense == mine and left.present is True:
            columns = {name: self._scattered(right, name, theirs, mine) for name in right.columns}
        else:
            raise Beyond("a join of another kind")
        return _Scope(left, {**scope.named, alias: Relation(columns)})

    def _fetched(self, right: Relation, key: Value, *, outer: bool) -> dict[str, Column]:
        """The columns of a relation by its key's numbers; unknown where there is no number."""
        if not isinstance(key, Number) or (key.unknown is not False and not outer):
            raise Beyond("a join by what may be unknown")
        if key.unknown is False:
            return {name: self._taken(right, name, key.arr.name, "fetched({0}, {1})") for name in right.columns}
        program, known = self.program, self.program.no(key.unknown)
        places = program.where(known, key.arr, const(0)).name

        def column(name: str) -> Column:
            taken = self._taken(right, name, places, "fetched({0}, {1})")
            return lambda: self._with_gaps(taken(), known, zeroes=False)

        return {name: column(name) for name in right.columns}

    def _beside(self, right: Relation, name: str) -> Column:
        """A column of grouped rows beside the key's own: unknown where there is no row."""
        return lambda: self._with_gaps(right.value(name), right.present, zeroes=True)

    def _with_gaps(self, value: Value, present: Bit, *, zeroes: bool) -> Value:
        """A value that is known at most where something is `present`; `zeroes` says that its array has 0 elsewhere."""
        if present is True:
            return value
        program = self.program
        match value:
            case Null():
                return value
            case Word(arr=arr):
                return Word(program.where(present, arr, NO_WORD))
            case Text(of=of, rows=rows):
                return Text(of, program.op("~(~{1} * {0})", str(present), rows))
            case Yes(true=true, false=false):
                return Yes(program.both(present, true), program.both(present, false))
            case Number(arr=arr, unknown=unknown, zeroed=zeroed):
                return Number(
                    arr, program.either(unknown, program.no(present)), zeroed=zeroes and (zeroed or unknown is False)
                )

    def _scattered(self, right: Relation, name: str, key: str, of: str) -> Column:
        """A column of some rows, each with a number of its own, put where that number's row is."""

        def column() -> Value:
            number = right.value(key)
            if not isinstance(number, Number):
                raise Beyond("a join by something else")
            size, program = f"n_{of}", self.program
            here = program.op("present({0}, {1})", number.arr.name, size)

            def bit(one: Bit) -> Bit:
                if isinstance(one, bool):
                    return here if one else False
                return program.op("scattered({0}, {1}, {2})", one, number.arr.name, size)

            match right.value(name):
                case Null() as value:
                    return value
                case Yes(true=true, false=false):
                    return Yes(bit(true), bit(false))
                case Number(arr=arr, unknown=unknown):
                    lo, hi = min(arr.lo, 0), max(arr.hi, 0)
                    missing = program.either(program.no(here), bit(unknown))
                    if arr.constant:
                        return Number(arr, missing)
                    made = program.op("scattered({0}, {1}, {2})", arr.name, number.arr.name, size)
                    return Number(Arr(made, lo, hi, arr.kind), missing, zeroed=unknown is False)
                case _:
                    raise Beyond("codes of some rows")

        return column

    # ---- groups

    def _grouped_union(self, node: exp.Select, source: Union) -> Relation:
        if node.args.get("where") or node.args.get("joins") or not node.args.get("group"):
            raise Beyond("UNION ALL that is not added up")
        return self._grouped(node, [_Scope(part, {}) for part in source.parts])

    def _grouped(self, node: exp.Select, scopes: Sequence["_Scope"]) -> Relation:
        by = node.args["group"].expressions
        if len(by) == 2 and len(scopes) == 1:
            return self._grouped_by_code(node, scopes[0], *by)
        if len(by) != 1 or not isinstance(by[0], exp.Column) or by[0].name not in KEYS:
            raise Beyond("groups of another kind")
        key, program = by[0].name, self.program
        numbers = [scope.lookup(key, "") for scope in scopes]
        groups = []
        for number in numbers:
            if not isinstance(number, Number):
                raise Beyond("groups of another kind")
            groups.append(program.op("grouped({0}, {1})", number.arr.name, f"n_{key}"))
        present = program.either(*(program.op("{0}.present", group) for group in groups))
        columns: dict[str, Column] = {}
        dense = ""
        for shown in node.expressions:
            inner, name = shown.unalias(), shown.alias_or_name
            if isinstance(inner, exp.Column) and inner.name == key:
                dense = name
                columns[name] = lambda: Number(Arr(f"every_{key}", 0, (1 << 31) - 1, "int32"))
            else:
                columns[name] = self._aggregated(inner, scopes, groups)
        if not dense:
            raise Beyond("groups that are not named")
        return Relation(columns, dense, present)

    def _grouped_by_code(self, node: exp.Select, scope: "_Scope", key: exp.Expr, code: exp.Expr) -> Relation:
        """A row for each number and code that some row has; in the order of the numbers."""
        number, word = (self._expressions(scope).value(by) for by in (key, code))
        if not (isinstance(number, Number) and number.unknown is False and isinstance(word, Word)):
            raise Beyond("groups of another kind")
        group = self.program.op("Coded({0}, {1})", number.arr.name, word.arr.name)
        columns: dict[str, Column] = {}
        for shown in node.expressions:
            inner = shown.unalias()
            if inner == key:
                made: Value = Number(replace(number.arr, name=self.program.op("{0}.numbers", group)))
            elif inner == code:
                made = Word(replace(word.arr, name=self.program.op("{0}.codes", group)))
            else:
                columns[shown.alias_or_name] = self._aggregated(inner, [scope], [group])
                continue
            columns[shown.alias_or_name] = _just(made)
        return Relation(columns)

    def _aggregated(self, node: exp.Expr, scopes: Sequence["_Scope"], groups: Sequence[str]) -> Column:
        def column() -> Value:
            aggregate = node.this if isinstance(node, exp.Cast) else node
            word = _AGGREGATES.get(type(aggregate))
            if word is None or (len(scopes) > 1 and word != "add"):
                raise Beyond(f"{type(aggregate).__name__} over groups")
            made = [
                self._of_groups(word, self._expressions(scope).number(aggregate.this), group)
                for scope, group in zip(scopes, groups, strict=True)
            ]
            total = made[0]
            for more in made[1:]:
                total = Number(
                    self.program.add(total.arr, more.arr), self.program.both(total.unknown, more.unknown), zeroed=True
                )
            return total

        return column

    def _of_groups(self, word: str, item: Number, group: str) -> Number:
        """One number a group; unknown ones are passed over. Where there is no group it is 0, and unknown where all of a group's are."""
        program, arr = self.program, item.arr
        if word == "add":
            lo, hi = min(0, arr.lo * MOST_ROWS), max(0, arr.hi * MOST_ROWS)
            neutral = const(0)
        elif word.startswith("bitwise"):
            bits = max(abs(arr.lo), arr.hi).bit_length()
            lo, hi = -(1 << bits) if arr.lo < 0 else 0, (1 << bits) - 1
            neutral = const(0 if word == "bitwise_or" else hi if arr.lo >= 0 else -1)
        else:
            lo, hi, neutral = min(0, arr.lo), max(0, arr.hi), const(arr.hi if word == "minimum" else arr.lo)
        if item.unknown is True:
            return Number(const(0), True, zeroed=True)
        if item.unknown is False and arr == const(0) and word in ("add", "bitwise_or"):
            return Number(const(0), zeroed=True)
        if item.unknown is not False and not (item.zeroed and neutral == const(0)):
            arr = program.where(item.unknown, neutral, arr)
        kind = max(arr.kind or "int16", kind_for(lo, hi), key=lambda k: int(k[3:]))
        text = f"{kind}({arr.name})" if arr.constant else program.cast(arr, kind)
        made = Arr(program.op(f"{{1}}.{word}({{0}})", text, group), lo, hi, kind)
        if item.unknown is False:
            return Number(made, False, zeroed=True)
        some = program.op("{1}.some({0})", program.no(item.unknown), group)  # type: ignore[arg-type]
        return Number(made, program.no(some), zeroed=word == "add")


@dataclass(frozen=True)
class _Scope:
    """The columns that an expression may name: those of one relation, or of several that stand side by side."""

    main: Relation
    named: Mapping[str, Relation]

    def lookup(self, name: str, of: str) -> Value:
        relations = [self.named[of]] if of in self.named and of else [self.main, *self.named.values()]
        for relation in relations:
            if name in relation.columns:
                return relation.value(name)
        raise Beyond(f"the column {name}")

    def columns(self) -> dict[str, Column]:
        made: dict[str, Column] = {}
        for relation in (*reversed(list(self.named.values())), self.main):
            made |= {name: _of(relation, name) for name in relation.columns}
        return made


def _just(value: Value) -> Column:
    return lambda: value


def _keys_of(join: exp.Join, left: Relation, right: Relation) -> tuple[str, str]:
    """The columns by which two relations are joined, the left one's and the right one's."""
    if using := join.args.get("using"):
        return using[0].name, using[0].name
    on, alias = join.args.get("on"), join.this.alias_or_name
    if not isinstance(on, exp.EQ):
        raise Beyond("a join of another kind")
    sides = [side for side in (on.this, on.expression) if isinstance(side, exp.Column)]
    mine = next((s for s in sides if s.table != alias and s.name in left.columns), None)
    theirs = next((s for s in sides if s is not mine and s.name in right.columns), None)
    if mine is None or theirs is None:
        raise Beyond("a join of another kind")
    return mine.name, theirs.name


def _of(relation: Relation, name: str) -> Column:
    return lambda: relation.value(name)


def _asks_whether_known(node: exp.Expr) -> bool:
    """Whether it is `column IS NOT NULL`."""
    return (
        isinstance(node, exp.Not)
        and isinstance(node.this, exp.Is)
        and isinstance(node.this.this, exp.Column)
        and isinstance(node.this.expression, exp.Null)
    )

"""SQL expressions of a plan as operations on arrays, in SQL's three-valued logic."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from bangfu.engine.arrays.program import Arr, Beyond, Bit, Null, Number, Program, Text, Value, Word, Yes, const

# By a column's name and the relation it is said to be of, if any.
Lookup = Callable[[str, str], Value]
_SIGNS: Mapping[type[exp.Expr], str] = {
    exp.EQ: "==",
    exp.NEQ: "!=",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
NO_WORD = const(-1)
MOST_WORDS = (1 << 15) - 1


@dataclass(frozen=True, slots=True)
class Expressions:
    """Reads the expressions of one relation. `words` numbers the codes that the plan names.

    `within` narrows the range of arrays where a CASE has looked at them before.
    """

    program: Program
    words: dict[str, int]
    lookup: Lookup
    within: Mapping[str, tuple[int, int]]

    def value(self, node: exp.Expr) -> Value:
        handler = _HANDLERS.get(type(node))
        if handler is None:
            raise Beyond(type(node).__name__)
        return handler(self, node)

    def yes(self, node: exp.Expr) -> Yes:
        found = _typed(self.value(node), Yes)
        assert isinstance(found, Yes)
        return found

    def number(self, node: exp.Expr) -> Number:
        return self._as_number(self.value(node))

    def _as_number(self, found: Value) -> Number:
        """A number, its range as narrow as is known here."""
        found = _typed(found, Number)
        assert isinstance(found, Number)
        arr = found.arr
        if arr.name not in self.within:
            return found
        lo, hi = self.within[arr.name]
        return replace(found, arr=replace(arr, lo=max(lo, arr.lo), hi=min(hi, arr.hi)))

    # ---- leaves

    def column(self, node: exp.Column) -> Value:
        return self.lookup(node.name, node.table)

    def literal(self, node: exp.Literal) -> Value:
        if node.is_string:
            return Word(const(self.word(node.this)))
        return Number(const(int(node.this)))

    def word(self, text: str) -> int:
        return self.words.setdefault(text, len(self.words))

    def null(self, _: exp.Null) -> Value:
        return Null()

    def boolean(self, node: exp.Boolean) -> Value:
        return Yes(bool(node.this), not node.this)

    # ---- logic

    def and_(self, node: exp.And) -> Value:
        items = [self.yes(i) for i in node.flatten()]
        return Yes(self.program.both(*(i.true for i in items)), self.program.either(*(i.false for i in items)))

    def or_(self, node: exp.Or) -> Value:
        items = [self.yes(i) for i in node.flatten()]
        return Yes(self.program.either(*(i.true for i in items)), self.program.both(*(i.false for i in items)))

    def not_(self, node: exp.Not) -> Value:
        item = self.yes(node.this)
        return Yes(item.false, item.true)

    def is_(self, node: exp.Is) -> Value:
        match node.expression:
            case exp.Null():
                asked = self.unknown(self.value(node.this))
            case exp.Boolean(this=wanted):
                item = self.yes(node.this)
                asked = item.true if wanted else item.false
            case _:
                raise Beyond("IS of something else")
        return Yes(asked, self.program.no(asked))

    def unknown(self, value: Value) -> Bit:
        match value:
            case Text(rows=rows):
                # Only ids are shown, and none of them is missing where there is a row.
                return self.program.op("{0} < 0", rows)
            case Null():
                return True
            case Number(unknown=unknown):
                return unknown
            case Word(arr=arr):
                return self.program.compare("==", arr, NO_WORD)
            case Yes(true=true, false=false):
                return self.program.no(self.program.either(true, false))

    # ---- comparing

    def compare(self, node: exp.Binary) -> Value:
        left, right = self.value(node.this), self.value(node.expression)
        sign = _SIGNS[type(node)]
        match left, right:
            case (Null(), _) | (_, Null()):
                return Yes(False, False)
            case (Word(), _) | (_, Word()):
                return self._same(left, right, sign)
            case (Yes(), _) | (_, Yes()):
                raise Beyond("comparing yes-nos")
        a, b = self._as_number(left), self._as_number(right)
        known = self.program.no(self.program.either(a.unknown, b.unknown))
        said = self.program.compare(sign, a.arr, b.arr)
        return Yes(self.program.both(known, said), self.program.both(known, self.program.no(said)))

    def _same(self, left: Value, right: Value, sign: str) -> Value:
        """Two codes. An unknown one is no other's equal."""
        if not (isinstance(left, Word) and isinstance(right, Word) and sign in ("==", "!=")):
            raise Beyond("comparing codes with something else")
        if left.arr.constant or right.arr.constant:
            code, word = (left, right) if right.arr.constant else (right, left)
            return self._among(code, [word.arr], otherwise=sign == "!=")
        same = self.program.compare("==", left.arr, right.arr)
        known = self.program.no(self.program.either(self.unknown(left), self.unknown(right)))
        yes, no = self.program.both(known, same), self.program.both(known, self.program.no(same))
        return Yes(no, yes) if sign == "!=" else Yes(yes, no)

    def in_(self, node: exp.In) -> Value:
        if node.args.get("query"):
            raise Beyond("IN a query")
        item, chosen = self.value(node.this), [self.value(e) for e in node.expressions]
        if not all(isinstance(c, Word | Number) and c.arr.constant for c in chosen):
            raise Beyond("IN a list of something else")
        if isinstance(item, Word):
            return self._among(item, [c.arr for c in chosen if isinstance(c, Word)], otherwise=False)
        each = [self.compare(exp.EQ(this=node.this.copy(), expression=e.copy())) for e in node.expressions]
        return Yes(
            self.program.either(*(e.true for e in each if isinstance(e, Yes))),
            self.program.both(*(e.false for e in each if isinstance(e, Yes))),
        )

    def _among(self, item: Word, words: Sequence[Arr], *, otherwise: bool) -> Value:
        true = self.program.either(*(self.program.compare("==", item.arr, w) for w in words))
        false = self.program.both(self.program.no(true), self.program.no(self.unknown(item)))
        return Yes(false, true) if otherwise else Yes(true, false)

    def like(self, node: exp.Like) -> Value:
        """Whether a list has a code: the one way in which the compiler writes LIKE. An unknown list has none."""
        match node:
            case exp.Like(
                this=exp.Coalesce(this=exp.DPipe(this=exp.DPipe(expression=listed))),
                expression=exp.Literal(this=wanted),
            ):
                item = self.value(listed)
            case _:
                raise Beyond("LIKE of something else")
        if not isinstance(item, Word) or item.arr.constant:
            raise Beyond("a list out of something else")
        true = self.program.op("block.has({0}, {1})", item.arr.name, repr(wanted.strip("%;")))
        return Yes(true, self.program.no(true))

    # ---- choosing

    def case(self, node: exp.Case) -> Value:
        if node.this is not None:
            return self.case(_searched(node))
        branches: list[tuple[Yes, Value]] = []
        expressions = self
        for branch in node.args["ifs"]:
            when = expressions.yes(branch.this)
            if when.true is False:
                continue
            inside = expressions._knowing(branch.this, holds=True)
            branches.append((when, inside._any(branch.args["true"])))
            expressions = expressions._knowing(branch.this, holds=False)
            if when.true is True:
                break
        default = node.args.get("default")
        last = expressions._any(default) if default is not None and not _settled(branches) else Null()
        return self._chosen(branches, last)

    def _any(self, node: exp.Expr) -> Value:
        found = self.value(node)
        return self._as_number(found) if isinstance(found, Number) else found

    def _chosen(self, branches: Sequence[tuple[Yes, Value]], last: Value) -> Value:
        """The first branch that holds, from the last one backwards."""
        kinds = {type(v) for _, v in branches} | {type(last)}
        kinds.discard(Null)
        if not kinds:
            return Null()
        if len(kinds) > 1:
            raise Beyond("CASE of several types")
        made = _typed(last, kinds.pop())
        for when, value in reversed(branches):
            made = self._one_of(when.true, _typed(value, type(made)), made)
        return made

    def _one_of(self, when: Bit, one: Value, other: Value) -> Value:
        program = self.program
        match one, other:
            case Yes(), Yes():
                return Yes(program.choose(when, one.true, other.true), program.choose(when, one.false, other.false))
            case Word(), Word():
                return Word(program.where(when, one.arr, other.arr))
            case Number(), Number():
                unknown = program.choose(when, one.unknown, other.unknown)
                zeroed = all(n.zeroed or n.unknown is False for n in (one, other))
                return Number(program.where(when, one.arr, other.arr), unknown, zeroed=zeroed)
        raise AssertionError("of one type by now")

    def _knowing(self, node: exp.Expr, *, holds: bool) -> "Expressions":
        """The same, where a comparison of a number with a constant is known to hold or not to hold (or to be unknown)."""
        node = node.unnest()
        sign = _SIGNS.get(type(node), "")
        if not isinstance(node, exp.Binary) or sign not in _FLIPPED:
            return self
        left, right = self.value(node.this), self.value(node.expression)
        if not (isinstance(left, Number) and isinstance(right, Number) and left.arr.kind and right.arr.constant):
            return self
        if not holds:
            sign = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}[sign]
        bound = right.arr.lo
        lo, hi = self.within.get(left.arr.name, (left.arr.lo, left.arr.hi))
        match sign:
            case ">":
                lo = max(lo, bound + 1)
            case ">=":
                lo = max(lo, bound)
            case "<":
                hi = min(hi, bound - 1)
            case _:
                hi = min(hi, bound)
        # Where that leaves nothing no row gets here, and any range will do.
        return replace(self, within={**self.within, left.arr.name: (lo, max(lo, hi))})

    def coalesce(self, node: exp.Coalesce) -> Value:
        items = [self._any(i) for i in (node.this, *node.expressions)]
        items = [i for i in items if not isinstance(i, Null)]
        made: Value = items[-1] if items else Null()
        for item in reversed(items[:-1]):
            if isinstance(item, Number) and item.zeroed and isinstance(made, Number) and made.arr == const(0):
                arr = replace(item.arr, lo=min(item.arr.lo, 0), hi=max(item.arr.hi, 0)) if item.arr.kind else item.arr
                made = Number(arr)
                continue
            made = self._one_of(self.program.no(self.unknown(item)), item, _typed(made, type(item)))
        return made

    def concat(self, node: exp.ConcatWs) -> Value:
        """The codes that are known, in a list: a code of its own, numbered when it is first met."""
        first, *rest = node.expressions
        if not (isinstance(first, exp.Literal) and first.this == ";"):
            raise Beyond("CONCAT_WS by another sign")
        items = [_typed(self.value(i), Word) for i in rest]
        arrs = [i.arr for i in items if isinstance(i, Word) and i.arr != NO_WORD]
        if all(arr.constant for arr in arrs):
            said = list(self.words)
            return Word(const(self.word(";".join(said[arr.lo] for arr in arrs))))
        empty = str(self.word(""))
        names = [arr.name for arr in arrs]
        made = self.program.op(f"block.listed({', '.join(f'{{{n}}}' for n in range(len(names) + 1))})", empty, *names)
        return Word(Arr(made, -1, MOST_WORDS, "int16"))

    # ---- calculating

    def arithmetic(self, node: exp.Binary) -> Value:
        a, b = self.number(node.this), self.number(node.expression)
        made = _ARITHMETIC[type(node)](self.program, a.arr, b.arr)
        return Number(made, self.program.either(a.unknown, b.unknown))

    def neg(self, node: exp.Neg) -> Value:
        item = self.number(node.this)
        return Number(self.program.neg(item.arr), item.unknown)

    def cast(self, node: exp.Cast) -> Value:
        if node.to.this not in (exp.DataType.Type.BIGINT, exp.DataType.Type.INT):
            raise Beyond(f"CAST to {node.to.sql()}")
        return self.number(node.this)

    def least(self, node: exp.Least | exp.Greatest) -> Value:
        """As DuckDB has it: what is unknown is passed over. Only where nothing can be."""
        word = "minimum" if isinstance(node, exp.Least) else "maximum"
        items = [self.number(i) for i in (node.this, *node.expressions)]
        made = items[0]
        for item in items[1:]:
            made = Number(
                self.program.extreme(word, made.arr, item.arr), self.program.either(made.unknown, item.unknown)
            )
        return made

    def paren(self, node: exp.Paren) -> Value:
        return self.value(node.this)

    def function(self, node: exp.Anonymous) -> Value:
        if node.name.lower() != "bit_count":
            raise Beyond(f"{node.name}()")
        item = self.number(node.expressions[0])
        return Number(self.program.bit_count(item.arr), item.unknown)


def _settled(branches: Sequence[tuple[Yes, Value]]) -> bool:
    return bool(branches) and branches[-1][0].true is True


def _searched(node: exp.Case) -> exp.Case:
    """CASE of a value as one of conditions."""
    ifs = [
        exp.If(this=exp.EQ(this=node.this.copy(), expression=i.this.copy()), true=i.args["true"].copy())
        for i in node.args["ifs"]
    ]
    return exp.Case(ifs=ifs, default=node.args.get("default"))


def _typed(value: Value, kind: type[Value]) -> Value:
    """NULL as a value of a type."""
    if isinstance(value, Null):
        if kind is Word:
            return Word(NO_WORD)
        if kind is Number:
            return Number(const(0), True, zeroed=True)
        return Yes(False, False) if kind is Yes else value
    if not isinstance(value, kind):
        raise Beyond("values of several types")
    return value


_ARITHMETIC: Mapping[type[exp.Expr], Callable[[Program, Arr, Arr], Arr]] = {
    exp.Add: Program.add,
    exp.Sub: Program.sub,
    exp.Mul: Program.mul,
    exp.IntDiv: Program.divide,
    exp.BitwiseAnd: Program.bits_and,
    exp.BitwiseOr: Program.bits_or,
    exp.BitwiseLeftShift: Program.shifted,
}
_HANDLERS: Mapping[type[exp.Expr], Callable[..., Value]] = {
    exp.Column: Expressions.column,
    exp.Literal: Expressions.literal,
    exp.Null: Expressions.null,
    exp.Boolean: Expressions.boolean,
    exp.And: Expressions.and_,
    exp.Or: Expressions.or_,
    exp.Not: Expressions.not_,
    exp.Is: Expressions.is_,
    exp.In: Expressions.in_,
    exp.Like: Expressions.like,
    exp.Case: Expressions.case,
    exp.Coalesce: Expressions.coalesce,
    exp.ConcatWs: Expressions.concat,
    exp.Neg: Expressions.neg,
    exp.Cast: Expressions.cast,
    exp.Least: Expressions.least,
    exp.Greatest: Expressions.least,
    exp.Paren: Expressions.paren,
    exp.Anonymous: Expressions.function,
    **dict.fromkeys(_SIGNS, Expressions.compare),
    **dict.fromkeys(_ARITHMETIC, Expressions.arithmetic),
}

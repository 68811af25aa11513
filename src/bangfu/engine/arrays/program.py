"""A straight line of operations on arrays, each made once, with what is known of every number's size.

Numbers are kept as narrow as their range allows: days of a run fit into two bytes, a date into four, money takes eight. The ranges come from
the contract's bounds and are followed through every operation, so that no sum can run over; where that cannot be shown the plan is `Beyond`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

# A yes-no for each row, by the name of its array; or the same for all.
Bit = str | bool
_WIDTHS = (("int16", 15), ("int32", 31), ("int64", 63))
_INVERSE = {"<": ">=", ">=": "<", ">": "<=", "<=": ">", "==": "!=", "!=": "=="}


class Beyond(Exception):  # no error: DuckDB does it then
    """A plan asks for what arrays do not do here."""


@dataclass(frozen=True, slots=True)
class Arr:
    """Whole numbers, one a row, by the name of their array; `lo` and `hi` are the least and the most, both included. A constant has no `kind`."""

    name: str
    lo: int
    hi: int
    kind: str = ""

    @property
    def constant(self) -> bool:
        return not self.kind


def const(value: int) -> Arr:
    return Arr(str(value), value, value)


def kind_for(lo: int, hi: int) -> str:
    """The narrowest kind that holds both. Raises Beyond where none does."""
    for kind, bits in _WIDTHS:
        if -(1 << bits) <= lo and hi < 1 << bits:
            return kind
    raise Beyond(f"numbers from {lo} to {hi}")


def _rank(kind: str) -> int:
    return next((n for n, (name, _) in enumerate(_WIDTHS) if name == kind), -1)


@dataclass
class Program:
    """Lines of Python over NumPy arrays. Whoever asks for an operation that was asked for before gets the same array."""

    lines: list[tuple[str, str, tuple[str, ...]]] = field(default_factory=list)
    _known: dict[tuple[str, tuple[str, ...]], str] = field(default_factory=dict)
    _opposite: dict[str, str] = field(default_factory=dict)
    _parts: dict[str, tuple[str, frozenset[str]]] = field(default_factory=dict)

    def op(self, template: str, *args: str) -> str:
        """The name of what `template` makes of some arrays; `{0}` stands for the first."""
        key = template, args
        if key not in self._known:
            name = f"v{len(self.lines)}"
            self.lines.append((name, template.format(*args), tuple(a for a in args if a.isidentifier())))
            self._known[key] = name
        return self._known[key]

    def needed(self, outputs: Collection[str]) -> set[str]:
        """All arrays that it takes to make some."""
        needed = set(outputs)
        for name, _, args in reversed(self.lines):
            if name in needed:
                needed.update(args)
        return needed

    def text(self, inputs: Mapping[str, str], outputs: Collection[str]) -> str:
        """The body of a function that makes the outputs: nothing else is made, and each array is let go after its last use.

        `inputs` says how what the lines name but do not make is fetched.
        """
        needed = self.needed(outputs)
        fetched: list[tuple[str, str, tuple[str, ...]]] = [(n, code, ()) for n, code in inputs.items() if n in needed]
        lines = fetched + [line for line in self.lines if line[0] in needed]
        last = {arg: n for n, (_, _, args) in enumerate(lines) for arg in args}
        body = []
        for n, (name, code, args) in enumerate(lines):
            body.append(f"{name} = {code}")
            gone = [a for a in dict.fromkeys(args) if last[a] == n and a not in outputs]
            body += [f"del {', '.join(gone)}"] if gone else []
        return "\n".join(body)

    # ---- yes-nos

    def both(self, *bits: Bit) -> Bit:
        return self._join("&", False, bits)

    def either(self, *bits: Bit) -> Bit:
        return self._join("|", True, bits)

    def _join(self, sign: str, decides: bool, bits: tuple[Bit, ...]) -> Bit:
        """What is joined by the same sign already is looked into, so that what follows from the rest is not asked again."""
        if decides in bits:
            return decides
        parts = {b: self._parts_of(sign, b) for b in bits if isinstance(b, str)}
        every = frozenset().union(*parts.values())
        if any(self._opposite.get(part) in every for part in every):
            return decides
        names = [n for n in parts if not any(parts[n] < parts[other] for other in parts)]
        if not names:
            return not decides
        names.sort(key=_age)
        made = names[0]
        for name in names[1:]:
            joined = self._parts_of(sign, made) | parts[name]
            made = self.op(f"{{0}} {sign} {{1}}", made, name)
            self._parts.setdefault(made, (sign, joined))
        return made

    def _parts_of(self, sign: str, bit: str) -> frozenset[str]:
        made = self._parts.get(bit)
        return made[1] if made and made[0] == sign else frozenset((bit,))

    def no(self, bit: Bit) -> Bit:
        if isinstance(bit, bool):
            return not bit
        if bit not in self._opposite:
            other = self.op("~{0}", bit)
            self.opposed(bit, other)
        return self._opposite[bit]

    def opposed(self, one: Bit, other: Bit) -> None:
        """Note that of two yes-nos one is yes exactly where the other is no."""
        if isinstance(one, str) and isinstance(other, str):
            self._opposite[one], self._opposite[other] = other, one

    def choose(self, when: Bit, one: Bit, other: Bit) -> Bit:
        if isinstance(when, bool):
            return one if when else other
        if one == other:
            return one
        return self.either(self.both(when, one), self.both(self.no(when), other))

    # ---- numbers

    def cast(self, a: Arr, kind: str) -> str:
        """The name of an array in a kind; numbers outside of it lose their upper bits."""
        return a.name if a.constant or a.kind == kind else self.op(f"{{0}}.astype({kind})", a.name)

    def _calculated(self, sign: str, a: Arr, b: Arr, lo: int, hi: int) -> Arr:
        kind = max(kind_for(lo, hi), a.kind, b.kind, key=_rank)
        return Arr(self.op(f"{{0}} {sign} {{1}}", self.cast(a, kind), self.cast(b, kind)), lo, hi, kind)

    def add(self, a: Arr, b: Arr) -> Arr:
        if a.constant and b.constant:
            return const(a.lo + b.lo)
        if a == const(0) or b == const(0):
            return b if a == const(0) else a
        return self._calculated("+", a, b, a.lo + b.lo, a.hi + b.hi)

    def sub(self, a: Arr, b: Arr) -> Arr:
        if a.constant and b.constant:
            return const(a.lo - b.lo)
        return a if b == const(0) else self._calculated("-", a, b, a.lo - b.hi, a.hi - b.lo)

    def mul(self, a: Arr, b: Arr) -> Arr:
        if a.constant and b.constant:
            return const(a.lo * b.lo)
        if a == const(1) or b == const(1):
            return b if a == const(1) else a
        ends = [x * y for x in (a.lo, a.hi) for y in (b.lo, b.hi)]
        return self._calculated("*", a, b, min(ends), max(ends))

    def neg(self, a: Arr) -> Arr:
        return self.sub(const(0), a)

    def divide(self, a: Arr, b: Arr) -> Arr:
        """The quotient without its fraction; where the divisor is 0 the row's answer is of no use to anybody."""
        most = max(abs(a.lo), abs(a.hi))
        if b.constant and b.lo > 0:
            lo, hi = _truncated(a.lo, b.lo), _truncated(a.hi, b.lo)
        else:
            lo, hi = (0 if a.lo >= 0 and b.lo >= 0 else -most), most
        if a.constant and b.constant:
            return const(lo)
        kind = max(kind_for(min(lo, a.lo), max(hi, a.hi)), a.kind, b.kind, key=_rank)
        template = "{0} // {1}" if a.lo >= 0 and b.lo > 0 else "divided({0}, {1})"
        return Arr(self.op(template, self.cast(a, kind), self.cast(b, kind)), lo, hi, kind)

    def bits_and(self, a: Arr, b: Arr) -> Arr:
        if a.constant and b.constant:
            return const(a.lo & b.lo)
        if const(0) in (a, b):
            return const(0)
        if a.lo < 0 and b.lo < 0:
            return self._calculated("&", a, b, *_signed(a, b))
        hi = min(x.hi for x in (a, b) if x.lo >= 0)
        for x, y in ((a, b), (b, a)):
            if x.constant and y.lo >= 0 and x.lo == (1 << x.lo.bit_length()) - 1 >= y.hi:
                return y
        # What is above the narrower one's bits is gone anyway.
        kind = kind_for(0, hi)
        if a.constant or b.constant:
            kind = max(kind, a.kind, b.kind, key=_rank)
        return Arr(self.op("{0} & {1}", self.cast(a, kind), self.cast(b, kind)), 0, hi, kind)

    def bits_or(self, a: Arr, b: Arr) -> Arr:
        if a.constant and b.constant:
            return const(a.lo | b.lo)
        if const(0) in (a, b):
            return b if a == const(0) else a
        lo, hi = _signed(a, b)
        return self._calculated("|", a, b, 0 if a.lo >= 0 and b.lo >= 0 else lo, hi)

    def shifted(self, a: Arr, b: Arr) -> Arr:
        if not (a.constant and a.lo > 0 and b.lo >= 0 and b.hi < 60):
            raise Beyond("<< of any number")
        if b.constant:
            return const(a.lo << b.lo)
        kind = max(kind_for(0, a.lo << b.hi), b.kind, key=_rank)
        return Arr(self.op("{0} << {1}", a.name, self.cast(b, kind)), a.lo << b.lo, a.lo << b.hi, kind)

    def bit_count(self, a: Arr) -> Arr:
        if a.lo < 0:
            raise Beyond("bits of numbers below zero")
        if a.constant:
            return const(a.lo.bit_count())
        return Arr(self.op("bitwise_count({0}).astype(int16)", a.name), 0, a.hi.bit_length(), "int16")

    def extreme(self, word: str, a: Arr, b: Arr) -> Arr:
        ends = max if word == "maximum" else min
        lo, hi = ends(a.lo, b.lo), ends(a.hi, b.hi)
        if a.constant and b.constant:
            return const(lo)
        kind = max(kind_for(min(a.lo, b.lo), max(a.hi, b.hi)), a.kind, b.kind, key=_rank)
        return Arr(self.op(f"{word}({{0}}, {{1}})", self.cast(a, kind), self.cast(b, kind)), lo, hi, kind)

    def where(self, when: Bit, one: Arr, other: Arr) -> Arr:
        if isinstance(when, bool):
            return one if when else other
        if one.name == other.name:
            return replace(one, lo=min(one.lo, other.lo), hi=max(one.hi, other.hi)) if one.kind else one
        lo, hi = min(one.lo, other.lo), max(one.hi, other.hi)
        kind = kind_for(lo, hi)
        # Bit by bit and without a choice row by row, which a processor cannot foresee: up to twenty times as fast as `where`.
        if other == const(0):
            text = f"{kind}({one.name})" if one.constant else self.cast(one, kind)
            return Arr(self.op("{1} * {0}", when, text), lo, hi, kind)
        if one == const(0):
            return self.where(self.no(when), other, one)
        if one.constant and other.constant:
            return Arr(self.op(f"{{0}} * {kind}({one.lo ^ other.lo}) ^ {kind}({other.lo})", when), lo, hi, kind)
        texts = [f"{kind}({x.name})" if x.constant else self.cast(x, kind) for x in (one, other)]
        return Arr(self.op("({1} ^ {2}) * {0} ^ {2}", when, *texts), lo, hi, kind)

    def compare(self, sign: str, a: Arr, b: Arr) -> Bit:
        match sign:
            case ">" | "<=" if a.lo > b.hi:
                return sign == ">"
            case ">" | "<=" if a.hi <= b.lo:
                return sign == "<="
            case "<" | ">=" if a.hi < b.lo:
                return sign == "<"
            case "<" | ">=" if a.lo >= b.hi:
                return sign == ">="
            case "==" | "!=" if a.hi < b.lo or b.hi < a.lo:
                return sign == "!="
            case "==" | "!=" if a.constant and b.constant:
                return (a.lo == b.lo) == (sign == "==")
        kind = max(a.kind, b.kind, key=_rank)
        left, right = self.cast(a, kind), self.cast(b, kind)
        yes, no = (self.op(f"{{0}} {s} {{1}}", left, right) for s in (sign, _INVERSE[sign]))
        self.opposed(yes, no)
        return yes


def _signed(a: Arr, b: Arr) -> tuple[int, int]:
    """The least and the most that the bits of two numbers can make."""
    bits = max(abs(end).bit_length() for end in (a.lo, a.hi, b.lo, b.hi))
    return -(1 << bits), (1 << bits) - 1


def _truncated(a: int, b: int) -> int:
    return abs(a) // b * (1 if a >= 0 else -1)


def _age(name: str) -> tuple[int, str]:
    """Older arrays first: of two names the shorter one, or the one before it."""
    return len(name), name


# ---- values of a row, as SQL has them


@dataclass(frozen=True, slots=True)
class Null:
    """NULL, of no type yet."""


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number, or unknown. `zeroed` says that the array has 0 where it is unknown."""

    arr: Arr
    unknown: Bit = False
    zeroed: bool = False


@dataclass(frozen=True, slots=True)
class Word:
    """A code by its number; -1 where unknown."""

    arr: Arr


@dataclass(frozen=True, slots=True)
class Yes:
    """Yes, no or unknown: the rows where it is surely so, and those where it surely is not."""

    true: Bit
    false: Bit


@dataclass(frozen=True, slots=True)
class Text:
    """A column that nothing is asked of but to be shown: which (`table.column`), and the array of the places of its rows there."""

    of: str
    rows: str


Value = Null | Number | Word | Yes | Text

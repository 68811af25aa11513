"""From an expression's text to a typed tree, or a message that names file, line and the offending part.

SQLGlot parses; everything else is ours: what is not in the closed set of the tree is refused, so a rule can neither read a
file, nor call what it does not know, nor compare text with a number, nor round twice.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, NoReturn

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from bangfu.kernel.schema import Column, schema
from bangfu.rulebook import tree
from bangfu.rulebook.book import PartSignature
from bangfu.rulebook.source import Where, refuse
from bangfu.rulebook.tree import AREA, BOOL, COUNT, DATE, MONEY, Node, TableName, Type

NULL = Type("null")  # type: ignore[arg-type]  # lives only until its neighbours give it a type
ScopeName = Literal["household", "person", "ledger", "receipt"]
ROW_COLUMNS = {
    "ledger": ("person_id", "year", "item", "amount"),
    "receipt": ("person_id", "policy_id", "year", "amount"),
}

# Words of the language beside facts, parameters and named parts, with type, whether they vary by day, and where they mean something.
_BUILTINS: dict[str, tuple[Type, bool, bool]] = {
    "day": (DATE, True, False),
    "as_of": (DATE, False, False),
    "policy_year": (COUNT, False, False),
    "income_year": (COUNT, False, False),
    "present": (BOOL, True, True),
    "member": (BOOL, False, True),
    "age": (COUNT, True, True),
    "school_age": (COUNT, True, True),
    "stage": (Type("text", codes="schooling"), True, True),
}
RESERVED = frozenset(_BUILTINS) | {"members", "person", "household", "statement", "row"}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The names that rules may use beside the contract's facts."""

    params: Mapping[str, Type]
    choices: Mapping[str, frozenset[str]]
    parts: Mapping[str, PartSignature]
    policies: frozenset[str]


def fact_type(column: Column) -> Type:
    """The type of a column in rules."""
    match column.type:
        case "yes_no":
            return BOOL
        case "money" | "balance":
            return MONEY
        case "date":
            return DATE
        case "year" | "months" | "count":
            return COUNT
        case "area" | "decimal":
            return AREA
        case "codes" | "list":
            return Type("list", codes=column.codes)
        case "code":
            return Type("text", codes=column.codes)
        case "id" | "text" | "village_code":
            return Type("text")


def check_expression(text: str, *, scope: ScopeName, words: Vocabulary, where: Where) -> Node:
    """Parse and type one expression in a scope. Raises BookRefused with file and line for whatever is not of the language."""
    try:
        parsed = sqlglot.parse(text)
    except (SqlglotError, RecursionError) as problem:
        raise refuse(where, f"表达式读不懂：{text}", f"the expression cannot be parsed: {text}") from problem
    if len(parsed) != 1 or parsed[0] is None:
        raise refuse(where, f"应为一个表达式：{text}", f"one expression is wanted: {text}")
    checker = _Checker(scope=scope, words=words, where=where, inside_of=False)
    node = checker.node(parsed[0])
    if node.type == NULL:
        raise refuse(where, f"表达式没有类型：{text}", f"the expression has no type: {text}")
    return node


def check_condition(text: str, *, scope: ScopeName, words: Vocabulary, where: Where) -> Node:
    """As check_expression, for what must be yes or no."""
    node = check_expression(text, scope=scope, words=words, where=where)
    if node.type != BOOL:
        raise refuse(
            where,
            f"应为是非条件，却是 {node.type.zh}：{text}",
            f"a yes/no condition is wanted, this is {node.type}: {text}",
        )
    return node


def needs_household(node: Node) -> bool:
    """Whether a person's expression looks at the household around the person (so that it cannot stand inside an aggregate)."""
    return any(
        isinstance(n, tree.Of)
        or (isinstance(n, tree.Fact | tree.Part | tree.Ledger | tree.Received) and n.table == "household")
        for n in node.walk()
    )


def refuse_unless_day_wise(node: Node, where: Where) -> None:
    """What accrues by days is judged on all days at once: there, what varies by day may be compared and combined, not calculated with."""
    for n in node.walk():
        calculated = isinstance(n, tree.Arith | tree.Extreme | tree.Coalesce | tree.Case | tree.YearOf | tree.RoundDiv)
        counted = isinstance(n, tree.Of) and n.how in ("count", "lowest", "highest")
        equated = isinstance(n, tree.Compare) and n.left.daily and n.right.daily and BOOL in (n.left.type, n.right.type)
        if n.daily and (calculated or counted or equated):
            raise refuse(
                where,
                "逐日判断的条件里，随日期变化的内容只能比较和用 AND/OR/NOT 组合，不能参与计算、CASE 或计数。",
                "in a condition judged day by day, what varies by day may be compared and joined by AND/OR/NOT, not calculated with, put in CASE or counted.",
            )


@dataclass(frozen=True, slots=True)
class _Checker:
    scope: ScopeName
    words: Vocabulary
    where: Where
    inside_of: bool

    # ---- refusals

    def no(self, zh: str, en: str, part: exp.Expr | None = None) -> NoReturn:
        shown = f"：{part.sql()}" if part is not None else ""
        shown_en = f": {part.sql()}" if part is not None else ""
        raise refuse(self.where, zh + shown, en + shown_en)

    # ---- dispatch

    def node(self, e: exp.Expr) -> Node:
        handler = _HANDLERS.get(type(e))
        if handler is None:
            self.no("规则语言里没有这种写法", "this is not in the rule language", e)
        return handler(self, e)

    def boolean(self, e: exp.Expr) -> Node:
        return self.as_bool(self.node(e), e)

    def as_bool(self, node: Node, e: exp.Expr) -> Node:
        if node.type == NULL:
            return tree.Const(BOOL, False, None)
        if node.type != BOOL:
            self.no(f"这里应为是非条件，却是 {node.type.zh}", f"a yes/no is wanted here, this is {node.type}", e)
        return node

    # ---- leaves

    def literal(self, e: exp.Literal) -> Node:
        if e.is_string:
            return tree.Const(Type("text", codes="?"), False, str(e.this))
        if str(e.this) not in ("0", "1"):
            self.no(
                "条件里只能直接写 0 和 1；其他数字请设为参数",
                "only 0 and 1 may stand in an expression; make other numbers parameters",
                e,
            )
        return tree.Const(COUNT, False, int(e.this))

    def boolean_literal(self, e: exp.Boolean) -> Node:
        return tree.Const(BOOL, False, bool(e.this))

    def null(self, _: exp.Null) -> Node:
        return tree.Const(NULL, False, None)

    def paren(self, e: exp.Paren) -> Node:
        return self.node(e.this)

    def placeholder(self, e: exp.Placeholder) -> Node:
        name = str(e.this or "")
        if name not in self.words.params:
            self.no(f"没有名为“{name}”的参数", f"there is no parameter '{name}'", e)
        return tree.Param(self.words.params[name], False, name)

    def column(self, e: exp.Column) -> Node:
        name = e.name
        if e.args.get("table") or not isinstance(e.this, exp.Identifier) or e.this.args.get("quoted"):
            self.no("名称前不能带表名或引号", "a name may not carry a table or quotes", e)
        found = self.named(name)
        if found is None:
            self.no(f"不认识的名称“{name}”", f"unknown name '{name}'", e)
        return found

    def named(self, name: str) -> Node | None:
        if name in _BUILTINS:
            type_, daily, personal = _BUILTINS[name]
            if personal and self.scope == "household":
                self.no(
                    f"“{name}”只对人有意义；请放在 some_of/every_of/count_of 里",
                    f"'{name}' means something of a person only; put it inside some_of/every_of/count_of",
                )
            return tree.Builtin(type_, daily, name)  # type: ignore[arg-type]
        if name == "members":
            return self.household_only(
                name, tree.Of(COUNT, False, "count", tree.Builtin(BOOL, False, "member"), tree.Const(BOOL, False, True))
            )
        if name in self.words.parts:
            return self.part(name, self.words.parts[name])
        return self.fact(name)

    def part(self, name: str, signature: PartSignature) -> Node:
        if signature.table == "person" and self.scope == "household":
            self.no(
                f"“{name}”是人的条件；请放在 some_of/every_of/count_of 里",
                f"'{name}' is a person's; put it inside some_of/every_of/count_of",
            )
        node = tree.Part(signature.type, signature.daily, name, signature.table)
        return self.household_only(name, node) if signature.table == "household" or signature.needs_household else node

    def fact(self, name: str) -> Node | None:
        tables = schema().tables
        if self.scope in ROW_COLUMNS and name in ROW_COLUMNS[self.scope]:
            return tree.Fact(fact_type(tables[self.scope].columns[name]), False, name, "row")
        person, household = tables["person"], tables["household"]
        if name == "household_id":
            return None
        if name in household.columns:
            return self.household_only(name, tree.Fact(fact_type(household.columns[name]), False, name, "household"))
        column = person.columns.get(name) or person.derived.get(name)
        if column is None or column.identifies:
            return None
        if self.scope == "household":
            self.no(
                f"“{name}”是人的信息；请放在 some_of/every_of/count_of 里",
                f"'{name}' is a person's fact; put it inside some_of/every_of/count_of",
            )
        return tree.Fact(fact_type(column), bool(column.span), name, "person", column.span)

    def household_only(self, name: str, node: Node) -> Node:
        if self.inside_of:
            self.no(
                f"some_of/every_of/count_of 里不能用户一级的“{name}”；请用 AND 接在外面",
                f"inside some_of/every_of/count_of the household's '{name}' may not stand; join it outside with AND",
            )
        return node

    # ---- logic

    def logical(self, e: exp.Connector) -> Node:
        items = [self.boolean(part) for part in e.flatten()]
        cls = tree.And if isinstance(e, exp.And) else tree.Or
        flat = [inner for item in items for inner in (item.items if type(item) is cls else (item,))]
        return cls(BOOL, any(i.daily for i in flat), tuple(flat))

    def not_(self, e: exp.Not) -> Node:
        item = self.boolean(e.this)
        return tree.Not(BOOL, item.daily, item)

    def comparison(self, e: exp.Binary) -> Node:
        op = {exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}[type(e)]
        return self.compare(op, self.node(e.this), self.node(e.expression), e)

    def compare(self, op: str, left: Node, right: Node, e: exp.Expr) -> Node:
        left, right = self.alike(left, right, e)
        if op not in ("=", "<>") and left.type.kind not in ("number", "date"):
            self.no(f"{left.type.zh} 不能比大小", f"{left.type} has no order", e)
        if left.type.kind == "list":
            self.no("列表请用 has(…)", "use has(…) for a list", e)
        return tree.Compare(BOOL, left.daily or right.daily, op, left, right)  # type: ignore[arg-type]

    def between(self, e: exp.Between) -> Node:
        item = self.node(e.this)
        low = self.compare(">=", item, self.node(e.args["low"]), e)
        high = self.compare("<=", item, self.node(e.args["high"]), e)
        return tree.And(BOOL, low.daily or high.daily, (low, high))

    def in_(self, e: exp.In) -> Node:
        if not e.expressions or e.args.get("query") or e.args.get("unnest"):
            self.no("IN 后应为括号里的代码", "IN wants codes in brackets", e)
        item = self.node(e.this)
        pairs = [self.alike(item, self.node(value), e) for value in e.expressions]
        values = tuple(right for _, right in pairs)
        if not all(isinstance(value, tree.Const) and value.value is not None for value in values):
            self.no("IN 的括号里只能写代码", "only codes may stand in the brackets of IN", e)
        return tree.In(BOOL, item.daily, pairs[0][0], values)

    def is_(self, e: exp.Is) -> Node:
        if not isinstance(e.expression, exp.Null):
            self.no("IS 后只能写 NULL 或 NOT NULL", "IS may be followed by NULL or NOT NULL only", e)
        item = self.node(e.this)
        return tree.IsNull(BOOL, item.daily, item)

    # ---- numbers

    def arithmetic(self, e: exp.Binary) -> Node:
        left, right = self.node(e.this), self.node(e.expression)
        if left.type.kind != "number" or right.type.kind != "number":
            self.no(
                f"{left.type.zh} 和 {right.type.zh} 不能相加减乘",
                f"{left.type} and {right.type} cannot be added or multiplied",
                e,
            )
        daily = left.daily or right.daily
        if isinstance(e, exp.Mul):
            if left.type.money and right.type.money:
                self.no("金额不能乘金额", "money cannot be multiplied by money", e)
            type_ = Type("number", left.type.money or right.type.money, left.type.denominator * right.type.denominator)
            return tree.Arith(type_, daily, "*", left, right)
        left, right = self.alike(left, right, e)
        return tree.Arith(left.type, daily, "+" if isinstance(e, exp.Add) else "-", left, right)

    def negative(self, e: exp.Neg) -> Node:
        item = self.node(e.this)
        if item.type.kind != "number":
            self.no(f"{item.type.zh} 前不能加负号", f"{item.type} has no negative", e)
        return tree.Arith(item.type, item.daily, "-", tree.Const(replace(item.type), False, 0), item)

    def extreme(self, e: exp.Func) -> Node:
        items = self.all_alike([self.node(part) for part in (e.this, *e.expressions)], e)
        if items[0].type.kind not in ("number", "date"):
            self.no("LEAST、GREATEST 只用于数字和日期", "LEAST and GREATEST are for numbers and dates", e)
        which: Literal["least", "greatest"] = "least" if isinstance(e, exp.Least) else "greatest"
        return tree.Extreme(items[0].type, any(i.daily for i in items), which, items)

    def coalesce(self, e: exp.Coalesce) -> Node:
        items = self.all_alike([self.node(part) for part in (e.this, *e.expressions)], e)
        return tree.Coalesce(items[0].type, any(i.daily for i in items), items)

    def case(self, e: exp.Case) -> Node:
        if e.this is not None:
            self.no("CASE 请写成 CASE WHEN 条件 THEN …", "write CASE WHEN condition THEN …", e)
        conditions = [self.boolean(branch.this) for branch in e.args["ifs"]]
        default = e.args.get("default")
        values = [self.node(branch.args["true"]) for branch in e.args["ifs"]]
        values.append(self.node(default) if default is not None else tree.Const(NULL, False, None))
        alike = self.all_alike(values, e)
        daily = any(n.daily for n in (*conditions, *alike))
        return tree.Case(alike[0].type, daily, tuple(zip(conditions, alike[:-1], strict=True)), alike[-1])

    # ---- functions of our own

    def function(self, e: exp.Anonymous) -> Node:
        name = str(e.this).lower()
        handler = _FUNCTIONS.get(name)
        if handler is None:
            self.no(f"不认识的函数“{name}”", f"unknown function '{name}'", e)
        return handler(self, e)

    def arguments(self, e: exp.Anonymous, *counts: int) -> list[exp.Expr]:
        if len(e.expressions) not in counts:
            self.no(
                f"参数个数应为 {' 或 '.join(map(str, counts))}", f"wants {' or '.join(map(str, counts))} argument(s)", e
            )
        return list(e.expressions)

    def bare_name(self, part: exp.Expr, e: exp.Expr) -> str:
        if isinstance(part, exp.Literal) and part.is_string:
            return str(part.this)
        if not isinstance(part, exp.Column) or part.args.get("table"):
            self.no("这里应为一个名称", "a name is wanted here", e)
        return part.name

    def of(self, e: exp.Anonymous) -> Node:
        how: Any = str(e.this).lower().removesuffix("_of")
        if self.inside_of:
            self.no("some_of 之类不能套用", "some_of and the like cannot be nested", e)
        parts = self.arguments(e, *((1, 2) if how == "count" else (2,)))
        inner = replace(self, scope="person", inside_of=True)
        everyone = isinstance(parts[0], exp.Column) and parts[0].name == "person"
        who = tree.Const(BOOL, False, True) if everyone else inner.boolean(parts[0])
        value = inner.node(parts[1]) if len(parts) == 2 else tree.Const(BOOL, False, True)
        if how in ("lowest", "highest"):
            if value.type.kind not in ("number", "date"):
                self.no("这里应为数字或日期", "a number or date is wanted here", e)
            return tree.Of(value.type, who.daily or value.daily, how, who, value)
        value = inner.as_bool(value, parts[-1])
        return tree.Of(COUNT if how == "count" else BOOL, who.daily or value.daily, how, who, value)

    def ledger(self, e: exp.Anonymous) -> Node:
        what, year = self.arguments(e, 2)
        name, year_name = self.bare_name(what, e), self.bare_name(year, e)
        if year_name not in ("income_year", "policy_year"):
            self.no("年份应为 income_year 或 policy_year", "the year is income_year or policy_year", e)
        items = ledger_items(name)
        if not items:
            self.no(f"没有收支项目或分组“{name}”", f"no ledger item or group '{name}'", e)
        recorded = str(e.this).lower() == "ledger_recorded"
        return tree.Ledger(BOOL if recorded else MONEY, False, name, items, year_name, recorded, self.own_table(e))  # type: ignore[arg-type]

    def received(self, e: exp.Anonymous) -> Node:
        policy = self.bare_name(self.arguments(e, 1)[0], e)
        if policy not in self.words.policies:
            self.no(f"没有政策“{policy}”", f"there is no policy '{policy}'", e)
        return tree.Received(MONEY, False, policy, self.own_table(e))

    def own_table(self, e: exp.Expr) -> Literal["household", "person"]:
        if self.scope in ROW_COLUMNS:
            self.no("逐行检查里不能再汇总收支", "a row's check cannot sum the ledger", e)
        return "household" if self.scope == "household" else "person"

    def has(self, e: exp.Anonymous) -> Node:
        what, code = self.arguments(e, 2)
        item = self.node(what)
        if item.type.kind != "list" or not (isinstance(code, exp.Literal) and code.is_string):
            self.no("has 用法：has(列表, '代码')", "use has(list, 'code')", e)
        if code.this not in schema().codes[item.type.codes]:
            self.no(f"代码表里没有“{code.this}”", f"its code list has no '{code.this}'", e)
        return tree.Has(BOOL, item.daily, item, str(code.this))

    def year_of(self, e: exp.Anonymous) -> Node:
        item = self.node(self.arguments(e, 1)[0])
        if item.type != DATE:
            self.no("year_of 的内容应为日期", "year_of wants a date", e)
        return tree.YearOf(COUNT, item.daily, item)

    def round_div(self, e: exp.Anonymous) -> Node:
        top, bottom = (self.node(part) for part in self.arguments(e, 2))
        if top.type.kind != "number" or bottom.type != COUNT:
            self.no("round_div(金额或数字, 整数)", "use round_div(number, whole number)", e)
        return tree.RoundDiv(replace(top.type, denominator=1), top.daily or bottom.daily, top, bottom)

    # ---- types

    def alike(self, left: Node, right: Node, e: exp.Expr) -> tuple[Node, Node]:
        first, second = self.all_alike([left, right], e)
        return first, second

    def all_alike(self, nodes: list[Node], e: exp.Expr) -> tuple[Node, ...]:
        """The nodes with one common type: nulls and bare codes take their neighbours', numbers a common denominator."""
        known = [n.type for n in nodes if n.type != NULL and n.type.codes != "?"]
        if not known:
            self.no("两边都是固定值，没有要判断的信息", "constants alone say nothing of a household", e)
        kind, money = known[0].kind, self.common_money(nodes, known)
        bare_text = any(n.type.codes == "?" for n in nodes) and kind != "text"
        if bare_text or any(t.kind != kind for t in known) or (kind == "number" and money is None):
            self.no(
                f"类型不合：{'、'.join(t.zh for t in known)}",
                f"types do not fit: {', '.join(str(t) for t in known)}",
                e,
            )
        if kind == "number":
            denominator = max(t.denominator for t in known)
            return tuple(_scaled(n, Type("number", bool(money), denominator)) for n in nodes)
        codes = {t.codes for t in known}
        if len(codes) > 1:
            self.no(f"代码表不同：{'、'.join(codes)}", f"different code lists: {', '.join(sorted(codes))}", e)
        return tuple(self.coded(n, known[0], e) for n in nodes)

    def common_money(self, nodes: list[Node], known: list[Type]) -> bool | None:
        """Whether the numbers are money; None where money meets a count. The constant 0 is both."""
        kinds = {
            n.type.money for n in nodes if n.type.kind == "number" and not (isinstance(n, tree.Const) and n.value == 0)
        }
        return None if len(kinds) > 1 else next(iter(kinds), known[0].money)

    def coded(self, node: Node, type_: Type, e: exp.Expr) -> Node:
        if node.type == NULL:
            return tree.Const(type_, False, None)
        if node.type.codes != "?":
            return node
        value = str(node.value)  # type: ignore[attr-defined]
        if type_.codes and value not in self.codes_of(type_.codes):
            self.no(f"代码表“{type_.codes}”里没有“{value}”", f"code list '{type_.codes}' has no '{value}'", e)
        return tree.Const(type_, False, value)

    def codes_of(self, name: str) -> frozenset[str]:
        if name == "policy":
            return self.words.policies
        return self.words.choices[name] if name in self.words.choices else frozenset(schema().codes[name])


def _scaled(node: Node, type_: Type) -> Node:
    """The node over the common denominator."""
    if node.type == NULL:
        return tree.Const(type_, False, None)
    factor = type_.denominator // node.type.denominator
    if isinstance(node, tree.Const):
        return tree.Const(type_, False, None if node.value is None else int(node.value) * factor)
    if factor == 1:
        return node
    return tree.Arith(
        replace(node.type, denominator=type_.denominator), node.daily, "*", node, tree.Const(COUNT, False, factor)
    )


def ledger_items(name: str) -> tuple[str, ...]:
    """The items behind an item's or group's name; `statement` is every group but the rigid one. Empty where there is none."""
    known = schema()
    if name == "statement":
        return tuple(i for group in known.item_groups if group != "rigid" for i in known.items_of(group))
    return (name,) if name in known.codes["item"] else known.items_of(name)


_FUNCTIONS: dict[str, Callable[[_Checker, exp.Anonymous], Node]] = {
    **dict.fromkeys(("some_of", "every_of", "count_of", "lowest_of", "highest_of"), _Checker.of),
    "ledger": _Checker.ledger,
    "ledger_recorded": _Checker.ledger,
    "received": _Checker.received,
    "has": _Checker.has,
    "year_of": _Checker.year_of,
    "round_div": _Checker.round_div,
}
_HANDLERS: dict[type[exp.Expr], Callable[[_Checker, Any], Node]] = {
    exp.Literal: _Checker.literal,
    exp.Boolean: _Checker.boolean_literal,
    exp.Null: _Checker.null,
    exp.Paren: _Checker.paren,
    exp.Placeholder: _Checker.placeholder,
    exp.Column: _Checker.column,
    exp.And: _Checker.logical,
    exp.Or: _Checker.logical,
    exp.Not: _Checker.not_,
    **dict.fromkeys((exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE), _Checker.comparison),
    exp.Between: _Checker.between,
    exp.In: _Checker.in_,
    exp.Is: _Checker.is_,
    **dict.fromkeys((exp.Add, exp.Sub, exp.Mul), _Checker.arithmetic),
    exp.Neg: _Checker.negative,
    exp.Least: _Checker.extreme,
    exp.Greatest: _Checker.extreme,
    exp.Coalesce: _Checker.coalesce,
    exp.Case: _Checker.case,
    exp.Anonymous: _Checker.function,
}
__all__ = [
    "PartSignature",
    "ScopeName",
    "TableName",
    "Vocabulary",
    "check_condition",
    "check_expression",
    "needs_household",
]

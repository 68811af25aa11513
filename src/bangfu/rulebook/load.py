"""Read the layers of a rulebook, lay them over each other and type-check the whole; nothing half right gets through.

Passes: read files · replace by id · parameters · named parts in order of need · policies · exclusions · checks · evidence · names.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar, cast, get_args

from bangfu.kernel.collecting import uncollected
from bangfu.kernel.errors import DomainError
from bangfu.kernel.schema import schema
from bangfu.kernel.words import Text
from bangfu.rulebook import book as b
from bangfu.rulebook.checker import (
    RESERVED,
    ScopeName,
    Vocabulary,
    check_condition,
    check_expression,
    needs_household,
    refuse_unless_day_wise,
)
from bangfu.rulebook.parameters import parameter, readings
from bangfu.rulebook.source import (
    BookFault,
    BookRefused,
    Entry,
    Where,
    as_entries,
    digest_of_folder,
    files_of,
    files_that_count,
    read_yaml,
    refuse,
)
from bangfu.rulebook.tree import (
    BOOL,
    CHOICES_OF,
    DATE,
    MONEY,
    And,
    Builtin,
    Compare,
    CompareOp,
    Const,
    Node,
    constant_amount,
)

PRESENT = Text("在户（未死亡、未离户）", "living in the household")
T = TypeVar("T")
IN_FORCE = Text("政策在有效期内", "the policy is in force")
_THINGS = ("household", "person")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_WORD = re.compile(r":?\b[a-z_][a-z0-9_]*\b")
_PLACEHOLDER = re.compile(r"\{([a-z0-9_]+)\}")
_LISTS = {
    "units.yaml": "units",
    "parameters/*.yaml": "parameters",
    "terms.yaml": "terms",
    "policies/**/*.yaml": "policies",
    "exclusions.yaml": "exclusions",
    "checks/*.yaml": "checks",
    "payments.yaml": "payments",
    "evidence_groups.yaml": "evidence_groups",
    "evidence.yaml": "evidence",
}
_WHOLE = {
    "book.yaml": "head",
    "calendar.yaml": "calendar",
    "income.yaml": "income",
    "guarantees.yaml": "guarantees",
}
_CASES = "cases/**/*.yaml"
# Where a folder was named that is none of rules, a few of its files tell as much as thousands.
_MOST_STRAYS = 20
# What a receipt may be booked as: income of these groups, and what is taken off a cost.
INCOME_GROUPS = ("wage", "transfer")


@dataclass(slots=True)
class _Raw:
    """The layers' entries after replacement by id, before any is checked."""

    head: Entry | None = None
    calendar: Entry | None = None
    units: dict[str, Entry] = field(default_factory=dict)
    parameters: dict[str, list[tuple[str, Entry]]] = field(default_factory=dict)
    terms: dict[str, Entry] = field(default_factory=dict)
    income: Entry | None = None
    guarantees: Entry | None = None
    policies: dict[str, Entry] = field(default_factory=dict)
    exclusions: dict[str, Entry] = field(default_factory=dict)
    checks: dict[str, Entry] = field(default_factory=dict)
    payments: dict[str, Entry] = field(default_factory=dict)
    evidence_groups: dict[str, Entry] = field(default_factory=dict)
    evidence: dict[str, Entry] = field(default_factory=dict)
    not_checked: list[Entry] = field(default_factory=list)
    policy_layers: dict[str, str] = field(default_factory=dict)


class _Faults:
    """Gathers refusals so that one look shows them all."""

    def __init__(self) -> None:
        self.found: list[BookFault] = []

    @contextmanager
    def gather(self) -> Iterator[None]:
        try:
            yield
        except BookRefused as refused:
            self.found.extend(refused.faults)

    def stop_if_any(self) -> None:
        if self.found:
            raise BookRefused(dict.fromkeys(self.found))


@uncollected()
def load_book(folders: Sequence[Path]) -> b.Book:
    """Read the layers, lowest first. Raises BookRefused with every fault found, DomainError for a folder that is not there."""
    faults = _Faults()
    raw = _Raw()
    layers = []
    for number, folder in enumerate(folders):
        if not folder.is_dir():
            raise DomainError("NO_RULES", Text(f"没有规则文件夹 {folder}。", f"There is no rules folder {folder}."))
        name = "" if number == 0 else folder.name
        layers.append(b.Layer(name or "shipped", digest_of_folder(folder)))
        _read_layer(folder, name, raw, faults)
    faults.stop_if_any()
    return _Builder(raw, faults, tuple(layers)).build()


# ---- reading


def _read_layer(folder: Path, name: str, raw: _Raw, faults: _Faults) -> None:
    label = f"{name}/" if name else "rules/"

    def read(path: Path) -> Any:
        return read_yaml(path, label + path.relative_to(folder).as_posix())

    for file, attribute in _WHOLE.items():
        if (folder / file).is_file():
            with faults.gather():
                value = read(folder / file)
                if not isinstance(value, Entry):
                    raise refuse(Where(label + file, 1), "这里应为键和值。", "keys and values are wanted here.")
                setattr(raw, attribute, value)
    _refuse_strays(folder, label, faults)
    for pattern, kind in _LISTS.items():
        seen: dict[str, Where] = {}
        for path in files_of(folder, pattern):
            if path.name == "not_checked.yaml":
                continue
            with faults.gather():
                value = read(path)
                where = Where(label + path.relative_to(folder).as_posix(), 1)
                for entry in _entries_of(kind, value, where):
                    _place(kind, entry, name or "shipped", raw, seen)
                    if kind == "policies" and entry.get("sector") != path.parent.name:
                        raise refuse(
                            entry.at("sector"),
                            f"sector 应与文件夹同名：{path.parent.name}。",
                            f"sector should be the folder's name: {path.parent.name}.",
                        )
    not_checked = folder / "checks" / "not_checked.yaml"
    if not_checked.is_file():
        with faults.gather():
            raw.not_checked = as_entries(read(not_checked), Where(label + "checks/not_checked.yaml", 1))


def _refuse_strays(folder: Path, label: str, faults: _Faults) -> None:
    """A file that no pass would read is a rule that somebody believes to be in force: so is a layer in which there is nothing to read."""
    patterns = (*_LISTS, *_WHOLE, _CASES)
    known = {path for pattern in patterns for path in files_of(folder, pattern)}
    strays = [path for path in files_that_count(folder) if path not in known]
    for path in strays[:_MOST_STRAYS]:
        with faults.gather():
            raise refuse(
                Where(label + path.relative_to(folder).as_posix(), 1),
                "这个文件不在规则的位置上，或文件名不以 .yaml（小写）结尾，不会被读取；"
                f"规则应放在：{'、'.join(patterns)}。说明可写成 .md 文件，其他文件请放到别处。",
                "this file is not where rules are read from, or its name does not end in .yaml (small letters); "
                f"they belong in: {', '.join(patterns)}. Notes may be .md files; put anything else elsewhere.",
            )
    if not (known or strays):
        raise DomainError(
            "NO_RULES",
            Text(
                f"规则文件夹 {folder} 里没有规则文件。请检查 --rules 给的是不是这个文件夹；规则应放在：{'、'.join(patterns)}。",
                f"The rules folder {folder} holds no file of rules. See whether it is the one that --rules should name; "
                f"rules belong in: {', '.join(patterns)}.",
            ),
        )


def _entries_of(kind: str, value: Any, where: Where) -> list[Entry]:
    if value is None:
        return []
    return as_entries([value] if kind == "policies" else value, where)


def _place(kind: str, entry: Entry, layer: str, raw: _Raw, seen: dict[str, Where]) -> None:
    """Put an entry in its list: it replaces a lower layer's of the same id; twice in one layer is a fault."""
    id_ = entry.word("id")
    if not _NAME.fullmatch(id_):
        raise refuse(
            entry.at("id"),
            f"id“{id_}”应为小写字母、数字和下划线。",
            f"id '{id_}' should be lower-case letters, digits and underscores.",
        )
    if id_ in seen:
        raise refuse(entry.at("id"), f"“{id_}”已在 {seen[id_]} 写过。", f"'{id_}' already stands at {seen[id_]}.")
    seen[id_] = entry.at("id")
    if kind == "parameters":
        raw.parameters.setdefault(id_, []).append((layer, entry))
    else:
        getattr(raw, kind)[id_] = entry
    if kind == "policies":
        raw.policy_layers[id_] = layer


# ---- building


class _Builder:
    """Turns raw entries into a Book, pass by pass; each pass sees the names the ones before it made."""

    def __init__(self, raw: _Raw, faults: _Faults, layers: tuple[b.Layer, ...]) -> None:
        self.raw = raw
        self.faults = faults
        self.layers = layers
        self.parameters: dict[str, b.Parameter] = {}
        self.signatures: dict[str, b.PartSignature] = {}
        self.labels: dict[str, Text] = {}
        self.words = Vocabulary({}, {}, {}, frozenset())

    def build(self) -> b.Book:
        units = self.each(self.raw.units, _unit)
        for id_, entries in self.raw.parameters.items():
            with self.faults.gather():
                self.parameters[id_] = parameter(id_, entries, frozenset(units))
        self.faults.stop_if_any()
        self.words = Vocabulary(
            params={p.id: p.type for p in self.parameters.values()},
            choices={CHOICES_OF + p.id: frozenset(p.choices) for p in self.parameters.values() if p.choices},
            parts=self.signatures,
            policies=frozenset(self.raw.policies),
        )
        head, calendar = self.need(self.raw.head, "book.yaml"), self.need(self.raw.calendar, "calendar.yaml")
        income, guarantees = (
            self.need(self.raw.income, "income.yaml"),
            self.need(self.raw.guarantees, "guarantees.yaml"),
        )
        terms = self.terms()
        settled = self.part("test", "settled", Entry_with_id(income.need("settled"), "settled"))
        lines = self.parts("line", income.entries("lines"))
        tests = self.parts("test", income.entries("tests"))
        made = self.parts("guarantee", guarantees.entries("guarantees"))
        standards = self.parts("standard", guarantees.entries("standards"))
        self.faults.stop_if_any()
        policies = self.each(self.raw.policies, self.policy)
        self.faults.stop_if_any()
        exclusions = self.each(self.raw.exclusions, lambda entry: self.exclusion(entry, policies))
        checks = self.each(self.raw.checks, self.check)
        evidence = self.each(self.raw.evidence, self.evidence)
        self.exclusions_fit(exclusions, policies)
        payments = self.each(self.raw.payments, self.payment)
        self.payments_fit(payments)
        book = b.Book(
            id=head.word("id"),
            version=str(head.need("version")),
            title=head.text("title"),
            calendar=_calendar(calendar),
            units=units,
            parameters=self.parameters,
            terms=terms,
            settled=settled,
            lines=lines,
            tests=tests,
            guarantees=made,
            standards=standards,
            policies=policies,
            exclusions=exclusions,
            checks=checks,
            payments=payments,
            evidence_groups={id_: e.text("label") for id_, e in self.raw.evidence_groups.items()},
            evidence=evidence,
            not_checked=tuple(
                b.NotChecked(str(e.need("source")), e.text("label"), e.text("lacks")) for e in self.raw.not_checked
            ),
            layers=self.layers,
        )
        self.faults.stop_if_any()
        return book

    def need(self, entry: Entry | None, file: str) -> Entry:
        if entry is None:
            raise refuse(Where(f"rules/{file}", 1), f"缺少文件 {file}。", f"file {file} is missing.")
        return entry

    def each(self, entries: dict[str, Entry], make: Callable[[Entry], T]) -> dict[str, T]:
        made = {}
        for id_, entry in entries.items():
            with self.faults.gather():
                made[id_] = make(entry)
        return made

    # ---- named parts

    def terms(self) -> dict[str, b.Part]:
        made = {}
        for id_, entry in _in_order_of_need(self.raw.terms).items():
            with self.faults.gather():
                made[id_] = self.part("term", id_, entry)
        return made

    def parts(
        self, role: Literal["line", "test", "guarantee", "standard"], entries: Iterable[Entry]
    ) -> dict[str, b.Part]:
        made = {}
        for entry in entries:
            with self.faults.gather():
                id_ = entry.word("id")
                made[id_] = self.part(role, id_, entry)
        return made

    def part(self, role: Literal["term", "line", "test", "guarantee", "standard"], id_: str, entry: Entry) -> b.Part:
        entry.only("id", "of", "label", "clause", "is", "conditions", "readings", "details")
        taken = (
            schema().tables["person"].columns.keys()
            | schema().tables["person"].derived.keys()
            | schema().tables["household"].columns.keys()
        )
        if id_ in taken or id_ in RESERVED or id_ in self.signatures:
            raise refuse(entry.at("id"), f"名称“{id_}”已被占用。", f"the name '{id_}' is taken.")
        table = cast(Literal["household", "person"], entry.word("of", "household", ("household", "person")))
        conditions: tuple[b.Condition, ...] = ()
        if role in ("guarantee", "standard"):
            conditions = self.conditions(entry, table)
            node = all_of(conditions)
        else:
            node = check_expression(entry.expression("is"), scope=table, words=self.words, where=entry.at("is"))
        wanted = MONEY if role == "line" else None if role == "term" else BOOL
        if wanted and node.type != wanted:
            raise refuse(
                entry.at("is"),
                f"“{id_}”应为{wanted.zh}，却是{node.type.zh}。",
                f"'{id_}' should be {wanted}, this is {node.type}.",
            )
        if role != "term" and any(n.daily for n in node.walk()) and role == "line":
            raise refuse(entry.at("is"), "收入不能随日期变化。", "income cannot vary by day.")
        daily = node.daily and role == "term"
        signature = b.PartSignature(table, node.type, daily, table == "person" and needs_household(node))
        self.signatures[id_] = signature
        self.labels[id_] = entry.text("label")
        self.placeholders(entry, "label", self.labels[id_], ())
        return b.Part(
            id_,
            role,
            self.labels[id_],
            entry.word("clause", ""),
            signature,
            node,
            conditions,
            readings(entry),
            entry.where,
        )

    def conditions(self, entry: Entry, table: ScopeName) -> tuple[b.Condition, ...]:
        items = entry.need("conditions")
        if not isinstance(items, list) or not items:
            raise refuse(entry.at("conditions"), "conditions 应为条件的列表。", "conditions should be a list.")
        made: list[b.Condition] = []
        for item in items:
            with self.faults.gather():
                made.append(self.condition(item, entry, table))
        ids = [c.id for c in made]
        for id_ in {i for i in ids if ids.count(i) > 1}:
            raise refuse(entry.at("conditions"), f"条件“{id_}”写了两次。", f"condition '{id_}' stands twice.")
        return tuple(made)

    def condition(self, item: Any, entry: Entry, table: ScopeName) -> b.Condition:
        if isinstance(item, str):
            where = entry.at("conditions")
            node = check_condition(item, scope=table, words=self.words, where=where)
            if item not in self.labels:
                raise refuse(
                    where,
                    f"“{item}”不是有名称的条件；请写成 id、label、when。",
                    f"'{item}' is no named condition; write id, label and when.",
                )
            return b.Condition(item, self.labels[item], entry.word("clause", ""), node, where)
        if not isinstance(item, Entry):
            raise refuse(
                entry.at("conditions"),
                "条件应为名称，或 id、label、when。",
                "a condition is a name, or id, label and when.",
            )
        item.only("id", "label", "clause", "when")
        label = item.text("label")
        self.placeholders(item, "label", label, ())
        node = check_condition(item.expression("when"), scope=table, words=self.words, where=item.at("when"))
        return b.Condition(item.word("id"), label, item.word("clause", entry.word("clause", "")), node, item.where)

    # ---- policies

    def policy(self, entry: Entry) -> b.Policy:
        entry.only(
            "id", "label", "clause", "sector", "level", "for", "evaluated", "conditions", "benefit", "books", "receipt_explained_when",
            "papers", "apply_at", "details", "from", "until", "readings",
        )  # fmt: skip
        evaluated = entry.flag("evaluated", True)
        person = entry.word("for", "person", ("person", "household")) == "person"
        table: ScopeName = "person" if person else "household"
        conditions: tuple[b.Condition, ...] = ()
        benefit = explained = None
        if evaluated:
            conditions = self.conditions(entry, table)
            if person:
                present = b.Condition("present", PRESENT, "", Builtin(BOOL, True, "present"), entry.where)
                conditions = (present, *conditions)
            conditions = (*_in_force(entry), *conditions)
            benefit = self.benefit(entry.need("benefit"), table)
            if benefit.accrues not in (None, "once"):
                for condition in conditions:
                    refuse_unless_day_wise(condition.node, condition.where)
        if "receipt_explained_when" in entry:
            explained = check_condition(
                entry.expression("receipt_explained_when"),
                scope=table,
                words=self.words,
                where=entry.at("receipt_explained_when"),
            )
        details = entry.maybe_text("details")
        if details:
            self.placeholders(entry, "details", details, ())
        label = entry.text("label")
        self.placeholders(entry, "label", label, ())
        first, last = entry.span()
        return b.Policy(
            id=entry.word("id"),
            label=label,
            clause=entry.word("clause"),
            sector=entry.word("sector"),
            level=entry.maybe_text("level"),
            person=person,
            evaluated=evaluated,
            conditions=conditions,
            benefit=benefit,
            books=_books(entry),
            receipt_explained_when=explained,
            papers=entry.texts("papers"),
            apply_at=entry.maybe_text("apply_at"),
            details=details,
            from_day=first,
            until_day=last,
            readings=readings(entry),
            layer=self.raw.policy_layers[entry.word("id")],
            where=entry.where,
        )

    def benefit(self, entry: Any, table: ScopeName) -> b.Benefit:
        if not isinstance(entry, Entry):
            raise refuse(Where("", 0), "benefit 应为键和值。", "benefit should be keys and values.")
        entry.only("kind", "accrues", "amount", "nature", "drawn_elsewhere")
        kind = cast(b.BenefitKind, entry.word("kind", among=get_args(b.BenefitKind)))
        if kind != "cash":
            for key in ("accrues", "nature", "drawn_elsewhere"):
                if key in entry:
                    raise refuse(entry.at(key), f"非现金政策没有“{key}”。", f"what is no cash has no '{key}'.")
            amount = None
            if "amount" in entry:
                amount = check_expression(
                    entry.expression("amount"), scope=table, words=self.words, where=entry.at("amount")
                )
            return b.Benefit(kind, None, amount, None, False)
        accrues = cast(b.Accrual, entry.word("accrues", among=get_args(b.Accrual)))
        nature = cast(b.Nature, entry.word("nature", among=get_args(b.Nature)))
        amount = check_expression(entry.expression("amount"), scope=table, words=self.words, where=entry.at("amount"))
        if not (amount.type.kind == "number" and amount.type.money) or amount.daily:
            raise refuse(
                entry.at("amount"),
                "金额应为一笔钱，且不随日期变化（参数的分段除外）。",
                "the amount should be money that does not vary by day (a parameter's dates apart).",
            )
        return b.Benefit(kind, accrues, amount, nature, entry.flag("drawn_elsewhere"))

    # ---- names on payment lists

    def payment(self, entry: Entry) -> b.PaidAs:
        entry.only("id", "policies", "names")
        policies, names = entry.words("policies"), entry.words("names")
        if not policies or not names:
            raise refuse(entry.where, "policies 和 names 都不能空着。", "neither policies nor names may be empty.")
        for id_ in policies:
            if id_ not in self.raw.policies:
                raise refuse(entry.at("policies"), f"没有政策“{id_}”。", f"there is no policy '{id_}'.")
        return b.PaidAs(entry.word("id"), names, policies, entry.where)

    def payments_fit(self, payments: dict[str, b.PaidAs]) -> None:
        """A name stands in one entry: else the order of entries would decide what it means."""
        seen: dict[str, str] = {}
        for each in payments.values():
            with self.faults.gather():
                for name in each.names:
                    if seen.setdefault(b.paid_name(name), each.id) != each.id:
                        raise refuse(
                            each.where,
                            f"名称“{name}”已在“{seen[b.paid_name(name)]}”里；可能指几项政策的，写在同一条里。",
                            f"the name '{name}' stands under '{seen[b.paid_name(name)]}'; one that may mean several policies stands in one entry.",
                        )

    # ---- exclusions

    def exclusion(self, entry: Entry, policies: dict[str, b.Policy]) -> b.Exclusion:
        entry.only("id", "label", "clause", "kind", "barred", "by", "policies", "applies", "readings")
        kind = cast(Literal["barred", "one_of"], entry.word("kind", among=("barred", "one_of")))
        named = entry.words("barred" if kind == "barred" else "policies")
        by = entry.words("by")
        for id_ in (*named, *by):
            policy = policies.get(id_)
            benefit = policy.benefit if policy else None
            if policy is None or benefit is None or not policy.person or benefit.accrues in (None, "once", "event"):
                raise refuse(
                    entry.where,
                    f"“{id_}”不是按月、按年或按学期发放的个人政策，不能写在这里。",
                    f"'{id_}' is no person's policy paid by month, year or term, and cannot stand here.",
                )
        for id_ in named:
            benefit = policies[id_].benefit
            if benefit and benefit.amount and not constant_amount(benefit.amount):
                raise refuse(
                    entry.where,
                    f"“{id_}”的金额不是只由参数决定，不能参与排除。",
                    f"the amount of '{id_}' is not made of parameters alone; it cannot be excluded.",
                )
        applies = (
            check_condition(entry.expression("applies"), scope="household", words=self.words, where=entry.at("applies"))
            if "applies" in entry
            else None
        )
        if applies and not constant_amount(applies):
            raise refuse(entry.at("applies"), "applies 只能由参数决定。", "applies may use parameters only.")
        label = entry.text("label") if "label" in entry else None
        return b.Exclusion(
            entry.word("id"), kind, label, entry.word("clause", ""), named, by, applies, readings(entry), entry.where
        )

    def exclusions_fit(self, exclusions: dict[str, b.Exclusion], policies: dict[str, b.Policy]) -> None:
        """A policy stands in one group at most, and one that bars is not itself barred: else the order of judging would decide."""
        groups: dict[str, str] = {}
        barred = {id_ for e in exclusions.values() if e.kind == "barred" for id_ in e.policies}
        for exclusion in exclusions.values():
            with self.faults.gather():
                for id_ in exclusion.policies if exclusion.kind == "one_of" else exclusion.by:
                    if exclusion.kind == "one_of" and groups.setdefault(id_, exclusion.id) != exclusion.id:
                        raise refuse(
                            exclusion.where,
                            f"“{id_}”已在“{groups[id_]}”组里。",
                            f"'{id_}' is in the group '{groups[id_]}' already.",
                        )
                    if exclusion.kind == "barred" and id_ in barred:
                        raise refuse(
                            exclusion.where, f"“{id_}”排除别人，又被别人排除。", f"'{id_}' bars and is barred."
                        )

    # ---- checks

    def check(self, entry: Entry) -> b.Check:
        entry.only("id", "of", "severity", "label", "source", "when", "show", "message", "readings")
        table = cast(ScopeName, entry.word("of", among=get_args(ScopeName)))
        when = check_condition(entry.expression("when"), scope=table, words=self.words, where=entry.at("when"))
        shown: dict[str, Node] = {}
        show = entry.get("show", Entry())
        if not isinstance(show, Entry):
            raise refuse(entry.at("show"), "show 应为键和值。", "show should be keys and values.")
        for name in show:
            shown[name] = check_expression(show.expression(name), scope=table, words=self.words, where=show.at(name))
        message = entry.text("message")
        for name in self.placeholders(entry, "message", message, shown):
            if name not in self.parameters:
                shown[name] = check_expression(name, scope=table, words=self.words, where=entry.at("message"))
        return b.Check(
            entry.word("id"), table, cast(b.Severity, entry.word("severity", among=get_args(b.Severity))), entry.text("label"),
            str(entry.need("source")), when, shown, message, readings(entry), entry.where,
        )  # fmt: skip

    # ---- evidence

    def evidence(self, entry: Entry) -> b.EvidenceKind:
        entry.only("id", "of", "group", "label", "clause", "expires", "required", "readings")
        id_, table = entry.word("id"), cast(Literal["household", "person"], entry.word("of", "household", _THINGS))
        if id_ in {**self.parameters, **self.signatures, **self.raw.policies, **self.raw.checks}:
            raise refuse(entry.at("id"), f"名称“{id_}”已被占用。", f"the name '{id_}' is taken.")
        required = None
        if "required" in entry:
            text, where = entry.expression("required"), entry.at("required")
            required = check_condition(text, scope=table, words=self.words, where=where)
        label = entry.text("label")
        self.placeholders(entry, "label", label, ())
        group = entry.word("group", among=tuple(self.raw.evidence_groups))
        return b.EvidenceKind(
            id_, table, group, label, entry.word("clause", ""), entry.flag("expires"), required, readings(entry), entry.where
        )  # fmt: skip

    def placeholders(self, entry: Entry, key: str, text: Text, shown: Iterable[str]) -> list[str]:
        """The names in braces that are not under `shown`, the same in both languages. In a label they must be parameters."""
        zh, en = set(_PLACEHOLDER.findall(text.zh)), set(_PLACEHOLDER.findall(text.en))
        if zh != en:
            raise refuse(
                entry.at(key),
                f"两种文字里的{{…}}不一致：{sorted(zh ^ en)}。",
                f"the two texts differ in their {{…}}: {sorted(zh ^ en)}.",
            )
        names = sorted(zh - set(shown))
        if key != "message":
            for name in names:
                if name not in self.parameters:
                    raise refuse(entry.at(key), f"{{{name}}} 不是参数。", f"{{{name}}} is no parameter.")
        return names


def Entry_with_id(value: Any, id_: str) -> Entry:  # noqa: N802  # reads as a constructor of Entry
    if not isinstance(value, Entry):
        raise refuse(Where("rules/income.yaml", 1), f"“{id_}”应为键和值。", f"'{id_}' should be keys and values.")
    value.setdefault("id", id_)
    return value


def all_of(conditions: Sequence[b.Condition]) -> Node:
    """The conjunction of the conditions, flat."""
    items = tuple(inner for c in conditions for inner in (c.node.items if isinstance(c.node, And) else (c.node,)))
    return items[0] if len(items) == 1 else And(BOOL, any(i.daily for i in items), items)


def _in_force(entry: Entry) -> tuple[b.Condition, ...]:
    """A rule's own dates, both included, as a condition like any other: on days outside them nobody meets it."""
    day = Builtin(DATE, True, "day")
    first, last = entry.span()
    bounds: list[tuple[CompareOp, int | None]] = [(">=", first), ("<=", last)]
    tests = tuple(Compare(BOOL, True, op, day, Const(DATE, False, bound)) for op, bound in bounds if bound is not None)
    return (b.Condition("in_force", IN_FORCE, "", And(BOOL, True, tests), entry.where),) if tests else ()


def _in_order_of_need(entries: dict[str, Entry]) -> dict[str, Entry]:
    """The terms so that each comes after those it names. Raises BookRefused where they go in a circle."""
    ordered: dict[str, Entry] = {}
    under_way: list[str] = []

    def visit(id_: str) -> None:
        if id_ in ordered:
            return
        entry = entries[id_]
        if id_ in under_way:
            circle = " → ".join([*under_way[under_way.index(id_) :], id_])
            raise refuse(entry.where, f"条件互相引用成环：{circle}。", f"the terms go in a circle: {circle}.")
        under_way.append(id_)
        for name in _WORD.findall(str(entry.get("is", ""))):
            if name in entries:
                visit(name)
        under_way.pop()
        ordered[id_] = entry

    for id_ in entries:
        visit(id_)
    return ordered


# ---- policies


def _books(entry: Entry) -> b.Books:
    """The ledger items as which a receipt is booked. Raises BookRefused for one that is no income, or takes nothing off a cost."""
    given = entry.get("books", Entry())
    if not isinstance(given, Entry):
        raise refuse(
            entry.at("books"), "books 应为 {income: …, aid: …}。", "books should be keys and values: income, aid."
        )
    given.only("income", "aid")
    items = schema().codes["item"]
    fits = {
        "income": [code for code, item in items.items() if item.group in INCOME_GROUPS],
        "aid": [code for code, item in items.items() if item.reduces],
    }
    for key in given:
        given.word(key, among=fits[key])
    return b.Books(given.word("income", ""), given.word("aid", ""))


def _unit(entry: Entry) -> b.OrgUnit:
    codes = entry.words("codes")
    if not codes or not all(re.fullmatch("[0-9]{1,12}", code) for code in codes):
        # No village code would begin with it, and no value of the unit be used.
        raise refuse(
            entry.at("codes"),
            "codes 应为区划代码的前几位（半角数字，至多12位，加引号），至少一个。",
            "'codes' should be the first digits of division codes (at most 12 ASCII digits, quoted), one at least.",
        )
    return b.OrgUnit(entry.word("id"), entry.text("label"), codes)


def _calendar(entry: Entry) -> b.Calendar:
    entry.only("school_age_day", "autumn_starts", "terms")
    terms = tuple(b.Term(_month_day(t, "accrues"), _month_day(t, "expected")) for t in entry.entries("terms"))
    for term, at in zip(terms, entry.entries("terms"), strict=True):
        if term.accrues % 100 != 1:
            raise refuse(at.at("accrues"), "学期应从某月1日起计。", "a term accrues on the first of a month.")
    return b.Calendar(_month_day(entry, "school_age_day"), _month_day(entry, "autumn_starts"), terms)


def _month_day(entry: Entry, key: str) -> int:
    match = re.fullmatch("([0-9]{2})-([0-9]{2})", entry.word(key))
    if not match or not 1 <= int(match[1]) <= 12 or not 1 <= int(match[2]) <= 31:
        raise refuse(entry.at(key), f"“{key}”应为月-日，如 09-01。", f"'{key}' should be month-day, as 09-01.")
    return int(match[1]) * 100 + int(match[2])


__all__ = ["all_of", "load_book"]

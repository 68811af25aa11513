"""The rulebook as people read it: a list, one rule in full, and the page of readings that stand to be confirmed."""

from collections.abc import Iterable, Sequence
from functools import partial

from bangfu.kernel.days import iso_from_day
from bangfu.kernel.errors import DomainError
from bangfu.kernel.schema import schema
from bangfu.kernel.words import Lang, Text
from bangfu.rulebook import book as b
from bangfu.rulebook.parameters import choices_said
from bangfu.rulebook.resolve import show_value
from bangfu.rulebook.tree import Node, Param

ROLES = {
    "term": Text("条件", "term"),
    "line": Text("收支", "income line"),
    "test": Text("收入判断", "line test"),
    "guarantee": Text("保障", "guarantee"),
    "standard": Text("标准", "standard"),
}
KINDS = {
    "cash": Text("现金", "cash"),
    "waiver": Text("减免", "waiver"),
    "service": Text("服务", "service"),
    "loan": Text("贷款", "loan"),
}
ACCRUALS = {
    "month": Text("按月发放，每月", "a month"),
    "year": Text("按年标准、按月计发，每年", "a year, by twelfths"),
    "term": Text("按学期各发一半，每年", "a year, half a term"),
    "event": Text("按当年发生额", "by what happened in the year"),
    "once": Text("一次性", "once"),
}
NATURES = {
    "fixed": Text("定额", "fixed"),
    "mean": Text("平均数", "a mean"),
    "minimum": Text("不低于", "at least"),
    "ceiling": Text("最高", "at most"),
}
SECTORS = {
    "employment": Text("人社", "employment"),
    "civil_affairs": Text("民政", "civil affairs"),
    "disability": Text("残联", "disability"),
    "education": Text("教育", "education"),
    "health": Text("健康", "health"),
    "housing": Text("住房", "housing"),
}
REQUIRED = Text("按条件必须有", "required where its condition holds")
KEPT = Text("有则存入", "kept where there is one")
UNKNOWN = Text("原文未写明（待核）", "not stated by the source (to be confirmed)")


def list_lines(book: b.Book, lang: Lang) -> list[tuple[str, ...]]:
    """One line a policy, guarantee, parameter, check and kind of evidence: what it is, its id, its clause, its name."""
    rows: list[tuple[str, ...]] = []
    for policy in book.policies.values():
        sector = SECTORS.get(policy.sector, Text(policy.sector, policy.sector))
        rows.append(
            (
                Text("政策", "policy").say(lang),
                policy.id,
                policy.clause,
                fill(policy.label.say(lang), book, lang),
                sector.say(lang),
            )
        )
    for part in (
        *book.lines.values(),
        *book.tests.values(),
        *book.guarantees.values(),
        *book.standards.values(),
        *book.terms.values(),
    ):
        rows.append((ROLES[part.role].say(lang), part.id, part.clause, fill(part.label.say(lang), book, lang)))
    for exclusion in book.exclusions.values():
        rows.append(
            (
                Text("不重复享受", "exclusion").say(lang),
                exclusion.id,
                exclusion.clause,
                exclusion.label.say(lang) if exclusion.label else "",
            )
        )
    for parameter in book.parameters.values():
        rows.append(
            (
                Text("参数", "parameter").say(lang),
                parameter.id,
                parameter.clause,
                parameter.label.say(lang),
                _values_line(parameter, lang),
            )
        )
    for check in book.checks.values():
        rows.append((Text("核查", "check").say(lang), check.id, check.source, check.label.say(lang)))
    for kind in book.evidence.values():
        when = REQUIRED if kind.required is not None else KEPT
        rows.append(
            (
                Text("档案资料", "evidence").say(lang),
                kind.id,
                kind.clause,
                fill(kind.label.say(lang), book, lang),
                when.say(lang),
            )
        )
    for missing in book.not_checked:
        lacks = Text(f"缺：{missing.lacks.zh}", f"lacks: {missing.lacks.en}").say(lang)
        rows.append((Text("无法核查", "not checked").say(lang), "—", missing.source, missing.label.say(lang), lacks))
    return rows


def rule_lines(book: b.Book, id_: str, lang: Lang) -> list[str]:
    """One rule in full, as lines. Raises DomainError where the book has no such id."""
    if id_ in book.policies:
        return _policy_lines(book, book.policies[id_], lang)
    if id_ in book.parameters:
        return _parameter_lines(book.parameters[id_], lang)
    if id_ in book.parts:
        return _part_lines(book, book.parts[id_], lang)
    if id_ in book.exclusions:
        return _exclusion_lines(book, book.exclusions[id_], lang)
    if id_ in book.checks:
        return _check_lines(book.checks[id_], lang)
    if id_ in book.evidence:
        return _evidence_lines(book, book.evidence[id_], lang)
    raise DomainError(
        "NO_SUCH_RULE",
        Text(
            f"规则库里没有“{id_}”；用 bangfu rulebook list 查看。",
            f"The rulebook has no '{id_}'; see bangfu rulebook list.",
        ),
    )


def fill(text: str, book: b.Book, lang: Lang) -> str:
    """Put the parameters' values into the braces of a label; the parameter's id where place or date decide between several."""
    if "{" not in text:
        return text
    return text.format_map(
        {
            p.id: show_value(p, p.values[0].value, lang) if len(p.values) == 1 else f"[{p.id}]"
            for p in book.parameters.values()
        }
    )


def _head(label: str, id_: str, clause: str, layer: str, lang: Lang) -> list[str]:
    source = Text(f"依据：{clause or '—'}", f"Source: {clause or '—'}").say(lang)
    extra = Text(f"   规则层：{layer}", f"   Layer: {layer}").say(lang) if layer not in ("", "shipped") else ""
    return [f"{label}  ({id_})", source + extra]


def _policy_lines(book: b.Book, policy: b.Policy, lang: Lang) -> list[str]:
    def say(zh: str, en: str) -> str:
        return Text(zh, en).say(lang)

    lines = _head(fill(policy.label.say(lang), book, lang), policy.id, policy.clause, policy.layer, lang)
    lines.append(
        say("部门：", "Sector: ")
        + SECTORS.get(policy.sector, Text(policy.sector, policy.sector)).say(lang)
        + say("   层级：", "   Level: ")
        + (policy.level or UNKNOWN).say(lang)
    )
    if policy.from_day or policy.until_day:
        start = iso_from_day(policy.from_day) if policy.from_day else "…"
        until = iso_from_day(policy.until_day) if policy.until_day else "…"
        lines.append(say(f"有效期：{start} 至 {until}", f"In force: {start} to {until}"))
    if not policy.evaluated or policy.benefit is None:
        lines.append(
            say(
                "原文没有写明条件和标准，不作评估（待核）。",
                "The source gives no terms; not evaluated (to be confirmed).",
            )
        )
        return [*lines, _booked(policy.books, lang), *_readings_lines(policy.readings, lang)]
    lines.append(
        say("对象：个人" if policy.person else "对象：户", "For: a person" if policy.person else "For: a household")
    )
    lines.append(say("条件（须同时具备）：", "Conditions (all must hold):"))
    lines += [
        f"  {n}. {fill(c.label.say(lang), book, lang)}  [{c.id}]" for n, c in enumerate(policy.conditions, start=1)
    ]
    lines.append(say("待遇：", "Benefit: ") + benefit_said(book, policy.benefit, lang))
    lines.append(_booked(policy.books, lang))
    if policy.details:
        lines.append(say("说明：", "Details: ") + fill(policy.details.say(lang), book, lang))
    for exclusion in book.exclusions.values():
        if policy.id in exclusion.policies:
            lines.append(say("不重复享受：", "Not together: ") + exclusion_said(book, exclusion, policy.id, lang))
    papers = say("、", ", ").join(p.say(lang) for p in policy.papers) or UNKNOWN.say(lang)
    lines.append(say("带什么材料：", "Papers to bring: ") + papers)
    lines.append(say("到哪里办：", "Where to apply: ") + (policy.apply_at or UNKNOWN).say(lang))
    used = {n.name for c in policy.conditions for n in c.node.walk() if isinstance(n, Param)} | parameters_in(
        policy.benefit.amount
    )
    if used:
        lines.append(say("用到的参数：", "Parameters used:"))
        lines += [
            f"  {book.parameters[p].label.say(lang)} [{p}]: {_values_line(book.parameters[p], lang)}"
            for p in sorted(used)
        ]
    return lines + _readings_lines(policy.readings, lang)


def _booked(books: b.Books, lang: Lang) -> str:
    """As what a receipt stands in the ledger."""
    label = partial(schema().label, "item", lang=lang)
    parts = [label(code=books.income)] if books.income else []
    if books.aid:
        off = schema().codes["item"][books.aid].reduces
        parts.append(
            Text(
                f"{label(code=books.aid)}（从{label(code=off)}中扣除）",
                f"{label(code=books.aid)} (taken off {label(code=off)})",
            ).say(lang)
        )
    shown = Text("、", ", ").say(lang).join(parts) or Text("不记入", "not booked").say(lang)
    return Text("领到时记入收支：", "Booked in the ledger when received: ").say(lang) + shown


def parameters_in(node: Node | None) -> set[str]:
    """The parameters that an expression names itself."""
    return {n.name for n in node.walk() if isinstance(n, Param)} if node else set()


def benefit_said(book: b.Book, benefit: b.Benefit, lang: Lang) -> str:
    """What a policy gives, in a line."""
    kind = KINDS[benefit.kind].say(lang)
    if benefit.accrues is None or benefit.nature is None:
        return kind
    amounts = [_values_line(book.parameters[p], lang) for p in sorted(parameters_in(benefit.amount))]
    shown = Text("、", ", ").say(lang).join(amounts) or Text("按登记的数额", "as on the register").say(lang)
    if lang == "zh":
        return f"{kind}，{ACCRUALS[benefit.accrues].zh}：{shown}（{NATURES[benefit.nature].zh}）"
    return f"{kind}, {ACCRUALS[benefit.accrues].en}: {shown} ({NATURES[benefit.nature].en})"


def exclusion_said(book: b.Book, exclusion: b.Exclusion, policy: str, lang: Lang) -> str:
    """What of an exclusion is about one of its policies."""

    def names(ids: Iterable[str]) -> str:
        return Text("、", ", ").say(lang).join(fill(book.policies[i].label.say(lang), book, lang) for i in ids)

    if exclusion.kind == "barred":
        return Text(f"享受{names(exclusion.by)}的不再享受", f"not for those who draw {names(exclusion.by)}").say(lang)
    others = [p for p in exclusion.policies if p != policy]
    return Text(f"与{names(others)}只享受一项", f"one of this and {names(others)}").say(lang)


def _exclusion_lines(book: b.Book, exclusion: b.Exclusion, lang: Lang) -> list[str]:
    lines = _head(
        exclusion.label.say(lang) if exclusion.label else exclusion.id, exclusion.id, exclusion.clause, "", lang
    )
    for policy in exclusion.policies:
        label = fill(book.policies[policy].label.say(lang), book, lang)
        said = exclusion_said(book, exclusion, policy, lang)
        lines.append(Text(f"  {label}：{said}", f"  {label}: {said}").say(lang))
    return lines + _readings_lines(exclusion.readings, lang)


def _part_lines(book: b.Book, part: b.Part, lang: Lang) -> list[str]:
    role, label = ROLES[part.role].say(lang), fill(part.label.say(lang), book, lang)
    lines = _head(Text(f"{role}：{label}", f"{role}: {label}").say(lang), part.id, part.clause, "", lang)
    lines += [f"  {n}. {fill(c.label.say(lang), book, lang)}  [{c.id}]" for n, c in enumerate(part.conditions, start=1)]
    return lines + _readings_lines(part.readings, lang)


def _parameter_lines(parameter: b.Parameter, lang: Lang) -> list[str]:
    lines = _head(parameter.label.say(lang), parameter.id, parameter.clause, "", lang)
    if parameter.choices:
        listed = choices_said(parameter.choices)
        lines.append(Text(f"  可选：{listed.zh}", f"  One of: {listed.en}").say(lang))
    for v in parameter.values:
        when = when_said(v, lang)
        place = v.place or Text("全国", "everywhere").say(lang)
        mark = Text("  待核", "  to be confirmed").say(lang) if v.unverified else ""
        source = f"  {v.source.say(lang)}" if v.source else ""
        lines.append(f"  {when}  {place}  {show_value(parameter, v.value, lang)}{mark}{source}")
    return lines + _readings_lines(parameter.readings, lang)


def when_said(value: b.Dated, lang: Lang) -> str:
    """The year or the days for which a value holds."""
    if value.year:
        return str(value.year)
    if value.from_day or value.until_day:
        return " – ".join(iso_from_day(day) if day else "…" for day in (value.from_day, value.until_day))
    return Text("一直", "always").say(lang)


def _values_line(parameter: b.Parameter, lang: Lang) -> str:
    """The value with its unit; of several, how many there are."""
    if len(parameter.values) > 1:
        return Text(
            f"按地区或日期有{len(parameter.values)}个值（见参数 {parameter.id}）",
            f"{len(parameter.values)} values by place or date (see parameter {parameter.id})",
        ).say(lang)
    (only,) = parameter.values
    unit = Text("元", " yuan").say(lang) if parameter.unit == "yuan" else ""
    mark = Text("（待核）", " (to be confirmed)").say(lang) if only.unverified else ""
    return show_value(parameter, only.value, lang) + unit + mark


def _check_lines(check: b.Check, lang: Lang) -> list[str]:
    severity = {"error": Text("错误", "error"), "warning": Text("警示", "warning"), "clue": Text("线索", "clue")}[
        check.severity
    ].say(lang)
    return [
        *_head(check.label.say(lang), check.id, check.source, "", lang),
        severity,
        check.message.say(lang),
        *_readings_lines(check.readings, lang),
    ]


def _evidence_lines(book: b.Book, kind: b.EvidenceKind, lang: Lang) -> list[str]:
    of = Text("每个成员", "each member") if kind.table == "person" else Text("户", "the household")
    lines = [
        *_head(fill(kind.label.say(lang), book, lang), kind.id, kind.clause, "", lang),
        Text("分类：", "Group: ").say(lang) + book.evidence_groups[kind.group].say(lang),
        Text("对象：", "Of: ").say(lang) + of.say(lang),
        (REQUIRED if kind.required is not None else KEPT).say(lang),
    ]
    if kind.expires:
        lines.append(Text("有有效期", "It has a date of expiry").say(lang))
    lines += [
        f"  {book.parameters[p].label.say(lang)} [{p}]: {_values_line(book.parameters[p], lang)}"
        for p in sorted(parameters_in(kind.required))
    ]
    return lines + _readings_lines(kind.readings, lang)


def _readings_lines(readings: Sequence[b.Reading], lang: Lang) -> list[str]:
    lines = []
    for r in readings:
        lines.append(Text("待核：", "To be confirmed: ").say(lang) + r.question.say(lang))
        lines.append("  " + Text("现在的理解：", "Read so far: ").say(lang) + r.choice.say(lang))
        lines.append("  " + Text("影响：", "It turns on: ").say(lang) + r.turns_on.say(lang))
        if r.elsewhere:
            lines.append("  " + Text("别处的说法：", "Elsewhere: ").say(lang) + r.elsewhere.say(lang))
    return lines


# ---- the page of readings


def readings_of(book: b.Book) -> list[tuple[str, str, Text, b.Reading]]:
    """(kind, id, label, reading) for every reading in the book."""
    found: list[tuple[str, str, Text, b.Reading]] = []
    for kind, entries in (
        ("policy", book.policies),
        ("parameter", book.parameters),
        ("part", book.parts),
        ("exclusion", book.exclusions),
        ("check", book.checks),
        ("evidence", book.evidence),
    ):
        for id_, entry in entries.items():
            label = getattr(entry, "label", None) or Text(id_, id_)
            found += [(kind, id_, label, r) for r in entry.readings]
    return found


def readings_page(book: b.Book) -> str:
    """docs/readings.md: what changes money first, then the rest, then recalled numbers."""
    every = readings_of(book)
    money = [x for x in every if x[3].money]
    lines = [
        "# 待核的理解 / Readings to be confirmed",
        "",
        f"由规则库 {book.id} {book.version} 生成（`bangfu rulebook readings`），不要手工修改。",
        f"Made from rulebook {book.id} {book.version} by `bangfu rulebook readings`; do not edit.",
        "",
        f"## 影响金额的理解 / Readings that change money ({len(money)})",
        "",
    ]
    for _, id_, label, r in money:
        lines += _reading_block(book, id_, label, r)
    rest = [x for x in every if not x[3].money]
    lines += [f"## 不影响金额的理解 / Readings that change no money ({len(rest)})", ""]
    for _, id_, label, r in rest:
        lines += _reading_block(book, id_, label, r)
    lines += [
        "## 凭记忆、没有找到出处的数值 / Values recalled without a source",
        "",
        "| 参数 parameter | 地区 place | 时间 when | 数值 value |",
        "|---|---|---|---|",
    ]
    for p in book.parameters.values():
        for v in p.values:
            if v.unverified:
                when = v.year or (iso_from_day(v.from_day) if v.from_day else "")
                value = show_value(p, v.value, "zh")
                lines.append(f"| {p.label.zh} `{p.id}` | {v.place} | {when} | {value} |")
    return "\n".join(lines)


def _reading_block(book: b.Book, id_: str, label: Text, r: b.Reading) -> list[str]:
    held = f" · `--set {r.parameter}=…`" if r.parameter else ""
    lines = [
        f"### {r.question.zh}",
        "",
        f"{r.question.en} · `{id_}` {fill(label.zh, book, 'zh')}{held}",
        "",
        f"- 现在的理解：{r.choice.zh} — *{r.choice.en}*",
        f"- 影响：{r.turns_on.zh} — *{r.turns_on.en}*",
    ]
    if r.elsewhere:
        lines.append(f"- 别处的说法：{r.elsewhere.zh} — *{r.elsewhere.en}*")
    return [*lines, ""]

"""The messages of findings: a check's template with values put in, as SQL for a register and as text for one household."""

import re
from collections.abc import Mapping
from typing import Any

from bangfu.kernel.days import iso_from_day
from bangfu.kernel.money import round_half_away, yuan_from_fen
from bangfu.kernel.schema import schema
from bangfu.kernel.words import Lang, Text
from bangfu.rulebook.book import Check
from bangfu.rulebook.resolve import Rules
from bangfu.rulebook.sql import Emitter, literal, rounded
from bangfu.rulebook.tree import Type

UNKNOWN = Text("未知", "unknown")
_YES_NO = {True: Text("是", "yes"), False: Text("否", "no")}
_BRACES = re.compile(r"\{([a-z0-9_]+)\}")


def message_sql(check: Check, emitter: Emitter, rules: Rules, lang: Lang) -> str:
    """SQL for a check's message on the rows where it holds."""
    pieces = []
    for n, part in enumerate(_BRACES.split(check.message.say(lang))):
        if n % 2 == 0:
            pieces.append(literal(part))
        elif part in check.show:
            node = check.show[part]
            pieces.append(
                f"COALESCE({show_sql(emitter.scalar(node), node.type, rules, lang)}, {literal(UNKNOWN.say(lang))})"
            )
        else:
            pieces.append(literal(rules.shown(part, lang)))
    return "(" + " || ".join(p for p in pieces if p != "''") + ")"


def message_text(check: Check, values: Mapping[str, Any], rules: Rules, lang: Lang) -> str:
    """A check's message with the values of what it shows."""

    def fill(match: re.Match[str]) -> str:
        name = match[1]
        return show(values[name], check.show[name].type, rules, lang) if name in check.show else rules.shown(name, lang)

    return _BRACES.sub(fill, check.message.say(lang))


def show(value: Any, type_: Type, rules: Rules, lang: Lang) -> str:
    """A value as people read it: yuan with two decimals, ISO days, the code list's words."""
    if value is None:
        return UNKNOWN.say(lang)
    match type_.kind:
        case "bool":
            return _YES_NO[bool(value)].say(lang)
        case "date":
            return iso_from_day(value)
        case "number" if type_.money:
            return yuan_from_fen(round_half_away(value, type_.denominator))
        case "number" if type_.denominator > 1:
            return yuan_from_fen(round_half_away(value * 100, type_.denominator))
        case "text" if type_.codes:
            return labels_of(type_.codes, rules, lang).get(str(value), str(value))
        case "list":
            labels = labels_of(type_.codes, rules, lang)
            return Text("、", ", ").say(lang).join(labels.get(code, code) for code in value.split(";"))
        case _:
            return str(value)


def show_sql(sql: str, type_: Type, rules: Rules, lang: Lang) -> str:
    """The same in SQL; NULL where unknown. A list is shown by its codes' words too."""
    match type_.kind:
        case "bool":
            return f"(CASE WHEN {sql} THEN {literal(_YES_NO[True].say(lang))} WHEN NOT {sql} THEN {literal(_YES_NO[False].say(lang))} END)"
        case "date":
            digits = f"LPAD(CAST({sql} AS VARCHAR), 8, '0')"
            return f"(SUBSTR({digits}, 1, 4) || '-' || SUBSTR({digits}, 5, 2) || '-' || SUBSTR({digits}, 7, 2))"
        case "number" if type_.money or type_.denominator > 1:
            hundredths = rounded(sql if type_.money else f"(CAST({sql} AS BIGINT) * 100)", type_.denominator)
            size = f"ABS({hundredths})"
            sign = f"(CASE WHEN {hundredths} < 0 THEN '-' ELSE '' END)"
            return f"({sign} || CAST({size} // 100 AS VARCHAR) || '.' || LPAD(CAST({size} % 100 AS VARCHAR), 2, '0'))"
        case "text" if type_.codes:
            branches = " ".join(
                f"WHEN {literal(c)} THEN {literal(w)}" for c, w in labels_of(type_.codes, rules, lang).items()
            )
            return f"(CASE {sql} {branches} ELSE {sql} END)"
        case "list":
            shown = sql
            for code, word in labels_of(type_.codes, rules, lang).items():
                shown = f"REPLACE({shown}, {literal(f';{code};')}, {literal(f';{word};')})"
            padded = shown.replace(sql, f"(';' || REPLACE({sql}, ';', ';;') || ';')", 1)
            joint = literal(Text("、", ", ").say(lang))
            return f"TRIM(REPLACE(REPLACE({padded}, ';;', {joint}), ';', ' '))"
        case _:
            return f"CAST({sql} AS VARCHAR)"


def labels_of(codes: str, rules: Rules, lang: Lang) -> dict[str, str]:
    """The words of a code list; of policies from the book; none for a parameter's choices."""
    if codes == "policy":
        return {p.id: p.label.say(lang) for p in rules.book.policies.values()}
    return {code: entry.label.say(lang) for code, entry in schema().codes.get(codes, {}).items()}

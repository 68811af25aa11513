"""The messages of findings: a check's template with values put in, as SQL for a register and as text for one household."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from bangfu.kernel.days import iso_from_day
from bangfu.kernel.money import round_half_away, yuan_from_fen
from bangfu.kernel.schema import schema
from bangfu.kernel.words import Lang, Text
from bangfu.rulebook.book import Check
from bangfu.rulebook.resolve import Rules
from bangfu.rulebook.sql import Emitter, literal, rounded
from bangfu.rulebook.tree import CHOICES_OF, Type

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


def message_teller(check: Check, rules: Rules, lang: Lang) -> Callable[[Mapping[str, Any]], str]:
    """What makes a check's message of the values that it shows. Parameters stand in it already."""
    pieces = _BRACES.split(check.message.say(lang))
    shown = {
        n: shower(check.show[name].type, rules, lang) for n, name in enumerate(pieces) if n % 2 and name in check.show
    }
    told = [p if n % 2 == 0 or n in shown else rules.shown(p, lang) for n, p in enumerate(pieces)]

    def tell(values: Mapping[str, Any]) -> str:
        return "".join([shown[n](values[piece]) if n in shown else piece for n, piece in enumerate(told)])

    return tell


def shower(type_: Type, rules: Rules, lang: Lang) -> Callable[[Any], str]:
    """What shows values of a type as people read them: yuan with two decimals, ISO days, the code list's words."""
    known = _shower(type_, rules, lang)
    unknown = UNKNOWN.say(lang)
    return lambda value: unknown if value is None else known(value)


def _shower(type_: Type, rules: Rules, lang: Lang) -> Callable[[Any], str]:
    scale = type_.denominator
    match type_.kind:
        case "bool":
            yes, no = _YES_NO[True].say(lang), _YES_NO[False].say(lang)
            return lambda value: yes if value else no
        case "date":
            return iso_from_day
        case "number" if type_.money:
            return lambda value: yuan_from_fen(round_half_away(value, scale))
        case "number" if scale > 1:
            return lambda value: yuan_from_fen(round_half_away(value * 100, scale))
        case "text" if type_.codes:
            words = labels_of(type_.codes, rules, lang)
            return lambda value: words.get(str(value), str(value))
        case "list":
            labels, joint = labels_of(type_.codes, rules, lang), Text("、", ", ").say(lang)
            return lambda value: joint.join(labels.get(code, code) for code in value.split(";"))
        case _:
            return str


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
    """The words of a code list; of policies and of a parameter's choices from the book."""
    if codes == "policy":
        return {p.id: p.label.say(lang) for p in rules.book.policies.values()}
    if codes.startswith(CHOICES_OF):
        choices = rules.book.parameters[codes.removeprefix(CHOICES_OF)].choices
        return {code: label.say(lang) for code, label in choices.items()}
    return {code: entry.label.say(lang) for code, entry in schema().codes.get(codes, {}).items()}

"""What a plan would change, in words: figures first, then fact by fact."""

from collections.abc import Iterator

import duckdb

from bangfu.engine.request import book_of
from bangfu.kernel.days import date_from_day
from bangfu.kernel.money import yuan_from_fen
from bangfu.kernel.schema import schema
from bangfu.kernel.words import Lang, Text
from bangfu.places.selectors import places_named
from bangfu.registry.facts import Field, groups
from bangfu.registry.imports.plan import Plan
from bangfu.registry.values import Value, said

HEADINGS = (
    Text("户编号", "Household"),
    Text("人编号", "Person"),
    Text("内容", "Facts"),
    Text("项目", "Field"),
    Text("在册", "Held now"),
    Text("资料", "The file says"),
)
FIGURES = {
    "households": Text("资料中的户", "Households in the file"),
    "new_households": Text("其中新增", "New among them"),
    "persons": Text("资料中的人", "Persons in the file"),
    "new_persons": Text("其中新增", "New among them"),
    "changed_households": Text("有变动的户", "Households with changes"),
    "facts": Text("变动的事实", "Facts that change"),
    "ledger": Text("变动的收支", "Ledger amounts that change"),
    "receipts": Text("变动的已享受政策", "Receipts that change"),
    "totals": Text("与已登记各项不符、待核对的合计", "Totals that the lines held do not make up, to be settled"),
    "less_than_booked": Text("少于已登记发放、不作变动的金额", "Amounts below what was booked, left alone"),
}
_LINES = {"ledger": Text("收支", "Ledger"), "receipt": Text("已享受政策", "Receipts")}
_SEALED = Text("（号码，已加密）", "(a number, sealed)")


def figures_said(plan: Plan) -> list[tuple[Text, int]]:
    return [(text, plan.counts[name]) for name, text in FIGURES.items()]


def changes_said(con: duckdb.DuckDBPyConnection, lang: Lang, most: int | None, skip: int = 0) -> Iterator[list[str]]:
    """Rows under HEADINGS, by household and person, from `skip` on and `most` at most (None: all). No number of an ID is among them."""
    limit = "" if most is None else f" LIMIT {int(most)} OFFSET {int(skip)}"
    rows = con.execute(f"FROM change ORDER BY household_id, person_id NULLS FIRST, facts, field{limit}").fetchall()
    villages = {int(value) for *_, field, old, new in rows if field == "place" for value in (old, new) if value}
    named = places_named(villages)
    policies = book_of(()).policy_codes()
    for household, person, facts, field, old, new in rows:
        if facts in _LINES:
            what, _, year = field.partition(":")
            label = (
                f"{schema().label('item', what, lang) if facts == 'ledger' else policies[what].label.say(lang)} {year}"
            )
            yield [household, person or "", _LINES[facts].say(lang), label, _yuan(old), _yuan(new)]
            continue
        fact = groups()[facts].fields[field]
        shown = [_shown(fact, value, named, lang) for value in (old, new)]
        yield [household, person or "", groups()[facts].label.say(lang), fact.label.say(lang), *shown]


def _shown(fact: Field, text: str | None, named: dict[int, str], lang: Lang) -> str:
    if text is not None and fact.type == "number":
        return _SEALED.say(lang)
    if text is not None and fact.type == "place":
        return named.get(int(text), text)
    return said(fact, _value(fact, text), lang)


def _value(fact: Field, text: str | None) -> Value:
    """A value as the plan writes it, as the tables keep it."""
    if text is None:
        return None
    if fact.type == "yes_no":
        return text == "true"
    if fact.type == "date":
        return date_from_day(int(text))
    return int(text) if fact.type in ("money", "area", "decimal", "year", "months") else text


def _yuan(fen: str | None) -> str:
    return "" if fen is None else yuan_from_fen(int(fen), grouped=True)

"""What a paper is given: plain values by portion, made of a household's file and of what its assessment says of it.

A portion is what one part of a paper needs. A template sees the portions that its declaration names and no more, as text that is ready to
print. Facts are `{label, value, raw}`: `value` is "" where a fact is not known, for the paper leaves a line there; `raw` is fen,
ten-thousandths, an ISO day, a code, true, false or null. Amounts are yuan as text with two decimals.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from bangfu.access.selectors import Answering
from bangfu.engine.request import book_of
from bangfu.kernel.days import day_from_date, full_years
from bangfu.kernel.money import yuan_from_fen
from bangfu.kernel.schema import schema
from bangfu.kernel.words import Lang, Text
from bangfu.privacy.keys import KeyRing
from bangfu.registry.data import Known
from bangfu.registry.differences import NOT_ASKED, Differences
from bangfu.registry.dossiers import Dossier, Item, label_of
from bangfu.registry.facts import groups, groups_of
from bangfu.registry.helping import AssignmentRow
from bangfu.registry.household_file import File, Member, named_as_left
from bangfu.registry.values import said
from bangfu.rulebook.evidence import borne_out
from bangfu.rulebook.explain import Explanation, PolicySeen, VerdictSeen
from bangfu.rulebook.kept import shipped_book
from bangfu.rulebook.resolve import Rules

Portion = Mapping[str, Any]
MISSING = Text("缺", "missing")
# Said of a thing only where it is so, as on the household's page.
HIDDEN = frozenset({"gone", "dissolved", "place", "household", "id_number"})
TIERS = ("village", "subdistrict", "district")
LEVELS = ("province", "prefecture", "county", "township", "village")
# The five facts of each member's health, and the papers and cards of the eight health services.
EIGHT = (
    Text("一个定点医院", "A designated hospital"),
    Text("一名家庭医生", "A family doctor"),
    Text("一份服务协议书", "A signed agreement"),
    Text("一张健康卡", "A health card"),
    Text("一份健康档案", "A health file"),
    Text("每年一次查体", "A check-up each year"),
    Text("一次会诊", "A consultation"),
    Text("一张健康明白纸", "A health sheet"),
)


@dataclass(frozen=True, slots=True)
class Case:
    """All that a household's papers are made of. `way`: names of the places it lies in, by level; `numbers`: ID numbers by person, as they
    may be shown; `year`: the income year; `rules` and `explanation` are None where the household could not be judged, and `unjudged` says why."""

    file: File
    way: Mapping[str, str]
    village_code: str
    helpers: tuple[AssignmentRow, ...]
    leads: tuple[Answering, ...]
    numbers: Mapping[int, str]
    year: int
    lang: Lang
    rules: Rules | None
    explanation: Explanation | None
    unjudged: str = ""
    dossier: Dossier | None = None
    differences: Differences | None = None

    def name_of(self, number: str | None) -> str:
        """Who a person of the assessment is; the whole household where it is nobody."""
        if not number:
            return Text("全户", "Household").say(self.lang)
        return next((each.name or each.number for each in self.file.members if each.number == number), number)

    def person(self, person: int | None) -> str:
        """A member, or somebody who has left since, whom money of the household names; "" for the household's own."""
        if person is None:
            return ""
        member = next((each.name or each.number for each in self.file.members if each.id == person), "")
        return member or named_as_left([person])[person].say(self.lang)


def portions(case: Case, given: Iterable[str]) -> dict[str, Any]:
    """What of a case a paper is given. Raises KeyError for a portion that there is not."""
    return {name: PORTIONS[name](case) for name in given}


def digest_of(ring: KeyRing, value: object) -> str:
    """Keyed: what is printed of a person is easily guessed, and must not be found again by trying."""
    return ring.blind_index(json.dumps(value, ensure_ascii=False, sort_keys=True), "documents:values")


def household(case: Case) -> Portion:
    """number, head, the places by level, address, members, phones; and each fact of the household by name."""
    file = case.file
    facts: dict[str, Any] = {}
    for group in groups_of("household"):
        facts |= _facts(file.facts[group.name], case.lang)
    phones = [str(each.values["number"]) for each in file.several["phone"]]
    address = "".join(
        (*(case.way.get(level, "") for level in LEVELS[2:]), facts["hamlet"]["value"], facts["address"]["value"])
    )
    return {
        "number": file.number,
        "head": case.file.head,
        **{level: case.way.get(level, "") for level in LEVELS},
        "whole_address": address,
        "size": sum(1 for each in file.members if each.present),
        "phones": phones,
        "phone": "、".join(phones),
        **facts,
    }


def members(case: Case) -> list[Portion]:
    """Those who belong to the household that day, the head first: name, relation, sex, age, id_number and each fact by name.

    `born` is the year alone: the last four of a masked number stand beside it.
    """
    return [_member(case, each) for each in case.file.members if each.present]


def policies(case: Case) -> list[Portion]:
    """A row for each policy and person it concerns: who, label, verdict, amount, why, papers, where, details, due and received.

    Those that are due come first, then those that wait for an answer, then those that ended or that another replaces. What nobody of
    the household is near is left out.
    """
    if case.explanation is None or case.rules is None:
        return []
    order = ("entitled", "unknown", "excluded", "ended", "not_entitled")
    seen = [each for each in case.explanation.policies if each.row["verdict"] != "not_entitled" or each.row["received"]]
    return [_policy(case, case.rules, each) for each in sorted(seen, key=lambda each: order.index(each.row["verdict"]))]


def guarantees(case: Case) -> list[Portion]:
    """Assurances, guarantees and water, and whether the standards of entry and exit are met: id, label, held, held_said."""
    if case.explanation is None:
        return []
    return [_verdict(each, case.lang) for each in (*case.explanation.guarantees, *case.explanation.standards)]


def statement(case: Case) -> Portion:
    """The income statement of the year: lines with the entries behind them, the line of poverty, and what it comes to."""
    if case.explanation is None or case.rules is None:
        return {"year": case.year, "lines": [], "poverty_line": "", "tests": [], "members": 0}
    lines = [
        {
            "id": line.id,
            "label": line.label,
            "amount": _yuan(line.amount),
            "raw": line.amount,
            "entries": [{"label": label, "amount": _yuan(fen)} for label, fen in line.entries],
        }
        for line in case.explanation.lines
    ]
    return {
        "year": case.rules.days.income_year,
        "lines": lines,
        "poverty_line": case.rules.shown("poverty_line", case.lang),
        "tests": [_verdict(each, case.lang) for each in case.explanation.tests],
        "members": case.explanation.members,
    }


def ledger(case: Case) -> Portion:
    """What was recorded of the year, by group with sums, each line with whose, note, ground and day; and whether it was settled."""
    lines = [each for each in case.file.ledger if each.year == case.year]
    by_group: dict[str, list[Portion]] = {}
    sums: dict[str, int] = {}
    for each in lines:
        group = schema().codes["item"][each.item].group
        sums[group] = sums.get(group, 0) + each.amount
        by_group.setdefault(group, []).append(
            {
                "label": schema().label("item", each.item, case.lang),
                "who": case.person(each.person),
                "note": each.note,
                "amount": _yuan(each.amount),
                "ground": each.source
                or (Text("已享受政策登记", "recorded receipt").say(case.lang) if each.booked else ""),
                "recorded_on": each.recorded_on.isoformat(),
            }
        )
    settled = case.file.settled.get(case.year)
    return {
        "year": case.year,
        "settled_on": settled.isoformat() if settled else "",
        "groups": [
            {"id": name, "label": label.say(case.lang), "total": _total(name, sums[name]), "lines": by_group[name]}
            for name, label in schema().item_groups.items()
            if name in by_group
        ],
    }


def receipts(case: Case) -> list[Portion]:
    """Policies received in the year: label, who, paid_on, amount."""
    return [
        {
            "label": case.rules.book.policies[each.policy].label.say(case.lang)
            if case.rules and each.policy in case.rules.book.policies
            else each.policy,
            "who": case.person(each.person) or Text("全户", "Household").say(case.lang),
            "paid_on": each.paid_on.isoformat() if each.paid_on else "",
            "amount": _yuan(each.amount),
        }
        for each in case.file.receipts
        if each.year == case.year
    ]


def contacts(case: Case) -> list[Portion]:
    """Who helps the household now, and who leads in its village: tier, post, name, phone; the village's own first.

    `name` is "" where the post is vacant.
    """
    standing = [each for each in case.helpers if each.held_until is None or each.held_until > case.file.day]
    told = [(each.role, each.tier, each.title, each.holder, each.phone) for each in standing]
    told += [(each.role, each.tier, each.title, each.name, each.phone) for each in case.leads]
    return [
        {"role": role, "tier": tier.say(case.lang), "post": title, "name": name, "phone": phone}
        for role, tier, title, name, phone in sorted(told, key=lambda each: TIERS.index(each[0]))
    ]


def questions(case: Case) -> list[Portion]:
    """What to ask the household, most money first: who, label, money and money_raw in fen (None where none hangs on it)."""
    if case.explanation is None:
        return []
    return [
        {
            "who": case.name_of(each.person_id),
            "label": each.label,
            "money": _yuan(each.money) if each.money else "",
            "money_raw": each.money or None,
        }
        for each in case.explanation.questions
    ]


def possessions(case: Case) -> Portion:
    """Of each kind of thing that a household has several of, its facts by name."""
    return {
        kind: [_facts(each, case.lang) for each in of_kind]
        for kind, of_kind in case.file.several.items()
        if kind != "phone"
    }


def dossier(case: Case) -> Portion:
    """What the dossier (档案袋) has and has to have: items with label, who, required, there, whole, right, pages and files; and what is missing.

    `state` says the three in one word. None of it where the paper was made without its dossier.
    """
    if case.dossier is None:
        return {"items": [], "missing": [], "required": 0, "complete": None, "complete_said": ""}
    items = [_item(case, each) for each in case.dossier.items if each.there or each.required is not False]
    return {
        "items": items,
        "missing": [each for each in items if each["required"] is True and not each["there"]],
        "required": case.dossier.required,
        "complete": case.dossier.complete,
        "complete_said": _held(case.dossier.complete, case.lang),
    }


def proofs(case: Case) -> list[Portion]:
    """What bears out the ledger of the year: of each kind of paper that its lines ask for, whose, which lines with their sums, pages and state.

    None where the paper was made without its dossier.
    """
    if case.dossier is None:
        return []
    made: list[Portion] = []
    for kind in book_of(()).evidence.values():
        sums = _sums_of(case, borne_out(kind), each_person=kind.table == "person")
        for person, by_item in sums.items():
            items = [each for each in case.dossier.items if (each.kind, each.person) == (kind.id, person)]
            state = _state(items[0]) if items and items[0].there else MISSING
            made.append(
                {
                    "label": kind.label.say(case.lang),
                    "who": case.person(person),
                    "lines": [
                        {"label": schema().label("item", item, case.lang), "amount": _yuan(fen)}
                        for item, fen in by_item.items()
                    ],
                    "there": bool(items and items[0].there),
                    "state": state.say(case.lang),
                    "pages": sum(_pages(each) for each in items),
                }
            )
    return made


def _sums_of(case: Case, items: frozenset[str], *, each_person: bool) -> dict[int | None, dict[str, int]]:
    """The lines of the year of these items, summed by item, for each person or for the household (None); those that come to nothing left out."""
    sums: dict[int | None, dict[str, int]] = {}
    for line in case.file.ledger:
        if line.year == case.year and line.item in items and line.amount > 0:
            by_item = sums.setdefault(line.person if each_person else None, {})
            by_item[line.item] = by_item.get(line.item, 0) + line.amount
    return sums


def health(case: Case) -> Portion:
    """Of each member: name, age, states, illness, insurance, and the health policies due to them; and the eight services."""
    of_health = [each for each in policies(case) if each["sector"] == "health"]
    rows = []
    for each in members(case):
        theirs = [p for p in of_health if p["person_id"] in (each["number"], "")]
        rows.append({**each, "states": _states(each, case.lang), "policies": theirs})
    return {"members": rows, "eight": [each.say(case.lang) for each in EIGHT]}


def register(case: Case) -> Portion:
    """The household as rows of a register, by table and column, for a form that is filled in and read back; without ID numbers.

    Ledger and receipts are those of the year, summed as a register states them. Days are ISO texts, money fen, land ten-thousandths.
    """
    file = case.file
    persons = {each.id: each.number for each in file.members}
    return {
        "household": [{**_contract(file.facts), "household_id": file.number, "village_code": case.village_code}],
        "person": [
            {**_contract(each.facts), "person_id": each.number, "household_id": file.number} for each in file.members
        ],
        "ledger": _totals("item", file.ledger, case, persons),
        "receipt": _totals("policy", file.receipts, case, persons),
    }


def _contract(facts: Mapping[str, Known]) -> dict[str, Any]:
    """The facts that a register states, by the contract's names; numbers, and what only a procedure changes, are left out."""
    return {
        field.column: _raw(known.values[name])
        for group, known in facts.items()
        for name, field in groups()[group].fields.items()
        if field.column and not field.procedure and field.type != "number"
    }


def _totals(what: str, lines: Iterable[Any], case: Case, persons: Mapping[int, str]) -> list[Portion]:
    sums: dict[tuple[str, str | None], int] = {}
    for each in lines:
        if each.year == case.year:
            key = (getattr(each, what), persons.get(each.person or 0))
            sums[key] = sums.get(key, 0) + each.amount
    column = {"item": "item", "policy": "policy_id"}[what]
    shared = {"household_id": case.file.number, "year": case.year}
    return [{**shared, "person_id": who, column: name, "amount": fen} for (name, who), fen in sums.items()]


PORTIONS: Mapping[str, Callable[[Case], Any]] = {
    "household": household,
    "members": members,
    "policies": policies,
    "guarantees": guarantees,
    "statement": statement,
    "ledger": ledger,
    "receipts": receipts,
    "contacts": contacts,
    "questions": questions,
    "possessions": possessions,
    "health": health,
    "dossier": dossier,
    "proofs": proofs,
    "register": register,
}
# For these a case is made with the household's dossier.
OF_DOSSIER = frozenset({"dossier", "proofs"})
# What hangs on verdicts: where there are none, a paper that is given any of these says why.
OF_VERDICTS = frozenset({"policies", "guarantees", "statement", "questions", "health"})


def _member(case: Case, member: Member) -> Portion:
    facts: dict[str, Any] = {}
    for group in groups_of("person"):
        facts |= _facts(member.facts[group.name], case.lang)
    born = member.facts["identity"].values["birth_date"] or member.facts["papers"].values["id_birth_date"]
    age = full_years(day_from_date(born), day_from_date(case.file.day)) if isinstance(born, date) else None
    del facts["birth_date"]
    return {
        **facts,
        "number": member.number,
        "name": member.name,
        "relation": facts["relation"]["value"],
        "sex": facts["sex"]["value"],
        "born": str(born.year) if isinstance(born, date) else "",
        "age": "" if age is None else str(age),
        "id_number": case.numbers.get(member.id, ""),
    }


def _facts(known: Known, lang: Lang) -> dict[str, Any]:
    return {
        name: {
            "label": field.label.say(lang),
            "value": "" if known.values[name] is None else said(field, known.values[name], lang),
            "raw": _raw(known.values[name]),
        }
        for name, field in groups()[known.group].fields.items()
        if name not in HIDDEN and not field.derived
    }


def _raw(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


def _policy(case: Case, rules: Rules, seen: PolicySeen) -> Portion:
    lang, row = case.lang, seen.row
    policy = rules.book.policies[row["policy_id"]]
    yearly, once = row["annual_amount"], row["once_amount"]
    amount = yearly if yearly is not None else once
    per = Text("元/年", " yuan a year") if yearly is not None else Text("元（一次性）", " yuan once")
    return {
        "id": policy.id,
        "sector": policy.sector,
        "person_id": row["person_id"] or "",
        "who": case.name_of(row["person_id"]),
        "label": seen.label,
        "clause": seen.clause,
        "verdict": row["verdict"],
        "verdict_said": schema().label("verdict", row["verdict"], lang),
        "kind": policy.benefit.kind if policy.benefit else "",
        "accrues": (policy.benefit.accrues if policy.benefit else None) or "",
        "amount": "" if amount is None else yuan_from_fen(amount, grouped=True) + per.say(lang),
        "amount_raw": amount,
        "due_low": row["due_low"],
        "due_high": row["due_high"],
        "received": row["received"],
        "received_said": _yuan(row["received"]),
        "due_said": _yuan(row["due_low"]),
        "reconciliation": row["reconciliation"] or "",
        "reconciliation_said": schema().label("reconciliation", row["reconciliation"], lang)
        if row["reconciliation"]
        else "",
        "why": [
            {"label": each.label, "held": each.held, "held_said": _held(each.held, lang)} for each in seen.conditions
        ],
        "instead": seen.instead,
        "details": rules.fill(policy.details.say(lang), lang) if policy.details else "",
        "papers": list(seen.papers),
        "papers_said": Text("、", ", ").say(lang).join(seen.papers),
        "apply_at": seen.apply_at,
    }


def _item(case: Case, item: Item) -> Portion:
    return {
        "label": label_of(item.kind).say(case.lang),
        "who": case.person(item.person),
        "required": item.required,
        "there": item.there,
        "whole": item.whole,
        "right": item.right,
        "state": _state(item).say(case.lang),
        "pages": _pages(item),
        "kept_from": min((paper.kept_from.isoformat() for paper in item.papers), default=""),
    }


def _state(item: Item) -> Text:
    if item.right:
        return Text("齐全，已核对", "there, and checked")
    if item.whole:
        return Text("有，未核对", "there, not checked yet")
    if item.there:
        return Text("有，缺页、过期或有误", "there, but pages are missing, it expired or is wrong")
    return MISSING if item.required else Text("是否需要待核实", "not known whether it is needed")


def _pages(item: Item) -> int:
    return sum(file.pages for paper in item.papers for file in paper.files)


def _total(group: str, fen: int) -> str:
    """Rigid expenditure has costs and what was paid of them side by side: added up they would say nothing."""
    return "" if group == "rigid" else _yuan(fen)


def _verdict(seen: VerdictSeen, lang: Lang) -> Portion:
    return {"id": seen.id, "label": seen.label, "held": seen.held, "held_said": _held(seen.held, lang)}


def _held(held: bool | None, lang: Lang) -> str:
    return {True: Text("是", "yes"), False: Text("否", "no"), None: Text("待核实", "to be asked")}[held].say(lang)


def _yuan(fen: int | None) -> str:
    return "" if fen is None else yuan_from_fen(fen, grouped=True)


def _states(member: Portion, lang: Lang) -> str:
    """Healthy only where both illnesses and disability are known not to be."""
    states = [
        member[name]["label"]
        for name in ("chronic_illness", "serious_illness", "incapacitated")
        if member[name]["raw"] is True
    ]
    if member["disability_certificate"]["raw"] is True:
        parts = (
            Text("残疾", "disabled").say(lang),
            *(member[f"disability_{each}"]["value"] for each in ("category", "grade")),
        )
        states.append(Text("", " ").say(lang).join(part for part in parts if part))
    known = all(
        member[name]["raw"] is False for name in ("chronic_illness", "serious_illness", "disability_certificate")
    )
    return Text("、", ", ").say(lang).join(states) or (Text("健康", "healthy").say(lang) if known else "")


# ---- rows of lists


def rows(kind: str, case: Case) -> list[Portion]:
    """The rows of a list that a household gives; `kind` is a key of ROWS. Raises KeyError for another."""
    return ROWS[kind](case)


def _household_rows(case: Case) -> list[Portion]:
    """One: household, head, income by line in fen, guarantees by id, helper, and what is due, received and missing in fen."""
    return [
        {"household": household(case), "head": _head_row(case), **_judged(case), **_helped(case), "ledger": _sums(case)}
    ]


def _member_rows(case: Case) -> list[Portion]:
    """One for each member present."""
    shared = {"household": household(case), **_helped(case)}
    return [{**shared, "member": each} for each in members(case)]


def _policy_rows(case: Case) -> list[Portion]:
    """One for each policy that is due to somebody, or was, or waits for an answer."""
    shared = {"household": household(case), **_helped(case)}
    return [{**shared, "policy": each} for each in policies(case)]


def _unsettled_rows(case: Case) -> list[Portion]:
    """One for each policy of which less or more was received than is due, or that cannot be told."""
    settled = ("", "matched", "pending")
    return [each for each in _policy_rows(case) if each["policy"]["reconciliation"] not in settled]


def _question_rows(case: Case) -> list[Portion]:
    """One for each thing to ask."""
    shared = {"household": household(case), **_helped(case)}
    return [{**shared, "question": each} for each in questions(case)]


def _differing_rows(case: Case) -> list[Portion]:
    """One for each field in which register, national export and printed form differ, in the order in which it is retyped."""
    if case.differences is None:
        return []
    shared, not_asked = {"household": household(case), **_helped(case)}, NOT_ASKED.say(case.lang)
    return [
        {
            **shared,
            "difference": {
                "page": part.page.say(case.lang),
                "who": part.who,
                "field": row.label.say(case.lang),
                "ours": row.ours or row.unsaid,
                "national": not_asked if row.national is None else row.national,
                "printed": not_asked if row.printed is None else row.printed,
            },
        }
        for part in case.differences.parts
        for row in part.rows
        if row.differs
    ]


ROWS: Mapping[str, Callable[[Case], list[Portion]]] = {
    "households": _household_rows,
    "members": _member_rows,
    "policies": _policy_rows,
    "unsettled": _unsettled_rows,
    "questions": _question_rows,
    "differences": _differing_rows,
}


def _head_row(case: Case) -> Portion:
    """The head as a member; with nothing in it where nobody is recorded as one."""
    found = next((each for each in members(case) if each["number"] and each["name"] == case.file.head), None)
    return {"id_number": found["id_number"] if found else ""}


def _judged(case: Case) -> Portion:
    lines = {line.id: line.amount for line in case.explanation.lines} if case.explanation else {}
    held = {each["id"]: each["held_said"] for each in guarantees(case)}
    due = policies(case)
    names = rulebook_parts(case)
    return {
        "income": {**dict.fromkeys(names[0]), **lines},
        "guarantees": {**dict.fromkeys(names[1], ""), **held},
        "policies": {
            "entitled": sum(1 for each in due if each["verdict"] == "entitled"),
            "unknown": sum(1 for each in due if each["verdict"] == "unknown"),
            "due": sum(each["due_low"] or 0 for each in due),
            "received": sum(each["received"] or 0 for each in due),
        },
    }


def rulebook_parts(case: Case) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Ids of the income lines, and of guarantees and standards, of the rulebook that a list may name."""
    book = case.rules.book if case.rules else shipped_book()
    return tuple(book.lines), (*book.guarantees, *book.standards)


def _helped(case: Case) -> Portion:
    """The helper that a list names: the village's own, else the first there is."""
    first = next((each for each in contacts(case) if each["name"]), None)
    return {"helper": {"name": first["name"] if first else "", "phone": first["phone"] if first else ""}}


def _sums(case: Case) -> Portion:
    """What was recorded of the year, in fen, by group of the ledger; None where nothing was."""
    sums: dict[str, int | None] = dict.fromkeys(schema().item_groups)
    for line in case.file.ledger:
        if line.year == case.year:
            group = schema().codes["item"][line.item].group
            sums[group] = (sums[group] or 0) + line.amount
    return sums

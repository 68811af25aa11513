"""Hypothesis strategies for whole rulebooks: typed expressions of every operator, policies of every accrual, exclusions and checks."""

import datetime as dt
import shutil
from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st

from bangfu.rulebook.kept import shipped_rules

Draw = Any
PERSON_YES_NO = ["serious_illness", "chronic_illness", "boarding", "wants_work", "basic_medical_insured"]
SPELLED_YES_NO = ["dibao_member", "disability_certificate", "incapacitated", "child_in_hardship"]
PERSON_CODES = {
    "sex": ["1", "2"],
    "labour": ["ordinary", "weak", "none"],
    "schooling": ["none", "primary", "senior"],
    "disability_grade": ["1", "3"],
    "dropout_reason": ["poverty", "illness"],
}
DAILY_CODES = {
    "stage": ["none", "primary", "senior", "undergraduate"],
    "wubao_care": ["none", "central", "dispersed"],
    "orphan_care": ["none", "community"],
}
HOUSEHOLD_CODES = {
    "status": ["poor", "exited", "relapsed"],
    "house_grade": ["A", "C"],
    "main_cause": ["illness", "labour"],
}
HOUSEHOLD_YES_NO = ["food_secure", "water_safe", "dangerous_house", "resettled"]
ITEMS = ["wage", "transfer", "medical_cost", "statement", "pension"]
COMPARE = ["=", "<>", "<", "<=", ">", ">="]
LOGIC = 3


@st.composite
def person_conditions(draw: Draw, *, inside: bool = False, by_days: bool = True, depth: int = LOGIC) -> str:
    """A yes/no of a person. `inside`: in an aggregate, where the household is out of sight. `by_days`: only what can be judged day by day."""
    if depth > 0 and draw(st.booleans()):
        joined = [
            draw(person_conditions(inside=inside, by_days=by_days, depth=depth - 1))
            for _ in range(draw(st.integers(2, 3)))
        ]
        return "(" + draw(st.sampled_from([" AND ", " OR "])).join(joined) + ")"
    leaves = [
        "yes_no",
        "spelled",
        "code",
        "daily_code",
        "age",
        "day",
        "null",
        "money",
        "present",
        "not",
        "case",
        "coalesce",
    ]
    if not inside:
        leaves += ["household", "some", "term"]
    if not by_days:
        leaves += ["difference"] if inside else ["lowest", "count", "difference"]
    match draw(st.sampled_from(leaves)):
        case "yes_no":
            return draw(st.sampled_from(PERSON_YES_NO))
        case "spelled":
            return draw(st.sampled_from(SPELLED_YES_NO))
        case "code":
            return _coded(draw, PERSON_CODES)
        case "daily_code":
            return _coded(draw, DAILY_CODES)
        case "age":
            word = draw(st.sampled_from(["age", "school_age"]))
            return f"{word} {draw(st.sampled_from(COMPARE))} :{draw(st.sampled_from(['gen_age', 'gen_old', 'gen_moving_age']))}"
        case "day":
            fact = draw(st.sampled_from(["birth_date", "died_on", "disability_from", "dibao_until"]))
            return f"{fact} {draw(st.sampled_from(COMPARE))} {draw(st.sampled_from(['day', 'as_of']))}"
        case "null":
            fact = draw(
                st.sampled_from(["birth_date", "age", "stage", "wubao_care", "dibao_member", "labour", "school_age"])
            )
            return f"{fact} IS {draw(st.sampled_from(['', 'NOT ']))}NULL"
        case "money":
            return _amounts(draw, "person")
        case "present":
            return draw(st.sampled_from(["present", "member"]))
        case "not":
            return f"NOT ({draw(person_conditions(inside=inside, by_days=by_days, depth=depth - 1 if depth else 0))})"
        case "case":
            codes = _coded(draw, PERSON_CODES)
            return f"CASE WHEN {codes} THEN {draw(st.sampled_from(PERSON_YES_NO))} WHEN {draw(st.sampled_from(PERSON_YES_NO))} THEN NULL {draw(st.sampled_from(['', 'ELSE TRUE ']))}END"
        case "coalesce":
            return f"COALESCE({_coded(draw, PERSON_CODES)}, {draw(st.sampled_from(['TRUE', 'FALSE', 'boarding']))})"
        case "household":
            return draw(household_conditions(depth=1, by_days=by_days))
        case "some":
            return _some(draw)
        case "term":
            return draw(st.sampled_from(["registered", "hardship", "gen_term", "able_to_work", "in_senior_school"]))
        case "lowest":
            how = draw(st.sampled_from(["lowest_of", "highest_of"]))
            return f"{how}({draw(person_conditions(inside=True, depth=0))}, age) {draw(st.sampled_from(COMPARE))} age"
        case "count":
            return f"count_of({draw(person_conditions(inside=True, by_days=False, depth=1))}) {draw(st.sampled_from(COMPARE))} {draw(st.sampled_from(['0', '1', 'members']))}"
        case _:
            return f"age - school_age {draw(st.sampled_from(COMPARE))} {draw(st.sampled_from(['0', '1']))}"


@st.composite
def household_conditions(draw: Draw, *, by_days: bool = True, depth: int = LOGIC) -> str:
    """A yes/no of a household."""
    if depth > 0 and draw(st.booleans()):
        joined = [draw(household_conditions(by_days=by_days, depth=depth - 1)) for _ in range(2)]
        return "(" + draw(st.sampled_from([" AND ", " OR "])).join(joined) + ")"
    match draw(st.sampled_from(["yes_no", "code", "some", "every", "money", "registered", "day", "line", "has"])):
        case "yes_no":
            return draw(st.sampled_from(HOUSEHOLD_YES_NO))
        case "code":
            return _coded(draw, HOUSEHOLD_CODES)
        case "some" | "every":
            return _some(draw)
        case "money":
            return _amounts(draw, "household")
        case "registered":
            return draw(st.sampled_from(["registered", "hardship", "NOT registered"]))
        case "day":
            return f"registered_on {draw(st.sampled_from(COMPARE))} day"
        case "line":
            return draw(st.sampled_from(["below_line", "food", "education", "medical", "housing"]))
        case _:
            return "has(other_causes, 'illness')"


def _coded(draw: Draw, codes: dict[str, list[str]]) -> str:
    name = draw(st.sampled_from(sorted(codes)))
    if draw(st.booleans()):
        return f"{name} {draw(st.sampled_from(['=', '<>']))} '{draw(st.sampled_from(codes[name]))}'"
    chosen = draw(st.lists(st.sampled_from(codes[name]), min_size=1, max_size=3, unique=True))
    return f"{name} IN ({', '.join(repr(c) for c in chosen)})"


def _amounts(draw: Draw, scope: str) -> str:
    facts = [
        f"ledger({draw(st.sampled_from(ITEMS))}, {draw(st.sampled_from(['income_year', 'policy_year']))})",
        ":gen_rate",
    ]
    facts += ["tuition", "dibao_monthly"] if scope == "person" else [":poverty_line * members", "net_income"]
    left, right = draw(st.sampled_from(facts)), draw(st.sampled_from(facts))
    shapes = [
        f"{left}",
        f"LEAST({left}, {right})",
        f"GREATEST(0, {left} - {right})",
        f":gen_percent * {left}",
        f"-{left}",
    ]
    return f"{draw(st.sampled_from(shapes))} {draw(st.sampled_from(COMPARE))} {right}"


def _some(draw: Draw) -> str:
    how = draw(st.sampled_from(["some_of", "every_of"]))
    who = draw(st.sampled_from(["person", "member", "present"]))
    return f"{how}({who}, {draw(person_conditions(inside=True, depth=1))})"


TEXT = {"zh": "甲", "en": "a"}
CASH = ["month", "year", "term"]
SHIPPED = ("calendar.yaml", "income.yaml", "guarantees.yaml", "terms.yaml", "parameters", "book.yaml", "units.yaml")


@st.composite
def rulebooks(draw: Draw) -> dict[str, Any]:
    """The generated files of a book, by path; `write_book` puts them beside the shipped income and guarantees."""
    policies: dict[str, Any] = {}
    grouped: list[str] = []
    for n in range(draw(st.integers(3, 6))):
        id_ = f"gen_policy_{n}"
        person = draw(st.integers(0, 3)) > 0
        accrues = draw(st.sampled_from([*CASH, "event", "once", "none"]))
        by_days = accrues not in ("once", "none")
        conditions = person_conditions(by_days=by_days) if person else household_conditions(by_days=by_days)
        policy: dict[str, Any] = {
            "id": id_,
            "label": TEXT,
            "clause": "C0",
            "sector": "health",
            "for": "person" if person else "household",
            "conditions": [
                {"id": f"c{k}", "label": TEXT, "when": draw(conditions)} for k in range(draw(st.integers(1, 3)))
            ],
        }
        if accrues == "none":
            policy["benefit"] = {"kind": "service"}
        else:
            amounts = [":gen_rate", ":gen_small"]
            constant = accrues in CASH and person and draw(st.booleans())
            if constant:
                grouped.append(id_)
            else:
                amounts += (
                    ["LEAST(tuition, :gen_rate)", "dibao_monthly", ":gen_percent * ledger(medical_cost, policy_year)"]
                    if person
                    else ["ledger(wage, policy_year)"]
                )
            policy["benefit"] = {
                "kind": "cash",
                "accrues": accrues,
                "amount": draw(st.sampled_from(amounts)),
                "nature": draw(st.sampled_from(["fixed", "mean", "minimum", "ceiling"])),
                "drawn_elsewhere": draw(st.booleans()),
            }
            if draw(st.booleans()):
                policy["receipt_explained_when"] = draw(st.sampled_from(HOUSEHOLD_YES_NO))
        policies[f"policies/health/{id_}.yaml"] = policy
    exclusions: list[dict[str, Any]] = []
    if len(grouped) >= 2:
        cut = draw(st.integers(1, len(grouped) - 1))
        exclusions.append({"id": "gen_bar", "kind": "barred", "barred": grouped[cut:], "by": grouped[:cut]})
        exclusions.append({"id": "gen_group", "kind": "one_of", "policies": grouped})
    checks = [
        {
            "id": f"gen_check_{n}",
            "of": table,
            "severity": "clue",
            "label": TEXT,
            "source": "x",
            "when": draw(
                person_conditions(by_days=False) if table == "person" else household_conditions(by_days=False)
            ),
            "show": {"a": "age", "s": "labour", "t": "tuition"}
            if table == "person"
            else {"n": "net_income", "o": "other_causes", "c": "cultivated_mu"},
            "message": {"zh": "{a}岁{s}{t}", "en": "{a} {s} {t}"}
            if table == "person"
            else {"zh": "{n}{o}{c}", "en": "{n} {o} {c}"},
        }
        for n, table in enumerate(("person", "household"))
    ]
    return {
        **policies,
        "exclusions.yaml": exclusions,
        "checks/gen.yaml": checks,
        "gen_terms": [
            {"id": "gen_term", "of": "person", "label": TEXT, "is": draw(person_conditions(inside=True, depth=1))}
        ],
        "parameters/gen.yaml": [
            {
                "id": "gen_age",
                "label": TEXT,
                "unit": "years",
                "values": [{"value": draw(st.sampled_from([6, 16, 18]))}],
            },
            {"id": "gen_old", "label": TEXT, "unit": "years", "values": [{"value": 60}]},
            {"id": "gen_moving_age", "label": TEXT, "unit": "years", "values": _moving(draw, 16, 60)},
            {"id": "gen_rate", "label": TEXT, "unit": "yuan", "values": _moving(draw, 100, 83)},
            {"id": "gen_small", "label": TEXT, "unit": "yuan", "values": _moving(draw, 90, 90)},
            {"id": "gen_percent", "label": TEXT, "unit": "percent", "values": [{"value": 70}]},
        ],
    }


def _moving(draw: Draw, before: int, after: int) -> list[dict[str, Any]]:
    """A parameter that may change within the year."""
    if draw(st.booleans()):
        return [{"value": before}]
    day = draw(st.sampled_from([dt.date(2017, 7, 1), dt.date(2016, 3, 1), dt.date(2017, 7, 15), dt.date(2018, 2, 28)]))
    return [{"value": before, "until": day - dt.timedelta(days=1)}, {"value": after, "from": day}]


def write_book(folder: Path, files: dict[str, Any]) -> Path:
    """Write a generated book: its own policies, exclusions and checks over the shipped settings, terms, income and guarantees."""
    for name in SHIPPED:
        source = shipped_rules() / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    with (folder / "terms.yaml").open("a", encoding="utf-8") as terms:
        terms.write("\n" + yaml.safe_dump(files["gen_terms"], allow_unicode=True))
    for name, content in files.items():
        if name != "gen_terms":
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return folder

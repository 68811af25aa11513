"""The compiled SQL of the shipped book, kept and reviewed like code.

Set UPDATE_GOLDEN=1 to write the files anew; then read the difference before committing it.
"""

import os
from pathlib import Path

import pytest

from bangfu.rulebook.evidence import for_evidence
from bangfu.rulebook.kept import shipped_book
from bangfu.rulebook.plan import compile_plan
from bangfu.rulebook.resolve import places_of, resolve

GOLDEN = Path(__file__).parent / "golden"
BOOK = shipped_book()
PLAN = compile_plan(resolve(BOOK, as_of=20171231, places=places_of(BOOK, "371102009201")), relevant=True)
# What a dossier has to hold is asked alone.
PAPERS = compile_plan(resolve(for_evidence(BOOK), as_of=20171231), tables=(), evidence=True)
QUERIES = {
    **dict(PLAN.prepare),
    "evidence": PAPERS.evidence,
    "evidence_household_judged": dict(PAPERS.prepare)["household_judged"],
    "evidence_person_beside": dict(PAPERS.prepare)["person_beside"],
    "assessment": PLAN.results["assessment"],
    **{
        f"entitlement_{policy}": part.partition(" SELECT * FROM entitlement_")[0]
        for policy in ("elderly_80s", "rain_dew", "supplementary_insurance", "house_repair", "treat_first")
        for part in PLAN.results["entitlement"].split("(WITH entitlement_")
        if part.startswith(f"{policy} AS")
    },
}


@pytest.mark.parametrize("name", QUERIES)
def test_the_compiled_query_is_the_one_reviewed(name: str) -> None:
    file = GOLDEN / f"{name}.sql"
    if os.environ.get("UPDATE_GOLDEN"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(QUERIES[name].rstrip() + "\n", encoding="utf-8")
    assert file.read_text(encoding="utf-8") == QUERIES[name].rstrip() + "\n"


def test_no_value_of_a_parameter_is_pasted_into_a_query() -> None:
    """Amounts and ages are bound: with other values the text is the same."""
    other = compile_plan(
        resolve(
            BOOK,
            as_of=20160815,
            income_year=2016,
            settings={"poverty_line": 1, "elderly_80s_rate": 10_100, "child_in_hardship_age_below": 3},
        ),
        relevant=True,
    )
    assert other.prepare == PLAN.prepare
    assert {t: other.results[t] == PLAN.results[t] for t in ("assessment", "entitlement")} == {
        "assessment": True,
        "entitlement": True,
    }


def test_the_same_book_compiles_to_the_same_text() -> None:
    again = compile_plan(resolve(BOOK, as_of=20171231, places=places_of(BOOK, "371102009201")), relevant=True)
    assert again == PLAN

"""Which ledger lines a kind of paper bears out: read off its condition."""

from bangfu.kernel.schema import schema
from bangfu.rulebook.evidence import borne_out
from bangfu.rulebook.kept import shipped_book

KINDS = shipped_book().evidence


def test_a_kind_bears_out_what_its_condition_adds_up() -> None:
    assert borne_out(KINDS["wage_proof"]) == {"wage_local", "wage_away", "wage_post"}
    assert borne_out(KINDS["rigid_expense_proof"]) == {"education_cost", "medical_cost"}


def test_what_a_condition_takes_off_is_borne_out_by_another_kind() -> None:
    assert "dividend" not in borne_out(KINDS["other_income_proof"])
    assert "rent" in borne_out(KINDS["other_income_proof"])
    assert borne_out(KINDS["project_agreement"]) == {"dividend"}


def test_kinds_that_no_line_asks_for_bear_out_nothing() -> None:
    assert borne_out(KINDS["id_copy"]) == borne_out(KINDS["loan_paper"]) == frozenset()


def test_no_line_is_borne_out_by_two_kinds() -> None:
    every = [item for kind in KINDS.values() for item in borne_out(kind)]
    assert len(every) == len(set(every))
    assert set(every) <= set(schema().codes["item"])

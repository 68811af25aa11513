"""`bangfu print`: papers of one household and of all of a place, samples without anybody's data, and what it refuses."""

from pathlib import Path
from zipfile import is_zipfile

import pytest

from tests.cli.installations import Installation, new_installation
from tests.engine.register.paper import write_csv
from tests.registry.test_imports import TABLES

DAY = ("--as-of", "2017-12-31")


@pytest.fixture(scope="module")
def filled(set_up_once: Installation, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """With one small register in it."""
    made = new_installation(tmp_path_factory.mktemp("printing") / "data", like=set_up_once)
    register = write_csv(
        tmp_path_factory.mktemp("print") / "register",
        {name: [dict(row) for row in rows] for name, rows in TABLES.items()},
    )
    done = made.bangfu("import", str(register), *DAY, "--apply")
    assert done.returncode == 0, done.stderr
    return made


def test_papers_are_listed_and_a_sample_is_shown_without_anybodys_data(
    installation: Installation, tmp_path: Path
) -> None:
    listed = installation.bangfu("print", "--lang", "en")
    assert "Policy sheet" in listed.stdout
    out = tmp_path / "sample.pdf"
    assert installation.bangfu("print", "contact_card", "--preview", *DAY, "--out", str(out)).returncode == 0
    assert out.read_bytes().startswith(b"%PDF")
    assert installation.numbers("SELECT count(*) FROM documents_issue") == [0]


def test_a_template_with_a_field_that_is_not_there_is_named_with_its_line(
    installation: Installation, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "contact_card.typ").write_text('#import "_base.typ": *\n#data.household.nosuch', encoding="utf-8")
    out = tmp_path / "sample.pdf"
    words = ("print", "contact_card", "--preview", "--templates", str(own), "--out", str(out))
    said = installation.bangfu(*words)
    assert said.returncode == 1
    assert "contact_card.typ:2" in said.stderr
    assert not out.exists()


def test_a_paper_of_a_household_is_written_and_recorded_and_the_same_again(
    filled: Installation, tmp_path: Path
) -> None:
    made = []
    for name in ("one", "two"):
        out = tmp_path / f"{name}.pdf"
        said = filled.bangfu("print", "contact_card", "--household", "H1", *DAY, "--out", str(out))
        assert said.returncode == 0, said.stderr
        made.append(out.read_bytes())
    assert made[0] == made[1]
    assert filled.numbers("SELECT count(*) FROM documents_issue WHERE kind = 'contact_card'") == [2]


def test_a_paper_is_what_the_name_of_its_file_says(filled: Installation, tmp_path: Path) -> None:
    out = tmp_path / "sheet.DOCX"
    words = ("print", "policy_sheet", "--household", "H1", *DAY, "--out", str(out))
    assert filled.bangfu(*words).returncode == 0
    assert is_zipfile(out)
    out.unlink()
    said = filled.bangfu(*words, "--format", "pdf")
    assert said.returncode == 1
    assert "sheet.DOCX" in said.stderr
    assert not out.exists()


def test_papers_of_a_place_go_into_a_folder_and_on_where_they_were(filled: Installation, tmp_path: Path) -> None:
    out = tmp_path / "cards"
    words = ("print", "contact_card", "--village", "371102", *DAY, "--out", str(out))
    assert filled.bangfu(*words).returncode == 0
    made = sorted(out.iterdir())
    before = filled.numbers("SELECT count(*) FROM documents_issue")
    made[0].unlink()
    assert filled.bangfu(*words, "--resume").returncode == 0
    assert sorted(out.iterdir()) == made
    assert filled.numbers("SELECT count(*) FROM documents_issue") == [before[0] + 1]


def test_a_list_of_a_place_is_one_workbook(filled: Installation, tmp_path: Path) -> None:
    out = tmp_path / "roster.xlsx"
    assert filled.bangfu("print", "roster", "--village", "371102", *DAY, "--out", str(out)).returncode == 0
    assert out.read_bytes().startswith(b"PK")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("nosuch", "--preview"), 1),
        (("contact_card",), 1),
        (("contact_card", "--household", "nobody"), 1),
        (("roster", "--village", "999999"), 1),
        (("contact_card", "--preview", "--format", "xlsx"), 1),
        (("contact_card", "--preview", "--out", "no-such-folder/card.xlsx"), 1),
        (("contact_card", "--preview", "--household", "H1"), 2),
        (("contact_card", "--preview", "--templates", "no-such-folder"), 1),
    ],
)
def test_what_cannot_be_printed_is_refused(installation: Installation, words: tuple[str, ...], code: int) -> None:
    said = installation.bangfu("print", *words, "--lang", "en")
    assert said.returncode == code
    assert said.stderr.strip()

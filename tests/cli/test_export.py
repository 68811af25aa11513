"""`bangfu export` and `bangfu whose`: a district goes out and comes back unchanged, and a file leads to who took it."""

from pathlib import Path

import openpyxl
import pytest

from bangfu.exports.marks import codes_in
from tests.cli.installations import Demo, Installation, new_installation

DAY = ("--as-of", "2017-12-31")
WHOLE = ("export", "--place", "371102", *DAY, "--reason", "年度核对")


@pytest.fixture(scope="module")
def filled(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return new_installation(tmp_path_factory.mktemp("export") / "data", like=demo.imported)


def test_a_district_goes_out_and_comes_back_unchanged(filled: Installation, tmp_path: Path) -> None:
    out = tmp_path / "区.xlsx"
    said = filled.bangfu(*WHOLE, "--full-numbers", "--out", str(out))
    assert said.returncode == 0, said.stderr
    assert (out.stat().st_mode & 0o077) == 0
    again = filled.bangfu("import", str(out), *DAY, "--lang=en")
    assert again.returncode == 0, again.stderr
    figures = {
        line.rsplit(maxsplit=1)[0].strip(): line.split()[-1] for line in again.stdout.splitlines() if line.split()
    }
    assert figures["Households in the file"] == "406"
    assert (
        figures["Facts that change"] == figures["Ledger amounts that change"] == figures["Receipts that change"] == "0"
    )
    acts = filled.sql("SELECT act, actor FROM audit_entry WHERE act LIKE 'exports.%' ORDER BY id")
    assert [tuple(row) for row in acts[-3:]] == [
        ("exports.ask", "system:command"),
        ("exports.make", "system:command"),
        ("exports.take", "system:command"),
    ]


def test_a_file_leads_to_who_took_it_also_after_it_was_saved_anew(filled: Installation, tmp_path: Path) -> None:
    out = tmp_path / "区.xlsx"
    assert filled.bangfu(*WHOLE, "--layout", "national", "--out", str(out)).returncode == 0
    book = openpyxl.load_workbook(out)
    book["贫困户"].delete_rows(3, 200)
    book.save(tmp_path / "leaked.xlsx")
    said = filled.bangfu("whose", str(tmp_path / "leaked.xlsx"), "--lang=en")
    assert said.returncode == 0, said.stderr
    assert codes_in(out)[0] in said.stdout
    assert "the command line" in said.stdout
    assert "年度核对" in said.stdout


def test_what_cannot_be_exported_is_said_and_leaves_no_file(filled: Installation, tmp_path: Path) -> None:
    out = tmp_path / "out.xlsx"
    wrong = (
        ("--place", "999999"),
        ("--reason", " "),
        ("--layout", "nonsense"),
        ("--as-of", "2001-01-01"),
    )
    codes = [filled.bangfu(*WHOLE, *words, "--out", str(out)).returncode for words in wrong]
    assert codes == [1, 1, 1, 1]
    assert not out.exists()
    out.write_bytes(b"mine")
    assert filled.bangfu(*WHOLE, "--out", str(out)).returncode == 1
    assert out.read_bytes() == b"mine"
    assert filled.bangfu("whose", str(out)).returncode == 1

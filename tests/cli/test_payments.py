"""`bangfu payments` on a real installation: the demo district's list, shown, settled and booked once."""

import csv
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from bangfu.access.data import Actor
from bangfu.cli.payments import _settled
from bangfu.kernel.errors import DomainError
from bangfu.registry.payments import Settled
from tests.cli.installations import Demo, Installation, new_installation

NOBODY = Actor(date(2017, 12, 1))
BOOKED = ("registry_payment", "registry_receipt", "registry_ledgerline")


@pytest.fixture
def filled(demo: Demo, tmp_path: Path) -> Installation:
    """The demo district on the register, for one test."""
    return new_installation(tmp_path / "data", like=demo.imported)


def counts(installation: Installation) -> list[int]:
    return [installation.numbers(f"SELECT count(*) FROM {table}")[0] for table in BOOKED]


def test_a_list_is_shown_settled_row_by_row_and_booked_once(filled: Installation, demo: Demo, tmp_path: Path) -> None:
    before, errors = counts(filled), tmp_path / "待解决.csv"
    words = ("payments", str(demo.bank_list), "--reason", "农商行三月清单", "--lang=en")
    said = filled.bangfu(*words, "--apply", "--errors", str(errors))
    assert (said.returncode, counts(filled)) == (1, before), said.stderr
    assert "to be settled; nothing was booked" in said.stdout
    with errors.open(encoding="utf-8-sig", newline="") as handle:
        rows = {row["row"]: {**row, "reason": "另行核对"} for row in csv.DictReader(handle)}
    with errors.open("w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.DictWriter(handle, ["row", "person", "policy", "reason"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows.values())
    shown = filled.bangfu(*words, "--settle", str(errors))
    assert (shown.returncode, counts(filled)) == (0, before)
    assert "This is a preview" in shown.stdout
    done = filled.bangfu(*words, "--settle", str(errors), "--apply")
    assert done.returncode == 0, done.stderr
    (total, booked, known, aside) = (
        filled.numbers(f"SELECT {column}_lines FROM registry_paymentlist")[0]
        if column
        else filled.numbers("SELECT lines FROM registry_paymentlist")[0]
        for column in ("", "booked", "known", "aside")
    )
    assert (booked + aside, known, aside) == (total, 0, len(rows))
    assert booked > 150
    assert [now - then for now, then in zip(counts(filled), before, strict=True)] == [booked] * 3
    after = counts(filled)
    again = filled.bangfu(*words, "--settle", str(errors), "--apply")
    assert (again.returncode, counts(filled)) == (0, after)
    assert "All of the list was booked before" in again.stdout


def test_a_payment_whose_number_is_taken_is_booked_beside_what_the_file_of_errors_names(
    filled: Installation, demo: Demo, tmp_path: Path
) -> None:
    (_, name, number, _, village, *_), *_ = openpyxl.load_workbook(demo.bank_list).active.iter_rows(
        min_row=3, values_only=True
    )
    lists, errors = {amount: tmp_path / f"{amount}.csv" for amount in ("320", "325")}, tmp_path / "待解决.csv"
    for amount, path in lists.items():
        line = f"{name},{number},{village},农村低保金,{amount},2017-03-10,A1"
        path.write_text(f"姓名,身份证号码,村名,项目名称,金额,发放日期,流水号\n{line}\n", encoding="utf-8")
    words = ("--reason", "农商行三月清单", "--lang=en", "--apply")
    assert filled.bangfu("payments", str(lists["320"]), *words).returncode == 0
    before = counts(filled)
    asked = filled.bangfu("payments", str(lists["325"]), *words, "--errors", str(errors))
    assert (asked.returncode, counts(filled)) == (1, before), asked.stderr
    assert "has that number already" in asked.stdout
    with errors.open(encoding="utf-8-sig", newline="") as handle:
        (row,) = csv.DictReader(handle)
    with errors.open("w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.DictWriter(handle, list(row))
        writer.writeheader()
        writer.writerow({**row, "person": row["may be"].rpartition(" · ")[2]})
    done = filled.bangfu("payments", str(lists["325"]), *words, "--settle", str(errors))
    assert done.returncode == 0, done.stderr
    assert [now - then for now, then in zip(counts(filled), before, strict=True)] == [1, 1, 1]


def test_a_line_of_two_faults_is_decided_in_one_of_its_rows_and_an_undecided_one_stays_open(
    installation: Installation, tmp_path: Path
) -> None:
    listed, errors = tmp_path / "清单.csv", tmp_path / "待解决.csv"
    listed.write_text("姓名,项目名称,金额,发放日期\n甲,无此项,1,2017-03-10\n乙,无此项,2,2017-03-10\n", encoding="utf-8")
    words = ("payments", str(listed), "--reason", "x", "--lang=en")
    installation.bangfu(*words, "--errors", str(errors))
    with errors.open(encoding="utf-8-sig", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert [row["row"] for row in rows] == ["2", "2", "3", "3"]
    rows[0]["reason"] = "查无此人"
    with errors.open("w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    said = installation.bangfu(*words, "--settle", str(errors))
    assert (said.returncode, said.stderr) == (1, "")
    assert "2 thing(s) to be settled" in said.stdout


def test_a_decision_about_somebody_who_is_not_held_is_refused(installation: Installation, tmp_path: Path) -> None:
    listed, decided = tmp_path / "清单.csv", tmp_path / "决定.csv"
    listed.write_text("姓名,金额,发放日期\n甲,1,2017-03-10\n", encoding="utf-8")
    decided.write_text("row,person,policy,reason\n2,nobody,,\n", encoding="utf-8")
    said = installation.bangfu("payments", str(listed), "--reason", "x", "--settle", str(decided), "--lang=en")
    assert said.returncode == 1
    assert "Row 2 of 决定.csv cannot be read" in said.stderr


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_decisions_are_read_as_spreadsheets_save_them(tmp_path: Path, encoding: str) -> None:
    decided = tmp_path / "决定.csv"
    decided.write_text("row,person,policy,reason\n2,,,另行核对\n", encoding=encoding)
    assert _settled(decided, NOBODY) == {2: Settled(None, "另行核对", "", "")}


@pytest.mark.parametrize(
    "body", [b"", b"{", "行,人\n2,\n".encode(), b"\xff\xfe\0", b'row,person\n2,"x', b"PK\x03\x04" + bytes(range(256))]
)
def test_a_file_that_holds_no_decisions_is_refused_in_words(tmp_path: Path, body: bytes) -> None:
    decided = tmp_path / "决定.csv"
    decided.write_bytes(body)
    with pytest.raises(DomainError, match="NO_DECISIONS") as refused:
        _settled(decided, NOBODY)
    assert "决定.csv" in refused.value.text.zh

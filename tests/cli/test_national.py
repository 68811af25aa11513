"""A district in the national layout, made, brought in, compared: by command, as an office would."""

import csv
from pathlib import Path

import openpyxl

from tests.cli.installations import Installation

DAY = ("--as-of", "2017-12-31")
PEOPLE = ("--households", "12", "--seed", "7")


def test_the_same_district_in_both_layouts_agrees_and_what_is_retyped_is_listed(
    installation: Installation, tmp_path: Path
) -> None:
    ours, national = tmp_path / "ours", tmp_path / "national"
    for words, out in (((), ours), (("--layout", "national"), national)):  # the same people twice
        made = installation.bangfu("synth", *PEOPLE, *words, "--out", str(out))
        assert made.returncode == 0, made.stderr
    done = installation.bangfu("import", str(ours), *DAY, "--apply", "--layout", "own")
    assert done.returncode == 0, done.stderr
    changes = tmp_path / "changes.csv"
    shown = installation.bangfu("import", str(national), *DAY, "--apply", "--changes", str(changes))
    assert shown.returncode == 0, shown.stderr
    with changes.open(encoding="utf-8-sig", newline="") as handle:
        rows = list(csv.reader(handle))[1:]
    # Only what our own layout does not ask for is new.
    assert {row[3] for row in rows} >= {"民族", "入户路类型", "住房面积"}
    assert {row[4] for row in rows} == {"未填"}
    again = installation.bangfu("import", str(national), *DAY, "--apply", "--lang=en")
    assert "holds all of this already" in again.stdout
    loaded = installation.bangfu("differences", "load", str(national), *DAY, "--lang=en")
    assert "12 households" in loaded.stdout, loaded.stderr
    household = rows[0][0]
    listed = installation.bangfu(
        "differences", "list", "--household", household, *DAY, "--all", "--out", str(tmp_path / "d.xlsx")
    )
    assert listed.returncode == 0, listed.stderr
    sheet = openpyxl.load_workbook(tmp_path / "d.xlsx").active
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None} == {"s"}
    assert [cell.value for cell in sheet[1]][4:7] == ["本系统", "全国系统", "打印件"]
    differing = [row for row in sheet.iter_rows(min_row=2, values_only=True) if row[7]]
    assert differing == []


def test_the_faults_of_an_export_to_compare_with_can_be_had_as_a_file(
    installation: Installation, tmp_path: Path
) -> None:
    made = installation.bangfu("synth", *PEOPLE, "--layout", "national", "--out", str(tmp_path / "national"))
    assert made.returncode == 0, made.stderr
    file = next((tmp_path / "national").glob("*.csv"))
    file.write_text(file.read_text(encoding="utf-8-sig") + '"甲\n', encoding="utf-8")
    errors = tmp_path / "errors.csv"
    said = installation.bangfu("differences", "load", str(tmp_path / "national"), *DAY, "--errors", str(errors))
    assert said.returncode == 3, said.stderr
    assert "引号" in errors.read_text(encoding="utf-8-sig")


def test_a_file_that_is_there_already_is_left_alone(installation: Installation, tmp_path: Path) -> None:
    (tmp_path / "贫困户.csv").write_text("甲", encoding="utf-8")
    said = installation.bangfu("synth", *PEOPLE, "--layout", "national", "--out", str(tmp_path))
    assert said.returncode == 1
    assert (tmp_path / "贫困户.csv").read_text(encoding="utf-8") == "甲"


def test_words_that_do_not_fit_are_refused(installation: Installation, tmp_path: Path) -> None:
    parquet = installation.bangfu(
        "synth", *PEOPLE, "--layout", "national", "--format", "parquet", "--out", str(tmp_path)
    )
    assert parquet.returncode == 2
    nobody = installation.bangfu("differences", "list", "--household", "1", "--out", str(tmp_path / "x.pdf"))
    assert nobody.returncode == 2

"""`bangfu assess` as people give it: what it says, what it writes and where, what it asks of the register."""

import csv
import json
from collections import Counter
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from bangfu.kernel.schema import schema
from tests.cli.cast import (
    AS_OF,
    ELSEWHERE,
    HAN,
    Bangfu,
    Said,
    cast,
    csv_rows,
    digests,
    fen,
    household,
    ledger,
    manifest_of,
    names_in,
    person,
    total,
    with_facts,
    without,
)
from tests.engine.register.paper import write_csv, write_workbook


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two hundred households, each with one fault, and one without."""
    ids = [f"F{n:03d}" for n in range(200)]
    register = {
        "household": [household("OK"), *(household(id_) for id_ in ids)],
        "person": [person("OK-1", "OK"), *(person(f"{id_}-1", id_, sex="=bad") for id_ in ids)],
        "ledger": ledger("OK", "5000.00"),
        "receipt": [],
    }
    return write_csv(tmp_path_factory.mktemp("faulty") / "register", register)


# ---- the summary


def test_the_screen_shows_a_summary_and_where_the_result_is(
    bangfu: Bangfu, register: Path, tmp_path: Path, thin: None
) -> None:
    said = bangfu.assess(register, tmp_path / "out")
    assert said.code == 0
    lines = said.out.splitlines()
    assert "评估结果（2017-12-31，收入年度 2017）" in lines
    assert lines[-1] == f"结果：{tmp_path / 'out'}"
    assert "1,300.00" in said.out


def test_the_summary_is_english_where_asked(bangfu: Bangfu, tmp_path: Path) -> None:
    """Places have Chinese names only; there are none in this register."""
    register = write_csv(tmp_path / "register", without(cast(), "A1", "A2"))
    said = bangfu.assess(register, tmp_path / "out", "--lang", "en")
    assert said.code == 0
    assert not HAN.search(said.out)
    assert "：" not in said.out
    assert "Assessment as of 2017-12-31, income year 2017" in said.out
    for table in ("assessment", "entitlement", "finding"):
        assert not HAN.search((tmp_path / "out" / f"{table}.csv").read_text(encoding="utf-8"))


def test_a_reason_waited_for_is_worded_by_its_own_policy(bangfu: Bangfu, tmp_path: Path) -> None:
    """Nine policies have a condition called `age`."""
    ids = [f"U{n}" for n in range(3)]
    register = {
        "household": [household(id_) for id_ in ids],
        "person": [
            person(f"{id_}-1", id_, birth_date=None, dibao_member=True, dibao_monthly=Decimal(1)) for id_ in ids
        ],
        "ledger": [row for id_ in ids for row in ledger(id_, "5000.00")],
        "receipt": [],
    }
    said = bangfu.assess(write_csv(tmp_path / "register", register), tmp_path / "out")
    waiting = said.out.partition("【等待核实】")[2].partition("【")[0].splitlines()
    asked = {line.split()[-1]: line.split()[0] for line in waiting if line.split()[-1:] and "高龄津贴" in line}
    assert asked == {"高龄津贴（80至89周岁）": "80至89周岁", "高龄津贴（90至99周岁）": "90至99周岁"}


def test_json_is_the_summary_and_nothing_else(assessed: Path, said: Said) -> None:
    figures = said.json
    households, rights = csv_rows(assessed, "assessment"), csv_rows(assessed, "entitlement")
    findings = csv_rows(assessed, "finding")
    assert (said.code, said.err) == (0, "")
    assert figures["out"] == str(assessed)
    assert (figures["as_of"], figures["income_year"]) == (AS_OF, 2017)
    assert figures["households"] == len(households)
    assert figures["people"] == sum(int(row["members"]) for row in households)
    assert figures["below_line"] == sum(row["below_line"] == "true" for row in households)
    assert figures["below_line_unknown"] == figures["income_not_settled"] == 0
    for column in ("food", "clothing", "education", "medical", "housing", "water", "meets_entry", "meets_exit"):
        counted = Counter(row[column] for row in households)
        assert {word: figures[f"{column}_{word}"] for word in ("holds", "fails", "unknown")} == {
            "holds": counted["true"],
            "fails": counted["false"],
            "unknown": counted[""],
        }
    waiting = [row for row in rights if row["verdict"] == "unknown"]
    assert figures["waiting_verdicts"] == len(waiting)
    assert figures["waiting_households"] == len({row["household_id"] for row in waiting})
    assert figures["reconciliation"] == Counter(row["reconciliation"] for row in rights if row["reconciliation"])
    assert figures["findings"] == Counter(row["severity"] for row in findings)
    assert figures["set_aside_households"] == 0
    assert {row["check_id"]: row["rows"] for row in figures["most_findings"]}.items() <= Counter(
        row["check_id"] for row in findings
    ).items()


def test_amounts_in_json_are_yuan_as_in_every_file(assessed: Path, said: Said) -> None:
    figures = said.json
    households = csv_rows(assessed, "assessment")
    short = [row for row in csv_rows(assessed, "entitlement") if row["reconciliation"] in ("missing", "under")]
    assert figures["missing_amount"] == "9300.00"
    assert fen(figures["missing_amount"]) == total(households, "missing_amount")
    assert figures["missing_by_policy"] == {
        "higher_tuition": "5000.00",
        "higher_grant": "3000.00",
        "elderly_80s": "1100.00",
        "dibao": "200.00",
    }
    assert sum(map(fen, figures["missing_by_policy"].values())) == total(short, "due_low") - total(short, "received")
    assert [(gap["household_id"], gap["missing_amount"]) for gap in figures["largest_gaps"]] == [
        ("A5", "8000.00"),
        ("A1", "1100.00"),
        ("A4", "200.00"),
    ]


def test_what_is_left_out_of_the_files_changes_no_figure(
    bangfu: Bangfu, register: Path, tmp_path: Path, thin: None
) -> None:
    every = bangfu.assess(register, tmp_path / "every", "--json").json
    relevant = bangfu.assess(register, tmp_path / "relevant", "--json", "--only-relevant").json
    assert {**every, "out": ""} == {**relevant, "out": ""}


# ---- where and as what


@pytest.mark.parametrize(
    ("words", "made"),
    [
        ((), "register-assessed-2017-12-31"),
        (("--format", "parquet"), "register-assessed-2017-12-31"),
        (("--format", "xlsx"), "register-assessed-2017-12-31.xlsx"),
        (("--out", "mine"), "mine"),
        (("--out", "mine.xlsx"), "mine.xlsx"),
        (("--out", "mine.XLSX"), "mine.XLSX"),
        (("--out", "a/b/mine"), "a/b/mine"),
    ],
)
def test_the_result_stands_where_it_was_asked_for(
    bangfu: Bangfu,
    register: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    thin: None,
    words: tuple[str, ...],
    made: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    said = bangfu("assess", register, "--as-of", AS_OF, *words)
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines()[-1] == f"结果：{made}"
    assert (tmp_path / made).is_file() == made.lower().endswith("xlsx")
    kinds = {path.suffix for path in (tmp_path / made).glob("*")} - {".json"}
    assert kinds <= {".parquet" if "parquet" in words else ".csv"}


def test_a_workbook_is_answered_with_a_workbook(
    bangfu: Bangfu, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, thin: None
) -> None:
    monkeypatch.chdir(tmp_path)
    register = write_workbook(tmp_path / "register.xlsx", cast())
    assert bangfu("assess", register, "--as-of", AS_OF).code == 0
    assert names_in(tmp_path) == [
        "register-assessed-2017-12-31.xlsx",
        "register-assessed-2017-12-31.xlsx.manifest.json",
        "register.xlsx",
    ]


@pytest.mark.parametrize(
    ("out", "words", "whole"), [("out", (), True), ("out.xlsx", (), False), ("out", ("--only-relevant",), False)]
)
def test_a_workbook_holds_what_is_relevant_and_files_hold_everything(
    bangfu: Bangfu, register: Path, tmp_path: Path, thin: None, out: str, words: tuple[str, ...], whole: bool
) -> None:
    assert bangfu.assess(register, tmp_path / out, *words).code == 0
    rows = manifest_of(tmp_path / out)["rows"]["entitlement"]
    # Seven policies for eight people, of which one row in five or so says something.
    assert rows == 8 * 7 if whole else rows < 20


def test_nothing_is_replaced_unless_forced(bangfu: Bangfu, register: Path, tmp_path: Path, thin: None) -> None:
    out = tmp_path / "out"
    assert bangfu.assess(register, out, as_of="2017-06-30").code == 0
    before = digests(tmp_path)
    said = bangfu.assess(register, out, "--lang", "en")
    assert said.code == 1
    assert said.err == f"{out} exists and was left as it is. Choose another --out, or add --force to replace it.\n"
    assert digests(tmp_path) == before
    assert bangfu.assess(register, out, "--force").code == 0
    assert manifest_of(out)["as_of"] == AS_OF


def test_the_register_itself_is_never_the_result(bangfu: Bangfu, tmp_path: Path, thin: None) -> None:
    book = write_workbook(tmp_path / "register.xlsx", cast())
    folder = write_csv(tmp_path / "folder", cast())
    before = digests(tmp_path)
    assert bangfu.assess(book, book, "--force").code == 1
    assert bangfu.assess(folder, folder, "--force").code == 1
    assert digests(tmp_path) == before


def test_a_folder_with_spaces_quotes_and_han_is_as_good_as_any(bangfu: Bangfu, tmp_path: Path, thin: None) -> None:
    register = write_csv(tmp_path / "两城 'O\"Neil' 登记", cast())
    for out in ("结果 'a\"", "结果 'a\".xlsx"):
        assert bangfu.assess(register, tmp_path / out).code == 0
        assert (tmp_path / out).exists()


# ---- the run's own settings


def test_a_number_set_for_the_run_stands_in_the_manifest_as_such(
    bangfu: Bangfu, register: Path, tmp_path: Path, thin: None
) -> None:
    assert (
        bangfu.assess(register, tmp_path / "out", "--set", "poverty_line=4000.5", "--set", "elderly_80s_rate=120").code
        == 0
    )
    for place in manifest_of(tmp_path / "out")["places"]:
        assert place["parameters"]["poverty_line"] == {"value": "4000.50", "unit": "yuan", "layer": "--set"}
        assert place["parameters"]["elderly_80s_rate"] == {"value": "120.00", "unit": "yuan", "layer": "--set"}
    assert {row["poverty_line"] for row in csv_rows(tmp_path / "out", "assessment")} == {"4000.50"}
    rates = {
        row["annual_amount"] for row in csv_rows(tmp_path / "out", "entitlement") if row["policy_id"] == "elderly_80s"
    }
    assert rates == {"1440.00", ""}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_where_a_parameter_has_no_value_the_command_says_how_to_give_one(
    bangfu: Bangfu, register: Path, tmp_path: Path, lang: str
) -> None:
    said = bangfu.assess(register, tmp_path / "out", "--lang", lang, as_of="2020-12-31")
    assert said.code == 1
    assert all(word in said.err for word in ("poverty_line", "2020", "--set ", "--rules", "--as-of"))
    assert bool(HAN.search(said.err)) == (lang == "zh")


@pytest.mark.parametrize(
    "setting", ["nosuch=1", "poverty_line=abc", "poverty_line=1.234", "poverty_line=", "hardship_scope=all"]
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_setting_that_does_not_fit_is_wrong_usage(
    bangfu: Bangfu, register: Path, tmp_path: Path, setting: str, lang: str
) -> None:
    said = bangfu.assess(register, tmp_path / "out", "--set", setting, "--lang", lang)
    assert said.code == 2
    assert setting.partition("=")[0] in said.err
    assert bool(HAN.search(said.err)) == (lang == "zh")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("as_of", "words", "year"),
    [
        ("2017-12-31", (), 2017),
        ("2017-12-30", (), 2016),
        ("2018-01-01", (), 2017),
        ("2017-12-31", ("--income-year", "2015"), 2015),
    ],
)
def test_the_income_year_is_the_year_itself_only_on_its_last_day(
    bangfu: Bangfu, register: Path, tmp_path: Path, thin: None, as_of: str, words: tuple[str, ...], year: int
) -> None:
    figures = bangfu.assess(register, tmp_path / "out", "--json", *words, as_of=as_of).json
    assert (figures["as_of"], figures["income_year"]) == (as_of, year)
    assert manifest_of(tmp_path / "out")["income_year"] == year


# ---- the register's faults


def test_every_fault_is_counted_fifty_are_shown_and_nothing_is_written(
    bangfu: Bangfu, faulty: Path, tmp_path: Path
) -> None:
    said = bangfu.assess(faulty, tmp_path / "new" / "out")
    assert said.code == 3
    head, *lines = said.err.splitlines()
    assert "200" in head
    assert len(lines) == 51
    assert lines[0] == "  人，第3行，性别，“=bad”：没有这个值。应为：男、女。"
    assert lines[49].startswith("  人，第52行，性别，")
    assert "150" in lines[50]
    assert "--errors" in lines[50]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_all_faults_go_into_a_file_where_asked(bangfu: Bangfu, faulty: Path, tmp_path: Path, lang: str) -> None:
    path = tmp_path / "faults.csv"
    said = bangfu.assess(faulty, tmp_path / "out", "--errors", path, "--lang", lang)
    assert said.code == 3
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["table", "row", "column", "value", "reason"]
    assert [row["row"] for row in rows] == [str(n) for n in range(3, 203)]
    assert {(row["table"], row["column"], row["value"]) for row in rows} == {("person", "sex", "'=bad")}
    (reason,) = {row["reason"] for row in rows}
    assert bool(HAN.search(reason)) == (lang == "zh")
    assert names_in(tmp_path) == ["faults.csv"]


def test_english_reasons_hold_no_chinese_but_the_values_that_are_meant(bangfu: Bangfu, tmp_path: Path) -> None:
    """Whoever fills in a Chinese form has to be told the Chinese word; all else is English."""
    register = with_facts(
        cast(), "household", "A1", {"registered_on": "2017-02-30", "village_code": "37", "house_owned": "maybe"}
    )
    said = bangfu.assess(write_csv(tmp_path / "register", register), tmp_path / "out", "--lang", "en")
    assert said.code == 3
    words = set("".join(HAN.findall(said.err)))
    assert words <= set("是否")


def test_a_file_for_faults_that_cannot_be_written_hides_no_fault(bangfu: Bangfu, faulty: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("kept", encoding="utf-8")
    said = bangfu.assess(faulty, tmp_path / "out", "--errors", tmp_path / "file" / "faults.csv")
    assert said.code == 3
    assert "人，第3行，性别，“=bad”" in said.err
    assert str(tmp_path / "file" / "faults.csv") in said.err
    assert "Errno" not in said.err


def test_a_file_for_faults_never_replaces_a_part_of_the_register(bangfu: Bangfu, tmp_path: Path) -> None:
    register = write_csv(tmp_path / "register", with_facts(cast(), "person", "A1-1", {"sex": "x"}))
    before = digests(register)
    said = bangfu.assess(register, tmp_path / "out", "--errors", register / "person.csv")
    assert said.code in (2, 3)
    assert digests(register) == before


def test_the_register_is_given_back_with_its_faults_marked_where_asked(
    bangfu: Bangfu, faulty: Path, tmp_path: Path
) -> None:
    path = tmp_path / "marked.xlsx"
    assert bangfu.assess(faulty, tmp_path / "out", "--marked", path).code == 3
    book = openpyxl.load_workbook(path)
    notes = [row[0].row for row in book["人"].iter_rows() if any(cell.comment for cell in row)]
    assert notes == list(range(3, 203))
    assert names_in(tmp_path) == ["marked.xlsx"]


def test_a_workbook_of_faults_bears_a_name_that_a_spreadsheet_opens(
    bangfu: Bangfu, faulty: Path, tmp_path: Path
) -> None:
    assert bangfu.assess(faulty, tmp_path / "out", "--marked", tmp_path / "marked.csv").code == 2
    assert list(tmp_path.iterdir()) == []


def test_an_earlier_file_of_faults_is_replaced(bangfu: Bangfu, faulty: Path, tmp_path: Path) -> None:
    path = tmp_path / "faults.csv"
    for _ in range(2):
        assert bangfu.assess(faulty, tmp_path / "out", "--errors", path).code == 3
    assert len(path.read_text(encoding="utf-8-sig").splitlines()) == 201


def test_households_with_faults_can_be_set_aside_whole(
    bangfu: Bangfu, faulty: Path, tmp_path: Path, thin: None
) -> None:
    said = bangfu.assess(faulty, tmp_path / "out", "--skip-bad-rows")
    assert (said.code, said.err) == (0, "")
    assert "200 户（400 行）" in said.out
    assert [row["household_id"] for row in csv_rows(tmp_path / "out", "assessment")] == ["OK"]
    rejected = csv_rows(tmp_path / "out", "rejected")
    assert list(rejected[0]) == list(schema().results["rejected"].columns)
    assert len(rejected) == 400
    bad = [row for row in rejected if row["column"]]
    assert {(row["table"], row["column"], row["value"]) for row in bad} == {("person", "sex", "'=bad")}
    assert json.loads(bad[0]["record"])["sex"] == "=bad"
    manifest = manifest_of(tmp_path / "out")
    assert manifest["set_aside"] == {"households": 200, "rows": 400}
    assert manifest["rows"] == {"assessment": 1, "entitlement": 7, "finding": 1, "rejected": 400}
    assert manifest["register"]["household"] == 1


def test_what_was_set_aside_is_told_in_english_and_stands_in_the_workbook(
    bangfu: Bangfu, faulty: Path, tmp_path: Path, thin: None
) -> None:
    said = bangfu.assess(faulty, tmp_path / "out.xlsx", "--skip-bad-rows", "--lang", "en")
    assert "200 household(s) (400 rows) were set aside" in said.out
    book = openpyxl.load_workbook(tmp_path / "out.xlsx")
    sheet = book["Rows set aside"]
    assert sheet.max_row == 401
    reasons = {row[5] for row in sheet.iter_rows(min_row=2, values_only=True)}
    assert not [reason for reason in reasons if str(reason).startswith(tuple("同应"))]


@pytest.mark.parametrize(
    ("lang", "note"),
    [
        ("zh", "注意：户表中没有所属户的 3 行因资料有错误而搁置，未作评估，见 rejected。"),
        ("en", "Note: 3 row(s) whose household the register does not have were set aside for faults; see rejected."),
    ],
)
def test_rows_whose_household_is_missing_are_told_though_no_household_was_set_aside(
    bangfu: Bangfu, tmp_path: Path, thin: None, lang: str, note: str
) -> None:
    lost = {
        "household": [household("OK")],
        "person": [person("OK-1", "OK"), person("LOST-1", "LOST")],
        "ledger": ledger("LOST", "5000.00"),
        "receipt": [],
    }
    source = write_csv(tmp_path / "register", lost)
    assert note in bangfu.assess(source, tmp_path / "out", "--skip-bad-rows", "--lang", lang).out.splitlines()
    figures = bangfu.assess(source, tmp_path / "more", "--skip-bad-rows", "--json").json
    assert (figures["set_aside_households"], figures["set_aside_rows"]) == (0, 3)


def test_without_faults_there_is_an_empty_table_of_rows_set_aside(
    bangfu: Bangfu, register: Path, tmp_path: Path, thin: None
) -> None:
    figures = bangfu.assess(register, tmp_path / "out", "--skip-bad-rows", "--json").json
    assert (figures["set_aside_households"], figures["set_aside_rows"]) == (0, 0)
    assert csv_rows(tmp_path / "out", "rejected") == []
    assert "rejected" in manifest_of(tmp_path / "out")["rows"]


def test_a_register_that_lacks_a_column_cannot_be_skipped_into_shape(bangfu: Bangfu, tmp_path: Path) -> None:
    register = write_csv(tmp_path / "register", cast())
    text = (register / "household.csv").read_text(encoding="utf-8")
    (register / "household.csv").write_text(text.replace("village_code", "hamlet", 1), encoding="utf-8")
    said = bangfu.assess(register, tmp_path / "out", "--skip-bad-rows")
    assert said.code == 3
    assert "村代码" in said.err
    assert not (tmp_path / "out").exists()


def test_a_register_of_nobody_but_the_faulty_is_assessed_as_empty(bangfu: Bangfu, tmp_path: Path, thin: None) -> None:
    register = {
        "household": [household("F")],
        "person": [person("F-1", "F", sex="x")],
        "ledger": [],
        "receipt": [],
    }
    figures = bangfu.assess(
        write_csv(tmp_path / "register", register), tmp_path / "out", "--skip-bad-rows", "--json"
    ).json
    assert (figures["households"], figures["set_aside_households"]) == (0, 1)


# ---- of the register, only a place


@pytest.mark.parametrize(
    ("place", "households"),
    [
        ("37", ["A1", "A2", "A3", "A4", "A5", "A6"]),
        ("371102009", ["A1", "A2"]),
        ("371102009201", ["A1", "A2"]),
        ("shanhaitian", ["A1", "A2"]),
        ("53", ["B1"]),
        ("5", ["B1"]),
        (ELSEWHERE, ["A3", "A4", "A5", "A6"]),
    ],
)
def test_a_place_is_a_code_its_first_digits_or_a_units_name(
    bangfu: Bangfu, register: Path, tmp_path: Path, thin: None, place: str, households: list[str]
) -> None:
    figures = bangfu.assess(register, tmp_path / "out", "--place", place, "--json").json
    assert figures["households"] == len(households)
    for table in ("assessment", "entitlement", "finding"):
        found = {row["household_id"] for row in csv_rows(tmp_path / "out", table)}
        assert sorted(found) == households


@pytest.mark.parametrize("place", ["11", "3711020092010", "Shanhaitian", "x", " ", "37110200_", "3%", "' OR 1=1 --"])
def test_a_place_without_households_is_refused(bangfu: Bangfu, register: Path, tmp_path: Path, place: str) -> None:
    said = bangfu.assess(register, tmp_path / "out", "--place", place)
    assert said.code == 1
    assert place in said.err
    assert "--place" in said.err
    assert list(tmp_path.iterdir()) == []


# ---- notes


def test_every_note_is_shown_or_counted(bangfu: Bangfu, tmp_path: Path, thin: None) -> None:
    """A sheet that is passed over in silence is a table that somebody believes to be read."""
    register = write_csv(tmp_path / "register", cast())
    for n in range(12):
        (register / f"spare_{n:02d}.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    said = bangfu.assess(register, tmp_path / "out")
    notes = [line for line in said.out.splitlines() if line.startswith("注：")]
    assert all(f"spare_{n:02d}" in said.out for n in range(12)) or any("另有" in note for note in notes)

"""Result files: what stands in them, that the three formats hold the same, and that they come whole or not at all."""

import csv
import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from errno import EACCES, ENOSPC
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest
from openpyxl import Workbook

from bangfu.engine.assess import Outcome, assess
from bangfu.engine.duck import open_engine
from bangfu.engine.request import Request, Wanted
from bangfu.engine.results import Target, workbook
from bangfu.engine.results.target import why_not
from bangfu.engine.synth import write_synthetic_register
from bangfu.kernel.errors import DomainError
from bangfu.kernel.schema import Column, schema
from bangfu.kernel.words import Lang
from bangfu.rulebook.kept import shipped_book
from bangfu.rulebook.resolve import places_of, resolve
from tests.cli.cast import (
    FORMULAS,
    cast,
    csv_rows,
    digests,
    fen,
    formula_cast,
    is_whole,
    manifest_of,
    names_in,
    parquet_rows,
    result_columns,
    thin_book,
    total,
)
from tests.engine.register.paper import write_csv

TABLES = ("assessment", "entitlement", "finding")
FORMATS = ("csv", "parquet", "xlsx")


def run(register: Path, out: Path, *, only_relevant: bool = False, lang: Lang = "zh", **asked: Any) -> Outcome:
    """Assess as at 31 December 2017; the format as the name of `out` says."""
    form = {".xlsx": "xlsx", ".parquet": "parquet"}.get(out.suffix, "csv")
    request = Request(register, **{"as_of": 20171231, **asked})
    target = Target(out, form)  # type: ignore[arg-type]
    return assess(request, target, Wanted(relevant=only_relevant, lang=lang), progress=lambda _: None)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty made-up households with more gaps and slips than usual: every verdict and every reconciliation but one or two."""
    folder = tmp_path_factory.mktemp("mixed")
    write_synthetic_register(folder, households=60, seed=8, gap_rate=0.1, error_rate=0.1)
    return folder


@pytest.fixture(scope="module")
def made(mixed: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same register assessed into each format, every row kept; and without the irrelevant ones."""
    folder = tmp_path_factory.mktemp("made")
    out = {
        "csv": folder / "out",
        "parquet": folder / "out.parquet",
        "xlsx": folder / "out.xlsx",
        "relevant": folder / "relevant",
    }
    for name, path in out.items():
        run(mixed, path, only_relevant=name == "relevant")
    return out


@pytest.fixture(scope="module")
def book(made: dict[str, Path]) -> Workbook:
    return openpyxl.load_workbook(made["xlsx"])


@pytest.fixture
def thin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bangfu.engine.request.shipped_book", thin_book)


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_csv(tmp_path_factory.mktemp("few") / "register", cast())


# ---- CSV


@pytest.mark.parametrize("table", TABLES)
def test_columns_are_exactly_the_contracts_in_its_order(table: str, made: dict[str, Path]) -> None:
    header = (made["csv"] / f"{table}.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header.split(",") == list(schema().results[table].columns)


def test_a_folder_holds_the_tables_and_the_manifest_and_nothing_else(made: dict[str, Path]) -> None:
    assert names_in(made["csv"]) == sorted([*(f"{t}.csv" for t in TABLES), "manifest.json"])
    assert names_in(made["parquet"]) == sorted([*(f"{t}.parquet" for t in TABLES), "manifest.json"])


@pytest.mark.parametrize(
    ("type_", "pattern"),
    [
        ("money", r"-?\d+\.\d\d|"),
        ("yes_no", "true|false|"),
        ("count", r"\d+"),
        ("list", r"([a-z0-9_]+(;[a-z0-9_]+)*)?"),
        ("code", "[a-z0-9_]*"),
    ],
)
@pytest.mark.parametrize("table", TABLES)
def test_cells_are_written_as_the_contract_says(table: str, type_: str, pattern: str, made: dict[str, Path]) -> None:
    names = [column.name for column in result_columns(table) if column.type == type_]
    con = duckdb.connect()
    for name in names:
        wrong = con.execute(
            f"SELECT \"{name}\" FROM read_csv('{made['csv']}/{table}.csv', all_varchar = true, null_padding = false) "
            f"WHERE NOT regexp_full_match(coalesce(\"{name}\", ''), ?)",
            [pattern],
        ).fetchall()
        assert wrong == []


def test_unknown_is_an_empty_cell_and_never_no(made: dict[str, Path]) -> None:
    rows = csv_rows(made["csv"], "assessment")
    assert {row["education"] for row in rows} >= {"true", ""}
    assert {row["net_income"] for row in rows if row["below_line"] == ""} == {""}


def test_nothing_received_is_zero_and_not_empty(made: dict[str, Path]) -> None:
    rows = csv_rows(made["csv"], "entitlement")
    assert "0.00" in {row["received"] for row in rows}
    assert "" not in {row["received"] for row in rows}


def test_rows_stand_in_order(made: dict[str, Path]) -> None:
    place = {policy.id: n for n, policy in enumerate(shipped_book().evaluated)}
    households = [row["household_id"] for row in csv_rows(made["csv"], "assessment")]
    assert households == sorted(set(households))
    rights = [
        (row["household_id"], row["person_id"] or "\uffff", place[row["policy_id"]])
        for row in csv_rows(made["csv"], "entitlement")
    ]
    assert rights == sorted(set(rights))
    checks = {check: n for n, check in enumerate(shipped_book().checks)}
    findings = [
        (row["household_id"], checks[row["check_id"]], row["person_id"]) for row in csv_rows(made["csv"], "finding")
    ]
    assert findings == sorted(findings)


def test_every_verdict_and_most_reconciliations_occur(made: dict[str, Path]) -> None:
    """Else the comparisons below would compare little."""
    rows = csv_rows(made["csv"], "entitlement")
    assert {row["verdict"] for row in rows} == set(schema().codes["verdict"])
    assert len({row["reconciliation"] for row in rows}) >= 6


def test_totals_of_a_household_are_the_sums_of_its_rows(made: dict[str, Path]) -> None:
    rights: dict[str, list[dict[str, str]]] = {}
    for row in csv_rows(made["csv"], "entitlement"):
        rights.setdefault(row["household_id"], []).append(row)
    found, summed = [], []
    for household in csv_rows(made["csv"], "assessment"):
        mine = rights.get(household["household_id"], [])
        short = [row for row in mine if row["reconciliation"] in ("missing", "under") and row["due_low"]]
        found.append([fen(household[name]) for name in ("entitled_annual", "entitled_once", "missing_amount")])
        summed.append(
            [
                total(mine, "annual_amount"),
                total(mine, "once_amount"),
                total(short, "due_low") - total(short, "received"),
            ]
        )
    assert found == summed
    assert all(sum(column) > 0 for column in zip(*found, strict=True))


def test_only_relevant_leaves_out_what_is_neither_due_nor_drawn(made: dict[str, Path]) -> None:
    every = csv_rows(made["csv"], "entitlement")
    kept = [row for row in every if row["verdict"] != "not_entitled" or fen(row["received"]) > 1]
    assert csv_rows(made["relevant"], "entitlement") == kept
    assert 0 < len(kept) < len(every) / 2
    for table in ("assessment", "finding"):
        assert csv_rows(made["relevant"], table) == csv_rows(made["csv"], table)


def test_a_fen_received_is_nothing_and_two_are_something(tmp_path: Path, thin: None) -> None:
    register = cast()
    register["receipt"].append(
        {**register["receipt"][0], "household_id": "B1", "person_id": "B1-1", "amount": Decimal("0.02")}
    )
    run(write_csv(tmp_path / "register", register), tmp_path / "out", only_relevant=True)
    drawn = {(row["person_id"], row["received"]) for row in csv_rows(tmp_path / "out", "entitlement")}
    assert ("B1-1", "0.02") in drawn
    assert ("A6-1", "0.01") not in drawn


# ---- the three formats


def as_csv(value: Any) -> str:
    """A cell of Parquet as CSV has it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.2f}" if isinstance(value, Decimal) else str(value)


@pytest.mark.parametrize("table", TABLES)
def test_parquet_holds_the_cells_of_csv(table: str, made: dict[str, Path]) -> None:
    rows = [{name: as_csv(cell) for name, cell in row.items()} for row in parquet_rows(made["parquet"], table)]
    assert rows == csv_rows(made["csv"], table)


@pytest.mark.parametrize("table", TABLES)
def test_parquet_columns_have_their_types(table: str, made: dict[str, Path]) -> None:
    types = {"money": "DECIMAL(18,2)", "yes_no": "BOOLEAN", "count": "INTEGER"}
    found = duckdb.connect().execute(f"DESCRIBE SELECT * FROM '{made['parquet']}/{table}.parquet'").fetchall()
    wanted = [(c.name, types.get(c.type, "VARCHAR")) for c in result_columns(table)]
    assert [(name, type_) for name, type_, *_ in found] == wanted


@pytest.mark.parametrize("table", TABLES)
def test_the_workbook_holds_the_cells_of_csv_in_words(table: str, made: dict[str, Path], book: Workbook) -> None:
    header, *rows = book[schema().results[table].label.zh].iter_rows(values_only=True)
    assert list(header) == [column.label.zh for column in result_columns(table)]
    wanted = [
        [in_words(column, row[column.name], row) for column in result_columns(table)]
        for row in csv_rows(made["csv"], table)
    ]
    assert [list(map(as_read, row)) for row in rows] == wanted


def as_read(cell: object) -> object:
    """Numbers of a workbook are binary; two decimals say what they stand for."""
    return round(Decimal(cell), 2) if isinstance(cell, int | float) else cell


def in_words(column: Column, cell: str, row: Mapping[str, str]) -> object:
    """A cell of CSV as people read it in the workbook."""
    policies = shipped_book().policies
    if cell == "":
        return None
    match column.type:
        case "money" | "count":
            return Decimal(cell).quantize(Decimal("0.01"))
        case "yes_no":
            return {"true": "是", "false": "否"}[cell]
        case "code":
            labels = {"policy": policies, "check": shipped_book().checks}.get(column.codes) or schema().codes[
                column.codes
            ]
            return labels[cell].label.zh  # type: ignore[attr-defined]
        case "list":
            return "、".join(reason_in_words(word, row) for word in cell.split(";"))
    return cell


RULES = resolve(shipped_book(), as_of=20171231, places=places_of(shipped_book(), "371102009201"))


def reason_in_words(word: str, row: Mapping[str, str]) -> str:
    """The condition of that very policy, or the policy that took its place."""
    book = shipped_book()
    conditions = {c.id: RULES.fill(c.label.zh, "zh") for c in book.policies[row["policy_id"]].conditions}
    if word in conditions:
        return conditions[word]
    return "收据未写明个人" if word == "person" else book.policies[word].label.zh


def test_a_reason_is_worded_by_the_policy_whose_reason_it_is(few: Path, tmp_path: Path) -> None:
    """Many policies have a condition called `age`; each means its own."""
    run(few, tmp_path / "out.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx")["政策应享"]
    said = {(row[1], row[2]): row[10] for row in sheet.iter_rows(min_row=2, values_only=True)}
    assert said["A4-1", "高龄津贴（80至89周岁）"] == "80至89周岁"
    assert said["A4-1", "高龄津贴（90至99周岁）"] == "90至99周岁"
    assert said["A6-1", "失能老年人护理补贴"] == "困难家庭、年满60周岁、失能"
    assert said["A5-2", "雨露计划"] == "高等教育生活费补助"
    assert said["A6-1", "困境儿童基本生活费"].endswith("困境儿童")


# ---- nothing becomes a formula


@pytest.fixture(scope="module")
def begun_as_formulas(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("formulas")
    register = write_csv(folder / "register", formula_cast())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bangfu.engine.request.shipped_book", thin_book)
        for name in ("out", "out.parquet", "out.xlsx"):
            run(register, folder / name)
    return {"csv": folder / "out", "parquet": folder / "out.parquet", "xlsx": folder / "out.xlsx"}


@pytest.mark.parametrize("table", TABLES)
def test_a_number_that_begins_as_a_formula_is_marked_as_text_in_csv(
    table: str, begun_as_formulas: dict[str, Path]
) -> None:
    found = {row["household_id"] for row in csv_rows(begun_as_formulas["csv"], table)}
    assert found == {f"'{id_}" for id_ in FORMULAS}
    raw = (begun_as_formulas["csv"] / f"{table}.csv").read_text(encoding="utf-8")
    assert not [line for line in raw.splitlines() if line.lstrip('"').startswith(FORMULAS)]


def test_parquet_keeps_it_as_it_is(begun_as_formulas: dict[str, Path]) -> None:
    assert {row["household_id"] for row in parquet_rows(begun_as_formulas["parquet"], "assessment")} == set(FORMULAS)


def test_a_workbook_holds_no_formula_at_all(begun_as_formulas: dict[str, Path]) -> None:
    book = openpyxl.load_workbook(begun_as_formulas["xlsx"])
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells if cell.value in FORMULAS} == {"s"}
    assert {cell.value for cell in cells} >= set(FORMULAS)
    assert "f" not in {cell.data_type for cell in cells}
    with zipfile.ZipFile(begun_as_formulas["xlsx"]) as parts:
        sheets = [parts.read(name) for name in parts.namelist() if name.startswith("xl/worksheets/sheet")]
    assert len(sheets) == 4
    assert not [sheet for sheet in sheets if b"<f>" in sheet or b"<f " in sheet]


def test_a_cell_that_was_set_aside_never_becomes_a_formula_either(tmp_path: Path, thin: None) -> None:
    """Unlike the cells of a register that is taken, it stands as it came."""
    register = formula_cast()
    for person, start in zip(register["person"], FORMULAS, strict=True):
        person["labour"] = f"{start[0]}1+1"
    register["household"][0]["main_cause"] = '=cmd|"/c calc"!A1'
    folder = write_csv(tmp_path / "register", register)
    run(folder, tmp_path / "out", skip_bad_rows=True)
    run(folder, tmp_path / "out.xlsx", skip_bad_rows=True)
    rows = csv_rows(tmp_path / "out", "rejected")
    starts = {row[name][0] for row in rows for name in ("value", "household_id") if row[name]}
    assert starts == {"'"}
    assert len({row["value"] for row in rows}) > len({start[0] for start in FORMULAS})
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx")["未采用行"]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}
    assert '=cmd|"/c calc"!A1' in {row[4] for row in sheet.iter_rows(values_only=True)}


# ---- the same again


def test_the_same_register_gives_the_same_bytes(mixed: Path, made: dict[str, Path], tmp_path: Path) -> None:
    run(mixed, tmp_path / "out")
    run(mixed, tmp_path / "out.parquet")
    run(mixed, tmp_path / "out.xlsx")
    assert digests(tmp_path / "out") == digests(made["csv"])
    assert digests(tmp_path / "out.parquet") == digests(made["parquet"])
    assert (tmp_path / "out.xlsx").read_bytes() == made["xlsx"].read_bytes()
    assert manifest_of(tmp_path / "out.xlsx") == manifest_of(made["xlsx"])


def test_neither_threads_nor_the_order_of_rows_show(
    mixed: Path, made: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def one_thread(spill: Path | None = None) -> duckdb.DuckDBPyConnection:
        con = open_engine(spill)
        con.execute("SET threads = 1")
        return con

    for file in mixed.iterdir():
        header, *lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        shuffled = tmp_path / "register" / file.name
        shuffled.parent.mkdir(exist_ok=True)
        shuffled.write_text(header + "".join(reversed(lines)), encoding="utf-8")
    monkeypatch.setattr("bangfu.engine.assess.open_engine", one_thread)
    run(tmp_path / "register", tmp_path / "out")
    assert digests(tmp_path / "out") == digests(made["csv"])


# ---- the manifest


@pytest.mark.parametrize("form", FORMATS)
def test_the_manifest_vouches_for_every_file(form: str, made: dict[str, Path]) -> None:
    assert is_whole(made[form])
    sizes = {name: file["bytes"] for name, file in manifest_of(made[form])["files"].items()}
    place = made[form] if made[form].is_dir() else made[form].parent
    assert sizes == {name: (place / name).stat().st_size for name in sizes}


def test_the_manifest_says_what_was_judged_and_by_what(made: dict[str, Path], mixed: Path) -> None:
    manifest = manifest_of(made["csv"])
    book = shipped_book()
    assert manifest["schema_version"] == 1
    assert manifest["rulebook"] == {
        "id": book.id,
        "version": book.version,
        "layers": [{"name": "shipped", "sha256": book.layers[0].digest}],
    }
    assert (manifest["as_of"], manifest["income_year"]) == ("2017-12-31", 2017)
    assert manifest["set_aside"] == {"households": 0, "rows": 0}
    assert manifest["rows"] == {table: len(csv_rows(made["csv"], table)) for table in TABLES}
    assert manifest["register"] == {
        table: len((mixed / f"{table}.csv").read_text(encoding="utf-8").splitlines()) - 1 for table in schema().tables
    }


@pytest.mark.parametrize("form", FORMATS)
def test_row_counts_are_those_of_the_files(form: str, made: dict[str, Path]) -> None:
    assert manifest_of(made[form])["rows"] == manifest_of(made["csv"])["rows"]


def test_every_parameter_stands_with_its_unit_and_where_it_comes_from(made: dict[str, Path], mixed: Path) -> None:
    (place,) = manifest_of(made["csv"])["places"]
    assert place["places"] == ["37"]
    with (mixed / "household.csv").open(encoding="utf-8") as file:
        assert place["villages"] == len({row["village_code"] for row in csv.DictReader(file)})
    assert set(place["parameters"]) == set(shipped_book().parameters)
    assert place["parameters"]["poverty_line"] == {
        "value": "3509.00",
        "unit": "yuan",
        "layer": "shipped",
        "place": "37",
        "unverified": True,
    }
    assert place["parameters"]["elderly_80s_rate"] == {"value": "100.00", "unit": "yuan", "layer": "shipped"}
    assert {p["layer"] for p in place["parameters"].values()} == {"shipped"}


def test_the_manifest_names_nobody(made: dict[str, Path]) -> None:
    text = (made["csv"] / "manifest.json").read_text(encoding="utf-8")
    assert "37000000000001" not in text
    assert str(made["csv"].parent) not in text


# ---- the workbook


def test_the_workbook_opens_on_its_summary(book: Workbook) -> None:
    assert book.sheetnames == ["汇总", "户评估", "政策应享", "疑点"]
    assert book.active is book["汇总"]
    assert book["汇总"]["A1"].value == "评估结果（2017-12-31，收入年度 2017）"
    cells = {row[0].value: row[1].value for row in book["汇总"].iter_rows()}
    assert (cells["户数"], cells["错误"]) == (60, cells["错误"])
    assert isinstance(cells["至今确定应发而未领（元）"], int | float)


@pytest.mark.parametrize("name", ["户评估", "政策应享", "疑点"])
def test_heads_stay_in_sight_and_on_every_printed_page(name: str, book: Workbook) -> None:
    sheet = book[name]
    assert sheet.freeze_panes == "B2"
    assert sheet.print_title_rows in ("1:1", "$1:$1")
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.auto_filter.ref == sheet.dimensions


def test_amounts_are_numbers_and_numbers_of_people_are_text(book: Workbook) -> None:
    sheet = book["户评估"]
    kinds = {
        column.name: {cell.data_type for cell in cells[1:] if cell.value is not None}
        for column, cells in zip(result_columns("assessment"), sheet.iter_cols(), strict=True)
    }
    wanted = {"money": {"n"}, "count": {"n"}, "yes_no": {"s"}, "id": {"s"}}
    assert kinds == {column.name: wanted[column.type] for column in result_columns("assessment")}
    assert {cell.number_format for cell in sheet["J"][1:] if cell.value is not None} == {"#,##0.00"}


@pytest.mark.parametrize(("rows_a_sheet", "sheets"), [(6, [6, 1]), (7, [7]), (3, [3, 3, 1]), (8, [7])])
def test_what_no_sheet_can_hold_goes_on_to_the_next(
    rows_a_sheet: int, sheets: list[int], few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, thin: None
) -> None:
    monkeypatch.setattr("bangfu.engine.results.workbook.SHEET_ROWS", rows_a_sheet)
    run(few, tmp_path / "out.xlsx", only_relevant=True)
    book = openpyxl.load_workbook(tmp_path / "out.xlsx")
    mine = [sheet for sheet in book if sheet.title.startswith("户评估")]
    assert [sheet.title for sheet in mine] == ["户评估", "户评估 (2)", "户评估 (3)"][: len(sheets)]
    assert [sheet.max_row - 1 for sheet in mine] == sheets
    assert len({sheet["A1"].value for sheet in mine}) == 1
    assert sorted(row[0] for sheet in mine for row in sheet.iter_rows(min_row=2, values_only=True)) == [
        "A1", "A2", "A3", "A4", "A5", "A6", "B1",
    ]  # fmt: skip


def test_an_empty_register_makes_an_empty_workbook(tmp_path: Path, thin: None) -> None:
    register = write_csv(tmp_path / "register", {table: [] for table in cast()})
    run(register, tmp_path / "out.xlsx")
    book = openpyxl.load_workbook(tmp_path / "out.xlsx")
    assert [sheet.max_row for sheet in book][1:] == [1, 1, 1]
    assert is_whole(tmp_path / "out.xlsx")


def test_the_workbook_speaks_english_where_asked(few: Path, tmp_path: Path) -> None:
    run(few, tmp_path / "out.xlsx", lang="en")
    book = openpyxl.load_workbook(tmp_path / "out.xlsx")
    assert book.sheetnames == ["Summary", "Households", "Entitlements", "Findings"]
    said = {
        cell for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row if isinstance(cell, str)
    }
    # The village in the list of largest gaps is a name, and names stay as they are.
    assert [text for text in said if not text.isascii() and any("\u3400" <= c <= "\u9fff" for c in text)] == [
        "两城街道 两城一村村委会"
    ]


# ---- where results go


def target(path: Path, *, force: bool = False) -> Target:
    return Target(path, "xlsx" if path.suffix == ".xlsx" else "csv", force)


def refusal(path: Path, *, force: bool = False) -> DomainError:
    with pytest.raises(DomainError) as caught, target(path, force=force).aside():
        raise AssertionError("it was taken")
    return caught.value


def test_work_is_done_beside_the_target_and_cleared_away(tmp_path: Path) -> None:
    with target(tmp_path / "a" / "out").aside() as work:
        assert work == tmp_path / "a" / "out.partial"
        assert list(work.iterdir()) == []
        (work / "spill").mkdir()
        (work / "spill" / "x").write_bytes(b"x")
    assert list(tmp_path.rglob("*")) in ([], [tmp_path / "a"])


@pytest.mark.parametrize("name", ["out", "out.xlsx"])
@pytest.mark.parametrize("kind", ["folder", "empty folder", "file"])
def test_what_is_there_is_refused_and_left_alone(name: str, kind: str, tmp_path: Path) -> None:
    there = tmp_path / name
    if kind == "file":
        there.write_text("kept", encoding="utf-8")
    else:
        there.mkdir()
    if kind == "folder":
        (there / "notes.txt").write_text("kept", encoding="utf-8")
    before = digests(tmp_path)
    assert refusal(there).code == "OUT_EXISTS"
    assert digests(tmp_path) == before
    assert names_in(tmp_path) == [name]


FOREIGN = {
    "a folder of other things": {"out/notes.txt": "kept"},
    "an empty folder": {"out/": ""},
    "a folder with a manifest of something else": {"out/manifest.json": '{"name": "my app", "version": 3}'},
    "a folder whose manifest is no JSON": {"out/manifest.json": "kept"},
    "a folder whose manifest is a list": {"out/manifest.json": "[]"},
    "a file": {"out": "kept"},
    "a workbook without a manifest": {"out.xlsx": "kept"},
    "a workbook with a manifest of something else": {"out.xlsx": "kept", "out.xlsx.manifest.json": "{}"},
    "a folder named as a workbook": {"out.xlsx/notes.txt": "kept"},
}


@pytest.mark.parametrize("what", FOREIGN)
def test_force_replaces_nothing_but_results(what: str, tmp_path: Path) -> None:
    for name, text in FOREIGN[what].items():
        path = tmp_path / name
        (path if name.endswith("/") else path.parent).mkdir(parents=True, exist_ok=True)
        if not name.endswith("/"):
            path.write_text(text, encoding="utf-8")
    before = digests(tmp_path)
    assert refusal(tmp_path / next(iter(FOREIGN[what])).split("/")[0], force=True).code == "NOT_A_RESULT"
    assert digests(tmp_path) == before


@pytest.fixture(scope="module")
def earlier(few: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an earlier result as CSV and one as a workbook."""
    folder = tmp_path_factory.mktemp("earlier")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bangfu.engine.request.shipped_book", thin_book)
        run(few, folder / "out", as_of=20170630)
        run(few, folder / "out.xlsx", as_of=20170630)
    return folder


@pytest.mark.parametrize("name", ["out", "out.xlsx"])
def test_force_replaces_an_earlier_result_whole(
    name: str, earlier: Path, few: Path, tmp_path: Path, thin: None
) -> None:
    shutil.copytree(earlier, tmp_path / "here")
    out = tmp_path / "here" / name
    there = names_in(out.parent)
    request = Request(few, as_of=20171231)
    assess(request, target(out, force=True), Wanted(relevant=True), progress=lambda _: None)
    assert manifest_of(out)["as_of"] == "2017-12-31"
    assert is_whole(out)
    assert names_in(out.parent) == there


def test_force_does_not_sweep_away_what_somebody_put_beside_the_tables(earlier: Path, tmp_path: Path) -> None:
    shutil.copytree(earlier, tmp_path / "here")
    out = tmp_path / "here" / "out"
    (out / "my notes.docx").write_text("kept", encoding="utf-8")
    (out / ".DS_Store").write_text("swept", encoding="utf-8")
    before = digests(tmp_path)
    assert refusal(out, force=True).code == "NOT_A_RESULT"
    assert digests(tmp_path) == before
    (out / "my notes.docx").unlink()
    with target(out, force=True).aside() as work:
        assert work.is_dir()


def test_a_failed_run_with_force_leaves_the_earlier_result(
    earlier: Path, few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, thin: None
) -> None:
    shutil.copytree(earlier, tmp_path / "here")
    before = digests(tmp_path)

    def full(*_: object, **__: object) -> None:
        raise OSError(ENOSPC, "No space left on device")

    monkeypatch.setattr("bangfu.engine.results.whole.manifest_of", full)
    for name in ("out", "out.xlsx"):
        with pytest.raises(DomainError, match="disk is full"):
            assess(
                Request(few, as_of=20171231),
                target(tmp_path / "here" / name, force=True),
                Wanted(relevant=True),
                progress=lambda _: None,
            )
    assert digests(tmp_path) == before


@pytest.mark.parametrize("name", ["out", "out.xlsx"])
@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_rename_that_fails_leaves_the_earlier_result(
    name: str, nth: int, earlier: Path, few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, thin: None
) -> None:
    """Such as on Windows while somebody has the old one open."""
    shutil.copytree(earlier, tmp_path / "here")
    before = digests(tmp_path)
    count = 0
    plain_rename, plain_replace = Path.rename, Path.replace

    def failing(plain: Any) -> Any:
        def move(self: Path, to: Path) -> Path:
            nonlocal count
            count += 1
            if count == nth:
                raise OSError(EACCES, "Permission denied")
            moved: Path = plain(self, to)
            return moved

        return move

    monkeypatch.setattr(Path, "rename", failing(plain_rename))
    monkeypatch.setattr(Path, "replace", failing(plain_replace))
    out = tmp_path / "here" / name
    code = refused(few, target(out, force=True))
    assert (code, digests(tmp_path) == before) == ("CANNOT_WRITE", True) or (
        code == "" and is_whole(out) and count < nth
    )


def refused(register: Path, out: Target) -> str:
    """The code with which an assessment is refused, "" where it is not."""
    try:
        assess(Request(register, as_of=20171231), out, Wanted(relevant=True), progress=lambda _: None)
    except DomainError as problem:
        return problem.code
    return ""


def test_what_a_killed_run_left_is_cleared_by_the_next(few: Path, tmp_path: Path, thin: None) -> None:
    left = tmp_path / "out.partial" / "result"
    left.mkdir(parents=True)
    (left / "assessment.csv").write_text("half", encoding="utf-8")
    run(few, tmp_path / "out")
    assert names_in(tmp_path) == ["out"]
    assert is_whole(tmp_path / "out")


def test_a_parent_that_is_no_folder_is_refused_in_plain_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("kept", encoding="utf-8")
    problem = refusal(tmp_path / "file" / "out")
    assert problem.code == "CANNOT_WRITE"
    assert "不是文件夹" in problem.say("zh") or "同名" in problem.say("zh")
    assert "Errno" not in str(problem)


def test_folders_made_for_a_run_that_failed_go_with_it(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    with pytest.raises(RuntimeError), target(tmp_path / "kept" / "new" / "newer" / "out").aside():
        raise RuntimeError
    assert list(tmp_path.rglob("*")) == [tmp_path / "kept"]


def test_folders_that_were_there_stay(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    with pytest.raises(RuntimeError), target(tmp_path / "a" / "b" / "out").aside():
        raise RuntimeError
    assert (tmp_path / "a" / "b").is_dir()


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (OSError(ENOSPC, "No space left on device"), "磁盘空间不足"),
        (OSError(EACCES, "Permission denied"), "没有权限"),
        (OSError("the cat sat on it"), "the cat sat on it"),
        (
            duckdb.IOException('IO Error: Could not write all bytes to file "/x/out.partial": wanted=1 wrote=0'),
            "无法写",
        ),
        (duckdb.IOException("IO Error: No space left on device"), "磁盘空间不足"),
    ],
)
def test_a_write_that_fails_is_one_plain_line(failure: Exception, said: str, tmp_path: Path) -> None:
    def write(work: Path) -> None:
        (work / "assessment.csv").write_text("half", encoding="utf-8")
        raise failure

    with pytest.raises(DomainError) as caught, target(tmp_path / "out").aside() as work:
        write(work)
    text = caught.value.say("zh")
    assert said in text
    assert len(text.splitlines()) == 1
    assert "IO Error" not in text
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_matter_of_files_travels_up(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="a bug"), target(tmp_path / "out").aside():
        raise RuntimeError("a bug")
    assert list(tmp_path.iterdir()) == []


def test_an_unusual_refusal_keeps_the_systems_words() -> None:
    assert why_not(OSError(999, "Out of cheese")).zh == "Out of cheese"


@pytest.mark.parametrize("stage", ["read_register", "_judge_all", "summarise", "write_results"])
@pytest.mark.parametrize("name", ["new/out", "new/out.xlsx"])
def test_a_run_that_breaks_off_anywhere_leaves_nothing(
    stage: str, name: str, few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, thin: None
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(f"bangfu.engine.assess.{stage}", stop)
    with pytest.raises(KeyboardInterrupt):
        run(few, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_the_parts_of_a_workbook_lie_nowhere_but_in_the_working_folder(
    few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, thin: None
) -> None:
    """A workbook is made of many small files first. Were they in /tmp, a kill would leave people's data there."""
    elsewhere = tmp_path / "tmp"
    elsewhere.mkdir()
    seen: list[list[str]] = []
    plain = workbook._table_sheet

    def sheet(*given: Any) -> None:
        plain(*given)
        seen.append(names_in(elsewhere))

    monkeypatch.setattr("tempfile.tempdir", str(elsewhere))
    monkeypatch.setattr(workbook, "_table_sheet", sheet)
    run(few, tmp_path / "out.xlsx")
    assert seen == [[], [], []]
    assert names_in(tmp_path) == ["out.xlsx", "out.xlsx.manifest.json", "tmp"]


def test_two_runs_do_not_write_to_one_place_at_one_time(few: Path, tmp_path: Path, thin: None) -> None:
    with target(tmp_path / "out").aside() as work:
        (work / "kept").write_text("kept", encoding="utf-8")
        with pytest.raises(DomainError, match="OUT_BUSY"):
            run(few, tmp_path / "out")
        assert names_in(work) == ["kept"]
    run(few, tmp_path / "out")
    assert names_in(tmp_path) == ["out"]


def test_what_came_to_stand_there_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    out = target(tmp_path / "out")
    with out.aside() as work:
        (work / "result").mkdir()
        out.path.write_text("kept", encoding="utf-8")
        with pytest.raises(DomainError, match="OUT_EXISTS"):
            out.take(work / "result")
    assert names_in(tmp_path) == ["out"]
    assert (tmp_path / "out").read_text(encoding="utf-8") == "kept"


def test_a_register_that_cannot_be_read_is_not_called_a_result_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(PermissionError), target(tmp_path / "out").aside():
        raise PermissionError(EACCES, "Permission denied", str(tmp_path / "register" / "person.csv"))
    assert list(tmp_path.iterdir()) == []


# ---- without the protection


class InPlace(Target):
    """A target that writes where the result shall stand: what the tests above must tell from the real one."""

    @contextmanager
    def aside(self, *, resume: bool = False, keeps: Callable[[BaseException], bool] = bool) -> Iterator[Path]:
        yield self.path.parent

    def take(self, made: Path, manifest: Path | None = None) -> None:
        """It is in place already."""


@pytest.mark.parametrize(("kind", "seen"), [(Target, []), (InPlace, ["result"])])
def test_only_writing_aside_keeps_a_half_result_out_of_sight(
    kind: type[Target], seen: list[str], few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, thin: None
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(ENOSPC, "No space left on device")

    monkeypatch.setattr("bangfu.engine.results.whole.manifest_of", full)
    with pytest.raises((OSError, DomainError), match=r"No space left|disk is full"):
        assess(Request(few, as_of=20171231), kind(tmp_path / "result", "csv"), Wanted(relevant=True), progress=print)
    assert names_in(tmp_path) == seen
    assert [path.name for path in sorted(tmp_path.glob("result/*"))] == [f"{t}.csv" for t in TABLES if seen]

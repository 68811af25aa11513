"""Assessing a snapshot, or several registers, region by region: the cells of a raw register's run, whatever interrupts it."""

import csv
import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from multiprocessing import parent_process
from pathlib import Path
from typing import Any

import duckdb
import pytest

from bangfu.engine import arrays, one_by_one, pieces, regions
from bangfu.engine.arrays import AMOUNTS, Beyond, OverArrays, columns
from bangfu.engine.arrays.columns import MOST_MONEY
from bangfu.engine.assess import Outcome, assess
from bangfu.engine.duck import open_engine
from bangfu.engine.regions import assess_registers, assess_snapshot
from bangfu.engine.request import Request, Wanted
from bangfu.engine.results import Format, Target
from bangfu.engine.results.write import digest_of
from bangfu.engine.snapshot import open_snapshot
from bangfu.engine.snapshot.layout import Region
from bangfu.engine.snapshot.write import Order, SnapshotTarget, prepare
from bangfu.engine.unfinished import begin
from bangfu.kernel.errors import DomainError, RegisterRefused
from bangfu.kernel.schema import RESULT_TABLES, ResultTable, schema
from bangfu.rulebook.book import Book
from bangfu.rulebook.kept import shipped_book
from bangfu.rulebook.load import load_book
from tests.cli.cast import ELSEWHERE, LIANGCHENG, YUNNAN, digests, few_of, is_whole, layer, manifest_of, names_in
from tests.cli.test_against_oracle import write
from tests.examples import first_of
from tests.oracle.oracle import Register
from tests.oracle.registers import random_register

# In the same prefecture as LIANGCHENG, and so in the same region.
LANSHAN = "371103001201"
VILLAGES = (LIANGCHENG, LANSHAN, ELSEWHERE, YUNNAN, "371102009202")
REGIONS = ["3701", "3711", "5301"]


def scattered(seed: int, households: int, name: str = "") -> Register:
    """A hostile register whose households live in three regions; `name` begins every id."""
    register = random_register(seed, households)
    for n, row in enumerate(register["household"]):
        row["village_code"] = VILLAGES[n % len(VILLAGES)]
    for rows in register.values():
        for row in rows:
            row.update({key: name + row[key] for key in ("household_id", "person_id") if row.get(key)})
    return register


def snapshot_of(register: Path, out: Path, **asked: Any) -> Path:
    order = Order(register, shipped_book().policy_codes(), workers=1, **asked)
    return prepare(order, SnapshotTarget(out, "parquet"), made_at="", progress=lambda _: None).snapshot.path


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("raw") / "register"
    write(folder, scattered(31, 40))
    return folder


@pytest.fixture(scope="module")
def snapshot(register: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return snapshot_of(register, tmp_path_factory.mktemp("prepared") / "snap")


def barest(book: Book) -> Book:
    """A few rules of each kind: a run is then about files."""
    kept = ("dibao", "elderly_80s")
    policies = {
        id_: policy if id_ in kept else replace(policy, evaluated=False) for id_, policy in book.policies.items()
    }
    return replace(few_of(book), policies=policies, exclusions={})


@contextmanager
def few_rules() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bangfu.engine.request.shipped_book", lambda: barest(shipped_book()))
        patch.setattr("bangfu.engine.request.read_book", lambda folders: barest(load_book(folders)))
        yield


@pytest.fixture
def thin() -> Iterator[None]:
    with few_rules():
        yield


@pytest.fixture
def copy(snapshot: Path, tmp_path: Path) -> Path:
    return shutil.copytree(snapshot, tmp_path / "snap")


def request(register: Path, **asked: Any) -> Request:
    return Request(register, **{"as_of": 20171231, **asked})


def run(
    register: Path,
    out: Path,
    form: Format = "csv",
    *,
    tables: tuple[Any, ...] = RESULT_TABLES,
    relevant: bool = False,
    resume: bool = False,
    force: bool = False,
    workers: int = 1,
    **asked: Any,
) -> Outcome:
    """Assess by regions: a snapshot, or where it is none a folder of registers."""
    act = assess_snapshot if (register / "manifest.json").exists() else assess_registers
    return act(
        request(register, **asked),
        Target(out, form, force),
        Wanted(tables, relevant),
        resume=resume,
        workers=workers,
        progress=lambda _: None,
    )


def run_raw(register: Path, out: Path, form: Format = "csv", *, relevant: bool = False, **asked: Any) -> Outcome:
    return assess(request(register, **asked), Target(out, form), Wanted(relevant=relevant), progress=lambda _: None)


def cells(out: Path, table: str) -> list[tuple[object, ...]]:
    """Every row of a result table, of one file or of one a region, the columns' names first; in no order of their own."""
    return sorted(_rows(sorted(out.glob(f"{table}.*")) or sorted((out / table).iterdir())), key=repr)


def _rows(files: list[Path]) -> Iterator[tuple[object, ...]]:
    for file in files:
        if file.suffix == ".csv":
            with file.open(encoding="utf-8", newline="") as handle:
                names, *rows = csv.reader(handle)
            assert names == list(
                schema().results[file.stem if file.stem in RESULT_TABLES else file.parent.name].columns
            )
            yield from map(tuple, rows)
        else:
            found = duckdb.connect().execute(f"FROM '{file}'")
            yield tuple((d[0], str(d[1])) for d in found.description or [])
            yield from found.fetchall()


def all_cells(out: Path) -> dict[str, list[tuple[object, ...]]]:
    return {table: sorted(set(cells(out, table)), key=repr) for table in RESULT_TABLES}


def refusal(act: Callable[[], object]) -> DomainError:
    with pytest.raises(DomainError) as caught:
        act()
    return caught.value


# ---- the same cells


@pytest.mark.parametrize(
    ("form", "portion"), [("parquet", 20), pytest.param("csv", 5, marks=pytest.mark.long)], ids=["parquet", "csv"]
)
def test_every_rule_gives_the_cells_of_the_raw_register(
    form: Format, portion: int, snapshot: Path, register: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run_raw(register, tmp_path / "raw", form)
    monkeypatch.setattr(pieces, "PORTION", portion)
    monkeypatch.setattr(one_by_one, "FEW", 0)
    mine = run(snapshot, tmp_path / "out", form)
    assert all_cells(tmp_path / "out") == all_cells(tmp_path / "raw")
    assert len(all_cells(tmp_path / "out")["finding"]) > 40
    assert mine.summary == whole.summary
    assert mine.report.notes == whole.report.notes
    told, wanted = manifest_of(tmp_path / "out"), manifest_of(tmp_path / "raw")
    assert (told["rows"], told["places"]) == (wanted["rows"], wanted["places"])
    assert f"3711-002.{form}" in " ".join(names_in(tmp_path / "out" / "finding")).replace("-002.1.", "-002.")
    assert is_whole(tmp_path / "out")


LOCAL = """
- id: elderly_80s_rate
  values:
    - {value: 150, place: "371103"}
    - {value: 170, place: shanhaitian}
- id: poverty_line
  values:
    - {year: 2017, value: 3600, place: "371103"}
"""


@pytest.mark.parametrize(
    ("portion", "relevant"), [(15, False), pytest.param(5, True, marks=pytest.mark.long)], ids=["all rows", "relevant"]
)
def test_several_sets_of_rules_hold_within_one_region(
    portion: int,
    relevant: bool,
    snapshot: Path,
    register: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    thin: None,
) -> None:
    rules = [layer(tmp_path / "local", {"parameters/local.yaml": LOCAL})]
    whole = run_raw(register, tmp_path / "raw", relevant=relevant, rules=rules)
    monkeypatch.setattr(pieces, "PORTION", portion)
    monkeypatch.setattr(one_by_one, "FEW", 0)
    mine = run(snapshot, tmp_path / "out", relevant=relevant, rules=rules)
    assert all_cells(tmp_path / "out") == all_cells(tmp_path / "raw")
    assert mine.summary == whole.summary
    assert manifest_of(tmp_path / "out")["places"] == manifest_of(tmp_path / "raw")["places"]
    assert [name for name in names_in(tmp_path / "out" / "assessment") if name.endswith(".2.csv")]


@pytest.mark.parametrize(("form", "relevant"), first_of(1, [("parquet", True), ("csv", False)]))
def test_few_are_judged_one_by_one_and_nobody_sees_it(
    form: Format, relevant: bool, snapshot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, thin: None
) -> None:
    rules = [layer(tmp_path / "local", {"parameters/local.yaml": LOCAL})]
    monkeypatch.setattr(pieces, "PORTION", 15)
    judged: list[str] = []
    plain = one_by_one.judged_one_by_one

    def noted(con: duckdb.DuckDBPyConnection, judges: Any, wanted: Wanted) -> Any:
        judged.append("a piece")
        return plain(con, judges, wanted)

    monkeypatch.setattr(one_by_one, "judged_one_by_one", noted)
    mine = run(snapshot, tmp_path / "one by one", form, relevant=relevant, rules=rules)
    assert len(judged) == len(names_in(tmp_path / "one by one" / "assessment"))
    # Here a piece is of some sixteen at most; where one is of more, the statements judge it.
    monkeypatch.setattr(one_by_one, "FEW", 9)
    some = run(snapshot, tmp_path / "some", form, relevant=relevant, rules=rules)
    assert len(judged) < 2 * len(names_in(tmp_path / "some" / "assessment"))
    monkeypatch.setattr(one_by_one, "FEW", 0)
    whole = run(snapshot, tmp_path / "statements", form, relevant=relevant, rules=rules)
    assert all_cells(tmp_path / "one by one") == all_cells(tmp_path / "some") == all_cells(tmp_path / "statements")
    assert digests(tmp_path / "one by one" / "assessment") == digests(tmp_path / "statements" / "assessment")
    assert mine.summary == some.summary == whole.summary


@pytest.mark.parametrize("place", ["37", LANSHAN[:6], "shanhaitian"])
def test_a_place_inside_a_region_or_across_several_gives_its_households_only(
    place: str, snapshot: Path, register: Path, tmp_path: Path, thin: None
) -> None:
    whole = run_raw(register, tmp_path / "raw", place=place)
    mine = run(snapshot, tmp_path / "out", place=place)
    assert all_cells(tmp_path / "out") == all_cells(tmp_path / "raw")
    assert mine.summary == whole.summary
    assert 0 < len(cells(tmp_path / "out", "assessment")) < 40
    assert is_whole(tmp_path / "out")


@pytest.fixture(scope="module")
def straight(snapshot: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[Format, Path]:
    """What runs write that nothing interrupts."""
    folder = tmp_path_factory.mktemp("straight")
    with few_rules():
        run(snapshot, folder / "csv")
        run(snapshot, folder / "parquet", "parquet")
    return {"csv": folder / "csv", "parquet": folder / "parquet"}


@pytest.mark.parametrize(
    ("form", "tables"),
    [("csv", ("finding",)), ("csv", ("assessment", "entitlement")), ("parquet", ("entitlement",))],
    ids=str,
)
def test_some_tables_alone_have_the_bytes_that_they_have_among_all(
    form: Format, tables: tuple[str, ...], snapshot: Path, tmp_path: Path, straight: dict[Format, Path], thin: None
) -> None:
    run(snapshot, tmp_path / "out", form, tables=tables)
    assert names_in(tmp_path / "out") == sorted([*tables, "manifest.json"])
    whole = digests(straight[form])
    assert {name: digest for name, digest in digests(tmp_path / "out").items() if name != "manifest.json"} == {
        name: digest for name, digest in whole.items() if name.startswith(tables)
    }
    assert set(manifest_of(tmp_path / "out")["rows"]) == set(tables)


@pytest.mark.parametrize("form", ["parquet", pytest.param("csv", marks=pytest.mark.long)])
def test_two_workers_write_the_bytes_of_one(
    form: Format, snapshot: Path, tmp_path: Path, straight: dict[Format, Path], thin: None
) -> None:
    run(snapshot, tmp_path / "out", form, workers=2)
    assert digests(tmp_path / "out") == digests(straight[form])


def test_a_snapshot_becomes_the_same_workbook_as_its_register(
    snapshot: Path, register: Path, tmp_path: Path, thin: None
) -> None:
    run_raw(register, tmp_path / "raw.xlsx", "xlsx", place="3711")
    run_raw(snapshot, tmp_path / "out.xlsx", "xlsx", place="3711")
    assert (tmp_path / "out.xlsx").read_bytes() == (tmp_path / "raw.xlsx").read_bytes()


def test_more_households_than_a_sheet_holds_are_refused_before_any_work(
    snapshot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, thin: None
) -> None:
    monkeypatch.setattr("bangfu.engine.assess.SHEET_ROWS", 20)
    found = refusal(lambda: run_raw(snapshot, tmp_path / "out.xlsx", "xlsx"))
    assert found.code == "TOO_LARGE_FOR_A_WORKBOOK"
    assert "--place" in found.text.zh
    assert "40 households" in found.text.en
    assert list(tmp_path.iterdir()) == []
    run_raw(snapshot, tmp_path / "out.xlsx", "xlsx", place=LANSHAN)


# ---- refused before anything is judged


def test_a_place_where_nobody_lives_is_refused_and_leaves_nothing(snapshot: Path, tmp_path: Path, thin: None) -> None:
    assert refusal(lambda: run(snapshot, tmp_path / "out", place="371104")).code == "NO_SUCH_PLACE"
    assert refusal(lambda: run(snapshot, tmp_path / "out", place="44")).code == "NO_SUCH_PLACE"
    assert list(tmp_path.iterdir()) == []


def test_a_gap_in_the_rules_of_one_region_is_told_before_the_others_are_judged(
    snapshot: Path, tmp_path: Path, thin: None
) -> None:
    """Shandong's lines end with 2018; the nation's hold in Yunnan."""
    found = refusal(lambda: run(snapshot, tmp_path / "out", as_of=20191231))
    assert "(poverty_line)" in found.text.en
    assert list(tmp_path.iterdir()) == []


def test_a_snapshot_of_nobody_is_refused(tmp_path: Path, thin: None) -> None:
    write(tmp_path / "register", {table: [] for table in schema().tables})
    nobody = snapshot_of(tmp_path / "register", tmp_path / "snap")
    assert refusal(lambda: run(nobody, tmp_path / "out")).code == "NOBODY_THERE"


def test_an_unfinished_snapshot_is_refused(copy: Path, tmp_path: Path, thin: None) -> None:
    (copy / "manifest.json").unlink()
    found = refusal(
        lambda: assess_snapshot(
            request(copy), Target(tmp_path / "out", "csv"), Wanted(), resume=False, progress=lambda _: None
        )
    )
    assert found.code == "SNAPSHOT_UNFINISHED"
    assert names_in(tmp_path) == ["snap"]


# ---- pieces


@pytest.mark.parametrize(
    ("tables", "sizes"), [(("assessment",), [40, 40, 40, 20, 20, 20, 20]), (RESULT_TABLES, [10] * 20)]
)
def test_an_assessment_of_many_takes_larger_pieces_but_at_the_end(
    tables: tuple[ResultTable, ...], sizes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, number in (("PORTION", 10), ("MANY", 199), ("FEW", 2)):
        monkeypatch.setattr(pieces, name, number)
    there = [Region(str(n), str(n), 40 * n, 40 * n + 39, 0, 0, (), {}) for n in range(5)]
    cut = pieces.pieces_of(there, Wanted(tables))
    assert [piece.size for piece in cut] == sizes
    assert [n for piece in cut for n in range(piece.households[0], piece.households[1] + 1)] == list(range(200))
    assert len({piece.name for piece in cut}) == len(cut)


# ---- over arrays


@pytest.fixture
def over_arrays(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Small snapshots are judged over arrays too, and what is not is by DuckDB; the households of each piece that was."""
    asked: list[tuple[int, int]] = []
    plain = OverArrays.tables

    def noted(made_of: OverArrays, folder: Path, households: tuple[int, int]) -> Any:
        made = plain(made_of, folder, households)
        asked.append(households)
        return made

    monkeypatch.setattr(pieces, "SMALL", 0)
    monkeypatch.setattr(pieces, "PORTION", 20)
    monkeypatch.setattr(one_by_one, "FEW", 0)
    monkeypatch.setattr(OverArrays, "tables", noted)
    return asked


@pytest.mark.parametrize("form", ["parquet", pytest.param("csv", marks=pytest.mark.long)])
def test_over_arrays_every_cell_is_the_same_and_an_assessment_to_the_byte(
    form: Format, snapshot: Path, tmp_path: Path, over_arrays: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    # A piece for each region, since each is planned anew; parts of regions are judged over arrays below.
    monkeypatch.setattr(pieces, "PORTION", 24)
    mine = run(snapshot, tmp_path / "arrays", form, relevant=True)
    assert len(over_arrays) == len(names_in(tmp_path / "arrays" / "assessment"))
    monkeypatch.setattr(arrays, "over_arrays", lambda *_, **__: None)
    whole = run(snapshot, tmp_path / "duckdb", form, relevant=True)
    assert all_cells(tmp_path / "arrays") == all_cells(tmp_path / "duckdb")
    assert digests(tmp_path / "arrays" / "assessment") == digests(tmp_path / "duckdb" / "assessment")
    assert mine.summary == whole.summary


@pytest.mark.long
def test_files_are_read_to_the_same_end_however_few_rows_come_at_once(
    snapshot: Path, tmp_path: Path, over_arrays: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(snapshot, tmp_path / "whole", relevant=True)
    monkeypatch.setattr(columns, "AT_ONCE", 3)
    run(snapshot, tmp_path / "rows", relevant=True)
    assert digests(tmp_path / "whole") == digests(tmp_path / "rows")


@pytest.mark.parametrize("form", ["parquet", pytest.param("csv", marks=pytest.mark.long)])
def test_one_engine_judges_pieces_of_both_ways_and_none_is_left_open(
    form: Format,
    snapshot: Path,
    tmp_path: Path,
    over_arrays: list[tuple[int, int]],
    monkeypatch: pytest.MonkeyPatch,
    thin: None,
) -> None:
    run(snapshot, tmp_path / "arrays", form, relevant=True)
    noted, turn = OverArrays.tables, iter(range(10**6))

    def every_second(made_of: OverArrays, folder: Path, households: tuple[int, int]) -> Any:
        if next(turn) % 2:
            raise Beyond
        return noted(made_of, folder, households)

    monkeypatch.setattr(arrays, "AMOUNTS", AMOUNTS[:1])
    monkeypatch.setattr(OverArrays, "tables", every_second)
    over_arrays.clear()
    opened: list[Path] = []

    def noting(spill: Path, **asked: Any) -> duckdb.DuckDBPyConnection:
        opened.append(spill)
        return open_engine(spill, **asked)

    monkeypatch.setattr(pieces, "open_engine", noting)
    run(snapshot, tmp_path / "both", form, relevant=True)
    assert 0 < len(over_arrays) < len(names_in(tmp_path / "arrays" / "assessment"))
    assert all_cells(tmp_path / "both") == all_cells(tmp_path / "arrays")
    assert len(opened) == 1
    assert pieces._engine.cache_info().currsize == 0


def test_what_is_beyond_arrays_is_judged_by_duckdb(
    snapshot: Path, tmp_path: Path, over_arrays: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch, thin: None
) -> None:
    run(snapshot, tmp_path / "arrays", tables=("assessment",))
    over_arrays.clear()
    monkeypatch.setattr(arrays, "AMOUNTS", (1,))
    run(snapshot, tmp_path / "duckdb", tables=("assessment",))
    assert not over_arrays
    assert digests(tmp_path / "arrays") == digests(tmp_path / "duckdb")


def test_amounts_larger_than_usual_are_judged_over_wider_arrays(
    snapshot: Path, tmp_path: Path, over_arrays: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch, thin: None
) -> None:
    run(snapshot, tmp_path / "usual", relevant=True)
    pieces_judged = sorted(over_arrays)
    over_arrays.clear()
    monkeypatch.setattr(arrays, "AMOUNTS", (1, MOST_MONEY))
    run(snapshot, tmp_path / "wider", relevant=True)
    assert sorted(over_arrays) == pieces_judged
    assert digests(tmp_path / "usual") == digests(tmp_path / "wider")


def test_under_several_sets_of_rules_duckdb_judges_what_is_not_of_a_whole_piece(
    snapshot: Path, register: Path, tmp_path: Path, over_arrays: list[tuple[int, int]], thin: None
) -> None:
    rules = [layer(tmp_path / "local", {"parameters/local.yaml": LOCAL})]
    run_raw(register, tmp_path / "raw", rules=rules)
    run(snapshot, tmp_path / "out", tables=("assessment",), rules=rules)
    assert set(cells(tmp_path / "out", "assessment")) == set(cells(tmp_path / "raw", "assessment"))


# ---- interrupted


@pytest.fixture(scope="module")
def half_done(snapshot: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The working folder of a run that found the disk full with one region finished."""
    folder = tmp_path_factory.mktemp("half")
    plain, calls = pieces._judge, iter(range(9))

    def second_fails(*given: Any) -> Any:
        if next(calls):
            raise OSError(28, os.strerror(28), str(folder / "out.partial" / "x"))
        return plain(*given)

    with few_rules(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "_judge", second_fails)
        found = refusal(lambda: run(snapshot, folder / "out"))
    assert (found.code, "--resume" in found.text.zh) == ("CANNOT_WRITE", True)
    assert done_in(folder) == ["3701"]
    return folder / "out.partial"


@pytest.fixture
def broken_off(half_done: Path, tmp_path: Path, thin: None) -> Path:
    """Where a result is to come, after such a run."""
    shutil.copytree(half_done, tmp_path / "out.partial")
    return tmp_path / "out"


def test_what_an_ended_process_spilled_is_gone_before_a_run_goes_on(
    snapshot: Path, broken_off: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    partial = broken_off.with_name("out.partial")
    (partial / "spill-1").mkdir()
    (partial / "spill-1" / "duckdb_temp_block-7.block").write_bytes(b"x" * 1000)
    plain = pieces._judge

    def nothing_left(*given: Any) -> Any:
        assert not (partial / "spill-1").exists()
        return plain(*given)

    monkeypatch.setattr(pieces, "_judge", nothing_left)
    run(snapshot, broken_off, resume=True)
    assert is_whole(broken_off)


def done_in(folder: Path) -> list[str]:
    return sorted(path.stem for path in (folder / "out.partial" / "done").glob("*.json"))


def flip(file: Path, at: int) -> bytes:
    """Change one byte of a file; returns what it was."""
    whole = file.read_bytes()
    file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    return whole


def test_a_damaged_file_is_named_the_finished_regions_stay_and_resume_does_the_rest(
    copy: Path, tmp_path: Path, straight: dict[Format, Path], thin: None
) -> None:
    file = copy / "3711" / "person.parquet"
    whole = flip(file, 40)
    found = refusal(lambda: run(copy, tmp_path / "out"))
    assert found.code == "SNAPSHOT_DAMAGED"
    for text in (found.text.zh, found.text.en):
        assert str(file) in text
        assert "--resume" in text
    assert not (tmp_path / "out").exists()
    assert done_in(tmp_path) == ["3701"]
    kept = (tmp_path / "out.partial" / "result" / "assessment" / "3701.csv").stat().st_mtime_ns
    file.write_bytes(whole)
    run(copy, tmp_path / "out", resume=True)
    assert digests(tmp_path / "out") == digests(straight["csv"])
    assert (tmp_path / "out" / "assessment" / "3701.csv").stat().st_mtime_ns == kept
    assert not (tmp_path / "out.partial").exists()


def test_a_file_that_nobody_can_read_is_named_before_any_work(copy: Path, tmp_path: Path, thin: None) -> None:
    file = copy / "5301" / "household.parquet"
    file.write_bytes(bytes(file.stat().st_size))
    found = refusal(lambda: run(copy, tmp_path / "out"))
    assert (found.code, str(file) in found.text.zh) == ("SNAPSHOT_DAMAGED", True)
    assert names_in(tmp_path) == ["snap"]


def test_a_run_that_goes_on_ends_with_the_same_bytes(
    broken_off: Path, snapshot: Path, tmp_path: Path, straight: dict[Format, Path]
) -> None:
    run(snapshot, broken_off, resume=True)
    assert digests(broken_off) == digests(straight["csv"])
    assert names_in(tmp_path) == ["out"]


def test_without_resume_it_begins_anew(broken_off: Path, snapshot: Path, straight: dict[Format, Path]) -> None:
    stray = broken_off.with_name("out.partial") / "result" / "assessment" / "stray.csv"
    stray.touch()
    run(snapshot, broken_off)
    assert digests(broken_off) == digests(straight["csv"])


def test_a_finished_region_that_was_damaged_since_is_made_again(
    broken_off: Path, snapshot: Path, straight: dict[Format, Path]
) -> None:
    flip(broken_off.with_name("out.partial") / "result" / "finding" / "3701.csv", 40)
    run(snapshot, broken_off, resume=True)
    assert digests(broken_off) == digests(straight["csv"])


SPOILT = [b"", b"\0" * 40, b'{"files": {', b"{}", b"[]", b"\xff\xfe"]


@pytest.mark.parametrize("left", first_of(3, SPOILT))
def test_a_record_that_was_damaged_since_is_none(
    broken_off: Path, snapshot: Path, straight: dict[Format, Path], left: bytes
) -> None:
    (broken_off.with_name("out.partial") / "done" / "3701.json").write_bytes(left)
    run(snapshot, broken_off, resume=True)
    assert digests(broken_off) == digests(straight["csv"])


@pytest.mark.parametrize("resume", [True, False])
@pytest.mark.parametrize("left", first_of(2, SPOILT))
def test_where_nobody_can_read_what_was_begun_it_is_begun_anew(
    broken_off: Path, snapshot: Path, straight: dict[Format, Path], left: bytes, resume: bool
) -> None:
    (broken_off.with_name("out.partial") / "asked.json").write_bytes(left)
    run(snapshot, broken_off, resume=resume)
    assert digests(broken_off) == digests(straight["csv"])


def test_without_the_look_at_digests_the_damage_would_stand_in_the_result(
    broken_off: Path, snapshot: Path, straight: dict[Format, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test above shows something only because this is so."""
    partial = broken_off.with_name("out.partial")
    flip(partial / "result" / "finding" / "3701.csv", 40)
    files = json.loads((partial / "done" / "3701.json").read_text(encoding="utf-8"))["files"]
    told = {partial / "result" / name: file["sha256"] for name, file in files.items()}
    monkeypatch.setattr(pieces, "digest_of", lambda file: told.get(file) or digest_of(file))
    run(snapshot, broken_off, resume=True)
    assert digests(broken_off) != digests(straight["csv"])
    assert not is_whole(broken_off)


OTHER: dict[str, dict[str, Any]] = {
    "评估日": {"as_of": 20171130},
    "收入年度": {"income_year": 2016},
    "参数 --set": {"settings": {"poverty_line": "3000"}},
    "地方 --place": {"place": "37"},
    "要的表、行、语言或格式": {"tables": ("assessment",)},
    "收入年度、要的表、行、语言或格式": {"income_year": 2016, "relevant": True},
}


@pytest.mark.parametrize("what", OTHER)
def test_a_run_does_not_go_on_with_what_was_begun_otherwise_and_says_what_is_not_as_it_was(
    what: str, broken_off: Path, snapshot: Path
) -> None:
    found = refusal(lambda: run(snapshot, broken_off, resume=True, **OTHER[what]))
    assert found.code == "RESUME_OTHER"
    assert f"（{what}）" in found.text.zh
    assert done_in(broken_off.parent) == ["3701"]


def test_a_run_does_not_go_on_by_other_rules_or_with_another_snapshot(
    broken_off: Path, register: Path, snapshot: Path, tmp_path: Path
) -> None:
    rules = [layer(tmp_path / "local", {"parameters/local.yaml": LOCAL})]
    found = refusal(lambda: run(snapshot, broken_off, resume=True, rules=rules))
    assert (found.code, "(the rules)" in found.text.en) == ("RESUME_OTHER", True)
    other = snapshot_of(register, tmp_path / "other", digits=2)
    found = refusal(lambda: run(other, broken_off, resume=True))
    assert (found.code, "(the data, or they have changed since)" in found.text.en) == ("RESUME_OTHER", True)
    assert done_in(tmp_path) == ["3701"]


def test_what_a_run_of_another_kind_left_does_not_get_into_the_result(
    snapshot: Path, tmp_path: Path, straight: dict[Format, Path], thin: None
) -> None:
    left = tmp_path / "out.partial" / "result"
    left.mkdir(parents=True)
    (left / "assessment.csv").touch()
    (left.parent / "spill").touch()
    run(snapshot, tmp_path / "out", resume=True)
    assert digests(tmp_path / "out") == digests(straight["csv"])


@pytest.mark.parametrize("resume", [True, False])
def test_what_is_finished_of_a_snapshot_is_left_as_it_is(snapshot: Path, tmp_path: Path, resume: bool) -> None:
    left = tmp_path / "out.partial"
    (left / "done").mkdir(parents=True)
    begin(left, SnapshotTarget.thing, {"digits": 4})
    (left / "done" / "3701.json").touch()
    found = refusal(lambda: run(snapshot, tmp_path / "out", resume=resume))
    assert (found.code, done_in(tmp_path)) == ("UNFINISHED_OTHER", ["3701"])
    assert ("快照" in found.text.zh, "snapshot" in found.text.en) == (True, True)


def test_where_nothing_was_finished_nobody_is_told_that_it_is_kept(copy: Path, tmp_path: Path, thin: None) -> None:
    for file in copy.glob("*/person.parquet"):
        flip(file, 40)
    found = refusal(lambda: run(copy, tmp_path / "out"))
    assert found.code == "SNAPSHOT_DAMAGED"
    assert found.text.zh.endswith("没有留下半个结果。")
    assert list(tmp_path.glob("out*")) == []


def test_what_was_begun_in_other_pieces_is_not_gone_on_with(
    broken_off: Path, snapshot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Its pieces bear the names of ours, and are of other households.
    monkeypatch.setattr(pieces, "PORTION", 7)
    found = refusal(lambda: run(snapshot, broken_off, resume=True))
    assert (found.code, "（程序版本）" in found.text.zh) == ("RESUME_OTHER", True)


def die(died: Path, *_: object, **__: object) -> None:
    """A worker does; what started it goes on with its own job until then."""
    if parent_process():
        died.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    while not died.exists():
        time.sleep(0.01)


def test_a_worker_that_the_system_ends_costs_no_finished_region(
    broken_off: Path, snapshot: Path, straight: dict[Format, Path]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(regions, "assess_piece", partial(die, broken_off.parent / "died"))
        found = refusal(lambda: run(snapshot, broken_off, resume=True, workers=2))
    assert found.code == "WORKER_LOST"
    assert "--resume" in found.text.zh
    assert done_in(broken_off.parent) == ["3701"]
    run(snapshot, broken_off, resume=True)
    assert digests(broken_off) == digests(straight["csv"])


# ---- where it goes


def test_a_result_is_replaced_only_where_its_manifest_vouches_for_it(
    snapshot: Path, tmp_path: Path, straight: dict[Format, Path], thin: None
) -> None:
    out = shutil.copytree(straight["csv"], tmp_path / "out")
    assert refusal(lambda: run(snapshot, out)).code == "OUT_EXISTS"
    run(snapshot, out, force=True, tables=("assessment",))
    assert names_in(out) == ["assessment", "manifest.json"]
    (out / "manifest.json").unlink()
    assert refusal(lambda: run(snapshot, out, force=True)).code == "NOT_A_RESULT"
    assert names_in(out) == ["assessment"]


# ---- several registers


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two registers and, beside it, the same as one: `registers` and `one`."""
    folder = tmp_path_factory.mktemp("parts")
    several = {"东部": scattered(41, 4, "E"), "west": scattered(42, 3, "W")}
    (folder / "registers").mkdir()
    for name, part in several.items():
        write(folder / "registers" / name, part)
    write(
        folder / "one", {table: [row for part in several.values() for row in part[table]] for table in schema().tables}
    )
    return folder


def faulty(parts: Path, folder: Path) -> Path:
    """The two registers with a household that has a fault in each."""
    shutil.copytree(parts / "registers", folder)
    for part in folder.iterdir():
        file = part / "household.csv"
        head, first, *rest = file.read_text(encoding="utf-8").splitlines(keepends=True)
        cells = first.split(",")
        cells[head.split(",").index("status")] = "=nonsense"
        file.write_text("".join([head, ",".join(cells), *rest]), encoding="utf-8")
    return folder


@pytest.mark.parametrize("form", ["csv", pytest.param("parquet", marks=pytest.mark.long)])
def test_several_registers_give_the_cells_of_one(form: Format, parts: Path, tmp_path: Path, thin: None) -> None:
    whole = run_raw(parts / "one", tmp_path / "raw", form)
    mine = run(parts / "registers", tmp_path / "out", form)
    assert all_cells(tmp_path / "out") == all_cells(tmp_path / "raw")
    assert mine.summary == whole.summary
    assert names_in(tmp_path) == ["out", "raw"]
    assert is_whole(tmp_path / "out")


@pytest.mark.long
def test_one_or_two_workers_make_the_same_of_several_registers(parts: Path, tmp_path: Path, thin: None) -> None:
    run(parts / "registers", tmp_path / "one")
    run(parts / "registers", tmp_path / "two", workers=2)
    assert digests(tmp_path / "one") == digests(tmp_path / "two")


def test_faults_in_several_registers_are_all_told_and_nothing_is_left(parts: Path, tmp_path: Path, thin: None) -> None:
    source = faulty(parts, tmp_path / "registers")
    with pytest.raises(RegisterRefused) as caught:
        run(source, tmp_path / "new" / "out")
    assert [(f.part, f.table, f.row, f.value) for f in caught.value.faults] == [
        ("west", "household", 2, "=nonsense"),
        ("东部", "household", 2, "=nonsense"),
    ]
    assert names_in(tmp_path) == ["registers"]


@pytest.mark.parametrize("form", ["parquet", pytest.param("csv", marks=pytest.mark.long)])
def test_what_is_set_aside_of_several_registers_is_listed_as_of_one(
    form: Format, parts: Path, tmp_path: Path, thin: None
) -> None:
    source = faulty(parts, tmp_path / "registers")
    mine = run(source, tmp_path / "out", form, skip_bad_rows=True)
    listed = {}
    for part in source.iterdir():
        run_raw(part, tmp_path / part.name, form, skip_bad_rows=True)
        listed[f"{part.name}.{form}"] = (tmp_path / part.name / f"rejected.{form}").read_bytes()
    rejected = tmp_path / "out" / "rejected"
    assert {file.name: file.read_bytes() for file in rejected.iterdir()} == listed
    assert mine.report.set_aside_households == mine.summary.figures["set_aside_households"] == 2
    assert mine.summary.figures["households"] == 5
    rows = [manifest_of(tmp_path / part.name)["rows"]["rejected"] for part in source.iterdir()]
    assert manifest_of(tmp_path / "out")["rows"]["rejected"] == sum(rows)
    assert is_whole(tmp_path / "out")


@pytest.fixture(scope="module")
def half_prepared(parts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `registers` and `straight`, and with what a run left that broke off when the registers were prepared."""

    def fails(*_: object) -> None:
        raise KeyboardInterrupt

    folder = tmp_path_factory.mktemp("half_prepared")
    source = faulty(parts, folder / "registers")
    with few_rules():
        run(source, folder / "straight", skip_bad_rows=True)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pieces, "_judge", fails)
            with pytest.raises(KeyboardInterrupt):
                run(source, folder / "out", skip_bad_rows=True)
    return folder


@pytest.fixture
def prepared_only(half_prepared: Path, tmp_path: Path, thin: None) -> Path:
    """Where a result of these registers is to come."""
    shutil.copytree(half_prepared / "out.partial", tmp_path / "out.partial")
    return tmp_path / "out"


def test_registers_that_were_prepared_are_not_prepared_again(half_prepared: Path, prepared_only: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(regions, "prepare", None)
        run(half_prepared / "registers", prepared_only, skip_bad_rows=True, resume=True)
    assert digests(prepared_only) == digests(half_prepared / "straight")
    assert names_in(prepared_only.parent) == ["out"]


@pytest.mark.long
def test_a_kill_between_the_snapshot_and_its_record_costs_time_only(half_prepared: Path, prepared_only: Path) -> None:
    (prepared_only.with_name("out.partial") / "prepared.json").unlink()
    run(half_prepared / "registers", prepared_only, skip_bad_rows=True, resume=True)
    assert digests(prepared_only) == digests(half_prepared / "straight")


def test_a_record_of_what_was_prepared_that_was_damaged_since_costs_time_only(
    half_prepared: Path, prepared_only: Path
) -> None:
    (prepared_only.with_name("out.partial") / "prepared.json").write_bytes(b"\0")
    run(half_prepared / "registers", prepared_only, skip_bad_rows=True, resume=True)
    assert digests(prepared_only) == digests(half_prepared / "straight")


def test_a_run_does_not_go_on_with_registers_that_changed_or_that_were_others(
    half_prepared: Path, prepared_only: Path, parts: Path, tmp_path: Path
) -> None:
    source = shutil.copytree(half_prepared / "registers", tmp_path / "registers")
    assert refusal(lambda: run(source, prepared_only, resume=True)).code == "RESUME_OTHER"
    others = parts / "registers"
    assert refusal(lambda: run(others, prepared_only, resume=True, skip_bad_rows=True)).code == "RESUME_OTHER"
    (source / "west" / "receipt.csv").touch()
    assert refusal(lambda: run(source, prepared_only, resume=True, skip_bad_rows=True)).code == "RESUME_OTHER"


def test_the_snapshot_holds_the_regions_that_these_tests_speak_of(snapshot: Path) -> None:
    assert [region.name for region in open_snapshot(snapshot).regions] == REGIONS

"""What a snapshot holds, that it is proved over all its registers, and that an interruption costs no finished region."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from bangfu.engine.results import Target
from bangfu.engine.snapshot import Snapshot, open_snapshot, uniqueness, write
from bangfu.engine.snapshot.layout import SCHEMA_VERSION, TABLES, columns_of
from bangfu.engine.snapshot.parts import Part
from bangfu.engine.snapshot.regions import Place, even_places, places_of, write_regions
from bangfu.engine.snapshot.uniqueness import find_repeats, write_shared
from bangfu.engine.unfinished import begin
from bangfu.kernel.errors import DomainError, RegisterRefused
from bangfu.kernel.schema import schema
from tests.cli.cast import digests, names_in
from tests.engine.register.paper import Register, write_csv
from tests.engine.snapshot.registers import (
    JINAN,
    RIZHAO,
    Rows,
    household,
    rows_of_register,
    rows_of_snapshot,
    snapshot_of,
    three,
    together,
    with_number,
    written,
)
from tests.examples import first_of

NUMBER = "370101195001010014"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_csv(tmp_path_factory.mktemp("whole") / "register", together(*three()))


@pytest.fixture(scope="module")
def rows(whole: Path) -> Rows:
    """What a snapshot of it is to give back."""
    return rows_of_register(whole)


@pytest.fixture(scope="module")
def snap(whole: Path, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """A snapshot of it that stays as it is."""
    return snapshot_of(whole, tmp_path_factory.mktemp("whole") / "snap").snapshot


@pytest.fixture
def copy(snap: Snapshot, tmp_path: Path) -> Path:
    return shutil.copytree(snap.path, tmp_path / "snap")


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("parts") / "registers", three())


def refusal(source: Path, out: Path, **asked: Any) -> RegisterRefused:
    with pytest.raises(RegisterRefused) as caught:
        snapshot_of(source, out, **asked)
    return caught.value


def problem(act: Callable[[], object]) -> DomainError:
    with pytest.raises(DomainError) as caught:
        act()
    return caught.value


# ---- what it holds


def test_a_snapshot_gives_back_the_six_tables_of_its_register(snap: Snapshot, rows: Rows) -> None:
    assert rows_of_snapshot(snap) == rows
    assert snap.counts == {table: len(of_table) for table, of_table in rows.items()}


def test_a_folder_of_registers_gives_what_one_register_of_all_gives(
    snap: Snapshot, parts: Path, tmp_path: Path
) -> None:
    several = snapshot_of(parts, tmp_path / "several").snapshot
    assert several.regions == snap.regions
    assert several.manifest["source"]["registers"] == ["a", "b", "c"]


def test_workers_change_no_byte(parts: Path, tmp_path: Path, straight: dict[str, str]) -> None:
    snapshot_of(parts, tmp_path / "two", workers=2)
    assert digests(tmp_path / "two") == straight


def test_a_region_is_a_folder_and_numbers_go_on_from_one_to_the_next(snap: Snapshot) -> None:
    assert names_in(snap.path) == ["3701", "3711", "5301", "manifest.json"]
    assert [(r.name, r.first_household, r.last_household) for r in snap.regions] == [
        ("3701", 0, 0),
        ("3711", 1, 3),
        ("5301", 4, 5),
    ]
    assert [(r.first_person, r.last_person) for r in snap.regions] == [(0, 1), (2, 8), (9, 11)]


def test_no_name_of_a_folder_changes_what_is_read(parts: Path, rows: Rows, tmp_path: Path) -> None:
    snapshot = snapshot_of(parts, tmp_path / "year=1999" / "快照[1]*" / "it's" / "snap").snapshot
    assert rows_of_snapshot(snapshot) == rows


def test_the_digits_asked_for_make_the_regions(whole: Path, rows: Rows, tmp_path: Path) -> None:
    snapshot = snapshot_of(whole, tmp_path / "snap", digits=2).snapshot
    assert [region.prefix for region in snapshot.regions] == ["37", "53"]
    assert rows_of_snapshot(snapshot) == rows


def test_a_snapshot_names_nobody(tmp_path: Path) -> None:
    register = with_number(three()[0], "K1-0", NUMBER)
    snapshot_of(write_csv(tmp_path / "register", register), tmp_path / "snap")
    assert not {"name", "id_number"} & {name for table in TABLES for name in columns_of(table)}
    stored = duckdb.execute(f"SELECT * FROM read_parquet('{tmp_path}/snap/*/person.parquet')").fetchall()
    assert len(stored) == 3
    assert not {"某", NUMBER} & {cell for row in stored for cell in row}


def test_a_change_of_the_tables_comes_with_another_version() -> None:
    """Whoever changes a column has to look at this, and to raise the version."""
    contract = schema().tables["household"], schema().tables["person"]
    assert SCHEMA_VERSION == 1
    assert [len(columns_of(table)) for table in TABLES] == [
        1 + len(contract[0].columns),
        2 + len(contract[1].columns) - 3 + len(contract[1].derived),
        5,
        5,
        2 + len(schema().codes["item"]),
        3 + len(schema().codes["item"]),
    ]


def test_an_empty_register_is_a_snapshot_without_regions(tmp_path: Path) -> None:
    empty: Register = {table: [] for table in household("X", RIZHAO)}
    assert snapshot_of(write_csv(tmp_path / "register", empty), tmp_path / "snap").snapshot.regions == ()


def test_a_prefix_that_two_registers_have_is_two_regions(tmp_path: Path) -> None:
    source = written(tmp_path / "registers", [household("R1", RIZHAO), household("J1", JINAN), household("R2", RIZHAO)])
    snapshot = snapshot_of(source, tmp_path / "snap").snapshot
    assert [(r.name, r.prefix, r.first_household) for r in snapshot.regions] == [
        ("3701", "3701", 0),
        ("3711", "3711", 1),
        ("3711+2", "3711", 2),
    ]
    assert [row[1] for row in rows_of_snapshot(snapshot)["household"]] == ["J1", "R1", "R2"]


def test_regions_are_numbered_by_prefix_whatever_the_order_of_the_registers() -> None:
    assert places_of([{"53": (2, 3), "11": (1, 0)}, {"37": (4, 5)}]) == [
        [Place("11", "11", 0, 0, 1, 0), Place("53", "53", 5, 5, 2, 3)],
        [Place("37", "37", 1, 0, 4, 5)],
    ]


# ---- proved over all registers


def test_ids_that_two_registers_have_are_refused_naming_both_places(tmp_path: Path) -> None:
    first, again = household("R1", RIZHAO), household("J1", JINAN)
    twice = {**again, "person": [*again["person"], {**again["person"][0], "person_id": "R1-1"}]}
    source = written(tmp_path / "registers", [first, together(twice, household("R1", JINAN, people=0))])
    found = refusal(source, tmp_path / "snap")
    assert [(f.part, f.table, f.row, f.column, f.value) for f in found.faults if "R1" in f.value][:2] == [
        ("b", "household", 3, "household_id", "R1"),
        ("b", "person", 4, "person_id", "R1-1"),
    ]
    assert "a, row 2" in found.faults[0].reason.en
    assert names_in(tmp_path) == ["registers"]


def test_a_repeated_id_is_refused_with_bad_rows_skipped_too(tmp_path: Path) -> None:
    source = written(tmp_path / "registers", [household("R1", RIZHAO), household("R1", RIZHAO)])
    found = refusal(source, tmp_path / "snap", skip_bad_rows=True)
    assert [(f.part, f.table, f.value) for f in found.faults] == [
        ("b", "household", "R1"),
        ("b", "person", "R1-0"),
        ("b", "person", "R1-1"),
    ]


def test_every_register_s_faults_are_listed_with_its_name(tmp_path: Path) -> None:
    wrong = household("R1", RIZHAO, water_safe="perhaps")
    source = written(tmp_path / "registers", [wrong, three()[2], household("R2", RIZHAO, water_safe="maybe")])
    found = refusal(source, tmp_path / "snap", workers=2)
    assert [(f.part, f.row, f.value) for f in found.faults] == [("a", 2, "perhaps"), ("c", 2, "maybe")]
    assert found.total == 2
    assert names_in(tmp_path) == ["registers"]


def test_a_folder_without_tables_among_registers_is_a_fault_and_not_passed_over(tmp_path: Path) -> None:
    source = written(tmp_path / "registers", three()[:1])
    (source / "b").mkdir()
    assert {f.part for f in refusal(source, tmp_path / "snap").faults} == {"b"}


def test_households_with_faults_are_set_aside_in_each_register(tmp_path: Path) -> None:
    wrong = household("R1", RIZHAO, water_safe="perhaps")
    source = written(tmp_path / "registers", [together(wrong, household("R2", RIZHAO)), three()[2]])
    prepared = snapshot_of(source, tmp_path / "snap", skip_bad_rows=True)
    assert (prepared.set_aside_households, prepared.set_aside_rows) == (1, 8)
    assert [row[1] for row in rows_of_snapshot(prepared.snapshot)["household"]] == ["J1", "R2"]


def test_persons_of_one_id_number_are_counted_over_all_registers(tmp_path: Path) -> None:
    registers = [
        with_number(with_number(household("R1", RIZHAO), "R1-0", NUMBER), "R1-1", NUMBER + "11"),
        with_number(household("J1", JINAN), "J1-1", NUMBER),
        with_number(household("J2", JINAN), "J2-0", "370101195001010022"),
    ]
    apart = snapshot_of(written(tmp_path / "registers", registers), tmp_path / "apart").snapshot
    one = snapshot_of(write_csv(tmp_path / "register", together(*registers)), tmp_path / "one").snapshot
    place = columns_of("person").index("id_shared_by")
    assert [row[place] for row in rows_of_snapshot(one)["person"]] == [None, 3, 1, None, 3, 3]
    by_person = {row[2]: row for row in rows_of_snapshot(apart)["person"]}
    assert {p: row[place] for p, row in by_person.items()} == {
        row[2]: row[place] for row in rows_of_snapshot(one)["person"]
    }


@pytest.mark.parametrize("keys_at_once", [1, 100])
def test_keys_are_found_however_few_are_looked_at_together(keys_at_once: int, tmp_path: Path) -> None:
    con = duckdb.connect()
    con.execute(
        "CREATE TABLE key_household AS SELECT 'H' || range AS key, range + 2 AS line, '37' AS prefix FROM range(20)"
    )
    con.execute("CREATE TABLE key_person AS SELECT key, line, prefix, 'N'::BLOB AS number FROM key_household")
    assert uniqueness.write_keys(con, 0, tmp_path) == {"37": (20, 20)}
    uniqueness.write_keys(con, 1, tmp_path)
    found, total = find_repeats(con, tmp_path, [Part("a", tmp_path), Part("b", tmp_path)], keys_at_once=keys_at_once)
    assert total == 40
    assert {(f.part, f.table) for f in found} == {("b", "household"), ("b", "person")}
    write_shared(con, tmp_path, tmp_path / "shared.parquet", keys_at_once=keys_at_once)
    assert duckdb.execute(f"FROM '{tmp_path}/shared.parquet'").fetchall() == [(0, b"N", 40), (1, b"N", 40)]


# ---- interrupted


class _Interruption(Exception):
    """Something that no run foresees."""


@pytest.fixture(scope="module")
def broken_off(parts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The working folder of a run that broke off with one region finished."""
    out = tmp_path_factory.mktemp("broken_off") / "snap"
    plain = write_regions
    calls = iter(range(9))

    def second_fails(*given: Any) -> None:
        if next(calls):
            raise _Interruption
        plain(*given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(write, "write_regions", second_fails)
        with pytest.raises(_Interruption):
            snapshot_of(parts, out)
    return out.with_name("snap.partial")


@pytest.fixture
def interrupted(broken_off: Path, tmp_path: Path) -> Path:
    """Where a snapshot is to come, after such a run."""
    shutil.copytree(broken_off, tmp_path / "snap.partial")
    return tmp_path / "snap"


@pytest.fixture(scope="module")
def straight(parts: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a run writes that nothing interrupts."""
    return digests(snapshot_of(parts, tmp_path_factory.mktemp("straight") / "snap").snapshot.path)


def test_a_run_that_goes_on_keeps_finished_regions_and_ends_with_the_same_bytes(
    interrupted: Path, parts: Path, tmp_path: Path, straight: dict[str, str]
) -> None:
    assert names_in(tmp_path) == ["snap.partial"]
    (kept,) = (interrupted.with_name("snap.partial") / "result").iterdir()
    before = (kept / "person.parquet").stat().st_mtime_ns
    snapshot_of(parts, interrupted, resume=True)
    assert (interrupted / kept.name / "person.parquet").stat().st_mtime_ns == before
    assert digests(interrupted) == straight
    assert names_in(tmp_path) == ["snap"]


def test_a_finished_region_that_was_damaged_since_is_made_again(
    interrupted: Path, parts: Path, straight: dict[str, str]
) -> None:
    (file,) = (interrupted.with_name("snap.partial") / "result").glob("*/ledger.parquet")
    file.write_bytes(bytes(file.stat().st_size))
    snapshot_of(parts, interrupted, resume=True)
    assert digests(interrupted) == straight


# Each of them, and each way, once; with --long, every record in every way.
DAMAGED = [("done/*.json", b""), ("counts.json", b"\0" * 40), ("part-*.json", b'{"notes": [')]


@pytest.mark.parametrize(
    ("record", "left"),
    first_of(3, dict.fromkeys([*DAMAGED, *((record, left) for record, _ in DAMAGED for _, left in DAMAGED)])),
)
def test_a_record_that_was_damaged_since_is_none(
    interrupted: Path, parts: Path, straight: dict[str, str], record: str, left: bytes
) -> None:
    next(interrupted.with_name("snap.partial").glob(record)).write_bytes(left)
    snapshot_of(parts, interrupted, resume=True)
    assert digests(interrupted) == straight


def test_a_run_without_resume_begins_anew(interrupted: Path, parts: Path) -> None:
    snapshot_of(parts, interrupted, digits=2)
    assert names_in(interrupted) == ["37", "37+2", "53", "manifest.json"]


@pytest.mark.parametrize(
    ("asked", "option"),
    [({"digits": 2}, "--region-digits"), ({"skip_bad_rows": True}, "--skip-bad-rows")],
)
def test_a_run_does_not_go_on_with_what_was_begun_otherwise(
    interrupted: Path, parts: Path, asked: Any, option: str
) -> None:
    found = problem(lambda: snapshot_of(parts, interrupted, resume=True, **asked))
    assert (found.code, f"（{option}）" in found.text.zh) == ("RESUME_OTHER", True)
    assert snapshot_of(parts, interrupted, resume=True).snapshot.counts["household"] == 6


def test_a_run_does_not_go_on_with_files_that_changed(interrupted: Path, tmp_path: Path) -> None:
    changed = written(tmp_path / "other", three())
    assert problem(lambda: snapshot_of(changed, interrupted, resume=True)).code == "RESUME_OTHER"


@pytest.mark.parametrize("resume", [True, False])
def test_what_a_run_without_a_record_left_does_not_get_into_a_snapshot(
    parts: Path, tmp_path: Path, straight: dict[str, str], resume: bool
) -> None:
    left = tmp_path / "snap.partial" / "result"
    left.mkdir(parents=True)
    (left / "assessment.csv").touch()
    (left.parent / "spill").touch()
    snapshot_of(parts, tmp_path / "snap", resume=resume)
    assert digests(tmp_path / "snap") == straight


@pytest.mark.parametrize("resume", [True, False])
def test_what_is_finished_of_an_assessment_is_left_as_it_is(parts: Path, tmp_path: Path, resume: bool) -> None:
    left = assessment_left(tmp_path / "snap.partial")
    finished = left / "done" / "37.json"
    finished.touch()
    found = problem(lambda: snapshot_of(parts, tmp_path / "snap", resume=resume))
    assert (found.code, finished.exists(), names_in(tmp_path)) == ("UNFINISHED_OTHER", True, ["snap.partial"])
    assert (str(left) in found.text.zh, "评估结果" in found.text.zh, "--resume" in found.text.zh) == (True, True, True)
    assert (str(left) in found.text.en, "unfinished result" in found.text.en, "--out" in found.text.en) == (True,) * 3


@pytest.mark.parametrize("resume", [True, False])
def test_an_assessment_of_which_nothing_is_finished_makes_way(parts: Path, tmp_path: Path, resume: bool) -> None:
    assessment_left(tmp_path / "snap.partial")
    assert snapshot_of(parts, tmp_path / "snap", resume=resume).snapshot.counts["household"] == 6


def test_what_an_earlier_version_left_is_not_gone_on_with(parts: Path, tmp_path: Path) -> None:
    left = tmp_path / "snap.partial"
    (left / "done").mkdir(parents=True)
    (left / "asked.json").write_text('{"digits": 4}')
    assert problem(lambda: snapshot_of(parts, tmp_path / "snap", resume=True)).code == "RESUME_OTHER"
    assert snapshot_of(parts, tmp_path / "snap").snapshot.counts["household"] == 6


def assessment_left(folder: Path) -> Path:
    """What an assessment that broke off leaves at its beginning."""
    (folder / "done").mkdir(parents=True)
    begin(folder, Target.thing, {"as_of": 20171231})
    return folder


def test_what_is_unfinished_is_refused_as_a_snapshot_saying_how_to_go_on(interrupted: Path) -> None:
    found = problem(lambda: open_snapshot(interrupted.with_name("snap.partial")))
    assert found.code == "SNAPSHOT_UNFINISHED"
    assert "--resume" in found.text.zh
    assert "--resume" in found.text.en


def test_registers_that_change_between_the_two_readings_are_refused(
    parts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write, "write_keys", lambda *_: {"3711": (1, 1)})
    monkeypatch.setattr(write, "find_repeats", lambda *_: ([], 0))
    monkeypatch.setattr(write, "write_shared", lambda *_: None)
    assert problem(lambda: snapshot_of(parts, tmp_path / "snap")).code == "REGISTER_CHANGED"


# ---- where it goes


def test_a_snapshot_is_replaced_only_when_that_is_asked_for(whole: Path, copy: Path) -> None:
    assert problem(lambda: snapshot_of(whole, copy)).code == "OUT_EXISTS"
    snapshot_of(whole, copy, force=True, digits=2)
    assert names_in(copy) == ["37", "53", "manifest.json"]


@pytest.mark.parametrize("stranger", ["mine.txt", "3711/mine.txt", "5301/deep/mine.txt"])
def test_a_snapshot_with_somebody_s_file_in_it_is_not_replaced(stranger: str, whole: Path, copy: Path) -> None:
    (copy / stranger).parent.mkdir(exist_ok=True)
    (copy / stranger).write_text("kept", encoding="utf-8")
    assert problem(lambda: snapshot_of(whole, copy, force=True)).code == "NOT_A_RESULT"
    assert (copy / stranger).exists()


def test_a_snapshot_is_not_made_inside_its_register_nor_of_a_snapshot(
    whole: Path, snap: Snapshot, tmp_path: Path
) -> None:
    source = shutil.copytree(whole, tmp_path / "register")
    assert problem(lambda: snapshot_of(source, source / "snap")).code == "OUT_IN_REGISTER"
    assert problem(lambda: snapshot_of(snap.path, tmp_path / "again")).code == "ALREADY_A_SNAPSHOT"


def test_the_manifest_says_what_it_was_made_from_and_which_policies_its_receipts_name(
    parts: Path, tmp_path: Path
) -> None:
    snapshot = snapshot_of(parts, tmp_path / "snap").snapshot
    manifest = json.loads((tmp_path / "snap" / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["kind"], manifest["source"]["name"]) == ("bangfu-snapshot", "registers")
    assert {"zh", "en"} == set(manifest["as_told"][0])
    assert snapshot.policies == {"dibao"}


def test_a_registry_is_cut_between_villages_into_regions_of_about_one_size() -> None:
    counts = {"371102008002": (4, 9), "371102008001": (3, 5), "371102009001": (1, 1), "371103001001": (5, 8)}
    assert even_places(counts, 2) == [
        Place("371102008001", "37110200800", 0, 0, 7, 14),
        Place("371102009001", "37110", 7, 14, 6, 9),
    ]


def test_a_village_is_never_divided_and_no_region_is_empty() -> None:
    assert even_places({"371102008001": (9, 20), "371102008002": (1, 2)}, 4) == [
        Place("371102008001", "371102008001", 0, 0, 9, 20),
        Place("371102008002", "371102008002", 9, 20, 1, 2),
    ]

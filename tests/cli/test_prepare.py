"""`bangfu prepare`: what it says, how it ends, and that a kill or a full disk costs no finished region."""

import csv
import json
import os
import random
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from bangfu.engine.results import Target
from bangfu.engine.snapshot import open_snapshot
from bangfu.kernel.errors import DomainError
from bangfu.kernel.schema import schema
from tests.cli.cast import HAN, Bangfu, digests, names_in
from tests.cli.test_kill import command, kill_at_each_step, killed_after, with_files_of_at_most
from tests.engine.register.paper import write_csv
from tests.engine.snapshot.registers import JINAN, RIZHAO, household, three, together, written


@pytest.fixture(scope="module")
def registers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("parts") / "registers", three())


def words(registers: Path, out: Path, *more: str) -> list[str]:
    return ["prepare", str(registers), "--out", str(out), *more]


def bytes_of(snapshot: Path) -> dict[str, str]:
    """The digest of every file but the manifest, which bears the moment of its making."""
    return {name: digest for name, digest in digests(snapshot).items() if name != "manifest.json"}


@dataclass(frozen=True, slots=True)
class Straight:
    """A run that nothing interrupted: the files of its snapshot, and how many seconds it took."""

    files: dict[str, str]
    seconds: float


@pytest.fixture(scope="module")
def straight(registers: Path, tmp_path_factory: pytest.TempPathFactory) -> Straight:
    out, began = tmp_path_factory.mktemp("straight") / "snap", time.monotonic()
    assert subprocess.run(command(*words(registers, out)), stdout=subprocess.DEVNULL, check=False).returncode == 0
    return Straight(bytes_of(out), time.monotonic() - began)


# ---- what it says


def test_the_summary_says_where_the_snapshot_is_and_how_large(registers: Path, tmp_path: Path, bangfu: Bangfu) -> None:
    said = bangfu(*words(registers, tmp_path / "snap", "--lang", "en"))
    assert (said.code, said.err) == (0, "")
    assert f"Snapshot: {tmp_path / 'snap'} (3 region(s), 6 household(s), 12 person(s)" in said.out
    assert HAN.search(bangfu(*words(registers, tmp_path / "snap", "--force")).out)


def test_the_summary_as_json_counts_the_rows(registers: Path, tmp_path: Path, bangfu: Bangfu) -> None:
    figures = bangfu(*words(registers, tmp_path / "snap", "--json")).json
    assert (figures["regions"], figures["counts"]["household"]) == (3, 6)
    assert figures["counts"] == open_snapshot(tmp_path / "snap").counts
    assert figures["bytes"] == sum(f.stat().st_size for f in (tmp_path / "snap").rglob("*.parquet"))


def test_a_register_with_faults_is_refused_with_3_and_every_fault_can_be_had_as_a_file(
    tmp_path: Path, bangfu: Bangfu
) -> None:
    source = written(
        tmp_path / "registers",
        [household("R1", RIZHAO, water_safe="perhaps"), household("R2", RIZHAO, water_safe="maybe")],
    )
    said = bangfu(*words(source, tmp_path / "snap", "--errors", str(tmp_path / "errors.csv"), "--lang", "en"))
    assert said.code == 3
    assert "  a, Household, row 2, Safe water, 'perhaps'" in said.err
    with (tmp_path / "errors.csv").open(encoding="utf-8-sig", newline="") as file:
        found = list(csv.DictReader(file))
    assert [(row["register"], row["table"], row["row"], row["value"]) for row in found] == [
        ("a", "household", "2", "perhaps"),
        ("b", "household", "2", "maybe"),
    ]
    assert names_in(tmp_path) == ["errors.csv", "registers"]


def test_with_bad_rows_skipped_it_says_how_many_households_are_not_in_it(tmp_path: Path, bangfu: Bangfu) -> None:
    wrong = together(household("R1", RIZHAO, water_safe="perhaps"), household("R2", RIZHAO))
    source = write_csv(tmp_path / "register", wrong)
    said = bangfu(*words(source, tmp_path / "snap", "--skip-bad-rows", "--lang", "en"))
    assert said.code == 0
    assert "1 household(s) (8 rows) were set aside" in said.out
    assert open_snapshot(tmp_path / "snap").counts["household"] == 1


def test_rows_whose_household_is_missing_are_told_when_made_and_when_assessed(
    tmp_path: Path, bangfu: Bangfu, thin: None
) -> None:
    lost = household("LOST", RIZHAO)
    lost["household"] = []
    source = write_csv(tmp_path / "register", together(lost, household("R2", RIZHAO)))
    said = bangfu(*words(source, tmp_path / "snap", "--skip-bad-rows", "--lang", "en"))
    assert "Note: 7 row(s) whose household the register does not have were set aside" in said.out
    later = bangfu.assess(tmp_path / "snap", tmp_path / "out", "--lang", "en")
    assert (
        "Note: 7 row(s) whose household the register does not have were set aside for faults when the snapshot was made"
        in later.out
    )


def test_both_kinds_of_rows_set_aside_are_counted_apart_over_several_registers(tmp_path: Path, bangfu: Bangfu) -> None:
    lost = household("LOST", JINAN)
    lost["household"] = []
    wrong = together(household("R1", RIZHAO, water_safe="perhaps"), household("R2", RIZHAO))
    source = written(tmp_path / "registers", [wrong, together(lost, household("J1", JINAN))])
    said = bangfu(*words(source, tmp_path / "snap", "--skip-bad-rows", "--lang", "en"))
    assert (
        "Note: 1 household(s) (8 rows) and 7 row(s) whose household the register does not have were set aside"
        in said.out
    )
    assert open_snapshot(tmp_path / "snap").manifest["set_aside"] == {"households": 1, "rows": 15, "strays": 7}


def test_what_is_not_there_and_wrong_words_end_as_elsewhere(registers: Path, tmp_path: Path, bangfu: Bangfu) -> None:
    assert bangfu(*words(tmp_path / "nothing", tmp_path / "snap")).code == 1
    assert bangfu("prepare", registers).code == 2
    assert bangfu(*words(registers, tmp_path / "snap", "--region-digits", "13")).code == 2
    assert list(tmp_path.iterdir()) == []


def test_an_assessment_does_not_replace_a_snapshot_nor_the_other_way_round(
    registers: Path, tmp_path: Path, bangfu: Bangfu
) -> None:
    assert bangfu(*words(registers, tmp_path / "snap")).code == 0
    with pytest.raises(DomainError, match="NOT_A_RESULT"), Target(tmp_path / "snap", "csv", force=True).aside():
        pass
    (tmp_path / "out").mkdir()
    manifest = {"rulebook": {"id": "shipped"}, "files": {"assessment.csv": {}}}
    (tmp_path / "out" / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (tmp_path / "out" / "assessment.csv").touch()
    said = bangfu(*words(registers, tmp_path / "out", "--force"))
    assert (said.code, "不是以前的快照" in said.err) == (1, True)
    with Target(tmp_path / "out", "csv", force=True).aside():
        assert names_in(tmp_path / "out") == ["assessment.csv", "manifest.json"]


# ---- killed


def is_whole_snapshot(out: Path) -> bool:
    snapshot = open_snapshot(out)
    for region in snapshot.regions:
        snapshot.check(region)
    return len(snapshot.regions) == 3


def kill_and_go_on(registers: Path, folder: Path, times: int, seed: int, straight: Straight) -> set[str]:
    """Kill runs at moments drawn over the whole of a run, and let each go on; returns what a kill left to be seen."""
    draw = random.Random(seed)
    seen = set()
    for n in range(times):
        out = folder / str(n) / "snap"
        out.parent.mkdir()
        killed_after(draw.uniform(0.3, 1.1) * straight.seconds, words(registers, out))
        seen |= {*names_in(out.parent)}
        assert not out.exists() or is_whole_snapshot(out)
        subprocess.run(command(*words(registers, out, "--resume", "--force")), stdout=subprocess.DEVNULL, check=True)
        assert bytes_of(out) == straight.files
        assert names_in(out.parent) == ["snap"]
    return seen


def test_a_killed_run_leaves_no_snapshot_or_a_whole_one_and_the_next_goes_on(
    registers: Path, tmp_path: Path, straight: Straight
) -> None:
    assert kill_and_go_on(registers, tmp_path, times=2, seed=1, straight=straight) <= {"snap.partial", "snap"}


@pytest.mark.long
def test_forty_kills_leave_no_half_snapshot(registers: Path, tmp_path: Path, straight: Straight) -> None:
    seen = kill_and_go_on(registers, tmp_path, times=40, seed=2, straight=straight)
    assert seen == {"snap.partial", "snap"}


# A whole run in one process, over an earlier snapshot.
RUN = """
from bangfu.engine.snapshot.write import Order, SnapshotTarget, prepare
from tests.engine.register.paper import POLICIES
folder, template, registers = sys.argv[1:]

def act(mine, nth):
    die_before(nth)
    order = Order(Path(registers), POLICIES, workers=1)
    prepare(order, SnapshotTarget(mine / "snap", "parquet", True), made_at="new", progress=lambda _: None)
    return 0

at_each_step(folder, template, act)
"""


@pytest.mark.long
def test_a_kill_at_any_step_leaves_the_old_the_new_or_nothing_and_a_run_that_goes_on_ends_well(
    registers: Path, tmp_path: Path, straight: Straight, bangfu: Bangfu
) -> None:
    bangfu(*words(registers, tmp_path / "template" / "snap", "--region-digits", "2"))
    ended = kill_at_each_step(RUN, tmp_path / "runs", tmp_path / "template", str(registers))
    outs = [tmp_path / "runs" / str(nth) / "snap" for nth in ended]
    seen = [open_snapshot(out).manifest["made_at"] == "new" if out.exists() else None for out in outs]
    assert list(dict.fromkeys(seen)) == [False, None, True]
    assert seen.count(None) <= 3
    for_going_on = outs[len(outs) // 2]
    assert bangfu(*words(registers, for_going_on, "--force")).code == 0
    assert bytes_of(for_going_on) == straight.files


# ---- the disk is full


def test_a_full_disk_leaves_nothing_where_no_region_was_finished(registers: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        command(*words(registers, tmp_path / "snap")),
        check=False,
        capture_output=True,
        text=True,
        preexec_fn=with_files_of_at_most(1_000),
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert f"无法写到 {tmp_path / 'snap'}" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_keeps_the_finished_regions_and_says_how_to_go_on(tmp_path: Path) -> None:
    few, many = household("J1", RIZHAO), household("R1", "371201001201", people=9)
    many["ledger"] = [
        {
            "household_id": "R1",
            "person_id": f"R1-{n % 9}",
            "year": 1990 + n // 9 % 28,
            "item": item,
            "amount": n * 7919 % 99_991,
        }
        for n, item in enumerate(sorted(schema().codes["item"]) * 252)
    ]
    registers = written(tmp_path / "registers", [few, many])
    done = subprocess.run(
        command(*words(registers, tmp_path / "snap")),
        check=False,
        capture_output=True,
        text=True,
        preexec_fn=with_files_of_at_most(12_000),
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "--resume" in done.stderr
    assert names_in(tmp_path / "snap.partial" / "result") == ["3711"]
    kept = (tmp_path / "snap.partial" / "result" / "3711" / "person.parquet").stat().st_mtime_ns
    assert subprocess.run(command(*words(registers, tmp_path / "snap", "--resume")), check=False).returncode == 0
    assert (tmp_path / "snap" / "3711" / "person.parquet").stat().st_mtime_ns == kept
    assert open_snapshot(tmp_path / "snap").counts["household"] == 2

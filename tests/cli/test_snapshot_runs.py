"""`bangfu assess` and `explain` of a snapshot or several registers: what they say, and what a kill or a full disk leaves."""

import csv
import io
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from bangfu.cli.main import main
from bangfu.engine import pieces
from tests.cli.cast import AS_OF, FAR, HAN, MISSING, Bangfu, cast, digests, is_whole, manifest_of, names_in
from tests.cli.test_kill import WITH_FEW_RULES, with_files_of_at_most
from tests.engine.register.paper import write_csv
from tests.engine.snapshot.registers import three, written


@pytest.fixture(scope="module")
def snapshot(register: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cast: two prefectures of one province, and one of another."""
    out = tmp_path_factory.mktemp("prepared") / "snap"
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()) as complained:
        code = main(["prepare", str(register), "--out", str(out)])
    assert code == 0, complained.getvalue()
    return out


@pytest.fixture(scope="module")
def registers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("parts") / "registers", three())


# ---- what they say


def test_the_same_summary_is_shown_of_a_snapshot_as_of_its_register(
    snapshot: Path, register: Path, tmp_path: Path, bangfu: Bangfu, thin: None
) -> None:
    raw, mine = bangfu.assess(register, tmp_path / "raw"), bangfu.assess(snapshot, tmp_path / "out")
    assert (mine.code, mine.err) == (0, "")
    assert mine.out == raw.out.replace(str(tmp_path / "raw"), str(tmp_path / "out"))
    assert names_in(tmp_path / "out" / "finding") == ["3701.csv", "3711.csv", "5301.csv"]


def test_a_snapshot_becomes_a_workbook_where_that_is_asked_for(
    snapshot: Path, tmp_path: Path, bangfu: Bangfu, thin: None
) -> None:
    assert bangfu.assess(snapshot, tmp_path / "out.xlsx").code == 0
    assert manifest_of(tmp_path / "out.xlsx")["rows"]["assessment"] == 7


def test_one_household_of_a_snapshot_is_explained_like_one_of_its_register_but_for_the_names(
    snapshot: Path, register: Path, bangfu: Bangfu
) -> None:
    asked = ("--household", MISSING, "--as-of", AS_OF)
    mine = bangfu("explain", snapshot, *asked)
    raw = bangfu("explain", register, *asked)
    assert (mine.code, mine.err) == (0, "")
    assert "Somebody A1-1" in raw.out
    assert "Somebody" not in mine.out
    assert bangfu("explain", snapshot, *asked, "--json").out == bangfu("explain", register, *asked, "--json").out
    assert FAR in bangfu("explain", snapshot, "--household", FAR, "--as-of", AS_OF).out


def test_a_household_that_a_snapshot_lacks_is_refused(snapshot: Path, bangfu: Bangfu) -> None:
    said = bangfu("explain", snapshot, "--household", "nobody", "--as-of", AS_OF)
    assert (said.code, "nobody" in said.err) == (1, True)


@pytest.mark.parametrize("out", ["out", "out.xlsx"])
def test_resume_is_refused_where_everything_is_done_in_one_go(
    out: str, snapshot: Path, register: Path, tmp_path: Path, bangfu: Bangfu
) -> None:
    said = bangfu.assess(register if out == "out" else snapshot, tmp_path / out, "--resume")
    assert said.code == 2
    assert "--resume" in said.err
    assert HAN.search(said.err)
    assert list(tmp_path.iterdir()) == []


def test_no_workbook_is_made_of_several_registers_directly(registers: Path, tmp_path: Path, bangfu: Bangfu) -> None:
    said = bangfu.assess(registers, tmp_path / "out.xlsx", "--lang", "en")
    assert said.code == 1
    assert "bangfu prepare" in said.err
    assert list(tmp_path.iterdir()) == []


def test_who_asks_to_explain_one_of_several_registers_is_told_to_name_it(registers: Path, bangfu: Bangfu) -> None:
    said = bangfu("explain", registers, "--household", FAR, "--as-of", AS_OF, "--lang", "en")
    assert said.code == 1
    assert f"{registers} holds several registers (3, a the first)" in said.err
    assert "bangfu prepare" in said.err


def test_a_result_among_the_registers_is_refused_by_its_own_name(
    tmp_path: Path, bangfu: Bangfu, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without --out, in the folder of the registers, nobody has named a place yet."""
    source = written(tmp_path / "registers", three())
    monkeypatch.chdir(source)
    said = bangfu("assess", ".", "--as-of", AS_OF, "--lang", "en")
    assert said.code == 1
    assert "written to registers-assessed-2017-12-31, which lies among the registers" in said.err
    assert ".partial" not in said.err
    assert names_in(source) == ["a", "b", "c"]


def test_one_register_in_a_folder_of_registers_is_one_of_several(tmp_path: Path, bangfu: Bangfu, thin: None) -> None:
    said = bangfu.assess(written(tmp_path / "registers", three()[:1]), tmp_path / "out", "--lang", "en")
    assert (said.code, said.err) == (0, "")
    assert names_in(tmp_path / "out" / "assessment") == ["5301.csv"]


def faulty(folder: Path) -> Path:
    parts = three()
    parts[1]["household"][0]["water_safe"] = "perhaps"
    return written(folder, parts)


def test_faults_in_one_of_several_registers_end_with_3_and_can_be_had_as_a_file(
    tmp_path: Path, bangfu: Bangfu, thin: None
) -> None:
    source = faulty(tmp_path / "registers")
    said = bangfu.assess(source, tmp_path / "out", "--errors", tmp_path / "errors.csv", "--lang", "en")
    assert said.code == 3
    assert "  b, Household, row 2, Safe water, 'perhaps'" in said.err
    with (tmp_path / "errors.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [(row["register"], row["value"]) for row in csv.DictReader(file)] == [("b", "perhaps")]
    assert names_in(tmp_path) == ["errors.csv", "registers"]


def test_households_set_aside_are_told_with_where_to_look(tmp_path: Path, bangfu: Bangfu, thin: None) -> None:
    source = faulty(tmp_path / "registers")
    said = bangfu.assess(source, tmp_path / "out", "--skip-bad-rows", "--lang", "en")
    assert "1 household(s) (8 rows) were set aside for faults; see rejected" in said.out
    assert names_in(tmp_path / "out" / "rejected") == ["a.csv", "b.csv", "c.csv"]
    assert "perhaps" in (tmp_path / "out" / "rejected" / "b.csv").read_text(encoding="utf-8")
    bangfu("prepare", source, "--out", tmp_path / "snap", "--skip-bad-rows")
    later = bangfu.assess(tmp_path / "snap", tmp_path / "later", "--lang", "en")
    assert "1 household(s) (8 rows) were set aside for faults when the snapshot was made" in later.out


def test_who_interrupts_is_told_how_to_go_on(
    snapshot: Path, tmp_path: Path, bangfu: Bangfu, thin: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, calls = pieces._judge, iter(range(9))

    def second_is_interrupted(*given: object) -> object:
        if next(calls):
            raise KeyboardInterrupt
        return plain(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(pieces, "_judge", second_is_interrupted)
    said = bangfu.assess(snapshot, tmp_path / "out", "--lang", "en")
    assert (said.code, said.err.count("\n")) == (1, 1)
    assert "What was finished is kept; the same command with --resume" in said.err
    assert names_in(tmp_path) == ["out.partial"]


# ---- killed at any moment

# Runs the command again and again in forks of itself, so that what a run needs is loaded once. An alarm that nobody heeds ends a
# process as a kill does: wherever it is, in Python or not. It comes after some seconds, or as soon as something is so (`once`).
DRIVER = """
import os, random, signal, sys, time
from pathlib import Path
import bangfu.cli.assess, bangfu.engine.regions, bangfu.engine.request
from bangfu.cli.main import main
from tests.cli.cast import thin_book
book = thin_book()
bangfu.engine.request.shipped_book = lambda: book

def run(words, seconds=0.0, once=None):
    child = os.fork()
    if not child:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        code = 9
        try:
            signal.setitimer(signal.ITIMER_REAL, seconds)
            code = main(words)
        finally:
            os._exit(code)
    if once:
        while not once() and not os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            time.sleep(0.0005)
        os.kill(child, signal.SIGALRM)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

def timed(words):
    began = time.monotonic()
    assert run(words) == 0
    return time.monotonic() - began
"""
KILL = """
folder, times, seed, *words = sys.argv[1:]
whole, draw = timed([*words, "--out", folder + "/straight"]), random.Random(seed)
for n in range(int(times)):
    there = Path(folder, str(n))
    # The first as soon as it has finished anything, so that one at least has something to go on from.
    when = {"seconds": draw.uniform(0.05, 1.0) * whole} if n else {"once": lambda: any(there.glob("out.partial/done/*.json"))}
    ended = run([*words, "--out", f"{there}/out"], **when)
    assert ended in (0, -signal.SIGALRM), ended
"""
GO_ON = """
folder, times, *words = sys.argv[1:]
for n in range(int(times)):
    assert run([*words, "--out", f"{folder}/{n}/out", "--force", "--resume"]) == 0
"""


def drive(what: str, *words: object) -> None:
    done = subprocess.run(
        [sys.executable, "-c", DRIVER + what, *map(str, words)], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def kill_and_go_on(source: Path, folder: Path, times: int, seed: int, *more: str) -> list[list[str]]:
    """Kill runs at moments drawn over the whole of a run, and let each go on; the regions that each had finished."""
    words = ("assess", source, "--as-of", AS_OF, "--json", *more)
    drive(KILL, folder, times, seed, *words)
    outs = [folder / str(n) / "out" for n in range(times)]
    assert all(is_whole(out) for out in outs if out.exists())
    finished = [sorted(p.stem for p in out.parent.glob("out.partial/done/*.json")) for out in outs]
    drive(GO_ON, folder, times, *words)
    assert [digests(out) for out in outs] == [digests(folder / "straight")] * times
    assert {name for out in outs for name in names_in(out.parent)} == {"out"}
    return finished


def test_a_killed_run_leaves_nothing_or_a_whole_result_and_resume_ends_with_the_same_bytes(
    snapshot: Path, tmp_path: Path
) -> None:
    finished = kill_and_go_on(snapshot, tmp_path, 3, 1)
    # Else nothing here would have gone on from anything.
    assert any(len(names) > 0 for names in finished)


@pytest.mark.long
def test_a_hundred_kills_leave_nothing_or_a_whole_result(snapshot: Path, tmp_path: Path) -> None:
    finished = kill_and_go_on(snapshot, tmp_path, 100, 2, "--format", "parquet")
    assert {len(names) for names in finished} >= {0, 1, 2}


@pytest.mark.long
def test_forty_kills_of_runs_over_several_registers_leave_nothing_or_a_whole_result(
    registers: Path, tmp_path: Path
) -> None:
    kill_and_go_on(registers, tmp_path, 40, 3)


def test_a_kill_of_a_run_over_an_earlier_result_leaves_that_or_nothing_or_the_new_one(
    snapshot: Path, tmp_path: Path, bangfu: Bangfu, thin: None
) -> None:
    for_each = [tmp_path / str(n) / "out" for n in range(3)]
    made = [bangfu.assess(snapshot, out, "--tables", "finding").code for out in for_each]
    assert made == [0, 0, 0]
    words = ("assess", snapshot, "--as-of", AS_OF, "--json", "--force", "--tables", "assessment")
    drive(KILL, tmp_path, 3, 4, *words)
    assert all(is_whole(out) for out in for_each if out.exists())
    assert {name for out in for_each for name in names_in(out.parent)} <= {"out", "out.partial"}


# ---- the disk is full


def test_a_full_disk_keeps_the_finished_regions_and_says_how_to_go_on(
    tmp_path: Path, bangfu: Bangfu, thin: None
) -> None:
    few, many = cast(), cast()
    few = {table: [row for row in rows if row["household_id"] == FAR] for table, rows in few.items()}
    # The region of the most households is the last one.
    large = {
        table: [
            {**row, **{key: f"{n}{row[key]}" for key in ("household_id", "person_id") if row.get(key)}}
            for n in range(40)
            for row in rows
        ]
        for table, rows in many.items()
    }
    large["household"] = [{**row, "village_code": "650199001201"} for row in large["household"]]
    source = write_csv(tmp_path / "register", {table: few[table] + large[table] for table in few})
    assert bangfu("prepare", source, "--out", tmp_path / "snap").code == 0
    out = tmp_path / "out"
    words = ["assess", str(tmp_path / "snap"), "--as-of", AS_OF, "--out", str(out)]
    done = subprocess.run(
        [sys.executable, "-c", WITH_FEW_RULES, *words],
        check=False,
        capture_output=True,
        text=True,
        preexec_fn=with_files_of_at_most(20_000),
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert f"无法写到 {out}" in done.stderr
    assert "--resume" in done.stderr
    assert not out.exists()
    kept = tmp_path / "out.partial" / "result" / "assessment" / "5301.csv"
    before = kept.stat().st_mtime_ns
    assert names_in(kept.parent) == ["5301.csv"]
    assert bangfu(*words, "--resume").code == 0
    assert (out / "assessment" / "5301.csv").stat().st_mtime_ns == before
    assert is_whole(out)


def test_a_full_disk_leaves_nothing_where_no_region_was_finished(snapshot: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITH_FEW_RULES, "assess", snapshot, "--as-of", AS_OF, "--out", tmp_path / "new" / "out"],
        check=False,
        capture_output=True,
        text=True,
        preexec_fn=with_files_of_at_most(1_000),
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert f"无法写到 {tmp_path / 'new' / 'out'}" in done.stderr
    assert list(tmp_path.iterdir()) == []

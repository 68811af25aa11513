"""A run that is killed, or finds the disk full, leaves no result or a whole one, and the next run works."""

import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from bangfu.cli.main import main
from tests.cli.cast import AS_OF, HAN, Bangfu, digests, is_whole, manifest_of, names_in, thin_book
from tests.examples import first_of

FORMATS = {"csv": "out", "parquet": "out", "xlsx": "out.xlsx"}


def words(register: Path, out: Path, form: str, *more: str) -> list[str]:
    return ["assess", str(register), "--as-of", AS_OF, "--out", str(out), "--format", form, *more]


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "bangfu", *words]


def state_of(out: Path) -> str:
    """What there is to see of a result."""
    if not out.exists():
        return "none"
    return "whole" if is_whole(out) else "half"


# ---- killed at any moment


def killed_after(seconds: float, words: Sequence[str]) -> bool:
    """Run the real command and kill it; whether it was still at work."""
    run = subprocess.Popen(command(*words), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        run.wait(seconds)
    except subprocess.TimeoutExpired:
        run.send_signal(signal.SIGKILL)
        run.wait()
        return True
    return False


@pytest.fixture(scope="module")
def whole_run(register: Path, tmp_path_factory: pytest.TempPathFactory) -> float:
    """How many seconds a run takes here and now."""
    out = tmp_path_factory.mktemp("timed") / "out"
    began = time.monotonic()
    assert subprocess.run(command(*words(register, out, "csv")), stdout=subprocess.DEVNULL, check=False).returncode == 0
    return time.monotonic() - began


def kill_often(register: Path, folder: Path, whole_run: float, times: int, seed: int) -> set[str]:
    """Kill runs of every format at moments drawn over the whole of a run; returns every state that came to be seen."""
    draw = random.Random(seed)
    seen = set()
    for n in range(times):
        form, name = draw.choice(list(FORMATS.items()))
        out = folder / str(n) / name
        out.parent.mkdir()
        killed_after(draw.uniform(0, 1.1 * whole_run), words(register, out, form))
        seen.add(state_of(out))
        assert set(names_in(out.parent)) <= {name, f"{name}.partial", f"{name}.manifest.json"}
    return seen


def test_a_kill_leaves_no_result_or_a_whole_one(
    register: Path, tmp_path: Path, whole_run: float, bangfu: Bangfu, thin: None
) -> None:
    seen = kill_often(register, tmp_path, whole_run, times=5, seed=1)
    assert seen <= {"none", "whole"}
    left = next(path for path in sorted(tmp_path.rglob("*.partial")))
    out = left.with_name(left.name.removesuffix(".partial"))
    said = bangfu(*words(register, out, "xlsx" if out.suffix else "csv", "--force"))
    assert (said.code, said.err) == (0, "")
    assert state_of(out) == "whole"
    assert not left.exists()


@pytest.mark.long
def test_a_hundred_kills_leave_no_half_result(register: Path, tmp_path: Path, whole_run: float) -> None:
    assert kill_often(register, tmp_path, whole_run, times=100, seed=2) == {"none", "whole"}


# ---- killed at every step of writing

# Dies of itself before its nth step, a step being anything that Python asks of the file system once the counting has begun. Forks, so
# that what a run needs is loaded once.
DRIVER = textwrap.dedent(
    """
    import os, shutil, signal, sys
    from pathlib import Path

    STEPS = ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.listdir", "os.scandir")

    def die_before(nth):
        left = [nth]
        def step(event, _):
            if event in STEPS:
                left[0] -= 1
                if left[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
        sys.addaudithook(step)

    def at_each_step(folder, template, act):
        for nth in range(1, 300):
            mine = Path(folder) / str(nth)
            shutil.copytree(template, mine)
            child = os.fork()
            if not child:
                os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
                code = 1
                try:
                    code = act(mine, nth)
                finally:
                    os._exit(code)
            ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            print(nth, ended, flush=True)
            if ended >= 0:
                break
    """
)
# Only the last step of a run: what was made is put in place, and the working folder goes.
TAKE = """
from bangfu.engine.results import Target
folder, template, name, form = sys.argv[1:]

def act(mine, nth):
    target = Target(mine / name, form, force=True)
    made = target.partial / "result"
    die_before(nth)
    if form == "xlsx":
        target.take(made / name, made / "manifest.json")
    else:
        target.take(made)
    shutil.rmtree(target.partial)
    return 0

at_each_step(folder, template, act)
"""
# A whole run, counted from where the results begin to be written.
RUN = """
import bangfu.cli.assess, bangfu.engine.request, bangfu.engine.results.workbook
import bangfu.engine.assess as engine
from bangfu.cli.main import main
from tests.cli.cast import thin_book
book = thin_book()
bangfu.engine.request.shipped_book = lambda: book
plain = engine.write_results
folder, template, *words = sys.argv[1:]

def act(mine, nth):
    def write(*given):
        die_before(nth)
        return plain(*given)
    engine.write_results = write
    return main([word.replace("OUT", str(mine)) for word in words])

at_each_step(folder, template, act)
"""


def kill_at_each_step(what: str, folder: Path, template: Path, *words: str) -> dict[int, int]:
    """The exit code of each run by the step before which it was to die; the last one came to its end."""
    folder.mkdir()
    program = [sys.executable, "-c", DRIVER + what, str(folder), str(template), *words]
    done = subprocess.run(program, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    ended = {int(nth): int(code) for nth, code in (line.split() for line in done.stdout.splitlines())}
    assert set(list(ended.values())[:-1]) == {-signal.SIGKILL}
    assert list(ended.values())[-1] == 0
    return ended


@pytest.fixture(scope="module")
def results(register: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two assessments of different days, `old` and `new`, each as a folder and as a workbook."""
    folder = tmp_path_factory.mktemp("results")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bangfu.engine.request.shipped_book", thin_book)
        for age, day in (("old", "2017-06-30"), ("new", "2017-12-31")):
            for name in ("out", "out.xlsx"):
                assert main(["assess", str(register), "--as-of", day, "--out", str(folder / age / name), "--json"]) == 0
    return folder


def just_made(results: Path, name: str, folder: Path, *, over: bool) -> Path:
    """A folder as it is when a run is about to put its result in place, over an earlier one or over none."""
    made = folder / f"{name}.partial" / "result"
    if name == "out":
        shutil.copytree(results / "new" / name, made)
    else:
        made.mkdir(parents=True)
        shutil.copy(results / "new" / name, made / name)
        shutil.copy(results / "new" / f"{name}.manifest.json", made / "manifest.json")
    (folder / "other.txt").write_text("kept", encoding="utf-8")
    if over:
        shutil.copytree(results / "old", folder, dirs_exist_ok=True)
    return folder


@pytest.mark.parametrize("over", [False, True], ids=["over nothing", "over an earlier result"])
@pytest.mark.parametrize("name", ["out", "out.xlsx"])
def test_a_kill_at_any_step_of_the_taking_leaves_the_old_the_new_or_nothing(
    name: str, over: bool, results: Path, tmp_path: Path, bangfu: Bangfu
) -> None:
    template = just_made(results, name, tmp_path / "template", over=over)
    form = "xlsx" if name == "out.xlsx" else "csv"
    ended = kill_at_each_step(TAKE, tmp_path / "runs", template, name, form)
    outs = [tmp_path / "runs" / str(nth) / name for nth in ended]
    assert {state_of(out) for out in outs} == {"none", "whole"}
    days = [manifest_of(out)["as_of"] if out.exists() else "none" for out in outs]
    # The old one for a while, then nothing between two renames, then the new one for good.
    order = ["2017-06-30", "none", "2017-12-31"] if over else ["none", "2017-12-31"]
    assert list(dict.fromkeys(days)) == order
    assert days == sorted(days, key=order.index)
    assert days.count("none") <= 3 or not over
    assert {(out.parent / "other.txt").read_text(encoding="utf-8") for out in outs} == {"kept"}


def test_the_run_after_a_kill_between_two_renames_works(
    register: Path, results: Path, tmp_path: Path, bangfu: Bangfu, thin: None
) -> None:
    template = just_made(results, "out.xlsx", tmp_path / "template", over=True)
    ended = kill_at_each_step(TAKE, tmp_path / "runs", template, "out.xlsx", "xlsx")
    out = next(path for nth in ended if not (path := tmp_path / "runs" / str(nth) / "out.xlsx").exists())
    assert bangfu(*words(register, out, "xlsx")).code == 0
    assert is_whole(out)
    assert [name for name in names_in(out.parent) if name.startswith("out.xlsx")] == [
        "out.xlsx",
        "out.xlsx.manifest.json",
    ]


@pytest.mark.long
@pytest.mark.parametrize("name", ["out", "out.xlsx"])
def test_a_kill_at_any_step_of_a_whole_run_leaves_the_old_the_new_or_nothing(
    name: str, register: Path, results: Path, tmp_path: Path
) -> None:
    form = "xlsx" if name == "out.xlsx" else "csv"
    ended = kill_at_each_step(
        RUN, tmp_path / "runs", results / "old", *words(register, Path("OUT") / name, form, "--force")
    )
    outs = [tmp_path / "runs" / str(nth) / name for nth in ended]
    assert {state_of(out) for out in outs} == {"none", "whole"}
    assert [state_of(out) for out in outs].count("none") <= 3


# ---- the disk is full


WITH_FEW_RULES = """
import sys
import bangfu.engine.request
from bangfu.cli.main import main
from tests.cli.cast import thin_book
bangfu.engine.request.shipped_book = thin_book
sys.exit(main())
"""


def with_files_of_at_most(size: int) -> Callable[[], None]:
    """A disk that takes no more than so many bytes a file; Python and DuckDB are told so, and not killed."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


@pytest.mark.parametrize(
    ("form", "size"),
    first_of(
        4,
        [("csv", 0), ("parquet", 1_500), ("xlsx", 500), ("xlsx", 8_000), ("csv", 1_500), ("xlsx", 0), ("xlsx", 9_000)],
    ),
)
def test_a_file_that_does_not_fit_fails_in_one_line_and_leaves_nothing(
    form: str, size: int, register: Path, tmp_path: Path
) -> None:
    out = tmp_path / "new" / FORMATS[form]
    done = subprocess.run(
        [sys.executable, "-c", WITH_FEW_RULES, *words(register, out, form)],
        check=False,
        capture_output=True,
        text=True,
        preexec_fn=with_files_of_at_most(size),
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stderr
    assert "Error" not in done.stderr
    assert f"无法写到 {out}" in done.stderr
    assert HAN.search(done.stderr.partition(str(out))[2])
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_the_earlier_result_as_it_was(
    register: Path, tmp_path: Path, bangfu: Bangfu, thin: None
) -> None:
    out = tmp_path / "out"
    assert bangfu.assess(register, out, as_of="2017-06-30").code == 0
    before = digests(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", WITH_FEW_RULES, *words(register, out, "csv", "--force")],
        check=False,
        capture_output=True,
        preexec_fn=with_files_of_at_most(1_000),
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode == 1
    assert digests(tmp_path) == before

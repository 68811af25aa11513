"""Synthetic registers region by region: whole, apart, the same by however many workers, and gone on with where one broke off."""

import hashlib
import json
from pathlib import Path

import duckdb
import pytest

from bangfu.engine.register import read_register
from bangfu.engine.snapshot.parts import find_parts
from bangfu.engine.synth import Dress, Plan, write_by_region
from bangfu.engine.synth.generate import NotMakeable
from bangfu.engine.synth.geography import (
    BLOCK,
    BLOCKS_A_REGION,
    MOST_HOUSEHOLDS,
    REGION,
    block_villages,
    region_code,
)
from bangfu.engine.synth.output import Format
from bangfu.engine.synth.register import write_plan
from bangfu.kernel.words import Text
from bangfu.rulebook.kept import shipped_book
from tests.examples import first_of

# The last 150 households of the second region and the first 250 of the third.
ACROSS = Plan(400, seed=5, first=2 * REGION - 150, mean_size=3.04, ledger_years=1)
TABLES = ("household", "person", "ledger", "receipt")


def quiet(_: Text) -> None:
    """Nobody looks."""


def made(out: Path) -> dict[str, str]:
    """What a run left, hidden files and all."""
    files = sorted(path for path in out.rglob("*") if path.is_file())
    return {str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def write(out: Path, plan: Plan = ACROSS, *, workers: int = 1, resume: bool = False, form: Format = "csv") -> int:
    return write_by_region(out, plan, Dress(form), workers=workers, resume=resume, progress=quiet)["household"]


@pytest.fixture(scope="module")
def across(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("across")
    assert write(out) == 400
    return out


def test_every_region_is_a_register_of_its_own(across: Path) -> None:
    parts = find_parts(across)
    assert [part.name for part in parts] == ["3712", "3713"]
    counts, prefixes = [], []
    for part in parts:
        con = duckdb.connect()
        report = read_register(part.path, into=con, policies=shipped_book().policy_codes())
        counts.append(report.counts["household"])
        prefixes += con.execute("SELECT DISTINCT left(village_code, 4) FROM household").fetchall()
    assert counts == [150, 250]
    assert prefixes == [("3712",), ("3713",)]


def test_the_regions_together_are_the_register_in_one_piece(across: Path, tmp_path: Path) -> None:
    write_plan(tmp_path, ACROSS, Dress())
    for table in TABLES:
        whole = (tmp_path / f"{table}.csv").read_text(encoding="utf-8").splitlines()
        first, second = (
            (across / region / f"{table}.csv").read_text(encoding="utf-8").splitlines() for region in ("3712", "3713")
        )
        assert first + second[1:] == whole


@pytest.mark.parametrize("form", first_of(1, ["parquet", "csv"]))
def test_the_number_of_workers_changes_no_byte(form: Format, tmp_path: Path) -> None:
    for workers in (1, 2):
        write(tmp_path / str(workers), workers=workers, form=form)
    assert made(tmp_path / "1") == made(tmp_path / "2")


def test_a_run_that_breaks_off_keeps_whole_regions_and_is_gone_on_with(across: Path, tmp_path: Path) -> None:
    def stop(_: Text) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_by_region(tmp_path, ACROSS, Dress(), workers=1, progress=stop)
    left = made(tmp_path)
    assert left.keys() == {"synth.json", *(f"3712/{table}.csv" for table in TABLES)}
    kept = (tmp_path / "3712" / "person.csv").stat().st_mtime_ns
    assert write(tmp_path, resume=True) == 250
    assert made(tmp_path) == made(across)
    assert (tmp_path / "3712" / "person.csv").stat().st_mtime_ns == kept
    assert write(tmp_path, resume=True) == 0


def test_what_a_killed_run_left_of_a_region_is_made_anew(across: Path, tmp_path: Path) -> None:
    (tmp_path / "synth.json").write_bytes((across / "synth.json").read_bytes())
    half = tmp_path / ".3712.partial"
    half.mkdir()
    (half / "household.csv").write_text("half", encoding="utf-8")
    write(tmp_path, resume=True)
    assert made(tmp_path) == made(across)


@pytest.mark.parametrize(
    "other",
    [Plan(401, seed=5, first=ACROSS.first, mean_size=3.04, ledger_years=1), Plan(400, seed=6, first=ACROSS.first)],
)
def test_another_plan_is_not_gone_on_with(other: Plan, across: Path) -> None:
    before = made(across)
    with pytest.raises(NotMakeable, match="SYNTH_RESUME_OTHER"):
        write(across, other, resume=True)
    assert made(across) == before


def test_regions_of_another_program_version_are_not_gone_on_with(across: Path, tmp_path: Path) -> None:
    said = json.loads((across / "synth.json").read_text(encoding="utf-8"))
    said["versions"]["duckdb"] = "1.0.0"
    (tmp_path / "synth.json").write_text(json.dumps(said), encoding="utf-8")
    with pytest.raises(NotMakeable, match="SYNTH_RESUME_OTHER"):
        write(tmp_path, resume=True)


def test_regions_are_not_begun_twice(across: Path) -> None:
    before = made(across)
    with pytest.raises(NotMakeable, match="--resume"):
        write(across)
    assert made(across) == before


@pytest.mark.parametrize("there", ["3713", "person.csv"])
@pytest.mark.parametrize("resume", [True, False])
def test_what_is_not_of_this_making_is_left_alone(there: str, resume: bool, tmp_path: Path) -> None:
    (tmp_path / there).write_text("kept", encoding="utf-8")
    with pytest.raises(NotMakeable, match="SYNTH_FILE_EXISTS"):
        write(tmp_path, resume=resume)
    assert [path.name for path in tmp_path.iterdir()] == [there]


def test_a_nation_has_room_and_every_village_its_own_code() -> None:
    assert MOST_HOUSEHOLDS >= 30_000_000
    blocks = range(MOST_HOUSEHOLDS // BLOCK)
    counties = [{code[:6] for _, code in block_villages(block, (block + 1) * BLOCK)} for block in blocks]
    assert counties[0] == {"371102"}
    assert max(map(len, counties)) == 1
    # ID numbers are unique within a block: a county in two blocks would repeat them.
    assert len(set.union(*counties)) == len(blocks)
    regions = [county.copy().pop()[:4] for county in counties]
    assert regions == [region_code(block // BLOCKS_A_REGION) for block in blocks]


def test_codes_have_twelve_digits_and_begin_with_a_province() -> None:
    last = block_villages(MOST_HOUSEHOLDS // BLOCK - 1, MOST_HOUSEHOLDS)
    codes = [code for block in (0, 1, 24, 700) for _, code in block_villages(block, (block + 1) * BLOCK)]
    codes += [code for _, code in last]
    assert {len(code) for code in codes} == {12}
    assert all(code.isdigit() and 11 <= int(code[:2]) <= 65 for code in codes)
    assert len(last) == 70
    assert last[0][0] == MOST_HOUSEHOLDS - BLOCK

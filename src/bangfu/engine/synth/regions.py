"""Write a synthetic register region by region: a folder for each, by several processes, going on where a run broke off."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import duckdb
import pyarrow as pa

from bangfu import __version__
from bangfu.engine.results.target import told_what_is_left
from bangfu.engine.synth.generate import NotMakeable, Plan
from bangfu.engine.synth.geography import REGION, region_code
from bangfu.engine.synth.register import Dress, Progress, refuse_existing, write_plan
from bangfu.engine.unfinished import read_json, write_json
from bangfu.engine.workers import do_each
from bangfu.kernel.errors import BrokenOff
from bangfu.kernel.schema import schema
from bangfu.kernel.words import Text

WORKERS = 2
# What the regions beside it were made from, so that no others come to stand among them.
RECORD = "synth.json"


@dataclass(frozen=True, slots=True)
class _Job:
    out: Path
    region: str
    plan: Plan
    dress: Dress

    @property
    def aside(self) -> Path:
        return self.out / f".{self.region}.partial"

    @property
    def folder(self) -> Path:
        return self.out / self.region


def write_by_region(
    out: Path, plan: Plan, dress: Dress, *, workers: int = WORKERS, resume: bool = False, progress: Progress
) -> dict[str, int]:
    """Write a register of its own for each region into `out`, named by the first four digits of its villages' codes.

    No two regions share a number. A region stands under its name when it is whole; with `resume` those that stand there
    from an earlier run of the same plan are left as they are, and the returned rows by table are those made now. The
    number of workers changes no byte. Raises NotMakeable where `out` holds anything else.
    """
    jobs = [_Job(out, region, part, dress) for region, part in _regions_of(plan)]
    _begin(out, plan, dress, jobs, resume=resume)
    waiting = [job for job in jobs if not job.folder.exists()]
    before = len(jobs) - len(waiting)
    try:
        made = do_each(_make, waiting, workers=workers, done=lambda done: progress(_so_far(before + done, len(jobs))))
    except BrokenOff as problem:
        raise told_what_is_left(problem, kept=any(job.folder.exists() for job in jobs)) from problem
    finally:
        for job in jobs:
            shutil.rmtree(job.aside, ignore_errors=True)
    return {table: sum(counts[table] for counts in made) for table in schema().tables}


def _regions_of(plan: Plan) -> Iterator[tuple[str, Plan]]:
    """The plan cut where a region ends. A part made alone is that part of the whole."""
    for region in range(plan.first // REGION, (plan.end - 1) // REGION + 1):
        first, end = max(plan.first, region * REGION), min(plan.end, (region + 1) * REGION)
        yield region_code(region), replace(plan, first=first, households=end - first)


def _make(job: _Job) -> dict[str, int]:
    # What a killed run left.
    shutil.rmtree(job.aside, ignore_errors=True)
    # A process each makes better use of two cores than two threads do.
    counts = write_plan(job.aside, job.plan, job.dress, threads=1)
    job.aside.rename(job.folder)
    return counts


def _so_far(done: int, regions: int) -> Text:
    return Text(f"已生成 {done} / {regions} 个地区", f"{done} of {regions} regions made")


def _begin(out: Path, plan: Plan, dress: Dress, jobs: Sequence[_Job], *, resume: bool) -> None:
    """Note what the regions are made from. Raises NotMakeable where `out` holds what is of another making."""
    versions = {"bangfu": __version__, "duckdb": duckdb.__version__, "pyarrow": pa.__version__}
    asked = {**asdict(plan), "format": dress.format, "versions": versions}
    record = out / RECORD
    if record.exists() and not resume:
        raise NotMakeable(
            "SYNTH_BEGUN",
            Text(
                f"{out} 里已有生成的地区，未作改动。加 --resume 接着做，或换一个文件夹。",
                f"{out} holds regions made earlier, which were left alone. "
                "Add --resume to go on from there, or choose another folder.",
            ),
        )
    if record.exists():
        if read_json(record) != asked:
            raise NotMakeable(
                "SYNTH_RESUME_OTHER",
                Text(
                    f"{out} 里的地区是按别的选项（或用别的版本）生成的，不能接着做。请用原来的选项，或换一个文件夹。",
                    f"The regions in {out} were made with other options or by another version. "
                    "Give the same options, or choose another folder.",
                ),
            )
        return
    # A table beside the regions would make the folder one register.
    refuse_existing([*(job.folder for job in jobs), *(out / dress.file_name(t) for t in schema().tables.values())])
    out.mkdir(parents=True, exist_ok=True)
    write_json(record, asked)

"""Make a snapshot of a register, or of a folder of registers one after another in bounded memory.

Steps for several: scan the keys of each · prove that ids are unique over all, count shared ID numbers · now the numbers of
every region are known, so each register is read, checked and written by itself, by whichever worker is free · write the
manifest. A single register proves all this by being read. Finished regions outlive an interruption.
"""

import json
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import duckdb

from bangfu import __version__
from bangfu.engine.duck import counted, open_engine
from bangfu.engine.register import RegisterReport, read_register
from bangfu.engine.register.read import MOST_FAULTS
from bangfu.engine.results.target import MANIFEST, Format, Target
from bangfu.engine.results.write import ordered, write_table
from bangfu.engine.snapshot.layout import KIND, SCHEMA_VERSION, Piece, Region
from bangfu.engine.snapshot.parts import Part, find_parts, fingerprint, size_of
from bangfu.engine.snapshot.read import Snapshot, is_snapshot, open_snapshot, rows_of
from bangfu.engine.snapshot.regions import Place, Workshop, counts_of, even_places, places_of, write_regions
from bangfu.engine.snapshot.uniqueness import (
    Counts,
    apply_shared,
    find_repeats,
    scan_keys,
    take_keys,
    write_keys,
    write_shared,
)
from bangfu.engine.unfinished import begin, read_json, write_json
from bangfu.engine.workers import do_each
from bangfu.kernel.divisions import VILLAGE_DIGITS
from bangfu.kernel.errors import DomainError, Fault, RegisterRefused
from bangfu.kernel.schema import Code, schema
from bangfu.kernel.words import Lang, Text

WORKERS = 2
# What DuckDB may hold in each worker, and in the process that looks at the keys when no worker is there; the rest goes
# to disk. Python and Arrow take about 250 MB more in each process.
WORKER_MEMORY = "600MB"
KEYS_MEMORY = "800MB"
# Below this a second process takes longer to start than it saves.
SMALL = 16 << 20
Progress = Callable[[Text], None]


@dataclass(frozen=True, slots=True)
class SnapshotTarget(Target):
    """A folder for a snapshot; with `force` an earlier snapshot there is replaced, and nothing else."""

    thing: ClassVar[Text] = Text("快照", "snapshot")

    def files_named(self, manifest: Mapping[str, Any]) -> Iterable[str]:
        if manifest["kind"] != KIND:
            raise KeyError(KIND)
        return [f"{region['name']}/{file}" for region in manifest["regions"] for file in region["files"]]


@dataclass(frozen=True, slots=True)
class Listing:
    """Where and how the rows that are set aside are listed, a file a register. They name people, so that no snapshot holds them."""

    folder: Path
    form: Format
    lang: Lang

    def file_of(self, part: Part) -> str:
        return f"{part.name}.{self.form}"


@dataclass(frozen=True, slots=True)
class Order:
    """What to make a snapshot of and how. `digits` of the village code make a region; `policies` are what receipts may name.

    Without `workers` the size of the source decides. With `listing` the rows set aside of several registers are listed.
    """

    source: Path
    policies: Mapping[str, Code]
    digits: int = 4
    skip_bad_rows: bool = False
    resume: bool = False
    workers: int | None = None
    listing: Listing | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A finished snapshot, what there is to say about its making, and the households and rows that were set aside, strays among them.

    `rejected` are the files that list them, where such were asked for, by their names.
    """

    snapshot: Snapshot
    notes: Sequence[Text]
    set_aside_households: int
    set_aside_rows: int
    set_aside_strays: int
    rejected: Mapping[str, Piece] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Job:
    """What a worker has to know of one register: which it is, and where its regions stand (None: to be checked only)."""

    order: Order
    part: Part
    number: int
    shop: Workshop
    places: Sequence[Place] | None


@dataclass(frozen=True, slots=True)
class _Read:
    """What came of reading one register: it was written, or it has faults."""

    notes: Sequence[Text] = ()
    households: int = 0
    rows: int = 0
    strays: int = 0
    rejected: Piece | None = None
    faults: Sequence[Fault] = ()
    total: int = 0


def prepare(order: Order, target: SnapshotTarget, *, made_at: str, progress: Progress) -> Prepared:
    """Make a snapshot; `made_at` is the moment that its manifest shows. Raises DomainError (RegisterRefused among them).

    A refusal leaves nothing behind. After any other failure the finished regions stay in OUT.partial, for `resume`.
    """
    _refuse_source(order.source, target)

    def keeps(problem: BaseException) -> bool:
        return not isinstance(problem, RegisterRefused) and any(Workshop(target.partial).done.glob("*.json"))

    with target.aside(resume=order.resume, keeps=keeps) as work:
        shop = Workshop(work)
        parts = find_parts(order.source) if order.source.exists() else (Part("", order.source),)
        _begin(order, parts, shop)
        if len(parts) == 1 and not parts[0].name:
            read, regions = _prepare_one(order, parts[0], shop, progress)
            reads = [read]
        else:
            reads, regions = _prepare_all(order, parts, shop, progress)
        notes = _told(reads, parts)
        households, rows = sum(read.households for read in reads), sum(read.rows for read in reads)
        source = {"name": order.source.resolve().name, "registers": [part.name for part in parts if part.name]}
        strays = sum(read.strays for read in reads)
        said = RegisterReport({}, notes, households, rows, strays)
        write_json(shop.result / MANIFEST, _manifest(source, said, regions, made_at))
        target.take(shop.result)
    rejected = {
        order.listing.file_of(part): read.rejected
        for part, read in zip(parts, reads, strict=True)
        if order.listing and read.rejected
    }
    return Prepared(open_snapshot(target.path), notes, households, rows, strays, rejected)


def prepare_shown(
    con: duckdb.DuckDBPyConnection,
    report: RegisterReport,
    target: SnapshotTarget,
    *,
    name: str,
    regions: int,
    made_at: str,
) -> Snapshot:
    """Make a snapshot, of so many regions, of the prepared tables that stand in a connection; `name` says what they were read from.

    Raises DomainError.
    """
    with target.aside() as work:
        shop = Workshop(work)
        shop.begin()
        places = even_places(counts_of(con, VILLAGE_DIGITS), regions)
        write_regions(con, places, shop, shop.folder / "making")
        source = {"name": name, "registers": []}
        write_json(shop.result / MANIFEST, _manifest(source, report, _finished(shop, places), made_at))
        target.take(shop.result)
    return open_snapshot(target.path)


def _manifest(
    source: Mapping[str, Any], report: RegisterReport, regions: Sequence[Region], made_at: str
) -> dict[str, Any]:
    return {
        "kind": KIND,
        "schema_version": SCHEMA_VERSION,
        "bangfu": __version__,
        "made_at": made_at,
        "source": source,
        "as_told": [{"zh": note.zh, "en": note.en} for note in report.notes],
        "set_aside": {
            "households": report.set_aside_households,
            "rows": report.set_aside_rows,
            "strays": report.set_aside_strays,
        },
        "counts": rows_of(regions),
        "regions": [region.as_json() for region in regions],
    }


def _prepare_one(order: Order, part: Part, shop: Workshop, progress: Progress) -> tuple[_Read, list[Region]]:
    """A register by itself is read whole, which proves everything and gives the counts."""
    with closing(open_engine(shop.spill(0))) as con:
        report = read_register(
            part.path, into=con, policies=order.policies, skip_bad_rows=order.skip_bad_rows, progress=progress
        )
        (places,) = places_of([counts_of(con, order.digits)])
        progress(Text("写出快照", "Writing the snapshot"))
        write_regions(con, places, shop, shop.folder / "making")
    return _came_of(report), _finished(shop, places)


def _came_of(report: RegisterReport, rejected: Piece | None = None) -> _Read:
    return _Read(
        report.notes, report.set_aside_households, report.set_aside_rows, report.set_aside_strays, rejected=rejected
    )


def _prepare_all(
    order: Order, parts: Sequence[Part], shop: Workshop, progress: Progress
) -> tuple[list[_Read], list[Region]]:
    workers = order.workers or (WORKERS if size_of(parts) > SMALL else 1)
    jobs = [_Job(order, part, number, shop, None) for number, part in enumerate(parts)]
    counts, faults, total = _prove(jobs, workers, progress)
    if counts is not None and not total:
        places = places_of(counts)
        jobs = [
            _Job(order, part, number, shop, mine) for number, (part, mine) in enumerate(zip(parts, places, strict=True))
        ]
    else:
        places = []
    said = Text("已读取", "read")
    reads = do_each(_read_one, jobs, workers=workers, done=lambda done: progress(_so_far(said, done, len(jobs))))
    total += sum(read.total for read in reads)
    if not places or total:
        assert total  # what the scan could not read, the whole reading refused
        faults = [*faults, *(fault for read in reads for fault in read.faults)]
        place = {part.name: number for number, part in enumerate(parts)}
        raise RegisterRefused(sorted(faults, key=lambda fault: place[fault.part])[:MOST_FAULTS], total)
    every = [place for mine in places for place in mine]
    return reads, _finished(shop, sorted(every, key=lambda place: place.first_household))


def _prove(jobs: Sequence[_Job], workers: int, progress: Progress) -> tuple[list[Counts] | None, Sequence[Fault], int]:
    """The counts of every register, and the ids that several have; no counts where one cannot be read.

    Kept for a run that goes on: what was proved of the same files need not be proved again.
    """
    shop = jobs[0].shop
    record = shop.folder / "counts.json"
    if (told := read_json(record)) is not None:
        return [{prefix: (h, p) for prefix, (h, p) in mine.items()} for mine in told], [], 0
    shutil.rmtree(shop.keys, ignore_errors=True)
    shop.keys.mkdir()
    said = Text("已核对编号", "ids looked at")
    counts = do_each(_scan_one, jobs, workers=workers, done=lambda done: progress(_so_far(said, done, len(jobs))))
    known = [mine for mine in counts if mine is not None]
    if not known:
        return None, [], 0
    progress(Text("核对编号在各份资料之间有无重复", "Looking for ids that stand in several registers"))
    with closing(open_engine(shop.spill(len(jobs)), memory=KEYS_MEMORY)) as con:
        faults, total = find_repeats(con, shop.keys, [job.part for job in jobs])
        write_shared(con, shop.keys, shop.shared)
    shutil.rmtree(shop.keys)
    if len(known) < len(jobs) or total:
        return None, faults, total
    write_json(record, known)
    return known, [], 0


def _scan_one(job: _Job) -> Counts | None:
    """Write the keys of one register; None where it cannot be read."""
    with closing(open_engine(job.shop.spill(job.number), threads=1, memory=WORKER_MEMORY)) as con:
        if job.order.skip_bad_rows:
            # Which households stay is only known when all is read.
            try:
                read_register(job.part.path, into=con, policies=job.order.policies, skip_bad_rows=True)
            except RegisterRefused:
                return None
            take_keys(con, job.order.digits)
        elif not scan_keys(con, job.part, job.order.digits):
            return None
        return write_keys(con, job.number, job.shop.keys)


def _read_one(job: _Job) -> _Read:
    """Read and check one register whole, and write its regions where they have their places."""
    record = job.shop.folder / f"part-{job.number}.json"
    told = read_json(record)
    if told is not None and job.places is not None and all(map(job.shop.finished, job.places)):
        rejected = Piece(**told["rejected"]) if told["rejected"] else None
        if rejected is None or rejected == _listed(job, rejected.rows):
            notes = [Text(**note) for note in told["notes"]]
            return _Read(notes, told["households"], told["rows"], told["strays"], rejected)
    with closing(open_engine(job.shop.spill(job.number), threads=1, memory=WORKER_MEMORY)) as con:
        try:
            report = read_register(
                job.part.path,
                into=con,
                policies=job.order.policies,
                skip_bad_rows=job.order.skip_bad_rows,
                lang=job.order.listing.lang if job.order.listing else "zh",
            )
        except RegisterRefused as refused:
            return _Read(faults=[_of(job.part, fault) for fault in refused.faults], total=refused.total)
        if job.places is None:
            return _came_of(report)
        read = _came_of(report, _list_rejected(con, job))
        _refuse_changed(con, job)
        apply_shared(con, job.number, job.shop.shared)
        write_regions(con, job.places, job.shop, job.shop.folder / f"making-{job.number}")
    write_json(
        record,
        {
            "notes": [{"zh": note.zh, "en": note.en} for note in read.notes],
            "households": read.households,
            "rows": read.rows,
            "strays": read.strays,
            "rejected": read.rejected and asdict(read.rejected),
        },
    )
    return read


def _list_rejected(con: duckdb.DuckDBPyConnection, job: _Job) -> Piece | None:
    """Write the rows of a register that were set aside, where that is asked for."""
    listing = job.order.listing
    if listing is None:
        return None
    table = schema().results["rejected"]
    listing.folder.mkdir(exist_ok=True)
    write_table(con, table, ordered("rejected", table), listing.folder / listing.file_of(job.part), listing.form)
    return _listed(job, counted(con, "rejected"))


def _listed(job: _Job, rows: int) -> Piece | None:
    """The list of a register as it stands on disk."""
    listing = job.order.listing
    file = listing and listing.folder / listing.file_of(job.part)
    return Piece.of(file, rows) if file and file.is_file() else None


def _of(part: Part, fault: Fault) -> Fault:
    return Fault(fault.table, fault.row, fault.column, fault.value, fault.reason, part=part.name)


def _finished(shop: Workshop, places: Iterable[Place]) -> list[Region]:
    """The record of every region, each of which has just been written or looked at."""
    return [Region.from_json(json.loads(shop.record(place).read_text(encoding="utf-8"))) for place in places]


def _told(reads: Sequence[_Read], parts: Sequence[Part]) -> list[Text]:
    """Every note once; with the first register that gave it where not all did."""
    by_note: dict[Text, list[str]] = {}
    for read, part in zip(reads, parts, strict=True):
        for note in dict.fromkeys(read.notes):
            by_note.setdefault(note, []).append(part.name)
    return [
        note if len(names) == len(parts) else Text(f"{names[0]}：{note.zh}", f"{names[0]}: {note.en}")
        for note, names in by_note.items()
    ]


def _so_far(what: Text, done: int, of: int) -> Text:
    return Text(f"{what.zh} {done}/{of} 份资料", f"{what.en}: {done} of {of} registers")


# ---- what is refused


def _begin(order: Order, parts: Sequence[Part], shop: Workshop) -> None:
    """Note what the working folder is for. Raises DomainError where it was begun for something else."""
    asked = {
        "versions": [__version__, SCHEMA_VERSION, duckdb.__version__],
        "digits": order.digits,
        "skip_bad_rows": order.skip_bad_rows,
        "policies": sorted(order.policies),
        "files": fingerprint(parts),
    }
    begin(shop.folder, SnapshotTarget.thing, asked)
    shop.begin()


def _refuse_source(source: Path, target: SnapshotTarget) -> None:
    if is_snapshot(source):
        raise DomainError(
            "ALREADY_A_SNAPSHOT",
            Text(
                f"“{source}”已经是快照。请给出登记资料。",
                f"{source} is a snapshot already. Give the register.",
            ),
        )
    if source.resolve() in (target.path.resolve(), *target.path.resolve().parents):
        raise DomainError(
            "OUT_IN_REGISTER",
            Text(
                f"--out {target.path} 在登记资料里面；请写到别处。",
                f"--out {target.path} lies in the register; choose another place.",
            ),
        )


def _refuse_changed(con: duckdb.DuckDBPyConnection, job: _Job) -> None:
    """Raises DomainError where the register is not the one whose keys were scanned."""
    places = {place.prefix: (place.households, place.persons) for place in job.places or ()}
    if counts_of(con, job.order.digits) != places:
        raise DomainError(
            "REGISTER_CHANGED",
            Text(
                f"登记资料“{job.part.name}”在读取过程中有改动。请重新运行（不加 --resume）。",
                f"The register {job.part.name} changed while it was read. Run again, without --resume.",
            ),
        )

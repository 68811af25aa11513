"""Write one synthetic register: plan it, make it chunk by chunk, put the finished files in place."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from bangfu.engine.synth.generate import (
    AS_OF_YEAR,
    ERROR_RATE,
    GAP_RATE,
    LEDGER_YEARS,
    MEAN_SIZE,
    RATE,
    NotMakeable,
    Plan,
    connect,
    make_chunk,
)
from bangfu.engine.synth.geography import BLOCK
from bangfu.engine.synth.output import CsvSink, Format, ParquetSink, Sink, parquet_query, text_query
from bangfu.kernel.divisions import Village
from bangfu.kernel.schema import Code, Table, schema
from bangfu.kernel.words import Lang, Text

# Households made at a time; about 0.6 GB. More at a time are no faster.
CHUNK = 3 * BLOCK

Progress = Callable[[Text], None]


@dataclass(frozen=True, slots=True)
class Dress:
    """How the files look: `lang` zh gives CSV files Chinese names, headers and values, `policies` the policies' titles.

    `bom` begins CSV files with the mark by which spreadsheets know UTF-8. Parquet is for programs and stays English.
    """

    format: Format = "csv"
    lang: Lang = "en"
    policies: Mapping[str, Code] | None = None
    bom: bool = False

    def file_name(self, table: Table) -> str:
        return f"{table.label.zh if self.lang == 'zh' and self.format == 'csv' else table.name}.{self.format}"

    def sink(self, path: Path, table: Table, gap_rate: int) -> Sink:
        if self.format == "parquet":
            return ParquetSink(path, parquet_query(table, gap_rate))
        return CsvSink(path, text_query(table, gap_rate, self.lang, self.policies or {}), bom=self.bom)


def write_synthetic_register(  # noqa: PLR0913  # what the command line offers, each with a default, beside two musts
    out: Path,
    *,
    households: int,
    seed: int,
    as_of_year: int = AS_OF_YEAR,
    format: Format = "csv",
    villages: Sequence[Village] | None = None,
    gap_rate: float = GAP_RATE,
    error_rate: float = ERROR_RATE,
    first_household: int = 0,
    mean_size: float = MEAN_SIZE,
    ledger_years: int = LEDGER_YEARS,
    progress: Progress | None = None,
) -> dict[str, int]:
    """Write the four tables of a made-up register into the folder `out`; returns rows by table.

    The register is as at 31 December of `as_of_year`, with the ledger and receipts of its last `ledger_years`. About
    `gap_rate` of the cells that may be unknown are empty and `error_rate` of the rows hold an implausibility that is
    lawful in form: whatever is written here can be read and assessed. The same arguments give the same bytes.
    `first_household` is where this part begins in a larger register, so that parts made apart share no number.
    Without `villages` the first 16,384 households live in the home county and later ones in counties that do not
    exist; with them, ID numbers are unique as long as no county among them holds more than that.
    `mean_size` is persons a household. Raises NotMakeable for arguments out of bounds and for files already there.
    """
    plan = Plan(
        households=households,
        seed=seed,
        as_of_year=as_of_year,
        gap_rate=gap_rate,
        error_rate=error_rate,
        first=first_household,
        mean_size=mean_size,
        ledger_years=ledger_years,
        villages=tuple(villages) if villages else None,
    )
    return write_plan(out, plan, Dress(format), progress=progress)


def write_plan(
    out: Path,
    plan: Plan,
    dress: Dress,
    *,
    chunk: int = CHUNK,
    threads: int | None = None,
    progress: Progress | None = None,
) -> dict[str, int]:
    """Write what `plan` says, dressed as `dress` says; returns rows by table.

    `chunk` (households made at a time) and `threads` (all there are, if not said) change memory and time, never a byte.
    Raises NotMakeable where one of the files is there already.
    """
    tables = schema().tables.values()
    targets = {table.name: out / dress.file_name(table) for table in tables}
    refuse_existing(targets.values())
    out.mkdir(parents=True, exist_ok=True)
    # Made aside and moved in when whole: a run that is broken off leaves nothing that looks like a register.
    with TemporaryDirectory(dir=out, prefix=".synth-") as aside:
        made = {name: Path(aside) / target.name for name, target in targets.items()}
        sinks = {table.name: dress.sink(made[table.name], table, round(plan.gap_rate * RATE)) for table in tables}
        with connect(plan, threads) as con:
            _fill(con, plan, list(sinks.values()), chunk, progress)
        for name, target in targets.items():
            made[name].replace(target)
    return {name: sink.rows for name, sink in sinks.items()}


def _fill(
    con: duckdb.DuckDBPyConnection, plan: Plan, sinks: Sequence[Sink], chunk: int, progress: Progress | None
) -> None:
    for start in range(plan.first, plan.end, chunk):
        stop = min(start + chunk, plan.end)
        make_chunk(con, plan, start, stop)
        for sink in sinks:
            sink.add(con)
        if progress:
            progress(_so_far(stop - plan.first, plan.households))
    for sink in sinks:
        sink.close()


def _so_far(done: int, asked: int) -> Text:
    return Text(f"已生成 {done:,} / {asked:,} 户", f"{done:,} of {asked:,} households made")


def refuse_existing(paths: Iterable[Path]) -> None:
    """Raise NotMakeable where one of the paths is there already."""
    for path in paths:
        if path.exists():
            raise NotMakeable(
                "SYNTH_FILE_EXISTS",
                Text(
                    f"{path} 已存在，未作改动。请换一个文件夹。",
                    f"{path} is there already and was left alone. Choose another folder.",
                ),
            )

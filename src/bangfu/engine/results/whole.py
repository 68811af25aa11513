"""The results of a run that is done in one go: every table written, the manifest last, then put in place."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from bangfu.engine.duck import counted
from bangfu.engine.register import RegisterReport
from bangfu.engine.request import PlacedRules, Wanted
from bangfu.engine.results.target import MANIFEST, Target
from bangfu.engine.results.workbook import write_workbook
from bangfu.engine.results.write import digest_of, manifest_of, ordered, write_table
from bangfu.engine.summary import Summary
from bangfu.kernel.schema import schema


@dataclass(frozen=True, slots=True)
class Results:
    """What is to be written: the tables stand in the connection; these are the facts about them."""

    placed: Sequence[PlacedRules]
    report: RegisterReport
    wanted: Wanted
    summary: Summary


def write_results(con: duckdb.DuckDBPyConnection, results: Results, work: Path, target: Target) -> Path:
    """Write every result table in the target's format with its manifest, then put them in place. Returns where they are."""
    names: list[str] = list(results.wanted.tables)
    if counted(con, "information_schema.tables WHERE table_name = 'rejected'"):
        names.append("rejected")
    tables = {name: schema().results[name] for name in names}
    made = work / "result"
    made.mkdir()
    files: list[Path] = []
    lang = results.wanted.lang
    if target.format == "xlsx":
        book = made / target.path.name
        write_workbook(
            con, book, {n: (t, ordered(n, t)) for n, t in tables.items()}, results.placed, results.summary, lang
        )
        files = [book]
    else:
        for name, table in tables.items():
            file = made / f"{name}.{target.format}"
            write_table(con, table, ordered(name, table), file, target.format)
            files.append(file)
    manifest = made / MANIFEST
    said = manifest_of(
        results.placed,
        results.wanted,
        register=dict(results.report.counts),
        set_aside=(results.report.set_aside_households, results.report.set_aside_rows),
        rows={name: counted(con, name) for name in tables},
        files={file.name: {"sha256": digest_of(file), "bytes": file.stat().st_size} for file in files},
    )
    manifest.write_text(json.dumps(said, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    if target.format == "xlsx":
        target.take(files[0], manifest)
    else:
        target.take(made)
    return target.path

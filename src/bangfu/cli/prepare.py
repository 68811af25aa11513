"""`bangfu prepare`: make a snapshot of a register, or of a folder of registers."""

import argparse
from datetime import UTC, datetime

from bangfu.cli.faults import refuse_unfit_fault_files, set_aside, telling
from bangfu.cli.screen import Screen
from bangfu.engine.request import book_of
from bangfu.engine.snapshot.write import Order, Prepared, SnapshotTarget, prepare
from bangfu.kernel.words import Text


def run(given: argparse.Namespace, screen: Screen) -> int:
    """Return 0; refusals are raised."""
    refuse_unfit_fault_files(given)
    order = Order(
        source=given.register,
        policies=book_of(given.rules).policy_codes(),
        digits=given.region_digits,
        skip_bad_rows=given.skip_bad_rows,
        resume=given.resume,
    )
    target = SnapshotTarget(given.out, "parquet", given.force)
    made_at = datetime.now(UTC).isoformat(timespec="seconds")
    with telling(given, target, screen):
        prepared = prepare(order, target, made_at=made_at, progress=screen.progress)
    screen.clear()
    if given.json:
        screen.json(_figures(prepared))
    else:
        _show(prepared, screen)
    return 0


def _figures(prepared: Prepared) -> dict[str, object]:
    return {
        "out": str(prepared.snapshot.path),
        "regions": len(prepared.snapshot.regions),
        "counts": prepared.snapshot.counts,
        "bytes": prepared.snapshot.bytes,
        "set_aside": {"households": prepared.set_aside_households, "rows": prepared.set_aside_rows},
        "notes": [{"zh": note.zh, "en": note.en} for note in prepared.notes],
    }


def _show(prepared: Prepared, screen: Screen) -> None:
    snapshot, counts = prepared.snapshot, prepared.snapshot.counts
    screen.notes(prepared.notes)
    if prepared.set_aside_rows:
        what = set_aside(prepared.set_aside_households, prepared.set_aside_rows, prepared.set_aside_strays)
        screen.say(
            Text(
                f"注意：{what.zh}因资料有错误而搁置，不在快照内；去掉 --skip-bad-rows 运行可列出错误。",
                f"Note: {what.en} were set aside for faults and are not in the snapshot; "
                "without --skip-bad-rows the faults are listed.",
            )
        )
    screen.say(
        Text(
            f"快照：{snapshot.path}（{len(snapshot.regions):,} 个地区，{counts['household']:,} 户，{counts['person']:,} 人，{snapshot.bytes:,} 字节）",
            f"Snapshot: {snapshot.path} ({len(snapshot.regions):,} region(s), {counts['household']:,} household(s), "
            f"{counts['person']:,} person(s), {snapshot.bytes:,} bytes)",
        )
    )

"""The hand-written peer: hand.sql over the regions of a snapshot, one after the other, one Parquet file each.

python bench/peers/hand.py SNAPSHOT OUT [WORKERS]

With several workers each takes regions by itself, with its share of the cores.
"""

import os
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import duckdb

SQL = Path(__file__).with_suffix(".sql")
TABLES = ("household", "person", "receipt", "ledger_by_household", "ledger_by_person")


def assess_region(region: Path, *, out: Path, threads: int) -> None:
    with duckdb.connect(config={"threads": threads}) as con:
        con.execute("SET enable_progress_bar = false")
        for table in TABLES:
            con.execute(f"CREATE TEMP VIEW {table} AS FROM '{region / table}.parquet'")
        con.execute(SQL.read_text(encoding="utf-8"))
        con.execute(f"COPY assessment TO '{out / region.name}.parquet' (FORMAT parquet, COMPRESSION zstd)")


def main(arguments: Sequence[str]) -> None:
    snapshot, out = map(Path, arguments[:2])
    workers = int(arguments[2]) if len(arguments) > 2 else 1
    out.mkdir(parents=True)
    regions = sorted(file.parent for file in snapshot.glob("*/household.parquet"))
    assess = partial(assess_region, out=out, threads=max(1, (os.cpu_count() or 1) // workers))
    if workers == 1:
        for region in regions:
            assess(region)
    else:
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            list(pool.map(assess, regions))


if __name__ == "__main__":
    main(sys.argv[1:])

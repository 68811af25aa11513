"""The DuckDB that does the bulk of the work."""

from pathlib import Path

import duckdb


def open_engine(
    spill: Path | None = None, *, threads: int | None = None, memory: str | None = None
) -> duckdb.DuckDBPyConnection:
    """A DuckDB of our own: in memory, spilling to `spill` beyond `memory`, never reaching out for extensions."""
    con = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    con.execute("SET enable_progress_bar = false")
    # DuckDB 2.0.0 fails on some of our expressions when the values' statistics let it fold them ("BindBuiltinScalarFunction did not
    # return a BoundFunctionExpression"): an error that depends on the data.
    # build_side_probe_side: our plans say which side of a join is kept in memory, and rows keep the order of the other side.
    con.execute("SET disabled_optimizers = 'statistics_propagation,build_side_probe_side'")
    if spill:
        con.execute("SET temp_directory = ?", [str(spill)])
    if threads:
        con.execute(f"SET threads = {threads}")
        # Eight threads for files beside those: each that goes to rest has the whole process's memory trimmed, which is then asked for again.
        con.execute("SET async_threads = 0")
    if memory:
        con.execute(f"SET memory_limit = '{memory}'")
    return con


def counted(con: duckdb.DuckDBPyConnection, relation: str, what: str = "*") -> int:
    """How many rows a relation has, or in how many of them `what` is known (`DISTINCT column`: how many such there are)."""
    # All is fetched, because a result half read bars the connection's Arrow interface.
    [(rows,)] = con.execute(f"SELECT count({what}) FROM {relation}").fetchall()
    return int(rows)

"""A compiled plan carried out over arrays: the same statements as DuckDB's, as one straight line of operations on columns.

`program` is the line of operations, `expressions` and `relations` read the plan's SQL into it, `reading` brings a snapshot's columns,
`kernel` puts them together, `judging` shows the results to DuckDB. What a plan needs beyond this is left to DuckDB (`Beyond`).
"""

from bangfu.engine.arrays.judging import AMOUNTS, OverArrays, Results, over_arrays
from bangfu.engine.arrays.program import Beyond

__all__ = ["AMOUNTS", "Beyond", "OverArrays", "Results", "over_arrays"]

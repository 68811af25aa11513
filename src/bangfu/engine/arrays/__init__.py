"""A compiled plan carried out over arrays: the same statements as DuckDB's, as one straight line of operations on columns.

`program` is the line of operations, `expressions` and `relations` read the plan's SQL into it, `reading` brings a snapshot's columns,
`kernel` puts them together. What a plan needs beyond this is left to DuckDB (`Beyond`).
"""

from bangfu.engine.arrays.kernel import Kernel, kernel_of
from bangfu.engine.arrays.program import Beyond

__all__ = ["Beyond", "Kernel", "kernel_of"]

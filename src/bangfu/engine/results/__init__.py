"""Write an assessment: CSV, Parquet or a workbook, with a manifest beside it, all at once or not at all."""

from bangfu.engine.results.target import Format, Target
from bangfu.engine.results.write import Results, write_results

__all__ = ["Format", "Results", "Target", "write_results"]

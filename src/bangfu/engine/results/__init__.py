"""Write an assessment: CSV, Parquet or a workbook, with a manifest beside it, all at once or not at all."""

from bangfu.engine.results.target import Format, Target

__all__ = ["Format", "Target"]

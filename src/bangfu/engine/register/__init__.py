"""Read a register (a folder of CSV or Parquet files, or a workbook) into typed tables, or refuse it fault by fault."""

from bangfu.engine.register.read import RegisterReport, read_register

__all__ = ["RegisterReport", "read_register"]

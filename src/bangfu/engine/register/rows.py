"""Where in a file something stands, for faults that only show once it is compared with something else."""

from collections.abc import Set
from pathlib import Path

from bangfu.engine.register.folder import find_in_folder
from bangfu.engine.register.headers import PADDING, match_header
from bangfu.engine.register.workbook import find_in_workbook
from bangfu.kernel.schema import schema


def cells_of(path: Path, table: str, key: str, column: str, values: Set[str]) -> dict[str, tuple[int, str]]:
    """The first row (header = 1) of a table that holds each of these texts in its key, with the cell of a column; the register was read without fault before."""
    found = (find_in_folder if path.is_dir() else find_in_workbook)(path, schema())
    reader = found.readers[table]()
    header = match_header(schema().tables[table], reader.header())
    cells: dict[str, tuple[int, str]] = {}
    for batch in reader.batches(header.places):
        keys = batch.columns.column(key).to_pylist()
        shown = batch.columns.column(column).to_pylist() if column in header.places else [""] * len(keys)
        for row, said, cell in zip(batch.rows, keys, shown, strict=True):
            if said is not None and said.strip(PADDING) in values:
                cells.setdefault(said.strip(PADDING), (row, (cell or "").strip(PADDING)))
    return cells

"""Groups of facts laid beside the households or persons that they are of."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from bangfu.registry.facts import Group

_Ints = npt.NDArray[np.integer]


class Order:
    """Things in an order, found by their numbers, which lie close together."""

    def __init__(self, ids: _Ints) -> None:
        self._count = len(ids)
        # What lies before the first number or behind the last has no place.
        self._before, last = (int(ids.min()) - 1, int(ids.max())) if len(ids) else (0, 0)
        self._places = np.full(last - self._before + 2, -1)
        self._places[ids - self._before] = np.arange(len(ids))

    def found_in(self, things: _Ints) -> pa.Array:
        """Where each thing of the order stands among others, each of which is there once; null where it does not."""
        places = self._places.take(things - self._before, mode="clip")
        # Behind the order, where -1 leads to, is room for what is not of it.
        found = np.full(self._count + 1, -1)
        found[places] = np.arange(len(things))
        return pa.array(found[:-1], mask=found[:-1] < 0)


@contextmanager
def facts_beside(con: duckdb.DuckDBPyConnection, there: str, groups: Sequence[Group]) -> Iterator[str]:
    """A relation of whom a query gives (`id`, and whatever it says of each), in its order, with the facts of the groups, which are read once and let go.

    Laid beside each other by place, and not as a tenfold join sorted with all its columns (docs/decisions/0018).
    """
    whom = con.sql(there).to_arrow_table()
    order = Order(whom["id"].to_numpy())
    columns = dict(zip(whom.column_names, whom.columns, strict=True))
    with ThreadPoolExecutor(2) as both:
        for beside in both.map(lambda group: _beside(con, group, order), groups):
            columns |= beside
    con.register("told", pa.table(columns))
    try:
        yield "told"
    finally:
        con.unregister("told")


def _beside(con: duckdb.DuckDBPyConnection, group: Group, order: Order) -> dict[str, pa.Array]:
    """The columns of a group, named `group.field`, in an order of things; what was read of it is let go."""
    with closing(con.cursor()) as own:
        held = own.sql(f"FROM h_{group.name}").to_arrow_table()
        own.execute(f"DROP TABLE h_{group.name}")
    places = order.found_in(held["thing"].to_numpy())
    return {f"{group.name}.{name}": held[name].combine_chunks().take(places) for name in held.column_names[1:]}

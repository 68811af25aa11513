"""Write the regions of one register: its prepared tables, cut by prefix, numbered on from the regions before."""

import shutil
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass
from os.path import commonprefix
from pathlib import Path

import duckdb

from bangfu.engine.register.staging import literal
from bangfu.engine.register.sums import WIDE, sums
from bangfu.engine.results.write import PARQUET
from bangfu.engine.snapshot.layout import ROW_GROUP, TABLES, Piece, Region, columns_of, file_of
from bangfu.engine.snapshot.read import check_piece
from bangfu.engine.snapshot.uniqueness import Counts
from bangfu.engine.unfinished import read_json, write_json
from bangfu.kernel.errors import DomainError


@dataclass(frozen=True, slots=True)
class Place:
    """Where a region stands among all: its folder's name, prefix, first numbers and sizes."""

    name: str
    prefix: str
    first_household: int
    first_person: int
    households: int
    persons: int


@dataclass(frozen=True, slots=True)
class Workshop:
    """A working folder: finished regions in `result`, the record of each in `done`, one in the making in `making`."""

    folder: Path

    @property
    def result(self) -> Path:
        return self.folder / "result"

    @property
    def done(self) -> Path:
        return self.folder / "done"

    @property
    def keys(self) -> Path:
        return self.folder / "keys"

    @property
    def shared(self) -> Path:
        return self.folder / "shared.parquet"

    def begin(self) -> None:
        for folder in (self.result, self.done):
            folder.mkdir(exist_ok=True)

    def spill(self, number: int) -> Path:
        return self.folder / f"spill-{number}"

    def record(self, place: Place) -> Path:
        return self.done / f"{place.name}.json"

    def finished(self, place: Place) -> Region | None:
        """A region that was finished earlier and is still what it was."""
        try:
            region = Region.from_json(read_json(self.record(place)))
        except (KeyError, TypeError, ValueError):  # no record, or none that says this
            return None
        try:
            for table in TABLES:
                check_piece(self.result, region, table, through=True)
        except DomainError:  # cut short when the machine went down: it is made again
            return None
        return region


def places_of(counts: Sequence[Counts]) -> list[list[Place]]:
    """The regions of each register, numbered through in the order of their prefixes, then of the registers."""
    order = sorted((prefix, number) for number, mine in enumerate(counts) for prefix in mine)
    found: list[list[Place]] = [[] for _ in counts]
    household = person = same = 0
    before = None
    for prefix, number in order:
        same = same + 1 if prefix == before else 1
        before = prefix
        households, persons = counts[number][prefix]
        name = prefix if same == 1 else f"{prefix}+{same}"
        found[number].append(Place(name, prefix, household, person, households, persons))
        household += households
        person += persons
    return found


def even_places(counts: Counts, pieces: int) -> list[Place]:
    """So many regions of one register, or fewer, with about as many households each: villages in their order, none of them divided.

    `counts` are those of villages. A region is named after its first village; its prefix is what all of its villages begin with.
    """
    total = sum(households for households, _ in counts.values())
    villages: dict[int, list[str]] = {}
    before = 0
    for village, (households, _) in sorted(counts.items()):
        # Where the village's middle lies decides.
        villages.setdefault((2 * before + households) * pieces // (2 * total), []).append(village)
        before += households
    found: list[Place] = []
    household = person = 0
    for mine in villages.values():
        households, persons = (sum(counts[village][k] for village in mine) for k in (0, 1))
        prefix = commonprefix(mine)  # noqa: RUF071  # of codes, character by character
        found.append(Place(mine[0], prefix, household, person, households, persons))
        household += households
        person += persons
    return found


def counts_of(con: duckdb.DuckDBPyConnection, digits: int) -> Counts:
    """Households and persons by prefix, out of the prepared tables."""
    rows = con.execute(f"""
        SELECT left(village_code, {digits}) AS prefix, count(*), sum(persons)
        FROM household JOIN (
            SELECT household_no, count(person_no) AS persons FROM household LEFT JOIN person USING (household_no)
            GROUP BY household_no
        ) USING (household_no)
        GROUP BY prefix ORDER BY prefix
    """).fetchall()
    return {prefix: (households, int(persons)) for prefix, households, persons in rows}


def write_regions(con: duckdb.DuckDBPyConnection, places: Iterable[Place], shop: Workshop, making: Path) -> None:
    """Write those regions of the register in `con` that are not finished, as many at once as it has threads; `places` are all of it, in order.

    What is in the making lies in folders whose names begin like `making`.
    """
    [(threads,)] = con.execute("SELECT current_setting('threads')").fetchall()
    household = person = 0
    with ThreadPoolExecutor(threads) as several:
        written = []
        for place in places:
            if shop.finished(place) is None:
                written.append(several.submit(_write_region, con, place, (household, person), shop, making))
            household += place.households
            person += place.persons
        try:
            for region in written:
                region.result()
        except BaseException:
            several.shutdown(cancel_futures=True)
            raise


def _write_region(
    con: duckdb.DuckDBPyConnection, place: Place, here: tuple[int, int], shop: Workshop, making: Path
) -> None:
    """`here` are the numbers that the region's first household and person have in `con`."""
    with closing(con.cursor()) as own:
        _write_tables(own, place, here, shop, making.with_name(f"{making.name}-{place.name}"))


def _write_tables(
    con: duckdb.DuckDBPyConnection, place: Place, here: tuple[int, int], shop: Workshop, making: Path
) -> None:
    first = here[0]
    last = first + place.households - 1
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    moved = {"household_no": place.first_household - first, "person_no": place.first_person - here[1]}
    rows: dict[str, int] = {}
    for table in TABLES:
        columns = ", ".join(
            f'("{column}" + {moved[column]})::INTEGER AS "{column}"' if column in moved else f'"{column}"'
            for column in columns_of(table)
        )
        # The prepared tables are sorted, and DuckDB keeps the order of what it only filters.
        with _rows(con, table, first, last) as source:
            ((rows[table],),) = con.execute(
                f"COPY (SELECT {columns} FROM {source}) "
                f"TO {literal(str(making / file_of(table)))} ({PARQUET}, ROW_GROUP_SIZE {ROW_GROUP})"
            ).fetchall()
    policies = con.execute(
        f"SELECT DISTINCT policy_id FROM receipt WHERE household_no BETWEEN {first} AND {last} ORDER BY policy_id"
    ).fetchall()
    region = Region(
        name=place.name,
        prefix=place.prefix,
        first_household=place.first_household,
        last_household=place.first_household + place.households - 1,
        first_person=place.first_person,
        last_person=place.first_person + place.persons - 1,
        policies=tuple(policy for (policy,) in policies),
        files={table: Piece.of(making / file_of(table), rows[table]) for table in TABLES},
    )
    shutil.rmtree(shop.result / place.name, ignore_errors=True)
    making.rename(shop.result / place.name)
    write_json(shop.record(place), region.as_json())


def _rows(con: duckdb.DuckDBPyConnection, table: str, first: int, last: int) -> AbstractContextManager[str]:
    """A relation of the table's rows of the households from `first` to `last`; the wide ones are made as they are read, and never kept whole."""
    if table in WIDE:
        return sums(con, table, first, last)
    return nullcontext(f"{table} WHERE household_no BETWEEN {first} AND {last}")

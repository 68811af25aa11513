"""Whether ids are unique over registers that are never in memory together, and how many persons share an ID number.

Each register's keys are written to disk sorted by a hash; one range of hashes is then looked at over all registers at a
time. Of ID numbers only a digest is written. Equal keys have equal hashes, so nothing is missed, and memory is bounded by
the size of a range.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb

from bangfu.engine.duck import counted
from bangfu.engine.register.batches import Reader
from bangfu.engine.register.folder import find_in_folder
from bangfu.engine.register.headers import match_header
from bangfu.engine.register.parquet_file import ParquetFile
from bangfu.engine.register.plain_parquet import plain_sql
from bangfu.engine.register.read import MOST_FAULTS
from bangfu.engine.register.staging import close_staging, literal, open_staging, raw, stage
from bangfu.engine.snapshot.layout import stored
from bangfu.engine.snapshot.parts import Part
from bangfu.kernel.errors import Fault, RegisterRefused
from bangfu.kernel.id_numbers import RESIDENT
from bangfu.kernel.schema import Table, schema
from bangfu.kernel.words import Text

# How many households and persons a register has in each prefix.
Counts = dict[str, tuple[int, int]]

# The first two bytes of the hash; keys looked at together, about 0.4 GB.
BUCKETS = 1 << 16
KEYS_AT_ONCE = 4_000_000
_KEYS = {"household": ("household_id", "village_code"), "person": ("person_id", "household_id", "id_number")}


def shared_key(id_number: str) -> str:
    """SQL for what two numbers of one person agree in (see identity.py), as a digest."""
    return f"unhex(md5(left(upper({id_number}), {RESIDENT})))"


def scan_keys(con: duckdb.DuckDBPyConnection, part: Part, digits: int) -> bool:
    """Read only the keys of a register into key_household and key_person; False where it cannot be read so.

    That is left to the whole reading, which says why.
    """
    contract = schema()
    found = find_in_folder(part.path, contract)
    open_staging(con, contract)
    try:
        household, person = (_keys_of(con, found.readers[name](), contract.tables[name]) for name in _KEYS)
        _make_keys(con, household, person, "household_id", '"row"', digits)
    except (RegisterRefused, KeyError):
        return False
    finally:
        close_staging(con)
    return True


def _keys_of(con: duckdb.DuckDBPyConnection, reader: Reader, table: Table) -> str:
    """A relation of a table's keys and the row of each. Raises RegisterRefused."""
    header = match_header(table, reader.header()).places
    places = {key: header[key] for key in _KEYS[table.name] if key in header}
    contract = schema()
    if isinstance(reader, ParquetFile) and (plain := plain_sql(reader, table, places, contract, contract.codes)):
        return f"({plain})"
    stage(con, table, reader.batches(places))
    return raw(table.name)


def take_keys(con: duckdb.DuckDBPyConnection, digits: int) -> None:
    """The same out of the prepared tables of a register: those of its households that stay, without their rows."""
    _make_keys(con, "household", "person", "household_no", "0", digits)


def _make_keys(con: duckdb.DuckDBPyConnection, household: str, person: str, link: str, row: str, digits: int) -> None:
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE key_household AS
        SELECT household_id AS key, {row} AS line, left(village_code, {digits}) AS prefix FROM {household}
    """)
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE key_person AS
        SELECT person_id AS key, p.line, left(village_code, {digits}) AS prefix, {shared_key("id_number")} AS number
        FROM (SELECT *, {row} AS line FROM {person}) p JOIN {household} USING ({link})
    """)


def write_keys(con: duckdb.DuckDBPyConnection, number: int, folder: Path) -> Counts:
    """Write the keys of one register (the `number`th) sorted by bucket; returns its counts."""
    for kind, keys in {
        "household": "SELECT key, line FROM key_household",
        "person": "SELECT key, line FROM key_person",
        "number": "SELECT number AS key, count(*) AS line FROM key_person WHERE number IS NOT NULL GROUP BY number",
    }.items():
        con.execute(
            f"COPY (SELECT (hash(key) >> 48)::USMALLINT AS bucket, key, {number} AS part, line::INTEGER AS line FROM ({keys}) "
            f"ORDER BY bucket) TO {literal(str(folder / f'{kind}-{number}.parquet'))} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 20480)"
        )
    counted = con.execute("""
        SELECT prefix, h.count, coalesce(p.count, 0)
        FROM (SELECT prefix, count(*) FROM key_household GROUP BY prefix) h(prefix, count)
        LEFT JOIN (SELECT prefix, count(*) FROM key_person GROUP BY prefix) p(prefix, count) USING (prefix)
        ORDER BY prefix
    """).fetchall()
    return {prefix: (households, persons) for prefix, households, persons in counted}


def find_repeats(
    con: duckdb.DuckDBPyConnection, folder: Path, parts: Sequence[Part], *, keys_at_once: int = KEYS_AT_ONCE
) -> tuple[list[Fault], int]:
    """Ids that several registers have: a fault for each row after the first register's, as many as are kept, and the number of all."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE repeated "
        "(kind VARCHAR, key VARCHAR, part INTEGER, line INTEGER, first INTEGER, first_line INTEGER)"
    )
    for kind in ("household", "person"):
        con.execute("CREATE OR REPLACE TEMP TABLE again (key VARCHAR)")
        for keys in _ranges(con, folder, kind, keys_at_once):
            con.execute(f"""
                INSERT INTO again SELECT key FROM ({keys}) WHERE key IS NOT NULL
                GROUP BY key HAVING min(part) <> max(part)
            """)
        # Most often there is nothing to join with, and DuckDB then reads no key a second time.
        con.execute(f"""
            INSERT INTO repeated
            SELECT '{kind}', key, part, line, min(part) OVER same AS first, arg_min(line, part) OVER same
            FROM (SELECT key, part, min(line) AS line FROM {_files(folder, kind)} SEMI JOIN again USING (key) GROUP BY ALL)
            WINDOW same AS (PARTITION BY key)
            QUALIFY part > first
        """)
    total = counted(con, "repeated")
    rows = con.execute(f"SELECT * FROM repeated ORDER BY part, kind, line, key LIMIT {MOST_FAULTS}").fetchall()
    faults = [
        Fault(kind, line, f"{kind}_id", key, _repeated(parts[first].name, first_line), part=parts[part].name)
        for kind, key, part, line, first, first_line in rows
    ]
    return faults, total


def write_shared(con: duckdb.DuckDBPyConnection, folder: Path, out: Path, *, keys_at_once: int = KEYS_AT_ONCE) -> None:
    """Write, for each register, which ID numbers another one has as well (as a digest) and how many persons have each."""
    con.execute("CREATE OR REPLACE TEMP TABLE shared (part INTEGER, number BLOB, persons INTEGER)")
    for keys in _ranges(con, folder, "number", keys_at_once):
        con.execute(f"""
            INSERT INTO shared
            SELECT unnest(list(part)), key, sum(line)::INTEGER FROM ({keys}) GROUP BY key HAVING count(*) > 1
        """)
    con.execute(f"COPY (FROM shared ORDER BY part, number) TO {literal(str(out))} (FORMAT parquet, COMPRESSION zstd)")


def apply_shared(con: duckdb.DuckDBPyConnection, number: int, shared: Path) -> None:
    """Give the persons of one register in `con` the count over all registers."""
    con.execute(f"""
        UPDATE person SET id_shared_by = s.persons
        FROM (SELECT number, persons FROM {stored([shared])} WHERE part = {number}) s
        WHERE s.number = {shared_key("person.id_number")}
    """)


def _ranges(con: duckdb.DuckDBPyConnection, folder: Path, kind: str, keys_at_once: int) -> Iterator[str]:
    """Queries that give every key of a kind once, range of buckets by range of buckets."""
    files = _files(folder, kind)
    ranges = max(1, min(BUCKETS, -(-counted(con, files) // keys_at_once)))
    for n in range(ranges):
        first, after = n * BUCKETS // ranges, (n + 1) * BUCKETS // ranges
        yield f"SELECT key, part, line FROM {files} WHERE bucket >= {first} AND bucket < {after}"


def _files(folder: Path, kind: str) -> str:
    return stored(sorted(folder.glob(f"{kind}-*.parquet")))


def _repeated(register: str, row: int) -> Text:
    return Text(
        f"编号重复，“{register}”{f'第 {row} 行' if row else '中'}已用过。各份登记资料合在一起，编号也不能重复。",
        f"The number is already used in {register}{f', row {row}' if row else ''}. "
        "Numbers must not repeat over registers that are put together.",
    )

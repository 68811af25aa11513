"""What a run found, laid beside the verdicts that stand: only what differs is written, in one transaction that makes the run current.

Two things go on meanwhile. Edits: they leave rows of `Touched`, and a household that was touched after the run read the register is left
as it is, and stale. Corrections: they wait outside, for as long as the storing takes, and leave their household stale.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q

from bangfu.assessment.models import VERDICTS, Change, Run, State
from bangfu.assessment.services import counting_runs, tallying
from bangfu.assessment.services.indexing import make_missing_constraints, take_indexes_away
from bangfu.assessment.services.locking import alone
from bangfu.engine.duck import counted
from bangfu.engine.register.staging import literal
from bangfu.engine.results.write import in_fen
from bangfu.engine.snapshot.layout import stored
from bangfu.kernel.errors import DomainError
from bangfu.kernel.schema import schema
from bangfu.kernel.words import Text
from bangfu.registry.arrow import Reader, reading
from bangfu.registry.bulk import delete_query, insert_query, update_query
from bangfu.registry.facts import ERASED
from bangfu.registry.models import Erasure, Touched

RUNS = "verdicts are stored for all households; each is shown to those within whose scope it lies"
# Who was touched after the run read the register.
OVERTAKEN = "SELECT DISTINCT household FROM touched_by_now WHERE id NOT IN (SELECT id FROM touched)"
_KINDS = {"yes_no": "BOOLEAN", "count": "BIGINT", "money": "BIGINT"}


@dataclass(frozen=True, slots=True)
class Taken:
    """What a run has in its hands: where its results lie, and when it stores them."""

    run: Run
    results: Path
    at: datetime


def current_run() -> Run | None:
    """The run whose verdicts stand."""
    return Run.objects.filter(state=State.DONE).order_by("-pk").first()


def run_numbered(run: int) -> Run:
    """Raises Run.DoesNotExist."""
    return Run.objects.get(pk=run)


def columns_of(table: str) -> dict[str, str]:
    """The columns of a table of verdicts that say something, with their type in DuckDB."""
    columns = schema().results[table].columns.values()
    return {
        column.name: _KINDS.get(column.type, "VARCHAR")
        for column in columns
        if column.type != "id" or column.name == "policy_id"
    }


def keys_of(table: str) -> tuple[str, ...]:
    """Of whom a row is."""
    return ("household",) if table == "assessment" else ("household", "person")


def read_taken(con: duckdb.DuckDBPyConnection, reader: Reader) -> None:
    """`touched`: what had been changed by the moment in which the register is read."""
    kinds = {"id": "BIGINT", "household": "BIGINT", "act": "BIGINT", "assessed": "BOOLEAN"}
    _touched(con, reader, "touched", kinds)


def store(con: duckdb.DuckDBPyConnection, taken: Taken, clock: Callable[[], datetime]) -> None:
    """Let the verdicts of a run stand, and the run be current. `con` holds the tables that it read. To be followed by `make_missing_indexes`.

    Raises DomainError where the run was given up meanwhile: another may have stored what it read later.
    """
    run = taken.run
    for table in VERDICTS:
        _found(con, table, taken.results)
    take_indexes_away()
    with transaction.atomic():
        alone()
        if not Run.objects.select_for_update().filter(pk=run.pk, state=State.RUNNING).exists():
            raise _given_up(run)
        before = current_run()
        with reading() as reader:
            for table in VERDICTS:
                _standing(con, reader, table)
            _touched(con, reader, "touched_by_now", {"id": "BIGINT", "household": "BIGINT"})
        _compare(con, taken, before)
        changed = _write(con, taken)
        _settle_touched(con)
        forget_erased()
        run.state, run.changed, run.finished_at = State.DONE, changed, clock()
        run.save()


def _given_up(run: Run) -> DomainError:
    return DomainError(
        "RUN_GIVEN_UP",
        Text(
            f"第 {run.pk} 次评估太久没有结束，已按没有完成处理，没有保存结论。请重新评估。",
            f"Assessment {run.pk} took so long that it was taken for broken off, and stored nothing. Start another one.",
        ),
    )


def _touched(con: duckdb.DuckDBPyConnection, reader: Reader, table: str, kinds: dict[str, str]) -> None:
    asked = "id, household_id AS household, act_id AS act, assessed"
    reader.fill(con, table, kinds, f"SELECT {', '.join(kinds)} FROM (SELECT {asked} FROM {Touched._meta.db_table}) t")


def _found(con: duckdb.DuckDBPyConnection, table: str, results: Path) -> None:
    """`n_<table>`: what the run found, with the database's ids in place of numbers."""
    files = sorted((results / table).glob("*.parquet"))
    said = ", ".join(f'r."{name}"::{kind} AS "{name}"' for name, kind in columns_of(table).items())
    person = "LEFT JOIN i_person p ON p.number = r.person_id" if "person" in keys_of(table) else ""
    keys = ", ".join(f"{key[0]}.id AS {key}" for key in keys_of(table))
    con.execute(f"""
        CREATE OR REPLACE TABLE n_{table} AS SELECT *, hash({_all(table)}) AS said FROM (
            SELECT {keys}, {said}
            FROM (SELECT {in_fen(schema().results[table])} FROM {stored(files)}) r JOIN i_household h ON h.number = r.household_id {person}
        )
    """)


def _standing(con: duckdb.DuckDBPyConnection, reader: Reader, table: str) -> None:
    """`c_<table>`: what stands, of each row no more than tells whether it is one of those that the run found."""
    kinds = {"id": "BIGINT", **dict.fromkeys(keys_of(table), "BIGINT"), **columns_of(table)}
    reader.fill(con, f"c_{table}", kinds, _standing_sql(table), kept=f"id, household, hash({_all(table)}) AS said")


def _standing_sql(table: str) -> str:
    model: Any = VERDICTS[table]
    listed = ", ".join(["id", *(f"{key}_id AS {key}" for key in keys_of(table)), *_named(columns_of(table))])
    return f"SELECT {listed} FROM {model._meta.db_table} WHERE until_id IS NULL"


def _named(columns: Iterable[str]) -> list[str]:
    return [f'"{name}"' for name in columns]


def _all(table: str) -> str:
    return ", ".join(_named((*keys_of(table), *columns_of(table))))


def _compare(con: duckdb.DuckDBPyConnection, taken: Taken, before: Run | None) -> None:
    """`changed` (household, causes, act): of whom the run found something else than what stands."""
    con.execute(f"CREATE OR REPLACE TABLE overtaken AS {OVERTAKEN}")
    differ = " UNION ".join(
        f"""
        SELECT household FROM (SELECT household, sum(said) AS said FROM n_{table} GROUP BY household) n
        FULL JOIN (SELECT household, sum(said) AS said FROM c_{table} GROUP BY household) c USING (household)
        WHERE n.said IS DISTINCT FROM c.said
        """
        for table in VERDICTS
    )
    # What is the same for every household.
    general = "".join(
        f";{cause}"
        for cause, holds in (
            ("rules", before is not None and before.book != taken.run.book),
            ("day", before is not None and before.as_of != taken.run.as_of),
        )
        if holds
    )
    con.execute(f"""
        CREATE OR REPLACE TABLE changed AS
        SELECT row_number() OVER (ORDER BY household) AS place, household, act,
            CASE WHEN household NOT IN (SELECT household FROM c_assessment) THEN 'first'
            ELSE coalesce(nullif(ltrim(CASE WHEN act IS NOT NULL THEN ';facts' ELSE '' END || {literal(general)}, ';'), ''), 'program') END AS causes
        FROM ({differ}) LEFT JOIN (SELECT household, max(act) AS act FROM touched WHERE NOT assessed GROUP BY household) USING (household)
        WHERE household NOT IN (FROM overtaken)
    """)


def _pair_off(con: duckdb.DuckDBPyConnection, table: str) -> None:
    """`gone_<table>` and `new_<table>`: equal rows of a household paired off. Where nothing stood of it, all of its rows are new."""
    for side, stood in (("n", f"SEMI JOIN c_{table} USING (household)"), ("c", "")):
        con.execute(f"""
            CREATE OR REPLACE TEMP TABLE {side}_here AS
            SELECT *, row_number() OVER (PARTITION BY household, said) AS nth FROM {side}_{table} SEMI JOIN changed USING (household) {stood}
        """)
    con.execute(f"CREATE OR REPLACE TABLE gone_{table} AS FROM c_here ANTI JOIN n_here USING (household, said, nth)")
    con.execute(f"""
        CREATE OR REPLACE TABLE differing_{table} AS
        SELECT * EXCLUDE nth FROM n_here ANTI JOIN c_here USING (household, said, nth)
    """)
    con.execute(f"""
        CREATE OR REPLACE VIEW new_{table} AS FROM differing_{table}
        UNION ALL FROM n_{table} SEMI JOIN changed USING (household) ANTI JOIN c_{table} USING (household)
    """)


def _write(con: duckdb.DuckDBPyConnection, taken: Taken) -> int:
    """Write the changes and what they end and make; how many households changed."""
    changed = counted(con, "changed")
    if not changed:
        return 0
    with closing(con.cursor()) as own, ThreadPoolExecutor(1) as beside:
        # PostgreSQL takes rows with one core: what lists say is added up meanwhile.
        added_up = beside.submit(_add_up, own)
        _write_rows(con, taken, changed)
        make_missing_constraints()
        added_up.result()
    tallying.tally_stored(con)
    counting_runs.count_stored(con)
    return changed


def _add_up(con: duckdb.DuckDBPyConnection) -> None:
    tallying.add_up_found(con)
    counting_runs.add_up_found(con)


def _write_rows(con: duckdb.DuckDBPyConnection, taken: Taken, changed: int) -> None:
    """So many changes, the verdicts that each ends, and those that it makes."""
    before = _reserve(Change._meta.db_table, changed)
    insert_query(
        con,
        Change._meta.db_table,
        ("id", "run_id", "household_id", "at", "correction", "causes", "act_id"),
        f"SELECT {before} + place, {taken.run.pk}, household, '{_moment(taken.at)}', false, causes, act FROM changed ORDER BY place",
    )
    for table, model in VERDICTS.items():
        _pair_off(con, table)
        name = model._meta.db_table
        ended = f"SELECT id, {before} + place FROM gone_{table} JOIN changed USING (household)"
        update_query(con, name, ("id", "until_id"), ended)
        # As they come: all of a household's together, and village by village. A sort of millions would have to end before the first is written.
        columns = (*(f"{key}_id" for key in keys_of(table)), *columns_of(table), "since_id")
        insert_query(
            con,
            name,
            columns,
            f"SELECT {_all(table)}, {before} + place FROM new_{table} JOIN changed USING (household)",
        )


def _settle_touched(con: duckdb.DuckDBPyConnection) -> None:
    """What the run saw is done with; what came later has to be assessed again, also where a correction has been made of it."""
    delete_query(con, Touched._meta.db_table, "SELECT id FROM touched")
    Touched.objects.unscoped(RUNS).filter(assessed=True).update(assessed=False)


def forget_erased() -> None:
    """Empty the wording of findings that stand no more and were made of what has since been erased. They, and when they stood, stay."""
    of_it = Q(household=OuterRef("household")) | Q(person=OuterRef("person"))
    later = Erasure.objects.filter(of_it, at__gte=OuterRef("since__at"))
    ended = VERDICTS["finding"].objects.unscoped(RUNS).filter(until__isnull=False).exclude(message=ERASED)
    few = Q(household__in=Erasure.objects.values("household")) | Q(person__in=Erasure.objects.values("person"))
    ended.filter(few).filter(Exists(later)).update(message=ERASED)


def _reserve(table: str, rows: int) -> int:
    """Keep ids for rows; the first is the one after what is returned."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Nobody else writes changes while the lock is held.
            cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [table])
            first = int(cursor.fetchone()[0])
            cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [table, first + rows])
            return first
        cursor.execute(f"SELECT coalesce(max(id), 0) FROM {table}")
        return int(cursor.fetchone()[0])


def _moment(at: datetime) -> str:
    """As both databases take it."""
    return str(connection.ops.adapt_datetimefield_value(at))

"""The counts of counting.py after a run, which finds verdicts of every household: worked out where they were found, in DuckDB.

Apart from those, since that is read by whatever moves a household, a command too that needs no DuckDB.
"""

import duckdb

from bangfu.assessment.models import PolicyTally, PolicyVerdict
from bangfu.assessment.services.counting import ASKED, COLUMNS, COUNTED, each_of, summed
from bangfu.places.holding import hold
from bangfu.registry.arrow import Reader, reading
from bangfu.registry.bulk import insert_query
from bangfu.registry.models import Household


def add_up_found(con: duckdb.DuckDBPyConnection) -> None:
    """`counted`: what a run found of each household and policy, but for households that were overtaken."""
    found = f"SELECT {', '.join(ASKED)} FROM n_entitlement ANTI JOIN overtaken USING (household)"
    con.execute(f"CREATE OR REPLACE TABLE counted AS {each_of(found)}")


def count_stored(con: duckdb.DuckDBPyConnection) -> None:
    """Count every place anew after a run: what was added up, and of households that were overtaken what stands."""
    hold()
    with reading() as reader:
        lives = f"SELECT id AS household, place_id AS place FROM {Household._meta.db_table} WHERE place_id IS NOT NULL"
        reader.fill(con, "lives", {"household": "BIGINT", "place": "BIGINT"}, lives)
        _overtaken(con, reader)
    PolicyTally.objects.unscoped(COUNTED).all().delete()
    rows = summed("FROM lives", f"FROM counted UNION ALL {each_of('FROM stood')}")
    insert_query(con, PolicyTally._meta.db_table, COLUMNS, f"{rows} ORDER BY ALL")


def _overtaken(con: duckdb.DuckDBPyConnection, reader: Reader) -> None:
    """`stood`: the verdicts of households that the run leaves as they were."""
    some = ", ".join(str(household) for (household,) in con.execute("FROM overtaken").fetchall()) or "NULL"
    listed = ", ".join(name if name != "household" else "household_id AS household" for name in ASKED)
    of_them = f"until_id IS NULL AND household_id IN ({some})"
    reader.fill(con, "stood", ASKED, f"SELECT {listed} FROM {PolicyVerdict._meta.db_table} WHERE {of_them}")

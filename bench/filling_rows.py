"""The rows of bench.filling."""

from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from bangfu.audit.data import Act as Said
from bangfu.audit.data import By
from bangfu.engine.duck import open_engine
from bangfu.engine.register import read_register
from bangfu.kernel.clock import office_day
from bangfu.places.selectors import places_of_codes
from bangfu.privacy.keys import load_ring
from bangfu.privacy.models import SealedNumber
from bangfu.registry.bulk import insert_query
from bangfu.registry.facts import Field, Group, groups_of
from bangfu.registry.imports.state import fill
from bangfu.registry.listed import list_unlisted
from bangfu.registry.models import VERSIONS, Household, How, LedgerLine, Person, Receipt, Touched
from bangfu.registry.services.acts import begin
from bangfu.rulebook.kept import shipped_book

NUMBERED = "row_number() OVER (ORDER BY {0}_no)"


def fill_registry(register: Path, at: datetime) -> None:
    """Everything holds from the moment's day on, by one act."""
    by = By("system:bench", at, load_ring(settings.KEY_RING_FILE))
    day = office_day(at)
    with open_engine() as con, transaction.atomic():
        read_register(register, into=con, policies=shipped_book().policy_codes(), progress=lambda _: None)
        codes = [code for (code,) in con.execute("SELECT DISTINCT village_code FROM household").fetchall()]
        places = places_of_codes(codes, day, at, level="village")
        fill(con, "village", {"code": "VARCHAR", "place": "BIGINT"}, list(places.items()))
        act = begin(by, How.IMPORT, Said("registry.import"))
        insert_query(
            con,
            Household._meta.db_table,
            ("id", "number", "place_id"),
            "SELECT household_no + 1, household_id, place FROM household JOIN village ON code = village_code ORDER BY 1",
        )
        insert_query(
            con,
            Person._meta.db_table,
            ("id", "number", "household_id"),
            "SELECT person_no + 1, person_id, household_no + 1 FROM person ORDER BY 1",
        )
        con.execute(
            "CREATE TABLE number AS SELECT person_no, uuid() AS id, md5(id_number) AS said FROM person WHERE id_number IS NOT NULL"
        )
        insert_query(
            con,
            SealedNumber._meta.db_table,
            ("id", "kind", "sealed", "exact_index", "last_four_index"),
            f"SELECT {_uuid()}, 'id_card', 'bench', said, left(said, 8) FROM number",
        )
        for group in (*groups_of("household"), *groups_of("person")):
            columns = {
                "thing_id": f"{group.of}_no + 1",
                "valid_from": f"'{day}'",
                "act_id": f"{act.pk}",
                "stands": "true",
                "is_current": "true",
                **{_model(group)._meta.get_field(n).column: _value(group, f) for n, f in group.fields.items()},
            }
            joined = {
                "residence": "JOIN village ON code = village_code",
                "papers": "JOIN number USING (person_no)",
            }.get(group.name, "")
            listed = ", ".join(columns.values())
            insert_query(
                con,
                VERSIONS[group.name]._meta.db_table,
                tuple(columns),
                f"SELECT {listed} FROM {group.of} {joined} ORDER BY 1",
            )
        for table, model, what, code in (
            ("ledger", LedgerLine, "item", "item"),
            ("receipt", Receipt, "policy", "policy_id"),
        ):
            more = {"note": "''"} if table == "ledger" else {"of_file": "true"}
            insert_query(
                con,
                model._meta.db_table,
                ("household_id", "person_id", "year", what, "amount", "act_id", "withdrawn", "stands", *more),
                f"SELECT household_no + 1, person_no + 1, year, {code}, amount, {act.pk}, false, true"
                f"{''.join(f', {sql}' for sql in more.values())} FROM {table}",
            )
        insert_query(
            con,
            Touched._meta.db_table,
            ("household_id", "act_id", "assessed"),
            f"SELECT household_no + 1, {act.pk}, false FROM household",
        )
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                # Else each of the many statements to come looks through whole tables, of which it is not known that they are long.
                cursor.execute("ANALYZE")
        list_unlisted()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for thing in (Household, Person):
                table = thing._meta.db_table
                cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")
            cursor.execute("VACUUM ANALYZE")


def _model(group: Group) -> Any:
    return VERSIONS[group.name]


def _uuid() -> str:
    return "id" if connection.vendor == "postgresql" else "replace(id::VARCHAR, '-', '')"


def _value(group: Group, field: Field) -> str:
    if field.type == "place":
        return "place"
    if field.type == "household":
        return "household_no + 1"
    if field.type == "number":
        return _uuid()
    if not field.column and not field.derived:
        return "NULL"
    name = f'"{field.column or field.name}"'
    if field.type == "date":
        return f"CASE WHEN {name} IS NOT NULL THEN printf('%04d-%02d-%02d', {name} // 10000, {name} // 100 % 100, {name} % 100) END"
    return name

"""The register as an assessment reads it: what held on a day as far as is known now, without numbers and names.

Read as Arrow, a table a group of facts, in one moment of the database; put together in DuckDB.
"""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

import duckdb
from django.db.models import Max

from bangfu.engine.duck import counted
from bangfu.engine.register import RegisterReport
from bangfu.engine.register.publish import (
    add_up_repeats,
    make_household,
    make_ledger,
    make_person,
    make_receipt,
)
from bangfu.engine.register.staging import quoted
from bangfu.engine.register.typing_sql import sql_type
from bangfu.kernel.clock import office_day
from bangfu.kernel.errors import DomainError
from bangfu.kernel.schema import Column, schema
from bangfu.kernel.words import Text
from bangfu.places.selectors import village_codes
from bangfu.privacy.models import SealedNumber
from bangfu.registry.arrow import Asked, Reader, reading, reading_here
from bangfu.registry.beside import facts_beside
from bangfu.registry.columns import WHOLE as NUMBERS
from bangfu.registry.facts import Field, Group, groups_of
from bangfu.registry.imports.state import fill
from bangfu.registry.models import VERSIONS, Act, Household, LedgerLine, Person, Receipt


def read_registry(
    con: duckdb.DuckDBPyConnection, day: date, households: Collection[int] | None = None
) -> RegisterReport:
    """Read the register as of a day into the prepared tables of `con` (docs/snapshot.md), as it is committed at this moment.

    Ledger lines and receipts are those of all years; a payment of a day counts from that day on. Raises DomainError where there is no household.
    With `households` those alone, as the transaction under way has them; there may be none then, and who shares a number with them is not seen.
    """
    read_villages(con, day)
    with reading() if households is None else reading_here() as reader:
        read_tables(con, reader, day, households)
    return prepare_tables(con, day, whole=households is None)


def read_villages(con: duckdb.DuckDBPyConnection, day: date) -> None:
    """`i_village`: the code that each village had on the day."""
    fill(con, "i_village", {"place": "BIGINT", "code": "VARCHAR"}, list(village_codes(day).items()))


def read_tables(
    con: duckdb.DuckDBPyConnection, reader: Reader, day: date, households: Collection[int] | None = None
) -> None:
    """Read what is held into `con`: `i_…` identities, `h_…` the version of each group that holds on the day, `l_…` lines that stand, `n_sealed` numbers."""
    is_now = _is_now(day)
    lines = [
        _lines(name, f"{_counts(name, day)} AND {_among('l.household_id', 'household', households)}")
        for name in ("ledger", "receipt")
    ]
    held = [
        _held(
            group,
            f"{'v.is_current' if is_now else holds(group, day)} AND {_among('v.thing_id', group.of, households)}",
        )
        for group in (*groups_of("person"), *groups_of("household"))
    ]
    named = [
        Asked(
            f"i_{name}",
            {"id": "BIGINT", "number": "VARCHAR"},
            f"SELECT id, number FROM {_table(model)} WHERE {_among('id', name, households)}",
        )
        for name, model in (("person", Person), ("household", Household))
    ]
    reader.fill_all(con, [*lines, *held, _sealed(households), *named])


def prepare_tables(con: duckdb.DuckDBPyConnection, day: date, *, whole: bool = True) -> RegisterReport:
    """Put the tables that were read together. Raises DomainError where the `whole` register has no household."""
    _make_households(con)
    # From here on who is whose goes by whole numbers: a register's lines are many, and texts are slow to compare.
    con.execute("""
        CREATE OR REPLACE TEMP TABLE numbered_household AS
        SELECT id, household_no FROM i_household JOIN household ON household_id = number
    """)
    _make_persons(con)
    con.execute("""
        CREATE OR REPLACE TEMP TABLE numbered_person AS
        SELECT id, person_no, household_no FROM i_person JOIN person ON person_id = number
    """)
    make_ledger(con, _lines_sql("ledger"))
    add_up_repeats(con)
    make_receipt(con, _lines_sql("receipt"))
    # What was read is not kept in memory beside what was made of it.
    for table in ("l_ledger", "l_receipt", "n_sealed"):
        con.execute(f"DROP TABLE {table}")
    counts = {name: counted(con, name) for name in schema().tables}
    if not counts["household"] and whole:
        raise DomainError(
            "REGISTER_EMPTY",
            Text(f"{day} 在册没有户。请先导入资料。", f"The register has no household on {day}. Import one first."),
        )
    return RegisterReport(counts, [])


def _among(column: str, thing: str, households: Collection[int] | None) -> str:
    """The condition on rows that belong to these households, or to whoever ever belonged to them."""
    if households is None:
        return "true"
    ids = ", ".join(str(int(each)) for each in sorted(set(households))) or "NULL"
    if thing == "household":
        return f"{column} IN ({ids})"
    return (
        f"{column} IN (SELECT thing_id FROM {_table(VERSIONS['membership'])} WHERE stands AND household_id IN ({ids}))"
    )


def _is_now(day: date) -> bool:
    """Whether nothing can hold from a later day on: no fact is recorded before its day."""
    last = Act.objects.aggregate(last=Max("at"))["last"]
    return last is not None and day >= office_day(last)


def holds(group: Group, day: date) -> str:
    """The condition on a version `v` that stands and holds on the day."""
    return f"v.stands AND v.valid_from <= '{day}' AND NOT EXISTS ({_later(VERSIONS[group.name], day)})"


def _held(group: Group, condition: str) -> Asked:
    """`h_<group>`: of each thing, the version on which the condition holds; only the facts that a register states."""
    model: Any = VERSIONS[group.name]
    facts = {name: field for name, field in group.fields.items() if field.column or field.derived or field.procedure}
    # A name is asked for by no rule.
    columns = {name: field for name, field in facts.items() if name != "name"}
    asked = {"thing": "v.thing_id"} | {name: f'v."{model._meta.get_field(name).column}"' for name in columns}
    listed = ", ".join(f"{sql} AS {quoted(name)}" for name, sql in asked.items())
    kinds = {"thing": "BIGINT", **{name: _kind(field) for name, field in columns.items()}}
    return Asked(f"h_{group.name}", kinds, f"SELECT {listed} FROM {_table(model)} v WHERE {condition}")


def _sealed(households: Collection[int] | None) -> Asked:
    """`n_sealed`: of each sealed number its index, which says whether two are the same. PostgreSQL takes longer to join them to papers than to read both."""
    named = (
        f"SELECT id_number_id FROM {_table(VERSIONS['papers'])} v WHERE {_among('v.thing_id', 'person', households)}"
    )
    these = "true" if households is None else f"id IN ({named})"
    kinds = {"id": "UUID", "exact_index": "VARCHAR"}
    return Asked("n_sealed", kinds, f"SELECT id, exact_index FROM {_table(SealedNumber)} WHERE {these}")


def _later(model: Any, day: date) -> str:
    return f"SELECT 1 FROM {_table(model)} w WHERE w.thing_id = v.thing_id AND w.stands AND w.valid_from > v.valid_from AND w.valid_from <= '{day}'"


def _kind(field: Field) -> str:
    if field.type == "yes_no":
        return "BOOLEAN"
    if field.type == "date":
        return "DAY"
    if field.type == "number":
        return "UUID"
    return "BIGINT" if field.type in NUMBERS or field.type in ("place", "household") else "VARCHAR"


def _table(model: Any) -> str:
    return str(model._meta.db_table)


def _make_households(con: duckdb.DuckDBPyConnection) -> None:
    there = """
        SELECT i.id, i.number, v.code
        FROM i_household i JOIN h_residence ON h_residence.thing = i.id JOIN i_village v ON v.place = h_residence.place
        WHERE h_residence.dissolved IS NOT true ORDER BY v.code, i.number
    """
    said = {**_said("household"), "household_id": "number", "village_code": "code"}
    with facts_beside(con, there, groups_of("household")) as rows:
        make_household(con, f"SELECT {_columns(schema().tables['household'].columns, said)} FROM {rows}")


def _make_persons(con: duckdb.DuckDBPyConnection) -> None:
    """With what was worked out of each number when it was recorded."""
    table = schema().tables["person"]
    there = """
        WITH numbered AS (
            SELECT thing, exact_index
            FROM h_papers JOIN n_sealed n ON n.id = id_number JOIN h_membership m USING (thing) JOIN numbered_household h ON h.id = m.household
        )
        SELECT i.id, i.number, o.household_no, coalesce(s.persons, 1) AS shared
        FROM i_person i JOIN h_membership ON h_membership.thing = i.id JOIN numbered_household o ON o.id = h_membership.household
        LEFT JOIN (
            SELECT thing, persons
            FROM numbered JOIN (SELECT exact_index, count(*) AS persons FROM numbered GROUP BY exact_index HAVING count(*) > 1) USING (exact_index)
        ) s ON s.thing = i.id
        ORDER BY o.household_no, i.number
    """
    # A rule never asks for a name, nor for the number.
    said = {**_said("person"), "person_id": "number", "name": "NULL", "id_number": "NULL"}
    numbered = f"{_place('papers', 'id_number')} IS NOT NULL"
    derived = {name: f"CASE WHEN {numbered} THEN {_place('papers', name)} END" for name in table.derived}
    derived["id_shared_by"] = f"CASE WHEN {numbered} THEN shared END"
    said["birth_date"] = f"coalesce({said['birth_date']}, {derived['id_birth_date']})"
    columns = {name: column for name, column in table.columns.items() if name != "household_id"}
    with facts_beside(con, there, groups_of("person")) as rows:
        make_person(
            con, f"SELECT household_no, {_columns(columns, said)}, {_columns(table.derived, derived)} FROM {rows}"
        )


def _said(thing: str) -> dict[str, str]:
    """Where each column of the contract's table lies among what is told."""
    return {
        field.column: _place(group.name, name)
        for group in groups_of("household" if thing == "household" else "person")
        for name, field in group.fields.items()
        if field.column
    }


def _place(group: str, field: str) -> str:
    return quoted(f"{group}.{field}")


def _columns(columns: Mapping[str, Column], said: Mapping[str, str]) -> str:
    return ", ".join(f"({said[name]})::{sql_type(column)} AS {quoted(name)}" for name, column in columns.items())


def _counts(name: str, day: date) -> str:
    """The condition on lines that stand, but for payments of a later day and what they booked."""
    paid = f"l.receipt_id IS NOT NULL AND l.receipt_id IN (SELECT id FROM {_table(Receipt)} WHERE paid_on > '{day}')"
    later = paid if name == "ledger" else f"l.paid_on IS NOT NULL AND l.paid_on > '{day}'"
    return f"l.stands AND NOT ({later})"


def _lines(name: str, condition: str) -> Asked:
    """`l_ledger`, `l_receipt`: the lines on which the condition holds."""
    model, what = (LedgerLine, "item") if name == "ledger" else (Receipt, "policy")
    columns = {"household": "BIGINT", "person": "BIGINT", "year": "BIGINT", what: "VARCHAR", "amount": "BIGINT"}
    asked = (
        f"SELECT l.household_id AS household, l.person_id AS person, l.year, l.{what}, l.amount FROM {_table(model)} l"
    )
    return Asked(f"l_{name}", columns, f"{asked} WHERE {condition}")


def _lines_sql(name: str) -> str:
    """The lines of households that there were on the day; of a person who belongs to another one, the household's."""
    what, code = ("item", "item") if name == "ledger" else ("policy", "policy_id")
    return f"""
        SELECT h.household_no, p.person_no, l.year::INTEGER AS year, l.{what} AS {code}, l.amount
        FROM l_{name} l JOIN numbered_household h ON h.id = l.household
        LEFT JOIN numbered_person p ON p.id = l.person AND p.household_no = h.household_no
    """

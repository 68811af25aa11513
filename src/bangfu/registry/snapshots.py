"""The register as an assessment reads it: what held on a day as far as is known now, without numbers and names.

Read as Arrow, a table a group of facts, in one moment of the database; put together in DuckDB.
"""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

import duckdb
from django.db.models import Max

from bangfu.engine.register import RegisterReport
from bangfu.engine.register.publish import publish
from bangfu.engine.register.staging import quoted
from bangfu.engine.register.typing_sql import sql_type
from bangfu.kernel.clock import office_day
from bangfu.kernel.errors import DomainError
from bangfu.kernel.schema import Table, schema
from bangfu.kernel.words import Text
from bangfu.places.selectors import village_codes
from bangfu.privacy.models import SealedNumber
from bangfu.registry.arrow import Reader, reading, reading_here
from bangfu.registry.columns import WHOLE as NUMBERS
from bangfu.registry.facts import Field, Group, groups_of
from bangfu.registry.imports.state import fill
from bangfu.registry.models import VERSIONS, Act, Household, LedgerLine, Person, Receipt


def read_registry(
    con: duckdb.DuckDBPyConnection, day: date, households: Collection[int] | None = None
) -> RegisterReport:
    """Read the register as of a day into the six prepared tables of `con` (docs/snapshot.md), as it is committed at this moment.

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
    """Read what is held into `con`: `i_…` identities, `h_…` the version of each group that holds on the day, `l_…` lines that stand."""
    for name, model in (("household", Household), ("person", Person)):
        asked = f"SELECT id, number FROM {_table(model)} WHERE {_among('id', name, households)}"
        reader.fill(con, f"i_{name}", {"id": "BIGINT", "number": "VARCHAR"}, asked)
    is_now = _is_now(day)
    for group in (*groups_of("household"), *groups_of("person")):
        _held(
            con, reader, group, f"{_holds(group, day, is_now=is_now)} AND {_among('v.thing_id', group.of, households)}"
        )
    for name in ("ledger", "receipt"):
        _lines(con, reader, name, f"{_counts(name, day)} AND {_among('l.household_id', 'household', households)}")


def prepare_tables(con: duckdb.DuckDBPyConnection, day: date, *, whole: bool = True) -> RegisterReport:
    """Put the tables that were read together. Raises DomainError where the `whole` register has no household."""
    # Tables, since each is looked at several times.
    con.execute("CREATE OR REPLACE TEMP TABLE r_household AS " + _households_sql())
    con.execute("CREATE OR REPLACE TEMP TABLE r_person AS " + _persons_sql())
    for name in ("ledger", "receipt"):
        con.execute(f"CREATE OR REPLACE TEMP TABLE r_{name} AS {_lines_sql(name)}")
    counts = publish(con, {name: f"r_{name}" for name in schema().tables})
    if not counts["household"] and whole:
        raise DomainError(
            "REGISTER_EMPTY",
            Text(f"{day} 在册没有户。请先导入资料。", f"The register has no household on {day}. Import one first."),
        )
    _tell_of_numbers(con)
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


def _holds(group: Group, day: date, *, is_now: bool) -> str:
    """The condition on the version that stands and holds on the day."""
    if is_now:
        return "v.is_current"
    return f"v.stands AND v.valid_from <= '{day}' AND NOT EXISTS ({_later(VERSIONS[group.name], day)})"


def _held(con: duckdb.DuckDBPyConnection, reader: Reader, group: Group, condition: str) -> None:
    """`h_<group>`: of each thing, the version on which the condition holds; only the facts that a register states."""
    model: Any = VERSIONS[group.name]
    facts = {name: field for name, field in group.fields.items() if field.column or field.derived or field.procedure}
    # A name is asked for by no rule, and an address of a number says whether two are the same.
    columns = {name: field for name, field in facts.items() if name != "name"}
    asked = {"thing": "v.thing_id"} | {
        name: "n.exact_index" if field.type == "number" else f'v."{model._meta.get_field(name).column}"'
        for name, field in columns.items()
    }
    numbers = f" LEFT JOIN {_table(SealedNumber)} n ON n.id = v.id_number_id" if group.name == "papers" else ""
    listed = ", ".join(f"{sql} AS {quoted(name)}" for name, sql in asked.items())
    kinds = {"thing": "BIGINT", **{name: _kind(field) for name, field in columns.items()}}
    reader.fill(con, f"h_{group.name}", kinds, f"SELECT {listed} FROM {_table(model)} v{numbers} WHERE {condition}")


def _later(model: Any, day: date) -> str:
    return f"SELECT 1 FROM {_table(model)} w WHERE w.thing_id = v.thing_id AND w.stands AND w.valid_from > v.valid_from AND w.valid_from <= '{day}'"


def _kind(field: Field) -> str:
    if field.type == "yes_no":
        return "BOOLEAN"
    if field.type == "date":
        return "DAY"
    return "BIGINT" if field.type in NUMBERS or field.type in ("place", "household") else "VARCHAR"


def _table(model: Any) -> str:
    return str(model._meta.db_table)


def _households_sql() -> str:
    joins = [
        f"LEFT JOIN h_{g.name} ON h_{g.name}.thing = i.id" for g in groups_of("household") if g.name != "residence"
    ]
    said = {**_said("household"), "household_id": "i.number", "village_code": "v.code"}
    return f"""
        SELECT {_columns(schema().tables["household"], said)}
        FROM i_household i JOIN h_residence ON h_residence.thing = i.id JOIN i_village v ON v.place = h_residence.place {" ".join(joins)}
        WHERE h_residence.dissolved IS NOT true
    """


def _persons_sql() -> str:
    joins = [f"LEFT JOIN h_{g.name} ON h_{g.name}.thing = i.id" for g in groups_of("person") if g.name != "membership"]
    said = {**_said("person"), "person_id": "i.number", "household_id": "o.number", "id_number": "NULL"}
    # A rule never asks for a name.
    said["name"] = "NULL"
    return f"""
        SELECT {_columns(schema().tables["person"], said)}
        FROM i_person i JOIN h_membership ON h_membership.thing = i.id
        JOIN i_household o ON o.id = h_membership.household JOIN h_residence r ON r.thing = o.id {" ".join(joins)}
        WHERE r.dissolved IS NOT true
    """


def _said(thing: str) -> dict[str, str]:
    """Where each column of the contract's table lies."""
    of = groups_of("household" if thing == "household" else "person")
    return {
        field.column: f"h_{group.name}.{quoted(name)}"
        for group in of
        for name, field in group.fields.items()
        if field.column
    }


def _columns(table: Table, said: Mapping[str, str]) -> str:
    return ", ".join(f"({said[name]})::{sql_type(column)} AS {quoted(name)}" for name, column in table.columns.items())


def _tell_of_numbers(con: duckdb.DuckDBPyConnection) -> None:
    """What was worked out of each number when it was recorded, in place of what would be worked out of one."""
    derived = [name for name in schema().tables["person"].derived if name != "id_shared_by"]
    told = ", ".join(f"{quoted(name)} = n.{quoted(name)}" for name in derived)
    con.execute(f"""
        UPDATE person SET birth_date = coalesce(birth_date, n.id_birth_date), id_shared_by = n.shared, {told}
        FROM (
            SELECT i.number AS of_person, p.*, count(*) OVER (PARTITION BY id_number)::INTEGER AS shared
            FROM h_papers p JOIN i_person i ON i.id = p.thing WHERE id_number IS NOT NULL AND i.number IN (SELECT person_id FROM person)
        ) n WHERE person_id = of_person
    """)


def _counts(name: str, day: date) -> str:
    """The condition on lines that stand, but for payments of a later day and what they booked."""
    paid = f"l.receipt_id IS NOT NULL AND l.receipt_id IN (SELECT id FROM {_table(Receipt)} WHERE paid_on > '{day}')"
    later = paid if name == "ledger" else f"l.paid_on IS NOT NULL AND l.paid_on > '{day}'"
    return f"l.stands AND NOT ({later})"


def _lines(con: duckdb.DuckDBPyConnection, reader: Reader, name: str, condition: str) -> None:
    """`l_ledger`, `l_receipt`: the lines on which the condition holds."""
    model, what = (LedgerLine, "item") if name == "ledger" else (Receipt, "policy")
    columns = {"household": "BIGINT", "person": "BIGINT", "year": "BIGINT", what: "VARCHAR", "amount": "BIGINT"}
    asked = (
        f"SELECT l.household_id AS household, l.person_id AS person, l.year, l.{what}, l.amount FROM {_table(model)} l"
    )
    reader.fill(con, f"l_{name}", columns, f"{asked} WHERE {condition}")


def _lines_sql(name: str) -> str:
    """`r_ledger`, `r_receipt`: the lines of households that there were on the day."""
    what, code = ("item", "item") if name == "ledger" else ("policy", "policy_id")
    return f"""
        SELECT r.household_id, p.person_id, l.year::INTEGER AS year, l.{what} AS {code}, l.amount
        FROM l_{name} l JOIN i_household h ON h.id = l.household JOIN r_household r ON r.household_id = h.number
        LEFT JOIN i_person i ON i.id = l.person
        LEFT JOIN r_person p ON p.person_id = i.number AND p.household_id = r.household_id
    """

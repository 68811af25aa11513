"""The register as an assessment reads it: what held on a day as far as is known now, without numbers and names."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import duckdb
from django.db.models import Exists, OuterRef, Q

from bangfu.engine.register import RegisterReport
from bangfu.engine.register.publish import publish
from bangfu.engine.register.staging import quoted
from bangfu.engine.register.typing_sql import sql_type
from bangfu.kernel.days import day_from_date
from bangfu.kernel.errors import DomainError
from bangfu.kernel.schema import Table, schema
from bangfu.kernel.words import Text
from bangfu.places.selectors import village_codes
from bangfu.registry.facts import Group, groups_of
from bangfu.registry.imports.state import duck_type, fill
from bangfu.registry.models import VERSIONS, Household, LedgerLine, Person, Receipt

WHOLE = "an assessment is of the whole register; what comes of it is shown to each within their scope"


def read_registry(
    con: duckdb.DuckDBPyConnection, day: date, households: Collection[int] | None = None
) -> RegisterReport:
    """Read the register as of a day into the six prepared tables of `con` (docs/snapshot.md). Raises DomainError where it has no household.

    Ledger lines and receipts are those of all years; a payment of a day counts from that day on. With `households` those alone, of which
    there may be none then; who shares a number with them is not seen.
    """
    some = None if households is None else set(households)
    _identities(con, some)
    _villages(con, day)
    for group in (*groups_of("household"), *groups_of("person")):
        _held(con, group, day, some)
    con.execute("CREATE OR REPLACE TEMP VIEW r_household AS " + _households_sql())
    con.execute("CREATE OR REPLACE TEMP VIEW r_person AS " + _persons_sql())
    _lines(con, LedgerLine, "item", day, some)
    _lines(con, Receipt, "policy", day, some)
    counts = publish(con, {name: f"r_{name}" for name in schema().tables})
    if not counts["household"] and some is None:
        raise DomainError(
            "REGISTER_EMPTY",
            Text(f"{day} 在册没有户。请先导入资料。", f"The register has no household on {day}. Import one first."),
        )
    _tell_of_numbers(con)
    return RegisterReport(counts, [])


def _identities(con: duckdb.DuckDBPyConnection, some: set[int] | None) -> None:
    for name, model in (("household", Household), ("person", Person)):
        rows: Any = model.objects.unscoped(WHOLE).filter(_among("pk", name, some)).values_list("pk", "number")
        fill(con, f"i_{name}", {"id": "BIGINT", "number": "VARCHAR"}, rows.iterator())


def _among(path: str, thing: str, some: set[int] | None) -> Q:
    """The condition on rows that belong to these households, or to whoever ever belonged to them."""
    if some is None:
        return Q()
    ever = VERSIONS["membership"].objects.unscoped(WHOLE).filter(stands=True, household__in=some)
    return Q((f"{path}__in", some if thing == "household" else ever.values("thing")))


def _held(con: duckdb.DuckDBPyConnection, group: Group, day: date, some: set[int] | None) -> None:
    """`h_<group>`: of each thing, the version that stands and holds on the day; only the facts that a register states."""
    rows = (
        VERSIONS[group.name]
        .objects.unscoped(WHOLE)
        .filter(_among("thing", group.of, some), stands=True, valid_from__lte=day)
    )
    newer = rows.filter(thing=OuterRef("thing"), valid_from__gt=OuterRef("valid_from"))
    facts = {name: field for name, field in group.fields.items() if field.column or field.derived or field.procedure}
    paths = ["thing_id", *(_path(name, field.type) for name, field in facts.items())]
    columns = {
        "thing": "BIGINT",
        **{quoted(name): _kind(field.type) or duck_type(field) for name, field in facts.items()},
    }
    fill(con, f"h_{group.name}", columns, _plain(rows.filter(~Exists(newer)).values_list(*paths).iterator()))


def _path(name: str, kind: str) -> str:
    return {"number": f"{name}__exact_index", "household": f"{name}_id", "place": f"{name}_id"}.get(kind, name)


def _kind(kind: str) -> str:
    return "BIGINT" if kind in ("household", "place") else ""


def _plain(rows: Iterator[Sequence[Any]]) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        yield tuple(day_from_date(each) if isinstance(each, date) else each for each in row)


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


def _lines(con: duckdb.DuckDBPyConnection, model: Any, what: str, day: date, some: set[int] | None) -> None:
    """`r_ledger`, `r_receipt`: the lines that stand, of households that there were on the day."""
    name = "receipt" if model is Receipt else "ledger"
    rows = model.objects.unscoped(WHOLE).filter(_among("household", "household", some), stands=True)
    paid_on = "paid_on" if name == "receipt" else "receipt__paid_on"
    rows = rows.exclude(**{f"{paid_on}__gt": day})
    listed = rows.values_list("household_id", "person_id", "year", "amount", what).iterator()
    columns = {"household": "BIGINT", "person": "BIGINT", "year": "INTEGER", "amount": "BIGINT", what: "VARCHAR"}
    fill(con, f"l_{name}", columns, listed)
    code = "item" if name == "ledger" else "policy_id"
    con.execute(f"""
        CREATE OR REPLACE TEMP VIEW r_{name} AS
        SELECT r.household_id, p.person_id, l.year, l.{what} AS {code}, l.amount
        FROM l_{name} l JOIN i_household h ON h.id = l.household JOIN r_household r ON r.household_id = h.number
        LEFT JOIN i_person i ON i.id = l.person
        LEFT JOIN r_person p ON p.person_id = i.number AND p.household_id = r.household_id
    """)


def _villages(con: duckdb.DuckDBPyConnection, day: date) -> None:
    """`i_village`: the code that each village had on the day."""
    fill(con, "i_village", {"place": "BIGINT", "code": "VARCHAR"}, list(village_codes(day).items()))

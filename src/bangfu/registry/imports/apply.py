"""A plan carried out: one transaction, one act, one entry of the record with the file's digest. All of it or nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import duckdb
from django.db import IntegrityError, connection, transaction

from bangfu.access.data import Actor
from bangfu.audit.data import Act as Said
from bangfu.audit.data import By
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.privacy.keys import KeyRing
from bangfu.privacy.models import SealedNumber
from bangfu.privacy.services import sealed_number
from bangfu.registry.bulk import chunked, insert_rows, rows_from
from bangfu.registry.facts import Field, Group, groups_of
from bangfu.registry.imports.plan import Order, Plan, Progress, compared, kind_of, planned
from bangfu.registry.imports.state import fill
from bangfu.registry.listed import relist_touched
from bangfu.registry.lived_in import refuse_abolished
from bangfu.registry.models import THINGS, VERSIONS, Act, Household, How, LedgerLine, Person, Receipt
from bangfu.registry.services.acts import begin, hold_households, touch_all
from bangfu.registry.versions import WRITES, attribute, settle

# PostgreSQL's lock for whoever applies an import: two that meet would both find the same households missing.
IMPORT_LOCK = 20114_62025
LINES: tuple[tuple[str, Any, str], ...] = (("receipt", Receipt, "policy"), ("ledger", LedgerLine, "item"))


@dataclass(frozen=True, slots=True)
class Applied:
    """The act that carried a plan out, and the plan; no act where the register held everything already."""

    act: int | None
    plan: Plan


def apply_import(
    by: By,
    actor: Actor,
    order: Order,
    con: duckdb.DuckDBPyConnection,
    *,
    progress: Progress,
    then: Callable[[Applied], None] = lambda _: None,
) -> Applied:
    """Read a file, and let the register hold what it says. Where some were agreed to, these changes and no others.

    `then` is done in the same transaction, and so with all of it or not at all; also where nothing had to be changed.

    Reading, and sealing of numbers, is done before the transaction, so that others wait little. What would change is worked out once more
    within it, when nobody else can touch the file's households: what came of the first look may be no longer so. Raises as `planned`, and
    DomainError (CHANGED_MEANWHILE) where the changes are not, or no longer, those agreed to.
    """
    plan = planned(by, actor, order, con, progress)
    if order.agreed is not None and plan.digest != order.agreed:
        raise changed_meanwhile()
    if not plan.changes:
        with transaction.atomic():
            then(Applied(None, plan))
        return Applied(None, plan)
    _seal_numbers(con, by.ring)
    progress(Text("正在写入…", "Writing…"))
    with transaction.atomic():
        alone()
        _lock(con)
        if compared(by, actor, order, con, plan.source, plan.report).digest != plan.digest:
            raise changed_meanwhile()
        words = {
            "file": order.name,
            "digest": order.digest,
            "as_of": str(order.as_of),
            "households": plan.counts["changed_households"],
            "changes": plan.changes,
        }
        act = begin(by, How.IMPORT, Said("registry.import", words=words), order.name)
        try:
            _write_identities(con)
        except IntegrityError as entered:  # by hand, a moment ago
            raise changed_meanwhile() from entered
        _write_numbers(con)
        for group in (*groups_of("household"), *groups_of("person")):
            _write_group(con, group, act, order)
        _write_phones(con, act, order)
        for name, model, what in LINES:
            _write_lines(con, name, model, what, act)
        touch_all(act)
        # Villages are not locked by then: one may have been abolished since the look.
        refuse_abolished(VERSIONS["residence"].objects.unscoped(WRITES).filter(act=act).values("thing"))
        relist_touched(act.pk)
        then(Applied(act.pk, plan))
        return Applied(act.pk, plan)


def changed_meanwhile() -> DomainError:
    return DomainError(
        "CHANGED_MEANWHILE",
        Text(
            "预览之后，在册资料又有变动，导入还没有进行。请重新预览，核对后再确认。",
            "The register has changed since the preview, and nothing was imported. Look at the changes anew, then confirm.",
        ),
    )


def alone() -> None:
    """Wait until nobody else brings a file in. Within a transaction, to its end."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [IMPORT_LOCK])


def _lock(con: duckdb.DuckDBPyConnection) -> None:
    """Lock the households of the file that are known: whoever edits one waits, or is waited for."""
    hold_households(household for (household,) in con.execute("SELECT id FROM k_household").fetchall())


def _seal_numbers(con: duckdb.DuckDBPyConnection, ring: KeyRing) -> None:
    """`w_number` (number: the person's, id and the sealed row): sealed before the transaction, which need not wait for it."""
    asked = "SELECT number, id_number FROM p_papers JOIN person ON person_id = number"
    plain = con.execute(asked.replace("id_number FROM", "person.id_number FROM")).fetchall()
    rows = []
    for person, number in plain:
        row = sealed_number(ring, kind_of(number), number)
        rows.append((person, row.pk.hex, row.kind, row.sealed, row.exact_index, row.last_four_index))
    names = ("number", "id", "kind", "sealed", "exact_index", "last_four_index")
    fill(con, "w_number", dict.fromkeys(names, "VARCHAR"), rows)


def _write_numbers(con: duckdb.DuckDBPyConnection) -> None:
    columns = ("id", "kind", "sealed", "exact_index", "last_four_index")
    insert_rows(SealedNumber._meta.db_table, columns, rows_from(con, f"SELECT {', '.join(columns)} FROM w_number"))


def _write_identities(con: duckdb.DuckDBPyConnection) -> None:
    """Households and persons of whom nothing was known; `k_household` and `k_person` then have all."""
    new = "SELECT household_id, f_place.place FROM household JOIN f_place ON code = village_code WHERE household_id NOT IN (SELECT number FROM k_household)"
    insert_rows(Household._meta.db_table, ("number", "place_id"), rows_from(con, new))
    _learn(con, "household", Household)
    new = """
        SELECT person_id, k.id FROM person JOIN household h USING (household_no) JOIN k_household k ON k.number = h.household_id
        WHERE person_id NOT IN (SELECT number FROM k_person)
    """
    insert_rows(Person._meta.db_table, ("number", "household_id"), rows_from(con, new))
    _learn(con, "person", Person)


def _learn(con: duckdb.DuckDBPyConnection, name: str, model: Any) -> None:
    asked = f"SELECT {name}_id FROM {name} WHERE {name}_id NOT IN (SELECT number FROM k_{name})"
    numbers = [number for (number,) in con.execute(asked).fetchall()]
    known = [
        row
        for some in chunked(numbers)
        for row in model.objects.unscoped(WRITES).filter(number__in=some).values_list("number", "pk")
    ]
    fill(con, "learnt", {"number": "VARCHAR", "id": "BIGINT"}, known)
    con.execute(f"INSERT INTO k_{name} (number, id) FROM learnt")


def _write_group(con: duckdb.DuckDBPyConnection, group: Group, act: Act, order: Order) -> None:
    rows = VERSIONS[group.name].objects.unscoped(WRITES)
    for column, flags in (("replaces", {"stands": False, "is_current": False}), ("unflags", {"is_current": False})):
        condition = "" if column == "replaces" else " AND is_current"
        found = con.execute(f"SELECT {column} FROM p_{group.name} WHERE {column} IS NOT NULL{condition}").fetchall()
        for some in chunked([version for (version,) in found]):
            rows.filter(pk__in=some).update(**flags)
    facts = {attribute(group.name, name): _written(field) for name, field in group.fields.items()}
    columns = {
        "thing_id": "k.id",
        "valid_from": f"'{order.as_of.isoformat()}'",
        "act_id": str(act.pk),
        "corrects_id": "p.replaces",
        "stands": "true",
        "is_current": "p.is_current",
        **facts,
    }
    joins = {
        "papers": "JOIN w_number w ON w.number = p.number",
        "membership": 'JOIN k_household o ON o.number = p."household"',
    }
    sql = f"""
        SELECT {", ".join(columns.values())} FROM p_{group.name} p JOIN k_{group.of} k ON k.number = p.number {joins.get(group.name, "")}
    """
    insert_rows(VERSIONS[group.name]._meta.db_table, tuple(columns), rows_from(con, sql))
    if group.name in ("residence", "membership"):
        # The new ones were written with theirs; these moved.
        moved = [
            thing for (thing,) in con.execute(f"SELECT thing FROM p_{group.name} WHERE thing IS NOT NULL").fetchall()
        ]
        for some in chunked(moved):
            # Lists are made anew at the end, of all that was touched.
            settle(group.name, some, lists=False)


def _written(field: Field) -> str:
    """SQL for a fact as both databases take it."""
    if field.type == "number":
        return "w.id"
    if field.type == "household":
        return "o.id"
    held = f'p."{field.name}"'
    if field.type == "date":
        return f"CASE WHEN {held} IS NOT NULL THEN printf('%04d-%02d-%02d', {held} // 10000, {held} // 100 % 100, {held} % 100) END"
    return held


def _write_lines(con: duckdb.DuckDBPyConnection, name: str, model: Any, what: str, act: Act) -> None:
    """A new line in place of the first that is held under its key; others held there are withdrawn."""
    old = [line for (line,) in con.execute(f"SELECT unnest(old) FROM p_{name} WHERE amount >= 0").fetchall()]
    for some in chunked(old):
        model.objects.unscoped(WRITES).filter(pk__in=some).update(stands=False)
    shared = f"""
        FROM p_{name} p JOIN k_household h ON h.number = p.household_id LEFT JOIN k_person m ON m.number = p.person_id WHERE amount >= 0
    """
    columns = ("household_id", "person_id", "year", what, "amount", "act_id", "corrects_id", "withdrawn", "stands")
    more = {"ledger": {"note": "''"}, "receipt": {"of_file": "true"}}[name]
    new = f"SELECT h.id, m.id, year, {what}, amount, {act.pk}, old[1], false, true {_also(more)} {shared}"
    gone = f"""
        SELECT hid, mid, year, {what}, 0, {act.pk}, line, true, false {_also(more)}
        FROM (SELECT h.id AS hid, m.id AS mid, year, {what}, unnest(old[2:]) AS line {shared})
    """
    for sql in (new, gone):
        insert_rows(model._meta.db_table, (*columns, *more), rows_from(con, sql))


def _write_phones(con: duckdb.DuckDBPyConnection, act: Act, order: Order) -> None:
    rows = con.execute("SELECT k.id, phone FROM p_phone JOIN k_household k ON k.number = household_id").fetchall()
    phones: Any = THINGS["phone"]
    versions: Any = VERSIONS["phone"]
    made = phones.objects.unscoped(WRITES).bulk_create([phones(household_id=each) for each, _ in rows])
    flags = {"valid_from": order.as_of, "act": act, "stands": True, "is_current": True}
    versions.objects.unscoped(WRITES).bulk_create(
        [versions(thing=thing, number=phone, **flags) for thing, (_, phone) in zip(made, rows, strict=True)]
    )


def _also(more: dict[str, str]) -> str:
    return "".join(f", {sql}" for sql in more.values())

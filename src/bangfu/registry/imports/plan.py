"""What a file would change, worked out in DuckDB beside what the register holds.

Makes `p_<group>` (number, owner: the household's, thing, replaces, unflags, is_current, the facts as they will be, and `changed`: the names of those that
differ), `p_ledger` and `p_receipt` (household_id, person_id, year, item or policy, amount, old: the lines it takes the place of), and
`change` (household_id, person_id, facts, field, old, new): everything that would change, fact by fact, numbers of IDs left out.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb

from bangfu.access.data import Actor
from bangfu.access.policy import require
from bangfu.audit.data import By
from bangfu.engine.duck import open_engine
from bangfu.engine.register import RegisterReport
from bangfu.kernel.aside import open_folder
from bangfu.kernel.days import day_from_date
from bangfu.kernel.errors import DomainError, Fault, RegisterRefused
from bangfu.kernel.schema import schema
from bangfu.kernel.words import Text
from bangfu.places.selectors import places_of_codes, places_within
from bangfu.privacy.keys import KeyRing
from bangfu.privacy.models import Kind
from bangfu.privacy.services import exact_index, normal
from bangfu.registry.facts import Field, Group, groups_of
from bangfu.registry.imports.sources import Source, source_of
from bangfu.registry.imports.state import COMPARED, duck_type, fill, load_state
from bangfu.registry.models import Settlement

Progress = Callable[[Text], None]
MEMORY = "150MB"


@dataclass(frozen=True, slots=True)
class Order:
    """A file to be imported (a workbook, or a folder of CSV or Parquet), and the day whose state it gives.

    `name` and `digest` (of its bytes) are what the record says of it. `layout` names the layout that it must have ("own": the contract's);
    None lets its headers tell. `agreed`: the digest of the changes that were agreed to (None: whatever they are).
    """

    file: Path
    as_of: date
    name: str
    digest: str
    layout: str | None = None
    agreed: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What would come of it. `digest` is that of all changes.

    `counts`: households and persons in the file, new ones among them, facts, ledger lines and receipts that would change, and how many
    amounts of the file are less than what was booked already and so change nothing; `totals` of the file that are not what the lines held add up to
    change nothing either. `faults` are doubtful cells that hinder nothing.
    """

    digest: str
    counts: Mapping[str, int]
    source: Source
    report: RegisterReport
    faults: tuple[Fault, ...] = field(default=())

    @property
    def changes(self) -> int:
        return sum(self.counts[name] for name in ("facts", "ledger", "receipts"))


@contextmanager
def workbench() -> Iterator[duckdb.DuckDBPyConnection]:
    """Where a file is compared: a DuckDB that goes to disk beyond little memory, in a folder that only its owner reads and that is gone afterwards."""
    with open_folder("import") as folder:
        con = open_engine(Path(folder), memory=MEMORY)
        try:
            yield con
        finally:
            con.close()


def planned(by: By, actor: Actor, order: Order, con: duckdb.DuckDBPyConnection, progress: Progress) -> Plan:
    """Read a file and work out what it would change. Nothing is written to the register.

    Raises RegisterRefused with every fault of the file, also those that only the register shows (a village that is not there on that day,
    one outside of the actor's area, a year that is settled); Denied; DomainError for a day to come.
    """
    require(actor, "households.import")
    if order.as_of > actor.day:
        raise DomainError("DAY_TO_COME", Text("资料日期还没有到。", "The day of the register is still to come."))
    source = source_of(order)
    report = source.read(con, progress)
    progress(Text("正在与在册资料比对…", "Comparing with the register…"))
    return compared(by, actor, order, con, source, report)


def compared(
    by: By, actor: Actor, order: Order, con: duckdb.DuckDBPyConnection, source: Source, report: RegisterReport
) -> Plan:
    """What a file that was read would change in the register as it is now; asked again, all is worked out anew. Raises RegisterRefused as `planned`."""
    load_state(con)
    _find_places(con, order, by)
    _index_numbers(con, by.ring)
    _refuse(con, actor, source)
    _refuse_merged(con, source, day_from_date(order.as_of))
    stated = source.stated()
    for group in (*groups_of("household"), *groups_of("person")):
        con.execute(_group_sql(group, _said(group, stated), day_from_date(order.as_of)))
    _refuse_empty(con, source)
    for name, what in (("ledger", "item"), ("receipt", "policy")):
        con.execute(_lines_sql(name, what))
    source.add_lines(con)
    con.execute(f"CREATE OR REPLACE VIEW change AS {' UNION ALL '.join(_change_sqls(stated))}")
    _refuse_settled(con, source)
    digest, changes = _summed(con, stated)
    return Plan(digest, {**_counts(con), **changes}, source, report, source.doubts(con))


def _find_places(con: duckdb.DuckDBPyConnection, order: Order, by: By) -> None:
    """`f_place` (code, place): the villages of the file that there were on that day."""
    codes = [code for (code,) in con.execute("SELECT DISTINCT village_code FROM household").fetchall()]
    found = places_of_codes(codes, order.as_of, by.at, level="village")
    fill(con, "f_place", {"code": "VARCHAR", "place": "BIGINT"}, list(found.items()))


def _index_numbers(con: duckdb.DuckDBPyConnection, ring: KeyRing) -> None:
    """`f_number` (person_id, exact): the index of each ID, by which it is compared."""
    rows = con.execute("SELECT person_id, id_number FROM person WHERE id_number IS NOT NULL").fetchall()
    indexed = [(person, exact_index(ring, kind_of(number), number)) for person, number in rows]
    fill(con, "f_number", {"person_id": "VARCHAR", "exact": "VARCHAR"}, indexed)


def kind_of(number: str) -> Kind:
    return Kind.DISABILITY_CARD if len(normal(number)) in (20, 22) else Kind.ID_CARD


def _refuse(con: duckdb.DuckDBPyConnection, actor: Actor, source: Source) -> None:
    """What only the register shows, at the cell where it stands."""
    area = set(places_within(actor.places_for("households.import")))
    fill(con, "f_area", {"place": "BIGINT"}, [(place,) for place in area])
    reasons = {
        "village": Text(
            "当日没有这个村代码。请核对区划。", "There was no village with this code on that day. Check the divisions."
        ),
        "area": Text(
            "这个村不在您的范围内，请由负责的人导入。",
            "This village is outside of your area; let whoever answers for it import it.",
        ),
        "theirs": Text(
            "这个户现在不在您的范围内，请先办理迁移。",
            "This household is outside of your area now; let it be moved first.",
        ),
    }
    found = con.execute("""
        SELECT household_id, village_code, CASE
            WHEN f_place.place IS NULL THEN 'village'
            WHEN f_place.place NOT IN (FROM f_area) THEN 'area'
            WHEN k_household.about IS NOT NULL AND k_household.about NOT IN (FROM f_area) THEN 'theirs'
        END AS why
        FROM household LEFT JOIN f_place ON code = village_code LEFT JOIN k_household ON number = household_id
        WHERE why IS NOT NULL
    """).fetchall()
    _raise_at(source, "household", "household_id", "village_code", {key: reasons[why] for key, _, why in found})
    elsewhere = con.execute("""
        SELECT p.person_id, k.about FROM person p JOIN k_person k ON k.number = p.person_id
        WHERE k.about IS NOT NULL AND k.about NOT IN (SELECT household_id FROM household)
    """).fetchall()
    why = Text(
        "此人现在属于资料中没有的户，请把那一户也放进资料，或先办理转户。",
        "This person belongs to a household that is not in the file; put that one in as well, or let them be moved first.",
    )
    _raise_at(source, "person", "person_id", "person_id", {key: why for key, _ in elsewhere})


def _refuse_merged(con: duckdb.DuckDBPyConnection, source: Source, day: int) -> None:
    """Households that were merged into others by that day: their members would be put into one that is listed and assessed no more."""
    merged = con.execute(f"""
        SELECT number FROM k_household JOIN s_residence ON thing = id WHERE valid_from <= {day}
        GROUP BY number HAVING arg_max(dissolved, valid_from)
    """).fetchall()
    why = Text(
        "这个户当日已并入他户。请从资料中去掉这一户，把成员写在并入的户下；并错了的，请先撤销那次合并。",
        "This household had been merged into another by that day. Take it out and put its members into the other one; "
        "if the merging was wrong, undo that first.",
    )
    _raise_at(source, "household", "household_id", "household_id", {number: why for (number,) in merged})


def _refuse_empty(con: duckdb.DuckDBPyConnection, source: Source) -> None:
    """What must be known of everyone and is neither in the file nor held."""
    why = Text("登记新户必须填写此项。", "This must be given for a household that is new.")
    for group in (*groups_of("household"), *groups_of("person")):
        for fact in group.fields.values():
            if fact.required and fact.column in schema().tables[group.of].columns:
                missing = con.execute(f'SELECT number FROM p_{group.name} WHERE "{fact.name}" IS NULL').fetchall()
                _raise_at(source, group.of, f"{group.of}_id", fact.column, {number: why for (number,) in missing})


def _refuse_settled(con: duckdb.DuckDBPyConnection, source: Source) -> None:
    settled = Settlement.objects.unscoped(COMPARED).filter(reopened=None)
    fill(con, "f_settled", {"number": "VARCHAR", "year": "INTEGER"}, settled.values_list("household__number", "year"))
    found = con.execute("""
        SELECT DISTINCT household_id, p.year FROM p_ledger p JOIN f_settled s ON s.number = household_id AND s.year = p.year
        WHERE amount >= 0 ORDER BY ALL
    """).fetchall()
    faults = {
        number: Text(
            f"该户 {year} 年收支已结清，请先重新打开。", f"The ledger of {year} is settled; open it again first."
        )
        for number, year in found
    }
    _raise_at(source, "ledger", "household_id", "year", faults)


def _raise_at(source: Source, table: str, key: str, column: str, why: Mapping[str, Text]) -> None:
    """Refuse the rows with these keys, at a column."""
    if why:
        raise RegisterRefused(sorted(source.faults(table, key, column, why), key=lambda fault: fault.row))


def _said(group: Group, stated: Mapping[str, str]) -> dict[str, str]:
    """SQL for each fact of a group that a file states: over `f` (the file's row) and `x` (what it states beside the contract)."""
    special = {"place": "f_place.place", "number": "f_number.exact", "household": "f.household_id"}
    said = {}
    for fact in group.fields.values():
        path = f"{group.name}.{fact.name}"
        if fact.type in ("place", "household") or path in stated:
            said[fact.name] = special.get(fact.type) or stated[path]
    return said


def _group_sql(group: Group, said: Mapping[str, str], day: int) -> str:
    """The versions that a file would add to one group: one for each thing for which it says something new."""
    key = f"f.{group.of}_id"
    joins = {
        "residence": "LEFT JOIN f_place ON f_place.code = f.village_code",
        "papers": "LEFT JOIN f_number ON f_number.person_id = f.person_id",
    }
    source = "household" if group.of == "household" else MEMBERS
    merged = {name: _merged(fact, said, group) for name, fact in group.fields.items()}
    extra = f"LEFT JOIN x_{group.of} x ON x.number = {key}" if any("x." in sql for sql in said.values()) else ""
    changed = {name: f'({sql}) IS DISTINCT FROM s."{name}"' for name, sql in merged.items() if name in said}
    return f"""
        CREATE OR REPLACE TABLE p_{group.name} AS
        WITH known AS (
            SELECT *, max(valid_from) OVER (PARTITION BY thing) > {day} AS has_later FROM s_{group.name}
        ), held AS (
            SELECT * FROM known WHERE valid_from <= {day} QUALIFY valid_from = max(valid_from) OVER (PARTITION BY thing)
        )
        SELECT {key} AS number, f.household_id AS owner, k.id AS thing,
            CASE WHEN s.valid_from = {day} THEN s.version END AS replaces,
            CASE WHEN s.is_current THEN s.version END AS unflags,
            NOT coalesce(later.has_later, false) AS is_current,
            {", ".join(f'({sql})::{duck_type(group.fields[name])} AS "{name}"' for name, sql in merged.items())},
            list_filter([{", ".join(f"CASE WHEN {sql} THEN '{name}' END" for name, sql in changed.items())}], lambda x: x IS NOT NULL) AS changed,
            {", ".join(f's."{name}" AS "old_{name}"' for name in said)}
        FROM {source} f {joins.get(group.name, "")} {extra}
        LEFT JOIN k_{group.of} k ON k.number = {key}
        LEFT JOIN held s ON s.thing = k.id
        LEFT JOIN (SELECT DISTINCT thing, has_later FROM known) later ON later.thing = k.id
        WHERE len(changed) > 0
    """


MEMBERS = "(SELECT person.*, household.household_id FROM person JOIN household USING (household_no))"


def _merged(fact: Field, said: Mapping[str, str], group: Group) -> str:
    """What a fact will be: what the file says, else what the register holds."""
    held = f's."{fact.name}"'
    if fact.name not in said:
        return held
    if fact.derived:
        # Of the number: told anew along with it.
        return f"CASE WHEN {said['id_number']} IS NOT NULL THEN {said[fact.name]} ELSE {held} END"
    if fact.empty == "open":
        owner = next(each.name for each in group.fields.values() if each.span and fact.name.startswith(f"{each.span}_"))
        if owner not in said:
            return f"coalesce({said[fact.name]}, {held})"
        return f"CASE WHEN {said[owner]} IS NOT NULL THEN {said[fact.name]} ELSE {held} END"
    return f"coalesce({said[fact.name]}, {held})"


def _lines_sql(name: str, what: str) -> str:
    """Amounts that differ from what is held under their household, person, year and item or policy; what is fixed stays, and the rest is made up."""
    column = "item" if name == "ledger" else "policy_id"
    return f"""
        CREATE OR REPLACE TABLE p_{name} AS
        WITH said AS (
            SELECT h.household_id, p.person_id, l.year, l.{column} AS {what}, sum(l.amount)::BIGINT AS amount
            FROM {name} l JOIN household h USING (household_no) LEFT JOIN person p USING (person_no)
            GROUP BY ALL
        ), held AS (
            SELECT household_id, person_id, year, {what}, sum(amount)::BIGINT AS total,
                coalesce(sum(amount) FILTER (WHERE fixed), 0)::BIGINT AS fixed,
                coalesce(list(id ORDER BY id) FILTER (WHERE NOT fixed), []) AS old
            FROM s_{name} GROUP BY ALL
        )
        SELECT said.household_id, said.person_id, said.year, said.{what}, said.amount - coalesce(fixed, 0) AS amount,
            coalesce(old, []) AS old, total, said.amount AS said
        FROM said LEFT JOIN held ON held.household_id = said.household_id AND held.year = said.year AND held.{what} = said.{what}
            AND held.person_id IS NOT DISTINCT FROM said.person_id
        WHERE total IS DISTINCT FROM said.amount
    """


def _change_sqls(stated: Mapping[str, str]) -> list[str]:
    """Everything that would change, as text that `values.said` words; a sealed number only by that it changes."""
    found = []
    for group in (*groups_of("household"), *groups_of("person")):
        person, said = "NULL::VARCHAR" if group.of == "household" else "number", _said(group, stated)
        for fact in group.fields.values():
            if fact.name not in said or fact.derived:
                continue
            shown = {"old": f'"old_{fact.name}"::VARCHAR', "new": f'p."{fact.name}"::VARCHAR'}
            if fact.type == "number":
                shown = {"old": f"CASE WHEN \"old_{fact.name}\" IS NOT NULL THEN '***' END", "new": "'***'"}
            found.append(f"""
                SELECT owner AS household_id, {person} AS person_id, '{group.name}' AS facts, '{fact.name}' AS field, {shown["old"]} AS old, {shown["new"]} AS new
                FROM p_{group.name} p WHERE list_contains(changed, '{fact.name}')
            """)
    for name, what in (("ledger", "item"), ("receipt", "policy")):
        found.append(f"""
            SELECT household_id, person_id, '{name}' AS facts, {what} || ':' || year AS field, total::VARCHAR AS old, said::VARCHAR AS new
            FROM p_{name} WHERE amount >= 0
        """)
    found.append("SELECT household_id, NULL, 'phone', 'number', NULL, phone FROM p_phone")
    return found


def _summed(con: duckdb.DuckDBPyConnection, stated: Mapping[str, str]) -> tuple[str, dict[str, int]]:
    """The digest of all that would change, and how much that is: gone through once, since it is a view of every group."""
    [(count, mixed, households, facts)] = con.execute("""
        SELECT count(*), bit_xor(hash(household_id, person_id, facts, field, old, new)),
            count(DISTINCT household_id), count(*) FILTER (WHERE facts NOT IN ('ledger', 'receipt'))
        FROM change
    """).fetchall()
    numbers = 0
    if "papers.id_number" in stated:
        # Which number is held in place of which nobody is shown; that it is another one by now counts all the same.
        [(found,)] = con.execute("SELECT bit_xor(hash(number, old_id_number, id_number)) FROM p_papers").fetchall()
        numbers = found or 0
    digest = f"{count}-{(mixed or 0) ^ numbers:x}"
    return digest, {"changed_households": int(households), "facts": int(facts)}


def _counts(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    asked = {
        "households": "SELECT count(*) FROM household",
        "persons": "SELECT count(*) FROM person",
        "new_households": "SELECT count(*) FROM household WHERE household_id NOT IN (SELECT number FROM k_household)",
        "new_persons": "SELECT count(*) FROM person WHERE person_id NOT IN (SELECT number FROM k_person)",
        "ledger": "SELECT count(*) FROM p_ledger WHERE amount >= 0",
        "receipts": "SELECT count(*) FROM p_receipt WHERE amount >= 0",
        "totals": "SELECT count(*) FROM p_total",
        "less_than_booked": "SELECT (SELECT count(*) FROM p_ledger WHERE amount < 0) + (SELECT count(*) FROM p_receipt WHERE amount < 0)",
    }
    [found] = con.execute(f"SELECT {', '.join(f'({sql})' for sql in asked.values())}").fetchall()
    return dict(zip(asked, map(int, found), strict=True))

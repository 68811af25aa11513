"""What is stated elsewhere of households is kept beside what the register holds: the last national export, and what was last printed."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import islice

import duckdb
from django.db import transaction

from bangfu.access.data import Actor
from bangfu.access.policy import require
from bangfu.audit.data import Act as Said
from bangfu.audit.data import By
from bangfu.audit.services import record
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.places.selectors import places_within
from bangfu.privacy.services import exact_index
from bangfu.registry.imports.national import NationalFile
from bangfu.registry.imports.plan import Order, kind_of
from bangfu.registry.imports.sources import source_of
from bangfu.registry.layouts import TABLES, TableName, layout
from bangfu.registry.models import Household, Origin, Stated, Statement
from bangfu.registry.services.acts import lock_household

NUMBER, GIVEN = "id_number", "已填"
CHUNK = 2_000
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of keeping an export: households that it states, and those of it that the register does not hold, or that lie elsewhere."""

    statement: int
    households: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Printed:
    """A paper that was printed of a household: texts as they stand on it, by the columns of the national layout; `persons` by their numbers.

    `form` is the paper's kind, `digest` that of its bytes.
    """

    form: str
    on: date
    digest: str
    household: Mapping[str, str]
    persons: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def load_statement(
    by: By, actor: Actor, order: Order, con: duckdb.DuckDBPyConnection, progress: Callable[[Text], None]
) -> Loaded:
    """Keep what a national export of a day states of the households where the actor may import. The register itself is left as it is.

    The same file of the same day again is the same statement. Raises RegisterRefused with every fault of the file; Denied; DomainError.
    """
    require(actor, "households.import")
    if order.as_of > actor.day:
        raise DomainError("DAY_TO_COME", Text("资料日期还没有到。", "The day of the register is still to come."))
    source = source_of(order)
    if not order.file.exists():
        raise DomainError("NO_SUCH_FILE", Text(f"找不到“{order.file}”。", f"There is no {order.file}."))
    if not isinstance(source, NationalFile):
        raise DomainError(
            "OTHER_LAYOUT",
            Text(
                f"“{order.name}”不是全国系统导出表，不能用来核对。",
                f"{order.name} is no national export to compare with.",
            ),
        )
    source.read(con, progress)
    area = places_within(actor.places_for("households.import"))
    seen = Household.objects.unscoped("only those where the actor may import").filter(place__in=area)
    known = dict(seen.values_list("number", "pk"))
    progress(Text("正在写入…", "Writing…"))
    with transaction.atomic():
        again = Statement.objects.filter(origin=Origin.NATIONAL, said_on=order.as_of, digest=order.digest).first()
        if again is None:
            words = {"file": order.name, "digest": order.digest, "as_of": str(order.as_of)}
            entry = record(by, Said("registry.load_statement", words=words))
            again = Statement.objects.create(
                origin=Origin.NATIONAL,
                form=source.form.name,
                said_on=order.as_of,
                name=order.name[:200],
                digest=order.digest,
                at=by.at,
                entry_id=entry,
            )
        kept = Stated.objects.unscoped("of this statement")
        held = set(kept.filter(statement=again).values_list("household", "person"))
        new = (row for row in _stated(by, source, known, again) if (row.household_id, row.person) not in held)
        while some := list(islice(new, CHUNK)):
            kept.bulk_create(some)
    households = [each for (each,) in con.execute("SELECT household_id FROM household").fetchall()]
    ours = sum(each in known for each in households)
    return Loaded(again.pk, ours, len(households) - ours)


def record_printed(by: By, actor: Actor, household: int, printed: Printed) -> int:
    """Keep what a paper that was printed of a household says. Returns the statement's id. Raises NotThere, Denied, DomainError for a column that there is not."""
    for table, said in (("household", printed.household), *(("person", each) for each in printed.persons.values())):
        unknown = set(said) - set(layout().tables[_table(table)].columns)
        if unknown:
            raise DomainError(
                "NO_SUCH_COLUMN",
                Text(
                    f"没有这些列：{'、'.join(sorted(unknown))}。",
                    f"There are no such columns: {', '.join(sorted(unknown))}.",
                ),
            )
    with transaction.atomic():
        found = lock_household(actor, household, "households.see")
        words = {"kind": printed.form, "digest": printed.digest}
        entry = record(by, Said("registry.record_printed", f"household:{household}", found.place_id, words))
        made = Statement.objects.create(
            origin=Origin.PRINTED,
            form=printed.form,
            said_on=printed.on,
            digest=printed.digest,
            at=by.at,
            entry_id=entry,
        )
        of_all = {"": printed.household, **printed.persons}
        rows = [_row(by, made, household, person, each) for person, each in of_all.items()]
        Stated.objects.unscoped("of this statement").bulk_create(rows)
        return made.pk


def record_export(by: By, actor: Actor, of: str, rows: int) -> None:
    """Record that a list of differences left the register. Raises Denied."""
    require(actor, "households.see")
    with transaction.atomic():
        record(by, Said("registry.export_differences", words={"subject": of, "changes": rows}))


def _table(name: str) -> TableName:
    return "person" if name == "person" else "household"


def _stated(by: By, source: NationalFile, known: Mapping[str, int], statement: Statement) -> Iterator[Stated]:
    for name in TABLES:
        for household, person, values in _rows(source, name):
            if household in known:
                yield _row(by, statement, known[household], person, values)


def _rows(source: NationalFile, name: TableName) -> Iterator[tuple[str, str, dict[str, str]]]:
    """(household, person, texts by column) of each row; cells that are empty are said to be so."""
    if name not in source.found:
        return
    columns = {column.name: source.called(name, column.name) for column in source.columns(name)}
    columns |= {other: other for other in source.others(name)}
    keys = ["household_id", *(["person_id"] if name == "person" else [])]
    for _, cells in source.rows(name, [*columns.values(), *keys]):
        values = dict(zip(columns, cells, strict=False))
        yield cells[len(columns)], cells[-1] if name == "person" else "", values


def _row(by: By, statement: Statement, household: int, person: str, values: Mapping[str, str]) -> Stated:
    number = values.get(NUMBER, "")
    index = exact_index(by.ring, kind_of(number), number) if number else ""
    # Of a number only that there is one.
    kept = {name: (said and GIVEN) if name == NUMBER else said[:LONGEST] for name, said in values.items()}
    return Stated(statement=statement, household_id=household, person=person, values=kept, number_index=index)

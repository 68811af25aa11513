"""A file in another system's layout, read as a register: its columns typed by the layout, and made into the contract's tables by SQL.

Beside the prepared tables it makes `x_household` and `x_person` (number, a column "group.field" for each fact that the file states and the contract's
tables do not hold), `x_total` (household_id, year, total, amount) and `x_phone` (household_id, phone).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from pathlib import Path

import duckdb

from bangfu.engine.register import RegisterReport
from bangfu.engine.register.batches import Batch, Reader
from bangfu.engine.register.cell_faults import unmarked_sql
from bangfu.engine.register.folder import Found as Readers
from bangfu.engine.register.headers import PADDING
from bangfu.engine.register.read import Shape, read_found
from bangfu.engine.register.reasons import Reasons
from bangfu.engine.register.staging import SPACE, literal, quoted, raw, typed
from bangfu.engine.register.typing_sql import sql_type
from bangfu.kernel.errors import DomainError, Fault, RegisterRefused
from bangfu.kernel.money import yuan_from_fen
from bangfu.kernel.schema import Code, Column, Schema, Table, schema
from bangfu.kernel.words import Text
from bangfu.registry.facts import Field, groups_of
from bangfu.registry.imports.lines import add_phones, add_totals, no_lines
from bangfu.registry.imports.state import fill
from bangfu.registry.layouts import TABLES, Layout, LayoutColumn, TableName, Words, fact_of
from bangfu.registry.layouts.recognise import Found, reader_of
from bangfu.registry.layouts.villages import NAMES, villages_meant

KEYS = {"household": "household_id", "person": "person_id"}
# Sums of rounded yuan may miss by this much.
TOLERANCE = 100
VAGUE = "~"
PHONE = r"\+?[0-9][0-9 -]{2,18}[0-9]"
_DOUBTED = {
    "id_placeholder": Text(
        "这是临时号码，不是真实的证件号码；照样登记，请核实。",
        "This is a placeholder and nobody's number; it is recorded as it stands. Ask for the real one.",
    ),
    "id_shared_by > 1": Text(
        "几个人用了同一证件号码；照样登记，请核实。",
        "Several persons have this number; it is recorded as it stands. Find out whose it is.",
    ),
}
_MEMBERS = Text(
    "与人表中该户的人数不符。请核实。", "This is not how many persons of the household the other table has. Find out."
)
Check = tuple[str, str, str, str, str]


@dataclass(frozen=True, slots=True)
class NationalFile:
    """A file whose tables were recognised; `year` is that of rows which name none."""

    form: Layout
    found: Mapping[TableName, Found]
    year: int
    day: date
    tables: Mapping[str, Table] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tables", {name: self._table(name) for name in TABLES})

    def read(self, con: duckdb.DuckDBPyConnection, progress: Callable[[Text], None]) -> RegisterReport:
        """Make the tables of `con`. Raises RegisterRefused, each fault at the cell where it stands in the file."""
        contract = Schema(self.tables, {}, self._codes(), _bounds(), {})
        shape = Shape(contract, contract.codes, _Reasons(contract, {}), self._sources, self._more_faults)
        readers: dict[str, Callable[[], Reader]] = {name: partial(self.reader, name) for name in TABLES}
        try:
            report = read_found(Readers(readers, self._twice(), self._notes()), shape, into=con, progress=progress)
        except RegisterRefused as refused:
            raise RegisterRefused([self.located(each) for each in refused.faults], refused.total) from None
        return replace(report, notes=[note for note in report.notes if note in self._notes()])

    def reader(self, name: TableName) -> Reader:
        if name not in self.found:
            return _Empty(self.tables[name])
        return reader_of(
            self.found[name], self.tables[name], {c: self.called(name, c) for c in self.found[name].places}
        )

    def stated(self) -> dict[str, str]:
        """SQL over `f` (the file's row) and `x` for each fact that the file states, but for places, households and numbers."""
        said: dict[str, str] = {}
        for name in TABLES:
            for column in self.columns(name):
                for path in column.facts:
                    said[path] = _said_sql(column, path)
        if "papers.id_number" in said:
            said["identity.birth_date"] = 'f."birth_date"'
            said |= {f"papers.{each.name}": f'f."{each.name}"' for each in _derived()}
        return said

    def add_lines(self, con: duckdb.DuckDBPyConnection) -> None:
        no_lines(con)
        add_totals(con, {c.name: c.total for c in self.columns("household") if c.total})
        add_phones(con)

    def doubts(self, con: duckdb.DuckDBPyConnection) -> tuple[Fault, ...]:
        """Numbers that are nobody's, or several persons', and a count of members that the table of persons does not bear out."""
        faults = []
        for condition, why in _DOUBTED.items():
            found = con.execute(f"SELECT person_id FROM person WHERE {condition}").fetchall()
            faults += (
                self.faults("person", "person_id", "id_number", dict.fromkeys((each for (each,) in found), why))
                if found
                else []
            )
        if "aac017" in {c.name for c in self.columns("household")} and "person" in self.found:
            found = con.execute("""
                SELECT x.number FROM x_members x LEFT JOIN (
                    SELECT household_id, count(*) AS members FROM person JOIN household USING (household_no) GROUP BY 1
                ) p ON p.household_id = x.number WHERE x.members <> coalesce(p.members, 0)
            """).fetchall()
            faults += (
                self.faults("household", "household_id", "aac017", dict.fromkeys((each for (each,) in found), _MEMBERS))
                if found
                else []
            )
        return tuple(faults)

    def located(self, fault: Fault) -> Fault:
        """A fault of the contract's or the layout's column, at the sheet and under the header of the file."""
        name: TableName = "person" if fault.table == "person" else "household"
        if name not in self.found:
            return replace(fault, table=self.form.tables[name].label.zh)
        column = self._behind(name, fault.column)
        listed = self.form.tables[name].columns
        header = self.found[name].headers.get(column) or (listed[column].label.zh if column in listed else column)
        return replace(fault, table=self.found[name].name, column=header)

    def faults(self, table: str, key: str, column: str, why: Mapping[str, Text]) -> list[Fault]:
        """Faults of rows that are known by their key only, with the cells as they stand."""
        name: TableName = "person" if table == "person" else "household"
        there = self._behind(name, column)
        shown = self.called(name, there) if there in self.found[name].places else ""
        faults = []
        for row, cells in self.rows(name, list(dict.fromkeys([key, shown or key]))):
            if cells[0] in why:
                faults.append(self.located(Fault(name, row, column, shown and cells[-1], why[cells[0]])))
        return faults

    def rows(self, name: TableName, columns: list[str]) -> Iterator[tuple[int, list[str]]]:
        """The cells of some columns, row by row, as the file has them."""
        reader = self.reader(name)
        header = reader.header()
        places = {column: header.index(column) for column in columns}
        for batch in reader.batches(places):
            listed = [batch.columns.column(column).to_pylist() for column in columns]
            for row, *cells in zip(batch.rows, *listed, strict=True):
                yield row, [(cell or "").strip(PADDING) for cell in cells]

    def columns(self, name: TableName) -> list[LayoutColumn]:
        """The columns of a table that the file has and that say something."""
        if name not in self.found:
            return []
        return [c for c in self.form.tables[name].columns.values() if c.name in self.found[name].places and c.kept]

    def others(self, name: TableName) -> list[str]:
        """The second columns of which one yes is enough."""
        return [c.other for c in self.columns(name) if c.other and c.other in self.found[name].places]

    def called(self, name: TableName, column: str) -> str:
        key = self.form.tables[name].columns[column].key
        return KEYS[key] if key else column

    def _behind(self, name: TableName, column: str) -> str:
        """The layout's column, of the file if it has one, in which something that the contract calls `column` is said."""
        if column == "village_code":
            return next((c.name for c in self.columns(name) if c.place == "code"), "village")
        listed = [*self.columns(name), *self.form.tables[name].columns.values()]
        for each in listed:
            said = {path.partition(".")[2] for path in each.facts}
            if KEYS.get(each.key) == column or column in said:
                return each.name
        return next((c.name for c in listed if c.year), column) if column == "year" else column

    def _table(self, name: TableName) -> Table:
        listed = self.columns(name)
        columns = {self.called(name, c.name): self._column(name, c) for c in listed}
        columns |= {other: Column(other, Text(other, other), "yes_no") for other in self.others(name)}
        label = self.form.tables[name].label
        return Table(
            name, label, columns or {key: Column(key, label, "id", required=True) for key in KEYS.values()}, {}
        )

    def _column(self, name: TableName, column: LayoutColumn) -> Column:
        called = self.called(name, column.name)
        made = partial(Column, called, column.label)
        if column.key:
            return made("id", required=True)
        if column.marks:
            return made("codes", codes=f"marks {column.name}", most=len(column.marks))
        if column.total:
            return made("money")
        if column.adds:
            return made("balance")
        if column.figure == "members":
            return made("count")
        if column.year or column.part == "year":
            return made("year")
        if column.place == "code":
            return made("village_code")
        if not column.fact:
            return made("text")
        fact = fact_of(column.fact)
        if column.words:
            return made("codes" if fact.type == "codes" else "code", codes=f"words {column.words}", most=fact.most)
        plainly = ("yes_no", "date", "year", "months", "area", "decimal", "money")
        return made(fact.type if fact.type in plainly else "text")  # type: ignore[arg-type]

    def _codes(self) -> dict[str, Mapping[str, Code]]:
        listed = {f"words {name}": _entries(words) for name, words in self.form.words.items()}
        marked = {}
        for table in self.form.tables.values():
            for column in table.columns.values():
                if column.marks:
                    said = {path: Code(path, Text(word, word)) for word, path in column.marks.items()}
                    marked[f"marks {column.name}"] = {"none": Code("none", Text(column.none, column.none)), **said}
        return {**listed, **marked}

    def _notes(self) -> list[Text]:
        notes = []
        for found in self.found.values():
            kept = {c.name for c in self.columns(found.table)}
            others = {c.other for c in self.columns(found.table)}
            unused = [header for c, header in found.headers.items() if c not in kept | others] + list(found.unknown)
            if unused:
                some = [each[:40] for each in unused]
                notes.append(
                    Text(
                        f"“{found.name}”中不登记的列，已忽略：{'、'.join(some)}。",
                        f"Columns of {found.name} that the register does not keep, ignored: {', '.join(some)}.",
                    )
                )
        return notes

    def _twice(self) -> list[Fault]:
        why = Text("同一列出现了两次，请只保留一列。", "The same column stands twice; keep one of them.")
        return [Fault(f.table, f.above + 1, header, header, why) for f in self.found.values() for header in f.twice]

    def _sources(self, con: duckdb.DuckDBPyConnection) -> dict[str, str]:
        """Relations for the contract's tables. Raises RegisterRefused where something is a fault, of which the careful way then tells."""
        self._resolve_villages(con)
        for table, _, condition, _, _ in self._checks():
            if con.execute(f"SELECT 1 FROM {self._checked(table)} WHERE {condition} LIMIT 1").fetchall():
                raise RegisterRefused([])
        said = {
            "household": {"household_id": "t.household_id", "village_code": "v.code"},
            "person": {"person_id": "t.person_id", "household_id": "t.household_id"},
        }
        for name in TABLES:
            more: dict[str, str] = {}
            for column in self.columns(name):
                for path in column.facts:
                    fact, sql = fact_of(path), self._fact_sql(name, column, path)
                    if fact.column and column.part != "year":
                        said[name][fact.column] = sql
                    elif column.joined:
                        more[path] = self._joined_sql(name, path)
                    else:
                        more[path] = sql
            key = KEYS[name]
            extra = "".join(f", {sql} AS {quoted(path)}" for path, sql in more.items())
            con.execute(
                f"CREATE OR REPLACE TABLE x_{name} AS SELECT t.{key} AS number{extra} FROM {self._checked(name)}"
            )
            con.execute(f"CREATE OR REPLACE TEMP VIEW n_{name} AS {self._contract_sql(name, said[name])}")
        for absent in ("ledger", "receipt"):
            con.execute(f"CREATE OR REPLACE TEMP VIEW n_{absent} AS {_contract_of_nothing(schema().tables[absent])}")
        self._keep_totals(con)
        return {name: f"n_{name}" for name in schema().tables}

    def _contract_sql(self, name: TableName, said: Mapping[str, str]) -> str:
        columns = schema().tables[name].columns.values()
        made = ", ".join(f"({said.get(c.name, 'NULL')})::{sql_type(c)} AS {quoted(c.name)}" for c in columns)
        return f"SELECT {made} FROM {self._checked(name)}"

    def _fact_sql(self, name: TableName, column: LayoutColumn, path: str) -> str:
        cell = f"t.{quoted(column.name)}"
        if column.marks:
            return f"CASE WHEN {cell} IS NOT NULL THEN list_contains(string_split({cell}, ';'), {literal(path)}) END"
        if column.words and not self.form.words[column.words].of:
            return f"{cell} = 'yes'"
        if column.words:
            return f"CASE WHEN NOT starts_with({cell}, {literal(VAGUE)}) THEN {cell} END"
        if column.other and column.other in self.tables[name].columns:
            return f"CASE WHEN {cell} OR t.{quoted(column.other)} THEN true ELSE {cell} END"
        return cell

    def _joined_sql(self, name: TableName, path: str) -> str:
        parts = [f"t.{quoted(c.name)}" for c in self.columns(name) if c.joined == path]
        return f"nullif(concat({', '.join(parts)}), '')"

    def _keep_totals(self, con: duckdb.DuckDBPyConnection) -> None:
        listed = self.columns("household")
        year = next((f"coalesce(t.{quoted(c.name)}, {self.year})" for c in listed if c.year), str(self.year))
        con.execute(
            "CREATE OR REPLACE TABLE x_total (household_id VARCHAR, year INTEGER, total VARCHAR, amount BIGINT)"
        )
        con.execute("CREATE OR REPLACE TABLE x_phone (household_id VARCHAR, phone VARCHAR)")
        for column in listed:
            cell = f"t.{quoted(column.name)}"
            if column.total:
                con.execute(
                    f"INSERT INTO x_total SELECT t.household_id, {year}, {literal(column.name)}, {cell} "
                    f"FROM {typed('household')} t WHERE {cell} IS NOT NULL"
                )
            if column.figure == "members":
                con.execute(
                    f"CREATE OR REPLACE TABLE x_members AS SELECT household_id AS number, {cell} AS members FROM {typed('household')} t "
                    f"WHERE {cell} IS NOT NULL"
                )
            if column.phone:
                con.execute(
                    f"INSERT INTO x_phone SELECT t.household_id, {cell} FROM {typed('household')} t WHERE {cell} IS NOT NULL"
                )

    def _resolve_villages(self, con: duckdb.DuckDBPyConnection) -> None:
        """`n_village` (a column for each name of the chain, code, why: "" | unknown | several): what the names of the file mean."""
        names = self._village_names()
        distinct = con.execute(f"SELECT DISTINCT {', '.join(names)} FROM {typed('household')} t").fetchall()
        asked = [dict(zip(NAMES, row, strict=True)) for row in distinct]
        meant = villages_meant(asked, self.day)
        rows = [(*row, *found) for row, found in zip(distinct, meant, strict=True)]
        fill(con, "n_village", dict.fromkeys((*NAMES, "code", "why"), "VARCHAR"), rows)

    def _village_names(self) -> list[str]:
        there = {c.place: f"t.{quoted(c.name)}" for c in self.columns("household") if c.place}
        return [there.get(name, "NULL::VARCHAR") for name in NAMES]

    def _checked(self, table: str) -> str:
        """A typed table `t`, of households with what is known of their village `v`."""
        if table != "household":
            return f"{typed(table)} t"
        names = zip(self._village_names(), NAMES, strict=True)
        same = " AND ".join(f"{said} IS NOT DISTINCT FROM n.{name}" for said, name in names)
        given = next((f"t.{quoted(c.name)}" for c in self.columns("household") if c.place == "code"), "NULL::VARCHAR")
        return f"""{typed(table)} t, LATERAL (
            SELECT coalesce({given}, max(n.code)) AS code, CASE WHEN {given} IS NULL THEN coalesce(max(n.why), 'unknown') ELSE '' END AS why
            FROM n_village n WHERE {same}
        ) v"""

    def _checks(self) -> Iterator[Check]:
        """(table, column, condition that makes a fault, its kind, SQL of its detail), over rows of `_checked`."""
        yield "household", self._behind("household", "village_code"), "v.why <> ''", "village", "v.why"
        there = {c.name for c in self.columns("household")}
        for name in TABLES:
            for column in self.columns(name):
                cell = f"t.{quoted(column.name)}"
                if column.marks:
                    yield name, column.name, f"contains({cell}, 'none') AND {cell} <> 'none'", "both", "''"
                if column.phone:
                    yield name, column.name, f"NOT regexp_full_match({cell}, '{PHONE}')", "phone", "''"
                if column.adds and {*column.adds, *column.takes, *([column.per] if column.per else [])} <= there:
                    right = _sum_sql(column)
                    yield name, column.name, f"abs({cell} - ({right})) > {TOLERANCE}", "sum", f"({right})::VARCHAR"

    def _more_faults(self, con: duckdb.DuckDBPyConnection) -> None:
        self._resolve_villages(con)
        for table, column, condition, kind, detail in self._checks():
            cell = f"r.{quoted(column)}" if column in self.tables[table].columns else "NULL"
            # A sum is not blamed for a part that cannot be read.
            readable = "AND NOT t.faulty" if kind == "sum" else ""
            con.execute(f"""
                INSERT INTO {SPACE}.fault
                SELECT {literal(table)}, f."row", {literal(column)}, coalesce(f.cell, ''), {literal(kind)}, f.detail
                FROM (
                    SELECT t."row", {cell} AS cell, {detail} AS detail FROM {self._checked(table)}
                    JOIN {raw(table)} r ON r."row" = t."row" WHERE ({condition}) {readable}
                ) f WHERE {unmarked_sql(table, column)}
            """)


class _Empty:
    """A table that the file does not have."""

    def __init__(self, table: Table) -> None:
        self._header = list(table.columns)

    def header(self) -> list[str]:
        return self._header

    def batches(self, places: Mapping[str, int]) -> Iterator[Batch]:
        return iter(())


class _Reasons(Reasons):
    """The words for faults that only such files have."""

    def of(self, table: str, column: str, value: str, kind: str, detail: str) -> Text:
        match kind:
            case "village" if detail == "several":
                return Text(
                    "同名的村不止一个。请填写乡镇、县和市，或 12 位村代码。",
                    "Several villages have this name. Give the town, county and prefecture as well, or the code of 12 digits.",
                )
            case "village":
                return Text(
                    "区划中没有这个村。请核对乡镇和村名，或填写 12 位村代码。",
                    "The divisions have no such village. Check the names of town and village, or give the code of 12 digits.",
                )
            case "both":
                return Text("“健康”不能与其他状况并列。", "Healthy cannot stand beside anything else.")
            case "phone":
                return Text(
                    "电话只含数字、空格和横线，4 到 20 位。", "A telephone has 4 to 20 digits, spaces and hyphens."
                )
            case "sum":
                right = yuan_from_fen(int(detail))
                return Text(
                    f"与各项合计不符，按各项应为 {right} 元。请核对各项和合计。",
                    f"This is not what its parts make, {right} yuan. Check the parts and the total.",
                )
        return super().of(table, column, value, kind, detail)


def _sum_sql(column: LayoutColumn) -> str:
    added = " + ".join(f"coalesce(t.{quoted(part)}, 0)" for part in column.adds)
    taken = "".join(f" - coalesce(t.{quoted(part)}, 0)" for part in column.takes)
    if not column.per:
        return f"{added}{taken}"
    return f"round(({added}{taken})::DOUBLE / nullif(t.{quoted(column.per)}, 0))::BIGINT"


def _said_sql(column: LayoutColumn, path: str) -> str:
    fact = fact_of(path)
    if column.part == "year":
        # Of a day the form has only the year. What is held of that year stays; else the last day is the one by which it held for certain.
        year = f"x.{quoted(path)}"
        return f'CASE WHEN s."{fact.name}" // 10000 = {year} THEN s."{fact.name}" ELSE {year} * 10000 + 1231 END'
    return f'f."{fact.name}"' if fact.column else f"x.{quoted(path)}"


def _derived() -> list[Field]:
    return [fact for group in groups_of("person") for fact in group.fields.values() if fact.derived]


def _entries(words: Words) -> dict[str, Code]:
    """The words as a code list of their own, in which a word that says nothing for certain is a code too."""
    spelt: dict[str, list[str]] = {}
    for said in words.spellings:
        meant = words.codes_of(said) or frozenset()
        spelt.setdefault(next(iter(meant)) if len(meant) == 1 else f"{VAGUE}{said}", []).append(said)
    return {code: Code(code, Text(said[0], said[0]), tuple(said[1:])) for code, said in spelt.items()}


def _bounds() -> dict[str, tuple[int, int]]:
    return {**schema().bounds, "decimal": schema().bounds["area"]}


def _contract_of_nothing(table: Table) -> str:
    made = ", ".join(f"NULL::{sql_type(c)} AS {quoted(c.name)}" for c in table.columns.values())
    return f"SELECT {made} WHERE false"


def national_file(path: Path, form: Layout, found: list[Found], year: int, day: date) -> NationalFile:
    """The tables that were found, as one file. Raises DomainError where one stands twice, or only persons are there."""
    by_table = {each.table: each for each in found}
    if len(by_table) < len(found):
        names = "、".join(each.name for each in found)
        raise DomainError(
            "TABLE_TWICE",
            Text(
                f"同一张表出现了多次：{names}。请只保留一份户表和一份人表。",
                f"A table stands several times: {names}. Keep one of households and one of persons.",
            ),
        )
    if "household" not in by_table:
        raise DomainError(
            "NO_HOUSEHOLDS",
            Text(
                f"“{path.name}”中没有带“户编号”列的户表。请把户表和人表一起交来。",
                f"{path.name} has no table of households with their numbers. Give it together with the table of persons.",
            ),
        )
    return NationalFile(form, by_table, year, day)

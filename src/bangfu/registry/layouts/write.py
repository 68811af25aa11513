"""A register written in another system's layout, in SQL over the prepared tables: what the layout asks for, in its words, under its headers."""

from collections.abc import Mapping
from pathlib import Path

import duckdb

from bangfu.engine.register.cells import DECIMALS
from bangfu.engine.register.staging import literal, quoted
from bangfu.kernel.divisions import divisions
from bangfu.registry.facts import codes
from bangfu.registry.layouts import TABLES, Layout, LayoutColumn, TableName, Words, fact_of

_PLACES = {"province": 2, "city": 4, "county": 6, "town": 9, "village": 12}
_BOM = b"\xef\xbb\xbf"
_NOT_WRITTEN = "NULL"


def write_layout(
    con: duckdb.DuckDBPyConnection, form: Layout, year: int, out: Path, more: Mapping[str, str] | None = None
) -> dict[TableName, int]:
    """Write a CSV file for each table into the folder `out`, named by its label; returns rows by table.

    Income is that of `year`; of persons, those who neither died nor left. `more`: SQL over `h` or `p` for facts that the contract does not have.
    """
    out.mkdir(parents=True, exist_ok=True)
    _lay_out(con, form, year)
    return {name: _write(con, form, name, year, out, more or {}) for name in TABLES}


def _lay_out(con: duckdb.DuckDBPyConnection, form: Layout, year: int) -> None:
    """`w_place` (code, name), `w_present` (those who are there), `w_total` (household_no, an amount for each total and what is made of them)."""
    con.execute("CREATE OR REPLACE TEMP TABLE w_place (code VARCHAR, name VARCHAR)")
    con.executemany("INSERT INTO w_place VALUES (?, ?)", [(each.code, each.name) for each in divisions().values()])
    con.execute("CREATE OR REPLACE TEMP VIEW w_present AS FROM person WHERE died_on IS NULL AND left_on IS NULL")
    con.execute(
        "CREATE OR REPLACE TEMP VIEW w_members AS SELECT household_no, count(*) AS members FROM w_present GROUP BY 1"
    )
    columns = form.tables["household"].columns.values()
    totals = {
        c.name: f"sum(amount) FILTER (WHERE item IN ({', '.join(map(literal, c.total.items))}))"
        for c in columns
        if c.total
    }
    made = ", ".join(f"{sql}::BIGINT AS {quoted(name)}" for name, sql in totals.items())
    inner = f"SELECT household_no, {made} FROM ledger WHERE year = {year} GROUP BY 1"
    for column in columns:
        if column.adds:
            inner = f"SELECT w.*, {_sum(column)} AS {quoted(column.name)} FROM ({inner}) w LEFT JOIN w_members USING (household_no)"
    con.execute(f"CREATE OR REPLACE TEMP TABLE w_total AS {inner}")


def _sum(column: LayoutColumn) -> str:
    parts = [f"w.{quoted(part)}" for part in (*column.adds, *column.takes)]
    added = " + ".join(f"coalesce(w.{quoted(part)}, 0)" for part in column.adds)
    taken = "".join(f" - coalesce(w.{quoted(part)}, 0)" for part in column.takes)
    whole = f"({added}{taken})"
    # Rounded to the fen, half away from zero.
    shared = f"sign({whole}) * ((2 * abs({whole}) + members) // nullif(2 * members, 0))"
    right = shared if column.per else whole
    return f"CASE WHEN coalesce({', '.join(parts)}) IS NOT NULL THEN {right} END"


def _write(
    con: duckdb.DuckDBPyConnection, form: Layout, name: TableName, year: int, out: Path, more: Mapping[str, str]
) -> int:
    table = form.tables[name]
    cells = ", ".join(
        f"({_cell(form, column, name, year, more)})::VARCHAR AS {quoted(column.label.zh)}"
        for column in table.columns.values()
    )
    source = {
        "household": """
            household h LEFT JOIN w_total t USING (household_no) LEFT JOIN w_members m USING (household_no)
            LEFT JOIN (
                SELECT household_no, min(person_id) AS number, min_by(name, person_id) AS name FROM w_present WHERE relation = 'head' GROUP BY 1
            ) head USING (household_no)
        """,
        "person": "w_present p JOIN household h USING (household_no)",
    }[name]
    order = "household_id" if name == "household" else "household_id, person_id"
    path = out / f"{table.label.zh}.csv"
    [(rows,)] = con.execute(
        f"COPY (SELECT {cells} FROM {source} ORDER BY {order}) TO {literal(str(path))} (FORMAT csv, HEADER true)"
    ).fetchall()
    path.write_bytes(_BOM + path.read_bytes())
    return int(rows)


def _cell(form: Layout, column: LayoutColumn, name: TableName, year: int, more: Mapping[str, str]) -> str:
    row = "h" if name == "household" else "p"
    if column.key:
        return "h.household_id" if column.key == "household" else "p.person_id"
    if column.year:
        return str(year)
    if column.place == "code":
        return "h.village_code"
    if column.place:
        return f"(SELECT name FROM w_place WHERE code = left(h.village_code, {_PLACES[column.place]}))"
    if column.total or column.adds:
        return f"(t.{quoted(column.name)} / 100)::DECIMAL(18, 2)"
    if column.marks:
        return _marks(column)
    figures = {"members": "coalesce(m.members, 0)", "head_name": "head.name", "head_number": "head.number"}
    if column.figure:
        return figures[column.figure]
    path = column.fact
    if path in more:
        return _said(form, column, more[path])
    if path and fact_of(path).column:
        return _said(form, column, f"{row}.{quoted(fact_of(path).column)}")
    return _NOT_WRITTEN


def _marks(column: LayoutColumn) -> str:
    """A cell with several words says no to those that it does not hold: it is left empty while one of them is unknown."""
    facts = {word: f"p.{quoted(fact_of(path).column)}" for word, path in column.marks.items()}
    known = " AND ".join(f"{sql} IS NOT NULL" for sql in facts.values())
    listed = ", ".join(f"CASE WHEN {sql} THEN {literal(word)} END" for word, sql in facts.items())
    return f"CASE WHEN {known} THEN coalesce(nullif(concat_ws('，', {listed}), ''), {literal(column.none)}) END"


def _said(form: Layout, column: LayoutColumn, sql: str) -> str:
    fact = fact_of(column.fact)
    if column.part == "year":
        return f"{sql} // 10000"
    if column.words:
        return _worded(form.words[column.words], sql, several=fact.type == "codes")
    if fact.type == "yes_no":
        return f"CASE WHEN {sql} THEN '是' WHEN NOT {sql} THEN '否' END"
    if fact.type == "date":
        return f"strptime(({sql})::VARCHAR, '%Y%m%d')::DATE"
    places = DECIMALS.get(fact.type)
    return (
        sql if places is None else f"rtrim(rtrim((({sql}) / {10**places})::DECIMAL(18, {places})::VARCHAR, '0'), '.')"
    )


def _worded(words: Words, sql: str, *, several: bool) -> str:
    if not words.of:
        yes, no = (literal(words.words[each][0]) for each in ("yes", "no"))
        return f"CASE WHEN {sql} THEN {yes} WHEN NOT {sql} THEN {no} END"
    said = {code: words.written(code) for code in codes()[words.of]}
    listed = "MAP {" + ", ".join(f"{literal(code)}: {literal(word)}" for code, word in said.items()) + "}"
    if several:
        return f"array_to_string(list_transform(string_split({sql}, ';'), lambda code: {listed}[code]), '、')"
    return f"nullif({listed}[{sql}], '')"

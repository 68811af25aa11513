"""Worked cases: small households with what the book must say of them, run through the reader and both back ends.

A case is written as docs/rulebook-language.md says. Cases of the same day, income year and settings are judged as one register.
"""

import csv
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from bangfu.engine.duck import open_engine
from bangfu.engine.homes import homes
from bangfu.engine.judging import execute, judged
from bangfu.engine.register import read_register
from bangfu.engine.register.sums import make_sums
from bangfu.kernel.errors import DomainError, RegisterRefused
from bangfu.kernel.money import fen_from_yuan, yuan_from_fen
from bangfu.kernel.schema import RESULT_TABLES, Column, ResultTable, schema
from bangfu.kernel.words import Text
from bangfu.rulebook.book import Book
from bangfu.rulebook.judge import Judge
from bangfu.rulebook.plan import Plan, compile_plan
from bangfu.rulebook.resolve import places_of, read_settings, resolve
from bangfu.rulebook.source import Entry, Where, as_entries, files_of, read_yaml, refuse

_VILLAGE = "371102009201"
_ROW_WORDS = {"person": "person_id", "policy": "policy_id"}
Rows = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Case:
    """One household and what is expected of it. `about` is the id of the rule it stands under (its file's name)."""

    about: str
    name: Text
    where: Where
    as_of: int
    income_year: int | None
    settings: tuple[tuple[str, str], ...]
    household: Entry
    people: tuple[Entry, ...]
    ledger: tuple[Entry, ...]
    receipts: tuple[Entry, ...]
    expect: Entry


@dataclass(frozen=True, slots=True)
class CaseFailure:
    """A case that a back end does not bear out."""

    case: Case
    text: Text


def load_cases(folder: Path, layer: str = "rules/") -> list[Case]:
    """Read every case under a rules folder. Raises BookRefused with file and line."""
    found: list[Case] = []
    for path in files_of(folder, "cases/**/*.yaml"):
        where = Where(layer + path.relative_to(folder).as_posix(), 1)
        content = read_yaml(path, str(where.file))
        if not isinstance(content, Entry):
            raise refuse(where, "算例文件应有 cases。", "a file of cases should have 'cases'.")
        content.only("defaults", "cases")
        defaults = content.get("defaults") or Entry()
        for entry in content.entries("cases"):
            found.append(_case(path.stem, entry, defaults))
    return found


def _case(about: str, entry: Entry, defaults: Mapping[str, Any]) -> Case:
    entry.only("name", "as_of", "income_year", "set", "household", "people", "ledger", "receipts", "expect")
    as_of = entry.get("as_of", defaults.get("as_of"))
    if not isinstance(as_of, date):
        raise refuse(entry.where, "算例缺少 as_of 日期。", "the case has no day as_of.")
    expect = entry.need("expect")
    if not isinstance(expect, Entry):
        raise refuse(entry.at("expect"), "expect 应为键和值。", "expect should be keys and values.")
    expect.only("entitlement", "assessment", "findings", "no_findings", "evidence")
    settings = {**(defaults.get("set") or {}), **(entry.get("set") or {})}
    year = entry.get("income_year", defaults.get("income_year"))
    return Case(
        about=about,
        name=entry.text("name"),
        where=entry.where,
        as_of=as_of.year * 10_000 + as_of.month * 100 + as_of.day,
        income_year=year,
        settings=tuple(sorted((name, _cell(value)) for name, value in settings.items())),
        household=_over(defaults.get("household"), entry.get("household"), entry),
        people=tuple(_over(defaults.get("person"), person, entry) for person in entry.entries("people")),
        ledger=tuple(as_entries(entry.get("ledger", defaults.get("ledger", [])), entry.at("ledger"))),
        receipts=tuple(as_entries(entry.get("receipts", defaults.get("receipts", [])), entry.at("receipts"))),
        expect=expect,
    )


def _over(default: Any, own: Any, entry: Entry) -> Entry:
    """The case's own facts laid over the file's."""
    made = Entry({**(default or {}), **(own or {})})
    made.where = own.where if isinstance(own, Entry) else entry.where
    made.places = {}
    return made


def run_cases(book: Book, cases: Sequence[Case]) -> list[CaseFailure]:
    """Judge the cases by SQL and by the evaluator; returns what either does not bear out. Raises DomainError for a case that cannot be read."""
    groups: dict[tuple[Any, ...], list[Case]] = {}
    for case in cases:
        place = places_of(book, str(case.household.get("village_code", _VILLAGE)))
        groups.setdefault((case.as_of, case.income_year, case.settings, place), []).append(case)
    failures = []
    for (as_of, income_year, settings, place), mine in groups.items():
        rules = resolve(
            book, as_of=as_of, income_year=income_year, places=place, settings=read_settings(book, dict(settings))
        )
        con = open_engine()
        try:
            _read(con, book, mine)
            papers = any("evidence" in case.expect for case in mine)
            by_sql = _judged_by_sql(con, compile_plan(rules, tables=_tables_expected(mine), evidence=papers))
            judge = Judge(rules)
            by_evaluator: Rows = {"assessment": [], "entitlement": [], "finding": [], "evidence": []}
            for home in homes(con):
                one = judge.judge(home)
                by_evaluator["assessment"].append(one.assessment)
                by_evaluator["entitlement"] += one.entitlement()
                by_evaluator["finding"] += one.findings
                by_evaluator["evidence"] += judge.evidence_of(home)
        finally:
            con.close()
        for number, case in enumerate(mine):
            failures += _failures(case, number, {"SQL": by_sql, "evaluator": by_evaluator})
    return failures


def _failures(case: Case, number: int, rows: Mapping[str, Rows]) -> list[CaseFailure]:
    """What the back ends do not bear out; which one is said only where they differ, which is a fault of the program."""
    unmet = {backend: _unmet(case, number, tables) for backend, tables in rows.items()}
    if len({tuple(texts) for texts in unmet.values()}) == 1:
        return [CaseFailure(case, text) for text in next(iter(unmet.values()))]
    return [CaseFailure(case, Text(f"[{b}] {t.zh}", f"[{b}] {t.en}")) for b, texts in unmet.items() for t in texts]


# ---- the cases as a register


def _read(con: duckdb.DuckDBPyConnection, book: Book, cases: Sequence[Case]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        rows: Rows = {name: [] for name in schema().tables}
        origin: dict[tuple[str, int], Case] = {}
        for number, case in enumerate(cases):
            for kind, row in _rows_of(case, number):
                rows[kind].append(row)
                origin[kind, len(rows[kind]) + 1] = case
        for name, table in schema().tables.items():
            with (Path(folder) / f"{name}.csv").open("w", encoding="utf-8", newline="") as handle:
                writer = csv.DictWriter(handle, list(table.columns))
                writer.writeheader()
                writer.writerows(rows[name])
        try:
            read_register(Path(folder), into=con, policies=book.policy_codes())
        except RegisterRefused as refused:
            fault = refused.faults[0]
            case = origin.get((fault.table, fault.row), cases[0])
            raise refuse(
                case.where,
                f"算例里的 {fault.table}.{fault.column} “{fault.value}”：{fault.reason.zh}",
                f"{fault.table}.{fault.column} '{fault.value}' of the case: {fault.reason.en}",
            ) from refused
    make_sums(con)
    # Cases are households of their own world: a number shared by two cases is shared by nobody.
    con.execute(
        "UPDATE person SET id_shared_by = here.n FROM (SELECT household_no AS h, left(id_number, 18) AS i, COUNT(*) AS n FROM person GROUP BY ALL) AS here "
        "WHERE h = household_no AND i = left(id_number, 18)"
    )


def _rows_of(case: Case, number: int) -> Iterable[tuple[str, dict[str, str]]]:
    household = f"c{number:05d}"
    known = {"household_id": household, "village_code": _VILLAGE, "status": "poor"}
    yield "household", _row("household", {**known, **case.household}, case)
    for n, person in enumerate(case.people, start=1):
        yield "person", _row("person", {"household_id": household, "person_id": f"{household}-{n}", **person}, case)
    for table, entries in (("ledger", case.ledger), ("receipt", case.receipts)):
        for entry in entries:
            named = {_ROW_WORDS.get(key, key): value for key, value in entry.items()}
            if named.get("person_id") is not None:
                named["person_id"] = f"{household}-{named['person_id']}"
            yield table, _row(table, {"household_id": household, **named}, case)


def _row(table: str, facts: Mapping[str, Any], case: Case) -> dict[str, str]:
    unknown = facts.keys() - schema().tables[table].columns.keys()
    if unknown:
        names = ", ".join(sorted(unknown))
        raise refuse(case.where, f"{table} 没有这样的列：{names}。", f"{table} has no such column: {names}.")
    return {name: _cell(value) for name, value in facts.items()}


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


# ---- what is expected


def _tables_expected(cases: Sequence[Case]) -> list[ResultTable]:
    """The result tables that some case looks at; planning a query of the whole book takes longer than running it here."""
    expected = {key for case in cases for key in case.expect}
    looked_at: dict[ResultTable, set[str]] = {
        "assessment": {"assessment"},
        "entitlement": {"entitlement"},
        "finding": {"findings", "no_findings"},
    }
    return [name for name, keys in looked_at.items() if keys & expected]


def _judged_by_sql(con: duckdb.DuckDBPyConnection, plan: Plan) -> Rows:
    made: Rows = {name: [] for name in (*RESULT_TABLES, "evidence")}
    with judged(con, plan):
        queries: list[tuple[str, str]] = list(plan.results.items())
        if plan.evidence:
            queries.append(("evidence", plan.evidence))
        for name, sql in queries:
            result = execute(con, sql, plan)
            names = [d[0] for d in result.description or []]
            made[name] = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    return made


def _unmet(case: Case, number: int, rows: Rows) -> list[Text]:
    household = f"c{number:05d}"
    mine = {name: [r for r in table if r["household_id"] == household] for name, table in rows.items()}
    found = []
    for expected in case.expect.entries("entitlement"):
        person = expected.get("person")
        key = (None if person is None else f"{household}-{person}", expected.need("policy"))
        row = next((r for r in mine["entitlement"] if (r["person_id"], r["policy_id"]) == key), None)
        who = f"{key[1]}/{person or '-'}"
        if row is None:
            found.append(Text(f"{who} 没有这一行", f"{who}: no such row"))
            continue
        found += _differences(
            who,
            {k: v for k, v in expected.items() if k not in ("person", "policy")},
            row,
            schema().results["entitlement"].columns,
            case,
        )
    assessment = case.expect.get("assessment") or {}
    if assessment:
        found += _differences(
            "assessment", assessment, mine["assessment"][0], schema().results["assessment"].columns, case
        )
    checks = {r["check_id"] for r in mine["finding"]}
    found += [Text(f"应有疑点 {c}", f"finding {c} is wanted") for c in case.expect.words("findings") if c not in checks]
    found += [
        Text(f"不应有疑点 {c}", f"finding {c} is not wanted") for c in case.expect.words("no_findings") if c in checks
    ]
    return found + [text for e in case.expect.entries("evidence") for text in _evidence_unmet(e, household, mine)]


def _evidence_unmet(expected: Entry, household: str, mine: Rows) -> list[Text]:
    """`required`: yes, no, or null where it is not known; what is not required has no row."""
    person = expected.get("person")
    key = (None if person is None else f"{household}-{person}", expected.need("kind"))
    found = next((r["required"] for r in mine["evidence"] if (r["person_id"], r["kind_id"]) == key), False)
    wanted = expected.get("required")
    if found is wanted:
        return []
    said = {True: "yes", False: "no", None: "null"}
    who = f"{key[1]}/{person or '-'}"
    return [
        Text(f"{who}：应为 {said[wanted]}，得到 {said[found]}", f"{who}: {said[wanted]} wanted, {said[found]} found")
    ]


def _differences(
    who: str, expected: Mapping[str, Any], row: Mapping[str, Any], columns: Mapping[str, Column], case: Case
) -> list[Text]:
    found = []
    for name, value in expected.items():
        if name not in columns:
            raise refuse(case.where, f"结果没有“{name}”这一列。", f"results have no column '{name}'.")
        wanted = _wanted(value, columns[name], case)
        got = (row[name] or "") if columns[name].type == "list" else row[name]
        if got != wanted:
            one, other = _shown(wanted, columns[name]), _shown(got, columns[name])
            found.append(Text(f"{who} {name}：应为 {one}，得到 {other}", f"{who} {name}: {one} wanted, {other} found"))
    return found


def _wanted(value: Any, column: Column, case: Case) -> Any:
    if column.type == "list":
        return ";".join(value or [])
    if value is None or column.type != "money":
        return value
    try:
        return fen_from_yuan(str(value))
    except DomainError as problem:
        raise refuse(case.where, f"“{value}”不是金额。", f"'{value}' is no amount.") from problem


def _shown(value: Any, column: Column) -> str:
    """A cell as a case writes it: yuan, yes or no, null where empty."""
    if value is None or value == "":
        return "null"
    if column.type == "money":
        return yuan_from_fen(value)
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)

"""A small cast of invented households, each for one thing to see, and ways to run the command line over them."""

import csv
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest

from bangfu.cli.main import main
from bangfu.kernel.schema import Column, schema
from bangfu.rulebook.book import Book
from bangfu.rulebook.kept import shipped_book
from tests.engine.register.paper import Register, Row, Value

# 两城街道 in the shipped extract; a made-up village elsewhere in Shandong; one in another province.
LIANGCHENG, ELSEWHERE, YUNNAN = "371102009201", "370199001201", "530199001201"
AS_OF = "2017-12-31"
HAN = re.compile(r"[\u3400-\u9fff]")
# Households by what there is to see in them.
MISSING, EXCLUDED, UNKNOWN, NEAR, STUDENT, PLAIN, FAR = "A1", "A2", "A3", "A4", "A5", "A6", "B1"
FORMULAS = ("=1+1", "+x", "-x", "@x", "＝1+1", "＋x", "－x", "＠x")


def household(household_id: str, village: str = ELSEWHERE, **facts: Value) -> Row:
    return {
        "household_id": household_id,
        "village_code": village,
        "status": "exited",
        "category": "general",
        "registered_on": date(2014, 9, 1),
        "exited_on": date(2016, 12, 1),
        "main_cause": "labour",
        "food_secure": True,
        "clothing_secure": True,
        "water_safe": True,
        "house_owned": True,
        "dangerous_house": False,
        "house_grade": "B",
        "house_grade_before": "B",
        "resettled": False,
        **facts,
    }


def person(person_id: str, household_id: str, **facts: Value) -> Row:
    """Somebody of whom everything is known and nothing is special."""
    return {
        "person_id": person_id,
        "household_id": household_id,
        "name": f"Somebody {person_id}",
        "sex": "1",
        "birth_date": date(1960, 5, 5),
        "relation": "head",
        "schooling": "none",
        "inclusive_kindergarten": False,
        "boarding": False,
        "tuition": Decimal(0),
        "chronic_illness": False,
        "serious_illness": False,
        "medical_aid": False,
        "disability_certificate": False,
        "incapacitated": False,
        "labour": "lost",
        "work_months": 0,
        "basic_medical_insured": True,
        "serious_illness_insured": True,
        "wubao_care": "none",
        "dibao_member": False,
        "orphan_care": "none",
        "child_in_hardship": False,
        "starts_business": False,
        "wants_work": False,
        "graduate_seeking_work": False,
        **facts,
    }


def ledger(household_id: str, amount: str, item: str = "other_transfer") -> list[Row]:
    """The same in both years that a run may ask for."""
    return [
        {"household_id": household_id, "person_id": None, "year": year, "item": item, "amount": Decimal(amount)}
        for year in (2016, 2017)
    ]


def receipt(household_id: str, person_id: str, policy_id: str, amount: str) -> Row:
    return {
        "household_id": household_id,
        "person_id": person_id,
        "policy_id": policy_id,
        "year": 2017,
        "amount": Decimal(amount),
    }


def cast() -> Register:
    """Seven households of eight people."""
    vague: Row = dict.fromkeys(
        (
            "birth_date",
            "labour",
            "wants_work",
            "disability_grade",
            "tuition",
            "dibao_member",
            "chronic_illness",
            "serious_illness_insured",
        )
    )
    return {
        "household": [
            household(MISSING, LIANGCHENG),
            household(EXCLUDED, LIANGCHENG),
            household(UNKNOWN, main_cause=None, house_grade=None, dangerous_house=None),
            household(NEAR),
            household(STUDENT),
            household(PLAIN),
            household(FAR, YUNNAN),
        ],
        "person": [
            # Due 100 a month from January on and received nothing; dibao matches.
            person("A1-1", MISSING, birth_date=date(1932, 5, 5), dibao_member=True, dibao_monthly=Decimal("260.00")),
            person(
                "A2-1",
                EXCLUDED,
                wubao_care="dispersed",
                disability_certificate=True,
                disability_category="4",
                disability_grade="1",
            ),
            person("A3-1", UNKNOWN, **{**vague, "disability_certificate": True, "disability_category": "4"}),
            # Eighty on 15 March 2018, so that the allowance is due from 1 April on.
            person("A4-1", NEAR, birth_date=date(1938, 3, 15), dibao_member=True, dibao_monthly=Decimal("200.00")),
            person("A5-1", STUDENT, labour="ordinary"),
            person(
                "A5-2",
                STUDENT,
                birth_date=date(1998, 7, 1),
                relation="son",
                schooling="vocational_higher",
                tuition=Decimal("5000.00"),
                labour="none",
            ),
            person("A6-1", PLAIN),
            person("B1-1", FAR),
        ],
        "ledger": [
            row
            for rows in (
                ledger(MISSING, "5000.00"),
                ledger(EXCLUDED, "5000.00"),
                ledger(UNKNOWN, "5000.00"),
                ledger(NEAR, "5000.00"),
                ledger(STUDENT, "12000.00"),
                # Between the nation's line of 2,952 and Shandong's of 3,509.
                ledger(PLAIN, "3200.00"),
                ledger(FAR, "3200.00"),
            )
            for row in rows
        ],
        "receipt": [
            receipt(MISSING, "A1-1", "dibao", "3120.00"),
            receipt(EXCLUDED, "A2-1", "wubao_dispersed", "3400.00"),
            receipt(NEAR, "A4-1", "dibao", "2000.00"),
            receipt(STUDENT, "A5-2", "higher_living", "6000.00"),
            receipt(PLAIN, "A6-1", "dibao", "0.01"),
            receipt(FAR, "B1-1", "disability_care", "50.00"),
        ],
    }


def without(register: Register, *household_ids: str) -> Register:
    return {table: [r for r in rows if r["household_id"] not in household_ids] for table, rows in register.items()}


def with_facts(register: Register, table: str, key: str, facts: Mapping[str, Value]) -> Register:
    """The register with facts of one household or person changed."""
    name = f"{table}_id"
    return {
        **register,
        table: [{**row, **facts} if row[name] == key else row for row in register[table]],
    }


def formula_cast() -> Register:
    """Households and people whose numbers begin as formulas do."""
    return {
        "household": [household(id_) for id_ in FORMULAS],
        "person": [person(f"{id_}-1", id_) for id_ in FORMULAS],
        "ledger": [row for id_ in FORMULAS for row in ledger(id_, "5000.00")],
        "receipt": [],
    }


# ---- runs


@dataclass(frozen=True, slots=True)
class Said:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Bangfu:
    """Runs the command line in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *words: object) -> Said:
        self._capsys.readouterr()
        code = main([str(word) for word in words])
        said = self._capsys.readouterr()
        return Said(code, said.out, said.err)

    def assess(self, register: Path, out: Path, *words: object, as_of: str = AS_OF) -> Said:
        return self("assess", register, "--as-of", as_of, "--out", out, *words)


@cache
def thin_book() -> Book:
    """The shipped book cut down to a few policies: for runs that are about files and not about rules."""
    return few_of(shipped_book())


def few_of(book: Book) -> Book:
    kept = (
        "dibao",
        "elderly_80s",
        "wubao_central",
        "wubao_dispersed",
        "disability_care",
        "disability_living",
        "higher_living",
    )
    return replace(
        book,
        policies={id_: p if id_ in kept else replace(p, evaluated=False) for id_, p in book.policies.items()},
        exclusions={id_: e for id_, e in book.exclusions.items() if id_ == "wubao_bars_disability"},
        checks={id_: c for id_, c in book.checks.items() if id_ in ("id_missing", "several_heads")},
    )


# ---- results


def csv_rows(folder: Path, table: str) -> list[dict[str, str]]:
    with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def parquet_rows(folder: Path, table: str) -> list[dict[str, Any]]:
    con = duckdb.connect()
    found = con.execute(f"SELECT * FROM read_parquet('{folder / table}.parquet')")
    names = [d[0] for d in found.description or []]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def result_columns(table: str) -> list[Column]:
    return list(schema().results[table].columns.values())


def row_of(rows: Iterable[Mapping[str, Any]], **wanted: Any) -> Mapping[str, Any]:
    """The one row with these values."""
    (found,) = [row for row in rows if all(row[name] == value for name, value in wanted.items())]
    return found


def fen(text: str) -> int:
    return int(Decimal(text or "0") * 100)


def total(rows: Iterable[Mapping[str, str]], column: str) -> int:
    return sum(fen(row[column]) for row in rows)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def digests(folder: Path) -> dict[str, str]:
    """Of every file below a folder, by its path in it."""
    return {path.relative_to(folder).as_posix(): digest(path) for path in sorted(folder.rglob("*")) if path.is_file()}


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def manifest_of(out: Path) -> Any:
    """Of a folder inside it, of a workbook beside it."""
    path = out / "manifest.json" if out.is_dir() else out.with_name(f"{out.name}.manifest.json")
    return json.loads(path.read_text(encoding="utf-8"))


def is_whole(out: Path) -> bool:
    """Whether every file that the manifest vouches for is there, and is what it vouches for."""
    files = manifest_of(out)["files"]
    there = digests(out) if out.is_dir() else {out.name: digest(out)}
    there.pop("manifest.json", None)
    return there == {name: file["sha256"] for name, file in files.items()}


# ---- local rules


def layer(folder: Path, files: Mapping[str, str]) -> Path:
    """A folder of local rules."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder

"""Statistical division codes and the names that people know them by, read once from the extract beside this file."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

VILLAGE_DIGITS = 12
TOWNSHIP_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Division:
    """A province (2-digit code), prefecture (4), county (6), subdistrict or town (9) or village (12).

    `valid_from` and `valid_until` are the first and last day of the code, both included; None where no change is known.
    """

    code: str
    name: str
    valid_from: date | None = None
    valid_until: date | None = None

    @property
    def is_village(self) -> bool:
        return len(self.code) == VILLAGE_DIGITS


# A village is a division of twelve digits; the name says what a caller means.
Village = Division


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


@cache
def divisions() -> Mapping[str, Division]:
    """Every division that ships with the program, by code, in code order. Read once; do not change."""
    text = (files("bangfu.kernel") / "divisions_3711.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {r["code"]: Division(r["code"], r["name"], _day(r["from"]), _day(r["until"])) for r in rows}


def villages(prefix: str = "") -> tuple[Village, ...]:
    """The villages whose code begins with `prefix`, in code order."""
    return tuple(d for d in divisions().values() if d.is_village and d.code.startswith(prefix))


def division_name(code: str) -> str | None:
    """The name of a division; None where the extract does not hold the code."""
    found = divisions().get(code)
    return found.name if found else None


def place_name(village_code: str) -> str | None:
    """Subdistrict and village as forms write them: 两城街道 两城一村村委会. None where the village is unknown."""
    village = divisions().get(village_code)
    if village is None or not village.is_village:
        return None
    township = division_name(village_code[:TOWNSHIP_DIGITS])
    return f"{township} {village.name}" if township else village.name

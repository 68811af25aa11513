"""A synthetic district in another system's layout: the same made-up people, with what that system asks for besides."""

import itertools
from collections.abc import Callable
from pathlib import Path

from bangfu.engine.duck import open_engine
from bangfu.engine.register import read_register
from bangfu.engine.request import book_of
from bangfu.engine.synth.register import refuse_existing
from bangfu.kernel.aside import open_folder
from bangfu.registry.facts import codes
from bangfu.registry.layouts import TABLES, layout
from bangfu.registry.layouts.write import write_layout

_HOMES = {"residence.road_kind": "road_kind", "daily_life.fuel": "fuel", "housing.house_structure": "house_structure"}
_YES = ("daily_life.power", "daily_life.broadcasting", "daily_life.toilet", "land.cooperative")


def write_sample(out: Path, name: str, year: int, made: Callable[[Path], object]) -> dict[str, int]:
    """Write a district that `made` writes into a folder, in a layout into the folder `out`; returns rows by table. Raises NotMakeable where a file is there already."""
    form = layout(name)
    refuse_existing(out / f"{form.tables[table].label.zh}.csv" for table in TABLES)
    with open_folder("sample") as folder:
        made(Path(folder) / "register")
        con = open_engine(Path(folder))
        try:
            read_register(Path(folder) / "register", into=con, policies=book_of(()).policy_codes())
            return {str(table): rows for table, rows in write_layout(con, form, year, out, _more()).items()}
        finally:
            con.close()


def _more() -> dict[str, str]:
    """Facts that the contract does not have, drawn from the household's or the person's number."""
    homes = {path: _drawn(f"h.household_id || {path!r}", list(codes()[name])) for path, name in _HOMES.items()}
    yes = {path: f"hash(h.household_id || {path!r}) % 10 < 8" for path in _YES}
    return {
        **homes,
        **yes,
        "housing.house_area": "(40 + hash(h.household_id || 'house') % 80)::BIGINT * 10000",
        "residence.road_km": "(hash(h.household_id || 'road') % 30)::BIGINT * 1000",
        "registration.standard": "CASE WHEN h.status <> 'none' THEN 'national' END",
        "identity.ethnicity": "'汉族'",
        "identity.party": "CASE WHEN hash(p.person_id || 'party') % 20 = 0 THEN '中共党员' ELSE '群众' END",
        "schooling.education": f"CASE WHEN p.schooling = 'none' AND p.birth_date < 20010101 THEN {_drawn('p.person_id', ['illiterate', 'primary', 'junior'])} END",
        "insurance.pension_insured": "CASE WHEN p.birth_date < 20010101 THEN hash(p.person_id || 'pension') % 10 < 9 END",
    }


def _drawn(key: str, listed: list[str]) -> str:
    options = " ".join(f"WHEN {n} THEN '{code}'" for n, code in zip(itertools.count(), listed, strict=False))
    return f"CASE hash({key}) % {len(listed)} {options} END"

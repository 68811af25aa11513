"""Reading a snapshot: all of it or a range, and never one that is not what its manifest says."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bangfu.engine.duck import open_engine
from bangfu.engine.snapshot import attach, is_snapshot, load, open_snapshot
from bangfu.engine.snapshot.layout import TABLES
from bangfu.kernel.errors import DomainError
from tests.engine.register.paper import write_csv
from tests.engine.snapshot.registers import Show, rows_in, rows_of_snapshot, snapshot_of, three, together, written


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    return snapshot_of(write_csv(folder / "register", together(*three())), folder / "snap").snapshot.path


@pytest.fixture
def copy(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made, tmp_path / "snap")


def refusal(act: Callable[[], object]) -> DomainError:
    with pytest.raises(DomainError) as caught:
        act()
    return caught.value


@pytest.mark.parametrize("show", [attach, load])
def test_a_range_of_households_shows_their_rows_in_every_table(show: Show, made: Path) -> None:
    snapshot = open_snapshot(made)
    whole = rows_of_snapshot(snapshot, show)
    some = rows_of_snapshot(snapshot, show, households=(1, 2))
    place = {"person": 1, "ledger_by_person": 1}
    assert some == {t: [r for r in rows if r[place.get(t, 0)] in (1, 2)] for t, rows in whole.items()}
    assert all(some[table] for table in TABLES)


def test_one_region_after_another_is_shown_under_the_same_names(made: Path) -> None:
    snapshot, con = open_snapshot(made), open_engine()
    shown = []
    for region, show in zip(snapshot.regions, (attach, load, attach), strict=True):
        show(con, snapshot, [region])
        shown.append(rows_in(con))
    assert {t: [row for rows in shown for row in rows[t]] for t in TABLES} == rows_of_snapshot(snapshot)


@pytest.mark.parametrize("table", TABLES)
def test_a_file_of_one_region_that_was_changed_is_named_when_it_is_read(table: str, copy: Path) -> None:
    file = copy / "3711" / f"{table}.parquet"
    whole = file.read_bytes()
    file.write_bytes(whole[:40] + bytes([whole[40] ^ 1]) + whole[41:])
    snapshot, con = open_snapshot(copy), open_engine()
    found = refusal(lambda: attach(con, snapshot, snapshot.regions))
    assert found.code == "SNAPSHOT_DAMAGED"
    assert str(file) in found.text.zh
    assert str(file) in found.text.en
    attach(con, snapshot, [region for region in snapshot.regions if region.name != "3711"])


def test_a_file_cut_short_is_named_on_opening(copy: Path) -> None:
    file = copy / "5301" / "ledger.parquet"
    file.write_bytes(file.read_bytes()[:-1])
    assert str(file) in refusal(lambda: open_snapshot(copy)).text.en


def test_a_file_that_is_gone_is_named_on_opening(copy: Path) -> None:
    file = copy / "5301" / "ledger.parquet"
    file.unlink()
    found = refusal(lambda: open_snapshot(copy))
    assert (found.code, str(file) in found.text.en) == ("SNAPSHOT_INCOMPLETE", True)


def test_without_its_manifest_it_is_unfinished_and_never_taken_for_registers(copy: Path) -> None:
    (copy / "manifest.json").unlink()
    assert is_snapshot(copy)
    assert refusal(lambda: open_snapshot(copy)).code == "SNAPSHOT_UNFINISHED"


@pytest.mark.parametrize(
    "said",
    [
        "",
        "[]",
        "{}",
        '{"kind": "of another thing"}',
        "[" * 100_000,
        '{"kind": "bangfu-snapshot"}',
        "{",
        '{"kind": "bangfu-snapshot", "schema_version": 1, "regions": [{}]}',
    ],
)
def test_a_manifest_that_cannot_be_understood_is_named(said: str, copy: Path) -> None:
    (copy / "manifest.json").write_text(said, encoding="utf-8")
    assert is_snapshot(copy)
    found = refusal(lambda: open_snapshot(copy))
    assert found.code == "SNAPSHOT_DAMAGED"
    assert str(copy / "manifest.json") in found.text.en


def _put(said: Any, way: str, value: object) -> None:
    """Change what lies at `regions/0/name`, say; None takes it away."""
    *steps, last = way.split("/")
    for step in steps:
        said = said[int(step) if step.isdigit() else step]
    if value is None:
        del said[last]
    else:
        said[last] = value


@pytest.mark.parametrize(
    ("way", "value"),
    [
        ("regions/1/last_household", 0),
        ("regions/1/last_household", 9),
        ("regions/1/first_household", 0),
        ("regions/0/first_household", 1),
        ("regions/2/first_person", 0),
        ("regions/2/last_person", 900),
        ("regions/0/last_household", "0"),
        ("regions/0/last_household", 0.0),
        ("regions/0/first_household", False),
        ("regions/0/first_household", None),
        ("regions/0/policies", "dibao"),
        ("regions/0/policies", [1]),
        ("regions/0/prefix", 3701),
        ("regions/0/name", "3711"),
        ("regions/0/name", "../snap/3701"),
        ("regions/0/name", ""),
        ("regions/0/more", 1),
        ("regions/0/files/household.parquet/rows", 2),
        ("regions/0/files/person.parquet/rows", "2"),
        ("regions/0/files/ledger.parquet/bytes", "1"),
        ("regions/0/files/ledger.parquet/sha256", 1),
        ("regions/0/files/receipt.parquet", None),
        ("regions", {}),
        ("regions", []),
        ("counts", None),
        ("counts/ledger", 0),
        ("set_aside", None),
        ("set_aside", {"households": 0}),
        ("set_aside/rows", "3"),
        ("set_aside/households", -1),
        ("as_told", None),
        ("as_told", "nothing"),
        ("as_told", ["nothing"]),
        ("as_told", [{"zh": "无"}]),
        ("as_told", [["zh", "en"]]),
        ("as_told", [{"zh": 1, "en": 2}]),
        ("as_told", [{"zh": "无", "en": "none", "fr": "rien"}]),
    ],
)
def test_a_manifest_that_does_not_hold_together_is_named(way: str, value: object, copy: Path) -> None:
    """A number changed by one would drop households, and nobody hear of it."""
    said = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))
    _put(said, way, value)
    (copy / "manifest.json").write_text(json.dumps(said), encoding="utf-8")
    found = refusal(lambda: open_snapshot(copy))
    assert (found.code, str(copy / "manifest.json") in found.text.en) == ("SNAPSHOT_DAMAGED", True)


def test_a_folder_in_the_manifest_s_place_is_named(copy: Path) -> None:
    (copy / "manifest.json").unlink()
    (copy / "manifest.json").mkdir()
    assert is_snapshot(copy)
    found = refusal(lambda: open_snapshot(copy))
    assert (found.code, str(copy / "manifest.json") in found.text.en) == ("SNAPSHOT_DAMAGED", True)


def test_a_snapshot_of_another_version_is_refused(copy: Path) -> None:
    manifest = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))
    (copy / "manifest.json").write_text(json.dumps({**manifest, "schema_version": 99}), encoding="utf-8")
    found = refusal(lambda: open_snapshot(copy))
    assert found.code == "SNAPSHOT_VERSION"
    assert "bangfu prepare" in found.text.en


def test_registers_are_no_snapshot(made: Path, tmp_path: Path) -> None:
    assert is_snapshot(made)
    assert not is_snapshot(made.parent / "register")
    assert not is_snapshot(written(tmp_path / "registers", three()))
    assert not is_snapshot(tmp_path / "nothing")
    assert refusal(lambda: open_snapshot(made.parent / "register")).code == "NOT_A_SNAPSHOT"

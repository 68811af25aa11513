"""`bangfu import`: shown first, applied whole or not at all, killed wherever it may be; and `bangfu assess --from-registry`."""

import csv
import hashlib
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import models

from bangfu.privacy.models import SealedNumber
from bangfu.registry.models import Listed, Touched
from tests.cli.installations import Demo, Installation, Served, new_installation, until

DAY = ("--as-of", "2017-12-31")
# Every table that an import writes to; the record's entry is among them.
WRITTEN = (
    "audit_entry WHERE act = 'registry.import'",
    "registry_act",
    "registry_household",
    "registry_person",
    "registry_residenceversion",
    "registry_welfareversion",
    "registry_papersversion",
    "registry_ledgerline",
    "registry_receipt",
    "privacy_sealednumber",
)


# What says nothing of what was imported: ids, when, and what is sealed anew each time.
UNSAID = ("sealed", "subject")
PASSED_OVER = (models.AutoField, models.ForeignKey, models.DateTimeField, models.BinaryField)


def _said(model: Any) -> str:
    """The columns of a table that are the same after every import of the same file, as a query of all its rows."""
    fields = [
        field for field in model._meta.concrete_fields if not field.primary_key and not isinstance(field, PASSED_OVER)
    ]
    listed = ", ".join(f'"{field.column}"' for field in fields if field.name not in UNSAID)
    return f"SELECT {listed or 1} FROM {model._meta.db_table}"


# Of every table of the register but those that an assessment writes to, too; and of sealed numbers.
MODELS: tuple[Any, ...] = (*apps.get_app_config("registry").get_models(), SealedNumber)
SAID = {model._meta.db_table: _said(model) for model in MODELS if model not in (Listed, Touched)}
SAID["recorded of what is listed"] = (
    f"SELECT number, head, members, status, category, cause FROM {Listed._meta.db_table}"
)


def contents(installation: Installation) -> dict[str, str]:
    """A digest of all rows of each table, in whatever order they lie."""
    return {table: _digest(installation.sql(query)) for table, query in SAID.items()}


def _digest(rows: list[Any]) -> str:
    return hashlib.sha256("\n".join(sorted(map(repr, rows))).encode()).hexdigest()


@pytest.fixture(scope="module")
def register(demo: Demo) -> Path:
    return demo.register


@pytest.fixture(scope="module")
def filled(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return new_installation(tmp_path_factory.mktemp("filled") / "data", like=demo.imported)


def counts(installation: Installation) -> list[int]:
    return [installation.numbers(f"SELECT count(*) FROM {table}")[0] for table in WRITTEN]


def test_a_preview_writes_nothing_and_says_so(installation: Installation, register: Path, tmp_path: Path) -> None:
    before = counts(installation)
    said = installation.bangfu("import", str(register), *DAY, "--changes", str(tmp_path / "changes.csv"), "--lang=en")
    assert said.returncode == 0
    assert "This is a preview" in said.stdout
    assert counts(installation) == before
    with (tmp_path / "changes.csv").open(encoding="utf-8-sig", newline="") as handle:
        assert len(list(csv.reader(handle))) > 10_000


def test_what_the_registry_holds_is_assessed_as_the_file_itself(
    filled: Installation, register: Path, tmp_path: Path
) -> None:
    for words, out in (((str(register),), "file"), (("--from-registry",), "registry")):
        said = filled.bangfu("assess", *words, *DAY, "--out", str(tmp_path / out))
        assert said.returncode == 0, said.stderr
    for table in ("assessment", "entitlement", "finding"):
        assert (tmp_path / "registry" / f"{table}.csv").read_bytes() == (
            tmp_path / "file" / f"{table}.csv"
        ).read_bytes()


def test_a_stored_assessment_is_what_pages_show_and_stored_again_changes_nothing(
    filled: Installation, tmp_path: Path
) -> None:
    stored = [filled.bangfu("assess", "--from-registry", "--store", *DAY, "--lang=en") for _ in range(2)]
    assert [said.returncode for said in stored] == [0, 0], stored[0].stderr
    assert "verdicts changed of 406 households" in stored[0].stdout
    assert "verdicts changed of 0 households" in stored[1].stdout
    out = tmp_path / "out"
    said = filled.bangfu("assess", "--from-registry", *DAY, "--only-relevant", "--out", str(out))
    assert said.returncode == 0
    for table, file in (("householdverdict", "assessment"), ("policyverdict", "entitlement"), ("finding", "finding")):
        with (out / f"{file}.csv").open(encoding="utf-8", newline="") as handle:
            expected = len(list(csv.DictReader(handle)))
        assert filled.numbers(f"SELECT count(*) FROM assessment_{table} WHERE until_id IS NULL") == [expected]


def test_the_same_file_again_is_said_to_be_held_already(filled: Installation, register: Path) -> None:
    before = counts(filled)
    said = filled.bangfu("import", str(register), *DAY, "--apply", "--lang=en")
    assert (said.returncode, counts(filled)) == (0, before)
    assert "holds all of this already" in said.stdout


def test_a_fault_refuses_the_whole_file_and_names_its_cell(
    installation: Installation, register: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(register, broken)
    lines = (broken / "户.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    lines[3] = lines[3].replace(lines[3].split(",")[1], "371102999999")
    (broken / "户.csv").write_text("".join(lines), encoding="utf-8")
    before = counts(installation)
    said = installation.bangfu("import", str(broken), *DAY, "--apply", "--errors", str(tmp_path / "faults.csv"))
    assert (said.returncode, counts(installation)) == (3, before)
    with (tmp_path / "faults.csv").open(encoding="utf-8-sig", newline="") as handle:
        (fault,) = csv.DictReader(handle)
    assert (fault["table"], fault["row"], fault["column"], fault["value"]) == (
        "household",
        "4",
        "village_code",
        "371102999999",
    )


def test_no_number_of_an_id_lies_open_in_the_database_or_in_what_is_written(
    filled: Installation, register: Path, tmp_path: Path
) -> None:
    with (register / "人.csv").open(encoding="utf-8", newline="") as handle:
        numbers = [row["证件号码"] for row in csv.DictReader(handle) if len(row["证件号码"]) >= 18][:50]
    assert numbers
    said = filled.bangfu("assess", "--from-registry", *DAY, "--out", str(tmp_path / "out"))
    assert said.returncode == 0
    kept = [path for folder in (filled.folder, tmp_path) for path in folder.rglob("*") if path.is_file()]
    for path in kept:
        body = path.read_bytes()
        assert not any(number.encode() in body for number in numbers), path


# ---- killed at any moment


def killed(installation: Installation, register: Path, after: float) -> bool:
    """Run the real command and kill it; whether it was still at work."""
    run = installation.start("-m", "bangfu", "import", str(register), *DAY, "--apply")
    try:
        run.communicate(timeout=after)
    except subprocess.TimeoutExpired:
        run.send_signal(signal.SIGKILL)
        run.communicate()
        _let_the_server_notice(installation)
        return True
    return False


def _let_the_server_notice(installation: Installation) -> None:
    """PostgreSQL may still be at work for a client that is gone; what it was told to commit, it commits."""
    others = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    until = time.monotonic() + 30
    while installation.env["DATABASE_URL"] and installation.sql(others) and time.monotonic() < until:
        time.sleep(0.1)


def moments(times: int) -> Iterator[object]:
    chance = random.Random(20171231)
    return (pytest.param(chance.uniform(0.3, 1), id=f"{n}") for n in range(times))


@pytest.mark.parametrize(
    "share",
    [*moments(1), *(pytest.param(p.values[0], id=f"long-{p.id}", marks=pytest.mark.long) for p in moments(100))],  # type: ignore[attr-defined]
)
def test_an_import_that_is_killed_leaves_all_or_none_and_can_be_run_again(
    share: float, demo: Demo, installation: Installation, filled: Installation
) -> None:
    before, after = (counts(each) for each in (installation, filled))
    none, whole = contents(installation), contents(filled)
    assert none != whole
    killed(installation, demo.register, demo.seconds * share)
    assert (counts(installation), contents(installation)) in ((before, none), (after, whole))
    if not installation.env["DATABASE_URL"]:
        assert installation.sql("PRAGMA integrity_check") == [("ok",)]
        assert installation.sql("PRAGMA foreign_key_check") == []
    assert installation.bangfu("import", str(demo.register), *DAY, "--apply").returncode == 0
    assert (counts(installation), contents(installation)) == (after, whole)
    assert installation.bangfu("audit", "verify").returncode == 0


# ---- by a server's jobs


def jobs_of(served: Served) -> int:
    """The process that does the server's jobs, as the system lists it."""
    children = Path(f"/proc/{served.process.pid}/task").glob("*/children")
    pids = [pid for path in children for pid in path.read_text().split()]
    return int(next(pid for pid in pids if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()))


@pytest.mark.parametrize("after_s", [1.5, pytest.param(0.2, marks=pytest.mark.long)])
def test_an_upload_whose_job_is_killed_on_its_way_is_applied_once_by_the_next_process(
    after_s: float, installation: Installation, filled: Installation, register: Path, tmp_path: Path
) -> None:
    archive = shutil.make_archive(str(tmp_path / "register"), "zip", register)
    with installation.serving() as served:
        said = installation.module("tests.cli.uploads", archive)
        assert said.returncode == 0, said.stderr
        until(lambda: installation.sql("SELECT 1 FROM django_tasks_database_dbtaskresult WHERE status = 'RUNNING'"))
        time.sleep(after_s)
        os.kill(jobs_of(served), signal.SIGKILL)
        until(lambda: installation.sql("SELECT 1 FROM intake_step WHERE state = 'applied'"))
        assert served.stop() == 0
    # The act says who brought the file in, and under which name.
    facts, expected = ({**contents(each), "registry_act": ""} for each in (installation, filled))
    assert facts == expected
    assert installation.numbers("SELECT count(*) FROM registry_act") == [1]
    assert installation.numbers("SELECT count(*) FROM intake_step WHERE state = 'applied'") == [1]
    assert installation.numbers("SELECT count(*) FROM audit_entry WHERE act = 'registry.import'") == [1]
    assert installation.bangfu("audit", "verify").returncode == 0

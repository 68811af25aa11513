"""`bangfu backup` and `bangfu restore`: every row, the record and its checkpoints come back, or nothing does."""

import re
import shutil
from pathlib import Path

import pytest

from tests.cli.installations import Installation, new_installation

# Every row of every table but the one that says when each migration was applied; in one order on either database.
TABLES_OF = {
    True: "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
    False: "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
}


def rows_of(there: Installation) -> dict[str, list[str]]:
    tables = [name for (name,) in there.sql(TABLES_OF[bool(there.env["DATABASE_URL"])])]
    return {
        table: sorted(map(repr, there.sql(f"SELECT * FROM {table}")))
        for table in sorted(tables)
        if table != "django_migrations"
    }


@pytest.fixture(scope="module")
def used(set_up_once: Installation, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """An installation in use: accounts, a register, what was sealed, and a checkpoint of the record."""
    there = new_installation(tmp_path_factory.mktemp("used") / "data", like=set_up_once)
    register = tmp_path_factory.mktemp("synth") / "register"
    for words in (
        ("synth", "--households", "30", "--out", str(register)),
        ("server", "demo"),
        ("import", str(register), "--as-of", "2017-12-31", "--apply"),
        ("audit", "checkpoint"),
    ):
        done = there.bangfu(*words)
        assert done.returncode == 0, done.stderr
    scanned = there.module("tests.cli.scanner")
    assert scanned.returncode == 0, scanned.stderr
    return there


@pytest.fixture(scope="module")
def backup(used: Installation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("backup") / "whole.bangfu"
    done = used.bangfu("backup", "--out", str(path), "--reason", "每周")
    assert done.returncode == 0, done.stderr
    return path


def stored(there: Installation) -> list[Path]:
    return sorted(path for path in (there.folder / "files").glob("??/*"))


def empty_place(folder: Path, ring_of: Installation | None) -> Installation:
    folder.mkdir()
    there = new_installation(folder)
    if ring_of:
        shutil.copy(ring_of.folder / "keys.json", folder)
    return there


def test_what_is_restored_is_every_row_and_a_whole_record(used: Installation, backup: Path, tmp_path: Path) -> None:
    there = empty_place(tmp_path / "there", used)
    done = there.bangfu("restore", str(backup), "--reason", "换机")
    assert done.returncode == 0, done.stderr
    before, after = rows_of(used), rows_of(there)
    # The restoration itself is the one thing more.
    assert {name: len(after[name]) - len(before[name]) for name in before if after[name] != before[name]} == {
        "audit_entry": 1,
        "audit_entrytext": 1,
        "audit_waiting": 1,
    }
    assert all(set(before[name]) <= set(after[name]) for name in before)
    assert before["registry_household"]
    assert before["privacy_sealednumber"]
    assert (there.folder / "checkpoints.jsonl").read_bytes() == (used.folder / "checkpoints.jsonl").read_bytes()
    # What it says is to be run next does what it should, in that order.
    assert re.findall(r"bangfu (audit verify|server setup|serve)", done.stdout + done.stderr) == [
        "audit verify",
        "server setup",
        "serve",
    ]
    verified = there.bangfu("audit", "verify")
    assert verified.returncode == 0, verified.stdout
    assert there.bangfu("server", "setup").returncode == 0
    assert rows_of(there)["registry_household"] == after["registry_household"]
    # The scans are sealed anew, each on its own, and hold what they held.
    assert [path.name for path in stored(there)] == [path.name for path in stored(used)]
    assert len(stored(there)) == 2
    checked = there.bangfu("server", "files", "check")
    assert (checked.returncode, "完好" in checked.stdout) == (0, True), checked.stdout
    # Numbers go on where they were, and what was sealed opens.
    rotated = there.bangfu("server", "keys", "rotate", "--reason", "试")
    assert rotated.returncode == 0, rotated.stderr
    again = there.bangfu("restore", str(backup))
    assert (again.returncode, "数据库里已有内容" in again.stderr) == (1, True)
    # Without the old keys the scans open all the same. The backup itself does not: it wants the ring of its time.
    retired = there.bangfu("server", "keys", "retire", "--reason", "试")
    assert retired.returncode == 0, retired.stderr
    assert there.bangfu("server", "files", "check").returncode == 0


def test_a_backup_that_is_not_whole_or_of_another_ring_restores_nothing(
    used: Installation, backup: Path, tmp_path: Path
) -> None:
    whole = backup.read_bytes()
    cut, altered = tmp_path / "cut", tmp_path / "altered"
    cut.write_bytes(whole[:-20])
    altered.write_bytes(whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:])
    there = empty_place(tmp_path / "there", used)
    for path, word in ((cut, "不完整"), (altered, "改动过"), (tmp_path / "none", "找不到")):
        done = there.bangfu("restore", str(path))
        assert (done.returncode, word in done.stderr) == (1, True), done.stderr
    other = empty_place(tmp_path / "other", None)
    assert other.bangfu("server", "keys", "create").returncode == 0
    done = other.bangfu("restore", str(backup))
    assert (done.returncode, "现用的密钥环里没有它" in done.stderr) == (1, True), done.stderr
    for each in (there, other):
        assert rows_of(each) == {}
        assert not (each.folder / "checkpoints.jsonl").exists()
        assert stored(each) == []


def test_a_backup_overwrites_nothing_and_can_be_looked_at(used: Installation, backup: Path) -> None:
    before = backup.read_bytes()
    done = used.bangfu("backup", "--out", str(backup))
    assert (done.returncode, "已存在" in done.stderr) == (1, True), done.stderr
    assert backup.read_bytes() == before
    looked = used.bangfu("restore", str(backup), "--check")
    assert (looked.returncode, "备份完整" in looked.stdout) == (0, True), looked.stderr
    assert "371102" not in before.decode("latin-1")


def test_a_scan_that_is_lost_is_said_and_everything_else_is_backed_up(used: Installation, tmp_path: Path) -> None:
    lost, kept = stored(used)
    whole = lost.read_bytes()
    lost.unlink()
    try:
        checked = used.bangfu("server", "files", "check")
        assert (checked.returncode, lost.name in checked.stdout, kept.name in checked.stdout) == (1, True, False)
        done = used.bangfu("backup", "--out", str(tmp_path / "less"))
    finally:
        lost.write_bytes(whole)
    assert (done.returncode, "1 个登记在册的文件" in done.stdout) == (0, True), done.stderr
    looked = used.bangfu("restore", str(tmp_path / "less"), "--check")
    assert (looked.returncode, "备份完整" in looked.stdout) == (0, True), looked.stderr

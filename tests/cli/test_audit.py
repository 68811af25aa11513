"""`bangfu audit verify` ends in 0 for a whole record and in 1 for one that somebody altered, and says where."""

from pathlib import Path

import pytest

from tests.cli.cast import HAN
from tests.cli.installations import Installation, marks_of, new_installation


@pytest.fixture(scope="module")
def recorded_once(set_up_once: Installation, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Four entries, sealed and marked; the database's own protection is lifted. To copy."""
    installation = new_installation(tmp_path_factory.mktemp("recorded") / "data", like=set_up_once)
    assert installation.module("tests.cli.writer", "3").returncode == 0
    assert installation.bangfu("audit", "checkpoint").returncode == 0
    assert marks_of(installation) == [4]
    if installation.env["DATABASE_URL"]:
        installation.sql("DROP FUNCTION audit_append_only() CASCADE")
    else:
        for table in ("audit_entry", "audit_link"):
            for verb in ("update", "delete"):
                installation.sql(f"DROP TRIGGER {table}_no_{verb}")
    return installation


@pytest.fixture
def recorded(recorded_once: Installation, tmp_path: Path) -> Installation:
    return new_installation(tmp_path / "data", like=recorded_once)


def test_a_whole_record_ends_in_0(recorded: Installation) -> None:
    said = recorded.bangfu("audit", "verify")
    assert (said.returncode, said.stderr) == (0, "")
    assert "完整" in said.stdout


@pytest.mark.parametrize(
    ("tampering", "code"),
    [
        ("UPDATE audit_entry SET actor = 'account:2' WHERE id = 3", "ALTERED 1, NOT_OURS 1"),
        ("DELETE FROM audit_link WHERE number = 4", "TAIL_LOST 1"),
        ("UPDATE audit_link SET number = 9 WHERE number = 2", "GAP"),
    ],
)
def test_an_altered_record_ends_in_1_and_says_how_often_what(recorded: Installation, tampering: str, code: str) -> None:
    recorded.sql(tampering)
    said = recorded.bangfu("audit", "verify", "--lang=en")
    assert said.returncode == 1
    assert code in said.stdout.splitlines()[-1]
    assert not HAN.search(said.stdout)


def test_the_checkpoints_to_hold_it_against_can_be_named(recorded: Installation) -> None:
    copy = recorded.folder / "copy.jsonl"
    copy.write_bytes((recorded.folder / "checkpoints.jsonl").read_bytes())
    (recorded.folder / "checkpoints.jsonl").unlink()
    recorded.sql("DELETE FROM audit_link WHERE number = 4")
    recorded.sql("INSERT INTO audit_waiting (entry_id) SELECT max(id) FROM audit_entry")
    without = recorded.bangfu("audit", "verify")
    assert without.returncode == 0
    assert "检查点" in without.stderr
    assert recorded.bangfu("audit", "verify", "--checkpoints", str(copy)).returncode == 1


def test_no_new_checkpoint_covers_up_for_an_old_one(recorded: Installation) -> None:
    recorded.sql("UPDATE audit_link SET digest = 'f' WHERE number = 4")
    said = recorded.bangfu("audit", "checkpoint", "--lang=en")
    assert said.returncode == 1
    assert "audit verify" in said.stderr
    assert marks_of(recorded) == [4]


def test_a_checkpoint_is_left_once_for_one_length(recorded: Installation) -> None:
    assert recorded.bangfu("audit", "checkpoint").returncode == 0
    assert marks_of(recorded) == [4]

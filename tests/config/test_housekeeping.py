"""What is done every hour: each part of it, whatever becomes of the others."""

import os
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bangfu.config import housekeeping
from bangfu.config.housekeeping import LIES_OPEN, hourly, remove_left_lying
from bangfu.kernel.aside import PREFIX
from bangfu.privacy.keys import KeyRing
from tests.organisation import NOW, RING


@pytest.mark.django_db
def test_what_fails_is_logged_and_keeps_nothing_else_from_being_done(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    seen_to: list[datetime] = []

    def fails(_: datetime) -> int:
        raise OSError("the disk of the files takes no writes")

    def tended(at: datetime, _: KeyRing) -> None:
        seen_to.append(at)

    monkeypatch.setattr(housekeeping, "load_ring", lambda _: RING)
    monkeypatch.setattr(housekeeping, "sweep_files", fails)
    monkeypatch.setattr(housekeeping, "tend", tended)
    hourly(NOW)
    assert seen_to == [NOW]
    assert "takes no writes" in caplog.text


def test_what_a_process_that_was_killed_left_open_is_removed_a_day_later(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    moments = {
        f"{PREFIX}export-a": LIES_OPEN,
        f"{PREFIX}upload-b": LIES_OPEN - timedelta(minutes=2),
        # Of people's own.
        "another-c": LIES_OPEN,
        "bangfu-export-20171231": LIES_OPEN,
    }
    for name, ago in moments.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "export.xlsx").write_text("110101199003071234")
        at = (NOW - ago - timedelta(minutes=1)).timestamp()
        os.utime(tmp_path / name, (at, at))
    (tmp_path / f"{PREFIX}link").symlink_to(tmp_path / "another-c")
    os.utime(tmp_path / f"{PREFIX}link", (0, 0), follow_symlinks=False)
    assert remove_left_lying(NOW) == 1
    kept = {f"{PREFIX}upload-b", "another-c", "bangfu-export-20171231", f"{PREFIX}link"}
    assert {path.name for path in tmp_path.iterdir()} == kept

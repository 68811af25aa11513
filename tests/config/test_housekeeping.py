"""What is done every hour: each part of it, whatever becomes of the others."""

from datetime import datetime

import pytest

from bangfu.config import housekeeping
from bangfu.config.housekeeping import hourly
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

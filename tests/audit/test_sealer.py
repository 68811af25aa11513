"""The sealer keeps at it: every failure is logged and tried again, and a checkpoint is left when it is due."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from django.db import OperationalError, transaction

from bangfu.audit import sealer as sealer_module
from bangfu.audit.checkpoints import add_checkpoint, checkpoints
from bangfu.audit.data import Act, By
from bangfu.audit.models import Link, Waiting
from bangfu.audit.sealer import Sealer, leave_checkpoint, seal_all, sealing
from bangfu.audit.services import record, seal_waiting
from bangfu.audit.verify import flaws
from bangfu.kernel.errors import DomainError
from bangfu.privacy.keys import KeyRing
from tests.audit.conftest import lift_protection

NOW = datetime(2017, 5, 4, 9, 30, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("committed")


class Clock:
    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outside" / "checkpoints.jsonl"


@pytest.fixture
def sealer(ring: KeyRing, path: Path, clock: Clock) -> Sealer:
    return Sealer(ring, path, clock)


def write(ring: KeyRing, count: int = 1) -> None:
    for _ in range(count):
        with transaction.atomic():
            record(By("account:1", NOW, ring), Act("audit.read"))


def marks(path: Path) -> list[int]:
    return [json.loads(line)["number"] for line in path.read_text().splitlines()] if path.exists() else []


def test_all_that_waits_is_sealed_however_much_it_is(ring: KeyRing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealer_module, "seal_waiting", lambda: seal_waiting(limit=2))
    write(ring, 5)
    assert seal_all() == 5
    assert not Waiting.objects.exists()
    assert seal_all() == 0


def test_a_checkpoint_is_left_at_first_and_every_hour_where_the_chain_has_grown(
    sealer: Sealer, ring: KeyRing, path: Path, clock: Clock
) -> None:
    sealer.turn()
    assert marks(path) == []
    write(ring)
    clock.at = NOW + timedelta(minutes=59, seconds=59)
    sealer.turn()
    assert marks(path) == []
    clock.at = NOW + timedelta(hours=1)
    sealer.turn()
    assert marks(path) == [1]
    clock.at = NOW + timedelta(hours=2)
    sealer.turn()
    assert marks(path) == [1]
    write(ring)
    clock.at = NOW + timedelta(hours=3)
    sealer.turn()
    assert marks(path) == [1, 2]
    assert list(flaws(checkpoints(path, ring), ring)) == []


def test_what_came_while_it_ran_is_sealed_and_marked_when_it_stops(sealer: Sealer, ring: KeyRing, path: Path) -> None:
    with sealing(sealer):
        write(ring, 3)
    assert not Waiting.objects.exists()
    assert marks(path)[-1] == 3


def test_a_failure_of_the_database_is_logged_and_tried_again(
    sealer: Sealer, ring: KeyRing, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails() -> int:
        raise OperationalError("the server closed the connection")

    write(ring)
    with monkeypatch.context() as broken:
        broken.setattr(sealer_module, "seal_waiting", fails)
        sealer.turn()
    assert "sealing failed" in caplog.text
    assert Waiting.objects.exists()
    sealer.turn()
    assert not Waiting.objects.exists()


def test_a_checkpoint_that_failed_is_tried_again_in_a_minute_and_sealing_goes_on(
    sealer: Sealer, ring: KeyRing, path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    path.parent.write_text("a file, where the folder should be")
    for second in (0, 2, 4):
        write(ring)
        clock.at = NOW + timedelta(seconds=second)
        sealer.turn()
    assert Link.objects.count() == 3
    assert caplog.text.count("sealing failed") == 1
    path.parent.unlink()
    clock.at = NOW + timedelta(minutes=1)
    sealer.turn()
    assert marks(path) == [3]


def test_the_hourly_work_is_done_where_the_record_is_not_what_a_checkpoint_saw(
    ring: KeyRing, path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """As after a restore: the marks that were there stay, and may know of more than the backup."""
    write(ring)
    add_checkpoint(path, 7, "d" * 64, at=NOW, ring=ring)
    done: list[datetime] = []
    sealer = Sealer(ring, path, clock, done.append)
    for minutes in (0, 1, 60):
        clock.at = NOW + timedelta(minutes=minutes)
        sealer.turn()
    assert done == [NOW, NOW + timedelta(hours=1)]
    assert caplog.text.count("CHAIN_DIFFERS") == 3
    assert marks(path) == [7]


def test_a_checkpoint_is_left_where_the_hourly_work_fails(ring: KeyRing, path: Path, clock: Clock) -> None:
    def fails(_: datetime) -> None:
        raise OSError("the disk of the files is away")

    write(ring)
    Sealer(ring, path, clock, fails).turn()
    assert marks(path) == [1]


def test_stopping_ends_the_sealer_even_where_everything_fails(
    sealer: Sealer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Waiting.objects, "exists", 1 / 1)  # no function at all
    stop = Event()
    stop.set()
    sealer.run(stop)
    assert caplog.text.count("sealing failed") == 2


def test_no_checkpoint_is_left_over_a_chain_that_was_rewritten(ring: KeyRing, path: Path) -> None:
    write(ring, 2)
    seal_all()
    leave_checkpoint(path, at=NOW, ring=ring)
    lift_protection()
    Link.objects.filter(number=2).update(digest="f" * 64)
    write(ring)
    seal_all()
    with pytest.raises(DomainError, match="CHAIN_DIFFERS"):
        leave_checkpoint(path, at=NOW, ring=ring)
    assert marks(path) == [2]


def test_a_later_checkpoint_takes_nothing_back_of_an_earlier_one(ring: KeyRing, path: Path) -> None:
    """Somebody with the program at hand could leave one after rewriting."""
    write(ring, 2)
    seal_all()
    link = Link.objects.get(number=2)
    add_checkpoint(path, 2, "e" * 64, at=NOW, ring=ring)
    add_checkpoint(path, 2, link.digest, at=NOW, ring=ring)
    assert [flaw.code for flaw in flaws(checkpoints(path, ring), ring)] == ["REWRITTEN"]


@pytest.mark.parametrize("cut", [1, 20, 100])
def test_after_a_checkpoint_that_a_crash_cut_the_next_one_is_whole(ring: KeyRing, path: Path, cut: int) -> None:
    add_checkpoint(path, 1, "a", at=NOW, ring=ring)
    add_checkpoint(path, 2, "b", at=NOW, ring=ring)
    path.write_bytes(path.read_bytes()[:-cut])
    add_checkpoint(path, 3, "c", at=NOW, ring=ring)
    assert [mark.number for mark in checkpoints(path, ring)] == [1, 3]

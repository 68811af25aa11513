"""What goes on beside the server: others write, their acts are sealed, jobs are done; and one of them is killed."""

import os
import signal
from pathlib import Path

from tests.cli.installations import Installation, is_taken, marks_of, until


def test_what_another_process_records_is_sealed_within_seconds_and_marked_at_the_end(
    installation: Installation,
) -> None:
    with installation.serving() as served:
        until(lambda: marks_of(installation) == [1])  # of what the set-up recorded
        assert installation.module("tests.cli.writer", "3").returncode == 0
        until(lambda: links(installation) == 4)
        assert served.stop() == 0
    assert marks_of(installation) == [1, 4]
    assert "Traceback" not in served.log()
    assert installation.bangfu("audit", "verify").returncode == 0


def test_without_the_sealer_nothing_is_sealed(installation: Installation) -> None:
    assert installation.module("tests.cli.writer", "3").returncode == 0
    assert links(installation) == 0


def test_whoever_is_killed_while_writing_loses_nothing_that_was_told(installation: Installation) -> None:
    with installation.serving() as served, installation.start("-m", "tests.cli.writer", "100000") as writer:
        assert writer.stdout is not None
        told = [int(writer.stdout.readline()) for _ in range(50)]
        served.process.kill()
        writer.kill()
        told += [int(line) for line in writer.stdout.read().split("\n")[:-1]]
        served.process.wait()
        # The worker ends with the server; otherwise it would hold the port and nobody would seal.
        until(lambda: not is_taken(served.port))
    with installation.serving() as again:
        until(lambda: links(installation) > len(told))
        assert again.get("/health/").status == 200
    assert set(told) <= set(installation.numbers("SELECT id FROM audit_entry"))
    assert marks_of(installation)[-1] == links(installation)
    checked = installation.bangfu("audit", "verify")
    assert checked.returncode == 0, checked.stdout


def test_jobs_are_done_beside_the_server_and_a_process_that_was_killed_is_started_again(
    installation: Installation, tmp_path: Path
) -> None:
    done = tmp_path / "done"
    with installation.serving() as served:
        assert installation.module("tests.cli.jobs", str(done)).returncode == 0
        until(lambda: done.exists() and done.read_text())  # the file is there a moment before its line
        os.kill(int(done.read_text()), signal.SIGKILL)
        assert installation.module("tests.cli.jobs", str(done)).returncode == 0
        until(lambda: len(set(done.read_text().split())) == 2)
        assert served.stop() == 0
        assert "started again" in served.log()
    assert not Path(f"/proc/{done.read_text().split()[-1]}").exists()


def test_checkpoints_that_cannot_be_written_stop_neither_server_nor_sealing(
    installation: Installation, tmp_path: Path
) -> None:
    blocked = tmp_path / "a file"
    blocked.write_text("")
    with installation.with_env(BANGFU_CHECKPOINTS=str(blocked / "under" / "it")).serving() as served:
        assert installation.module("tests.cli.writer", "1").returncode == 0
        until(lambda: links(installation) == 2)
        assert served.get("/health/").status == 200
        assert "sealing failed" in served.log()
        assert served.stop() == 0


def links(installation: Installation) -> int:
    return len(installation.numbers("SELECT number FROM audit_link"))

"""The server as an office runs it: started, asked, killed, stopped."""

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from bangfu.web.middleware.headers import HEADERS
from tests.cli.installations import Answer, Installation, Served, is_taken, marks_of, new_installation, until

ID_NUMBER, PHONE = "110101199003071234", "13800138000"
DAY_S = 24 * 3600


@pytest.fixture(scope="module")
def served(set_up_once: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for the tests that only ask."""
    with new_installation(tmp_path_factory.mktemp("served") / "data", like=set_up_once).serving() as served:
        yield served


def file_of(served: Served) -> Answer:
    return served.get("/static/web/icon.svg")


def test_a_server_says_that_it_is_well(served: Served) -> None:
    answer = served.get("/health/")
    assert (answer.status, answer.body) == (200, b'{"status": "ok"}')
    assert f"http://127.0.0.1:{served.port}/" in served.log()


@pytest.mark.parametrize(
    ("path", "status"), [("/health/", 200), ("/nowhere/", 404), ("/health", 301), ("/static/web/icon.svg", 200)]
)
def test_every_answer_has_the_headers_and_a_number_of_its_own(served: Served, path: str, status: int) -> None:
    answers = [served.get(path) for _ in range(2)]
    assert [answer.status for answer in answers] == [status] * 2
    for answer in answers:
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
        assert answer.headers.get_all("Content-Security-Policy") == [HEADERS["Content-Security-Policy"]]
        assert "unsafe" not in HEADERS["Content-Security-Policy"]
        assert re.fullmatch("[a-z0-9]{12}", answer.headers["X-Incident"])
    assert answers[0].headers["X-Incident"] != answers[1].headers["X-Incident"]


def test_only_files_may_be_kept_by_a_browser(served: Served) -> None:
    assert {served.get(path).headers["Cache-Control"] for path in ("/health/", "/nowhere/", "/health")} == {"no-store"}
    assert "no-store" not in file_of(served).headers["Cache-Control"]


def test_no_other_site_may_read_our_files(served: Served) -> None:
    assert "Access-Control-Allow-Origin" not in file_of(served).headers


def test_plain_http_promises_no_https(served: Served) -> None:
    assert "Strict-Transport-Security" not in served.get("/health/").headers


def test_a_host_that_is_not_ours_is_refused_and_numbered(served: Served) -> None:
    answer = served.get("/health", {"Host": "evil.example"})
    assert answer.status == 400
    assert answer.headers["X-Incident"] in served.log()
    assert b"evil" not in answer.body


@pytest.mark.parametrize("path", ["/static/../secret-key", "/static/%2e%2e/secret-key", "/static/..%2fkeys.json"])
def test_no_path_leads_out_of_the_files(served: Served, path: str) -> None:
    assert served.get(path).status == 404


def test_the_log_holds_no_question_and_nobodys_number(served: Served) -> None:
    number = served.get(f"/nowhere/{ID_NUMBER}/?phone={PHONE}&name=%E5%BC%A0%E4%B8%89").headers["X-Incident"]
    served.get(f"/health/?card=6222021234567890123&{PHONE}", {"User-Agent": "someone", "Cookie": f"id={ID_NUMBER}"})
    served.get("/health", {"Host": f"{PHONE}.example"})
    until(lambda: PHONE not in served.log() and number in served.log())
    log = served.log()
    for secret in (ID_NUMBER, PHONE, "6222021234567890123", "%E5%BC%A0", "张三", "someone", "?"):
        assert secret not in log, secret
    assert re.search(rf"GET - 404 \d+ms {number}$", log, re.MULTILINE)
    assert re.search(r"GET health 200 \d+ms [a-z0-9]{12}$", log, re.MULTILINE)


def test_only_a_page_is_asked_for_by_what_it_does(served: Served) -> None:
    assert served.get("/health/", method="POST").status in (403, 405)


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


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_asked_to_stop_leaves_nothing_behind(installation: Installation, how: signal.Signals) -> None:
    with installation.serving() as served:
        assert served.stop(how) == 0
        assert not is_taken(served.port)
    assert "已停止" in served.log()
    assert "Traceback" not in served.log()


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


@pytest.mark.parametrize(
    ("options", "known"), [((), False), (("--behind-proxy",), True)], ids=["no proxy", "behind a proxy"]
)
def test_who_asks_is_what_the_connection_says_unless_a_proxy_was_declared(
    installation: Installation, options: tuple[str, ...], known: bool
) -> None:
    """Over HTTPS as the proxy says: HSTS, and no redirect. As anyone else says: nothing of it is heard."""
    said = {"X-Forwarded-For": "10.0.0.9", "X-Forwarded-Proto": "https"}
    with installation.serving(*options) as served:
        answer = served.get("/nowhere/", said)
        assert answer.status == 404
        assert ("Strict-Transport-Security" in answer.headers) is known


def test_behind_a_proxy_what_came_over_plain_http_is_sent_to_https(installation: Installation) -> None:
    with installation.serving("--behind-proxy") as served:
        answer = served.get("/nowhere/", {"X-Forwarded-Proto": "http"})
        assert answer.status == 301
        assert answer.headers["Location"].startswith("https://")
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
        secured = served.get("/nowhere/", {"X-Forwarded-Proto": "https"}).headers["Strict-Transport-Security"]
        seconds, *rest = secured.split("; ")
        assert int(seconds.removeprefix("max-age=")) >= 365 * DAY_S
        assert rest == ["includeSubDomains", "preload"]
        assert served.get("/health/").status == 200


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

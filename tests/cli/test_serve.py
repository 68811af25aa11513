"""The server as an office runs it: started, asked, killed, stopped."""

import re
import signal
from collections.abc import Iterator

import pytest

from bangfu.web.middleware.headers import HEADERS
from tests.cli.installations import Answer, Installation, Served, is_taken, new_installation, until

ID_NUMBER, PHONE = "110101199003071234", "13800138000"
DAY_S = 24 * 3600


@pytest.fixture(scope="module")
def served(set_up_once: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for the tests that only ask."""
    with new_installation(tmp_path_factory.mktemp("served") / "data", like=set_up_once).serving() as served:
        yield served


@pytest.fixture(scope="module")
def behind_a_proxy(set_up_once: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One that was told of a proxy."""
    there = new_installation(tmp_path_factory.mktemp("behind") / "data", like=set_up_once)
    with there.serving("--behind-proxy") as served:
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


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_asked_to_stop_leaves_nothing_behind(installation: Installation, how: signal.Signals) -> None:
    with installation.serving() as served:
        assert served.stop(how) == 0
        assert not is_taken(served.port)
    said = [line for line in served.log().splitlines() if " bangfu.requests " not in line]
    assert [line.partition("：")[0] for line in said] == ["正在提供服务", "已停止。"], served.log()


@pytest.mark.parametrize(("server", "known"), [("served", False), ("behind_a_proxy", True)])
def test_who_asks_is_what_the_connection_says_unless_a_proxy_was_declared(
    server: str, known: bool, request: pytest.FixtureRequest
) -> None:
    """Over HTTPS as the proxy says: HSTS, and no redirect. As anyone else says: nothing of it is heard."""
    said = {"X-Forwarded-For": "10.0.0.9", "X-Forwarded-Proto": "https"}
    answer = request.getfixturevalue(server).get("/nowhere/", said)
    assert answer.status == 404
    assert ("Strict-Transport-Security" in answer.headers) is known


def test_behind_a_proxy_what_came_over_plain_http_is_sent_to_https(behind_a_proxy: Served) -> None:
    answer = behind_a_proxy.get("/nowhere/", {"X-Forwarded-Proto": "http"})
    assert answer.status == 301
    assert answer.headers["Location"].startswith("https://")
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    secured = behind_a_proxy.get("/nowhere/", {"X-Forwarded-Proto": "https"}).headers["Strict-Transport-Security"]
    seconds, *rest = secured.split("; ")
    assert int(seconds.removeprefix("max-age=")) >= 365 * DAY_S
    assert rest == ["includeSubDomains", "preload"]
    assert behind_a_proxy.get("/health/").status == 200

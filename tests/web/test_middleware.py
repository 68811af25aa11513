"""Who asks is what the connection says, or what the proxy on this machine says, and never what a stranger writes."""

import gzip
import logging
import re
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.test import RequestFactory

from bangfu.kernel.words import Text
from bangfu.web.errors import shown
from bangfu.web.middleware.headers import headers
from bangfu.web.middleware.incident import incident
from bangfu.web.middleware.proxy import proxy
from bangfu.web.middleware.smaller import SmallerMiddleware
from tests.organisation import Organisation
from tests.web.conftest import SignedIn

SPOOFED = {
    "HTTP_X_FORWARDED_FOR": "10.0.0.9",
    "HTTP_X_FORWARDED_PROTO": "https",
    "HTTP_X_FORWARDED_HOST": "evil.example",
    "HTTP_FORWARDED": "for=10.0.0.9;proto=https",
}


def seen(remote: str, **meta: str) -> HttpRequest:
    """The request as it comes out of the middleware."""
    request = RequestFactory().get("/")
    request.META |= {"REMOTE_ADDR": remote, **meta}
    proxy(lambda _: HttpResponse())(request)
    return request


@pytest.mark.parametrize(
    ("behind_proxy", "remote"), [(False, "10.0.0.5"), (False, "127.0.0.1"), (True, "10.0.0.5"), (True, "")]
)
def test_a_strangers_word_on_who_asks_is_not_heard(settings: Any, behind_proxy: bool, remote: str) -> None:
    settings.BEHIND_PROXY = behind_proxy
    request = seen(remote, **SPOOFED)
    assert request.META["REMOTE_ADDR"] == remote
    assert not [name for name in SPOOFED if name in request.META]


@pytest.mark.parametrize("remote", ["127.0.0.1", "::1"])
@pytest.mark.parametrize(
    ("said", "client"),
    [
        ("10.0.0.9", "10.0.0.9"),
        ("1.1.1.1, 10.0.0.9", "10.0.0.9"),
        ("10.0.0.9,2001:db8::1", "2001:db8::1"),
        ("10.0.0.9, ", None),
        ("unknown", None),
        ("10.0.0.9'; DROP TABLE", None),
        ("", None),
    ],
)
def test_of_what_the_proxy_says_the_last_address_counts(
    settings: Any, remote: str, said: str, client: str | None
) -> None:
    settings.BEHIND_PROXY = True
    request = seen(remote, **SPOOFED | {"HTTP_X_FORWARDED_FOR": said})
    assert request.META["REMOTE_ADDR"] == (client or remote)
    assert request.META["HTTP_X_FORWARDED_PROTO"] == "https"
    assert "HTTP_X_FORWARDED_HOST" not in request.META


def test_a_page_that_says_how_long_it_may_be_kept_is_heard() -> None:
    def page(_: HttpRequest) -> HttpResponseBase:
        return HttpResponse(headers={"Cache-Control": "max-age=5", "Content-Security-Policy": "default-src *"})

    answer = headers(page)(RequestFactory().get("/"))
    assert answer["Cache-Control"] == "max-age=5"
    assert "*" not in answer["Content-Security-Policy"]


def test_a_request_knows_the_number_that_its_answer_and_the_log_tell(caplog: pytest.LogCaptureFixture) -> None:
    known = []

    def page(request: HttpRequest) -> HttpResponseBase:
        known.append(request.incident)  # type: ignore[attr-defined]
        return HttpResponse()

    with caplog.at_level(logging.INFO, "bangfu.requests"):
        answer = incident(page)(RequestFactory().get("/?secret"))
    assert known == [answer["X-Incident"]]
    assert caplog.messages[0].endswith(known[0])
    assert "secret" not in caplog.text


def test_a_page_of_a_refusal_looks_like_the_others() -> None:
    page = shown(RequestFactory().get("/"), 404, Text("找不到。", "Not found.")).content.decode()
    sheets = re.findall(r'rel="stylesheet" href="([^"]*)"', page)
    assert [sheet.rpartition("/")[2] for sheet in sheets] == ["tabler.min.css", "bangfu.css"]
    assert all(finders.find(sheet.removeprefix(settings.STATIC_URL)) for sheet in sheets)


def compressed(content: bytes, content_type: str, accepts: str) -> HttpResponse:
    request = RequestFactory().get("/", headers={"accept-encoding": accepts})
    answer = SmallerMiddleware(lambda _: HttpResponse(content, content_type=content_type))(request)
    assert isinstance(answer, HttpResponse)
    return answer


def test_a_page_comes_in_less_than_half_of_its_bytes_to_a_browser_that_takes_it_so_and_is_the_same_page(
    org: Organisation, browser: SignedIn
) -> None:
    client = browser("officer")
    plain, small = (client.get("/tasks/", headers=given) for given in ({}, {"accept-encoding": "gzip, br"}))
    assert (small["Content-Encoding"], "Content-Encoding" in plain) == ("gzip", False)
    assert len(small.content) == int(small["Content-Length"]) < len(plain.content) / 2
    masked = re.compile(rb'value="\w{64}"')
    assert masked.sub(b"", gzip.decompress(small.content)) == masked.sub(b"", plain.content)
    assert (small["Cache-Control"], "Accept-Encoding" in plain["Vary"]) == ("no-store", True)


@pytest.mark.parametrize("kind", ["image/jpeg", "application/pdf", "application/octet-stream"])
def test_a_file_goes_as_it_is(kind: str) -> None:
    content = b"a" * 5_000
    answer = compressed(content, kind, "gzip")
    assert (answer.content, "Content-Encoding" in answer) == (content, False)


def test_the_same_page_is_never_of_one_length_so_that_nobody_guesses_at_it_sign_by_sign() -> None:
    page = b"<p>" + b"a" * 5_000
    assert len({len(compressed(page, "text/html; charset=utf-8", "gzip").content) for _ in range(50)}) > 5

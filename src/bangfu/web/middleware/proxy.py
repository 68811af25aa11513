"""Whose word counts on who is asking: a proxy's on this machine where there is one, and otherwise nobody's."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from bangfu.web.middleware.incident import Answering

_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_FORWARDED")


def proxy(answer: Answering) -> Answering:
    """`REMOTE_ADDR` is the client's address from here on, and headers that anyone could have written are gone."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        said = {name: request.META.pop(name, "") for name in _FORWARDED}
        if settings.BEHIND_PROXY and _is_loopback(request.META.get("REMOTE_ADDR", "")):
            # The last one is what the proxy itself added; those before it came with the request.
            client = said["HTTP_X_FORWARDED_FOR"].rpartition(",")[2].strip()
            if _is_address(client):
                request.META["REMOTE_ADDR"] = client
            request.META["HTTP_X_FORWARDED_PROTO"] = said["HTTP_X_FORWARDED_PROTO"]
        return answer(request)

    return middleware


def _is_loopback(text: str) -> bool:
    return _is_address(text) and ip_address(text).is_loopback


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True

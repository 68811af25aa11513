"""Every request has a number, which its answer tells, and one line in the log that says nothing of a person."""

import logging
import secrets
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

_logger = logging.getLogger("bangfu.requests")
# To be read out on the telephone; no vowels, so that no words come about.
_LETTERS = "bcdfghjkmnpqrstvwxyz23456789"
_LENGTH = 12

Answering = Callable[[HttpRequest], HttpResponseBase]


def incident(answer: Answering) -> Answering:
    def middleware(request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        number = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
        request.incident = number  # type: ignore[attr-defined]
        response = answer(request)
        response["X-Incident"] = number
        took = (time.perf_counter() - began) * 1_000
        _logger.info("%s %s %s %.0fms %s", request.method, _route(request), response.status_code, took, number)
        return response

    return middleware


def _route(request: HttpRequest) -> str:
    """The name of what was asked for: an address may hold more than anyone should read."""
    return request.resolver_match.view_name if request.resolver_match else "-"

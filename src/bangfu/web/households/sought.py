"""Words that somebody sought, kept for going back to what was found.

They are names, and stand in no address, no log and no table: the address has a number, and the browser keeps the words, sealed, until it is
closed or somebody signs out. No other session can open them.
"""

import json
import secrets
from typing import cast

from django.conf import settings
from django.http import HttpResponse

from bangfu.kernel.errors import DomainError
from bangfu.web.cookies import remember
from bangfu.web.request import Request

# So many searches can be gone back to: more than anybody goes, and what a cookie holds.
KEPT = 8
NUMBERS = 10**9


def keep_sought(request: Request, response: HttpResponse, sought: str, number: int) -> None:
    """Let the browser keep what was sought under a number."""
    kept = {**_kept(request), str(number): sought}
    latest = dict(list(kept.items())[-KEPT:])
    remember(response, sought_cookie(), request.by.ring.seal(json.dumps(latest, ensure_ascii=False), _place(request)))


def new_number() -> int:
    """One that says nothing, and is not that of another sign-in's search."""
    return secrets.randbelow(NUMBERS)


def sought_under(request: Request, number: str) -> str | None:
    """What was sought under a number; None where that is not known any more."""
    return _kept(request).get(number)


def forget_sought(response: HttpResponse) -> None:
    remember(response, sought_cookie(), "", lasts=0)


def sought_cookie() -> str:
    return f"{settings.SESSION_COOKIE_NAME}-sought"


def _kept(request: Request) -> dict[str, str]:
    sealed = request.COOKIES.get(sought_cookie(), "")
    try:
        return cast(dict[str, str], json.loads(request.by.ring.open(sealed, _place(request)))) if sealed else {}
    except DomainError:
        # Another session's, of a key that is gone, or written by somebody else.
        return {}


def _place(request: Request) -> str:
    return f"cookie.sought:{request.session_seen.id}"

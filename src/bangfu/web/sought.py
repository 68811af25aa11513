"""Words that somebody sought, kept for going back to what was found.

They are names, and stand in no address, no log and no table: the address has a number, and the browser keeps the words, sealed, until it is
closed or somebody signs out. No other session can open them.
"""

import json
import secrets
from typing import cast
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect

from bangfu.kernel.errors import DomainError
from bangfu.web.cookies import remember
from bangfu.web.request import Request

# So many searches can be gone back to: more than anybody goes, and what a cookie holds.
KEPT = 8
NUMBERS = 10**9
# In the address, the number under which the browser keeps what was sought.
UNDER = "found"


def found_page(request: Request, path: str, query: str, sought: str) -> HttpResponse:
    """To what was found, under an address that can be gone back to: a browser opens no answer to what was posted twice.

    Without words it is the list itself. The number says nothing, and is not that of another sign-in's search.
    """
    number = str(secrets.randbelow(NUMBERS))
    asked = "&".join(each for each in (query, urlencode({UNDER: number}) if sought else "") if each)
    response = HttpResponseRedirect(f"{path}?{asked}".rstrip("?"))
    if sought:
        latest = dict(list({**_kept(request), number: sought}.items())[-KEPT:])
        sealed = request.by.ring.seal(json.dumps(latest, ensure_ascii=False), _place(request))
        remember(response, sought_cookie(), sealed)
    return response


def sought_in(request: Request) -> str | None:
    """What the address says was sought: "" where nothing was; None where that is not known any more."""
    number = request.GET.get(UNDER, "")
    return _kept(request).get(number) if number else ""


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

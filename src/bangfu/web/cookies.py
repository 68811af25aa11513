"""The cookies that we set: of a session, of a browser that has signed in before, of who did so last, of a language."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpResponse

LANGUAGE = "lang"
YEAR = int(timedelta(days=365).total_seconds())


def remember(response: HttpResponse, name: str, value: str, *, lasts: int | None = None) -> None:
    """Set a cookie that no script reads and no other site sends. `lasts` in seconds; None until the browser closes."""
    response.set_cookie(name, value, max_age=lasts, path="/", secure=settings.HTTPS, httponly=True, samesite="Lax")


def remember_session(response: HttpResponse, token: str) -> None:
    remember(response, settings.SESSION_COOKIE_NAME, token)


def forget_session(response: HttpResponse) -> None:
    # As it was set: a browser forgets a `__Host-` cookie only when told over the same conditions.
    remember(response, settings.SESSION_COOKIE_NAME, "", lasts=0)


def device_cookie() -> str:
    """The name of the cookie of a browser that has signed in before."""
    return f"{settings.SESSION_COOKIE_NAME}-device"


def last_cookie() -> str:
    """The name of the cookie by which we know whether whoever signs in at a browser is the one who did so last. It is kept until the browser is closed."""
    return f"{settings.SESSION_COOKIE_NAME}-last"

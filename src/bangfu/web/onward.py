"""Where somebody goes next and where they came from: pages of ours alone."""

from urllib.parse import urlsplit

from django.http import HttpRequest
from django.urls import Resolver404, resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme

from bangfu.web.request import READS, Request


def where_next(request: Request, otherwise: str = "web:home") -> str:
    """The page that somebody was on the way to, if it is one of ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    return wanted if _ours(wanted) else reverse(otherwise)


def here(request: HttpRequest) -> str:
    """The page where somebody is, as it can be opened again: of what an act answered, the page that it came from."""
    path = request.get_full_path()
    return path if request.method in READS or _opens(path) else came_from(request)


def came_from(request: HttpRequest) -> str:
    """The page of ours that a request came from, if it can be opened; "" where that is not known."""
    said = request.headers.get("referer", "")
    if not url_has_allowed_host_and_scheme(said, {request.get_host()}):
        return ""
    path = urlsplit(said)._replace(scheme="", netloc="", fragment="").geturl()
    return path if _ours(path) and _opens(path) else ""


def _ours(path: str) -> bool:
    return url_has_allowed_host_and_scheme(path, allowed_hosts=None) and path.startswith("/")


def _opens(path: str) -> bool:
    """Whether there is a page of ours that somebody can open, and not only send to."""
    try:
        door = getattr(resolve(path.partition("?")[0]).func, "door", None)
    except Resolver404:
        return False
    return door is not None and "GET" in door.methods

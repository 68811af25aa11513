"""What every request carries once the middleware has seen it."""

from django.http import HttpRequest

from bangfu.access.data import Actor
from bangfu.access.services.sessions import SessionSeen
from bangfu.audit.data import By
from bangfu.kernel.words import Lang

# Methods by which nothing is done.
READS = ("GET", "HEAD")


class Request(HttpRequest):
    """`by` says who asks, when and from where; `signed` is None for who has not signed in; `incident` names the request in the log."""

    incident: str
    by: By
    actor: Actor
    signed: SessionSeen | None
    lang: Lang
    # The same session, behind a door that nobody passes without one.
    session_seen: SessionSeen
    # Whether what was sent had been done already.
    sent_again: bool


# As many digits as an id may have on either database.
LONGEST_ID = 15


def id_said(said: str) -> int | None:
    """The id that is said; None for what no id can be, other scripts' digits among them."""
    return int(said) if said.isascii() and said.isdigit() and len(said) <= LONGEST_ID else None


def id_in(request: HttpRequest, name: str) -> int | None:
    """The id that an address names; None where it names none."""
    return id_said(request.GET.get(name, ""))

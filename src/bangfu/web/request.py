"""What every request carries once the middleware has seen it."""

from django.http import HttpRequest

from bangfu.access.data import Actor
from bangfu.access.services.sessions import SessionSeen
from bangfu.audit.data import By
from bangfu.kernel.words import Lang


class Request(HttpRequest):
    """`by` says who asks, when and from where; `signed` is None for who has not signed in; `incident` names the request in the log."""

    incident: str
    by: By
    actor: Actor
    signed: SessionSeen | None
    lang: Lang
    # The same session, behind a door that nobody passes without one.
    session_seen: SessionSeen

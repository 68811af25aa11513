"""What somebody sent that waits for something owed: it goes along in the pages where that is given, until its sender sends it again.

Nothing of it stays on the server. It is sealed for the account that sent it: whoever else signs in at that desk neither reads nor sends it.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from bangfu.kernel.errors import DomainError
from bangfu.web.request import Request

# The field of a step's form in which it goes along.
FIELD = "held"
CSRF = "csrfmiddlewaretoken"
# So many signs go along: with what is given at a step they stay below what a request may say in its fields (Django allows 2.5 MB).
MOST = 2_000_000


@dataclass(frozen=True, slots=True)
class Held:
    """`path`: where it was sent. `typed`: names and values. `files`: by field the names of those chosen, which only the browser has."""

    path: str
    typed: Sequence[tuple[str, str]]
    files: Sequence[tuple[str, Sequence[str]]]


def sent(request: Request) -> Held:
    """What a request sent, as it can be sent again."""
    typed = [(name, value) for name, values in request.POST.lists() if name != CSRF for value in values]
    files = [(name, [each.name or "" for each in chosen]) for name, chosen in request.FILES.lists()]
    return Held(request.get_full_path(), typed, files)


def sealed(request: Request, account: int) -> str:
    """What a request sent, for this account alone to open."""
    return request.by.ring.seal(json.dumps(asdict(sent(request)), ensure_ascii=False), _place(account))


def opened(request: Request, account: int) -> Held | None:
    """What goes along with a step's form. None where another account sent it, or nobody can open it any more."""
    try:
        return Held(**json.loads(request.by.ring.open(request.POST[FIELD], _place(account))))
    except DomainError:
        return None


def _place(account: int) -> str:
    return f"form.held:{account}"

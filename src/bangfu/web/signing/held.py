"""What somebody sent that waits for something owed: it goes along in the pages where that is given, until its sender sends it again.

Nothing of it stays on the server. It is sealed for the account that sent it: whoever else signs in at that desk neither reads nor sends it.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.web.request import Request

# The field of a step's form in which it goes along.
FIELD = "held"
CSRF = "csrfmiddlewaretoken"
# So many signs go along: with what is given at a step they stay below what a request may say in its fields (Django allows 2.5 MB).
MOST = 2_000_000
OF_ANOTHER = Text(
    "登录前提交的内容是另一个账号填写的，没有保存。",
    "What was sent before you signed in was another account's, and is not saved.",
)
KEY_GONE = Text(
    "登录前提交的内容没有保存，也打不开了：其间系统停用了加密它的密钥。请重新填写。",
    "What was sent before you signed in is not saved, and cannot be opened any more: the key that sealed it was retired meanwhile. Fill it in anew.",
)


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


def opened(request: Request, account: int) -> Held:
    """What goes along with a step's form. Raises DomainError where another account sent it, or nobody can open it any more."""
    try:
        return Held(**json.loads(request.by.ring.open(request.POST[FIELD], _place(account))))
    except DomainError as problem:
        gone = problem.code == "KEY_MISSING"
        raise DomainError(*(("HELD_KEY_GONE", KEY_GONE) if gone else ("HELD_OF_ANOTHER", OF_ANOTHER))) from problem


def _place(account: int) -> str:
    return f"form.held:{account}"

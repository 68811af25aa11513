"""What crosses the room's border: who acts, with which grants, and the answer to "may I, and why not"."""

from dataclasses import dataclass, field
from datetime import date

from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text


@dataclass(frozen=True, slots=True)
class Grant:
    """What one post allows where: the permissions of its role in the places of its area and all that lies in them."""

    post: int
    role: str
    permissions: frozenset[str]
    places: frozenset[int]


@dataclass(frozen=True, slots=True)
class Actor:
    """Someone who acts on a day. `account` is None for the system itself (`system` names the job) and for nobody.

    `posts` are those held, and those that were closed in favour of one of them: work hangs on posts. `second_factor` says that this
    sign-in gave one, `confirmed` that the password was given again just now.
    """

    day: date
    account: int | None = None
    system: str = ""
    grants: tuple[Grant, ...] = ()
    posts: frozenset[int] = frozenset()
    second_factor: bool = False
    confirmed: bool = False

    @property
    def name(self) -> str:
        """As the record names it."""
        if self.account is not None:
            return f"account:{self.account}"
        return f"system:{self.system}" if self.system else "anonymous"

    def places_for(self, permission: str) -> frozenset[int]:
        """The places in which a permission is granted; what lies in them is granted too."""
        return frozenset(place for grant in self.grants if permission in grant.permissions for place in grant.places)


@dataclass(frozen=True, slots=True)
class Answer:
    """Yes, or no and why. Truthy where allowed."""

    allowed: bool
    code: str = ""
    text: Text = field(default=Text("可以", "Yes"))

    def __bool__(self) -> bool:
        return self.allowed


class Denied(DomainError):
    """The actor may not do this, and may know that it can be done. `permission`: the one that was wanting, where it was one."""

    permission = ""


class NotThere(DomainError):
    """There is no such thing, or none that this actor may see: the two are told apart nowhere."""

    def __init__(self) -> None:
        super().__init__(
            "NOT_THERE",
            Text(
                "找不到这一项，或不在您的范围内。请核对后重试，或联系管理员。",
                "There is nothing here, or nothing that you may see. Check the address, or ask the administrator.",
            ),
        )

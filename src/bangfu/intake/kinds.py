"""Kinds of file, read once from the list beside this file."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from bangfu.access.roles import permission
from bangfu.kernel.listed import listed_in
from bangfu.kernel.words import Text

MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Kind:
    """What can be handed in: by whom (`permission`), with which endings, and how many bytes at most; `dated`: of a day that they say."""

    name: str
    text: Text
    permission: str
    endings: tuple[str, ...]
    most_bytes: int
    dated: bool


@cache
def kinds() -> Mapping[str, Kind]:
    listed = listed_in("bangfu.intake", "kinds.yaml")
    return {
        name: Kind(
            name,
            Text(said["zh"], said["en"]),
            permission(said["permission"]).name,
            tuple(said["endings"]),
            said["most_mb"] * MB,
            said.get("dated", False),
        )
        for name, said in listed.items()
    }
